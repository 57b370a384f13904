package jobs

import (
	"context"
	"time"
)

// sweepEvery is how often the book is tidied.
const sweepEvery = 15 * time.Minute

// sweep ends orders whose term is over, indexes new ones, forgets sessions, zips,
// deliveries, requests and the health of upstreams of long ago, and warns of certificates that will end.
func (w *Worker) sweep(ctx context.Context) error {
	if _, err := w.Book.ExpireOrders(ctx); err != nil {
		return err
	}
	if _, err := w.Book.CancelUnpaid(ctx); err != nil {
		return err
	}
	if _, err := w.Book.IndexOrders(ctx); err != nil {
		return err
	}
	if err := w.Book.PurgeSessions(ctx, w.Book.Now()); err != nil {
		return err
	}
	if err := w.Book.PurgeVisits(ctx); err != nil {
		return err
	}
	if err := w.Book.PurgeZips(ctx); err != nil {
		return err
	}
	if err := w.Book.PurgeAPILog(ctx); err != nil {
		return err
	}
	if err := w.Book.PurgeIdempotency(ctx); err != nil {
		return err
	}
	if err := w.Book.PurgeDeliveries(ctx); err != nil {
		return err
	}
	if err := w.Book.WarnExpiring(ctx); err != nil {
		return err
	}
	if err := w.Book.WatchExternal(ctx); err != nil {
		return err
	}
	if err := w.Book.PurgeHealth(ctx); err != nil {
		return err
	}
	if err := w.Book.WatchBalances(ctx); err != nil {
		return err
	}
	if err := w.Book.PurgeImports(ctx); err != nil {
		return err
	}
	if err := w.Book.StartNightImports(ctx); err != nil {
		return err
	}
	if err := w.ensureReconciliations(ctx); err != nil {
		return err
	}
	if w.cores != nil {
		names, err := w.Upstreams.Names(ctx)
		if err != nil {
			return err
		}
		w.cores.Do(func() {
			for _, upstream := range names {
				w.noteCores(ctx, upstream)
			}
		})
	}
	return &later{at: w.Book.Now().Add(sweepEvery)}
}
