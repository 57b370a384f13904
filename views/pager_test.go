package views

import (
	"strings"
	"testing"
)

func TestAListThatIsNotCountedToItsEndSaysHowManyThereAreAtLeast(t *testing.T) {
	for lang, least := range map[string]string{"en": "1,000+", "tr": "1.000 ve üzeri"} {
		doc := checkFragment(t, renderIn(t, lang, Pagination(Pager{Page: 1, PerPage: 50, Counted: 1000, Total: 1001, Path: "/orders"})))
		if text := squash(doc.Find(".num").Text()); !strings.Contains(text, least) || doc.Find("a[rel=next]").Length() != 1 {
			t.Errorf("%s: %q", lang, text)
		}
		doc = checkFragment(t, renderIn(t, lang, Pagination(Pager{Page: 201, PerPage: 50, Counted: 1000, Deepest: 201, Total: 10_051, Path: "/orders"})))
		if doc.Find(".muted").Length() != 1 || doc.Find("a[rel=next]").Length() != 0 {
			t.Errorf("%s: the deepest page does not say that the list goes on", lang)
		}
	}
}
