package db

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"
)

// CertificateState is where one certificate of an order stands.
type CertificateState string

const (
	CertificateRequested CertificateState = "requested"
	CertificateIssued    CertificateState = "issued"
	CertificateRefused   CertificateState = "refused"
	CertificateCancelled CertificateState = "cancelled"
	CertificateRevoked   CertificateState = "revoked"
)

// Certificate is one certificate that was asked for within an order's term.
type Certificate struct {
	ID         int64
	OrderID    int64
	Reference  string // ours, unique; the upstream is asked for it when a call broke off
	Upstream   string
	UpstreamID string // empty until the upstream accepted
	CSR        string // PEM; empty for licences
	State      CertificateState
	Serial     string // lower-case hex
	NotBefore  time.Time
	NotAfter   time.Time
	PEM        string // the certificate
	Chain      string // PEM, from its issuer upward
	CreatedAt  time.Time
	IssuedAt   time.Time
}

const certificateColumns = `id, order_id, reference, upstream, upstream_id, csr, state, serial, not_before, not_after, pem, chain, created_at, issued_at`

func scanCertificate(s scanner) (c Certificate, err error) {
	err = s.Scan(&c.ID, &c.OrderID, &c.Reference, &c.Upstream, &c.UpstreamID, &c.CSR, &c.State, &c.Serial,
		moment{&c.NotBefore}, moment{&c.NotAfter}, &c.PEM, &c.Chain, moment{&c.CreatedAt}, moment{&c.IssuedAt})
	return c, err
}

// Certificates lists the certificates of an order, newest first.
func (db *DB) Certificates(ctx context.Context, orderID int64) ([]Certificate, error) {
	return certificates(ctx, db.read, orderID)
}

func certificates(ctx context.Context, q querier, orderID int64) ([]Certificate, error) {
	return collect(ctx, q, scanCertificate, `select `+certificateColumns+` from certificate where order_id = $1 order by id desc`, orderID)
}

// Certificate finds a certificate by id; for the worker.
func (db *DB) Certificate(ctx context.Context, id int64) (Certificate, error) {
	return one(ctx, db.read, scanCertificate, `select `+certificateColumns+` from certificate where id = $1`, id)
}

// IssuedCertificate finds the newest issued certificate of an order; ErrNotFound
// while there is none.
func (db *DB) IssuedCertificate(ctx context.Context, orderID int64) (Certificate, error) {
	return one(ctx, db.read, scanCertificate, `select `+certificateColumns+` from certificate where order_id = $1 and state = 'issued' order by id desc limit 1`, orderID)
}

// requested is a wish for a certificate as written into the book.
type requested struct{ certificateID, jobID int64 }

// requestCertificate writes the wish for a certificate (or a licence) and the
// job that submits it.
func requestCertificate(ctx context.Context, t *tx, o Order, csr string) (requested, error) {
	return writeCertificate(ctx, t, o, csr, JobSubmit)
}

// The reference ends in a word of its own: two books that buy with one account, or
// one that was restored, number their orders alike and must not find each other's.
func writeCertificate(ctx context.Context, t *tx, o Order, csr string, kind JobKind) (r requested, err error) {
	var upstream string
	if err = t.QueryRowContext(ctx, `select f.upstream from offer f join orders o on o.offer_id = f.id where o.id = $1`, o.ID).Scan(&upstream); err != nil {
		return r, err
	}
	var attempt int
	if err = t.QueryRowContext(ctx, `select count(*) + 1 from certificate where order_id = $1`, o.ID).Scan(&attempt); err != nil {
		return r, err
	}
	r.certificateID, err = insert(ctx, t, `insert into certificate (order_id, reference, upstream, csr, state, created_at) values ($1, $2, $3, $4, 'requested', $5) returning id`,
		o.ID, fmt.Sprintf("%s-%d-%s", o.Number, attempt, strings.ToLower(rand.Text()[:8])), upstream, csr, t.now)
	if err != nil {
		return r, err
	}
	r.jobID, err = enqueue(ctx, t, kind, r.certificateID, nil, t.now)
	return r, err
}
