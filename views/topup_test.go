package views

import (
	"testing"

	"certbay/db/money"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

func sampleTopUps() []TopUpRow {
	var rows []TopUpRow
	for i, state := range []string{"pending", "approved", "refused", "withdrawn"} {
		rows = append(rows, TopUpRow{ID: int64(i + 1), ResellerID: 2, Reseller: "Örnek Hosting", Reference: hostile, Amount: money.USD(50_000), State: state,
			Note: []string{"", "", hostile, ""}[i], At: testNow, Receipt: state != "withdrawn"})
	}
	return rows
}

func TestTopUpPagesAreWholeInBothLanguages(t *testing.T) {
	credits := sampleCredits()
	credits.TopUps = sampleTopUps()
	rows := sampleTopUps()
	rejected := NewTopUpPage{Bank: []string{"IBAN <TR>"}, Amount: "x", Reference: hostile, FormToken: "tok", Problems: Problems{
		{Field: "amount", Key: "topup.amount.problem", Args: []any{"Max", "$1"}}, {Field: "reference", Key: "form.toolong"}, {Field: "receipt", Key: "topup.receipt.type"}, {Key: "topup.many"}}}
	for name, page := range map[string]templ.Component{
		"credits":   Credits(testPage("owner"), credits),
		"form":      NewTopUp(testPage("billing"), NewTopUpPage{FormToken: "tok"}),
		"rejected":  NewTopUp(testPage("owner"), rejected),
		"list":      AdminTopUps(testPage("support"), AdminTopUpsPage{Pending: 1, Rows: rows, Pager: Pager{Page: 1, PerPage: 50, Total: 4, Path: "/admin/top-ups"}}),
		"nothing":   AdminTopUps(testPage("admin"), AdminTopUpsPage{State: "refused"}),
		"pending":   AdminTopUp(testPage("admin"), AdminTopUpPage{TopUpRow: rows[0], AskedBy: hostile, MediaType: "image/jpeg", Size: 5 << 20, Problems: Problems{{Field: "note", Key: "form.required"}}}),
		"seen":      AdminTopUp(testPage("support"), AdminTopUpPage{TopUpRow: rows[0], AskedBy: "Ayşe", MediaType: "application/pdf", Size: 1}),
		"decided":   AdminTopUp(testPage("admin"), AdminTopUpPage{TopUpRow: rows[2], AskedBy: "Ayşe", DecidedBy: "Derya", DecidedAt: testNow, MediaType: "image/png"}),
		"withdrawn": AdminTopUp(testPage("admin"), AdminTopUpPage{TopUpRow: rows[3], AskedBy: "Ayşe", DecidedBy: "Ayşe", DecidedAt: testNow}),
	} {
		t.Run(name, func(t *testing.T) {
			inEachLanguage(t, page, func(t *testing.T, lang string, doc *goquery.Document) {
				if doc.Find("main script, main b:contains('key')").Length() > 0 {
					t.Error("text from the book became markup")
				}
				if n := doc.Find("main .btn-primary").Length(); n > 1 {
					t.Errorf("%d primary buttons in one view", n)
				}
				want := 0
				if name == "pending" {
					want = 2
				}
				if n := doc.Find("main form[action$='/approve'], main button[formaction$='/refuse']").Length(); n != want {
					t.Errorf("%d ways to decide, want %d", n, want)
				}
			})
		})
	}
}

func TestTopUpMayBeWithdrawnOnlyWhileItWaits(t *testing.T) {
	for role, want := range map[string]int{"owner": 1, "billing": 1, "viewer": 0} {
		doc := checkPage(t, renderIn(t, "en", Credits(testPage(role), CreditsPage{TopUps: sampleTopUps()})))
		if n := doc.Find("a[href$='/withdraw']").Length(); n != want {
			t.Errorf("%s may withdraw %d of four requests, one waits", role, n)
		}
		if n := doc.Find("a[href$='/receipt']").Length(); n != 3 {
			t.Errorf("%s reads %d receipts", role, n)
		}
	}
}
