package db

import (
	"context"
	"errors"
)

// unpaidDays is how long an order may wait for its payment.
const unpaidDays = 20

// SetPayLater lets a reseller place orders unpaid when its credit is short, or no
// longer; orders that wait already are not touched.
func (db *DB) SetPayLater(ctx context.Context, by Actor, resellerID int64, allowed bool) error {
	return db.transact(ctx, func(t *tx) error {
		err := changed(ctx, t, `update reseller set pay_later = $1 where id = $2`, allowed, resellerID)
		if errors.Is(err, ErrStale) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		after := "no"
		if allowed {
			after = "yes"
		}
		return audit(ctx, t, by, Change{Action: "reseller.pay_later", Object: object("reseller", resellerID), ResellerID: resellerID, After: after})
	})
}

// paysLater decides whether a draft is placed unpaid: it asks to, its reseller
// may, and its credit is short. ErrForbidden when the reseller may not.
func paysLater(ctx context.Context, t *tx, resellerID int64, d Draft) (bool, error) {
	if !d.Unpaid {
		return false, nil
	}
	// The wallet is held from here on: nobody spends it between the look and the debit.
	var available int64
	err := t.QueryRowContext(ctx, `update account set balance_cents = balance_cents where reseller_id = $1 and kind = 'wallet'
		returning balance_cents - coalesce(floor_cents, 0)`, resellerID).Scan(&available)
	if err != nil {
		return false, driverError(err)
	}
	if available >= d.Quote.Payable {
		return false, nil
	}
	var allowed bool
	if err := t.QueryRowContext(ctx, `select pay_later from reseller where id = $1`, resellerID).Scan(&allowed); err != nil {
		return false, driverError(err)
	}
	if !allowed {
		return false, ErrForbidden
	}
	return true, nil
}

func placedKind(later bool) string {
	if later {
		return "placed_unpaid"
	}
	return "placed"
}

// debit takes an order's amount from the wallet.
func debit(ctx context.Context, t *tx, o Order) error {
	return post(ctx, t, posting{ref: object("order", o.ID), kind: "order", reseller: o.ResellerID, orderID: o.ID, memo: o.Number,
		legs: []leg{{Wallet, -o.PayableCents()}, {Held, o.PayableCents()}}})
}

// PayOrder pays an order that was placed unpaid, once: debit wallet → held, its
// invoice is paid, and a licence is asked for. Errors: ErrNotFound, ErrStale (paid
// or cancelled already), ErrSuspended, *InsufficientCredit.
func (db *DB) PayOrder(ctx context.Context, by Actor, resellerID, orderID int64) error {
	return db.transact(ctx, func(t *tx) error {
		if err := mayBuy(ctx, t, resellerID); err != nil {
			return err
		}
		o, err := one(ctx, t, scanOrder, `select `+orderColumns+` from `+orderTables+` where o.id = $1 and o.reseller_id = $2`, orderID, resellerID)
		if err != nil {
			return err
		}
		err = countChange(ctx, t, func(c *counted) { c.paid = false },
			`update orders set paid = true where id = $1 and paid = false and status = 'pending' returning `+countedColumns, orderID)
		if err != nil {
			return err
		}
		if err := debit(ctx, t, o); err != nil {
			return err
		}
		if err := changed(ctx, t, `update invoice set status = 'paid', paid_at = $1 where order_id = $2 and status = 'unpaid'`, t.now, orderID); err != nil {
			return err
		}
		if err := event(ctx, t, by, Event{OrderID: orderID, Kind: "paid", Detail: cents2(o.PayableCents()) + " USD"}); err != nil {
			return err
		}
		if o.Kind == KindLicence {
			if err := move(ctx, t, by, orderID, StatusPending, StatusProcessing, "configured", ""); err != nil {
				return err
			}
			if err := fulfil(ctx, t, orderID, FulfilmentNone, FulfilmentQueued); err != nil {
				return err
			}
			if _, err := requestCertificate(ctx, t, o, ""); err != nil {
				return err
			}
		}
		return audit(ctx, t, by, Change{Action: "order.pay", Object: object("order", orderID), ResellerID: resellerID, After: cents2(o.PayableCents()) + " USD"})
	})
}

// cancelUnpaid ends an order that was never paid: there is nothing to refund, and
// its invoice, which nobody paid, is cancelled without a credit note. Stale when
// it was paid meanwhile.
func cancelUnpaid(ctx context.Context, t *tx, by Actor, o Order, action string) error {
	if err := changed(ctx, t, `update orders set paid = false where id = $1 and paid = false`, o.ID); err != nil {
		return err
	}
	if err := move(ctx, t, by, o.ID, o.Status, StatusCancelled, "cancelled", ""); err != nil {
		return err
	}
	if err := changed(ctx, t, `update invoice set status = 'cancelled' where order_id = $1 and status = 'unpaid'`, o.ID); err != nil {
		return err
	}
	return audit(ctx, t, by, Change{Action: action, Object: object("order", o.ID), ResellerID: o.ResellerID, Before: string(o.Status), After: "never paid"})
}

// CancelUnpaid cancels orders that have waited for their payment for too long and
// says how many there were.
func (db *DB) CancelUnpaid(ctx context.Context) (int, error) {
	due, err := collect(ctx, db.read, scanID, `select id from orders where paid = false and status = 'pending' and created_at <= $1 order by created_at limit 500`,
		db.now().AddDate(0, 0, -unpaidDays))
	if err != nil {
		return 0, err
	}
	for _, id := range due {
		err := db.transact(ctx, func(t *tx) error {
			o, err := anyOrder(ctx, t, id)
			if err != nil {
				return err
			}
			if o.Paid || o.Status != StatusPending {
				return ErrStale
			}
			return cancel(ctx, t, System, o, "order.unpaid")
		})
		if err != nil && !errors.Is(err, ErrStale) {
			return 0, err
		}
	}
	return len(due), nil
}
