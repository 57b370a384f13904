package db

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
)

// The statistics are sums that are kept, not counted: each change adds what it
// changes of them, in its own transaction. So a page that shows them reads some
// hundred rows however many orders there are. certbay verify recomputes them.

// figureKey names a row of the table figure: a reseller (0: all of them together)
// and either a day, or a product and the state of its orders.
type figureKey struct {
	reseller int64
	day      string // 2026-11-20, UTC
	product  int64
	state    string // see counted.state
}

// figure is what a row holds. Orders stand in the row of the day they were placed
// on and in the row of their product and state.
type figure struct {
	placed int64 // whatever became of them
	sold   int64 // paid, and not cancelled undelivered
	net    int64 // what the sold ones bring, without tax, USD cents
	cost   int64 // what the sold ones cost upstream, USD cents

	// Of a day only:
	delivered int64 // orders first issued that day
	earned    int64 // their revenue, without tax, USD cents
	spent     int64 // their cost
	wallet    int64 // what flowed into the wallet (negative: out of it), USD cents
	ending    int64 // certificates in use that end that day
}

// plus is the sum of two figures.
func (f figure) plus(g figure) figure {
	return figure{f.placed + g.placed, f.sold + g.sold, f.net + g.net, f.cost + g.cost,
		f.delivered + g.delivered, f.earned + g.earned, f.spent + g.spent, f.wallet + g.wallet, f.ending + g.ending}
}

// counted is everything about an order that the statistics know it by.
type counted struct {
	reseller, product int64
	placedAt          time.Time
	status            Status
	paid, vetting     bool
	delivered         bool // issued at least once
	imported          bool // stands in its state, and was never sold here
	net, cost         int64
	until             time.Time // end of its newest certificate; zero while none
}

// countedColumns are what a change of an order returns for scanCounted.
const countedColumns = `reseller_id, product_id, created_at, status, paid, vetting, completed_at is not null, total_cents, cost_cents, certificate_until, imported`

func scanCounted(s scanner) (c counted, err error) {
	return c, s.Scan(&c.reseller, &c.product, moment{&c.placedAt}, &c.status, &c.paid, &c.vetting, &c.delivered, &c.net, &c.cost, moment{&c.until}, &c.imported)
}

// What is told apart within a status.
const (
	markUnpaid  = "unpaid"  // waits for its payment, or was cancelled without
	markVetting = "vetting" // every name is proven; not the reseller's move
)

// state is the order's status and, behind a colon, what is told apart within it.
func (c counted) state() string {
	switch {
	case !c.paid:
		return string(c.status) + ":" + markUnpaid
	case c.vetting && c.status == StatusValidationPending:
		return string(c.status) + ":" + markVetting
	}
	return string(c.status)
}

// figure is what the order adds to its rows.
func (c counted) figure() figure {
	f := figure{placed: 1}
	if c.paid && !c.imported && (c.status != StatusCancelled || c.delivered) {
		f.sold, f.net, f.cost = 1, c.net, c.cost
	}
	return f
}

// dayOf is the day of a moment as the figures name it.
func dayOf(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// countChange runs a change of one order that ends in "returning "+countedColumns,
// and counts the order as it is now instead of as it was. before turns the one
// into the other. ErrStale when no row matched. Every change of what an order is
// counted by goes through here; countNew is its beginning.
func countChange(ctx context.Context, t *tx, before func(*counted), query string, args ...any) error {
	rows, err := collect(ctx, t, scanCounted, query, args...)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return ErrStale
	}
	now, was := rows[0], rows[0]
	before(&was)
	t.count(was, -1)
	t.count(now, 1)
	return nil
}

// countNew counts an order that was just placed.
func countNew(t *tx, o Order) {
	t.count(counted{reseller: o.ResellerID, product: o.ProductID, placedAt: o.CreatedAt, status: o.Status, paid: o.Paid, imported: o.Imported, net: o.TotalCents, cost: o.CostCents}, 1)
}

// countDelivery counts an order's first issuance.
func countDelivery(t *tx, o Order) {
	t.add(o.ResellerID, figureKey{day: dayOf(t.now)}, figure{delivered: 1, earned: o.TotalCents, spent: o.CostCents})
}

// countMoney counts what a posting moves in or out of a reseller's wallet.
func countMoney(t *tx, p posting) {
	for _, l := range p.legs {
		if l.kind == Wallet {
			t.add(p.reseller, figureKey{day: dayOf(t.now)}, figure{wallet: l.cents})
		}
	}
}

func (t *tx) count(c counted, sign int64) {
	f := c.figure()
	f = figure{placed: sign * f.placed, sold: sign * f.sold, net: sign * f.net, cost: sign * f.cost}
	t.add(c.reseller, figureKey{product: c.product, state: c.state()}, f)
	t.add(c.reseller, figureKey{day: dayOf(c.placedAt)}, f)
	if c.status == StatusCompleted && !c.until.IsZero() {
		t.add(c.reseller, figureKey{day: dayOf(c.until)}, figure{ending: sign})
	}
}

// add gathers what the transaction changes, in a reseller's row and in the one of
// all resellers.
func (t *tx) add(reseller int64, key figureKey, f figure) {
	if t.figures == nil {
		t.figures = map[figureKey]figure{}
	}
	for _, key.reseller = range []int64{0, reseller} {
		t.figures[key] = t.figures[key].plus(f)
	}
}

// keepFigures writes what the transaction gathered. It comes last of all: the rows
// of all resellers are everybody's, so they are held as briefly as can be, and in
// one order, so that two transactions never wait for each other.
func keepFigures(ctx context.Context, t *tx) error {
	maps.DeleteFunc(t.figures, func(_ figureKey, f figure) bool { return f == figure{} })
	if len(t.figures) == 0 {
		return nil
	}
	keys := slices.SortedFunc(maps.Keys(t.figures), func(a, b figureKey) int {
		return cmp.Or(cmp.Compare(a.reseller, b.reseller), cmp.Compare(a.day, b.day), cmp.Compare(a.product, b.product), cmp.Compare(a.state, b.state))
	})
	var args []any
	for _, k := range keys {
		f := t.figures[k]
		args = append(args, k.reseller, k.day, k.product, k.state, f.placed, f.sold, f.net, f.cost, f.delivered, f.earned, f.spent, f.wallet, f.ending)
	}
	_, err := t.ExecContext(ctx, `insert into figure (`+figureColumns+`) values `+tuples(len(keys), 13)+`
		on conflict (reseller_id, day, product_id, state) do update set placed = figure.placed + excluded.placed, sold = figure.sold + excluded.sold,
			net_cents = figure.net_cents + excluded.net_cents, cost_cents = figure.cost_cents + excluded.cost_cents,
			delivered = figure.delivered + excluded.delivered, earned_cents = figure.earned_cents + excluded.earned_cents,
			spent_cents = figure.spent_cents + excluded.spent_cents, wallet_cents = figure.wallet_cents + excluded.wallet_cents,
			ending = figure.ending + excluded.ending`, args...)
	return err
}

const figureColumns = `reseller_id, day, product_id, state, placed, sold, net_cents, cost_cents, delivered, earned_cents, spent_cents, wallet_cents, ending`

// recomputed are the figures (as truth) as the orders and the ledger say them.
// Both engines spell a time as text in UTC, its day first.
const recomputed = `with o as (
		select reseller_id, product_id, created_at, completed_at, certificate_until, status, total_cents, cost_cents,
			status || case when not paid then ':unpaid' when vetting and status = 'validation_pending' then ':vetting' else '' end as state,
			case when paid and not imported and (status <> 'cancelled' or completed_at is not null) then 1 else 0 end as sold, imported
		from orders),
	part as (
		select reseller_id, '' as day, product_id, state, 1 as placed, sold, sold * total_cents as net, sold * cost_cents as cost,
			0 as delivered, 0 as earned, 0 as spent, 0 as wallet, 0 as ending from o
		union all
		select reseller_id, substr(cast(created_at as text), 1, 10), 0, '', 1, sold, sold * total_cents, sold * cost_cents, 0, 0, 0, 0, 0 from o
		union all
		select reseller_id, substr(cast(completed_at as text), 1, 10), 0, '', 0, 0, 0, 0, 1, total_cents, cost_cents, 0, 0 from o where completed_at is not null and not imported
		union all
		select reseller_id, substr(cast(certificate_until as text), 1, 10), 0, '', 0, 0, 0, 0, 0, 0, 0, 0, 1 from o where status = 'completed' and certificate_until is not null
		union all
		select a.reseller_id, substr(cast(t.created_at as text), 1, 10), 0, '', 0, 0, 0, 0, 0, 0, 0, e.amount_cents, 0
		from ledger_entry e join account a on a.id = e.account_id and a.kind = 'wallet' join ledger_tx t on t.id = e.tx_id),
	truth (` + figureColumns + `) as (
		select reseller_id, day, product_id, state, ` + partSums + ` from part group by reseller_id, day, product_id, state
		union all
		select 0, day, product_id, state, ` + partSums + ` from part group by day, product_id, state)`

const partSums = `sum(placed), sum(sold), sum(net), sum(cost), sum(delivered), sum(earned), sum(spent), sum(wallet), sum(ending)`

// figureRules come last of all rules: the figures follow from what the others hold.
var figureRules = []struct{ rule, query string }{{figureRule, figureQuery}}

// figureRule is what verify holds the kept figures against; a row of nothing is
// as good as none.
const (
	figureRule  = "the statistics are those of the orders and the ledger"
	figureQuery = recomputed + `,
		told as (
			select 1 as kept, ` + figureColumns + ` from figure union all select 0, ` + figureColumns + ` from truth),
		said as (
			select kept, reseller_id, day, product_id, state, 'placed ' || placed || ', sold ' || sold || ', net ' || net_cents || ', cost ' || cost_cents ||
				', delivered ' || delivered || ', earned ' || earned_cents || ', spent ' || spent_cents || ', wallet ' || wallet_cents || ', ending ' || ending as words
			from told where placed <> 0 or sold <> 0 or net_cents <> 0 or cost_cents <> 0 or delivered <> 0 or earned_cents <> 0 or spent_cents <> 0 or wallet_cents <> 0 or ending <> 0)
		select 'figure of reseller ' || reseller_id || ', ' || case when day = '' then 'product ' || product_id || ' ' || state else day end ||
			' says ' || coalesce(max(case when kept = 1 then words end), 'nothing') || '; should be ' || coalesce(max(case when kept = 0 then words end), 'nothing')
		from said group by reseller_id, day, product_id, state
		having coalesce(max(case when kept = 1 then words end), '') <> coalesce(max(case when kept = 0 then words end), '')
		order by reseller_id desc, day, product_id, state limit 1`
)

// RebuildStats computes every kept figure anew from the orders and the ledger. The
// shop may go on meanwhile.
func (db *DB) RebuildStats(ctx context.Context) error {
	return db.transact(ctx, func(t *tx) error {
		if db.engine == postgres {
			// Who has counted has committed before this is granted; who has not counted
			// yet waits, and is not seen below. SQLite has one writer anyway.
			if _, err := t.ExecContext(ctx, `lock table figure in exclusive mode`); err != nil {
				return err
			}
		}
		if _, err := t.ExecContext(ctx, `delete from figure`); err != nil {
			return err
		}
		_, err := t.ExecContext(ctx, `insert into figure (`+figureColumns+`) `+recomputed+` select `+figureColumns+` from truth`)
		return err
	})
}
