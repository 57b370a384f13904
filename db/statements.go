package db

import (
	"context"
	"database/sql"
	"sync"
)

// statements are the queries of a pool, prepared once: on SQLite reading a
// query's text costs more than running it. pgx does the same by itself.
type statements struct {
	byText sync.Map // query text → *sql.Stmt
	mu     sync.Mutex
	count  int
}

// maxStatements bounds the memory; the book has fewer queries, but for those whose
// text depends on a number of values.
const maxStatements = 500

// of is the prepared statement of a query, nil while there is none.
func (s *statements) of(query string) *sql.Stmt {
	stmt, _ := s.byText.Load(query)
	prepared, _ := stmt.(*sql.Stmt)
	return prepared
}

// learn prepares queries that were met for the first time. It comes after the
// transaction that met them, which had the one writing connection. What can't be
// prepared runs unprepared.
func (s *statements) learn(ctx context.Context, pool *sql.DB, queries []string) {
	if len(queries) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, query := range queries {
		if s.count >= maxStatements || s.of(query) != nil {
			continue
		}
		if stmt, err := pool.PrepareContext(ctx, query); err == nil {
			s.byText.Store(query, stmt)
			s.count++
		}
	}
}

// statement finds a query's prepared form for this transaction, and remembers
// the ones that have none yet.
func (t *tx) statement(ctx context.Context, query string) *sql.Stmt {
	stmt := t.prepared.of(query)
	if stmt == nil {
		t.unprepared = append(t.unprepared, query)
		return nil
	}
	return t.StmtContext(ctx, stmt)
}

func (t *tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	ctx = t.lasting(ctx)
	if stmt := t.statement(ctx, query); stmt != nil {
		return stmt.ExecContext(ctx, args...)
	}
	return t.Tx.ExecContext(ctx, query, args...)
}

func (t *tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	ctx = t.lasting(ctx)
	if stmt := t.statement(ctx, query); stmt != nil {
		return stmt.QueryContext(ctx, args...)
	}
	return t.Tx.QueryContext(ctx, query, args...)
}

func (t *tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	ctx = t.lasting(ctx)
	if stmt := t.statement(ctx, query); stmt != nil {
		return stmt.QueryRowContext(ctx, args...)
	}
	return t.Tx.QueryRowContext(ctx, query, args...)
}

// reader is the pool that questions go to. On SQLite they are prepared.
type reader struct {
	*sql.DB
	prepared *statements // nil on PostgreSQL
}

// statement is a query's prepared form, nil where it has none.
func (r reader) statement(ctx context.Context, query string) *sql.Stmt {
	if r.prepared == nil {
		return nil
	}
	stmt := r.prepared.of(query)
	if stmt == nil {
		r.prepared.learn(context.WithoutCancel(ctx), r.DB, []string{query})
		stmt = r.prepared.of(query)
	}
	return stmt
}

func (r reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if stmt := r.statement(ctx, query); stmt != nil {
		return stmt.QueryContext(ctx, args...)
	}
	return r.DB.QueryContext(ctx, query, args...)
}

func (r reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if stmt := r.statement(ctx, query); stmt != nil {
		return stmt.QueryRowContext(ctx, args...)
	}
	return r.DB.QueryRowContext(ctx, query, args...)
}
