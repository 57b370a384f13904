// Package dbtest gives tests a fresh, real book.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"certbay/db"
)

// Open gives an empty book: a new SQLite file, or a new schema in the
// PostgreSQL database that TEST_DATABASE_URL names. It is gone when the test ends.
func Open(t testing.TB) *db.DB {
	t.Helper()
	return OpenAt(t, Target(t))
}

// OpenAt opens the book at a Target until the test ends.
func OpenAt(t testing.TB, target string) *db.DB {
	t.Helper()
	book, err := db.Open(context.Background(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { book.Close() })
	key := make([]byte, db.KeySize)
	rand.Read(key)
	if err := book.Unlock(context.Background(), db.KeySource{Text: base64.StdEncoding.EncodeToString(key)}); err != nil {
		t.Fatal(err)
	}
	return book
}

// Target is the address of an empty book for tests that open it themselves. On
// PostgreSQL it is a schema of its own, which costs far less than a database.
func Target(t testing.TB) string {
	t.Helper()
	server := os.Getenv("TEST_DATABASE_URL")
	if server == "" {
		return filepath.Join(t.TempDir(), "book.db")
	}
	name := "test_" + strings.ToLower(rand.Text())
	if err := execute(server, `create schema `+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := execute(server, `drop schema `+name+` cascade`); err != nil {
			t.Error(err)
		}
	})
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	query := target.Query()
	query.Set("search_path", name)
	target.RawQuery = query.Encode()
	return target.String()
}

func execute(server, statement string) error {
	admin, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer admin.Close()
	_, err = admin.Exec(statement)
	return err
}
