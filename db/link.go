package db

import (
	"context"
	"time"
)

// MaxLinkDays is the longest a self-service link may be made for.
const MaxLinkDays = 365

// CustomerLink lets an end customer reach one order without an account.
type CustomerLink struct {
	ID         int64
	ResellerID int64
	OrderID    int64
	Email      string
	CreatedBy  string
	CreatedAt  time.Time
	ExpiresAt  time.Time
	RevokedAt  time.Time
	LastUsedAt time.Time
}

// Alive says whether the link still opens.
func (l CustomerLink) Alive(now time.Time) bool {
	return l.RevokedAt.IsZero() && now.Before(l.ExpiresAt)
}

const linkColumns = `id, reseller_id, order_id, email, created_by, created_at, expires_at, revoked_at, last_used_at`

func scanLink(s scanner) (l CustomerLink, err error) {
	err = s.Scan(&l.ID, &l.ResellerID, &l.OrderID, &l.Email, &l.CreatedBy, moment{&l.CreatedAt}, moment{&l.ExpiresAt}, moment{&l.RevokedAt}, moment{&l.LastUsedAt})
	return l, err
}

// CreateCustomerLink makes a self-service link to an order, valid for days, and
// returns its token, which is not kept. tell, when not nil, writes the mail that
// carries it. Errors: *Rejected, ErrNotFound, *Throttled (too many mails).
func (db *DB) CreateCustomerLink(ctx context.Context, by Actor, resellerID, orderID int64, email string, days int, tell func(token string, expires time.Time) Mail) (string, error) {
	var problems []Problem
	if email != "" && !ValidEmail(email) {
		problems = append(problems, Problem{Field: "email", Code: "bad_email", Name: email})
	}
	if days < 1 || days > MaxLinkDays {
		problems = append(problems, Problem{Field: "days", Code: "bad_days", Max: MaxLinkDays})
	}
	if len(problems) > 0 {
		return "", &Rejected{problems}
	}
	token := newToken()
	hash := hashToken(token)
	err := db.transact(ctx, func(t *tx) error {
		o, err := one(ctx, t, scanOrder, `select `+orderColumns+` from `+orderTables+` where o.id = $1 and o.reseller_id = $2`, orderID, resellerID)
		if err != nil {
			return err
		}
		expires := t.now.AddDate(0, 0, days)
		id, err := insert(ctx, t, `insert into customer_link (reseller_id, order_id, token_hash, email, created_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7) returning id`,
			resellerID, orderID, hash, email, by.Name, t.now, expires)
		if err != nil {
			return err
		}
		if email != "" && tell != nil {
			if _, err := countAttempt(ctx, t, linkRecipient(email), linksPerRecipient); err != nil {
				return err
			}
			if _, err := countAttempt(ctx, t, linkReseller(resellerID), linksPerReseller); err != nil {
				return err
			}
			if err := queueMail(ctx, t, tell(token, expires)); err != nil {
				return err
			}
		}
		if err := event(ctx, t, by, Event{OrderID: o.ID, Kind: "link_created", Detail: email}); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "link.create", Object: object("order", orderID), ResellerID: resellerID, After: object("link", id) + " " + email})
	})
	return token, err
}

// VisitLife is how long a customer's browser may come back without the link.
const VisitLife = 2 * time.Hour

// OpenCustomerLink exchanges a link's token for a visit of it: the visit's own
// token goes into a cookie, so that no address carries the link's. The use is
// audited. ErrNotFound for a token that never was, ErrGone for an expired or
// revoked link.
func (db *DB) OpenCustomerLink(ctx context.Context, token, ip string) (link CustomerLink, visit string, err error) {
	// Guesses are turned away by readers: they never hold up who writes.
	if _, err := one(ctx, db.read, scanLink, `select `+linkColumns+` from customer_link where token_hash = $1`, hashToken(token)); err != nil {
		return CustomerLink{}, "", err
	}
	err = db.transact(ctx, func(t *tx) (err error) {
		link, err = one(ctx, t, scanLink, `select `+linkColumns+` from customer_link where token_hash = $1`, hashToken(token))
		if err != nil {
			return err
		}
		if !link.Alive(t.now) {
			return ErrGone
		}
		if _, err := t.ExecContext(ctx, `update customer_link set last_used_at = $1 where id = $2`, t.now, link.ID); err != nil {
			return err
		}
		visit = newToken()
		if _, err := t.ExecContext(ctx, `insert into customer_visit (token_hash, link_id, expires_at) values ($1, $2, $3)`,
			hashToken(visit), link.ID, t.now.Add(VisitLife)); err != nil {
			return err
		}
		return audit(ctx, t, link.customer(ip), Change{Action: "link.use", Object: object("order", link.OrderID), ResellerID: link.ResellerID, After: object("link", link.ID)})
	})
	return link, visit, err
}

// customer is the end customer behind a link, as the audit and the events name it.
func (l CustomerLink) customer(ip string) Actor {
	return Actor{Kind: ByCustomer, ID: l.ID, Name: l.Email, IP: ip}
}

// CustomerOrder reads the order behind a link during a visit. ErrGone when the
// visit is over, or the link expired or was revoked meanwhile; ErrNotFound when
// the visit is not of this link.
func (db *DB) CustomerOrder(ctx context.Context, linkID int64, visit string) (CustomerLink, Order, error) {
	var expires time.Time
	err := db.read.QueryRowContext(ctx, `select expires_at from customer_visit where token_hash = $1 and link_id = $2`, hashToken(visit), linkID).Scan(moment{&expires})
	if err != nil {
		return CustomerLink{}, Order{}, driverError(err)
	}
	link, err := one(ctx, db.read, scanLink, `select `+linkColumns+` from customer_link where id = $1`, linkID)
	if err != nil {
		return link, Order{}, err
	}
	if now := db.now(); !link.Alive(now) || !now.Before(expires) {
		return link, Order{}, ErrGone
	}
	o, err := db.AnyOrder(ctx, link.OrderID)
	return link, o, err
}

// PurgeVisits forgets visits that are over.
func (db *DB) PurgeVisits(ctx context.Context) error {
	return db.transact(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `delete from customer_visit where expires_at <= $1`, t.now)
		return err
	})
}

// CustomerLinks lists the links of an order, newest first.
func (db *DB) CustomerLinks(ctx context.Context, resellerID, orderID int64) ([]CustomerLink, error) {
	return collect(ctx, db.read, scanLink, `select `+linkColumns+` from customer_link where order_id = $1 and reseller_id = $2 order by id desc`, orderID, resellerID)
}

// RevokeCustomerLink ends a link; ErrNotFound when there is none to end.
func (db *DB) RevokeCustomerLink(ctx context.Context, by Actor, resellerID, orderID, linkID int64) error {
	return db.transact(ctx, func(t *tx) error {
		err := changed(ctx, t, `update customer_link set revoked_at = $1 where id = $2 and order_id = $3 and reseller_id = $4 and revoked_at is null`,
			t.now, linkID, orderID, resellerID)
		if err == ErrStale {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := event(ctx, t, by, Event{OrderID: orderID, Kind: "link_revoked"}); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "link.revoke", Object: object("order", orderID), ResellerID: resellerID, After: object("link", linkID)})
	})
}
