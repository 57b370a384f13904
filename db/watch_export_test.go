package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"slices"
	"sync"
)

// Watched are the texts of the queries that a book's lists have run.
type Watched struct {
	mu    sync.Mutex
	texts []string
}

// Take answers what ran since the last time, each text once.
func (w *Watched) Take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	texts := w.texts
	w.texts = nil
	slices.Sort(texts)
	return slices.Compact(texts)
}

// Watch has the book, which was opened at target, read through connections that
// write every query down.
func (db *DB) Watch(target string) *Watched {
	w := &Watched{}
	dsn := target
	if db.engine == sqlite {
		dsn = "file:" + target + "?_pragma=query_only(1)&_time_format=sqlite&_timezone=UTC"
	}
	before := db.read.DB
	db.read = reader{DB: sql.OpenDB(watching{before.Driver(), dsn, w})} // nothing is prepared before it runs
	if before != db.write {
		before.Close()
	}
	return w
}

type watching struct {
	by  driver.Driver
	dsn string
	to  *Watched
}

func (c watching) Driver() driver.Driver { return c.by }

func (c watching) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.by.Open(c.dsn)
	return watchedConn{conn, c.to}, err
}

// watchedConn offers database/sql nothing but Prepare, through which every query goes.
type watchedConn struct {
	driver.Conn
	to *Watched
}

func (c watchedConn) Prepare(query string) (driver.Stmt, error) {
	c.to.mu.Lock()
	c.to.texts = append(c.to.texts, query)
	c.to.mu.Unlock()
	return c.Conn.Prepare(query)
}

func (c watchedConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// Plan is how the engine would run a query, a step per line. On PostgreSQL it may
// read a whole table only where there is no other way.
func (db *DB) Plan(ctx context.Context, query string, values int) ([]string, error) {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	nulls := make([]any, values)
	if db.engine == sqlite {
		return collect(ctx, conn, func(s scanner) (step string, err error) {
			var id, parent, rest int
			return step, s.Scan(&id, &parent, &rest, &step)
		}, `explain query plan `+query, nulls...)
	}
	for _, setting := range []string{`set enable_seqscan = off`, `set plan_cache_mode = force_generic_plan`, `prepare asked as ` + query} {
		if _, err := conn.ExecContext(ctx, setting); err != nil {
			return nil, err
		}
	}
	defer conn.ExecContext(ctx, `deallocate asked; reset enable_seqscan; reset plan_cache_mode`)
	execute := `explain execute asked`
	for i := range values {
		execute += map[bool]string{true: "(null", false: ", null"}[i == 0]
	}
	if values > 0 {
		execute += ")"
	}
	return collect(ctx, conn, func(s scanner) (step string, err error) { return step, s.Scan(&step) }, execute)
}
