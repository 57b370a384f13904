package db

import (
	"context"
	"errors"
	"hash/fnv"
	"time"
)

const (
	nightHour   = 3         // UTC
	nightSpread = time.Hour // over which the upstreams are spread
)

// nightOf is when an upstream is read in the night that is over or goes on at a
// moment: each at its own minute, the same every night. It is pure.
func nightOf(upstream string, now time.Time) time.Time {
	sum := fnv.New32a()
	sum.Write([]byte(upstream))
	at := midnight(now).Add(nightHour*time.Hour + time.Duration(sum.Sum32()%uint32(nightSpread/time.Second))*time.Second)
	if at.After(now) {
		at = at.AddDate(0, 0, -1)
	}
	return at
}

// StartNightImports begins a run of the products of every upstream that products
// were imported from, once a night. It is called again and again.
func (db *DB) StartNightImports(ctx context.Context) error {
	type last struct {
		upstream string
		at       time.Time
	}
	upstreams, err := collect(ctx, db.read, func(s scanner) (l last, err error) { return l, s.Scan(&l.upstream, moment{&l.at}) },
		`select r.upstream, (select n.created_at from import_run n where n.upstream = r.upstream and n.what = 'products' order by n.id desc limit 1)
			from import_run r where r.what = 'products' and r.taken_at is not null group by r.upstream order by r.upstream`)
	if err != nil {
		return err
	}
	now := db.now()
	for _, u := range upstreams {
		if !u.at.Before(nightOf(u.upstream, now)) || now.Sub(u.at) < nightSpread {
			continue
		}
		err := db.transact(ctx, func(t *tx) error {
			// Of several processes one begins: the row that says when it was last read is held.
			err := changed(ctx, t, `update import_run set what = what where id = (select max(id) from import_run where upstream = $1 and what = 'products') and created_at = $2`, u.upstream, u.at)
			if err != nil {
				return err
			}
			_, err = startImport(ctx, t, System, u.upstream, ImportProducts, "", true, t.now)
			return err
		})
		if err != nil && !errors.Is(err, ErrStale) {
			return err
		}
	}
	return nil
}

// ImportAlarm is a reading of the night that somebody should look at.
type ImportAlarm struct {
	RunID    int64
	Upstream string
	Below    int // prices that would fall below cost
	Gone     int // offers that are no longer sold there
}

// ImportAlarms lists, of each upstream, the newest finished reading of a night,
// where it is alarming and no admin has put it aside or read it anew since.
func (db *DB) ImportAlarms(ctx context.Context) ([]ImportAlarm, error) {
	return collect(ctx, db.read, func(s scanner) (a ImportAlarm, err error) { return a, s.Scan(&a.RunID, &a.Upstream, &a.Below, &a.Gone) },
		`select r.id, r.upstream, r.below, r.gone from import_run r where r.what = 'products' and r.state = 'ready' and r.nightly = true and r.alarm <> '' and r.seen_at is null
			and not exists (select 1 from import_run n where n.upstream = r.upstream and n.what = 'products' and n.id > r.id and n.state = 'ready' and n.kind = '') order by r.upstream`)
}

// DismissImport puts the alarm of a run aside, and that of the nights after it
// while they say the same. ErrStale when there is none.
func (db *DB) DismissImport(ctx context.Context, by Actor, runID int64) error {
	return db.transact(ctx, func(t *tx) error {
		if err := changed(ctx, t, `update import_run set seen_at = $1 where id = $2 and alarm <> '' and seen_at is null`, t.now, runID); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "import.dismiss", Object: object("import", runID)})
	})
}
