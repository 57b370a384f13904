package db

import (
	"context"
	"strings"
)

// OrderTally is how many orders of a reseller stand in each state, and how many of
// them are of one brand, as the kept sums say.
type OrderTally struct {
	states   []stateFigure
	branded  []stateFigure
	brand    string
	expiring int
}

// OrderTally reads the tally of a reseller's orders (0: everybody's) and of a brand
// among them ("": of none). It costs the same however many orders there are.
func (db *DB) OrderTally(ctx context.Context, resellerID int64, brand string) (OrderTally, error) {
	t, err := db.stateTally(ctx, resellerID, brand)
	if err == nil {
		t.expiring, err = db.Expiring(ctx, resellerID)
	}
	return t, err
}

// OrderCount is how many orders of a reseller (0: everybody's) a filter lets through,
// where their states tell that.
func (db *DB) OrderCount(ctx context.Context, resellerID int64, f OrderFilter) (n int, told bool, err error) {
	if _, told := (OrderTally{brand: f.Brand}).Of(f); !told || f.View == ViewExpiring {
		return 0, false, nil
	}
	t, err := db.stateTally(ctx, resellerID, f.Brand)
	if err != nil {
		return 0, false, err
	}
	n, told = t.Of(f)
	return n, told, nil
}

// stateTally is the tally but for what expires.
func (db *DB) stateTally(ctx context.Context, resellerID int64, brand string) (OrderTally, error) {
	t := OrderTally{brand: brand}
	query, args := `select state, sum(placed), 0 from figure where reseller_id = $1 and day = '' and placed > 0 group by state`, []any{resellerID}
	if brand != "" {
		query, args = `select f.state, sum(f.placed), sum(case when p.brand = $2 then f.placed else 0 end) from figure f join product p on p.id = f.product_id
			where f.reseller_id = $1 and f.day = '' and f.placed > 0 group by f.state`, append(args, brand)
	}
	var err error
	t.states, err = collect(ctx, db.read, func(s scanner) (f stateFigure, err error) {
		of := stateFigure{brand: brand}
		err = s.Scan(&f.state, &f.placed, &of.placed)
		of.state = f.state
		t.branded = append(t.branded, of)
		return f, err
	}, query, args...)
	return t, err
}

// Of is how many orders a filter lets through, where the tally tells that: not of a
// search, a reference, the review queue, or of certificates that end within some days but for
// those of ViewExpiring.
func (t OrderTally) Of(f OrderFilter) (n int, told bool) {
	if f.Search != "" || f.Reference != "" || f.ExpiringWithin > 0 || f.Brand != "" && f.Brand != t.brand || f.View == ViewReview {
		return 0, false
	}
	if f.View == ViewExpiring {
		return t.expiring, f.Brand == "" && f.Status == ""
	}
	states := t.states
	if f.Brand != "" {
		states = t.branded
	}
	for _, b := range f.branches() {
		for _, s := range states {
			if b.lets(s.state) {
				n += int(s.placed)
			}
		}
	}
	return n, true
}

// lets says whether orders in a kept state, see counted.state, are of the branch.
func (b branch) lets(state string) bool {
	status, _, _ := strings.Cut(state, ":")
	switch {
	case b.status == "":
		return true
	case b.also == "":
		return status == string(b.status)
	}
	return state == string(b.status) // not vetted, which is all that branches ask for
}

// StatusCounts counts a reseller's orders (0: everybody's) in each status; a status
// that no order has is missing.
func (db *DB) StatusCounts(ctx context.Context, resellerID int64) (map[Status]int, error) {
	t, err := db.stateTally(ctx, resellerID, "")
	return statusCounts(t.states), err
}

// OrderCounts counts a reseller's orders in each view.
func (db *DB) OrderCounts(ctx context.Context, resellerID int64) (map[OrderView]int, error) {
	t, err := db.OrderTally(ctx, resellerID, "")
	if err != nil {
		return nil, err
	}
	counts := map[OrderView]int{}
	for _, view := range OrderViews {
		counts[view], _ = t.Of(OrderFilter{View: view})
	}
	return counts, nil
}
