package db

import (
	"context"
	"slices"
)

// Reissuing says of orders which of them wait for a certificate: of completed ones,
// those whose reissue is under way.
func (db *DB) Reissuing(ctx context.Context, orderIDs []int64) (map[int64]bool, error) {
	waiting := map[int64]bool{}
	for batch := range slices.Chunk(orderIDs, 200) {
		where, args := conditions{parts: []string{"state = 'requested'"}}, []any{}
		where.among(&args, "order_id", batch)
		ids, err := collect(ctx, db.read, func(s scanner) (id int64, err error) { return id, s.Scan(&id) }, `select order_id from certificate`+where.clause(), args...)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			waiting[id] = true
		}
	}
	return waiting, nil
}
