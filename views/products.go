package views

import (
	"context"
	"strconv"

	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// AdminProductsPage lists every product, sold or not: /admin/products.
type AdminProductsPage struct {
	Rows []AdminProductRow
}

// AdminProductRow is one product of the list.
type AdminProductRow struct {
	ID                            int64
	Brand, Name, Kind, Validation string
	Offers, Groups                int // active offers; groups that have a price
	Active                        bool
}

// AdminProductPage makes (ID 0, POST to /admin/products/new) or changes a product
// (POST to /admin/products/{id}). Everything is as typed; Seen names what the
// change starts from.
type AdminProductPage struct {
	ID                              int64
	Title                           string // its name in the book
	Seen                            string
	Brand, Name, Kind, Validation   string
	DomainType, Warranty            string
	DescriptionTR, DescriptionEN    string
	SANIncluded, SANMax             string
	WildcardIncluded, WildcardMax   string
	Methods                         []string
	Active, Ordered                 bool
	Kinds, Validations, DomainTypes []string // to choose from
	AllMethods, Currencies          []string
	Upstreams                       []Option // that a new offer may name, with their kinds
	Terms                           []TermForm
	Offers                          []OfferForm
	Problems                        Problems
}

// TermForm is a term as typed: fields months-N, list-N, san-N, wildcard_san-N. One
// without months does not count.
type TermForm struct{ Months, List, SAN, WildcardSAN string }

// OfferForm is an offer as typed: fields offer-N (its ID), upstream-N, code-N, cost-N,
// currency-N, rank-N, open-N. A new one without upstream does not count.
type OfferForm struct {
	ID                                   int64
	Upstream, Code, Cost, Currency, Rank string
	Active                               bool
}

func adminProductHref(id int64) templ.SafeURL {
	return templ.SafeURL("/admin/products/" + strconv.FormatInt(id, 10))
}

func (m AdminProductPage) action() templ.SafeURL {
	if m.ID == 0 {
		return "/admin/products/new"
	}
	return adminProductHref(m.ID)
}

func nth(name string, i int) string { return name + "-" + strconv.Itoa(i) }

// worded are options of codes as word says them.
func worded(codes []string, word func(code string) string) []Option {
	var options []Option
	for _, code := range codes {
		options = append(options, Option{code, word(code)})
	}
	return options
}

func validationWord(ctx context.Context, code string) string {
	if code == "" {
		return i18n.T(ctx, "products.novalidation")
	}
	return i18n.Word(ctx, "validation", code)
}

func plainOptions(values []string) []Option {
	var options []Option
	for _, v := range values {
		options = append(options, Option{v, v})
	}
	return options
}
