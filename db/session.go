package db

import (
	"context"
	"errors"
	"time"
)

// Session is the visit of one browser. The book knows it by the SHA-256 of the
// id that only the browser's cookie has.
type Session struct {
	IDHash    string
	PersonID  int64  // 0: not signed in
	Data      string // what web/session keeps in it
	IP        string
	Agent     string // the browser, as it calls itself
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

const sessionColumns = `id_hash, coalesce(person_id, 0), data, ip, agent, created_at, seen_at, expires_at`

func scanSession(s scanner) (v Session, err error) {
	return v, s.Scan(&v.IDHash, &v.PersonID, &v.Data, &v.IP, &v.Agent, moment{&v.CreatedAt}, moment{&v.SeenAt}, moment{&v.ExpiresAt})
}

// CreateSession writes a new session; ErrDuplicate when the id is taken.
func (db *DB) CreateSession(ctx context.Context, s Session) error {
	return db.transact(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx,
			`insert into session (id_hash, person_id, data, ip, agent, created_at, seen_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			s.IDHash, idOrNull(s.PersonID), s.Data, s.IP, s.Agent, orNull(s.CreatedAt), orNull(s.SeenAt), orNull(s.ExpiresAt))
		return err
	})
}

// UpdateSession writes what a session keeps and when it was seen. ErrNotFound
// when it was ended meanwhile: a request that was under way never revives it.
func (db *DB) UpdateSession(ctx context.Context, s Session) error {
	err := db.transact(ctx, func(t *tx) error {
		return changed(ctx, t, `update session set data = $1, ip = $2, agent = $3, seen_at = $4, expires_at = $5 where id_hash = $6`,
			s.Data, s.IP, s.Agent, orNull(s.SeenAt), orNull(s.ExpiresAt), s.IDHash)
	})
	if errors.Is(err, ErrStale) {
		return ErrNotFound
	}
	return err
}

// Session reads a session by the hash of its id, expired ones included.
func (db *DB) Session(ctx context.Context, idHash string) (Session, error) {
	return one(ctx, db.read, scanSession, `select `+sessionColumns+` from session where id_hash = $1`, idHash)
}

// DeleteSession ends a session that may or may not be there.
func (db *DB) DeleteSession(ctx context.Context, idHash string) error {
	return db.transact(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `delete from session where id_hash = $1`, idHash)
		return err
	})
}

// SessionsOf lists a person's living sessions, the one seen last first.
func (db *DB) SessionsOf(ctx context.Context, personID int64) ([]Session, error) {
	return collect(ctx, db.read, scanSession,
		`select `+sessionColumns+` from session where person_id = $1 and expires_at > $2 order by seen_at desc, id_hash`, personID, db.now())
}

// EndSession ends one of a person's sessions; ErrNotFound when it is not theirs.
func (db *DB) EndSession(ctx context.Context, by Actor, personID int64, idHash string) error {
	return db.transact(ctx, func(t *tx) error {
		p, err := personByID(ctx, t, personID)
		if err != nil {
			return err
		}
		err = changed(ctx, t, `delete from session where id_hash = $1 and person_id = $2`, idHash, personID)
		if errors.Is(err, ErrStale) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "session.end", Object: object("person", personID), ResellerID: p.ResellerID})
	})
}

// EndOtherSessions ends all of a person's sessions but one.
func (db *DB) EndOtherSessions(ctx context.Context, by Actor, personID int64, keepIDHash string) error {
	return db.transact(ctx, func(t *tx) error {
		p, err := personByID(ctx, t, personID)
		if err != nil {
			return err
		}
		err = changed(ctx, t, `delete from session where person_id = $1 and id_hash <> $2`, personID, keepIDHash)
		if errors.Is(err, ErrStale) {
			return nil // there was no other
		}
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "session.end_others", Object: object("person", personID), ResellerID: p.ResellerID})
	})
}

// PurgeSessions forgets what people left behind: expired sessions, password
// links a day after they expired, and attempts counted more than a day ago.
func (db *DB) PurgeSessions(ctx context.Context, now time.Time) error {
	now = now.UTC().Truncate(time.Microsecond)
	return db.transact(ctx, func(t *tx) error {
		if _, err := t.ExecContext(ctx, `delete from session where expires_at <= $1`, now); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `delete from password_reset where expires_at <= $1`, now.Add(-24*time.Hour)); err != nil {
			return err
		}
		_, err := t.ExecContext(ctx, `delete from throttle where window_start <= $1`, now.Add(-24*time.Hour))
		return err
	})
}
