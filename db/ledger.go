package db

import (
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
	txID, err := insert(ctx, t, `insert into ledger_tx (ref, kind, order_id, memo, created_at) values ($1, $2, $3, $4, $5) returning id`,
		p.ref, p.kind, idOrNull(p.orderID), p.memo, t.now)
	if err != nil {
		return err
	}
	legs := slices.DeleteFunc(slices.Clone(p.legs), func(l leg) bool { return l.cents == 0 })
	if len(legs) == 0 {
		return nil
	}
	// One order for all writers, so that two of them never wait for each other.
	slices.SortFunc(legs, func(a, b leg) int { return slices.Index(AccountKinds, a.kind) - slices.Index(AccountKinds, b.kind) })
	var entries []any
	for _, l := range legs {
		f, err := flow(ctx, t, l.kind.owner(p.reseller), l)
		if err != nil {
			return err
		}
		if f.turned {
			if err := noteCredit(ctx, t, p.reseller); err != nil {
				return err
			}
		}
		entries = append(entries, txID, f.account, l.cents, f.after, f.floor)
	}
	countMoney(t, p)
	_, err = t.ExecContext(ctx, `insert into ledger_entry (tx_id, account_id, amount_cents, balance_after_cents, floor_cents) values `+tuples(len(legs), 5), entries...)
	return err
}

// owner is whose an account of a posting is: 0 is the operator.
func (k AccountKind) owner(reseller int64) int64 {
	if k == Wallet || k == Held {
		return reseller
	}
	return 0
}

// flowed is an account after money flowed.
type flowed struct {
	account, after int64
	floor          sql.NullInt64 // what it was held against
	turned         bool          // it fell below, or rose above, the credit that its reseller calls low
}

// flow changes an account's balance, unless that takes it below its floor.
// *InsufficientCredit, ErrNotFound without such an account.
func flow(ctx context.Context, t *tx, owner int64, l leg) (f flowed, err error) {
	err = driverError(t.QueryRowContext(ctx,
		`update account set balance_cents = balance_cents + $1
		 where kind = $2 and coalesce(reseller_id, 0) = $3 and ($1 > 0 or floor_cents is null or balance_cents + $1 >= floor_cents)
		 returning id, balance_cents, floor_cents, alert_cents is not null and low <> (balance_cents < alert_cents)`,
		l.cents, l.kind, owner).Scan(&f.account, &f.after, &f.floor, &f.turned))
	if errors.Is(err, ErrNotFound) {
		err = insufficient(ctx, t, owner, l)
	}
	return f, err
}

func insufficient(ctx context.Context, q querier, owner int64, l leg) error {
	refusal := &InsufficientCredit{Needed: -l.cents}
	err := q.QueryRowContext(ctx, `select balance_cents - coalesce(floor_cents, 0) from account where kind = $1 and coalesce(reseller_id, 0) = $2`,
		l.kind, owner).Scan(&refusal.Available)
	if err != nil {
		return driverError(err)
	}
	return refusal
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
