package db

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// UpstreamStanding is how an order stands at its upstream, in the words of the adapters.
type UpstreamStanding string

// The words; an empty one is a word of the upstream that nobody understands.
const (
	StandsProcessing UpstreamStanding = "processing"
	StandsValidating UpstreamStanding = "validation_pending"
	StandsIssued     UpstreamStanding = "issued"
	StandsSuspended  UpstreamStanding = "suspended"
	StandsRejected   UpstreamStanding = "rejected"
	StandsCancelled  UpstreamStanding = "cancelled"
	StandsRevoked    UpstreamStanding = "revoked"
)

// ImportedOrder is an order as an upstream's list has it. What that does not say is empty.
type ImportedOrder struct {
	Reference   string
	Code        string // of the product there
	Product     string // its name there
	Domain      string
	IP          string
	State       UpstreamStanding
	Word        string // the upstream's own for State
	PlacedAt    time.Time
	EndsAt      time.Time // the end of its term
	ValidFrom   time.Time // of the newest certificate
	ValidTill   time.Time
	CostCents   int64
	CostUnit    string // its currency, in the upstream's word
	ProductKind ProductKind
}

// CompareOrders writes rows for a page of an upstream's orders and keeps where the
// next begins; next is empty at the end. ErrStale when the run is not at place any more.
func (db *DB) CompareOrders(ctx context.Context, run ImportRun, ids []string, orders []ImportedOrder, next string) error {
	return db.transact(ctx, func(t *tx) error {
		now, err := importRun(ctx, t, run.ID)
		if err != nil {
			return err
		}
		if now.State != ImportReading || now.Place != run.Place {
			return ErrStale
		}
		known, err := knownOrders(ctx, t, run.Upstream, ids, orders)
		if err != nil {
			return err
		}
		offers, err := upstreamOffers(ctx, t, run.Upstream)
		if err != nil {
			return err
		}
		for i, o := range orders {
			row := ImportRow{RunID: run.ID, Ref: ids[i], State: RowNew, OrderID: known[ids[i]], Order: o}
			if row.OrderID != 0 {
				row.State = RowKnown
			}
			if list := offers[o.Code]; len(list) > 0 && o.Code != "" {
				best := list[max(0, slices.IndexFunc(list, func(f upstreamOffer) bool { return f.Active }))]
				row.ProductID, row.Order.ProductKind = best.product, best.kind
			}
			if o.State == "" {
				row.Problem = "state"
			}
			if _, err := t.ExecContext(ctx, `insert into import_row (run_id, ref, state, problem, product_id, order_id, data) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
				row.RunID, row.Ref, row.State, row.Problem, idOrNull(row.ProductID), idOrNull(row.OrderID), jsonText(row.Order)); err != nil {
				return err
			}
		}
		if err := setImportPlace(ctx, t, run.ID, next, len(orders)); err != nil || next != "" {
			return err
		}
		return changed(ctx, t, `update import_run set state = 'ready', total = compared, read_at = $1 where id = $2`, t.now, run.ID)
	})
}

// knownOrders finds which of the upstream's orders are in the book: by their id
// there, or by our reference.
func knownOrders(ctx context.Context, q querier, upstream string, ids []string, orders []ImportedOrder) (map[string]int64, error) {
	known := map[string]int64{}
	if len(ids) == 0 {
		return known, nil
	}
	type found struct {
		word  string
		order int64
	}
	scan := func(s scanner) (f found, err error) { return f, s.Scan(&f.word, &f.order) }
	args := []any{upstream}
	for _, id := range ids {
		args = append(args, id)
	}
	list, err := collect(ctx, q, scan, `select upstream_id, order_id from certificate where upstream = $1 and upstream_id <> '' and upstream_id in (`+placeholders(2, len(ids))+`)`, args...)
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		known[f.word] = f.order
	}
	args, of := []any{}, map[string]string{}
	for i, o := range orders {
		if o.Reference != "" && known[ids[i]] == 0 {
			args, of[o.Reference] = append(args, o.Reference), ids[i]
		}
	}
	if len(args) == 0 {
		return known, nil
	}
	list, err = collect(ctx, q, scan, `select reference, order_id from certificate where reference in (`+placeholders(1, len(args))+`)`, args...)
	for _, f := range list {
		known[of[f.word]] = f.order
	}
	return known, err
}

// placeholders are so many from a number on: $2, $3.
func placeholders(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", from+i)
	}
	return b.String()
}

// OrderWish is which reseller gets an order that was placed elsewhere, and what it bought.
type OrderWish struct {
	Row, Reseller, Product int64
}

// TakeOrders chooses rows of a run to be taken into the book, by a job. Errors:
// ErrStale (the run is still read, or a row was chosen before), ErrInvalid (a row
// that can't be taken, or without reseller or product), ErrNotFound.
func (db *DB) TakeOrders(ctx context.Context, by Actor, runID int64, wishes []OrderWish) error {
	return db.takeOrders(ctx, by, runID, func(t *tx) error {
		if len(wishes) == 0 {
			return ErrInvalid
		}
		for _, w := range wishes {
			if w.Reseller == 0 || w.Product == 0 {
				return fmt.Errorf("row %d: %w", w.Row, ErrInvalid)
			}
			row, err := one(ctx, t, scanImportRow(ImportOrders), `select `+rowColumns+` from import_row where id = $1 and run_id = $2`, w.Row, runID)
			if err != nil {
				return err
			}
			if row.State != RowNew || row.Problem != "" {
				return fmt.Errorf("row %d: %w", w.Row, ErrInvalid)
			}
			if err := changed(ctx, t, `update import_row set wish = 'order', wish_product = $1, wish_reseller = $2 where id = $3 and wish = ''`, w.Product, w.Reseller, w.Row); err != nil {
				return err
			}
		}
		return nil
	})
}

// TakeEveryOrder is TakeOrders for every row of a run that is new and whose product
// is in the catalog. ErrNotFound when there is none.
func (db *DB) TakeEveryOrder(ctx context.Context, by Actor, runID, reseller int64) error {
	return db.takeOrders(ctx, by, runID, func(t *tx) error {
		err := changed(ctx, t, `update import_row set wish = 'order', wish_product = product_id, wish_reseller = $1
			where run_id = $2 and state = 'new' and problem = '' and wish = '' and product_id is not null`, reseller, runID)
		if err != nil {
			return ErrNotFound
		}
		return nil
	})
}

func (db *DB) takeOrders(ctx context.Context, by Actor, runID int64, choose func(*tx) error) error {
	err := db.transact(ctx, func(t *tx) error {
		run, err := importRun(ctx, t, runID)
		if err != nil {
			return err
		}
		if run.What != ImportOrders || run.State != ImportReady {
			return ErrStale
		}
		if err := choose(t); err != nil {
			return err
		}
		return beginTaking(ctx, t, by, runID)
	})
	return err
}
