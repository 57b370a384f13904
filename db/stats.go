package db

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Stats are the figures of a reseller, or of all of them together. Amounts are
// USD cents without tax; days and months are UTC. An order is sold when it is paid
// and was not cancelled undelivered.
type Stats struct {
	Orders      int            // placed, whatever became of them
	Statuses    map[Status]int // of all orders; a status that no order has is missing
	Proof       int            // orders that wait for a domain owner
	Brands      []BrandStat    // of the sold orders, the most sold first
	TotalCents  int64          // what the sold orders cost the reseller
	MonthOrders int            // sold this month
	MonthCents  int64
	ActiveSince int       // orders first delivered this month
	Balance     int64     // of the wallet, or of all wallets
	Daily       []DayStat // oldest first, today last; a day without anything is there
	NeedsMe     int       // orders in ViewNeedsMe
}

// DayStat is one day (UTC). Orders, Cents and CostCents are of the sold orders that
// were placed that day; revenue and its cost of those first delivered that day.
type DayStat struct {
	Day          time.Time
	Orders       int
	Cents        int64
	CostCents    int64
	Delivered    int
	EarnedCents  int64
	SpentCents   int64
	BalanceCents int64 // of the wallet at the end of the day
}

// MarginCents is what the orders delivered that day left to the operator.
func (d DayStat) MarginCents() int64 { return d.EarnedCents - d.SpentCents }

// BrandStat is a brand's part of the sold orders.
type BrandStat struct {
	Brand     string
	Count     int
	Cents     int64
	CostCents int64
}

// Count adds up the orders of some statuses.
func (s Stats) Count(statuses ...Status) int {
	n := 0
	for _, status := range statuses {
		n += s.Statuses[status]
	}
	return n
}

// OpenStatuses are those of orders under way.
var OpenStatuses = []Status{StatusPending, StatusPendingConfiguration, StatusProcessing, StatusValidationPending}

// Stats reads a reseller's figures (0: all resellers' together) with the last days,
// today included. It costs the same however many orders there are.
func (db *DB) Stats(ctx context.Context, resellerID int64, days int) (Stats, error) {
	now := db.now()
	states, err := db.stateFigures(ctx, resellerID)
	if err != nil {
		return Stats{}, err
	}
	s := Stats{Statuses: statusCounts(states), Proof: proof(states), NeedsMe: needsMe(states), Brands: brandStats(states)}
	for _, f := range states {
		s.Orders += int(f.placed)
		s.TotalCents += f.net
	}
	if resellerID == 0 {
		err = db.read.QueryRowContext(ctx, `select coalesce(sum(balance_cents), 0) from account where kind = 'wallet'`).Scan(&s.Balance)
	} else {
		s.Balance, _, err = db.Wallet(ctx, resellerID)
	}
	if err != nil {
		return s, driverError(err)
	}
	first := midnight(now).AddDate(0, 0, 1-days)
	month := monthStart(now)
	byDay, err := db.dayFigures(ctx, resellerID, earlier(first, month))
	if err != nil {
		return s, err
	}
	for day, f := range byDay {
		if day >= dayOf(month) {
			s.MonthOrders += int(f.sold)
			s.MonthCents += f.net
			s.ActiveSince += int(f.delivered)
		}
	}
	s.Daily = dayStats(byDay, first, days, s.Balance)
	return s, nil
}

// dayStats lays the days' figures out, and follows the balance back from today's.
func dayStats(byDay map[string]figure, first time.Time, days int, balance int64) []DayStat {
	daily := make([]DayStat, days)
	for i := range slices.Backward(daily) {
		day := first.AddDate(0, 0, i)
		f := byDay[dayOf(day)]
		daily[i] = DayStat{Day: day, Orders: int(f.sold), Cents: f.net, CostCents: f.cost,
			Delivered: int(f.delivered), EarnedCents: f.earned, SpentCents: f.spent, BalanceCents: balance}
		balance -= f.wallet
	}
	return daily
}

// stateFigure is the figure of a brand's orders, or of all, in one state.
type stateFigure struct {
	figure
	brand string
	state string
}

func (db *DB) stateFigures(ctx context.Context, resellerID int64) ([]stateFigure, error) {
	return collect(ctx, db.read, func(s scanner) (f stateFigure, err error) {
		return f, s.Scan(&f.brand, &f.state, &f.placed, &f.sold, &f.net, &f.cost)
	}, `select p.brand, f.state, sum(f.placed), sum(f.sold), sum(f.net_cents), sum(f.cost_cents) from figure f join product p on p.id = f.product_id
		where f.reseller_id = $1 and f.day = '' and f.placed > 0 group by p.brand, f.state`, resellerID)
}

// dayFigures reads the days from a day to today, by their names.
func (db *DB) dayFigures(ctx context.Context, resellerID int64, from time.Time) (map[string]figure, error) {
	byDay := map[string]figure{}
	_, err := collect(ctx, db.read, func(s scanner) (none struct{}, err error) {
		var day string
		var f figure
		err = s.Scan(&day, &f.placed, &f.sold, &f.net, &f.cost, &f.delivered, &f.earned, &f.spent, &f.wallet)
		byDay[day] = f
		return none, err
	}, `select day, placed, sold, net_cents, cost_cents, delivered, earned_cents, spent_cents, wallet_cents from figure
		where reseller_id = $1 and day >= $2 and day <= $3`, resellerID, dayOf(from), dayOf(db.now()))
	return byDay, err
}

func statusCounts(states []stateFigure) map[Status]int {
	counts := map[Status]int{}
	for _, f := range states {
		status, _, _ := strings.Cut(f.state, ":")
		counts[Status(status)] += int(f.placed)
	}
	return counts
}

// proof counts the orders in ViewProof.
func proof(states []stateFigure) int {
	n := 0
	for _, f := range states {
		if f.state == string(StatusValidationPending) {
			n += int(f.placed)
		}
	}
	return n
}

// needsMe counts the orders in ViewNeedsMe.
func needsMe(states []stateFigure) int {
	counts := statusCounts(states)
	return counts[StatusPending] + counts[StatusPendingConfiguration] + proof(states)
}

func brandStats(states []stateFigure) []BrandStat {
	var brands []BrandStat
	for _, f := range states {
		if f.sold == 0 {
			continue
		}
		i := slices.IndexFunc(brands, func(b BrandStat) bool { return b.Brand == f.brand })
		if i < 0 {
			i, brands = len(brands), append(brands, BrandStat{Brand: f.brand})
		}
		brands[i].Count += int(f.sold)
		brands[i].Cents += f.net
		brands[i].CostCents += f.cost
	}
	slices.SortFunc(brands, func(a, b BrandStat) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Brand, b.Brand)
	})
	return brands
}

// Expiring counts a reseller's certificates that end within ExpiringDays, exactly:
// of the days between, the kept counts; of what is left of today and of the part of
// the last day, the orders themselves.
func (db *DB) Expiring(ctx context.Context, resellerID int64) (n int, err error) {
	now := db.now()
	end := now.AddDate(0, 0, ExpiringDays)
	tomorrow, last := midnight(now).AddDate(0, 0, 1), midnight(end)
	err = db.read.QueryRowContext(ctx, `select (select coalesce(sum(ending), 0) from figure where reseller_id = $1 and day >= $2 and day < $3)
		+ (select count(*) from orders where reseller_id = $1 and status = 'completed' and certificate_until >= $4 and certificate_until < $5)
		+ (select count(*) from orders where reseller_id = $1 and status = 'completed' and certificate_until >= $6 and certificate_until <= $7)`,
		resellerID, dayOf(tomorrow), dayOf(last), now, tomorrow, last, end).Scan(&n)
	return n, driverError(err)
}

// Overview are the operator's figures. Amounts are USD cents.
type Overview struct {
	OrdersToday  int // placed, whatever became of them
	OpenOrders   int
	Review       int
	RevenueMonth int64 // of what was delivered this month
	MarginMonth  int64 // that less what it cost upstream
	Held         int64
	Wallets      int64
	FailedJobs   int
	FailedMails  int
}

// Overview reads the operator's figures: kept sums, balances, and what of the
// queues waits for a person.
func (db *DB) Overview(ctx context.Context) (Overview, error) {
	var o Overview
	now := db.now()
	tally, err := db.stateTally(ctx, 0, "")
	if err != nil {
		return o, err
	}
	o.OpenOrders = Stats{Statuses: statusCounts(tally.states)}.Count(OpenStatuses...)
	byDay, err := db.dayFigures(ctx, 0, monthStart(now))
	if err != nil {
		return o, err
	}
	o.OrdersToday = int(byDay[dayOf(now)].placed)
	for _, f := range byDay {
		o.RevenueMonth += f.earned
		o.MarginMonth += f.earned - f.spent
	}
	for _, q := range []struct {
		to    any
		query string
	}{
		{&o.Review, `select count(*) from orders where fulfilment in ('unsure', 'refused') and status <> 'cancelled'`},
		{&o.Held, `select coalesce(sum(balance_cents), 0) from account where kind = 'held'`},
		{&o.Wallets, `select coalesce(sum(balance_cents), 0) from account where kind = 'wallet'`},
		{&o.FailedJobs, `select count(*) from job where failed = true`},
		{&o.FailedMails, `select count(*) from mail where state = 'failed'`},
	} {
		if err := db.read.QueryRowContext(ctx, q.query).Scan(q.to); err != nil {
			return o, driverError(err)
		}
	}
	return o, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
