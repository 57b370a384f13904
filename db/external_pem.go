package db

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"strings"

	"certbay/db/certs"
)

// AddExternalCertificate notes a certificate from elsewhere by its PEM text, of which
// the first certificate counts, and answers its id. note is what the reseller calls
// it. *Rejected: pem (no certificate, a private key among it, no domain on it, there
// already), note (too long).
func (db *DB) AddExternalCertificate(ctx context.Context, by Actor, resellerID int64, pem, note string) (id int64, err error) {
	x, problems := readExternal(pem)
	if x.ExternalProduct = strings.TrimSpace(note); len([]rune(x.ExternalProduct)) > maxText {
		problems = append(problems, Problem{Field: "note", Code: "too_long", Max: maxText})
	}
	if problems != nil {
		return 0, &Rejected{problems}
	}
	err = db.transact(ctx, func(t *tx) error {
		// One at a time for a reseller, so that none comes in twice.
		if err := changed(ctx, t, `update reseller set name = name where id = $1`, resellerID); err != nil {
			return err
		}
		var there int
		if err := t.QueryRowContext(ctx, `select count(*) from external_certificate where reseller_id = $1 and fingerprint = $2`, resellerID, x.Fingerprint).Scan(&there); err != nil {
			return err
		}
		if there > 0 {
			return &Rejected{[]Problem{{Field: "pem", Code: "external_there", Name: x.CommonName}}}
		}
		id, err = insert(ctx, t, `insert into external_certificate (reseller_id, common_name, validation, external_product, created_at,
				serial, issuer, names, fingerprint, not_before, not_after)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id`, resellerID, x.CommonName, x.Validation, x.ExternalProduct, t.now,
			x.Serial, x.Issuer, strings.Join(x.Names, " "), x.Fingerprint, orNull(x.NotBefore), orNull(x.NotAfter))
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "external_certificate.import", Object: object("external certificate", id), ResellerID: resellerID, After: x.CommonName + " serial " + x.Serial})
	})
	return id, err
}

// RemoveExternalCertificate forgets a certificate from elsewhere; ErrNotFound for
// another reseller's.
func (db *DB) RemoveExternalCertificate(ctx context.Context, by Actor, resellerID, id int64) error {
	return db.transact(ctx, func(t *tx) error {
		x, err := one(ctx, t, scanExternal, `select `+externalColumns+` from external_certificate x where x.id = $1 and x.reseller_id = $2`, id, resellerID)
		if err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `delete from external_certificate where id = $1`, x.ID); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "external_certificate.remove", Object: object("external certificate", x.ID), ResellerID: resellerID, Before: x.CommonName + " serial " + x.Serial})
	})
}

// ExpiringExternal lists a reseller's certificates from elsewhere that end within
// ExpiringDays, the first to end first.
func (db *DB) ExpiringExternal(ctx context.Context, resellerID int64) ([]ExternalCertificate, error) {
	now := db.now()
	return collect(ctx, db.read, scanExternal, `select `+externalColumns+` from external_certificate x
		where x.reseller_id = $1 and x.not_after between $2 and $3 order by x.not_after, x.id`, resellerID, now, now.AddDate(0, 0, ExpiringDays))
}

// readExternal takes from a certificate what is kept of it. Pure.
func readExternal(pem string) (x ExternalCertificate, problems []Problem) {
	refuse := func(code string) (ExternalCertificate, []Problem) {
		return x, []Problem{{Field: "pem", Code: code}}
	}
	if strings.TrimSpace(pem) == "" {
		return refuse("required")
	}
	chain, err := certs.ParseCertificates(pem)
	switch {
	case errors.Is(err, certs.ErrPrivateKey):
		return refuse("pem_key")
	case err != nil:
		return refuse("pem_unreadable")
	}
	info := certs.DescribeCertificate(chain[0])
	for _, name := range append([]string{info.CommonName}, info.Names...) {
		if tidy, err := certs.NormalizeName(name); err == nil && !slices.Contains(x.Names, tidy) {
			x.Names = append(x.Names, tidy)
		}
	}
	if len(x.Names) == 0 {
		return refuse("pem_nodomain")
	}
	x.CommonName, x.Validation = x.Names[0], validationOf(chain[0])
	x.Serial, x.Issuer, x.Fingerprint, x.NotBefore, x.NotAfter = info.Serial, info.IssuerName, info.Fingerprint, info.NotBefore, info.NotAfter
	return x, nil
}

// validationOf reads from a certificate's policies (CA/Browser Forum, 2.23.140.1) how
// its owner was looked at; dv where they don't say.
func validationOf(c *x509.Certificate) string {
	for _, policy := range c.PolicyIdentifiers {
		switch policy.String() {
		case "2.23.140.1.1":
			return "ev"
		case "2.23.140.1.2.2":
			return "ov"
		}
	}
	return "dv"
}
