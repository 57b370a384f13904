package db_test

import (
	"testing"

	"certbay/db"
)

// A rate, or an upstream's cost, that overtakes a fixed price is told to the
// operator (asks 11: "total loss of revenue on a stale price").
func TestPricesThatTheCostOvertookAreCounted(t *testing.T) {
	s := openShop(t, 0)
	euro := s.euro(t)
	below := func(when string, want int) {
		t.Helper()
		if n, err := s.PricesBelowCost(ctx); n != want || err != nil {
			t.Errorf("%s: %d prices below cost, %v; want %d", when, n, err, want)
		}
	}
	s.rate(t, 3, "1.10")
	if err := s.set(euro, fixed(1500, "")); err != nil {
		t.Fatal(err)
	}
	silver := must[int64](t)(s.CreateGroup(ctx, db.System, "Silver"))
	if err := s.SetPrices(ctx, s.staff, silver, []db.PriceChange{{ProductID: euro, Months: 12, Rule: fixed(1500, "")}}); err != nil {
		t.Fatal(err)
	}
	below("at first", 0)
	s.rate(t, 2, "1.50")
	below("at cost", 0)
	s.rate(t, 1, "1.51")
	below("the rate rose: both groups", 2)
	if err := s.set(euro, fixed(1500, "kept for the year")); err != nil {
		t.Fatal(err)
	}
	below("one is allowed", 1)
	if err := s.SetPrices(ctx, s.staff, silver, []db.PriceChange{{ProductID: euro, Months: 12, Rule: margin(0)}}); err != nil {
		t.Fatal(err)
	}
	below("the other follows the cost", 0)

	sheet := must[db.ProductSheet](t)(s.ProductSheet(ctx, s.single))
	seen := sheet.Digest()
	sheet.Offers[0].CostCents = 1300
	if err := s.ChangeProduct(ctx, s.staff, sheet, seen); err != nil {
		t.Fatal(err)
	}
	below("the upstream became dearer", 1)
	seen, sheet.Active = must[db.ProductSheet](t)(s.ProductSheet(ctx, s.single)).Digest(), false
	if err := s.ChangeProduct(ctx, s.staff, sheet, seen); err != nil {
		t.Fatal(err)
	}
	below("the product is closed", 0)
	s.at(s.Now().AddDate(0, 0, 60), 0)
	below("without a rate of late nothing is sold", 0)
}
