package db_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"certbay/db"
)

func TestAnInvoiceNeverChanges(t *testing.T) {
	s := openShop(t, 100_000)
	if err := s.SetOperator(ctx, db.System, db.Operator{Brand: "Shop", Company: "Seller Ltd.", City: "Ankara", TaxID: "1"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Tamper(ctx, `update reseller set address = 'Old street 1', city = 'İzmir', tax_rate_bp = 2000, tax_office = 'Konak', tax_id = '42' where id = $1`, s.reseller); err != nil {
		t.Fatal(err)
	}
	o := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.multi, Months: 12, Domain: "example.com", SANs: []string{"a.example.com", "*.example.org"}}))
	before := must[db.Invoice](t)(s.OrderInvoice(ctx, o.ID))
	want := db.Snapshot{
		Seller:    db.Party{Company: "Seller Ltd.", City: "Ankara", TaxID: "1"},
		Buyer:     before.Snapshot.Buyer,
		TaxRateBP: 2000, Domain: "example.com", Product: "PositiveSSL Multi-Domain", Months: 12,
		Lines: []db.InvoiceLine{
			{Kind: "base", Text: "PositiveSSL Multi-Domain", Quantity: 1, UnitCents: 4999, Cents: 4999},
			{Kind: "san", Text: "SAN × 1", Quantity: 1, UnitCents: 799, Cents: 799},
			{Kind: "wildcard_san", Text: "Wildcard SAN × 1", Quantity: 1, UnitCents: 4999, Cents: 4999},
			{Kind: "discount", Quantity: 1, UnitCents: -3700, Cents: -3700},
		},
	}
	if buyer := before.Snapshot.Buyer; buyer.Address != "Old street 1" || buyer.City != "İzmir" || buyer.TaxOffice != "Konak" || buyer.TaxID != "42" || buyer.Company != "Örnek Hosting Ltd." {
		t.Errorf("buyer %+v", buyer)
	}
	if before.Snapshot.Seller != want.Seller || before.Snapshot.TaxRateBP != 2000 || before.Snapshot.Product != want.Product || before.Snapshot.Months != 12 || before.Snapshot.Domain != want.Domain {
		t.Errorf("snapshot %+v", before.Snapshot)
	}
	if diff := cmp.Diff(want.Lines, before.Snapshot.Lines); diff != "" {
		t.Error(diff)
	}
	// 4999 + 799 + 4999 − 3700 = 7097, and 20 % of it is 1419.4.
	if before.NetCents != 7097 || before.TaxCents != 1419 || before.TotalCents != 8516 || before.Status != db.InvoicePaid || before.Currency != "USD" {
		t.Errorf("invoice %+v", before)
	}
	for _, change := range []string{
		`update reseller set company = 'New name', address = 'New street 2', city = 'Bursa', tax_rate_bp = 100, tax_office = 'x', tax_id = 'y', email = 'z@example.com'`,
		`update product set name = 'Renamed ' || id`,
		`update product_term set list_cents = 1, san_cents = 1, wildcard_san_cents = 1`,
		`update group_price set cents = 1`,
	} {
		if err := s.Tamper(ctx, change); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SetOperator(ctx, db.System, db.Operator{Brand: "Other", Company: "Somebody Else", City: "Paris"}); err != nil {
		t.Fatal(err)
	}
	after := must[db.Invoice](t)(s.OrderInvoice(ctx, o.ID))
	if diff := cmp.Diff(before, after, cmp.AllowUnexported(db.Party{})); diff != "" {
		t.Error(diff)
	}
	s.verify(t)
}

func TestInvoicesOfOthersAreNotFound(t *testing.T) {
	s := openShop(t, 100_000)
	o := s.place(t, "example.com")
	i := must[db.Invoice](t)(s.OrderInvoice(ctx, o.ID))
	if i.OrderNumber != o.Number || !i.DueAt.Equal(i.CreatedAt.AddDate(0, 0, 7)) || i.PaidAt.IsZero() {
		t.Errorf("invoice %+v", i)
	}
	if _, err := s.Invoice(ctx, s.reseller+1, i.ID); !errors.Is(err, db.ErrNotFound) {
		t.Fatal(err)
	}
	if _, n, err := s.Invoices(ctx, s.reseller+1, "", db.Page{}); n != 0 || err != nil {
		t.Fatalf("%d invoices, %v", n, err)
	}
	for status, want := range map[db.InvoiceStatus]int{"": 1, db.InvoicePaid: 1, db.InvoiceUnpaid: 0, db.InvoiceCancelled: 0} {
		if list, n, err := s.Invoices(ctx, s.reseller, status, db.Page{}); n != want || len(list) != want || err != nil {
			t.Errorf("%q: %d invoices, %v", status, n, err)
		}
	}
}
