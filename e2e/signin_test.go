package e2e

import (
	"sync"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// states keeps what a browser knows after somebody signed in, by e-mail address:
// signing in is slow on purpose, so it happens once per person and language.
var states struct {
	sync.Mutex
	by map[string]*playwright.OptionalStorageState
}

// signedIn opens a tab in which somebody is signed in and reads English, or
// Turkish with inTurkish.
func signedIn(t *testing.T, who login, options ...option) *tab {
	t.Helper()
	states.Lock()
	defer states.Unlock()
	var settings playwright.BrowserNewContextOptions
	for _, o := range options {
		o(&settings)
	}
	lang := "en"
	if settings.Locale != nil {
		lang = (*settings.Locale)[:2]
	}
	state, known := states.by[who.Email+lang]
	if known {
		return open(t, append(options, func(o *playwright.BrowserNewContextOptions) { o.StorageState = state })...)
	}
	b := open(t, options...)
	b.signIn(who)
	if b.language() != lang {
		b.press("form[action='/preferences']:has(input[name=lang]) button")
	}
	if b.language() != lang {
		t.Fatalf("%s reads %s, not %s, after the switch", who.Email, b.language(), lang)
	}
	kept, err := b.Context().StorageState()
	must(t, err)
	if states.by == nil {
		states.by = map[string]*playwright.OptionalStorageState{}
	}
	states.by[who.Email+lang] = kept.ToOptionalStorageState()
	return b
}

// signIn fills in the sign-in page.
func (b *tab) signIn(who login) {
	b.t.Helper()
	b.open("/sign-in")
	b.fill("email", who.Email)
	b.fill("password", who.Password)
	b.press("main button[type=submit]")
	if b.path() == "/sign-in" {
		b.t.Fatalf("%s is not let in: %s", who.Email, b.text("main"))
	}
}

func (b *tab) language() string {
	b.t.Helper()
	lang, err := b.Locator("html").GetAttribute("lang")
	must(b.t, err)
	return lang
}
