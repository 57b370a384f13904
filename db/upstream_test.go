package db_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"certbay/db"
)

func account(name string) db.UpstreamWish {
	return db.UpstreamWish{Name: name, Kind: "gogetssl", BaseURL: "https://a.example/api", Fields: map[string]string{"user": "ada"},
		Secrets: map[string]string{"password": "geheim"}, Active: true}
}

func TestAnUpstreamIsKeptWithItsSecretsSealed(t *testing.T) {
	s := openShop(t, 0)
	id := must[int64](t)(s.CreateUpstream(ctx, s.staff, account("main")))
	u := must[db.Upstream](t)(s.Upstream(ctx, id))
	if u.Name != "main" || u.Fields["user"] != "ada" || len(u.SecretCodes) != 1 || !u.Active || u.SecretsAt.IsZero() {
		t.Errorf("%+v", u)
	}
	if u.Fields["password"] != "" {
		t.Error("a secret stands among what is none")
	}
	if _, err := s.CreateUpstream(ctx, s.staff, account("main")); !errors.Is(err, db.ErrDuplicate) {
		t.Errorf("a second one of the name: %v", err)
	}
	for _, w := range []db.UpstreamWish{{Name: "M", Kind: "x", BaseURL: "https://a.example"}, {Name: "ok", Kind: "x", BaseURL: "ftp://a.example"},
		{Name: "ok", Kind: "x", BaseURL: "https://u:p@a.example"}, {Name: "ok", Kind: "x", BaseURL: "https://a.example?x=1"}, {Name: "ok", Kind: "x", BaseURL: "https://a.example", LowBalanceCents: -1}} {
		var refused *db.Rejected
		if _, err := s.CreateUpstream(ctx, s.staff, w); !errors.As(err, &refused) || len(refused.Problems) != 1 {
			t.Errorf("%+v: %v", w, err)
		}
	}
	rows, _, err := s.AuditRows(ctx, db.AuditFilter{Action: "upstream.", Page: db.Page{Limit: 5}})
	if err != nil || len(rows) != 1 || rows[0].After != "main (gogetssl), https://a.example/api, user ada, password entered" || strings.Contains(rows[0].After, "geheim") {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestSecretsStayUnlessEnteredAndNeverGoToAnotherServer(t *testing.T) {
	s := openShop(t, 0)
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	s.at(now, 0)
	id := must[int64](t)(s.CreateUpstream(ctx, s.staff, account("main")))
	password := func() string {
		t.Helper()
		return must[map[string]string](t)(s.UpstreamSecrets(ctx, id))["password"]
	}
	s.at(now, 60)
	w := account("")
	w.Secrets, w.BaseURL = map[string]string{"password": ""}, "https://a.example/other"
	if err := s.UpdateUpstream(ctx, s.staff, id, w); err != nil || password() != "geheim" {
		t.Fatalf("left empty: %q, %v", password(), err)
	}
	if u := must[db.Upstream](t)(s.Upstream(ctx, id)); !u.SecretsAt.Equal(now) || !u.ChangedAt.After(now) {
		t.Errorf("entered %v, changed %v", u.SecretsAt, u.ChangedAt)
	}
	for _, address := range []string{"https://evil.example/api", "http://a.example/api", "https://a.example:8443/api"} {
		w.BaseURL = address
		var refused *db.Rejected
		if err := s.UpdateUpstream(ctx, s.staff, id, w); !errors.As(err, &refused) || refused.Problems[0] != (db.Problem{Field: "password", Code: "elsewhere"}) {
			t.Errorf("%s is shown the password: %v", address, err)
		}
	}
	w.Secrets["password"] = "neu"
	if err := s.UpdateUpstream(ctx, s.staff, id, w); err != nil || password() != "neu" {
		t.Errorf("entered again: %q, %v", password(), err)
	}
	if err := s.UpdateUpstream(ctx, s.staff, 999, w); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("of none: %v", err)
	}
}

func TestAClosedUpstreamGetsNoNewOrderAndKeepsThoseUnderWay(t *testing.T) {
	s := openShop(t, 100_000)
	sandbox := must[int64](t)(s.CreateUpstream(ctx, s.staff, account("sandbox")))
	second := must[int64](t)(s.CreateUpstream(ctx, s.staff, account("second")))
	sheet := must[db.ProductSheet](t)(s.ProductSheet(ctx, s.single))
	sheet.Offers = append(sheet.Offers, db.OfferSheet{Offer: db.Offer{Upstream: "second", ProductCode: "s2", CostCents: 950, Currency: "USD"}, Rank: 2, Active: true})
	if err := s.ChangeProduct(ctx, s.staff, sheet, must[db.ProductSheet](t)(s.ProductSheet(ctx, s.single)).Digest()); err != nil {
		t.Fatal(err)
	}
	upstreamOf := func(o db.Order) string {
		t.Helper()
		if _, err := s.Configure(ctx, s.staff, s.reseller, o.ID, db.Configuration{CSR: csrFor(t, o.Domain), Method: "dns"}); err != nil {
			t.Fatal(err)
		}
		list := must[[]db.Certificate](t)(s.Certificates(ctx, o.ID))
		return list[0].Upstream
	}
	shut := func(id int64, open bool) {
		t.Helper()
		w := account("")
		w.Active = open
		if err := s.UpdateUpstream(ctx, s.staff, id, w); err != nil {
			t.Fatal(err)
		}
	}
	before := s.place(t, "before.example.com")
	shut(sandbox, false)
	if got := upstreamOf(s.place(t, "after.example.com")); got != "second" {
		t.Errorf("a new order goes to %s", got)
	}
	if got := upstreamOf(before); got != "sandbox" {
		t.Errorf("one that is under way goes to %s", got)
	}
	shut(second, false)
	if _, err := s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: "none.example.com"}); err == nil {
		t.Error("an order is placed although every upstream is closed")
	}
	shut(sandbox, true)
	if got := upstreamOf(s.place(t, "again.example.com")); got != "sandbox" {
		t.Errorf("once it is open again, to %s", got)
	}
	s.verify(t)
}

func TestOnlyAnUpstreamThatNothingNamesIsRemoved(t *testing.T) {
	s := openShop(t, 0)
	named := must[int64](t)(s.CreateUpstream(ctx, s.staff, account("sandbox")))
	free := must[int64](t)(s.CreateUpstream(ctx, s.staff, account("free")))
	if err := s.RecordBalance(ctx, db.UpstreamBalance{Upstream: "free", Cents: 1, Currency: "USD"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.RecordHealth(ctx, "free", ""); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveUpstream(ctx, s.staff, named); !errors.Is(err, db.ErrInUse) {
		t.Errorf("one that offers name: %v", err)
	}
	if err := s.RemoveUpstream(ctx, s.staff, free); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Upstream(ctx, free); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if err := s.RemoveUpstream(ctx, s.staff, free); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("twice: %v", err)
	}
	balances := must[map[string]db.UpstreamBalance](t)(s.UpstreamBalances(ctx))
	healths := must[[]db.Health](t)(s.Healths(ctx))
	jobs, _, err := s.Jobs(ctx, db.JobFilter{Kind: db.JobBalance})
	if len(balances) != 0 || len(healths) != 0 || len(jobs) != 1 || err != nil {
		t.Errorf("left of it: %v, %v, %v, %v", balances, healths, jobs, err)
	}
}

func TestAFallBelowTheAlarmIsMailedOnce(t *testing.T) {
	s := openShop(t, 0)
	w := account("main")
	w.LowBalanceCents = 5000
	id := must[int64](t)(s.CreateUpstream(ctx, s.staff, w))
	tell := func(u db.Upstream, b db.UpstreamBalance, to db.Person) db.Mail {
		return db.Mail{To: to.Email, Subject: "low", Body: u.Name}
	}
	if _, err := s.CreatePerson(ctx, db.System, db.NewPerson{Role: db.RoleAdmin, Name: "Admin", Email: "admin@shop.example", Password: "a quiet harbour at dawn", Lang: "en"}); err != nil {
		t.Fatal(err)
	}
	mails := func() int {
		t.Helper()
		_, n, err := s.Outbox(ctx, "", db.Page{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for i, step := range []struct {
		cents, allowance, used int64
		mails                  int
	}{{5000, 0, 0, 0}, {4999, 0, 0, 1}, {10, 0, 0, 1}, {0, 6000, 500, 1}, {0, 6000, 1001, 2}, {0, 6000, 9000, 2}, {9000, 0, 0, 2}, {1, 0, 0, 3}} {
		b := db.UpstreamBalance{Upstream: "main", Cents: step.cents, Currency: "USD", Allowance: step.allowance, Used: step.used}
		if err := s.RecordBalance(ctx, b, tell); err != nil {
			t.Fatal(err)
		}
		if got := mails(); got != step.mails {
			t.Errorf("step %d: %d mails, not %d", i, got, step.mails)
		}
	}
	if u := must[db.Upstream](t)(s.Upstream(ctx, id)); !u.Low {
		t.Error("it is low and does not say so")
	}
	w.LowBalanceCents = 0
	if err := s.UpdateUpstream(ctx, s.staff, id, w); err != nil {
		t.Fatal(err)
	}
	if err := s.RecordBalance(ctx, db.UpstreamBalance{Upstream: "main", Currency: "USD"}, tell); err != nil || mails() != 3 {
		t.Errorf("without an alarm: %d mails, %v", mails(), err)
	}
}

func TestHoursOfUpstreamsAreKeptForAWeek(t *testing.T) {
	s := openShop(t, 0)
	now := time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)
	for i, back := range []time.Duration{8 * 24 * time.Hour, 25 * time.Hour, time.Hour, 0} {
		s.at(now.Add(-back), 0)
		cause := ""
		if i == 2 {
			cause = "down"
		}
		if err := s.RecordHealth(ctx, "main", cause); err != nil {
			t.Fatal(err)
		}
	}
	since := func(back time.Duration) db.Calls {
		t.Helper()
		return must[map[string]db.Calls](t)(s.CallsSince(ctx, now.Add(-back)))["main"]
	}
	if c := since(24 * time.Hour); c.Calls != 2 || c.Failures != 1 {
		t.Errorf("a day: %+v", c)
	}
	if err := s.PurgeHealth(ctx); err != nil {
		t.Fatal(err)
	}
	if c := since(1000 * time.Hour); c.Calls != 3 {
		t.Errorf("after the purge: %+v", c)
	}
}

func TestEveryUpstreamIsAskedForItsBalance(t *testing.T) {
	s := openShop(t, 0)
	id := must[int64](t)(s.CreateUpstream(ctx, s.staff, account("main")))
	job := must[db.Job](t)(s.ClaimJob(ctx, time.Minute))
	if job.Kind != db.JobBalance || job.SubjectID != id {
		t.Fatalf("%+v", job)
	}
	if err := s.FinishJob(ctx, job); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.WatchBalances(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if _, n, err := s.Jobs(ctx, db.JobFilter{Kind: db.JobBalance}); n != 1 || err != nil {
		t.Errorf("%d jobs, %v", n, err)
	}
	again := must[int64](t)(s.AskBalance(ctx, id))
	if again == 0 {
		t.Error("no job to wait for")
	}
	if _, err := s.AskBalance(ctx, 999); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
