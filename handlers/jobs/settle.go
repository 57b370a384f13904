package jobs

import (
	"context"
	"errors"
	"fmt"

	"certbay/db"
	"certbay/providers"
)

// settleDrift does at the upstream what a person decided about a difference.
func (w *Worker) settleDrift(ctx context.Context, job db.Job) error {
	by, err := actorOf(job)
	if err != nil {
		return err
	}
	d, err := w.Book.Drift(ctx, job.SubjectID)
	if err != nil {
		return err
	}
	if !d.SettledAt.IsZero() || !d.Busy {
		return nil
	}
	p, err := w.Upstreams.Upstream(ctx, d.Upstream)
	if err != nil {
		return err
	}
	after := context.WithoutCancel(ctx)
	switch d.What {
	case db.DriftSerial:
		return w.takeThere(ctx, p, d, by)
	case db.DriftIssued:
		_, err := w.look(ctx, d.CertificateID)
		var strange *notOurs
		if errors.As(err, &strange) {
			return w.Book.DriftStays(after, d.ID, strange.Error())
		}
		if err != nil {
			return err
		}
		return settled(w.Book.DriftSettled(after, by, d.ID, db.DriftTheirs))
	}
	known, err := w.Book.BeliefsByID(ctx, d.Upstream, []string{d.UpstreamID})
	if err != nil {
		return err
	}
	if known[d.UpstreamID].Live() { // it was taken into the book since: somebody wants it
		return settled(w.Book.DriftSettled(after, by, d.ID, db.DriftGone))
	}
	how, words, err := w.endThere(ctx, p, d)
	switch {
	case err != nil:
		return err
	case words != "":
		return w.Book.DriftStays(after, d.ID, words)
	}
	return settled(w.Book.DriftSettled(after, by, d.ID, how))
}

// takeThere fetches a certificate that the upstream issued on its own.
func (w *Worker) takeThere(ctx context.Context, p providers.Provider, d db.Drift, by db.Actor) error {
	got, err := p.Certificate(ctx, d.UpstreamID)
	w.noteHealth(ctx, d.Upstream, err)
	after := context.WithoutCancel(ctx)
	if errors.Is(err, providers.ErrUnknown) || errors.Is(err, providers.ErrNotReady) {
		return w.Book.DriftStays(after, d.ID, err.Error())
	}
	if err != nil {
		return err
	}
	before, err := w.Book.Certificate(ctx, d.CertificateID)
	if err != nil {
		return err
	}
	if before.Serial == got.Serial {
		return settled(w.Book.DriftSettled(after, by, d.ID, db.DriftGone))
	}
	err = w.Book.TakeCertificate(after, by, d.ID, db.Issued{PEM: got.Leaf, Chain: got.Chain, Serial: got.Serial, NotBefore: got.NotBefore, NotAfter: got.NotAfter}, w.IssuedMail)
	if errors.Is(err, db.ErrStale) {
		return w.Book.DriftStays(after, d.ID, "the order changed meanwhile")
	}
	return err
}

// endThere ends an order that nobody here wants: cancelled while nothing is issued,
// revoked when something is. words say why it could not be.
func (w *Worker) endThere(ctx context.Context, p providers.Provider, d db.Drift) (how db.DriftEnd, words string, err error) {
	status, err := p.Status(ctx, d.UpstreamID)
	w.noteHealth(ctx, d.Upstream, err)
	switch {
	case errors.Is(err, providers.ErrUnknown), err == nil && (status.State == providers.StateCancelled || status.State == providers.StateRevoked):
		return db.DriftGone, "", nil
	case err != nil:
		return "", "", err
	}
	revoker, revokes := p.(providers.Revoker)
	canceler, cancels := p.(providers.Canceler)
	issued := status.State == providers.StateIssued || status.State == providers.StateSuspended
	switch {
	case issued && revokes && d.Kind != db.KindLicence:
		err = revoker.Revoke(ctx, d.UpstreamID, "not wanted any more")
	case cancels:
		err = canceler.Cancel(ctx, d.UpstreamID, "not wanted any more")
	case status.State == providers.StateRejected:
		return db.DriftGone, "", nil // it has ended, and there is nothing to get back
	default:
		return "", fmt.Sprintf("%s can't be asked to end an order that is %s", d.Upstream, status.State), nil
	}
	w.noteHealth(ctx, d.Upstream, err)
	var refusal *providers.Refusal
	switch {
	case errors.Is(err, providers.ErrRefused) && status.State == providers.StateRejected:
		return db.DriftGone, "", nil
	case errors.As(err, &refusal):
		return "", refusal.Message, nil
	case errors.Is(err, providers.ErrRefused):
		return "", err.Error(), nil
	case err != nil:
		return "", "", err
	}
	return db.DriftTheirs, "", nil
}
