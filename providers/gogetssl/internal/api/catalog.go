package api

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"

	"certbay/providers/internal/wire"
)

// Listed is a product as GET /products/ has it.
type Listed struct {
	ID                  wire.Int            `json:"id"`
	Name                wire.Text           `json:"name"`
	Periods             wire.List[wire.Int] `json:"periods"` // months
	Organization        wire.Bool           `json:"organization"`
	Wildcard            wire.Bool           `json:"wildcard"`
	UnlimitedServers    wire.Bool           `json:"unlimited_servers"`
	MultiDomain         wire.Bool           `json:"is_multidomain"`
	WildcardSANEnabled  wire.Bool           `json:"wildcard_san_enabled"`
	MultiIncluded       wire.Int            `json:"multidomains_included"`
	SingleSANIncluded   wire.Int            `json:"single_san_included"`
	WildcardSANIncluded wire.Int            `json:"wildcard_san_included"`
	MultiMaximum        wire.Int            `json:"multidomains_maximum"`
	DCV
	RecheckCAA wire.Bool `json:"recheck_caa"`
}

// DCV says how domain control can be shown.
type DCV struct {
	Email wire.Bool `json:"dcv_email"`
	DNS   wire.Bool `json:"dcv_dns"`
	HTTP  wire.Bool `json:"dcv_http"`
	HTTPS wire.Bool `json:"dcv_https"`
}

// Listing is all products.
type Listing struct {
	Envelope
	Products wire.List[Listed] `json:"products"`
}

// AllProducts is getAllProducts, GET /products/.
func (c *Client) AllProducts(ctx context.Context) (l Listing, err error) {
	return l, c.get(ctx, "/products/", nil, &l)
}

// Product is an SSL product as GET /products/ssl/ has it.
type Product struct {
	ID                 wire.Int  `json:"id"`
	Brand              wire.Text `json:"brand"`
	Product            wire.Text `json:"product"`
	MaxPeriod          wire.Int  `json:"max_period"` // months
	SANEnabled         wire.Bool `json:"san_enabled"`
	WildcardEnabled    wire.Bool `json:"wildcard_enabled"`
	WildcardSANEnabled wire.Bool `json:"wildcard_san_enabled"`
	ProductType        wire.Text `json:"product_type"` // domain, business, extended
	UnlimitedLicencing wire.Bool `json:"unlimited_licencing"`
	OrgRequired        wire.Bool `json:"org_required"`
	DCV
	SANMax       wire.Int  `json:"san_max"`
	CustomRandom wire.Bool `json:"custom_dcv_random_value"`
	Prices       Prices    `json:"prices"`
}

// Prices are by months: of the product, of an additional name, of an additional wildcard name, and the vendor's own.
type Prices struct {
	Terms       map[int]wire.Cents
	SAN         map[int]wire.Cents
	WildcardSAN map[int]wire.Cents
	Vendor      map[int]wire.Cents
}

// UnmarshalJSON reads {"12": 9.5, "24": 18, "vendor": {…}, "san": {…}, "wildcard_san": {…}}; keys that are none of these are passed over.
func (p *Prices) UnmarshalJSON(b []byte) error {
	var raw wire.Dict[json.RawMessage]
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*p = Prices{Terms: map[int]wire.Cents{}}
	for key, value := range raw {
		if months, err := strconv.Atoi(key); err == nil {
			var price wire.Cents
			if err := json.Unmarshal(value, &price); err != nil {
				return err
			}
			if price.Given {
				p.Terms[months] = price
			}
			continue
		}
		into, known := map[string]*map[int]wire.Cents{"san": &p.SAN, "wildcard_san": &p.WildcardSAN, "vendor": &p.Vendor}[key]
		if !known {
			continue
		}
		var prices wire.Dict[wire.Cents]
		if err := json.Unmarshal(value, &prices); err != nil {
			return err
		}
		*into = map[int]wire.Cents{}
		for key, price := range prices {
			if months, err := strconv.Atoi(key); err == nil && price.Given {
				(*into)[months] = price
			}
		}
	}
	return nil
}

// ProductList is the SSL products.
type ProductList struct {
	Envelope
	Products wire.List[Product] `json:"products"`
}

// SSLProducts is GET /products/ssl/.
func (c *Client) SSLProducts(ctx context.Context) (l ProductList, err error) {
	return l, c.get(ctx, "/products/ssl/", nil, &l)
}

// SSLProduct is GET /products/ssl/{id}.
func (c *Client) SSLProduct(ctx context.Context, id int64) (Product, error) {
	var a struct {
		Envelope
		Product Product `json:"product"`
	}
	err := c.get(ctx, "/products/ssl/"+number(id), nil, &a)
	return a.Product, err
}

// ProductPrice is the price of a product for a period of months.
type ProductPrice struct {
	ID     wire.Int   `json:"id"`
	Period wire.Int   `json:"period"`
	Price  wire.Cents `json:"price"`
}

// AllPrices is getAllProductPrices, GET /products/all_prices/.
func (c *Client) AllPrices(ctx context.Context) ([]ProductPrice, error) {
	var a struct {
		Envelope
		Prices wire.List[ProductPrice] `json:"product_prices"`
	}
	err := c.get(ctx, "/products/all_prices/", nil, &a)
	return a.Prices, err
}

// ProductDetails is what getProductDetails tells.
type ProductDetails struct {
	Envelope
	Name              wire.Text               `json:"product_name"`
	Type              wire.Text               `json:"product_type"`
	Brand             wire.Text               `json:"product_brand"`
	Prices            wire.List[ProductPrice] `json:"product_prices"`
	SANPrices         wire.List[ProductPrice] `json:"product_san_prices"`
	WildcardSANPrices wire.List[ProductPrice] `json:"product_wildcard_san_prices"`
	RefundDays        wire.Int                `json:"refund_days"`
	Terms             wire.Text               `json:"terms"`
}

// ProductDetails is getProductDetails, GET /products/details/{id}.
func (c *Client) ProductDetails(ctx context.Context, id int64) (d ProductDetails, err error) {
	return d, c.get(ctx, "/products/details/"+number(id), nil, &d)
}

// ProductPrices is getProductPrice, GET /products/price/{id}. The answer is one price or the prices of all periods.
func (c *Client) ProductPrices(ctx context.Context, id int64) ([]ProductPrice, error) {
	var a struct {
		Envelope
		Price json.RawMessage `json:"product_price"`
	}
	if err := c.get(ctx, "/products/price/"+number(id), nil, &a); err != nil {
		return nil, err
	}
	var list wire.List[ProductPrice]
	if err := json.Unmarshal(orNull(a.Price), &list); err == nil {
		return list, nil
	}
	var one wire.Cents
	if err := json.Unmarshal(orNull(a.Price), &one); err != nil {
		return nil, notUnderstood("product_price", err)
	}
	return []ProductPrice{{ID: wire.Int(id), Price: one}}, nil
}

// UserAgreement is getUserAgreement, GET /products/agreement/{id}: the text that the buyer agrees to.
func (c *Client) UserAgreement(ctx context.Context, id int64) (string, error) {
	var a struct {
		Envelope
		Agreement wire.Text `json:"product_agreement"`
	}
	err := c.get(ctx, "/products/agreement/"+number(id), nil, &a)
	return a.Agreement.String(), err
}

// WebServer is a choice for webserver_type.
type WebServer struct {
	ID       wire.Int  `json:"id"`
	Software wire.Text `json:"software"`
}

// The families of getWebservers.
const (
	FamilySectigo  = 1
	FamilyDigiCert = 2
)

// WebServers is getWebservers, GET /tools/webservers/{family}.
func (c *Client) WebServers(ctx context.Context, family int64) ([]WebServer, error) {
	var a struct {
		Envelope
		WebServers wire.List[WebServer] `json:"webservers"`
	}
	err := c.get(ctx, "/tools/webservers/"+number(family), url.Values{}, &a)
	return a.WebServers, err
}
