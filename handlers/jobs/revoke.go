package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"certbay/db"
	"certbay/providers"
)

// revoke withdraws a certificate upstream first and ends the order after.
func (w *Worker) revoke(ctx context.Context, job db.Job) error {
	var wish db.Revocation
	if err := json.Unmarshal([]byte(job.Payload), &wish); err != nil {
		return &gaveUp{cause: fmt.Sprintf("revoke job: %v", err)}
	}
	c, err := w.Book.IssuedCertificate(ctx, job.SubjectID)
	if errors.Is(err, db.ErrNotFound) {
		return nil // it is revoked already
	}
	if err != nil {
		return err
	}
	p, err := w.Upstreams.Upstream(ctx, c.Upstream)
	if err != nil {
		return err
	}
	revoker, ok := p.(providers.Revoker)
	if !ok {
		return w.Book.NoteRefusal(ctx, c.OrderID, "", "this upstream can't revoke certificates")
	}
	err = revoker.Revoke(ctx, c.UpstreamID, wish.Reason)
	w.noteHealth(ctx, c.Upstream, err)
	var refusal *providers.Refusal
	if errors.As(err, &refusal) {
		return w.Book.NoteRefusal(ctx, c.OrderID, "", refusal.Message)
	}
	if err != nil {
		return err
	}
	err = w.Book.ConfirmRevoke(context.WithoutCancel(ctx), wish.By, job.SubjectID, wish.Reason)
	if errors.Is(err, db.ErrStale) {
		return nil
	}
	return err
}
