package handlers_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"certbay/db"
	"certbay/views"
)

// The examples are run as they stand on the page, by a shell and curl.
func TestTheExampleOfEveryDialectWorks(t *testing.T) {
	s := openIssuer(t)
	ctx := t.Context()
	ok(t, s.Book.SetAPIEnabled(ctx, db.System, s.Reseller.ID, true))
	_, key, err := s.Book.CreateAPIKey(ctx, db.System, s.Reseller.ID, db.NewAPIKey{Name: "shell", Scopes: []db.Scope{db.ScopeRead}})
	ok(t, err)
	b := s.SignedIn(t, db.RoleOwner)
	off := b.Get("/integrations/dialects").Document(t)
	if n := off.Find("main section .pill-success").Length(); n != 1 {
		t.Errorf("%d are on before any is switched on", n)
	}
	if text := off.Find("#ssl247").Text(); !strings.Contains(text, "SSL247 API v3 is not switched on for you") {
		t.Errorf("what is off does not say who switches it on: %s", plainSpace(text))
	}
	for _, name := range []string{"gogetssl", "ssl247", "billmanager", "license724"} {
		ok(t, s.Book.SetResellerDialect(ctx, db.System, s.Reseller.ID, name, true))
	}
	page := b.Get("/integrations/dialects").Document(t)
	answers := map[string]string{"datassl": `"balance"`, "gogetssl": `"balance"`, "ssl247": "10000.00", "billmanager": `"p_elems"`, "license724": "10000"}
	if n := page.Find("main section.card").Length(); n != len(answers) {
		t.Errorf("%d dialects are shown", n)
	}
	for name, want := range answers {
		t.Run(name, func(t *testing.T) {
			card := page.Find("#" + name)
			script := card.Find("pre").Text()
			if copied := card.Find("[data-copy]").FilterFunction(func(_ int, e *goquery.Selection) bool { return strings.Contains(e.AttrOr("data-copy", ""), "curl") }).AttrOr("data-copy", ""); copied != script {
				t.Errorf("what is copied differs: %q", copied)
			}
			if card.Find(".pill-success").Length() != 1 || !strings.Contains(script, views.ExampleKey) {
				t.Errorf("%s", plainSpace(card.Text()))
			}
			out, err := exec.Command("sh", "-c", "set -e\n"+strings.Replace(script, views.ExampleKey, key, 1)).Output()
			if err != nil || !strings.Contains(string(out), want) {
				t.Errorf("%v: %s\n%s", err, out, script)
			}
			// The key of the page's placeholder opens nothing.
			refused, _ := exec.Command("sh", "-c", script).Output()
			if strings.Contains(string(refused), want) {
				t.Errorf("without a key: %s", refused)
			}
		})
	}
}
