package sandbox

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"certbay/db/certs"
	"certbay/providers"
)

// openName reads an order and one of the names that are being certified for it.
func (ca *CA) openName(ctx context.Context, upstreamID, domain string) (*order, name, error) {
	id, err := parseID(upstreamID)
	if err != nil {
		return nil, name{}, err
	}
	o, err := ca.load(ctx, ca.db, id)
	if err != nil {
		return nil, name{}, failed(ctx, err)
	}
	if o.request == nil || !o.request.open || o.state.Final() {
		return nil, name{}, providers.Refuse("", "nothing is waiting for domain control in this order")
	}
	normal, err := certs.NormalizeName(domain)
	if err != nil {
		return nil, name{}, providers.Refuse("names", domain+" is not in this order")
	}
	n, ok := o.request.find(normal)
	if !ok {
		return nil, name{}, providers.Refuse("names", normal+" is not in this order")
	}
	return o, n, nil
}

// ChangeDCV changes how control of one name will be shown; the next Status looks at once.
func (ca *CA) ChangeDCV(ctx context.Context, upstreamID, domain string, method providers.Method, email string) error {
	o, n, err := ca.openName(ctx, upstreamID, domain)
	if err != nil {
		return err
	}
	choice := providers.DomainChoice{Name: n.Name, Method: method, Email: strings.ToLower(strings.TrimSpace(email))}
	if method != providers.MethodEmail {
		choice.Email = ""
	}
	if !n.verifiedAt.IsZero() {
		return providers.Refuse("names", n.Name+" is validated already")
	}
	if err := ca.allowed(o.product, choice); err != nil {
		return err
	}
	if choice == n.DomainChoice {
		return nil
	}
	err = ca.tx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `update name set method = $1, email = $2, mailed_at = 0, detail = ''
			where request_id = $3 and position = $4 and verified_at = 0`, string(method), choice.Email, o.request.id, n.position)
		if err != nil {
			return err
		}
		if k, err := res.RowsAffected(); err != nil || k == 0 {
			if err == nil {
				err = providers.Refuse("names", n.Name+" is validated already")
			}
			return err
		}
		_, err = tx.ExecContext(ctx, `update request set looked_at = 0 where id = $1`, o.request.id)
		return err
	})
	if err != nil {
		return err
	}
	return ca.sendDue(ctx, o.id)
}

// Cancel ends an order that was not issued.
func (ca *CA) Cancel(ctx context.Context, upstreamID, reason string) error {
	return ca.end(ctx, upstreamID, providers.StateCancelled, reason, func(o *order) error {
		if o.state == providers.StateProcessing || o.state == providers.StateValidationPending {
			return nil
		}
		return providers.Refuse("", "too late to cancel: the order is "+string(o.state))
	})
}

// Revoke withdraws every certificate of an order, and ends it.
func (ca *CA) Revoke(ctx context.Context, upstreamID, reason string) error {
	return ca.end(ctx, upstreamID, providers.StateRevoked, reason, func(o *order) error {
		if o.state == providers.StateIssued {
			return nil
		}
		return providers.Refuse("", "nothing to revoke: the order is "+string(o.state))
	})
}

func (ca *CA) end(ctx context.Context, upstreamID string, state providers.State, reason string, may func(*order) error) error {
	id, err := parseID(upstreamID)
	if err != nil {
		return err
	}
	return ca.tx(ctx, func(tx *sql.Tx) error {
		o, err := ca.load(ctx, tx, id)
		if err != nil {
			return err
		}
		if o.state == state {
			return nil
		}
		if err := may(o); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `update upstream_order set state = $1, message = $2 where id = $3`, string(state), reason, id); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `update request set state = 'dropped' where order_id = $1 and state = 'open' and $2`,
			id, o.certificate); err != nil {
			return err
		}
		if state == providers.StateRevoked {
			_, err = tx.ExecContext(ctx, `update certificate set revoked_at = $1 where order_id = $2 and revoked_at = 0`, millis(ca.now()), id)
		}
		return err
	})
}

// Reissue opens a further request within the term of an issued order. An empty CSR or no names mean those of the certificate
// before. Names whose control was shown recently enough need no new proof; when that is all of them, the certificate is there
// when Reissue returns. A different wish replaces one that is under way.
func (ca *CA) Reissue(ctx context.Context, upstreamID string, s providers.Submission) error {
	id, err := parseID(upstreamID)
	if err != nil {
		return err
	}
	err = ca.tx(ctx, func(tx *sql.Tx) error {
		o, err := ca.load(ctx, tx, id)
		if err != nil {
			return err
		}
		now := ca.now()
		switch {
		case o.state != providers.StateIssued || o.request == nil:
			return providers.Refuse("", "only an issued certificate can be reissued")
		case !now.Before(o.termEndsAt):
			return providers.Refuse("", "the term of the order is over")
		}
		w, err := ca.examine(reissue(o, s))
		if err != nil {
			return err
		}
		if o.request.open && o.request.csr == w.csr.PEM && slices.Equal(choices(o.request), w.names) {
			return nil
		}
		evidence, err := ca.evidence(ctx, tx, id, now)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `update request set state = 'dropped' where order_id = $1 and state = 'open'`, id); err != nil {
			return err
		}
		_, err = ca.insertRequest(ctx, tx, id, w.csr.PEM, w.names, evidence, now)
		return err
	})
	if err != nil {
		return err
	}
	if err := ca.sendDue(ctx, id); err != nil {
		return err
	}
	return ca.advance(ctx, id)
}

// reissue is what a new submission for the order would be.
func reissue(o *order, s providers.Submission) providers.Submission {
	s.ProductCode, s.Months, s.Org, s.Contact = o.product.Code, o.months, o.org, o.contact
	if s.CSR == "" {
		s.CSR = o.request.csr
	}
	if len(s.Names) == 0 {
		s.Names = choices(o.request)
	}
	return s
}

func choices(r *request) []providers.DomainChoice {
	var out []providers.DomainChoice
	for _, n := range r.names {
		out = append(out, n.DomainChoice)
	}
	return out
}

// evidence answers when control of each name of the order was last shown, as far as that may still be relied on.
func (ca *CA) evidence(ctx context.Context, q querier, id int64, now time.Time) (map[string]time.Time, error) {
	rows, err := q.QueryContext(ctx, `select n.name, max(n.verified_at) from name n join request r on r.id = n.request_id
		where r.order_id = $1 and n.verified_at > $2 group by n.name`, id, millis(now.AddDate(0, 0, -certs.ReuseDays(now))))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]time.Time{}
	for rows.Next() {
		var n string
		var at int64
		if err := rows.Scan(&n, &at); err != nil {
			return nil, err
		}
		out[n] = moment(at)
	}
	return out, rows.Err()
}
