package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/money"
)

func dollars(cents int64) string { return money.USD(cents).Decimal() }

func TestStatisticsShowAndExportWhatAResellerSold(t *testing.T) {
	s := openShop(t)
	sold := s.deliver(t, "one.example.com")
	s.place(t, "two.example.com")
	cancelled := s.place(t, "three.example.com")
	must[int64](t)(s.Book.CancelOrder(t.Context(), s.staff, s.buyer.ID, cancelled.ID))
	owner := s.owner(t)
	today := s.Book.Now().UTC().Format(time.DateOnly)
	for query, days := range map[string]int{"": 30, "?days=7": 7, "?days=90": 90, "?days=365": 365, "?days=8": 30, "?days=-7": 30, "?days=x": 30} {
		page := owner.Get("/stats" + query)
		doc := page.Document(t)
		if page.Status != http.StatusOK || doc.Find(".stat-card").First().Find(".stat-value").Text() != "3" {
			t.Fatalf("%s: %d, %s", query, page.Status, doc.Find(".stat-card").Text())
		}
		for chart, want := range map[string]string{
			"sales":    today + " 2 " + dollars(2*sold.TotalCents),
			"brands":   sold.Brand + " 2 " + dollars(2*sold.TotalCents),
			"statuses": "expired 0",
		} {
			rows := rowsOf(t, owner.Get(doc.Find("a[href^='/stats.csv?chart="+chart+"']").AttrOr("href", "")))
			if got := strings.Join(rows[len(rows)-1], " "); got != want {
				t.Errorf("%s of %s ends in %s, want %s", chart, query, got, want)
			}
			if chart == "sales" && len(rows) != days {
				t.Errorf("%s has %d days", query, len(rows))
			}
		}
		balance, _, err := s.Book.Wallet(t.Context(), s.buyer.ID)
		ok(t, err)
		rows := rowsOf(t, owner.Get("/stats.csv?chart=balance"))
		if got := rows[len(rows)-1]; got[0] != today || got[1] != dollars(balance) {
			t.Errorf("balance %v, want %s", got, dollars(balance))
		}
	}
	if page := s.SignedInAs(t, s.Outsider).Get("/stats"); page.Status != http.StatusOK || page.Document(t).Find(".empty").Length() != 1 {
		t.Errorf("another reseller sees %d: %s", page.Status, page.Document(t).Find("main").Text())
	}
}

func TestAMarginIsTheOperatorsAlone(t *testing.T) {
	s := openShop(t)
	o := s.deliver(t, "one.example.com")
	owner := s.owner(t)
	for _, path := range []string{"/stats.csv?chart=margin", "/stats.csv", "/stats.csv?chart=nonsense", "/stats.csv?chart=margin&reseller=0"} {
		if a := owner.Get(path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d, %s", path, a.Status, a.Body)
		}
	}
	for _, role := range []db.Role{db.RoleAdmin, db.RoleSupport} {
		b := s.SignedIn(t, role)
		page := b.Get("/admin/stats?days=7")
		cards := page.Document(t).Find(".stat-card .stat-value")
		if page.Status != http.StatusOK || cards.Eq(0).Text() != "$"+dollars(o.TotalCents) || cards.Eq(1).Text() != "$"+dollars(o.TotalCents-o.CostCents) {
			t.Errorf("%s: %d, %s", role, page.Status, cards.Text())
		}
		rows := rowsOf(t, b.Get(page.Document(t).Find("a[href*='chart=margin']").AttrOr("href", "")))
		if got := rows[len(rows)-1][1:]; len(rows) != 7 || strings.Join(got, " ") != "1 "+dollars(o.TotalCents)+" "+dollars(o.CostCents)+" "+dollars(o.TotalCents-o.CostCents) {
			t.Errorf("%s: %v", role, rows)
		}
	}
}

// A day of the book is called the same wherever its reader lives.
func TestDaysAreTheBooksForReadersFarAway(t *testing.T) {
	s := openShop(t)
	s.place(t, "one.example.com")
	today := s.Book.Now().UTC().Format("2 Jan 2006")
	owner := s.owner(t)
	for _, zone := range []string{"Pacific/Honolulu", "Pacific/Auckland", "Europe/Istanbul"} {
		if a := owner.Post("/settings/preferences", url.Values{"lang": {"en"}, "zone": {zone}}); a.Status != http.StatusSeeOther {
			t.Fatalf("%s: %d", zone, a.Status)
		}
		for _, path := range []string{"/stats", "/"} {
			rows := owner.Get(path).Document(t).Find("details table").First().Find("tbody tr td:first-child")
			if got := rows.Last().Text(); got != today {
				t.Errorf("%s in %s: the last day is %q, not %q", path, zone, got, today)
			}
		}
	}
}
