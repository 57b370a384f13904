package db

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// RenewalDays is how early a term may be renewed.
const RenewalDays = 30

// RenewableFrom is the first moment at which a certificate's order may be renewed:
// RenewalDays before its term ends. Zero for an order that has no term to follow:
// nothing was issued, it was revoked, or it is a licence, which is renewed itself.
func (o Order) RenewableFrom() time.Time {
	if o.Kind == KindLicence || o.EndsAt.IsZero() || o.Status != StatusCompleted && o.Status != StatusExpired {
		return time.Time{}
	}
	return o.EndsAt.AddDate(0, 0, -RenewalDays)
}

// Renewable says whether an order may be renewed now. Whether it was already, says
// RenewedBy.
func (o Order) Renewable(now time.Time) bool {
	from := o.RenewableFrom()
	return !from.IsZero() && !now.Before(from)
}

// RenewedBy finds the order that renews another of the reseller's; ErrNotFound while
// there is none that counts: a cancelled one does not.
func (db *DB) RenewedBy(ctx context.Context, resellerID, orderID int64) (Order, error) {
	return one(ctx, db.read, scanOrder, `select `+orderColumns+` from `+orderTables+` join renewal n on n.order_id = o.id
		where n.renews = $1 and o.reseller_id = $2 and o.status <> 'cancelled'`, orderID, resellerID)
}

// RenewalOf finds the order that one of the reseller's renews; ErrNotFound where it
// renews none.
func (db *DB) RenewalOf(ctx context.Context, resellerID, orderID int64) (Order, error) {
	return one(ctx, db.read, scanOrder, `select `+orderColumns+` from `+orderTables+` join renewal n on n.renews = o.id
		where n.order_id = $1 and o.reseller_id = $2`, orderID, resellerID)
}

// OrderContact reads whom an order of the reseller's names, as its last configuration
// said; zero where it names nobody. ErrNotFound.
func (db *DB) OrderContact(ctx context.Context, resellerID, orderID int64) (Contact, error) {
	if _, err := db.Order(ctx, resellerID, orderID); err != nil {
		return Contact{}, err
	}
	var text string
	var c Contact
	err := db.read.QueryRowContext(ctx, `select contact from orders where id = $1`, orderID).Scan(&text)
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &c)
	}
	return c, driverError(err)
}

// renewalProblems is what stands against an order as the renewal of another: that one
// may not be renewed yet or no more, is for another domain, or is renewed already.
// ErrNotFound for another reseller's.
func renewalProblems(ctx context.Context, q querier, now time.Time, resellerID int64, n NewOrder) ([]Problem, error) {
	if n.Renews == 0 {
		return nil, nil
	}
	before, err := one(ctx, q, scanOrder, `select `+orderColumns+` from `+orderTables+` where o.id = $1 and o.reseller_id = $2`, n.Renews, resellerID)
	switch {
	case err != nil:
		return nil, err
	case !before.Renewable(now):
		return []Problem{{Field: "renews", Code: "not_renewable", Name: before.Number}}, nil
	case before.Domain != n.Domain:
		return []Problem{{Field: "domain", Code: "renews_other", Name: before.Domain}}, nil
	}
	_, err = one(ctx, q, scanOrder, `select `+orderColumns+` from `+orderTables+` join renewal n on n.order_id = o.id where n.renews = $1 and o.status <> 'cancelled'`, before.ID)
	switch {
	case err == nil:
		return []Problem{renewedAlready(before)}, nil
	case errors.Is(err, ErrNotFound):
		return nil, nil
	}
	return nil, err
}

func renewedAlready(before Order) Problem {
	return Problem{Field: "renews", Code: "renewed_already", Name: before.Number}
}

// linkRenewal notes that an order just placed renews another. *Rejected when a second
// order came in between.
func linkRenewal(ctx context.Context, t *tx, o Order, renews int64) error {
	if renews == 0 {
		return nil
	}
	err := changed(ctx, t, `insert into renewal (renews, order_id) values ($1, $2)
		on conflict (renews) do update set order_id = excluded.order_id
		where exists (select 1 from orders b where b.id = renewal.order_id and b.status = 'cancelled')`, renews, o.ID)
	if !errors.Is(err, ErrStale) {
		return err
	}
	before, err := anyOrder(ctx, t, renews)
	if err != nil {
		return err
	}
	return &Rejected{[]Problem{renewedAlready(before)}}
}
