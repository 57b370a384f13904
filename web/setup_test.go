package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"certbay/db/dbtest"
	"certbay/web"
	"certbay/web/webtest"
)

func TestSetupLinkMakesOneAdminAndDies(t *testing.T) {
	book := dbtest.Open(t)
	server := httptest.NewUnstartedServer(nil)
	portal, err := web.New(web.Config{Book: book, BaseURL: "http://" + server.Listener.Addr().String(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = portal.Handler()
	server.Start()
	defer server.Close()
	b := (&webtest.Site{Book: book, Server: portal, URL: server.URL}).Browser(t)

	token, err := book.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	link := "/setup/" + token
	if a := b.Get("/setup/guess"); a.Status != http.StatusGone {
		t.Errorf("guessed: %d", a.Status)
	}
	if a := b.Get(link); a.Status != http.StatusOK || a.Title(t) != "Make the first administrator" {
		t.Fatalf("link: %d", a.Status)
	}
	form := url.Values{"name": {"Ada"}, "email": {"ada@shop.example"}, "password": {"password1234"}}
	for field, bad := range map[string]string{"name": " ", "email": "nowhere", "password": "password1234"} {
		rejected := url.Values{"name": {"Ada"}, "email": {"ada@shop.example"}, "password": {webtest.Password}}
		rejected.Set(field, bad)
		a := b.Post(link, rejected)
		if a.Status != http.StatusUnprocessableEntity || a.Document(t).Find("input[name="+field+"]").AttrOr("aria-invalid", "") != "true" {
			t.Errorf("bad %s: %d", field, a.Status)
		}
		if field != "email" && !strings.Contains(a.Body, `value="ada@shop.example"`) {
			t.Errorf("bad %s: the address is not kept", field)
		}
	}
	form.Set("password", webtest.Password)
	if a := b.Post(link, form); a.Status != http.StatusSeeOther || a.Location != "/" {
		t.Fatalf("setup: %d to %q", a.Status, a.Location)
	}
	if a := b.Get("/settings"); a.Status != http.StatusOK {
		t.Errorf("the admin is not signed in: %d", a.Status)
	}
	if a := b.Get(link); a.Status != http.StatusGone {
		t.Errorf("link after use: %d", a.Status)
	}
	form.Set("email", "eve@shop.example")
	if a := b.Post(link, form); a.Status != http.StatusGone {
		t.Errorf("second use: %d", a.Status)
	}
}
