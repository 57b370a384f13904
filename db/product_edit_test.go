package db_test

import (
	"errors"
	"reflect"
	"testing"

	"certbay/db"
	"certbay/db/money"
)

func (s shop) sheet(t testing.TB, id int64) db.ProductSheet {
	t.Helper()
	return must[db.ProductSheet](t)(s.ProductSheet(ctx, id))
}

func TestAChangedProductLeavesOrdersAndInvoicesAsTheyWere(t *testing.T) {
	s := openShop(t, 100_000)
	o := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: "a.example.com"}))
	invoice := must[db.Invoice](t)(s.OrderInvoice(ctx, o.ID))
	next := s.sheet(t, s.single)
	digest := next.Digest()
	next.Name, next.Brand = "Renamed", "Other brand"
	for i := range next.Terms {
		next.Terms[i].ListCents += 1000
	}
	next.Offers[0].CostCents, next.Offers[0].Currency, next.Offers[0].ProductCode = 1, money.CurrencyEUR, "other"
	next.Offers = append(next.Offers, db.OfferSheet{Offer: db.Offer{Upstream: "second", ProductCode: "x", CostCents: 5, Currency: money.CurrencyUSD}, Rank: 2, Active: true})
	if err := s.ChangeProduct(ctx, s.staff, next, digest); err != nil {
		t.Fatal(err)
	}
	now := must[db.Order](t)(s.AnyOrder(ctx, o.ID))
	if now.ProductName != "Renamed" {
		t.Errorf("the order names %q", now.ProductName)
	}
	if now.ProductName, now.Brand = o.ProductName, o.Brand; now != o {
		t.Errorf("the order was %+v, is %+v", o, now)
	}
	if got := must[db.Invoice](t)(s.OrderInvoice(ctx, o.ID)); !reflect.DeepEqual(got, invoice) {
		t.Errorf("the invoice was %+v, is %+v", invoice, got)
	}
	if _, err := s.Verify(ctx); err != nil {
		t.Error(err)
	}
	if err := s.ChangeProduct(ctx, s.staff, next, digest); !errors.Is(err, db.ErrStale) {
		t.Errorf("a change of what is no longer there: %v", err)
	}
}

func TestWhatOrdersWerePlacedOnStays(t *testing.T) {
	s := openShop(t, 100_000)
	if s.sheet(t, s.single).Ordered {
		t.Fatal("ordered already")
	}
	must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: "a.example.com"}))
	for name, c := range map[string]struct {
		change func(*db.ProductSheet)
		field  string
	}{
		"kind":       {func(n *db.ProductSheet) { n.Kind = db.KindMultiDomain }, "kind"},
		"validation": {func(n *db.ProductSheet) { n.Validation = "ov" }, "validation"},
		"domains":    {func(n *db.ProductSheet) { n.DomainType = "ip" }, "domain_type"},
	} {
		t.Run(name, func(t *testing.T) {
			bound := s.sheet(t, s.single)
			next := bound
			c.change(&next)
			err := s.ChangeProduct(ctx, s.staff, next, bound.Digest())
			var r *db.Rejected
			if !errors.As(err, &r) || r.Problems[0].Field != c.field || r.Problems[0].Code != "ordered" {
				t.Errorf("ordered: %v", err)
			}
		})
	}
	sheet := s.sheet(t, s.single)
	next := sheet
	next.Offers = append([]db.OfferSheet{}, sheet.Offers...)
	next.Offers[0].Upstream = "elsewhere"
	var r *db.Rejected
	if err := s.ChangeProduct(ctx, s.staff, next, sheet.Digest()); !errors.As(err, &r) || r.Problems[0].Field != "upstream-0" {
		t.Errorf("an offer moved to another upstream: %v", err)
	}
}

func TestASheetIsCheckedFieldByField(t *testing.T) {
	s := openShop(t, 0)
	for field, break_ := range map[string]func(*db.ProductSheet){
		"brand":          func(n *db.ProductSheet) { n.Brand = " " },
		"name":           func(n *db.ProductSheet) { n.Name = "" },
		"kind":           func(n *db.ProductSheet) { n.Kind = "gift" },
		"validation":     func(n *db.ProductSheet) { n.Validation = "" },
		"domain_type":    func(n *db.ProductSheet) { n.DomainType = "x" },
		"warranty":       func(n *db.ProductSheet) { n.WarrantyCents = -1 },
		"san_max":        func(n *db.ProductSheet) { n.SANMax = -1; n.SANIncluded = -1 },
		"san_included":   func(n *db.ProductSheet) { n.SANIncluded = n.SANMax + 1 },
		"dcv":            func(n *db.ProductSheet) { n.DCVMethods = nil },
		"months-0":       func(n *db.ProductSheet) { n.Terms = nil },
		"list-0":         func(n *db.ProductSheet) { n.Terms[0].ListCents = -1 },
		"wildcard_san-0": func(n *db.ProductSheet) { n.Terms[0].WildcardSANCents = db.MaxPriceCents + 1 },
		"months-1":       func(n *db.ProductSheet) { n.Terms = append(n.Terms[:1], n.Terms[0]) },
		"upstream-0":     func(n *db.ProductSheet) { n.Offers = nil },
		"upstream-1":     func(n *db.ProductSheet) { n.Offers = append(n.Offers, n.Offers[0]) },
		"code-0":         func(n *db.ProductSheet) { n.Offers[0].ProductCode = "" },
		"cost-0":         func(n *db.ProductSheet) { n.Offers[0].CostCents = -1 },
		"currency-0":     func(n *db.ProductSheet) { n.Offers[0].Currency = "JPY" },
		"rank-0":         func(n *db.ProductSheet) { n.Offers[0].Rank = 0 },
	} {
		sheet := s.sheet(t, s.single)
		digest := sheet.Digest()
		break_(&sheet)
		var r *db.Rejected
		if err := s.ChangeProduct(ctx, s.staff, sheet, digest); !errors.As(err, &r) || r.Problems[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	sheet := s.sheet(t, s.single)
	if problems := sheet.Check(); problems != nil {
		t.Errorf("a good one: %v", problems)
	}
	digest := sheet.Digest()
	sheet.Name = s.sheet(t, s.multi).Name
	var r *db.Rejected
	if err := s.ChangeProduct(ctx, s.staff, sheet, digest); !errors.As(err, &r) || r.Problems[0].Code != "taken" {
		t.Errorf("another's name: %v", err)
	}
	if _, err := s.AddProduct(ctx, s.staff, sheet); !errors.As(err, &r) || r.Problems[0].Code != "taken" {
		t.Errorf("another's name, new: %v", err)
	}
}

func TestATermLeftOutIsNoLongerSold(t *testing.T) {
	s := openShop(t, 0)
	sheet := s.sheet(t, s.single)
	made := sheet
	made.Name = "A new one"
	made.Active = true
	made.Terms = []db.Term{{Months: 12, ListCents: 2000}, {Months: 24, ListCents: 4000}}
	id := must[int64](t)(s.AddProduct(ctx, s.staff, made))
	if got := s.sheet(t, id); len(got.Terms) != 2 || got.Name != made.Name || !got.Active || len(got.Offers) != len(made.Offers) || got.SANMax != made.SANMax {
		t.Fatalf("added %+v", got)
	}
	if _, err := s.Product(ctx, s.reseller, id); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("sold before it has a price: %v", err)
	}
	for _, months := range []int{12, 24} {
		if err := s.SetGroupPrice(ctx, s.staff, s.group, id, months, 3000); err != nil {
			t.Fatal(err)
		}
	}
	next := s.sheet(t, id)
	digest := next.Digest()
	next.Terms = next.Terms[1:]
	if err := s.ChangeProduct(ctx, s.staff, next, digest); err != nil {
		t.Fatal(err)
	}
	if p := must[db.Product](t)(s.Product(ctx, s.reseller, id)); len(p.Terms) != 1 || p.Terms[0].Months != 24 {
		t.Errorf("terms %+v", p.Terms)
	}
	next = s.sheet(t, id)
	digest = next.Digest()
	next.Active = false
	if err := s.ChangeProduct(ctx, s.staff, next, digest); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Product(ctx, s.reseller, id); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("closed, but sold: %v", err)
	}
}
