package e2e

import (
	"net/http"
	"strings"
	"sync"
	"testing"
)

func TestOrderBeyondTheCreditIsRefusedWithWhatIsMissing(t *testing.T) {
	b := signedIn(t, shop.access.of("owner", "Ege Bulut"))
	b.open("/orders")
	before, orders := b.balance(), b.text(".page-sub")
	b.openOrder("DigiCert Secure Site EV", 36)
	b.fill("domain", "pahali.ornek.com.tr")
	b.shows("#quote", "is missing")
	b.press(button("Check the order"))
	if b.has(button("Place order")) {
		t.Error("an order that can't be paid may be placed")
	}
	// As somebody whose credit was spent between the two pages.
	_, err := b.ExpectEvent("load", func() error {
		_, err := b.Evaluate(`() => { const form = document.querySelector("main form[action='/orders']"); form.submit() }`)
		return err
	})
	must(t, err)
	b.look(402, "insufficient")
	b.shows("main", "Needed", "Available", "Missing", "IBAN")
	b.press(button("Back to the order"))
	b.at(200, "DigiCert Secure Site EV")
	if b.value("domain") != "pahali.ornek.com.tr" || !b.has("main input[name=months][value='36']:checked") {
		t.Error("the way back loses the order form")
	}
	b.open("/orders")
	if b.balance() != before || b.text(".page-sub") != orders {
		t.Errorf("something was ordered or charged: %s, %s; before %s, %s", b.balance(), b.text(".page-sub"), before, orders)
	}
}

func TestDoubleClickAndResendPlaceOneOrder(t *testing.T) {
	b := signedIn(t, shop.access.of("technical", "Boğaziçi Veri"))
	b.open("/")
	before := b.balance()
	b.openOrder("Thawte SSL123", 12)
	b.fill("domain", "cift.ornek.com.tr")
	b.press(button("Check the order"))
	fields := form("product", b.value("product"), "months", "12", "domain", "cift.ornek.com.tr", "form_token", b.value("form_token"))
	price := strings.TrimPrefix(b.text(button("Place order")), "Place order for ")
	_, err := b.ExpectEvent("load", func() error {
		return b.Locator(button("Place order")).First().Dblclick()
	})
	must(t, err)
	order := orderOf(b.path())
	after := b.balance()
	if after == before {
		t.Errorf("the balance is still %s", before)
	}

	v := visit(t, shop).signIn(shop.access.of("technical", "Boğaziçi Veri"))
	var sending sync.WaitGroup
	for range 8 {
		sending.Go(func() {
			a, err := v.do(http.MethodPost, "/orders", fields)
			if err != nil || a.status != http.StatusSeeOther || orderOf(a.location) != order {
				t.Errorf("the form sent again leads to %d %s, want %s (%v)", a.status, a.location, order, err)
			}
		})
	}
	sending.Wait()
	b.open("/orders?q=cift.ornek.com.tr")
	if n := b.count("main tbody tr"); n != 1 {
		t.Errorf("there are %d orders", n)
	}
	if b.balance() != after {
		t.Errorf("the balance went from %s to %s", after, b.balance())
	}
	statement := visit(t, shop).signIn(shop.access.OtherReseller).get("/credits").document(t)
	if n := statement.Find("main tbody tr:has(a[href='" + order + "'])").Length(); n != 1 {
		t.Errorf("the statement has %d entries of the order, want one of %s", n, price)
	}
}

func TestOrderingWorksWithoutJavaScript(t *testing.T) {
	const domain = "betiksiz.ornek.com.tr"
	b := open(t, withoutJavaScript)
	b.signIn(shop.access.of("technical", "Anadolu Hosting"))
	if b.language() != "en" {
		b.press("form[action='/preferences']:has(input[name=lang]) button")
	}
	b.openOrder("Sectigo PositiveSSL Multi-Domain", 12)
	b.fill("domain", domain)
	b.fill("sans", "www2.ornek.com.tr")
	before := b.text("#quote")
	b.choose("months", "24")
	b.press(button("Recalculate"))
	b.shows("#quote", "24 months")
	if b.text("#quote") == before || b.value("domain") != domain {
		t.Errorf("recalculating leaves %q and the domain %q", b.text("#quote"), b.value("domain"))
	}
	b.press(button("Check the order"))
	b.press(button("Place order"))
	order := orderOf(b.path())
	if b.has("[data-csr-maker]") {
		t.Error("the key maker shows, although no script runs")
	}
	b.choose("method", "http")
	key := ecdsaKey(t)
	b.send(request(t, key, domain, "www2.ornek.com.tr"))
	b.shows("main", "/.well-known/pki-validation/")
	b.choose("method", "dns")
	b.press(button("Use this method"))
	b.press(button("Check now"))
	b.shows("#dcv-state", "Nothing was found yet")
	b.prove()
	b.open(order + "/dcv")
	b.prove()
	sound(t, b.files(order), &key.PublicKey, domain, "www2.ornek.com.tr")

	// Cancelling asks on a page of its own.
	order = b.buy("Sectigo PositiveSSL", 12, "domain", "vazgec2.ornek.com.tr")
	b.open(order)
	b.press(button("Cancel order"))
	b.at(200, "Cancel order")
	b.press("main form[method=post] button")
	b.shows("main", "was cancelled")
}
