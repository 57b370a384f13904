package views

import (
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestAProductsFormIsOneForAdminsOnly(t *testing.T) {
	m := AdminProductPage{ID: 3, Title: hostile, Seen: "abc", Name: hostile, Kind: "licence", Kinds: []string{"ssl", "licence"}, Validations: []string{"dv", ""}, DomainTypes: []string{"ip"},
		AllMethods: []string{"dns", "email"}, Currencies: []string{"USD", "EUR"}, Ordered: true, Terms: []TermForm{{Months: "12", List: "x"}, {}},
		Offers: []OfferForm{{ID: 4, Upstream: "sandbox", Currency: "EUR", Rank: "1"}, {}}, Problems: Problems{{Field: "list-0", Key: "problem.product.number"}}}
	for _, role := range []string{"admin", "support"} {
		inEachLanguage(t, AdminProduct(testPage(role), m), func(t *testing.T, lang string, doc *goquery.Document) {
			if got := doc.Find("main form[action='/admin/products/3']").Length() == 1; got != (role == "admin") {
				t.Errorf("%s has a form: %v", role, got)
			}
		})
	}
	inEachLanguage(t, AdminProducts(testPage("admin"), AdminProductsPage{Rows: []AdminProductRow{{ID: 3, Brand: "Sectigo", Name: hostile, Kind: "ssl", Validation: "dv", Active: true}, {ID: 4, Name: "cPanel", Kind: "licence"}}}), nil)
	inEachLanguage(t, AdminProducts(testPage("support"), AdminProductsPage{}), nil)
}

func TestAPreviewOffersToApplyOnlyWhatChanges(t *testing.T) {
	row := PlannedRow{Line: 2, Product: hostile, Months: 12, After: PlannedPrice{Kind: "margin", MarginBP: 2500}, Changes: true}
	for changes := range 2 {
		for _, how := range []string{"import", "bulk"} {
			m := PlannedPage{GroupID: 1, Group: hostile, How: how, Digest: "d", Shown: true, Changes: changes, Rows: []PlannedRow{row, {Product: "x", Months: 1, Problem: "below_cost"}, {Product: "y", Months: 1, Changes: true}}, Refused: 1, Same: 3}
			inEachLanguage(t, Planned(testPage("admin"), m), func(t *testing.T, lang string, doc *goquery.Document) {
				if got := doc.Find("input[name=digest]").Length(); got != changes {
					t.Errorf("%d ways to apply %d changes", got, changes)
				}
			})
		}
	}
}
