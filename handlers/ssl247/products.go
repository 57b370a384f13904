package ssl247

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"certbay/db"
)

// families are the product types that are sold here, in the document's manner.
var families = []named{
	{string(db.KindSSL), "SSL certificates"}, {string(db.KindWildcard), "Wildcard SSL certificates"}, {string(db.KindMultiDomain), "Multi-domain SSL certificates"},
	{string(db.KindCodeSigning), "Code signing certificates"},
}

type listPrice struct {
	Years    int    `json:"years"`
	Value    amount `json:"value"`
	Currency string `json:"currency"`
}

type yearPrice struct {
	Price    amount `json:"price"`
	Years    int    `json:"years"`
	Currency string `json:"currency"`
}

// requirements is what an order of a product needs.
type requirements struct {
	Type           string   `json:"type"`
	ValidationType string   `json:"validation_type"`
	DVAuthMethods  []string `json:"dv_auth_methods"`
	CSR            bool     `json:"csr"`
	Organisation   bool     `json:"organisation"`
	WarrantyUSD    int64    `json:"warranty_usd"`
}

// addon is what an order of a product may have beside it: further names.
type addon struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Name     string `json:"name"`
	Included int    `json:"included"`
	Maximum  int    `json:"maximum"`
}

const (
	plainSAN    = "san"
	wildcardSAN = "wildcard-san"
)

type addonPrices map[string]struct {
	Prices []yearPrice `json:"prices"`
}

// years are the terms of a product that this dialect can name.
func years(p db.Product) (terms []db.Term) {
	for _, t := range p.Terms {
		if t.Months%12 == 0 {
			terms = append(terms, t)
		}
	}
	return terms
}

// sells says whether a product can be ordered in this dialect.
func sells(p db.Product) bool {
	return !p.NoRate && p.Kind != db.KindLicence && len(years(p)) > 0
}

// methodWord is the dialect's word for a method of the book.
func methodWord(method string) string {
	if method == "http" || method == "https" {
		return "file"
	}
	return method
}

// methodOf is the book's method for a word of the dialect.
var methodOf = map[string]string{"email": "email", "dns": "dns", "file": "http"}

func requirementsOf(p db.Product) requirements {
	r := requirements{Type: string(p.Kind), ValidationType: strings.ToUpper(p.Validation), DVAuthMethods: []string{}, CSR: true, Organisation: p.NeedsOrganisation(),
		WarrantyUSD: p.WarrantyCents / 100}
	for _, m := range p.DCVMethods {
		word := methodWord(m)
		if !slices.Contains(r.DVAuthMethods, word) && (m != "https" || slices.Contains(p.DCVMethods, "http")) {
			r.DVAuthMethods = append(r.DVAuthMethods, word)
		}
	}
	return r
}

func addonsOf(p db.Product) []addon {
	list := []addon{}
	if p.SANMax > 0 {
		list = append(list, addon{plainSAN, plainSAN, plainSAN, p.SANIncluded, p.SANMax})
	}
	if p.WildcardSANMax > 0 {
		list = append(list, addon{wildcardSAN, wildcardSAN, wildcardSAN, p.WildcardSANIncluded, p.WildcardSANMax})
	}
	return list
}

func pricesOf(p db.Product) []yearPrice {
	list := []yearPrice{}
	for _, t := range years(p) {
		list = append(list, yearPrice{amount(t.GroupCents), t.Months / 12, currency})
	}
	return list
}

func addonPricesOf(p db.Product) addonPrices {
	all := addonPrices{}
	for _, a := range addonsOf(p) {
		prices := all[a.Name]
		for _, t := range years(p) {
			cents := t.SANCents
			if a.Type == wildcardSAN {
				cents = t.WildcardSANCents
			}
			prices.Prices = append(prices.Prices, yearPrice{amount(cents), t.Months / 12, currency})
		}
		all[a.Name] = prices
	}
	return all
}

// productTypes is /product-types: those of which something is sold.
func (c *call) productTypes() (any, error) {
	all, err := c.Book.Products(c.Ctx, c.Caller.ResellerID, db.ProductFilter{})
	if err != nil {
		return nil, err
	}
	answer := struct{ ProductTypeList []named }{[]named{}}
	for _, f := range families {
		if slices.ContainsFunc(all, func(p db.Product) bool { return string(p.Kind) == f.Code && sells(p) }) {
			answer.ProductTypeList = append(answer.ProductTypeList, f)
		}
	}
	return answer, nil
}

type listedProduct struct {
	Code   string `json:"code"`
	Brand  string `json:"brand"`
	Name   string `json:"name"`
	Prices struct{ Price []listPrice }
}

// products is /products/{product-type}.
func (c *call) products() (any, error) {
	if !slices.ContainsFunc(families, func(f named) bool { return f.Code == c.path[0] }) {
		return nil, errNoType
	}
	all, err := c.Book.Products(c.Ctx, c.Caller.ResellerID, db.ProductFilter{Kind: db.ProductKind(c.path[0])})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Products struct{ Product []listedProduct }
	}
	answer.Products.Product = []listedProduct{}
	for _, p := range all {
		if !sells(p) {
			continue
		}
		v := listedProduct{Code: id(p.ID), Brand: p.Brand, Name: p.Name}
		for _, t := range years(p) {
			v.Prices.Price = append(v.Prices.Price, listPrice{t.Months / 12, amount(t.GroupCents), currency})
		}
		answer.Products.Product = append(answer.Products.Product, v)
	}
	return answer, nil
}

// sold is the product of a code; errNoProduct where there is none to buy here.
func (c *call) sold(code string) (db.Product, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(code), 10, 64)
	if err != nil || n < 1 {
		return db.Product{}, errNoProduct
	}
	p, err := c.Book.Product(c.Ctx, c.Caller.ResellerID, n)
	if errors.Is(err, db.ErrNotFound) || err == nil && !sells(p) {
		return p, errNoProduct
	}
	return p, err
}

type fullProduct struct {
	Name                string       `json:"name"`
	Code                string       `json:"Code"`
	URL                 string       `json:"url"`
	Brand               string       `json:"brand"`
	BrandID             string       `json:"brand_id"`
	SubBrandID          string       `json:"sub_brand_id"`
	ProductRequirements requirements `json:"ProductRequirements"`
	ProductAddons       []addon      `json:"ProductAddons"`
	ProductPrices       []yearPrice  `json:"ProductPrices"`
	ProductDetail       struct {
		Description string `json:"description"`
	} `json:"ProductDetail"`
	ProductAddonPrices addonPrices `json:"ProductAddonPrices"`
}

// product is /product/{product-code}. Brands have no numbers here.
func (c *call) product() (any, error) {
	p, err := c.sold(c.path[0])
	if err != nil {
		return nil, err
	}
	v := fullProduct{Name: p.Name, Code: id(p.ID), URL: c.baseURL + "/catalog", Brand: p.Brand, ProductRequirements: requirementsOf(p), ProductAddons: addonsOf(p),
		ProductPrices: pricesOf(p), ProductAddonPrices: addonPricesOf(p)}
	v.ProductDetail.Description = p.DescriptionEN
	return v, nil
}

// productRequirements is /product/{product-code}/requirements.
func (c *call) productRequirements() (any, error) {
	p, err := c.sold(c.path[0])
	return struct{ ProductRequirements requirements }{requirementsOf(p)}, err
}

// productAddons is /product/{product-code}/addons.
func (c *call) productAddons() (any, error) {
	p, err := c.sold(c.path[0])
	return struct{ ProductAddons []addon }{addonsOf(p)}, err
}

// productPrices is /product/{product-code}/prices.
func (c *call) productPrices() (any, error) {
	p, err := c.sold(c.path[0])
	return struct {
		ProductPrices      []yearPrice
		ProductAddonPrices addonPrices
	}{pricesOf(p), addonPricesOf(p)}, err
}
