package db

import (
	"context"
	"errors"

	"certbay/db/money"
)

// A licence is what a completed order of a licence product bought. The order goes
// on being the licence: its Domain is the address where it runs, its product what
// it is now, its EndsAt the end of its term. Renewing it and turning it into
// another product are orders of their own, with a debit and an invoice each, that
// name it in LicenceID; stopping, resuming and moving it cost nothing.

// Wish is what an order wants of a licence that another one bought.
type Wish string

const (
	WishRenew Wish = "renew" // a further term
	WishCore  Wish = "core"  // turned into another product, for the rest of its term
)

// Jobs that change a licence at its upstream at no charge; subject: the licence's
// order, payload: LicenceChange. What is paid for is done by JobSubmit.
const (
	JobLicenceSuspend   JobKind = "licence_suspend"
	JobLicenceUnsuspend JobKind = "licence_unsuspend"
	JobLicenceMove      JobKind = "licence_move"
)

var licenceJobs = `('licence_suspend', 'licence_unsuspend', 'licence_move')`

// LicenceChange is the payload of a licence's job.
type LicenceChange struct {
	By Actor
	IP string `json:",omitempty"` // where it moves to
}

// WishForm is how somebody agreed to buy something for a licence.
type WishForm struct {
	Token  string // the form's, to be placed once; "" for none
	Quoted *int64 // what they were told it costs, USD cents with tax; nil: whatever it does
}

// licenceWish is how an order is about a licence.
type licenceWish struct {
	order int64
	wish  Wish
	cost  cost
}

// LicenceState is a ready-made filter of a list of licences.
type LicenceState string

const (
	LicencesAll       LicenceState = ""
	LicencesActive    LicenceState = "active"
	LicencesEnding    LicenceState = "ending" // the term ends within ExpiringDays
	LicencesSuspended LicenceState = "suspended"
	LicencesWaiting   LicenceState = "waiting" // not delivered yet
	LicencesEnded     LicenceState = "ended"   // expired or cancelled
)

// LicenceStates lists the filters, in the page's order.
var LicenceStates = []LicenceState{LicencesAll, LicencesActive, LicencesEnding, LicencesSuspended, LicencesWaiting, LicencesEnded}

// LicenceFilter narrows a list of licences; zero fields don't filter.
type LicenceFilter struct {
	State     LicenceState
	ProductID int64
	Search    string // part of an address or of an order number
	Page
}

// Licences lists a reseller's licences, the newest first, and counts all that match.
func (db *DB) Licences(ctx context.Context, resellerID int64, f LicenceFilter) ([]Order, int, error) {
	products, err := db.licenceProducts(ctx)
	if err != nil {
		return nil, 0, err
	}
	where, args := conditions{parts: []string{"o.reseller_id = $1", "o.licence_id is null"}, about: "orders o"}, []any{resellerID}
	where.among(&args, "o.product_id", products)
	now := db.now()
	where.add(&args, f.ProductID != 0, "o.product_id = ?", f.ProductID)
	if search := searchText(f.Search); search != "" {
		where.add(&args, true, `(o.domain like ? escape '\' or lower(o.number) like ? escape '\')`, likePart(search), likePart(search))
	}
	switch f.State {
	case LicencesActive:
		where.add(&args, true, "o.status = 'completed' and o.suspended = false")
	case LicencesEnding:
		where.add(&args, true, "o.status = 'completed' and o.ends_at <= ?", now.AddDate(0, 0, ExpiringDays))
	case LicencesSuspended:
		where.add(&args, true, "o.status = 'completed' and o.suspended = true")
	case LicencesWaiting:
		where.add(&args, true, "o.status not in ('completed', 'expired', 'cancelled')")
	case LicencesEnded:
		where.add(&args, true, "o.status in ('expired', 'cancelled')")
	}
	return list(ctx, db.read, scanOrder, orderColumns, orderTables, where, args, "o.id desc", f.Page)
}

// licenceProducts are the products that are licences; the orders of a product have
// an index, those of a kind none.
func (db *DB) licenceProducts(ctx context.Context) ([]int64, error) {
	return db.ids(ctx, `select id from product where kind = 'licence' order by id`)
}

// LicenceProduct is a licence product to narrow a list by.
type LicenceProduct struct {
	ID   int64
	Name string
}

// LicenceProducts lists the licence products by name, those no longer sold too.
func (db *DB) LicenceProducts(ctx context.Context) ([]LicenceProduct, error) {
	return collect(ctx, db.read, func(s scanner) (p LicenceProduct, err error) { return p, s.Scan(&p.ID, &p.Name) },
		`select id, name from product where kind = 'licence' order by lower(name), id`)
}

// Licence finds a reseller's licence by its order; ErrNotFound for an order that
// is none, or another reseller's.
func (db *DB) Licence(ctx context.Context, resellerID, orderID int64) (Order, error) {
	return licence(ctx, db.read, resellerID, orderID)
}

func licence(ctx context.Context, q querier, resellerID, orderID int64) (Order, error) {
	return one(ctx, q, scanOrder, `select `+orderColumns+` from `+orderTables+` where o.id = $1 and o.reseller_id = $2 and p.kind = 'licence' and o.licence_id is null`,
		orderID, resellerID)
}

// LicencesAt lists a reseller's licences at an address that have not ended, the
// newest first. There is one of a product at most.
func (db *DB) LicencesAt(ctx context.Context, resellerID int64, ip string) ([]Order, error) {
	products, err := db.licenceProducts(ctx)
	if err != nil {
		return nil, err
	}
	where, args := conditions{parts: []string{"o.reseller_id = $1", "o.domain = $2", "o.licence_id is null", "o.status not in ('cancelled', 'expired')"}}, []any{resellerID, ip}
	where.among(&args, "o.product_id", products)
	return collect(ctx, db.read, scanOrder, `select `+orderColumns+` from `+orderTables+where.clause()+` order by o.id desc`, args...)
}

// LicenceOrders lists what was bought for a licence after it: renewals and
// changes, the newest first.
func (db *DB) LicenceOrders(ctx context.Context, resellerID, orderID int64) ([]Order, error) {
	return collect(ctx, db.read, scanOrder, `select `+orderColumns+` from `+orderTables+` where o.reseller_id = $1 and o.licence_id = $2 order by o.id desc`, resellerID, orderID)
}

// working holds a licence that may be changed: delivered, its term running, and
// no other change of it under way. Errors: ErrNotFound, ErrStale.
func (db *DB) working(ctx context.Context, t *tx, resellerID, orderID int64) (Order, error) {
	if err := held(ctx, t, orderID); err != nil {
		return Order{}, err
	}
	l, err := licence(ctx, t, resellerID, orderID)
	if err != nil {
		return l, err
	}
	if l.Status != StatusCompleted || !t.now.Before(l.EndsAt) {
		return l, ErrStale
	}
	busy, err := licenceBusy(ctx, t, l.ID)
	if err == nil && busy {
		err = ErrStale
	}
	return l, err
}

// licenceBusy says whether a change of a licence is under way or waits for a person.
func licenceBusy(ctx context.Context, q querier, orderID int64) (busy bool, err error) {
	err = q.QueryRowContext(ctx, `select exists (select 1 from orders where licence_id = $1 and status not in ('completed', 'expired', 'cancelled'))
		or exists (select 1 from job where subject_id = $1 and failed = false and kind in `+licenceJobs+`)`, orderID).Scan(&busy)
	return busy, driverError(err)
}

// LicenceBusy says whether a change of a reseller's licence is under way.
func (db *DB) LicenceBusy(ctx context.Context, orderID int64) (bool, error) {
	return licenceBusy(ctx, db.read, orderID)
}

// offerAt is a product's offer at the upstream of an order; ErrNotFound where there
// is none, or where it is closed and not the order's own.
func offerAt(ctx context.Context, q querier, o Order, productID int64) (offerCost, error) {
	return one(ctx, q, func(s scanner) (f offerCost, err error) {
		return f, s.Scan(&f.product, &f.offer, &f.costCents, &f.currency)
	}, `select f.product_id, f.id, f.cost_cents, f.currency from offer f join offer mine on mine.upstream = f.upstream
		join orders o on o.offer_id = mine.id where o.id = $1 and f.product_id = $2 and (f.active = true or f.id = mine.id)`, o.ID, productID)
}

// costAt is what a term costs at the upstream of a licence, which no other could renew.
func (db *DB) costAt(ctx context.Context, q querier, o Order, productID int64, months int) (cost, error) {
	f, err := offerAt(ctx, q, o, productID)
	if err != nil {
		return cost{}, err
	}
	c := costs{offers: map[int64]offerCost{productID: f}, rates: map[money.Currency]Rate{money.CurrencyUSD: dollar}}
	if f.currency != money.CurrencyUSD {
		if c.rates, err = db.usableRates(ctx, q); err != nil {
			return cost{}, err
		}
	}
	return c.of(productID, months)
}

// placeWish buys something for a licence, at a cost that is the wish's own.
func (db *DB) placeWish(ctx context.Context, t *tx, by Actor, l Order, p Product, months int, price Quote, w licenceWish, form WishForm) (Order, error) {
	seller, buyer, err := parties(ctx, t, l.ResellerID)
	if err != nil {
		return Order{}, err
	}
	price.Tax = money.PercentBP(money.USD(price.Total), buyer.taxRateBP).Minor
	price.Payable = price.Total + price.Tax
	d := Draft{NewOrder: NewOrder{ProductID: p.ID, Months: months, Domain: l.Domain, CustomerName: l.CustomerName, CustomerEmail: l.CustomerEmail, FormToken: form.Token, Quoted: form.Quoted},
		Product: p, Term: Term{Months: months, cost: w.cost}, TaxRateBP: buyer.taxRateBP, Quote: price, seller: seller, buyer: buyer, licence: w}
	if err := d.asQuoted(); err != nil {
		return Order{}, err
	}
	return db.place(ctx, t, by, l.ResellerID, d)
}

// wishFor places a wish for a licence once per form token.
func (db *DB) wishFor(ctx context.Context, resellerID int64, token string, place func(t *tx) (Order, error)) (placed Order, err error) {
	if len(token) > maxFormToken {
		return Order{}, ErrInvalid
	}
	if token != "" {
		if before, err := db.orderByToken(ctx, resellerID, token); !errors.Is(err, ErrNotFound) {
			return before, err
		}
	}
	err = db.transact(ctx, func(t *tx) (err error) {
		placed, err = place(t)
		return err
	})
	if errors.Is(err, ErrDuplicate) && token != "" {
		return db.orderByToken(ctx, resellerID, token)
	}
	if err == nil {
		db.At("order_committed")
		db.indexSoon(ctx, placed.ID)
	}
	return placed, err
}

// RenewLicence buys a further term for a licence: an order, its debit, its invoice
// and the job, in one transaction. The term is added to what is left when the
// upstream has renewed it. The same token answers the order it placed before.
// Errors: *Rejected (months), ErrNotFound (no such licence, or its product is no
// longer sold), ErrStale (it does not run, or a change of it is under way),
// *InsufficientCredit, *PriceChanged, ErrNoRate, ErrForbidden, ErrSuspended, ErrInvalid.
func (db *DB) RenewLicence(ctx context.Context, by Actor, resellerID, orderID int64, months int, form WishForm) (Order, error) {
	return db.wishFor(ctx, resellerID, form.Token, func(t *tx) (Order, error) {
		l, err := db.working(ctx, t, resellerID, orderID)
		if err != nil {
			return Order{}, err
		}
		p, err := db.product(ctx, t, resellerID, l.ProductID)
		if err != nil {
			return Order{}, err
		}
		term, ok := p.Term(months)
		if !ok {
			return Order{}, &Rejected{Problems: []Problem{{Field: "months", Code: "term_not_sold"}}}
		}
		c, err := db.costAt(ctx, t, l, p.ID, months)
		if err != nil {
			return Order{}, err
		}
		return db.placeWish(ctx, t, by, l, p, months, p.Price(term, 0, 0, 0), licenceWish{order: l.ID, wish: WishRenew, cost: c}, form)
	})
}

// SubmitJob finds the job that hands an order to its upstream; 0 when none waits.
func (db *DB) SubmitJob(ctx context.Context, orderID int64) (jobID int64, err error) {
	err = driverError(db.read.QueryRowContext(ctx, `select j.id from job j join certificate c on c.id = j.subject_id
		where j.kind = 'submit' and j.failed = false and c.order_id = $1 and c.state = 'requested' order by j.id desc limit 1`, orderID).Scan(&jobID))
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return jobID, err
}
