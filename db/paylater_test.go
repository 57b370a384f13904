package db_test

import (
	"errors"
	"testing"
	"time"

	"certbay/db"
)

func (s shop) payLater(t testing.TB) {
	t.Helper()
	if err := s.SetPayLater(ctx, s.staff, s.reseller, true); err != nil {
		t.Fatal(err)
	}
}

func (s shop) placeUnpaid(t testing.TB, product int64, domain string) db.Order {
	t.Helper()
	o := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: product, Months: 12, Domain: domain, Unpaid: true}))
	if o.Paid || o.Status != db.StatusPending || o.Fulfilment != db.FulfilmentNone {
		t.Fatalf("%+v", o)
	}
	return o
}

func TestOnlyWhoMayPayLaterPlacesUnpaidAndOnlyWhenCreditIsShort(t *testing.T) {
	s := openShop(t, 0)
	n := db.NewOrder{ProductID: s.single, Months: 12, Domain: "example.com", Unpaid: true}
	if _, err := s.PlaceOrder(ctx, s.staff, s.reseller, n); !errors.Is(err, db.ErrForbidden) {
		t.Fatal(err)
	}
	s.payLater(t)
	o := s.placeUnpaid(t, s.single, "example.com")
	if i := must[db.Invoice](t)(s.OrderInvoice(ctx, o.ID)); i.Status != db.InvoiceUnpaid || !i.PaidAt.IsZero() || !i.DueAt.After(i.CreatedAt) {
		t.Fatalf("%+v", i)
	}
	if _, err := s.Configure(ctx, s.staff, s.reseller, o.ID, db.Configuration{CSR: csrFor(t, "example.com"), Method: "dns"}); !errors.Is(err, db.ErrStale) {
		t.Fatalf("configured unpaid: %v", err)
	}
	if err := s.AddCredit(ctx, db.System, s.reseller, price, "a", "transfer"); err != nil {
		t.Fatal(err)
	}
	if paid := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, n)); !paid.Paid || s.balance(t) != 0 {
		t.Fatalf("placed unpaid with enough credit: %+v", paid)
	}
	s.verify(t)
}

func TestAnUnpaidOrderIsPaidOnceUnderRaces(t *testing.T) {
	s := openShop(t, 0)
	s.payLater(t)
	o := s.placeUnpaid(t, s.single, "example.com")
	pay := func() error { return s.PayOrder(ctx, s.staff, s.reseller, o.ID) }
	var poor *db.InsufficientCredit
	if err := pay(); !errors.As(err, &poor) || poor.Needed != price {
		t.Fatalf("paid without credit: %v", err)
	}
	if err := s.PayOrder(ctx, s.staff, s.reseller+1, o.ID); !errors.Is(err, db.ErrNotFound) {
		t.Fatalf("another reseller pays: %v", err)
	}
	if err := s.AddCredit(ctx, db.System, s.reseller, 5*price, "a", "transfer"); err != nil {
		t.Fatal(err)
	}
	paid := 0
	for _, err := range together(times(8, pay)...) {
		if err == nil {
			paid++
		} else if !errors.Is(err, db.ErrStale) {
			t.Error(err)
		}
	}
	if paid != 1 || s.balance(t) != 4*price {
		t.Fatalf("paid %d times, %d left", paid, s.balance(t))
	}
	if i := must[db.Invoice](t)(s.OrderInvoice(ctx, o.ID)); i.Status != db.InvoicePaid || i.PaidAt.IsZero() {
		t.Fatalf("%+v", i)
	}
	s.issue(t, o)
	s.verify(t)
}

func TestPayingAndCancellingAtOnceEndsInOneOfThem(t *testing.T) {
	s := openShop(t, 0)
	s.payLater(t)
	var orders []db.Order
	for range 6 {
		orders = append(orders, s.placeUnpaid(t, s.single, "example.com"))
	}
	if err := s.AddCredit(ctx, db.System, s.reseller, 6*price, "a", "transfer"); err != nil {
		t.Fatal(err)
	}
	var calls []func() error
	for _, o := range orders {
		calls = append(calls, func() error { return s.PayOrder(ctx, s.staff, s.reseller, o.ID) },
			func() error { _, err := s.CancelOrder(ctx, s.staff, s.reseller, o.ID); return err },
			func() error { return s.ConfirmCancel(ctx, db.System, o.ID) })
	}
	for _, err := range together(calls...) {
		if err != nil && !errors.Is(err, db.ErrStale) {
			t.Error(err)
		}
	}
	s.verify(t)
}

func TestAPaidLicenceIsAskedFor(t *testing.T) {
	s := openShop(t, 0)
	s.payLater(t)
	o := s.placeUnpaid(t, s.licence, "192.0.2.7")
	if err := s.AddCredit(ctx, db.System, s.reseller, 10_000, "a", "transfer"); err != nil {
		t.Fatal(err)
	}
	if err := s.PayOrder(ctx, s.staff, s.reseller, o.ID); err != nil {
		t.Fatal(err)
	}
	if o = must[db.Order](t)(s.Order(ctx, s.reseller, o.ID)); o.Status != db.StatusProcessing || o.Fulfilment != db.FulfilmentQueued {
		t.Fatalf("%+v", o)
	}
	s.verify(t)
}

func TestAnUnpaidOrderIsCancelledAfterTwentyDays(t *testing.T) {
	s := openShop(t, 0)
	s.payLater(t)
	start := s.Now().Truncate(time.Microsecond)
	s.at(start, 0)
	o := s.placeUnpaid(t, s.single, "example.com")
	for _, c := range []struct {
		seconds int
		want    db.Status
	}{{20*24*3600 - 1, db.StatusPending}, {20 * 24 * 3600, db.StatusCancelled}} {
		s.at(start, c.seconds)
		if _, err := s.CancelUnpaid(ctx); err != nil {
			t.Fatal(err)
		}
		if got := must[db.Order](t)(s.Order(ctx, s.reseller, o.ID)).Status; got != c.want {
			t.Fatalf("after %d s: %s", c.seconds, got)
		}
	}
	i := must[db.Invoice](t)(s.OrderInvoice(ctx, o.ID))
	if _, err := s.InvoiceCreditNote(ctx, i.ID); i.Status != db.InvoiceCancelled || !errors.Is(err, db.ErrNotFound) || s.balance(t) != 0 {
		t.Fatalf("%+v, %v", i, err)
	}
	if err := s.PayOrder(ctx, s.staff, s.reseller, o.ID); !errors.Is(err, db.ErrStale) {
		t.Fatalf("paid after it was cancelled: %v", err)
	}
	s.verify(t)
}
