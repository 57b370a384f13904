package e2e

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"strings"
	"testing"
)

func TestBadCSRIsRefusedBesideItsField(t *testing.T) {
	const domain = "csr.ornek.com.tr"
	b := signedIn(t, shop.access.Reseller)
	order := b.buy("Sectigo PositiveSSL", 12, "domain", domain)
	good := ecdsaKey(t)
	der, err := x509.MarshalPKCS8PrivateKey(good)
	must(t, err)
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	csr := request(t, good, domain)
	// Go makes no keys that weak any more; this one is the CSR parser's own example.
	weak, err := os.ReadFile("../db/certs/testdata/rsa1024.csr")
	must(t, err)
	for _, c := range []struct{ name, csr, says string }{
		{"nothing", "", "Paste the CSR"},
		{"garbage", "my request, please", "This is not a CSR"},
		{"half a CSR", csr[:len(csr)/2], "This is not a CSR"},
		{"private key", key, "This is a private key"},
		{"RSA 1024", string(weak), "1024 bits"},
		{"another domain", request(t, good, "baska.com.tr"), "but the CSR names baska.com.tr"},
		{"wildcard", request(t, good, domain, "*.ornek.com.tr"), "Wildcard names"},
		{"too many names", request(t, good, domain, "bir.ornek.com.tr", "iki.ornek.com.tr"), "holds 3 names"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.open(order + "/configure")
			b.choose("method", "http")
			b.fill("csr", c.csr)
			b.press(button("Send the request"))
			if b.status() != 422 {
				t.Errorf("it is answered %d", b.status())
			}
			if text := b.text("#f-csr-error"); !strings.Contains(text, c.says) {
				t.Errorf("beside the field stands %q, want %q", text, c.says)
			}
			want := strings.ReplaceAll(c.csr, "\r\n", "\n")
			if c.name == "private key" {
				want = ""
			}
			if got := b.value("csr"); strings.TrimSpace(got) != strings.TrimSpace(want) {
				t.Errorf("the field holds %q afterwards", got)
			}
			if !b.has("main input[name=method][value=http]:checked") {
				t.Error("the method that was chosen is forgotten")
			}
			if html, err := b.Content(); err != nil || strings.Contains(html, "PRIVATE KEY") {
				t.Errorf("the page repeats a private key (%v)", err)
			}
			invalid, err := b.Locator("#f-csr").GetAttribute("aria-invalid")
			if err != nil || invalid != "true" {
				t.Errorf("the field is not marked: %q (%v)", invalid, err)
			}
		})
	}
	b.look(422, "configure-wrong")
}

func TestOrderFormSaysWhatIsWrongBesideEachField(t *testing.T) {
	b := signedIn(t, shop.access.Reseller)
	b.openOrder("Sectigo PositiveSSL Multi-Domain", 12)
	b.fill("domain", "https://ornek.com.tr/")
	b.fill("sans", "192.0.2.1\nmail")
	b.click("main details summary")
	b.fill("customer_email", "nobody")
	b.press(button("Check the order"))
	if b.status() != 422 {
		t.Errorf("it is answered %d", b.status())
	}
	for field, says := range map[string]string{"domain": "without https://", "sans": "IP address", "customer_email": "not an e-mail address"} {
		if text := b.text("#f-" + field + "-error"); !strings.Contains(text, says) {
			t.Errorf("beside %s stands %q", field, text)
		}
	}
	if b.value("domain") != "https://ornek.com.tr/" || !strings.Contains(b.value("sans"), "mail") {
		t.Error("what was typed is lost")
	}
	b.look(422, "neworder-wrong")
}
