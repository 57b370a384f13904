package views

import (
	"strings"
	"testing"
	"time"

	"certbay/views/i18n"
	"github.com/PuerkitoBio/goquery"
)

func sampleDrifts() []DriftRow {
	var rows []DriftRow
	add := func(what, ours, theirs string) *DriftRow {
		rows = append(rows, DriftRow{ID: int64(len(rows) + 1), What: what, Upstream: "gogetssl", UpstreamID: "90017", OrderID: 342, Number: "ORD-2026-0342", Domain: "mağaza.com",
			Reseller: hostile, Ours: ours, Theirs: theirs, CanTake: true, FoundAt: testNow.Add(-time.Hour)})
		return &rows[len(rows)-1]
	}
	for _, state := range []string{"cancelled", "revoked", "rejected", "suspended", "active", "processing"} {
		add("status", "active", state).CanTake = state != "processing"
	}
	add("term", "2027-05-01T08:00:00Z", "2028-05-01T00:00:00Z")
	add("validity", "2027-05-01T08:00:00Z", "2027-06-01T00:00:00Z")
	add("serial", "0abc", "0def")
	add("domain", "mağaza.com", hostile)
	add("id", "90017", "90018")
	add("unknown", "completed", "").Delivered = true
	add("unknown", "processing", "")
	add("issued", "processing", "issued").Note = hostile
	add("alive", "cancelled", "issued")
	add("orphan", "cancelled", "")
	add("left", "", "").Note = "too late to cancel"
	return rows
}

func TestEachDifferenceHasASentenceAndItsButtons(t *testing.T) {
	rows := sampleDrifts()
	for _, decides := range []bool{true, false} {
		m := AdminDriftPage{Rows: rows, Open: len(rows), CanDecide: decides, Pager: Pager{Page: 1, PerPage: 50, Total: len(rows), Path: "/admin/drift"},
			Compared: []ComparedRow{{Upstream: "gogetssl", Looked: 1200, EndedAt: testNow.Add(-time.Hour), NextAt: testNow.Add(23 * time.Hour)},
				{Upstream: "ssl247", Running: true, Looked: 1}, {Upstream: "new", NextAt: testNow}, {Upstream: "away", NextAt: testNow, Error: hostile}}}
		inEachLanguage(t, AdminDrift(testPage("admin"), m), func(t *testing.T, lang string, doc *goquery.Document) {
			seen := map[string]bool{}
			for _, d := range rows {
				text := d.sentence(i18n.With(t.Context(), i18n.Locale{Lang: lang, Zone: time.UTC}))
				if strings.Contains(text, "{{") || strings.Contains(text, "drift.") || seen[text] {
					t.Errorf("%s says %q", d.key(), text)
				}
				seen[text] = true
				take, keep := doc.Find("form[action='"+d.href("take")+"']").Length(), doc.Find("form[action='"+d.href("keep")+"']").Length()
				if want := map[bool]int{true: 1}[decides]; keep != want || take != want*map[bool]int{true: 1}[d.CanTake] {
					t.Errorf("%s offers %d take, %d keep", d.key(), take, keep)
				}
			}
		})
	}
}

func TestOrdersThatTheBookDoesNotKnowLeadToTheImport(t *testing.T) {
	m := AdminDriftPage{Group: "strangers", Strangers: 1, CanDecide: true, Pager: Pager{Page: 1, PerPage: 50, Total: 1, Path: "/admin/drift"},
		Rows: []DriftRow{{ID: 9, What: "stranger", Upstream: "ssl247", UpstreamID: "77", Note: hostile, Theirs: "issued", FoundAt: testNow}}}
	inEachLanguage(t, AdminDrift(testPage("admin"), m), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("a[href='/admin/upstreams/import']").Length() != 1 || doc.Find("main form").Length() != 0 {
			t.Error("a stranger can be decided, or not imported")
		}
	})
	inEachLanguage(t, AdminDrift(testPage("support"), AdminDriftPage{}), nil)
	settled := sampleDrifts()[:1]
	settled[0].SettledAt, settled[0].SettledBy, settled[0].How = testNow, "Ayşe", "theirs"
	inEachLanguage(t, AdminDrift(testPage("support"), AdminDriftPage{Group: "settled", Rows: settled}), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("main form").Length() != 0 || !strings.Contains(doc.Find("main").Text(), "Ayşe") {
			t.Error("what is settled is asked again, or nobody did it")
		}
	})
}

func TestTheReviewQueueAndTheOrderSayWhatTheUpstreamSays(t *testing.T) {
	rows := sampleDrifts()
	home := AdminHomePage{Review: []ReviewItem{{Kind: "drift", ID: 1, Who: "Örnek", Drift: &rows[0], At: testNow}}, ReviewTotal: 1}
	inEachLanguage(t, AdminHome(testPage("admin"), home), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find(".task-row a.btn").AttrOr("href", "") != "/admin/orders/342" || !strings.Contains(doc.Find(".task-title").Text(), "gogetssl") {
			t.Error("the queue does not lead to the difference")
		}
	})
	o := sampleAdminOrder("accepted")
	o.Drifts = rows[:2]
	for role, want := range map[string]int{"admin": 2, "support": 0} {
		inEachLanguage(t, AdminOrder(testPage(role), o), func(t *testing.T, lang string, doc *goquery.Document) {
			if got := doc.Find("form[action$='/keep']").Length(); got != want {
				t.Errorf("%s may keep %d", role, got)
			}
		})
	}
	refused := sampleAdminOrder("refused")
	refused.CanResubmit = true
	inEachLanguage(t, AdminOrder(testPage("admin"), refused), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("form[action$='/resubmit']").Length() != 1 {
			t.Error("what was refused can't be sent again")
		}
	})
}
