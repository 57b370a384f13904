package jobs

import (
	"context"
	"errors"

	"certbay/db"
)

// webhook makes one try of a delivery. The try and what follows from it are kept
// in one transaction after the call; cut off before that it is made again, with
// the same webhook-id.
func (w *Worker) webhook(ctx context.Context, job db.Job) error {
	d, err := w.Book.DueDelivery(ctx, job.SubjectID)
	if errors.Is(err, db.ErrNotFound) {
		return nil // its endpoint was removed
	}
	if err != nil {
		return err
	}
	now := w.Book.Now()
	switch {
	case d.State != db.DeliveryWaiting:
		return nil
	case !d.Webhook.Enabled:
		return w.Book.DropDelivery(ctx, d.ID)
	case d.NextAt.After(now):
		return &later{at: d.NextAt}
	case d.HoldUntil.After(now):
		return &later{at: d.HoldUntil}
	}
	attempt := w.Webhooks.call(ctx, now, d)
	if errors.Is(ctx.Err(), context.Canceled) {
		return &later{at: now} // we stopped, not they
	}
	w.Book.At("webhook_sent")
	next, err := w.Book.RecordAttempt(context.WithoutCancel(ctx), d, attempt, w.WebhookMail)
	if err != nil || next.IsZero() {
		return err
	}
	return &later{at: next, cause: attempt.Error}
}
