package db

import (
	"context"
	"fmt"
	"time"
)

// SuspendLicence asks the upstream to stop a licence and returns the job to wait
// for; 0 when it is stopped already. Errors: ErrNotFound, ErrStale (it does not
// run, or a change of it is under way).
func (db *DB) SuspendLicence(ctx context.Context, by Actor, resellerID, orderID int64) (jobID int64, err error) {
	return db.askLicence(ctx, resellerID, orderID, func(t *tx, l Order) (int64, error) {
		if l.Suspended {
			return 0, nil
		}
		return queueLicence(ctx, t, JobLicenceSuspend, l, LicenceChange{By: by}, "suspend_requested", "active", "suspended")
	})
}

// UnsuspendLicence lets a licence work again, as SuspendLicence stops it.
func (db *DB) UnsuspendLicence(ctx context.Context, by Actor, resellerID, orderID int64) (jobID int64, err error) {
	return db.askLicence(ctx, resellerID, orderID, func(t *tx, l Order) (int64, error) {
		if !l.Suspended {
			return 0, nil
		}
		return queueLicence(ctx, t, JobLicenceUnsuspend, l, LicenceChange{By: by}, "unsuspend_requested", "suspended", "active")
	})
}

// MoveLicence asks the upstream to let a licence run on another address and returns
// the job to wait for; 0 when it runs there already. Errors: *Rejected (ip),
// ErrNotFound, ErrStale.
func (db *DB) MoveLicence(ctx context.Context, by Actor, resellerID, orderID int64, ip string) (jobID int64, err error) {
	to, ok := licenceAddress(ip)
	return db.askLicence(ctx, resellerID, orderID, func(t *tx, l Order) (int64, error) {
		if !ok {
			return 0, &Rejected{Problems: []Problem{{Field: "ip", Code: "ip_needed", Name: ip}}}
		}
		if to == l.Domain {
			return 0, nil
		}
		if err := takePlace(ctx, t, l, l.ProductID, to, "ip"); err != nil {
			return 0, err
		}
		return queueLicence(ctx, t, JobLicenceMove, l, LicenceChange{By: by, IP: to}, "move_requested", l.Domain, to)
	})
}

// CheckLicenceMove says whether MoveLicence would be asked for: *Rejected (ip; the
// address where it is already too), ErrNotFound.
func (db *DB) CheckLicenceMove(ctx context.Context, resellerID, orderID int64, ip string) error {
	l, err := db.Licence(ctx, resellerID, orderID)
	if err != nil {
		return err
	}
	to, ok := licenceAddress(ip)
	if !ok {
		return &Rejected{Problems: []Problem{{Field: "ip", Code: "ip_needed", Name: ip}}}
	}
	if to == l.Domain {
		return &Rejected{Problems: []Problem{{Field: "ip", Code: "licence_here", Name: to}}}
	}
	return placeFree(ctx, db.read, l, l.ProductID, to, "ip")
}

func (db *DB) askLicence(ctx context.Context, resellerID, orderID int64, ask func(*tx, Order) (int64, error)) (jobID int64, err error) {
	err = db.transact(ctx, func(t *tx) error {
		l, err := db.working(ctx, t, resellerID, orderID)
		if err != nil {
			return err
		}
		jobID, err = ask(t, l)
		return err
	})
	if err == nil && jobID != 0 {
		db.At("licence_committed")
	}
	return jobID, err
}

func queueLicence(ctx context.Context, t *tx, kind JobKind, l Order, c LicenceChange, what, before, after string) (jobID int64, err error) {
	if _, err := t.ExecContext(ctx, `update orders set message = '' where id = $1`, l.ID); err != nil {
		return 0, err
	}
	// What was given up before is not wished any more, and must not be done after this.
	if _, err := t.ExecContext(ctx, `delete from job where subject_id = $1 and failed = true and kind in `+licenceJobs, l.ID); err != nil {
		return 0, err
	}
	if jobID, err = enqueue(ctx, t, kind, l.ID, c, t.now); err != nil {
		return 0, err
	}
	if err := event(ctx, t, c.By, Event{OrderID: l.ID, Kind: "licence_" + what, Detail: c.IP}); err != nil {
		return 0, err
	}
	return jobID, audit(ctx, t, c.By, Change{Action: "licence." + what, Object: object("order", l.ID), ResellerID: l.ResellerID, Before: before, After: after})
}

// LicenceAt is how an upstream knows a licence.
type LicenceAt struct {
	Order       Order
	Upstream    string
	UpstreamID  string
	ProductCode string
}

// LicenceAt reads where a licence is; for the worker. ErrNotFound before its
// upstream has it.
func (db *DB) LicenceAt(ctx context.Context, orderID int64) (LicenceAt, error) {
	o, err := anyOrder(ctx, db.read, orderID)
	if err != nil {
		return LicenceAt{}, err
	}
	at := LicenceAt{Order: o}
	err = db.read.QueryRowContext(ctx, `select f.upstream, f.product_code, c.upstream_id from orders o join offer f on f.id = o.offer_id
		join certificate c on c.order_id = o.id and c.state = 'issued' where o.id = $1 order by c.id desc limit 1`, orderID).
		Scan(&at.Upstream, &at.ProductCode, &at.UpstreamID)
	return at, driverError(err)
}

// LicenceAlone says whether no other licence of the product, whoever's, is at an
// address: then the upstream can mean this one only.
func (db *DB) LicenceAlone(ctx context.Context, o Order, ip string) (alone bool, err error) {
	err = db.read.QueryRowContext(ctx, `select not exists (select 1 from orders where reseller_id in (select id from reseller) and product_id = $1
		and domain = $2 and id <> $3 and licence_id is null and status not in ('cancelled', 'expired'))`, o.ProductID, ip, o.ID).Scan(&alone)
	return alone, driverError(err)
}

// RecordSuspended notes that the upstream stopped a licence, or lets it work again.
func (db *DB) RecordSuspended(ctx context.Context, by Actor, orderID int64, suspended bool) error {
	kind, before, after := "licence_unsuspended", "suspended", "active"
	if suspended {
		kind, before, after = "licence_suspended", "active", "suspended"
	}
	return db.recordLicence(ctx, by, orderID, kind, "", before, after, func(t *tx, l Order) error {
		return changed(ctx, t, `update orders set suspended = $1 where id = $2`, suspended, l.ID)
	})
}

// RecordMoved notes that a licence runs on another address from now on.
func (db *DB) RecordMoved(ctx context.Context, by Actor, orderID int64, ip string) error {
	return db.recordLicence(ctx, by, orderID, "licence_moved", ip, "", ip, func(t *tx, l Order) error {
		if err := changed(ctx, t, `update orders set domain = $1 where id = $2`, ip, l.ID); err != nil {
			return err
		}
		return indexAgain(ctx, t, l.ID, ip)
	})
}

func (db *DB) recordLicence(ctx context.Context, by Actor, orderID int64, kind, detail, before, after string, record func(*tx, Order) error) error {
	return db.transact(ctx, func(t *tx) error {
		if err := held(ctx, t, orderID); err != nil {
			return err
		}
		l, err := anyOrder(ctx, t, orderID)
		if err != nil {
			return err
		}
		if before == "" {
			before = l.Domain
		}
		if err := record(t, l); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `update orders set message = '', upstream_seen_at = $1 where id = $2`, t.now, l.ID); err != nil {
			return err
		}
		if err := event(ctx, t, by, Event{OrderID: l.ID, Kind: kind, Detail: detail}); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: fmt.Sprintf("licence.%s", kind[len("licence_"):]), Object: object("order", l.ID), ResellerID: l.ResellerID, Before: before, After: after})
	})
}

// RecordLicenceDone notes that the upstream did what an order wanted of a licence,
// and settles its money. ErrStale when somebody decided otherwise meanwhile.
func (db *DB) RecordLicenceDone(ctx context.Context, certificateID int64) error {
	return db.transact(ctx, func(t *tx) error {
		c, err := holdRequested(ctx, t, certificateID)
		if err != nil {
			return err
		}
		o, err := anyOrder(ctx, t, c.OrderID)
		if err != nil {
			return err
		}
		return licenceDone(ctx, t, System, o, c)
	})
}

// NoteWishOrphan writes down that an upstream did for a licence what the book has
// settled otherwise meanwhile (a person cancelled it, say), or did it twice:
// somebody has to see to it there. It answers false when a person said that it was
// done, which this then was.
func (db *DB) NoteWishOrphan(ctx context.Context, certificateID int64) (orphan bool, err error) {
	err = db.transact(ctx, func(t *tx) error {
		c, err := one(ctx, t, scanCertificate, `select `+certificateColumns+` from certificate where id = $1`, certificateID)
		if err != nil {
			return err
		}
		o, err := anyOrder(ctx, t, c.OrderID)
		if err != nil {
			return err
		}
		var known bool
		err = t.QueryRowContext(ctx, `select exists (select 1 from audit where object = $1 and action = 'order.placed')`, object("order", o.ID)).Scan(&known)
		if orphan = !known; err != nil || known {
			return driverError(err)
		}
		return audit(ctx, t, System, Change{Action: "order.orphan", Object: object("order", o.ID), ResellerID: o.ResellerID,
			Before: string(o.Status) + ", " + string(o.Fulfilment), After: "also done: " + c.Upstream + " " + string(o.Wish)})
	})
	return orphan, err
}

// licenceDone gives a licence the term or the product that an order bought for it.
// The order is held; it ends as delivered, and its term with what it gave.
func licenceDone(ctx context.Context, t *tx, by Actor, o Order, c Certificate) error {
	if err := hold(ctx, t, o.LicenceID); err != nil {
		return err
	}
	l, err := anyOrder(ctx, t, o.LicenceID)
	if err != nil {
		return err
	}
	err = countChange(ctx, t, func(c *counted) { c.delivered = false }, `update orders set fulfilment = 'accepted', message = '', upstream_seen_at = $1, completed_at = $1
		where id = $2 and fulfilment in ('queued', 'submitting', 'unsure') and completed_at is null returning `+countedColumns, t.now, o.ID)
	if err != nil {
		return err
	}
	if err := changed(ctx, t, `update certificate set state = 'issued', issued_at = $1 where id = $2 and state = 'requested'`, t.now, c.ID); err != nil {
		return err
	}
	kind, before, after, err := giveLicence(ctx, t, l, o)
	if err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `update orders set ends_at = (select l.ends_at from orders l where l.id = $1) where id = $2`, l.ID, o.ID); err != nil {
		return err
	}
	if err := move(ctx, t, by, o.ID, o.Status, StatusCompleted, kind, after); err != nil {
		return err
	}
	if err := event(ctx, t, by, Event{OrderID: l.ID, Kind: kind, Detail: after}); err != nil {
		return err
	}
	if err := settle(ctx, t, o); err != nil {
		return err
	}
	return audit(ctx, t, by, Change{Action: "licence." + kind[len("licence_"):], Object: object("order", l.ID), ResellerID: l.ResellerID, Before: before, After: after})
}

func giveLicence(ctx context.Context, t *tx, l, o Order) (kind, before, after string, err error) {
	switch o.Wish {
	case WishRenew:
		from := l.EndsAt
		if t.now.After(from) {
			from = t.now
		}
		end := from.AddDate(0, o.Months, 0)
		err = changed(ctx, t, `update orders set ends_at = $1 where id = $2`, end, l.ID)
		return "licence_renewed", l.EndsAt.Format(time.DateOnly), end.Format(time.DateOnly), err
	case WishCore:
		err = countChange(ctx, t, func(c *counted) { c.product = l.ProductID },
			`update orders set product_id = $3, offer_id = (select offer_id from orders w where w.id = $1) where id = $2 returning `+countedColumns, o.ID, l.ID, o.ProductID)
		return "licence_core", l.ProductName, o.ProductName, err
	}
	return "", "", "", fmt.Errorf("order %d wants %q of a licence: %w", o.ID, o.Wish, ErrInvalid)
}

// RefuseWish notes that the upstream refused something for a licence, and gives the
// money back at once: there is nothing that its reseller could correct. (A licence
// that it refuses to sell is RefuseSubmit's: its address can be corrected, see
// CorrectLicence.) The upstream's words are kept. ErrStale as RefuseSubmit.
func (db *DB) RefuseWish(ctx context.Context, certificateID int64, words string) error {
	return db.transact(ctx, func(t *tx) error {
		c, err := holdRequested(ctx, t, certificateID)
		if err != nil {
			return err
		}
		if err := refuse(ctx, t, c, []Fulfilment{FulfilmentSubmitting, FulfilmentUnsure}, words); err != nil {
			return err
		}
		o, err := anyOrder(ctx, t, c.OrderID)
		if err != nil {
			return err
		}
		return cancel(ctx, t, System, o, "order.cancel")
	})
}

// SetUpstreamCores keeps what an upstream can turn its licences into: its product
// codes, each with the codes it can become.
func (db *DB) SetUpstreamCores(ctx context.Context, upstream string, cores map[string][]string) error {
	return db.transact(ctx, func(t *tx) error {
		if _, err := t.ExecContext(ctx, `delete from upstream_core where upstream = $1`, upstream); err != nil {
			return err
		}
		for code, list := range cores {
			for _, core := range list {
				if _, err := t.ExecContext(ctx, `insert into upstream_core (upstream, product_code, core_code) values ($1, $2, $3) on conflict do nothing`, upstream, code, core); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
