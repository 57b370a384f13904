package jobs_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/providers"
)

// stands notes a difference about an order's newest certificate, as a comparison does.
func (y *yard) stands(o db.Order, d db.Drift) db.Drift {
	y.t.Helper()
	if err := y.book.EnsureReconciliation(ctx, "sandbox", y.book.Now()); err != nil {
		y.t.Fatal(err)
	}
	all := must(y.book.Reconciliations(ctx))
	list := must(y.book.Certificates(ctx, o.ID))
	newest := list[0]
	for _, c := range list {
		if c.ID > newest.ID {
			newest = c
		}
	}
	b := must(y.book.Belief(ctx, newest.ID))
	if err := y.book.RecordLooked(ctx, all[0], []db.Looked{{Belief: b, Drifts: []db.Drift{d}}}, nil, db.PhaseEach, ""); err != nil {
		y.t.Fatal(err)
	}
	open := must(y.book.OrderDrifts(ctx, o.ID))
	return only(y.t, open, d.What)
}

// An upstream forgot an order, rejected it after all, and got it anew: what was found
// of the first request must not pay the second one back, which is bought.
func TestADifferenceOfAnEarlierRequestDoesNotEndALaterOne(t *testing.T) {
	y := openYard(t)
	o := y.order("again.ornek.com.tr", "dns")
	y.work(1)
	d := y.stands(o, db.Drift{What: db.DriftUnknown, Ours: "validation_pending"})
	if err := y.book.RecordRejected(ctx, d.CertificateID, "no"); err != nil {
		t.Fatal(err)
	}
	if err := y.book.DecideResubmit(ctx, y.by, o.ID); err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{"queued", "accepted"} {
		if _, err := y.book.TakeTheirs(ctx, y.by, d.ID); !errors.Is(err, db.ErrStale) {
			t.Fatalf("%s: the difference of before was taken: %v", state, err)
		}
		y.work(1)
	}
	if got := y.now(o.ID); got.Status == db.StatusCancelled || y.balance() == 100000 {
		t.Errorf("%s, balance %d", got.Status, y.balance())
	}
	y.verified()
}

func TestAnOrderThatIsBeingSubmittedIsNotPaidBackByADifference(t *testing.T) {
	y := openYard(t)
	o := y.order("midway.ornek.com.tr", "dns")
	y.work(1)
	d := y.stands(o, db.Drift{What: db.DriftUnknown, Ours: "validation_pending"})
	if err := y.book.RecordRejected(ctx, d.CertificateID, "no"); err != nil {
		t.Fatal(err)
	}
	if err := y.book.DecideResubmit(ctx, y.by, o.ID); err != nil {
		t.Fatal(err)
	}
	var during error
	y.ca.before = func() error {
		_, during = y.book.TakeTheirs(ctx, y.by, d.ID)
		return nil
	}
	y.work(1)
	if !errors.Is(during, db.ErrStale) {
		t.Errorf("taken while the call was under way: %v", during)
	}
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentAccepted || got.Status == db.StatusCancelled {
		t.Errorf("%s %s", got.Status, got.Fulfilment)
	}
}

// A leftover that somebody took into the book since is wanted.
func TestALeftoverThatWasImportedSinceIsNotEndedThere(t *testing.T) {
	y := openYard(t)
	y.worker.Upstreams = providers.Registry{"sandbox": struct {
		nameless
		providers.Canceler
	}{nameless{y.ca, y.ca}, y.ca}}
	y.ca.after = func() error { return errors.New("timeout") }
	o := y.order("left.ornek.com.tr", "dns")
	y.work(2)
	if _, err := y.book.DecideCancel(ctx, y.by, o.ID, "not there"); err != nil {
		t.Fatal(err)
	}
	run, rows := y.read(db.ImportOrders, "")
	c, err := y.book.Certificates(ctx, o.ID)
	if err != nil {
		t.Fatal(err)
	}
	if orphan, err := y.book.NoteOrphan(ctx, c[0].ID, rows[0].Ref); err != nil || !orphan {
		t.Fatal(orphan, err)
	}
	if err := y.book.TakeEveryOrder(ctx, y.by, run.ID, y.reseller); err != nil {
		t.Fatal(err)
	}
	y.settle()
	d := only(t, must(y.book.OrderDrifts(ctx, o.ID)), db.DriftOrphan)
	if _, err := y.book.TakeTheirs(ctx, y.by, d.ID); err != nil {
		t.Fatal(err)
	}
	y.settle()
	st, err := y.ca.Status(ctx, rows[0].Ref)
	if err != nil || st.State == providers.StateCancelled {
		t.Errorf("there it is %s, %v", st.State, err)
	}
	if d = must(y.book.Drift(ctx, d.ID)); d.How != db.DriftGone {
		t.Errorf("%+v", d)
	}
	y.verified()
}

func TestAShorterTermThereIsTakenOfARenewedLicence(t *testing.T) {
	y := openYard(t)
	cpanel, err := y.book.CreateProduct(ctx, db.System, db.Product{Brand: "cPanel", Name: "cPanel Solo", Kind: db.KindLicence, DomainType: "ip", Terms: []db.Term{{Months: 1, ListCents: 2000}, {Months: 12, ListCents: 20000}}},
		db.Offer{Upstream: "sandbox", ProductCode: "cpanel-solo", CostCents: 19188})
	if err != nil {
		t.Fatal(err)
	}
	group := must(y.book.Reseller(ctx, y.reseller)).GroupID
	if err := y.book.SetGroupPrice(ctx, db.System, group, cpanel, 1, 2000); err != nil {
		t.Fatal(err)
	}
	y.elsewhere("cpanel-solo", "", "203.0.113.7")
	run, _ := y.read(db.ImportOrders, "")
	if err := y.book.TakeEveryOrder(ctx, y.by, run.ID, y.reseller); err != nil {
		t.Fatal(err)
	}
	y.settle()
	l := must(y.book.LicencesAt(ctx, y.reseller, "203.0.113.7"))[0]

	if _, err := y.book.RenewLicence(ctx, y.by, y.reseller, l.ID, 1, db.WishForm{}); err != nil {
		t.Fatal(err)
	}
	y.settle()
	if got := y.now(l.ID); !got.EndsAt.After(l.EndsAt) {
		t.Fatalf("not renewed: %s", got.EndsAt)
	}
	d := y.stands(l, db.Drift{What: db.DriftTerm, Ours: "x", Theirs: l.EndsAt.Format("2006-01-02T15:04:05Z07:00")})
	if _, err := y.book.TakeTheirs(ctx, y.by, d.ID); err != nil {
		t.Fatal(err)
	}
	y.verified()
}

// What a reseller reads of its orders never names the upstream.
func TestStepsThatAResellerReadsNameNoUpstream(t *testing.T) {
	y := openYard(t)
	issued := y.elsewhere("sectigo-positivessl", "issued.example.com", "")
	y.show(issued)
	run, _ := y.read(db.ImportOrders, "")
	if err := y.book.TakeEveryOrder(ctx, y.by, run.ID, y.reseller); err != nil {
		t.Fatal(err)
	}
	y.settle()
	imported := y.now(y.rows(run)[0].OrderID)
	for _, d := range []db.Drift{{What: db.DriftStatus, Ours: "active", Theirs: "revoked"}, {What: db.DriftStatus, Ours: "active", Theirs: "cancelled"}, {What: db.DriftUnknown, Ours: "completed"}} {
		o := imported
		if d.Theirs != "revoked" {
			o = y.order(map[bool]string{true: "gone.ornek.com.tr", false: "ended.ornek.com.tr"}[d.What == db.DriftUnknown], "dns")
			y.work(1)
			y.prove(o)
			y.work(2)
		}
		if _, err := y.book.TakeTheirs(ctx, y.by, y.stands(o, d).ID); err != nil {
			t.Fatal(err)
		}
		if got := y.now(o.ID); got.Status != db.StatusCancelled {
			t.Fatalf("%s: %s", d.Theirs, got.Status)
		}
		for _, e := range must(y.book.Events(ctx, o.ID)) {
			if own := e.ForReseller(); strings.Contains(own.Detail, "sandbox") || strings.Contains(own.Detail, "sb-") {
				t.Errorf("%s: %s", own.Kind, own.Detail)
			}
		}
	}
}

func TestANameThatWasCorrectedAfterARenewalBreaksNoRule(t *testing.T) {
	y := openYard(t)
	before := y.delivered("renewed.ornek.com.tr")
	ends := y.now(before.ID).EndsAt
	y.book.Now = func() time.Time { return ends.AddDate(0, 0, -20) }
	if _, err := y.book.PlaceOrder(ctx, y.by, y.reseller, db.NewOrder{ProductID: y.product, Months: 12, Domain: "renewed.ornek.com.tr", Renews: before.ID}); err != nil {
		t.Fatal(err)
	}
	d := y.stands(before, db.Drift{What: db.DriftDomain, Ours: "renewed.ornek.com.tr", Theirs: "other.ornek.com.tr"})
	if _, err := y.book.TakeTheirs(ctx, y.by, d.ID); err != nil {
		t.Fatal(err)
	}
	y.verified()
}
