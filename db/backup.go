package db

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// ErrBackupElsewhere is the answer of a PostgreSQL book: its backup is pg_dump's work.
var ErrBackupElsewhere = errors.New("this book is on PostgreSQL: back it up with pg_dump")

// Backup writes a consistent copy of a SQLite book to a new file while the book
// is in use. The file must not exist.
func (db *DB) Backup(ctx context.Context, file string) error {
	if db.engine != sqlite {
		return ErrBackupElsewhere
	}
	if _, err := os.Stat(file); err == nil {
		return fmt.Errorf("backup: %s exists already", file)
	}
	if _, err := db.read.ExecContext(ctx, `vacuum into $1`, file); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return os.Chmod(file, 0o600)
}
