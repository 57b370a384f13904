package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

// The pages of a certificate's life that no journey looks at.
func (b *tab) lookAtCertificates() {
	b.t.Helper()
	for _, p := range []struct{ path, name string }{
		{"/orders?view=expiring", "orders-expiring"}, {"/contacts", "contacts"}, {"/contacts/new", "contact-new"}, {"/external", "external"}, {"/external/new", "external-new"},
		{"/integrations/dialects", "dialects"},
	} {
		b.open(p.path)
		b.look(200, p.name)
	}
	for _, p := range []struct{ link, name string }{{"main td a[href$='/reissue']", "reissue"}, {"main td a[href$='/renew']", "renew"}} {
		b.open("/orders?view=expiring")
		if b.lang != "en" && b.count(p.link) == 0 {
			continue // of the smaller reseller nothing may end just now
		}
		b.press(p.link)
		b.look(200, p.name)
	}
	b.open("/orders?status=completed&brand=Thawte") // whose upstream revokes
	b.press("main tbody th a")
	order := b.path()
	b.press("main a[href*='/certificates/'][title]")
	b.look(200, "certificate")
	b.open(order + "/revoke")
	b.look(200, "revoke")
}

func TestEveryPageOfACertificatesLifeHolds(t *testing.T) {
	signedIn(t, shop.access.Reseller).lookAtCertificates()
	signedIn(t, shop.access.OtherReseller, inTurkish).lookAtCertificates()
}

// Staff reissue a certificate with a key that the browser makes, change its names, prove
// them, and have the files of both certificates.
func TestStaffReissuesACertificateWithOtherNames(t *testing.T) {
	const domain = "yeniden.ornek.com.tr"
	b := signedIn(t, shop.access.Reseller)
	order := b.buy("Sectigo PositiveSSL Multi-Domain", 12, "domain", domain, "sans", "a."+domain+"\nb."+domain)
	key := ecdsaKey(t)
	b.send(request(t, key, domain, "a."+domain, "b."+domain))
	b.open(order + "/dcv")
	b.proveAll(order)
	first := sound(t, b.files(order), key.Public(), domain, "a."+domain, "b."+domain)

	b.open(order)
	b.press("main a[href='" + order + "/reissue']")
	b.fill("sans", "a."+domain+"\nb."+domain+"\nc."+domain+"\nd."+domain+"\ne."+domain+"\nf."+domain)
	b.choose("csr_choice", "same")
	b.press(button("Ask for the new certificate"))
	b.at(422, "Reissue")
	b.look(422, "reissue-rejected")
	b.choose("csr_choice", "new")
	b.fill("sans", "a."+domain+"\nc."+domain)
	b.click("[data-csr-make]")
	made := b.download("[data-csr-save]", domain+".key")
	b.press(button("Ask for the new certificate"))
	b.at(200, domain)
	if !strings.HasPrefix(b.path(), order+"/dcv") {
		t.Fatalf("the reissue leads to %s: %s", b.path(), b.text("main"))
	}
	b.shows("main", "A reissue is under way", "c."+domain)
	b.look(200, "dcv-reissue")
	b.open(order)
	b.shows("main", "A reissue is under way")
	b.look(200, "order-reissuing")
	b.open(order + "/dcv")
	b.proveAll(order)
	second := sound(t, b.files(order), publicOf(t, made), domain, "a."+domain, "c."+domain)
	if bytes.Equal(first.Raw, second.Raw) {
		t.Fatal("the same certificate again")
	}
	for _, s := range b.bodies() {
		if strings.Contains(s.body, "PRIVATE") {
			t.Errorf("a private key went to %s", s.url)
		}
	}
	b.open(order)
	if n := b.count("main a[href$='/download/zip']"); n != 2 {
		t.Errorf("the files of %d certificates are there, want 2", n)
	}
	b.look(200, "order-reissued")
	old := parseCertificates(t, b.download("main tr:last-child a[href$='/download/certificate']", ""))
	if len(old) != 1 || !old[0].Equal(first) {
		t.Error("the last row does not hand out the first certificate")
	}

	if b.has("main a[href$='/revoke']") {
		t.Error("the upstream of this one revokes nothing, and the page offers it")
	}
	b.open(order + "/revoke")
	b.look(409, "revoke-impossible")
}

// What can't be taken back is asked about twice.
func TestStaffRevokesACertificate(t *testing.T) {
	const domain = "geri.ornek.com.tr"
	b := signedIn(t, shop.access.Reseller)
	order := b.buy("Thawte SSL123", 12, "domain", domain)
	key := ecdsaKey(t)
	b.send(request(t, key, domain))
	b.open(order + "/dcv")
	b.proveAll(order)
	sound(t, b.files(order), key.Public(), domain)
	b.open(order)
	b.press("main a[href='" + order + "/revoke']")
	b.fill("confirm", "else."+domain)
	b.press(button("Revoke for good"))
	b.at(422, "Revoke")
	b.look(422, "revoke-rejected")
	b.choose("reason", "superseded")
	b.fill("confirm", domain)
	b.press(button("Revoke for good"))
	b.at(200, domain)
	b.shows("main", "is revoked", "This order was cancelled")
	b.look(200, "order-revoked")
}

// proveAll publishes what is asked for each name of an order and presses "check now" until
// its certificate is issued.
func (b *tab) proveAll(order string) {
	b.t.Helper()
	for range 12 {
		if strings.HasSuffix(b.path(), "/download") {
			return
		}
		if b.has("main form[action='/demo/publish']") {
			b.press(button("Publish this record"))
		}
		if !b.has("main form[action$='/dcv/check']") {
			b.open(order + "/dcv")
			if !b.has("main form[action$='/dcv/check']") {
				return
			}
			continue
		}
		b.press(button("Check now"))
	}
	b.t.Fatalf("never proven: %s", b.text("main"))
}

// The contact profile of an organisation is kept once and fills an OV order in; a renewal
// goes on from the order before. Without JavaScript, as everything works.
func TestAContactProfileFillsAnOrderInWithoutJavaScript(t *testing.T) {
	b := open(t, withoutJavaScript)
	b.signIn(shop.access.Reseller)
	if b.language() != "en" {
		b.press("form[action='/preferences']:has(input[name=lang]) button")
	}
	b.press(".sidenav a[href='/contacts']")
	b.press("main a[href='/contacts/new']")
	b.press(button("Save"))
	b.at(422, "New contact profile")
	for name, value := range map[string]string{"first_name": "Ada", "last_name": "Yılmaz", "email": "ada@ornek.com.tr", "phone": "+90 312 555 00 00", "organisation": "Örnek Yazılım A.Ş.",
		"street": "Atatürk Bulvarı 7", "city": "Ankara", "country": "TR"} {
		b.fill(name, value)
	}
	b.press(button("Save"))
	b.at(200, "Contact profiles")
	b.shows("main table", "Ada Yılmaz", "Örnek Yazılım A.Ş.")
	order := b.buy("DigiCert Secure Site", 12, "domain", "profil.ornek.com.tr")
	b.fill("csr", request(t, ecdsaKey(t), "profil.ornek.com.tr"))
	b.selectOption("main select[name=contact]", b.firstContact())
	b.press(button("Fill in"))
	b.at(200, "CSR for profil.ornek.com.tr")
	if b.value("organisation") != "Örnek Yazılım A.Ş." || b.value("city") != "Ankara" || !strings.Contains(b.value("csr"), "BEGIN CERTIFICATE REQUEST") {
		t.Fatalf("filled in: %q, %q", b.value("organisation"), b.value("city"))
	}
	b.press(button("Send the request"))
	if !strings.HasPrefix(b.path(), order) || b.status() != 200 {
		t.Errorf("the request leads to %s: %s", b.path(), b.text("main"))
	}
}

// firstContact is the value of the first contact profile to choose.
func (b *tab) firstContact() string {
	b.t.Helper()
	value, err := b.Locator("main select[name=contact] option").Nth(1).GetAttribute("value")
	must(b.t, err)
	return value
}

// A certificate that another shop sold is pasted, is among what expires soon, and is taken
// off the list again.
func TestACertificateFromElsewhereIsPastedWatchedAndRemoved(t *testing.T) {
	key := ecdsaKey(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(20261121), Subject: pkix.Name{CommonName: "eski.ornek.com.tr"}, DNSNames: []string{"eski.ornek.com.tr"},
		NotBefore: time.Now().AddDate(0, 0, -80), NotAfter: time.Now().AddDate(0, 0, 8)}
	ca, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err := x509.CreateCertificate(rand.Reader, template, &x509.Certificate{Subject: pkix.Name{CommonName: "Another CA"}}, key.Public(), ca)
	must(t, err)
	b := signedIn(t, shop.access.OtherReseller)
	b.open("/external/new")
	b.press(button("Add"))
	b.look(422, "external-rejected")
	b.fill("pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	b.fill("note", "from the old shop")
	b.press(button("Add"))
	b.at(200, "Certificates bought elsewhere")
	b.shows("main table", "eski.ornek.com.tr", "Another CA", "Expires soon")
	b.look(200, "external-one")
	b.open("/orders?view=expiring")
	b.shows("main", "eski.ornek.com.tr")
	b.look(200, "orders-expiring-elsewhere")
	b.open("/external")
	b.click("main a[data-dialog]")
	b.press("dialog[open] .btn-danger")
	b.at(200, "Certificates bought elsewhere")
	b.shows("main", "No certificate from elsewhere yet")
}

// What expires goes on by a renewal that is filled in and charged once.
func TestStaffRenewsAnOrderThatEnds(t *testing.T) {
	b := signedIn(t, shop.access.Reseller)
	b.open("/orders?view=expiring")
	b.press("main td a[href$='/renew']")
	b.shows("main", "Renewal of order")
	if b.value("domain") == "" || !b.has("main input[name=months]:checked") {
		t.Error("the form is not filled in")
	}
	b.look(200, "renew-form")
	b.press(button("Check the order"))
	b.at(200, "Check your answers")
	b.shows("main", "Renewal of")
	b.press(button("Place order"))
	order := orderOf(b.path())
	b.shows("main", "Use the CSR of")
	b.look(200, "configure-renewal")
	b.press("main a[href$='?csr=before']")
	if !strings.Contains(b.value("csr"), "BEGIN CERTIFICATE REQUEST") {
		t.Error("the CSR before is not filled in")
	}
	b.open(order)
	b.shows("main", "Renewal of")
	b.press("main dd a[href^='/orders/']")
	b.shows("main", "Renewed by")
	b.look(200, "order-renewed")
}
