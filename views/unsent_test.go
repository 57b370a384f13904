package views

import (
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

func TestOrderThatCouldNotBeSentSaysWhyAndWhatToDo(t *testing.T) {
	for name, again := range map[string]time.Time{"again": testNow.Add(time.Hour), "never": {}} {
		t.Run(name, func(t *testing.T) {
			m := sampleAdminOrder("queued")
			m.Unsent = &UnsentOrder{Tries: 7, Cause: hostile, Again: again}
			inEachLanguage(t, AdminOrder(testPage("admin"), m), func(t *testing.T, lang string, doc *goquery.Document) {
				text := doc.Find("main").Text()
				if !strings.Contains(text, hostile) || !strings.Contains(text, "7") || !strings.Contains(text, m.Upstream.Name) {
					t.Error(text)
				}
				if doc.Find(`form[action$="/look"]`).Length() != 1 || doc.Find(`a[href$="/cancel"]`).Length() == 0 {
					t.Error("the buttons are missing")
				}
			})
		})
	}
}

func TestReviewItemOfAnOrderThatCouldNotBeSentLeadsToIt(t *testing.T) {
	m := sampleAdminHome()
	m.Review = []ReviewItem{{Kind: "unsent", ID: 336, Title: "ORD-2026-0336 · mağaza.com", Who: "Örnek Hosting", Reason: hostile, At: testNow.Add(-2 * time.Hour)}}
	inEachLanguage(t, AdminHome(testPage("admin"), m), func(t *testing.T, lang string, doc *goquery.Document) {
		want := map[string]string{"en": "could not be sent", "tr": "henüz iletilemedi"}[lang]
		if !strings.Contains(doc.Find("main").Text(), want) || doc.Find(`a[href="/admin/orders/336"]`).Length() == 0 {
			t.Error(doc.Find("main").Text())
		}
	})
}
