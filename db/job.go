package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// JobKind names a kind of work; handlers/jobs has one file per kind.
type JobKind string

const (
	JobSubmit       JobKind = "submit"       // hand a certificate request to its upstream; subject: certificate
	JobPoll         JobKind = "poll"         // ask the upstream how it stands; subject: certificate
	JobCheck        JobKind = "check"        // look now whether a name is provable; subject: certificate
	JobDCV          JobKind = "dcv"          // tell the upstream another DCV method; subject: dcv row
	JobResend       JobKind = "resend"       // have the upstream resend its approval mail; subject: dcv row
	JobReissue      JobKind = "reissue"      // ask for a further certificate; subject: certificate
	JobLook         JobKind = "look"         // ask the upstream once how it stands, for somebody who waits; subject: certificate
	JobRevoke       JobKind = "revoke"       // revoke upstream, then end the order; subject: order
	JobCancel       JobKind = "cancel"       // cancel upstream, then refund; subject: order
	JobMail         JobKind = "mail"         // send a mail; subject: mail row
	JobInvoiceZip   JobKind = "invoice_zip"  // draw the invoices of a zip; subject: zip
	JobWebhook      JobKind = "webhook"      // tell an endpoint of an event; subject: webhook delivery
	JobBalance      JobKind = "balance"      // ask an upstream for our balance, hour by hour; subject: upstream
	JobInstallation JobKind = "installation" // look how a certificate is installed; subject: installation
	JobSweep        JobKind = "sweep"        // expire orders, purge old sessions; subject: 0
)

// Job is a piece of work in the book. A claimed job is leased: when its worker
// dies, run_at passes and somebody else claims it with a higher Attempts.
type Job struct {
	ID        int64
	Kind      JobKind
	SubjectID int64
	Payload   string // JSON, by kind
	RunAt     time.Time
	Claimed   bool // somebody does it now; RunAt is the end of the lease
	Attempts  int  // claims so far; tells a lease from the one before
	Failures  int  // in a row
	Failed    bool // given up; a person decides
	LastError string
	CreatedAt time.Time
}

const jobColumns = `id, kind, subject_id, payload, run_at, claimed, attempts, failures, failed, last_error, created_at`

func scanJob(s scanner) (j Job, err error) {
	err = s.Scan(&j.ID, &j.Kind, &j.SubjectID, &j.Payload, moment{&j.RunAt}, &j.Claimed, &j.Attempts, &j.Failures, &j.Failed, &j.LastError, moment{&j.CreatedAt})
	return j, err
}

// enqueue writes a job in the transaction of the change that wants it.
func enqueue(ctx context.Context, t *tx, kind JobKind, subjectID int64, payload any, runAt time.Time) (int64, error) {
	text := ""
	if payload != nil {
		raw, err := json.Marshal(payload)
		if err != nil {
			return 0, fmt.Errorf("job payload: %w", err)
		}
		text = string(raw)
	}
	return insert(ctx, t, `insert into job (kind, lane, subject_id, payload, run_at, created_at) values ($1, $2, $3, $4, $5, $6) returning id`,
		kind, laneOf(kind), subjectID, text, runAt.UTC().Truncate(time.Microsecond), t.now)
}

// EnsureJob makes sure that exactly one job of this kind and subject waits.
func (db *DB) EnsureJob(ctx context.Context, kind JobKind, subjectID int64, runAt time.Time) error {
	return db.transact(ctx, func(t *tx) error { return ensureJob(ctx, t, kind, subjectID, runAt) })
}

// ensureJob moves a waiting job of this kind and subject forward to runAt, or
// writes one when none waits. One that somebody does now is never done by two at
// once: it runs again when that lease ends, and counts as claimed once more, so
// that whoever does it now can't finish the new wish along with the old one.
func ensureJob(ctx context.Context, t *tx, kind JobKind, subjectID int64, runAt time.Time) error {
	err := changed(ctx, t, `update job set attempts = case when `+leased+` then attempts + 1 else attempts end,
			run_at = case when `+leased+` or run_at < $2 then run_at else $2 end,
			failures = case when failed then 0 else failures end, failed = false
		where kind = $3 and subject_id = $4`, t.now, runAt.UTC().Truncate(time.Microsecond), kind, subjectID)
	if errors.Is(err, ErrStale) {
		_, err = t.ExecContext(ctx, `insert into job (kind, lane, subject_id, run_at, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
			kind, laneOf(kind), subjectID, runAt.UTC().Truncate(time.Microsecond), t.now)
	}
	return err
}

// leased says that somebody does the job at the moment $1.
const leased = `(claimed = true and failed = false and run_at > $1)`

// runNow makes a job due that waits or was given up, with all its tries before
// it; ErrStale when somebody does it now.
func runNow(ctx context.Context, t *tx, id int64) error {
	return changed(ctx, t, `update job set run_at = $1, failures = case when failed then 0 else failures end, failed = false
		where id = $2 and not `+leased, t.now, id)
}

// ClaimJob leases the oldest due job; ErrNotFound when none is due.
func (db *DB) ClaimJob(ctx context.Context, lease time.Duration) (Job, error) {
	var job Job
	err := db.transact(ctx, func(t *tx) error {
		var id int64
		err := t.QueryRowContext(ctx,
			`update job set run_at = $1, claimed = true, attempts = attempts + 1
			 where id = (select id from job where failed = false and run_at <= $2 order by run_at, id limit 1) and failed = false and run_at <= $2
			 returning id`, t.now.Add(lease), t.now).Scan(&id)
		if err != nil {
			return err
		}
		job, err = one(ctx, t, scanJob, `select `+jobColumns+` from job where id = $1`, id)
		return err
	})
	return job, err
}

// NextJobAt tells when the next job is due; the zero time when none waits.
func (db *DB) NextJobAt(ctx context.Context) (time.Time, error) {
	at, err := one(ctx, db.read, func(s scanner) (at time.Time, err error) { return at, s.Scan(moment{&at}) },
		`select run_at from job where failed = false order by run_at, id limit 1`)
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	}
	return at, err
}

// FinishJob ends a claimed job; ErrStale when the lease was lost meanwhile.
func (db *DB) FinishJob(ctx context.Context, j Job) error {
	return db.transact(ctx, func(t *tx) error {
		return changed(ctx, t, `delete from job where id = $1 and attempts = $2`, j.ID, j.Attempts)
	})
}

// RetryJob gives a claimed job back to run again at the given time; an empty
// cause means that nothing went wrong.
func (db *DB) RetryJob(ctx context.Context, j Job, at time.Time, cause string) error {
	return db.transact(ctx, func(t *tx) error {
		return changed(ctx, t, `update job set run_at = $1, claimed = false, last_error = $2, failures = case when $2 = '' then 0 else failures + 1 end where id = $3 and attempts = $4`,
			at.UTC().Truncate(time.Microsecond), cause, j.ID, j.Attempts)
	})
}

// FailJob gives up on a claimed job; it stays in the list for a person.
func (db *DB) FailJob(ctx context.Context, j Job, cause string) error {
	return db.transact(ctx, func(t *tx) error {
		return changed(ctx, t, `update job set failed = true, claimed = false, last_error = $1 where id = $2 and attempts = $3`, cause, j.ID, j.Attempts)
	})
}

// RunJobNow makes a waiting or failed job due; ErrNotFound when it is done,
// ErrStale while somebody does it.
func (db *DB) RunJobNow(ctx context.Context, by Actor, id int64) error {
	return db.transact(ctx, func(t *tx) error {
		if _, err := one(ctx, t, scanJob, `select `+jobColumns+` from job where id = $1`, id); err != nil {
			return err
		}
		if err := runNow(ctx, t, id); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "job.run_now", Object: object("job", id)})
	})
}

// JobSettled says whether a job needs no more waiting for: it is done, failed,
// or was put off after having been tried.
func (db *DB) JobSettled(ctx context.Context, id int64) (bool, error) {
	job, err := one(ctx, db.read, scanJob, `select `+jobColumns+` from job where id = $1`, id)
	if errors.Is(err, ErrNotFound) {
		return true, nil
	}
	return job.Failed || (!job.Claimed && job.LastError != "" && job.RunAt.After(db.now())), err
}

// AwaitJob waits until a job is settled, or until the patience or the context ends.
// The answer is in the book either way; nothing is lost by not waiting.
func (db *DB) AwaitJob(ctx context.Context, id int64, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	for {
		settled, err := db.JobSettled(ctx, id)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if settled || ctx.Err() != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// AwaitJobs is AwaitJob for several, with one patience for all; 0 is no job.
func (db *DB) AwaitJobs(ctx context.Context, patience time.Duration, ids ...int64) error {
	deadline := time.Now().Add(patience)
	for _, id := range ids {
		if id == 0 {
			continue
		}
		if err := db.AwaitJob(ctx, id, time.Until(deadline)); err != nil {
			return err
		}
	}
	return nil
}

// JobFilter narrows the list of jobs; zero fields don't filter.
type JobFilter struct {
	Kind   JobKind
	Failed bool
	Page
}

// JobCounts counts all jobs, and those that were given up.
func (db *DB) JobCounts(ctx context.Context) (all, failed int, err error) {
	err = db.read.QueryRowContext(ctx, `select count(*), count(case when failed = true then 1 end) from job`).Scan(&all, &failed)
	return all, failed, driverError(err)
}

// Jobs lists jobs: failed ones first, then by when they run.
func (db *DB) Jobs(ctx context.Context, f JobFilter) ([]Job, int, error) {
	lines, total, err := db.JobLines(ctx, f)
	jobs := make([]Job, len(lines))
	for i, line := range lines {
		jobs[i] = line.Job
	}
	return jobs, total, err
}

// jobsInOrder are the jobs of a filter with where they stand in the list. Of all
// kinds together only the first that a page may show are looked at, along the
// index of when jobs run.
func (f JobFilter) jobsInOrder() string {
	if f.Kind != "" {
		return "job j"
	}
	p := f.Page.bounded()
	walk := func(failed string) string {
		return fmt.Sprintf(`select id from (select id from job where failed = %s order by run_at, id limit %d) %s_ones`, failed, p.Offset+p.Limit, failed)
	}
	return `(` + walk("true") + ` union all ` + walk("false") + `) first left join job j on j.id = first.id`
}
