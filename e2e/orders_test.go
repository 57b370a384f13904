package e2e

import (
	"net/url"
	"testing"
	"time"
)

func TestEachNameOfAnOrderIsProvenItsOwnWay(t *testing.T) {
	const domain, byFile, byMail = "coklu.ornek.com.tr", "dosya.ornek.com.tr", "posta.baska.com.tr"
	b := signedIn(t, shop.access.Reseller)
	order := b.buy("Sectigo PositiveSSL Multi-Domain", 24, "domain", domain, "sans", byFile)
	b.shows("main", "may bring 1 more name")
	b.look(200, "configure")
	key := rsaKey(t, 2048)
	b.send(request(t, key, domain, byFile, byMail))
	b.shows("#dcv-names", "0 of 3 names verified")

	b.open(order + "/dcv?name=" + byFile)
	b.choose("method", "http")
	b.press(button("Use this method"))
	if address, content := b.instruction(); content == "" || address[:len("http://"+byFile+"/.well-known/pki-validation/")] != "http://"+byFile+"/.well-known/pki-validation/" {
		t.Errorf("the file to publish is %q: %q", address, content)
	}
	b.look(200, "dcv-file")
	b.prove()
	b.shows("#dcv-names", "1 of 3 names verified")

	b.open(order + "/dcv?name=" + byMail)
	b.choose("method", "email")
	b.shows("main", "hostmaster@"+byMail)
	b.selectOption("main select[name=email]", "hostmaster@"+byMail)
	b.press(button("Use this method"))
	b.look(200, "dcv-email")
	b.mail("hostmaster@" + byMail)
	b.look(200, "demo-mail")
	b.press("main a[href*='/sandbox/approve/']")
	b.look(200, "approve-ask")
	b.press("main button[type=submit]")
	b.look(200, "approve-done")
	b.open("/sandbox/approve/nobody-was-mailed-this")
	b.look(410, "approve-gone")

	b.open(order + "/dcv?name=" + domain)
	b.prove()
	sound(t, b.files(order), &key.PublicKey, domain, byFile, byMail)
	b.open("/demo")
	b.look(200, "demo")
}

func TestWildcardIsProvenByDNSAlone(t *testing.T) {
	const name = "*.joker.ornek.com.tr"
	b := signedIn(t, shop.access.Reseller)
	order := b.buy("Sectigo PositiveSSL Wildcard", 12, "domain", name)
	for _, method := range []string{"http", "https"} {
		if b.has("main input[name=method][value=" + method + "]") {
			t.Errorf("a wildcard is offered %s", method)
		}
	}
	key := ecdsaKey(t)
	b.send(request(t, key, name))
	b.look(200, "dcv-wildcard")
	b.prove()
	sound(t, b.files(order), &key.PublicKey, name)
}

func TestCompanyIsVettedBeforeAnOVCertificateIsIssued(t *testing.T) {
	const domain = "kurum.ornek.com.tr"
	b := signedIn(t, shop.access.Reseller)
	order := b.buy("Sectigo InstantSSL", 12, "domain", domain)
	b.company()
	b.look(200, "configure-ov")
	key := ecdsaKey(t)
	b.send(request(t, key, domain))
	b.prove()
	vetted(t, order)
	b.issued(order, "Issued")
	sound(t, b.files(order), &key.PublicKey, domain)
}

// vetted has an admin ask the upstream until it is done with a company.
func vetted(t *testing.T, order string) {
	t.Helper()
	admin := signedIn(t, shop.access.Admin)
	admin.open("/admin" + order)
	for range 20 {
		if !admin.has(button("Look again")) {
			return
		}
		admin.press(button("Look again"))
		time.Sleep(300 * time.Millisecond)
	}
	t.Errorf("%s is never vetted: %s", order, admin.text("main"))
}

func TestCodeSigningAsksForNoDomain(t *testing.T) {
	b := signedIn(t, shop.access.Reseller)
	b.openOrder("Sectigo Code Signing", 12)
	if b.has("main [name=domain]") {
		t.Error("the order form asks for a domain")
	}
	b.press(button("Check the order"))
	b.press(button("Place order"))
	order := orderOf(b.path())
	b.company()
	b.choose("delivery", "own_token")
	b.look(200, "configure-codesigning")
	key := rsaKey(t, 3072)
	b.send(request(t, key))
	if b.path() != order {
		t.Errorf("after the CSR the page is %s", b.path())
	}
	b.look(200, "order-codesigning")
	vetted(t, order)
	b.issued(order, "Issued")
	sound(t, b.files(order), &key.PublicKey)
	b.look(200, "download-codesigning")
}

func TestLicenceKeyComesWithoutACSR(t *testing.T) {
	b := signedIn(t, shop.access.Reseller)
	order := b.buy("cPanel Solo", 12, "domain", "198.51.100.7")
	if b.path() != order {
		t.Errorf("after placing the page is %s", b.path())
	}
	b.issued(order, "Licence key")
	b.shows("main", "198.51.100.7")
	b.look(200, "order-licence")
}

func TestOrderIsCancelledAndPaidBack(t *testing.T) {
	b := signedIn(t, shop.access.Reseller)
	b.open("/")
	before := b.balance()
	order := b.buy("Thawte SSL123", 12, "domain", "vazgec.ornek.com.tr")
	if b.balance() == before {
		t.Error("placing the order takes nothing from the balance")
	}
	b.open(order)
	b.look(200, "order-pending")
	b.click(button("Cancel order"))
	b.accessible("cancel-dialog", "light", wide)
	b.press("dialog[open] form[method=post] button")
	b.shows("main", "was cancelled")
	if b.balance() != before {
		t.Errorf("the balance is %s, before it was %s", b.balance(), before)
	}
	b.look(200, "order-cancelled")
}

func TestListOfOrdersIsSearchedAndSorted(t *testing.T) {
	b := signedIn(t, shop.access.Reseller)
	b.open("/orders")
	b.look(200, "orders")
	all := b.count("main tbody tr")
	b.open("/orders?" + url.Values{"q": {"ornek"}}.Encode())
	if n := b.count("main tbody tr"); n == 0 || n > all {
		t.Errorf("a search finds %d of %d", n, all)
	}
	b.open("/orders?q=nothing-is-called-so")
	b.look(200, "orders-nothing")
	for _, view := range []string{"needs-me", "active", "expiring"} {
		b.open("/orders?view=" + view)
	}
	csv := string(b.saved("/orders.csv"))
	if n := len(csv); n < 1000 || csv[:6] != "number" {
		t.Errorf("the CSV of all orders is %d bytes: %.80s", n, csv)
	}
}
