package e2e

import (
	"testing"

	"github.com/playwright-community/playwright-go"
)

func TestLanguageAndThemeStayWithThePerson(t *testing.T) {
	who := shop.access.of("technical", "Ege Bulut")
	light := func(o *playwright.BrowserNewContextOptions) { o.ColorScheme = playwright.ColorSchemeLight }
	b := open(t, light)
	b.signIn(who)
	chosen := map[string]string{"en": "tr", "tr": "en"}[b.language()]
	b.lang = chosen
	b.open("/orders?view=active")
	b.press("form[action='/preferences']:has(input[name=lang]) button")
	if b.language() != chosen || b.path() != "/orders?view=active" {
		t.Errorf("the switch leads to %s in %s", b.path(), b.language())
	}
	b.press("form[action='/preferences']:has(input[name=theme]) button")
	theme := func(b *tab) string {
		value, err := b.Locator("html").GetAttribute("data-theme")
		must(t, err)
		return value
	}
	if theme(b) != "dark" {
		t.Errorf("the theme is %q", theme(b))
	}
	// In another browser, too; and the sign-in page of this one looks the same.
	other := open(t, light)
	other.signIn(who)
	if other.language() != chosen || theme(other) != "dark" {
		t.Errorf("another browser shows %s, %q", other.language(), theme(other))
	}
	b.press(".sidenav form[action='/sign-out'] button")
	if b.language() != chosen || theme(b) != "dark" {
		t.Errorf("after signing out the page is %s, %q", b.language(), theme(b))
	}
	b.look(200, "signin-dark")
}
