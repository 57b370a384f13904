package db

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"
)

// JobDrift does at the upstream what settles a difference; subject: drift row,
// payload: Actor.
const JobDrift JobKind = "drift"

// Takeable says whether TakeTheirs knows what to do: an upstream that began anew
// with what was delivered here is for a person to talk to.
func (d Drift) Takeable() bool {
	switch d.What {
	case DriftStranger:
		return false
	case DriftStatus:
		return d.Theirs == "cancelled" || d.Theirs == "revoked" || d.Theirs == "rejected" || d.Theirs == "suspended" || d.Theirs == "active"
	case DriftTerm, DriftValidity:
		_, err := time.Parse(time.RFC3339, d.Theirs)
		return err == nil
	}
	return true
}

// TakeTheirs settles a difference by the upstream's word:
//
//   - status: the order ends here as it did there, or its licence stops or works
//     again. What was delivered is not paid back: that is a decision of its own.
//   - term, validity, domain, id: the book's value becomes the upstream's.
//   - unknown: the order ends; undelivered, it is paid back.
//   - serial, issued: the certificate is fetched, by the job that is returned.
//   - alive, orphan, left: the order there is cancelled or revoked, by that job.
//
// Errors: ErrNotFound, ErrStale (settled, or a job is at it, or the order is not in
// a state for it any more), ErrDuplicate (the id belongs to another order),
// *Rejected (the address is another licence's).
func (db *DB) TakeTheirs(ctx context.Context, by Actor, id int64) (jobID int64, err error) {
	err = db.transact(ctx, func(t *tx) error {
		jobID = 0
		d, err := openDrift(ctx, t, id, false)
		if err != nil {
			return err
		}
		if !d.Takeable() {
			return ErrStale
		}
		if d.What == DriftSerial || d.What == DriftIssued || d.What.Leftover() {
			jobID, err = askThere(ctx, t, by, d.ID)
			if err == nil {
				err = auditDrift(ctx, t, by, d, "drift.ask")
			}
			return err
		}
		if err := take(ctx, t, by, d); err != nil {
			return err
		}
		if err := settleDrift(ctx, t, by, d.ID, DriftTheirs); err != nil {
			return err
		}
		return auditDrift(ctx, t, by, d, "drift.theirs")
	})
	return jobID, err
}

// askThere queues the job that settles a difference at the upstream.
func askThere(ctx context.Context, t *tx, by Actor, driftID int64) (int64, error) {
	if err := changed(ctx, t, `update drift set busy = true where id = $1 and settled_at is null`, driftID); err != nil {
		return 0, err
	}
	return enqueue(ctx, t, JobDrift, driftID, by, t.now)
}

func take(ctx context.Context, t *tx, by Actor, d Drift) error {
	if err := hold(ctx, t, d.OrderID); err != nil {
		return err
	}
	o, err := anyOrder(ctx, t, d.OrderID)
	if err != nil {
		return err
	}
	if err := stillMeant(ctx, t, d); err != nil {
		return err
	}
	switch d.What {
	case DriftStatus:
		return takeStatus(ctx, t, by, o, d)
	case DriftUnknown:
		if o.CompletedAt.IsZero() {
			if !o.CanCancel() {
				return ErrStale
			}
			return cancel(ctx, t, by, o, "order.cancel")
		}
		return endDelivered(ctx, t, by, o, CertificateCancelled, "unknown")
	case DriftTerm:
		end, err := time.Parse(time.RFC3339, d.Theirs)
		if err != nil {
			return ErrStale
		}
		if err := changed(ctx, t, `update orders set ends_at = $1 where id = $2 and status = 'completed'`, orNull(end), o.ID); err != nil {
			return err
		}
		// A licence runs as long as each of its renewals: those gave no more than that.
		if _, err := t.ExecContext(ctx, `update orders set ends_at = $1 where licence_id = $2 and wish = 'renew' and ends_at > $1`, orNull(end), o.ID); err != nil {
			return err
		}
		return event(ctx, t, by, Event{OrderID: o.ID, Kind: "term_corrected", Detail: end.Format(time.DateOnly)})
	case DriftValidity:
		return takeValidity(ctx, t, d)
	case DriftDomain:
		if o.Kind == KindLicence {
			if err := placeFree(ctx, t, o, o.ProductID, d.Theirs, "ip"); err != nil {
				return err
			}
		}
		if err := changed(ctx, t, `update orders set domain = $1 where id = $2`, d.Theirs, o.ID); err != nil {
			return err
		}
		if err := indexAgain(ctx, t, o.ID, d.Theirs); err != nil {
			return err
		}
		return event(ctx, t, by, Event{OrderID: o.ID, Kind: "domain_corrected", Detail: d.Ours + " → " + d.Theirs})
	case DriftID:
		return takeID(ctx, t, by, o, d)
	}
	return ErrStale
}

// stillMeant is ErrStale when a difference was found of a request that is not what
// the order stands on any more: it was refused, or the order has another one since.
func stillMeant(ctx context.Context, t *tx, d Drift) error {
	var meant bool
	err := t.QueryRowContext(ctx, `select exists (select 1 from certificate c where c.id = $1 and c.order_id = $2 and c.upstream = $3 and c.upstream_id = $4
		and c.state in ('requested', 'issued') and not exists (select 1 from certificate n where n.order_id = c.order_id and n.id > c.id
			and n.state in ('requested', 'issued') and n.upstream_id not in ('', c.upstream_id)))`, d.CertificateID, d.OrderID, d.Upstream, d.UpstreamID).Scan(&meant)
	if err == nil && !meant {
		err = ErrStale
	}
	return err
}

func takeStatus(ctx context.Context, t *tx, by Actor, o Order, d Drift) error {
	switch d.Theirs {
	case "cancelled", "rejected":
		return endDelivered(ctx, t, by, o, CertificateCancelled, d.Theirs)
	case "revoked":
		return endDelivered(ctx, t, by, o, CertificateRevoked, "")
	case "suspended", "active":
		suspended := d.Theirs == "suspended"
		if err := changed(ctx, t, `update orders set suspended = $1 where id = $2 and status = 'completed'`, suspended, o.ID); err != nil {
			return err
		}
		kind := "licence_unsuspended"
		if suspended {
			kind = "licence_suspended"
		}
		return event(ctx, t, by, Event{OrderID: o.ID, Kind: kind})
	}
	return ErrStale
}

// endDelivered ends an order whose certificate or licence ended at its upstream.
// Its money was earned and stays; a refund is decided apart. words are read by the
// reseller: they don't name the upstream.
func endDelivered(ctx context.Context, t *tx, by Actor, o Order, state CertificateState, words string) error {
	if o.Status != StatusCompleted {
		return ErrStale
	}
	kind := "ended_there"
	if state == CertificateRevoked {
		kind = "revoked"
	}
	if err := move(ctx, t, by, o.ID, StatusCompleted, StatusCancelled, kind, words); err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `update certificate set state = $1 where order_id = $2 and state = 'issued'`, state, o.ID); err != nil {
		return err
	}
	for _, query := range []string{
		`update certificate set state = 'cancelled' where order_id = $1 and state = 'requested'`,
		`delete from job where kind in ('reissue', 'poll', 'check', 'look') and subject_id in (select id from certificate where order_id = $1)`,
	} {
		if _, err := t.ExecContext(ctx, query, o.ID); err != nil {
			return err
		}
	}
	return nil
}

func takeValidity(ctx context.Context, t *tx, d Drift) error {
	end, err := time.Parse(time.RFC3339, d.Theirs)
	if err != nil {
		return ErrStale
	}
	if err := changed(ctx, t, `update certificate set not_after = $1, warn_at = $2 where id = $3 and state = 'issued'`, orNull(end), firstWarning(end), d.CertificateID); err != nil {
		return err
	}
	var until time.Time
	if err := t.QueryRowContext(ctx, `select certificate_until from orders where id = $1`, d.OrderID).Scan(moment{&until}); err != nil {
		return err
	}
	return countChange(ctx, t, func(c *counted) { c.until = until },
		`update orders set certificate_until = $1 where id = $2 returning `+countedColumns, orNull(end), d.OrderID)
}

func takeID(ctx context.Context, t *tx, by Actor, o Order, d Drift) error {
	var others int
	err := t.QueryRowContext(ctx, `select count(*) from certificate where upstream = $1 and upstream_id = $2 and order_id <> $3`, d.Upstream, d.Theirs, o.ID).Scan(&others)
	if err != nil {
		return err
	}
	if others > 0 {
		return fmt.Errorf("upstream order %s: %w", d.Theirs, ErrDuplicate)
	}
	if err := changed(ctx, t, `update certificate set upstream_id = $1 where order_id = $2 and upstream = $3 and upstream_id = $4`, d.Theirs, o.ID, d.Upstream, d.Ours); err != nil {
		return err
	}
	// A poll that gave up on the old id goes on with the new one.
	c, err := one(ctx, t, scanCertificate, `select `+certificateColumns+` from certificate where order_id = $1 and state = 'requested' order by id desc limit 1`, o.ID)
	if err == nil {
		err = ensureJob(ctx, t, JobPoll, c.ID, t.now)
	} else if errors.Is(err, ErrNotFound) {
		err = nil
	}
	if err != nil {
		return err
	}
	return event(ctx, t, by, Event{OrderID: o.ID, Kind: "accepted", Detail: d.Upstream + " " + d.Theirs})
}

// TakeCertificate keeps a certificate that the upstream issued on its own within an
// order's term, beside those before it, and settles the difference it was found by.
// ErrStale when that is settled, or the order has ended.
func (db *DB) TakeCertificate(ctx context.Context, by Actor, driftID int64, i Issued, tell func(Order) Mail) error {
	return db.transact(ctx, func(t *tx) error {
		d, err := openDrift(ctx, t, driftID, true)
		if err != nil {
			return err
		}
		if err := hold(ctx, t, d.OrderID); err != nil {
			return err
		}
		o, err := anyOrder(ctx, t, d.OrderID)
		if err != nil {
			return err
		}
		before, err := one(ctx, t, scanCertificate, `select `+certificateColumns+` from certificate where id = $1`, d.CertificateID)
		if err != nil {
			return err
		}
		if under, err := certificatesIn(ctx, t, o.ID, CertificateRequested); err != nil || under > 0 || o.Status != StatusCompleted {
			return errors.Join(err, ErrStale)
		}
		id, err := insert(ctx, t, `insert into certificate (order_id, reference, upstream, upstream_id, csr, state, created_at) values ($1, $2, $3, $4, $5, 'requested', $6) returning id`,
			o.ID, fmt.Sprintf("%s-T%d-%s", o.Number, d.ID, strings.ToLower(rand.Text()[:8])), before.Upstream, before.UpstreamID, before.CSR, t.now)
		if err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `insert into dcv (certificate_id, name, method, email, state, verified_at)
			select $1 + 0, name, method, email, 'verified', verified_at from dcv where certificate_id = $2`, id, before.ID); err != nil {
			return err
		}
		if err := recordIssued(ctx, t, id, i, tell); err != nil {
			return err
		}
		if err := settleDrift(ctx, t, by, d.ID, DriftTheirs); err != nil {
			return err
		}
		return auditDrift(ctx, t, by, d, "drift.theirs")
	})
}

// dropLeftovers asks for the end of what an order that is cancelled leaves at its
// upstreams: orders there that were paid and refused, and wait for a correction.
func dropLeftovers(ctx context.Context, t *tx, by Actor, o Order) error {
	left, err := collect(ctx, t, scanCertificate, `select `+certificateColumns+` from certificate where order_id = $1 and state = 'refused' and upstream_id <> '' order by id`, o.ID)
	if err != nil {
		return err
	}
	for _, c := range left {
		id, err := noteDrift(ctx, t, Drift{Upstream: c.Upstream, UpstreamID: c.UpstreamID, OrderID: o.ID, CertificateID: c.ID, What: DriftLeft})
		if err != nil {
			return err
		}
		if _, err := askThere(ctx, t, by, id); err != nil && !errors.Is(err, ErrStale) {
			return err
		}
	}
	return nil
}
