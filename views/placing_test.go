package views

import (
	"strconv"
	"strings"
	"testing"

	"certbay/db/money"
	"github.com/PuerkitoBio/goquery"
)

func TestPagesOfPlacingHoldInBothLanguages(t *testing.T) {
	before := money.USD(1299)
	owner, admin := testPage("owner"), testPage("admin")
	licence := OrderHead{ID: 7, Number: "ORD-2026-0007", Domain: "203.0.113.10", Product: hostile, Kind: "licence", Months: 12, Status: "pending_configuration", Fulfilment: "refused"}
	unpaid := sampleHead()
	unpaid.Status, unpaid.Fulfilment, unpaid.Unpaid = "pending", "none", true
	check := CheckOrderPage{Product: sampleOrderProduct(), Form: sampleForm(), Domain: "shop.ornek.com.tr", Quote: sampleQuote(), FormToken: "tok", Before: &before}
	inEachLanguage(t, CheckOrder(owner, check), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("input[name=quoted]").AttrOr("value", "") != strconv.FormatInt(sampleQuote().Payable.Minor, 10) {
			t.Errorf("the form agrees to %q", doc.Find("input[name=quoted]").AttrOr("value", ""))
		}
	})
	for _, message := range []string{hostile, ""} {
		inEachLanguage(t, CorrectLicence(owner, CorrectLicencePage{OrderHead: licence, Message: message, Address: hostile, Problems: Problems{{Field: "domain", Key: "problem.ip_needed"}}}),
			func(t *testing.T, lang string, doc *goquery.Document) {
				if strings.Contains(doc.Find("main").Text(), "CSR") {
					t.Errorf("%s: speaks of a CSR", lang)
				}
			})
	}
	rows := []RatePreview{{Line: 2, Currency: "EUR", Rate: "1.0843", Source: hostile, Day: testNow, Now: "1.0700", NowDay: testNow, ChangeBP: 134, Counts: true},
		{Line: 3, Currency: "GBP", Rate: "12.9", Source: "ECB", Day: testNow, Odd: true, ChangeBP: 90_000}, {Line: 4, Currency: "TRY", Rate: "0.0241", Source: "TCMB", Day: testNow}}
	inEachLanguage(t, RatesPreview(admin, RatesPreviewPage{CSV: hostile, Rows: rows}), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("main tbody tr").Length() != 3 || doc.Find("input[name=csv]").AttrOr("value", "") != hostile {
			t.Errorf("%s: %s", lang, doc.Find("main").Text())
		}
	})
	inEachLanguage(t, Order(testPage("billing"), OrderPage{OrderHead: unpaid, Amounts: OrderAmounts{List: before, SANs: 1, SANsIncluded: 2, Payable: before, Unpaid: true}}),
		func(t *testing.T, lang string, doc *goquery.Document) {
			if doc.Find("form[action$='/pay']").Length() != 1 {
				t.Errorf("%s: billing can't pay", lang)
			}
		})
	inEachLanguage(t, AdminOrder(admin, AdminOrderPage{OrderHead: unpaid, Reseller: hostile, Rate: "1 EUR = 1.0843 USD", RateDay: testNow, Cost: before, Margin: before.Neg()}),
		nil)
}
