package e2e

import (
	"net/http"
	"strings"
	"testing"
)

func TestCustomerCollectsACertificateByALink(t *testing.T) {
	b := open(t)
	b.open(shop.access.CustomerLink)
	b.look(200, "customer-ready")
	if token := shop.access.CustomerLink[strings.LastIndex(shop.access.CustomerLink, "/")+1:]; strings.Contains(b.URL(), token) {
		t.Errorf("the address keeps the secret: %s", b.URL())
	}
	files := unzip(t, b.download("main a[href*='/download/zip']", ""))
	leaf := parseCertificates(t, files["certificate.pem"])
	if len(leaf) != 1 {
		t.Fatalf("the archive holds %d certificates", len(leaf))
	}
	sound(t, files, leaf[0].PublicKey, leaf[0].DNSNames...)
	for _, foreign := range []string{"/", "/orders", "/catalog"} {
		b.open(foreign)
		b.at(200, "Sign in")
	}
}

func TestStaffSendsALinkAndTakesItBack(t *testing.T) {
	const domain, customer = "musteri.ornek.com.tr", "musteri@ornek.com.tr"
	b := signedIn(t, shop.access.Reseller)
	order := b.buy("Sectigo PositiveSSL", 12, "domain", domain)
	key := ecdsaKey(t)
	b.send(request(t, key, domain))
	b.open(order)
	b.fill("email", customer)
	b.press(button("Create link"))
	b.shows("main", "The link is ready")
	b.look(201, "order-link")
	link, err := b.Locator("main [data-copy*='/c/']").First().GetAttribute("data-copy")
	must(t, err)

	c := open(t)
	c.mail(customer)
	if mailed, err := c.Locator("main a[href*='/c/']").First().GetAttribute("href"); err != nil || mailed != link {
		t.Errorf("the mail links to %s, the page to %s (%v)", mailed, link, err)
	}
	res, err := c.Goto(link)
	must(t, err)
	if policy := res.Headers()["referrer-policy"]; policy != "same-origin" && policy != "no-referrer" {
		t.Errorf("the customer's page has the referrer policy %q", policy)
	}
	c.look(200, "customer-validate")
	c.press("main form[action='/demo/publish'] button")
	c.press(button("Check now"))
	c.shows("main", "Your certificate is ready")
	sound(t, unzip(t, c.download("main a[href*='/download/zip']", "")), &key.PublicKey, domain)

	// One customer's visit opens no other customer's order.
	mine := c.path()
	other := open(t)
	other.open(shop.access.CustomerLink)
	theirs := other.path()
	c.open(theirs)
	c.look(404, "customer-foreign")
	if strings.Contains(c.text("main"), "ornek") {
		t.Error("the page of a foreign order tells something of it")
	}

	b.open(order)
	b.press("main form[action$='/links/revoke'] button")
	b.shows("#send", "Revoked")
	c.open(link)
	c.look(410, "customer-revoked")
	if text := c.text("main"); strings.Contains(text, domain) {
		t.Errorf("a revoked link tells of %s: %s", domain, text)
	}
	c.open(mine)
	if s := c.status(); s != http.StatusGone && s != http.StatusNotFound {
		t.Errorf("the visit outlives its link: %d", s)
	}
	c.open("/c/thisIsNoLinkAtAllButLooksLikeOneOfThem12345")
	c.look(404, "customer-unknown")
}
