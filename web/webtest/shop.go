package webtest

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"certbay/db"
	"certbay/handlers/access"
	"certbay/providers"
	"certbay/providers/pretend"
	"certbay/providers/sandbox"
	"certbay/web"
)

// Shop is a portal that sells: the sandbox CA is behind it, on an internet of its
// own, its worker runs, and Reseller and Other are in the group Gold, with credit,
// the API on, and a key each. Mails arrive in the internet's mailboxes.
type Shop struct {
	*Site
	Internet *pretend.Internet
	CA       *sandbox.CA
	Key      string // of Reseller, all scopes
	OtherKey string // of Other, all scopes
	Gold     int64
	Silver   int64 // another group, which nobody is in
	StopWork func()

	t testing.TB
}

// ShopConfig is how a Shop differs from the usual.
type ShopConfig struct {
	Dialect      string // switched on for both resellers; empty: none
	OpeningCents int64  // credit of each reseller; 0: 125000
	TaxRateBP    int64
	Upstream     func(*sandbox.CA) providers.Provider // what the worker buys from; nil: the CA itself
	Adjust       []func(*web.Config)
}

// OpenShop opens a shop that sells nothing yet (see Sell); it is gone when the test ends.
func OpenShop(t testing.TB, c ShopConfig) *Shop {
	t.Helper()
	s := &Shop{t: t}
	var err error
	if s.Internet, err = pretend.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Internet.Close() })
	patient := func(c *web.Config) { c.APILimit = access.Limit{Requests: 100_000, Window: time.Minute} }
	s.Site = Open(t, append([]func(*web.Config){patient}, c.Adjust...)...)
	checker := s.Internet.Checker(nil)
	s.CA, err = sandbox.Open(t.Context(), sandbox.Options{Path: filepath.Join(t.TempDir(), "ca.db"), Checker: checker, Vetting: -1, CheckEvery: -1, BaseURL: s.URL,
		Mail: func(ctx context.Context, to, subject, body string) error {
			return s.Book.QueueMail(ctx, db.Mail{To: to, Subject: subject, Body: body})
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.CA.Close() })
	var upstream providers.Provider = s.CA
	if c.Upstream != nil {
		upstream = c.Upstream(s.CA)
	}
	s.StopWork = Work(t, s.Server, web.WorkerConfig{Upstreams: providers.Registry{"sandbox": upstream}, Checker: checker,
		SMTP: "smtp://" + s.Internet.SMTPAddr(), MailFrom: "shop@shop.example"})
	s.invite(c)
	return s
}

// Work runs a server's worker until the test ends, or until stop is called.
func Work(t testing.TB, server *web.Server, c web.WorkerConfig) (stop func()) {
	work, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := server.Work(work, c); err != nil {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); done.Wait() })
	t.Cleanup(stop)
	return stop
}

func (s *Shop) invite(c ShopConfig) {
	s.t.Helper()
	ctx := s.t.Context()
	var err error
	if s.Gold, err = s.Book.CreateGroup(ctx, db.System, "Gold"); err == nil {
		s.Silver, err = s.Book.CreateGroup(ctx, db.System, "Silver")
	}
	if err != nil {
		s.t.Fatal(err)
	}
	if c.OpeningCents == 0 {
		c.OpeningCents = 125_000
	}
	for _, r := range []db.Reseller{s.Reseller, s.Other} {
		s.Join(r, s.Gold, c.TaxRateBP)
		if err := s.Book.AddCredit(ctx, db.System, r.ID, c.OpeningCents, fmt.Sprint("opening ", r.ID), "opening credit"); err != nil {
			s.t.Fatal(err)
		}
		if c.Dialect != "" {
			s.Speak(r.ID, c.Dialect, true)
		}
	}
	s.Key = s.NewKey(s.Reseller.ID, db.NewAPIKey{Name: "Panel", Scopes: db.Scopes})
	s.OtherKey = s.NewKey(s.Other.ID, db.NewAPIKey{Name: "Panel", Scopes: db.Scopes})
}

// Join puts a reseller into a group (0: into none) with the API on.
func (s *Shop) Join(r db.Reseller, group, taxRateBP int64) {
	s.t.Helper()
	err := s.Book.UpdateReseller(s.t.Context(), db.System, r.ID, db.NewReseller{Name: r.Name, Company: r.Company, Email: r.Email, GroupID: group, APIEnabled: true, TaxRateBP: taxRateBP})
	if err == nil {
		err = s.Book.SetAPIEnabled(s.t.Context(), db.System, r.ID, true)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// Speak switches a dialect on or off for a reseller.
func (s *Shop) Speak(reseller int64, dialect string, on bool) {
	s.t.Helper()
	if err := s.Book.SetResellerDialect(s.t.Context(), db.System, reseller, dialect, on); err != nil {
		s.t.Fatal(err)
	}
}

// NewKey is the secret of a new key.
func (s *Shop) NewKey(reseller int64, n db.NewAPIKey) string {
	s.t.Helper()
	_, secret, err := s.Book.CreateAPIKey(s.t.Context(), db.System, reseller, n)
	if err != nil {
		s.t.Fatal(err)
	}
	return secret
}

// Balance is what a reseller has, US cents.
func (s *Shop) Balance(reseller int64) int64 {
	s.t.Helper()
	balance, _, err := s.Book.Wallet(s.t.Context(), reseller)
	if err != nil {
		s.t.Fatal(err)
	}
	return balance
}

// Stood is what Reseller has bought, and what it cost.
type Stood struct {
	Living, Cancelled int
	Spent             int64 // US cents
}

// Stands is how it is now; only differences of Spent mean something.
func (s *Shop) Stands(t testing.TB) (n Stood) {
	t.Helper()
	list, _, err := s.Book.Orders(t.Context(), s.Reseller.ID, db.OrderFilter{Page: db.Page{Limit: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		if o.Status == db.StatusCancelled {
			n.Cancelled++
		} else {
			n.Living++
		}
	}
	n.Spent = -s.Balance(s.Reseller.ID)
	return n
}

// Since is what was added.
func (s *Shop) Since(t testing.TB, before Stood) Stood {
	t.Helper()
	n := s.Stands(t)
	return Stood{n.Living - before.Living, n.Cancelled - before.Cancelled, n.Spent - before.Spent}
}
