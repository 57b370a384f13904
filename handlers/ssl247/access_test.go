package ssl247_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"certbay/db"
	"certbay/handlers/ssl247"
)

// The document is the seed of the client's golden cases; each has the call it is of.
func TestEveryCallOfTheDocumentIsServed(t *testing.T) {
	served := ssl247.Paths()
	if len(served) != 43 {
		t.Errorf("%d calls of 43", len(served))
	}
	var patterns []*regexp.Regexp
	for path := range served {
		patterns = append(patterns, regexp.MustCompile("^POST "+regexp.MustCompile(`\{[^}]+\}`).ReplaceAllString(path, "[^/]+")+"$"))
	}
	dir := "../../providers/ssl247/testdata"
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".request") {
			continue
		}
		raw, err := os.ReadFile(dir + "/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		line, _, _ := strings.Cut(string(raw), "\n")
		if asked++; !slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(line) }) {
			t.Errorf("%s is not served", line)
		}
	}
	if asked != 43 {
		t.Errorf("%d golden requests of 43", asked)
	}
}

var variable = regexp.MustCompile(`\{[^}]+\}`)

func TestWhoMayCallWhat(t *testing.T) {
	s := openShop(t)
	id := s.ok("/order/certificate/place-quick-order", s.quick(s.single, "mine.example.com")).text("Certificate", 0, "id")
	none := s.NewKey(s.Reseller.ID, db.NewAPIKey{Name: "Module", Scopes: []db.Scope{db.ScopeCredit}})
	for path, scopes := range ssl247.Paths() {
		path = variable.ReplaceAllString(path, id)
		for what, body := range map[string]string{"no login": `{}`, "an unknown key": `{"u":"info@liman.example","k":"cb_unknown_key_0123456789"}`, "no user": `{"k":"` + s.Key + `"}`,
			"somebody else's user": `{"u":"info@other.example","k":"` + s.Key + `"}`} {
			if a := s.send("POST", path, "application/json", body); a.status != http.StatusUnauthorized || !strings.Contains(a.raw, "Authentication failed") {
				t.Errorf("%s with %s: %d %s", path, what, a.status, a.raw)
			}
		}
		s.refused(s.call(none, path, nil), http.StatusForbidden, "lacks the scope "+string(scopes[0]))
		if a := s.send("GET", path+"?u=info@liman.example&k="+url.QueryEscape(s.Key), "", ""); a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != "POST" {
			t.Errorf("GET %s: %d %s", path, a.status, a.raw)
		}
	}
	for _, path := range []string{"/certificate/" + id, "/certificate/" + id + "/x509", "/certificate/" + id + "/cancel", "/certificate/" + id + "/reissue", "/certificate/" + id + "/renew",
		"/orders/" + id, "/certificate/" + id + "/revoke", "/certificate/" + id + "/request-health-check", "/orders/invoice/" + id + "/url"} {
		s.refused(s.call(s.OtherKey, path, nil), http.StatusNotFound, "not found")
	}
	s.refused(s.call(s.OtherKey, "/order/certificate/complete", fields{"certificate_id": id}), http.StatusNotFound, "not found")
	s.refused(s.call(s.Key, "/no-such-call", nil), http.StatusNotFound, "no such call")

	if err := s.Book.SetResellerDialect(t.Context(), db.System, s.Other.ID, ssl247.Dialect, false); err != nil {
		t.Fatal(err)
	}
	s.refused(s.call(s.OtherKey, "/account", nil), http.StatusForbidden, "off")
}

// People and their contacts are those of one reseller.
func TestUsersAndContactsBelongToTheirReseller(t *testing.T) {
	s := openShop(t)
	contact := s.ok("/account/contact-profile/add", fields{"firstname": "Ada", "email": "ada@liman.example"}).text("contact_id")
	user := text(s.People[db.RoleOwner].ID)
	for _, path := range []string{"/account/user/" + user, "/account/user/" + user + "/edit", "/account/contact-profile/" + contact, "/account/contact-profile/" + contact + "/edit"} {
		s.refused(s.call(s.OtherKey, path, fields{"firstname": "X", "email": "x@example.com"}), http.StatusNotFound, "not found")
	}
	operator := text(s.People[db.RoleAdmin].ID)
	s.refused(s.call(s.Key, "/account/user/"+operator, nil), http.StatusNotFound, "not found")

	// A program may not take somebody's sign-in over, nor make an owner.
	s.refused(s.call(s.Key, "/account/user/"+user+"/edit", fields{"firstname": "X", "email": "thief@example.com"}), 422, "email: ")
	made := s.ok("/account/users/add", fields{"firstname": "Eve", "lastname": "E", "email": "eve@liman.example", "password": "vGx8-hazel-Lantern-42", "admin_contact": true, "city": "Ankara"})
	people, err := s.Book.Staff(t.Context(), s.Reseller.ID)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(people, func(p db.Person) bool { return text(p.ID) == made.text("user_id") })
	if i < 0 || people[i].Role != db.RoleViewer || people[i].Name != "Eve E" {
		t.Errorf("%+v", people)
	}
	if a := s.ok("/account/user/"+made.text("user_id"), nil); a.text("city") != "Ankara" || a.at("admin_contact") != true || a.text("lastname") != "E" {
		t.Errorf("%s", a.raw)
	}
	s.refused(s.call(s.Key, "/account/users/add", fields{"firstname": "Eve", "email": "eve@liman.example", "password": "vGx8-hazel-Lantern-42"}), 422, "email: there is somebody")
	s.refused(s.call(s.Key, "/account/users/add", fields{"firstname": "Bob", "email": "bob@liman.example", "password": "password"}), 422, "password: ")
}

// Programs send what they like: each of these is the same call.
func TestEveryFormOfARequestIsRead(t *testing.T) {
	s := openShop(t)
	path := "/order/certificate/validate"
	form := url.Values{"u": {s.Reseller.Email}, "k": {s.Key}, "order[0][product_code]": {text(s.multi)}, "order[0][common_name]": {"a.example.com"}, "order[0][years]": {"1"},
		"order[0][san]": {"2"}, "order[0][sans]": {"b.example.com, c.example.com"}}
	var parts bytes.Buffer
	m := multipart.NewWriter(&parts)
	for k, v := range form {
		if err := m.WriteField(k, v[0]); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	line := `"order":[{"product_code":` + text(s.multi) + `,"common_name":"a.example.com","years":1,"licenses":"1","san":"2","sans":["b.example.com","c.example.com"],"quantity":"1"}]`
	login := `{"u":"` + s.Reseller.Email + `","p":"SecretPassword123!","k":"` + s.Key + `",`
	one := strings.NewReplacer(":[{", ":{", "}]", "}").Replace(line)
	for what, a := range map[string]answer{
		"JSON":               s.send("POST", path, "application/json", login+line+"}"),
		"a slash at the end": s.send("POST", path+"/", "application/json; charset=utf-8", login+line+"}"),
		"JSON as text":       s.send("POST", path, "text/plain", login+line+"}"),
		"no type":            s.send("POST", path, "", login+line+"}"),
		"JSON said a form":   s.send("POST", path, "application/x-www-form-urlencoded", login+line+"}"),
		"one line, no list":  s.send("POST", path, "application/json", login+one+"}"),
		"a form":             s.send("POST", path, "application/x-www-form-urlencoded", form.Encode()),
		"a multipart form":   s.send("POST", path, m.FormDataContentType(), parts.String()),
		"login in the query": s.send("POST", path+"?u="+s.Reseller.Email+"&k="+url.QueryEscape(s.Key), "application/json", "{"+line+"}"),
		"key in a header":    s.send("POST", path, "application/json", `{"u":"INFO@Liman.example",`+line+"}", "X-API-Key", s.Key),
		"key as bearer":      s.send("POST", path, "application/json", `{"u":"owner@liman.example",`+line+"}", "Authorization", "Bearer "+s.Key),
	} {
		if a.at("Valid") != true || a.text("OrderLines", 0, "total") != "12.99" || a.text("OrderLines", 0, "addons", 0, "total") != "15.98" ||
			a.text("OrderLines", 0, "addons", 0, "value") != "b.example.com,c.example.com" {
			t.Errorf("%s: %d %s", what, a.status, a.raw)
		}
	}
	for what, body := range map[string]string{"half": `{"u":`, "a list": `[1]`, "two": `{} {}`, "no UTF-8": "{\"u\":\"\xff\"}"} {
		if a := s.send("POST", path, "application/json", body); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", what, a.status, a.raw)
		}
	}
	if a := s.send("POST", path, "application/pdf", "%PDF"); a.status != http.StatusUnsupportedMediaType {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := s.send("POST", path, "application/json", strings.Repeat(" ", 300<<10)); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", a.status, a.raw)
	}
}
