package db

import (
	"context"
	"encoding/json"
	"errors"
)

// Operator is the company that runs this Certbay, as invoices and the top-up
// instructions name it.
type Operator struct {
	Brand     string // the shop's name in the header
	Company   string
	Address   string
	City      string
	Country   string
	TaxOffice string
	TaxID     string
	Email     string
	Bank      []string // lines that tell a reseller where to transfer money
	RateDays  int      `json:",omitempty"` // days an exchange rate may be used; 0: DefaultRateDays
}

// Operator reads the operator's details; a new book has only the brand "Certbay".
func (db *DB) Operator(ctx context.Context) (Operator, error) { return operator(ctx, db.read) }

func operator(ctx context.Context, q querier) (Operator, error) {
	var text string
	err := driverError(q.QueryRowContext(ctx, `select value from setting where name = 'operator'`).Scan(&text))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Operator{}, err
	}
	return operatorOf(text)
}

// operatorOf reads the operator's details as they are kept; "" is a new book's.
func operatorOf(text string) (Operator, error) {
	o := Operator{Brand: "Certbay"}
	if text == "" {
		return o, nil
	}
	return o, json.Unmarshal([]byte(text), &o)
}

// Shell is what the frame of every page shows.
type Shell struct {
	Brand          string
	BalanceCents   int64 // of the reseller's wallet, USD cents
	AvailableCents int64 // balance plus allowance
}

// Shell reads what the frame of a page shows to a reseller's people (0: to others,
// without a wallet), with one question.
func (db *DB) Shell(ctx context.Context, resellerID int64) (Shell, error) {
	var text string
	var s Shell
	err := db.read.QueryRowContext(ctx, `select coalesce((select value from setting where name = 'operator'), ''),
			coalesce(sum(balance_cents), 0), coalesce(sum(balance_cents - coalesce(floor_cents, 0)), 0)
		from account where kind = 'wallet' and reseller_id = $1`, resellerID).Scan(&text, &s.BalanceCents, &s.AvailableCents)
	if err != nil {
		return s, driverError(err)
	}
	o, err := operatorOf(text)
	s.Brand = o.Brand
	return s, err
}

// SetOperator changes the operator's details; invoices made before keep theirs.
func (db *DB) SetOperator(ctx context.Context, by Actor, o Operator) error {
	return db.changeOperator(ctx, by, func(now *Operator) { *now = o })
}

func (db *DB) changeOperator(ctx context.Context, by Actor, change func(*Operator)) error {
	return db.transact(ctx, func(t *tx) error {
		before, err := operator(ctx, t)
		if err != nil {
			return err
		}
		after := before
		change(&after)
		old, err := json.Marshal(before)
		if err != nil {
			return err
		}
		text, err := json.Marshal(after)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `insert into setting (name, value) values ('operator', $1) on conflict (name) do update set value = excluded.value`, string(text))
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "operator.set", Object: "operator", Before: string(old), After: string(text)})
	})
}
