package handlers_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"certbay/db"
)

func contactForm() url.Values {
	return url.Values{"first_name": {"Ada"}, "last_name": {"Yılmaz"}, "email": {"ada@ornek.com.tr"}, "phone": {"+90 312 555 00 00"}, "organisation": {"Örnek A.Ş."},
		"street": {"Atatürk Bulvarı 7"}, "city": {"Ankara"}, "country": {"tr"}, "admin": {"1"}}
}

func TestAContactProfileIsKeptChangedAndFilledIn(t *testing.T) {
	s := openIssuer(t)
	b := s.SignedIn(t, db.RoleTechnical)
	if a := b.Get("/contacts"); !strings.Contains(a.Body, "No contact profile yet") {
		t.Error("an empty list says nothing")
	}
	for field, value := range map[string]string{"first_name": "", "email": "ada@", "country": "T1", "phone": strings.Repeat("1", 201)} {
		form := contactForm()
		form.Set(field, value)
		rejected(t, b.Post("/contacts/new", form), field)
	}
	done(t, b, b.Post("/contacts/new", contactForm()), "/contacts", "success")
	list := must[[]db.ContactProfile](t)(s.Book.ContactProfiles(t.Context(), s.Reseller.ID))
	if len(list) != 1 || list[0].Company != "Örnek A.Ş." || list[0].Country != "TR" || !list[0].Admin || list[0].Tech {
		t.Fatalf("%+v", list)
	}
	// What the form does not ask for, and a program told, stays.
	told := list[0]
	told.Fax, told.Address2 = "+90 312 555 00 01", "Kat 3"
	ok(t, s.Book.ChangeContactProfile(t.Context(), db.System, s.Reseller.ID, told))
	path := fmt.Sprintf("/contacts/%d", told.ID)
	form := shownForm(t, b.Get(path))
	form.Set("city", "İzmir")
	done(t, b, b.Post(path, form), "/contacts", "success")
	if got := must[db.ContactProfile](t)(s.Book.ContactProfile(t.Context(), s.Reseller.ID, told.ID)); got.City != "İzmir" || got.Fax != told.Fax || got.Address2 != told.Address2 || got.FirstName != "Ada" {
		t.Errorf("%+v", got)
	}
	stranger := s.SignedInAs(t, s.Outsider)
	if a := stranger.Get(path); a.Status != http.StatusNotFound {
		t.Errorf("another reseller's: %d", a.Status)
	}
	if a := stranger.Post(path, contactForm()); a.Status != http.StatusNotFound {
		t.Errorf("another reseller's: %d", a.Status)
	}
	if a := s.SignedIn(t, db.RoleViewer).Get("/contacts"); a.Status != 200 || strings.Contains(a.Body, "/contacts/new") || strings.Contains(a.Body, path) {
		t.Error("a viewer is offered to change")
	}

	// An OV order takes it over; what was typed beside it stays, and nothing is sent.
	o := must[db.Order](t)(s.Book.PlaceOrder(t.Context(), db.System, s.Reseller.ID, db.NewOrder{ProductID: s.ov, Months: 12, Domain: "example.com"}))
	csr := csrFor(t, "example.com")
	filled := b.Post(pathOf(o, "/configure"), url.Values{"fill": {"1"}, "contact": {fmt.Sprint(told.ID)}, "csr": {csr}, "method": {"http"}, "organisation": {"typed before"}})
	values := shownForm(t, filled)
	if filled.Status != 200 || values.Get("organisation") != "Örnek A.Ş." || values.Get("city") != "İzmir" || values.Get("last_name") != "Yılmaz" || values.Get("contact_email") != "ada@ornek.com.tr" ||
		strings.TrimSpace(values.Get("csr")) != strings.TrimSpace(csr) || values.Get("contact") != "" {
		t.Errorf("%d %v", filled.Status, values)
	}
	if s.now(o.ID).Status != db.StatusPending {
		t.Error("filling in sent something")
	}
	// Enter presses the first button of the form: with nobody chosen that sends.
	values.Set("fill", "1")
	if a := b.Post(pathOf(o, "/configure"), values); a.Status != http.StatusSeeOther {
		t.Errorf("%d", a.Status)
	}
}

// foreignPEM is a certificate that another shop sold.
func foreignPEM(t testing.TB, until time.Time, names ...string) string {
	t.Helper()
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(77), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, NotBefore: until.AddDate(0, 0, -90), NotAfter: until}
	der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, &x509.Certificate{Subject: pkix.Name{CommonName: "Some CA"}}, key.Public(), key))
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestACertificateFromElsewhereIsWatchedForItsEnd(t *testing.T) {
	s := openIssuer(t)
	b := s.SignedIn(t, db.RoleTechnical)
	if a := b.Get("/external"); !strings.Contains(a.Body, "No certificate from elsewhere yet") {
		t.Error("an empty list says nothing")
	}
	key := "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----"
	refused := b.Post("/external/new", url.Values{"pem": {key}})
	if rejected(t, refused, "pem"); strings.Contains(refused.Body, "MIIB") {
		t.Error("a private key is shown again")
	}
	text := foreignPEM(t, s.Book.Now().AddDate(0, 0, 9).Add(time.Hour), "shop.example.net", "www.example.net")
	done(t, b, b.Post("/external/new", url.Values{"pem": {text}, "note": {"the old shop"}}), "/external", "success")
	rejected(t, b.Post("/external/new", url.Values{"pem": {text}}), "pem")
	list := b.Get("/external").Document(t).Find("main table").Text()
	for _, want := range []string{"shop.example.net", "the old shop", "Some CA", "Expires soon"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	s.issued(s.single, "own.example.com") // somebody without an order is shown where to begin
	if text := plainSpace(b.Get("/").Document(t).Find("main").Text()); !strings.Contains(text, "The certificate of shop.example.net runs out in 9 days Bought elsewhere") {
		t.Errorf("home says %s", text)
	}
	if text := b.Get("/orders?view=expiring").Document(t).Find("main").Text(); !strings.Contains(text, "shop.example.net") {
		t.Error("it is not among those that expire soon")
	}
	x := must[[]db.ExternalCertificate](t)(s.Book.ExternalCertificates(t.Context(), s.Reseller.ID))[0]
	remove := fmt.Sprintf("/external/%d/remove", x.ID)
	if a := s.SignedInAs(t, s.Outsider).Post(remove, nil); a.Status != http.StatusNotFound {
		t.Errorf("another reseller's: %d", a.Status)
	}
	if a := s.SignedIn(t, db.RoleViewer).Get("/external"); a.Status != 200 || strings.Contains(a.Body, remove) || strings.Contains(a.Body, "/external/new") {
		t.Error("a viewer is offered to change")
	}
	if a := b.Get(remove); a.Status != 200 || !strings.Contains(a.Title(t), "shop.example.net") {
		t.Errorf("%d", a.Status)
	}
	done(t, b, b.Post(remove, nil), "/external", "success")
	if a := b.Post(remove, nil); a.Status != http.StatusNotFound {
		t.Errorf("twice: %d", a.Status)
	}
}
