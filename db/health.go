package db

import (
	"context"
	"time"
)

// Health is how an upstream answered lately.
type Health struct {
	Upstream      string
	LastSuccessAt time.Time
	LastErrorAt   time.Time
	LastError     string
}

// RecordHealth notes how a call of an upstream went; an empty cause is success.
func (db *DB) RecordHealth(ctx context.Context, upstream, cause string) error {
	return db.transact(ctx, func(t *tx) error {
		if cause == "" {
			_, err := t.ExecContext(ctx, `insert into upstream_health (upstream, last_success_at) values ($1, $2)
				on conflict (upstream) do update set last_success_at = excluded.last_success_at`, upstream, t.now)
			return err
		}
		_, err := t.ExecContext(ctx, `insert into upstream_health (upstream, last_error_at, last_error) values ($1, $2, $3)
			on conflict (upstream) do update set last_error_at = excluded.last_error_at, last_error = excluded.last_error`, upstream, t.now, cause)
		return err
	})
}

// Healths lists every upstream that was called, by name.
func (db *DB) Healths(ctx context.Context) ([]Health, error) {
	return collect(ctx, db.read, func(s scanner) (h Health, err error) {
		return h, s.Scan(&h.Upstream, moment{&h.LastSuccessAt}, moment{&h.LastErrorAt}, &h.LastError)
	}, `select upstream, last_success_at, last_error_at, last_error from upstream_health order by upstream`)
}
