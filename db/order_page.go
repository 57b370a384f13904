package db

import (
	"context"
	"slices"
	"strings"
)

// orderIDs are the ids of all orders of a reseller that match, in the filter's order.
func (db *DB) orderIDs(ctx context.Context, resellerID int64, f OrderFilter) ([]int64, error) {
	f.ResellerID = resellerID
	s, err := db.selection(ctx, f)
	if err != nil || len(s.walks) == 0 {
		return nil, err
	}
	if text := searchText(f.Search); text != "" {
		s = s.withText(text)
	}
	if f.Certificates {
		s = s.and(`o.product_id not in (select l.id from product l where l.kind = ?)`, KindLicence)
	}
	walks := make([]string, len(s.walks))
	for i, walk := range s.walks {
		walks[i] = `select o.id from orders o` + walk.clause()
	}
	return db.ids(ctx, `select o.id from `+orderTables+` where o.id in (`+strings.Join(walks, ` union all `)+`) order by `+f.order(), s.args...)
}

// OrdersPage is a page for programs: at most limit orders of a reseller that match,
// from the offset on, and how many match in all, exactly. However deep it lies, it
// is that page; orders are read of no other.
func (db *DB) OrdersPage(ctx context.Context, resellerID int64, f OrderFilter, offset, limit int) ([]Order, int, error) {
	ids, err := db.orderIDs(ctx, resellerID, f)
	if err != nil {
		return nil, 0, err
	}
	from := min(max(offset, 0), len(ids))
	var orders []Order
	for batch := range slices.Chunk(ids[from:from+min(max(limit, 0), len(ids)-from)], 200) {
		some, err := db.ordersByID(ctx, f, batch)
		if err != nil {
			return nil, 0, err
		}
		orders = append(orders, some...)
	}
	return orders, len(ids), nil
}
