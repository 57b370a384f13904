package views

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"certbay/db/money"
	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// CatalogPage lists the products sold to this reseller. Filters are in the URL:
// ?brand=&kind=&validation=, "" for all.
type CatalogPage struct {
	Brand, Kind, Validation string
	Brands                  []string // every brand there is, whatever the filter
	Products                []CatalogProduct
}

// CatalogProduct is one line of the catalog.
type CatalogProduct struct {
	ID         int64
	Brand      string
	Name       string
	Kind       string // ssl, wildcard, multi-domain, code-signing, licence
	Validation string // dv, ov, ev, "" for licences
	SANMax     int    // names that can be added; 0 none
	Terms      []TermPrice
	NoRate     bool // its price can't be told now: no terms
}

// TermPrice is what a term costs in all: the list price and the reseller's own.
type TermPrice struct {
	Months    int
	List, Own money.Money
}

// ProductPage is one product with everything to know before ordering it.
type ProductPage struct {
	ID                  int64
	Brand, Name         string
	Kind                string
	Validation          string
	DescriptionEN       string
	DescriptionTR       string
	Warranty            money.Money // zero: none
	Terms               []ProductTerm
	SANIncluded         int
	SANMax              int // 0: no names can be added
	WildcardSANIncluded int
	WildcardSANMax      int
	Methods             []string // of dns, http, https, email; none: no domain control
}

// ProductTerm is a term with the price of one additional name.
type ProductTerm struct {
	TermPrice
	SAN, WildcardSAN money.Money
}

func (m ProductPage) description(ctx context.Context) string {
	if i18n.From(ctx).Lang == "tr" {
		return m.DescriptionTR
	}
	return m.DescriptionEN
}

func (m ProductPage) methodWords(ctx context.Context) string {
	var words []string
	for _, method := range m.Methods {
		words = append(words, i18n.Word(ctx, "method", method))
	}
	return strings.Join(words, ", ")
}

// upTo says how many names can be added, and how many of them cost nothing.
func upTo(ctx context.Context, max, included int) string {
	text := i18n.N(ctx, "product.names.max", max)
	if included > 0 {
		text += ", " + i18n.N(ctx, "product.names.included", included)
	}
	return text
}

// months are the terms any product of the list is sold for, ascending: the columns.
func (m CatalogPage) months() []int {
	var all []int
	for _, p := range m.Products {
		for _, t := range p.Terms {
			all = append(all, t.Months)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (p CatalogProduct) term(months int) (TermPrice, bool) {
	i := slices.IndexFunc(p.Terms, func(t TermPrice) bool { return t.Months == months })
	if i < 0 {
		return TermPrice{}, false
	}
	return p.Terms[i], true
}

// needs are the keys of what has to be at hand for a product of this sort.
func needs(kind, validation string) []string {
	switch kind {
	case "licence":
		return []string{"product.needs.ip"}
	case "code-signing":
		return []string{"product.needs.organisation", "product.needs.hardware"}
	}
	list := []string{"product.needs.csr", "product.needs.domain"}
	if validation == "ov" || validation == "ev" {
		list = append(list, "product.needs.organisation")
	}
	return list
}

func (m CatalogPage) brandOptions(ctx context.Context) []Option {
	options := []Option{{"", i18n.T(ctx, "catalog.anybrand")}}
	for _, brand := range m.Brands {
		options = append(options, Option{brand, brand})
	}
	return options
}

// wordOptions are the words of a family to choose from, "any" first.
func wordOptions(ctx context.Context, anyKey, family string, codes ...string) []Option {
	options := []Option{{"", i18n.T(ctx, anyKey)}}
	for _, code := range codes {
		options = append(options, Option{code, i18n.Word(ctx, family, code)})
	}
	return options
}

func productHref(id int64) templ.SafeURL {
	return templ.SafeURL("/products/" + strconv.FormatInt(id, 10))
}

// orderHref opens the order form; months 0 leaves the term open.
func orderHref(product int64, months int) templ.SafeURL {
	href := "/orders/new?product=" + strconv.FormatInt(product, 10)
	if months > 0 {
		href += "&months=" + strconv.Itoa(months)
	}
	return templ.SafeURL(href)
}
