package db

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"
)

// InvitationLife is how long a mailed invitation works.
const InvitationLife = 7 * 24 * time.Hour

// InviteOwner makes somebody an owner of a reseller and mails a one-time link, in
// words the caller chooses, to choose a password with. Until then nobody can sign
// in as that person. Inviting an owner who never signed in sends a new link and
// spends the old ones. Errors: ErrNotFound (the reseller), ErrInvalid (a field),
// ErrDuplicate (the address is somebody else's, or of one who has signed in).
func (db *DB) InviteOwner(ctx context.Context, by Actor, resellerID int64, name, email string, words func(p Person, token string) (subject, body string)) (Person, error) {
	n := NewPerson{ResellerID: resellerID, Role: RoleOwner, Name: name, Email: email, Password: rand.Text()}
	hash, err := n.prepare(ctx) // of a password that nobody knows
	if err != nil {
		return Person{}, err
	}
	var invited Person
	err = db.transact(ctx, func(t *tx) error {
		p, err := one(ctx, t, scanPerson, `select `+personColumns+` from `+personTables+` where p.email = $1`, n.Email)
		switch {
		case errors.Is(err, ErrNotFound):
			var there int64
			if err := t.QueryRowContext(ctx, `select id from reseller where id = $1`, resellerID).Scan(&there); err != nil {
				return err
			}
			if p, err = insertPerson(ctx, t, by, n, hash); err != nil {
				return err
			}
		case err != nil:
			return err
		case p.ResellerID != resellerID || p.Role != RoleOwner || !p.SignedInAt.IsZero():
			return ErrDuplicate
		}
		if _, err = t.ExecContext(ctx, `update password_reset set used_at = $1 where person_id = $2 and used_at is null`, t.now, p.ID); err != nil {
			return err
		}
		token := newToken()
		_, err = t.ExecContext(ctx, `insert into password_reset (token_hash, person_id, created_at, expires_at) values ($1, $2, $3, $4)`,
			hashToken(token), p.ID, t.now, t.now.Add(InvitationLife))
		if err != nil {
			return err
		}
		subject, body := words(p, token)
		if err := queueMail(ctx, t, Mail{To: p.Email, Subject: subject, Body: body}); err != nil {
			return err
		}
		invited = p
		return audit(ctx, t, by, Change{Action: "person.invite", Object: object("person", p.ID), ResellerID: resellerID, After: p.Email})
	})
	return invited, err
}

// UpdateReseller changes a reseller's details, its group and whether it may use the
// API (n.APIEnabled; its own switch stays as it is); its allowance is not looked at. Orders and invoices made before keep what they were made with.
// Errors: ErrInvalid, ErrNotFound (the reseller or the group).
func (db *DB) UpdateReseller(ctx context.Context, by Actor, id int64, n NewReseller) error {
	n.Name, n.Company, n.Email = strings.TrimSpace(n.Name), strings.TrimSpace(n.Company), normalEmail(n.Email)
	if n.Name == "" || n.Company == "" || !PlausibleEmail(n.Email) {
		return fmt.Errorf("reseller: %w", ErrInvalid)
	}
	return db.transact(ctx, func(t *tx) error {
		before, err := one(ctx, t, scanReseller, `select `+resellerColumns+` from `+resellerTables+` where r.id = $1`, id)
		if err != nil {
			return err
		}
		err = changed(ctx, t, `update reseller set name = $1, company = $2, email = $3, address = $4, city = $5, country = $6, tax_office = $7, tax_id = $8,
			tax_rate_bp = $9, group_id = $10, api_allowed = $11 where id = $12`,
			n.Name, n.Company, n.Email, n.Address, n.City, n.Country, n.TaxOffice, n.TaxID, n.TaxRateBP, idOrNull(n.GroupID), n.APIEnabled, id)
		switch {
		case errors.Is(err, errForeignKey):
			return fmt.Errorf("reseller group: %w", ErrNotFound)
		case errors.Is(err, errCheckRefused):
			return fmt.Errorf("reseller: %w", ErrInvalid)
		case err != nil:
			return err
		}
		after, err := one(ctx, t, scanReseller, `select `+resellerColumns+` from `+resellerTables+` where r.id = $1`, id)
		if err != nil || after == before {
			return err
		}
		return audit(ctx, t, by, Change{Action: "reseller.update", Object: object("reseller", id), ResellerID: id, Before: before.details(), After: after.details()})
	})
}

// details are a reseller's as the audit says them.
func (r Reseller) details() string {
	return fmt.Sprintf("%s; %s; %s; %s, %s %s; %s %s; tax %d bp; group %q; API %t", r.Name, r.Company, r.Email,
		r.Address, r.City, r.Country, r.TaxOffice, r.TaxID, r.TaxRateBP, r.GroupName, r.APIAllowed)
}
