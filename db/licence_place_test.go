package db_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"certbay/db"
)

// refused is an order of a licence that its upstream refused.
func (p plant) refused(t *testing.T, ip string) db.Order {
	t.Helper()
	o := must[db.Order](t)(p.PlaceOrder(ctx, p.staff, p.reseller, db.NewOrder{ProductID: p.solo, Months: 1, Domain: ip}))
	if err := p.RefuseSubmit(ctx, p.handIn(t, o).ID, "no"); err != nil {
		t.Fatal(err)
	}
	return o
}

func occupied(err error) bool {
	var rejected *db.Rejected
	return errors.As(err, &rejected) && rejected.Problems[0].Code == "licence_exists"
}

func TestAnAddressIsTakenOnceHoweverManyAskForItAtATime(t *testing.T) {
	p := openPlant(t)
	for round := range 5 {
		at := func(n int) string { return fmt.Sprintf("203.0.113.%d", 10*round+n) }
		one, two, three, bad := p.deliver(t, 1, at(1)), p.deliver(t, 1, at(2)), p.refused(t, at(3)), p.refused(t, at(4))
		ask := []func() error{
			func() error { _, err := p.MoveLicence(ctx, p.staff, p.reseller, one.ID, at(0)); return err },
			func() error { _, err := p.MoveLicence(ctx, p.staff, p.reseller, two.ID, at(0)); return err },
			func() error { _, err := p.CorrectLicence(ctx, p.staff, p.reseller, three.ID, at(0)); return err },
			func() error { _, err := p.CorrectLicence(ctx, p.staff, p.reseller, bad.ID, at(0)); return err },
			func() error {
				_, err := p.PlaceOrder(ctx, p.staff, p.reseller, db.NewOrder{ProductID: p.solo, Months: 1, Domain: at(0)})
				return err
			},
		}
		answers := make([]error, len(ask))
		var all sync.WaitGroup
		for i := range ask {
			all.Go(func() { answers[i] = ask[i]() })
		}
		all.Wait()
		got := 0
		for i, err := range answers {
			if err == nil {
				got++
			} else if !occupied(err) {
				t.Errorf("%d: %v", i, err)
			}
		}
		if got != 1 {
			t.Errorf("%d of %d got the one place: %v", got, len(ask), answers)
		}
	}
	p.verify(t)
}

func TestAPlaceIsTakenWhileAMoveOrAChangeOfProductIsUnderWay(t *testing.T) {
	p := openPlant(t)
	l := p.deliver(t, 1, "203.0.113.10")
	p.idle(t)
	order := func(product int64, ip string) error {
		_, err := p.PlaceOrder(ctx, p.staff, p.reseller, db.NewOrder{ProductID: product, Months: 1, Domain: ip})
		return err
	}
	must[int64](t)(p.MoveLicence(ctx, p.staff, p.reseller, l.ID, "203.0.113.20"))
	if err := order(p.solo, "203.0.113.20"); !occupied(err) {
		t.Errorf("where a licence is on its way to: %v", err)
	}
	j := must[db.Job](t)(p.ClaimJob(ctx, time.Minute))
	if err := p.FailJob(ctx, j, "nobody answers"); err != nil {
		t.Fatal(err)
	}
	if err := order(p.solo, "203.0.113.20"); !occupied(err) {
		t.Errorf("where a move that was given up may have ended: %v", err)
	}
	// Another wish replaces the one that was given up, and its place is free again.
	must[int64](t)(p.MoveLicence(ctx, p.staff, p.reseller, l.ID, "203.0.113.21"))
	if jobs, _, err := p.Jobs(ctx, db.JobFilter{Kind: db.JobLicenceMove}); err != nil || len(jobs) != 1 || jobs[0].Failed {
		t.Errorf("%+v", jobs)
	}
	p.deliver(t, 1, "203.0.113.20") // where nothing is any more
	if err := order(p.solo, "203.0.113.21"); !occupied(err) {
		t.Errorf("where it goes now: %v", err)
	}
	p.idle(t)

	core := must[db.Order](t)(p.ChangeCore(ctx, p.staff, p.reseller, l.ID, p.admin, db.WishForm{}))
	if err := order(p.admin, "203.0.113.10"); !occupied(err) {
		t.Errorf("what a licence is about to be: %v", err)
	}
	if err := p.RefuseWish(ctx, p.handIn(t, core).ID, "no"); err != nil {
		t.Fatal(err)
	}
	if err := order(p.admin, "203.0.113.10"); err != nil {
		t.Errorf("what it was not allowed to be: %v", err)
	}
	p.verify(t)
}

func TestAMoveToWhereItIsAlreadyIsNoMove(t *testing.T) {
	p := openPlant(t)
	l := p.deliver(t, 1, "203.0.113.10")
	var rejected *db.Rejected
	if err := p.CheckLicenceMove(ctx, p.reseller, l.ID, "203.0.113.10"); !errors.As(err, &rejected) || rejected.Problems[0].Code != "licence_here" {
		t.Errorf("asked about: %v", err)
	}
	if job, err := p.MoveLicence(ctx, p.staff, p.reseller, l.ID, "203.0.113.10"); job != 0 || err != nil {
		t.Errorf("asked for: job %d, %v", job, err)
	}
}

func TestALicenceIsRenewedAndChangedForWhatWasAgreedToOnly(t *testing.T) {
	p := openPlant(t)
	l := p.deliver(t, 12, "203.0.113.10")
	before, other := p.balance(t), int64(999)
	var changed *db.PriceChanged
	if _, err := p.RenewLicence(ctx, p.staff, p.reseller, l.ID, 1, db.WishForm{Quoted: &other}); !errors.As(err, &changed) || changed.Payable != 1000 {
		t.Errorf("a renewal: %v", err)
	}
	if _, err := p.ChangeCore(ctx, p.staff, p.reseller, l.ID, p.admin, db.WishForm{Quoted: &other}); !errors.As(err, &changed) || changed.Payable != 12000 {
		t.Errorf("a change of product: %v", err)
	}
	if p.balance(t) != before {
		t.Error("and it was paid")
	}
	agreed := int64(1000)
	must[db.Order](t)(p.RenewLicence(ctx, p.staff, p.reseller, l.ID, 1, db.WishForm{Quoted: &agreed}))
	p.verify(t)
}

func TestWhatWasDoneForALicenceNeedsNoIdToBeMarkedAsDone(t *testing.T) {
	p := openPlant(t)
	l := p.deliver(t, 1, "203.0.113.10")
	r := must[db.Order](t)(p.RenewLicence(ctx, p.staff, p.reseller, l.ID, 1, db.WishForm{}))
	c := p.handIn(t, r)
	if err := p.DoubtSubmit(ctx, c.ID, "timeout"); err != nil {
		t.Fatal(err)
	}
	if err := p.DecidePlaced(ctx, p.staff, r.ID, ""); err != nil {
		t.Fatal(err)
	}
	if after := must[db.Order](t)(p.Licence(ctx, p.reseller, l.ID)); !after.EndsAt.Equal(l.EndsAt.AddDate(0, 1, 0)) {
		t.Errorf("ends %s", after.EndsAt)
	}
	// The answer that was lost comes after all: it is what the person meant.
	if err := p.RecordLicenceDone(ctx, c.ID); !errors.Is(err, db.ErrStale) {
		t.Fatal(err)
	}
	if orphan := must[bool](t)(p.NoteWishOrphan(ctx, c.ID)); orphan {
		t.Error("it is written down as something nobody wants")
	}
	p.verify(t)
}
