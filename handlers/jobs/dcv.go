package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"certbay/db"
	"certbay/providers"
)

// changeDCV tells the upstream another method for a name and takes over the new
// instruction.
func (w *Worker) changeDCV(ctx context.Context, job db.Job) error {
	var wish db.DCVWish
	if err := json.Unmarshal([]byte(job.Payload), &wish); err != nil {
		return &gaveUp{cause: fmt.Sprintf("dcv job: %v", err)}
	}
	return w.onName(ctx, job, func(p providers.Provider, c db.Certificate, d db.DCV) error {
		changer, ok := p.(providers.DCVChanger)
		if !ok {
			return providers.Refuse("method", "the method of this order can't be changed")
		}
		return changer.ChangeDCV(ctx, c.UpstreamID, d.Name, providers.Method(wish.Method), wish.Email)
	})
}

// resend has the upstream send its approval mail for a name again.
func (w *Worker) resend(ctx context.Context, job db.Job) error {
	return w.onName(ctx, job, func(p providers.Provider, c db.Certificate, d db.DCV) error {
		resender, ok := p.(providers.Resender)
		if !ok {
			return providers.Refuse("method", "the mail of this order can't be sent again")
		}
		return resender.Resend(ctx, c.UpstreamID, d.Name)
	})
}

// onName does a call for one name of a request that is under way. A refusal is
// kept as the order's message; it is no reason to try again.
func (w *Worker) onName(ctx context.Context, job db.Job, call func(providers.Provider, db.Certificate, db.DCV) error) error {
	d, err := w.Book.DCV(ctx, job.SubjectID)
	if err != nil {
		return err
	}
	c, err := w.Book.Certificate(ctx, d.CertificateID)
	if err != nil {
		return err
	}
	if c.State != db.CertificateRequested || d.State == db.DCVVerified {
		return nil
	}
	p, err := w.Upstreams.Upstream(ctx, c.Upstream)
	if err != nil {
		return err
	}
	err = call(p, c, d)
	w.noteHealth(ctx, c.Upstream, err)
	var refusal *providers.Refusal
	if errors.As(err, &refusal) {
		return w.Book.NoteRefusal(ctx, c.OrderID, d.Name, refusal.Message)
	}
	if err != nil {
		return err
	}
	_, err = w.look(ctx, c.ID)
	return err
}
