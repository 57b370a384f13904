package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"certbay/db"
	"certbay/providers"
)

// licencer finds the upstream of a licence; a refusal where that can't change any.
func (w *Worker) licencer(ctx context.Context, name string) (providers.Licencer, error) {
	p, err := w.Upstreams.Upstream(ctx, name)
	if err != nil {
		return nil, err
	}
	l, ok := p.(providers.Licencer)
	if !ok {
		return nil, providers.Refuse("", "licences of this supplier can't be changed")
	}
	return l, nil
}

func place(at db.LicenceAt) providers.Licence {
	return providers.Licence{UpstreamID: at.UpstreamID, ProductCode: at.ProductCode, IP: at.Order.Domain}
}

// buyForLicence renews a licence or turns it into another product, exactly once.
//
// No upstream can be asked whether it has done so: what broke off is for a person
// to decide in the review queue, and is never sent again blindly.
func (w *Worker) buyForLicence(ctx context.Context, job db.Job, s db.Submission) error {
	switch s.Order.Fulfilment {
	case db.FulfilmentQueued:
	case db.FulfilmentSubmitting:
		return settled(w.Book.DoubtSubmit(ctx, s.Certificate.ID, "the call to the upstream broke off"))
	default:
		return nil
	}
	at, err := w.Book.LicenceAt(ctx, s.Order.LicenceID)
	if err != nil {
		return err
	}
	l, noLicencer := w.licencer(ctx, s.Certificate.Upstream)
	if noLicencer != nil && !errors.Is(noLicencer, providers.ErrRefused) {
		return noLicencer
	}
	s, err = w.Book.BeginSubmit(ctx, s.Certificate.ID)
	if err != nil {
		return settled(err)
	}
	w.Book.At("before_submit")
	switch {
	case noLicencer != nil:
		err = noLicencer
	case s.Order.Wish == db.WishRenew:
		err = l.RenewLicence(ctx, place(at), s.Order.Months)
	case s.Order.Wish == db.WishCore:
		err = l.ChangeCore(ctx, place(at), s.ProductCode)
	default:
		err = providers.Refuse("", fmt.Sprintf("nobody knows how to %q a licence", s.Order.Wish))
	}
	w.Book.At("after_submit")
	after := context.WithoutCancel(ctx)
	w.noteHealth(after, s.Certificate.Upstream, err)
	var refusal *providers.Refusal
	switch {
	case err == nil:
		err := w.Book.RecordLicenceDone(after, s.Certificate.ID)
		if errors.Is(err, db.ErrStale) {
			orphan, err := w.Book.NoteWishOrphan(after, s.Certificate.ID)
			if orphan && err == nil {
				w.Log.Error("done at an upstream what the book does not want", "order", s.Order.Number, "upstream", s.Certificate.Upstream, "wish", s.Order.Wish)
			}
			return err
		}
		if err != nil {
			return err
		}
		w.noteCores(ctx, s.Certificate.Upstream)
		return nil
	case errors.As(err, &refusal):
		return settled(w.Book.RefuseWish(after, s.Certificate.ID, refusal.Message))
	case errors.Is(err, providers.ErrRefused), errors.Is(err, providers.ErrUnknown):
		return settled(w.Book.RefuseWish(after, s.Certificate.ID, err.Error()))
	case errors.Is(err, providers.ErrCredentials), errors.Is(err, providers.ErrNotSent):
		return w.postpone(after, s, notSent(job, err), err)
	}
	return settled(w.Book.DoubtSubmit(after, s.Certificate.ID, err.Error()))
}

// changeLicence stops a licence, lets it work again or moves it. It costs nothing,
// so it may be tried again.
func (w *Worker) changeLicence(ctx context.Context, job db.Job) error {
	var wish db.LicenceChange
	if err := json.Unmarshal([]byte(job.Payload), &wish); err != nil {
		return &gaveUp{cause: fmt.Sprintf("licence job: %v", err)}
	}
	at, err := w.Book.LicenceAt(ctx, job.SubjectID)
	if err != nil || nothingToChange(at.Order, job.Kind, wish) {
		return err
	}
	l, err := w.licencer(ctx, at.Upstream)
	if err == nil {
		switch job.Kind {
		case db.JobLicenceSuspend:
			err = l.SuspendLicence(ctx, place(at))
		case db.JobLicenceUnsuspend:
			err = l.UnsuspendLicence(ctx, place(at))
		case db.JobLicenceMove:
			if err = l.ChangeIP(ctx, place(at), wish.IP); err != nil && job.Attempts > 1 && w.movedBefore(ctx, l, at, wish.IP, err) {
				err = nil
			}
		}
		w.noteHealth(ctx, at.Upstream, err)
	}
	after := context.WithoutCancel(ctx)
	var refusal *providers.Refusal
	switch {
	case errors.As(err, &refusal):
		return w.Book.NoteRefusal(after, job.SubjectID, "", refusal.Message)
	case errors.Is(err, providers.ErrRefused), errors.Is(err, providers.ErrUnknown):
		return w.Book.NoteRefusal(after, job.SubjectID, "", err.Error())
	case err != nil:
		return err
	case job.Kind == db.JobLicenceMove:
		return w.Book.RecordMoved(after, wish.By, job.SubjectID, wish.IP)
	}
	return w.Book.RecordSuspended(after, wish.By, job.SubjectID, job.Kind == db.JobLicenceSuspend)
}

// nothingToChange says whether a licence has ended since its change was asked for, or
// the change is noted already, by a worker that died before the job was ended.
func nothingToChange(l db.Order, kind db.JobKind, wish db.LicenceChange) bool {
	if kind == db.JobLicenceMove {
		return l.Status != db.StatusCompleted || l.Domain == wish.IP
	}
	return l.Status != db.StatusCompleted || l.Suspended == (kind == db.JobLicenceSuspend)
}

// movedBefore says whether an earlier try, whose answer was lost, has moved a
// licence: an upstream that knows licences by their address has none at the old
// one then. Saying of a licence that it is as it is changes nothing, and tells
// whether it is there.
func (w *Worker) movedBefore(ctx context.Context, l providers.Licencer, at db.LicenceAt, ip string, err error) bool {
	if !errors.Is(err, providers.ErrUnknown) && !errors.Is(err, providers.ErrRefused) {
		return false
	}
	if alone, err := w.Book.LicenceAlone(ctx, at.Order, ip); err != nil || !alone {
		return false
	}
	there := place(at)
	there.IP = ip
	if at.Order.Suspended {
		return l.SuspendLicence(ctx, there) == nil
	}
	return l.UnsuspendLicence(ctx, there) == nil
}

// noteCores keeps what an upstream says its licences can be turned into. Nobody
// waits for it.
func (w *Worker) noteCores(ctx context.Context, upstream string) {
	p, err := w.Upstreams.Upstream(ctx, upstream)
	if err != nil {
		return
	}
	if _, ok := p.(providers.Licencer); !ok {
		return
	}
	products, err := p.Products(ctx)
	if err == nil {
		cores := map[string][]string{}
		for _, product := range products {
			if len(product.Cores) > 0 {
				cores[product.Code] = product.Cores
			}
		}
		err = w.Book.SetUpstreamCores(context.WithoutCancel(ctx), upstream, cores)
	}
	if err != nil {
		w.Log.Warn("what licences can be turned into", "upstream", upstream, "error", err)
	}
}
