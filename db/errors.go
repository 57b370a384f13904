package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What the book answers when it can't do as asked. web/errors.go owns the words
// that a person reads.
var (
	ErrNotFound     = errors.New("not found")
	ErrStale        = errors.New("changed meanwhile")
	ErrDuplicate    = errors.New("exists already")
	ErrForbidden    = errors.New("not allowed")
	ErrNotSold      = errors.New("not sold to this reseller")
	ErrInvalid      = errors.New("invalid")
	ErrSuspended    = errors.New("suspended")
	ErrGone         = errors.New("expired or revoked")
	errRetry        = errors.New("the engine asks to try again")
	errForeignKey   = errors.New("names a row that is not there")
	errCheckRefused = errors.New("refused by a check of the schema")
)

// InsufficientCredit is the refusal of a debit. Amounts are USD cents.
type InsufficientCredit struct {
	Needed    int64
	Available int64
}

func (e *InsufficientCredit) Error() string { return "not enough credit" }

// driverError turns what a driver says into what the book says, by code.
func driverError(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "23505":
			return errors.Join(ErrDuplicate, err)
		case "23503":
			return errors.Join(errForeignKey, err)
		case "23514":
			return errors.Join(errCheckRefused, err)
		case "40001", "40P01":
			return errors.Join(errRetry, err)
		}
		return err
	}
	var lite *modernc.Error
	if errors.As(err, &lite) {
		switch lite.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return errors.Join(ErrDuplicate, err)
		case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return errors.Join(errForeignKey, err)
		case sqlite3.SQLITE_CONSTRAINT_CHECK:
			return errors.Join(errCheckRefused, err)
		}
		if code := lite.Code() & 0xff; code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED {
			return errors.Join(errRetry, err)
		}
	}
	return err
}
