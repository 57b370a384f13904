package e2e

import (
	"strings"
	"testing"
)

func TestCertificateIsOrderedAndProvenByKeyboardAlone(t *testing.T) {
	const domain = "klavye.ornek.com.tr"
	b := signedIn(t, shop.access.Reseller)
	b.open("/catalog")

	// The first stop is the way past the navigation.
	b.key("Tab")
	if text := b.focused("e.innerText"); text != "Skip to content" || b.focused("getComputedStyle(e).clipPath + e.getBoundingClientRect().width") == "0" {
		t.Errorf("the first stop is %q", text)
	}
	if top := b.focused("e.getBoundingClientRect().top >= 0 && e.getBoundingClientRect().width > 20"); top != "true" {
		t.Error("the skip link can't be seen when it has the focus")
	}
	b.key("Enter")
	if id := b.focused("e.id"); id != "main" {
		t.Errorf("the skip link leads to %q", id)
	}

	b.tabTo("e.innerText == 'Sectigo PositiveSSL'")
	b.follow("Enter")
	b.tabTo("e.innerText == '12 months'")
	b.follow("Enter")
	b.tabTo("e.name == 'domain'")
	must(t, b.Keyboard().Type(domain))
	b.follow("Enter")
	b.at(200, "Check your answers")
	b.tabTo("e.innerText.startsWith('Place order')")
	b.follow("Enter")
	order := orderOf(b.path())
	b.tabTo("e.name == 'csr'")
	must(t, b.Keyboard().InsertText(request(t, ecdsaKey(t), domain)))
	b.tabTo("e.name == 'method'")
	b.key("ArrowDown")
	if b.focused("e.value") != "http" {
		t.Error("the arrow keys don't choose the method")
	}
	b.key("ArrowUp")
	b.tabTo("e.innerText == 'Send the request'")
	b.follow("Enter")
	b.tabTo("e.closest('form')?.action.endsWith('/demo/publish') && e.type == 'submit'")
	b.follow("Enter")
	b.tabTo("e.innerText == 'Check now'")
	b.follow("Enter")
	if b.path() != order+"/download" {
		t.Errorf("the keyboard leads to %s: %s", b.path(), b.text("main"))
	}
}

// key presses a key and wants whatever has the focus then to show it.
func (b *tab) key(name string) {
	b.t.Helper()
	must(b.t, b.Keyboard().Press(name))
}

// follow presses a key that leads to another page.
func (b *tab) follow(key string) {
	b.t.Helper()
	_, err := b.ExpectEvent("load", func() error { return b.Keyboard().Press(key) })
	must(b.t, err)
}

// tabTo presses Tab until what an expression of e describes has the focus, and
// wants every stop on the way to be visible and marked.
func (b *tab) tabTo(expression string) {
	b.t.Helper()
	for range 120 {
		b.key("Tab")
		if b.focused("e === document.body") == "true" {
			continue // the browser's own bars, between the end of the page and its beginning
		}
		marked := b.focused(`(() => {
			const s = getComputedStyle(e), box = e.getBoundingClientRect(), label = e.closest("label");
			const ring = (s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== "none";
			return box.width > 0 && box.height > 0 && (ring(s) || label !== null && ring(getComputedStyle(label))
				|| e.parentElement !== null && ring(getComputedStyle(e.parentElement)));
		})()`)
		if marked != "true" {
			b.t.Errorf("%s: nothing shows that the focus is on %s", b.URL(), b.focused("e.outerHTML.slice(0, 160)"))
		}
		if b.focused(expression) == "true" {
			return
		}
	}
	b.t.Fatalf("%s: Tab never comes to %s", b.URL(), expression)
}

// focused is an expression of e, the element that has the focus, as text.
func (b *tab) focused(expression string) string {
	b.t.Helper()
	value, err := b.Evaluate("() => { const e = document.activeElement; return String(" + expression + ") }")
	must(b.t, err)
	return strings.TrimSpace(value.(string))
}
