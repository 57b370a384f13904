package views

import (
	"embed"
	"io/fs"
	"strings"
	"time"
)

// ConsolePage is /integrations/console?operation=: asks the API for somebody who is
// signed in. POST same with operation and the fields; htmx swaps #answer alone.
type ConsolePage struct {
	IntegrationTabs
	Operations []Option // those that only read; the value is the path, "/orders/{id}"
	Operation  string   // chosen
	Summary    string   // what it does, in the reader's language
	Fields     []ConsoleField
	Answer     ConsoleAnswer
}

// ConsoleField is a part of the path (needed) or of the query (may be empty).
type ConsoleField struct {
	Name   string // of the input
	Label  string // as the API calls it
	InPath bool
	Values []string // the ones it may have; empty: anything
	Value  string
}

func (f ConsoleField) options() []Option {
	options := []Option{{"", "—"}}
	for _, v := range f.Values {
		options = append(options, Option{v, v})
	}
	return options
}

// ConsoleAnswer is what the API said; Status 0 is nothing yet.
type ConsoleAnswer struct {
	Problems Problems // nothing was asked, because of these
	Request  string   // "GET https://shop.example/api/reseller/orders?limit=5"
	Curl     string   // the same for a shell
	Status   int
	Took     time.Duration
	Size     int    // bytes
	Body     string // JSON, indented
	Cut      bool   // the body was longer
}

// SamplesPage is /integrations/samples?language=.
type SamplesPage struct {
	IntegrationTabs
	BaseURL  string // of the API, without a slash at its end
	Language string // one of SampleLanguages
}

// apiSample is a program in one language, complete but for the shop's address.
type apiSample struct{ language, name, source, file, run string }

//go:embed apisamples
var sampleFiles embed.FS

var apiSamples = []apiSample{
	{"curl", "curl", "curl.sh", "certbay.sh", "sh certbay.sh"},
	{"php", "PHP", "client.php", "certbay.php", "php certbay.php"},
	{"python", "Python", "client.py", "certbay.py", "python3 certbay.py"},
	{"node", "Node.js", "client.mjs", "certbay.mjs", "node certbay.mjs"},
	{"go", "Go", "client.go.txt", "certbay.go", "go run certbay.go"},
}

// SampleLanguages are the languages there are samples in, in the order of the page.
func SampleLanguages() []string {
	var list []string
	for _, s := range apiSamples {
		list = append(list, s.language)
	}
	return list
}

// APISample is the sample of a language for an API at base; "" for an unknown one.
func APISample(language, base string) string {
	for _, s := range apiSamples {
		if s.language == language {
			text, err := fs.ReadFile(sampleFiles, "apisamples/"+s.source)
			if err != nil {
				return ""
			}
			return strings.ReplaceAll(string(text), "https://BASE", base)
		}
	}
	return ""
}

func (m SamplesPage) sample() apiSample {
	for _, s := range apiSamples {
		if s.language == m.Language {
			return s
		}
	}
	return apiSamples[0]
}
