package db

import (
	"context"
	"time"
)

// Stats are a reseller's figures for its home page. Revenue is what its orders
// cost it, cancelled ones left out, USD cents.
type Stats struct {
	MonthOrders int
	MonthCents  int64
	ActiveSince int // of the active orders, those completed this month
	Daily       []DayStat
	Brands      []BrandStat
}

// DayStat is one day (UTC) of orders.
type DayStat struct {
	Day    time.Time
	Orders int
	Cents  int64
}

// BrandStat counts orders of a brand.
type BrandStat struct {
	Brand string
	Count int
}

// Stats computes a reseller's figures over the last days, today included.
func (db *DB) Stats(ctx context.Context, resellerID int64, days int) (Stats, error) {
	var s Stats
	now := db.now()
	err := db.read.QueryRowContext(ctx, `select count(*), coalesce(sum(total_cents), 0) from orders where reseller_id = $1 and paid = true and status <> 'cancelled' and created_at >= $2`,
		resellerID, monthStart(now)).Scan(&s.MonthOrders, &s.MonthCents)
	if err != nil {
		return s, driverError(err)
	}
	err = db.read.QueryRowContext(ctx, `select count(*) from orders where reseller_id = $1 and status = 'completed' and completed_at >= $2`,
		resellerID, monthStart(now)).Scan(&s.ActiveSince)
	if err != nil {
		return s, driverError(err)
	}
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	first := today.AddDate(0, 0, 1-days)
	s.Daily = make([]DayStat, days)
	for i := range s.Daily {
		s.Daily[i].Day = first.AddDate(0, 0, i)
	}
	type sale struct {
		at    time.Time
		cents int64
	}
	sales, err := collect(ctx, db.read, func(sc scanner) (x sale, err error) { return x, sc.Scan(moment{&x.at}, &x.cents) },
		`select created_at, total_cents from orders where reseller_id = $1 and paid = true and status <> 'cancelled' and created_at >= $2`, resellerID, first)
	if err != nil {
		return s, err
	}
	for _, x := range sales {
		if i := int(x.at.Sub(first) / (24 * time.Hour)); i >= 0 && i < days {
			s.Daily[i].Orders++
			s.Daily[i].Cents += x.cents
		}
	}
	s.Brands, err = collect(ctx, db.read, func(sc scanner) (b BrandStat, err error) { return b, sc.Scan(&b.Brand, &b.Count) },
		`select p.brand, count(*) from orders o join product p on p.id = o.product_id where o.reseller_id = $1 and o.paid = true and o.status <> 'cancelled'
		 group by p.brand order by 2 desc, 1 limit 6`, resellerID)
	return s, err
}

// Overview are the operator's figures. Amounts are USD cents.
type Overview struct {
	OrdersToday  int
	OpenOrders   int
	Review       int
	RevenueMonth int64
	Held         int64
	Wallets      int64
	FailedJobs   int
	FailedMails  int
}

// Overview computes the operator's figures.
func (db *DB) Overview(ctx context.Context) (Overview, error) {
	var o Overview
	now := db.now()
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	for _, q := range []struct {
		to    any
		query string
		args  []any
	}{
		{&o.OrdersToday, `select count(*) from orders where created_at >= $1`, []any{today}},
		{&o.OpenOrders, `select count(*) from orders where status in ('pending', 'pending_configuration', 'processing', 'validation_pending')`, nil},
		{&o.Review, `select count(*) from orders where fulfilment in ('unsure', 'refused') and status <> 'cancelled'`, nil},
		{&o.RevenueMonth, `select coalesce(sum(e.amount_cents), 0) from ledger_entry e join account a on a.id = e.account_id join ledger_tx t on t.id = e.tx_id
			where a.kind = 'revenue' and t.created_at >= $1`, []any{monthStart(now)}},
		{&o.Held, `select coalesce(sum(balance_cents), 0) from account where kind = 'held'`, nil},
		{&o.Wallets, `select coalesce(sum(balance_cents), 0) from account where kind = 'wallet'`, nil},
		{&o.FailedJobs, `select count(*) from job where failed = true`, nil},
		{&o.FailedMails, `select count(*) from mail where state = 'failed'`, nil},
	} {
		if err := db.read.QueryRowContext(ctx, q.query, q.args...).Scan(q.to); err != nil {
			return o, driverError(err)
		}
	}
	return o, nil
}

// Health is how an upstream answered lately.
type Health struct {
	Upstream      string
	LastSuccessAt time.Time
	LastErrorAt   time.Time
	LastError     string
}

// RecordHealth notes how a call of an upstream went; an empty cause is success.
func (db *DB) RecordHealth(ctx context.Context, upstream, cause string) error {
	return db.transact(ctx, func(t *tx) error {
		if cause == "" {
			_, err := t.ExecContext(ctx, `insert into upstream_health (upstream, last_success_at) values ($1, $2)
				on conflict (upstream) do update set last_success_at = excluded.last_success_at`, upstream, t.now)
			return err
		}
		_, err := t.ExecContext(ctx, `insert into upstream_health (upstream, last_error_at, last_error) values ($1, $2, $3)
			on conflict (upstream) do update set last_error_at = excluded.last_error_at, last_error = excluded.last_error`, upstream, t.now, cause)
		return err
	})
}

// Healths lists every upstream that was called, by name.
func (db *DB) Healths(ctx context.Context) ([]Health, error) {
	return collect(ctx, db.read, func(s scanner) (h Health, err error) {
		return h, s.Scan(&h.Upstream, moment{&h.LastSuccessAt}, moment{&h.LastErrorAt}, &h.LastError)
	}, `select upstream, last_success_at, last_error_at, last_error from upstream_health order by upstream`)
}
