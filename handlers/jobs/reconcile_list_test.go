package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"certbay/db"
	"certbay/handlers/jobs"
	"certbay/providers"
	"certbay/providers/providertest"
	"certbay/providers/sandbox"
)

func TestOrdersThereThatTheBookDoesNotKnowAreListedApartUntilTheyEnd(t *testing.T) {
	y := openYard(t)
	receipt, err := y.ca.CA.Submit(ctx, providers.Submission{Reference: "by-hand-1", ProductCode: "sectigo-positivessl", Months: 12,
		CSR: providertest.CSR(t, "hand.ornek.com.tr"), Names: []providers.DomainChoice{{Name: "hand.ornek.com.tr", Method: providers.MethodDNS}}})
	if err != nil {
		t.Fatal(err)
	}
	y.atPeace()
	list, n, err := y.book.Drifts(ctx, db.DriftsStrangers, db.Page{})
	if err != nil || n != 1 || list[0].UpstreamID != receipt.UpstreamID || list[0].Note != "hand.ornek.com.tr" || list[0].OrderID != 0 {
		t.Fatalf("%+v %v", list, err)
	}
	if _, err := y.book.TakeTheirs(ctx, y.by, list[0].ID); !errors.Is(err, db.ErrStale) {
		t.Errorf("a stranger was taken: %v", err)
	}
	if err := y.ca.Cancel(ctx, receipt.UpstreamID, "not needed"); err != nil {
		t.Fatal(err)
	}
	y.atPeace()
	if _, n, err := y.book.Drifts(ctx, db.DriftsStrangers, db.Page{}); err != nil || n != 0 {
		t.Errorf("%d strangers, %v", n, err)
	}
}

// noLookup is an upstream that has a list and can't be asked for a reference.
type noLookup struct {
	providers.Provider
	providers.OrderLister
	providers.Canceler
}

func TestAnUnsureOrderThatTheListHasUnderOurReferenceIsAccepted(t *testing.T) {
	y := openYard(t)
	y.worker.Upstreams.(providers.Registry)["sandbox"] = noLookup{y.ca, y.ca, y.ca}
	y.ca.after = func() error { return errors.New("timeout") }
	o := y.order("unsure.ornek.com.tr", "dns")
	y.work(2)
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentUnsure {
		t.Fatalf("order is %s", got.Fulfilment)
	}
	y.atPeace()
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentAccepted || y.ca.submits != 1 {
		t.Errorf("order is %s after %d submits", got.Fulfilment, y.ca.submits)
	}
	y.sound(o)
}

// restless fails its list and its answers as often as told.
type restless struct {
	*moody
	lists, statuses int
	failing         int
	err             error
}

func (r *restless) Orders(ctx context.Context, cursor string) ([]providers.Order, string, error) {
	r.lists++
	if r.failing > 0 {
		r.failing--
		return nil, "", r.err
	}
	return r.CA.Orders(ctx, cursor)
}

func (r *restless) Status(ctx context.Context, id string) (providers.Status, error) {
	r.statuses++
	return r.CA.Status(ctx, id)
}

func (y *yard) crowd(n int) {
	y.t.Helper()
	csr := providertest.CSR(y.t, "crowd.ornek.com.tr")
	var past []sandbox.Past
	for i := range n {
		past = append(past, sandbox.Past{Submission: providers.Submission{Reference: fmt.Sprintf("crowd-%d", i), ProductCode: "sectigo-positivessl", Months: 12, CSR: csr,
			Names: []providers.DomainChoice{{Name: "crowd.ornek.com.tr", Method: providers.MethodDNS}}}, NotBefore: time.Now().Add(-time.Hour)})
	}
	if _, err := y.ca.IssueAt(ctx, past...); err != nil {
		y.t.Fatal(err)
	}
}

// One pass over the list settles whatever agrees; nothing is asked for twice, and a
// list that breaks off goes on where it was.
func TestTheListIsReadPageByPageAndGoesOnWhereItBrokeOff(t *testing.T) {
	y := openYard(t)
	y.delivered("first.ornek.com.tr")
	y.crowd(230)
	y.delivered("last.ornek.com.tr")
	r := &restless{moody: y.ca, failing: 2, err: &providers.Failure{Upstream: "sandbox", Trouble: providers.TroubleBusy, Status: 429, RetryAfter: 17 * time.Minute}}
	y.worker.Upstreams.(providers.Registry)["sandbox"] = r
	began := y.book.Now()
	if list := y.reconcile(); len(list) != 0 {
		t.Fatalf("%+v", list)
	}
	if r.lists != 2+3 || r.statuses != 0 {
		t.Errorf("%d pages read, %d orders asked for", r.lists, r.statuses)
	}
	if took := y.book.Now().Sub(began); took < 34*time.Minute {
		t.Errorf("two answers asked to wait 17 minutes, all was done after %s", took)
	}
	if _, n, err := y.book.Drifts(ctx, db.DriftsStrangers, db.Page{}); err != nil || n != 230 {
		t.Errorf("%d strangers, %v", n, err)
	}
	y.verified()
}

func TestAnUpstreamThatStaysAwayIsTriedAgainTheNextDay(t *testing.T) {
	y := openYard(t)
	o := y.delivered("away.ornek.com.tr")
	r := &restless{moody: y.ca, failing: 100, err: providers.ErrUnavailable}
	y.worker.Upstreams.(providers.Registry)["sandbox"] = r
	if err := y.book.EnsureReconciliation(ctx, "sandbox", y.book.Now()); err != nil {
		t.Fatal(err)
	}
	c, _ := y.proof(o.ID)
	if err := y.ca.Revoke(ctx, c.UpstreamID, "x"); err != nil {
		t.Fatal(err)
	}
	var list []db.Reconciliation
	var err error
	for range 20 {
		y.work(1)
		if list, err = y.book.Reconciliations(ctx); err != nil || list[0].Error != "" {
			break
		}
	}
	if err != nil || r.lists != 7 || list[0].Phase != db.PhaseIdle || list[0].Error == "" || list[0].NextAt.Sub(list[0].BeganAt) < 24*time.Hour {
		t.Fatalf("%+v %v", list, err)
	}
	r.failing = 0
	only(t, y.reconcile(), db.DriftStatus)
	if list, err = y.book.Reconciliations(ctx); err != nil || list[0].Error != "" {
		t.Errorf("%+v %v", list, err)
	}
}

// What was asked one by one goes on behind the last that was recorded.
func TestAskingOneByOneGoesInSmallSteps(t *testing.T) {
	y := openYard(t)
	for i := range 5 {
		y.delivered(fmt.Sprintf("step%d.ornek.com.tr", i))
	}
	count := &restless{moody: y.ca}
	y.worker.Upstreams.(providers.Registry)["sandbox"] = asked{count, y.ca, y.ca, y.ca}
	y.worker.Reconcile = jobs.ReconcileRate{Batch: 2}
	y.atPeace()
	if count.statuses < 5 || count.statuses > 10 { // atPeace compares once; polls are over
		t.Errorf("%d questions for 5 orders", count.statuses)
	}
	list, err := y.book.Reconciliations(ctx)
	if err != nil || list[0].Looked != 5 {
		t.Errorf("%+v %v", list, err)
	}
}
