package handlers_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"certbay/db"
	"certbay/providers"
	"certbay/providers/dcv"
	"certbay/web"
	"certbay/web/webtest"
)

func openHooks(t testing.TB) (*webtest.Site, *webtest.Browser) {
	t.Helper()
	site := webtest.Open(t, func(c *web.Config) { c.LoopbackWebhooks = true })
	return site, site.SignedIn(t, db.RoleOwner)
}

func endpointForm(address string, events ...string) url.Values {
	if events == nil {
		events = []string{"order.created", "credit.low"}
	}
	return url.Values{"url": {address}, "description": {"ERP <b>&"}, "events": events}
}

// shownSecret is what the copy button of a page copies: the text beside it may be
// broken for narrow screens.
func shownSecret(page string) string {
	if found := copiedSecret.FindStringSubmatch(page); found != nil {
		return html.UnescapeString(found[1])
	}
	return ""
}

var copiedSecret = regexp.MustCompile(`data-copy="(whsec_[^"]{40,})"`)

func TestAnEndpointFromAddingToRemoving(t *testing.T) {
	site, owner := openHooks(t)
	if a := owner.Get("/webhooks"); a.Status != http.StatusOK || a.Document(t).Find("main a[href='/webhooks/new']").Length() != 1 {
		t.Fatalf("%d\n%s", a.Status, a.Body)
	}
	if n := owner.Get("/webhooks/new").Document(t).Find("main input[name=events][checked]").Length(); n != len(db.WebhookEvents) {
		t.Errorf("%d events are chosen at first", n)
	}
	a := owner.Post("/webhooks/new", endpointForm("https://app.example.com/hooks"))
	secret := shownSecret(a.Body)
	if a.Status != http.StatusCreated || secret == "" {
		t.Fatalf("%d\n%s", a.Status, a.Body)
	}
	w := must[[]db.Webhook](t)(site.Book.Webhooks(t.Context(), site.Reseller.ID))[0]
	page := fmt.Sprint("/webhooks/", w.ID)
	for _, path := range []string{"/webhooks", page, page + "/edit"} {
		a := owner.Get(path)
		if a.Status != http.StatusOK || strings.Contains(a.Body, "whsec_") || strings.Contains(a.Body, "<b>&") || !strings.Contains(a.Body, "https://app.example.com/hooks") {
			t.Errorf("%s: %d\n%s", path, a.Status, a.Body)
		}
	}
	if strings.Contains(site.Log.String(), secret) {
		t.Error("the secret is in the log")
	}
	changed := endpointForm("https://new.example.com/hooks", "invoice.created")
	done(t, owner, owner.Post(page+"/edit", changed), page, "success")
	if w := must[db.Webhook](t)(site.Book.Webhook(t.Context(), site.Reseller.ID, w.ID)); w.URL != "https://new.example.com/hooks" || len(w.Events) != 1 || w.Events[0] != db.InvoiceCreated {
		t.Errorf("%+v", w)
	}
	if a := owner.Get(page + "/rotate"); a.Status != http.StatusOK {
		t.Errorf("asking back: %d", a.Status)
	}
	a = owner.Post(page+"/rotate", nil)
	if rotated := shownSecret(a.Body); a.Status != http.StatusCreated || rotated == "" || rotated == secret {
		t.Errorf("rotated: %d, %q", a.Status, rotated)
	}
	done(t, owner, owner.Post(page+"/disable", nil), page, "success")
	done(t, owner, owner.Post(page+"/test", nil), page, "info")
	done(t, owner, owner.Post(page+"/enable", nil), page, "success")
	if a := owner.Get(page + "/remove"); a.Status != http.StatusOK || !strings.Contains(a.Body, "https://new.example.com/hooks") {
		t.Errorf("asking back: %d", a.Status)
	}
	done(t, owner, owner.Post(page+"/remove", nil), "/webhooks", "success")
	if a := owner.Get(page); a.Status != http.StatusNotFound {
		t.Errorf("after its removal: %d", a.Status)
	}
	rows, _, err := site.Book.AuditRows(t.Context(), db.AuditFilter{Action: "webhook.", ResellerID: site.Reseller.ID})
	ok(t, err)
	var actions []string
	for _, r := range rows {
		actions = append(actions, strings.TrimPrefix(r.Action, "webhook."))
		if strings.Contains(r.Before+r.After, "whsec_") || r.ActorName != "The owner" {
			t.Errorf("%+v", r)
		}
	}
	if got := strings.Join(actions, " "); got != "remove enable disable rotate update create" {
		t.Error(got)
	}
}

func TestAnEndpointIsRejectedBesideItsFields(t *testing.T) {
	site, owner := openHooks(t)
	_, secret, err := site.Book.CreateWebhook(t.Context(), db.System, site.Reseller.ID, db.WebhookWish{URL: "https://a.com", Events: db.WebhookEvents})
	ok(t, err)
	if secret == "" {
		t.Fatal("no secret")
	}
	for _, path := range []string{"/webhooks/new", "/webhooks/1/edit"} {
		for _, c := range []struct {
			form  url.Values
			field string
		}{
			{endpointForm("ftp://x.example"), "url"}, {endpointForm("https://10.0.0.1/"), "url"}, {endpointForm(""), "url"}, {endpointForm("https://a.com:25"), "url"},
			{endpointForm("https://a.com", "webhook.test"), "events"}, {url.Values{"url": {"https://a.com"}}, "events"},
			{url.Values{"url": {"https://a.com"}, "events": {"order.created"}, "description": {strings.Repeat("x", 300)}}, "description"},
		} {
			a := owner.Post(path, c.form)
			if a.Status != http.StatusUnprocessableEntity || a.Document(t).Find("#f-"+c.field+"-error").Length() != 1 {
				t.Errorf("%s %v: %d", path, c.form, a.Status)
			}
			if got := a.Document(t).Find("input[name=url]").AttrOr("value", "?"); got != c.form.Get("url") {
				t.Errorf("%s: the address became %q", path, got)
			}
		}
	}
	for range db.MaxWebhooks - 1 {
		_, _, err := site.Book.CreateWebhook(t.Context(), db.System, site.Reseller.ID, db.WebhookWish{URL: "https://a.com", Events: db.WebhookEvents})
		ok(t, err)
	}
	if a := owner.Post("/webhooks/new", endpointForm("https://a.com")); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "20 endpoints") {
		t.Errorf("one too many: %d", a.Status)
	}
	if a := owner.Get("/webhooks"); a.Document(t).Find("main a[href='/webhooks/new']").Length() != 0 {
		t.Error("another is offered")
	}
}

func TestAShopsEndpointsAreHTTPS(t *testing.T) {
	site := webtest.Open(t)
	owner := site.SignedIn(t, db.RoleOwner)
	for _, address := range []string{"http://127.0.0.1:8080/", "http://app.example.com/", "https://localhost:8443/", "https://127.0.0.1:8443/"} {
		if a := owner.Post("/webhooks/new", endpointForm(address)); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", address, a.Status)
		}
	}
}

func TestLowCreditIsChosenOnThePage(t *testing.T) {
	site, owner := openHooks(t)
	for _, typed := range []string{"x", "-5", "1e9", "99999999999"} {
		if a := owner.Post("/webhooks/credit-alert", url.Values{"alert": {typed}}); a.Status != http.StatusUnprocessableEntity || a.Document(t).Find("#f-alert-error").Length() != 1 {
			t.Errorf("%q: %d", typed, a.Status)
		}
	}
	done(t, owner, owner.Post("/webhooks/credit-alert", url.Values{"alert": {"75.50"}}), "/webhooks", "success")
	if cents, set, err := site.Book.CreditAlert(t.Context(), site.Reseller.ID); err != nil || !set || cents != 7550 {
		t.Errorf("%d, %t, %v", cents, set, err)
	}
	if got := owner.Get("/webhooks").Document(t).Find("input[name=alert]").AttrOr("value", ""); got != "75.50" {
		t.Errorf("shown as %q", got)
	}
	done(t, owner, owner.Post("/webhooks/credit-alert", url.Values{"alert": {""}}), "/webhooks", "success")
	if _, set, err := site.Book.CreditAlert(t.Context(), site.Reseller.ID); err != nil || set {
		t.Errorf("%t, %v", set, err)
	}
}

func TestAnothersWebhooksAreNotFound(t *testing.T) {
	site, owner := openHooks(t)
	w, _, err := site.Book.CreateWebhook(t.Context(), db.System, site.Reseller.ID, db.WebhookWish{URL: "https://a.com", Events: db.WebhookEvents})
	ok(t, err)
	id, _, err := site.Book.TestWebhook(t.Context(), db.System, site.Reseller.ID, w.ID)
	ok(t, err)
	other := site.SignedInAs(t, site.Outsider)
	page := fmt.Sprint("/webhooks/", w.ID)
	delivery := fmt.Sprint(page, "/deliveries/", id)
	for _, path := range []string{"", "/edit", "/rotate", "/remove"} {
		if a := other.Get(page + path); a.Status != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, a.Status)
		}
	}
	for path, form := range map[string]url.Values{"/edit": endpointForm("https://b.com"), "/rotate": nil, "/remove": nil, "/enable": nil, "/disable": nil, "/test": nil} {
		if a := other.Post(page+path, form); a.Status != http.StatusNotFound {
			t.Errorf("POST %s: %d", path, a.Status)
		}
	}
	if a := other.Post(page+"/edit", endpointForm("bad")); a.Status != http.StatusNotFound {
		t.Errorf("a rejected form tells that it exists: %d", a.Status)
	}
	if a := other.Get(delivery); a.Status != http.StatusNotFound {
		t.Errorf("its delivery: %d", a.Status)
	}
	if a := other.Post(delivery+"/replay", nil); a.Status != http.StatusNotFound {
		t.Errorf("its replay: %d", a.Status)
	}
	for _, path := range []string{"/webhooks/x", "/webhooks/999", page + "/deliveries/x", page + "/deliveries/999"} {
		if a := owner.Get(path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}

// A test event goes out and comes back as the log shows it, and is sent again.
func TestATestEventIsDeliveredLoggedAndReplayed(t *testing.T) {
	site, owner := openHooks(t)
	var mu sync.Mutex
	var got []http.Header
	var bodies []string
	status := http.StatusOK
	program := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got, bodies = append(got, r.Header), append(bodies, string(body))
		w.Header().Set("X-Program", "ERP <i>")
		w.WriteHeader(status)
		io.WriteString(w, "noted <script>")
	}))
	t.Cleanup(program.Close)
	work, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- site.Server.Work(work, web.WorkerConfig{Upstreams: providers.Registry{}, Checker: &dcv.Checker{}})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	made := owner.Post("/webhooks/new", endpointForm(program.URL))
	secret := shownSecret(made.Body)
	w := must[[]db.Webhook](t)(site.Book.Webhooks(t.Context(), site.Reseller.ID))[0]
	page := fmt.Sprint("/webhooks/", w.ID)
	done(t, owner, owner.Post(page+"/test", nil), page, "success")
	mu.Lock()
	verifier := must[*standardwebhooks.Webhook](t)(standardwebhooks.NewWebhook(secret))
	if len(got) != 1 || verifier.Verify([]byte(bodies[0]), got[0]) != nil {
		t.Fatalf("%d messages, %v", len(got), bodies)
	}
	status = http.StatusTeapot
	mu.Unlock()
	done(t, owner, owner.Post(page+"/test", nil), page, "error")
	if a := owner.Get(page); a.Document(t).Find("main .flash-warning").Length() != 1 {
		t.Error("the page does not say that it fails")
	}
	for query, want := range map[string]int{"": 2, "?state=delivered": 1, "?state=waiting": 1, "?state=failed": 0, "?event=webhook.test": 2, "?event=order.created": 0, "?state=x&event=y": 2} {
		if n := owner.Get(page + query).Document(t).Find("main tbody a").Length(); n != want {
			t.Errorf("%q lists %d, want %d", query, n, want)
		}
	}
	delivery := owner.Get(page+"?state=delivered").Document(t).Find("main tbody a").AttrOr("href", "")
	a := owner.Get(delivery)
	doc := a.Document(t)
	text := doc.Find("main").Text()
	for _, want := range []string{`"type": "webhook.test"`, "webhook-signature: v1,", "x-program: ERP <i>", "noted <script>", got[0].Get("Webhook-Id")} {
		if !strings.Contains(text, want) {
			t.Errorf("the delivery does not show %q", want)
		}
	}
	if doc.Find("main script, main i").Length() != 0 || strings.Contains(a.Body, "whsec_") {
		t.Error("an answer became markup, or a secret is shown")
	}
	mu.Lock()
	status = http.StatusOK
	mu.Unlock()
	done(t, owner, owner.Post(delivery+"/replay", nil), delivery, "success")
	await(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(got) == 3 && got[2].Get("Webhook-Id") == got[0].Get("Webhook-Id") && bodies[2] == bodies[0]
	})
	ok(t, site.Book.DisableWebhook(t.Context(), db.System, site.Reseller.ID, w.ID))
	done(t, owner, owner.Post(delivery+"/replay", nil), delivery, "info")
}

func TestTheEventsAreDocumentedWithWhatIsSent(t *testing.T) {
	_, owner := openHooks(t)
	a := owner.Get("/webhooks/events")
	if a.Status != http.StatusOK {
		t.Fatal(a.Status)
	}
	text := a.Document(t).Find("main").Text()
	for _, e := range db.WebhookExamples() {
		if !strings.Contains(text, `"type": "`+string(e.Type)+`"`) {
			t.Errorf("%s is not documented", e.Type)
		}
	}
}

// await waits until something is so, at most ten seconds.
func await(t testing.TB, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to be")
		}
	}
}
