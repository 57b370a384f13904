package db

import (
	"context"
	"errors"
	"time"
)

// Core is a product that a licence can be turned into.
type Core struct {
	Product    Product
	TotalCents int64 // for the rest of the term; 0 where it costs no more than what it is now
}

// LicenceCores lists what a licence can be turned into: what its upstream offers
// for it and its reseller's group has a price for.
func (db *DB) LicenceCores(ctx context.Context, resellerID, orderID int64) ([]Core, error) {
	l, err := db.Licence(ctx, resellerID, orderID)
	if err != nil || l.EndsAt.IsZero() {
		return nil, err
	}
	return db.cores(ctx, db.read, l, db.now())
}

func (db *DB) cores(ctx context.Context, q querier, l Order, now time.Time) ([]Core, error) {
	ids, err := collect(ctx, q, func(s scanner) (id int64, err error) { return id, s.Scan(&id) },
		`select f.product_id from orders o join offer mine on mine.id = o.offer_id
			join upstream_core c on c.upstream = mine.upstream and c.product_code = mine.product_code
			join offer f on f.upstream = mine.upstream and f.product_code = c.core_code and f.active = true
			join product p on p.id = f.product_id
		 where o.id = $1 and f.product_id <> o.product_id order by p.name`, l.ID)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	before, err := db.ownPrice(ctx, q, l)
	if err != nil {
		return nil, err
	}
	var list []Core
	for _, id := range ids {
		p, err := db.product(ctx, q, l.ResellerID, id)
		if errors.Is(err, ErrNotFound) || errors.Is(err, ErrNoRate) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if term, ok := p.Term(l.Months); ok {
			list = append(list, Core{Product: p, TotalCents: restOfTerm(term.GroupCents-before, l.Months, now, l.EndsAt)})
		}
	}
	return list, nil
}

// ownPrice is what a licence would cost its reseller today, for its term; where
// it is no longer sold, what it did cost.
func (db *DB) ownPrice(ctx context.Context, q querier, l Order) (int64, error) {
	p, err := db.product(ctx, q, l.ResellerID, l.ProductID)
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrNoRate) {
		return 0, err
	}
	if term, ok := p.Term(l.Months); ok && err == nil {
		return term.GroupCents, nil
	}
	return l.TotalCents, nil
}

// restOfTerm is the part of a term's price that falls on the days until its end,
// a day begun counting whole, rounded half up; never less than nothing. It is pure.
func restOfTerm(cents int64, months int, now, end time.Time) int64 {
	if cents <= 0 || !now.Before(end) {
		return 0
	}
	const day = 24 * time.Hour
	days := int64((end.Sub(now) + day - 1) / day)
	whole := int64(end.Sub(end.AddDate(0, -months, 0)) / day)
	return (2*cents*days + whole) / (2 * whole)
}

// ChangeCore turns a licence into one of LicenceCores, for what that costs more
// until the end of the term: an order as RenewLicence makes one. The same token
// answers the order it placed before. Errors: *Rejected (product), ErrNotFound,
// ErrStale, *InsufficientCredit, *PriceChanged, ErrNoRate, ErrForbidden,
// ErrSuspended, ErrInvalid.
func (db *DB) ChangeCore(ctx context.Context, by Actor, resellerID, orderID, productID int64, form WishForm) (Order, error) {
	return db.wishFor(ctx, resellerID, form.Token, func(t *tx) (Order, error) {
		l, err := db.working(ctx, t, resellerID, orderID)
		if err != nil {
			return Order{}, err
		}
		cores, err := db.cores(ctx, t, l, t.now)
		if err != nil {
			return Order{}, err
		}
		for _, c := range cores {
			if c.Product.ID != productID {
				continue
			}
			if err := takePlace(ctx, t, l, productID, l.Domain, "product"); err != nil {
				return Order{}, err
			}
			to, err := db.costAt(ctx, t, l, productID, l.Months)
			if err != nil {
				return Order{}, err
			}
			if from, err := db.costAt(ctx, t, l, l.ProductID, l.Months); err == nil {
				to.cents = restOfTerm(to.cents-from.cents, l.Months, t.now, l.EndsAt)
			}
			return db.placeWish(ctx, t, by, l, c.Product, l.Months, Quote{Base: c.TotalCents, Total: c.TotalCents}, licenceWish{order: l.ID, wish: WishCore, cost: to}, form)
		}
		return Order{}, &Rejected{Problems: []Problem{{Field: "product", Code: "core_not_offered"}}}
	})
}

// LicenceTargets lists, of each licence product, the products that the upstream it
// is bought from can turn it into.
func (db *DB) LicenceTargets(ctx context.Context) (map[int64][]int64, error) {
	type row struct{ from, to int64 }
	rows, err := collect(ctx, db.read, func(s scanner) (r row, err error) { return r, s.Scan(&r.from, &r.to) },
		`select distinct mine.product_id, f.product_id from offer mine join upstream_core c on c.upstream = mine.upstream and c.product_code = mine.product_code
			join offer f on f.upstream = mine.upstream and f.product_code = c.core_code
		 where mine.active = true and f.active = true and f.product_id <> mine.product_id order by mine.product_id, f.product_id`)
	if err != nil {
		return nil, err
	}
	targets := map[int64][]int64{}
	for _, r := range rows {
		targets[r.from] = append(targets[r.from], r.to)
	}
	return targets, nil
}
