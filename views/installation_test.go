package views

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"certbay/views/i18n"
)

func TestTheLookAtAnInstallationSaysWhatIsToBeMended(t *testing.T) {
	seen := InstallationCard{Action: "/orders/342/installation", MayAsk: true, Host: "shop.ornek.com.tr", LookedAt: testNow, Serial: "3a", Issuer: "Sectigo", NotAfter: testNow.AddDate(0, 6, 0)}
	good, unreachable, never := seen, seen, InstallationCard{Action: seen.Action, MayAsk: true}
	good.Same, good.NameMatches, good.InTime, good.ChainComplete = true, true, true, true
	unreachable.Problem = "unreachable"
	viewer := good
	viewer.MayAsk = false
	for name, c := range map[string]struct {
		card   InstallationCard
		faults int
		button bool
		words  string
	}{
		"in order": {good, 0, true, "installation.good"}, "four faults": {seen, 4, true, "installation.bad"}, "unreachable": {unreachable, 0, true, "installation.problem.unreachable"},
		"never": {never, 0, true, "installation.never"}, "somebody who may not ask": {viewer, 0, false, "installation.good"},
	} {
		m := sampleDownload("")
		m.Installation = &c.card
		inEachLanguage(t, Download(testPage("owner"), m), func(t *testing.T, lang string, doc *goquery.Document) {
			if n := doc.Find(".flash li").Length(); n != c.faults {
				t.Errorf("%s: %d faults, want %d", name, n, c.faults)
			}
			if button := doc.Find("form[action='/orders/342/installation'][method=post] button").Length() == 1; button != c.button {
				t.Errorf("%s: button %v", name, button)
			}
			words := i18n.T(i18n.With(t.Context(), i18n.Locale{Lang: lang}), c.words)
			if !strings.Contains(doc.Find("main").Text(), words) {
				t.Errorf("%s: %q is not said", name, words)
			}
		})
	}
	m := sampleDownload("")
	inEachLanguage(t, Download(testPage("owner"), m), func(t *testing.T, _ string, doc *goquery.Document) {
		if doc.Find("form[action$='/installation']").Length() != 0 {
			t.Error("a look is offered where there is none")
		}
	})
}
