package db

import (
	"context"
	"errors"
	"slices"
	"strings"

	"certbay/db/certs"
)

// Reissue asks for a further certificate within the term of an order that has
// one, free of charge, and returns the job to wait for. An empty CSR is the one of
// the newest certificate; without a method each name is proven as it was before. A
// reissue that is under way gives way to this one. Errors: *certs.CSRError,
// *Rejected, ErrNotFound, ErrStale (nothing was issued, or the term is over).
func (db *DB) Reissue(ctx context.Context, by Actor, resellerID, orderID int64, c Configuration) (jobID int64, err error) {
	o, err := db.Order(ctx, resellerID, orderID)
	if err != nil {
		return 0, err
	}
	before, err := db.IssuedCertificate(ctx, orderID)
	if errors.Is(err, ErrNotFound) || err == nil && (o.Status != StatusCompleted || o.Kind == KindLicence || before.CSR == "" && !o.Imported || !db.now().Before(o.EndsAt)) {
		return 0, ErrStale
	}
	if err != nil {
		return 0, err
	}
	if strings.TrimSpace(c.CSR) == "" {
		c.CSR = before.CSR
	}
	csr, choices, err := db.reissueChoices(ctx, o, before, c)
	if err != nil {
		return 0, err
	}
	err = db.transact(ctx, func(t *tx) error {
		if err := hold(ctx, t, orderID); err != nil {
			return err
		}
		now, err := anyOrder(ctx, t, orderID)
		if err != nil {
			return err
		}
		if now.Status != StatusCompleted {
			return ErrStale
		}
		if _, err := t.ExecContext(ctx, `update certificate set state = 'cancelled' where order_id = $1 and state = 'requested'`, orderID); err != nil {
			return err
		}
		request, err := writeCertificate(ctx, t, o, csr.PEM, JobReissue)
		if err != nil {
			return err
		}
		jobID = request.jobID
		for _, choice := range choices {
			if _, err := t.ExecContext(ctx, `insert into dcv (certificate_id, name, method, email, state) values ($1, $2, $3, $4, 'waiting')`,
				request.certificateID, choice.Name, choice.Method, choice.Email); err != nil {
				return err
			}
		}
		if _, err := t.ExecContext(ctx, `update orders set message = '' where id = $1`, orderID); err != nil {
			return err
		}
		if err := event(ctx, t, by, Event{OrderID: orderID, Kind: "reissue", Detail: strings.Join(csr.Names, " ")}); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "order.reissue", Object: object("order", orderID), ResellerID: resellerID,
			Before: "serial " + before.Serial, After: "CSR SHA-256 " + csr.SHA256})
	})
	if err == nil {
		db.At("reissue_committed")
	}
	return jobID, err
}

// reissueChoices reads the CSR and finds how each name will be proven.
func (db *DB) reissueChoices(ctx context.Context, o Order, before Certificate, c Configuration) (*certs.CSR, []DCV, error) {
	p, err := db.OrderedProduct(ctx, o.ProductID)
	if err != nil {
		return nil, nil, err
	}
	entered, err := db.Names(ctx, o.ID)
	if err != nil {
		return nil, nil, err
	}
	if c.SANs != nil {
		if problems := c.excess(o, p); problems != nil {
			return nil, nil, &Rejected{problems}
		}
		entered = c.SANs
	}
	earlier, err := db.DCVs(ctx, before.ID)
	if err != nil {
		return nil, nil, err
	}
	csr, err := certs.ParseCSR(c.CSR)
	if err != nil {
		return nil, nil, err
	}
	csr = c.heeded(o, csr)
	if err := csr.Match(certs.Want{Domain: o.Domain, SANs: entered, MaxNames: o.Places(p), Wildcard: p.Kind == KindWildcard, CodeSigning: p.Kind == KindCodeSigning}); err != nil {
		return nil, nil, err
	}
	if !p.HasDomain() {
		return csr, nil, nil
	}
	names := namesOf(o, entered, csr)
	problems := c.strangeApprovers(names)
	var choices []DCV
	for _, name := range names {
		method, email := c.choiceOf(name)
		if at := slices.IndexFunc(earlier, func(d DCV) bool { return d.Name == name }); method == "" && at >= 0 {
			method, email = earlier[at].Method, earlier[at].Email
		}
		choice, problem := chooseDCV(p, name, method, email)
		if problem != nil {
			problems = append(problems, *problem)
		}
		choices = append(choices, choice)
	}
	if len(problems) > 0 {
		return nil, nil, &Rejected{problems}
	}
	return csr, choices, nil
}

// AcceptReissue notes that the upstream works on a further certificate of its
// order. ErrStale when another wish came since.
func (db *DB) AcceptReissue(ctx context.Context, certificateID int64, upstreamID string) error {
	return db.transact(ctx, func(t *tx) error {
		c, err := holdRequested(ctx, t, certificateID)
		if err != nil {
			return err
		}
		if err := changed(ctx, t, `update certificate set upstream_id = $1 where id = $2 and upstream_id = ''`, upstreamID, c.ID); err != nil {
			return err
		}
		if err := ensureJob(ctx, t, JobPoll, c.ID, t.now); err != nil {
			return err
		}
		return event(ctx, t, System, Event{OrderID: c.OrderID, Kind: "accepted", Detail: c.Upstream + " " + upstreamID})
	})
}

// RefuseReissue notes that there will be no further certificate; the one before
// stays. The upstream's words are kept. ErrStale when another wish came since.
func (db *DB) RefuseReissue(ctx context.Context, certificateID int64, words string) error {
	return db.transact(ctx, func(t *tx) error {
		c, err := holdRequested(ctx, t, certificateID)
		if err != nil {
			return err
		}
		return refuseReissue(ctx, t, c, words)
	})
}

func refuseReissue(ctx context.Context, t *tx, c Certificate, words string) error {
	if _, err := t.ExecContext(ctx, `update certificate set state = 'refused' where id = $1`, c.ID); err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `update orders set message = $1 where id = $2`, words, c.OrderID); err != nil {
		return err
	}
	return event(ctx, t, System, Event{OrderID: c.OrderID, Kind: "upstream_refused", Detail: words})
}

// Refusals counts what the authority refused of an order so far, and gives the last
// of its words.
func (db *DB) Refusals(ctx context.Context, orderID int64) (count int, words string, err error) {
	list, err := collect(ctx, db.read, func(s scanner) (words string, err error) { return words, s.Scan(&words) },
		`select detail from order_event where order_id = $1 and kind = 'upstream_refused' order by id`, orderID)
	if len(list) > 0 {
		words = list[len(list)-1]
	}
	return len(list), words, err
}

// AskNow asks for the upstream's word of an order that is under way there, and
// returns the job to wait for; 0 when there is nothing to ask.
func (db *DB) AskNow(ctx context.Context, resellerID, orderID int64) (jobID int64, err error) {
	if _, err := db.Order(ctx, resellerID, orderID); err != nil {
		return 0, err
	}
	var certificateID int64
	err = db.read.QueryRowContext(ctx, `select id from certificate where order_id = $1 and state = 'requested' and upstream_id <> '' order by id desc limit 1`, orderID).Scan(&certificateID)
	if err = driverError(err); err != nil {
		if errors.Is(err, ErrNotFound) {
			err = nil
		}
		return 0, err
	}
	err = db.transact(ctx, func(t *tx) error {
		// One look at a time: a second reader waits for the look that is under way.
		err := t.QueryRowContext(ctx, `select id from job where kind = $1 and subject_id = $2 and failed = false`, JobLook, certificateID).Scan(&jobID)
		if err = driverError(err); !errors.Is(err, ErrNotFound) {
			return err
		}
		jobID, err = enqueue(ctx, t, JobLook, certificateID, nil, t.now)
		return err
	})
	return jobID, err
}
