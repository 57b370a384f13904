package db_test

import (
	"errors"
	"testing"
	"time"

	"certbay/db"
)

var admin = db.Actor{Kind: db.ByPerson, ID: 7, Name: "Selin Kaya", IP: "192.0.2.7"}

// unsure is an order whose call to the upstream broke off.
func (s shop) unsure(t testing.TB, domain string) (db.Order, int64) {
	t.Helper()
	o, certificate := s.configured(t, domain)
	must[db.Submission](t)(s.BeginSubmit(ctx, certificate))
	if err := s.DoubtSubmit(ctx, certificate, "connection reset"); err != nil {
		t.Fatal(err)
	}
	return must[db.Order](t)(s.AnyOrder(ctx, o.ID)), certificate
}

func (s shop) audited(t testing.TB, object string) []string {
	t.Helper()
	rows, _, err := s.AuditRows(ctx, db.AuditFilter{Object: object, Actor: admin.Name})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range rows {
		lines = append(lines, r.Action+" "+r.After)
	}
	return lines
}

func TestReviewListsWhatWaitsForAPersonOldestFirst(t *testing.T) {
	s := openShop(t, 100000)
	start := s.Now()
	tick := func(hours int) { s.DB.Now = func() time.Time { return start.Add(time.Duration(hours) * time.Hour) } }
	tick(1)
	refused, certificate := s.configured(t, "refused.example.com")
	unsureOrder, _ := s.unsure(t, "unsure.example.com")
	tick(2)
	must[db.Submission](t)(s.BeginSubmit(ctx, certificate))
	if err := s.RefuseSubmit(ctx, certificate, "CSR is on a block list"); err != nil {
		t.Fatal(err)
	}
	if err := s.QueueMail(ctx, db.Mail{To: "info@ornek.com.tr", Subject: "Hello", Body: "secret"}); err != nil {
		t.Fatal(err)
	}
	jobs, _, err := s.Jobs(ctx, db.JobFilter{Kind: db.JobMail})
	if err != nil {
		t.Fatal(err)
	}
	tick(3)
	for {
		job, err := s.ClaimJob(ctx, time.Minute)
		if errors.Is(err, db.ErrNotFound) {
			break
		}
		if err == nil {
			err = s.FailJob(ctx, job, "no such host")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.RecordMail(ctx, jobs[0].SubjectID, "550 no such user", true); err != nil {
		t.Fatal(err)
	}

	items, total, err := s.Review(ctx, 10)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[db.ReviewKind]db.ReviewItem{}
	for i, item := range items {
		seen[item.Kind] = item
		if i > 0 && item.At.Before(items[i-1].At) {
			t.Errorf("%v stands after %v", item, items[i-1])
		}
		if item.Kind == db.ReviewJob && item.Name == string(db.JobMail) {
			t.Errorf("the job of a failed mail is listed beside the mail: %v", item)
		}
	}
	if total != len(items) || seen[db.ReviewUnsure].ID != unsureOrder.ID || seen[db.ReviewRefused].ID != refused.ID {
		t.Fatalf("%d of %d: %+v", len(items), total, items)
	}
	if got := seen[db.ReviewRefused]; got.Reason != "CSR is on a block list" || got.Who != "Örnek" || !got.At.Equal(start.Add(2*time.Hour).UTC().Truncate(time.Microsecond)) {
		t.Errorf("refused: %+v", got)
	}
	if got := seen[db.ReviewMail]; got.Reason != "550 no such user" || got.Who != "info@ornek.com.tr" {
		t.Errorf("mail: %+v", got)
	}
	if got := seen[db.ReviewJob]; got.Reason != "no such host" {
		t.Errorf("job: %+v", got)
	}
	if first, all, err := s.Review(ctx, 1); err != nil || len(first) != 1 || all != total || first[0].ID != unsureOrder.ID {
		t.Errorf("the first alone: %v, %d, %v", first, all, err)
	}
}

func TestDecidingThatAnUnsureOrderWasPlacedHappensOnce(t *testing.T) {
	s := openShop(t, 100000)
	o, _ := s.unsure(t, "example.com")
	other, _ := s.unsure(t, "other.example.com")
	if err := s.DecidePlaced(ctx, admin, o.ID, ""); !errors.Is(err, db.ErrInvalid) {
		t.Errorf("without an id: %v", err)
	}
	calls := times(8, func() error { return s.DecidePlaced(ctx, admin, o.ID, "up-1") })
	if n := won(t, together(calls...)); n != 1 {
		t.Fatalf("%d decided", n)
	}
	if err := s.DecidePlaced(ctx, admin, other.ID, "up-1"); !errors.Is(err, db.ErrDuplicate) {
		t.Errorf("the upstream order of another certificate: %v", err)
	}
	if err := s.DecidePlaced(ctx, admin, 999, "up-2"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("no such order: %v", err)
	}
	o = must[db.Order](t)(s.AnyOrder(ctx, o.ID))
	if o.Fulfilment != db.FulfilmentAccepted {
		t.Errorf("fulfilment %s", o.Fulfilment)
	}
	if lines := s.audited(t, "order 1"); len(lines) != 1 || lines[0] != "order.placed sandbox up-1" {
		t.Errorf("audit %q", lines)
	}
	s.verify(t)
}

func TestOnlyAnUnsureOrderIsDecidedAbout(t *testing.T) {
	s := openShop(t, 100000)
	queued, certificate := s.configured(t, "queued.example.com")
	calling, callingCertificate := s.configured(t, "calling.example.com")
	must[db.Submission](t)(s.BeginSubmit(ctx, callingCertificate))
	for name, id := range map[string]int64{"queued": queued.ID, "under way": calling.ID} {
		if err := s.DecideResubmit(ctx, admin, id); !errors.Is(err, db.ErrStale) {
			t.Errorf("%s: resubmit: %v", name, err)
		}
		if err := s.DecidePlaced(ctx, admin, id, "up-1"); !errors.Is(err, db.ErrStale) {
			t.Errorf("%s: placed: %v", name, err)
		}
		if _, err := s.LookNow(ctx, admin, id); !errors.Is(err, db.ErrStale) {
			t.Errorf("%s: look: %v", name, err)
		}
	}
	if _, err := s.DecideCancel(ctx, admin, calling.ID, "asked by phone"); !errors.Is(err, db.ErrStale) {
		t.Errorf("cancel during a call: %v", err)
	}
	if lines := s.audited(t, ""); len(lines) != 0 {
		t.Errorf("audit %q", lines)
	}
	must[db.Submission](t)(s.BeginSubmit(ctx, certificate))
	if err := s.DoubtSubmit(ctx, certificate, "reset"); err != nil {
		t.Fatal(err)
	}
	if n := won(t, together(times(8, func() error { return s.DecideResubmit(ctx, admin, queued.ID) })...)); n != 1 {
		t.Errorf("%d resubmitted", n)
	}
	if o := must[db.Order](t)(s.AnyOrder(ctx, queued.ID)); o.Fulfilment != db.FulfilmentQueued {
		t.Errorf("fulfilment %s", o.Fulfilment)
	}
}

func TestCancellingAnUnsureOrderRefundsOnce(t *testing.T) {
	s := openShop(t, 100000)
	o, certificate := s.unsure(t, "example.com")
	n := won(t, together(times(8, func() error {
		_, err := s.DecideCancel(ctx, admin, o.ID, "the CA never saw it")
		return err
	})...))
	if n != 1 || s.balance(t) != 100000 {
		t.Fatalf("%d cancelled, balance %d", n, s.balance(t))
	}
	if err := s.AcceptSubmit(ctx, db.System, certificate, "up-late"); !errors.Is(err, db.ErrStale) {
		t.Errorf("accepted after the refund: %v", err)
	}
	lines := s.audited(t, "order 1")
	if len(lines) != 2 || lines[0] != "order.cancel_reason the CA never saw it" {
		t.Errorf("audit %q", lines)
	}
	s.verify(t)
}

func TestCancellingAnAcceptedOrderAsksItsUpstreamFirst(t *testing.T) {
	s := openShop(t, 100000)
	o, _ := s.accepted(t, "example.com")
	first := must[int64](t)(s.DecideCancel(ctx, admin, o.ID, "customer left"))
	second := must[int64](t)(s.DecideCancel(ctx, admin, o.ID, "customer left"))
	if first == 0 || first != second {
		t.Errorf("jobs %d and %d", first, second)
	}
	if now := must[db.Order](t)(s.AnyOrder(ctx, o.ID)); now.Status == db.StatusCancelled || s.balance(t) == 100000 {
		t.Errorf("refunded before the upstream agreed: %s", now.Status)
	}
}

func TestLookingNowQueuesOneLookAtATime(t *testing.T) {
	s := openShop(t, 100000)
	o, _ := s.accepted(t, "example.com")
	first := must[int64](t)(s.LookNow(ctx, admin, o.ID))
	if second := must[int64](t)(s.LookNow(ctx, admin, o.ID)); first != second {
		t.Errorf("jobs %d and %d", first, second)
	}
}

func TestJobLinesNameTheirOrder(t *testing.T) {
	s := openShop(t, 100000)
	o, certificate := s.accepted(t, "example.com")
	must[int64](t)(s.LookNow(ctx, admin, o.ID))
	must[int64](t)(s.DecideCancel(ctx, admin, o.ID, "x"))
	if err := s.QueueMail(ctx, db.Mail{To: "a@example.com"}); err != nil {
		t.Fatal(err)
	}
	if err := s.EnsureJob(ctx, db.JobSweep, 0, s.Now()); err != nil {
		t.Fatal(err)
	}
	lines, total, err := s.JobLines(ctx, db.JobFilter{})
	if err != nil || total != len(lines) {
		t.Fatalf("%d of %d, %v", len(lines), total, err)
	}
	kinds := map[db.JobKind]db.JobLine{}
	for _, l := range lines {
		kinds[l.Kind] = l
	}
	for _, kind := range []db.JobKind{db.JobPoll, db.JobCheck, db.JobCancel} {
		if l := kinds[kind]; l.OrderID != o.ID || l.OrderNumber != o.Number {
			t.Errorf("%s: %+v", kind, l)
		}
	}
	if l := kinds[db.JobCheck]; l.SubjectID != certificate || l.Object() == "" {
		t.Errorf("check: %+v", l)
	}
	for _, kind := range []db.JobKind{db.JobMail, db.JobSweep} {
		if l := kinds[kind]; l.ID == 0 || l.OrderID != 0 {
			t.Errorf("%s: %+v", kind, l)
		}
	}
	if n, err := s.LateJobs(ctx, s.Now().Add(time.Hour)); err != nil || n != total {
		t.Errorf("%d of %d late, %v", n, total, err)
	}
}

func TestResellerNamesAreInOrder(t *testing.T) {
	s := openShop(t, 0)
	must[db.Reseller](t)(s.CreateReseller(ctx, db.System, db.NewReseller{Name: "alfa", Company: "Alfa", Email: "a@alfa.example"}))
	names := must[[]db.ResellerName](t)(s.ResellerNames(ctx))
	if len(names) != 2 || names[0].Name != "alfa" || names[1].ID != s.reseller {
		t.Errorf("%+v", names)
	}
}

func TestAJobThatPlacesAnOrderRightNowIsNotRunTwice(t *testing.T) {
	s := openShop(t, 100000)
	_, certificate := s.configured(t, "example.com")
	jobs, _, err := s.Jobs(ctx, db.JobFilter{Kind: db.JobSubmit})
	if err != nil {
		t.Fatal(err)
	}
	id := jobs[0].ID
	if err := s.RunJobNow(ctx, admin, id); err != nil {
		t.Fatalf("while it waits: %v", err)
	}
	job := must[db.Job](t)(s.ClaimJob(ctx, time.Minute))
	must[db.Submission](t)(s.BeginSubmit(ctx, certificate))
	if err := s.RunJobNow(ctx, admin, id); !errors.Is(err, db.ErrStale) {
		t.Errorf("during the call: %v", err)
	}
	if err := s.FailJob(ctx, job, "panic"); err != nil {
		t.Fatal(err)
	}
	if err := s.RunJobNow(ctx, admin, id); err != nil {
		t.Errorf("after it was given up: %v", err)
	}
	if err := s.RunJobNow(ctx, admin, 999); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("no such job: %v", err)
	}
}

func TestAnUnsureOrderStandsInTheReviewOnce(t *testing.T) {
	s := openShop(t, 100000)
	o, certificate := s.unsure(t, "unsure.example.com")
	if err := s.EnsureJob(ctx, db.JobSubmit, certificate, s.Now()); err != nil {
		t.Fatal(err)
	}
	for {
		job, err := s.ClaimJob(ctx, time.Minute)
		if errors.Is(err, db.ErrNotFound) {
			break
		}
		if err == nil {
			err = s.FailJob(ctx, job, "no answer")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	items, total, err := s.Review(ctx, 10)
	if err != nil || total != 1 || items[0].ID != o.ID {
		t.Fatalf("%d in review, %+v, %v", total, items, err)
	}
}
