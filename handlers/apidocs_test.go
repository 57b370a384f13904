package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"certbay/db"
	"certbay/handlers/datassl"
	"certbay/web/webtest"

	"github.com/PuerkitoBio/goquery"
)

func TestTheDocumentationOfTheAPIShowsEveryOperationInBothLanguages(t *testing.T) {
	site := webtest.Open(t)
	for lang, title := range map[string]string{"en": "Reseller API", "tr": "Bayi API'si"} {
		b := site.Browser(t)
		b.Post("/preferences", url.Values{"lang": {lang}, "next": {"/docs/api"}})
		a := b.Get("/docs/api")
		if a.Status != http.StatusOK || a.Title(t) != title {
			t.Fatalf("%s: %d %q", lang, a.Status, a.Title(t))
		}
		doc := a.Document(t)
		text := doc.Find("main").Text()
		for _, op := range datassl.Operations() {
			chapter := doc.Find("section#" + op.Name)
			if chapter.Length() != 1 || !strings.Contains(chapter.Text(), op.Path) || chapter.Find("pre").Length() != 2 || !strings.Contains(chapter.Text(), "curl -X "+op.Method) {
				t.Errorf("%s: %s has %d chapters", lang, op.Name, chapter.Length())
			}
			if words := map[string]string{"en": op.EN, "tr": op.TR}[lang]; strings.TrimSpace(chapter.Find("h3").Text()) != words {
				t.Errorf("%s: %s is headed %q", lang, op.Name, chapter.Find("h3").Text())
			}
			for _, p := range op.Query {
				if !strings.Contains(chapter.Find("table").Text(), p.Name) {
					t.Errorf("%s: %s does not tell of %s", lang, op.Name, p.Name)
				}
			}
		}
		for _, e := range db.WebhookEvents {
			if !strings.Contains(text, string(e)) {
				t.Errorf("%s: no %s", lang, e)
			}
		}
		if strings.Contains(text, "apidocs.") || strings.Contains(text, "`") || strings.Contains(text, "**") {
			t.Errorf("%s: a key or a mark is left", lang)
		}
		ids := map[string]int{}
		doc.Find("[id]").Each(func(_ int, s *goquery.Selection) { ids[s.AttrOr("id", "")]++ })
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s: %d elements are called %s", lang, n, id)
			}
		}
		links := 0
		doc.Find("main a[href^='#']").Each(func(_ int, s *goquery.Selection) {
			links++
			if to := strings.TrimPrefix(s.AttrOr("href", ""), "#"); ids[to] != 1 {
				t.Errorf("%s: #%s leads nowhere", lang, to)
			}
		})
		if links < 2*len(datassl.Operations()) {
			t.Errorf("%s: %d anchors", lang, links)
		}
		if to, _ := doc.Find("main .page-head a.btn").Attr("href"); to != "/api/reseller/openapi.json?lang="+lang {
			t.Errorf("%s: the description is at %s", lang, to)
		}
		if !strings.Contains(text, site.URL+"/api/reseller") {
			t.Errorf("%s: no base URL", lang)
		}
	}
	if a := site.SignedIn(t, db.RoleTechnical).Get("/docs/api"); a.Status != http.StatusOK || a.Document(t).Find(".sidenav").Length() != 1 {
		t.Errorf("signed in: %d", a.Status)
	}
}
