package webtest

import "certbay/db"

// Ware is a product that the sandbox CA can deliver, and what it is sold for.
type Ware struct {
	db.Product
	Code  string // the sandbox's
	Cents int64  // group price of 12 months; other terms in proportion
}

var anyMethod = []string{"email", "http", "https", "dns"}

// The figures of the DATASSL document: 49.99, 12.99 and 7.99 a name.

// Single is a certificate for one name.
func Single() Ware {
	return Ware{db.Product{Brand: "Sectigo", Name: "PositiveSSL", Kind: db.KindSSL, Validation: "dv", DomainType: "single", DCVMethods: anyMethod, WarrantyCents: 5_000_000,
		Terms: []db.Term{{Months: 12, ListCents: 4999}, {Months: 24, ListCents: 8999}}}, "sectigo-positivessl", 1299}
}

// Multi is a certificate for several names.
func Multi() Ware {
	return Ware{db.Product{Brand: "Sectigo", Name: "PositiveSSL Multi-Domain", Kind: db.KindMultiDomain, Validation: "dv", DomainType: "multi", DCVMethods: anyMethod,
		SANMax: 50, WildcardSANMax: 5, Terms: []db.Term{{Months: 12, ListCents: 4999, SANCents: 799, WildcardSANCents: 4999}}}, "sectigo-positivessl-multi-domain", 1299}
}

// Wildcard is a certificate for all names of a domain.
func Wildcard() Ware {
	return Ware{db.Product{Brand: "Sectigo", Name: "PositiveSSL Wildcard", Kind: db.KindWildcard, Validation: "dv", DomainType: "wildcard", DCVMethods: anyMethod,
		Terms: []db.Term{{Months: 12, ListCents: 14999}}}, "sectigo-positivessl-wildcard", 8900}
}

// OV is a certificate for an organisation.
func OV() Ware {
	return Ware{db.Product{Brand: "DigiCert", Name: "Secure Site", Kind: db.KindSSL, Validation: "ov", DomainType: "single", DCVMethods: anyMethod,
		Terms: []db.Term{{Months: 12, ListCents: 39900}}}, "digicert-secure-site", 29900}
}

// Signing is a certificate that programs are signed with.
func Signing() Ware {
	return Ware{db.Product{Brand: "Sectigo", Name: "Code Signing", Kind: db.KindCodeSigning, Validation: "ov", DomainType: "none",
		Terms: []db.Term{{Months: 12, ListCents: 39900}}}, "sectigo-code-signing", 29900}
}

// Licence is a licence for a server.
func Licence() Ware {
	return Ware{db.Product{Brand: "cPanel", Name: "cPanel Solo", Kind: db.KindLicence, DomainType: "ip", Terms: []db.Term{{Months: 12, ListCents: 4500}}}, "cpanel-solo", 3800}
}

// Foreign is a certificate that is meant for the group Silver.
func Foreign() Ware {
	return Ware{db.Product{Brand: "Thawte", Name: "Thawte SSL123", Kind: db.KindSSL, Validation: "dv", DomainType: "single", DCVMethods: anyMethod,
		Terms: []db.Term{{Months: 12, ListCents: 9999}}}, "thawte-ssl123", 5000}
}

// Sell puts a product into the catalog, for a group, and answers its id.
func (s *Shop) Sell(group int64, w Ware) int64 {
	s.t.Helper()
	ctx := s.t.Context()
	id, err := s.Book.CreateProduct(ctx, db.System, w.Product, db.Offer{Upstream: "sandbox", ProductCode: w.Code, CostCents: min(900, w.Cents/12)})
	for _, term := range w.Terms {
		if err == nil {
			err = s.Book.SetGroupPrice(ctx, db.System, group, id, term.Months, w.Cents*int64(term.Months)/12)
		}
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}
