package db

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// APIRequest is a request to the API as the log keeps it: no body, no header, no
// secret.
type APIRequest struct {
	ID         int64
	ResellerID int64
	KeyID      int64 // 0: tried from the page, without a key
	KeyName    string
	KeyPrefix  string
	At         time.Time
	Method     string
	Path       string // with what the caller of NoteAPIRequest keeps of the query
	Status     int
	Took       time.Duration // to the microsecond
	IP         string
}

const (
	// APILogDays is how long a request stays in the log.
	APILogDays = 30

	apiLogBatch = 100         // rows that are written at once
	apiLogPause = time.Second // the longest that a row waits
	apiLogMost  = 10_000      // rows that wait at most
	apiLogTries = 5           // failures in a row after which a batch is given up
	maxLogPath  = 500         // bytes
)

// requestLog holds requests until they are written.
type requestLog struct {
	mu       sync.Mutex
	waiting  []APIRequest // guarded by mu, oldest first
	timer    *time.Timer  // guarded by mu; nil: nothing waits
	failures int          // guarded by mu, in a row
	lost     int64        // guarded by mu
	closed   bool         // guarded by mu

	writing sync.Mutex // held by whoever writes a batch
}

// NoteAPIRequest takes a request down. It returns at once and never fails: rows
// are gathered in memory and written a hundred at a time or after a second,
// whichever comes first, and when the book is closed, so that a request does not
// cost a durable commit of its own. A crash may lose the last second; when the
// engine does not keep up, rows beyond ten thousand are lost and counted.
func (db *DB) NoteAPIRequest(r APIRequest) {
	r.Method, r.Path, r.IP = legible(r.Method, 20), legible(r.Path, maxLogPath), legible(r.IP, 64)
	l := &db.requests
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.waiting) >= apiLogMost {
		l.lost++
		return
	}
	l.waiting = append(l.waiting, r)
	switch {
	case l.timer == nil:
		l.timer = time.AfterFunc(apiLogPause, db.writeAPILog)
	case len(l.waiting) == apiLogBatch:
		l.timer.Reset(0)
	}
}

// legible is text that either engine keeps, of at most most bytes.
func legible(text string, most int) string {
	if len(text) > most {
		text = text[:most]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}

// APIRequestsLost counts the requests that are in no log since the book was opened.
func (db *DB) APIRequestsLost() int64 {
	db.requests.mu.Lock()
	defer db.requests.mu.Unlock()
	return db.requests.lost
}

// writeAPILog is the timer's turn: it writes what waits, and comes again when
// that fails.
func (db *DB) writeAPILog() {
	l := &db.requests
	l.mu.Lock()
	l.timer = nil
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = db.FlushAPILog(ctx) // what could not be written waits for the next turn
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) > 0 && l.timer == nil && !l.closed {
		l.timer = time.AfterFunc(apiLogPause, db.writeAPILog)
	}
}

// FlushAPILog writes every request that was noted before it was called.
func (db *DB) FlushAPILog(ctx context.Context) error {
	l := &db.requests
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	left := len(l.waiting)
	l.mu.Unlock()
	for left > 0 {
		l.mu.Lock()
		batch := slices.Clone(l.waiting[:min(left, apiLogBatch)])
		l.mu.Unlock()
		err := db.insertAPIRequests(ctx, batch)
		l.mu.Lock()
		if err != nil {
			if l.failures++; l.failures < apiLogTries {
				l.mu.Unlock()
				return err
			}
			l.lost += int64(len(batch))
		}
		l.failures = 0
		l.waiting = slices.Delete(l.waiting, 0, len(batch)) // only whoever holds writing takes rows out
		l.mu.Unlock()
		left -= len(batch)
	}
	return nil
}

func (db *DB) insertAPIRequests(ctx context.Context, rows []APIRequest) error {
	return db.transact(ctx, func(t *tx) error {
		var values []any
		for _, r := range rows {
			values = append(values, r.ResellerID, idOrNull(r.KeyID), orNull(r.At), r.Method, r.Path, r.Status, r.Status/100, r.Took.Microseconds(), r.IP)
		}
		_, err := t.ExecContext(ctx, `insert into api_request (reseller_id, key_id, at, method, path, status, class, took_us, ip) values `+tuples(len(rows), 9), values...)
		return err
	})
}

// closeAPILog writes what waits and takes nothing more.
func (db *DB) closeAPILog() {
	l := &db.requests
	l.mu.Lock()
	l.closed = true
	if l.timer != nil {
		l.timer.Stop()
	}
	waits := len(l.waiting) > 0
	l.mu.Unlock()
	if !waits {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = db.FlushAPILog(ctx) // the book is going: nobody can be told
}

// APIRequestFilter narrows the log; zero fields don't filter. A page is what
// comes before or after a row, never a count of rows to leave out.
type APIRequestFilter struct {
	KeyID  int64
	Class  int   // 2, 4 or 5: the first digit of the status
	Before int64 // older than this request
	After  int64 // newer than this request
	Limit  int   // 50 when 0
}

// APIRequests lists a reseller's requests, newest first, and says whether there
// are more in the direction that was asked for. The ones not yet written are
// written first. ErrNotFound when the key is not the reseller's.
func (db *DB) APIRequests(ctx context.Context, resellerID int64, f APIRequestFilter) ([]APIRequest, bool, error) {
	if err := db.FlushAPILog(ctx); err != nil {
		return nil, false, err
	}
	where, args := conditions{}, []any{}
	if f.KeyID != 0 {
		if _, err := apiKey(ctx, db.read, resellerID, f.KeyID); err != nil {
			return nil, false, err
		}
		where.add(&args, true, "q.key_id = ?", f.KeyID)
	} else {
		where.add(&args, true, "q.reseller_id = ?", resellerID)
	}
	where.add(&args, f.Class != 0, "q.class = ?", f.Class)
	where.add(&args, f.Before != 0, "q.id < ?", f.Before)
	where.add(&args, f.After != 0, "q.id > ?", f.After)
	order := " order by q.id desc"
	if f.After != 0 {
		order = " order by q.id"
	}
	limit := Page{Limit: f.Limit}.bounded().Limit
	args = append(args, limit+1)
	rows, err := collect(ctx, db.read, scanAPIRequest,
		`select q.id, q.reseller_id, coalesce(q.key_id, 0), coalesce(k.name, ''), coalesce(k.prefix, ''), q.at, q.method, q.path, q.status, q.took_us, q.ip
		 from api_request q left join api_key k on k.id = q.key_id`+where.clause()+order+limitTo(len(args)), args...)
	if err != nil {
		return nil, false, err
	}
	more := len(rows) > limit
	rows = rows[:min(limit, len(rows))]
	if f.After != 0 {
		slices.Reverse(rows)
	}
	return rows, more, nil
}

func scanAPIRequest(s scanner) (r APIRequest, err error) {
	var micro int64
	err = s.Scan(&r.ID, &r.ResellerID, &r.KeyID, &r.KeyName, &r.KeyPrefix, moment{&r.At}, &r.Method, &r.Path, &r.Status, &micro, &r.IP)
	r.Took = time.Duration(micro) * time.Microsecond
	return r, err
}

// PurgeAPILog forgets requests older than APILogDays, some thousand in each
// transaction, so that nobody waits long for it.
func (db *DB) PurgeAPILog(ctx context.Context) error {
	const most = 2000
	for {
		var gone int64
		err := db.transact(ctx, func(t *tx) error {
			res, err := t.ExecContext(ctx, `delete from api_request where id in (select id from api_request where at < $1 order by at limit $2)`,
				t.now.AddDate(0, 0, -APILogDays), most)
			if err != nil {
				return err
			}
			gone, err = res.RowsAffected()
			return err
		})
		if err != nil || gone < most {
			return err
		}
	}
}
