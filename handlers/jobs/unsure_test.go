package jobs_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"certbay/db"
	"certbay/providers"
)

func lost(reached bool, retryAfter time.Duration) error {
	return fmt.Errorf("submit: %w", &providers.Failure{Upstream: "sandbox", Call: "POST /orders", Trouble: providers.TroubleRefused, Changes: true,
		Reached: reached, RetryAfter: retryAfter, Detail: "connection refused"})
}

func TestOrderThatWasNeverSentWaitsInTheQueueAndIsSentAgain(t *testing.T) {
	y := openYard(t)
	y.ca.before = func() error { return lost(false, 30*time.Minute) }
	o := y.order("h.ornek.com.tr", "dns")
	start := y.book.Now()
	y.work(1)
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentQueued || got.Status != db.StatusProcessing {
		t.Fatalf("order is %s, %s", got.Status, got.Fulfilment)
	}
	if wait := y.book.Now().Sub(start); wait < 29*time.Minute {
		t.Errorf("tried again after %s, the upstream asked for half an hour", wait)
	}
	if health, err := y.book.Healths(ctx); err != nil || len(health) != 1 || health[0].LastError == "" {
		t.Errorf("health %+v, %v", health, err)
	}
	y.work(2)
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentAccepted || y.ca.submits != 2 {
		t.Fatalf("order is %s after %d submits", got.Fulfilment, y.ca.submits)
	}
	y.sound(o)
}

func TestOrderThatMayHaveArrivedIsLookedUp(t *testing.T) {
	y := openYard(t)
	y.ca.after = func() error { return lost(true, 0) }
	o := y.order("i.ornek.com.tr", "dns")
	y.work(1)
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentUnsure {
		t.Fatalf("order is %s", got.Fulfilment)
	}
	y.work(3)
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentAccepted || y.ca.submits != 1 {
		t.Fatalf("order is %s after %d submits", got.Fulfilment, y.ca.submits)
	}
	y.sound(o)
}

// vague keeps no references.
type vague struct{ *moody }

func (vague) Find(context.Context, string) (string, error) {
	return "", fmt.Errorf("its list has no references: %w", providers.ErrUnsure)
}

func TestUnsureOrderWaitsForAPersonWhereTheRecordsCantTell(t *testing.T) {
	y := openYard(t)
	y.worker.Upstreams.(providers.Registry)["sandbox"] = vague{y.ca}
	y.ca.after = func() error { return lost(true, 0) }
	o := y.order("j.ornek.com.tr", "dns")
	y.work(6)
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentUnsure || y.ca.submits != 1 {
		t.Fatalf("order is %s after %d submits", got.Fulfilment, y.ca.submits)
	}
	if _, n, err := y.book.AllOrders(ctx, db.OrderFilter{View: db.ViewReview}); err != nil || n != 1 {
		t.Fatalf("%d in review, %v", n, err)
	}
	if err := y.book.DecideResubmit(ctx, y.by, o.ID); err != nil {
		t.Fatal(err)
	}
	y.work(2)
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentAccepted || y.ca.submits != 2 {
		t.Fatalf("order is %s after %d submits", got.Fulfilment, y.ca.submits)
	}
}

// paidFirst takes the money at the first submission, whatever it thinks of the CSR, and lets the order be corrected.
type paidFirst struct {
	*moody
	seen []providers.Submission
}

func (p *paidFirst) Submit(ctx context.Context, s providers.Submission) (providers.Receipt, error) {
	p.seen = append(p.seen, s)
	if len(p.seen) == 1 {
		return providers.Receipt{}, &providers.Refusal{Field: "csr", Message: "key is on the blocklist", UpstreamID: "sb-100001"}
	}
	return p.moody.Submit(ctx, s)
}

func TestCorrectedOrderTakesUpWhatWasPaidBefore(t *testing.T) {
	y := openYard(t)
	p := &paidFirst{moody: y.ca}
	y.worker.Upstreams.(providers.Registry)["sandbox"] = p
	o := y.order("k.ornek.com.tr", "dns")
	y.work(1)
	if got := y.now(o.ID); got.Status != db.StatusPendingConfiguration || got.Fulfilment != db.FulfilmentRefused || got.Message != "key is on the blocklist" {
		t.Fatalf("order is %s, %s, %q", got.Status, got.Fulfilment, got.Message)
	}
	list, err := y.book.Certificates(ctx, o.ID)
	if err != nil || len(list) != 1 || list[0].UpstreamID != "sb-100001" {
		t.Fatalf("%+v, %v", list, err)
	}
	if _, err := y.book.Configure(ctx, y.by, y.reseller, o.ID, db.Configuration{CSR: list[0].CSR, Method: "dns"}); err != nil {
		t.Fatal(err)
	}
	y.work(1)
	if len(p.seen) != 2 || p.seen[0].Earlier != "" || p.seen[1].Earlier != "sb-100001" || p.seen[1].Reference == p.seen[0].Reference {
		t.Fatalf("%+v", p.seen)
	}
	// The sandbox's first order is sb-100001: the corrected attempt has it now, and no other.
	list, err = y.book.Certificates(ctx, o.ID)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, c := range list {
		if (c.State == db.CertificateRequested) != (c.UpstreamID == "sb-100001") {
			t.Errorf("%s has %q", c.State, c.UpstreamID)
		}
	}
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentAccepted {
		t.Errorf("order is %s", got.Fulfilment)
	}
	if _, err := y.book.Verify(ctx); err != nil {
		t.Error(err)
	}
}
