package e2e

import (
	"strings"
	"testing"
)

// The pages of API & integrations, in English; those in Turkish are looked at with
// every other page.
func TestEveryPageOfIntegrationsHolds(t *testing.T) {
	signedIn(t, shop.access.Reseller).lookAtIntegrations()
}

func (b *tab) lookAtIntegrations() {
	for _, p := range []struct{ path, name string }{
		{"/integrations", "integrations"}, {"/integrations/keys/new", "apikey-new"}, {"/integrations/access", "api-off"},
		{"/integrations/requests", "apilog"}, {"/integrations/requests?class=5", "apilog-none"}, {"/integrations/samples?language=go", "apisamples"},
	} {
		b.open(p.path)
		b.look(200, p.name)
	}
	b.open("/integrations")
	b.press("main a[href$='/rotate']")
	b.look(200, "apikey-rotate")
}

// An owner makes a key, sees it once, and ends it.
func TestOwnerMakesAKeySeesItOnceAndRevokesIt(t *testing.T) {
	b := signedIn(t, shop.access.OtherReseller)
	b.open("/")
	b.press(".sidenav a[href='/integrations']")
	b.at(200, "API & integrations")
	b.press(button("New key"))
	b.press(button("Create the key"))
	b.look(422, "apikey-rejected")
	b.fill("name", "Journey")
	b.press(button("Create the key"))
	b.at(201, "API & integrations")
	b.look(201, "apikey-made")
	secret, err := b.Locator("main [data-copy^='cb_']").First().GetAttribute("data-copy")
	must(t, err)
	must(t, b.Locator("main [data-copy^='cb_']").First().Click())
	copied, err := b.Evaluate("() => navigator.clipboard.readText()")
	must(t, err)
	if copied != secret || len(secret) < 40 {
		t.Errorf("copied %q of %q", copied, secret)
	}
	b.open("/integrations")
	if html, err := b.Content(); err != nil || strings.Contains(html, secret) {
		t.Errorf("the secret is shown twice (%v)", err)
	}
	must(t, b.Locator("main tr:has-text('Journey') [data-dialog]").Click())
	b.settle()
	_, err = b.Evaluate(b.axe)
	must(t, err)
	b.accessible("apikey-revoke-dialog", "light", wide)
	b.press("dialog[open] .btn-danger")
	b.at(200, "API & integrations")
	if b.has("main tr:has-text('Journey')") {
		t.Error("the revoked key is among those that work")
	}
}

// Without JavaScript the questions are pages of their own.
func TestKeysAreManagedWithoutJavaScript(t *testing.T) {
	b := open(t, withoutJavaScript)
	b.signIn(shop.access.OtherReseller)
	b.open("/integrations/keys/new")
	b.fill("name", "Plain")
	b.press(button("Create the key"))
	b.at(201, "API & integrations")
	b.open("/integrations")
	b.press("main tr:has-text('Plain') a[href$='/rotate']")
	b.press(button("Make the new secret"))
	b.at(201, "API & integrations")
	if !b.has("main tr:has-text('Plain') :text('Being replaced')") {
		t.Error("the old key does not say that it is being replaced")
	}
	b.open("/integrations")
	for range 2 {
		b.press("main tr:has-text('Plain') a[href$='/revoke']")
		b.at(200, "Revoke the key Plain?")
		b.press(button("Revoke the key"))
		b.at(200, "API & integrations")
	}
	if b.has("main tr:has-text('Plain')") {
		t.Error("a key is left")
	}
}
