package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"certbay/db"
	"certbay/providers"
)

// balanceEvery is how often an upstream is asked for our balance.
const balanceEvery = time.Hour

// balance asks an upstream for our balance, and where it tells none, whether it
// lets us in, so that a login that is no longer accepted is noticed within the
// hour. It never ends while the upstream is there.
func (w *Worker) balance(ctx context.Context, job db.Job) error {
	again := func(cause string) error { return &later{at: w.Book.Now().Add(balanceEvery), cause: cause} }
	row, err := w.Book.Upstream(ctx, job.SubjectID)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	p, err := w.Upstreams.Upstream(ctx, row.Name)
	if err != nil {
		if noted := w.Book.RecordHealth(ctx, row.Name, err.Error()); noted != nil {
			return noted
		}
		return again(err.Error())
	}
	switch p := p.(type) {
	case providers.Balancer:
		b, failed := p.Balance(ctx)
		if err = failed; err == nil {
			if err := w.keepBalance(ctx, row.Name, b); err != nil {
				return err
			}
		}
	case providers.Prober:
		err = p.Probe(ctx)
	default:
		return again("")
	}
	w.noteHealth(ctx, row.Name, err)
	if err != nil {
		return again(fmt.Sprintf("balance: %v", err))
	}
	return again("")
}

func (w *Worker) keepBalance(ctx context.Context, upstream string, b providers.Balance) error {
	told := db.UpstreamBalance{Upstream: upstream, Cents: b.Cents, Currency: b.Currency, Sandbox: b.Sandbox, Allowance: b.Allowance, Used: b.Used}
	return w.Book.RecordBalance(context.WithoutCancel(ctx), told, w.LowBalanceMail)
}
