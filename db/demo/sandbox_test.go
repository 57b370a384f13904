package demo_test

import (
	"slices"
	"testing"

	"certbay/db"
	"certbay/db/demo"
	"certbay/providers"
	"certbay/providers/sandbox"
)

// What the demo sells is what its upstream makes; nothing is sold that an order would be refused for.
func TestDemoSellsWhatTheSandboxMakes(t *testing.T) {
	made := map[string]providers.Product{}
	for _, p := range sandbox.Catalog() {
		made[p.Code] = p
	}
	codes := demo.ProductCodes()
	if len(codes) != len(made) {
		t.Errorf("%d products are sold, %d are made", len(codes), len(made))
	}
	book, result := seeded(t, false)
	sold, err := book.Products(t.Context(), result.Resellers[0].ID, db.ProductFilter{})
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]db.Product{}
	for _, p := range sold {
		byName[p.Name] = p
	}
	for _, code := range codes {
		m, ok := made[code]
		if !ok {
			t.Errorf("the sandbox makes no %s", code)
			continue
		}
		p := byName[m.Name]
		if p.Brand != m.Brand || string(p.Kind) != string(m.Type) || p.Validation != string(m.Validation) || p.WarrantyCents != m.Warranty*100 ||
			p.SANIncluded != m.SAN.Included || p.SANMax != m.SAN.Maximum || p.WildcardSANIncluded != m.WildcardSAN.Included || p.WildcardSANMax != m.WildcardSAN.Maximum {
			t.Errorf("%s: sold as %+v, made as %+v", code, p, m)
		}
		for _, term := range p.Terms {
			if !slices.ContainsFunc(m.Terms, func(have providers.Term) bool { return have.Months == term.Months && have.Cost.Minor < term.GroupCents }) {
				t.Errorf("%s is sold for %d months at %d, made as %+v", code, term.Months, term.GroupCents, m.Terms)
			}
		}
		for _, method := range p.DCVMethods {
			if !slices.Contains(m.Methods, providers.Method(method)) {
				t.Errorf("%s is not validated by %s", code, method)
			}
		}
	}
}
