package db

import (
	"context"
	"errors"
	"time"
)

var (
	// ErrRunning says that a request with the same idempotency key is still being answered.
	ErrRunning = errors.New("the same request is being answered")
	// ErrReused says that an idempotency key came before with another request.
	ErrReused = errors.New("idempotency key used for another request")
)

// idempotencyKept is how long an answer is kept to be given again.
const idempotencyKept = 24 * time.Hour

// maxIdempotencyKey bounds a key, in bytes.
const maxIdempotencyKey = 255

// OnceKey names a request of an API key that is to have its effect once.
// Fingerprint is a digest of the request: the same key with another is refused.
type OnceKey struct {
	APIKeyID    int64
	Key         string
	Fingerprint string
}

// OnceAnswer is the answer that is given again.
type OnceAnswer struct {
	Status      int
	ContentType string
	Body        string
}

// Claim is the right to do a request that has an idempotency key.
type Claim struct {
	apiKeyID int64
	key      string
	word     string // tells this claim from the one before it

	// Effect is the object ("order 12") of the change that an earlier claim has
	// committed before it broke off; "" when nothing was done. What is done is not
	// done again: the answer is put together from the book.
	Effect string
}

// ClaimOnce claims a request for the length of the lease, or finds the answer that
// was given to it before (then answer is not nil and nothing may be done). Errors:
// ErrRunning, ErrReused, ErrInvalid (the key is empty or too long).
func (db *DB) ClaimOnce(ctx context.Context, k OnceKey, lease time.Duration) (claim Claim, answer *OnceAnswer, err error) {
	if k.Key == "" || len(k.Key) > maxIdempotencyKey {
		return claim, nil, ErrInvalid
	}
	err = db.transact(ctx, func(t *tx) error {
		claim, answer = Claim{apiKeyID: k.APIKeyID, key: k.Key, word: newToken()}, nil
		old := t.now.Add(-idempotencyKept)
		// An answer that was kept long enough is forgotten, and the key is new again.
		if _, err := t.ExecContext(ctx, `delete from idempotency where api_key_id = $1 and key = $2 and created_at <= $3 and (status > 0 or lease_until <= $4)`,
			k.APIKeyID, k.Key, old, t.now); err != nil {
			return err
		}
		err := changed(ctx, t, `insert into idempotency (api_key_id, key, fingerprint, claim, lease_until, created_at) values ($1, $2, $3, $4, $5, $6)
			on conflict (api_key_id, key) do nothing`, k.APIKeyID, k.Key, k.Fingerprint, claim.word, t.now.Add(lease), t.now)
		if !errors.Is(err, ErrStale) {
			return err
		}
		var fingerprint, word string
		var until time.Time
		var kept OnceAnswer
		err = t.QueryRowContext(ctx, `select fingerprint, claim, lease_until, effect, status, content_type, body from idempotency where api_key_id = $1 and key = $2`,
			k.APIKeyID, k.Key).Scan(&fingerprint, &word, moment{&until}, &claim.Effect, &kept.Status, &kept.ContentType, &kept.Body)
		switch {
		case err != nil:
			return err
		case fingerprint != k.Fingerprint:
			return ErrReused
		case kept.Status != 0:
			answer = &kept
			return nil
		case t.now.Before(until):
			return ErrRunning
		}
		// Its effect can't be committed any more under the old claim: see markEffect.
		err = changed(ctx, t, `update idempotency set claim = $1, lease_until = $2 where api_key_id = $3 and key = $4 and claim = $5 and status = 0 and effect = $6`,
			claim.word, t.now.Add(lease), k.APIKeyID, k.Key, word, claim.Effect)
		if errors.Is(err, ErrStale) {
			return ErrRunning
		}
		return err
	})
	if err != nil {
		return Claim{}, nil, err
	}
	return claim, answer, nil
}

type claimKey struct{}

// WithIdempotency returns a context whose audited changes belong to the claim:
// each marks it in its own transaction, and is refused as ErrRunning when the claim
// was lost meanwhile.
func WithIdempotency(ctx context.Context, c Claim) context.Context {
	return context.WithValue(ctx, claimKey{}, c)
}

// markEffect notes that the change of object belongs to the claim of the context,
// if there is one.
func markEffect(ctx context.Context, t *tx, object string) error {
	c, ok := ctx.Value(claimKey{}).(Claim)
	if !ok {
		return nil
	}
	err := changed(ctx, t, `update idempotency set effect = $1 where api_key_id = $2 and key = $3 and claim = $4 and status = 0`, object, c.apiKeyID, c.key, c.word)
	if errors.Is(err, ErrStale) {
		return ErrRunning
	}
	return err
}

// KeepAnswer ends a claim with the answer that repeated requests get.
func (db *DB) KeepAnswer(ctx context.Context, c Claim, a OnceAnswer) error {
	return db.transact(ctx, func(t *tx) error {
		return changed(ctx, t, `update idempotency set status = $1, content_type = $2, body = $3, lease_until = $4
			where api_key_id = $5 and key = $6 and claim = $7 and status = 0`, a.Status, a.ContentType, a.Body, t.now, c.apiKeyID, c.key, c.word)
	})
}

// ReleaseClaim gives a claim back without an answer: when nothing was done the key
// is as new, else the next request under it finds what was done. It says which.
func (db *DB) ReleaseClaim(ctx context.Context, c Claim) (nothingDone bool, err error) {
	err = db.transact(ctx, func(t *tx) error {
		err := changed(ctx, t, `delete from idempotency where api_key_id = $1 and key = $2 and claim = $3 and status = 0 and effect = ''`, c.apiKeyID, c.key, c.word)
		nothingDone = err == nil
		if !errors.Is(err, ErrStale) {
			return err
		}
		_, err = t.ExecContext(ctx, `update idempotency set lease_until = $1 where api_key_id = $2 and key = $3 and claim = $4 and status = 0`, t.now, c.apiKeyID, c.key, c.word)
		return err
	})
	return nothingDone, err
}

// PurgeIdempotency forgets answers that were kept long enough.
func (db *DB) PurgeIdempotency(ctx context.Context) error {
	return db.transact(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `delete from idempotency where created_at <= $1 and lease_until <= $2`, t.now.Add(-idempotencyKept), t.now)
		return err
	})
}
