package jobs

import (
	"context"
	"errors"
	"hash/fnv"
	"time"

	"certbay/db"
	"certbay/providers"
)

// ReconcileRate is how often and how fast the book is compared with an upstream.
type ReconcileRate struct {
	Every time.Duration // from one beginning to the next; default a day
	First time.Duration // after an upstream is first seen; default an hour. Each upstream's own part of an hour is added
	Pause time.Duration // between two steps; default 10 s
	Batch int           // orders asked for one by one in a step; default 20
}

func (r ReconcileRate) filled() ReconcileRate {
	fill := func(to *time.Duration, otherwise time.Duration) {
		if *to == 0 {
			*to = otherwise
		}
	}
	fill(&r.Every, 24*time.Hour)
	fill(&r.First, time.Hour)
	fill(&r.Pause, 10*time.Second)
	if r.Batch == 0 {
		r.Batch = 20
	}
	return r
}

// spread is an upstream's own part of an hour, so that not all begin at once.
func spread(upstream string) time.Duration {
	h := fnv.New32a()
	h.Write([]byte(upstream))
	return time.Duration(h.Sum32()%3600) * time.Second
}

// beliefsRead is how many of the book's orders are read at once.
const beliefsRead = 200

// reconcileTries is how often a step is tried before the day's comparison is given up.
const reconcileTries = 6

// ensureReconciliations makes sure that every upstream is compared.
func (w *Worker) ensureReconciliations(ctx context.Context) error {
	names, err := w.Upstreams.Names(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := w.Book.EnsureReconciliation(ctx, name, w.Book.Now().Add(w.Reconcile.filled().First+spread(name))); err != nil {
			return err
		}
	}
	return nil
}

// reconcile compares the book with an upstream, one step at a time: first along
// the upstream's list, where it has one, which settles everything that agrees;
// then whatever is left is asked for one by one, and only that answer makes a
// difference. Nothing is changed here but what a poll would take over as well.
func (w *Worker) reconcile(ctx context.Context, job db.Job) error {
	r, err := w.Book.Reconciliation(ctx, job.SubjectID)
	if err != nil {
		return err
	}
	rate, now := w.Reconcile.filled(), w.Book.Now()
	p, err := w.Upstreams.Upstream(ctx, r.Upstream)
	if err != nil {
		return w.reconcileFailed(ctx, job, r, err)
	}
	lister, lists := p.(providers.OrderLister)
	var over bool
	switch {
	case r.Phase == db.PhaseIdle: // it is time, or a person wants it now
		phase := db.PhaseEach
		if lists {
			phase = db.PhaseList
		}
		if err := w.Book.BeginReconciliation(ctx, r.ID, phase); err != nil {
			return err
		}
		return &later{at: now}
	case r.Phase == db.PhaseList && lists:
		err = w.reconcileList(ctx, r, p, lister)
	default:
		over, err = w.reconcileEach(ctx, r, p, rate.Batch)
	}
	if err != nil {
		return w.reconcileFailed(ctx, job, r, err)
	}
	if !over {
		return &later{at: now.Add(rate.Pause)}
	}
	w.closeLeftovers(ctx, r, p)
	next := r.BeganAt.Add(rate.Every)
	if next.Before(now) {
		next = now.Add(rate.Pause)
	}
	if err := w.Book.EndReconciliation(ctx, r, next, ""); err != nil {
		return err
	}
	return &later{at: next}
}

// reconcileFailed tries a step again, later and later; in the end the day's
// comparison is given up, and the next one tried.
func (w *Worker) reconcileFailed(ctx context.Context, job db.Job, r db.Reconciliation, cause error) error {
	ctx = context.WithoutCancel(ctx)
	if job.Failures >= reconcileTries {
		next := w.Book.Now().Add(w.Reconcile.filled().Every)
		if err := w.Book.EndReconciliation(ctx, r, next, cause.Error()); err != nil {
			return err
		}
		return &later{at: next}
	}
	return &later{at: w.Book.Now().Add(max(retries[min(job.Failures, len(retries)-1)], askedToWait(cause))), cause: cause.Error()}
}

// listAsked is how many orders of a page of the list are asked for at once.
const listAsked = 20

// reconcileList goes on along the upstream's list by a page.
func (w *Worker) reconcileList(ctx context.Context, r db.Reconciliation, p providers.Provider, lister providers.OrderLister) error {
	page, next, err := lister.Orders(ctx, r.Place)
	w.noteHealth(ctx, r.Upstream, err)
	if err != nil {
		return err
	}
	var ids, references []string
	for _, o := range page {
		ids = append(ids, o.UpstreamID)
		if o.Reference != "" {
			references = append(references, o.Reference)
		}
	}
	// Read behind the list, so that what is not in the list's word yet counts as ours.
	known, err := w.Book.BeliefsByID(ctx, r.Upstream, ids)
	if err != nil {
		return err
	}
	named, err := w.Book.BeliefsByReference(ctx, r.Upstream, references)
	if err != nil {
		return err
	}
	s := &listStep{w: w, upstream: r.Upstream, p: p, now: w.Book.Now()}
	for _, o := range page {
		b, byID := known[o.UpstreamID]
		n, byReference := named[o.Reference]
		switch {
		case byID && b.Live():
			if agrees(b, o) {
				s.looked = append(s.looked, db.Looked{Belief: b})
			}
		case byID:
			s.ended(ctx, b, o)
		case byReference && o.Reference != "":
			s.elsewhere(ctx, n, o)
		case open(o, s.now):
			s.beside = append(s.beside, db.Drift{UpstreamID: o.UpstreamID, What: db.DriftStranger, Theirs: string(o.State), Note: name(o)})
		}
	}
	phase := db.PhaseList
	if next == "" || next == r.Place {
		phase, next = db.PhaseEach, ""
	}
	return w.Book.RecordLooked(context.WithoutCancel(ctx), r, s.looked, s.beside, phase, next)
}

// listStep is what a page of the list brought.
type listStep struct {
	w        *Worker
	upstream string
	p        providers.Provider
	now      time.Time
	asked    int
	looked   []db.Looked
	beside   []db.Drift
}

// ended looks at an order that the book has ended and that the list has going on.
func (s *listStep) ended(ctx context.Context, b db.Belief, o providers.Order) {
	if b.Busy || !open(o, s.now) || b.Status != db.StatusCancelled && b.State != db.CertificateRevoked {
		return
	}
	if state, ok := s.ask(ctx, o.UpstreamID); ok && goesOn(state) {
		s.beside = append(s.beside, db.Drift{UpstreamID: o.UpstreamID, OrderID: b.OrderID, CertificateID: b.CertificateID,
			What: db.DriftAlive, Ours: string(b.Status), Theirs: string(state)})
	}
}

// elsewhere looks at an order under our reference and an id that the book does not
// know: it was never known to be placed, or its id has changed, or it is a second one.
func (s *listStep) elsewhere(ctx context.Context, b db.Belief, o providers.Order) {
	switch {
	case b.Live() && b.UpstreamID == "" && b.Fulfilment == db.FulfilmentUnsure && b.Wish == "" && b.State == db.CertificateRequested:
		if err := s.w.Book.AcceptSubmit(ctx, db.System, b.CertificateID, o.UpstreamID); err == nil {
			s.w.lookOnce(ctx, b.CertificateID)
		}
	case b.Live() && b.UpstreamID == "":
		// It is on its way, and will be accepted by its own job.
	case b.Live():
		s.asked++
		if s.asked > listAsked {
			return
		}
		_, err := s.p.Status(ctx, b.UpstreamID)
		s.w.noteHealth(ctx, s.upstream, err)
		switch {
		case errors.Is(err, providers.ErrUnknown):
			s.looked = append(s.looked, db.Looked{Belief: b, Drifts: []db.Drift{{What: db.DriftID, Ours: b.UpstreamID, Theirs: o.UpstreamID}}})
		case err == nil && open(o, s.now):
			s.beside = append(s.beside, db.Drift{UpstreamID: o.UpstreamID, OrderID: b.OrderID, CertificateID: b.CertificateID,
				What: db.DriftOrphan, Ours: b.UpstreamID, Theirs: string(o.State)})
		}
	case open(o, s.now):
		if state, ok := s.ask(ctx, o.UpstreamID); ok && goesOn(state) {
			s.beside = append(s.beside, db.Drift{UpstreamID: o.UpstreamID, OrderID: b.OrderID, CertificateID: b.CertificateID,
				What: db.DriftOrphan, Ours: string(b.Status), Theirs: string(state)})
		}
	}
}

// ask asks how an order stands, for the few that the list makes doubtful.
func (s *listStep) ask(ctx context.Context, id string) (providers.State, bool) {
	if s.asked++; s.asked > listAsked {
		return "", false
	}
	status, err := s.p.Status(ctx, id)
	s.w.noteHealth(ctx, s.upstream, err)
	return status.State, err == nil
}

// open says whether the list has an order going on.
func open(o providers.Order, now time.Time) bool {
	return o.State != "" && goesOn(o.State) && (o.TermEndsAt.IsZero() || now.Before(o.TermEndsAt)) && (o.ValidTill.IsZero() || !o.TermEndsAt.IsZero() || now.Before(o.ValidTill))
}

func goesOn(s providers.State) bool { return s != "" && !s.Final() }

// name is how a person knows an order that the book does not.
func name(o providers.Order) string {
	switch {
	case o.Domain != "":
		return o.Domain
	case o.IP != "":
		return o.IP
	}
	return o.ProductName
}

// reconcileEach asks for the next orders that nothing has settled, one by one.
func (w *Worker) reconcileEach(ctx context.Context, r db.Reconciliation, p providers.Provider, batch int) (over bool, err error) {
	list, next, err := w.Book.NextBeliefs(ctx, r.Upstream, r.Place, beliefsRead)
	if err != nil {
		return false, err
	}
	var looked []db.Looked
	asked, place := 0, r.Place
	until := time.Now().Add(w.Lease / 3)
	broken := error(nil)
	for _, b := range list {
		if b.SeenAt.Before(r.BeganAt) {
			if asked == batch || asked > 0 && w.Lease > 0 && time.Now().After(until) {
				next = place
				break
			}
			asked++
			l, err := w.compare(ctx, r.Upstream, p, b)
			if err != nil {
				broken, next = err, place
				break
			}
			looked = append(looked, l)
		}
		place = b.UpstreamID
	}
	over = broken == nil && next == ""
	if err := w.Book.RecordLooked(context.WithoutCancel(ctx), r, looked, nil, db.PhaseEach, next); err != nil {
		return false, err
	}
	return over, broken
}

// closeLeftovers forgets orders that nobody here wants and that have ended there by
// themselves. What can't be asked now is asked the next day.
func (w *Worker) closeLeftovers(ctx context.Context, r db.Reconciliation, p providers.Provider) {
	list, err := w.Book.OpenLeftovers(ctx, r.Upstream, listAsked)
	if err != nil {
		w.Log.Warn("reconciliation", "upstream", r.Upstream, "error", err)
		return
	}
	for _, d := range list {
		status, err := p.Status(ctx, d.UpstreamID)
		w.noteHealth(ctx, r.Upstream, err)
		if errors.Is(err, providers.ErrUnknown) || err == nil && (status.State == providers.StateCancelled || status.State == providers.StateRevoked) {
			err = w.Book.DriftSettled(context.WithoutCancel(ctx), db.System, d.ID, db.DriftGone)
			if err != nil && !errors.Is(err, db.ErrStale) {
				w.Log.Warn("reconciliation", "upstream", r.Upstream, "error", err)
			}
		}
	}
}

// errThere is an error that says nothing about an order: the upstream is in the way.
func errThere(err error) bool {
	return errors.Is(err, providers.ErrUnavailable) || errors.Is(err, providers.ErrCredentials) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// compare asks for one order and says what differs. The error is the upstream's
// that could not be asked.
func (w *Worker) compare(ctx context.Context, upstream string, p providers.Provider, b db.Belief) (db.Looked, error) {
	looked := db.Looked{Belief: b, Skipped: true}
	if b.Busy {
		return looked, nil
	}
	status, err := p.Status(ctx, b.UpstreamID)
	w.noteHealth(ctx, upstream, err)
	switch {
	case errors.Is(err, providers.ErrUnknown):
		return w.unknown(ctx, p, b)
	case errThere(err):
		return looked, err
	case err != nil:
		w.Log.Warn("reconciliation", "upstream", upstream, "upstream_id", b.UpstreamID, "error", err)
		return looked, nil
	}
	if b.State == db.CertificateRequested {
		_, err := w.look(ctx, b.CertificateID)
		var strange *notOurs
		switch {
		case errors.As(err, &strange):
			looked.Skipped, looked.Drifts = false, []db.Drift{{What: db.DriftIssued, Ours: string(b.Status), Theirs: string(status.State), Note: strange.Error()}}
		case errThere(err):
			return looked, err
		case err == nil:
			looked.Skipped = false
		}
		return looked, nil
	}
	var cert providers.Certificate
	if status.State == providers.StateIssued && !status.Reissuing && b.Kind != db.KindLicence && b.Serial != "" {
		cert, err = p.Certificate(ctx, b.UpstreamID)
		w.noteHealth(ctx, upstream, err)
		if errThere(err) {
			return looked, err
		}
		if err != nil && !errors.Is(err, providers.ErrNotReady) {
			w.Log.Warn("reconciliation", "upstream", upstream, "upstream_id", b.UpstreamID, "error", err)
			return looked, nil
		}
	}
	// Read again: what was changed here while the upstream was asked, is no difference.
	now, err := w.Book.Belief(ctx, b.CertificateID)
	if err != nil {
		return looked, err
	}
	if now.Busy || now.State != b.State || !now.Live() {
		return looked, nil
	}
	return db.Looked{Belief: now, Drifts: differences(now, status, cert)}, nil
}

// unknown finds out whether an order that an upstream does not know by its id is
// there under another.
func (w *Worker) unknown(ctx context.Context, p providers.Provider, b db.Belief) (db.Looked, error) {
	looked := db.Looked{Belief: b, Drifts: []db.Drift{{What: db.DriftUnknown, Ours: string(b.Status)}}}
	finder, ok := p.(providers.Finder)
	if !ok {
		return looked, nil
	}
	list, err := w.Book.Certificates(ctx, b.OrderID)
	if err != nil {
		return looked, err
	}
	for _, c := range list {
		if c.UpstreamID != b.UpstreamID {
			continue
		}
		id, err := finder.Find(ctx, c.Reference)
		w.noteHealth(ctx, c.Upstream, err)
		switch {
		case errThere(err):
			return db.Looked{Belief: b, Skipped: true}, err
		case err == nil && id != b.UpstreamID:
			looked.Drifts = []db.Drift{{What: db.DriftID, Ours: b.UpstreamID, Theirs: id}}
			return looked, nil
		}
	}
	return looked, nil
}
