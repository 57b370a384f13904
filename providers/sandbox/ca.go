// Package sandbox is an upstream inside the binary: a certificate authority with a root and an intermediate of its own, which
// really checks domain control (over DNS, HTTP and mail) and issues real X.509 that nobody but its own root vouches for.
//
// Its memory is a SQLite file of its own, so that a crash of the portal does not lose the upstream's side of the story, and
// everything it says happened (an order accepted, a certificate issued) was on disk before it said so. It moves when it is
// asked: Status and Recheck look at domain control, finish vetting whose time has come, and issue.
package sandbox

import (
	"context"
	"crypto"
	"crypto/x509"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	_ "modernc.org/sqlite" // the driver of the CA's memory

	"certbay/providers"
	"certbay/providers/dcv"
)

//go:embed schema.sql
var schema string

// Options are what a CA needs from its surroundings.
type Options struct {
	// Path of the CA's memory; made with its folder's permissions if it is not there. Holds the CA's private keys.
	Path string

	// Checker looks at domain control.
	Checker *dcv.Checker

	// Mail sends a plain text mail. nil: the CA does not offer e-mail validation.
	Mail func(ctx context.Context, to, subject, body string) error

	// BaseURL is what the approval links in mails start with; the page is mounted at BaseURL + "/sandbox/approve/{token}".
	BaseURL string

	// Now is the clock; nil = time.Now.
	Now func() time.Time

	// Vetting is how long the CA takes over the organisation of an OV, EV or code signing order once domain control is shown.
	// 0 = 30 seconds, negative = none.
	Vetting time.Duration

	// CheckEvery is the least time between two looks at the domain control of one order that Status makes by itself; Recheck
	// does not wait. 0 = 20 seconds, negative = every Status looks.
	CheckEvery time.Duration
}

// CA is the sandbox's certificate authority. Safe for concurrent use, also by several processes on one file.
type CA struct {
	db       *sql.DB
	o        Options
	products []providers.Product

	root, issuer *x509.Certificate
	key          crypto.Signer // of issuer
	chain        string        // PEM: issuer, root
}

var (
	_ providers.Provider       = (*CA)(nil)
	_ providers.Finder         = (*CA)(nil)
	_ providers.DCVChanger     = (*CA)(nil)
	_ providers.Resender       = (*CA)(nil)
	_ providers.Rechecker      = (*CA)(nil)
	_ providers.ApproverEmails = (*CA)(nil)
	_ providers.Canceler       = (*CA)(nil)
	_ providers.Reissuer       = (*CA)(nil)
	_ providers.Renewer        = (*CA)(nil)
	_ providers.Revoker        = (*CA)(nil)
	_ providers.Licencer       = (*CA)(nil)
	_ providers.OrderLister    = (*CA)(nil)
	_ providers.Prober         = (*CA)(nil)
)

// Open opens the CA's memory, or makes a new CA there.
func Open(ctx context.Context, o Options) (*CA, error) {
	if o.Path == "" || o.Checker == nil {
		return nil, errors.New("sandbox: a path and a checker are needed")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Vetting == 0 {
		o.Vetting = 30 * time.Second
	}
	if o.CheckEvery == 0 {
		o.CheckEvery = 20 * time.Second
	}
	// The file is made here and not by the driver because it will hold private keys.
	f, err := os.OpenFile(o.Path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	f.Close()
	q := url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
		"_txlock": {"immediate"},
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: o.Path}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	db.SetMaxOpenConns(4)
	ca := &CA{db: db, o: o, products: catalog()}
	if _, err = db.ExecContext(ctx, schema); err == nil {
		err = ca.loadAuthority(ctx)
	}
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("sandbox: opening %s: %w", o.Path, err)
	}
	return ca, nil
}

// Close closes the CA's memory.
func (ca *CA) Close() error { return ca.db.Close() }

// RootPEM is the root certificate, for those who want to verify what the sandbox issued.
func (ca *CA) RootPEM() string { return encode(ca.root) }

func (ca *CA) now() time.Time { return ca.o.Now().UTC() }

// tx runs f in one transaction that holds the write lock from its beginning.
func (ca *CA) tx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := ca.db.BeginTx(ctx, nil)
	if err != nil {
		return failed(ctx, err)
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return failed(ctx, err)
	}
	return failed(ctx, tx.Commit())
}

// failed tells our own answers from trouble with the file, and keeps the caller's context readable in the error.
func failed(ctx context.Context, err error) error {
	switch {
	case err == nil,
		errors.Is(err, providers.ErrRefused), errors.Is(err, providers.ErrUnknown), errors.Is(err, providers.ErrNotReady):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("sandbox: %w", ctx.Err())
	}
	return fmt.Errorf("sandbox: %w: %w", providers.ErrUnavailable, err)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
