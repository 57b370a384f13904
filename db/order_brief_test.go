package db_test

import (
	"testing"

	"certbay/db"
)

func TestBriefListsSayWhatTheOrdersThemselvesSay(t *testing.T) {
	s := openShop(t, 1_000_000)
	s.place(t, "one.example.com")
	s.place(t, "two.example.com")
	whole, total := twoOf(t)(s.Orders(ctx, s.reseller, db.OrderFilter{}))
	brief, same := twoOf(t)(s.Orders(ctx, s.reseller, db.OrderFilter{Brief: true}))
	if total != 2 || same != 2 || len(brief) != len(whole) {
		t.Fatalf("%d and %d orders", same, total)
	}
	for i, o := range brief {
		w := whole[i]
		want := db.Order{ID: w.ID, Number: w.Number, ResellerID: w.ResellerID, ResellerName: w.ResellerName, ProductName: w.ProductName, Brand: w.Brand,
			Months: w.Months, Domain: w.Domain, SANCount: w.SANCount, WildcardSANCount: w.WildcardSANCount, TotalCents: w.TotalCents, TaxCents: w.TaxCents,
			Status: w.Status, Fulfilment: w.Fulfilment, CreatedAt: w.CreatedAt, CertificateUntil: w.CertificateUntil, Paid: w.Paid, Vetting: w.Vetting}
		if o != want || o.Number == "" || o.TotalCents == 0 {
			t.Errorf("brief %+v, want %+v", o, want)
		}
	}
}

func twoOf(t testing.TB) func([]db.Order, int, error) ([]db.Order, int) {
	return func(orders []db.Order, total int, err error) ([]db.Order, int) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return orders, total
	}
}
