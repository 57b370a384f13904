package db

import (
	"context"
	"errors"
)

// Revocation is the payload of a revoke job.
type Revocation struct {
	By     Actor  `json:"by"`
	Reason string `json:"reason"`
}

// Revoke withdraws the certificate of a reseller's order for good, and ends the order
// without a refund: the job that is returned asks the upstream first. A second wish
// answers the job of the first; of an order whose certificate is revoked it answers 0.
// Errors: ErrNotFound, ErrStale (nothing was issued, or the term is over).
func (db *DB) Revoke(ctx context.Context, by Actor, resellerID, orderID int64, reason string) (jobID int64, err error) {
	err = db.transact(ctx, func(t *tx) error {
		jobID = 0
		o, err := one(ctx, t, scanOrder, `select `+orderColumns+` from `+orderTables+` where o.id = $1 and o.reseller_id = $2`, orderID, resellerID)
		if err != nil {
			return err
		}
		if err := hold(ctx, t, orderID); err != nil {
			return err
		}
		revoked, err := certificatesIn(ctx, t, orderID, CertificateRevoked)
		if err != nil || o.Status == StatusCancelled && revoked > 0 {
			return err
		}
		issued, err := certificatesIn(ctx, t, orderID, CertificateIssued)
		if err != nil {
			return err
		}
		if o.Status != StatusCompleted || o.Kind == KindLicence || issued == 0 {
			return ErrStale
		}
		err = t.QueryRowContext(ctx, `select id from job where kind = $1 and subject_id = $2 and failed = false`, JobRevoke, o.ID).Scan(&jobID)
		if err = driverError(err); !errors.Is(err, ErrNotFound) {
			return err
		}
		if jobID, err = enqueue(ctx, t, JobRevoke, o.ID, Revocation{by, reason}, t.now); err != nil {
			return err
		}
		if err := event(ctx, t, by, Event{OrderID: o.ID, Kind: "revoke_requested", Detail: reason}); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "order.revoke_request", Object: object("order", o.ID), ResellerID: o.ResellerID, After: reason})
	})
	return jobID, err
}

func certificatesIn(ctx context.Context, t *tx, orderID int64, state CertificateState) (n int, err error) {
	err = t.QueryRowContext(ctx, `select count(*) from certificate where order_id = $1 and state = $2`, orderID, state).Scan(&n)
	return n, err
}

// ConfirmRevoke ends an order whose certificate its upstream has revoked. ErrStale
// when it has ended before.
func (db *DB) ConfirmRevoke(ctx context.Context, by Actor, orderID int64, reason string) error {
	return db.transact(ctx, func(t *tx) error {
		if err := hold(ctx, t, orderID); err != nil {
			return err
		}
		o, err := anyOrder(ctx, t, orderID)
		if err != nil {
			return err
		}
		if o.Status != StatusCompleted {
			return ErrStale
		}
		if err := move(ctx, t, by, o.ID, StatusCompleted, StatusCancelled, "revoked", reason); err != nil {
			return err
		}
		for _, query := range []string{
			`update certificate set state = 'revoked' where order_id = $1 and state = 'issued'`,
			`update certificate set state = 'cancelled' where order_id = $1 and state = 'requested'`,
			`delete from job where kind in ('reissue', 'poll', 'check') and subject_id in (select id from certificate where order_id = $1)`,
		} {
			if _, err := t.ExecContext(ctx, query, o.ID); err != nil {
				return err
			}
		}
		return audit(ctx, t, by, Change{Action: "order.revoke", Object: object("order", o.ID), ResellerID: o.ResellerID, Before: string(o.Status), After: "revoked: " + reason})
	})
}
