package datassl

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"certbay/db"
	"certbay/views/i18n"
)

const currency = "USD"

// usualTerm is the term whose price stands for a product: a year where it is sold,
// else the shortest.
func usualTerm(p db.Product) db.Term {
	if t, ok := p.Term(12); ok || len(p.Terms) == 0 {
		return t
	}
	return p.Terms[0]
}

// years are the prices of the terms that are whole years.
func years(p db.Product, price func(db.Term) int64) Years {
	prices := Years{}
	for _, t := range p.Terms {
		if t.Months%12 == 0 {
			prices[strconv.Itoa(t.Months/12)] = Amount(price(t))
		}
	}
	return prices
}

func list(t db.Term) int64        { return t.ListCents }
func own(t db.Term) int64         { return t.GroupCents }
func san(t db.Term) int64         { return t.SANCents }
func wildcardSAN(t db.Term) int64 { return t.WildcardSANCents }

// warranty writes whole dollars as the document does: $50,000.
func warranty(cents int64) string {
	digits := strconv.FormatInt(cents/100, 10)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return "$" + digits
}

func product(p db.Product) Product {
	usual := usualTerm(p)
	v := Product{
		ID: p.ID, Name: p.Name, Brand: p.Brand, Type: string(p.Kind), ValidationType: p.Validation, DomainType: p.DomainType,
		ListPrice: Amount(usual.ListCents), ListPricing: years(p, list), ResellerPrice: Amount(usual.GroupCents), Pricing: years(p, own),
		Warranty: warranty(p.WarrantyCents), SANEnabled: p.SANMax > 0 || p.WildcardSANMax > 0,
		Currency: currency, Periods: []int{}, DCVMethods: append([]string{}, p.DCVMethods...),
	}
	for _, t := range p.Terms {
		v.Periods = append(v.Periods, t.Months)
		v.MaxYears = max(v.MaxYears, t.Months/12)
	}
	return v
}

func sanPricing(p db.Product) SANPricing {
	usual := usualTerm(p)
	v := SANPricing{
		ProductID: p.ID, ProductName: p.Name, Currency: currency,
		SANEnabled: p.SANMax > 0, SANIncluded: p.SANIncluded, SANMax: p.SANMax, SANPricing: Years{},
		WildcardSANEnabled: p.WildcardSANMax > 0, WildcardSANIncluded: p.WildcardSANIncluded, WildcardSANMax: p.WildcardSANMax, WildcardSANPricing: Years{},
	}
	if v.SANEnabled {
		v.SANPrice, v.SANPricing = Amount(usual.SANCents), years(p, san)
	}
	if v.WildcardSANEnabled {
		v.WildcardSANPrice, v.WildcardSANPricing = Amount(usual.WildcardSANCents), years(p, wildcardSAN)
	}
	return v
}

// listProducts is GET /products. A product whose price can't be told now is not
// among them: it can't be ordered either.
func (c *call) listProducts() (any, error) {
	q, err := c.query()
	if err != nil {
		return nil, err
	}
	reseller, err := c.Book.Reseller(c.Ctx, c.Caller.ResellerID)
	if err != nil {
		return nil, err
	}
	products, err := c.Book.Products(c.Ctx, reseller.ID, db.ProductFilter{Kind: db.ProductKind(q.Get("type")), Validation: q.Get("validation")})
	if err != nil {
		return nil, err
	}
	answer := ProductList{Success: ok(""), Products: []Product{}, GroupID: reseller.GroupID, Note: c.t("apireply.products.note")}
	for _, p := range products {
		if brand := q.Get("brand"); !p.NoRate && (brand == "" || strings.EqualFold(brand, p.Brand)) {
			answer.Products = append(answer.Products, product(p))
		}
	}
	answer.Count = len(answer.Products)
	return answer, nil
}

// sold is a product that the reseller's group may buy; errNotInGroup for one of
// other groups, db.ErrNotFound where there is none.
func (c *call) sold(id int64) (db.Product, error) {
	p, err := c.Book.Product(c.Ctx, c.Caller.ResellerID, id)
	return p, c.notInGroup(err, id)
}

// notInGroup tells a product of other groups from one that is not there.
func (c *call) notInGroup(err error, id int64) error {
	if !errors.Is(err, db.ErrNotFound) {
		return err
	}
	if p, err := c.Book.OrderedProduct(c.Ctx, id); err == nil && p.Active {
		return errNotInGroup
	}
	return err
}

// getProduct is GET /products/{id}.
func (c *call) getProduct() (any, error) {
	p, err := c.sold(c.id)
	if err != nil {
		return nil, err
	}
	detail := ProductDetail{Product: product(p), Description: description(c.Ctx, p), Terms: []Term{}, SANPricing: sanPricing(p)}
	for _, t := range p.Terms {
		detail.Terms = append(detail.Terms, Term{Period: t.Months, ListPrice: Amount(t.ListCents), ResellerPrice: Amount(t.GroupCents)})
	}
	return ProductAnswer{ok(""), detail}, nil
}

func description(ctx context.Context, p db.Product) string {
	if i18n.From(ctx).Lang == "tr" {
		return p.DescriptionTR
	}
	return p.DescriptionEN
}

// getSANPricing is GET /san-pricing/{id}.
func (c *call) getSANPricing() (any, error) {
	p, err := c.sold(c.id)
	if err != nil {
		return nil, err
	}
	return SANPricingAnswer{ok(""), sanPricing(p)}, nil
}
