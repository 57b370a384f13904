package db_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"certbay/db"
)

// rejectedFor says whether an error refuses a field for a reason.
func rejectedFor(err error, field, code string) bool {
	var rejected *db.Rejected
	return errors.As(err, &rejected) && slices.ContainsFunc(rejected.Problems, func(p db.Problem) bool { return p.Field == field && p.Code == code })
}

func TestATermIsRenewedOnceAndOnlyTowardsItsEnd(t *testing.T) {
	s := openShop(t, 100_000)
	o, certificate := s.accepted(t, "example.com")
	if err := s.RecordIssued(ctx, certificate, s.issued(), nil); err != nil {
		t.Fatal(err)
	}
	o = must[db.Order](t)(s.Order(ctx, s.reseller, o.ID))
	renew := db.NewOrder{ProductID: s.single, Months: 12, Domain: "example.com", Renews: o.ID}
	if _, err := s.Draft(ctx, s.reseller, renew); !rejectedFor(err, "renews", "not_renewable") {
		t.Errorf("a year early: %v", err)
	}
	s.at(o.RenewableFrom().Add(-time.Second), 0)
	if _, err := s.PlaceOrder(ctx, s.staff, s.reseller, renew); !rejectedFor(err, "renews", "not_renewable") {
		t.Errorf("a second early: %v", err)
	}
	s.at(o.RenewableFrom(), 0)
	elsewhere := renew
	elsewhere.Domain = "example.org"
	if _, err := s.PlaceOrder(ctx, s.staff, s.reseller, elsewhere); !rejectedFor(err, "domain", "renews_other") {
		t.Errorf("another domain: %v", err)
	}
	if _, err := s.RenewedBy(ctx, s.reseller, o.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("nothing renews it yet: %v", err)
	}
	first := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, renew))
	if _, err := s.PlaceOrder(ctx, s.staff, s.reseller, renew); !rejectedFor(err, "renews", "renewed_already") {
		t.Errorf("twice: %v", err)
	}
	if got := must[db.Order](t)(s.RenewedBy(ctx, s.reseller, o.ID)); got.ID != first.ID {
		t.Errorf("renewed by %s", got.Number)
	}
	if got := must[db.Order](t)(s.RenewalOf(ctx, s.reseller, first.ID)); got.ID != o.ID {
		t.Errorf("renewal of %s", got.Number)
	}
	if _, err := s.RenewalOf(ctx, s.reseller+1, first.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another reseller's: %v", err)
	}
	// A cancelled renewal makes room for the next.
	must[int64](t)(s.CancelOrder(ctx, s.staff, s.reseller, first.ID))
	second := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, renew))
	if got := must[db.Order](t)(s.RenewedBy(ctx, s.reseller, o.ID)); got.ID != second.ID {
		t.Errorf("renewed by %s", got.Number)
	}
	s.verify(t)
}

func TestOfManyRenewalsAtOnceOneIsPlaced(t *testing.T) {
	s := openShop(t, 100_000)
	o, certificate := s.accepted(t, "example.com")
	if err := s.RecordIssued(ctx, certificate, s.issued(), nil); err != nil {
		t.Fatal(err)
	}
	o = must[db.Order](t)(s.Order(ctx, s.reseller, o.ID))
	s.at(o.RenewableFrom(), 0)
	before, placed := s.balance(t), 0
	for _, err := range together(times(6, func() error {
		_, err := s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: "example.com", Renews: o.ID})
		return err
	})...) {
		switch {
		case err == nil:
			placed++
		case !rejectedFor(err, "renews", "renewed_already"):
			t.Errorf("refused with %v", err)
		}
	}
	if placed != 1 || before-s.balance(t) != 1299 {
		t.Errorf("%d placed, %d charged", placed, before-s.balance(t))
	}
	s.verify(t)
}

func TestAnotherResellersOrderIsNotRenewed(t *testing.T) {
	s := openShop(t, 100_000)
	r := must[db.Reseller](t)(s.CreateReseller(ctx, db.System, db.NewReseller{Name: "Other", Company: "Other", Email: "o@example.com", GroupID: s.group}))
	o, certificate := s.accepted(t, "example.com")
	if err := s.RecordIssued(ctx, certificate, s.issued(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Draft(ctx, r.ID, db.NewOrder{ProductID: s.single, Months: 12, Domain: "example.com", Renews: o.ID}); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
