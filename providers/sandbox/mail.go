package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"certbay/providers"
)

// approvalLife is how long the link in a mail can be used.
const approvalLife = 30 * 24 * time.Hour

// sendDue mails the approvers that were not mailed yet, one mail for names that share domain and approver. A name is marked
// before its mail leaves, and unmarked when it could not be sent.
func (ca *CA) sendDue(ctx context.Context, id int64) error {
	if ca.o.Mail == nil {
		return nil
	}
	o, err := ca.load(ctx, ca.db, id)
	if err != nil {
		return failed(ctx, err)
	}
	if o.request == nil || !o.request.open || o.state.Final() {
		return nil
	}
	var done []name
	for _, n := range o.request.names {
		same := func(d name) bool { return d.Email == n.Email && o.request.domain(d) == o.request.domain(n) }
		if n.Method != providers.MethodEmail || !n.verifiedAt.IsZero() || !n.mailedAt.IsZero() || slices.ContainsFunc(done, same) {
			continue
		}
		done = append(done, n)
		// A mail that can't be sent now must not keep the other names from being looked at.
		if err := ca.send(ctx, o, n, false); err != nil && ctx.Err() != nil {
			return failed(ctx, err)
		}
	}
	return nil
}

// send mails the approver of n's group. Without again it does so only for a group that was not mailed yet.
func (ca *CA) send(ctx context.Context, o *order, n name, again bool) error {
	domain, token := o.request.domain(n), rand.Text()+rand.Text()
	hash := sha256.Sum256([]byte(token))
	mark := func(tx *sql.Tx, at time.Time) (changed int64, err error) {
		for _, m := range o.request.names {
			if m.Method != providers.MethodEmail || m.Email != n.Email || o.request.domain(m) != domain {
				continue
			}
			res, err := tx.ExecContext(ctx, `update name set mailed_at = $1 where request_id = $2 and position = $3 and method = 'email'
				and email = $4 and verified_at = 0 and (mailed_at = 0 or $5)`, millis(at), o.request.id, m.position, n.Email, again)
			if err != nil {
				return changed, err
			}
			k, err := res.RowsAffected()
			if err != nil {
				return changed, err
			}
			changed += k
		}
		return changed, nil
	}
	sent := false
	err := ca.tx(ctx, func(tx *sql.Tx) error {
		changed, err := mark(tx, ca.now())
		if err != nil || changed == 0 {
			return err
		}
		sent = true
		_, err = tx.ExecContext(ctx, `insert into approval (token_hash, request_id, domain, email, created_at) values ($1, $2, $3, $4, $5)`,
			hash[:], o.request.id, domain, n.Email, millis(ca.now()))
		return err
	})
	if err != nil || !sent {
		return err
	}
	subject := "Certificate for " + domain + ": please approve"
	body := fmt.Sprintf(`A certificate was requested for %s at the sandbox certificate authority.
If you agree, open this page and confirm:

%s/sandbox/approve/%s

If you know nothing of it, do nothing: without approval there is no certificate.

Order %s (%s). This is a sandbox: its certificates are trusted by nobody.
`, domain, strings.TrimSuffix(ca.o.BaseURL, "/"), token, upstreamID(o.id), o.product.Name)
	if err := ca.o.Mail(ctx, n.Email, subject, body); err != nil {
		again = true // so that the mark can be taken back
		undo := ca.tx(context.WithoutCancel(ctx), func(tx *sql.Tx) error {
			if _, err := tx.Exec(`delete from approval where token_hash = $1`, hash[:]); err != nil {
				return err
			}
			_, err := mark(tx, time.Time{})
			return err
		})
		return fmt.Errorf("sandbox: mailing %s: %w: %w", n.Email, providers.ErrUnavailable, errors.Join(err, undo))
	}
	return nil
}

// Resend mails the approver of a name once more; links that were mailed before go on working.
func (ca *CA) Resend(ctx context.Context, upstreamID, domain string) error {
	o, n, err := ca.openName(ctx, upstreamID, domain)
	if err != nil {
		return err
	}
	if n.Method != providers.MethodEmail {
		return providers.Refuse("method", n.Name+" is not validated by e-mail")
	}
	if !n.verifiedAt.IsZero() {
		return providers.Refuse("names", n.Name+" is validated already")
	}
	return ca.send(ctx, o, n, true)
}

// approval finds what a mailed token stands for. ErrUnknown: nothing, or not any more.
func (ca *CA) approval(ctx context.Context, q querier, token string) (orderID, requestID int64, domain, email string, err error) {
	hash := sha256.Sum256([]byte(token))
	err = q.QueryRowContext(ctx, `select r.order_id, a.request_id, a.domain, a.email from approval a join request r on r.id = a.request_id
		join upstream_order o on o.id = r.order_id
		where a.token_hash = $1 and a.created_at > $2 and r.state <> 'dropped' and o.state not in ('cancelled', 'rejected', 'revoked')
		and exists (select 1 from name n where n.request_id = a.request_id and n.method = 'email' and n.email = a.email)`,
		hash[:], millis(ca.now().Add(-approvalLife))).Scan(&orderID, &requestID, &domain, &email)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("sandbox: approval: %w", providers.ErrUnknown)
	}
	return orderID, requestID, domain, email, failed(ctx, err)
}

// ApprovalName tells which domain a mailed token is about, for the page that asks for confirmation. It changes nothing, because
// mail scanners open links. ErrUnknown when the token stands for nothing, or not any more.
func (ca *CA) ApprovalName(ctx context.Context, token string) (name string, err error) {
	_, _, name, _, err = ca.approval(ctx, ca.db, token)
	return name, err
}

// Approve takes the approver's word for a domain. Repeating it is harmless. ErrUnknown as with ApprovalName.
func (ca *CA) Approve(ctx context.Context, token string) (name string, err error) {
	var orderID int64
	err = ca.tx(ctx, func(tx *sql.Tx) error {
		id, requestID, domain, email, err := ca.approval(ctx, tx, token)
		if err != nil {
			return err
		}
		orderID, name = id, domain
		r, err := loadRequest(ctx, tx, id)
		if err != nil || r == nil || r.id != requestID {
			return err
		}
		for _, n := range r.names {
			if n.Method != providers.MethodEmail || n.Email != email || r.domain(n) != domain || !n.verifiedAt.IsZero() {
				continue
			}
			if _, err := tx.ExecContext(ctx, `update name set verified_at = $1, detail = '' where request_id = $2 and position = $3`,
				millis(ca.now()), r.id, n.position); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return name, ca.advance(ctx, orderID)
}
