package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"certbay/db"
	"certbay/providers"
)

// submit hands a certificate request to its upstream, exactly once.
//
// The book says "submitting" before the call. When this job finds "submitting"
// or "unsure", an earlier call broke off: the upstream is asked for our
// reference, and only its word that it never got the order lets it be sent again.
func (w *Worker) submit(ctx context.Context, job db.Job) error {
	s, err := w.Book.SubmissionOf(ctx, job.SubjectID)
	if err != nil {
		return err
	}
	if s.Order.Wish != "" {
		return w.buyForLicence(ctx, job, s)
	}
	p, err := w.Upstreams.Upstream(ctx, s.Certificate.Upstream)
	if err != nil {
		return err
	}
	switch s.Order.Fulfilment {
	case db.FulfilmentQueued:
		if job.Attempts > 1 {
			if there, err := w.isThere(ctx, job, p, s); there || err != nil {
				return err
			}
		}
	case db.FulfilmentSubmitting:
		if err := w.Book.DoubtSubmit(ctx, s.Certificate.ID, "the call to the upstream broke off"); err != nil && !errors.Is(err, db.ErrStale) {
			return err
		}
		return w.lookUp(ctx, p, s)
	case db.FulfilmentUnsure:
		return w.lookUp(ctx, p, s)
	default:
		return nil
	}
	earlier, err := w.Book.EarlierUpstreamID(ctx, s.Certificate)
	if err != nil {
		return err
	}
	s, err = w.Book.BeginSubmit(ctx, s.Certificate.ID)
	if errors.Is(err, db.ErrStale) {
		return nil
	}
	if err != nil {
		return err
	}
	wish := SubmissionFor(s)
	wish.Earlier = earlier
	w.Book.At("before_submit")
	receipt, err := w.buy(ctx, p, s, wish)
	w.Book.At("after_submit")
	after := context.WithoutCancel(ctx)
	w.noteHealth(after, s.Certificate.Upstream, err)
	var refusal *providers.Refusal
	switch {
	case err == nil:
		return w.accept(ctx, s, receipt.UpstreamID)
	case errors.As(err, &refusal) && refusal.UpstreamID != "":
		return w.Book.RefusePaidSubmit(after, s.Certificate.ID, refusal.Message, refusal.UpstreamID)
	case errors.As(err, &refusal):
		return w.Book.RefuseSubmit(after, s.Certificate.ID, refusal.Message)
	case errors.Is(err, providers.ErrRefused):
		return w.Book.RefuseSubmit(after, s.Certificate.ID, err.Error())
	case errors.Is(err, providers.ErrCredentials), errors.Is(err, providers.ErrNotSent):
		return w.postpone(after, s, notSent(job, err), err)
	default:
		if err := w.Book.DoubtSubmit(after, s.Certificate.ID, err.Error()); err != nil {
			return err
		}
		return &later{at: w.Book.Now().Add(retries[0]), cause: err.Error()}
	}
}

// buy hands an order in: as a renewal of what it renews, where that was issued by
// the same upstream and can be renewed there; otherwise as a new one. A refusal means
// that nothing was ordered, so one that is about the renewal and not about what was
// asked for (too early, say) is followed by a new order.
func (w *Worker) buy(ctx context.Context, p providers.Provider, s db.Submission, wish providers.Submission) (providers.Receipt, error) {
	renewer, ok := p.(providers.Renewer)
	if !ok || wish.Earlier != "" {
		return p.Submit(ctx, wish)
	}
	before, err := w.Book.RenewedThere(ctx, s.Certificate)
	if err != nil {
		return providers.Receipt{}, fmt.Errorf("%w: %w", providers.ErrNotSent, err)
	}
	if before == "" {
		return p.Submit(ctx, wish)
	}
	receipt, err := renewer.Renew(ctx, before, wish)
	var refusal *providers.Refusal
	gone := errors.Is(err, providers.ErrUnknown) && !errors.Is(err, providers.ErrUnsure)
	if gone || errors.As(err, &refusal) && refusal.Field == "" && refusal.UpstreamID == "" {
		w.Log.Info("not renewed but bought anew", "order", s.Order.Number, "upstream", s.Certificate.Upstream, "error", err)
		return p.Submit(ctx, wish)
	}
	return receipt, err
}

// postpone puts an order that surely was not placed back into the queue.
func (w *Worker) postpone(ctx context.Context, s db.Submission, wait time.Duration, cause error) error {
	if err := w.Book.PostponeSubmit(ctx, s.Certificate.ID); err != nil {
		return err
	}
	return &later{at: w.Book.Now().Add(wait), cause: cause.Error()}
}

// notSent is how long to wait for an upstream that was not reached: longer with
// each attempt, and as long as it asks for. A login is mended by a person.
func notSent(job db.Job, err error) time.Duration {
	if errors.Is(err, providers.ErrCredentials) {
		return 10 * time.Minute
	}
	wait := retries[min(max(job.Attempts-1, 0), 5)] // an hour at most: somebody waits for a certificate
	return max(wait, askedToWait(err))
}

// accept notes that the upstream has the order, and asks at once how it stands.
// Where the book settled the order otherwise meanwhile, what stands upstream is
// left to a person.
func (w *Worker) accept(ctx context.Context, s db.Submission, upstreamID string) error {
	after := context.WithoutCancel(ctx)
	err := w.Book.AcceptSubmit(after, db.System, s.Certificate.ID, upstreamID)
	if errors.Is(err, db.ErrDuplicate) {
		return w.doubtTaken(after, s, upstreamID)
	}
	if errors.Is(err, db.ErrStale) {
		orphan, err := w.Book.NoteOrphan(after, s.Certificate.ID, upstreamID)
		if orphan && err == nil {
			w.Log.Error("an upstream order that the book does not want", "order", s.Order.Number, "upstream", s.Certificate.Upstream, "upstream_id", upstreamID)
		}
		return err
	}
	if err != nil {
		return err
	}
	w.lookOnce(ctx, s.Certificate.ID)
	if s.Order.Kind == db.KindLicence {
		w.noteCores(ctx, s.Certificate.Upstream)
	}
	return nil
}

// doubtTaken is for an upstream that answers with an order which another of ours
// has already: that can't be this one. Its records are asked once; where they say
// the same, or can't be asked, a person decides.
func (w *Worker) doubtTaken(ctx context.Context, s db.Submission, upstreamID string) error {
	cause := fmt.Sprintf("%s answered with its order %s, which another order here has already", s.Certificate.Upstream, upstreamID)
	err := w.Book.DoubtSubmit(ctx, s.Certificate.ID, cause)
	if errors.Is(err, db.ErrStale) && s.Order.Fulfilment == db.FulfilmentUnsure {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", cause, err)
	}
	return &later{at: w.Book.Now().Add(retries[0]), cause: cause}
}

// isThere asks once more before an order is sent again, whoever said that the
// upstream never got it: it may have arrived since. What is there is accepted.
func (w *Worker) isThere(ctx context.Context, job db.Job, p providers.Provider, s db.Submission) (bool, error) {
	finder, ok := p.(providers.Finder)
	if !ok {
		return false, nil
	}
	id, err := finder.Find(ctx, s.Certificate.Reference)
	w.noteHealth(ctx, s.Certificate.Upstream, err)
	switch {
	case errors.Is(err, providers.ErrUnknown):
		return false, nil
	case errors.Is(err, providers.ErrUnsure):
		return false, nil // whoever had it sent again knew more than the upstream's records
	case err != nil:
		return false, &later{at: w.Book.Now().Add(notSent(job, err)), cause: err.Error()}
	}
	return true, w.accept(ctx, s, id)
}

// lookUp finds out what became of a call that broke off.
func (w *Worker) lookUp(ctx context.Context, p providers.Provider, s db.Submission) error {
	finder, ok := p.(providers.Finder)
	if !ok {
		return nil // a person decides in the review queue
	}
	id, err := finder.Find(ctx, s.Certificate.Reference)
	w.noteHealth(ctx, s.Certificate.Upstream, err)
	switch {
	case err == nil:
		return w.accept(ctx, s, id)
	case errors.Is(err, providers.ErrUnknown):
		err := w.Book.RequeueSubmit(ctx, s.Certificate.ID)
		if err != nil && !errors.Is(err, db.ErrStale) {
			return err
		}
		// The job goes on as the one that submits: finishing it would lose the wish,
		// also where a person has decided meanwhile.
		return &later{at: w.Book.Now(), cause: "the upstream never got the order"}
	case errors.Is(err, providers.ErrUnsure) && !errors.Is(err, providers.ErrUnavailable):
		return nil // the upstream's records can't tell: a person decides in the review queue
	default:
		return err
	}
}

// SubmissionFor says an order of the book in the upstreams' vocabulary.
func SubmissionFor(s db.Submission) providers.Submission {
	out := providers.Submission{
		Reference:   s.Certificate.Reference,
		ProductCode: s.ProductCode,
		Months:      s.Order.Months,
		CSR:         s.Certificate.CSR,
		Contact: providers.Contact{FirstName: s.Contact.FirstName, LastName: s.Contact.LastName, Title: s.Contact.Title,
			Email: s.Contact.Email, Phone: s.Contact.Phone},
		Org: providers.Organization{Name: s.Contact.Organisation, Street: s.Contact.Street, City: s.Contact.City,
			Province: s.Contact.Province, PostalCode: s.Contact.PostalCode, Country: s.Contact.Country, Phone: s.Contact.Phone},
		Delivery: s.Contact.Delivery,
	}
	for _, n := range s.Names {
		out.Names = append(out.Names, providers.DomainChoice{Name: n.Name, Method: providers.Method(n.Method), Email: n.Email})
	}
	if s.Order.Kind == db.KindLicence {
		out.IP = s.Order.Domain
	}
	return out
}
