package db_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/db"
)

// onDay puts the book's clock on noon of a day of March 2026.
func (s *shop) onDay(day int) { s.at(time.Date(2026, 3, day, 12, 0, 0, 0, time.UTC), 0) }

// traded is a shop with a short history from the 1st to the 5th of March 2026:
// opening credit of 10000, one order delivered, one cancelled, one placed unpaid,
// one licence of another brand, another reseller beside it.
func traded(t *testing.T) shop {
	t.Helper()
	s := openShop(t, 0)
	s.onDay(1)
	if err := s.AddCredit(ctx, db.System, s.reseller, 10_000, "opening", "transfer"); err != nil {
		t.Fatal(err)
	}
	delivered, cancelled := s.place(t, "delivered.example.com"), s.place(t, "cancelled.example.com")
	s.onDay(2)
	s.issue(t, delivered)
	if _, err := s.CancelOrder(ctx, s.staff, s.reseller, cancelled.ID); err != nil {
		t.Fatal(err)
	}
	s.onDay(4)
	must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.licence, Months: 12, Domain: "203.0.113.10"}))
	s.payLater(t)
	must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.wildcard, Months: 12, Domain: "*.example.com", Unpaid: true}))
	s.onDay(5)
	other := must[db.Reseller](t)(s.CreateReseller(ctx, db.System, db.NewReseller{Name: "Other", Company: "Other", Email: "o@other.com", GroupID: s.group}))
	if err := s.AddCredit(ctx, db.System, other.ID, 2000, "other", "transfer"); err != nil {
		t.Fatal(err)
	}
	must[db.Order](t)(s.PlaceOrder(ctx, s.staff, other.ID, db.NewOrder{ProductID: s.single, Months: 12, Domain: "other.example.com"}))
	s.verify(t)
	return s
}

func TestStatsTellAResellersDays(t *testing.T) {
	s := traded(t)
	got := must[db.Stats](t)(s.Stats(ctx, s.reseller, 6))
	day := func(n int) time.Time { return time.Date(2026, 2, 28+n, 0, 0, 0, 0, time.UTC) }
	want := db.Stats{
		Orders: 4, Proof: 0, NeedsMe: 1,
		Statuses:   map[db.Status]int{db.StatusCompleted: 1, db.StatusCancelled: 1, db.StatusProcessing: 1, db.StatusPending: 1},
		Brands:     []db.BrandStat{{Brand: "Sectigo", Count: 1, Cents: 1299, CostCents: 900}, {Brand: "cPanel", Count: 1, Cents: 3800, CostCents: 900}},
		TotalCents: 5099, MonthOrders: 2, MonthCents: 5099, ActiveSince: 1, Balance: 4901,
		Daily: []db.DayStat{
			{Day: day(0)},
			{Day: day(1), Orders: 1, Cents: 1299, CostCents: 900, BalanceCents: 7402},
			{Day: day(2), Delivered: 1, EarnedCents: 1299, SpentCents: 900, BalanceCents: 8701},
			{Day: day(3), BalanceCents: 8701},
			{Day: day(4), Orders: 1, Cents: 3800, CostCents: 900, BalanceCents: 4901},
			{Day: day(5), BalanceCents: 4901},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if margin := got.Daily[2].MarginCents(); margin != 399 {
		t.Errorf("margin %d", margin)
	}
	s.at(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), 0)
	if april := must[db.Stats](t)(s.Stats(ctx, s.reseller, 1)); april.MonthOrders != 0 || april.MonthCents != 0 || april.ActiveSince != 0 || april.TotalCents != 5099 {
		t.Errorf("in April: %+v", april)
	}
}

func TestStatsOfAllResellersAreTheSumOfEach(t *testing.T) {
	s := traded(t)
	all := must[db.Stats](t)(s.Stats(ctx, 0, 5))
	if all.Orders != 5 || all.TotalCents != 5099+1299 || all.Balance != 4901+701 || all.Daily[4].Orders != 1 || all.Daily[4].BalanceCents != 5602 || all.Daily[0].BalanceCents != 7402 {
		t.Errorf("%+v", all)
	}
	counts := must[map[db.Status]int](t)(s.StatusCounts(ctx, 0))
	if counts[db.StatusPending] != 2 || counts[db.StatusCompleted] != 1 {
		t.Errorf("%v", counts)
	}
	o := must[db.Overview](t)(s.Overview(ctx))
	if want := (db.Overview{OrdersToday: 1, OpenOrders: 3, RevenueMonth: 1299, MarginMonth: 399, Held: 3800 + 1299, Wallets: 5602}); o != want {
		t.Errorf("got %+v, want %+v", o, want)
	}
	entries, _, err := s.Ledger(ctx, db.LedgerFilter{Account: db.Revenue})
	if err != nil || entries[0].BalanceAfter != o.RevenueMonth {
		t.Errorf("the ledger says %+v, %v", entries, err)
	}
}

func TestStatsOfAResellerWithoutOrders(t *testing.T) {
	s := openShop(t, 0)
	got := must[db.Stats](t)(s.Stats(ctx, s.reseller, 30))
	if got.Orders != 0 || len(got.Brands) != 0 || len(got.Daily) != 30 || got.Balance != 0 || got.Daily[29].Day.After(s.Now()) {
		t.Errorf("%+v", got)
	}
	counts := must[map[db.OrderView]int](t)(s.OrderCounts(ctx, s.reseller))
	for view, n := range counts {
		if n != 0 {
			t.Errorf("%q: %d", view, n)
		}
	}
}

func TestADeliveredOrderThatIsRevokedStaysSold(t *testing.T) {
	s := openShop(t, 10_000)
	o := s.place(t, "example.com")
	s.issue(t, o)
	before := must[db.Stats](t)(s.Stats(ctx, s.reseller, 2))
	if err := s.Move(ctx, db.System, o.ID, db.StatusCompleted, db.StatusCancelled); err != nil {
		t.Fatal(err)
	}
	after := must[db.Stats](t)(s.Stats(ctx, s.reseller, 2))
	if after.TotalCents != before.TotalCents || after.Count(db.StatusCancelled) != 1 || after.Count(db.StatusCompleted) != 0 {
		t.Errorf("%+v, then %+v", before, after)
	}
	s.verify(t)
}

func TestAnOrderWhoseNamesAreProvenWaitsForNobodyHere(t *testing.T) {
	s := openShop(t, 10_000)
	_, certificate := s.accepted(t, "example.com")
	for _, state := range []db.DCVState{db.DCVWaiting, db.DCVVerified, db.DCVVerified, db.DCVWaiting} {
		if err := s.Tamper(ctx, `update dcv set state = $1 where certificate_id = $2`, state, certificate); err != nil {
			t.Fatal(err)
		}
		if err := s.RecordStatus(ctx, certificate, "", nil); err != nil {
			t.Fatal(err)
		}
		waits := map[db.DCVState]int{db.DCVWaiting: 1, db.DCVVerified: 0}[state]
		stats := must[db.Stats](t)(s.Stats(ctx, s.reseller, 1))
		counts := must[map[db.OrderView]int](t)(s.OrderCounts(ctx, s.reseller))
		if stats.Proof != waits || stats.NeedsMe != waits || counts[db.ViewNeedsMe] != waits || counts[db.ViewWaiting] != 1 {
			t.Errorf("%s: %d wait for proof, counts %v", state, stats.Proof, counts)
		}
		s.verify(t)
	}
}

// Every sort of change at once, on orders of two resellers: no count is lost and
// none made twice.
func TestStatsStayRightUnderManyWriters(t *testing.T) {
	s := openShop(t, 10_000_000)
	other := s
	other.reseller = must[db.Reseller](t)(s.CreateReseller(ctx, db.System, db.NewReseller{Name: "Other", Company: "Other", Email: "o@other.com", GroupID: s.group})).ID
	if err := s.AddCredit(ctx, db.System, other.reseller, 1_000_000, "other", "transfer"); err != nil {
		t.Fatal(err)
	}
	s.payLater(t)
	var calls []func() error
	for i, one := range []shop{s, other, s, other, s, other} {
		open := one.place(t, "open.example.com")
		_, taken := one.accepted(t, "taken.example.com")
		name := fmt.Sprint("round", i)
		calls = append(calls,
			func() error {
				_, err := one.PlaceOrder(ctx, one.staff, one.reseller, db.NewOrder{ProductID: one.single, Months: 12, Domain: "new.example.com"})
				return err
			},
			func() error {
				_, err := one.PlaceOrder(ctx, one.staff, one.reseller, db.NewOrder{ProductID: one.licence, Months: 12, Domain: fmt.Sprint("203.0.113.", 10+i)})
				return err
			},
			func() error { _, err := one.CancelOrder(ctx, one.staff, one.reseller, open.ID); return err },
			func() error { _, err := one.CancelOrder(ctx, one.staff, one.reseller, open.ID); return err },
			func() error { return one.RecordIssued(ctx, taken, one.issued(), nil) },
			func() error { return one.RecordIssued(ctx, taken, one.issued(), nil) },
			func() error { return one.RecordStatus(ctx, taken, "", nil) },
			func() error { return one.AddCredit(ctx, db.System, one.reseller, 500, name, "transfer") },
			func() error { return one.RebuildStats(ctx) },
		)
	}
	won(t, together(calls...))
	s.verify(t)
	for _, one := range []shop{s, other} {
		if got := must[db.Stats](t)(one.Stats(ctx, one.reseller, 2)); got.Count(db.StatusCompleted) != 3 || got.Count(db.StatusCancelled) != 3 || got.Orders != 12 || got.Balance != got.Daily[1].BalanceCents {
			t.Errorf("%+v", got)
		}
	}
}

func TestOrdersThatExpireTogetherAreCountedOnce(t *testing.T) {
	s := openShop(t, 1_000_000)
	for i := range 8 {
		_, taken := s.accepted(t, fmt.Sprint("e", i, ".example.com"))
		if err := s.RecordIssued(ctx, taken, s.issued(), nil); err != nil {
			t.Fatal(err)
		}
	}
	s.at(s.Now().AddDate(2, 0, 0), 0)
	for _, err := range together(times(8, func() error { _, err := s.ExpireOrders(ctx); return err })...) {
		if err != nil {
			t.Error(err)
		}
	}
	if got := must[map[db.Status]int](t)(s.StatusCounts(ctx, s.reseller)); got[db.StatusExpired] != 8 || got[db.StatusCompleted] != 0 {
		t.Errorf("%v", got)
	}
	s.verify(t)
}

func TestRebuildingMendsTheStatistics(t *testing.T) {
	s := traded(t)
	want := must[db.Stats](t)(s.Stats(ctx, s.reseller, 9))
	for _, damage := range []string{`delete from figure`, `update figure set sold = sold + 1, wallet_cents = wallet_cents - 5`} {
		if err := s.Tamper(ctx, damage); err != nil {
			t.Fatal(err)
		}
		var broken *db.Broken
		if _, err := s.Verify(ctx); !errors.As(err, &broken) || broken.Rule != db.FigureRule {
			t.Fatalf("%s: %v", damage, err)
		}
		if err := s.RebuildStats(ctx); err != nil {
			t.Fatal(err)
		}
		s.verify(t)
		if got := must[db.Stats](t)(s.Stats(ctx, s.reseller, 9)); !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestTheStatisticsOfAnOlderBookAreFilledIn(t *testing.T) {
	s := traded(t)
	if err := s.Tamper(ctx, `delete from figure`); err != nil {
		t.Fatal(err)
	}
	inserts := must[[]string](t)(db.MigrationInserts("00009_stats.sql"))
	if len(inserts) != 1 || !strings.HasPrefix(inserts[0], "insert into figure") {
		t.Fatalf("%q", inserts)
	}
	if err := s.Tamper(ctx, inserts[0]); err != nil {
		t.Fatal(err)
	}
	s.verify(t)
}

func TestRebuildingWhileTheShopIsTradingLosesNothing(t *testing.T) {
	s := openShop(t, 100_000_000)
	until := time.Now().Add(500 * time.Millisecond)
	var trading sync.WaitGroup
	for range 4 {
		trading.Go(func() {
			for time.Now().Before(until) {
				s.place(t, "example.com")
			}
		})
	}
	for time.Now().Before(until) {
		if err := s.RebuildStats(ctx); err != nil {
			t.Error(err)
		}
	}
	trading.Wait()
	s.verify(t)
}

func TestExpiringIsCountedToTheMoment(t *testing.T) {
	s := openShop(t, 1_000_000)
	now := time.Date(2026, 3, 10, 15, 30, 0, 0, time.UTC)
	s.at(now, 0)
	end := now.AddDate(0, 0, db.ExpiringDays)
	want := 0
	for until, soon := range map[time.Time]bool{
		now.Add(-time.Microsecond): false, now: true, now.Add(8 * time.Hour): true, now.Add(9 * time.Hour): true, now.AddDate(0, 0, 1): true,
		now.AddDate(0, 0, 15): true, end.Add(-20 * time.Hour): true, end: true, end.Add(time.Microsecond): false, end.Add(9 * time.Hour): false,
	} {
		_, taken := s.accepted(t, "example.com")
		i := s.issued()
		i.NotAfter = until
		if err := s.RecordIssued(ctx, taken, i, nil); err != nil {
			t.Fatal(err)
		}
		if soon {
			want++
		}
	}
	if got := must[int](t)(s.Expiring(ctx, s.reseller)); got != want {
		t.Errorf("counted %d, want %d", got, want)
	}
	if list := s.found(t, db.OrderFilter{View: db.ViewExpiring}); len(list) != want {
		t.Errorf("listed %d, want %d", len(list), want)
	}
	s.verify(t)
}
