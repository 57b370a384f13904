package demo

import (
	"context"

	"certbay/db"
)

// product is a row of the catalog. Cost is what the sandbox takes for 12 months
// (licences: for one), US cents; so are the costs of additional names.
type product struct {
	code, brand, name string
	kind              db.ProductKind
	validation        string
	cost, warranty    int64 // warranty in whole US dollars
	san, wildcard     sanRule
	tr, en            string
	id                int64
}

type sanRule struct {
	included, most int
	cost           int64
}

func (p product) domainType() string {
	switch p.kind {
	case db.KindWildcard:
		return "wildcard"
	case db.KindMultiDomain:
		return "multi"
	case db.KindCodeSigning:
		return "none"
	case db.KindLicence:
		return "ip"
	}
	return "single"
}

func (p product) methods() []string {
	switch p.kind {
	case db.KindCodeSigning, db.KindLicence:
		return nil
	case db.KindWildcard:
		return []string{"email", "dns"}
	}
	return []string{"email", "http", "https", "dns"}
}

// months and the tenths of a 12-month price that each term costs.
func (p product) terms() [][2]int64 {
	if p.kind == db.KindLicence {
		return [][2]int64{{1, 10}, {12, 120}}
	}
	return [][2]int64{{12, 10}, {24, 19}, {36, 27}}
}

// costPerYear is the offer's cost as the book keeps it.
func (p product) costPerYear() int64 {
	if p.kind == db.KindLicence {
		return p.cost * 12
	}
	return p.cost
}

// price marks a cost up by tenths, for a term, and ends it in 99 cents.
func price(cost, markup, term int64) int64 {
	if cost == 0 {
		return 0
	}
	return (cost*markup*term/100+99)/100*100 - 1
}

// The markups, in tenths: what the list says, and what the groups pay.
const (
	listMarkup     = 23
	goldMarkup     = 13
	standardMarkup = 16
)

// notStandard are the products that only the Gold group buys.
var notStandard = map[string]bool{
	"sectigo-ev-multi-domain": true, "digicert-ev-multi-domain": true, "digicert-secure-site-wildcard": true, "cpanel-solo": true,
}

// sold is the product as a shop keeps it, with its additional names marked up by
// tenths.
func (p product) sold(markup int64) db.Product {
	sold := db.Product{Brand: p.brand, Name: p.name, Kind: p.kind, Validation: p.validation, DomainType: p.domainType(), WarrantyCents: p.warranty * 100,
		DescriptionTR: p.tr, DescriptionEN: p.en, DCVMethods: p.methods(),
		SANIncluded: p.san.included, SANMax: p.san.most, WildcardSANIncluded: p.wildcard.included, WildcardSANMax: p.wildcard.most}
	for _, term := range p.terms() {
		sold.Terms = append(sold.Terms, db.Term{Months: int(term[0]), ListCents: price(p.cost, listMarkup, term[1]),
			SANCents: price(p.san.cost, markup, term[1]), WildcardSANCents: price(p.wildcard.cost, markup, term[1])})
	}
	return sold
}

func (s *seed) openCatalog(ctx context.Context, gold, standard int64) error {
	for _, p := range catalog {
		var err error
		p.id, err = s.CreateProduct(ctx, db.System, p.sold(standardMarkup), db.Offer{Upstream: Upstream, ProductCode: p.code, CostCents: p.costPerYear()})
		if err != nil {
			return err
		}
		for _, term := range p.terms() {
			if err := s.SetGroupPrice(ctx, db.System, gold, p.id, int(term[0]), price(p.cost, goldMarkup, term[1])); err != nil {
				return err
			}
			if notStandard[p.code] {
				continue
			}
			if err := s.SetGroupPrice(ctx, db.System, standard, p.id, int(term[0]), price(p.cost, standardMarkup, term[1])); err != nil {
				return err
			}
		}
		s.products = append(s.products, p)
	}
	return nil
}

// ProductCodes lists the upstream's code of every product of the demo.
func ProductCodes() []string {
	var codes []string
	for _, p := range catalog {
		codes = append(codes, p.code)
	}
	return codes
}
