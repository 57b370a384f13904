package db

import (
	"context"
	"slices"
)

// UpstreamsOf says of orders which upstream has each, by the name that offers have for
// it; an order that no upstream has accepted is missing.
func (db *DB) UpstreamsOf(ctx context.Context, orderIDs []int64) (map[int64]string, error) {
	names := map[int64]string{}
	for batch := range slices.Chunk(orderIDs, 200) {
		where, args := conditions{parts: []string{"upstream_id <> '' and state in ('requested', 'issued')"}}, []any{}
		where.among(&args, "order_id", batch)
		_, err := collect(ctx, db.read, func(s scanner) (none struct{}, err error) {
			var id int64
			var name string
			err = s.Scan(&id, &name)
			names[id] = name
			return none, err
		}, `select order_id, upstream from certificate`+where.clause()+` order by id`, args...)
		if err != nil {
			return nil, err
		}
	}
	return names, nil
}
