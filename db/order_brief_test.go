package db_test

import (
	"testing"
	"time"

	"certbay/db"
)

func TestBriefListsSayWhatTheOrdersThemselvesSay(t *testing.T) {
	s := openShop(t, 1_000_000)
	s.place(t, "one.example.com")
	s.place(t, "two.example.com")
	whole, total := twoOf(t)(s.Orders(ctx, s.reseller, db.OrderFilter{}))
	brief, same := twoOf(t)(s.AllOrders(ctx, db.OrderFilter{Brief: true}))
	own, again := twoOf(t)(s.Orders(ctx, s.reseller, db.OrderFilter{Brief: true}))
	lean, _ := twoOf(t)(s.Orders(ctx, s.reseller, db.OrderFilter{Lean: true}))
	if total != 2 || len(lean) != 2 || same != 2 || again != 2 || len(brief) != len(whole) || len(own) != len(whole) {
		t.Fatalf("%d, %d and %d orders", same, again, total)
	}
	for i, o := range brief {
		w := whole[i]
		want := db.Order{ID: w.ID, Number: w.Number, ResellerID: w.ResellerID, ResellerName: w.ResellerName, ProductName: w.ProductName, Brand: w.Brand,
			Domain: w.Domain, SANCount: w.SANCount, WildcardSANCount: w.WildcardSANCount, TotalCents: w.TotalCents, TaxCents: w.TaxCents,
			Status: w.Status, Fulfilment: w.Fulfilment, CreatedAt: w.CreatedAt, CertificateUntil: w.CertificateUntil, Paid: w.Paid, Vetting: w.Vetting}
		if o != want || o.Number == "" || o.TotalCents == 0 {
			t.Errorf("brief %+v, want %+v", o, want)
		}
		if want.ResellerName = ""; own[i] != want {
			t.Errorf("its own %+v, want %+v", own[i], want)
		}
		w.ResellerName, w.ResellerEmail, w.CostCents, w.Message, w.CustomerName, w.CustomerEmail, w.Note, w.PlacedBy = "", "", 0, "", "", "", "", ""
		w.UpstreamSeenAt, w.LicenceKey = time.Time{}, ""
		if lean[i] != w {
			t.Errorf("lean %+v, want %+v", lean[i], w)
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
