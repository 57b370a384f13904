package db

import (
	"context"
	"encoding/json"
)

// An upstream knows a licence by its product and its address, so a reseller has
// one of a product at an address at most: nobody could say any more which of them
// is meant. A place is taken from the moment that somebody asks for it: by an
// order, by a change of product that was paid for, by a move that is under way.

// soleLicence refuses a second licence of a product at one address.
func soleLicence(ctx context.Context, t *tx, o Order) error {
	if o.Kind != KindLicence || o.LicenceID != 0 {
		return nil
	}
	return takePlace(ctx, t, o, o.ProductID, o.Domain, "domain")
}

// takePlace refuses a place where another licence of the product is or is to be.
// It waits for everybody else who takes a place for this reseller, and lets them
// wait until the transaction ends: two never find the same place free. The orders
// that a transaction holds, it holds before this.
func takePlace(ctx context.Context, t *tx, o Order, productID int64, ip, field string) error {
	if err := changed(ctx, t, `update account set balance_cents = balance_cents where reseller_id = $1 and kind = 'wallet'`, o.ResellerID); err != nil {
		return err
	}
	return placeFree(ctx, t, o, productID, ip, field)
}

// placeFree says as takePlace whether a place is free just now: *Rejected.
func placeFree(ctx context.Context, q querier, o Order, productID int64, ip, field string) error {
	var taken int
	err := q.QueryRowContext(ctx, `select count(*) from orders where reseller_id = $1 and product_id = $2 and domain = $3 and id <> $4
		and status not in ('cancelled', 'expired') and (licence_id is null or wish = 'core' and licence_id <> $4 and status <> 'completed')`,
		o.ResellerID, productID, ip, o.ID).Scan(&taken)
	if err != nil {
		return driverError(err)
	}
	// A move that was given up counts too: its upstream may have made it, and a person may try it again.
	moves, err := collect(ctx, q, func(s scanner) (payload string, err error) { return payload, s.Scan(&payload) },
		`select j.payload from job j join orders o on o.id = j.subject_id where j.kind = 'licence_move' and o.reseller_id = $1 and o.product_id = $2
			and o.id <> $3 and o.status = 'completed' order by j.id`, o.ResellerID, productID, o.ID)
	if err != nil {
		return err
	}
	for _, payload := range moves {
		var c LicenceChange
		if err := json.Unmarshal([]byte(payload), &c); err != nil {
			return err
		}
		if c.IP == ip {
			taken++
		}
	}
	if taken > 0 {
		return &Rejected{Problems: []Problem{{Field: field, Code: "licence_exists", Name: ip}}}
	}
	return nil
}
