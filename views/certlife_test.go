package views

import (
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

func sampleIssuedHead() OrderHead {
	return OrderHead{ID: 342, Number: "ORD-2026-0342", Domain: "shop.ornek.com.tr", MoreNames: 2, Product: "PositiveSSL Multi-Domain", Brand: "Sectigo", Kind: "multi-domain", Validation: "dv",
		Months: 24, Status: "completed", Fulfilment: "accepted", EndsAt: testNow.AddDate(1, 0, 0), CertificateUntil: testNow.AddDate(0, 0, 20)}
}

func TestPagesOfACertificatesLife(t *testing.T) {
	owner, viewer := testPage("owner"), testPage("viewer")
	head := sampleIssuedHead()
	reissue := ReissuePage{ConfigurePage: ConfigurePage{OrderHead: head, Names: []string{head.Domain, "<b>.ornek.com.tr"}, CSRNames: []string{head.Domain, "a.ornek.com.tr"}, KeyFile: "a.key",
		Methods: []string{"dns", "http", "email"}, Approvers: []string{"admin", "webmaster"}}, Plain: 3, Wildcards: 1, Before: &CSRPreview{KeyType: "ECDSA", Curve: "P-256"}}
	refused := reissue
	refused.Refused, refused.Form = "<script>no</script>", ReissueForm{Choice: "same", Names: "a b", Method: "email", Email: "webmaster"}
	refused.Problems = Problems{CSRProblem("csr", CSRFault{Code: "empty"}), OrderProblem("sans", "too_many", "", 3), OrderProblem("email", "approver_not_allowed", "a", 0), OrderProblem("method", "method_not_offered", "a", 0)}
	underway := reissue
	underway.Underway = true
	signing := head
	signing.Kind, signing.Domain, signing.MoreNames = "code-signing", "", 0
	issued := OrderPage{OrderHead: head, MayReissue: true, MayRevoke: true, MayRenew: true, RenewedBy: &OrderRef{9, "ORD-2026-0009"}, Renews: &OrderRef{8, "ORD-2026-0008"},
		Certificates: []CertificateRow{{ID: 2, State: "requested", RequestedAt: testNow}, {ID: 1, State: "issued", Serial: "5d1f0a93c2", Href: "/orders/342/certificates/1", RequestedAt: testNow, NotBefore: testNow, NotAfter: testNow}}}
	proving, failed := issued, issued
	proving.Reissuing, proving.ProveReissue = true, true
	failed.Message, failed.EndsAt, failed.Status = "<i>refused</i>", testNow.AddDate(0, 0, -3), "completed"
	contacts := ContactsPage{Rows: []ContactRow{{ID: 1, Name: "Ada <b>", Organisation: "Örnek A.Ş.", Email: "ada@ornek.com.tr", Phone: "+90 312", City: "Ankara", Country: "TR", Admin: true, Billing: true}, {ID: 2, Name: "B C", Email: "b@c.tr"}}}
	external := ExternalPage{Rows: []ExternalRow{{ID: 1, Domain: "shop.ornek.com.tr", MoreNames: 3, Note: "<b>", Validation: "ov", Issuer: "R11", NotAfter: testNow.AddDate(0, 0, 9)},
		{ID: 2, Domain: "old.ornek.com.tr", Validation: "dv", NotAfter: testNow.AddDate(0, 0, -9)}, {ID: 3, Domain: "named.ornek.com.tr", Validation: "ev"}}}
	dialects := DialectsPage{Allowed: true, Enabled: true}
	for _, name := range []string{"datassl", "gogetssl", "ssl247", "billmanager", "license724"} {
		dialects.Dialects = append(dialects.Dialects, Dialect{DialectSwitch: DialectSwitch{Name: name, On: name != "ssl247"}, BaseURL: "https://shop.example/api", User: "a@ornek.com.tr"})
	}
	closed, off := dialects, dialects
	closed.Allowed, off.Enabled = false, false
	for name, page := range map[string]templ.Component{
		"reissue": Reissue(owner, reissue), "reissue refused": Reissue(owner, refused), "reissue again": Reissue(owner, underway), "reissue signing": Reissue(owner, ReissuePage{ConfigurePage: ConfigurePage{OrderHead: signing}}),
		"revoke":           Revoke(owner, RevokePage{OrderHead: head, Word: head.Domain}),
		"revoke refused":   Revoke(owner, RevokePage{OrderHead: head, Word: head.Domain, Refused: "<b>", Reason: "superseded", Typed: "x", Problems: Problems{{Field: "reason", Key: "form.choose"}, {Field: "confirm", Key: "revoke.problem.confirm", Args: []any{"Word", "a"}}}}),
		"renew early":      Renew(owner, RenewPage{OrderHead: head, Early: true, From: testNow, MayReissue: true}),
		"renewed":          Renew(owner, RenewPage{OrderHead: head, ByID: 9, ByNumber: "ORD-2026-0009"}),
		"renew not sold":   Renew(owner, RenewPage{OrderHead: head}),
		"renewal":          NewOrder(owner, NewOrderPage{Product: sampleOrderProduct(), FormToken: "tok", Renewed: &Renewed{1, "ORD-2026-0001", testNow.AddDate(0, 0, 12)}, Problems: Problems{OrderProblem("", "renewed_already", "ORD-2026-0001", 0)}}),
		"renewal checked":  CheckOrder(owner, CheckOrderPage{Product: sampleOrderProduct(), Form: sampleForm(), Domain: "a.com", Quote: sampleQuote(), FormToken: "tok", Renewed: &Renewed{1, "ORD-2026-0001", testNow.AddDate(0, 0, -2)}}),
		"order":            Order(owner, issued),
		"order, reissuing": Order(owner, proving), "order, refused": Order(viewer, failed),
		"contacts": Contacts(owner, contacts), "contacts seen": Contacts(viewer, contacts), "contacts none": Contacts(owner, ContactsPage{}),
		"contact new": Contact(owner, ContactPage{}), "contact": Contact(owner, ContactPage{ID: 3, FirstName: "<b>", Country: "tr", Admin: true, Problems: Problems{{Field: "email", Key: "form.email"}, {Field: "country", Key: "problem.bad_country"}}}),
		"external": External(owner, external), "external seen": External(viewer, external), "external none": External(owner, ExternalPage{}),
		"external new": NewExternal(owner, NewExternalPage{PEM: "<x>", Problems: Problems{OrderProblem("pem", "pem_unreadable", "", 0), OrderProblem("note", "too_long", "", 200)}}), "external remove": RemoveExternal(owner, external.Rows[0]),
		"dialects": Dialects(owner, dialects), "dialects closed": Dialects(viewer, closed), "dialects off": Dialects(owner, off),
		"configure": Configure(owner, ConfigurePage{OrderHead: head, NeedsOrganisation: true, Methods: []string{"dns"}, CSRBefore: "ORD-2026-0001", Contacts: []Option{{"1", "Ada <b>"}}}),
		"revoked":   Download(owner, DownloadPage{OrderHead: head, Base: "/orders/342/certificates/1", State: "revoked", FileName: "shop"}),
		"orders":    Orders(owner, OrdersPage{View: "expiring", Rows: []OrderRow{{ID: 1, Domain: "a.com", Status: "completed", Next: "renew"}, {ID: 2, Product: "Code", Status: "completed", Next: "reissue"}}, Elsewhere: external.Rows[:1], Pager: Pager{Page: 1, PerPage: 25, Total: 2, Path: "/orders"}}),
		"home":      Home(owner, HomePage{HasOrders: true, Needs: []Need{{Kind: "elsewhere", Domain: "shop.ornek.com.tr", Until: testNow.AddDate(0, 0, 3)}, {Kind: "expiring", OrderID: 4, Domain: "a.com", Until: testNow, Next: "reissue"}}}),
	} {
		t.Run(name, func(t *testing.T) {
			inEachLanguage(t, page, func(t *testing.T, lang string, doc *goquery.Document) {
				if doc.Find("main b, main i, main blockquote script").Length() > 0 {
					t.Error("text from the book became markup")
				}
				if primary := doc.Find("main .btn-primary").Length(); primary > 1 {
					t.Errorf("%d primary buttons in one view", primary)
				}
			})
		})
	}
}

// What an order that was issued can still do is there for whoever may, and only then.
func TestAnIssuedOrderOffersWhatCanBeDone(t *testing.T) {
	m := OrderPage{OrderHead: sampleIssuedHead(), MayReissue: true, MayRevoke: true, MayRenew: true}
	m.EndsAt = testNow.Add(12 * 24 * time.Hour)
	none := m
	none.MayReissue, none.MayRevoke, none.MayRenew = false, false, false
	for _, c := range []struct {
		role string
		page OrderPage
		want string
	}{{"owner", m, "reissue revoke renew"}, {"technical", m, "reissue revoke renew"}, {"viewer", m, ""}, {"billing", m, ""}, {"owner", none, ""}} {
		doc := checkPage(t, renderIn(t, "en", Order(testPage(c.role), c.page)))
		var got []string
		for _, what := range []string{"reissue", "revoke", "renew"} {
			if doc.Find("main a[href='/orders/342/"+what+"']").Length() > 0 {
				got = append(got, what)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s is offered %v, want %s", c.role, got, c.want)
		}
	}
	if text := checkPage(t, renderIn(t, "en", Order(testPage("owner"), m))).Find("main").Text(); !strings.Contains(text, "The order ends in 12 days") {
		t.Error("how many days are left is not told")
	}
}
