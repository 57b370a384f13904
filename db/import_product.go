package db

import (
	"strings"

	"certbay/db/money"
)

// ImportedProduct is a product as an upstream sells it. Amounts are hundredths of
// Currency, which is the upstream's word and may be one that is not kept here.
type ImportedProduct struct {
	Code, Name, Brand string
	Kind              ProductKind
	Validation        string
	Currency          string
	Terms             []ImportedTerm // ascending
	SAN, WildcardSAN  ImportedSAN
	Methods           []string // of domain control
	WarrantyDollars   int64
	Cores             []string `json:",omitempty"` // licences: codes of what it can be turned into
}

// ImportedTerm is a length that is sold, and what it costs.
type ImportedTerm struct {
	Months    int
	CostCents int64
}

// ImportedSAN is how many further names a product takes, and what each costs for 12 months.
type ImportedSAN struct {
	Included, Max int
	CostCents     int64
}

// CostPerYear is the cost as an offer keeps it, for 12 months: that of the term
// which costs most by the month, rounded up, so that no term costs more than the
// book reckons.
func (p ImportedProduct) CostPerYear() int64 {
	most := int64(0)
	for _, t := range p.Terms {
		most = max(most, (t.CostCents*12+int64(t.Months)-1)/int64(t.Months))
	}
	return most
}

// problem says why no offer can be made of the product: code (or one that is too
// long), terms (none, or one that is out of range), currency (none that is kept
// here), cost (out of range). It is pure.
func (p ImportedProduct) problem() string {
	switch {
	case p.Code == "" || len([]rune(p.Code)) > MaxProductText:
		return "code"
	case len(p.Terms) == 0:
		return "terms"
	case !money.Currency(p.Currency).Valid():
		return "currency"
	}
	for _, t := range p.Terms {
		if t.Months < 1 || t.Months > MaxTermMonths {
			return "terms"
		}
		if t.CostCents < 0 || t.CostCents > MaxPriceCents {
			return "cost"
		}
	}
	return ""
}

// domainType is what names an order of the product has.
func (p ImportedProduct) domainType() string {
	switch p.Kind {
	case KindWildcard:
		return "wildcard"
	case KindMultiDomain:
		return "multi"
	case KindCodeSigning:
		return "none"
	case KindLicence:
		return "ip"
	}
	return "single"
}

// sheet is the product as it would stand in our catalog: capabilities are the
// upstream's, list prices so many basis points over cost at a rate, and prices of
// further names too, so that none is sold below what it costs.
func (p ImportedProduct) sheet(upstream string, rate Rate, markupBP int64) ProductSheet {
	s := ProductSheet{Product: Product{Brand: strings.TrimSpace(p.Brand), Name: strings.TrimSpace(p.Name), Kind: p.Kind, Validation: p.Validation, DomainType: p.domainType(),
		WarrantyCents: p.WarrantyDollars * 100, SANIncluded: p.SAN.Included, SANMax: p.SAN.Max,
		WildcardSANIncluded: p.WildcardSAN.Included, WildcardSANMax: p.WildcardSAN.Max, DCVMethods: p.Methods, Active: true}}
	if !s.HasDomain() {
		s.DCVMethods = nil
	}
	price := func(perYear int64, months int) int64 {
		return money.PercentBP(money.USD(termCost(perYear, months, rate)), 10_000+markupBP).Minor
	}
	for _, t := range p.Terms {
		s.Terms = append(s.Terms, Term{Months: t.Months, ListCents: price(p.CostPerYear(), t.Months),
			SANCents: price(p.SAN.CostCents, t.Months), WildcardSANCents: price(p.WildcardSAN.CostCents, t.Months)})
	}
	s.Offers = []OfferSheet{{Offer: p.offer(upstream), Rank: 1, Active: true}}
	return s
}

func (p ImportedProduct) offer(upstream string) Offer {
	return Offer{Upstream: upstream, ProductCode: p.Code, CostCents: p.CostPerYear(), Currency: money.Currency(p.Currency)}
}
