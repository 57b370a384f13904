package db_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"certbay/db"
)

// "Priced right, none unrequested" (asks 10), and nobody is charged what they were
// not shown (asks 11).
func TestAnOrderIsPlacedAtThePriceThatWasShownOrNotAtAll(t *testing.T) {
	s := openShop(t, 100_000)
	shown := int64(1299)
	n := db.NewOrder{ProductID: s.single, Months: 12, Domain: "example.com", FormToken: "one", Quoted: &shown}
	if err := s.set(s.single, fixed(1300, "")); err != nil {
		t.Fatal(err)
	}
	var changed *db.PriceChanged
	if _, err := s.PlaceOrder(ctx, s.staff, s.reseller, n); !errors.As(err, &changed) || *changed != (db.PriceChanged{Quoted: 1299, Payable: 1300}) {
		t.Fatalf("%v", err)
	}
	if _, total, err := s.Orders(ctx, s.reseller, db.OrderFilter{}); total != 0 || err != nil || s.balance(t) != 100_000 {
		t.Fatalf("%d orders, balance %d, %v", total, s.balance(t), err)
	}
	shown = 1300
	placed := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, n))
	if err := s.set(s.single, fixed(1400, "")); err != nil {
		t.Fatal(err)
	}
	if again, err := s.PlaceOrder(ctx, s.staff, s.reseller, n); err != nil || again.ID != placed.ID {
		t.Errorf("a resend after another change: %+v, %v", again, err)
	}
	n.FormToken, n.Quoted = "", nil
	if o := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, n)); o.TotalCents != 1400 {
		t.Errorf("whoever names no price pays that of the moment: %d", o.TotalCents)
	}
	s.verify(t)
}

// Of the names, those that the product includes are no line of the invoice.
func TestAnInvoiceChargesNamesByUnitAndLeavesOutTheIncluded(t *testing.T) {
	s := openShop(t, 100_000)
	sheet := must[db.ProductSheet](t)(s.ProductSheet(ctx, s.multi))
	seen := sheet.Digest()
	sheet.SANIncluded, sheet.WildcardSANIncluded = 2, 1
	if err := s.ChangeProduct(ctx, s.staff, sheet, seen); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sans, wildcards int
		lines           []db.InvoiceLine
		charged         int
	}{
		{2, 1, nil, 0},
		{5, 0, []db.InvoiceLine{{Kind: "san", Text: "SAN × 3", Quantity: 3, UnitCents: 799, Cents: 2397}}, 3},
		{3, 3, []db.InvoiceLine{{Kind: "san", Text: "SAN × 1", Quantity: 1, UnitCents: 799, Cents: 799},
			{Kind: "wildcard_san", Text: "Wildcard SAN × 2", Quantity: 2, UnitCents: 4999, Cents: 9998}}, 3},
	} {
		o := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.multi, Months: 12, Domain: "example.com", SANCount: c.sans, WildcardSANCount: c.wildcards}))
		snapshot := must[db.Invoice](t)(s.OrderInvoice(ctx, o.ID)).Snapshot
		names := snapshot.Lines[1 : len(snapshot.Lines)-1]
		if len(names) != len(c.lines) || len(names) > 0 && !reflect.DeepEqual(names, c.lines) || snapshot.ChargedNames() != c.charged {
			t.Errorf("%d names and %d wildcard names: %+v, %d charged", c.sans, c.wildcards, names, snapshot.ChargedNames())
		}
	}
	s.verify(t)
}

// refusedLicence is a licence that its upstream did not want.
func (s shop) refusedLicence(t testing.TB, address string) db.Order {
	t.Helper()
	o := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.licence, Months: 12, Domain: address}))
	certificate := must[[]db.Certificate](t)(s.Certificates(ctx, o.ID))[0].ID
	must[db.Submission](t)(s.BeginSubmit(ctx, certificate))
	if err := s.RefuseSubmit(ctx, certificate, "this address is in use"); err != nil {
		t.Fatal(err)
	}
	return must[db.Order](t)(s.AnyOrder(ctx, o.ID))
}

func TestARefusedLicenceIsAskedForAgainAndPaidOnce(t *testing.T) {
	s := openShop(t, 100_000)
	o := s.refusedLicence(t, "203.0.113.10")
	before := s.balance(t)
	var rejected *db.Rejected
	for _, bad := range []string{"", "example.com", "127.0.0.1", "0.0.0.0", "224.0.0.1", "fe80::1%eth0"} {
		if _, err := s.CorrectLicence(ctx, s.staff, s.reseller, o.ID, bad); !errors.As(err, &rejected) || rejected.Problems[0].Code != "ip_needed" {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := s.CorrectLicence(ctx, s.staff, s.reseller+1, o.ID, "203.0.113.11"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another reseller: %v", err)
	}
	if s.balance(t) != before {
		t.Error("what was rejected costs something")
	}
	must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.licence, Months: 12, Domain: "203.0.113.9"}))
	before = s.balance(t)
	if _, err := s.CorrectLicence(ctx, s.staff, s.reseller, o.ID, "203.0.113.9"); !errors.As(err, &rejected) || rejected.Problems[0].Code != "licence_exists" {
		t.Errorf("where another licence of the product is: %v", err)
	}
	s.at(s.Now(), 3600)
	must[int](t)(s.IndexOrders(ctx))
	job := must[int64](t)(s.CorrectLicence(ctx, s.staff, s.reseller, o.ID, " 203.0.113.11 "))
	again := must[db.Order](t)(s.AnyOrder(ctx, o.ID))
	if job == 0 || again.Domain != "203.0.113.11" || again.Status != db.StatusProcessing || again.Fulfilment != db.FulfilmentQueued || again.Message != "" || s.balance(t) != before {
		t.Fatalf("job %d, %+v, balance %d of %d", job, again, s.balance(t), before)
	}
	if found, _, err := s.Orders(ctx, s.reseller, db.OrderFilter{Search: "203.0.113.11"}); err != nil || len(found) != 1 || found[0].ID != o.ID {
		t.Errorf("where it is now, a search finds %d, %v", len(found), err)
	}
	list := must[[]db.Certificate](t)(s.Certificates(ctx, o.ID))
	if sub := must[db.Submission](t)(s.BeginSubmit(ctx, list[0].ID)); len(list) != 2 || sub.Order.Domain != "203.0.113.11" || !strings.HasPrefix(sub.Certificate.Reference, o.Number+"-2-") {
		t.Errorf("%d requests, %+v", len(list), sub.Certificate)
	}
	for name, id := range map[string]int64{"twice": o.ID, "a certificate": s.place(t, "a.example.com").ID} {
		if _, err := s.CorrectLicence(ctx, s.staff, s.reseller, id, "203.0.113.12"); !errors.Is(err, db.ErrStale) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.verify(t)
}

// Two books number their orders alike; an upstream account that both buy with must
// tell their orders apart.
func TestTwoBooksNeverUseOneReference(t *testing.T) {
	references := map[string]bool{}
	for range 2 {
		s := openShop(t, 100_000)
		o, _ := s.configured(t, "shop.example.com")
		if o.Number[len(o.Number)-4:] != "0001" {
			t.Fatalf("order %s", o.Number)
		}
		references[must[[]db.Certificate](t)(s.Certificates(ctx, o.ID))[0].Reference] = true
	}
	if len(references) != 2 {
		t.Errorf("%v", references)
	}
}
