package db_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"certbay/db"
	"certbay/db/certs"
)

// Failures of other shops that ours does not repeat; the numbers are those of the
// list they were gathered in. Others stand beside the rules they break.

// Asks 1: hundreds of invoices for one renewal, two upstream orders for one order.
func TestOneWishIsOneOrderOneInvoiceAndOneUpstreamRequest(t *testing.T) {
	s := openShop(t, 100_000)
	n := db.NewOrder{ProductID: s.licence, Months: 12, Domain: "203.0.113.10", FormToken: "one"}
	var sending sync.WaitGroup
	for range 40 {
		sending.Go(func() {
			if _, err := s.PlaceOrder(ctx, s.staff, s.reseller, n); err != nil {
				t.Error(err)
			}
		})
	}
	sending.Wait()
	orders, total, err := s.Orders(ctx, s.reseller, db.OrderFilter{})
	if err != nil || total != 1 || s.balance(t) != 100_000-3800 {
		t.Fatalf("%d orders, balance %d, %v", total, s.balance(t), err)
	}
	if _, invoices, err := s.Invoices(ctx, s.reseller, "", db.Page{}); invoices != 1 || err != nil {
		t.Errorf("%d invoices, %v", invoices, err)
	}
	if list := must[[]db.Certificate](t)(s.Certificates(ctx, orders[0].ID)); len(list) != 1 {
		t.Errorf("%d requests", len(list))
	}
	submits := 0
	for {
		job, err := s.ClaimJob(ctx, 1e12)
		if err != nil {
			break
		}
		if job.Kind == db.JobSubmit {
			submits++
		}
	}
	if submits != 1 {
		t.Errorf("%d jobs that order upstream", submits)
	}
	s.verify(t)
}

// Asks 10: names that nobody asked for were charged and ordered.
func TestNamesThatNobodyAskedForAreNeitherChargedNorOrdered(t *testing.T) {
	s := openShop(t, 100_000)
	o := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.multi, Months: 12, Domain: "example.com",
		SANs: []string{"EXAMPLE.com.", "a.example.com", " A.example.COM ", "a.example.com.", ""}}))
	if o.SANCount != 1 || o.TotalCents != 1299+799 {
		t.Errorf("%d names for %d cents", o.SANCount, o.TotalCents)
	}
	if names := must[[]string](t)(s.Names(ctx, o.ID)); !slices.Equal(names, []string{"a.example.com"}) {
		t.Errorf("ordered %q", names)
	}
	var refused *certs.CSRError
	if _, err := s.Configure(ctx, s.staff, s.reseller, o.ID, db.Configuration{CSR: csrFor(t, "example.com", "a.example.com", "b.example.com"), Method: "dns"}); !errors.As(err, &refused) {
		t.Errorf("a CSR with a name that was not paid for: %v", err)
	}
	if list := must[[]db.Certificate](t)(s.Certificates(ctx, o.ID)); len(list) != 0 {
		t.Errorf("%d requests", len(list))
	}
	s.verify(t)
}

// Asks 10: additional names were sent upstream for products that take none.
func TestANameForAProductThatTakesNoneIsRefusedAndCostsNothing(t *testing.T) {
	s := openShop(t, 100_000)
	for name, n := range map[string]db.NewOrder{
		"a name":          {ProductID: s.single, SANs: []string{"b.example.com"}},
		"a number":        {ProductID: s.single, SANCount: 1},
		"a wildcard name": {ProductID: s.single, SANs: []string{"*.example.com"}},
		"wildcards":       {ProductID: s.wildcard, WildcardSANCount: 2},
		"of a licence":    {ProductID: s.licence, SANCount: 1},
	} {
		n.Months, n.Domain = 12, "example.com"
		if n.ProductID == s.licence {
			n.Domain = "203.0.113.10"
		}
		var rejected *db.Rejected
		_, err := s.PlaceOrder(ctx, s.staff, s.reseller, n)
		if !errors.As(err, &rejected) || rejected.Problems[0].Code != "sans_not_sold" && rejected.Problems[0].Code != "wildcard_sans_not_sold" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, total, err := s.Orders(ctx, s.reseller, db.OrderFilter{}); total != 0 || err != nil || s.balance(t) != 100_000 {
		t.Errorf("%d orders, balance %d, %v", total, s.balance(t), err)
	}
}
