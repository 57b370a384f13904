package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// CreditAlert reads below which balance a reseller is told that its credit is low,
// USD cents; set is false when it never is.
func (db *DB) CreditAlert(ctx context.Context, resellerID int64) (cents int64, set bool, err error) {
	var at sql.NullInt64
	err = db.read.QueryRowContext(ctx, `select alert_cents from account where kind = 'wallet' and reseller_id = $1`, resellerID).Scan(&at)
	return at.Int64, at.Valid, driverError(err)
}

// SetCreditAlert chooses below which balance credit is low; a negative amount is
// never. It is told at once when the balance is below it now, else the next time
// the balance falls below it, and again only after it was above. ErrInvalid beyond
// MaxAllowance.
func (db *DB) SetCreditAlert(ctx context.Context, by Actor, resellerID, cents int64) error {
	if cents > MaxAllowance {
		return fmt.Errorf("a credit alert at %d cents: %w", cents, ErrInvalid)
	}
	to := sql.NullInt64{Int64: cents, Valid: cents >= 0}
	return db.transact(ctx, func(t *tx) error {
		var before sql.NullInt64
		err := t.QueryRowContext(ctx, `update account set low = false where kind = 'wallet' and reseller_id = $1 returning alert_cents`, resellerID).Scan(&before)
		if err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `update account set alert_cents = $1 where kind = 'wallet' and reseller_id = $2`, to, resellerID); err != nil {
			return err
		}
		if err := noteCredit(ctx, t, resellerID); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "reseller.credit_alert", Object: object("reseller", resellerID), ResellerID: resellerID, Before: alertWords(before), After: alertWords(to)})
	})
}

func alertWords(at sql.NullInt64) string {
	if !at.Valid {
		return "never"
	}
	return cents2(at.Int64) + " USD"
}

// noteCredit notes in the transaction of a wallet's movement that it fell below,
// or rose above, what its reseller chose, and tells of a fall.
func noteCredit(ctx context.Context, t *tx, resellerID int64) error {
	var balance, threshold int64
	var low bool
	err := driverError(t.QueryRowContext(ctx, `update account set low = (balance_cents < alert_cents)
		where kind = 'wallet' and reseller_id = $1 and alert_cents is not null and low <> (balance_cents < alert_cents)
		returning balance_cents, alert_cents, low`, resellerID).Scan(&balance, &threshold, &low))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil || !low {
		return err
	}
	return emit(ctx, t, resellerID, CreditLowData{Balance: Cents(balance), Threshold: Cents(threshold), Currency: "USD"})
}
