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

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the "sqlite" driver
)

type engine int

const (
	sqlite engine = iota
	postgres
)

// DB is an open book. It is safe for concurrent use.
type DB struct {
	engine engine
	read   reader  // SQLite: several readers; PostgreSQL: the same pool as write
	write  *sql.DB // SQLite: one connection, so writers queue instead of colliding
	path   string  // of the SQLite file

	prepared statements // of the writing connection
	changes  queue      // to be written to the SQLite file

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
	config, err := pgx.ParseConfig(target)
	if err != nil {
		return fmt.Errorf("open the book: %w", err)
	}
	// A time that a query turns into text reads as it does on SQLite.
	config.RuntimeParams["timezone"], config.RuntimeParams["datestyle"] = "UTC", "ISO"
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(20)
	pool.SetMaxIdleConns(20)
	db.read.DB, db.write = pool, pool
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
	dsn := "file:" + (&url.URL{Path: target}).EscapedPath() + "?" + pragmas(synchronous)
	db.changes.turn = make(chan struct{}, 1)
	if db.write, err = sql.Open("sqlite", dsn); err != nil {
		return fmt.Errorf("open the book: %w", err)
	}
	db.write.SetMaxOpenConns(1)
	db.read.prepared = &statements{}
	if db.read.DB, err = sql.Open("sqlite", dsn+"&_pragma=query_only(1)"); err != nil {
		return fmt.Errorf("open the book: %w", err)
	}
	db.read.SetMaxOpenConns(8)
	db.read.SetMaxIdleConns(8)
	return nil
}

// pragmas are the settings of every connection to a SQLite book.
func pragmas(synchronous string) string {
	return url.Values{
		"_pragma": {"journal_mode(WAL)", "synchronous(" + synchronous + ")",
			"foreign_keys(1)", "busy_timeout(5000)", "temp_store(MEMORY)", "cache_size(-16000)",
			"wal_autocheckpoint(4000)"}, // 16 MB: a checkpoint is one caller's wait, so there are few
		"_time_format": {"sqlite"},
		"_timezone":    {"UTC"},
		"_txlock":      {"immediate"},
	}.Encode()
}

// Close releases the book's connections.
func (db *DB) Close() error {
	if db.read.DB != db.write && db.read.DB != nil {
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

// transact runs fn in one transaction: committed when fn returns nil, rolled
// back otherwise. When the engine asks to try again (deadlock, busy) fn runs
// again from the start, so fn must touch nothing outside the transaction, nor read
// the book but through it.
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
	c := &change{ctx: ctx, fn: fn, done: make(chan struct{})}
	if db.engine == sqlite {
		db.changes.add(c, db.commit)
	} else {
		db.commit([]*change{c})
	}
	var p *panicked
	if errors.As(c.err, &p) {
		panic(p)
	}
	return c.err
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

// nextNumbers takes the next gapless number of each counter within the
// transaction, by prefix, as PREFIX-2026-0042. Whoever takes several names them
// in one order everywhere.
func nextNumbers(ctx context.Context, t *tx, prefixes ...string) (map[string]string, error) {
	var rows []any
	for _, prefix := range prefixes {
		rows = append(rows, fmt.Sprintf("%s-%d", prefix, t.now.Year()), 1)
	}
	numbers := map[string]string{}
	_, err := collect(ctx, t, func(s scanner) (name string, err error) {
		var value int64
		err = s.Scan(&name, &value)
		prefix, _, _ := strings.Cut(name, "-")
		numbers[prefix] = fmt.Sprintf("%s-%04d", name, value)
		return name, err
	}, `insert into counter (name, value) values `+tuples(len(prefixes), 2)+`
		 on conflict (name) do update set value = counter.value + 1 returning name, value`, rows...)
	return numbers, err
}
