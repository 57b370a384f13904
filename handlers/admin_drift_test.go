package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"certbay/db"
)

// differs is a difference that a comparison found about an order.
func (s shop) differs(t testing.TB, certificate int64, d db.Drift) int64 {
	t.Helper()
	ctx := t.Context()
	ok(t, s.Book.EnsureReconciliation(ctx, "sandbox", s.Book.Now()))
	r := must[[]db.Reconciliation](t)(s.Book.Reconciliations(ctx))[0]
	b := must[db.Belief](t)(s.Book.Belief(ctx, certificate))
	ok(t, s.Book.RecordLooked(ctx, r, []db.Looked{{Belief: b, Drifts: []db.Drift{d}}}, nil, db.PhaseEach, ""))
	list, _, err := s.Book.Drifts(ctx, db.DriftsOpen, db.Page{})
	ok(t, err)
	if len(list) == 0 {
		t.Fatal("the difference was not noted")
	}
	return list[len(list)-1].ID
}

func TestAnAdminTakesTheUpstreamsWordOrKeepsTheBooks(t *testing.T) {
	s := openShop(t)
	lost, lostCertificate := s.accepted(t, "lost.example.com")
	kept, keptCertificate := s.accepted(t, "kept.example.com")
	take := s.differs(t, lostCertificate, db.Drift{What: db.DriftUnknown, Ours: "processing"})
	keep := s.differs(t, keptCertificate, db.Drift{What: db.DriftDomain, Ours: "kept.example.com", Theirs: "other.example.com"})
	admin := s.SignedIn(t, db.RoleAdmin)
	page := admin.Get("/admin/drift")
	if page.Status != http.StatusOK || !strings.Contains(page.Body, "other.example.com") || !strings.Contains(page.Body, fmt.Sprintf("/admin/drift/%d/take", take)) {
		t.Fatalf("%d\n%s", page.Status, page.Body)
	}
	home := admin.Get("/admin")
	if !strings.Contains(home.Body, "other.example.com") || !strings.Contains(home.Body, fmt.Sprintf("/admin/orders/%d", lost)) {
		t.Error("the queue does not lead to the differences")
	}
	order := fmt.Sprintf("/admin/orders/%d", kept)
	if a := admin.Get(order); !strings.Contains(a.Body, fmt.Sprintf("/admin/drift/%d/keep", keep)) {
		t.Error("the order does not say what differs")
	}
	if a := admin.Get(fmt.Sprintf("/admin/drift/%d/take", take)); a.Status != http.StatusOK || a.Document(t).Find("form[action$='/take']").Length() != 1 {
		t.Errorf("asking back: %d", a.Status)
	}
	before := s.balance(t)
	done(t, admin, admin.Post(fmt.Sprintf("/admin/drift/%d/take", take), url.Values{"next": {fmt.Sprintf("/admin/orders/%d", lost)}}), fmt.Sprintf("/admin/orders/%d", lost), "success")
	if o := s.order(t, lost); o.Status != db.StatusCancelled || s.balance(t) != before+1299 {
		t.Errorf("%s, %d cents came back", o.Status, s.balance(t)-before)
	}
	done(t, admin, admin.Post(fmt.Sprintf("/admin/drift/%d/keep", keep), url.Values{"next": {order}}), order, "success")
	if o := s.order(t, kept); o.Domain != "kept.example.com" {
		t.Errorf("the order is for %s", o.Domain)
	}
	for _, path := range []string{fmt.Sprintf("/admin/drift/%d/keep", take), fmt.Sprintf("/admin/drift/%d/take", keep)} {
		done(t, admin, admin.Post(path, url.Values{"next": {"https://evil.example/"}}), "/admin/drift", "info")
	}
	if a := admin.Get(fmt.Sprintf("/admin/drift/%d/take", take)); a.Status != http.StatusConflict {
		t.Errorf("asking back about what is settled: %d", a.Status)
	}
	if s.audited(t, "drift.theirs") != 1 || s.audited(t, "drift.keep") != 1 {
		t.Error("the audit does not know who decided")
	}
	for _, path := range []string{"/admin/drift?group=settled", "/admin/drift?group=strangers", "/admin/drift?group=nonsense&page=-3"} {
		if a := admin.Get(path); a.Status != http.StatusOK {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	for _, path := range []string{"/admin/drift/999/take", "/admin/drift/x/keep"} {
		if a := admin.Post(path, url.Values{}); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	if a := s.SignedIn(t, db.RoleSupport).Post(fmt.Sprintf("/admin/drift/%d/take", keep), url.Values{}); a.Status != http.StatusForbidden {
		t.Errorf("support decides: %d", a.Status)
	}
	s.verify(t)
}

func TestAnIDThatAnotherOrderHasIsNotTaken(t *testing.T) {
	s := openShop(t)
	_, first := s.accepted(t, "first.example.com")
	second, _ := s.accepted(t, "second.example.com")
	id := s.differs(t, first, db.Drift{What: db.DriftID, Ours: "x", Theirs: fmt.Sprint("up-", second)})
	admin := s.SignedIn(t, db.RoleAdmin)
	done(t, admin, admin.Post(fmt.Sprintf("/admin/drift/%d/take", id), url.Values{}), "/admin/drift", "error")
	s.verify(t)
}

func TestARefusedOrderIsSentAgainByAnAdmin(t *testing.T) {
	s := openShop(t)
	id, certificate := s.configured(t, "again.example.com")
	must[db.Submission](t)(s.Book.BeginSubmit(t.Context(), certificate))
	ok(t, s.Book.RefuseSubmit(t.Context(), certificate, "balance too low"))
	admin, path := s.SignedIn(t, db.RoleAdmin), fmt.Sprintf("/admin/orders/%d", id)
	if a := admin.Get(path); a.Document(t).Find("form[action$='/resubmit']").Length() != 1 {
		t.Error("the order can't be sent again")
	}
	if a := admin.Get(path + "/resubmit"); a.Status != http.StatusOK {
		t.Errorf("asking back: %d", a.Status)
	}
	done(t, admin, admin.Post(path+"/resubmit", url.Values{}), path, "success")
	if o := s.order(t, id); o.Fulfilment != db.FulfilmentQueued || o.Status != db.StatusProcessing {
		t.Errorf("%s, %s", o.Status, o.Fulfilment)
	}
	if a := admin.Post(path+"/resubmit", url.Values{}); a.Status != http.StatusConflict {
		t.Errorf("twice: %d", a.Status)
	}
	s.verify(t)
}
