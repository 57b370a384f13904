package sandbox

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"certbay/providers"
)

// Past is an order that was issued before now.
type Past struct {
	Submission providers.Submission
	NotBefore  time.Time // of the certificate; not after now
}

// Issued is what became of a Past. A licence has no certificate.
type Issued struct {
	UpstreamID  string
	Certificate providers.Certificate
}

// IssueAt gives the CA a history: it issues each submission as of its NotBefore, without any look at domain control, and
// remembers it like every other order. It is for the seed of the demo and nothing else; no page or job may call it. All are
// issued, in order, or none. A Reference that comes again is a reissue within the order it named before.
func (ca *CA) IssueAt(ctx context.Context, past ...Past) ([]Issued, error) {
	out := make([]Issued, 0, len(past))
	err := ca.tx(ctx, func(tx *sql.Tx) error {
		for i, p := range past {
			at := p.NotBefore.UTC().Truncate(time.Second)
			if at.After(ca.now()) {
				return fmt.Errorf("history %d is in the future: %s", i, at)
			}
			w, err := ca.examine(p.Submission)
			if err != nil {
				return fmt.Errorf("history %d: %w", i, err)
			}
			id, _, err := ca.insertOrder(ctx, tx, p.Submission.Reference, w)
			if err != nil {
				return err
			}
			one := Issued{UpstreamID: upstreamID(id)}
			if w.product.Type == providers.TypeLicence {
				if _, err := tx.ExecContext(ctx, `update licence set ends_at = $1 where order_id = $2`, millis(at.AddDate(0, w.months, 0)), id); err != nil {
					return err
				}
			} else {
				evidence := map[string]time.Time{}
				for _, n := range w.names {
					evidence[n.Name] = at
				}
				if _, err := ca.insertRequest(ctx, tx, id, w.csr.PEM, w.names, evidence, at); err != nil {
					return err
				}
				if _, err := tx.ExecContext(ctx, `update name set mailed_at = $1 where method = 'email' and mailed_at = 0 and verified_at > 0
					and request_id in (select id from request where order_id = $2)`, millis(at), id); err != nil {
					return err
				}
				o, err := ca.load(ctx, tx, id)
				if err != nil {
					return err
				}
				if one.Certificate, err = ca.issue(ctx, tx, o, at); err != nil {
					return err
				}
			}
			out = append(out, one)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
