package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/handlers"
	"certbay/web"
	"certbay/web/webtest"
)

// integrator is a portal whose first reseller may use the API.
type integrator struct{ *webtest.Site }

func openIntegrator(t *testing.T, adjust ...func(*web.Config)) integrator {
	t.Helper()
	s := integrator{webtest.Open(t, adjust...)}
	s.may(t, true)
	ok(t, s.Book.SetAPIEnabled(t.Context(), db.System, s.Reseller.ID, true))
	return s
}

func (s integrator) may(t *testing.T, use bool) {
	t.Helper()
	ok(t, s.Book.UpdateReseller(t.Context(), db.System, s.Reseller.ID, db.NewReseller{Name: "Liman", Company: "Liman Ltd", Email: "info@liman.example", APIEnabled: use}))
}

func (s integrator) key(t *testing.T, reseller int64, name string) (db.APIKey, string) {
	t.Helper()
	k, secret, err := s.Book.CreateAPIKey(t.Context(), db.System, reseller, db.NewAPIKey{Name: name, Scopes: db.Scopes})
	ok(t, err)
	return k, secret
}

func keyPath(id int64, path string) string { return fmt.Sprintf("/integrations/keys/%d%s", id, path) }

// secretIn is the secret that a page shows, "" when it shows none.
func secretIn(t *testing.T, a webtest.Answer) string {
	t.Helper()
	text := a.Document(t).Find("[data-copy^='cb_']").AttrOr("data-copy", "")
	return text
}

func TestKeyIsMadeShownOnceUsedAndRevoked(t *testing.T) {
	s := openIntegrator(t)
	owner, ctx := s.SignedIn(t, db.RoleOwner), t.Context()
	tomorrow := s.Book.Now().AddDate(0, 0, 1)
	a := owner.Post("/integrations/keys", url.Values{"name": {" WHMCS "}, "scope": {"read", "order"}, "ips": {"192.0.2.10\n2001:db8::/32, 198.51.100.0/24"}, "ends": {tomorrow.Format(time.DateOnly)}})
	secret := secretIn(t, a)
	if a.Status != http.StatusCreated || secret == "" || a.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %q", a.Status, secret)
	}
	k, err := s.Book.APIKeyBySecret(ctx, secret)
	if err != nil || k.Name != "WHMCS" || len(k.Scopes) != 2 || len(k.AllowedIPs) != 3 || k.ResellerID != s.Reseller.ID {
		t.Fatalf("%+v, %v", k, err)
	}
	// The last day belongs to the key.
	if want := time.Date(tomorrow.Year(), tomorrow.Month(), tomorrow.Day()+1, 0, 0, 0, 0, time.UTC); !k.ExpiresAt.Equal(want) {
		t.Errorf("works until %v, want %v", k.ExpiresAt, want)
	}
	for _, path := range []string{"/integrations", keyPath(k.ID, "/rotate"), keyPath(k.ID, "/revoke"), "/integrations/requests", "/integrations/samples"} {
		if a := owner.Get(path); a.Status != http.StatusOK || strings.Contains(a.Body, secret) {
			t.Errorf("%s: %d, or it shows the secret again", path, a.Status)
		}
	}
	if strings.Contains(s.Log.String(), secret) {
		t.Error("the secret is in the portal's log")
	}
	if a := owner.Post(keyPath(k.ID, "/revoke"), nil); a.Status != http.StatusSeeOther || a.Location != "/integrations" {
		t.Fatalf("revoking: %d", a.Status)
	}
	if _, err := s.Book.APIKeyBySecret(ctx, secret); err == nil {
		t.Error("the revoked key opens")
	}
	if a := owner.Post(keyPath(k.ID, "/revoke"), nil); a.Status != http.StatusNotFound {
		t.Errorf("revoked twice: %d", a.Status)
	}
	if a := owner.Get(keyPath(k.ID, "/rotate")); a.Status != http.StatusConflict {
		t.Errorf("rotating a revoked key: %d", a.Status)
	}
	if a := owner.Get("/integrations"); !strings.Contains(a.Body, "Keys that ended") {
		t.Error("the ended key is not listed")
	}
}

func TestRejectedKeyFormKeepsWhatWasTyped(t *testing.T) {
	s := openIntegrator(t)
	owner := s.SignedIn(t, db.RoleOwner)
	for name, c := range map[string]struct {
		change url.Values
		field  string
	}{
		"no name":          {url.Values{"name": {"  "}}, "name"},
		"long name":        {url.Values{"name": {strings.Repeat("x", 101)}}, "name"},
		"no scope":         {url.Values{"scope": nil}, "scope"},
		"unknown scope":    {url.Values{"scope": {"read", "everything"}}, "scope"},
		"bad address":      {url.Values{"ips": {"192.0.2.1\noffice"}}, "ips"},
		"bad network":      {url.Values{"ips": {"192.0.2.0/99"}}, "ips"},
		"many addresses":   {url.Values{"ips": {strings.Repeat("192.0.2.1 ", 51)}}, "ips"},
		"yesterday":        {url.Values{"ends": {s.Book.Now().AddDate(0, 0, -1).Format(time.DateOnly)}}, "ends"},
		"no day":           {url.Values{"ends": {"2026-02-30"}}, "ends"},
		"the end of times": {url.Values{"ends": {"9999-12-31"}}, "ends"},
	} {
		form := url.Values{"name": {"shop"}, "scope": {"read"}, "ips": {""}, "ends": {""}}
		for field, value := range c.change {
			form[field] = value
		}
		a := owner.Post("/integrations/keys", form)
		if a.Status != http.StatusUnprocessableEntity || a.Document(t).Find("#f-"+c.field+"-error").Length() != 1 {
			t.Errorf("%s: %d without a word beside %s", name, a.Status, c.field)
		}
		if got := a.Document(t).Find("textarea[name=ips]").Text(); got != form.Get("ips") {
			t.Errorf("%s: the addresses became %q", name, got)
		}
	}
	for range db.MaxAPIKeys {
		s.key(t, s.Reseller.ID, "k")
	}
	if a := owner.Post("/integrations/keys", url.Values{"name": {"shop"}, "scope": {"read"}}); a.Status != http.StatusUnprocessableEntity || a.Document(t).Find(".error-summary").Length() != 1 {
		t.Errorf("one key too many: %d", a.Status)
	}
}

func TestKeyIsRotatedWithOverlap(t *testing.T) {
	s := openIntegrator(t)
	owner, ctx := s.SignedIn(t, db.RoleOwner), t.Context()
	k, before := s.key(t, s.Reseller.ID, "shop")
	if a := owner.Post(keyPath(k.ID, "/rotate"), url.Values{"overlap": {"9000"}}); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("an overlap that is not offered: %d", a.Status)
	}
	a := owner.Post(keyPath(k.ID, "/rotate"), url.Values{"overlap": {"1"}})
	after := secretIn(t, a)
	if a.Status != http.StatusCreated || after == "" || after == before || !strings.Contains(a.Body, "The old key works until") {
		t.Fatalf("%d %q", a.Status, after)
	}
	if a := owner.Post(keyPath(k.ID, "/rotate"), url.Values{"overlap": {"1"}}); a.Status != http.StatusConflict {
		t.Errorf("rotated twice: %d", a.Status)
	}
	for _, secret := range []string{before, after} {
		if _, err := s.Book.APIKeyBySecret(ctx, secret); err != nil {
			t.Errorf("within the overlap: %v", err)
		}
	}
	s.Later(time.Hour)
	if _, err := s.Book.APIKeyBySecret(ctx, before); err == nil {
		t.Error("the old key works after the overlap")
	}
	if _, err := s.Book.APIKeyBySecret(ctx, after); err != nil {
		t.Errorf("the new key: %v", err)
	}
	second, _ := s.key(t, s.Reseller.ID, "other")
	if a := owner.Post(keyPath(second.ID, "/rotate"), url.Values{"overlap": {"0"}}); !strings.Contains(a.Body, "does not work any more") {
		t.Error("the page does not say that the old key ended")
	}
}

func TestAPIIsSwitchedByItsOwnerWhereTheOperatorAllowsIt(t *testing.T) {
	s := openIntegrator(t)
	owner, ctx := s.SignedIn(t, db.RoleOwner), t.Context()
	_, secret := s.key(t, s.Reseller.ID, "shop")
	opens := func() bool { _, err := s.Book.APIKeyBySecret(ctx, secret); return err == nil }
	if a := owner.Get("/integrations/access"); a.Status != http.StatusOK || a.Document(t).Find("form[action='/integrations/access']").Length() != 1 {
		t.Errorf("the question without a dialog: %d", a.Status)
	}
	if a := owner.Post("/integrations/access", nil); a.Status != http.StatusSeeOther || opens() {
		t.Fatalf("turned off: %d, key opens %v", a.Status, opens())
	}
	if a := owner.Post("/integrations/access", url.Values{"on": {"1"}}); a.Status != http.StatusSeeOther || !opens() {
		t.Fatalf("turned on: %d, key opens %v", a.Status, opens())
	}
	s.may(t, false)
	if a := owner.Get("/integrations"); !strings.Contains(a.Body, "not opened for your account") || a.Document(t).Find("main form[action='/integrations/access']").Length() != 0 {
		t.Error("the page offers what the operator does not allow")
	}
	if a := owner.Post("/integrations/access", url.Values{"on": {"1"}}); a.Status != http.StatusForbidden || opens() {
		t.Errorf("turned on against the operator's word: %d", a.Status)
	}
}

func TestIntegrationsBelongToTheirResellerAndItsOwner(t *testing.T) {
	s := openIntegrator(t)
	mine, _ := s.key(t, s.Reseller.ID, "mine")
	s.Book.NoteAPIRequest(db.APIRequest{ResellerID: s.Reseller.ID, KeyID: mine.ID, At: s.Book.Now(), Method: "GET", Path: "/api/reseller/mine", Status: 200})
	outsider := s.SignedInAs(t, s.Outsider)
	for _, path := range []string{"/rotate", "/revoke"} {
		if a := outsider.Get(keyPath(mine.ID, path)); a.Status != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, a.Status)
		}
		if a := outsider.Post(keyPath(mine.ID, path), url.Values{"overlap": {"0"}}); a.Status != http.StatusNotFound {
			t.Errorf("POST %s: %d", path, a.Status)
		}
	}
	for _, path := range []string{"/integrations", "/integrations/requests", fmt.Sprintf("/integrations/requests?key=%d", mine.ID)} {
		if a := outsider.Get(path); a.Status != http.StatusOK || strings.Contains(a.Body, "mine") {
			t.Errorf("%s: %d, or it shows another's", path, a.Status)
		}
	}
	for _, role := range []db.Role{db.RoleTechnical, db.RoleBilling, db.RoleViewer} {
		b := s.SignedIn(t, role)
		if a := b.Get("/integrations"); a.Status != http.StatusOK || a.Document(t).Find("main form").Length() != 0 {
			t.Errorf("%s: %d, or something is offered that it may not do", role, a.Status)
		}
		if a := b.Get("/integrations/requests"); !strings.Contains(a.Body, "/api/reseller/<wbr>mine") && !strings.Contains(a.Body, "/api/reseller/mine") {
			t.Errorf("%s does not see the log", role)
		}
		for path, form := range map[string]url.Values{"/integrations/keys": {"name": {"x"}, "scope": {"read"}}, keyPath(mine.ID, "/revoke"): nil, keyPath(mine.ID, "/rotate"): {"overlap": {"0"}}, "/integrations/access": nil} {
			if a := b.Post(path, form); a.Status != http.StatusForbidden {
				t.Errorf("%s %s: %d", role, path, a.Status)
			}
		}
	}
	if k, err := s.Book.APIKey(t.Context(), s.Reseller.ID, mine.ID); err != nil || k.State(s.Book.Now()) != "works" {
		t.Errorf("%+v, %v", k, err)
	}
	if a := s.Browser(t).Post(keyPath(mine.ID, "/revoke"), nil); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/sign-in") {
		t.Errorf("signed out: %d", a.Status)
	}
}

func TestAdminSeesKeysAndRevokesThem(t *testing.T) {
	s := openIntegrator(t)
	admin, support := s.SignedIn(t, db.RoleAdmin), s.SignedIn(t, db.RoleSupport)
	k, secret := s.key(t, s.Reseller.ID, "shop")
	page := fmt.Sprintf("/admin/resellers/%d", s.Reseller.ID)
	revoke := fmt.Sprintf("%s/keys/%d/revoke", page, k.ID)
	for _, b := range []*webtest.Browser{admin, support} {
		if a := b.Get(page); a.Status != http.StatusOK || !strings.Contains(a.Body, k.Prefix) || strings.Contains(a.Body, secret) {
			t.Errorf("%d, or the key is not there", a.Status)
		}
	}
	if a := support.Post(revoke, nil); a.Status != http.StatusForbidden {
		t.Errorf("support: %d", a.Status)
	}
	if a := admin.Post(fmt.Sprintf("/admin/resellers/%d/keys/%d/revoke", s.Other.ID, k.ID), nil); a.Status != http.StatusNotFound {
		t.Errorf("under another reseller: %d", a.Status)
	}
	if a := admin.Get(revoke); a.Status != http.StatusOK || a.Document(t).Find("form[action='"+revoke+"']").Length() != 1 {
		t.Errorf("the question without a dialog: %d", a.Status)
	}
	if a := admin.Post(revoke, nil); a.Status != http.StatusSeeOther || a.Location != page {
		t.Fatalf("%d to %s", a.Status, a.Location)
	}
	if _, err := s.Book.APIKeyBySecret(t.Context(), secret); err == nil {
		t.Error("the revoked key opens")
	}
	rows, _, err := s.Book.AuditRows(t.Context(), db.AuditFilter{Action: "api_key.revoke"})
	if err != nil || len(rows) != 1 || rows[0].ActorID != s.People[db.RoleAdmin].ID || rows[0].ResellerID != s.Reseller.ID {
		t.Errorf("audit: %+v, %v", rows, err)
	}
}

func TestRequestLogIsPagedByRowAndNarrowed(t *testing.T) {
	s := openIntegrator(t)
	k, _ := s.key(t, s.Reseller.ID, "shop")
	for i := range 60 {
		s.Book.NoteAPIRequest(db.APIRequest{ResellerID: s.Reseller.ID, KeyID: k.ID, At: s.Book.Now(), Method: "GET", Path: fmt.Sprintf("/api/reseller/orders/%d-", i), Status: 200 + 204*(i%2), Took: time.Millisecond})
	}
	b := s.SignedIn(t, db.RoleTechnical)
	first := b.Get("/integrations/requests").Document(t)
	rows := first.Find("tbody tr").Length()
	older := first.Find("a[rel=next]").AttrOr("href", "")
	if rows == 0 || rows >= 60 || older == "" || first.Find("a[rel=prev]").Length() != 0 {
		t.Fatalf("%d rows, then %q", rows, older)
	}
	s.Book.NoteAPIRequest(db.APIRequest{ResellerID: s.Reseller.ID, At: s.Book.Now(), Method: "GET", Path: "/later", Status: 200})
	seen := rows
	page := first
	for range 10 {
		next := page.Find("a[rel=next]").AttrOr("href", "")
		if next == "" {
			break
		}
		page = b.Get(next).Document(t)
		seen += page.Find("tbody tr").Length()
	}
	if seen != 60 {
		t.Errorf("the pages have %d requests", seen)
	}
	back := b.Get(page.Find("a[rel=prev]").AttrOr("href", "")).Document(t)
	if back.Find("tbody tr").Length() == 0 || back.Find("a[rel=next]").Length() != 1 {
		t.Error("there is no way back")
	}
	failed := b.Get("/integrations/requests?class=4&key=" + fmt.Sprint(k.ID)).Document(t)
	if n := failed.Find("tbody tr").Length(); n == 0 || n != failed.Find("tbody .pill:contains('404')").Length() {
		t.Errorf("%d refused requests", n)
	}
	for _, nonsense := range []string{"?key=x&class=9&before=-1&after=y", "?key=999999999", "?before=1"} {
		if a := b.Get("/integrations/requests" + nonsense); a.Status != http.StatusOK {
			t.Errorf("%s: %d", nonsense, a.Status)
		}
	}
	gone, _ := s.key(t, s.Reseller.ID, "gone")
	ok(t, s.Book.RevokeAPIKey(t.Context(), db.System, s.Reseller.ID, gone.ID))
	choice := fmt.Sprintf("select[name=key] option[value='%d']", gone.ID)
	if b.Get("/integrations/requests").Document(t).Find(choice).Length() != 1 {
		t.Error("a key that ended just now is not offered")
	}
	s.Later((db.APILogDays + 1) * 24 * time.Hour)
	b = s.SignedIn(t, db.RoleTechnical)
	if b.Get("/integrations/requests").Document(t).Find(choice).Length() != 0 {
		t.Error("a key that ended long ago is still offered")
	}
	if a := b.Get("/integrations/requests?class=5"); !strings.Contains(a.Body, "No request matches") {
		t.Error("an empty list says nothing")
	}
}

type asReseller struct{}

// aTriedAPI answers with what it was asked, for whom and how.
func aTriedAPI(c *web.Config) {
	c.API = &handlers.TriedAPI{
		Operations: []handlers.APIOperation{
			{Path: "/orders", Summary: map[string]string{"en": "Orders", "tr": "Siparişler"}, Query: []handlers.APIParameter{{Name: "status", Values: []string{"pending"}}, {Name: "domain"}}},
			{Path: "/orders/{id}"},
		},
		As: func(ctx context.Context, reseller int64) context.Context {
			return context.WithValue(ctx, asReseller{}, reseller)
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("domain") == "large" {
				_, _ = w.Write([]byte(strings.Repeat("x", 300<<10)))
				return
			}
			if strings.HasSuffix(r.URL.Path, "/404") {
				w.WriteHeader(http.StatusNotFound)
			}
			fmt.Fprintf(w, `{"method":%q,"path":%q,"query":%q,"reseller":%d,"key":%q,"cookie":%q,"lang":%q,"mark":"<script>"}`, r.Method, r.URL.Path, r.URL.RawQuery,
				r.Context().Value(asReseller{}), r.Header.Get("X-API-Key")+r.Header.Get("Authorization"), r.Header.Get("Cookie"), r.Header.Get("Accept-Language"))
		}),
	}
}

func TestConsoleAsksTheAPIForTheOwnersReseller(t *testing.T) {
	s := openIntegrator(t, aTriedAPI)
	owner := s.SignedIn(t, db.RoleOwner)
	if a := owner.Get("/integrations/console"); a.Status != http.StatusOK || a.Document(t).Find("select[name=operation] option").Length() != 2 || a.Document(t).Find("select[name='query.status']").Length() != 1 {
		t.Fatalf("%d", a.Status)
	}
	a := owner.Post("/integrations/console", url.Values{"operation": {"/orders"}, "query.status": {"pending"}, "query.domain": {"a&b"}, "query.limit": {"5"}})
	body := a.Document(t).Find("#answer pre").Text()
	for _, want := range []string{`"method": "GET"`, `"path": "/api/reseller/orders"`, `"query": "domain=a%26b&status=pending"`, fmt.Sprintf(`"reseller": %d`, s.Reseller.ID), `"key": ""`, `"cookie": ""`, `"lang": "en"`, "<script>"} {
		if !strings.Contains(body, want) {
			t.Errorf("the answer lacks %s:\n%s", want, body)
		}
	}
	if a.Status != http.StatusOK || a.Document(t).Find("#answer .pill-success").Length() != 1 || a.Document(t).Find("h1").Length() != 1 {
		t.Errorf("%d", a.Status)
	}
	r := owner.Request(http.MethodPost, "/integrations/console", strings.NewReader("operation=/orders/{id}&path.id=404"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("HX-Request", "true")
	if a := owner.Do(r); a.Status != http.StatusOK || a.Document(t).Find("h1").Length() != 0 || a.Document(t).Find("#answer .pill-warning:contains('404')").Length() != 1 {
		t.Errorf("the part for htmx: %d %s", a.Status, a.Body)
	}
	if a := owner.Post("/integrations/console", url.Values{"operation": {"/orders"}, "query.domain": {"large"}}); !strings.Contains(a.Body, "longer than is shown") || len(a.Body) > 250<<10 {
		t.Errorf("a large answer: %d bytes", len(a.Body))
	}
	for name, form := range map[string]url.Values{
		"no id":       {"operation": {"/orders/{id}"}},
		"a way up":    {"operation": {"/orders/{id}"}, "path.id": {"../balance"}},
		"dots":        {"operation": {"/orders/{id}"}, "path.id": {".."}},
		"a query":     {"operation": {"/orders/{id}"}, "path.id": {"1?x=1"}},
		"a long word": {"operation": {"/orders"}, "query.domain": {strings.Repeat("x", 201)}},
	} {
		if a := owner.Post("/integrations/console", form); a.Status != http.StatusUnprocessableEntity || a.Document(t).Find("#answer pre").Length() != 0 {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	if a := owner.Post("/integrations/console", url.Values{"operation": {"/credits"}}); a.Status != http.StatusNotFound {
		t.Errorf("an operation that is not offered: %d", a.Status)
	}
	for _, role := range []db.Role{db.RoleTechnical, db.RoleBilling, db.RoleViewer} {
		if a := s.SignedIn(t, role).Get("/integrations/console"); a.Status != http.StatusForbidden {
			t.Errorf("%s: %d", role, a.Status)
		}
	}
}

func TestWithoutAnAPIThereIsNoConsole(t *testing.T) {
	s := openIntegrator(t, func(c *web.Config) { c.API = &handlers.TriedAPI{} })
	owner := s.SignedIn(t, db.RoleOwner)
	if a := owner.Get("/integrations/console"); a.Status != http.StatusNotFound {
		t.Errorf("%d", a.Status)
	}
	if owner.Get("/integrations").Document(t).Find("a[href='/integrations/console']").Length() != 0 {
		t.Error("a tab leads to no console")
	}
}

func TestSamplesCarryTheShopsAddress(t *testing.T) {
	s := openIntegrator(t)
	b := s.SignedIn(t, db.RoleTechnical)
	for _, language := range []string{"", "php", "python", "node", "go", "cobol"} {
		a := b.Get("/integrations/samples?language=" + language)
		if a.Status != http.StatusOK || !strings.Contains(a.Document(t).Find("pre").Text(), s.URL+"/api/reseller") {
			t.Errorf("%q: %d", language, a.Status)
		}
	}
}
