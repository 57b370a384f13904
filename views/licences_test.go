package views

import (
	"net/url"
	"testing"

	"certbay/db/money"
	"github.com/PuerkitoBio/goquery"
)

var sampleLicences = []LicenceRow{
	{ID: 338, Number: "ORD-2026-0338", IP: "203.0.113.10", Product: "cPanel Premier", Status: "completed", Fulfilment: "accepted", EndsAt: testNow.AddDate(0, 0, 28)},
	{ID: 339, Number: "ORD-2026-0339", IP: "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Product: hostile, Status: "completed", Fulfilment: "accepted", Suspended: true, EndsAt: testNow.AddDate(1, 0, 0)},
	{ID: 340, Number: "ORD-2026-0340", IP: "203.0.113.12", Product: "cPanel Solo", Status: "processing", Fulfilment: "unsure"},
	{ID: 341, Number: "ORD-2026-0341", IP: "203.0.113.13", Product: "cPanel Solo", Status: "cancelled", Fulfilment: "none"},
}

func sampleLicence() LicencePage {
	return LicencePage{
		LicenceRow: sampleLicences[0], Key: "ABCD-1234", Message: hostile, BoughtAt: testNow, Paid: money.USD(3800), MayChange: true,
		Terms: []LicencePrice{{Value: 1, Amount: money.USD(3800)}, {Value: 12, Amount: money.USD(45600)}},
		Cores: []LicencePrice{{Value: 7, Name: "cPanel Solo"}, {Value: 8, Name: hostile, Amount: money.USD(1234)}},
		Purchases: []LicencePurchase{{ID: 350, Number: "ORD-2026-0350", Wish: "renew", Product: "cPanel Premier", Months: 1, Status: "completed", Fulfilment: "accepted", At: testNow, Amount: money.USD(3800)},
			{ID: 351, Number: "ORD-2026-0351", Wish: "core", Product: "cPanel Premier", Months: 1, Status: "cancelled", Fulfilment: "none", At: testNow}},
		Events: []OrderEvent{{Kind: "licence_renewed", Detail: "2027-01-20", At: testNow}, {Kind: "licence_core", Detail: "cPanel Premier", At: testNow},
			{Kind: "licence_moved", Detail: "203.0.113.10", Actor: "Ayşe Demir", At: testNow}, {Kind: "licence_move_requested", Detail: "203.0.113.10", At: testNow},
			{Kind: "licence_suspended", At: testNow}, {Kind: "licence_suspend_requested", At: testNow}, {Kind: "licence_unsuspended", At: testNow},
			{Kind: "licence_unsuspend_requested", At: testNow}, {Kind: "issued", At: testNow}, {Kind: "placed", At: testNow}},
	}
}

func TestLicencesListKeepsItsFilters(t *testing.T) {
	query := url.Values{"q": {`a&b"<`}, "state": {"ending"}}
	m := LicencesPage{State: "ending", States: []string{"", "active", "ending", "suspended", "waiting", "ended"}, Search: `a&b"<`, Rows: sampleLicences,
		Pager: Pager{Page: 2, PerPage: 4, Total: 42, Path: "/licences", Query: query}}
	inEachLanguage(t, Licences(testPage("owner"), m), func(t *testing.T, _ string, doc *goquery.Document) {
		doc.Find(".pagination a, .filter-chip").Each(func(_ int, s *goquery.Selection) {
			if link, err := url.Parse(s.AttrOr("href", "")); err != nil || link.Query().Get("q") != `a&b"<` {
				t.Errorf("%s has lost the search", s.AttrOr("href", ""))
			}
		})
		if doc.Find("form.toolbar input[name=state]").AttrOr("value", "") != "ending" || doc.Find("tbody tr").Length() != 4 || doc.Find("tbody a[href='/licences/339']").Length() != 1 {
			t.Error("the list is incomplete")
		}
	})
	inEachLanguage(t, Licences(testPage("viewer"), LicencesPage{None: true}), func(t *testing.T, _ string, doc *goquery.Document) {
		if doc.Find("main a[href='/catalog?kind=licence']").Length() != 1 {
			t.Error("the empty list doesn't say how to begin")
		}
	})
}

func TestALicencesPageOffersWhatCanBeDoneAndNothingElse(t *testing.T) {
	forms := func(doc *goquery.Document) (list []string) {
		doc.Find("main form").Each(func(_ int, s *goquery.Selection) { list = append(list, s.AttrOr("action", "")) })
		return list
	}
	m := sampleLicence()
	inEachLanguage(t, Licence(testPage("owner"), m), func(t *testing.T, _ string, doc *goquery.Document) {
		if got := forms(doc); len(got) != 3 || doc.Find("main a[href='/licences/338/suspend']").Length() != 1 || doc.Find("select[name=product] option").Length() != 2 {
			t.Errorf("%v", got)
		}
	})
	m.Suspended, m.Cores = true, nil
	m.Problems, m.NewIP = Problems{OrderProblem("ip", "licence_exists", "203.0.113.9", 0)}, "203.0.113.9"
	inEachLanguage(t, Licence(testPage("owner"), m), func(t *testing.T, _ string, doc *goquery.Document) {
		if got := forms(doc); len(got) != 3 || doc.Find("form[action='/licences/338/unsuspend'][method=post]").Length() != 1 || doc.Find("select[name=product]").Length() != 0 {
			t.Errorf("%v", got)
		}
		if doc.Find("input[name=ip]").AttrOr("value", "") != "203.0.113.9" || doc.Find("input[name=ip][aria-invalid]").Length() != 1 {
			t.Error("what was typed is lost")
		}
	})
	m = sampleLicence()
	m.MayChange, m.Busy = false, true
	inEachLanguage(t, Licence(testPage("viewer"), m), func(t *testing.T, _ string, doc *goquery.Document) {
		if got := forms(doc); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
}
