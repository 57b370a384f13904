package db_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"certbay/db"
)

// together runs every function at the same moment and returns what each answered.
func together(calls ...func() error) []error {
	var start, done sync.WaitGroup
	start.Add(1)
	answers := make([]error, len(calls))
	for i, call := range calls {
		done.Go(func() {
			start.Wait()
			answers[i] = call()
		})
	}
	start.Done()
	done.Wait()
	return answers
}

func times(n int, call func() error) []func() error { return slices.Repeat([]func() error{call}, n) }

// won counts the calls that succeeded; any answer but nil and ErrStale fails the test.
func won(t *testing.T, answers []error) int {
	t.Helper()
	n := 0
	for _, err := range answers {
		switch {
		case err == nil:
			n++
		case !errors.Is(err, db.ErrStale):
			t.Errorf("unexpected answer: %v", err)
		}
	}
	return n
}

// configured places an order and hands its CSR in; the certificate waits to be submitted.
func (s shop) configured(t testing.TB, domain string) (db.Order, int64) {
	t.Helper()
	o := s.place(t, domain)
	if _, err := s.Configure(ctx, s.staff, s.reseller, o.ID, db.Configuration{CSR: csrFor(t, domain), Method: "dns"}); err != nil {
		t.Fatal(err)
	}
	return o, must[[]db.Certificate](t)(s.Certificates(ctx, o.ID))[0].ID
}

// accepted is a configured order that its upstream has taken.
func (s shop) accepted(t testing.TB, domain string) (db.Order, int64) {
	t.Helper()
	o, certificate := s.configured(t, domain)
	must[db.Submission](t)(s.BeginSubmit(ctx, certificate))
	if err := s.AcceptSubmit(ctx, db.System, certificate, fmt.Sprint("up-", o.ID)); err != nil {
		t.Fatal(err)
	}
	return o, certificate
}

func (s shop) issued() db.Issued {
	return db.Issued{PEM: "pem", Chain: "chain", Serial: "0a", NotBefore: s.Now(), NotAfter: s.Now().AddDate(0, 0, 199)}
}

// sums adds up an order's ledger entries by account.
func (s shop) sums(t testing.TB, order int64) map[db.AccountKind]int64 {
	t.Helper()
	sums := map[db.AccountKind]int64{}
	for _, e := range must[[]db.LedgerEntry](t)(s.OrderEntries(ctx, order)) {
		sums[e.Account] += e.Cents
	}
	return sums
}

func TestCancelAndSubmissionOfOneOrderNeverBothHappen(t *testing.T) {
	s := openShop(t, 1_000_000)
	for i := range 25 {
		o, certificate := s.configured(t, fmt.Sprintf("race%d.example.com", i))
		answers := together(
			func() error { _, err := s.CancelOrder(ctx, s.staff, s.reseller, o.ID); return err },
			func() error { _, err := s.BeginSubmit(ctx, certificate); return err },
		)
		if n := won(t, answers); n != 1 {
			t.Fatalf("round %d: %d of cancel and submission happened: %v", i, n, answers)
		}
		o = must[db.Order](t)(s.Order(ctx, s.reseller, o.ID))
		want := map[bool]db.Fulfilment{true: db.FulfilmentNone, false: db.FulfilmentSubmitting}[answers[0] == nil]
		if o.Fulfilment != want || (o.Status == db.StatusCancelled) != (answers[0] == nil) {
			t.Fatalf("round %d: order is %s, %s after %v", i, o.Status, o.Fulfilment, answers)
		}
	}
	s.verify(t)
}

func TestCancelAndIssuanceOfOneOrderNeverBothHappen(t *testing.T) {
	s := openShop(t, 1_000_000)
	for i := range 25 {
		o, certificate := s.accepted(t, fmt.Sprintf("race%d.example.com", i))
		answers := together(
			func() error { return s.ConfirmCancel(ctx, db.System, o.ID) },
			func() error { return s.RecordIssued(ctx, certificate, s.issued(), nil) },
		)
		if n := won(t, answers); n != 1 {
			t.Fatalf("round %d: %d of cancel and issuance happened: %v", i, n, answers)
		}
		sums, wallet, revenue := s.sums(t, o.ID), int64(-1299), int64(1299)
		if answers[0] == nil {
			wallet, revenue = 0, 0
		}
		if sums[db.Wallet] != wallet || sums[db.Revenue] != revenue || sums[db.Held] != 0 {
			t.Fatalf("round %d: %v after %v", i, sums, answers)
		}
	}
	s.verify(t)
}

func TestAcceptingASubmissionTwiceHappensOnce(t *testing.T) {
	s := openShop(t, 10_000)
	o, certificate := s.configured(t, "example.com")
	must[db.Submission](t)(s.BeginSubmit(ctx, certificate))
	answers := together(times(8, func() error { return s.AcceptSubmit(ctx, db.System, certificate, "up-1") })...)
	if n := won(t, answers); n != 1 {
		t.Fatalf("accepted %d times", n)
	}
	accepted := 0
	for _, e := range must[[]db.Event](t)(s.Events(ctx, o.ID)) {
		if e.Kind == "accepted" {
			accepted++
		}
	}
	if accepted != 1 {
		t.Fatalf("%d events of acceptance", accepted)
	}
}

func TestBeginningASubmissionHappensOnce(t *testing.T) {
	s := openShop(t, 10_000)
	_, certificate := s.configured(t, "example.com")
	answers := together(times(8, func() error { _, err := s.BeginSubmit(ctx, certificate); return err })...)
	if n := won(t, answers); n != 1 {
		t.Fatalf("the upstream would be called %d times", n)
	}
}

func TestRecordingOneCertificateManyTimesSettlesOnce(t *testing.T) {
	s := openShop(t, 10_000)
	o, certificate := s.accepted(t, "example.com")
	for i, err := range together(times(8, func() error { return s.RecordIssued(ctx, certificate, s.issued(), nil) })...) {
		if err != nil {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if sums := s.sums(t, o.ID); sums[db.Wallet] != -1299 || sums[db.Revenue] != 1299 || sums[db.UpstreamCost] != 900 {
		t.Fatalf("sums %v", sums)
	}
	s.verify(t)
}

func TestTheSameReferenceMovesMoneyOnce(t *testing.T) {
	s := openShop(t, 0)
	answers := together(times(8, func() error {
		return s.AddCredit(ctx, db.System, s.reseller, 500, "transfer 17", "bank transfer")
	})...)
	moved := 0
	for _, err := range answers {
		switch {
		case err == nil:
			moved++
		case !errors.Is(err, db.ErrDuplicate):
			t.Errorf("unexpected answer: %v", err)
		}
	}
	if balance := s.balance(t); moved != 1 || balance != 500 {
		t.Fatalf("moved %d times, balance %d", moved, balance)
	}
	s.verify(t)
}

func TestConfirmingACancelWaitsForACallThatIsUnderWay(t *testing.T) {
	s := openShop(t, 10_000)
	o, certificate := s.configured(t, "example.com")
	must[db.Submission](t)(s.BeginSubmit(ctx, certificate))
	if err := s.ConfirmCancel(ctx, db.System, o.ID); !errors.Is(err, db.ErrStale) {
		t.Fatalf("cancelled during the call: %v", err)
	}
	if err := s.DoubtSubmit(ctx, certificate, "timeout"); err != nil {
		t.Fatal(err)
	}
	if err := s.ConfirmCancel(ctx, s.staff, o.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.AcceptSubmit(ctx, db.System, certificate, "up-1"); !errors.Is(err, db.ErrStale) {
		t.Fatalf("accepted after the refund: %v", err)
	}
	if balance := s.balance(t); balance != 10_000 {
		t.Fatalf("balance %d", balance)
	}
	s.verify(t)
}

func TestNumbersAreGaplessWhenSomePlacersFail(t *testing.T) {
	const paid = 20
	s := openShop(t, paid*1299)
	var calls []func() error
	for i := range 32 {
		months := 12
		if i%8 == 7 {
			months = 13 // no such term
		}
		calls = append(calls, func() error {
			_, err := s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: months, Domain: "example.com"})
			return err
		})
	}
	placed := 0
	for _, err := range together(calls...) {
		var poor *db.InsufficientCredit
		if err == nil {
			placed++
		} else if !errors.As(err, &poor) && !errors.Is(err, db.ErrInvalid) {
			t.Errorf("unexpected answer: %v", err)
		}
	}
	if placed != paid {
		t.Fatalf("placed %d", placed)
	}
	orders, _, err := s.Orders(ctx, s.reseller, db.OrderFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var got, invoices, want []string
	for i, o := range orders {
		got = append(got, o.Number)
		invoices = append(invoices, must[db.Invoice](t)(s.OrderInvoice(ctx, o.ID)).Number)
		want = append(want, fmt.Sprintf("%d-%04d", o.CreatedAt.Year(), i+1))
	}
	slices.Sort(got)
	slices.Sort(invoices)
	for i := range want {
		if got[i] != "ORD-"+want[i] || invoices[i] != "INV-"+want[i] {
			t.Fatalf("numbers %v, %v", got, invoices)
		}
	}
	s.verify(t)
}

func TestAuditStaysAChainUnderManyWriters(t *testing.T) {
	s := openShop(t, 0)
	before := must[db.Verified](t)(s.Verify(ctx)).AuditRows
	var calls []func() error
	for i := range 32 {
		calls = append(calls, func() error {
			_, err := s.CreateGroup(ctx, s.staff, fmt.Sprint("group ", i))
			return err
		})
	}
	for _, err := range together(calls...) {
		if err != nil {
			t.Error(err)
		}
	}
	if after := must[db.Verified](t)(s.Verify(ctx)).AuditRows; after != before+32 {
		t.Fatalf("%d rows, then %d", before, after)
	}
}

func TestVerifyIsCleanWhileTheShopIsTrading(t *testing.T) {
	s := openShop(t, 10_000_000)
	until := time.Now().Add(700 * time.Millisecond)
	var trading sync.WaitGroup
	for range 4 {
		trading.Go(func() {
			for time.Now().Before(until) {
				s.place(t, "example.com")
			}
		})
	}
	looks := 0
	for time.Now().Before(until) {
		s.verify(t)
		looks++
	}
	trading.Wait()
	if looks < 3 {
		t.Fatalf("only %d looks", looks)
	}
}

func TestALateAnswerToAnEarlierAttemptChangesNothing(t *testing.T) {
	s := openShop(t, 10_000)
	o, first := s.configured(t, "example.com")
	must[db.Submission](t)(s.BeginSubmit(ctx, first))
	if err := s.DoubtSubmit(ctx, first, "timeout"); err != nil {
		t.Fatal(err)
	}
	if err := s.RefuseSubmit(ctx, first, "bad CSR"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Configure(ctx, s.staff, s.reseller, o.ID, db.Configuration{CSR: csrFor(t, "example.com"), Method: "dns"}); err != nil {
		t.Fatal(err)
	}
	second := must[[]db.Certificate](t)(s.Certificates(ctx, o.ID))[0].ID
	must[db.Submission](t)(s.BeginSubmit(ctx, second))
	for name, err := range map[string]error{
		"accepted": s.AcceptSubmit(ctx, db.System, first, "up-1"),
		"refused":  s.RefuseSubmit(ctx, first, "no"),
		"doubted":  s.DoubtSubmit(ctx, first, "no"),
		"requeued": s.RequeueSubmit(ctx, first),
		"put off":  s.PostponeSubmit(ctx, first),
		"status":   s.RecordStatus(ctx, first, "x", nil),
		"rejected": s.RecordRejected(ctx, first, "no"),
		"issued":   s.RecordIssued(ctx, first, s.issued(), nil),
	} {
		if !errors.Is(err, db.ErrStale) {
			t.Errorf("%s: %v", name, err)
		}
	}
	now := must[db.Order](t)(s.Order(ctx, s.reseller, o.ID))
	if now.Fulfilment != db.FulfilmentSubmitting || now.Status != db.StatusProcessing || now.Message != "" {
		t.Fatalf("order is %s, %s: %s", now.Status, now.Fulfilment, now.Message)
	}
	if err := s.AcceptSubmit(ctx, db.System, second, "up-2"); err != nil {
		t.Fatal(err)
	}
	s.verify(t)
}
