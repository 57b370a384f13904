package sandbox

import (
	"context"
	"database/sql"
	"errors"

	"certbay/providers"
)

// Renew places an order for a further term, which begins when that of the order before ends. What was shown of domain control
// recently enough counts for it.
func (ca *CA) Renew(ctx context.Context, upstream string, s providers.Submission) (providers.Receipt, error) {
	before, err := parseID(upstream)
	if err != nil {
		return providers.Receipt{}, err
	}
	if !referenceForm.MatchString(s.Reference) {
		return providers.Receipt{}, providers.Refuse("reference", "a reference of 1 to 64 letters, digits, - and _ is needed")
	}
	id, err := ca.Find(ctx, s.Reference)
	if err == nil {
		return providers.Receipt{UpstreamID: id, Message: "order was placed before"}, nil
	}
	if !errors.Is(err, providers.ErrUnknown) {
		return providers.Receipt{}, err
	}
	err = ca.tx(ctx, func(tx *sql.Tx) error {
		o, err := ca.load(ctx, tx, before)
		if err != nil {
			return err
		}
		if o.state != providers.StateIssued || o.request == nil {
			return providers.Refuse("", "only an issued certificate can be renewed")
		}
		w, err := ca.examine(s)
		if err != nil {
			return err
		}
		now := ca.now()
		evidence, err := ca.evidence(ctx, tx, before, now)
		if err != nil {
			return err
		}
		n, fresh, err := ca.insertOrder(ctx, tx, s.Reference, w)
		if err != nil {
			return err
		}
		id = upstreamID(n)
		if !fresh {
			return nil
		}
		from := o.termEndsAt
		if now.After(from) {
			from = now
		}
		if _, err := tx.ExecContext(ctx, `update upstream_order set term_ends_at = $1 where id = $2`, millis(from.AddDate(0, w.months, 0)), n); err != nil {
			return err
		}
		_, err = ca.insertRequest(ctx, tx, n, w.csr.PEM, w.names, evidence, now)
		return err
	})
	if err != nil {
		return providers.Receipt{}, err
	}
	return ca.begin(ctx, id), nil
}
