package db

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// MaxOverlap is the longest that a rotated key may go on working.
const MaxOverlap = 7 * 24 * time.Hour

// State says in one word whether a key opens anything: "works", "rotated" (works
// until ExpiresAt, its successor is there), "expired" or "revoked".
func (k APIKey) State(now time.Time) string {
	switch {
	case !k.RevokedAt.IsZero():
		return "revoked"
	case !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt):
		return "expired"
	case k.ReplacedBy != 0:
		return "rotated"
	}
	return "works"
}

// APIKey reads one of a reseller's keys; ErrNotFound when it is not theirs.
func (db *DB) APIKey(ctx context.Context, resellerID, id int64) (APIKey, error) {
	return apiKey(ctx, db.read, resellerID, id)
}

func apiKey(ctx context.Context, q querier, resellerID, id int64) (APIKey, error) {
	return one(ctx, q, scanAPIKey, `select `+apiKeyColumns+` from api_key k where k.id = $1 and k.reseller_id = $2`, id, resellerID)
}

// RotateAPIKey makes a successor of a key, with its name, scopes and addresses,
// and answers the successor's secret, which is never seen again. The old key goes
// on working for overlap, at most until its own end; with no overlap it ends at
// once. A key that was to end lives as long again in its successor. Errors:
// ErrNotFound, ErrInvalid (the overlap), ErrStale for a key that does not work any
// more or has a successor already.
func (db *DB) RotateAPIKey(ctx context.Context, by Actor, resellerID, id int64, overlap time.Duration) (APIKey, string, error) {
	if overlap < 0 || overlap > MaxOverlap {
		return APIKey{}, "", fmt.Errorf("overlap: %w", ErrInvalid)
	}
	secret := newAPISecret()
	var made APIKey
	err := db.transact(ctx, func(t *tx) error {
		old, err := apiKey(ctx, t, resellerID, id)
		if err != nil {
			return err
		}
		if old.State(t.now) != "works" {
			return ErrStale
		}
		var scopes, ips string
		if err := t.QueryRowContext(ctx, `select scopes, allowed_ips from api_key where id = $1`, id).Scan(&scopes, &ips); err != nil {
			return err
		}
		ends, successorEnds := t.now.Add(overlap), time.Time{}
		if !old.ExpiresAt.IsZero() {
			successorEnds = t.now.Add(old.ExpiresAt.Sub(old.CreatedAt))
			if old.ExpiresAt.Before(ends) {
				ends = old.ExpiresAt
			}
		}
		if made, err = insertAPIKey(ctx, t, resellerID, old.Name, scopes, ips, successorEnds, secret); err != nil {
			return err
		}
		err = changed(ctx, t, `update api_key set replaced_by = $1, expires_at = $2 where id = $3 and replaced_by is null and revoked_at is null`,
			made.ID, orNull(ends), id)
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "api_key.rotate", Object: object("api key", id), ResellerID: resellerID,
			Before: fmt.Sprintf("%s (%s…)", old.Name, old.Prefix),
			After:  fmt.Sprintf("%s (%s…), %s; the old one works until %s", object("api key", made.ID), made.Prefix, scopes, ends.Format(time.RFC3339))})
	})
	if err != nil {
		return APIKey{}, "", err
	}
	return made, secret, nil
}

// RevokeAnyAPIKey is RevokeAPIKey for the operator.
func (db *DB) RevokeAnyAPIKey(ctx context.Context, by Actor, id int64) error {
	k, err := one(ctx, db.read, scanAPIKey, `select `+apiKeyColumns+` from api_key k where k.id = $1`, id)
	if err != nil {
		return err
	}
	return db.RevokeAPIKey(ctx, by, k.ResellerID, id)
}

// SetAPIEnabled turns a reseller's API on or off, for its own people: while it is
// off every key is refused. ErrForbidden when it is to go on and the operator does
// not allow it.
func (db *DB) SetAPIEnabled(ctx context.Context, by Actor, resellerID int64, on bool) error {
	return db.transact(ctx, func(t *tx) error {
		r, err := one(ctx, t, scanReseller, `select `+resellerColumns+` from `+resellerTables+` where r.id = $1`, resellerID)
		if err != nil {
			return err
		}
		if on && !r.APIAllowed {
			return ErrForbidden
		}
		err = changed(ctx, t, `update reseller set api_enabled = $1 where id = $2 and api_enabled <> $1 and (api_allowed or not $1)`, on, resellerID)
		if errors.Is(err, ErrStale) {
			return nil // it is so already
		}
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "reseller.api", Object: object("reseller", resellerID), ResellerID: resellerID,
			Before: onOff(!on), After: onOff(on)})
	})
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
