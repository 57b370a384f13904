package db

import (
	"context"
	"errors"
)

// notOurs refuses an upstream's order that may be one that we placed ourselves and
// don't know the upstream's id of: where the upstream does not tell our reference, an
// order here for the same name that is being submitted, or unsure, may be it. Taken as
// somebody else's it would be nobody's purchase, and ours would be bought once more.
// Errors: *Rejected (import_unsure, with our order's number), errRowStale when it was
// accepted just now.
func notOurs(ctx context.Context, t *tx, run ImportRun, row ImportRow, o Order) error {
	if row.Order.Reference != "" {
		return nil // which is none of ours
	}
	number, err := one(ctx, t, func(s scanner) (number string, err error) { return number, s.Scan(&number) }, `select o.number from certificate c join orders o on o.id = c.order_id
		where c.upstream = $1 and c.upstream_id = '' and c.state = 'requested' and o.fulfilment in ('submitting', 'unsure') and o.domain = $2 order by o.id limit 1`, run.Upstream, o.Domain)
	switch {
	case err == nil:
		return &Rejected{[]Problem{{Field: "name", Code: "import_unsure", Name: number}}}
	case !errors.Is(err, ErrNotFound):
		return err
	}
	known, err := knownOrders(ctx, t, run.Upstream, []string{row.Ref}, []ImportedOrder{row.Order})
	if err == nil && known[row.Ref] != 0 {
		err = errRowStale
	}
	return err
}
