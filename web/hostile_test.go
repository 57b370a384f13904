package web_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"certbay/web"
	"certbay/web/webtest"
)

func TestAReportOfABrowserPutsNoTokenIntoTheLog(t *testing.T) {
	site := webtest.Open(t)
	b := site.Browser(t)
	report := `{"csp-report":{"document-uri":"https://shop.example/reset-password/tok-document","referrer":"https://shop.example/c/tok-referrer",` +
		`"effective-directive":"img-src","blocked-uri":"https://elsewhere.example/a/tok-blocked?b=tok-query","source-file":"https://shop.example/c/tok-source"}}`
	if a := b.Do(b.Request(http.MethodPost, "/csp-report", strings.NewReader(report))); a.Status != http.StatusNoContent {
		t.Fatal(a.Status)
	}
	log := site.Log.String()
	if strings.Contains(log, "tok-") {
		t.Errorf("the log has a token: %s", log)
	}
	for _, want := range []string{"img-src", "https://elsewhere.example"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	if a := b.Do(b.Request(http.MethodPost, "/csp-report", strings.NewReader("no report"))); a.Status != http.StatusBadRequest {
		t.Errorf("no report: %d", a.Status)
	}
}

func TestANetworkOfAddressesSendsNoMoreFormsThanOneAddress(t *testing.T) {
	site := webtest.Open(t, func(c *web.Config) { c.TrustedProxies = []netip.Prefix{mustPrefix(t, "127.0.0.0/8")} })
	b := site.Browser(t)
	for i := range 500 {
		r := b.Request(http.MethodPost, "/sign-out", nil)
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("2a00:1450:4001:82a::%x", i+1))
		if b.Do(r).Status == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("every address of one customer has a share of its own")
}

func TestMadeUpMethodsAreCountedAsOne(t *testing.T) {
	site := webtest.Open(t, func(c *web.Config) { c.MetricsToken = "let-me-measure" })
	b := site.Browser(t)
	for _, method := range []string{"BREW", "WHEN", "PROPFIND"} {
		b.Do(b.Request(method, "/sign-in", nil))
	}
	r := b.Request(http.MethodGet, "/metrics", nil)
	r.Header.Set("Authorization", "Bearer let-me-measure")
	if body := b.Do(r).Body; strings.Contains(body, "BREW") || !strings.Contains(body, `method="other"`) {
		t.Error("each made-up method is kept for ever")
	}
}

func TestBytesThatAreNoTextAreRefusedInEveryKindOfForm(t *testing.T) {
	site := webtest.Open(t)
	b := site.Browser(t)
	multipart := "--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\na\x00b\r\n--x--\r\n"
	for kind, body := range map[string]string{
		"application/x-www-form-urlencoded": "email=a%00b",
		"multipart/form-data; boundary=x":   multipart,
	} {
		r := b.Request(http.MethodPost, "/sign-in", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		if a := b.Do(r); a.Status != http.StatusBadRequest {
			t.Errorf("%s: %d", kind, a.Status)
		}
	}
}
