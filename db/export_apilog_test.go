package db

import "context"

// Count reads one number.
func (db *DB) Count(ctx context.Context, query string) (n int, err error) {
	return n, db.read.QueryRowContext(ctx, query).Scan(&n)
}
