package views

import (
	"net/url"
	"testing"

	"certbay/db/money"
	"github.com/PuerkitoBio/goquery"
)

func sampleLedger(view string) AdminLedgerPage {
	m := AdminLedgerPage{
		LedgerChoice: LedgerChoice{Kind: "order", Order: hostile, From: "2026-01-01", Day: "2026-11-20"}, View: view, Account: "wallet", Reseller: 1,
		Resellers: []Option{{"1", hostile}}, Pager: Pager{Page: 1, PerPage: 50, Counted: 1000, Total: 1001, Path: "/admin/ledger", Query: url.Values{"account": {"wallet"}, "view": {view}}},
	}
	for i, kind := range accountKinds {
		m.Balances = append(m.Balances, AccountBalance{kind, money.USD(int64(i-4) * 123456)})
	}
	if view == "margins" {
		m.Margins = []MarginRow{{OrderID: 1, OrderNumber: "ORD-2026-0001", Product: hostile, ResellerID: 2, Reseller: hostile, At: testNow, Revenue: money.USD(1299), Cost: money.USD(900), Margin: money.USD(399)},
			{OrderID: 2, OrderNumber: "ORD-2026-0002", Product: "PositiveSSL", ResellerID: 2, Reseller: "Örnek", At: testNow, Cost: money.USD(900), Margin: money.USD(-900)}}
		return m
	}
	m.Entries = []EntryRow{{StatementRow{At: testNow, Kind: "order", OrderID: 1, OrderNumber: "ORD-2026-0001", Amount: money.USD(-1299), After: money.USD(1)}, "wallet", 2, hostile},
		{StatementRow{At: testNow, Kind: "adjustment", Memo: hostile, Amount: money.USD(-1299), After: money.USD(1)}, "adjustment", 0, ""}}
	return m
}

func TestTheLedgerShowsBalancesEntriesAndMargins(t *testing.T) {
	for _, view := range []string{"", "margins"} {
		inEachLanguage(t, AdminLedger(testPage("support"), sampleLedger(view)), func(t *testing.T, lang string, doc *goquery.Document) {
			if doc.Find(".stat-card").Length() != len(accountKinds) || doc.Find("tbody tr").Length() != 2 {
				t.Error("balances or rows are missing")
			}
			if got := doc.Find("a[download]").AttrOr("href", ""); got != withQuery("/admin/ledger.csv", url.Values{"account": {"wallet"}, "view": {view}}) {
				t.Errorf("the export leads to %s", got)
			}
		})
	}
	inEachLanguage(t, AdminLedger(testPage("admin"), AdminLedgerPage{}), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find(".empty").Length() != 1 {
			t.Error("an empty ledger is silent")
		}
	})
}

func TestAStatementThatIsNarrowedToNothingSaysSoAndCanBeWidened(t *testing.T) {
	inEachLanguage(t, Credits(testPage("owner"), CreditsPage{LedgerChoice: LedgerChoice{Kind: "refund"}, Available: money.USD(-100)}), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find(".empty").Length() != 1 || doc.Find("form.toolbar a[href='/credits']").Length() != 1 {
			t.Error("there is no way back")
		}
		if got := squash(doc.Find(".stat-value").Eq(1).Text()); got != "$0.00" && got != "0,00 $" && got != "$0,00" {
			t.Errorf("%q is available below the floor", got)
		}
	})
}
