package handlers_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/providers"
	"certbay/providers/datassl"
	"certbay/providers/dcv"
	"certbay/providers/gogetssl"
	"certbay/web"
	"certbay/web/webtest"
)

// buying opens a portal whose admins can add upstreams, with its worker, and another
// one to buy from: its address and a key of a reseller there.
func buying(t *testing.T) (s *webtest.Site, there *webtest.Site, key string) {
	t.Helper()
	there = webtest.Open(t)
	ok(t, there.Book.UpdateReseller(t.Context(), db.System, there.Reseller.ID, db.NewReseller{Name: "Liman", Company: "Liman Ltd", Email: "info@liman.example", APIEnabled: true}))
	ok(t, there.Book.SetAPIEnabled(t.Context(), db.System, there.Reseller.ID, true))
	ok(t, there.Book.AddCredit(t.Context(), db.System, there.Reseller.ID, 12_345, "opening", "opening"))
	_, key, err := there.Book.CreateAPIKey(t.Context(), db.System, there.Reseller.ID, db.NewAPIKey{Name: "shop", Scopes: db.Scopes})
	ok(t, err)
	s = webtest.Open(t, func(c *web.Config) { c.Kinds = []providers.Kind{datassl.Kind, gogetssl.Kind} })
	work, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.Server.Work(work, web.WorkerConfig{Checker: &dcv.Checker{}}) }()
	t.Cleanup(func() {
		stop()
		ok(t, <-ended)
	})
	return s, there, key
}

func upstreamFormOf(there *webtest.Site, key string) url.Values {
	return url.Values{"kind": {"datassl"}, "name": {"main"}, "base_url": {there.URL + "/api/reseller"}, "key": {key}, "language": {"en"}, "low_balance": {"50.00"}, "active": {"1"}}
}

func with(form url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for k, v := range form {
		out[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

func TestAnUpstreamIsTriedAddedWatchedAndRemoved(t *testing.T) {
	s, there, key := buying(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	if a := admin.Get("/admin/upstreams/new"); a.Status != http.StatusOK || a.Document(t).Find("main a[href='/admin/upstreams/new?kind=gogetssl']").Length() != 1 {
		t.Errorf("kinds: %d", a.Status)
	}
	if a := admin.Get("/admin/upstreams/new?kind=datassl"); a.Document(t).Find("#f-key[type=password], #f-language option").Length() != 3 || a.Document(t).Find("#f-base_url").AttrOr("value", "") == "" {
		t.Errorf("the form of a kind: %s", a.Body)
	}
	form := upstreamFormOf(there, key)
	if a := admin.Post("/admin/upstreams/test", with(form, "key", "cb_wrong")); a.Status != http.StatusOK || !strings.Contains(a.Document(t).Find("#test .flash-error").Text(), "does not accept the login") || strings.Contains(a.Body, "cb_wrong") {
		t.Errorf("a wrong key: %d %s", a.Status, a.Document(t).Find("#test").Text())
	}
	r := admin.Request(http.MethodPost, "/admin/upstreams/test", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("HX-Request", "true")
	if a := admin.Do(r); a.Document(t).Find("h1").Length() != 0 || !strings.Contains(a.Document(t).Find("#test .flash-success").Text(), "$123.45") {
		t.Errorf("the right one, for htmx: %s", a.Body)
	}
	if names := must[[]db.Upstream](t)(s.Book.Upstreams(t.Context())); len(names) != 0 {
		t.Errorf("a test kept something: %+v", names)
	}
	done(t, admin, admin.Post("/admin/upstreams/new", form), "/admin/upstreams/1", "success")
	page := admin.Get("/admin/upstreams/1")
	if strings.Contains(page.Body, key) || page.Document(t).Find("#f-key").AttrOr("value", "") != "" {
		t.Error("the key is shown again")
	}
	done(t, admin, admin.Post("/admin/upstreams/1/balance", nil), "/admin/upstreams/1", "success")
	for _, path := range []string{"/admin/upstreams/1", "/admin/upstreams", "/admin"} {
		if a := admin.Get(path); !strings.Contains(a.Body, "$123.45") {
			t.Errorf("%s does not show the balance", path)
		}
	}
	// Kept without typing the key again, and tried with what is kept.
	if a := admin.Post("/admin/upstreams/test", with(form, "upstream", "1", "key", "")); !strings.Contains(a.Document(t).Find("#test .flash-success").Text(), "$123.45") {
		t.Errorf("the kept key: %s", a.Document(t).Find("#test").Text())
	}
	done(t, admin, admin.Post("/admin/upstreams/1", with(form, "key", "", "low_balance", "200.00")), "/admin/upstreams/1", "success")
	done(t, admin, admin.Post("/admin/upstreams/1/balance", nil), "/admin/upstreams/1", "success")
	if a := admin.Get("/admin"); !strings.Contains(a.Body, "Only $123.45 can still be spent at main") {
		t.Error("no alarm of the low balance")
	}
	if mails, n, err := s.Book.Outbox(t.Context(), "", db.Page{Limit: 5}); n != 1 || err != nil || mails[0].To != "admin@shop.example" || mails[0].Subject != "Low balance at main: $123.45" {
		t.Errorf("%+v, %v", mails, err)
	}
	if a := admin.Get("/admin/audit?action=upstream."); !strings.Contains(a.Body, "key entered, alarm below 50.00") || strings.Contains(a.Body, key) {
		t.Errorf("audit: %s", a.Document(t).Find("table").Text())
	}
	if a := admin.Get("/admin/products/new"); a.Document(t).Find("#f-upstream-0 option[value=main]").Text() != "main (DATASSL)" {
		t.Error("offers don't know it with its kind")
	}
	done(t, admin, admin.Post("/admin/upstreams/1/remove", nil), "/admin/upstreams", "success")
	if a := admin.Get("/admin/upstreams/1"); a.Status != http.StatusNotFound {
		t.Errorf("once it is gone: %d", a.Status)
	}
}

func TestWhatIsWrongWithAnUpstreamStandsBesideItsFields(t *testing.T) {
	s, there, key := buying(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	form := upstreamFormOf(there, key)
	for field, bad := range map[string]string{"name": "Main!", "base_url": "shop.example", "key": "", "language": "de", "low_balance": "much"} {
		a := admin.Post("/admin/upstreams/new", with(form, field, bad))
		if a.Status != http.StatusUnprocessableEntity || a.Document(t).Find("#f-"+field+"-error").Length() != 1 || a.Document(t).Find(".field-error").Length() != 1 {
			t.Errorf("%s %q: %d, %s", field, bad, a.Status, a.Document(t).Find(".error-summary").Text())
		}
	}
	done(t, admin, admin.Post("/admin/upstreams/new", form), "/admin/upstreams/1", "success")
	for _, taken := range []string{"main", "sandbox"} {
		if a := admin.Post("/admin/upstreams/new", with(form, "name", taken)); a.Status != http.StatusUnprocessableEntity || a.Document(t).Find("#f-name-error").Length() != 1 {
			t.Errorf("%s again: %d", taken, a.Status)
		}
	}
	elsewhere := with(form, "key", "", "base_url", "http://127.0.0.1:1/api", "upstream", "1")
	for _, path := range []string{"/admin/upstreams/1", "/admin/upstreams/test"} {
		if a := admin.Post(path, elsewhere); a.Status != http.StatusUnprocessableEntity || a.Document(t).Find("#f-key-error").Length() != 1 {
			t.Errorf("%s: the kept key goes to another server: %d", path, a.Status)
		}
	}
	if a := admin.Post("/admin/upstreams/new", with(form, "kind", "sixth")); a.Status != http.StatusBadRequest {
		t.Errorf("no such kind: %d", a.Status)
	}
}

func TestSupportSeesUpstreamsAndChangesNone(t *testing.T) {
	s, there, key := buying(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	done(t, admin, admin.Post("/admin/upstreams/new", upstreamFormOf(there, key)), "/admin/upstreams/1", "success")
	support := s.SignedIn(t, db.RoleSupport)
	for _, path := range []string{"/admin/upstreams", "/admin/upstreams/1"} {
		if a := support.Get(path); a.Status != http.StatusOK || a.Document(t).Find("main input, main a[href$='/new'], main a[href$='/remove']").Length() != 0 {
			t.Errorf("%s: %d, or it offers a change", path, a.Status)
		}
	}
	for _, path := range []string{"/admin/upstreams/new", "/admin/upstreams/test", "/admin/upstreams/1", "/admin/upstreams/1/remove"} {
		if a := support.Post(path, upstreamFormOf(there, key)); a.Status != http.StatusForbidden {
			t.Errorf("POST %s: %d", path, a.Status)
		}
	}
}

func TestALoginThatWillEndIsWarnedOf(t *testing.T) {
	s := webtest.Open(t, func(c *web.Config) { c.Kinds = []providers.Kind{gogetssl.Kind, datassl.Kind} })
	for _, kind := range []string{"gogetssl", "datassl"} {
		must[int64](t)(s.Book.CreateUpstream(t.Context(), db.System, db.UpstreamWish{Name: "at-" + kind, Kind: kind, BaseURL: "https://a.example", Secrets: map[string]string{"password": "x", "key": "y"}, Active: true}))
	}
	for _, step := range []struct {
		days       int
		says, page string
	}{{334, "", ""}, {2, "is good until", "good until"}, {30, "ended on", "not accepted since"}} {
		s.Later(time.Duration(step.days) * 24 * time.Hour)
		a := s.SignedIn(t, db.RoleAdmin).Get("/admin")
		text := a.Document(t).Find("[role=alert]:contains('login')").Text()
		if (step.says == "") != (text == "") || !strings.Contains(text, step.says) || strings.Contains(text, "at-datassl") {
			t.Errorf("%d days on: %q", step.days, text)
		}
		if text := s.SignedIn(t, db.RoleAdmin).Get("/admin/upstreams/1").Document(t).Find("main .flash").Text(); (step.page == "") != (text == "") || !strings.Contains(text, step.page) {
			t.Errorf("%d days on, its page says %q", step.days, text)
		}
	}
}
