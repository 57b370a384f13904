package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// What an admin decides about an order, each with its line in the audit.

// LookNow asks the upstream of an order for news at once and returns the job to
// wait for; of an unsure order, whether it is there under our reference. One that
// could not be sent is sent. ErrStale when nothing is under way there, or when
// nobody could tell (see CanLook).
func (db *DB) LookNow(ctx context.Context, by Actor, orderID int64) (jobID int64, err error) {
	err = db.transact(ctx, func(t *tx) error {
		o, c, err := underWay(ctx, t, orderID)
		if err != nil {
			return err
		}
		switch {
		case o.Fulfilment == FulfilmentQueued:
			jobID, err = sendNow(ctx, t, c)
		case !o.CanLook(c):
			err = ErrStale
		default:
			jobID, err = lookNow(ctx, t, c)
		}
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "order.look", Object: object("order", o.ID), ResellerID: o.ResellerID})
	})
	return jobID, err
}

// lookNow queues a look, one at a time.
func lookNow(ctx context.Context, t *tx, c Certificate) (jobID int64, err error) {
	kind := JobCheck
	if c.UpstreamID == "" {
		kind = JobSubmit // which looks an unsure order up and sends nothing before the upstream's word
		if err := ensureJob(ctx, t, kind, c.ID, t.now); err != nil {
			return 0, err
		}
	}
	if jobID, err = waitingJob(ctx, t, kind, c.ID); errors.Is(err, ErrNotFound) {
		jobID, err = enqueue(ctx, t, kind, c.ID, nil, t.now)
	}
	return jobID, err
}

// CanLook says whether LookNow could learn something of an order by its newest
// request: how it stands there, or whether it is there at all. Of what was wanted of
// a licence no upstream can tell, and most not of a licence either.
func (o Order) CanLook(newest Certificate) bool {
	return newest.State == CertificateRequested && (newest.UpstreamID != "" || o.Fulfilment == FulfilmentUnsure && o.Kind != KindLicence)
}

// DecidePlaced settles an unsure order: the upstream has it, under upstreamID. What
// was wanted of a licence is done then, and has no id of its own. ErrStale when it
// is not unsure any more, ErrDuplicate when that upstream order belongs to another
// certificate, ErrInvalid without an upstreamID.
func (db *DB) DecidePlaced(ctx context.Context, by Actor, orderID int64, upstreamID string) error {
	if len(upstreamID) > 100 {
		return fmt.Errorf("upstream id: %w", ErrInvalid)
	}
	return db.transact(ctx, func(t *tx) error {
		o, c, err := unsure(ctx, t, orderID)
		if err != nil {
			return err
		}
		switch {
		case o.Wish != "":
			err = licenceDone(ctx, t, by, o, c)
		case upstreamID == "":
			return fmt.Errorf("upstream id: %w", ErrInvalid)
		default:
			if err = notTaken(ctx, t, c, upstreamID); err == nil {
				err = accept(ctx, t, by, c, upstreamID)
			}
		}
		if err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `delete from job where kind = $1 and subject_id = $2`, JobSubmit, c.ID); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "order.placed", Object: object("order", o.ID), ResellerID: o.ResellerID,
			Before: string(FulfilmentUnsure), After: strings.TrimSpace(c.Upstream + " " + upstreamID)})
	})
}

// AdminCanResubmit says whether DecideResubmit may be decided: the order is unsure,
// or was refused as it stands.
func (o Order) AdminCanResubmit() bool {
	return o.Fulfilment == FulfilmentUnsure || o.Fulfilment == FulfilmentRefused && o.Status == StatusPendingConfiguration && o.Wish == ""
}

// DecideResubmit sends an order again: an unsure one, which the upstream never got,
// or a refused one as it stands, because what was in the way is mended (our money
// there, say). ErrStale when it is neither any more.
func (db *DB) DecideResubmit(ctx context.Context, by Actor, orderID int64) error {
	return db.transact(ctx, func(t *tx) error {
		if err := held(ctx, t, orderID); err != nil {
			return err
		}
		if o, err := anyOrder(ctx, t, orderID); err != nil {
			return err
		} else if o.Fulfilment == FulfilmentRefused {
			return resubmitRefused(ctx, t, by, o)
		}
		o, c, err := unsure(ctx, t, orderID)
		if err != nil {
			return err
		}
		if err := requeue(ctx, t, by, o.ID, FulfilmentUnsure); err != nil {
			return err
		}
		if err := ensureJob(ctx, t, JobSubmit, c.ID, t.now); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "order.resubmit", Object: object("order", o.ID), ResellerID: o.ResellerID,
			Before: string(FulfilmentUnsure), After: string(FulfilmentQueued)})
	})
}

// resubmitRefused asks anew for what was refused last, as a request of its own.
func resubmitRefused(ctx context.Context, t *tx, by Actor, o Order) error {
	if !o.AdminCanResubmit() {
		return ErrStale
	}
	last, err := one(ctx, t, scanCertificate, `select `+certificateColumns+` from certificate where order_id = $1 order by id desc limit 1`, o.ID)
	if errors.Is(err, ErrNotFound) || err == nil && last.State != CertificateRefused {
		return ErrStale
	}
	if err != nil {
		return err
	}
	if err := fulfil(ctx, t, o.ID, FulfilmentRefused, FulfilmentQueued); err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `update orders set message = '' where id = $1`, o.ID); err != nil {
		return err
	}
	if err := move(ctx, t, by, o.ID, StatusPendingConfiguration, StatusProcessing, "requeued", ""); err != nil {
		return err
	}
	request, err := requestCertificate(ctx, t, o, last.CSR)
	if err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `insert into dcv (certificate_id, name, method, email, state)
		select $1 + 0, name, method, email, 'waiting' from dcv where certificate_id = $2 order by id`, request.certificateID, last.ID); err != nil {
		return err
	}
	return audit(ctx, t, by, Change{Action: "order.resubmit", Object: object("order", o.ID), ResellerID: o.ResellerID,
		Before: string(FulfilmentRefused), After: string(FulfilmentQueued)})
}

// DecideCancel cancels an order of any reseller before issuance, for a reason
// that the audit keeps, and gives the money back; an unsure one counts as never
// placed. What the upstream has accepted is cancelled there first, by the job that
// is returned (0: it is cancelled already). ErrStale when it is too late or an
// upstream call is under way.
func (db *DB) DecideCancel(ctx context.Context, by Actor, orderID int64, reason string) (jobID int64, err error) {
	err = db.transact(ctx, func(t *tx) error {
		jobID = 0
		if err := held(ctx, t, orderID); err != nil {
			return err
		}
		o, err := anyOrder(ctx, t, orderID)
		if err != nil {
			return err
		}
		if !o.AdminCanCancel() {
			return ErrStale
		}
		if o.Fulfilment == FulfilmentAccepted {
			jobID, err = requestCancel(ctx, t, by, o)
		} else {
			err = cancel(ctx, t, by, o, "order.cancel")
		}
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "order.cancel_reason", Object: object("order", o.ID), ResellerID: o.ResellerID, After: reason})
	})
	return jobID, err
}

// AdminCanCancel is CanCancel for an admin, who may also decide that an unsure
// order was never placed.
func (o Order) AdminCanCancel() bool {
	return o.CanCancel() || o.Fulfilment == FulfilmentUnsure && o.Status.CanMove(StatusCancelled) && o.Status != StatusCompleted
}

// unsure holds an order that a person has to decide about.
func unsure(ctx context.Context, t *tx, orderID int64) (Order, Certificate, error) {
	o, c, err := underWay(ctx, t, orderID)
	if err == nil && o.Fulfilment != FulfilmentUnsure {
		err = ErrStale
	}
	return o, c, err
}

// underWay holds an order and reads the certificate that was asked for; ErrStale
// when none is.
func underWay(ctx context.Context, t *tx, orderID int64) (Order, Certificate, error) {
	if err := held(ctx, t, orderID); err != nil {
		return Order{}, Certificate{}, err
	}
	o, err := anyOrder(ctx, t, orderID)
	if err != nil {
		return o, Certificate{}, err
	}
	c, err := one(ctx, t, scanCertificate, `select `+certificateColumns+` from certificate where order_id = $1 and state = 'requested' order by id desc limit 1`, orderID)
	if errors.Is(err, ErrNotFound) {
		err = ErrStale
	}
	return o, c, err
}

// held is hold for an order that may not exist: ErrNotFound.
func held(ctx context.Context, t *tx, orderID int64) error {
	err := hold(ctx, t, orderID)
	if errors.Is(err, ErrStale) {
		return ErrNotFound
	}
	return err
}

// waitingJob finds the job of a kind and subject that waits or runs.
func waitingJob(ctx context.Context, t *tx, kind JobKind, subjectID int64) (id int64, err error) {
	err = t.QueryRowContext(ctx, `select id from job where kind = $1 and subject_id = $2 and failed = false`, kind, subjectID).Scan(&id)
	return id, driverError(err)
}
