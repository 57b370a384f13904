package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// JobReconcile compares the book with one upstream, a little at a time; subject:
// reconciliation row.
const JobReconcile JobKind = "reconcile"

// Phase is what a reconciliation does now.
type Phase string

const (
	PhaseIdle Phase = "idle" // waits for its next time
	PhaseList Phase = "list" // goes through the upstream's list
	PhaseEach Phase = "each" // asks for each order that the list did not settle
)

// Reconciliation is how far the comparison with an upstream has come. Place is the
// list's cursor, or the place among the book's orders; times are UTC.
type Reconciliation struct {
	ID       int64
	Upstream string
	Phase    Phase
	Place    string
	BeganAt  time.Time
	EndedAt  time.Time // the last one that went through
	NextAt   time.Time
	Looked   int64  // orders of the book looked at in this one
	Error    string // why the last one broke off; empty when it went through
}

const reconciliationColumns = `id, upstream, phase, place, began_at, ended_at, next_at, looked, error`

func scanReconciliation(s scanner) (r Reconciliation, err error) {
	return r, s.Scan(&r.ID, &r.Upstream, &r.Phase, &r.Place, moment{&r.BeganAt}, moment{&r.EndedAt}, moment{&r.NextAt}, &r.Looked, &r.Error)
}

// Reconciliation reads one; for the worker.
func (db *DB) Reconciliation(ctx context.Context, id int64) (Reconciliation, error) {
	return one(ctx, db.read, scanReconciliation, `select `+reconciliationColumns+` from reconciliation where id = $1`, id)
}

// Reconciliations lists them by the upstream's name.
func (db *DB) Reconciliations(ctx context.Context) ([]Reconciliation, error) {
	return collect(ctx, db.read, scanReconciliation, `select `+reconciliationColumns+` from reconciliation order by upstream`)
}

// EnsureReconciliation makes sure that an upstream is compared from a time on, by
// one job.
func (db *DB) EnsureReconciliation(ctx context.Context, upstream string, from time.Time) error {
	var there bool
	err := db.read.QueryRowContext(ctx, `select exists (select 1 from reconciliation r join job j on j.kind = 'reconcile' and j.subject_id = r.id where r.upstream = $1)`, upstream).Scan(&there)
	if err != nil || there {
		return driverError(err)
	}
	return db.transact(ctx, func(t *tx) error {
		if _, err := t.ExecContext(ctx, `insert into reconciliation (upstream, next_at) values ($1, $2) on conflict do nothing`, upstream, orNull(from)); err != nil {
			return err
		}
		r, err := one(ctx, t, scanReconciliation, `select `+reconciliationColumns+` from reconciliation where upstream = $1`, upstream)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `insert into job (kind, lane, subject_id, run_at, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
			JobReconcile, laneOf(JobReconcile), r.ID, orNull(r.NextAt), t.now)
		return err
	})
}

// BeginReconciliation starts one anew: phase says whether the upstream has a list.
func (db *DB) BeginReconciliation(ctx context.Context, id int64, phase Phase) error {
	return db.transact(ctx, func(t *tx) error {
		return changed(ctx, t, `update reconciliation set phase = $1, place = '', began_at = $2, looked = 0 where id = $3`, phase, t.now, id)
	})
}

// EndReconciliation notes how one went and when the next begins; cause is empty when
// it went through. Then what was not seen any more in it, is gone.
func (db *DB) EndReconciliation(ctx context.Context, r Reconciliation, next time.Time, cause string) error {
	return db.transact(ctx, func(t *tx) error {
		ended := r.EndedAt
		if cause == "" {
			ended = t.now
			if _, err := t.ExecContext(ctx, `update drift set settled_at = $1, settled_by = $2, how = 'gone', busy = false
				where upstream = $3 and settled_at is null and busy = false and seen_at < $4 and what not in ('orphan', 'left')`, t.now, System.Name, r.Upstream, orNull(r.BeganAt)); err != nil {
				return err
			}
		}
		return changed(ctx, t, `update reconciliation set phase = 'idle', place = '', ended_at = $1, next_at = $2, error = $3 where id = $4`,
			orNull(ended), orNull(next), cause, r.ID)
	})
}

// Belief is how the book holds an order that an upstream has, by the certificate
// (or licence) that stands for it.
type Belief struct {
	CertificateID int64
	OrderID       int64
	UpstreamID    string // empty until accepted
	Reference     string
	State         CertificateState
	Serial        string
	NotBefore     time.Time
	NotAfter      time.Time
	Status        Status
	Fulfilment    Fulfilment
	Kind          ProductKind
	Wish          Wish
	Domain        string
	Suspended     bool
	EndsAt        time.Time
	Busy          bool // something is being done at the upstream for it
	SeenAt        time.Time
}

// Live says whether the book holds that the order goes on there.
func (s Belief) Live() bool {
	return (s.State == CertificateRequested || s.State == CertificateIssued) && s.Status != StatusCancelled && s.Status != StatusExpired
}

const (
	beliefColumns = `c.id, c.order_id, c.upstream_id, c.reference, c.state, c.serial, c.not_before, c.not_after, o.status, o.fulfilment, p.kind, o.wish,
		o.domain, o.suspended, o.ends_at, exists (select 1 from job j where j.kind in ('cancel', 'revoke', 'licence_suspend', 'licence_unsuspend', 'licence_move') and j.subject_id = o.id)
			or exists (select 1 from orders w where w.licence_id = o.id and w.status = 'processing'), k.at`
	beliefTables = `certificate c join orders o on o.id = c.order_id join product p on p.id = o.product_id left join reconciled k on k.certificate_id = c.id`
)

func scanBelief(s scanner) (st Belief, err error) {
	return st, s.Scan(&st.CertificateID, &st.OrderID, &st.UpstreamID, &st.Reference, &st.State, &st.Serial, moment{&st.NotBefore}, moment{&st.NotAfter},
		&st.Status, &st.Fulfilment, &st.Kind, &st.Wish, &st.Domain, &st.Suspended, moment{&st.EndsAt}, &st.Busy, moment{&st.SeenAt})
}

// BeliefsByID finds what the book holds under an upstream's ids, at most 200 of
// them: of each id that which goes on, or else the newest.
func (db *DB) BeliefsByID(ctx context.Context, upstream string, ids []string) (map[string]Belief, error) {
	return db.beliefs(ctx, upstream, "upstream_id", ids, func(s Belief) string { return s.UpstreamID })
}

// BeliefsByReference is BeliefsByID for our references.
func (db *DB) BeliefsByReference(ctx context.Context, upstream string, references []string) (map[string]Belief, error) {
	return db.beliefs(ctx, upstream, "reference", references, func(s Belief) string { return s.Reference })
}

func (db *DB) beliefs(ctx context.Context, upstream, column string, keys []string, key func(Belief) string) (map[string]Belief, error) {
	found := map[string]Belief{}
	for batch := range slices.Chunk(keys, 200) {
		args := []any{upstream}
		for _, k := range batch {
			args = append(args, k)
		}
		list, err := collect(ctx, db.read, scanBelief, `select `+beliefColumns+` from `+beliefTables+
			` where c.upstream = $1 and c.`+column+` in (`+placeholdersFrom(2, len(batch))+`) order by c.id`, args...)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			if before, ok := found[key(s)]; !ok || s.Live() || !before.Live() {
				found[key(s)] = s
			}
		}
	}
	return found, nil
}

// placeholdersFrom are n placeholders, the first of that number: $2, $3.
func placeholdersFrom(first, n int) string {
	marks := make([]string, n)
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", first+i)
	}
	return strings.Join(marks, ", ")
}

// Belief reads one again; ErrNotFound.
func (db *DB) Belief(ctx context.Context, certificateID int64) (Belief, error) {
	return one(ctx, db.read, scanBelief, `select `+beliefColumns+` from `+beliefTables+` where c.id = $1`, certificateID)
}

// NextBeliefs reads the next orders of an upstream that go on, behind a place; ""
// is the beginning. The place behind the last is "" when there are no more.
func (db *DB) NextBeliefs(ctx context.Context, upstream, place string, limit int) (list []Belief, next string, err error) {
	list, err = collect(ctx, db.read, scanBelief, `select `+beliefColumns+` from `+beliefTables+`
		where c.upstream = $1 and c.upstream_id > $2 and c.state in ('requested', 'issued') and o.status not in ('cancelled', 'expired')
		and not exists (select 1 from certificate n where n.upstream = c.upstream and n.upstream_id = c.upstream_id and n.id > c.id and n.state in ('requested', 'issued'))
		order by c.upstream_id`+limitTo(3), upstream, place, limit)
	if err == nil && len(list) == limit {
		next = list[limit-1].UpstreamID
	}
	return list, next, err
}

// Looked is what a look at one order brought: what differs now, everything else is
// as it should be. Skipped: it could not be told; what is open stays open.
type Looked struct {
	Belief  Belief
	Drifts  []Drift
	Skipped bool
}

// RecordLooked writes down what a step of a reconciliation brought, strangers and
// leftovers in beside, and where it goes on.
func (db *DB) RecordLooked(ctx context.Context, r Reconciliation, looked []Looked, beside []Drift, phase Phase, place string) error {
	return db.transact(ctx, func(t *tx) error {
		if err := changed(ctx, t, `update reconciliation set phase = $1, place = $2, looked = looked + $3, error = '' where id = $4`, phase, place, len(looked), r.ID); err != nil {
			return err
		}
		for batch := range slices.Chunk(looked, 200) {
			if err := recordLooked(ctx, t, r.Upstream, batch); err != nil {
				return err
			}
		}
		for _, d := range beside {
			d.Upstream = r.Upstream
			if _, err := noteDrift(ctx, t, d); err != nil {
				return err
			}
		}
		return nil
	})
}

func recordLooked(ctx context.Context, t *tx, upstream string, looked []Looked) error {
	var seen []any
	agree, touched := []any{t.now, System.Name, upstream}, []any{t.now, upstream}
	for _, l := range looked {
		seen = append(seen, l.Belief.CertificateID, t.now)
		switch {
		case l.Skipped:
			touched = append(touched, l.Belief.UpstreamID)
		case len(l.Drifts) == 0:
			agree = append(agree, l.Belief.UpstreamID)
		default:
			if err := recordDrifts(ctx, t, upstream, l); err != nil {
				return err
			}
		}
	}
	if n := len(seen) / 2; n > 0 {
		if _, err := t.ExecContext(ctx, `insert into reconciled (certificate_id, at) values `+tuples(n, 2)+` on conflict (certificate_id) do update set at = excluded.at`, seen...); err != nil {
			return err
		}
	}
	if n := len(agree) - 3; n > 0 {
		if _, err := t.ExecContext(ctx, `update drift set settled_at = $1, settled_by = $2, how = 'gone' where upstream = $3 and settled_at is null and busy = false
			and what in `+upkeep+` and upstream_id in (`+placeholdersFrom(4, n)+`)`, agree...); err != nil {
			return err
		}
	}
	if n := len(touched) - 2; n > 0 {
		if _, err := t.ExecContext(ctx, `update drift set seen_at = $1 where upstream = $2 and settled_at is null and upstream_id in (`+placeholdersFrom(3, n)+`)`, touched...); err != nil {
			return err
		}
	}
	return nil
}

func recordDrifts(ctx context.Context, t *tx, upstream string, l Looked) error {
	open, err := collect(ctx, t, func(s scanner) (d Drift, err error) { return d, s.Scan(&d.ID, &d.What) },
		`select id, what from drift where upstream = $1 and upstream_id = $2 and settled_at is null and busy = false and what in `+upkeep, upstream, l.Belief.UpstreamID)
	if err != nil {
		return err
	}
	for _, before := range open {
		if slices.ContainsFunc(l.Drifts, func(d Drift) bool { return d.What == before.What }) {
			continue
		}
		if err := settleDrift(ctx, t, System, before.ID, DriftGone); err != nil && !errors.Is(err, ErrStale) {
			return err
		}
	}
	for _, d := range l.Drifts {
		d.Upstream, d.UpstreamID, d.OrderID, d.CertificateID = upstream, l.Belief.UpstreamID, l.Belief.OrderID, l.Belief.CertificateID
		if _, err := noteDrift(ctx, t, d); err != nil {
			return err
		}
	}
	return nil
}
