package gogetssl

import (
	"errors"
	"slices"
	"strconv"

	"certbay/db"
)

// listed is a product as getAllProducts has it.
type listed struct {
	ID                  int64  `json:"id"`
	Name                string `json:"name"`
	Periods             []int  `json:"periods"`
	Organization        flag   `json:"organization"`
	Wildcard            flag   `json:"wildcard"`
	UnlimitedServers    flag   `json:"unlimited_servers"`
	MultiDomain         flag   `json:"is_multidomain"`
	WildcardSANEnabled  flag   `json:"wildcard_san_enabled"`
	MultiIncluded       int    `json:"multidomains_included"`
	SingleSANIncluded   int    `json:"single_san_included"`
	WildcardSANIncluded int    `json:"wildcard_san_included"`
	MultiMaximum        int    `json:"multidomains_maximum"`
	methods
	RecheckCAA flag `json:"recheck_caa"`
}

type methods struct {
	Email flag `json:"dcv_email"`
	DNS   flag `json:"dcv_dns"`
	HTTP  flag `json:"dcv_http"`
	HTTPS flag `json:"dcv_https"`
}

func methodsOf(p db.Product) methods {
	has := func(m string) flag { return flag(slices.Contains(p.DCVMethods, m)) }
	m := methods{has("email"), has("dns"), has("http"), has("https")}
	if p.Kind == db.KindWildcard { // files never prove a wildcard name
		m.HTTP, m.HTTPS = false, false
	}
	return m
}

// product is one as GET /products/ssl/ has it. Prices are for a period of months,
// those of names for each name.
type product struct {
	ID                 int64  `json:"id"`
	Brand              string `json:"brand"`
	Product            string `json:"product"`
	MaxPeriod          int    `json:"max_period"`
	SANEnabled         flag   `json:"san_enabled"`
	WildcardEnabled    flag   `json:"wildcard_enabled"`
	WildcardSANEnabled flag   `json:"wildcard_san_enabled"`
	ProductType        string `json:"product_type"`
	UnlimitedLicencing flag   `json:"unlimited_licencing"`
	OrgRequired        flag   `json:"org_required"`
	methods
	SANMax       int            `json:"san_max"`
	CustomRandom flag           `json:"custom_dcv_random_value"` // the authority chooses
	Prices       map[string]any `json:"prices"`
}

var productTypes = map[string]string{"dv": "domain", "ov": "business", "ev": "extended"}

func productOf(p db.Product) product {
	v := product{ID: p.ID, Brand: p.Brand, Product: p.Name, SANEnabled: p.SANMax > 0, WildcardEnabled: p.Kind == db.KindWildcard, WildcardSANEnabled: p.WildcardSANMax > 0,
		ProductType: productTypes[p.Validation], UnlimitedLicencing: true, OrgRequired: flag(p.NeedsOrganisation()), methods: methodsOf(p),
		SANMax: max(p.SANMax, p.WildcardSANMax), Prices: map[string]any{}}
	vendor, names, wildcards := map[string]price{}, map[string]price{}, map[string]price{}
	for _, t := range p.Terms {
		months := strconv.Itoa(t.Months)
		v.MaxPeriod = max(v.MaxPeriod, t.Months)
		v.Prices[months], vendor[months] = price(t.GroupCents), price(t.ListCents)
		if p.SANMax > 0 {
			names[months] = price(t.SANCents)
		}
		if p.WildcardSANMax > 0 {
			wildcards[months] = price(t.WildcardSANCents)
		}
	}
	v.Prices["vendor"], v.Prices["san"], v.Prices["wildcard_san"] = vendor, names, wildcards
	return v
}

// sold are the SSL products of the reseller's group whose price can be told. This
// dialect can't order licences, and not say how the key of a code signing
// certificate is kept.
func (c *call) sold() (list []db.Product, err error) {
	all, err := c.Book.Products(c.Ctx, c.Caller.ResellerID, db.ProductFilter{})
	for _, p := range all {
		if p.HasDomain() && !p.NoRate && len(p.Terms) > 0 {
			list = append(list, p)
		}
	}
	return list, err
}

// one is a product of sold by the path's id.
func (c *call) one() (db.Product, error) {
	p, err := c.Book.Product(c.Ctx, c.Caller.ResellerID, c.id)
	if errors.Is(err, db.ErrNotFound) || err == nil && !p.HasDomain() {
		return p, errNoProduct
	}
	return p, err
}

// allProducts is getAllProducts.
func (c *call) allProducts() (any, error) {
	products, err := c.sold()
	answer := struct {
		success
		Products []listed `json:"products"`
	}{ok, []listed{}}
	for _, p := range products {
		v := listed{ID: p.ID, Name: p.Name, Periods: []int{}, Organization: flag(p.NeedsOrganisation()), Wildcard: p.Kind == db.KindWildcard, UnlimitedServers: true,
			MultiDomain: p.SANMax > 0, WildcardSANEnabled: p.WildcardSANMax > 0, MultiIncluded: p.SANIncluded, SingleSANIncluded: p.SANIncluded,
			WildcardSANIncluded: p.WildcardSANIncluded, MultiMaximum: p.SANMax + p.WildcardSANMax, methods: methodsOf(p), RecheckCAA: true}
		for _, t := range p.Terms {
			v.Periods = append(v.Periods, t.Months)
		}
		answer.Products = append(answer.Products, v)
	}
	return answer, err
}

// sslProducts is GET /products/ssl/.
func (c *call) sslProducts() (any, error) {
	products, err := c.sold()
	answer := struct {
		success
		Products []product `json:"products"`
	}{ok, []product{}}
	for _, p := range products {
		answer.Products = append(answer.Products, productOf(p))
	}
	return answer, err
}

// sslProduct is GET /products/ssl/{id}.
func (c *call) sslProduct() (any, error) {
	p, err := c.one()
	return struct {
		success
		Product product `json:"product"`
	}{ok, productOf(p)}, err
}

// periodPrice is a price of a product for months.
type periodPrice struct {
	ID     int64 `json:"id"`
	Period int   `json:"period"`
	Price  price `json:"price"`
}

func pricesOf(p db.Product, of func(db.Term) int64) []periodPrice {
	list := []periodPrice{}
	for _, t := range p.Terms {
		list = append(list, periodPrice{p.ID, t.Months, price(of(t))})
	}
	return list
}

func own(t db.Term) int64        { return t.GroupCents }
func nameOf(t db.Term) int64     { return t.SANCents }
func wildcardOf(t db.Term) int64 { return t.WildcardSANCents }
func none[T any](list []T, has bool) []T {
	if !has {
		return []T{}
	}
	return list
}

// allPrices is getAllProductPrices.
func (c *call) allPrices() (any, error) {
	products, err := c.sold()
	answer := struct {
		success
		Prices []periodPrice `json:"product_prices"`
	}{ok, []periodPrice{}}
	for _, p := range products {
		answer.Prices = append(answer.Prices, pricesOf(p, own)...)
	}
	return answer, err
}

type details struct {
	success
	Name              string        `json:"product_name"`
	Type              string        `json:"product_type"`
	Brand             string        `json:"product_brand"`
	Description       string        `json:"product_description"`
	Prices            []periodPrice `json:"product_prices"`
	SANPrices         []periodPrice `json:"product_san_prices"`
	WildcardSANPrices []periodPrice `json:"product_wildcard_san_prices"`
	Warranty          price         `json:"product_warranty"`
}

// productDetails is getProductDetails.
func (c *call) productDetails() (any, error) {
	p, err := c.one()
	return details{success: ok, Name: p.Name, Type: productTypes[p.Validation], Brand: p.Brand, Description: p.DescriptionEN, Prices: pricesOf(p, own),
		SANPrices: none(pricesOf(p, nameOf), p.SANMax > 0), WildcardSANPrices: none(pricesOf(p, wildcardOf), p.WildcardSANMax > 0), Warranty: price(p.WarrantyCents)}, err
}

// productPrice is getProductPrice.
func (c *call) productPrice() (any, error) {
	p, err := c.one()
	return struct {
		success
		Prices []periodPrice `json:"product_price"`
	}{ok, pricesOf(p, own)}, err
}

// userAgreement is getUserAgreement; the book keeps no text of the authorities'.
func (c *call) userAgreement() (any, error) {
	p, err := c.one()
	return struct {
		success
		ID        int64  `json:"product_id"`
		Agreement string `json:"product_agreement"`
	}{ok, p.ID, ""}, err
}
