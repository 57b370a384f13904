package db

import (
	"context"
	"errors"
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
		failed := 0
		if cause != "" {
			failed = 1
		}
		if _, err := t.ExecContext(ctx, `insert into upstream_hour (upstream, hour, calls, failures) values ($1, $2, 1, $3)
			on conflict (upstream, hour) do update set calls = upstream_hour.calls + 1, failures = upstream_hour.failures + excluded.failures`,
			upstream, t.now.Truncate(time.Hour), failed); err != nil {
			return err
		}
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

// CallsSince counts the calls of each upstream since a time, rounded down to the hour, and those that failed.
func (db *DB) CallsSince(ctx context.Context, since time.Time) (map[string]Calls, error) {
	list, err := collect(ctx, db.read, func(s scanner) (c Calls, err error) {
		return c, s.Scan(&c.Upstream, &c.Calls, &c.Failures)
	}, `select upstream, sum(calls), sum(failures) from upstream_hour where hour >= $1 group by upstream order by upstream`, since.UTC().Truncate(time.Hour))
	if err != nil {
		return nil, err
	}
	out := map[string]Calls{}
	for _, c := range list {
		out[c.Upstream] = c
	}
	return out, nil
}

// Calls is how often an upstream was called, and how often it failed.
type Calls struct {
	Upstream        string
	Calls, Failures int64
}

// UpstreamBalance is our money at an upstream, as it told last.
type UpstreamBalance struct {
	Upstream  string
	Cents     int64  // hundredths of Currency
	Currency  string // or the upstream's own unit
	Sandbox   bool   // the account only tries things out
	Allowance int64  // that may be spent in a month beside the balance
	Used      int64  // of the allowance
	ToldAt    time.Time
}

// Spendable is what new orders can be paid from: the balance, and what is left of
// a month's allowance.
func (b UpstreamBalance) Spendable() int64 { return b.Cents + max(b.Allowance-b.Used, 0) }

// RecordBalance keeps what an upstream told of our money. When what can be spent
// falls below the upstream's alarm, every administrator is told, once until it was
// above again. tell may be nil.
func (db *DB) RecordBalance(ctx context.Context, b UpstreamBalance, tell func(u Upstream, b UpstreamBalance, to Person) Mail) error {
	return db.transact(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `insert into upstream_balance (upstream, cents, currency, sandbox, allowance, used, told_at) values ($1, $2, $3, $4, $5, $6, $7)
			on conflict (upstream) do update set cents = excluded.cents, currency = excluded.currency, sandbox = excluded.sandbox,
			allowance = excluded.allowance, used = excluded.used, told_at = excluded.told_at`,
			b.Upstream, b.Cents, b.Currency, b.Sandbox, b.Allowance, b.Used, t.now)
		if err != nil {
			return err
		}
		b.ToldAt = t.now
		u, err := one(ctx, t, scanUpstream, `update upstream set low = (low_balance_cents > $1) where name = $2 and low <> (low_balance_cents > $1)
			returning `+upstreamColumns, b.Spendable(), b.Upstream)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil || !u.Low || tell == nil {
			return err
		}
		return tellAdmins(ctx, t, func(to Person) Mail { return tell(u, b, to) })
	})
}

// healthKept is how long the hours of an upstream are kept.
const healthKept = 7 * 24 * time.Hour

// PurgeHealth forgets the hours of upstreams that are older than a week.
func (db *DB) PurgeHealth(ctx context.Context) error {
	return db.transact(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `delete from upstream_hour where hour < $1`, t.now.Add(-healthKept))
		return err
	})
}

// WatchBalances makes sure that every upstream is asked for its balance by and by.
func (db *DB) WatchBalances(ctx context.Context) error {
	return db.transact(ctx, func(t *tx) error {
		ids, err := collect(ctx, t, func(s scanner) (id int64, err error) { return id, s.Scan(&id) },
			`select u.id from upstream u where not exists (select 1 from job j where j.kind = $1 and j.subject_id = u.id) order by u.id`, JobBalance)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := ensureJob(ctx, t, JobBalance, id, t.now); err != nil {
				return err
			}
		}
		return nil
	})
}

// askSoon makes the job of an upstream due, unless somebody does it now: what it is
// told then is as new as any.
func askSoon(ctx context.Context, t *tx, id int64) error {
	var there bool
	err := t.QueryRowContext(ctx, `select exists (select 1 from job where kind = $1 and subject_id = $2)`, JobBalance, id).Scan(&there)
	if err != nil {
		return driverError(err)
	}
	if !there {
		return ensureJob(ctx, t, JobBalance, id, t.now)
	}
	_, err = t.ExecContext(ctx, `update job set run_at = $1, failures = 0, failed = false where kind = $2 and subject_id = $3 and not `+leased, t.now, JobBalance, id)
	return err
}

// AskBalance has an upstream asked for its balance now and answers the job, to be
// waited for with AwaitJob. One that asks at this moment is left to it. ErrNotFound.
func (db *DB) AskBalance(ctx context.Context, id int64) (job int64, err error) {
	err = db.transact(ctx, func(t *tx) error {
		if _, err := upstream(ctx, t, id); err != nil {
			return err
		}
		if err := askSoon(ctx, t, id); err != nil {
			return err
		}
		return driverError(t.QueryRowContext(ctx, `select id from job where kind = $1 and subject_id = $2`, JobBalance, id).Scan(&job))
	})
	return job, err
}

// UpstreamBalances lists what was told, by the upstream's name.
func (db *DB) UpstreamBalances(ctx context.Context) (map[string]UpstreamBalance, error) {
	list, err := collect(ctx, db.read, func(s scanner) (b UpstreamBalance, err error) {
		return b, s.Scan(&b.Upstream, &b.Cents, &b.Currency, &b.Sandbox, &b.Allowance, &b.Used, moment{&b.ToldAt})
	}, `select upstream, cents, currency, sandbox, allowance, used, told_at from upstream_balance`)
	if err != nil {
		return nil, err
	}
	out := map[string]UpstreamBalance{}
	for _, b := range list {
		out[b.Upstream] = b
	}
	return out, nil
}
