package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
	"certbay/web"
	"certbay/web/session"
	"certbay/web/webtest"

	"github.com/labstack/echo/v4"
)

func TestPagesCarryTheSecurityHeaders(t *testing.T) {
	site := webtest.Open(t)
	owner := site.SignedIn(t, db.RoleOwner)
	for name, a := range map[string]webtest.Answer{
		"page": site.Browser(t).Get("/sign-in"), "signed in": owner.Get("/settings"), "not found": owner.Get("/nowhere"),
		"redirect": site.Browser(t).Get("/settings"),
	} {
		for header, want := range map[string]string{
			"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri /csp-report",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "same-origin",
			"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Cache-Control":                "no-store",
			"Strict-Transport-Security":    "",
		} {
			if got := a.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
		if len(a.Header.Get("X-Request-Id")) != 16 {
			t.Errorf("%s: request id %q", name, a.Header.Get("X-Request-Id"))
		}
	}
}

func TestAddressesWithATokenStayOutOfReferrers(t *testing.T) {
	site := webtest.Open(t, func(c *web.Config) { c.BaseURL = "https://shop.example" })
	for path, want := range map[string]string{"/reset-password/x": "no-referrer", "/setup/x": "no-referrer", "/sign-in": "same-origin"} {
		if got := site.Browser(t).Get(path).Header.Get("Referrer-Policy"); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}

func TestAnotherSiteCantMakeChanges(t *testing.T) {
	site := webtest.Open(t)
	b := site.SignedIn(t, db.RoleOwner)
	for name, set := range map[string]func(http.Header){
		"cross-site":      func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") },
		"same-site":       func(h http.Header) { h.Set("Sec-Fetch-Site", "same-site") },
		"origin, no site": func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "https://evil.example") },
		"origin null":     func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "null") },
	} {
		for _, r := range site.Server.Routes() {
			if r.Method == http.MethodGet {
				continue
			}
			request := b.Request(r.Method, parameter.ReplaceAllString(r.Path, "1"), nil)
			set(request.Header)
			if a := b.Do(request); a.Status != http.StatusForbidden || a.Title(t) != "This came from another site" {
				t.Errorf("%s: %s %s: %d", name, r.Method, r.Path, a.Status)
			}
		}
	}
	if a := b.Get("/settings"); a.Status != http.StatusOK {
		t.Errorf("the session was touched: %d", a.Status)
	}
	old := b.Request(http.MethodPost, "/settings/sessions/end-others", nil) // a browser that says nothing of itself
	old.Header.Del("Sec-Fetch-Site")
	old.Header.Set("Origin", site.URL)
	if a := b.Do(old); a.Status != http.StatusSeeOther {
		t.Errorf("own origin: %d", a.Status)
	}
}

func TestErrorsHaveTheirPages(t *testing.T) {
	site := webtest.Open(t)
	owner := site.SignedIn(t, db.RoleOwner)
	long := url.Values{"email": {strings.Repeat("x", 1<<20)}}
	for name, c := range map[string]struct {
		answer webtest.Answer
		status int
		title  string
	}{
		"unknown page":             {owner.Get("/nowhere"), 404, "There is nothing here"},
		"unknown page, signed out": {site.Browser(t).Get("/nowhere"), 404, "There is nothing here"},
		"wrong method":             {owner.Do(owner.Request(http.MethodDelete, "/settings", nil)), 405, "This can't be done that way"},
		"endless form":             {owner.Post("/sign-in", long), 413, "That is too much"},
		"binary form":              {owner.Post("/sign-in", url.Values{"email": {"a\x00b"}}), 400, "The request could not be read"},
		"not UTF-8":                {owner.Post("/sign-in", url.Values{"email": {"\xff\xfe"}}), 400, "The request could not be read"},
		"not UTF-8 in the address": {owner.Get("/settings?q=%ff"), 400, "The request could not be read"},
		"NUL in the address":       {owner.Get("/reset-password/%00"), 400, "The request could not be read"},
		"broken escapes":           {owner.Do(brokenForm(owner)), 400, "The request could not be read"},
	} {
		if c.answer.Status != c.status || c.answer.Title(t) != c.title {
			t.Errorf("%s: %d %q", name, c.answer.Status, c.answer.Title(t))
		}
		if !strings.Contains(c.answer.Body, c.answer.Header.Get("X-Request-Id")) {
			t.Errorf("%s: no reference on the page", name)
		}
	}
	if allow := owner.Do(owner.Request(http.MethodDelete, "/settings", nil)).Header.Get("Allow"); !strings.Contains(allow, "GET") {
		t.Errorf("Allow: %q", allow)
	}
}

func brokenForm(b *webtest.Browser) *http.Request {
	r := b.Request(http.MethodPost, "/sign-in", strings.NewReader("email=%zz"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// answerOf is what a page that fails with err is answered with.
func answerOf(t *testing.T, site *webtest.Site, h echo.HandlerFunc) webtest.Answer {
	t.Helper()
	server := httptest.NewServer(site.Server.PageOf(h))
	defer server.Close()
	return (&webtest.Site{URL: server.URL}).Browser(t).Get("/page")
}

func TestErrorsAreAnsweredByTheTable(t *testing.T) {
	site := webtest.Open(t)
	for _, c := range []struct {
		err    error
		status int
		title  string
	}{
		{fmt.Errorf("order 7: %w", db.ErrNotFound), 404, "There is nothing here"},
		{db.ErrNotSold, 404, "There is nothing here"},
		{db.ErrForbidden, 403, "You may not do this"},
		{db.ErrSuspended, 403, "This account is suspended"},
		{db.ErrStale, 409, "Somebody was faster"},
		{db.ErrGone, 410, "This link no longer works"},
		{&db.InsufficientCredit{Needed: 5, Available: 3}, 402, "Not enough credit"},
		{&db.Throttled{RetryAfter: 90 * time.Second}, 429, "Too many requests"},
		{echo.ErrUnsupportedMediaType, 415, "This format is not understood"},
		{context.DeadlineExceeded, 503, "Back in a moment"},
		{errors.New("disk on fire"), 500, "Something broke on our side"},
	} {
		a := answerOf(t, site, func(echo.Context) error { return c.err })
		if a.Status != c.status || a.Title(t) != c.title {
			t.Errorf("%v: %d %q", c.err, a.Status, a.Title(t))
		}
		if strings.Contains(a.Body, "order 7") || strings.Contains(a.Body, "disk on fire") {
			t.Errorf("%v: the cause is on the page", c.err)
		}
		if retry := a.Header.Get("Retry-After"); (retry == "90") != (c.status == 429) {
			t.Errorf("%v: Retry-After %q", c.err, retry)
		}
	}
	if !strings.Contains(site.Log.String(), "disk on fire") {
		t.Error("the cause is not in the log")
	}
}

func TestPanicsBecomePagesWithAReference(t *testing.T) {
	site := webtest.Open(t)
	a := answerOf(t, site, func(echo.Context) error { panic("secret cause") })
	reference := a.Header.Get("X-Request-Id")
	if a.Status != 500 || a.Title(t) != "Something broke on our side" || strings.Contains(a.Body, "secret cause") || !strings.Contains(a.Body, reference) {
		t.Errorf("%d\n%s", a.Status, a.Body)
	}
	if log := site.Log.String(); !strings.Contains(log, "secret cause") || !strings.Contains(log, reference) || !strings.Contains(log, "web_test.go") {
		t.Error("the log lacks the cause, the reference or the stack")
	}
}

func TestErrorPageIsDrawnWithoutTheBook(t *testing.T) {
	site := webtest.Open(t)
	b := site.SignedIn(t, db.RoleOwner)
	site.Book.Close()
	a := b.Get("/settings")
	if a.Status != 500 || a.Title(t) != "Something broke on our side" || a.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("%d\n%s", a.Status, a.Body)
	}
}

func TestPlausibleRequestIDsAreKeptOthersReplaced(t *testing.T) {
	site := webtest.Open(t)
	b := site.Browser(t)
	for id, kept := range map[string]bool{"proxy-0123456789": true, "short": false, "<script>alert(1)": false, strings.Repeat("x", 65): false} {
		r := b.Request(http.MethodGet, "/sign-in", nil)
		r.Header.Set("X-Request-Id", id)
		if got := b.Do(r).Header.Get("X-Request-Id"); (got == id) != kept {
			t.Errorf("%q became %q", id, got)
		}
	}
}

func TestLogNamesTheRouteAndThePersonButNoSecret(t *testing.T) {
	site := webtest.Open(t)
	b := site.SignedIn(t, db.RoleOwner)
	b.Get("/settings?key=hidden-in-query")
	b.Get("/reset-password/hidden-in-path")
	log := site.Log.String()
	for _, want := range []string{`"route":"/settings"`, `"route":"/reset-password/:token"`, `"status":410`, fmt.Sprintf(`"person":%d`, site.People[db.RoleOwner].ID)} {
		if !strings.Contains(log, want) {
			t.Errorf("log lacks %s", want)
		}
	}
	for _, secret := range []string{"hidden-in-query", "hidden-in-path", webtest.Password, b.Cookie(session.CookieName)} {
		if strings.Contains(log, secret) {
			t.Errorf("log has %q", secret)
		}
	}
}

func TestProxiesAreBelievedOnlyWhenTrusted(t *testing.T) {
	for trusted, want := range map[bool]string{true: "203.0.113.9", false: "127.0.0.1"} {
		site := webtest.Open(t, func(c *web.Config) {
			if trusted {
				c.TrustedProxies = append(c.TrustedProxies, mustPrefix(t, "127.0.0.0/8"))
			}
		})
		b := site.Browser(t)
		r := b.Request(http.MethodGet, "/sign-in", nil)
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		r.Header.Set("X-Real-Ip", "203.0.113.10")
		b.Do(r)
		if log := site.Log.String(); !strings.Contains(log, `"ip":"`+want+`"`) {
			t.Errorf("trusted %v: %s", trusted, log)
		}
	}
}

func TestOneAddressCantSendFormsEndlessly(t *testing.T) {
	site := webtest.Open(t)
	b := site.Browser(t)
	for i := range 1000 {
		a := b.Post("/preferences", url.Values{"lang": {"en"}})
		if a.Status == http.StatusTooManyRequests {
			if i < 100 || a.Header.Get("Retry-After") == "" {
				t.Errorf("after %d, Retry-After %q", i, a.Header.Get("Retry-After"))
			}
			if a := b.Get("/sign-in"); a.Status != http.StatusOK {
				t.Errorf("reading: %d", a.Status)
			}
			return
		}
	}
	t.Error("a thousand forms were taken")
}

func TestPagesAreCompressedAndHeadIsAnswered(t *testing.T) {
	site := webtest.Open(t)
	b := site.Browser(t)
	r := b.Request(http.MethodGet, "/sign-in", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	a := b.Do(r)
	if a.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(a.Header.Get("Vary"), "Accept-Encoding") {
		t.Errorf("encoding %q, vary %q", a.Header.Get("Content-Encoding"), a.Header.Get("Vary"))
	}
	if a := b.Do(b.Request(http.MethodHead, "/sign-in", nil)); a.Status != http.StatusOK || a.Body != "" {
		t.Errorf("HEAD: %d", a.Status)
	}
	css := b.Get("/sign-in").Document(t).Find("link[rel=stylesheet]").AttrOr("href", "")
	if a := b.Get(css); a.Status != http.StatusOK || !strings.Contains(a.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %d, %q", css, a.Status, a.Header.Get("Cache-Control"))
	}
}

func TestReportsOfBrowsersAreCounted(t *testing.T) {
	site := webtest.Open(t, func(c *web.Config) { c.MetricsToken = "let-me-measure" })
	b := site.Browser(t)
	r := b.Request(http.MethodPost, "/csp-report", strings.NewReader(`{"csp-report":{"blocked-uri":"inline"}}`))
	r.Header.Set("Content-Type", "application/csp-report")
	if a := b.Do(r); a.Status != http.StatusNoContent {
		t.Fatal(a.Status)
	}
	for token, want := range map[string]int{"let-me-measure": 200, "guess": 401, "": 401} {
		r := b.Request(http.MethodGet, "/metrics", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		a := b.Do(r)
		if a.Status != want {
			t.Errorf("token %q: %d", token, a.Status)
		}
		if want != 200 {
			continue
		}
		for _, line := range []string{"certbay_csp_reports_total 1", `certbay_jobs{state="waiting"} 0`, `certbay_http_request_seconds_count{method="POST",route="/csp-report",status="2xx"} 1`} {
			if !strings.Contains(a.Body, line) {
				t.Errorf("metrics lack %s", line)
			}
		}
	}
	if a := webtest.Open(t).Browser(t).Get("/metrics"); a.Status != http.StatusNotFound {
		t.Errorf("without a token of its own: %d", a.Status)
	}
}

func TestBadBaseURLIsRefused(t *testing.T) {
	book := dbtest.Open(t)
	for _, base := range []string{"", "shop.example", "ftp://shop.example", "https://", "https://shop.example/portal", "://"} {
		if _, err := web.New(web.Config{Book: book, BaseURL: base}); err == nil {
			t.Errorf("%q is taken", base)
		}
	}
}

func TestStoppingFinishesTheRequestsUnderWay(t *testing.T) {
	site := webtest.Open(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- site.Server.Run(ctx, listener) }()
	at := "http://" + listener.Addr().String()
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200} {
		res, err := http.Get(at + path)
		if err != nil || res.StatusCode != want {
			t.Fatalf("%s: %v, %v", path, res, err)
		}
		res.Body.Close()
	}
	// A form whose body is still on its way when the server is told to stop.
	body, feed := io.Pipe()
	answered := make(chan int, 1)
	go func() {
		r, err := http.NewRequest(http.MethodPost, at+"/sign-in", body)
		if err != nil {
			t.Error(err)
			return
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Error(err)
			answered <- 0
			return
		}
		res.Body.Close()
		answered <- res.StatusCode
	}()
	io.WriteString(feed, "email=owner@liman.example&")
	time.Sleep(100 * time.Millisecond)
	stop()
	time.Sleep(100 * time.Millisecond)
	if a := site.Browser(t).Get("/readyz"); a.Status != http.StatusServiceUnavailable { // through the test's own listener
		t.Errorf("ready while stopping: %d", a.Status)
	}
	select {
	case err := <-ended:
		t.Fatalf("ended before the request was answered: %v", err)
	default:
	}
	io.WriteString(feed, "password="+url.QueryEscape(webtest.Password))
	feed.Close()
	if status := <-answered; status != http.StatusSeeOther {
		t.Errorf("the request under way: %d", status)
	}
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
	if _, err := http.Get(at + "/healthz"); err == nil {
		t.Error("still listening")
	}
}

func mustPrefix(t *testing.T, text string) netip.Prefix {
	t.Helper()
	p, err := netip.ParsePrefix(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
