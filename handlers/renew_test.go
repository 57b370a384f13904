package handlers_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"certbay/db"
)

func TestARenewalIsTheSameOrderOnceMore(t *testing.T) {
	s := openIssuer(t)
	o := s.issued(s.multi, "example.com", "a.example.com", "b.example.com")
	b := s.SignedIn(t, db.RoleTechnical)
	if page := b.Get(pathOf(o, "")); strings.Contains(page.Body, pathOf(o, "/renew")) {
		t.Error("a year before its end it is offered")
	}
	if a := b.Get(pathOf(o, "/renew")); a.Status != 200 || !strings.Contains(a.Document(t).Find("main").Text(), "It can be renewed from") {
		t.Errorf("too early: %d", a.Status)
	}
	s.Later(o.RenewableFrom().Sub(s.Book.Now()) + 1)
	b = s.SignedIn(t, db.RoleTechnical) // a session does not live for a year
	if page := b.Get(pathOf(o, "")); page.Document(t).Find("main a[href='"+pathOf(o, "/renew")+"']").Length() != 1 {
		t.Error("it is not offered in time")
	}
	a := b.Get(pathOf(o, "/renew"))
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/orders/new?") {
		t.Fatalf("%d to %q", a.Status, a.Location)
	}
	form := b.Get(a.Location)
	text := form.Document(t).Find("main").Text()
	if !strings.Contains(text, "Renewal of order "+o.Number) || !strings.Contains(text, "30 more days") && !strings.Contains(text, "29 more days") {
		t.Errorf("the form says %s", plainSpace(text))
	}
	values := shownForm(t, form)
	if values.Get("domain") != "example.com" || values.Get("sans") != "a.example.com\nb.example.com" || values.Get("customer_name") != "Kitap A.Ş." ||
		values.Get("note") != "PO-7" || values.Get("renews") != strconv.FormatInt(o.ID, 10) {
		t.Fatalf("filled in: %v", values)
	}
	values.Set("months", "12")
	check := b.Post("/orders/check", values)
	if check.Status != 200 || !strings.Contains(check.Document(t).Find("main").Text(), o.Number) {
		t.Fatalf("%d", check.Status)
	}
	placed := b.Post("/orders", shownForm(t, check))
	next, found := strings.CutSuffix(placed.Location, "/configure")
	if placed.Status != http.StatusSeeOther || !found {
		t.Fatalf("%d to %q", placed.Status, placed.Location)
	}
	// The CSR of the order before may be used once more.
	configure := b.Get(next + "/configure")
	if configure.Document(t).Find("main a[href='"+next+"/configure?csr=before']").Length() != 1 || configure.Document(t).Find("[name=csr]").Text() != "" {
		t.Error("the CSR before is not offered, or forced")
	}
	if got := b.Get(next + "/configure?csr=before").Document(t).Find("[name=csr]").Text(); strings.TrimSpace(got) != strings.TrimSpace(s.certificates(o.ID)[0].CSR) {
		t.Errorf("filled in: %q", got)
	}
	// Once only, and both say so.
	if a := b.Get(pathOf(o, "/renew")); a.Status != 200 || !strings.Contains(a.Document(t).Find("main").Text(), "renewed already") {
		t.Errorf("a second time: %d", a.Status)
	}
	again := b.Post("/orders/check", values)
	if again.Status != http.StatusUnprocessableEntity || !strings.Contains(again.Document(t).Find(".error-summary").Text(), "renewed already") {
		t.Errorf("by the form that was open still: %d", again.Status)
	}
	if !strings.Contains(b.Get(pathOf(o, "")).Body, `href="`+next+`"`) || !strings.Contains(b.Get(next).Body, `href="`+pathOf(o, "")+`"`) {
		t.Error("the orders do not lead to each other")
	}
	if a := s.SignedInAs(t, s.Outsider).Get("/orders/new?" + url.Values{"product": {strconv.FormatInt(s.multi, 10)}, "renews": {strconv.FormatInt(o.ID, 10)}}.Encode()); a.Status == 200 {
		t.Error("another reseller's order is renewed")
	}
}

func TestARenewalKeepsTheOrganisation(t *testing.T) {
	s := openIssuer(t)
	o := s.issued(s.ov, "example.com")
	s.Later(o.RenewableFrom().Sub(s.Book.Now()) + 1)
	b := s.SignedIn(t, db.RoleTechnical)
	r := must[db.Order](t)(s.Book.PlaceOrder(t.Context(), db.System, s.Reseller.ID, db.NewOrder{ProductID: s.ov, Months: 12, Domain: "example.com", Renews: o.ID}))
	form := shownForm(t, b.Get(pathOf(r, "/configure")))
	if form.Get("organisation") != "Örnek A.Ş." || form.Get("first_name") != "Ada" || form.Get("contact_email") != "ada@ornek.com.tr" {
		t.Errorf("%v", form)
	}
}

func TestWhatExpiresSoonSaysHowItGoesOn(t *testing.T) {
	s := openIssuer(t)
	o := s.issued(s.single, "shop.example.com")
	// The certificate ends long before the term does: a new one is free.
	s.Later(o.CertificateUntil.AddDate(0, 0, -10).Sub(s.Book.Now()))
	b := s.SignedIn(t, db.RoleTechnical)
	if a := b.Get("/orders?view=expiring"); a.Document(t).Find("main td a[href='"+pathOf(o, "/reissue")+"']").Length() != 1 {
		t.Errorf("%s", plainSpace(a.Document(t).Find("main").Text()))
	}
	if a := b.Get("/"); a.Document(t).Find("main a[href='"+pathOf(o, "/reissue")+"']").Length() != 1 {
		t.Error("home does not say it")
	}
	if a := s.SignedIn(t, db.RoleViewer).Get("/orders?view=expiring"); strings.Contains(a.Body, pathOf(o, "/reissue")) {
		t.Error("a viewer is offered it")
	}
}
