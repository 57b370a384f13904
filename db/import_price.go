package db

import (
	"context"
	"fmt"
	"slices"

	"certbay/db/money"
)

// ImportPrice is what taking a row would make of a group's price of a term; USD
// cents. NoRate: the cost afterwards can't be told, nor a price that follows it.
type ImportPrice struct {
	GroupID    int64
	Group      string
	Months     int
	Rule       PriceRule
	CostBefore int64
	CostAfter  int64
	Before     int64
	After      int64
	NoRate     bool
}

// Below says whether the group would pay less than the term costs, and nobody allowed it.
func (p ImportPrice) Below() bool { return p.allowedAbove() && !p.NoRate && p.After < p.CostAfter }

func (p ImportPrice) allowedAbove() bool { return p.Rule.Kind != NotSold && p.Rule.Reason == "" }

// MarginBP is what is left of the cost on top, in basis points of it; 0 without a cost.
func (p ImportPrice) MarginBP() int64 {
	if p.CostAfter <= 0 {
		return 0
	}
	return money.Convert(money.USD(p.After-p.CostAfter), 10_000, p.CostAfter, money.CurrencyUSD).Minor
}

// importBook is what prices follow from.
type importBook struct {
	offers map[int64][]OfferSheet // of each product, the best rank first
	rules  map[int64][]groupRule  // of each product
	rates  map[money.Currency]Rate
}

type groupRule struct {
	product, group int64
	name           string
	months         int
	rule           PriceRule
}

func (db *DB) importBook(ctx context.Context, q querier) (b importBook, err error) {
	b = importBook{offers: map[int64][]OfferSheet{}, rules: map[int64][]groupRule{}}
	if b.rates, err = db.usableRates(ctx, q); err != nil {
		return b, err
	}
	type offered struct {
		product int64
		OfferSheet
	}
	offers, err := collect(ctx, q, func(s scanner) (o offered, err error) {
		return o, s.Scan(&o.product, &o.ID, &o.Upstream, &o.ProductCode, &o.CostCents, &o.Currency, &o.Rank, &o.Active)
	}, `select product_id, id, upstream, product_code, cost_cents, currency, rank, active from offer order by product_id, rank, id`)
	if err != nil {
		return b, err
	}
	for _, o := range offers {
		b.offers[o.product] = append(b.offers[o.product], o.OfferSheet)
	}
	rules, err := collect(ctx, q, func(s scanner) (r groupRule, err error) {
		return r, s.Scan(&r.product, &r.group, &r.name, &r.months, &r.rule.Cents, &r.rule.Reason, marginOf{&r.rule})
	}, `select g.product_id, g.group_id, r.name, g.months, g.cents, g.below_cost_reason, g.margin_bp from group_price g join reseller_group r on r.id = g.group_id
		join product p on p.id = g.product_id where p.active = true order by g.product_id, r.name, g.group_id, g.months`)
	for _, r := range rules {
		b.rules[r.product] = append(b.rules[r.product], r)
	}
	return b, err
}

// cost is what a term costs with the offers as they are; false when that can't be told.
func (b importBook) cost(offers []OfferSheet, months int) (int64, bool) {
	first := slices.IndexFunc(offers, func(o OfferSheet) bool { return o.Active })
	if first < 0 {
		return 0, false
	}
	rate, ok := b.rates[offers[first].Currency]
	if !ok {
		return 0, false
	}
	return termCost(offers[first].CostCents, months, rate), true
}

// prices are what taking a row would change of the groups' prices; none when it
// changes neither cost nor price. A further offer comes after those that are there.
func (b importBook) prices(run ImportRun, row ImportRow) []ImportPrice {
	if row.ProductID == 0 || row.State == RowSame || row.Problem != "" && row.State != RowGone {
		return nil
	}
	now := b.offers[row.ProductID]
	then := slices.Clone(now)
	at := slices.IndexFunc(then, func(o OfferSheet) bool { return o.ID == row.OfferID })
	switch {
	case row.State == RowNew:
		then = append(then, OfferSheet{Offer: row.Product.offer(run.Upstream), Rank: MaxRank, Active: true})
	case at < 0:
		return nil
	case row.State == RowGone:
		then[at].Active = false
	default:
		then[at].Active, then[at].CostCents, then[at].Currency = true, row.Product.CostPerYear(), money.Currency(row.Product.Currency)
	}
	var list []ImportPrice
	for _, r := range b.rules[row.ProductID] {
		p := ImportPrice{GroupID: r.group, Group: r.name, Months: r.months, Rule: r.rule}
		var told, known bool
		p.CostBefore, told = b.cost(now, r.months)
		p.CostAfter, known = b.cost(then, r.months)
		if p.NoRate = !known; told == known && p.CostBefore == p.CostAfter {
			continue
		}
		if r.rule.Kind == FixedPrice || told {
			p.Before = r.rule.Price(p.CostBefore)
		}
		if r.rule.Kind == FixedPrice || known {
			p.After = r.rule.Price(p.CostAfter)
		}
		list = append(list, p)
	}
	return list
}

// ImportPrices says for rows of a run what taking each, and no other, would make of
// the groups' prices, at today's rates; and the rates that were used.
func (db *DB) ImportPrices(ctx context.Context, run ImportRun, rows []ImportRow) (map[int64][]ImportPrice, map[money.Currency]Rate, error) {
	b, err := db.importBook(ctx, db.read)
	if err != nil {
		return nil, nil, err
	}
	prices := map[int64][]ImportPrice{}
	for _, row := range rows {
		if list := b.prices(run, row); list != nil {
			prices[row.ID] = list
		}
	}
	return prices, b.rates, nil
}

// belowAfter names the prices that would fall below cost with what a run read. Those
// that are below cost already are not among them unless they would fall further.
func (db *DB) belowAfter(ctx context.Context, t *tx, run ImportRun) (words []string, err error) {
	b, err := db.importBook(ctx, t)
	if err != nil {
		return nil, err
	}
	last := int64(0)
	for {
		rows, err := collect(ctx, t, scanImportRow(run.What), `select `+rowColumns+` from import_row where run_id = $1 and state = 'changed' and id > $2 order by id`+limitTo(3), run.ID, last, 200)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			last = row.ID
			for _, p := range b.prices(run, row) {
				if p.Below() {
					words = append(words, fmt.Sprintf("below %d %d %d %d", row.ProductID, p.GroupID, p.Months, p.CostAfter))
				}
			}
		}
		if len(rows) < 200 {
			slices.Sort(words)
			return words, nil
		}
	}
}
