package handlers_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/web/webtest"
)

// owner signs in somebody who buys for the shop's reseller.
func (s shop) owner(t testing.TB) *webtest.Browser {
	t.Helper()
	p := must[db.Person](t)(s.Book.CreatePerson(t.Context(), db.System, db.NewPerson{ResellerID: s.buyer.ID, Role: db.RoleOwner,
		Name: "The buyer", Email: "owner@buyer.example", Password: webtest.Password, Lang: "en"}))
	return s.SignedInAs(t, p)
}

func (s shop) place(t testing.TB, domain string) db.Order {
	t.Helper()
	return must[db.Order](t)(s.Book.PlaceOrder(t.Context(), s.staff, s.buyer.ID, db.NewOrder{ProductID: s.product, Months: 12, Domain: domain}))
}

func (s shop) deliver(t testing.TB, domain string) db.Order {
	t.Helper()
	order, certificate := s.accepted(t, domain)
	now := s.Book.Now()
	ok(t, s.Book.RecordIssued(t.Context(), certificate, db.Issued{PEM: "pem", Chain: "chain", Serial: "0a", NotBefore: now, NotAfter: now.AddDate(0, 0, 199)}, nil))
	return s.order(t, order)
}

func rowsOf(t testing.TB, a webtest.Answer) [][]string {
	t.Helper()
	if a.Status != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/csv") || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("%d, %v", a.Status, a.Header)
	}
	rows := must[[][]string](t)(csv.NewReader(strings.NewReader(a.Body)).ReadAll())
	return rows[1:]
}

func TestAStatementShowsAndExportsWhatItsFiltersLetThrough(t *testing.T) {
	s := openShop(t)
	s.Later(48 * time.Hour)
	first, second := s.place(t, "one.example.com"), s.place(t, "two.example.com")
	today := s.Book.Now().UTC().Format(time.DateOnly)
	yesterday := s.Book.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	owner := s.owner(t)
	for query, want := range map[string]int{
		"":                                    3,
		"?kind=order":                         2,
		"?kind=topup":                         1,
		"?kind=refund":                        0,
		"?kind=nonsense":                      3,
		"?order=" + first.Number:              1,
		"?order=" + strings.ToLower("ord-9"):  0,
		"?from=" + today:                      2,
		"?from=" + today + "&to=" + today:     2,
		"?to=" + yesterday:                    1,
		"?from=x&to=2026-13-01":               3,
		"?kind=order&order=" + second.Number:  1,
		"?account=revenue&reseller=1&page=-1": 3,
	} {
		page := owner.Get("/credits" + query)
		if got := page.Document(t).Find("main tbody tr").Length(); page.Status != http.StatusOK || got != want {
			t.Errorf("%s shows %d, want %d", query, got, want)
		}
		if got := len(rowsOf(t, owner.Get("/credits.csv"+query))); got != want {
			t.Errorf("%s exports %d, want %d", query, got, want)
		}
		if want > 0 {
			link := page.Document(t).Find("a[href^='/credits.csv']").AttrOr("href", "")
			if got := len(rowsOf(t, owner.Get(link))); got != want {
				t.Errorf("%s leads to %s with %d", query, link, got)
			}
		}
	}
}

func TestExportedMoneyIsNoFormula(t *testing.T) {
	s := openShop(t)
	ok(t, s.Book.AdjustCredit(t.Context(), db.System, s.buyer.ID, -150, "evil", `=HYPERLINK("http://evil.example")`))
	rows := rowsOf(t, s.owner(t).Get("/credits.csv"))
	if len(rows) != 2 || rows[0][3] != `'=HYPERLINK("http://evil.example")` || rows[0][4] != "-1.50" || rows[0][5] != "998.50" {
		t.Errorf("%q", rows)
	}
	rows = rowsOf(t, s.SignedIn(t, db.RoleSupport).Get("/admin/ledger.csv?account=wallet"))
	if len(rows) != 2 || rows[0][6] != `'=HYPERLINK("http://evil.example")` {
		t.Errorf("%q", rows)
	}
}

func TestAStatementIsOnesOwn(t *testing.T) {
	s := openShop(t)
	s.place(t, "secret.example.com")
	if rows := rowsOf(t, s.SignedIn(t, db.RoleOwner).Get(fmt.Sprintf("/credits.csv?reseller=%d", s.buyer.ID))); len(rows) != 0 {
		t.Errorf("another reseller exports %q", rows)
	}
	for _, path := range []string{"/admin/ledger", "/admin/ledger.csv"} {
		if a := s.SignedIn(t, db.RoleOwner).Get(path); a.Status != http.StatusForbidden {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}

func TestTheLedgerPageIsNarrowedAndShowsMargins(t *testing.T) {
	s := openShop(t)
	delivered := s.deliver(t, "one.example.com")
	s.place(t, "two.example.com")
	admin := s.SignedIn(t, db.RoleAdmin)
	for query, want := range map[string]int{
		"":                           2 + 2 + 4 + 2,
		"?account=wallet":            3,
		"?account=revenue":           1,
		"?account=nonsense":          10,
		"?order=" + delivered.Number: 6,
		"?kind=settle":               4,
		fmt.Sprintf("?reseller=%d&account=held", s.buyer.ID): 3,
		fmt.Sprintf("?reseller=%d", s.Other.ID):              0,
		"?to=2001-01-01":                                     0,
		"?view=margins":                                      1,
		"?view=margins&order=" + delivered.Number:            1,
		fmt.Sprintf("?view=margins&reseller=%d", s.Other.ID): 0,
		"?page=3": 0,
	} {
		page := admin.Get("/admin/ledger" + query)
		if got := page.Document(t).Find("main tbody tr").Length(); page.Status != http.StatusOK || got != want {
			t.Errorf("%s shows %d, want %d (%d)", query, got, want, page.Status)
		}
		if !strings.Contains(query, "page=") {
			if got := len(rowsOf(t, admin.Get("/admin/ledger.csv"+query))); got != want {
				t.Errorf("%s exports %d, want %d", query, got, want)
			}
		}
	}
	margins := rowsOf(t, admin.Get("/admin/ledger.csv?view=margins"))
	if got := margins[0]; got[0] != delivered.Number || got[4] != "12.99" || got[5] != "9.00" || got[6] != "3.99" {
		t.Errorf("%q", got)
	}
	if got := admin.Get("/admin/ledger").Document(t).Find(".stat-card").Length(); got != len(db.AccountKinds) {
		t.Errorf("%d accounts", got)
	}
}

func TestAnAdminGrantsAnAllowanceThatCanBeSpent(t *testing.T) {
	s := openShop(t)
	admin, owner := s.SignedIn(t, db.RoleAdmin), s.owner(t)
	page := fmt.Sprintf("/admin/resellers/%d", s.buyer.ID)
	for name, c := range map[string]struct{ allowance, why, field string }{
		"nothing":   {"", "agreed", "allowance"},
		"words":     {"a lot", "agreed", "allowance"},
		"negative":  {"-1.00", "agreed", "allowance"},
		"too much":  {"1000000.01", "agreed", "allowance"},
		"no reason": {"500.00", " ", "why"},
	} {
		a := admin.Post(page+"/allowance", url.Values{"allowance": {c.allowance}, "why": {c.why}})
		t.Run(name, func(t *testing.T) {
			rejected(t, a, c.field)
			if got := a.Document(t).Find("[name=allowance]").AttrOr("value", ""); got != c.allowance {
				t.Errorf("the allowance shown again is %q", got)
			}
			if a.Document(t).Find("[name=form_token]").AttrOr("value", "") == "" {
				t.Error("the credit form beside it lost its token")
			}
		})
	}
	done(t, admin, admin.Post(page+"/allowance", url.Values{"allowance": {"500.00"}, "why": {"agreed"}}), page, "success")
	if a := owner.Get("/credits"); !strings.Contains(a.Body, "$1,500.00") || !strings.Contains(a.Body, "$1,000.00") {
		t.Error("balance and available are not both shown")
	}
	done(t, admin, admin.Post(page+"/allowance", url.Values{"allowance": {"0"}, "why": {"over"}}), page, "success")
	if r := must[db.Reseller](t)(s.Book.Reseller(t.Context(), s.buyer.ID)); r.AllowanceCents != 0 || s.audited(t, "reseller.allowance") != 2 {
		t.Errorf("allowed %d, %d lines in the audit", r.AllowanceCents, s.audited(t, "reseller.allowance"))
	}
	s.verify(t)
}

func TestMoneyReceivedIsNeitherNegativeNorOfAnUnknownKind(t *testing.T) {
	s := openShop(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	credit := fmt.Sprintf("/admin/resellers/%d/credit", s.buyer.ID)
	for _, c := range []struct{ kind, amount, field string }{{"topup", "-1.00", "amount"}, {"", "1.00", "kind"}, {"gift", "1.00", "kind"}} {
		a := admin.Post(credit, url.Values{"kind": {c.kind}, "amount": {c.amount}, "reason": {"because"}, "form_token": {"t"}})
		if a.Status != http.StatusUnprocessableEntity || a.Document(t).Find(".field-error").Length() != 1 {
			t.Errorf("%+v: %d", c, a.Status)
		}
	}
	if got := s.balance(t); got != opening {
		t.Errorf("balance %d", got)
	}
}
