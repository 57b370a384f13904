package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/smtp"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"certbay/db"
	"certbay/providers"
	"certbay/providers/pretend"
	"certbay/providers/sandbox"
	"certbay/views"
	"certbay/web"
	"certbay/web/demo"
	"certbay/web/webtest"
)

// openDemo is a portal on a pretend internet.
func openDemo(t *testing.T) (*webtest.Site, *pretend.Internet) {
	t.Helper()
	internet := must[*pretend.Internet](t)(pretend.Start(t.Context()))
	t.Cleanup(func() { internet.Close() })
	return webtest.Open(t, func(c *web.Config) {
		c.Demo, c.DemoInternet, c.Internet = true, true, demo.Internet(internet)
		c.DemoCustomerLink, c.DemoLogins = "/c/try-me", []views.DemoLogin{{Role: "owner", Email: "owner@liman.example", Password: "as you like"}}
	}), internet
}

func TestADemoRecordIsPublishedAndRemovedByAnybody(t *testing.T) {
	site, internet := openDemo(t)
	record := url.Values{"host": {"_acme.shop.example.com."}, "type": {"txt"}, "value": {"a value"}, "next": {"/demo?from=wizard"}}
	answers := func() []string {
		q := new(dns.Msg).SetQuestion("_acme.shop.example.com.", dns.TypeTXT)
		m := must[*dns.Msg](t)(dns.Exchange(q, internet.DNSAddr()))
		var values []string
		for _, rr := range m.Answer {
			values = append(values, rr.(*dns.TXT).Txt...)
		}
		return values
	}
	for name, b := range map[string]*webtest.Browser{"signed out": site.Browser(t), "staff": site.SignedIn(t, db.RoleTechnical)} {
		done(t, b, b.Post("/demo/publish", record), "/demo?from=wizard", "success")
		if got := answers(); len(got) != 1 || got[0] != "a value" {
			t.Errorf("%s: published %q", name, got)
		}
		if a := b.Get("/demo"); !strings.Contains(a.Body, "_acme.shop.example.com") || !strings.Contains(a.Body, "/c/try-me") {
			t.Errorf("%s: the page does not list it", name)
		}
		remove := url.Values{"host": {"_acme.shop.example.com"}, "type": {"TXT"}, "value": {"a value"}, "next": {"https://elsewhere.example/"}}
		done(t, b, b.Post("/demo/remove", remove), "/demo", "success")
		if got := answers(); len(got) != 0 {
			t.Errorf("%s: still published %q", name, got)
		}
	}
}

func TestADemoRecordThatCannotBeIsRejected(t *testing.T) {
	site, internet := openDemo(t)
	b := site.Browser(t)
	for field, form := range map[string]url.Values{
		"host":     {"host": {" "}, "type": {"TXT"}, "value": {"v"}},
		"type":     {"host": {"example.com"}, "type": {"MX"}, "value": {"v"}},
		"value":    {"host": {"example.com"}, "type": {"CNAME"}, "value": {""}},
		"file_url": {"file_url": {"ftp://example.com/x"}, "content": {"x"}},
		"content":  {"file_url": {"http://example.com/x"}, "content": {""}},
	} {
		t.Run(field, func(t *testing.T) { rejected(t, b.Post("/demo/publish", form), field) })
	}
	long := url.Values{"host": {"example.com"}, "type": {"TXT"}, "value": {strings.Repeat("v", 5000)}}
	rejected(t, b.Post("/demo/publish", long), "host")
	if len(internet.Records()) != 0 || len(internet.Files()) != 0 {
		t.Errorf("published %v, %v", internet.Records(), internet.Files())
	}
}

func TestADemoFileIsServedWhereItsAddressSays(t *testing.T) {
	site, internet := openDemo(t)
	b := site.Browser(t)
	file := url.Values{"file_url": {"http://shop.example.com/.well-known/pki-validation/A1.txt"}, "content": {"line one\nline two"}}
	done(t, b, b.Post("/demo/publish", file), "/demo", "success")
	ask := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodGet,
		fmt.Sprintf("http://127.0.0.1:%d/.well-known/pki-validation/A1.txt", internet.HTTPPort()), nil))
	ask.Host = "shop.example.com"
	got := must[*http.Response](t)(http.DefaultClient.Do(ask))
	got.Body.Close()
	if got.StatusCode != http.StatusOK {
		t.Errorf("the file: %d", got.StatusCode)
	}
	done(t, b, b.Post("/demo/remove", url.Values{"file_host": {"shop.example.com"}, "file_path": {"/.well-known/pki-validation/A1.txt"}}), "/demo", "success")
	if len(internet.Files()) != 0 {
		t.Errorf("still published: %v", internet.Files())
	}
}

func TestTheDemoMailboxShowsAMailWithItsLinks(t *testing.T) {
	site, internet := openDemo(t)
	message := "From: ca@example.com\r\nTo: admin@shop.example.com\r\nSubject: Please <approve>\r\n\r\nOpen https://portal.example/approve/abc now\r\n"
	ok(t, smtp.SendMail(internet.SMTPAddr(), nil, "ca@example.com", []string{"admin@shop.example.com"}, []byte(message)))
	b := site.Browser(t)
	if a := b.Get("/demo"); !strings.Contains(a.Body, "Please &lt;approve&gt;") {
		t.Error("the list does not show the mail")
	}
	a := b.Get(fmt.Sprintf("/demo/mail/%d", internet.Mails()[0].ID))
	if a.Status != http.StatusOK || a.Document(t).Find("a[href='https://portal.example/approve/abc']").Length() != 1 {
		t.Errorf("%d", a.Status)
	}
	if a := b.Get("/demo/mail/999"); a.Status != http.StatusNotFound {
		t.Errorf("no such mail: %d", a.Status)
	}
}

func TestThereIsNoPretendInternetInAShop(t *testing.T) {
	b := webtest.Open(t).Browser(t)
	for _, path := range []string{"/demo", "/demo/mail/1", "/sandbox/approve/token"} {
		if a := b.Get(path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	for _, path := range []string{"/demo/publish", "/demo/remove", "/sandbox/approve/token"} {
		if a := b.Post(path, url.Values{"host": {"example.com"}, "type": {"TXT"}, "value": {"v"}}); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}

func TestAnApprovalLinkAsksBeforeItApproves(t *testing.T) {
	internet := must[*pretend.Internet](t)(pretend.Start(t.Context()))
	t.Cleanup(func() { internet.Close() })
	var mailed string
	ca := must[*sandbox.CA](t)(sandbox.Open(t.Context(), sandbox.Options{Path: filepath.Join(t.TempDir(), "sandbox.db"),
		Checker: internet.Checker(nil), BaseURL: "http://portal.example", CheckEvery: -1,
		Mail: func(_ context.Context, _, _, body string) error { mailed = body; return nil }}))
	t.Cleanup(func() { ca.Close() })
	site := webtest.Open(t, func(c *web.Config) { c.Approver = ca })
	receipt := must[providers.Receipt](t)(ca.Submit(t.Context(), providers.Submission{Reference: "ORD-1-1", ProductCode: "sectigo-positivessl", Months: 12,
		CSR: csrFor(t, "xn--maaza-l1a.com"), Contact: providers.Contact{FirstName: "Ayşe", LastName: "Demir", Email: "ayse@example.com", Phone: "+90 212 000 00 00"},
		Names: []providers.DomainChoice{{Name: "xn--maaza-l1a.com", Method: providers.MethodEmail, Email: "admin@xn--maaza-l1a.com"}}}))
	state := func() providers.State {
		t.Helper()
		return must[providers.Status](t)(ca.Status(t.Context(), receipt.UpstreamID)).State
	}
	if state() != providers.StateValidationPending {
		t.Fatalf("%s", state())
	}
	link := regexp.MustCompile(`/sandbox/approve/\S+`).FindString(mailed)
	b := site.Browser(t)
	for range 2 {
		a := b.Get(link)
		if a.Status != http.StatusOK || !strings.Contains(a.Body, "mağaza.com") || a.Document(t).Find("form[action='"+link+"']").Length() != 1 {
			t.Errorf("the question: %d\n%s", a.Status, a.Body)
		}
	}
	if state() != providers.StateValidationPending {
		t.Fatalf("looking at the link approved: %s", state())
	}
	if a := b.Post(link, nil); a.Status != http.StatusOK || !strings.Contains(a.Body, "mağaza.com") {
		t.Errorf("the approval: %d", a.Status)
	}
	if state() != providers.StateIssued {
		t.Errorf("after the approval: %s", state())
	}
	for _, a := range []webtest.Answer{b.Get("/sandbox/approve/guess"), b.Post("/sandbox/approve/guess", nil)} {
		if a.Status != http.StatusGone {
			t.Errorf("a guess: %d", a.Status)
		}
	}
	if strings.Contains(site.Log.String(), strings.TrimPrefix(link, "/sandbox/approve/")) {
		t.Error("the token is in the log")
	}
}
