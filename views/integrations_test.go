package views

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

func sampleKeys() []APIKeyRow {
	return []APIKeyRow{
		{ID: 4, Name: `WHMCS <script>alert(1)</script>`, Prefix: "cb_Xy12abc", Scopes: []string{"read", "order", "certificate", "credit"}, State: "works", CreatedAt: testNow, LastUsedAt: testNow.Add(-time.Hour)},
		{ID: 3, Name: "muhasebe", Prefix: "cb_Qw34def", Scopes: []string{"read"}, From: []string{"192.0.2.10", "2001:db8::/32"}, State: "rotated", CreatedAt: testNow, ExpiresAt: testNow.Add(24 * time.Hour)},
	}
}

func sampleIntegrations() IntegrationsPage {
	return IntegrationsPage{IntegrationTabs: IntegrationTabs{Console: true}, BaseURL: "https://shop.example/api/reseller", Allowed: true, Enabled: true, Keys: sampleKeys(),
		Ended: []APIKeyRow{{ID: 1, Name: "old", Prefix: "cb_old0000", State: "expired", ExpiresAt: testNow}, {ID: 2, Name: "lost", Prefix: "cb_lost000", State: "revoked", RevokedAt: testNow}}}
}

func TestKeysAreManagedByTheOwnerAndSeenByOthers(t *testing.T) {
	for role, want := range map[string]int{"owner": 1, "technical": 0, "viewer": 0, "billing": 0} {
		inEachLanguage(t, Integrations(testPage(role), sampleIntegrations()), func(t *testing.T, lang string, doc *goquery.Document) {
			for selector, n := range map[string]int{
				"a[href='/integrations/keys/new']": 1, "a[href='/integrations/keys/4/rotate']": 1, "a[href='/integrations/keys/3/rotate']": 0,
				"form[action='/integrations/keys/4/revoke']": 1, "form[action='/integrations/keys/3/revoke']": 1, "form[action='/integrations/access']": 1,
			} {
				if got := doc.Find("main " + selector).Length(); got != n*want {
					t.Errorf("%s sees %d %s", role, got, selector)
				}
			}
			if doc.Find("tbody tr").Length() != 2 || doc.Find(".sidenav a[href='/integrations'][aria-current=page]").Length() != 1 {
				t.Error("keys or the place in the navigation are missing")
			}
		})
	}
}

func TestTheSwitchSaysHowTheAPIStands(t *testing.T) {
	for name, c := range map[string]struct {
		allowed, enabled bool
		pill, button     string
	}{
		"on": {true, true, ".pill-success", "a[data-dialog=api-off]"}, "off": {true, false, ".pill-warning", "form[action='/integrations/access'] input[name=on][value='1']"},
		"closed": {false, true, ".pill-neutral", ""},
	} {
		m := IntegrationsPage{BaseURL: "https://shop.example/api/reseller", Allowed: c.allowed, Enabled: c.enabled, NoGroup: true}
		inEachLanguage(t, Integrations(testPage("owner"), m), func(t *testing.T, lang string, doc *goquery.Document) {
			if doc.Find(".card-head "+c.pill).Length() != 1 {
				t.Errorf("%s: no %s", name, c.pill)
			}
			if c.button == "" && doc.Find("main form, main a[href='/integrations/keys/new']").Length() != 0 {
				t.Errorf("%s: something is offered", name)
			}
			if c.button != "" && doc.Find("main "+c.button).Length() != 1 {
				t.Errorf("%s: no %s", name, c.button)
			}
			if doc.Find(".empty").Length() != 1 {
				t.Error("no word about there being no key")
			}
		})
	}
}

func TestSecretIsOnThePageOnlyWhereItWasMade(t *testing.T) {
	m := sampleIntegrations()
	m.New = &NewAPIKey{Name: "WHMCS", Secret: "cb_the-secret", Rotated: true, OldUntil: testNow.Add(time.Hour)}
	inEachLanguage(t, Integrations(testPage("owner"), m), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find(".record-value:contains('cb_the-secret')").Length() != 1 || doc.Find("[data-copy='cb_the-secret']").Length() != 1 {
			t.Error("the secret can't be read or copied")
		}
	})
	m.New.OldUntil = time.Time{}
	inEachLanguage(t, Integrations(testPage("owner"), m), nil)
}

func TestKeyFormsHold(t *testing.T) {
	problems := Problems{{Field: "name", Key: "form.required"}, {Field: "scope", Key: "apikey.problem.scopes"}, {Field: "ips", Key: "apikey.problem.ips", Args: []any{"Name", "office"}}, {Field: "ends", Key: "apikey.problem.ends"}}
	scopes := []string{"read", "order", "certificate", "credit"}
	inEachLanguage(t, NewKey(testPage("owner"), NewAPIKeyPage{AllScopes: scopes, Scopes: scopes[:2], IPs: "office", Problems: problems, Today: "2026-11-20"}), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("input[name=scope][checked]").Length() != 2 || doc.Find(".field-error").Length() != 4 || doc.Find("textarea").Text() != "office" {
			t.Error("what was typed or what is wrong with it is missing")
		}
	})
	inEachLanguage(t, RotateKey(testPage("owner"), RotateKeyPage{Key: sampleKeys()[0], Overlap: "24", Overlaps: []string{"0", "1", "24", "72", "168"}}), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("option").Length() != 5 || doc.Find("option[selected]").AttrOr("value", "") != "24" {
			t.Error("the overlaps are missing")
		}
	})
	inEachLanguage(t, RevokeKey(testPage("owner"), RevokeKeyPage{Key: sampleKeys()[0], Action: "/integrations/keys/4/revoke", Back: "/integrations"}), nil)
	inEachLanguage(t, RevokeKey(testPage("admin"), RevokeKeyPage{Key: sampleKeys()[0], Action: "/admin/resellers/1/keys/4/revoke", Back: "/admin/resellers/1", Admin: true}), nil)
	inEachLanguage(t, TurnAPIOff(testPage("owner"), IntegrationsPage{}), nil)
}

func TestOperatorSeesKeysAndOnlyAdminsRevokeThem(t *testing.T) {
	for role, forms := range map[string]int{"admin": 2, "support": 0} {
		m := AdminResellerPage{ID: 7, Name: "Ege Bulut", APIAllowed: true, Keys: append(sampleKeys(), sampleIntegrations().Ended...)}
		inEachLanguage(t, AdminReseller(testPage(role), m), func(t *testing.T, lang string, doc *goquery.Document) {
			if got := doc.Find("form[action^='/admin/resellers/7/keys/']").Length(); got != forms {
				t.Errorf("%s sees %d forms", role, got)
			}
			if !strings.Contains(doc.Find("main").Text(), "cb_lost000…") {
				t.Error("a key is missing")
			}
		})
	}
}

func TestRequestLogHolds(t *testing.T) {
	m := RequestsPage{Days: 30, Key: "4", Keys: []Option{{"4", "WHMCS (cb_Xy12abc…)"}}, Path: "/integrations/requests", Query: map[string][]string{"key": {"4"}}, Newer: 90, Older: 41,
		Rows: []RequestRow{
			{At: testNow, Method: "GET", Path: "/api/reseller/orders/<b>12</b>", Status: 200, Took: 12345 * time.Microsecond, Key: "WHMCS", Prefix: "cb_Xy12abc", IP: "192.0.2.10"},
			{At: testNow, Method: "POST", Path: "/api/reseller/orders", Status: 402, Took: 3 * time.Second, Key: "WHMCS", Prefix: "cb_Xy12abc", IP: "2001:db8::1"},
			{At: testNow, Method: "GET", Path: "/api/reseller/balance", Status: 500, IP: "192.0.2.10"},
		}}
	inEachLanguage(t, Requests(testPage("technical"), m), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("tbody .pill-success, tbody .pill-warning, tbody .pill-error").Length() != 3 {
			t.Error("a status is missing")
		}
		for _, href := range []string{"/integrations/requests?after=90&key=4", "/integrations/requests?before=41&key=4", "/integrations/requests?key=4"} {
			if doc.Find("a[href='"+href+"']").Length() != 1 {
				t.Errorf("no link to %s", href)
			}
		}
		if took := squash(doc.Find("tbody td.num").First().Text()); took != map[string]string{"en": "12.3 ms", "tr": "12,3 ms"}[lang] {
			t.Errorf("took %s", took)
		}
	})
	inEachLanguage(t, Requests(testPage("viewer"), RequestsPage{Days: 30}), nil)
	inEachLanguage(t, Requests(testPage("viewer"), RequestsPage{Days: 30, Class: "5"}), nil)
}

func TestConsoleHolds(t *testing.T) {
	m := ConsolePage{IntegrationTabs: IntegrationTabs{Console: true}, Operation: "/orders/{id}", Operations: []Option{{"/orders", "/orders · Orders"}, {"/orders/{id}", "/orders/{id}"}},
		Fields: []ConsoleField{{Name: "path.id", Label: "id", InPath: true}, {Name: "query.status", Label: "status", Values: []string{"pending", "completed"}, Value: "pending"}, {Name: "query.domain", Label: "domain"}}}
	inEachLanguage(t, Console(testPage("owner"), m), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("form[action='/integrations/console'] input[name='path.id']").Length() != 1 || doc.Find("option[value=pending][selected]").Length() != 1 {
			t.Error("a field is missing")
		}
	})
	m.Answer = ConsoleAnswer{Problems: Problems{{Field: "path.id", Key: "apitry.problem.path"}}}
	inEachLanguage(t, Console(testPage("owner"), m), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("#f-path-id[aria-invalid=true]").Length() != 1 {
			t.Error("the field does not say what is wrong")
		}
	})
	m.Answer = ConsoleAnswer{Request: "GET https://shop.example/api/reseller/orders/12", Curl: "curl …", Status: 200, Took: time.Millisecond, Size: 44, Body: "{\n  \"name\": \"<script>\"\n}", Cut: true}
	inEachLanguage(t, Console(testPage("owner"), m), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("#answer pre").Text() != m.Answer.Body {
			t.Errorf("%s", doc.Find("#answer pre").Text())
		}
	})
}

func TestEverySampleHasAPage(t *testing.T) {
	for _, language := range SampleLanguages() {
		inEachLanguage(t, Samples(testPage("technical"), SamplesPage{BaseURL: "https://shop.example/api/reseller", Language: language}), func(t *testing.T, lang string, doc *goquery.Document) {
			code := doc.Find("pre").Text()
			if strings.Count(code, "https://shop.example/api/reseller") != 1 || strings.Contains(code, "BASE'") {
				t.Errorf("%s has not the shop's address once", language)
			}
			if doc.Find("[aria-current=true]").Length() != 1 || doc.Find("[data-copy]").AttrOr("data-copy", "") != code {
				t.Errorf("%s can't be copied or is not marked", language)
			}
		})
	}
}

// asked is what a sample asked of the API.
type asked struct{ method, path, key, once, body string }

// Each sample is run as a reader would run it, against a server that answers in
// the form of the API.
func TestSamplesRunAsTheyStand(t *testing.T) {
	for _, s := range apiSamples {
		t.Run(s.language, func(t *testing.T) {
			t.Parallel()
			program := strings.Fields(s.run)[0]
			if _, err := exec.LookPath(program); err != nil {
				t.Skipf("%s is not installed here", program)
			}
			var mu sync.Mutex
			var seen []asked
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				a := asked{method: r.Method, path: r.URL.RequestURI(), key: r.Header.Get("X-API-Key"), once: r.Header.Get("Idempotency-Key")}
				var body struct {
					Product int    `json:"product_id"`
					Domain  string `json:"domain"`
					Period  int    `json:"period"`
				}
				if r.Method == http.MethodPost && json.NewDecoder(r.Body).Decode(&body) == nil && r.Header.Get("Content-Type") == "application/json" && body.Period == 12 && body.Product == 7 {
					a.body = body.Domain
				}
				mu.Lock()
				seen = append(seen, a)
				mu.Unlock()
				w.Header().Set("Content-Type", "application/json")
				if r.Method == http.MethodPost {
					w.WriteHeader(http.StatusPaymentRequired)
					_, _ = w.Write([]byte(`{"success":false,"error":"Yetersiz bakiye."}`))
					return
				}
				_, _ = w.Write([]byte(`{"success":true,"balance":1221.03}`))
			}))
			defer api.Close()
			dir := t.TempDir()
			file := filepath.Join(dir, s.file)
			if err := os.WriteFile(file, []byte(APISample(s.language, api.URL+"/api/reseller")), 0o600); err != nil {
				t.Fatal(err)
			}
			run := func(args ...string) (string, error) {
				words := strings.Fields(s.run)
				command := exec.CommandContext(t.Context(), words[0], append(words[1:], args...)...)
				command.Dir = dir
				command.Env = append(os.Environ(), "CERTBAY_API_KEY=cb_secret", "GOFLAGS=-mod=mod")
				out, err := command.CombinedOutput()
				return string(out), err
			}
			if out, err := run(); err != nil || !strings.Contains(out, "1221.03") {
				t.Fatalf("%v\n%s", err, out)
			}
			// A refusal is the program's failure, in the API's words.
			if out, err := run("7", "example.com"); err == nil || !strings.Contains(out, "Yetersiz bakiye.") {
				t.Errorf("%v\n%s", err, out)
			}
			want := []asked{{"GET", "/api/reseller/balance", "cb_secret", "", ""}, {"GET", "/api/reseller/orders?limit=5", "cb_secret", "", ""}}
			if len(seen) != 3 || seen[0] != want[0] || seen[1] != want[1] || seen[2].body != "example.com" || !strings.HasPrefix(seen[2].once, "order-example.com-20") || seen[2].path != "/api/reseller/orders" {
				t.Errorf("asked %+v", seen)
			}
		})
	}
}
