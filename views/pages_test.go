package views

import (
	"strings"
	"testing"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

func TestPagesOfResellerStaff(t *testing.T) {
	owner, viewer := testPage("owner"), testPage("viewer")
	poor := sampleQuote()
	poor.Available, poor.After = money.USD(1000), money.USD(-2476)
	rejected := NewOrderPage{Product: sampleOrderProduct(), Form: sampleForm(), FormToken: "tok", Quote: poor, Problems: Problems{
		OrderProblem("months", "term_not_sold", "", 0),
		OrderProblem("domain", "name_url", "https://x/y", 0),
		OrderProblem("sans", "too_many", "", 247),
		OrderProblem("customer_email", "bad_email", "<b>", 0),
	}}
	licence := OrderProduct{ID: 5, Brand: "cPanel", Name: "Premier 100", Kind: "licence", Terms: sampleTerms()[:1]}
	signing := OrderProduct{ID: 4, Brand: "DigiCert", Name: "Code Signing", Kind: "code-signing", Validation: "ov", Terms: sampleTerms()}
	unpaid := sampleInvoice()
	unpaid.Status, unpaid.PaidAt, unpaid.TaxBP = "unpaid", time.Time{}, 0
	cancelled, note := sampleInvoice(), sampleInvoice()
	cancelled.ID, cancelled.Status, cancelled.Other = 78, "cancelled", InvoiceRef{3, "CRN-2026-0003"}
	cancelled.Mail = &InvoiceMail{To: "muhasebe@ornek.com.tr", Sent: []MailedInvoice{{"a@b.tr", "queued", testNow}, {"<b>@b.tr", "failed", testNow}, {"c@b.tr", "sent", testNow}}}
	note.Note, note.ID, note.Number, note.Other = true, 3, "CRN-2026-0003", InvoiceRef{78, "INV-2026-0078"}
	notes := sampleInvoices()
	notes.Notes = true
	for name, page := range map[string]templ.Component{
		"home":                 Home(owner, sampleHome()),
		"home calm":            Home(viewer, HomePage{HasOrders: true}),
		"home new":             Home(owner, HomePage{}),
		"catalog":              Catalog(owner, sampleCatalog()),
		"catalog nothing":      Catalog(owner, CatalogPage{}),
		"catalog no match":     Catalog(owner, CatalogPage{Brand: "Thawte", Brands: []string{"Thawte"}}),
		"product":              Product(owner, sampleProduct()),
		"product seen":         Product(viewer, ProductPage{ID: 5, Brand: "cPanel", Name: "Premier 100", Kind: "licence"}),
		"new order":            NewOrder(owner, NewOrderPage{Product: sampleOrderProduct(), FormToken: "tok"}),
		"new order rejected":   NewOrder(owner, rejected),
		"new order licence":    NewOrder(owner, NewOrderPage{Product: licence}),
		"new order signing":    NewOrder(owner, NewOrderPage{Product: signing, Quote: sampleQuote()}),
		"check":                CheckOrder(owner, CheckOrderPage{Product: sampleOrderProduct(), Form: sampleForm(), Domain: "shop.ornek.com.tr", Names: strings.Fields(sampleForm().SANs), Quote: sampleQuote(), FormToken: "tok"}),
		"check licence":        CheckOrder(owner, CheckOrderPage{Product: licence, Form: OrderForm{Months: 12, Domain: "203.0.113.10"}, Domain: "203.0.113.10", Quote: sampleQuote()}),
		"insufficient":         InsufficientCredit(owner, InsufficientCreditPage{Product: "PositiveSSL", Domain: "a.com", Needed: money.USD(3476), Available: money.USD(1000), Missing: money.USD(2476), BackHref: "/orders/new?product=2&domain=a.com"}),
		"insufficient, topped": InsufficientCredit(owner, InsufficientCreditPage{Product: "Code Signing", TopUp: []string{"IBAN <TR>"}, BackHref: "/orders/new?product=4"}),
		"credits":              Credits(owner, sampleCredits()),
		"credits nothing":      Credits(owner, CreditsPage{}),
		"invoices":             Invoices(owner, sampleInvoices()),
		"invoices nothing":     Invoices(owner, InvoicesPage{}),
		"zip in the making":    InvoiceZip(owner, InvoiceZipPage{ID: 1, Files: 40, Drawn: 12, Until: testNow}),
		"zip ready":            InvoiceZip(owner, InvoiceZipPage{ID: 1, Files: 1, Drawn: 1, Ready: true, Until: testNow}),
		"zip failed":           InvoiceZip(owner, InvoiceZipPage{ID: 1, Files: 40, Drawn: 12, Failed: true, Until: testNow}),
		"invoices no match":    Invoices(owner, InvoicesPage{InvoiceChoice: InvoiceChoice{Status: "unpaid"}}),
		"invoice":              Invoice(owner, sampleInvoice()),
		"invoice unpaid":       Invoice(viewer, unpaid),
		"invoice cancelled":    Invoice(owner, cancelled),
		"credit note":          Invoice(owner, note),
		"credit notes":         Invoices(owner, notes),
		"credit notes nothing": Invoices(owner, InvoicesPage{Notes: true}),
		"billing address":      BillingAddress(owner, BillingAddressPage{Usual: "info@ornek.com.tr"}),
		"billing rejected":     BillingAddress(owner, BillingAddressPage{Email: "<b>", Problems: Problems{{Field: "email", Key: "form.email"}}}),
	} {
		t.Run(name, func(t *testing.T) {
			inEachLanguage(t, page, func(t *testing.T, lang string, doc *goquery.Document) {
				if doc.Find("main script, main b:contains('key')").Length() > 0 {
					t.Error("text from the book became markup")
				}
				if primary := doc.Find("main .btn-primary").Length(); primary > 1 {
					t.Errorf("%d primary buttons in one view", primary)
				}
			})
		})
	}
}

func TestHomeLeadsEachNeedToItsPlaceThatTheRoleMayOpen(t *testing.T) {
	for role, want := range map[string]string{
		"owner":  "/orders/342/dcv /orders/117 /orders/340/configure /orders/339/configure",
		"viewer": "/orders/342/dcv /orders/117 /orders/340 /orders/339",
	} {
		doc := checkPage(t, renderIn(t, "en", Home(testPage(role), sampleHome())))
		var got []string
		doc.Find(".task-row .btn").Each(func(_ int, s *goquery.Selection) { got = append(got, s.AttrOr("href", "")) })
		if strings.Join(got, " ") != want {
			t.Errorf("%s: needs lead to %v, want %s", role, got, want)
		}
	}
}

func TestHomeCountsTheNeedsItHasNoRoomFor(t *testing.T) {
	m := sampleHome()
	if doc := checkPage(t, renderIn(t, "en", Home(testPage("owner"), m))); doc.Find("a[href='/orders?view=needs_me'].text-link").Length() > 0 {
		t.Error("a complete list offers to show all")
	}
	m.NeedsTotal = 25
	doc := checkPage(t, renderIn(t, "en", Home(testPage("owner"), m)))
	if doc.Find("a[href='/orders?view=needs_me'].text-link").Length() != 1 || !strings.Contains(doc.Find(".page-sub").Text(), "25 things") {
		t.Errorf("says %q", doc.Find(".page-sub").Text())
	}
}

func TestNeedOfAnUnknownKindStillHasWords(t *testing.T) {
	n := Need{Kind: "invented_later", Domain: "a.com", OrderNumber: "ORD-1"}
	for _, text := range []string{n.title(t.Context(), testNow), n.action(t.Context(), testPage("owner").Viewer)} {
		if text == "" || strings.Contains(text, "home.") {
			t.Errorf("says %q", text)
		}
	}
}

func TestViewersSeePricesButNoOrderButton(t *testing.T) {
	for role, want := range map[string]int{"owner": 1, "technical": 1, "viewer": 0, "billing": 0} {
		doc := checkPage(t, renderIn(t, "en", Product(testPage(role), sampleProduct())))
		if got := doc.Find(".page-actions a[href='/orders/new?product=2']").Length(); got != want {
			t.Errorf("%s sees %d order buttons, want %d", role, got, want)
		}
	}
}

func TestOrderFormAsksOnlyForWhatIsSold(t *testing.T) {
	fields := func(p OrderProduct) string {
		p.Name = "Product"
		doc := checkPage(t, renderIn(t, "en", NewOrder(testPage("owner"), NewOrderPage{Product: p})))
		var names []string
		for _, name := range []string{"domain", "sans", "wildcard_sans"} {
			if doc.Find("main [name="+name+"]").Length() > 0 {
				names = append(names, name)
			}
		}
		return strings.Join(names, " ")
	}
	for _, c := range []struct {
		product OrderProduct
		want    string
	}{
		{OrderProduct{Kind: "ssl"}, "domain"},
		{OrderProduct{Kind: "multi-domain", SANMax: 10}, "domain sans"},
		{OrderProduct{Kind: "multi-domain", SANMax: 10, WildcardSANMax: 2}, "domain sans wildcard_sans"},
		{OrderProduct{Kind: "licence"}, "domain"},
		{OrderProduct{Kind: "code-signing"}, ""},
	} {
		if got := fields(c.product); got != c.want {
			t.Errorf("%s (%d SANs) asks for %q, want %q", c.product.Kind, c.product.SANMax, got, c.want)
		}
	}
}

func TestRejectedOrderKeepsWhatWasTyped(t *testing.T) {
	m := NewOrderPage{Product: sampleOrderProduct(), Form: sampleForm(), Problems: Problems{OrderProblem("domain", "name_empty", "", 0)}}
	doc := checkPage(t, renderIn(t, "tr", NewOrder(testPage("owner"), m)))
	for name, want := range map[string]string{"domain": m.Form.Domain, "customer_name": m.Form.CustomerName, "customer_email": m.Form.CustomerEmail, "note": m.Form.Note} {
		if got := doc.Find("main [name="+name+"]").AttrOr("value", ""); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := doc.Find("main textarea[name=sans]").Text(); got != m.Form.SANs {
		t.Errorf("sans are %q", got)
	}
	if _, checked := doc.Find("input[name=months][value='12']").Attr("checked"); !checked {
		t.Error("the chosen term is lost")
	}
}

func TestCheckPageCarriesEveryAnswer(t *testing.T) {
	m := CheckOrderPage{Product: sampleOrderProduct(), Form: sampleForm(), Domain: "shop.ornek.com.tr", Names: []string{"www.ornek.com.tr"}, Quote: sampleQuote(), FormToken: "tok"}
	doc := checkPage(t, renderIn(t, "en", CheckOrder(testPage("owner"), m)))
	for _, h := range m.Form.hidden(m.Product.ID, "tok") {
		if got := doc.Find("form[action='/orders'] input[name="+h.Name+"]").AttrOr("value", "missing"); got != h.Value {
			t.Errorf("%s is carried as %q, want %q", h.Name, got, h.Value)
		}
	}
	if got := squash(doc.Find(".form-actions .btn-primary").Text()); got != "Place order for $34.76" {
		t.Errorf("button says %q", got)
	}
	if got := doc.Find("button[formaction='/orders/edit#f-domain']").Length(); got != 1 {
		t.Errorf("%d buttons change the domain", got)
	}
}

func TestCheckPageOffersNoOrderWithoutCredit(t *testing.T) {
	q := sampleQuote()
	q.After = money.USD(-1)
	doc := checkPage(t, renderIn(t, "en", CheckOrder(testPage("owner"), CheckOrderPage{Product: sampleOrderProduct(), Form: sampleForm(), Quote: q})))
	if doc.Find("main .btn-primary").Length() != 0 || !strings.Contains(doc.Find("main").Text(), "$0.01 is missing") {
		t.Error("the missing cent is not said, or the order can be placed")
	}
}

func TestQuoteAddsUpOnThePage(t *testing.T) {
	doc := checkFragment(t, renderIn(t, "en", Quote(sampleQuote())))
	var got []string
	doc.Find("dd").Each(func(_ int, s *goquery.Selection) { got = append(got, squash(s.Text())) })
	want := "$49.99 $15.98 \u2212$37.00 $5.79 $34.76 $1,186.27"
	if strings.Join(got, " ") != want {
		t.Errorf("amounts are %v, want %s", got, want)
	}
}

func TestBarsStayInsideTheChart(t *testing.T) {
	if got := bars(nil); got != nil {
		t.Errorf("no days make %v", got)
	}
	for _, counts := range [][]int{{0}, {0, 0, 0}, {1}, {3, 0, 9, 2}, make([]int, 365), {1 << 30, 1}} {
		var days []Day
		for i, n := range counts {
			days = append(days, Day{Date: testNow.AddDate(0, 0, i), Count: n})
		}
		right := 0
		for i, b := range bars(days) {
			if b.X < right || b.X+b.Width > chartWidth || b.Width < 1 {
				t.Fatalf("%d days: bar %d spans %d+%d", len(days), i, b.X, b.Width)
			}
			if b.Y < chartTop || b.Y+b.Height != chartHeight-chartBottom || (counts[i] == 0 && b.Height != 0) {
				t.Fatalf("%d days: bar %d of %d is %d high at %d", len(days), i, counts[i], b.Height, b.Y)
			}
			right = b.X + b.Width
		}
	}
}

func TestChartHasItsNumbersAsATable(t *testing.T) {
	m := sampleHome()
	doc := checkFragment(t, renderIn(t, "en", DayChart("days", "Orders per day", m.Days)))
	if got := doc.Find("details tbody tr").Length(); got != len(m.Days) {
		t.Errorf("table has %d rows, chart %d days", got, len(m.Days))
	}
	desc := doc.Find("svg desc").Text()
	if !strings.Contains(desc, "135 orders") || !strings.Contains(desc, "6 Nov 2026 with 10") {
		t.Errorf("description says %q", desc)
	}
}

func TestEveryProblemCodeHasWords(t *testing.T) {
	for _, code := range []string{"term_not_sold", "ip_needed", "sans_not_sold", "wildcard_sans_not_sold", "wildcard_not_sold", "negative", "too_many", "too_long", "bad_email",
		"name_empty", "name_url", "name_ip", "name_single_label", "name_public_suffix", "name_bad_wildcard", "name_bad_label", "name_too_long", "name_underscore"} {
		for _, lang := range i18n.Languages {
			ctx := i18n.With(t.Context(), i18n.Locale{Lang: lang})
			if text := OrderProblem("domain", code, "x.example", 9).Text(ctx); strings.HasPrefix(text, "problem.") || strings.Contains(text, "<no value>") {
				t.Errorf("%s %s: %q", lang, code, text)
			}
		}
	}
	for _, code := range []string{"empty", "too_large", "not_csr", "is_certificate", "is_private_key", "several", "bad_signature", "weak_rsa", "weak_signature", "unsupported_signature", "unsupported_curve",
		"unsupported_key", "weak_exponent", "bad_name", "domain_mismatch", "wildcard_mismatch", "too_many_names", "unexpected_name"} {
		if text := CSRProblem("csr", CSRFault{Code: code}).Text(t.Context()); strings.HasPrefix(text, "csr.problem") || strings.Contains(text, "<no value>") {
			t.Errorf("%s: %q", code, text)
		}
	}
}

func TestAMailThatWasNotDeliveredLooksLikeTrouble(t *testing.T) {
	m := sampleInvoice()
	m.Mail = &InvoiceMail{To: "a@b.tr", Sent: []MailedInvoice{{"a@b.tr", "failed", testNow}}}
	inEachLanguage(t, Invoice(testPage("owner"), m), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find(".task-row .pill-error").Length() != 1 || doc.Find(`form[action="/invoices/0/mail"]`).Length() != 1 {
			t.Error("the page does not say that a mail failed")
		}
	})
}

func TestCheckPageOffersToPayLaterOnlyWhereAllowedAndCreditIsShort(t *testing.T) {
	enough, short := sampleQuote(), sampleQuote()
	short.After = money.USD(-1)
	for _, c := range []struct {
		quote   QuotePanel
		allowed bool
		want    int
	}{{short, true, 1}, {short, false, 0}, {enough, true, 0}} {
		m := CheckOrderPage{Product: sampleOrderProduct(), Form: sampleForm(), Quote: c.quote, MayPayLater: c.allowed}
		doc := checkPage(t, renderIn(t, "en", CheckOrder(testPage("owner"), m)))
		if got := doc.Find("button[name=unpaid]").Length(); got != c.want {
			t.Errorf("allowed %v, after %d: %d buttons place unpaid", c.allowed, c.quote.After.Minor, got)
		}
	}
}
