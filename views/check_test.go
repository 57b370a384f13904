package views

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

var testNow = time.Date(2026, 11, 20, 14, 2, 0, 0, time.UTC)

// testPage is a shell with everything filled; role "" is nobody.
func testPage(role string) Page {
	p := Page{
		Brand: "Örnek Hosting", Demo: true, DemoInternet: true, Sandbox: true,
		Assets:    Assets{CSS: "/static/app.css", JS: "/static/app.js", CSRMaker: "/static/csr.js", Favicon: "/static/favicon.svg"},
		Path:      "/here?q=1",
		RequestID: "01JD0000", Now: testNow,
	}
	if role != "" {
		p.Viewer = &Viewer{
			Name: "Ayşe Demir", Email: "ayse@ornek.com.tr", Role: role, Company: "Örnek Bilişim Ltd. Şti.",
			Balance: money.USD(122103), Available: money.USD(122103),
			Operator: role == "admin" || role == "support",
		}
	}
	return p
}

// inEachLanguage renders a page in every language, checks it (checkPage), and hands
// the document over for the page's own questions.
func inEachLanguage(t *testing.T, page templ.Component, ask func(t *testing.T, lang string, doc *goquery.Document)) {
	t.Helper()
	for _, lang := range i18n.Languages {
		t.Run(lang, func(t *testing.T) {
			html := renderIn(t, lang, page)
			doc := checkPage(t, html)
			if got := doc.Find("html").AttrOr("lang", ""); got != lang {
				t.Errorf("html lang is %q, want %q", got, lang)
			}
			if ask != nil {
				ask(t, lang, doc)
			}
		})
	}
}

func renderIn(t *testing.T, lang string, c templ.Component) string {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Istanbul")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.Render(i18n.With(context.Background(), i18n.Locale{Lang: lang, Zone: zone}), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// checkPage proves the rules every page obeys: one h1 that the title repeats, no
// inline style or script, no text that is a key or a template's leftover, and the
// rules of checkFragment.
func checkPage(t *testing.T, html string) *goquery.Document {
	t.Helper()
	doc := checkFragment(t, html)
	h1 := doc.Find("h1")
	if h1.Length() != 1 {
		t.Errorf("page has %d h1, want 1", h1.Length())
	}
	heading, title := squash(h1.Text()), squash(doc.Find("head title").Text())
	if heading == "" || !strings.HasPrefix(title, heading) {
		t.Errorf("title %q does not begin with the h1 %q", title, heading)
	}
	if doc.Find("main").Length() != 1 {
		t.Error("page needs exactly one main")
	}
	if doc.Find("a.skip-link[href='#main']").Length() != 1 || doc.Find("main#main").Length() != 1 {
		t.Error("skip link leads nowhere")
	}
	return doc
}

var (
	untranslated = regexp.MustCompile(`^[a-z][a-z_]*(\.[a-z0-9_]+)+$`)
	placeholders = regexp.MustCompile(`<no value>|\{\{|%!|\bnil\b`)
)

// checkFragment proves the rules of any piece of HTML: inputs have labels, ids are
// unique, references lead somewhere, forms that post say where, nothing inline that
// the content security policy refuses, and every visible text is a text.
func checkFragment(t *testing.T, html string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]int{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) { ids[s.AttrOr("id", "")]++ })
	for id, n := range ids {
		if n > 1 {
			t.Errorf("id %q is used %d times", id, n)
		}
	}
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		node := s.Get(0)
		for _, a := range node.Attr {
			switch {
			case a.Key == "style", strings.HasPrefix(a.Key, "on"), strings.HasPrefix(a.Key, "hx-on"):
				t.Errorf("<%s> has the inline attribute %s", node.Data, a.Key)
			case a.Key == "aria-describedby", a.Key == "aria-labelledby":
				for _, id := range strings.Fields(a.Val) {
					if ids[id] == 0 {
						t.Errorf("<%s %s=%q> refers to nothing", node.Data, a.Key, a.Val)
					}
				}
			case a.Key == "aria-label", a.Key == "placeholder", a.Key == "title", a.Key == "alt":
				if untranslated.MatchString(a.Val) || placeholders.MatchString(a.Val) || a.Val == "" {
					t.Errorf("<%s> has the text %s=%q", node.Data, a.Key, a.Val)
				}
			}
		}
	})
	doc.Find("script:not([src]), style").Each(func(_ int, s *goquery.Selection) { t.Error("inline script or style") })
	doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id, name := s.AttrOr("id", ""), s.AttrOr("name", "")
		labelled := s.AttrOr("aria-label", "") != "" || s.ParentsFiltered("label").Length() > 0 ||
			(id != "" && doc.Find("label[for='"+id+"']").Length() > 0)
		if !labelled {
			t.Errorf("input %q has no label", name)
		}
	})
	doc.Find("form").Each(func(_ int, s *goquery.Selection) {
		if strings.EqualFold(s.AttrOr("method", "get"), "post") && s.AttrOr("action", "") == "" {
			t.Error("a form that posts has no action")
		}
	})
	doc.Find("a").Each(func(_ int, s *goquery.Selection) {
		href := s.AttrOr("href", "")
		if href == "" || strings.Contains(href, "failedSanitization") {
			t.Errorf("link %q has href %q", squash(s.Text()), href)
		}
		if strings.HasPrefix(href, "#") && ids[href[1:]] == 0 {
			t.Errorf("link %q leads to %q, which is not on the page", squash(s.Text()), href)
		}
		if squash(s.Text()) == "" && s.AttrOr("aria-label", "") == "" {
			t.Errorf("link to %q has no name", href)
		}
	})
	doc.Find("button").Each(func(_ int, s *goquery.Selection) {
		if squash(s.Text()) == "" && s.AttrOr("aria-label", "") == "" {
			t.Error("a button has no name")
		}
	})
	doc.Find("svg.icon").Each(func(_ int, s *goquery.Selection) {
		if s.Children().Length() == 0 {
			t.Errorf("an empty icon beside %q", squash(s.Parent().Text()))
		}
	})
	doc.Find("body *").Each(func(_ int, s *goquery.Selection) {
		if s.Is("script, style, textarea, pre, code, .record-value, .mono, time") {
			return
		}
		own := squash(s.Contents().FilterFunction(func(_ int, c *goquery.Selection) bool {
			return goquery.NodeName(c) == "#text"
		}).Text())
		if looksUntranslated(own) || placeholders.MatchString(own) {
			t.Errorf("<%s> shows %q", goquery.NodeName(s), own)
		}
	})
	return doc
}

// looksUntranslated tells a key ("orders.title") from a domain name: a key's first
// word is a family of the word files.
func looksUntranslated(text string) bool {
	if !untranslated.MatchString(text) {
		return false
	}
	family, _, _ := strings.Cut(text, ".")
	return i18n.Family(family)
}

func squash(s string) string { return strings.Join(strings.Fields(s), " ") }
