package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"certbay/db"
	"certbay/providers"
)

// purse is an upstream that tells what is in it.
type purse struct {
	*moody
	cents int64
	err   error
}

func (p *purse) Balance(context.Context) (providers.Balance, error) {
	return providers.Balance{Cents: p.cents, Currency: "EUR", Allowance: 500, Used: 100}, p.err
}

func TestABalanceIsAskedForEveryHourAndAdminsHearOfAFallOnce(t *testing.T) {
	y := openYard(t)
	now := time.Now().UTC()
	y.book.Now = func() time.Time { return now }
	p := &purse{moody: y.ca, cents: 10_000}
	y.worker.Upstreams = providers.Registry{"sandbox": y.ca, "main": p}
	y.worker.LowBalanceMail = func(u db.Upstream, b db.UpstreamBalance, to db.Person) db.Mail {
		return db.Mail{To: to.Email, Subject: "low: " + u.Name}
	}
	if _, err := y.book.CreatePerson(ctx, db.System, db.NewPerson{Role: db.RoleAdmin, Name: "Admin", Email: "admin@shop.example", Password: "a quiet harbour at dawn", Lang: "en"}); err != nil {
		t.Fatal(err)
	}
	if _, err := y.book.CreateUpstream(ctx, y.by, db.UpstreamWish{Name: "main", Kind: "gogetssl", BaseURL: "https://a.example", Active: true, LowBalanceCents: 5000}); err != nil {
		t.Fatal(err)
	}
	ask := func() db.Job {
		t.Helper()
		job, err := y.book.ClaimJob(ctx, time.Minute)
		for err == nil && job.Kind != db.JobBalance {
			job, err = y.book.ClaimJob(ctx, time.Minute)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := y.worker.Do(ctx, job); err != nil {
			t.Fatal(err)
		}
		list, n, err := y.book.Jobs(ctx, db.JobFilter{Kind: db.JobBalance})
		if err != nil || n != 1 || !list[0].RunAt.Equal(now.Truncate(time.Microsecond).Add(time.Hour)) || list[0].Failed {
			t.Fatalf("%+v, %v: not again in an hour", list, err)
		}
		now = now.Add(time.Hour)
		return list[0]
	}
	mails := func() int {
		t.Helper()
		_, n, err := y.book.Outbox(ctx, "", db.Page{Limit: 20})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	told := func() db.UpstreamBalance {
		t.Helper()
		all, err := y.book.UpstreamBalances(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return all["main"]
	}
	ask()
	if b := told(); b.Cents != 10_000 || b.Currency != "EUR" || b.Allowance != 500 || b.Used != 100 || mails() != 0 {
		t.Errorf("%+v, %d mails", b, mails())
	}
	p.cents = 4000
	ask()
	ask()
	if mails() != 1 {
		t.Errorf("%d mails of one fall", mails())
	}
	p.cents, p.err = 9999, &providers.Failure{Upstream: "main", Call: "balance", Trouble: providers.TroubleTimeout, Detail: "no answer"}
	for range 12 { // it never gives up
		if job := ask(); job.LastError == "" {
			t.Error("a failure is not told")
		}
	}
	if b := told(); b.Cents != 4000 {
		t.Errorf("a failure changed the balance: %+v", b)
	}
	calls, err := y.book.CallsSince(ctx, now.Add(-100*time.Hour))
	if err != nil || calls["main"].Calls != 15 || calls["main"].Failures != 12 {
		t.Errorf("%+v, %v", calls, err)
	}
	p.err = errors.Join(providers.ErrCredentials)
	ask()
	healths, err := y.book.Healths(ctx)
	if err != nil || len(healths) != 1 || healths[0].LastError == "" || !healths[0].LastErrorAt.After(healths[0].LastSuccessAt) {
		t.Errorf("%+v, %v", healths, err)
	}
}

func TestAnUpstreamThatIsGoneIsAskedNoMore(t *testing.T) {
	y := openYard(t)
	y.worker.Upstreams = providers.Registry{"sandbox": y.ca}
	if err := y.book.EnsureJob(ctx, db.JobBalance, 4711, y.book.Now()); err != nil {
		t.Fatal(err)
	}
	job, err := y.book.ClaimJob(ctx, time.Minute)
	if err != nil || job.Kind != db.JobBalance {
		t.Fatalf("%+v, %v", job, err)
	}
	if err := y.worker.Do(ctx, job); err != nil {
		t.Fatal(err)
	}
	if _, n, err := y.book.Jobs(ctx, db.JobFilter{Kind: db.JobBalance}); n != 0 || err != nil {
		t.Errorf("%d left, %v", n, err)
	}
}
