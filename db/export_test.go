package db

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// What tests of the rules need to reach below the exported operations.

// Check tidies and judges an order as placing it would.
func (n NewOrder) Check(p Product) (NewOrder, []Problem) { return n.check(p) }

// Move moves an order in a transaction of its own.
func (db *DB) Move(ctx context.Context, by Actor, orderID int64, from, to Status) error {
	return db.transact(ctx, func(t *tx) error { return move(ctx, t, by, orderID, from, to, "moved", "") })
}

// Enqueue writes a job in a transaction of its own.
func (db *DB) Enqueue(ctx context.Context, kind JobKind, subjectID int64, runAt time.Time) (id int64, err error) {
	err = db.transact(ctx, func(t *tx) (err error) {
		id, err = enqueue(ctx, t, kind, subjectID, nil, runAt)
		return err
	})
	return id, err
}

// Tamper changes rows behind the book's back.
func (db *DB) Tamper(ctx context.Context, query string, args ...any) error {
	_, err := db.write.ExecContext(ctx, query, args...)
	return err
}

// VerifyTampered verifies the book as it would be after a change behind its back,
// and undoes the change.
func (db *DB) VerifyTampered(ctx context.Context, query string) error {
	t, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer t.Rollback()
	res, err := t.ExecContext(ctx, query)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errors.New("nothing was tampered with"), err)
	}
	_, err = verify(ctx, t)
	return err
}

// Columns lists the schema as table.column, without what a sequence or goose keeps.
func (db *DB) Columns(ctx context.Context) ([]string, error) {
	query := `select m.name || '.' || c.name from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table' and m.name not like 'sqlite_%' and m.name not like 'goose_%' order by 1`
	if db.engine == postgres {
		query = `select table_name || '.' || column_name from information_schema.columns where table_schema = current_schema() and table_name not like 'goose_%' order by 1`
	}
	return collect(ctx, db.read, func(s scanner) (c string, err error) { return c, s.Scan(&c) }, query)
}

// OnPostgres says which engine the book is on.
func (db *DB) OnPostgres() bool { return db.engine == postgres }

// FigureRule is the rule that holds the statistics against what they are of.
const FigureRule = figureRule

// Rules lists the rules that Verify checks with queries.
func Rules() []string {
	var names []string
	for _, r := range slices.Concat(rules, moneyRules, licenceRules) {
		names = append(names, r.rule)
	}
	return names
}

// Balances reads the operator's accounts and one reseller's.
func (db *DB) Balances(ctx context.Context, resellerID int64) (map[AccountKind]int64, error) {
	type row struct {
		kind  AccountKind
		cents int64
	}
	rows, err := collect(ctx, db.read, func(s scanner) (r row, err error) { return r, s.Scan(&r.kind, &r.cents) },
		`select kind, balance_cents from account where reseller_id is null or reseller_id = $1`, resellerID)
	balances := map[AccountKind]int64{}
	for _, r := range rows {
		balances[r.kind] = r.cents
	}
	return balances, err
}

// Overlap lets a call begin while an uncommitted change is under way, and commits
// that change while the call waits or has read what was there before.
func (db *DB) Overlap(ctx context.Context, change string, call func() error) (answer, err error) {
	t, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer t.Rollback()
	if _, err := t.ExecContext(ctx, change); err != nil {
		return nil, err
	}
	answered := make(chan error, 1)
	go func() { answered <- call() }()
	time.Sleep(150 * time.Millisecond)
	if err := t.Commit(); err != nil {
		return nil, err
	}
	return <-answered, nil
}

// MigrationInserts are the statements of a migration that fill in rows, in order.
func MigrationInserts(file string) ([]string, error) {
	text, err := migrations.ReadFile("migrations/" + file)
	if err != nil {
		return nil, err
	}
	var inserts []string
	for statement := range strings.SplitSeq(string(text), ";") {
		if at := strings.Index(statement, "insert into "); at >= 0 {
			inserts = append(inserts, statement[at:])
		}
	}
	return inserts, nil
}

// Alongside is a change for Together.
type Alongside struct {
	Ctx context.Context
	Do  func(exec func(query string, args ...any) error) error
}

// Together commits changes as it does those of callers who wait at one time, and
// answers each.
func (db *DB) Together(wishes ...Alongside) []error {
	var changes []*change
	for _, w := range wishes {
		changes = append(changes, &change{ctx: w.Ctx, done: make(chan struct{}), fn: func(t *tx) error {
			return w.Do(func(query string, args ...any) error {
				_, err := t.ExecContext(w.Ctx, query, args...)
				return err
			})
		}})
	}
	db.commit(changes)
	var errs []error
	for _, c := range changes {
		<-c.done
		errs = append(errs, c.err)
	}
	return errs
}

// Alone makes a change of the caller's own.
func (db *DB) Alone(ctx context.Context, do func()) error {
	return db.transact(ctx, func(*tx) error {
		do()
		return nil
	})
}

// Count answers a query for one number.
func (db *DB) Count(t testing.TB, query string) (n int64) {
	t.Helper()
	if err := db.read.QueryRow(query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Pragmas are the settings of the book's connections.
var Pragmas = pragmas("FULL")

// NextOrderID has the next order get an id.
func (db *DB) NextOrderID(ctx context.Context, id int64) error {
	query, args := `insert into sqlite_sequence (name, seq) values ('orders', $1)`, []any{id - 1}
	if db.engine == postgres {
		query = `select setval(pg_get_serial_sequence('orders', 'id'), $1)`
	}
	_, err := db.write.ExecContext(ctx, query, args...)
	return err
}
