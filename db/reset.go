package db

import (
	"context"
	"errors"
	"time"
)

// PasswordResetLife is how long a mailed link to choose a new password works.
const PasswordResetLife = 30 * time.Minute

// resetAnswers is how long asking for a link takes at least, so that it takes
// the same whether or not the account exists.
const resetAnswers = 250 * time.Millisecond

// RequestPasswordReset mails a one-time link to the person with this address,
// in words that the caller chooses for that person and token. The answer says
// nothing about whether the account exists; *Throttled after too many requests.
func (db *DB) RequestPasswordReset(ctx context.Context, email, ip string, words func(p Person, token string) (subject, body string)) error {
	answerAt := time.After(resetAnswers)
	err := db.requestPasswordReset(ctx, normalEmail(email), ip, words)
	select {
	case <-answerAt:
	case <-ctx.Done():
	}
	return err
}

func (db *DB) requestPasswordReset(ctx context.Context, email, ip string, words func(Person, string) (subject, body string)) error {
	var refusal error
	err := db.transact(ctx, func(t *tx) error {
		_, refusal = countAttempt(ctx, t, resetAccount(email), resetPerAccount)
		if refusal == nil {
			_, refusal = countAttempt(ctx, t, resetAddress(ip), resetPerAddress)
		}
		var throttled *Throttled
		if errors.As(refusal, &throttled) {
			return nil
		}
		if refusal != nil {
			return refusal
		}
		p, err := one(ctx, t, scanPerson, `select `+personColumns+` from `+personTables+` where p.email = $1`, email)
		if errors.Is(err, ErrNotFound) || (err == nil && !p.Active()) {
			return audit(ctx, t, somebody(ip), Change{Action: "password_reset.refused", Object: "unknown account"})
		}
		if err != nil {
			return err
		}
		token := newToken()
		_, err = t.ExecContext(ctx, `insert into password_reset (token_hash, person_id, created_at, expires_at) values ($1, $2, $3, $4)`,
			hashToken(token), p.ID, t.now, t.now.Add(PasswordResetLife))
		if err != nil {
			return err
		}
		subject, body := words(p, token)
		if err := queueMail(ctx, t, Mail{To: p.Email, Subject: subject, Body: body}); err != nil {
			return err
		}
		return audit(ctx, t, somebody(ip), Change{Action: "password_reset.request", Object: object("person", p.ID), ResellerID: p.ResellerID})
	})
	if err != nil {
		return err
	}
	return refusal
}

// PasswordReset is the person that a mailed link is for; ErrGone when the link
// is unknown, used or expired.
func (db *DB) PasswordReset(ctx context.Context, token string) (Person, error) {
	p, err := one(ctx, db.read, scanPerson,
		`select `+personColumns+` from `+personTables+` join password_reset l on l.person_id = p.id
		 where l.token_hash = $1 and l.used_at is null and l.expires_at > $2`, hashToken(token), db.now())
	if errors.Is(err, ErrNotFound) || (err == nil && !p.Active()) {
		return Person{}, ErrGone
	}
	return p, err
}

// ResetPassword uses a mailed link once: it sets the new password, ends every
// session of the person and spends its other links too. ErrGone as
// PasswordReset, *WeakPassword when the new password is weak.
func (db *DB) ResetPassword(ctx context.Context, token, next, ip string) (Person, error) {
	p, err := db.PasswordReset(ctx, token)
	if err != nil {
		return Person{}, err
	}
	if err := checkPassword(next, p.Email); err != nil {
		return Person{}, err
	}
	hash, err := hashPassword(ctx, next)
	if err != nil {
		return Person{}, err
	}
	err = db.transact(ctx, func(t *tx) error {
		err := changed(ctx, t, `update password_reset set used_at = $1 where token_hash = $2 and used_at is null and expires_at > $1`, t.now, hashToken(token))
		if errors.Is(err, ErrStale) {
			return ErrGone
		}
		if err != nil {
			return err
		}
		for _, step := range []struct {
			query string
			args  []any
		}{
			{`update password_reset set used_at = $1 where person_id = $2 and used_at is null`, []any{t.now, p.ID}},
			{`update person set password_hash = $1 where id = $2`, []any{hash, p.ID}},
			{`delete from session where person_id = $1`, []any{p.ID}},
		} {
			if _, err := t.ExecContext(ctx, step.query, step.args...); err != nil {
				return err
			}
		}
		if err := clearAttempts(ctx, t, signInAccount(p.Email)); err != nil {
			return err
		}
		return audit(ctx, t, p.Actor(ip), Change{Action: "password_reset.used", Object: object("person", p.ID), ResellerID: p.ResellerID})
	})
	return p, err
}
