package db

import (
	"context"
	"slices"
	"time"
)

// ReviewKind says what waits for one of the operator's people.
type ReviewKind string

const (
	ReviewUnsure  ReviewKind = "unsure"  // an order nobody knows to be placed
	ReviewRefused ReviewKind = "refused" // an order its upstream refused
	ReviewUnsent  ReviewKind = "unsent"  // an order that its upstream could not be given for long
	ReviewJob     ReviewKind = "job"     // a job that was given up
	ReviewMail    ReviewKind = "mail"    // a mail that could not be sent
	ReviewTopUp   ReviewKind = "topup"   // a top-up that a reseller asks for
	ReviewDrift   ReviewKind = "drift"   // something that an upstream says differently
)

// ReviewItem is one thing that waits for a person.
type ReviewItem struct {
	Kind   ReviewKind
	ID     int64     // of the order, job, mail, top-up or difference
	Name   string    // the order's number, the job's kind, the mail's subject, the top-up's bank reference
	Cents  int64     // of the top-up, USD cents
	Domain string    // of the order
	Who    string    // the reseller, or the mail's recipient
	Reason string    // verbatim
	At     time.Time // since when it waits, UTC
	Drift  *Drift    // of ReviewDrift
}

// Review lists what waits for a person, oldest first, at most limit, and counts
// all of it. A mail that failed and an order that is unsure or can't be sent stand
// there once: their jobs are not listed.
func (db *DB) Review(ctx context.Context, limit int) ([]ReviewItem, int, error) {
	var items []ReviewItem
	total := 0
	for _, q := range []struct{ columns, from, where string }{
		{`o.fulfilment, o.id, o.number, o.domain, r.name, o.message, since.at, 0`,
			`orders o join reseller r on r.id = o.reseller_id left join order_event since on since.id =
				(select max(e.id) from order_event e where e.order_id = o.id and e.kind in ('unsure', 'refused'))`,
			`o.fulfilment in ('unsure', 'refused') and o.status <> 'cancelled'`},
		{`'unsent', o.id, o.number, o.domain, r.name, j.last_error, j.created_at, 0`,
			`job j join certificate c on c.id = j.subject_id join orders o on o.id = c.order_id join reseller r on r.id = o.reseller_id`, unsent},
		{`'job', j.id, j.kind, '', '', j.last_error, j.run_at, 0`, `job j`,
			`j.failed = true and not exists (select 1 from mail m where j.kind = 'mail' and m.id = j.subject_id and m.state = 'failed')
				and not exists (select 1 from certificate c join orders o on o.id = c.order_id
					where j.kind = 'submit' and c.id = j.subject_id and o.fulfilment in ('unsure', 'queued'))`},
		{`'mail', m.id, m.subject, '', m.recipient, m.error, m.created_at, 0`, `mail m`, `m.state = 'failed'`},
		{`'topup', u.id, u.bank_reference, '', r.name, '', u.created_at, u.amount_cents`, `topup u join reseller r on r.id = u.reseller_id`, `u.state = 'pending'`},
	} {
		some, n, err := list(ctx, db.read, func(s scanner) (i ReviewItem, err error) {
			return i, s.Scan(&i.Kind, &i.ID, &i.Name, &i.Domain, &i.Who, &i.Reason, moment{&i.At}, &i.Cents)
		}, q.columns, q.from, conditions{parts: []string{q.where}}, nil, "7, 2", Page{Limit: limit})
		if err != nil {
			return nil, 0, err
		}
		items, total = append(items, some...), total+n
	}
	drifts, n, err := db.Drifts(ctx, DriftsOpen, Page{Limit: limit})
	if err != nil {
		return nil, 0, err
	}
	total += n
	for _, d := range drifts {
		items = append(items, ReviewItem{Kind: ReviewDrift, ID: d.ID, Name: d.Number, Domain: d.Domain, Who: d.ResellerName, Reason: d.Note, At: d.FoundAt, Drift: &d})
	}
	slices.SortStableFunc(items, func(a, b ReviewItem) int { return a.At.Compare(b.At) })
	return items[:min(limit, len(items))], total, nil
}

// LateJobs counts jobs that should have run before a moment and have not.
func (db *DB) LateJobs(ctx context.Context, before time.Time) (n int, err error) {
	err = db.read.QueryRowContext(ctx, `select count(*) from job where failed = false and run_at < $1`, before.UTC()).Scan(&n)
	return n, driverError(err)
}

// ResellerName is a reseller to choose from.
type ResellerName struct {
	ID   int64
	Name string
}

// ResellerNames lists every reseller by name.
func (db *DB) ResellerNames(ctx context.Context) ([]ResellerName, error) {
	return collect(ctx, db.read, func(s scanner) (r ResellerName, err error) { return r, s.Scan(&r.ID, &r.Name) },
		`select id, name from reseller order by lower(name), id`)
}

// JobLine is a job with the order it is about; OrderID is 0 where there is none.
type JobLine struct {
	Job
	OrderID     int64
	OrderNumber string
}

// Object names what the job works on, like the audit does: "certificate 12".
func (j Job) Object() string {
	switch j.Kind {
	case JobSubmit, JobPoll, JobCheck, JobReissue, JobLook:
		return object("certificate", j.SubjectID)
	case JobDCV, JobResend:
		return object("dcv", j.SubjectID)
	case JobCancel, JobRevoke, JobLicenceSuspend, JobLicenceUnsuspend, JobLicenceMove:
		return object("order", j.SubjectID)
	case JobMail:
		return object("mail", j.SubjectID)
	case JobBalance:
		return object("upstream", j.SubjectID)
	case JobWebhook:
		return object("webhook delivery", j.SubjectID)
	case JobDrift:
		return object("drift", j.SubjectID)
	case JobReconcile:
		return object("reconciliation", j.SubjectID)
	}
	return ""
}

// JobLines is Jobs with the order each job is about.
func (db *DB) JobLines(ctx context.Context, f JobFilter) ([]JobLine, int, error) {
	where, args := conditions{about: "job j"}, []any{}
	where.add(&args, f.Kind != "", "j.kind = ?", f.Kind)
	where.add(&args, f.Failed, "j.failed = ?", true)
	return list(ctx, db.read, func(s scanner) (l JobLine, err error) {
		j := &l.Job
		return l, s.Scan(&j.ID, &j.Kind, &j.SubjectID, &j.Payload, moment{&j.RunAt}, &j.Claimed, &j.Attempts, &j.Failures, &j.Failed, &j.LastError, moment{&j.CreatedAt},
			&l.OrderID, &l.OrderNumber)
	}, `j.id, j.kind, j.subject_id, j.payload, j.run_at, j.claimed, j.attempts, j.failures, j.failed, j.last_error, j.created_at, coalesce(o.id, 0), coalesce(o.number, '')`,
		f.jobsInOrder()+` left join dcv d on j.kind in ('dcv', 'resend') and d.id = j.subject_id
		 left join certificate c on c.id = case when j.kind in ('submit', 'poll', 'check', 'reissue', 'look') then j.subject_id else d.certificate_id end
		 left join drift f on j.kind = 'drift' and f.id = j.subject_id
		 left join orders o on o.id = case when j.kind in ('cancel', 'revoke', 'licence_suspend', 'licence_unsuspend', 'licence_move') then j.subject_id when j.kind = 'drift' then f.order_id else c.order_id end`,
		where, args, "j.failed desc, j.run_at, j.id", f.Page)
}
