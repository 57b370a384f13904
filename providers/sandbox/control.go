package sandbox

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"time"

	"certbay/db/certs"
	"certbay/providers"
	"certbay/providers/dcv"
)

// parallel looks at domain control at one time, per order.
const parallel = 8

// Status tells how an order stands, after the CA did what was due: looked at domain control (at most every CheckEvery),
// finished vetting, issued.
func (ca *CA) Status(ctx context.Context, upstreamID string) (providers.Status, error) {
	id, err := parseID(upstreamID)
	if err != nil {
		return providers.Status{}, err
	}
	if err := ca.work(ctx, id, false); err != nil {
		return providers.Status{}, err
	}
	o, err := ca.load(ctx, ca.db, id)
	if err != nil {
		return providers.Status{}, failed(ctx, err)
	}
	return ca.status(o)
}

// Recheck looks at domain control at once, and issues when everything is there.
func (ca *CA) Recheck(ctx context.Context, upstreamID string) error {
	id, err := parseID(upstreamID)
	if err != nil {
		return err
	}
	return ca.work(ctx, id, true)
}

func (ca *CA) status(o *order) (providers.Status, error) {
	s := providers.Status{State: o.state, Message: o.message, LicenceKey: o.licenceKey, IP: o.ip, TermEndsAt: o.termEndsAt}
	if o.suspended && s.State == providers.StateIssued {
		s.State = providers.StateSuspended
	}
	r := o.request
	if r == nil {
		return s, nil
	}
	if r.open && o.state == providers.StateIssued {
		s.Reissuing, s.State = true, providers.StateValidationPending
	}
	if r.open && s.State == providers.StateValidationPending && r.verified() {
		s.State = providers.StateProcessing
	}
	switch {
	case s.Message != "" || !r.open:
	case s.State == providers.StateProcessing && !o.vettedAt.IsZero():
		s.Message = "organisation vetting"
	case s.State == providers.StateValidationPending:
		s.Message = "waiting for domain control"
	}
	csr, err := certs.ParseCSR(r.csr)
	if err != nil {
		return s, fmt.Errorf("sandbox: %w", err)
	}
	for _, n := range r.names {
		s.Domains = append(s.Domains, providers.DomainStatus{
			Name: n.Name, Method: n.Method, Instruction: o.publish(n, csr),
			VerifiedAt: n.verifiedAt, Verified: !n.verifiedAt.IsZero(), Detail: n.detail,
		})
	}
	return s, nil
}

// work does for one order whatever is due.
func (ca *CA) work(ctx context.Context, id int64, atOnce bool) error {
	o, err := ca.load(ctx, ca.db, id)
	if err != nil {
		return failed(ctx, err)
	}
	if o.request == nil || !o.request.open || o.state.Final() {
		return nil
	}
	if err := ca.sendDue(ctx, id); err != nil {
		return err
	}
	if err := ca.look(ctx, o, atOnce); err != nil {
		return err
	}
	return ca.advance(ctx, id)
}

// look asks the checker about every name that is not verified yet and can be looked at. No transaction is open meanwhile.
func (ca *CA) look(ctx context.Context, o *order, atOnce bool) error {
	r := o.request
	var due []name
	for _, n := range r.names {
		if n.verifiedAt.IsZero() && n.Method != providers.MethodEmail {
			due = append(due, n)
		}
	}
	if len(due) == 0 {
		return nil
	}
	now := ca.now()
	before := now
	if !atOnce {
		before = now.Add(-max(ca.o.CheckEvery, 0))
	}
	claimed, err := ca.db.ExecContext(ctx, `update request set looked_at = $1 where id = $2 and state = 'open' and looked_at <= $3`,
		millis(now), r.id, millis(before))
	if err != nil {
		return failed(ctx, err)
	}
	if n, err := claimed.RowsAffected(); err != nil || (n == 0 && !atOnce) {
		return failed(ctx, err)
	}
	csr, err := certs.ParseCSR(r.csr)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	// Names that share an instruction (x and www.x) share the look.
	reports := map[providers.Instruction]*dcv.Report{}
	gate := make(chan struct{}, parallel)
	var wait sync.WaitGroup
	for _, n := range due {
		i := o.publish(n, csr)
		if reports[i] != nil {
			continue
		}
		report := &dcv.Report{}
		reports[i] = report
		gate <- struct{}{}
		wait.Go(func() {
			defer func() { <-gate }()
			*report = ca.o.Checker.Check(ctx, dcv.Expectation{Name: n.Name, Method: n.Method, Instruction: i})
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return failed(ctx, ctx.Err())
	}
	return ca.tx(ctx, func(tx *sql.Tx) error {
		for _, n := range due {
			report := reports[o.publish(n, csr)]
			verified := time.Time{}
			if report.Verdict == dcv.VerdictFound {
				verified = ca.now()
			}
			// The method is compared because it may have been changed while we looked.
			_, err := tx.ExecContext(ctx, `update name set verified_at = $1, detail = $2
				where request_id = $3 and position = $4 and method = $5 and verified_at = 0`,
				millis(verified), words(*report), r.id, n.position, string(n.Method))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// words is what the CA says it saw; empty when all was well.
func words(r dcv.Report) string {
	pick := func(v dcv.AnswerVerdict) dcv.Answer {
		for _, a := range r.Answers {
			if a.Verdict == v {
				return a
			}
		}
		return dcv.Answer{}
	}
	switch r.Verdict {
	case dcv.VerdictWrong:
		a := pick(dcv.AnswerWrong)
		return fmt.Sprintf("%s: %s has %q", r.Where, a.Server, strings.Join(a.Found, ", "))
	case dcv.VerdictMissing:
		return fmt.Sprintf("%s: nothing there at %s", r.Where, pick(dcv.AnswerMissing).Server)
	case dcv.VerdictUnreachable:
		return fmt.Sprintf("%s: no usable answer: %s", r.Where, pick(dcv.AnswerError).Error)
	case dcv.VerdictBogusDNSSEC:
		return r.Where + ": DNSSEC validation fails"
	}
	return ""
}

// advance moves an order whose names are all verified: into vetting, out of it, and to its certificate. The certificate and the
// state that announces it are one transaction, so that a crash leaves both or neither.
func (ca *CA) advance(ctx context.Context, id int64) error {
	return ca.tx(ctx, func(tx *sql.Tx) error {
		o, err := ca.load(ctx, tx, id)
		if err != nil {
			return err
		}
		r, now := o.request, ca.now()
		if r == nil || !r.open || o.state.Final() || !r.verified() {
			return nil
		}
		if !o.termEndsAt.IsZero() && !now.Before(o.termEndsAt) {
			// A reissue that came too late: the certificate before stays the newest.
			_, err := tx.ExecContext(ctx, `update request set state = 'dropped' where id = $1`, r.id)
			return err
		}
		if o.product.Validation != providers.ValidationDV && !o.certificate {
			if o.vettedAt.IsZero() {
				o.vettedAt = now.Add(max(ca.o.Vetting, 0))
				if _, err := tx.ExecContext(ctx, `update upstream_order set state = $1, vetted_at = $2 where id = $3`,
					string(providers.StateProcessing), millis(o.vettedAt), id); err != nil {
					return err
				}
			}
			if now.Before(o.vettedAt) {
				return nil
			}
		}
		_, err = ca.issue(ctx, tx, o, now)
		return err
	})
}
