// Package dbtest gives tests a fresh, real book.
package dbtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"database/sql"

	"certbay/db"
)

// Open gives an empty book: a new SQLite file, or a new PostgreSQL database
// beside the one TEST_DATABASE_URL names. It is gone when the test ends.
func Open(t testing.TB) *db.DB {
	t.Helper()
	book, err := db.Open(context.Background(), Target(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { book.Close() })
	return book
}

// Target is the address of an empty book for tests that open it themselves.
func Target(t testing.TB) string {
	t.Helper()
	server := os.Getenv("TEST_DATABASE_URL")
	if server == "" {
		return filepath.Join(t.TempDir(), "book.db")
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	suffix := make([]byte, 6)
	rand.Read(suffix)
	name := "certbay_test_" + hex.EncodeToString(suffix)
	if _, err := admin.Exec(`create database ` + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		again, err := sql.Open("pgx", server)
		if err != nil {
			t.Error(err)
			return
		}
		defer again.Close()
		if _, err := again.Exec(`drop database ` + name + ` with (force)`); err != nil {
			t.Error(err)
		}
	})
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	target.Path = "/" + name
	return target.String()
}
