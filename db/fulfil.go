package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Submission is what the worker hands to an upstream.
type Submission struct {
	Order       Order
	Certificate Certificate
	ProductCode string
	Names       []DCV
	Contact     Contact
}

// SubmissionOf reads everything a submission needs.
func (db *DB) SubmissionOf(ctx context.Context, certificateID int64) (Submission, error) {
	return submissionOf(ctx, db.read, certificateID)
}

func submissionOf(ctx context.Context, q querier, certificateID int64) (s Submission, err error) {
	if s.Certificate, err = one(ctx, q, scanCertificate, `select `+certificateColumns+` from certificate where id = $1`, certificateID); err != nil {
		return s, err
	}
	if s.Order, err = anyOrder(ctx, q, s.Certificate.OrderID); err != nil {
		return s, err
	}
	var contact string
	err = q.QueryRowContext(ctx, `select f.product_code, o.contact from orders o join offer f on f.id = o.offer_id where o.id = $1`, s.Order.ID).Scan(&s.ProductCode, &contact)
	if err != nil {
		return s, driverError(err)
	}
	if contact != "" {
		if err := json.Unmarshal([]byte(contact), &s.Contact); err != nil {
			return s, err
		}
	}
	s.Names, err = collect(ctx, q, scanDCV, `select `+dcvColumns+` from dcv d where d.certificate_id = $1 order by d.id`, certificateID)
	return s, err
}

// BeginSubmit notes that the upstream is about to be called: queued → submitting.
// ErrStale when the order is not queued; then the call must not be made.
func (db *DB) BeginSubmit(ctx context.Context, certificateID int64) (Submission, error) {
	var s Submission
	err := db.transact(ctx, func(t *tx) (err error) {
		if _, err = holdRequested(ctx, t, certificateID); err != nil {
			return err
		}
		if s, err = submissionOf(ctx, t, certificateID); err != nil {
			return err
		}
		return fulfil(ctx, t, s.Order.ID, FulfilmentQueued, FulfilmentSubmitting)
	})
	return s, err
}

// AcceptSubmit notes that the upstream has the order: submitting, unsure or
// queued (a late answer, or one found after it was to be sent again) → accepted,
// and queues the first poll. ErrStale when somebody decided otherwise meanwhile,
// ErrDuplicate when another order of ours has that upstream order already.
func (db *DB) AcceptSubmit(ctx context.Context, by Actor, certificateID int64, upstreamID string) error {
	return db.transact(ctx, func(t *tx) error {
		c, err := holdRequested(ctx, t, certificateID)
		if err != nil {
			return err
		}
		if err := notTaken(ctx, t, c, upstreamID); err != nil {
			return err
		}
		return accept(ctx, t, by, c, upstreamID)
	})
}

// notTaken is ErrDuplicate when an upstream order belongs to another certificate
// than a refused attempt at the same order.
func notTaken(ctx context.Context, t *tx, c Certificate, upstreamID string) error {
	var others int
	err := t.QueryRowContext(ctx, `select count(*) from certificate where upstream = $1 and upstream_id = $2 and id <> $3 and not (order_id = $4 and state = 'refused')`,
		c.Upstream, upstreamID, c.ID, c.OrderID).Scan(&others)
	if err == nil && others > 0 {
		err = fmt.Errorf("upstream order %s: %w", upstreamID, ErrDuplicate)
	}
	return err
}

func accept(ctx context.Context, t *tx, by Actor, c Certificate, upstreamID string) error {
	if err := changed(ctx, t, `update orders set fulfilment = 'accepted', message = '', upstream_seen_at = $1 where id = $2 and fulfilment in ('queued', 'submitting', 'unsure')`, t.now, c.OrderID); err != nil {
		return err
	}
	if err := takeUp(ctx, t, c, upstreamID); err != nil {
		return err
	}
	if err := changed(ctx, t, `update certificate set upstream_id = $1 where id = $2 and upstream_id = ''`, upstreamID, c.ID); err != nil {
		return err
	}
	if err := ensureJob(ctx, t, JobPoll, c.ID, t.now); err != nil {
		return err
	}
	return event(ctx, t, by, Event{OrderID: c.OrderID, Kind: "accepted", Detail: c.Upstream + " " + upstreamID})
}

// RefuseSubmit notes that the upstream refused: the order is the reseller's
// again, to be corrected. The upstream's words are kept.
func (db *DB) RefuseSubmit(ctx context.Context, certificateID int64, words string) error {
	return db.transact(ctx, func(t *tx) error {
		c, err := holdRequested(ctx, t, certificateID)
		if err != nil {
			return err
		}
		return refuse(ctx, t, c, []Fulfilment{FulfilmentSubmitting, FulfilmentUnsure}, words)
	})
}

func refuse(ctx context.Context, t *tx, c Certificate, from []Fulfilment, words string) error {
	o, err := anyOrder(ctx, t, c.OrderID)
	if err != nil {
		return err
	}
	if o.Status == StatusCompleted {
		return refuseReissue(ctx, t, c, words)
	}
	if o.Imported {
		return endImported(ctx, t, System, o, words)
	}
	err = ErrStale
	for _, f := range from {
		if errors.Is(err, ErrStale) {
			err = fulfil(ctx, t, o.ID, f, FulfilmentRefused)
		}
	}
	if err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `update orders set message = $1 where id = $2`, words, o.ID); err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `update certificate set state = 'refused' where id = $1`, c.ID); err != nil {
		return err
	}
	return move(ctx, t, System, o.ID, o.Status, StatusPendingConfiguration, "refused", words)
}

// DoubtSubmit notes that nobody knows whether the upstream has the order:
// submitting → unsure. It is never sent again blindly.
func (db *DB) DoubtSubmit(ctx context.Context, certificateID int64, cause string) error {
	return db.transact(ctx, func(t *tx) error {
		c, err := holdRequested(ctx, t, certificateID)
		if err != nil {
			return err
		}
		if err := fulfil(ctx, t, c.OrderID, FulfilmentSubmitting, FulfilmentUnsure); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `update orders set message = $1 where id = $2`, cause, c.OrderID); err != nil {
			return err
		}
		return event(ctx, t, System, Event{OrderID: c.OrderID, Kind: "unsure", Detail: cause})
	})
}

// RequeueSubmit lets an unsure order be submitted again, because its upstream
// said that it never got it. ErrStale when it is not unsure any more: an answer
// that comes late must not touch an attempt that is under way. Like PostponeSubmit
// it is the submit job's, which goes on itself.
func (db *DB) RequeueSubmit(ctx context.Context, certificateID int64) error {
	return db.backToQueue(ctx, certificateID, FulfilmentUnsure)
}

// PostponeSubmit puts an order back into the queue whose call ended without the
// upstream taking it: submitting → queued.
func (db *DB) PostponeSubmit(ctx context.Context, certificateID int64) error {
	return db.backToQueue(ctx, certificateID, FulfilmentSubmitting)
}

func (db *DB) backToQueue(ctx context.Context, certificateID int64, from Fulfilment) error {
	return db.transact(ctx, func(t *tx) error {
		c, err := holdRequested(ctx, t, certificateID)
		if err != nil {
			return err
		}
		return requeue(ctx, t, System, c.OrderID, from)
	})
}

func requeue(ctx context.Context, t *tx, by Actor, orderID int64, from Fulfilment) error {
	if err := changed(ctx, t, `update orders set fulfilment = 'queued', message = '' where id = $1 and fulfilment = $2`, orderID, from); err != nil {
		return err
	}
	return event(ctx, t, by, Event{OrderID: orderID, Kind: "requeued"})
}

// NoteOrphan writes down that an upstream took an order which the book has
// settled otherwise meanwhile (cancelled by a person, say): somebody has to see to
// it there. It answers false when the book knows that upstream order well.
func (db *DB) NoteOrphan(ctx context.Context, certificateID int64, upstreamID string) (orphan bool, err error) {
	err = db.transact(ctx, func(t *tx) error {
		c, err := one(ctx, t, scanCertificate, `select `+certificateColumns+` from certificate where id = $1`, certificateID)
		if err != nil {
			return err
		}
		if orphan = c.UpstreamID != upstreamID; !orphan {
			return nil
		}
		o, err := anyOrder(ctx, t, c.OrderID)
		if err != nil {
			return err
		}
		if _, err := noteDrift(ctx, t, Drift{Upstream: c.Upstream, UpstreamID: upstreamID, OrderID: o.ID, CertificateID: c.ID, What: DriftOrphan, Ours: string(o.Status)}); err != nil {
			return err
		}
		return audit(ctx, t, System, Change{Action: "order.orphan", Object: object("order", o.ID), ResellerID: o.ResellerID,
			Before: string(o.Status) + ", " + string(o.Fulfilment), After: "also placed: " + c.Upstream + " " + upstreamID})
	})
	return orphan, err
}

// hold makes the transaction wait until it is the only one that changes the
// order. Who changes an order's other rows first holds the order, so that two
// never wait for each other.
func hold(ctx context.Context, t *tx, orderID int64) error {
	return changed(ctx, t, `update orders set status = status where id = $1`, orderID)
}

// holdRequested holds the order of a certificate that is still asked for. ErrStale
// when it is not: an answer that comes late, to an earlier attempt, must not pass
// for the answer to a later one.
func holdRequested(ctx context.Context, t *tx, certificateID int64) (Certificate, error) {
	c, err := one(ctx, t, scanCertificate, `select `+certificateColumns+` from certificate where id = $1`, certificateID)
	if err != nil {
		return c, err
	}
	if err := hold(ctx, t, c.OrderID); err != nil {
		return c, err
	}
	c, err = one(ctx, t, scanCertificate, `select `+certificateColumns+` from certificate where id = $1`, certificateID)
	if err == nil && c.State != CertificateRequested {
		err = ErrStale
	}
	return c, err
}

// RecordStatus takes over what the upstream says of an order that is under way;
// ErrStale when it is over.
func (db *DB) RecordStatus(ctx context.Context, certificateID int64, message string, names []UpstreamName) error {
	return db.transact(ctx, func(t *tx) error {
		c, err := holdRequested(ctx, t, certificateID)
		if err != nil {
			return err
		}
		asked, err := recordNames(ctx, t, c.OrderID, c.ID, names)
		if err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `update orders set message = $1, upstream_seen_at = $2 where id = $3 and fulfilment = 'accepted'`, message, t.now, c.OrderID); err != nil {
			return err
		}
		err = countChange(ctx, t, func(o *counted) { o.vetting = !o.vetting }, `update orders set vetting = not vetting
			where id = $2 and vetting = exists (select 1 from dcv where certificate_id = $1 and state <> 'verified') returning `+countedColumns, c.ID, c.OrderID)
		if err != nil && !errors.Is(err, ErrStale) { // stale: vetting is as it was
			return err
		}
		o, err := anyOrder(ctx, t, c.OrderID)
		if err != nil {
			return err
		}
		begins := o.Status == StatusProcessing && o.Kind != KindLicence
		if begins {
			if err := move(ctx, t, System, o.ID, StatusProcessing, StatusValidationPending, "validation", ""); err != nil {
				return err
			}
		}
		if begins || asked {
			return tellDCV(ctx, t, o, c.ID)
		}
		return nil
	})
}

// RecordRejected notes that the upstream ended an accepted order without a
// certificate: the reseller may correct it and hand it in anew.
func (db *DB) RecordRejected(ctx context.Context, certificateID int64, words string) error {
	return db.transact(ctx, func(t *tx) error {
		c, err := holdRequested(ctx, t, certificateID)
		if err != nil {
			return err
		}
		return refuse(ctx, t, c, []Fulfilment{FulfilmentAccepted}, words)
	})
}

// NoteRefusal keeps what an upstream refused of an order that goes on, in its
// own words; name is the domain name concerned, if any.
func (db *DB) NoteRefusal(ctx context.Context, orderID int64, name, words string) error {
	return db.transact(ctx, func(t *tx) error {
		if err := changed(ctx, t, `update orders set message = $1 where id = $2`, words, orderID); err != nil {
			return err
		}
		detail := words
		if name != "" {
			detail = name + ": " + words
		}
		return event(ctx, t, System, Event{OrderID: orderID, Kind: "upstream_refused", Detail: detail})
	})
}
