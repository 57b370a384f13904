package db

import (
	"context"
	"errors"
)

// RenewedThere is the upstream's id of the order that an order's certificate request
// renews, where it was issued by the same upstream; "" when there is none.
func (db *DB) RenewedThere(ctx context.Context, c Certificate) (string, error) {
	var id string
	err := driverError(db.read.QueryRowContext(ctx, `select b.upstream_id from renewal n join certificate b on b.order_id = n.renews
		where n.order_id = $1 and b.upstream = $2 and b.state = 'issued' and b.upstream_id <> '' order by b.id desc limit 1`, c.OrderID, c.Upstream).Scan(&id))
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return id, err
}
