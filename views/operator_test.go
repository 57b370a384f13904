package views

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"certbay/db/money"
	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

func sampleAdminRows() []AdminOrderRow {
	var rows []AdminOrderRow
	for i, row := range sampleRows {
		rows = append(rows, AdminOrderRow{OrderRow: row, ResellerID: int64(i%2 + 1), Reseller: []string{"Örnek Hosting", hostile}[i%2]})
	}
	return rows
}

func sampleAdminHome() AdminHomePage {
	return AdminHomePage{
		Review: []ReviewItem{
			{Kind: "unsure", ID: 336, Title: "ORD-2026-0336 · mağaza.com", Who: "Örnek Hosting", Reason: "Post https://ca.example: context deadline exceeded", At: testNow.Add(-2 * time.Hour)},
			{Kind: "refused", ID: 339, Title: "ORD-2026-0339 · api.deneme.net", Who: "Örnek Hosting", Reason: hostile, At: testNow.Add(-time.Hour)},
			{Kind: "job", ID: 7, Title: "poll", Who: "ORD-2026-0341", Reason: "upstream: 502", At: testNow.Add(-time.Hour)},
			{Kind: "mail", ID: 4, Title: "Your certificate is ready", Who: "info@ornek.com.tr", Reason: "550 no such user", At: testNow.Add(-time.Minute)},
			{Kind: "topup", ID: 12, Title: hostile, Who: "Örnek Hosting", Amount: money.USD(50_000), At: testNow.Add(-time.Minute)},
		},
		ReviewTotal: 6, OrdersToday: 14, Open: 37,
		RevenueMonth: money.USD(1234567), Held: money.USD(89000), Wallets: money.USD(4210099),
		Latest: sampleAdminRows(),
		Upstreams: []UpstreamRow{
			{Name: "sandbox", Sandbox: true, LastSuccessAt: testNow.Add(-time.Minute)},
			{Name: "datassl", LastSuccessAt: testNow.Add(-3 * time.Hour), LastErrorAt: testNow.Add(-time.Minute), LastError: "dial tcp: connection refused"},
			{Name: "ssl247"},
		},
		Alarms: []Alarm{{Code: "upstream_failing", Name: "datassl", At: testNow.Add(-time.Minute)}, {Code: "jobs_late", Count: 3}, {Code: "mail_failing", Count: 1}},
	}
}

func TestAdminHomeLeadsToWhatNeedsADecision(t *testing.T) {
	inEachLanguage(t, AdminHome(testPage("support"), sampleAdminHome()), func(t *testing.T, lang string, doc *goquery.Document) {
		var leads []string
		doc.Find(".task-row a.btn").Each(func(_ int, s *goquery.Selection) { leads = append(leads, s.AttrOr("href", "")) })
		if want := []string{"/admin/orders/336", "/admin/orders/339", "/admin/jobs?failed=1", "/admin/mail?state=failed", "/admin/top-ups/12"}; !slices.Equal(leads, want) {
			t.Errorf("leads to %v, want %v", leads, want)
		}
		if doc.Find("[role=alert]").Length() != 3 {
			t.Error("an alarm is silent")
		}
		if doc.Find(".stat-card").Length() != 4 || doc.Find("tbody tr").Length() != len(sampleRows) {
			t.Error("figures or orders are missing")
		}
		if got := doc.Find(".task-end .pill-error").Length(); got != 1 {
			t.Errorf("%d upstreams fail, want the one whose error is newer than its answer", got)
		}
	})
	inEachLanguage(t, AdminHome(testPage("admin"), AdminHomePage{}), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("[role=alert], .task-icon").Length() > 0 {
			t.Error("an empty shop is not calm")
		}
	})
}

func TestAdminOrdersKeepTheirFilters(t *testing.T) {
	query := url.Values{"status": {"completed"}, "reseller": {"2"}}
	m := AdminOrdersPage{Review: true, ReviewCount: 2, Status: "completed", Search: `"><x`, Reseller: 2, Resellers: []Option{{"1", "Örnek Hosting"}, {"2", hostile}},
		Rows: sampleAdminRows(), Sort: Sort{Key: "ordered", Desc: true, Path: "/admin/orders", Query: query}, Pager: Pager{Page: 1, PerPage: 9, Total: 30, Path: "/admin/orders", Query: query}}
	inEachLanguage(t, AdminOrders(testPage("admin"), m), func(t *testing.T, lang string, doc *goquery.Document) {
		doc.Find("th a.sort, .pagination a, .filter-chip").Each(func(_ int, s *goquery.Selection) {
			if !strings.Contains(s.AttrOr("href", ""), "reseller=2") {
				t.Errorf("%s has lost the reseller", s.AttrOr("href", ""))
			}
		})
		if doc.Find("select[name=reseller] option[selected]").AttrOr("value", "") != "2" || doc.Find("select[name=status] option[selected]").AttrOr("value", "") != "completed" {
			t.Error("the filters forget")
		}
		if doc.Find("tbody a[href='/admin/orders/342']").Length() != 1 || doc.Find("tbody a[href='/admin/resellers/2']").Length() == 0 {
			t.Error("a row leads nowhere")
		}
	})
	inEachLanguage(t, AdminOrders(testPage("support"), AdminOrdersPage{Review: true}), nil)
	inEachLanguage(t, AdminOrders(testPage("support"), AdminOrdersPage{Search: "x"}), nil)
}

func sampleAdminOrder(fulfilment string) AdminOrderPage {
	o := sampleOrder("processing", fulfilment)
	wrong := sampleDCV().Selected
	return AdminOrderPage{
		OrderHead: o.OrderHead, ResellerID: 1, Reseller: hostile, ResellerMail: "ayse@ornek.com.tr", Names: o.Names, Message: "502 " + hostile,
		CustomerName: o.CustomerName, PlacedBy: o.PlacedBy, OrderedAt: o.OrderedAt, Amounts: o.Amounts, Cost: money.USD(899), InvoiceNumber: "INV-2026-0078",
		Entries: []LedgerRow{
			{At: testNow, Account: "wallet", Kind: "order", Memo: "ORD-2026-0342", Amount: money.USD(-3476), After: money.USD(122103)},
			{At: testNow, Account: "held", Kind: "order", Memo: "ORD-2026-0342", Amount: money.USD(3476), After: money.USD(3476)},
			{At: testNow, Account: "upstream_credit", Kind: "settle", Amount: money.USD(-899), After: money.USD(-899)},
		},
		Upstream:     UpstreamState{Name: "sandbox", Sandbox: true, Reference: "ORD-2026-0342-1", SeenAt: testNow},
		Certificates: o.Certificates, Proofs: []DCVDetail{wrong, {DCVName: DCVName{Name: "a.com", Label: "a.com", Method: "dns", State: "waiting"}}}, Events: o.Events,
		Audit:   []AuditEntry{{Seq: 9, At: testNow, ActorKind: "person", Actor: "Ayşe Demir", For: "Örnek Hosting", Action: "order.place", Object: "order 342", Before: "", After: hostile, IP: "203.0.113.7"}},
		CanLook: true, CanDecide: fulfilment == "unsure", CanCancel: true, Refund: money.USD(3476),
	}
}

func TestSupportSeesAnOrderButMovesNoMoney(t *testing.T) {
	for _, role := range []string{"admin", "support"} {
		inEachLanguage(t, AdminOrder(testPage(role), sampleAdminOrder("unsure")), func(t *testing.T, lang string, doc *goquery.Document) {
			for selector, want := range map[string]bool{
				"form[action='/admin/orders/342/look']":                                       true,
				"form[action='/admin/orders/342/placed']":                                     role == "admin",
				"form[action='/admin/orders/342/resubmit']":                                   role == "admin",
				"a[href='/admin/orders/342/cancel'], form[action='/admin/orders/342/cancel']": role == "admin",
			} {
				if got := doc.Find(selector).Length() > 0; got != want {
					t.Errorf("%s sees %s: %v", role, selector, got)
				}
			}
			for _, text := range []string{"ORD-2026-0342-1", "INV-2026-0078", "order.place", "203.0.113.7"} {
				if !strings.Contains(doc.Find("main").Text(), text) {
					t.Errorf("%s is not shown", text)
				}
			}
		})
	}
}

func TestAdminOrderOutsideOfReviewAsksNothing(t *testing.T) {
	for _, fulfilment := range []string{"accepted", "refused"} {
		inEachLanguage(t, AdminOrder(testPage("admin"), sampleAdminOrder(fulfilment)), func(t *testing.T, lang string, doc *goquery.Document) {
			if doc.Find("form[action$='/placed'], form[action$='/resubmit']").Length() > 0 {
				t.Errorf("%s: there is nothing to decide", fulfilment)
			}
			if !strings.Contains(doc.Find("main").Text(), "502 <script>") {
				t.Error("the upstream's words are gone")
			}
		})
	}
	inEachLanguage(t, AdminOrder(testPage("support"), AdminOrderPage{OrderHead: OrderHead{ID: 1, Number: "ORD-2026-0001", Domain: "a.com", Kind: "ssl", Status: "pending", Fulfilment: "none", Months: 12}, Reseller: "X", ResellerID: 3}), nil)
}

func TestDecisionsAreAskedAboutOnPagesOfTheirOwn(t *testing.T) {
	m := sampleAdminOrder("unsure")
	m.Typed = `4711"><b>`
	for action, want := range map[string]string{"placed": m.Typed, "resubmit": ""} {
		inEachLanguage(t, AdminOrderConfirm(testPage("admin"), m, action), func(t *testing.T, lang string, doc *goquery.Document) {
			form := doc.Find("main form[method=post][action='/admin/orders/342/" + action + "']")
			if form.Length() != 1 || form.Find("input[name=upstream_id]").AttrOr("value", "") != want {
				t.Errorf("%s is not asked about", action)
			}
		})
	}
	m.Problems = Problems{{Field: "upstream_id", Key: "form.required"}}
	inEachLanguage(t, AdminOrder(testPage("admin"), m), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("#f-upstream_id").AttrOr("value", "") != m.Typed || doc.Find(".field-error").Length() != 1 {
			t.Error("a rejected id is forgotten")
		}
	})
}

func sampleReseller() AdminResellerPage {
	return AdminResellerPage{
		ID: 2, Name: "Örnek", Company: hostile, Email: "muhasebe@ornek.com.tr", Address: "Atatürk Cd. 1", City: "İzmir", Country: "TR", TaxOffice: "Konak", TaxID: "1234567890", TaxBP: 2000,
		Group: "Gold", CreatedAt: testNow.AddDate(-1, 0, 0), Balance: money.USD(122103), Available: money.USD(172103), Allowance: money.USD(50000), Held: money.USD(3476), Orders: 342,
		Staff:   []StaffRow{{"Ayşe Demir", "ayse@ornek.com.tr", "owner", false, testNow.Add(-time.Hour)}, {"Can Öz", "can@ornek.com.tr", "viewer", true, time.Time{}}},
		Entries: []StatementRow{{At: testNow, Kind: "order", Memo: hostile, OrderID: 342, OrderNumber: "ORD-2026-0342", Amount: money.USD(-3476), After: money.USD(122103)}, {At: testNow, Kind: "topup", Amount: money.USD(50000), After: money.USD(125579)}},
		Amount:  "abc", Reason: `x"y`, FormToken: "tok", Problems: Problems{{Field: "amount", Key: "form.invalid"}},
	}
}

func TestOnlyAnAdminAddsCredit(t *testing.T) {
	for _, role := range []string{"admin", "support"} {
		m := sampleReseller()
		if role == "support" {
			m.Problems = nil
		}
		inEachLanguage(t, AdminReseller(testPage(role), m), func(t *testing.T, lang string, doc *goquery.Document) {
			form := doc.Find("form[action='/admin/resellers/2/credit']")
			if got := form.Length() == 1; got != (role == "admin") {
				t.Errorf("%s can add credit: %v", role, got)
			}
			if role == "admin" && (form.Find("#f-amount").AttrOr("value", "") != "abc" || form.Find("input[name=form_token]").AttrOr("value", "") != "tok") {
				t.Error("the form forgets")
			}
		})
	}
	inEachLanguage(t, AdminReseller(testPage("support"), AdminResellerPage{ID: 3, Name: "Yeni", Suspended: true}), nil)
}

func TestListsOfTheHouse(t *testing.T) {
	jobs := AdminJobsPage{FailedCount: 1, Pager: Pager{Page: 1, PerPage: 50, Total: 2, Path: "/admin/jobs"}, Rows: []JobRow{
		{ID: 7, Kind: "poll", Object: "certificate 12", OrderID: 342, OrderNumber: "ORD-2026-0342", RunAt: testNow, Attempts: 9, Failed: true, LastError: hostile},
		{ID: 8, Kind: "sweep", RunAt: testNow.Add(time.Hour)},
	}}
	mails := AdminMailPage{State: "failed", Pager: Pager{Page: 1, PerPage: 50, Total: 3, Path: "/admin/mail"}, Rows: []MailRow{
		{ID: 1, To: strings.Repeat("uzun", 20) + "@ornek.com.tr", Subject: hostile, State: "failed", Error: "550 no such user", CreatedAt: testNow},
		{ID: 2, To: "a@b.example", Subject: "Your certificate is ready", State: "sent", CreatedAt: testNow, SentAt: testNow},
		{ID: 3, To: "a@b.example", Subject: "x", State: "queued", CreatedAt: testNow},
	}}
	audit := AdminAuditPage{Actor: "ay", Action: "order.place", Object: "order 12", Reseller: 1, Resellers: []Option{{"1", hostile}}, Pager: Pager{Page: 2, PerPage: 1, Total: 3, Path: "/admin/audit", Query: url.Values{"actor": {"ay"}}},
		Rows: []AuditEntry{{Seq: 3, At: testNow, ActorKind: "key", Actor: "WHMCS", Action: "order.place", Object: "order 12", After: "x"}, {Seq: 2, At: testNow, ActorKind: "system", Actor: "certbay", Action: "order.issue", Object: "order 12", Before: "processing", After: "completed", IP: "127.0.0.1"}}}
	resellers := AdminResellersPage{Search: "ö", Pager: Pager{Page: 1, PerPage: 25, Total: 2, Path: "/admin/resellers"}, Rows: []ResellerRow{
		{ID: 1, Name: "Örnek", Company: hostile, Group: "Gold", Orders: 1234, Balance: money.USD(122103)}, {ID: 2, Name: "Yeni", Company: "Yeni A.Ş.", Suspended: true},
	}}
	for name, c := range map[string]struct {
		full, empty templ.Component
		find        string
		count       int
	}{
		"jobs":      {AdminJobs(testPage("admin"), jobs), AdminJobs(testPage("admin"), AdminJobsPage{}), "form[action='/admin/jobs/run'] input[name=job]", 2},
		"mail":      {AdminMail(testPage("support"), mails), AdminMail(testPage("support"), AdminMailPage{}), "form[action='/admin/mail/send-again'] input[name=mail]", 1},
		"audit":     {AdminAudit(testPage("admin"), audit), AdminAudit(testPage("admin"), AdminAuditPage{}), "tbody tr", 2},
		"resellers": {AdminResellers(testPage("admin"), resellers), AdminResellers(testPage("admin"), AdminResellersPage{Search: "x"}), "tbody th a", 2},
	} {
		t.Run(name, func(t *testing.T) {
			inEachLanguage(t, c.full, func(t *testing.T, lang string, doc *goquery.Document) {
				if got := doc.Find(c.find).Length(); got != c.count {
					t.Errorf("%d × %s, want %d", got, c.find, c.count)
				}
			})
			inEachLanguage(t, c.empty, func(t *testing.T, lang string, doc *goquery.Document) {
				if doc.Find(".empty").Length() != 1 {
					t.Error("an empty list says nothing")
				}
			})
		})
	}
	doc := checkPage(t, renderIn(t, "en", AdminAudit(testPage("admin"), audit)))
	if doc.Find("select[name=action] option[selected]").AttrOr("value", "") != "order.place" {
		t.Error("an action from the URL is forgotten")
	}
}

func sampleDemo() DemoPage {
	return DemoPage{
		Logins: []DemoLogin{{"admin", "", "admin@certbay.example", "k7qf-2m9x", ""}, {"owner", hostile, "ayse@ornek.example", "p3rt-88kz", "cb_live_0123456789"}}, CustomerLink: "http://127.0.0.1:8080/c/0123",
		Records:  []DemoRecord{{"_37d0.cdn.ornek.com.tr", "CNAME", "d30c.sandbox-ca.test.", ""}, {"_dnsauth.a.com", "TXT", "<b>\"x\"</b>", "ns1"}},
		Files:    []DemoFile{{"a.com", "/.well-known/pki-validation/AB.txt", "d30c\r\nsandbox-ca.test"}},
		Mails:    []DemoMailRow{{3, "info@ornek.com.tr", hostile, testNow}, {2, "a@b.example", "x", testNow.Add(-time.Hour)}},
		Form:     DemoRecord{Host: "bad host", Type: "TXT", Value: "v", Only: "ns2"},
		Problems: Problems{{Field: "host", Key: "form.invalid"}},
	}
}

func TestDemoRemovesExactlyWhatItShows(t *testing.T) {
	for _, role := range []string{"", "owner", "admin"} {
		inEachLanguage(t, Demo(testPage(role), sampleDemo()), func(t *testing.T, lang string, doc *goquery.Document) {
			second := doc.Find("form[action='/demo/remove']").Eq(1)
			for name, want := range map[string]string{"host": "_dnsauth.a.com", "type": "TXT", "value": `<b>"x"</b>`, "only": "ns1"} {
				if got := second.Find("input[name="+name+"]").AttrOr("value", ""); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if doc.Find("#f-host").AttrOr("value", "") != "bad host" || doc.Find("details[open]").Length() != 1 {
				t.Error("the rejected form is closed or empty")
			}
			if doc.Find("a[href='/demo/mail/3']").Length() != 1 {
				t.Error("the mail can't be opened")
			}
		})
	}
	inEachLanguage(t, Demo(testPage(""), DemoPage{}), nil)
}

func TestAddressesInMailsBecomeLinks(t *testing.T) {
	m := DemoMailPage{DemoMailRow: DemoMailRow{1, "a@b.example", "Approve a.com", testNow}, From: "ca@sandbox-ca.test",
		Text: "Open http://127.0.0.1:8080/sandbox/approve/x?a=1&b=2. Or (https://b.example/y)!\n<script>javascript:alert(1)</script>"}
	inEachLanguage(t, DemoMail(testPage(""), m), func(t *testing.T, lang string, doc *goquery.Document) {
		var links []string
		doc.Find("main .whitespace-pre-wrap a").Each(func(_ int, s *goquery.Selection) { links = append(links, s.AttrOr("href", "")) })
		if want := []string{"http://127.0.0.1:8080/sandbox/approve/x?a=1&b=2", "https://b.example/y"}; !slices.Equal(links, want) {
			t.Errorf("links %v, want %v", links, want)
		}
		if got := doc.Find("main .whitespace-pre-wrap").Text(); squash(got) != squash(m.Text) {
			t.Errorf("the text became %q", got)
		}
	})
}

func TestOpeningAnApprovalLinkApprovesNothing(t *testing.T) {
	for state, forms := range map[string]int{"ask": 1, "done": 0, "gone": 0} {
		inEachLanguage(t, SandboxApprove(testPage(""), SandboxApprovePage{State: state, Token: "tok", Name: "mağaza.com"}), func(t *testing.T, lang string, doc *goquery.Document) {
			if got := doc.Find("main form[method=post][action='/sandbox/approve/tok']").Length(); got != forms {
				t.Errorf("%s: %d forms", state, got)
			}
		})
	}
}
