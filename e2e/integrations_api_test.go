package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// asks sends a GET to the API with a key and says the status.
func (v *visitor) asks(key, path string) int {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodGet, v.base+path, nil)
	must(v.t, err)
	r.Header.Set("X-API-Key", key)
	res, err := v.client.Do(r)
	must(v.t, err)
	must(v.t, res.Body.Close())
	return res.StatusCode
}

// A key from the page opens the API, its requests are in the log, and once it is
// revoked it opens nothing.
func TestKeyOfThePageOpensTheAPIUntilItIsRevoked(t *testing.T) {
	owner, program := visit(t, shop).signIn(shop.access.Reseller), visit(t, shop)
	made := owner.post("/integrations/keys", "name", "Program", "scope", "read")
	key := made.document(t).Find("[data-copy^='cb_']").AttrOr("data-copy", "")
	if status := program.asks(key, "/api/reseller/orders?limit=1"); status != http.StatusOK {
		t.Fatalf("the new key: %d", status)
	}
	if log := owner.get("/integrations/requests"); !strings.Contains(log.document(t).Find("tbody tr").First().Text(), "/api/reseller/orders") || strings.Contains(log.body, key) {
		t.Error("the request is not in the log, or the key is")
	}
	page := owner.get("/integrations").document(t)
	revoke := page.Find("tr:contains('Program') form[action$='/revoke']").AttrOr("action", "")
	if a := owner.post(revoke); a.status != http.StatusSeeOther {
		t.Fatalf("revoking by %q: %d", revoke, a.status)
	}
	if status := program.asks(key, "/api/reseller/orders?limit=1"); status != http.StatusUnauthorized {
		t.Errorf("the revoked key: %d", status)
	}
}

// The console shows the API's own answer, with JavaScript in place, without on a page.
func TestConsoleShowsWhatTheAPIAnswers(t *testing.T) {
	b := signedIn(t, shop.access.Reseller)
	b.open("/integrations")
	b.press("main a[href='/integrations/console']")
	_, err := b.Locator("main [name=operation]").First().SelectOption(playwright.SelectOptionValues{Values: &[]string{"/orders"}})
	must(t, err)
	b.press(button("Choose"))
	b.look(200, "apitry")
	b.fill("query.limit", "1")
	must(t, b.Locator(button("Ask the API")).First().Click())
	must(t, b.Locator("#answer pre").WaitFor())
	if text := b.text("#answer pre"); !strings.Contains(text, `"success": true`) || !strings.Contains(text, `"order_number": "ORD-`) {
		t.Errorf("the answer: %s", text)
	}
	b.look(200, "apitry-answer")

	plain := open(t, withoutJavaScript)
	plain.signIn(shop.access.Reseller)
	plain.open("/integrations/console?operation=/orders/{id}")
	plain.press(button("Ask the API"))
	plain.at(422, "Try it")
	plain.fill("path.id", "999999")
	plain.press(button("Ask the API"))
	plain.at(200, "Try it")
	if !plain.has("#answer .pill:has-text('404')") {
		t.Error("the answer does not say 404")
	}
}
