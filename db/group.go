package db

import (
	"context"
	"fmt"
)

// Group is a set of resellers with prices in common. Only products priced in its
// group exist for a reseller.
type Group struct {
	ID   int64
	Name string
}

// CreateGroup adds a reseller group.
func (db *DB) CreateGroup(ctx context.Context, by Actor, name string) (int64, error) {
	var id int64
	err := db.transact(ctx, func(t *tx) (err error) {
		if id, err = insert(ctx, t, `insert into reseller_group (name) values ($1) returning id`, name); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "group.create", Object: object("group", id), After: name})
	})
	return id, err
}

// SetGroupPrice sets what a group pays for a term of a product, USD cents.
func (db *DB) SetGroupPrice(ctx context.Context, by Actor, groupID, productID int64, months int, cents int64) error {
	return db.transact(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `insert into group_price (group_id, product_id, months, cents) values ($1, $2, $3, $4)
			on conflict (group_id, product_id, months) do update set cents = excluded.cents`, groupID, productID, months, cents)
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "price.set", Object: object("group", groupID),
			After: fmt.Sprintf("product %d, %d months: %s USD", productID, months, cents2(cents))})
	})
}

// Groups lists the reseller groups by name.
func (db *DB) Groups(ctx context.Context) ([]Group, error) {
	return collect(ctx, db.read, func(s scanner) (g Group, err error) { return g, s.Scan(&g.ID, &g.Name) },
		`select id, name from reseller_group order by name`)
}
