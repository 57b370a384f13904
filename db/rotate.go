package db

import (
	"context"
	"errors"
	"fmt"
)

// ErrKeyChanged is the answer to a process that would seal with a key that is no
// longer the book's: it must be started anew, with the new one.
var ErrKeyChanged = errors.New("the book's key was changed since this program began: start it anew with the new key")

// seal is Box.Seal in the transaction that keeps the sealed text. It holds the
// book's note of its key, so that no secret is sealed with the old one beside
// RotateKey. ErrNoKey, ErrKeyChanged.
func (db *DB) seal(ctx context.Context, t *tx, purpose, secret string) (string, error) {
	if db.Box == nil {
		return "", ErrNoKey
	}
	var known string
	err := driverError(t.QueryRowContext(ctx, `update setting set value = value where name = $1 returning value`, settingKey).Scan(&known))
	if err != nil {
		return "", err
	}
	if known != db.Box.KeyID() {
		return "", ErrKeyChanged
	}
	return db.Box.Seal(purpose, secret)
}

// sealedColumns are all places of the book that hold what a Box sealed.
var sealedColumns = []struct {
	table, column string
	purpose       func(id int64) string
}{
	{"webhook", "secret", webhookPurpose},
	{"webhook", "old_secret", webhookPurpose},
	{"upstream", "secrets", upstreamPurpose},
}

// ErrSameKey is the answer to who would change the book's key to the one it has.
var ErrSameKey = errors.New("the book is sealed with this key already")

// Rotation is what RotateKey did.
type Rotation struct {
	From, To string // names of keys, as Box.KeyID
	Secrets  int    // sealed anew
}

// RotateKey seals every secret of an unlocked book anew with another key, all or
// none: a process that dies on the way leaves the old key good for everything, one
// that lives to the end the new one. Other processes that have the book open can
// neither read nor seal secrets from then on until they are started with the new
// key. Errors: ErrSameKey, ErrInvalid (key), ErrNoKey, ErrKeyChanged, ErrSealed
// with the row that can't be read.
func (db *DB) RotateKey(ctx context.Context, by Actor, key []byte) (Rotation, error) {
	box, err := NewBox(key)
	if err != nil {
		return Rotation{}, err
	}
	if db.Box == nil {
		return Rotation{}, ErrNoKey
	}
	done := Rotation{From: db.Box.KeyID(), To: box.KeyID()}
	if done.From == done.To {
		return Rotation{}, ErrSameKey
	}
	err = db.transact(ctx, func(t *tx) error {
		done.Secrets = 0
		// First, so that whoever seals meanwhile waits for the end and sees it.
		err := changed(ctx, t, `update setting set value = $1 where name = $2 and value = $3`, done.To, settingKey, done.From)
		if errors.Is(err, ErrStale) {
			return ErrKeyChanged
		}
		if err != nil {
			return err
		}
		for _, c := range sealedColumns {
			rows, err := collect(ctx, t, func(s scanner) (r sealedRow, err error) { return r, s.Scan(&r.id, &r.text) },
				`select id, `+c.column+` from `+c.table+` where `+c.column+` <> '' order by id`)
			if err != nil {
				return err
			}
			for _, r := range rows {
				secret, err := db.Box.Unseal(c.purpose(r.id), r.text)
				if err != nil {
					return fmt.Errorf("%s of %s %d: %w", c.column, c.table, r.id, err)
				}
				sealed, err := box.Seal(c.purpose(r.id), secret)
				if err != nil {
					return err
				}
				if err := changed(ctx, t, `update `+c.table+` set `+c.column+` = $1 where id = $2`, sealed, r.id); err != nil {
					return err
				}
				done.Secrets++
			}
			db.At("sealed anew: " + c.table + "." + c.column)
		}
		return audit(ctx, t, by, Change{Action: "operator.key", Object: "operator", Before: done.From, After: done.To})
	})
	if err != nil {
		return Rotation{}, err
	}
	db.Box = box
	return done, nil
}

type sealedRow struct {
	id   int64
	text string
}

// Key reads the key, or makes it where Own names a file that is not there yet.
func (s KeySource) Key() ([]byte, error) { return s.read(true) }
