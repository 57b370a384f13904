package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
	"certbay/providers"
	"certbay/providers/sandbox"
	"certbay/web"
	"certbay/web/webtest"
)

// What `certbay serve` shows on an empty book is enough to open a shop: nothing
// but its pages is used until somebody has bought.
func TestAShopIsOpenedFromNothingByItsPages(t *testing.T) {
	book := dbtest.Open(t)
	server := httptest.NewUnstartedServer(nil)
	portal, err := web.New(web.Config{Book: book, Upstreams: providers.Registry{"sandbox": (*sandbox.CA)(nil)}, BaseURL: "http://" + server.Listener.Addr().String(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = portal.Handler()
	server.Start()
	defer server.Close()
	site := &webtest.Site{Book: book, Server: portal, URL: server.URL}
	admin := site.Browser(t)
	// send posts a form, follows where it leads, and gives that address and page.
	send := func(b *webtest.Browser, path string, form url.Values) (string, webtest.Answer) {
		t.Helper()
		a := b.Post(path, form)
		if a.Status != http.StatusSeeOther {
			t.Fatalf("POST %s: %d\n%s", path, a.Status, a.Document(t).Find("main").Text())
		}
		page := b.Get(a.Location)
		if page.Status != http.StatusOK && page.Status != http.StatusSeeOther {
			t.Fatalf("POST %s leads to %s: %d", path, a.Location, page.Status)
		}
		return a.Location, page
	}

	token, err := book.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	send(admin, "/setup/"+token, url.Values{"name": {"Ada"}, "email": {"ada@shop.example"}, "password": {webtest.Password}})
	group, _ := send(admin, "/admin/groups", url.Values{"name": {"Gold"}})
	product, page := send(admin, "/admin/products/new", url.Values{"brand": {"Sectigo"}, "name": {"PositiveSSL"}, "kind": {"ssl"}, "validation": {"dv"}, "domain_type": {"single"},
		"dcv-dns": {"1"}, "dcv-email": {"1"}, "active": {"1"}, "months-0": {"12"}, "list-0": {"49.99"},
		"offer-0": {"0"}, "upstream-0": {"sandbox"}, "code-0": {"single"}, "cost-0": {"9.00"}, "currency-0": {"USD"}, "rank-0": {"1"}, "open-0": {"1"}})
	if page.Title(t) != "PositiveSSL" {
		t.Fatalf("%s is %q", product, page.Title(t))
	}
	id := strings.TrimPrefix(product, "/admin/products/")
	send(admin, group+"/products/"+id, url.Values{"kind-12": {"margin"}, "value-12": {"25"}})
	invite, _ := send(admin, "/admin/resellers/new", url.Values{"name": {"Yeni"}, "company": {"Yeni Ltd"}, "email": {"info@yeni.example"}, "group": {strings.TrimPrefix(group, "/admin/groups/")}})
	reseller, page := send(admin, invite, url.Values{"name": {"Deniz"}, "email": {"deniz@yeni.example"}})
	formToken, _ := page.Document(t).Find("form[action$='/credit'] [name=form_token]").Attr("value")
	send(admin, reseller+"/credit", url.Values{"kind": {"topup"}, "amount": {"100.00"}, "reason": {"bank transfer"}, "form_token": {formToken}})

	job, err := book.ClaimJob(t.Context(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	mail, err := db.MailOf(job)
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`/reset-password/\S+`).FindString(mail.Body)
	deniz := site.Browser(t)
	if a := deniz.Post(link, url.Values{"new": {webtest.Password}}); a.Status != http.StatusSeeOther {
		t.Fatalf("choosing a password by %q: %d", link, a.Status)
	}
	if a := deniz.SignIn("deniz@yeni.example", webtest.Password); a.Status != http.StatusSeeOther {
		t.Fatalf("sign in: %d", a.Status)
	}
	if a := deniz.Get("/catalog"); !strings.Contains(a.Body, "PositiveSSL") || !strings.Contains(a.Body, "$11.25") {
		t.Fatalf("the catalog: %d", a.Status)
	}
	form := deniz.Get("/orders/new?product=" + id)
	if form.Status != http.StatusOK {
		t.Fatalf("the order form: %d", form.Status)
	}
	order := url.Values{"product": {id}, "months": {"12"}, "domain": {"a.example.com"}}
	check := deniz.Post("/orders/check", order)
	if check.Status != http.StatusOK {
		t.Fatalf("check: %d", check.Status)
	}
	placed, _ := check.Document(t).Find("form[action='/orders'] [name=form_token]").Attr("value")
	order.Set("form_token", placed)
	if _, page := send(deniz, "/orders", order); page.Status != http.StatusOK || !strings.Contains(page.Body, "a.example.com") {
		t.Errorf("the order: %d", page.Status)
	}
	if a := deniz.Get("/credits"); !strings.Contains(a.Body, "$88.75") {
		t.Errorf("the credit after an order of $11.25: %d", a.Status)
	}
	if _, err := book.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}
