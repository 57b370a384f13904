package db

import (
	"context"
	"errors"
)

// unsent says of a job j and its order o that the order could not be given to its
// upstream six times in a row, so that somebody should know; it goes on being
// tried. Six are an hour or more.
const unsent = `j.kind = 'submit' and o.fulfilment = 'queued' and (j.failed = true or j.failures >= 6)`

// Unsent is the job of an order that waits to be sent and could not be, with why
// and when it is tried again. ErrNotFound when nothing stands in its way.
func (db *DB) Unsent(ctx context.Context, orderID int64) (Job, error) {
	return one(ctx, db.read, scanJob, `select `+jobColumns+` from job where kind = 'submit' and failures > 0 and subject_id =
		(select c.id from certificate c join orders o on o.id = c.order_id where o.id = $1 and o.fulfilment = 'queued' and c.state = 'requested' order by c.id desc limit 1)`, orderID)
}

// sendNow has an order that could not be sent tried at once, and returns the job.
// ErrStale when nothing has stood in its way yet.
func sendNow(ctx context.Context, t *tx, c Certificate) (int64, error) {
	var id int64
	err := driverError(t.QueryRowContext(ctx, `select id from job where kind = 'submit' and subject_id = $1 and failures > 0`, c.ID).Scan(&id))
	if errors.Is(err, ErrNotFound) {
		err = ErrStale
	}
	if err != nil {
		return 0, err
	}
	err = runNow(ctx, t, id)
	if errors.Is(err, ErrStale) { // it is being tried
		err = nil
	}
	return id, err
}
