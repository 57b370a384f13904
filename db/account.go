package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Standing says whether a reseller or a person may act.
type Standing string

const (
	Active    Standing = "active"
	Suspended Standing = "suspended"
)

// Reseller is a company that sells through this shop.
type Reseller struct {
	ID         int64
	Name       string // short, as lists show it
	Company    string // full legal name, as invoices show it
	Email      string
	Address    string
	City       string
	Country    string // ISO 3166 alpha-2, or empty
	TaxOffice  string
	TaxID      string
	TaxRateBP  int64 // basis points: 2000 is 20 %
	GroupID    int64 // 0: in no group, buys nothing
	GroupName  string
	Status     Standing
	APIAllowed bool // the operator's word
	APIEnabled bool // the reseller's own switch; nothing without the operator's word
	// AllowanceCents is how far below zero the wallet may go, USD cents.
	AllowanceCents int64
	PayLater       bool // may place orders unpaid when credit is short
	CreatedAt      time.Time
}

// NewReseller is a reseller to be; Name, Company and Email are needed.
type NewReseller struct {
	Name, Company, Email                     string
	Address, City, Country, TaxOffice, TaxID string
	TaxRateBP                                int64
	GroupID                                  int64
	APIEnabled                               bool // may use the API, which is on from the start
	AllowanceCents                           int64
}

const (
	resellerColumns = `r.id, r.name, r.company, r.email, r.address, r.city, r.country, r.tax_office, r.tax_id, r.tax_rate_bp,
		coalesce(r.group_id, 0), coalesce(g.name, ''), r.status, r.api_allowed, r.api_enabled, r.allowance_cents, r.pay_later, r.created_at`
	resellerTables = `reseller r left join reseller_group g on g.id = r.group_id`
)

func (r *Reseller) fields() []any {
	return []any{&r.ID, &r.Name, &r.Company, &r.Email, &r.Address, &r.City, &r.Country, &r.TaxOffice, &r.TaxID, &r.TaxRateBP,
		&r.GroupID, &r.GroupName, &r.Status, &r.APIAllowed, &r.APIEnabled, &r.AllowanceCents, &r.PayLater, moment{&r.CreatedAt}}
}

func scanReseller(s scanner) (r Reseller, err error) { return r, s.Scan(r.fields()...) }

// CreateReseller opens a reseller's account with an empty wallet. ErrInvalid
// when a needed field is missing, ErrNotFound when the group is not there.
func (db *DB) CreateReseller(ctx context.Context, by Actor, n NewReseller) (Reseller, error) {
	n.Name, n.Company, n.Email = strings.TrimSpace(n.Name), strings.TrimSpace(n.Company), normalEmail(n.Email)
	if n.Name == "" || n.Company == "" || !PlausibleEmail(n.Email) {
		return Reseller{}, fmt.Errorf("reseller: %w", ErrInvalid)
	}
	var made Reseller
	err := db.transact(ctx, func(t *tx) error {
		id, err := insert(ctx, t,
			`insert into reseller (name, company, email, address, city, country, tax_office, tax_id, tax_rate_bp, group_id, api_allowed, api_enabled, allowance_cents, created_at)
			 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13) returning id`,
			n.Name, n.Company, n.Email, n.Address, n.City, n.Country, n.TaxOffice, n.TaxID, n.TaxRateBP,
			idOrNull(n.GroupID), n.APIEnabled, n.AllowanceCents, t.now)
		switch {
		case errors.Is(err, errForeignKey):
			return fmt.Errorf("reseller group: %w", ErrNotFound)
		case errors.Is(err, errCheckRefused):
			return fmt.Errorf("reseller: %w", ErrInvalid)
		case err != nil:
			return err
		}
		_, err = t.ExecContext(ctx,
			`insert into account (kind, reseller_id, floor_cents) values ('wallet', $1, $2), ('held', $1, 0)`, id, -n.AllowanceCents)
		if err != nil {
			return err
		}
		if made, err = one(ctx, t, scanReseller, `select `+resellerColumns+` from `+resellerTables+` where r.id = $1`, id); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "reseller.create", Object: object("reseller", id), ResellerID: id, After: n.Name})
	})
	return made, err
}

// Reseller reads one reseller.
func (db *DB) Reseller(ctx context.Context, id int64) (Reseller, error) {
	return one(ctx, db.read, scanReseller, `select `+resellerColumns+` from `+resellerTables+` where r.id = $1`, id)
}

// SetResellerStatus suspends a reseller, which ends the sessions of its staff
// and refuses its keys, or lets it act again.
func (db *DB) SetResellerStatus(ctx context.Context, by Actor, id int64, to Standing) error {
	return db.transact(ctx, func(t *tx) error {
		var before Standing
		if err := t.QueryRowContext(ctx, `select status from reseller where id = $1`, id).Scan(&before); err != nil {
			return err
		}
		if before == to {
			return nil
		}
		err := changed(ctx, t, `update reseller set status = $1 where id = $2 and status = $3`, to, id, before)
		if errors.Is(err, errCheckRefused) {
			return ErrInvalid
		}
		if err != nil {
			return err
		}
		if to == Suspended {
			_, err = t.ExecContext(ctx, `delete from session where person_id in (select id from person where reseller_id = $1)`, id)
			if err != nil {
				return err
			}
		}
		return audit(ctx, t, by, Change{Action: "reseller.status", Object: object("reseller", id), ResellerID: id,
			Before: string(before), After: string(to)})
	})
}

// ResellerSummary is a reseller as the operator's list shows it. USD cents.
type ResellerSummary struct {
	Reseller
	BalanceCents   int64
	AvailableCents int64 // balance plus allowance
	Orders         int64
}

// ResellerFilter narrows the list of resellers; zero fields don't filter.
type ResellerFilter struct {
	Query   string // part of the name, company or e-mail
	Status  Standing
	GroupID int64
	Page
}

// Resellers lists resellers by name, with the number of matching ones.
func (db *DB) Resellers(ctx context.Context, f ResellerFilter) ([]ResellerSummary, int, error) {
	where, args := conditions{}, []any{}
	part := likePart(strings.ToLower(strings.TrimSpace(f.Query)))
	where.add(&args, strings.TrimSpace(f.Query) != "",
		`(lower(r.name) like ? escape '\' or lower(r.company) like ? escape '\' or lower(r.email) like ? escape '\')`, part, part, part)
	where.add(&args, f.Status != "", "r.status = ?", f.Status)
	where.add(&args, f.GroupID != 0, "r.group_id = ?", f.GroupID)
	return list(ctx, db.read, func(s scanner) (r ResellerSummary, err error) {
		return r, s.Scan(append(r.Reseller.fields(), &r.BalanceCents, &r.AvailableCents, &r.Orders)...)
	}, resellerColumns+`, w.balance_cents, w.balance_cents - coalesce(w.floor_cents, 0), 
		(select coalesce(sum(f.placed), 0) from figure f where f.reseller_id = r.id and f.day = '')`,
		resellerTables+` join account w on w.reseller_id = r.id and w.kind = 'wallet'`, where, args, "lower(r.name), r.id", f.Page)
}
