package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"certbay/db"
	"certbay/web/webtest"
)

// ask asks the API with a key, as a program does.
func (s integrator) ask(t *testing.T, secret, path string) webtest.Answer {
	t.Helper()
	b := s.Browser(t)
	r := b.Request(http.MethodGet, path, nil)
	r.Header.Set("X-API-Key", secret)
	return b.Do(r)
}

// The pages and the API together: what is made on the page opens the API, what is
// asked there is in the log, and what is ended on the page is refused at once.
func TestKeyOfThePageOpensTheAPIUntilItIsRevoked(t *testing.T) {
	s := openIntegrator(t)
	owner := s.SignedIn(t, db.RoleOwner)
	secret := secretIn(t, owner.Post("/integrations/keys", url.Values{"name": {"shop"}, "scope": {"read"}}))
	k, err := s.Book.APIKeyBySecret(t.Context(), secret)
	ok(t, err)
	if a := s.ask(t, secret, "/api/reseller/balance"); a.Status != http.StatusOK || !strings.Contains(a.Body, `"success":true`) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	s.ask(t, secret, "/api/reseller/orders/999?domain=hidden-in-the-query")
	s.ask(t, secret, "/api/reseller/orders/"+secret)
	s.ask(t, "cb_nobody", "/api/reseller/products")
	log := owner.Get(fmt.Sprintf("/integrations/requests?key=%d", k.ID))
	rows := log.Document(t).Find("tbody tr")
	if rows.Length() != 3 || !strings.Contains(rows.Eq(2).Text(), "GET /api/reseller/balance") || !strings.Contains(rows.Eq(1).Text(), "404") || !strings.Contains(rows.Eq(0).Text(), "/orders/{id}") {
		t.Errorf("the log: %s", rows.Text())
	}
	if strings.Contains(log.Body, secret) || strings.Contains(log.Body, "hidden-in-the-query") {
		t.Error("the log shows what it must not keep")
	}
	owner.Post("/integrations/access", nil)
	if a := s.ask(t, secret, "/api/reseller/balance"); a.Status != http.StatusUnauthorized {
		t.Errorf("API off: %d", a.Status)
	}
	owner.Post("/integrations/access", url.Values{"on": {"1"}})
	rotated := secretIn(t, owner.Post(keyPath(k.ID, "/rotate"), url.Values{"overlap": {"1"}}))
	for _, each := range []string{secret, rotated} {
		if a := s.ask(t, each, "/api/reseller/balance"); a.Status != http.StatusOK {
			t.Errorf("within the overlap: %d", a.Status)
		}
	}
	owner.Post(keyPath(k.ID, "/revoke"), nil)
	if a := s.ask(t, secret, "/api/reseller/balance"); a.Status != http.StatusUnauthorized {
		t.Errorf("revoked: %d", a.Status)
	}
	if a := s.ask(t, rotated, "/api/reseller/balance"); a.Status != http.StatusOK {
		t.Errorf("its successor: %d", a.Status)
	}
}

func TestConsoleOffersWhatTheAPIReadsAndNothingElse(t *testing.T) {
	s := openIntegrator(t)
	owner := s.SignedIn(t, db.RoleOwner)
	options := owner.Get("/integrations/console").Document(t).Find("select[name=operation] option")
	if options.Length() < 10 {
		t.Fatalf("%d operations", options.Length())
	}
	for i := range options.Nodes {
		path := options.Eq(i).AttrOr("value", "")
		form := url.Values{"operation": {path}, "path.id": {"999"}, "path.order_id": {"999"}}
		a := owner.Post("/integrations/console", form)
		pill, body := strings.TrimSpace(a.Document(t).Find("#answer .pill").Text()), a.Document(t).Find("#answer pre").Text()
		want := "200"
		if strings.Contains(path, "{") {
			want = "404"
		}
		// This reseller is in no group, so products are refused to it.
		if a.Status != http.StatusOK || pill != want && pill != "403" || !strings.Contains(body, `"success":`) {
			t.Errorf("%s: %d, answered %s\n%s", path, a.Status, pill, body)
		}
	}
	if a := owner.Get("/integrations/requests"); !strings.Contains(a.Body, "this portal") {
		t.Error("what the page asked is not in the log")
	}
	if a := owner.Post("/integrations/console", url.Values{"operation": {"/ssl/configure"}}); a.Status != http.StatusNotFound {
		t.Errorf("something that changes: %d", a.Status)
	}
}
