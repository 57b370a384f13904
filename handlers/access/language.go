package access

import (
	"net/http"

	"golang.org/x/text/language"
)

var matcher = language.NewMatcher([]language.Tag{language.Turkish, language.English})

// Language is what the program reads, in the dialects that were written in Turkish:
// "tr" unless it asks for English, "en".
func Language(r *http.Request) string {
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return "tr"
	}
	if _, i, sure := matcher.Match(tags...); i == 1 && sure > language.Low {
		return "en"
	}
	return "tr"
}
