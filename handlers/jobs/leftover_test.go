package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"certbay/db"
	"certbay/handlers/jobs"
	"certbay/providers"
	"certbay/providers/providertest"
)

// paid refuses an order that it has taken and that stays there, paid.
func (y *yard) refusePaid() {
	y.ca.bend = func(r providers.Receipt) error {
		return &providers.Refusal{Message: "the CSR is weak", UpstreamID: r.UpstreamID}
	}
}

func TestAnOrderThatWasPaidThereAndRefusedIsCancelledThereWithItsOrder(t *testing.T) {
	y := openYard(t)
	y.refusePaid()
	o := y.order("paid.ornek.com.tr", "dns")
	y.work(1)
	c, _ := y.proof(o.ID)
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentRefused || c.UpstreamID == "" {
		t.Fatalf("%s, upstream id %q", got.Fulfilment, c.UpstreamID)
	}
	if _, err := y.book.CancelOrder(ctx, y.by, y.reseller, o.ID); err != nil {
		t.Fatal(err)
	}
	if list, _, err := y.book.Drifts(ctx, db.DriftsOpen, db.Page{}); err != nil || len(list) != 0 {
		t.Errorf("a job is at it, and a person is asked: %+v %v", list, err)
	}
	y.work(1)
	if st, err := y.ca.Status(ctx, c.UpstreamID); err != nil || st.State != providers.StateCancelled {
		t.Errorf("there it is %s, %v", st.State, err)
	}
	list, _, err := y.book.Drifts(ctx, db.DriftsSettled, db.Page{})
	if err != nil || len(list) != 1 || list[0].What != db.DriftLeft || list[0].How != db.DriftTheirs {
		t.Errorf("%+v %v", list, err)
	}
	y.verified()
}

func TestWhatCantBeCancelledThereWaitsForAPerson(t *testing.T) {
	y := openYard(t)
	y.worker.Upstreams.(providers.Registry)["sandbox"] = noFinder{y.ca}
	y.refusePaid()
	o := y.order("paid.ornek.com.tr", "dns")
	y.work(1)
	if _, err := y.book.CancelOrder(ctx, y.by, y.reseller, o.ID); err != nil {
		t.Fatal(err)
	}
	y.work(1)
	list, _, err := y.book.Drifts(ctx, db.DriftsOpen, db.Page{})
	d := only(t, list, db.DriftLeft)
	if err != nil || d.Note == "" {
		t.Errorf("%+v %v", d, err)
	}
	items, n, err := y.book.Review(ctx, 10)
	if err != nil || n != 1 || items[0].Kind != db.ReviewDrift || items[0].Drift.ID != d.ID {
		t.Errorf("%+v %v", items, err)
	}
	// Somebody cancels it there by hand: it is gone from here by itself.
	if err := y.ca.Cancel(ctx, d.UpstreamID, "by hand"); err != nil {
		t.Fatal(err)
	}
	y.atPeace()
}

// The upstream accepted after the order was cancelled as never placed: NoteOrphan.
func TestAnOrderAcceptedTooLateIsListedAndCanBeCancelledThere(t *testing.T) {
	y := openYard(t)
	var o db.Order
	y.ca.bend = func(providers.Receipt) error {
		// Meanwhile a person decides that it never got there.
		c, _ := y.proof(o.ID)
		if err := y.book.DoubtSubmit(ctx, c.ID, "slow"); err != nil {
			return err
		}
		_, err := y.book.DecideCancel(ctx, y.by, o.ID, "not there")
		return err
	}
	o = y.order("late.ornek.com.tr", "dns")
	y.work(1)
	list, _, err := y.book.Drifts(ctx, db.DriftsOpen, db.Page{})
	if err != nil {
		t.Fatal(err)
	}
	d := only(t, list, db.DriftOrphan)
	y.takeTheirs(d)
	if st, err := y.ca.Status(ctx, d.UpstreamID); err != nil || st.State != providers.StateCancelled {
		t.Errorf("there it is %s, %v", st.State, err)
	}
	if y.balance() != 100000 {
		t.Errorf("balance %d", y.balance())
	}
	y.atPeace()
}

// renewing is the sandbox CA that counts renewals, and bends what it answers.
type renewing struct {
	*moody
	renewals int
	fail     error
	after    bool
}

func (r *renewing) Renew(ctx context.Context, id string, s providers.Submission) (providers.Receipt, error) {
	r.renewals++
	err := r.fail
	r.fail = nil
	if err != nil && !r.after {
		return providers.Receipt{}, err
	}
	receipt, done := r.CA.Renew(ctx, id, s)
	if err == nil {
		err = done
	}
	return receipt, err
}

func TestARenewalIsARenewalAtTheUpstreamToo(t *testing.T) {
	for name, c := range map[string]struct {
		fail              error
		after             bool
		renewals, submits int
	}{
		"that works":                             {renewals: 1, submits: 1},
		"whose answer is lost":                   {fail: errors.New("reset by peer"), after: true, renewals: 1, submits: 1},
		"whose call is lost":                     {fail: errors.New("reset by peer"), renewals: 2, submits: 1},
		"that is too early there is a new order": {fail: providers.Refuse("", "too early"), renewals: 1, submits: 2},
	} {
		t.Run(name, func(t *testing.T) {
			y := openYard(t)
			before := y.delivered("renewed.ornek.com.tr")
			old, _ := y.proof(before.ID)
			ends := y.now(before.ID).EndsAt
			r := &renewing{moody: y.ca, fail: c.fail, after: c.after}
			y.worker.Upstreams.(providers.Registry)["sandbox"] = r
			y.book.Now = func() time.Time { return ends.AddDate(0, 0, -20) }
			o, err := y.book.PlaceOrder(ctx, y.by, y.reseller, db.NewOrder{ProductID: y.product, Months: 12, Domain: "renewed.ornek.com.tr", Renews: before.ID})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := y.book.Configure(ctx, y.by, y.reseller, o.ID, db.Configuration{CSR: providertest.CSR(t, "renewed.ornek.com.tr"), Method: "dns"}); err != nil {
				t.Fatal(err)
			}
			y.work(6)
			if r.renewals != c.renewals || y.ca.submits != c.submits {
				t.Errorf("%d renewals and %d orders, want %d and %d", r.renewals, y.ca.submits, c.renewals, c.submits)
			}
			if y.now(o.ID).Status != db.StatusCompleted {
				y.prove(o)
			}
			got := y.now(o.ID)
			if got.Status != db.StatusCompleted {
				t.Fatalf("%s: %s", got.Status, got.Message)
			}
			fresh, _ := y.proof(o.ID)
			if fresh.UpstreamID == old.UpstreamID {
				t.Error("the renewal has the id of what it renews")
			}
			if early := c.fail != nil && errors.Is(c.fail, providers.ErrRefused); !early && got.EndsAt.Before(ends.AddDate(0, 12, -1)) {
				t.Errorf("the term before ends %s, the renewal %s: the days between are lost", ends, got.EndsAt)
			}
			y.sound(o)
		})
	}
}

func TestThePollIsRarerWithAgeAndWhileTheCAIsAtIt(t *testing.T) {
	y := openYard(t)
	o := y.order("poll.ornek.com.tr", "dns")
	gaps := func(n int) (list []time.Duration) {
		for range n {
			before := y.book.Now()
			y.work(1)
			list = append(list, y.book.Now().Sub(before))
		}
		return list
	}
	near := func(got, want time.Duration) bool { return got >= want*9/10 && got <= want*11/10 }
	for _, gap := range gaps(3) {
		if !near(gap, jobs.DefaultPoll[0].Proof) {
			t.Errorf("a young request is asked about after %s", gap)
		}
	}
	created := y.now(o.ID).CreatedAt
	y.book.Now = func() time.Time { return created.Add(3 * 24 * time.Hour) }
	gaps(1)
	if gap := gaps(1)[0]; !near(gap, jobs.DefaultPoll[3].Proof) {
		t.Errorf("one of three days after %s", gap)
	}
	y.worker.Poll = []jobs.PollRow{{Until: time.Hour, Proof: time.Second, Vetting: time.Second}, {Proof: 2 * time.Second, Vetting: 2 * time.Second}}
	gaps(1)
	if gap := gaps(1)[0]; !near(gap, 2*time.Second) {
		t.Errorf("by a table of its own after %s", gap)
	}
	y.worker.Upstreams.(providers.Registry)["sandbox"] = atVetting{y.ca}
	y.worker.Poll = nil
	gaps(1)
	if gap := gaps(1)[0]; !y.now(o.ID).Vetting || !near(gap, jobs.DefaultPoll[3].Vetting) {
		t.Errorf("while the CA looks at the company (%v) after %s", y.now(o.ID).Vetting, gap)
	}
}

// atVetting says that every name is proven and the company is looked at.
type atVetting struct{ *moody }

func (a atVetting) Status(ctx context.Context, id string) (providers.Status, error) {
	s, err := a.CA.Status(ctx, id)
	s.State = providers.StateProcessing
	for i := range s.Domains {
		s.Domains[i].Verified, s.Domains[i].VerifiedAt = true, time.Now()
	}
	return s, err
}

// busy answers one question with how long to wait.
type busy struct {
	*moody
	err error
}

func (b *busy) Status(ctx context.Context, id string) (providers.Status, error) {
	if err := b.err; err != nil {
		b.err = nil
		return providers.Status{}, err
	}
	return b.CA.Status(ctx, id)
}

func TestAPollWaitsAsLongAsTheUpstreamAsks(t *testing.T) {
	y := openYard(t)
	y.order("limit.ornek.com.tr", "dns")
	y.work(2)
	y.worker.Upstreams.(providers.Registry)["sandbox"] = &busy{moody: y.ca,
		err: &providers.Failure{Upstream: "sandbox", Trouble: providers.TroubleBusy, Status: 429, RetryAfter: 25 * time.Minute, Detail: "too many requests"}}
	before := y.book.Now()
	y.work(1)
	if wait := y.book.Now().Sub(before); wait < 25*time.Minute {
		t.Errorf("asked again after %s", wait)
	}
}
