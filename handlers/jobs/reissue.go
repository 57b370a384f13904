package jobs

import (
	"context"
	"errors"

	"certbay/db"
	"certbay/providers"
)

// reissue asks the upstream for a further certificate within an order's term. It
// costs nothing and the same wish repeated does nothing, so it may be tried again.
func (w *Worker) reissue(ctx context.Context, job db.Job) error {
	s, err := w.Book.SubmissionOf(ctx, job.SubjectID)
	if err != nil {
		return err
	}
	if s.Certificate.State != db.CertificateRequested || s.Certificate.UpstreamID != "" {
		return nil
	}
	before, err := w.Book.IssuedCertificate(ctx, s.Order.ID)
	if err != nil {
		return err
	}
	p, err := w.Upstreams.Upstream(ctx, before.Upstream)
	if err != nil {
		return err
	}
	reissuer, ok := p.(providers.Reissuer)
	if !ok {
		return settled(w.Book.RefuseReissue(ctx, s.Certificate.ID, "certificates of this order can't be reissued"))
	}
	err = reissuer.Reissue(ctx, before.UpstreamID, SubmissionFor(s))
	after := context.WithoutCancel(ctx)
	w.noteHealth(after, before.Upstream, err)
	var refusal *providers.Refusal
	switch {
	case errors.As(err, &refusal):
		return settled(w.Book.RefuseReissue(after, s.Certificate.ID, refusal.Message))
	case errors.Is(err, providers.ErrRefused):
		return settled(w.Book.RefuseReissue(after, s.Certificate.ID, err.Error()))
	case err != nil:
		return err
	}
	if err := w.Book.AcceptReissue(after, s.Certificate.ID, before.UpstreamID); err != nil {
		return settled(err)
	}
	w.lookOnce(ctx, s.Certificate.ID)
	return nil
}

// settled is the outcome of a job whose wish was replaced meanwhile: none is left.
func settled(err error) error {
	if errors.Is(err, db.ErrStale) {
		return nil
	}
	return err
}
