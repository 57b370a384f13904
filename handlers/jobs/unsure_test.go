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
	y.worker.Upstreams["sandbox"] = vague{y.ca}
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
