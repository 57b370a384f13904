package datassl_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
	"certbay/handlers/jobs"
	"certbay/providers"
	"certbay/providers/datassl"
	"certbay/providers/pretend"
	"certbay/providers/providertest"
)

// resale is a second shop, whose jobs buy from the yard.
type resale struct {
	t        *testing.T
	y        *yard
	book     *db.DB
	worker   *jobs.Worker
	reseller int64
	product  int64
	by       db.Actor
}

func (y *yard) resale(t *testing.T, shop *datassl.Shop) *resale {
	t.Helper()
	ctx := t.Context()
	r := &resale{t: t, y: y, book: dbtest.Open(t), by: db.Actor{Kind: db.ByPerson, ID: 1, Name: "Ayşe"}}
	r.worker = &jobs.Worker{Book: r.book, Upstreams: providers.Registry{"upstream": shop}, Checker: y.internet.Checker(nil), Log: slog.New(slog.DiscardHandler),
		Lease: time.Minute, IssuedMail: func(o db.Order) db.Mail { return db.Mail{To: o.ResellerEmail, Subject: "issued", Body: o.Domain} }}
	group := must[int64](t)(r.book.CreateGroup(ctx, db.System, "Gold"))
	buyer := must[db.Reseller](t)(r.book.CreateReseller(ctx, db.System, db.NewReseller{Name: "Örnek", Company: "Örnek Ltd.", Email: "info@ornek.com.tr", GroupID: group}))
	r.reseller = buyer.ID
	r.product = must[int64](t)(r.book.CreateProduct(ctx, db.System, db.Product{Brand: "Sectigo", Name: "PositiveSSL", Kind: db.KindSSL, Validation: "dv", DomainType: "single",
		DCVMethods: []string{"email", "http", "https", "dns"}, Terms: []db.Term{{Months: 12, ListCents: 5999}}}, db.Offer{Upstream: "upstream", ProductCode: code(y.single), CostCents: 1299}))
	if err := r.book.SetGroupPrice(ctx, db.System, group, r.product, 12, 1999); err != nil {
		t.Fatal(err)
	}
	if err := r.book.AddCredit(ctx, db.System, r.reseller, 100_000, "first", "opening"); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *resale) order(domain string) int64 {
	r.t.Helper()
	ctx := r.t.Context()
	o := must[db.Order](r.t)(r.book.PlaceOrder(ctx, r.by, r.reseller, db.NewOrder{ProductID: r.product, Months: 12, Domain: domain}))
	if _, err := r.book.Configure(ctx, r.by, r.reseller, o.ID, db.Configuration{CSR: providertest.CSR(r.t, domain), Method: "dns"}); err != nil {
		r.t.Fatal(err)
	}
	return o.ID
}

// until does due jobs, and lets the book's clock run, until the order is as wanted.
func (r *resale) until(id int64, what string, ok func(db.Order) bool) db.Order {
	r.t.Helper()
	ctx := context.WithoutCancel(r.t.Context())
	for range 200 {
		o := must[db.Order](r.t)(r.book.Order(ctx, r.reseller, id))
		if ok(o) {
			return o
		}
		job, err := r.book.ClaimJob(ctx, time.Minute)
		if errors.Is(err, db.ErrNotFound) {
			at := must[time.Time](r.t)(r.book.NextJobAt(ctx))
			r.book.Now = func() time.Time { return at }
			time.Sleep(20 * time.Millisecond)
			continue
		}
		if err != nil {
			r.t.Fatal(err)
		}
		if err := r.worker.Do(ctx, job); err != nil {
			r.t.Fatal(err)
		}
	}
	r.t.Fatalf("the order never came to be %s: %+v", what, must[db.Order](r.t)(r.book.Order(ctx, r.reseller, id)))
	return db.Order{}
}

// A shop whose upstream is another Certbay delivers, whatever happens to the call that spends: one order there, paid once.
func TestAShopBuysFromAnotherAndNeverTwice(t *testing.T) {
	y := openYard(t)
	for domain, fates := range map[string]map[string][]fate{
		"well.example.com":       nil,
		"throttled.example.com":  {"POST /orders": {throttledBefore}},
		"configured.example.com": {"POST /ssl/configure": {lostAfter}},
		"lost.example.com":       {"POST /ssl/configure": {failsBefore, lostBefore}},
	} {
		t.Run(domain, func(t *testing.T) {
			before := y.stands()
			shop := y.buyer(y.road(fates))
			r := y.resale(t, shop)
			id := r.order(domain)
			if domain == "throttled.example.com" { // the quiet time is real time: let it be over
				r.until(id, "tried", func(o db.Order) bool { return len(y.tried(r)) > 0 })
				r.worker.Upstreams.(providers.Registry)["upstream"] = y.buyer(y.road(nil))
			}
			// What to publish comes with the first look at the order that was taken.
			var names []db.DCV
			r.until(id, "accepted, with what to publish", func(o db.Order) bool {
				if o.Status != db.StatusValidationPending {
					return false
				}
				list := must[[]db.Certificate](t)(r.book.Certificates(t.Context(), id))
				names = must[[]db.DCV](t)(r.book.DCVs(t.Context(), list[0].ID))
				return len(names) == 1 && names[0].Host != ""
			})
			if err := y.internet.PublishRecord(pretend.Record{Host: names[0].Host, Type: names[0].RecordType, Value: names[0].Value}); err != nil {
				t.Fatal(err)
			}
			r.until(id, "delivered", func(o db.Order) bool { return o.Status == db.StatusCompleted })
			if n := y.since(before); n.living != 1 || n.spent != 1299 {
				t.Errorf("%+v", n)
			}
			if _, err := r.book.Verify(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// tried are the upstreams that the second shop has heard of trouble with.
func (y *yard) tried(r *resale) []db.Health {
	list, err := r.book.Healths(context.WithoutCancel(y.t.Context()))
	if err != nil {
		y.t.Fatal(err)
	}
	return list
}

// The answer to the call that spends is lost: the upstream knows the order by our
// reference, and it is found there instead of sent again.
func TestAnOrderWhoseAnswerWasLostIsFoundByItsReference(t *testing.T) {
	y := openYard(t)
	before := y.stands()
	r := y.resale(t, y.buyer(y.road(map[string][]fate{"POST /orders": {lostAfter}})))
	id := r.order("unsure.example.com")
	r.until(id, "accepted", func(o db.Order) bool { return o.Status == db.StatusValidationPending })
	if n := y.since(before); n.living != 1 || n.spent != 1299 {
		t.Errorf("%+v", n)
	}
	if _, err := r.book.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}
