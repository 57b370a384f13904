package jobs_test

import (
	"context"
	"errors"
	"testing"

	"certbay/db"
	"certbay/providers"
)

// nameless is an upstream that does not keep our references: nobody can be asked for
// one, and its list tells none.
type nameless struct {
	providers.Provider
	lister providers.OrderLister
}

func (n nameless) Orders(ctx context.Context, cursor string) ([]providers.Order, string, error) {
	list, next, err := n.lister.Orders(ctx, cursor)
	for i := range list {
		list[i].Reference = ""
	}
	return list, next, err
}

func TestAnOrderOfOursThatIsUnsureIsNotImportedAsSomebodyElses(t *testing.T) {
	y := openYard(t)
	y.worker.Upstreams = providers.Registry{"sandbox": nameless{y.ca, y.ca}}
	y.ca.after = func() error { return errors.New("timeout") }
	o := y.order("mine.example.com", "dns")
	y.work(2)
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentUnsure {
		t.Fatalf("%s", got.Fulfilment)
	}
	other := y.elsewhere("sectigo-positivessl", "other.example.com", "")
	run, rows := y.read(db.ImportOrders, "")
	if err := y.book.TakeEveryOrder(ctx, y.by, run.ID, y.reseller); err != nil {
		t.Fatal(err)
	}
	y.settle()
	for _, r := range y.rows(run) {
		if want := map[bool]string{true: "taken", false: "refused"}[r.Ref == other]; r.Result != want {
			t.Errorf("%s (%s): %s %s, want %s", r.Ref, r.Order.Domain, r.Result, r.Words, want)
		}
	}
	// It can still be said to be this one.
	for _, r := range rows {
		if r.Ref != other {
			if err := y.book.DecidePlaced(ctx, y.by, o.ID, r.Ref); err != nil {
				t.Fatal(err)
			}
		}
	}
	if y.ca.submits != 1 {
		t.Errorf("%d submissions", y.ca.submits)
	}
	y.verify()
}
