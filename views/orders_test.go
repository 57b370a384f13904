package views

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"certbay/db/money"
	"github.com/PuerkitoBio/goquery"
)

const hostile = `<script>alert("x")</script> & Söhne "Ünlü" Çok Uzun Adlı Bilişim ve Yazılım Hizmetleri Sanayi ve Ticaret Limited Şirketi`

var sampleRows = []OrderRow{
	{ID: 342, Number: "ORD-2026-0342", Domain: "shop.ornek.com.tr", MoreNames: 4, Product: "PositiveSSL Multi-Domain", Brand: "Sectigo", Status: "validation_pending", Fulfilment: "accepted", OrderedAt: testNow, Total: money.USD(4190)},
	{ID: 341, Number: "ORD-2026-0341", Domain: "*.bulut.dev", Product: "PositiveSSL Wildcard", Brand: "Sectigo", Status: "completed", Fulfilment: "accepted", OrderedAt: testNow.AddDate(0, 0, -1), CertificateUntil: testNow.AddDate(0, 6, 17), Total: money.USD(8900)},
	{ID: 340, Number: "ORD-2026-0340", Domain: "panel.hizli.net", Product: "PositiveSSL", Brand: "Sectigo", Status: "processing", Fulfilment: "queued", OrderedAt: testNow.AddDate(0, 0, -1), Total: money.USD(1299)},
	{ID: 339, Number: "ORD-2026-0339", Domain: "api.deneme.net", Product: "RapidSSL", Brand: "GeoTrust", Status: "pending_configuration", Fulfilment: "refused", OrderedAt: testNow.AddDate(0, 0, -2), Total: money.USD(1450)},
	{ID: 338, Number: "ORD-2026-0338", Domain: "203.0.113.10", Product: "cPanel Premier", Brand: "cPanel", Status: "completed", Fulfilment: "accepted", OrderedAt: testNow.AddDate(0, 0, -2), CertificateUntil: testNow.AddDate(0, 0, 28), Total: money.USD(3800)},
	{ID: 337, Number: "ORD-2026-0337", Domain: "kitap.com.tr", Product: "Secure Site EV", Brand: "DigiCert", Status: "validation_pending", Fulfilment: "accepted", Vetting: true, OrderedAt: testNow.AddDate(0, 0, -3), Total: money.USD(34900)},
	{ID: 336, Number: "ORD-2026-0336", Domain: "mağaza.com", Product: "PositiveSSL", Brand: "Sectigo", Status: "processing", Fulfilment: "unsure", OrderedAt: testNow.AddDate(0, 0, -3), Total: money.USD(1299)},
	{ID: 335, Number: "ORD-2026-0335", Product: "Code Signing EV", Brand: "DigiCert", Status: "cancelled", Fulfilment: "none", OrderedAt: testNow.AddDate(0, 0, -4), Total: money.USD(48900)},
	{ID: 334, Number: "ORD-2026-0334", Domain: strings.Repeat("uzun-alan-adi.", 12) + "example.com", Product: hostile, Brand: "Thawte", Status: "expired", Fulfilment: "accepted", OrderedAt: testNow.AddDate(-1, 0, 0), CertificateUntil: testNow.AddDate(0, -1, 0), Total: money.USD(123456789)},
}

func sampleOrders() OrdersPage {
	query := url.Values{"q": {`a&b"<`}, "view": {"needs_me"}, "sort": {"domain"}}
	return OrdersPage{
		View: "needs_me", Search: `a&b"<`, Brand: "Sectigo", Brands: []string{"cPanel", "DigiCert", "Sectigo"}, Expiring: 30,
		Counts: []ViewCount{{"", 342}, {"needs_me", 3}, {"waiting", 8}, {"active", 89}, {"expiring", 12}, {"cancelled", 12}},
		Rows:   sampleRows,
		Sort:   Sort{Key: "domain", Path: "/orders", Query: query},
		Pager:  Pager{Page: 2, PerPage: 9, Total: 342, Path: "/orders", Query: query},
	}
}

func TestOrdersListKeepsItsFiltersInEveryLink(t *testing.T) {
	inEachLanguage(t, Orders(testPage("owner"), sampleOrders()), func(t *testing.T, lang string, doc *goquery.Document) {
		for _, selector := range []string{"th a.sort", ".pagination a", "a[download]", ".filter-chip"} {
			doc.Find(selector).Each(func(_ int, s *goquery.Selection) {
				link, err := url.Parse(s.AttrOr("href", ""))
				if err != nil || link.Query().Get("q") != `a&b"<` {
					t.Errorf("%s: %s has lost the search", selector, s.AttrOr("href", ""))
				}
			})
		}
		if got := doc.Find("th[aria-sort=ascending]").Length(); got != 1 {
			t.Errorf("%d columns claim to be sorted", got)
		}
		if next := doc.Find("th[aria-sort=ascending] a").AttrOr("href", ""); !strings.Contains(next, "dir=desc") {
			t.Errorf("a second click leads to %s", next)
		}
		if hidden := doc.Find("form.toolbar input[name=view]").AttrOr("value", ""); hidden != "needs_me" {
			t.Errorf("searching forgets the view: %q", hidden)
		}
		if got := doc.Find("tbody tr").Length(); got != len(sampleRows) {
			t.Errorf("%d rows", got)
		}
		if doc.Find("tbody a[href='/orders/335']").Text() != "Code Signing EV" {
			t.Error("an order without a domain has no name")
		}
		if doc.Find("script:not([src])").Length() > 0 {
			t.Error("a name became a script")
		}
	})
}

func TestEmptyOrdersListSaysWhatToDo(t *testing.T) {
	inEachLanguage(t, Orders(testPage("owner"), OrdersPage{None: true}), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("main a.btn-primary[href='/catalog']").Length() != 1 || doc.Find("table").Length() != 0 {
			t.Error("a newcomer is not led to the catalog")
		}
	})
	nothing := OrdersPage{Search: "x", Pager: Pager{Page: 1, PerPage: 25, Path: "/orders"}, Sort: Sort{Key: "ordered", Desc: true, Path: "/orders"}}
	inEachLanguage(t, Orders(testPage("viewer"), nothing), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find(".empty a[href='/orders']").Length() != 1 {
			t.Error("nothing matched, and there is no way back")
		}
	})
}

func sampleHead() OrderHead {
	return OrderHead{ID: 342, Number: "ORD-2026-0342", Domain: "shop.ornek.com.tr", MoreNames: 4, Product: "Sectigo PositiveSSL Multi-Domain",
		Brand: "Sectigo", Kind: "multi-domain", Validation: "dv", Months: 12, Status: "validation_pending", Fulfilment: "accepted"}
}

func sampleOrder(status, fulfilment string) OrderPage {
	m := OrderPage{
		OrderHead: sampleHead(),
		Names:     []string{"shop.ornek.com.tr", "www.ornek.com.tr", "api.ornek.com.tr", "cdn.ornek.com.tr", "mağaza.ornek.com.tr"},
		Certificates: []CertificateRow{
			{ID: 12, State: "requested", RequestedAt: testNow},
			{ID: 7, State: "refused", RequestedAt: testNow.Add(-time.Hour)},
		},
		Amounts:   OrderAmounts{List: money.USD(4999), SANs: 2, SANTotal: money.USD(1598), Discount: money.USD(3700), Total: money.USD(2897), Tax: money.USD(579), Payable: money.USD(3476)},
		InvoiceID: 9, InvoiceNumber: "INV-2026-0078",
		CustomerName: hostile, CustomerEmail: "info@ornek.com.tr", Note: "PO 4711", PlacedBy: "Ayşe Demir", OrderedAt: testNow.Add(-3 * time.Hour),
		Links: []LinkRow{
			{ID: 1, Email: "info@ornek.com.tr", CreatedBy: "Ayşe Demir", CreatedAt: testNow.AddDate(0, 0, -1), ExpiresAt: testNow.AddDate(0, 0, 29), LastUsedAt: testNow.Add(-time.Hour)},
			{ID: 2, CreatedBy: "Ayşe Demir", CreatedAt: testNow.AddDate(0, 0, -1), ExpiresAt: testNow.AddDate(0, 0, 29), RevokedAt: testNow},
			{ID: 3, CreatedBy: "Ayşe Demir", CreatedAt: testNow.AddDate(0, 0, -40), ExpiresAt: testNow.AddDate(0, 0, -10)},
		},
		Events: []OrderEvent{
			{Kind: "dcv_verified", Detail: "shop.ornek.com.tr", Actor: "certbay", At: testNow},
			{Kind: "accepted", Detail: "sandbox 01JD", Actor: "certbay", At: testNow.Add(-2 * time.Hour)},
			{Kind: "placed", Detail: "$34.76", Actor: "Ayşe Demir", At: testNow.Add(-3 * time.Hour)},
		},
		CanCancel: true, Refund: money.USD(3476),
	}
	m.Status, m.Fulfilment = status, fulfilment
	if status == "completed" || status == "expired" {
		m.CanCancel = false
		m.EndsAt, m.CertificateUntil = testNow.AddDate(1, 0, 0), testNow.AddDate(0, 6, 17)
		m.Certificates[0] = CertificateRow{ID: 12, State: "issued", Serial: "3a1f0c77d2b94e6a8c15e0aa71b5d3f90c2e4417", RequestedAt: testNow, NotBefore: testNow, NotAfter: testNow.AddDate(0, 6, 17)}
	}
	return m
}

func TestOrderOffersOneActionForItsState(t *testing.T) {
	for _, c := range []struct{ status, fulfilment, primary string }{
		{"pending", "none", "/orders/342/configure"},
		{"pending_configuration", "refused", "/orders/342/configure"},
		{"processing", "queued", ""},
		{"processing", "unsure", ""},
		{"validation_pending", "accepted", "/orders/342/dcv"},
		{"completed", "accepted", "/orders/342/download"},
		{"cancelled", "none", ""},
		{"expired", "accepted", ""},
	} {
		t.Run(c.status+" "+c.fulfilment, func(t *testing.T) {
			m := sampleOrder(c.status, c.fulfilment)
			m.Message = "RSA-1024 key: " + hostile
			inEachLanguage(t, Order(testPage("owner"), m), func(t *testing.T, lang string, doc *goquery.Document) {
				primary := doc.Find("main a.btn-primary, main > :not(dialog) button.btn-primary")
				if got := primary.AttrOr("href", ""); got != c.primary || primary.Length() > 1 {
					t.Errorf("%d primary actions, the first leads to %q, want %q", primary.Length(), got, c.primary)
				}
				if c.fulfilment == "refused" && !strings.Contains(doc.Find("blockquote").Text(), "RSA-1024 key: <script>") {
					t.Error("the upstream's words are gone")
				}
				if over := c.status == "cancelled" || c.status == "expired"; over == (doc.Find(".stepper").Length() == 1) {
					t.Error("only an order under way has steps")
				}
			})
		})
	}
}

func TestOrderNamesBothEnds(t *testing.T) {
	doc := checkPage(t, renderIn(t, "en", Order(testPage("owner"), sampleOrder("completed", "accepted"))))
	facts := squash(doc.Find(".kv").Text())
	for _, want := range []string{"Order ends20 Nov 2027", "Certificate ends6 Jun 2027"} {
		if !strings.Contains(facts, want) {
			t.Errorf("%q is not among %q", want, facts)
		}
	}
}

func TestOrderOfOtherKinds(t *testing.T) {
	licence := sampleOrder("completed", "accepted")
	licence.Kind, licence.Validation, licence.Domain, licence.MoreNames, licence.LicenceKey = "licence", "", "203.0.113.10", 0, "CPNL-0000-4711"
	inEachLanguage(t, Order(testPage("technical"), licence), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find(".record-value").First().Text() != "CPNL-0000-4711" || doc.Find(".step").Length() != 2 {
			t.Error("a licence shows its key and two steps")
		}
	})
	signing := sampleOrder("validation_pending", "accepted")
	signing.Kind, signing.Validation, signing.Domain, signing.Names, signing.Vetting = "code-signing", "ev", "", nil, true
	inEachLanguage(t, Order(testPage("owner"), signing), nil)
	inEachLanguage(t, Order(testPage("owner"), OrderPage{OrderHead: OrderHead{ID: 1, Number: "ORD-2026-0001", Domain: "a.com", Kind: "ssl", Months: 12, Status: "pending", Fulfilment: "none"}}), nil)
}

func TestOnlyThoseWhoOrderSeeWhatChangesAnOrder(t *testing.T) {
	for _, role := range []string{"owner", "technical", "billing", "viewer"} {
		doc := checkPage(t, renderIn(t, "en", Order(testPage(role), sampleOrder("validation_pending", "accepted"))))
		want := role == "owner" || role == "technical"
		for _, selector := range []string{"form[action='/orders/342/links']", "form[action='/orders/342/links/revoke']", "form[action='/orders/342/cancel']"} {
			if got := doc.Find(selector).Length() > 0; got != want {
				t.Errorf("%s sees %s: %v", role, selector, got)
			}
		}
	}
}

func TestRevokeIsOfferedForOpenLinksOnly(t *testing.T) {
	doc := checkPage(t, renderIn(t, "en", Order(testPage("owner"), sampleOrder("completed", "accepted"))))
	var offered []string
	doc.Find("input[name=link]").Each(func(_ int, s *goquery.Selection) { offered = append(offered, s.AttrOr("value", "")) })
	if strings.Join(offered, ",") != "1" {
		t.Errorf("links %v can be revoked", offered)
	}
}

func TestCancellingNamesTheRefund(t *testing.T) {
	inEachLanguage(t, CancelOrder(testPage("owner"), sampleOrder("pending", "none")), func(t *testing.T, lang string, doc *goquery.Document) {
		form := doc.Find("main form[action='/orders/342/cancel']")
		if form.Length() != 1 || !strings.Contains(form.Text()+doc.Find("main p").Text(), "34") {
			t.Error("the page does not name the refund")
		}
	})
	m := sampleOrder("pending", "none")
	m.NewLink, m.LinkForm, m.Problems = "https://portal.example/c/0123456789abcdef", LinkForm{Email: "no", Days: 900}, Problems{{Field: "email", Key: "form.email"}, {Field: "days", Key: "form.invalid"}}
	inEachLanguage(t, Order(testPage("owner"), m), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find(".record-value").First().Text() != m.NewLink {
			t.Error("the new link is not shown")
		}
		if doc.Find("#f-days").AttrOr("value", "") != "900" || doc.Find(".field-error").Length() != 2 {
			t.Error("a rejected form has lost its values")
		}
	})
}

func TestTimelineSpeaksTheReadersWords(t *testing.T) {
	at := testNow
	m := OrderPage{OrderHead: OrderHead{Kind: "ssl"}, Amounts: OrderAmounts{Payable: money.USD(124950)}, Events: []OrderEvent{
		{Kind: "issued", Detail: "0a1b", At: at},
		{Kind: "dcv_verified", Detail: "b.com", At: at},
		{Kind: "dcv_verified", Detail: "a.com", At: at},
		{Kind: "dcv_verified", Detail: "early.com", At: at.Add(-time.Hour)},
		{Kind: "dcv_change", Detail: "a.com: email → http", Actor: "Ayşe", At: at.Add(-time.Hour)},
		{Kind: "configured", Detail: "a.com b.com", Actor: "Ayşe", At: at.Add(-2 * time.Hour)},
		{Kind: "placed", Detail: "1249.50 USD", Actor: "Ayşe", At: at.Add(-3 * time.Hour)},
	}}
	tell := func(m OrderPage) string {
		var said []string
		for _, item := range m.timeline(t.Context()) {
			said = append(said, item.Title+": "+item.Text)
		}
		return strings.Join(said, "\n")
	}
	want := `Certificate issued: 0a1b
Domain proven: b.com, a.com
Domain proven: early.com
Method of proof changed: a.com: E-mail → HTTP file · Ayşe
CSR sent: a.com, b.com · Ayşe
Ordered and paid: $1,249.50 · Ayşe`
	if got := tell(m); got != want {
		t.Errorf("told\n%s\nwant\n%s", got, want)
	}
	licence := OrderPage{OrderHead: OrderHead{Kind: "licence"}, Events: []OrderEvent{{Kind: "issued"}, {Kind: "accepted"}}}
	if got := tell(licence); strings.Contains(got, "Certificate") || strings.Contains(got, "CA") {
		t.Errorf("a licence is told as a certificate: %s", got)
	}
}

func TestBreakableTextIsOnlyBroken(t *testing.T) {
	got := renderIn(t, "en", breakable(`<b>@a.com/x`))
	if want := "&lt;b&gt;@<wbr>a.<wbr>com/<wbr>x"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
