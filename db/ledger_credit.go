package db

import (
	"context"
	"fmt"
)

// MaxAllowance bounds a monthly allowance, USD cents.
const MaxAllowance = 100_000_000

// AddCredit puts money that was received on a reseller's wallet, by an admin with
// a reason. Ref makes it happen once; ErrDuplicate the second time. ErrInvalid
// when cents is not positive.
func (db *DB) AddCredit(ctx context.Context, by Actor, resellerID, cents int64, ref, reason string) error {
	if cents <= 0 {
		return fmt.Errorf("a top-up of %d cents: %w", cents, ErrInvalid)
	}
	return db.credit(ctx, by, "credit.add", resellerID, cents, reason,
		posting{ref: "topup:" + ref, kind: "topup", legs: []leg{{Wallet, cents}, {TopUpSource, -cents}}})
}

// AdjustCredit corrects a reseller's wallet (negative: takes credit off) without
// any money received or paid, by an admin with a reason. Ref makes it happen
// once; ErrDuplicate the second time. *InsufficientCredit when it would take the
// wallet below its floor, ErrInvalid for nothing.
func (db *DB) AdjustCredit(ctx context.Context, by Actor, resellerID, cents int64, ref, reason string) error {
	if cents == 0 {
		return fmt.Errorf("an adjustment of nothing: %w", ErrInvalid)
	}
	return db.credit(ctx, by, "credit.adjust", resellerID, cents, reason,
		posting{ref: "adjustment:" + ref, kind: "adjustment", legs: []leg{{Wallet, cents}, {Adjustment, -cents}}})
}

func (db *DB) credit(ctx context.Context, by Actor, action string, resellerID, cents int64, reason string, p posting) error {
	p.reseller, p.memo = resellerID, reason
	return db.transact(ctx, func(t *tx) error {
		if err := post(ctx, t, p); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: action, Object: object("reseller", resellerID), ResellerID: resellerID,
			After: cents2(cents) + " USD: " + reason})
	})
}

// SetAllowance lets a reseller's wallet go that many cents below zero, by an
// admin with a reason. It may be less than what is in use already: then nothing
// can be spent until the wallet is above its floor again. ErrInvalid below 0 or
// above MaxAllowance, ErrNotFound without such a reseller.
func (db *DB) SetAllowance(ctx context.Context, by Actor, resellerID, cents int64, reason string) error {
	if cents < 0 || cents > MaxAllowance {
		return fmt.Errorf("an allowance of %d cents: %w", cents, ErrInvalid)
	}
	return db.transact(ctx, func(t *tx) error {
		var floor int64
		err := t.QueryRowContext(ctx, `select floor_cents from account where kind = 'wallet' and reseller_id = $1`, resellerID).Scan(&floor)
		if err != nil {
			return driverError(err)
		}
		if floor == -cents {
			return nil
		}
		// The floor that was read is a condition: of two changes at once, one is stale.
		err = changed(ctx, t, `update account set floor_cents = $1 where kind = 'wallet' and reseller_id = $2 and floor_cents = $3`, -cents, resellerID, floor)
		if err != nil {
			return err
		}
		if err := changed(ctx, t, `update reseller set allowance_cents = $1 where id = $2`, cents, resellerID); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "reseller.allowance", Object: object("reseller", resellerID), ResellerID: resellerID,
			Before: cents2(-floor) + " USD", After: cents2(cents) + " USD: " + reason})
	})
}
