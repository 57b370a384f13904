package db

import (
	"context"
	"errors"
)

// RefusePaidSubmit is RefuseSubmit for an upstream that refused and yet holds an
// order which was paid and waits for a correction: its id is kept, for the
// corrected submission to take up.
func (db *DB) RefusePaidSubmit(ctx context.Context, certificateID int64, words, upstreamID string) error {
	return db.transact(ctx, func(t *tx) error {
		c, err := holdRequested(ctx, t, certificateID)
		if err != nil {
			return err
		}
		if err := refuse(ctx, t, c, []Fulfilment{FulfilmentSubmitting, FulfilmentUnsure}, words); err != nil {
			return err
		}
		return changed(ctx, t, `update certificate set upstream_id = $1 where id = $2 and upstream_id = ''`, upstreamID, c.ID)
	})
}

// EarlierUpstreamID is the upstream's id of the newest attempt at the same order,
// before this one, that the upstream took and then refused or rejected; "" when
// there is none.
func (db *DB) EarlierUpstreamID(ctx context.Context, c Certificate) (string, error) {
	var id string
	err := driverError(db.read.QueryRowContext(ctx, `select upstream_id from certificate
		where order_id = $1 and id < $2 and upstream = $3 and state = 'refused' and upstream_id <> '' order by id desc limit 1`, c.OrderID, c.ID, c.Upstream).Scan(&id))
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return id, err
}

// takeUp moves an upstream order from the refused attempt that it belonged to, if
// there is one, to the attempt that corrects it.
func takeUp(ctx context.Context, t *tx, c Certificate, upstreamID string) error {
	_, err := t.ExecContext(ctx, `update certificate set upstream_id = '' where order_id = $1 and id < $2 and upstream = $3 and upstream_id = $4 and state = 'refused'`,
		c.OrderID, c.ID, c.Upstream, upstreamID)
	return err
}
