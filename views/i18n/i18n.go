// Package i18n holds the words of the portal in every language it speaks, and the
// ways money, dates and numbers are written in each.
//
// The words live in one folder per language (en/, tr/), one JSON file per page
// family, merged at start. A key missing from one language, used but not written,
// or written but not used fails the tests of this package.
package i18n

import (
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"time"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Languages are the supported languages, the fallback first.
var Languages = []string{"en", "tr"}

//go:embed en/*.json tr/*.json
var files embed.FS

var (
	localizers = map[string]*goi18n.Localizer{}
	families   = map[string]bool{}
	plain      map[string]map[string]string // by language and key, the texts in which nothing is filled in
	matcher    = language.NewMatcher([]language.Tag{language.English, language.Turkish})
)

func init() {
	bundle, texts, err := load(files)
	if err != nil {
		panic("i18n: " + err.Error()) // the files are embedded: only a broken build gets here
	}
	plain = texts
	for _, lang := range Languages {
		localizers[lang] = goi18n.NewLocalizer(bundle, lang)
	}
}

// load merges every file of every language; a key written twice in one language is an error.
func load(files fs.FS) (*goi18n.Bundle, map[string]map[string]string, error) {
	bundle, plain := goi18n.NewBundle(language.English), map[string]map[string]string{}
	for _, lang := range Languages {
		paths, err := fs.Glob(files, lang+"/*.json")
		if err != nil {
			return nil, nil, err
		}
		seen := map[string]string{}
		texts := map[string]string{}
		for _, path := range paths {
			body, err := fs.ReadFile(files, path)
			if err != nil {
				return nil, nil, err
			}
			messages, err := bundle.ParseMessageBytes(language.MustParse(lang), body, json.Unmarshal)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", path, err)
			}
			for _, m := range messages {
				if first, ok := seen[m.ID]; ok {
					return nil, nil, fmt.Errorf("%s: key %q is already in %s", path, m.ID, first)
				}
				seen[m.ID] = path
				family, _, _ := strings.Cut(m.ID, ".")
				families[family] = true
				if m.One == "" && !strings.Contains(m.Other, "{{") {
					texts[m.ID] = m.Other
				}
			}
			if err := bundle.AddMessages(language.MustParse(lang), messages...); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", path, err)
			}
		}
		plain[lang] = texts
	}
	return bundle, plain, nil
}

// Locale is how one reader reads: the language and the clock on the wall.
type Locale struct {
	Lang string         // "en" or "tr"
	Zone *time.Location // nil is UTC
}

type localeKey struct{}

// With returns a context whose pages are written for the reader l.
// An unknown language becomes English, a nil zone UTC.
func With(ctx context.Context, l Locale) context.Context {
	if _, ok := localizers[l.Lang]; !ok {
		l.Lang = Languages[0]
	}
	l.Zone = cmp.Or(l.Zone, time.UTC)
	return context.WithValue(ctx, localeKey{}, l)
}

// From is the reader of this context; English in UTC when none was set.
func From(ctx context.Context) Locale {
	if l, ok := ctx.Value(localeKey{}).(Locale); ok {
		return l
	}
	return Locale{Lang: Languages[0], Zone: time.UTC}
}

// Match picks the supported language that suits a browser's Accept-Language header best.
func Match(acceptLanguage string) string {
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return Languages[0]
	}
	_, i, _ := matcher.Match(tags...)
	return Languages[i]
}

// T is the text of key in the reader's language. args are pairs of a name used in
// the text and its value: T(ctx, "order.number", "Number", "ORD-2026-0342").
// A key without a translation answers in English; an unknown key answers itself.
func T(ctx context.Context, key string, args ...any) string {
	if text := plain[From(ctx).Lang][key]; text != "" {
		return text // most are, and a page has hundreds
	}
	return localize(ctx, &goi18n.LocalizeConfig{MessageID: key, TemplateData: pairs(args)})
}

// N is T for a text that depends on a number: the plural form follows count, and
// the text may say {{.Count}}, written with the reader's thousands separator.
func N(ctx context.Context, key string, count int, args ...any) string {
	data := pairs(args)
	if data == nil {
		data = map[string]any{}
	}
	data["Count"] = Number(ctx, int64(count))
	return localize(ctx, &goi18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: count})
}

// Word is the text of one word of a closed family, such as Word(ctx, "status",
// "completed"). A code the family does not know answers the code itself.
func Word(ctx context.Context, family, code string) string {
	key := family + "." + code
	if word := T(ctx, key); word != key {
		return word
	}
	return code
}

func localize(ctx context.Context, config *goi18n.LocalizeConfig) string {
	// Localize answers the English text beside its error when only the translation is missing.
	text, _ := localizers[From(ctx).Lang].Localize(config)
	return cmp.Or(text, config.MessageID)
}

func pairs(args []any) map[string]any {
	if len(args) == 0 {
		return nil
	}
	data := make(map[string]any, len(args)/2+1)
	for i := 0; i+1 < len(args); i += 2 {
		data[fmt.Sprint(args[i])] = args[i+1]
	}
	return data
}

// Family says whether any key begins with name and a dot; tests use it to tell a key
// that leaked into a page from a domain name.
func Family(name string) bool { return families[name] }
