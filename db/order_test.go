package db_test

import (
	"errors"
	"testing"
	"time"

	"certbay/db"
)

// issue walks a configured order through its upstream's steps.
func (s shop) issue(t testing.TB, o db.Order) db.Certificate {
	t.Helper()
	if _, err := s.Configure(ctx, s.staff, s.reseller, o.ID, db.Configuration{CSR: csrFor(t, o.Domain), Method: "dns"}); err != nil {
		t.Fatal(err)
	}
	job := must[db.Job](t)(s.ClaimJob(ctx, time.Minute))
	sub := must[db.Submission](t)(s.BeginSubmit(ctx, job.SubjectID))
	id := sub.Certificate.ID
	for _, err := range []error{
		s.AcceptSubmit(ctx, db.System, id, "up-"+sub.Certificate.Reference),
		s.FinishJob(ctx, job),
		s.RecordStatus(ctx, id, "", []db.UpstreamName{{Name: o.Domain, Method: "dns", Instruction: db.Instruction{RecordType: "CNAME", Host: "_x." + o.Domain, Value: "y"}}}),
		s.RecordIssued(ctx, id, db.Issued{PEM: "pem", Chain: "chain", Serial: "01", NotBefore: s.Now(), NotAfter: s.Now().AddDate(0, 0, 199)}, nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return must[db.Certificate](t)(s.IssuedCertificate(ctx, o.ID))
}

func TestQuoteOfTheDATASSLDocument(t *testing.T) {
	s := openShop(t, 125000)
	o := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.multi, Months: 12, Domain: "example.com", SANCount: 2}))
	if o.BaseCents != 4999 || o.SANCents != 1598 || o.DiscountCents != 3700 || o.TotalCents != 2897 {
		t.Fatalf("base %d, san %d, discount %d, total %d", o.BaseCents, o.SANCents, o.DiscountCents, o.TotalCents)
	}
	if got := s.balance(t); got != 122103 {
		t.Fatalf("balance %d", got)
	}
	s.verify(t)
}

func TestOrderIsDebitedThenSettledOnce(t *testing.T) {
	s := openShop(t, 10000)
	o := s.place(t, "example.com")
	c := s.issue(t, o)
	if err := s.RecordIssued(ctx, c.ID, db.Issued{PEM: "pem", Serial: "01"}, nil); err != nil {
		t.Fatalf("issuing the same certificate again: %v", err)
	}
	done := must[db.Order](t)(s.Order(ctx, s.reseller, o.ID))
	if done.Status != db.StatusCompleted || done.EndsAt.IsZero() || done.CertificateUntil.IsZero() {
		t.Fatalf("order %+v", done)
	}
	entries := must[[]db.LedgerEntry](t)(s.OrderEntries(ctx, o.ID))
	sums := map[db.AccountKind]int64{}
	for _, e := range entries {
		sums[e.Account] += e.Cents
	}
	if sums[db.Wallet] != -1299 || sums[db.Held] != 0 || sums[db.Revenue] != 1299 || sums[db.UpstreamCost] != 900 {
		t.Fatalf("sums %v", sums)
	}
	s.verify(t)
}

func TestNothingIsCreatedWithoutEnoughCredit(t *testing.T) {
	s := openShop(t, 1298)
	_, err := s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: "example.com"})
	var short *db.InsufficientCredit
	if !errors.As(err, &short) || short.Needed != 1299 || short.Available != 1298 {
		t.Fatalf("err %v", err)
	}
	if _, n, err := s.Orders(ctx, s.reseller, db.OrderFilter{}); err != nil || n != 0 {
		t.Fatalf("%d orders, err %v", n, err)
	}
	s.verify(t)
}

func TestSameFormTokenPlacesOneOrder(t *testing.T) {
	s := openShop(t, 100000)
	n := db.NewOrder{ProductID: s.single, Months: 12, Domain: "example.com", FormToken: "token"}
	ids := make(chan int64, 8)
	for range cap(ids) {
		go func() {
			o, err := s.PlaceOrder(ctx, s.staff, s.reseller, n)
			if err != nil {
				t.Error(err)
			}
			ids <- o.ID
		}()
	}
	first := <-ids
	for range cap(ids) - 1 {
		if id := <-ids; id != first {
			t.Errorf("orders %d and %d", first, id)
		}
	}
	if got := s.balance(t); got != 100000-1299 {
		t.Fatalf("balance %d", got)
	}
	s.verify(t)
}

func TestCancelBeforeIssuanceRefundsOnce(t *testing.T) {
	s := openShop(t, 10000)
	o := s.place(t, "example.com")
	if _, err := s.CancelOrder(ctx, s.staff, s.reseller, o.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CancelOrder(ctx, s.staff, s.reseller, o.ID); !errors.Is(err, db.ErrStale) {
		t.Fatalf("second cancel: %v", err)
	}
	if got := s.balance(t); got != 10000 {
		t.Fatalf("balance %d", got)
	}
	if i := must[db.Invoice](t)(s.OrderInvoice(ctx, o.ID)); i.Status != db.InvoiceCancelled {
		t.Fatalf("invoice is %s", i.Status)
	}
	s.verify(t)
}

func TestCreditForNOrdersPlacesExactlyNUnderRace(t *testing.T) {
	const want = 7
	s := openShop(t, want*1299+1298)
	results := make(chan error, 64)
	for range cap(results) {
		go func() {
			_, err := s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: "example.com"})
			results <- err
		}()
	}
	placed := 0
	for range cap(results) {
		err := <-results
		var short *db.InsufficientCredit
		switch {
		case err == nil:
			placed++
		case !errors.As(err, &short):
			t.Errorf("unexpected refusal: %v", err)
		}
	}
	if placed != want {
		t.Fatalf("placed %d orders, credit was for %d", placed, want)
	}
	s.verify(t)
}

func TestAnotherResellersOrderIsNotFound(t *testing.T) {
	s := openShop(t, 10000)
	o := s.place(t, "example.com")
	other := must[db.Reseller](t)(s.CreateReseller(ctx, db.System, db.NewReseller{Name: "Other", Company: "Other", Email: "o@other.com", GroupID: s.group}))
	for name, err := range map[string]error{
		"read":      func() error { _, err := s.Order(ctx, other.ID, o.ID); return err }(),
		"cancel":    func() error { _, err := s.CancelOrder(ctx, s.staff, other.ID, o.ID); return err }(),
		"configure": func() error { _, err := s.Configure(ctx, s.staff, other.ID, o.ID, db.Configuration{}); return err }(),
		"check":     func() error { _, err := s.CheckNow(ctx, other.ID, o.ID); return err }(),
		"link":      func() error { _, err := s.CreateCustomerLink(ctx, s.staff, other.ID, o.ID, "", 7, nil); return err }(),
	} {
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLicenceIsQueuedWithItsOrder(t *testing.T) {
	s := openShop(t, 10000)
	o := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.licence, Months: 12, Domain: "203.0.113.10"}))
	job := must[db.Job](t)(s.ClaimJob(ctx, time.Minute))
	if o.Status != db.StatusProcessing || job.Kind != db.JobSubmit {
		t.Fatalf("order is %s, job is %s", o.Status, job.Kind)
	}
	sub := must[db.Submission](t)(s.BeginSubmit(ctx, job.SubjectID))
	if sub.ProductCode != "licence" || sub.Certificate.CSR != "" {
		t.Fatalf("submission %+v", sub)
	}
}
