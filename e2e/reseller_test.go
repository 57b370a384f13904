package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// A newcomer should know what to publish after so few clicks and entries, and so soon.
const (
	mostMoves   = 12
	mostSeconds = 60
)

func TestStaffBuysACertificateAndDownloadsIt(t *testing.T) {
	const domain = "yeni.ornek.com.tr"
	b := signedIn(t, shop.access.Reseller)
	b.open("/")
	b.look(200, "home")

	begun, moves := time.Now(), 0
	step := func(do func()) { do(); moves++ }
	step(func() { b.press("a[href='/catalog']:visible") })
	step(func() { b.press("main a:text-is('Sectigo PositiveSSL')") })
	step(func() { b.press("main a:text-is('12 months')") })
	step(func() { b.fill("domain", domain) })
	step(func() { b.press(button("Check the order")) })
	step(func() { b.press(button("Place order")) })
	step(func() { b.click("[data-csr-make]") })
	var key []byte
	step(func() { key = b.download("[data-csr-save]", "yeni.ornek.com.tr.key") })
	step(func() { b.press(button("Send the request")) })
	b.at(200, domain)
	host, value := b.instruction()
	if host == "" || value == "" {
		t.Fatalf("the page does not say what to publish: %s", b.text("main"))
	}
	took := time.Since(begun).Seconds()
	t.Logf("from signed in to what to publish: %d clicks and entries (bar %d), %.1f s (bar %d)", moves, mostMoves, took, mostSeconds)
	if moves > mostMoves || took > mostSeconds {
		t.Error("that is more than the bar")
	}
	for _, s := range b.bodies() {
		if strings.Contains(s.body, "PRIVATE") {
			t.Errorf("a private key went to %s", s.url)
		}
	}
	order := strings.TrimSuffix(strings.Split(b.path(), "?")[0], "/dcv")
	b.look(200, "dcv-new")

	b.press(button("Check now"))
	b.shows("#dcv-state", "Nothing was found yet")
	b.look(200, "dcv-missing")

	b.publish(host, "CNAME", "something.else.example.")
	b.open(order + "/dcv")
	b.press(button("Check now"))
	b.shows("#dcv-state", "Something else was found", "something.else.example")
	b.look(200, "dcv-wrong")

	b.unpublish(host, "CNAME", "something.else.example.")
	b.open(order + "/dcv")
	b.press(button("Publish this record"))
	if !strings.HasPrefix(b.path(), order+"/dcv") {
		t.Fatalf("publishing leads to %s", b.path())
	}
	b.press(button("Check now"))
	b.at(200, domain)
	if b.path() != order+"/download" {
		t.Fatalf("after the check the page is %s: %s", b.path(), b.text("main"))
	}
	b.look(200, "download")

	files := unzip(t, b.download("main a[href*='/download/zip']", domain+".zip"))
	sound(t, files, publicOf(t, key), domain)
	if readme := string(files["README.txt"]); !strings.Contains(readme, "nginx") || !strings.Contains(readme, domain) {
		t.Errorf("the README.txt says: %s", readme)
	}
	b.click("main summary")
	for file, name := range map[string]string{"certificate": "certificate.pem", "fullchain": "fullchain.pem", "bundle": "ca-bundle.pem"} {
		if got := b.download("main a[href$='/download/"+file+"']", ""); string(got) != string(files[name]) {
			t.Errorf("%s differs from %s in the archive", file, name)
		}
	}

	b.open(order)
	b.look(200, "order-completed")
	b.shows("main", "Issued")
}

func TestPriceFollowsWhatIsTyped(t *testing.T) {
	b := signedIn(t, shop.access.Reseller)
	b.openOrder("Sectigo PositiveSSL Multi-Domain", 12)
	before := b.text("#quote")
	b.fill("domain", "ornek.com.tr")
	b.fill("sans", "a.ornek.com.tr\nb.ornek.com.tr\nc.ornek.com.tr\nd.ornek.com.tr")
	b.shows("#quote", "2 additional names")
	with := b.text("#quote")
	b.choose("months", "24")
	b.shows("#quote", "24 months")
	if before == with || with == b.text("#quote") {
		t.Errorf("the price stays as it was: %s", with)
	}
	b.look(200, "neworder")
	b.press(button("Check the order"))
	b.at(200, "Check your answers")
	b.shows("main", "24 months", "ornek.com.tr", "d.ornek.com.tr")
	b.look(200, "checkorder")
	b.press(button("Back"))
	if b.value("domain") != "ornek.com.tr" || !strings.Contains(b.value("sans"), "c.ornek.com.tr") {
		t.Error("the way back loses what was typed")
	}
}

func TestCatalogIsNarrowedByBrandKindAndValidation(t *testing.T) {
	b := signedIn(t, shop.access.Reseller)
	b.open("/catalog")
	b.look(200, "catalog")
	rows := func() int {
		n, err := b.Locator("main tbody tr").Count()
		must(t, err)
		return n
	}
	if rows() != 31 {
		t.Errorf("the catalog of the Gold group has %d products, want 31", rows())
	}
	for _, step := range []struct {
		field, value string
		want         int
	}{{"brand", "Sectigo", 9}, {"validation", "dv", 4}, {"kind", "multi-domain", 1}} {
		_, err := b.Locator("main select[name='" + step.field + "']").SelectOption(playwright.SelectOptionValues{Values: &[]string{step.value}})
		must(t, err)
		b.press(button("Apply"))
		if rows() != step.want {
			t.Errorf("with %s=%s there are %d products, want %d", step.field, step.value, rows(), step.want)
		}
	}
	b.press("main tbody a")
	b.at(200, "Sectigo PositiveSSL Multi-Domain")
	b.look(200, "product")
}
