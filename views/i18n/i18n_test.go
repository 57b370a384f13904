package i18n

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"certbay/db/money"
)

// words reads every key of a language as written: a string, or a plural's forms.
func words(t *testing.T, lang string) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	paths, err := fs.Glob(files, lang+"/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files of %s: %v", lang, err)
	}
	for _, path := range paths {
		body, err := fs.ReadFile(files, path)
		if err != nil {
			t.Fatal(err)
		}
		raw := map[string]any{}
		if err := json.Unmarshal(body, &raw); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for key, value := range raw {
			if _, twice := all[key]; twice {
				t.Errorf("%s: key %q is also in another file of %s", path, key, lang)
			}
			forms := map[string]string{}
			switch v := value.(type) {
			case string:
				forms[""] = v
			case map[string]any:
				for form, text := range v {
					forms[form], _ = text.(string)
				}
			}
			all[key] = forms
		}
	}
	return all
}

var placeholder = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

func placeholdersOf(forms map[string]string) []string {
	var names []string
	for _, text := range forms {
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestLanguagesHaveTheSameKeys(t *testing.T) {
	en, tr := words(t, "en"), words(t, "tr")
	for key, forms := range en {
		other, ok := tr[key]
		if !ok {
			t.Errorf("%q has no Turkish", key)
			continue
		}
		if (len(forms) > 1) != (len(other) > 1) {
			t.Errorf("%q is a plural in one language only", key)
		}
		if a, b := placeholdersOf(forms), placeholdersOf(other); !slices.Equal(a, b) {
			t.Errorf("%q speaks of %v in English, of %v in Turkish", key, a, b)
		}
	}
	for key := range tr {
		if _, ok := en[key]; !ok {
			t.Errorf("%q has no English", key)
		}
	}
}

func TestPluralsHaveTheirForms(t *testing.T) {
	for _, lang := range Languages {
		for key, forms := range words(t, lang) {
			for form, text := range forms {
				if strings.TrimSpace(text) == "" {
					t.Errorf("%s: %q %s is empty", lang, key, form)
				}
			}
			if _, single := forms[""]; !single && (forms["one"] == "" || forms["other"] == "" || len(forms) != 2) {
				t.Errorf("%s: %q needs exactly the forms one and other", lang, key)
			}
		}
	}
}

// English words that would be a slip in Turkish text. Names of things that have no
// Turkish name (CSR, DNS, Wildcard, PEM) are not among them.
var englishWords = regexp.MustCompile(`(?i)\b(the|and|your|order|orders|invoice|password|sign in|settings|please|with|for|certificate|certificates|domain|download|balance|name|not|this|is|are|of|to)\b`)

func TestTurkishHasNoEnglishWords(t *testing.T) {
	for key, forms := range words(t, "tr") {
		if strings.HasPrefix(key, "shell.language") || strings.HasPrefix(key, "language.") {
			continue // the name of the other language, in that language
		}
		for _, text := range forms {
			text = placeholder.ReplaceAllString(text, "")
			text = regexp.MustCompile("`[^`]*`").ReplaceAllString(text, "")                   // code, the same in every language
			text = regexp.MustCompile(`-----.*-----|\S+[@/_.]\S+`).ReplaceAllString(text, "") // addresses, paths and file names
			if found := englishWords.FindString(text); found != "" {
				t.Errorf("%q says %q: %s", key, found, text)
			}
		}
	}
}

var (
	call    = regexp.MustCompile(`\b(?:i18n\.)?(T|N|Word)\(\s*[\w.()]+\s*,\s*"([^"]+)"(\s*\+)?`)
	keyed   = regexp.MustCompile(`\bKey:\s*"([a-z0-9_.]+)"`)
	comment = regexp.MustCompile(`(?m)^\s*//.*$`)
	literal = regexp.MustCompile(`"([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*\.?)"`)
)

// sources are the program's files that may name keys, tests and generated code aside.
func sources(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, room := range []string{"..", "../../handlers", "../../web", "../../db"} {
		err := filepath.WalkDir(room, func(path string, d fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil || d.IsDir() {
				return err
			}
			source := strings.HasSuffix(path, ".templ") || strings.HasSuffix(path, ".go")
			if !source || strings.HasSuffix(path, "_templ.go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_gen.go") {
				return nil
			}
			body, err := os.ReadFile(path)
			found[path] = comment.ReplaceAllString(string(body), "")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func TestEveryKeyUsedIsWritten(t *testing.T) {
	known := words(t, "en")
	hasFamily := func(prefix string) bool {
		for key := range known {
			if strings.HasPrefix(key, prefix) {
				return true
			}
		}
		return false
	}
	for path, body := range sources(t) {
		if strings.HasPrefix(path, "../../db") {
			continue
		}
		for _, m := range call.FindAllStringSubmatch(body, -1) {
			kind, key, dynamic := m[1], m[2], m[3] != ""
			forms, ok := known[key]
			switch {
			case kind == "Word":
				if !hasFamily(key + ".") {
					t.Errorf("%s uses the family %q, which no key has", path, key)
				}
			case dynamic:
				if !hasFamily(key) {
					t.Errorf("%s uses keys %q…, which none are", path, key)
				}
			case !ok:
				t.Errorf("%s uses %q, which is not written", path, key)
			case (kind == "N") != (len(forms) > 1):
				t.Errorf("%s uses %q with %s, but the word says otherwise about plurals", path, key, kind)
			}
		}
		for _, m := range keyed.FindAllStringSubmatch(body, -1) {
			if strings.HasSuffix(m[1], ".") && hasFamily(m[1]) {
				continue
			}
			if _, ok := known[m[1]]; !ok && strings.Contains(m[1], ".") {
				t.Errorf("%s uses %q, which is not written", path, m[1])
			}
		}
	}
}

// Families whose codes come from the book, the upstream or the request, so that no
// source names each key.
var openFamilies = []string{"error", "csr.problem", "status", "fulfilment", "event", "role", "nav", "time", "form", "password", "problem"}

func TestNoKeyIsUnused(t *testing.T) {
	used := map[string]bool{}
	prefixes := slices.Clone(openFamilies)
	for _, body := range sources(t) {
		for _, m := range literal.FindAllStringSubmatch(body, -1) {
			used[m[1]] = true
		}
		for _, m := range call.FindAllStringSubmatch(body, -1) {
			if m[1] == "Word" {
				prefixes = append(prefixes, m[2])
			} else if m[3] != "" {
				prefixes = append(prefixes, strings.TrimSuffix(m[2], "."))
			}
		}
	}
	for key := range words(t, "en") {
		covered := used[key] || slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p+".") })
		if !covered {
			t.Errorf("%q is written but nothing uses it", key)
		}
	}
}

func TestKeyWrittenTwiceIsRefused(t *testing.T) {
	_, _, err := load(fstest.MapFS{
		"en/a.json": {Data: []byte(`{"x.y": "one"}`)},
		"en/b.json": {Data: []byte(`{"x.y": "two"}`)},
	})
	if err == nil || !strings.Contains(err.Error(), "x.y") {
		t.Fatalf("loading a key twice gave %v", err)
	}
}

func reader(lang string) context.Context {
	zone := time.FixedZone("UTC+3", 3*60*60)
	return With(context.Background(), Locale{Lang: lang, Zone: zone})
}

func TestMoneyIsWrittenAsTheReaderWritesIt(t *testing.T) {
	for _, c := range []struct {
		amount money.Money
		en, tr string
	}{
		{money.USD(122103), "$1,221.03", "1.221,03\u00a0$"},
		{money.USD(0), "$0.00", "0,00\u00a0$"},
		{money.USD(-3700), "\u2212$37.00", "\u221237,00\u00a0$"},
		{money.USD(-5), "\u2212$0.05", "\u22120,05\u00a0$"},
		{money.New(100000000, money.CurrencyTRY), "₺1,000,000.00", "1.000.000,00\u00a0₺"},
	} {
		if got := Money(reader("en"), c.amount); got != c.en {
			t.Errorf("en %d: %q, want %q", c.amount.Minor, got, c.en)
		}
		if got := Money(reader("tr"), c.amount); got != c.tr {
			t.Errorf("tr %d: %q, want %q", c.amount.Minor, got, c.tr)
		}
	}
}

func TestDatesFollowTheReadersZoneAndLanguage(t *testing.T) {
	late := time.Date(2026, 11, 20, 22, 30, 0, 0, time.UTC) // already the 21st at UTC+3
	for _, c := range []struct{ got, want string }{
		{Date(reader("en"), late), "21 Nov 2026"},
		{Date(reader("tr"), late), "21 Kas 2026"},
		{DateTime(reader("tr"), late), "21 Kas 2026, 01:30"},
		{Date(reader("tr"), time.Date(2027, 2, 14, 9, 0, 0, 0, time.UTC)), "14 Şub 2027"},
		{Date(reader("en"), time.Time{}), "—"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestAgoChoosesTheUnit(t *testing.T) {
	now := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		distance time.Duration
		en, tr   string
	}{
		{5 * time.Second, "just now", "şimdi"},
		{20 * time.Second, "20 seconds ago", "20 saniye önce"},
		{time.Minute, "1 minute ago", "1 dakika önce"},
		{3 * time.Hour, "3 hours ago", "3 saat önce"},
		{-9 * 24 * time.Hour, "in 9 days", "9 gün sonra"},
		{400 * 24 * time.Hour, "13 months ago", "13 ay önce"},
	} {
		if got := Ago(reader("en"), now, now.Add(-c.distance)); got != c.en {
			t.Errorf("en %v: %q, want %q", c.distance, got, c.en)
		}
		if got := Ago(reader("tr"), now, now.Add(-c.distance)); got != c.tr {
			t.Errorf("tr %v: %q, want %q", c.distance, got, c.tr)
		}
	}
}

func TestTurkishCapitalsKeepTheirDots(t *testing.T) {
	if got := Upper(reader("tr"), "istanbul ılıca"); got != "İSTANBUL ILICA" {
		t.Errorf("got %q", got)
	}
	if got := Upper(reader("en"), "istanbul"); got != "ISTANBUL" {
		t.Errorf("got %q", got)
	}
}

func TestMatchPicksTheBrowsersLanguage(t *testing.T) {
	for header, want := range map[string]string{
		"tr-TR,tr;q=0.9,en;q=0.8": "tr",
		"en-GB,en;q=0.9":          "en",
		"de-DE,de;q=0.9,tr;q=0.5": "tr",
		"fr":                      "en",
		"":                        "en",
		"not a header;;;":         "en",
	} {
		if got := Match(header); got != want {
			t.Errorf("Match(%q) = %q, want %q", header, got, want)
		}
	}
}

func TestUnknownKeysAnswerThemselves(t *testing.T) {
	if got := T(reader("tr"), "no.such.key"); got != "no.such.key" {
		t.Errorf("got %q", got)
	}
	if got := Word(reader("tr"), "status", "no_such_status"); got != "no_such_status" {
		t.Errorf("got %q", got)
	}
	if got := Word(reader("tr"), "status", "completed"); got != "Etkin" {
		t.Errorf("got %q", got)
	}
}

func TestNumbersAndPercentsFollowTheReader(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Number(reader("en"), 1234567), "1,234,567"},
		{Number(reader("tr"), 1234567), "1.234.567"},
		{Number(reader("en"), -12), "\u221212"},
		{Percent(reader("en"), 1850), "18.5%"},
		{Percent(reader("tr"), 2000), "%20"},
		{Percent(reader("tr"), 1850), "%18,5"},
		{Months(reader("en"), 1), "1 month"},
		{Months(reader("tr"), 12), "12 ay"},
		{Days(reader("en"), 9), "9 days"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
