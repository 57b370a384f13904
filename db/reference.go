package db

import "context"

// ordersByReference lists the orders of a reseller that its program calls by this
// reference, newest first. There are few, so of the filter only the status narrows them.
func (db *DB) ordersByReference(ctx context.Context, f OrderFilter) ([]Order, int, error) {
	where, args := conditions{}, []any{}
	where.add(&args, true, "o.reseller_id = ?", f.ResellerID)
	where.add(&args, true, "o.reference = ? and o.reference <> ''", f.Reference)
	where.add(&args, f.Status != "", "o.status = ?", f.Status)
	return list(ctx, db.read, scanOrder, orderColumns, orderTables, where, args, "o.id desc", f.Page)
}
