package db

import (
	"context"
	"fmt"
	"strings"
	"time"

	"certbay/db/certs"
)

// ExternalCertificate is a certificate that a reseller bought elsewhere, kept beside
// those bought here. Contacts and the product that could replace it may be 0: none.
type ExternalCertificate struct {
	ID              int64
	ResellerID      int64
	CommonName      string
	Validation      string // dv, ov, ev
	AdminContactID  int64
	TechContactID   int64
	ProductID       int64
	ExternalProduct string // what it is, as the reseller says
	CreatedAt       time.Time

	// What the certificate itself says, where it was handed in; empty where not.
	Serial      string // lower-case hex
	Issuer      string
	Names       []string
	Fingerprint string // SHA-256, lower-case hex
	NotBefore   time.Time
	NotAfter    time.Time
}

const externalColumns = `x.id, x.reseller_id, x.common_name, x.validation, coalesce(x.admin_contact_id, 0), coalesce(x.tech_contact_id, 0), coalesce(x.product_id, 0),
	x.external_product, x.created_at, x.serial, x.issuer, x.names, x.fingerprint, x.not_before, x.not_after`

func scanExternal(s scanner) (x ExternalCertificate, err error) {
	var names string
	err = s.Scan(&x.ID, &x.ResellerID, &x.CommonName, &x.Validation, &x.AdminContactID, &x.TechContactID, &x.ProductID, &x.ExternalProduct, moment{&x.CreatedAt},
		&x.Serial, &x.Issuer, &names, &x.Fingerprint, moment{&x.NotBefore}, moment{&x.NotAfter})
	x.Names = strings.Fields(names)
	return x, err
}

// ExternalCertificates lists a reseller's certificates from elsewhere, the newest
// first.
func (db *DB) ExternalCertificates(ctx context.Context, resellerID int64) ([]ExternalCertificate, error) {
	return collect(ctx, db.read, scanExternal, `select `+externalColumns+` from external_certificate x where x.reseller_id = $1 order by x.id desc`, resellerID)
}

// ExternalCertificate finds one; ErrNotFound for any other reseller's.
func (db *DB) ExternalCertificate(ctx context.Context, resellerID, id int64) (ExternalCertificate, error) {
	return one(ctx, db.read, scanExternal, `select `+externalColumns+` from external_certificate x where x.id = $1 and x.reseller_id = $2`, id, resellerID)
}

// ImportExternal notes a certificate from elsewhere and answers its id. *Rejected (the
// name), ErrInvalid (validation), ErrNotFound (a contact that is not the reseller's,
// or a product that it may not buy).
func (db *DB) ImportExternal(ctx context.Context, by Actor, resellerID int64, x ExternalCertificate) (id int64, err error) {
	name, err := certs.NormalizeName(x.CommonName)
	if err != nil {
		return 0, &Rejected{[]Problem{nameProblem("domain", x.CommonName, err)}}
	}
	x.ExternalProduct = strings.TrimSpace(x.ExternalProduct)
	if x.Validation != "dv" && x.Validation != "ov" && x.Validation != "ev" || len([]rune(x.ExternalProduct)) > maxText {
		return 0, fmt.Errorf("external certificate: %w", ErrInvalid)
	}
	err = db.transact(ctx, func(t *tx) error {
		for _, contact := range []int64{x.AdminContactID, x.TechContactID} {
			if contact == 0 {
				continue
			}
			if _, err := one(ctx, t, scanContact, `select `+contactColumns+` from contact_profile c where c.id = $1 and c.reseller_id = $2`, contact, resellerID); err != nil {
				return err
			}
		}
		if x.ProductID != 0 {
			if _, err := db.product(ctx, t, resellerID, x.ProductID); err != nil {
				return err
			}
		}
		id, err = insert(ctx, t, `insert into external_certificate (reseller_id, common_name, validation, admin_contact_id, tech_contact_id, product_id, external_product, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`,
			resellerID, name, x.Validation, idOrNull(x.AdminContactID), idOrNull(x.TechContactID), idOrNull(x.ProductID), x.ExternalProduct, t.now)
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "external_certificate.import", Object: object("external certificate", id), ResellerID: resellerID, After: name})
	})
	return id, err
}
