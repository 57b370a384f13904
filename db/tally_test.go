package db_test

import (
	"testing"

	"certbay/db"
)

func TestTheTallyOfOrdersIsWhatTheirListsCount(t *testing.T) {
	s := openShop(t, 10_000_000)
	s.payLater(t)
	s.place(t, "waits.example.com")
	s.accepted(t, "taken.example.com")
	_, issued := s.accepted(t, "issued.example.com")
	if err := s.RecordIssued(ctx, issued, s.issued(), nil); err != nil {
		t.Fatal(err)
	}
	must[int64](t)(s.CancelOrder(ctx, s.staff, s.reseller, s.place(t, "gone.example.com").ID))
	must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.multi, Months: 12, Domain: "many.example.com"}))
	must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.licence, Months: 12, Domain: "203.0.113.10"}))
	_, vetted := s.accepted(t, "vetted.example.com")
	if err := s.Tamper(ctx, `update dcv set state = 'verified' where certificate_id = $1`, vetted); err != nil {
		t.Fatal(err)
	}
	if err := s.RecordStatus(ctx, vetted, "", nil); err != nil {
		t.Fatal(err)
	}
	told, some := 0, 0
	for _, brand := range append(must[[]string](t)(s.Brands(ctx, s.reseller)), "", "Nobody's") {
		for _, reseller := range []int64{s.reseller, 0} {
			tally := must[db.OrderTally](t)(s.OrderTally(ctx, reseller, brand))
			for _, view := range append([]db.OrderView{db.ViewProof, db.ViewReview}, db.OrderViews...) {
				for _, status := range append([]db.Status{""}, db.Statuses...) {
					f := db.OrderFilter{View: view, Status: status, Brand: brand, ResellerID: reseller}
					n, ok := tally.Of(f)
					if !ok {
						if view != db.ViewReview && view != db.ViewExpiring {
							t.Errorf("%+v is not told", f)
						}
						continue
					}
					_, want, err := s.AllOrders(ctx, f)
					if err != nil || n != want {
						t.Errorf("%+v: %d, listed %d, %v", f, n, want, err)
					}
					told, some = told+1, some+n
				}
			}
		}
	}
	if told == 0 || some == 0 {
		t.Error("nothing was told")
	}
	tally := must[db.OrderTally](t)(s.OrderTally(ctx, s.reseller, ""))
	for _, f := range []db.OrderFilter{{Search: "example"}, {Reference: "theirs"}, {ExpiringWithin: 7}, {Brand: "Sectigo"}, {View: db.ViewReview}} {
		if n, ok := tally.Of(f); ok {
			t.Errorf("%+v: %d is told of what the sums don't know", f, n)
		}
	}
}
