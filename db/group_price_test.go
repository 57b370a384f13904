package db_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"certbay/db"
	"certbay/db/money"
)

func TestAMarginIsNeverBelowCostAndRoundedHalfUpOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cost := rapid.Int64Range(0, 100_000_000).Draw(t, "cost")
		rule := db.PriceRule{Kind: db.MarginPrice, MarginBP: rapid.Int64Range(0, db.MaxMarginBP).Draw(t, "margin")}
		price := rule.Price(cost)
		if price < cost {
			t.Fatalf("cost %d, margin %d: %d", cost, rule.MarginBP, price)
		}
		if twice := 2 * (price*10_000 - cost*(10_000+rule.MarginBP)); twice <= -10_000 || twice > 10_000 {
			t.Fatalf("cost %d, margin %d: %d is not the nearest", cost, rule.MarginBP, price)
		}
		if more := rule.Price(cost + 1); more < price {
			t.Fatalf("a higher cost is cheaper: %d, %d", price, more)
		}
	})
	for _, c := range []struct{ cost, margin, price int64 }{{900, 2500, 1125}, {1, 5000, 2}, {1, 4999, 1}, {333, 1000, 366}, {0, 5000, 0}} {
		if got := (db.PriceRule{Kind: db.MarginPrice, MarginBP: c.margin}).Price(c.cost); got != c.price {
			t.Errorf("cost %d, margin %d: %d, want %d", c.cost, c.margin, got, c.price)
		}
	}
}

func TestRatesAreReadAndWrittenExactly(t *testing.T) {
	for text, want := range map[string]string{"1.0843": "1.0843", "0.02411": "0.02411", "1": "1.0000", "0.00000001": "0.00000001", "10000": "10000.0000"} {
		rate, err := db.ParseRate(text)
		if got := (db.Rate{USDe8: rate}).Decimal(); err != nil || got != want {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "0.0", "-1", "1,08", "1.", ".5", "1e3", "1.000000001", "10000.1", "99999999999", "½"} {
		if rate, err := db.ParseRate(text); !errors.Is(err, db.ErrInvalid) {
			t.Errorf("%q is %d, %v", text, rate, err)
		}
	}
}

// euro adds a product whose cost of 12 months is 10.00 EUR.
func (s shop) euro(t testing.TB) int64 {
	t.Helper()
	return must[int64](t)(s.CreateProduct(ctx, db.System, db.Product{Brand: "Certum", Name: "Commercial SSL", Kind: db.KindSSL, Validation: "dv", DomainType: "single",
		DCVMethods: []string{"dns"}, Terms: []db.Term{{Months: 12, ListCents: 4999}}},
		db.Offer{Upstream: "sandbox", ProductCode: "single", CostCents: 1000, Currency: money.CurrencyEUR}))
}

func (s shop) rate(t testing.TB, daysAgo int, rate string) {
	t.Helper()
	e8 := must[int64](t)(db.ParseRate(rate))
	if err := s.AddRates(ctx, s.staff, db.NewRate{Currency: money.CurrencyEUR, Day: s.Now().AddDate(0, 0, -daysAgo), USDe8: e8, Source: "ECB"}); err != nil {
		t.Fatal(err)
	}
}

func margin(bp int64) db.PriceRule { return db.PriceRule{Kind: db.MarginPrice, MarginBP: bp} }
func fixed(cents int64, reason string) db.PriceRule {
	return db.PriceRule{Kind: db.FixedPrice, Cents: cents, Reason: reason}
}

func (s shop) set(product int64, rule db.PriceRule) error {
	return s.SetPrices(ctx, s.staff, s.group, []db.PriceChange{{ProductID: product, Months: 12, Rule: rule}})
}

// A nightly import once sold a whole catalog at yesterday's prices (asks 11).
func TestAMissingOrStaleRateBlocksTheProductAndOnlyIt(t *testing.T) {
	s := openShop(t, 100_000)
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	s.at(now, 0)
	product := s.euro(t)
	order := db.NewOrder{ProductID: product, Months: 12, Domain: "a.example.com"}
	if err := s.set(product, margin(2000)); err != nil {
		t.Fatal(err)
	}
	blocked := func(when string) {
		t.Helper()
		if _, err := s.Draft(ctx, s.reseller, order); !errors.Is(err, db.ErrNoRate) {
			t.Errorf("%s, draft: %v", when, err)
		}
		if _, err := s.PlaceOrder(ctx, s.staff, s.reseller, order); !errors.Is(err, db.ErrNoRate) {
			t.Errorf("%s, place: %v", when, err)
		}
		if err := s.set(product, fixed(5000, "")); err == nil {
			t.Errorf("%s: a fixed price was taken without knowing the cost", when)
		}
		var seen bool
		for _, p := range must[[]db.Product](t)(s.Products(ctx, s.reseller, db.ProductFilter{})) {
			if p.NoRate != (p.ID == product) || p.NoRate == (len(p.Terms) > 0) {
				t.Errorf("%s: %s has %d terms, no rate %t", when, p.Name, len(p.Terms), p.NoRate)
			}
			seen = seen || p.ID == product
		}
		if !seen {
			t.Errorf("%s: the product is not in the catalog", when)
		}
		if state := must[[]db.RateState](t)(s.RateStates(ctx))[0]; state.Currency != money.CurrencyEUR || state.Usable || state.Needed != 1 {
			t.Errorf("%s: %+v", when, state)
		}
		s.place(t, "other.example.com")
	}
	blocked("no rate")
	s.rate(t, 8, "1.20")
	blocked("a stale rate")
	s.rate(t, 7, "1.0855")
	if d, err := s.Draft(ctx, s.reseller, order); err != nil || d.Quote.Total != 1303 || d.Quote.Discount != 4999-1303 { // 10.855 → 10.86 → 13.032
		t.Errorf("%+v, %v", d.Quote, err)
	}
	s.rate(t, 8, "9") // an older day entered later does not count
	o, err := s.PlaceOrder(ctx, s.staff, s.reseller, order)
	if err != nil || o.CostCents != 1086 || o.TotalCents != 1303 {
		t.Fatalf("%+v, %v", o, err)
	}
	s.rate(t, 0, "6")
	if r, ok, err := s.OrderRate(ctx, o.ID); err != nil || !ok || r.Decimal() != "1.0855" || r.Source != "ECB" {
		t.Errorf("the order's rate: %+v %t %v", r, ok, err)
	}
	if _, ok, err := s.OrderRate(ctx, s.place(t, "usd.example.com").ID); ok || err != nil {
		t.Errorf("an order in dollars used a rate: %v", err)
	}
	// 60.00 + 20 % is above the list price: there is no negative discount.
	if d := must[db.Draft](t)(s.Draft(ctx, s.reseller, order)); d.Quote.Total != 7200 || d.Quote.Base != 7200 || d.Quote.Discount != 0 {
		t.Errorf("%+v", d.Quote)
	}
	if again := must[db.Order](t)(s.AnyOrder(ctx, o.ID)); again.TotalCents != 1303 || again.CostCents != 1086 {
		t.Errorf("an order changed with the rate: %+v", again)
	}
	s.at(now.AddDate(0, 0, 8), 0)
	blocked("a rate that grew old")
	if err := s.SetRateDays(ctx, s.staff, 30); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Draft(ctx, s.reseller, order); err != nil {
		t.Errorf("30 days are allowed: %v", err)
	}
	s.verify(t)
}

func TestAPriceBelowCostNeedsAReason(t *testing.T) {
	s := openShop(t, 100_000)
	var refused *db.PricesRefused
	if err := s.set(s.single, fixed(899, " ")); !errors.As(err, &refused) || refused.Plans[0].Problem != "below_cost" {
		t.Fatalf("899 at a cost of 900: %v", err)
	}
	if o := s.place(t, "a.example.com"); o.TotalCents != 1299 {
		t.Errorf("the refused price counts: %d", o.TotalCents)
	}
	if err := s.set(s.single, fixed(900, "")); err != nil {
		t.Errorf("at cost: %v", err)
	}
	if err := s.set(s.single, fixed(500, "to win Örnek back")); err != nil {
		t.Fatal(err)
	}
	if o := s.place(t, "b.example.com"); o.TotalCents != 500 {
		t.Errorf("%d", o.TotalCents)
	}
	rows, n, err := s.AuditRows(ctx, db.AuditFilter{Action: "price.set", Actor: "ayşe"})
	if err != nil || n != 2 || rows[0].After != "product 1, 12 months: 5.00 USD, below cost allowed: to win Örnek back" || rows[0].Before != "product 1, 12 months: 9.00 USD" {
		t.Errorf("audit: %d %+v %v", n, rows, err)
	}
	for name, rule := range map[string]db.PriceRule{"negative": fixed(-1, "x"), "huge": fixed(db.MaxPriceCents+1, ""), "below zero": margin(-1),
		"too much": margin(db.MaxMarginBP + 1), "kind": {Kind: "gift"}} {
		if err := s.set(s.single, rule); !errors.As(err, &refused) || refused.Plans[0].Problem != "invalid" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.set(999, fixed(1, "")); !errors.As(err, &refused) || refused.Plans[0].Problem != "unknown" {
		t.Errorf("unknown: %v", err)
	}
	s.verify(t)
}

func TestPriceChangesLeaveOrdersAndInvoicesAlone(t *testing.T) {
	s := openShop(t, 100_000)
	o := s.place(t, "a.example.com")
	before := must[db.Invoice](t)(s.OrderInvoice(ctx, o.ID))
	for _, rule := range []db.PriceRule{fixed(4000, ""), margin(5000), {}} {
		if err := s.set(s.single, rule); err != nil {
			t.Fatal(err)
		}
		if again := must[db.Order](t)(s.AnyOrder(ctx, o.ID)); again != o {
			t.Errorf("%s: the order is %+v", rule, again)
		}
		if again := must[db.Invoice](t)(s.OrderInvoice(ctx, o.ID)); !reflect.DeepEqual(again, before) {
			t.Errorf("%s: the invoice changed", rule)
		}
	}
	if _, err := s.Draft(ctx, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: "b.example.com"}); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("a product without prices: %v", err)
	}
	s.verify(t)
}

func TestPlannedPricesAreDoneAsShownOrNotAtAll(t *testing.T) {
	s := openShop(t, 0)
	changes := []db.PriceChange{{ProductID: s.single, Months: 12, Rule: fixed(1429, "")}, {ProductID: s.multi, Months: 12, Rule: fixed(1, "")}, {ProductID: s.multi, Months: 7, Rule: fixed(1, "")}}
	plans := must[[]db.PricePlan](t)(s.PlanPrices(ctx, s.group, changes))
	if !plans[0].Changes() || plans[1].Problem != "below_cost" || plans[2].Problem != "unknown" {
		t.Fatalf("%+v", plans)
	}
	digest := db.PlansDigest(plans)
	if err := s.ApplyPlanned(ctx, s.staff, s.group, changes, digest); err != nil {
		t.Fatal(err)
	}
	if err := s.ApplyPlanned(ctx, s.staff, s.group, changes, digest); !errors.Is(err, db.ErrStale) {
		t.Errorf("twice: %v", err)
	}
	for _, r := range must[[]db.PriceRow](t)(s.PriceTable(ctx, s.group)) {
		if want := map[int64]int64{s.single: 1429, s.multi: 1299}[r.ProductID]; want != 0 && r.Cents != want {
			t.Errorf("%s is %d, want %d", r.Product, r.Cents, want)
		}
	}
}

func TestRatesRefuseNonsense(t *testing.T) {
	s := openShop(t, 0)
	good := db.NewRate{Currency: money.CurrencyTRY, Day: s.Now(), USDe8: 2_411_000, Source: "TCMB"}
	for name, spoil := range map[string]func(*db.NewRate){
		"dollars": func(r *db.NewRate) { r.Currency = money.CurrencyUSD }, "unknown": func(r *db.NewRate) { r.Currency = "XXX" },
		"tomorrow": func(r *db.NewRate) { r.Day = s.Now().AddDate(0, 0, 1) }, "no day": func(r *db.NewRate) { r.Day = time.Time{} },
		"zero": func(r *db.NewRate) { r.USDe8 = 0 }, "no source": func(r *db.NewRate) { r.Source = " " },
	} {
		bad := good
		spoil(&bad)
		if err := s.AddRates(ctx, s.staff, good, bad); !errors.Is(err, db.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, n, err := s.Rates(ctx, db.Page{}); n != 0 || err != nil {
		t.Errorf("%d rates are half entered, %v", n, err)
	}
	if err := s.AddRates(ctx, s.staff, good); err != nil {
		t.Error(err)
	}
	for _, days := range []int{0, -1, 366} {
		if err := s.SetRateDays(ctx, s.staff, days); !errors.Is(err, db.ErrInvalid) {
			t.Errorf("%d days: %v", days, err)
		}
	}
}
