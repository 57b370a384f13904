package db_test

import (
	"fmt"
	"slices"
	"testing"

	"certbay/db"
)

func TestAPageForProgramsIsExactHoweverDeepItLies(t *testing.T) {
	s := openShop(t, 10_000_000)
	var want []int64 // the newest first
	for i := range 230 {
		o := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: fmt.Sprintf("n%d.example.com", i)}))
		want = append([]int64{o.ID}, want...)
	}
	licence := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.licence, Months: 12, Domain: "203.0.113.10"}))
	for _, c := range []struct{ offset, limit, from, to int }{
		{0, 500, 0, 230}, {0, 1, 0, 1}, {200, 500, 200, 230}, {205, 20, 205, 225}, {229, 1, 229, 230}, {230, 10, 0, 0}, {1 << 40, 1 << 40, 0, 0}, {-5, 2, 0, 2}, {0, 0, 0, 0},
	} {
		list, total, err := s.OrdersPage(ctx, s.reseller, db.OrderFilter{Certificates: true}, c.offset, c.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, o := range list {
			got = append(got, o.ID)
		}
		if total != 230 || !slices.Equal(got, want[c.from:c.to]) {
			t.Errorf("%d from %d: %d of %d, want %d", c.limit, c.offset, len(got), total, c.to-c.from)
		}
	}
	list, total, err := s.OrdersPage(ctx, s.reseller, db.OrderFilter{}, 0, 1)
	if err != nil || total != 231 || len(list) != 1 || list[0].ID != licence.ID {
		t.Errorf("with licences: %d, %v, %v", total, list, err)
	}
	if _, total, err := s.OrdersPage(ctx, s.reseller, db.OrderFilter{Search: "n7.", Certificates: true}, 0, 10); err != nil || total != 1 {
		t.Errorf("searched: %d, %v", total, err)
	}
	if _, total, err := s.OrdersPage(ctx, s.reseller+1, db.OrderFilter{}, 0, 10); err != nil || total != 0 {
		t.Errorf("of another reseller: %d, %v", total, err)
	}
}
