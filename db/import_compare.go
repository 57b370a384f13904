package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// CompareProducts writes rows for products that an upstream sells, some at a time.
func (db *DB) CompareProducts(ctx context.Context, runID int64, products []ImportedProduct) error {
	return db.transact(ctx, func(t *tx) error {
		run, err := importRun(ctx, t, runID)
		if err != nil {
			return err
		}
		if run.State != ImportReading {
			return ErrStale
		}
		offers, err := upstreamOffers(ctx, t, run.Upstream)
		if err != nil {
			return err
		}
		like, err := readLookalikes(ctx, t)
		if err != nil {
			return err
		}
		for _, p := range products {
			if err := compareProduct(ctx, t, run, p, offers[p.Code], like); err != nil {
				return err
			}
		}
		return changed(ctx, t, `update import_run set compared = compared + $1 where id = $2`, len(products), runID)
	})
}

func compareProduct(ctx context.Context, t *tx, run ImportRun, p ImportedProduct, ours []upstreamOffer, like lookalikes) error {
	if len(ours) == 0 {
		return addRow(ctx, t, ImportRow{RunID: run.ID, Ref: p.Code, State: RowNew, Problem: p.problem(), ProductID: like.of(p), Product: p})
	}
	for _, o := range ours {
		row := ImportRow{RunID: run.ID, Ref: p.Code, OfferID: o.ID, State: RowSame, ProductID: o.product, Product: p, Before: o.OfferSheet}
		if row.Problem = p.problem(); row.Problem != "" || !o.Active || o.CostCents != p.CostPerYear() || string(o.Currency) != p.Currency {
			row.State = RowChanged
		}
		if err := addRow(ctx, t, row); err != nil {
			return err
		}
	}
	return nil
}

func addRow(ctx context.Context, t *tx, r ImportRow) error {
	before := ""
	if r.OfferID != 0 {
		before = jsonText(r.Before)
	}
	_, err := t.ExecContext(ctx, `insert into import_row (run_id, ref, offer_id, state, problem, product_id, data, before) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
		r.RunID, r.Ref, r.OfferID, r.State, r.Problem, idOrNull(r.ProductID), jsonText(r.Product), before)
	return err
}

// upstreamOffer is an offer at an upstream with its product.
type upstreamOffer struct {
	OfferSheet
	product int64
	kind    ProductKind
	name    string
	brand   string
}

// upstreamOffers are the offers at an upstream by its codes.
func upstreamOffers(ctx context.Context, q querier, upstream string) (map[string][]upstreamOffer, error) {
	list, err := collect(ctx, q, func(s scanner) (o upstreamOffer, err error) {
		return o, s.Scan(&o.ID, &o.Upstream, &o.ProductCode, &o.CostCents, &o.Currency, &o.Rank, &o.Active, &o.product, &o.kind, &o.name, &o.brand)
	}, `select f.id, f.upstream, f.product_code, f.cost_cents, f.currency, f.rank, f.active, f.product_id, p.kind, p.name, p.brand
		from offer f join product p on p.id = f.product_id where f.upstream = $1 order by f.id`, upstream)
	offers := map[string][]upstreamOffer{}
	for _, o := range list {
		offers[o.ProductCode] = append(offers[o.ProductCode], o)
	}
	return offers, err
}

// FinishCompare ends the reading of products: what is no longer sold there is added,
// and for a run of the night what is alarming is told to every administrator, once
// for as long as it stays the same. tell may be nil.
func (db *DB) FinishCompare(ctx context.Context, runID int64, tell func(r ImportRun, to Person) Mail) error {
	return db.transact(ctx, func(t *tx) error {
		run, err := importRun(ctx, t, runID)
		if err != nil {
			return err
		}
		if run.State != ImportReading {
			return ErrStale
		}
		gone, err := addGone(ctx, t, run)
		if err != nil {
			return err
		}
		below, err := db.belowAfter(ctx, t, run)
		if err != nil {
			return err
		}
		run.Gone, run.Below = len(gone), len(below)
		if run.Gone+run.Below > 0 {
			sum := sha256.Sum256([]byte(strings.Join(append(gone, below...), "\n")))
			run.Alarm = hex.EncodeToString(sum[:8])
		}
		last, err := one(ctx, t, scanRun, `select `+runColumns+` from import_run where upstream = $1 and what = 'products' and nightly = true and state = 'ready' and id < $2 order by id desc limit 1`, run.Upstream, run.ID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		told := last.Alarm == run.Alarm
		var seen any
		if told && run.Alarm != "" {
			seen = orNull(last.SeenAt)
		}
		if err := changed(ctx, t, `update import_run set state = 'ready', gone = $1, below = $2, alarm = $3, read_at = $4, seen_at = $5 where id = $6`, run.Gone, run.Below, run.Alarm, t.now, seen, run.ID); err != nil {
			return err
		}
		if !run.Nightly || run.Alarm == "" || told || tell == nil {
			return nil
		}
		return tellAdmins(ctx, t, func(to Person) Mail { return tell(run, to) })
	})
}

// addGone writes a row for each active offer whose code was not among what was read.
func addGone(ctx context.Context, t *tx, run ImportRun) (words []string, err error) {
	offers, err := upstreamOffers(ctx, t, run.Upstream)
	if err != nil {
		return nil, err
	}
	read, err := collect(ctx, t, func(s scanner) (ref string, err error) { return ref, s.Scan(&ref) }, `select distinct ref from import_row where run_id = $1`, run.ID)
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, ref := range read {
		there[ref] = true
	}
	for code, list := range offers {
		for _, o := range list {
			if there[code] || !o.Active || run.Kind != "" && run.Kind != o.kind {
				continue
			}
			row := ImportRow{RunID: run.ID, Ref: code, OfferID: o.ID, State: RowGone, ProductID: o.product, Before: o.OfferSheet, Product: ImportedProduct{Code: code, Name: o.name, Brand: o.brand, Kind: o.kind}}
			if err := addRow(ctx, t, row); err != nil {
				return nil, err
			}
			words = append(words, fmt.Sprintf("gone %d", o.ID))
		}
	}
	slices.Sort(words)
	return words, nil
}
