package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"certbay/providers"
)

// RenewLicence adds months to the term, from its end or from now, whichever is later.
func (ca *CA) RenewLicence(ctx context.Context, l providers.Licence, months int) error {
	return ca.onLicence(ctx, l, func(tx *sql.Tx, o *order) error {
		if !slices.ContainsFunc(o.product.Terms, func(t providers.Term) bool { return t.Months == months }) {
			return providers.Refuse("months", fmt.Sprintf("%s is not sold for %d months", o.product.Name, months))
		}
		from := o.termEndsAt
		if now := ca.now(); now.After(from) {
			from = now
		}
		_, err := tx.ExecContext(ctx, `update licence set ends_at = $1 where order_id = $2`, millis(from.AddDate(0, months, 0)), o.id)
		return err
	})
}

// SuspendLicence stops a licence.
func (ca *CA) SuspendLicence(ctx context.Context, l providers.Licence) error {
	return ca.suspend(ctx, l, true)
}

// UnsuspendLicence lets it work again.
func (ca *CA) UnsuspendLicence(ctx context.Context, l providers.Licence) error {
	return ca.suspend(ctx, l, false)
}

func (ca *CA) suspend(ctx context.Context, l providers.Licence, yes bool) error {
	return ca.onLicence(ctx, l, func(tx *sql.Tx, o *order) error {
		_, err := tx.ExecContext(ctx, `update licence set suspended = $1 where order_id = $2`, yes, o.id)
		return err
	})
}

// ChangeIP moves a licence.
func (ca *CA) ChangeIP(ctx context.Context, l providers.Licence, ip string) error {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return providers.Refuse("ip", fmt.Sprintf("%q is not an IP address", ip))
	}
	return ca.onLicence(ctx, l, func(tx *sql.Tx, o *order) error {
		_, err := tx.ExecContext(ctx, `update licence set ip = $1 where order_id = $2`, addr.String(), o.id)
		return err
	})
}

// ChangeCore turns a licence into another product of its brand.
func (ca *CA) ChangeCore(ctx context.Context, l providers.Licence, productCode string) error {
	return ca.onLicence(ctx, l, func(tx *sql.Tx, o *order) error {
		if productCode == o.product.Code {
			return nil
		}
		if !slices.Contains(o.product.Cores, productCode) {
			return providers.Refuse("product", fmt.Sprintf("%s can't be turned into %q", o.product.Name, productCode))
		}
		_, err := tx.ExecContext(ctx, `update licence set product = $1 where order_id = $2`, productCode, o.id)
		return err
	})
}

// onLicence changes a licence that works, found by its id or by its product and address.
func (ca *CA) onLicence(ctx context.Context, l providers.Licence, change func(*sql.Tx, *order) error) error {
	return ca.tx(ctx, func(tx *sql.Tx) error {
		id, err := findLicence(ctx, tx, l)
		if err != nil {
			return err
		}
		o, err := ca.load(ctx, tx, id)
		if err != nil {
			return err
		}
		switch {
		case o.product.Type != providers.TypeLicence:
			return providers.Refuse("", "order "+upstreamID(o.id)+" is not a licence")
		case o.state != providers.StateIssued:
			return providers.Refuse("", "the licence is "+string(o.state))
		}
		return change(tx, o)
	})
}

func findLicence(ctx context.Context, q querier, l providers.Licence) (int64, error) {
	if l.UpstreamID != "" {
		return parseID(l.UpstreamID)
	}
	var id int64
	err := q.QueryRowContext(ctx, `select order_id from licence where product = $1 and ip = $2 order by order_id desc limit 1`, l.ProductCode, l.IP).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, unknown(l.ProductCode + " on " + l.IP)
	}
	return id, err
}
