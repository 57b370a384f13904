package db

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// ErrBackupElsewhere is the answer of a PostgreSQL book: its backup is pg_dump's work.
var ErrBackupElsewhere = errors.New("this book is on PostgreSQL: back it up with pg_dump")

// Backup writes a consistent copy of a SQLite book to a new file, readable by its
// owner only, while the book is in use. The file must not exist.
func (db *DB) Backup(ctx context.Context, file string) error {
	if db.engine != sqlite {
		return ErrBackupElsewhere
	}
	// Made first and empty, so that the copy never stands there for all to read.
	made, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	made.Close()
	if err := db.copyTo(ctx, file); err != nil {
		os.Remove(file)
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// copyTo copies from a reading connection, so that writers don't wait. For the
// copy it may write, which readers otherwise can't.
func (db *DB) copyTo(ctx context.Context, file string) error {
	conn, err := db.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `pragma query_only(0)`); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), `pragma query_only(1)`)
	_, err = conn.ExecContext(ctx, `vacuum into $1`, file)
	return err
}
