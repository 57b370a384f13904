package db

import (
	"context"
	"errors"
	"time"
)

// warnings are how many days before its end a certificate is warned of.
var warnings = []int{30, 15, 7, 2, 1}

// firstWarning is when an issued certificate is first looked at; null for a licence.
func firstWarning(notAfter time.Time) any {
	if notAfter.IsZero() {
		return nil
	}
	return orNull(notAfter.AddDate(0, 0, -warnings[0]))
}

// warning decides what is said now of a certificate that ends at notAfter: the
// least of the warnings whose day has come (0: none), and when to look again
// (zero: never). Pure.
func warning(now, notAfter time.Time) (days int, next time.Time) {
	return warningOf(warnings, now, notAfter)
}

// warningOf is warning by another list of days, the most first.
func warningOf(warnings []int, now, notAfter time.Time) (days int, next time.Time) {
	if !notAfter.After(now) {
		return 0, time.Time{}
	}
	for _, w := range warnings {
		at := notAfter.AddDate(0, 0, -w)
		if at.After(now) {
			return days, at
		}
		days = w
	}
	return days, time.Time{}
}

// endingCertificate is an issued certificate whose warning is due.
type endingCertificate struct {
	resellerID int64
	CertificateExpiringData
	status Status
	newer  bool // another one was issued in its place
}

const (
	warnStep  = 200 // certificates per transaction
	warnSteps = 20  // transactions per call: a first look over an old book takes several calls
)

// WarnExpiring tells the webhooks of certificates that end in 30, 15, 7, 2 or 1
// days, of each day once; of days that passed while nobody looked only the last is
// told. Certificates that were replaced, or whose order is over, are left out.
func (db *DB) WarnExpiring(ctx context.Context) error {
	for range warnSteps {
		seen := 0
		err := db.transact(ctx, func(t *tx) error {
			due, err := collect(ctx, t, func(s scanner) (c endingCertificate, err error) {
				return c, s.Scan(&c.CertificateID, &c.OrderID, &c.OrderNumber, &c.Domain, &c.Serial, moment{&c.NotAfter}, &c.resellerID, &c.status, &c.newer)
			}, `select c.id, o.id, o.number, o.domain, c.serial, c.not_after, o.reseller_id, o.status,
					c.state <> 'issued' or exists (select 1 from certificate n where n.order_id = c.order_id and n.state = 'issued' and n.id > c.id)
				from certificate c join orders o on o.id = c.order_id where c.warn_at <= $1 order by c.warn_at limit $2`, t.now, warnStep)
			if err != nil {
				return err
			}
			seen = len(due)
			for _, c := range due {
				if err := warn(ctx, t, c); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || seen < warnStep {
			return err
		}
	}
	return nil
}

func warn(ctx context.Context, t *tx, c endingCertificate) error {
	days, next := warning(t.now, c.NotAfter)
	if c.newer || c.status != StatusCompleted {
		days, next = 0, time.Time{}
	}
	err := changed(ctx, t, `update certificate set warn_at = $1 where id = $2 and warn_at <= $3`, orNull(next), c.CertificateID, t.now)
	if errors.Is(err, ErrStale) {
		return nil // somebody else warned
	}
	if err != nil || days == 0 {
		return err
	}
	c.Days = days
	return emit(ctx, t, c.resellerID, c.CertificateExpiringData)
}
