// Package command has the commands that work on a book and end: kong fills their
// fields from flags and environment, and calls Run.
package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"certbay/db"
)

// Book says which book a command works on.
type Book struct {
	Data     string `help:"Folder of the embedded book and everything else that is kept." type:"path" default:"${data}" placeholder:"DIR"`
	Database string `help:"The book: a SQLite file or a postgres:// URL. Default: book.db in the data folder." placeholder:"BOOK"`
}

// Target is the book's address, as db.Open takes it.
func (b Book) Target() string { return cmp.Or(b.Database, filepath.Join(b.Data, "book.db")) }

// Open opens the book, or makes it.
func (b Book) Open(ctx context.Context) (*db.DB, error) { return db.Open(ctx, b.Target()) }

// OpenExisting is Open for commands that make no sense on a book that is not there.
func (b Book) OpenExisting(ctx context.Context) (*db.DB, error) {
	if !strings.Contains(b.Target(), "://") {
		if _, err := os.Stat(b.Target()); err != nil {
			return nil, fmt.Errorf("no book at %s", b.Target())
		}
	}
	return b.Open(ctx)
}

// Migrate brings a book's schema up to date.
type Migrate struct{ Book }

// Run does it.
func (m Migrate) Run(ctx context.Context) error {
	book, err := m.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	fmt.Println("the book's schema is up to date")
	return nil
}

// CreateAdmin makes an administrator.
type CreateAdmin struct {
	Book
	Email string `arg:"" help:"E-mail address to sign in with."`
	Name  string `arg:"" help:"Name as others see it."`
}

// Run reads the password and makes them.
func (a CreateAdmin) Run(ctx context.Context) error {
	password := os.Getenv("CERTBAY_PASSWORD")
	if password == "" {
		if _, err := fmt.Fscanln(os.Stdin, &password); err != nil {
			return errors.New("no password: set CERTBAY_PASSWORD or write it to standard input")
		}
	}
	book, err := a.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	if _, err := book.CreateAdmin(ctx, a.Name, a.Email, password); err != nil {
		return err
	}
	fmt.Printf("%s can sign in now\n", a.Email)
	return nil
}

// Verify checks every rule of a book.
type Verify struct{ Book }

// Run answers the first broken row as an error.
func (v Verify) Run(ctx context.Context) error {
	book, err := v.OpenExisting(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	seen, err := book.Verify(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("the book is sound: %d ledger transactions, %d orders, %d audit rows\n", seen.Transactions, seen.Orders, seen.AuditRows)
	return nil
}

// Rebuild computes the kept statistics anew.
type Rebuild struct{ Book }

// Run does it.
func (r Rebuild) Run(ctx context.Context) error {
	book, err := r.OpenExisting(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	return book.RebuildStats(ctx)
}

// Backup copies a SQLite book while it is in use.
type Backup struct {
	Book
	File string `arg:"" help:"The new file." type:"path"`
}

// Run writes the copy.
func (b Backup) Run(ctx context.Context) error {
	book, err := b.OpenExisting(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	if err := book.Backup(ctx, b.File); err != nil {
		return err
	}
	fmt.Printf("the book is copied to %s\n", b.File)
	return nil
}

// Version prints the program's version.
type Version struct{}

// Run does it.
func (Version) Run() error {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				version += " " + s.Value
			}
		}
	}
	fmt.Println("certbay", version)
	return nil
}
