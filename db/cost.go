package db

import (
	"context"

	"certbay/db/money"
)

// cost is what a term costs the operator.
type cost struct {
	offer int64
	cents int64 // USD
	rate  Rate  // the dollar's own has no ID
}

// offerCost is the offer that fulfils a product.
type offerCost struct {
	product, offer int64
	costCents      int64 // for 12 months, in hundredths of currency
	currency       money.Currency
	productActive  bool
}

// termCost is the USD cents that a term costs at a rate, rounded half up once on
// the line: cost of 12 months × months ÷ 12 × rate. It is pure.
func termCost(perYearMinor int64, months int, rate Rate) int64 {
	return money.Convert(money.New(perYearMinor, rate.Currency), int64(months)*rate.USDe8, 12*rateUnit, money.CurrencyUSD).Minor
}

// openOffer says that new orders may be placed with the offer of an alias: it is
// active, and so is its upstream where that is an account of the book.
func openOffer(alias string) string {
	return alias + `.active = true and not exists (select 1 from upstream u where u.name = ` + alias + `.upstream and u.active = false)`
}

// firstOffers lists the open offer of the best rank of each product (0: of all).
func firstOffers(ctx context.Context, q querier, productID int64) ([]offerCost, error) {
	where, args := conditions{}, []any{}
	where.parts = append(where.parts, openOffer("f"))
	where.add(&args, productID != 0, "f.product_id = ?", productID)
	rows, err := collect(ctx, q, func(s scanner) (f offerCost, err error) {
		return f, s.Scan(&f.product, &f.offer, &f.costCents, &f.currency, &f.productActive)
	}, `select f.product_id, f.id, f.cost_cents, f.currency, p.active from offer f join product p on p.id = f.product_id`+where.clause()+
		` order by f.product_id, f.rank, f.id`, args...)
	var first []offerCost
	for _, f := range rows {
		if len(first) == 0 || first[len(first)-1].product != f.product {
			first = append(first, f)
		}
	}
	return first, err
}

// costs are the costs of products at the rates of one moment.
type costs struct {
	offers map[int64]offerCost
	rates  map[money.Currency]Rate
}

// costs reads what a product (0: every product) costs now.
func (db *DB) costs(ctx context.Context, q querier, productID int64) (costs, error) {
	offers, err := firstOffers(ctx, q, productID)
	if err != nil {
		return costs{}, err
	}
	c := costs{offers: map[int64]offerCost{}, rates: map[money.Currency]Rate{money.CurrencyUSD: dollar}}
	foreign := false
	for _, f := range offers {
		c.offers[f.product] = f
		foreign = foreign || f.currency != money.CurrencyUSD
	}
	if foreign {
		c.rates, err = db.usableRates(ctx, q)
	}
	return c, err
}

// of is what a term of a product costs; ErrNoRate when that can't be told.
func (c costs) of(productID int64, months int) (cost, error) {
	f, ok := c.offers[productID]
	if !ok {
		return cost{}, ErrNoRate
	}
	rate, ok := c.rates[f.currency]
	if !ok {
		return cost{}, ErrNoRate
	}
	return cost{offer: f.offer, cents: termCost(f.costCents, months, rate), rate: rate}, nil
}
