package db

import (
	"context"
	"errors"
	"slices"
)

// CanCancel says whether an order may still be cancelled with a full refund:
// nothing was issued, and nobody is in the middle of an upstream call.
func (o Order) CanCancel() bool {
	switch o.Fulfilment {
	case FulfilmentSubmitting, FulfilmentUnsure:
		return false
	}
	return o.Status.CanMove(StatusCancelled) && o.Status != StatusCompleted
}

// CancelOrder cancels a reseller's order before issuance and gives the money
// back: held → wallet. What the upstream has accepted is cancelled there first,
// by the job that is returned (0: it is cancelled already). Errors: ErrNotFound,
// ErrStale (too late, or an upstream call is under way).
func (db *DB) CancelOrder(ctx context.Context, by Actor, resellerID, orderID int64) (jobID int64, err error) {
	return db.CancelOrderIn(ctx, by, resellerID, orderID, Statuses...)
}

// CancelOrderIn is CancelOrder for an order that stands in one of the statuses.
func (db *DB) CancelOrderIn(ctx context.Context, by Actor, resellerID, orderID int64, in ...Status) (jobID int64, err error) {
	err = db.transact(ctx, func(t *tx) error {
		jobID = 0
		if err := held(ctx, t, orderID); err != nil {
			return err
		}
		o, err := one(ctx, t, scanOrder, `select `+orderColumns+` from `+orderTables+` where o.id = $1 and o.reseller_id = $2`, orderID, resellerID)
		if err != nil {
			return err
		}
		if !o.CanCancel() || !slices.Contains(in, o.Status) {
			return ErrStale
		}
		if o.Fulfilment != FulfilmentAccepted {
			return cancel(ctx, t, by, o, "order.cancel")
		}
		jobID, err = requestCancel(ctx, t, by, o)
		return err
	})
	return jobID, err
}

// requestCancel queues the job that cancels an accepted order at its upstream; a
// second request answers the job of the first.
func requestCancel(ctx context.Context, t *tx, by Actor, o Order) (jobID int64, err error) {
	err = t.QueryRowContext(ctx, `select id from job where kind = $1 and subject_id = $2 and failed = false`, JobCancel, o.ID).Scan(&jobID)
	if err = driverError(err); !errors.Is(err, ErrNotFound) {
		return jobID, err
	}
	if jobID, err = enqueue(ctx, t, JobCancel, o.ID, by, t.now); err != nil {
		return 0, err
	}
	if err := event(ctx, t, by, Event{OrderID: o.ID, Kind: "cancel_requested"}); err != nil {
		return 0, err
	}
	return jobID, audit(ctx, t, by, Change{Action: "order.cancel_request", Object: object("order", o.ID), ResellerID: o.ResellerID})
}

// ConfirmCancel cancels and refunds an order that its upstream has cancelled, or
// that an admin decided was never placed there. ErrStale when it is too late or
// an upstream call is under way.
func (db *DB) ConfirmCancel(ctx context.Context, by Actor, orderID int64) error {
	return db.transact(ctx, func(t *tx) error {
		o, err := anyOrder(ctx, t, orderID)
		if err != nil {
			return err
		}
		if !o.Status.CanMove(StatusCancelled) || o.Status == StatusCompleted || o.Fulfilment == FulfilmentSubmitting {
			return ErrStale
		}
		return cancel(ctx, t, by, o, "order.cancel")
	})
}

// cancel is the one way an order that was never delivered ends: status, refund,
// credit note, certificates and waiting jobs in one transaction. The fulfilment must
// still be the one in o: a submission that began meanwhile is never refunded. Nor
// is an order that was never paid; its invoice ends without a credit note.
func cancel(ctx context.Context, t *tx, by Actor, o Order, action string) error {
	if !o.Paid {
		return cancelUnpaid(ctx, t, by, o, action)
	}
	if o.Imported {
		return endImported(ctx, t, by, o, "")
	}
	rest := o.Fulfilment
	if rest != FulfilmentAccepted {
		rest = FulfilmentNone
	}
	if err := changed(ctx, t, `update orders set fulfilment = $1 where id = $2 and fulfilment = $3 and paid = $4`, rest, o.ID, o.Fulfilment, o.Paid); err != nil {
		return err
	}
	if err := move(ctx, t, by, o.ID, o.Status, StatusCancelled, "cancelled", cents2(o.PayableCents())+" USD"); err != nil {
		return err
	}
	err := post(ctx, t, posting{ref: "refund " + object("order", o.ID), kind: "refund", reseller: o.ResellerID, orderID: o.ID, memo: o.Number,
		legs: []leg{{Held, -o.PayableCents()}, {Wallet, o.PayableCents()}}})
	if err != nil {
		return err
	}
	for _, query := range []string{
		`update certificate set state = 'cancelled' where order_id = $1 and state = 'requested'`,
		`delete from job where kind in ('submit', 'poll', 'check') and subject_id in (select id from certificate where order_id = $1)`,
		`delete from job where kind = 'cancel' and subject_id = $1`,
	} {
		if _, err := t.ExecContext(ctx, query, o.ID); err != nil {
			return err
		}
	}
	if err := dropLeftovers(ctx, t, by, o); err != nil {
		return err
	}
	if err := writeCreditNote(ctx, t, o.ID); err != nil {
		return err
	}
	return audit(ctx, t, by, Change{Action: action, Object: object("order", o.ID), ResellerID: o.ResellerID,
		Before: string(o.Status), After: "refunded " + cents2(o.PayableCents()) + " USD"})
}

// ExpireOrders ends completed orders whose term is over and says how many. A
// licence whose renewal is under way waits for it.
func (db *DB) ExpireOrders(ctx context.Context) (int, error) {
	due, err := collect(ctx, db.read, func(s scanner) (id int64, err error) { return id, s.Scan(&id) },
		`select id from orders where status = 'completed' and ends_at <= $1 and not exists (select 1 from orders w where w.licence_id = orders.id and w.status = 'processing') limit 500`, db.now())
	if err != nil {
		return 0, err
	}
	for _, id := range due {
		err := db.transact(ctx, func(t *tx) error {
			return move(ctx, t, System, id, StatusCompleted, StatusExpired, "expired", "")
		})
		if err != nil && !errors.Is(err, ErrStale) {
			return 0, err
		}
	}
	return len(due), nil
}
