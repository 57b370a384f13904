package db

import (
	"context"
	"errors"
	"time"
)

// Issued is a certificate (or a licence key) as an upstream delivered it.
type Issued struct {
	PEM, Chain string
	Serial     string
	NotBefore  time.Time
	NotAfter   time.Time
	LicenceKey string
	TermEndsAt time.Time // of a renewal, which begins where the term before it ends; zero: the term runs from its first issuance
}

// RecordIssued keeps an issued certificate, completes the order and, at its first
// issuance, settles the money: held → revenue and tax, and the upstream's cost.
// Recording the same certificate twice changes nothing. tell, when not nil,
// writes the mail to the customer's or reseller's address.
func (db *DB) RecordIssued(ctx context.Context, certificateID int64, i Issued, tell func(Order) Mail) error {
	return db.transact(ctx, func(t *tx) error { return recordIssued(ctx, t, certificateID, i, tell) })
}

func recordIssued(ctx context.Context, t *tx, certificateID int64, i Issued, tell func(Order) Mail) error {
	c, err := one(ctx, t, scanCertificate, `select `+certificateColumns+` from certificate where id = $1`, certificateID)
	if err != nil {
		return err
	}
	if err := hold(ctx, t, c.OrderID); err != nil {
		return err
	}
	err = changed(ctx, t, `update certificate set state = 'issued', pem = $1, chain = $2, serial = $3, not_before = $4, not_after = $5, issued_at = $6, warn_at = $8
			where id = $7 and state = 'requested'`, i.PEM, i.Chain, i.Serial, orNull(i.NotBefore), orNull(i.NotAfter), t.now, c.ID, firstWarning(i.NotAfter))
	if errors.Is(err, ErrStale) {
		// Read again: somebody may have recorded it since the first look.
		if c, err = one(ctx, t, scanCertificate, `select `+certificateColumns+` from certificate where id = $1`, certificateID); err != nil {
			return err
		}
		if c.State == CertificateIssued {
			return nil
		}
		return ErrStale
	}
	if err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `update dcv set state = 'verified', verified_at = coalesce(verified_at, $1) where certificate_id = $2`, t.now, c.ID); err != nil {
		return err
	}
	o, err := anyOrder(ctx, t, c.OrderID)
	if err != nil {
		return err
	}
	if err := complete(ctx, t, o, i); err != nil {
		return err
	}
	if err := tellIssued(ctx, t, o, c, i); err != nil {
		return err
	}
	if tell == nil {
		return nil
	}
	if o, err = anyOrder(ctx, t, o.ID); err != nil {
		return err
	}
	m := tell(o)
	if m.To == "" {
		return nil
	}
	return queueMail(ctx, t, m)
}

func complete(ctx context.Context, t *tx, o Order, i Issued) error {
	first := o.CompletedAt.IsZero()
	completedAt, endsAt := o.CompletedAt, o.EndsAt
	if first {
		completedAt, endsAt = t.now, t.now.AddDate(0, o.Months, 0)
		switch {
		case o.Imported && !o.EndsAt.IsZero():
			endsAt = o.EndsAt // the term runs there already
		case i.TermEndsAt.After(endsAt):
			endsAt = i.TermEndsAt.UTC().Truncate(time.Microsecond)
		}
	}
	err := countChange(ctx, t, func(c *counted) { c.delivered, c.until = !first, o.CertificateUntil },
		`update orders set completed_at = $1, ends_at = $2, certificate_until = $3, upstream_seen_at = $4, message = '', licence_key = $5 where id = $6 returning `+countedColumns,
		completedAt, endsAt, orNull(i.NotAfter), t.now, i.LicenceKey, o.ID)
	if err != nil {
		return err
	}
	if o.Status != StatusCompleted {
		if err := move(ctx, t, System, o.ID, o.Status, StatusCompleted, "issued", i.Serial); err != nil {
			return err
		}
	} else if err := event(ctx, t, System, Event{OrderID: o.ID, Kind: "issued", Detail: i.Serial}); err != nil {
		return err
	}
	if first {
		if err := settle(ctx, t, o); err != nil {
			return err
		}
	}
	return audit(ctx, t, System, Change{Action: "certificate.issue", Object: object("order", o.ID), ResellerID: o.ResellerID, After: "serial " + i.Serial})
}

// settle pays for what was delivered just now, and counts it: held → revenue and tax, and the upstream's cost.
func settle(ctx context.Context, t *tx, o Order) error {
	if o.Imported {
		return nil
	}
	countDelivery(t, o)
	return post(ctx, t, posting{ref: "settle " + object("order", o.ID), kind: "settle", reseller: o.ResellerID, orderID: o.ID, memo: o.Number,
		legs: []leg{{Held, -o.PayableCents()}, {Revenue, o.TotalCents}, {Tax, o.TaxCents},
			{UpstreamCost, o.CostCents}, {UpstreamCredit, -o.CostCents}}})
}
