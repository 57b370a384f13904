package db

import (
	"context"
	"slices"

	"certbay/db/money"
)

// soldTables are the terms that a reseller's group has a price for, each beside
// the open offer of the best rank that fulfils it.
var soldTables = `reseller r join group_price g on g.group_id = r.group_id
	join product_term t on t.product_id = g.product_id and t.months = g.months join product p on p.id = g.product_id
	left join offer f on f.id = (select x.id from offer x where x.product_id = p.id and ` + openOffer("x") + ` order by x.rank, x.id limit 1)`

type soldTerm struct {
	Product
	price groupPrice
	offer offerCost // offer 0: nothing fulfils it
}

func scanSoldTerm(s scanner) (r soldTerm, err error) {
	r.Product, err = scanProduct(prefixed{s, append(r.price.fields(), &r.offer.offer, &r.offer.costCents, &r.offer.currency)})
	return r, err
}

// sold lists the active products that a reseller's group may buy, by brand and
// name, with their terms at today's costs. The conditions are on p and r.
func (db *DB) sold(ctx context.Context, q querier, where conditions, args []any) ([]Product, error) {
	where.parts = append(where.parts, "p.active = true")
	rows, err := collect(ctx, q, scanSoldTerm, `select `+groupPriceColumns+`, coalesce(f.id, 0), coalesce(f.cost_cents, 0), coalesce(f.currency, ''), `+productColumns+
		` from `+soldTables+where.clause()+` order by p.brand, p.name, t.months`, args...)
	if err != nil {
		return nil, err
	}
	costs := costs{offers: map[int64]offerCost{}, rates: map[money.Currency]Rate{money.CurrencyUSD: dollar}}
	for _, r := range rows {
		if r.offer.offer != 0 {
			costs.offers[r.ID] = r.offer
		}
	}
	if slices.ContainsFunc(rows, func(r soldTerm) bool { return r.offer.offer != 0 && r.offer.currency != money.CurrencyUSD }) {
		if costs.rates, err = db.usableRates(ctx, q); err != nil {
			return nil, err
		}
	}
	var products []Product
	for _, r := range rows {
		if len(products) == 0 || products[len(products)-1].ID != r.ID {
			products = append(products, r.Product)
		}
		p := &products[len(products)-1]
		cost, err := costs.of(r.ID, r.price.Months)
		if err != nil {
			p.NoRate = true
		}
		p.Terms = append(p.Terms, r.price.Term.at(r.price.rule, cost))
	}
	for i := range products {
		if products[i].NoRate {
			products[i].Terms = nil
		}
	}
	return products, nil
}
