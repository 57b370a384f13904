package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"certbay/db/certs"
)

// LookProblem is why nothing was presented.
type LookProblem string

const (
	LookNoHost      LookProblem = "no_host"     // the name leads nowhere
	LookNotPublic   LookProblem = "not_public"  // it leads to no public address
	LookUnreachable LookProblem = "unreachable" // nothing answers on port 443
	LookNoTLS       LookProblem = "no_tls"      // what answers speaks no TLS
)

// Installation is the last look at how a certificate is installed: one of an order,
// or one from elsewhere.
type Installation struct {
	ID         int64
	ResellerID int64
	OrderID    int64 // 0: from elsewhere
	ExternalID int64
	Host       string    // what was connected to, on port 443
	LookedAt   time.Time // zero before the first look is over
	Problem    LookProblem
	certs.Installed
}

// InOrder says that it was looked at and nothing is to be mended.
func (i Installation) InOrder() bool {
	return !i.LookedAt.IsZero() && i.Problem == "" && i.Installed.InOrder()
}

// Pending says that a look which was asked for at begun is not over yet.
func (i Installation) Pending(begun time.Time) bool {
	return i.LookedAt.Before(begun.UTC().Truncate(time.Microsecond))
}

const installationColumns = `i.id, i.reseller_id, coalesce(i.order_id, 0), coalesce(i.external_id, 0), i.host, i.looked_at, i.problem, i.serial, i.issuer, i.not_after,
	i.same, i.name_matches, i.in_time, i.chain_complete`

func scanInstallation(s scanner) (i Installation, err error) {
	return i, s.Scan(&i.ID, &i.ResellerID, &i.OrderID, &i.ExternalID, &i.Host, moment{&i.LookedAt}, &i.Problem, &i.Serial, &i.IssuerName, moment{&i.NotAfter},
		&i.Same, &i.NameMatches, &i.InTime, &i.ChainComplete)
}

// webHost is the name whose web server shows a certificate: the name itself, and of
// a wildcard the name it hangs below, or where that is none of its names, www there.
func webHost(name string, names []string) string {
	base, wild := strings.CutPrefix(name, "*.")
	if wild && !slices.Contains(names, base) {
		return "www." + base
	}
	return base
}

// AskInstallation asks for a look at how an order's certificate is installed, and
// answers the job to wait for. ErrNotFound for another reseller's order, ErrStale
// while nothing is issued or where no web server shows it (code signing, a licence).
func (db *DB) AskInstallation(ctx context.Context, resellerID, orderID int64) (jobID int64, err error) {
	o, err := db.Order(ctx, resellerID, orderID)
	if err != nil {
		return 0, err
	}
	cert, err := db.IssuedCertificate(ctx, orderID)
	if errors.Is(err, ErrNotFound) || err == nil && (cert.PEM == "" || o.Domain == "" || o.Kind == KindLicence || o.Kind == KindCodeSigning) {
		return 0, fmt.Errorf("installation of order %d: %w", orderID, ErrStale)
	}
	if err != nil {
		return 0, err
	}
	info, err := certs.Describe(cert.PEM)
	if err != nil {
		return 0, err
	}
	err = db.transact(ctx, func(t *tx) error {
		jobID, err = askLook(ctx, t, "order_id", orderID, resellerID, webHost(o.Domain, info.Names))
		return err
	})
	return jobID, err
}

// AskExternalInstallation is AskInstallation for a certificate from elsewhere.
func (db *DB) AskExternalInstallation(ctx context.Context, resellerID, externalID int64) (jobID int64, err error) {
	x, err := db.ExternalCertificate(ctx, resellerID, externalID)
	if err != nil {
		return 0, err
	}
	err = db.transact(ctx, func(t *tx) error {
		jobID, err = askLook(ctx, t, "external_id", x.ID, resellerID, webHost(x.CommonName, []string{strings.TrimPrefix(x.CommonName, "*.")}))
		return err
	})
	return jobID, err
}

// askLook writes the job that looks, unless one waits; column says whose it is.
func askLook(ctx context.Context, t *tx, column string, subject, resellerID int64, host string) (jobID int64, err error) {
	id, err := insert(ctx, t, `insert into installation (reseller_id, `+column+`, host) values ($1, $2, $3)
		on conflict (`+column+`) do update set host = excluded.host returning id`, resellerID, subject, host)
	if err != nil {
		return 0, err
	}
	err = t.QueryRowContext(ctx, `select id from job where kind = $1 and subject_id = $2 and failed = false`, JobInstallation, id).Scan(&jobID)
	if err = driverError(err); !errors.Is(err, ErrNotFound) {
		return jobID, err
	}
	return enqueue(ctx, t, JobInstallation, id, nil, t.now)
}

// Installation is the last look at an order's certificate; ErrNotFound when nobody
// asked for one.
func (db *DB) Installation(ctx context.Context, resellerID, orderID int64) (Installation, error) {
	return one(ctx, db.read, scanInstallation, `select `+installationColumns+` from installation i where i.order_id = $1 and i.reseller_id = $2`, orderID, resellerID)
}

// ExternalInstallation is Installation for a certificate from elsewhere.
func (db *DB) ExternalInstallation(ctx context.Context, resellerID, externalID int64) (Installation, error) {
	return one(ctx, db.read, scanInstallation, `select `+installationColumns+` from installation i where i.external_id = $1 and i.reseller_id = $2`, externalID, resellerID)
}

// InstallationToLookAt is what the job of a look needs: where to look and, for an
// order, the certificate (PEM) with its chain.
func (db *DB) InstallationToLookAt(ctx context.Context, id int64) (i Installation, issued, chain string, err error) {
	i, err = one(ctx, db.read, scanInstallation, `select `+installationColumns+` from installation i where i.id = $1`, id)
	if err != nil || i.OrderID == 0 {
		return i, "", "", err
	}
	cert, err := db.IssuedCertificate(ctx, i.OrderID)
	return i, cert.PEM, cert.Chain, err
}

// RecordInstallation keeps what a look found; of a certificate from elsewhere also
// when it ends, and warns of that: word words the mail.
func (db *DB) RecordInstallation(ctx context.Context, i Installation, word func(x ExternalCertificate, days int, to string) Mail) error {
	return db.transact(ctx, func(t *tx) error {
		err := changed(ctx, t, `update installation set looked_at = $1, problem = $2, serial = $3, issuer = $4, not_after = $5, same = $6, name_matches = $7, in_time = $8,
			chain_complete = $9 where id = $10`, t.now, i.Problem, i.Serial, i.IssuerName, orNull(i.NotAfter), i.Same, i.NameMatches, i.InTime, i.ChainComplete, i.ID)
		if err != nil || i.ExternalID == 0 {
			return err
		}
		if i.Problem == "" && i.NameMatches {
			// Another certificate in its place is warned of anew.
			err = changed(ctx, t, `update external_certificate set warned = case when serial = $1 then warned else 0 end, serial = $1, not_after = $2 where id = $3 and fingerprint = ''`,
				i.Serial, orNull(i.NotAfter), i.ExternalID)
		}
		if err != nil {
			return err
		}
		return warnExternal(ctx, t, i.ExternalID, word)
	})
}
