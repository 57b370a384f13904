package db

import "context"

// Totals are a reseller's figures over all time. Revenue is what its paid orders
// cost without tax, cancelled ones left out, USD cents.
type Totals struct {
	Orders       int // in every status
	ByStatus     map[Status]int
	RevenueCents int64
}

// ResellerTotals sums up a reseller's orders.
func (db *DB) ResellerTotals(ctx context.Context, resellerID int64) (Totals, error) {
	type row struct {
		status Status
		orders int
		cents  int64
	}
	rows, err := collect(ctx, db.read, func(s scanner) (r row, err error) { return r, s.Scan(&r.status, &r.orders, &r.cents) },
		`select status, count(*), cast(coalesce(sum(case when paid = true then total_cents else 0 end), 0) as bigint) from orders where reseller_id = $1 group by status`, resellerID)
	t := Totals{ByStatus: map[Status]int{}}
	for _, r := range rows {
		t.Orders += r.orders
		t.ByStatus[r.status] = r.orders
		if r.status != StatusCancelled {
			t.RevenueCents += r.cents
		}
	}
	return t, err
}
