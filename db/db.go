// Package db is the book: what was sold, to whom, for how much, and what was
// issued. One file per noun; each exported change is one transaction.
//
// The SQL is written once, in PostgreSQL's words with $1 placeholders, and runs
// on SQLite too. Times are UTC, money is integer cents (USD unless said).
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
	_ "modernc.org/sqlite"             // the "sqlite" driver
)

type engine int

const (
	sqlite engine = iota
	postgres
)

// DB is an open book. It is safe for concurrent use.
type DB struct {
	engine engine
	read   *sql.DB // SQLite: several readers; PostgreSQL: the same pool as write
	write  *sql.DB // SQLite: one connection, so writers queue instead of colliding
	path   string  // of the SQLite file

	prepared statements // of the writing connection

	// Box seals secrets that are read again; nil until Unlock. See seal.go.
	Box *Box

	// Now is the book's clock; times enter the book as UTC.
	Now func() time.Time

	// FailPoint, when set, is told the name of each step at which the process may
	// be killed in a crash test.
	FailPoint func(name string)
}

// At passes a named fail point.
func (db *DB) At(name string) {
	if db.FailPoint != nil {
		db.FailPoint(name)
	}
}

// Open opens the book at target, a file path (SQLite) or a postgres:// URL, and
// brings its schema up to date.
func Open(ctx context.Context, target string) (*DB, error) {
	return open(ctx, target, "FULL")
}

// OpenForSeeding is Open for filling a new book with many rows at once: until it
// is closed a power cut may lose the whole file (never use it on a book that
// holds anything).
func OpenForSeeding(ctx context.Context, target string) (*DB, error) {
	return open(ctx, target, "OFF")
}

func open(ctx context.Context, target, synchronous string) (*DB, error) {
	db := &DB{Now: func() time.Time { return time.Now().UTC() }}
	var err error
	if strings.HasPrefix(target, "postgres://") || strings.HasPrefix(target, "postgresql://") {
		err = db.openPostgres(target)
	} else {
		err = db.openSQLite(target, synchronous)
	}
	if err != nil {
		return nil, err
	}
	if err := db.write.PingContext(ctx); err != nil {
		db.Close()
		if db.path != "" {
			return nil, fmt.Errorf("open the book %s: %w", db.path, err)
		}
		return nil, fmt.Errorf("open the book: %w", err) // never the URL: it may hold a password
	}
	if _, err := db.Migrate(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func (db *DB) openPostgres(target string) error {
	db.engine = postgres
	pool, err := sql.Open("pgx", target)
	if err != nil {
		return fmt.Errorf("open the book: %w", err)
	}
	pool.SetMaxOpenConns(20)
	pool.SetMaxIdleConns(20)
	db.read, db.write = pool, pool
	return nil
}

// The pragmas travel in the DSN, so that every connection of the pool has them.
// synchronous=FULL because WAL with NORMAL may lose a committed debit on power
// loss; immediate because a transaction that reads and then writes fails when
// another writer came in between.
func (db *DB) openSQLite(target, synchronous string) error {
	db.engine, db.path = sqlite, target
	if dir := filepath.Dir(target); dir != "." {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("open the book %s: %w", target, err)
		}
	}
	// The file is made here and not by the driver, so that only its owner can read it.
	file, err := os.OpenFile(target, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the book: %w", err)
	}
	file.Close()
	common := url.Values{
		"_pragma": {"journal_mode(WAL)", "synchronous(" + synchronous + ")",
			"foreign_keys(1)", "busy_timeout(5000)", "temp_store(MEMORY)", "cache_size(-16000)"},
		"_time_format": {"sqlite"},
		"_timezone":    {"UTC"},
		"_txlock":      {"immediate"},
	}
	dsn := "file:" + (&url.URL{Path: target}).EscapedPath() + "?" + common.Encode()
	if db.write, err = sql.Open("sqlite", dsn); err != nil {
		return fmt.Errorf("open the book: %w", err)
	}
	db.write.SetMaxOpenConns(1)
	if db.read, err = sql.Open("sqlite", dsn+"&_pragma=query_only(1)"); err != nil {
		return fmt.Errorf("open the book: %w", err)
	}
	db.read.SetMaxOpenConns(8)
	db.read.SetMaxIdleConns(8)
	return nil
}

// Close releases the book's connections.
func (db *DB) Close() error {
	if db.read != db.write && db.read != nil {
		db.read.Close()
	}
	if db.write == nil {
		return nil
	}
	return db.write.Close()
}

// Ping says whether the book answers; /readyz asks it.
func (db *DB) Ping(ctx context.Context) error {
	var one int
	return driverError(db.read.QueryRowContext(ctx, `select 1`).Scan(&one))
}

// querier is what a pool and a transaction have in common.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// tx is one transaction and the moment it happens at.
type tx struct {
	*sql.Tx
	now time.Time

	prepared   *statements
	unprepared []string // queries met for the first time

	webhooks map[int64][]subscription // per reseller, as this transaction found them
}

// transact runs fn in one transaction: committed when fn returns nil, rolled
// back otherwise. When the engine asks to try again (deadlock, busy) fn runs
// again from the start, so fn must touch nothing outside the transaction.
func (db *DB) transact(ctx context.Context, fn func(*tx) error) error {
	const tries = 5
	for attempt := 1; ; attempt++ {
		err := db.transactOnce(ctx, fn)
		if !errors.Is(err, errRetry) || attempt == tries {
			return err
		}
		pause := time.Duration(attempt) * time.Duration(5+rand.IntN(20)) * time.Millisecond
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (db *DB) transactOnce(ctx context.Context, fn func(*tx) error) error {
	sqlTx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return driverError(err)
	}
	defer sqlTx.Rollback()
	t := &tx{Tx: sqlTx, now: db.now(), prepared: &db.prepared}
	if err := fn(t); err != nil {
		return driverError(err)
	}
	if err := sqlTx.Commit(); err != nil {
		return driverError(err)
	}
	if db.engine == sqlite {
		db.prepared.learn(ctx, db.write, t.unprepared)
	}
	return nil
}

// now is the book's clock, to the microsecond that both engines keep.
func (db *DB) now() time.Time { return db.Now().UTC().Truncate(time.Microsecond) }

// changed runs a conditional change and answers ErrStale when no row matched.
func changed(ctx context.Context, q querier, query string, args ...any) error {
	res, err := q.ExecContext(ctx, query, args...)
	if err != nil {
		return driverError(err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrStale
	}
	return nil
}

// insert runs an insert that ends in "returning id".
func insert(ctx context.Context, q querier, query string, args ...any) (int64, error) {
	var id int64
	err := q.QueryRowContext(ctx, query, args...).Scan(&id)
	return id, driverError(err)
}

// scanner is a row or rows.
type scanner interface{ Scan(dest ...any) error }

// collect reads every row of a query through scan.
func collect[T any](ctx context.Context, q querier, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, driverError(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, driverError(rows.Err())
}

// one reads a single row through scan; ErrNotFound when there is none.
func one[T any](ctx context.Context, q querier, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	item, err := scan(q.QueryRowContext(ctx, query, args...))
	if err != nil {
		var none T
		return none, driverError(err)
	}
	return item, nil
}

// moment scans a time that may be null; the zero time stands for null.
type moment struct{ to *time.Time }

func (m moment) Scan(src any) error {
	var t sql.NullTime
	if err := t.Scan(src); err != nil {
		return err
	}
	*m.to = t.Time.UTC()
	return nil
}

// orNull stores the zero time as null.
func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Truncate(time.Microsecond)
}

// nextNumber takes the next gapless number of a counter within the transaction,
// as PREFIX-2026-0042.
func nextNumber(ctx context.Context, t *tx, prefix string) (string, error) {
	year := t.now.Year()
	var value int64
	err := t.QueryRowContext(ctx,
		`insert into counter (name, value) values ($1, 1)
		 on conflict (name) do update set value = counter.value + 1 returning value`,
		fmt.Sprintf("%s-%d", prefix, year)).Scan(&value)
	return fmt.Sprintf("%s-%d-%04d", prefix, year, value), err
}

// Page is one page of a list: rows from Offset, at most Limit, and how many
// there are in all.
type Page struct {
	Limit  int
	Offset int
}

func (p Page) bounded() Page {
	if p.Limit <= 0 || p.Limit > 200 {
		p.Limit = 50
	}
	if p.Offset < 0 {
		p.Offset = 0
	}
	return p
}
