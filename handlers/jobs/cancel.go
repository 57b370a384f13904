package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"certbay/db"
	"certbay/providers"
)

// cancel ends an order upstream first and gives the money back after: when the
// upstream says it is too late, nothing has been refunded.
func (w *Worker) cancel(ctx context.Context, job db.Job) error {
	var by db.Actor
	if err := json.Unmarshal([]byte(job.Payload), &by); err != nil {
		return &gaveUp{cause: fmt.Sprintf("cancel job: %v", err)}
	}
	list, err := w.Book.Certificates(ctx, job.SubjectID)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.State != db.CertificateRequested || c.UpstreamID == "" {
			continue
		}
		p, err := w.Upstreams.Upstream(ctx, c.Upstream)
		if err != nil {
			return err
		}
		canceler, ok := p.(providers.Canceler)
		if !ok {
			return w.Book.NoteRefusal(ctx, c.OrderID, "", "an order that was accepted can't be cancelled")
		}
		err = canceler.Cancel(ctx, c.UpstreamID, "cancelled by the reseller")
		w.noteHealth(ctx, c.Upstream, err)
		var refusal *providers.Refusal
		if errors.As(err, &refusal) {
			if err := w.Book.NoteRefusal(ctx, c.OrderID, "", refusal.Message); err != nil {
				return err
			}
			_, err := w.look(ctx, c.ID)
			return err
		}
		if err != nil {
			return err
		}
	}
	err = w.Book.ConfirmCancel(context.WithoutCancel(ctx), by, job.SubjectID)
	if errors.Is(err, db.ErrStale) {
		return nil
	}
	return err
}
