package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
)

// AccountKind is a ledger account. Wallet and held exist per reseller, the rest
// once. A wallet's balance is the credit a reseller has; what flows into an
// account is positive, and every transaction sums to zero.
type AccountKind string

const (
	Wallet         AccountKind = "wallet"
	Held           AccountKind = "held" // paid, not yet delivered
	Revenue        AccountKind = "revenue"
	Tax            AccountKind = "tax"
	UpstreamCost   AccountKind = "upstream_cost"
	UpstreamCredit AccountKind = "upstream_credit"
	TopUpSource    AccountKind = "topup_source"
	Adjustment     AccountKind = "adjustment"
)

// leg is one side of a posting: cents flow into the account (negative: out of it).
type leg struct {
	kind  AccountKind
	cents int64
}

// posting is a ledger transaction to be. Ref is unique in the whole ledger: a
// second posting with it is refused as ErrDuplicate, so money moves once.
type posting struct {
	ref      string
	kind     string // order, settle, refund, topup, adjustment
	reseller int64
	orderID  int64
	memo     string
	legs     []leg
}

// post is the only writer of money. A debit that would take a wallet or a held
// account below its floor is refused as *InsufficientCredit.
func post(ctx context.Context, t *tx, p posting) error {
	var sum int64
	for _, l := range p.legs {
		sum += l.cents
	}
	if sum != 0 {
		return errors.New("ledger: a transaction that does not sum to zero")
	}
	ids, err := accountIDs(ctx, t, p.reseller)
	if err != nil {
		return err
	}
	txID, err := insert(ctx, t, `insert into ledger_tx (ref, kind, order_id, memo, created_at) values ($1, $2, $3, $4, $5) returning id`,
		p.ref, p.kind, idOrNull(p.orderID), p.memo, t.now)
	if err != nil {
		return err
	}
	legs := slices.Clone(p.legs)
	// One order for all writers, so that two of them never wait for each other.
	slices.SortFunc(legs, func(a, b leg) int { return cmp.Compare(ids[a.kind], ids[b.kind]) })
	for _, l := range legs {
		if l.cents == 0 {
			continue
		}
		account, ok := ids[l.kind]
		if !ok {
			return ErrNotFound
		}
		var after int64
		var floor sql.NullInt64
		err := driverError(t.QueryRowContext(ctx,
			`update account set balance_cents = balance_cents + $1
			 where id = $2 and ($1 > 0 or floor_cents is null or balance_cents + $1 >= floor_cents)
			 returning balance_cents, floor_cents`, l.cents, account).Scan(&after, &floor))
		if errors.Is(err, ErrNotFound) {
			return insufficient(ctx, t, account, -l.cents)
		}
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `insert into ledger_entry (tx_id, account_id, amount_cents, balance_after_cents, floor_cents) values ($1, $2, $3, $4, $5)`,
			txID, account, l.cents, after, floor)
		if err != nil {
			return err
		}
		if l.kind == Wallet {
			if err := watchCredit(ctx, t, p.reseller); err != nil {
				return err
			}
		}
	}
	return nil
}

func insufficient(ctx context.Context, q querier, account, needed int64) error {
	refusal := &InsufficientCredit{Needed: needed}
	err := q.QueryRowContext(ctx, `select balance_cents - coalesce(floor_cents, 0) from account where id = $1`, account).Scan(&refusal.Available)
	if err != nil {
		return driverError(err)
	}
	return refusal
}

// accountIDs finds the operator's accounts and, when reseller is not 0, that reseller's.
func accountIDs(ctx context.Context, q querier, reseller int64) (map[AccountKind]int64, error) {
	type row struct {
		kind AccountKind
		id   int64
	}
	rows, err := collect(ctx, q, func(s scanner) (r row, err error) { return r, s.Scan(&r.kind, &r.id) },
		`select kind, id from account where reseller_id = $1
		 union all select kind, id from account where reseller_id is null`, reseller)
	if err != nil {
		return nil, err
	}
	ids := map[AccountKind]int64{}
	for _, r := range rows {
		ids[r.kind] = r.id
	}
	return ids, nil
}

func idOrNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

// Wallet reads a reseller's credit: its balance, and what it can spend (balance
// plus allowance; negative where the allowance was lowered below what is in use).
// USD cents.
func (db *DB) Wallet(ctx context.Context, resellerID int64) (balance, available int64, err error) {
	err = db.read.QueryRowContext(ctx,
		`select balance_cents, balance_cents - coalesce(floor_cents, 0) from account where kind = 'wallet' and reseller_id = $1`, resellerID).
		Scan(&balance, &available)
	return balance, available, driverError(err)
}

// Held reads what a reseller has paid for and not yet been delivered, USD cents.
func (db *DB) Held(ctx context.Context, resellerID int64) (cents int64, err error) {
	err = db.read.QueryRowContext(ctx, `select balance_cents from account where kind = 'held' and reseller_id = $1`, resellerID).Scan(&cents)
	return cents, driverError(err)
}
