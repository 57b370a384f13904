package db

import (
	"context"
	"strings"
)

// Group is a set of resellers with prices in common. Only products priced in its
// group exist for a reseller.
type Group struct {
	ID   int64
	Name string
}

// CreateGroup adds a reseller group. ErrInvalid, ErrDuplicate.
func (db *DB) CreateGroup(ctx context.Context, by Actor, name string) (int64, error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > 100 {
		return 0, ErrInvalid
	}
	var id int64
	err := db.transact(ctx, func(t *tx) (err error) {
		if id, err = insert(ctx, t, `insert into reseller_group (name) values ($1) returning id`, name); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "group.create", Object: object("group", id), After: name})
	})
	return id, err
}

// Groups lists the reseller groups by name.
func (db *DB) Groups(ctx context.Context) ([]Group, error) {
	return collect(ctx, db.read, func(s scanner) (g Group, err error) { return g, s.Scan(&g.ID, &g.Name) },
		`select id, name from reseller_group order by name`)
}

// Group reads one group.
func (db *DB) Group(ctx context.Context, id int64) (Group, error) { return group(ctx, db.read, id) }

func group(ctx context.Context, q querier, id int64) (Group, error) {
	return one(ctx, q, func(s scanner) (g Group, err error) { return g, s.Scan(&g.ID, &g.Name) },
		`select id, name from reseller_group where id = $1`, id)
}

// RenameGroup changes a group's name. ErrInvalid, ErrDuplicate, ErrNotFound.
func (db *DB) RenameGroup(ctx context.Context, by Actor, id int64, name string) error {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > 100 {
		return ErrInvalid
	}
	return db.transact(ctx, func(t *tx) error {
		before, err := group(ctx, t, id)
		if err != nil || before.Name == name {
			return err
		}
		if err := changed(ctx, t, `update reseller_group set name = $1 where id = $2`, name, id); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "group.rename", Object: object("group", id), Before: before.Name, After: name})
	})
}

// GroupSummary is a group as the operator's list shows it.
type GroupSummary struct {
	Group
	Members  int // resellers
	Products int // with a price
}

// GroupSummaries lists the groups by name with their sizes.
func (db *DB) GroupSummaries(ctx context.Context) ([]GroupSummary, error) {
	return collect(ctx, db.read, func(s scanner) (g GroupSummary, err error) {
		return g, s.Scan(&g.ID, &g.Name, &g.Members, &g.Products)
	}, `select g.id, g.name, (select count(*) from reseller r where r.group_id = g.id),
		(select count(distinct p.product_id) from group_price p where p.group_id = g.id) from reseller_group g order by g.name`)
}
