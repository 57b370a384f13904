package db

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// DCVState is how far the control of one name is proven.
type DCVState string

const (
	DCVWaiting  DCVState = "waiting"
	DCVWrong    DCVState = "wrong" // looked at, and something else was found
	DCVVerified DCVState = "verified"
)

// DCV is the domain control validation of one name of a certificate. The
// instruction is the upstream's, verbatim.
type DCV struct {
	ID            int64
	CertificateID int64
	Name          string
	Method        string // email, http, https, dns
	Email         string
	State         DCVState
	Instruction
	Report     json.RawMessage // the last pre-check as providers/dcv wrote it; empty before the first
	CheckedAt  time.Time
	VerifiedAt time.Time
}

// Instruction is what the domain owner has to publish, verbatim from the upstream.
type Instruction struct {
	RecordType  string // CNAME or TXT
	Host        string
	Value       string
	FileURL     string
	FileName    string
	FileContent string
}

const dcvColumns = `d.id, d.certificate_id, d.name, d.method, d.email, d.state, d.record_type, d.host, d.value, d.file_url, d.file_name, d.file_content, d.report, d.checked_at, d.verified_at`

func scanDCV(s scanner) (d DCV, err error) {
	var report string
	err = s.Scan(&d.ID, &d.CertificateID, &d.Name, &d.Method, &d.Email, &d.State, &d.RecordType, &d.Host, &d.Value,
		&d.FileURL, &d.FileName, &d.FileContent, &report, moment{&d.CheckedAt}, moment{&d.VerifiedAt})
	d.Report = json.RawMessage(report)
	return d, err
}

// DCVs lists the names of a certificate and how far each is proven.
func (db *DB) DCVs(ctx context.Context, certificateID int64) ([]DCV, error) {
	return collect(ctx, db.read, scanDCV, `select `+dcvColumns+` from dcv d where d.certificate_id = $1 order by d.id`, certificateID)
}

// DCV finds one row by id; for the worker.
func (db *DB) DCV(ctx context.Context, id int64) (DCV, error) {
	return one(ctx, db.read, scanDCV, `select `+dcvColumns+` from dcv d where d.id = $1`, id)
}

// pendingCertificate is what the DCV pages work on: the certificate of an order
// that waits for its names, a reissue's included. ErrStale when the order waits for no domain owner.
func (db *DB) pendingCertificate(ctx context.Context, q querier, resellerID, orderID int64) (Order, Certificate, error) {
	o, err := one(ctx, q, scanOrder, `select `+orderColumns+` from `+orderTables+` where o.id = $1 and o.reseller_id = $2`, orderID, resellerID)
	if err != nil {
		return o, Certificate{}, err
	}
	c, err := one(ctx, q, scanCertificate, `select `+certificateColumns+` from certificate where order_id = $1 and state = 'requested' order by id desc limit 1`, orderID)
	if errors.Is(err, ErrNotFound) || err == nil && (o.Status != StatusValidationPending && o.Status != StatusCompleted || c.UpstreamID == "") {
		return o, c, ErrStale
	}
	return o, c, err
}

// CheckNow asks for an immediate look at an order's names, here and upstream,
// and returns the job to wait for. ErrStale when nothing waits for validation.
func (db *DB) CheckNow(ctx context.Context, resellerID, orderID int64) (jobID int64, err error) {
	err = db.transact(ctx, func(t *tx) error {
		_, c, err := db.pendingCertificate(ctx, t, resellerID, orderID)
		if err != nil {
			return err
		}
		// One look at a time: a second press waits for the look that is under way.
		err = t.QueryRowContext(ctx, `select id from job where kind = $1 and subject_id = $2 and failed = false`, JobCheck, c.ID).Scan(&jobID)
		if err = driverError(err); !errors.Is(err, ErrNotFound) {
			return err
		}
		jobID, err = enqueue(ctx, t, JobCheck, c.ID, nil, t.now)
		return err
	})
	return jobID, err
}

// ChangeDCV wishes another method for names of an order (all unverified names
// when name is empty) and returns the jobs to wait for. Errors: *Rejected,
// ErrNotFound, ErrStale, *Throttled (too many approval mails).
func (db *DB) ChangeDCV(ctx context.Context, by Actor, resellerID, orderID int64, name, method, email string) (jobIDs []int64, err error) {
	err = db.transact(ctx, func(t *tx) error {
		jobIDs = nil
		o, c, err := db.pendingCertificate(ctx, t, resellerID, orderID)
		if err != nil {
			return err
		}
		p, err := one(ctx, t, scanProduct, `select `+productColumns+` from product p where p.id = $1`, o.ProductID)
		if err != nil {
			return err
		}
		rows, err := collect(ctx, t, scanDCV, `select `+dcvColumns+` from dcv d where d.certificate_id = $1 order by d.id`, c.ID)
		if err != nil {
			return err
		}
		if name != "" && !slices.ContainsFunc(rows, func(d DCV) bool { return d.Name == name }) {
			return ErrNotFound
		}
		rows = slices.DeleteFunc(rows, func(d DCV) bool { return d.State == DCVVerified || name != "" && d.Name != name })
		var names []string
		for _, d := range rows {
			names = append(names, d.Name)
		}
		if problems := strangeApprover(method, email, names); len(names) > 0 && problems != nil {
			return &Rejected{problems}
		}
		for _, d := range rows {
			choice, problem := chooseDCV(p, d.Name, method, email)
			if problem != nil {
				return &Rejected{[]Problem{*problem}}
			}
			// The newest wish counts: an earlier one that is still being tried must not come after it.
			earlier, err := t.ExecContext(ctx, `delete from job where kind = $1 and subject_id = $2`, JobDCV, d.ID)
			if err != nil {
				return err
			}
			withdrawn, err := earlier.RowsAffected()
			if err != nil {
				return err
			}
			if choice.Method == d.Method && choice.Email == d.Email && withdrawn == 0 {
				continue
			}
			if choice.Method == "email" {
				if _, err := countAttempt(ctx, t, approvalName(d.ID), approvalsPerName); err != nil {
					return err
				}
			}
			job, err := enqueue(ctx, t, JobDCV, d.ID, DCVWish{Method: choice.Method, Email: choice.Email}, t.now)
			if err != nil {
				return err
			}
			jobIDs = append(jobIDs, job)
			if err := event(ctx, t, by, Event{OrderID: orderID, Kind: "dcv_change", Detail: d.Name + ": " + d.Method + " → " + choice.Method}); err != nil {
				return err
			}
		}
		if len(jobIDs) == 0 {
			return nil
		}
		return audit(ctx, t, by, Change{Action: "dcv.change", Object: object("order", orderID), ResellerID: resellerID, After: name + " " + method})
	})
	return jobIDs, err
}

// DCVWish is the payload of a dcv job.
type DCVWish struct {
	Method string `json:"method"`
	Email  string `json:"email"`
}

// ResendDCV has the upstream send the approval mail of a name again. Errors:
// ErrNotFound, ErrStale, *Throttled.
func (db *DB) ResendDCV(ctx context.Context, by Actor, resellerID, orderID int64, name string) (jobID int64, err error) {
	jobs, err := db.resend(ctx, by, resellerID, orderID, name)
	if err != nil {
		return 0, err
	}
	return jobs[0], nil
}

// ResendAllDCV is ResendDCV for every name that waits for its mail; ErrStale when
// none does.
func (db *DB) ResendAllDCV(ctx context.Context, by Actor, resellerID, orderID int64) (jobIDs []int64, err error) {
	return db.resend(ctx, by, resellerID, orderID, "")
}

func (db *DB) resend(ctx context.Context, by Actor, resellerID, orderID int64, name string) (jobIDs []int64, err error) {
	err = db.transact(ctx, func(t *tx) error {
		jobIDs = nil
		_, c, err := db.pendingCertificate(ctx, t, resellerID, orderID)
		if err != nil {
			return err
		}
		rows, err := collect(ctx, t, scanDCV, `select `+dcvColumns+` from dcv d where d.certificate_id = $1 order by d.id`, c.ID)
		if err != nil {
			return err
		}
		if name != "" {
			rows = slices.DeleteFunc(rows, func(d DCV) bool { return d.Name != name })
			if len(rows) == 0 {
				return ErrNotFound
			}
		}
		for _, d := range rows {
			if d.Method != "email" || d.State == DCVVerified {
				continue
			}
			if _, err := countAttempt(ctx, t, approvalName(d.ID), approvalsPerName); err != nil {
				return err
			}
			job, err := enqueue(ctx, t, JobResend, d.ID, nil, t.now)
			if err != nil {
				return err
			}
			jobIDs = append(jobIDs, job)
			if err := event(ctx, t, by, Event{OrderID: orderID, Kind: "dcv_resend", Detail: d.Name + ": " + d.Email}); err != nil {
				return err
			}
		}
		if len(jobIDs) == 0 {
			return ErrStale
		}
		return audit(ctx, t, by, Change{Action: "dcv.resend", Object: object("order", orderID), ResellerID: resellerID, After: name})
	})
	return jobIDs, err
}

// RecordCheck keeps what a pre-check saw of a name that is not verified yet.
func (db *DB) RecordCheck(ctx context.Context, id int64, state DCVState, report json.RawMessage) error {
	return db.transact(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `update dcv set state = $1, report = $2, checked_at = $3 where id = $4 and state <> 'verified'`,
			state, string(report), t.now, id)
		return err
	})
}

// UpstreamName is what the upstream says of one name.
type UpstreamName struct {
	Name   string
	Method string
	Email  string
	Instruction
	Verified   bool
	VerifiedAt time.Time
}

// recordNames takes over the upstream's words for each name it knows. A change
// of method or instruction makes an earlier pre-check worthless.
func recordNames(ctx context.Context, t *tx, orderID, certificateID int64, names []UpstreamName) error {
	for _, n := range names {
		before, err := one(ctx, t, scanDCV, `select `+dcvColumns+` from dcv d where d.certificate_id = $1 and d.name = $2`, certificateID, n.Name)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		email := before.Email
		if n.Email != "" {
			email = n.Email
		}
		if n.Instruction != before.Instruction || n.Method != before.Method || email != before.Email {
			_, err = t.ExecContext(ctx, `update dcv set method = $1, email = $2, record_type = $3, host = $4, value = $5, file_url = $6, file_name = $7, file_content = $8,
				report = '', checked_at = null, state = case when state = 'verified' then state else 'waiting' end where id = $9`,
				n.Method, email, n.RecordType, n.Host, n.Value, n.FileURL, n.FileName, n.FileContent, before.ID)
			if err != nil {
				return err
			}
		}
		if n.Verified && before.State != DCVVerified {
			at := n.VerifiedAt
			if at.IsZero() {
				at = t.now
			}
			if _, err := t.ExecContext(ctx, `update dcv set state = 'verified', verified_at = $1, checked_at = $2 where id = $3`, at, t.now, before.ID); err != nil {
				return err
			}
			if err := event(ctx, t, System, Event{OrderID: orderID, Kind: "dcv_verified", Detail: n.Name}); err != nil {
				return err
			}
		}
	}
	return nil
}
