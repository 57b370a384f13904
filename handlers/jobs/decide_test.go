package jobs_test

import (
	"errors"
	"testing"

	"certbay/db"
	"certbay/providers"
)

func TestLookingAgainAtAnUnsureOrderAsksByItsReferenceAndSendsNothing(t *testing.T) {
	y := openYard(t)
	y.worker.Upstreams.(providers.Registry)["sandbox"] = noFinder{y.ca}
	y.ca.after = func() error { return errors.New("timeout") }
	o := y.order("look.ornek.com.tr", "dns")
	y.work(3)
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentUnsure {
		t.Fatalf("order is %s", got.Fulfilment)
	}
	y.worker.Upstreams.(providers.Registry)["sandbox"] = y.ca // it can be asked now
	if job, err := y.book.LookNow(ctx, y.by, o.ID); err != nil || job == 0 {
		t.Fatalf("job %d, %v", job, err)
	}
	y.work(1)
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentAccepted || y.ca.submits != 1 {
		t.Errorf("order is %s after %d submits", got.Fulfilment, y.ca.submits)
	}
	y.sound(o)
}

func TestARefusedOrderCanBeSentAgainAsItStands(t *testing.T) {
	y := openYard(t)
	y.ca.before = func() error { return providers.Refuse("balance", "not enough money on the account") }
	o := y.order("again.ornek.com.tr", "dns")
	y.work(1)
	first, _ := y.proof(o.ID)
	if got := y.now(o.ID); !got.AdminCanResubmit() {
		t.Fatalf("%s, %s", got.Status, got.Fulfilment)
	}
	if err := y.book.DecideResubmit(ctx, y.by, o.ID); err != nil {
		t.Fatal(err)
	}
	if err := y.book.DecideResubmit(ctx, y.by, o.ID); !errors.Is(err, db.ErrStale) {
		t.Errorf("twice: %v", err)
	}
	y.verified()
	y.work(1)
	second, d := y.proof(o.ID)
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentAccepted || second.Reference == first.Reference || second.CSR != first.CSR || d.Method != "dns" {
		t.Errorf("%s, %+v", got.Fulfilment, second)
	}
	y.prove(o)
	if got := y.now(o.ID); got.Status != db.StatusCompleted {
		t.Errorf("%s", got.Status)
	}
	y.sound(o)
}
