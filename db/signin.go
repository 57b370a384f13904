package db

import (
	"context"
	"errors"
	"strings"
	"time"
)

// ErrSignIn answers every wrong sign-in alike: unknown account, wrong password,
// suspended person or reseller.
var ErrSignIn = errors.New("wrong e-mail address or password")

// credentials is a person with the hash of its password, read for a sign-in.
type credentials struct {
	Person
	hash string
}

func scanCredentials(s scanner) (c credentials, err error) {
	return c, s.Scan(append(c.Person.fields(), &c.hash)...)
}

// SignIn checks an e-mail address and password given from an address. ErrSignIn
// when they are not somebody's who may act, *Throttled after too many attempts
// on the account or from the address; both take and look the same whether or
// not the account exists.
func (db *DB) SignIn(ctx context.Context, email, password, ip string) (Person, error) {
	email = normalEmail(email)
	if err := db.countSignIn(ctx, email, ip); err != nil {
		return Person{}, err
	}
	known, err := one(ctx, db.read, scanCredentials,
		`select `+personColumns+`, p.password_hash from `+personTables+` where p.email = $1`, email)
	if errors.Is(err, ErrNotFound) {
		known.hash = nobodysHash()
	} else if err != nil {
		return Person{}, err
	}
	right, err := matchPassword(ctx, known.hash, password)
	if err != nil {
		return Person{}, err
	}
	if !right || known.ID == 0 || !known.Active() {
		return Person{}, db.refuseSignIn(ctx, known.Person, ip)
	}
	err = db.transact(ctx, func(t *tx) error {
		// The password may have been changed while it was being hashed.
		err := changed(ctx, t, `update person set signed_in_at = $1 where id = $2 and password_hash = $3 and status = 'active'`, t.now, known.ID, known.hash)
		if err != nil {
			return err
		}
		if err := clearAttempts(ctx, t, signInAccount(email)); err != nil {
			return err
		}
		if err := forgiveAttempt(ctx, t, signInAddress(ip)); err != nil {
			return err
		}
		return audit(ctx, t, known.Actor(ip), Change{Action: "sign_in.ok", Object: object("person", known.ID), ResellerID: known.ResellerID})
	})
	if errors.Is(err, ErrStale) {
		return Person{}, ErrSignIn
	}
	return known.Person, err
}

// countSignIn counts the attempt on the account and on the address. The counts
// stay although the attempt is refused, so the refusal leaves the transaction
// by the side.
func (db *DB) countSignIn(ctx context.Context, email, ip string) error {
	var refusal error
	err := db.transact(ctx, func(t *tx) error {
		refusal = nil
		for _, c := range []struct {
			subject string
			limit   limit
		}{{signInAccount(email), signInPerAccount}, {signInAddress(ip), signInPerAddress}} {
			first, err := countAttempt(ctx, t, c.subject, c.limit)
			var throttled *Throttled
			if errors.As(err, &throttled) {
				refusal = throttled
				if !first {
					return nil
				}
				what := strings.Join(strings.Fields(c.subject)[:2], " ")
				return audit(ctx, t, somebody(ip), Change{Action: "sign_in.throttled", Object: what, After: "until " + t.now.Add(throttled.RetryAfter).Format(time.RFC3339)})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return refusal
}

// refuseSignIn audits a wrong sign-in, never what was typed, and is ErrSignIn.
func (db *DB) refuseSignIn(ctx context.Context, known Person, ip string) error {
	err := db.transact(ctx, func(t *tx) error {
		c := Change{Action: "sign_in.failed", Object: object("person", known.ID), ResellerID: known.ResellerID}
		if known.ID == 0 {
			c.Object = "unknown account"
		}
		return audit(ctx, t, somebody(ip), c)
	})
	if err != nil {
		return err
	}
	return ErrSignIn
}

// somebody is the actor of what happens before anybody signed in.
func somebody(ip string) Actor { return Actor{Kind: ByPerson, Name: "not signed in", IP: ip} }

// SignedOut audits that a person signed out.
func (db *DB) SignedOut(ctx context.Context, by Actor, p Person) error {
	return db.transact(ctx, func(t *tx) error {
		return audit(ctx, t, by, Change{Action: "sign_out", Object: object("person", p.ID), ResellerID: p.ResellerID})
	})
}

// ChangePassword changes a person's own password and ends its other sessions;
// keepSessionHash is the one that stays. ErrSignIn when the current password is
// wrong (*Throttled after too many), *WeakPassword when the new one is weak.
func (db *DB) ChangePassword(ctx context.Context, by Actor, personID int64, current, next, keepSessionHash string) error {
	known, err := one(ctx, db.read, scanCredentials,
		`select `+personColumns+`, p.password_hash from `+personTables+` where p.id = $1`, personID)
	if err != nil {
		return err
	}
	if err := checkPassword(next, known.Email); err != nil {
		return err
	}
	if err := db.countSignIn(ctx, known.Email, by.IP); err != nil {
		return err
	}
	right, err := matchPassword(ctx, known.hash, current)
	if err != nil {
		return err
	}
	if !right {
		return db.refuseSignIn(ctx, known.Person, by.IP)
	}
	hash, err := hashPassword(ctx, next)
	if err != nil {
		return err
	}
	return db.transact(ctx, func(t *tx) error {
		err := changed(ctx, t, `update person set password_hash = $1 where id = $2 and password_hash = $3`, hash, personID, known.hash)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `delete from session where person_id = $1 and id_hash <> $2`, personID, keepSessionHash)
		if err != nil {
			return err
		}
		if err := clearAttempts(ctx, t, signInAccount(known.Email)); err != nil {
			return err
		}
		if err := forgiveAttempt(ctx, t, signInAddress(by.IP)); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "person.password", Object: object("person", personID), ResellerID: known.ResellerID})
	})
}
