// Package demo puts the demo's two shops together: a pretend internet, the sandbox
// CA that looks at it, the upstream shop that buys from that CA, and the shop with
// a past that visitors see, which buys from the upstream shop through every dialect.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"certbay/db"
	"certbay/db/demo"
	"certbay/handlers/jobs"
	"certbay/providers"
	"certbay/providers/pretend"
	"certbay/providers/sandbox"
	"certbay/web"
)

// Options say where a demo lives.
type Options struct {
	Data     string // folder of the sandbox CA and of demo.json
	Database string // the book
	BaseURL  string
	Kinds    []providers.Kind // of upstreams: the dialects' among them
	Log      *slog.Logger
	Vetting  time.Duration // of the sandbox CA; 0 is its own

	// SupplierURL is where the upstream shop answers, on this machine.
	SupplierURL string
}

// Shop is a demo ready to run.
type Shop struct {
	Web      web.Config
	Work     web.WorkerConfig
	Supplier Supplier
	Access   Access

	data     string
	book     *db.DB
	ca       *sandbox.CA
	internet *pretend.Internet
	receiver *http.Server // of webhooks
}

// Open opens the demo in its folder, or makes it there first.
func Open(ctx context.Context, o Options) (*Shop, error) {
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	internet, err := pretend.Start(ctx)
	if err != nil {
		return nil, err
	}
	s := &Shop{data: o.Data, internet: internet}
	if err := s.open(ctx, o); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Shop) open(ctx context.Context, o Options) (err error) {
	checker := s.internet.Checker(nil)
	s.ca, err = sandbox.Open(ctx, sandbox.Options{Path: filepath.Join(o.Data, "sandbox.db"), Checker: checker, BaseURL: o.BaseURL, Vetting: o.Vetting,
		CheckEvery: -1, // what somebody has looked at now is looked at now, through both shops
		Mail: func(ctx context.Context, to, subject, body string) error {
			return s.book.QueueMail(ctx, db.Mail{To: to, Subject: subject, Body: body})
		}})
	if err != nil {
		return err
	}
	s.Access, err = readAccess(o.Data)
	seeded := errors.Is(err, fs.ErrNotExist)
	if err != nil && !seeded {
		return err
	}
	supply, err := s.openSupplier(ctx, o)
	if err != nil {
		return err
	}
	if seeded {
		if err := s.seed(ctx, o.Database); err != nil {
			return err
		}
	}
	if s.book, err = db.Open(ctx, o.Database); err != nil {
		return err
	}
	if err := s.book.Unlock(ctx, db.KeySource{Own: filepath.Join(o.Data, "book.key")}); err != nil {
		return err
	}
	if err := s.receive(ctx, seeded); err != nil {
		return err
	}
	if supply != nil {
		err = s.connect(ctx, *supply, o.SupplierURL)
	} else {
		err = s.reconnect(ctx, s.Access.Supplier.URL, o.SupplierURL)
	}
	if err != nil {
		return err
	}
	s.Access = s.Access.at(o.BaseURL, o.SupplierURL)
	if err := s.Access.write(s.data); err != nil {
		return err
	}
	s.Web = web.Config{
		Book: s.book, BaseURL: o.BaseURL, Log: o.Log, Demo: true, DemoInternet: true, Sandbox: true, LoopbackWebhooks: true,
		Kinds: o.Kinds, Upstreams: providers.Registry{demo.Upstream: s.ca},
		Approver: s.ca, Internet: internetAdapter{s.internet}, DemoLogins: s.Access.logins(), DemoCustomerLink: s.Access.CustomerLink,
		DemoOther: s.Access.supplier(),
	}
	s.Work = web.WorkerConfig{
		Checker: checker, Poll: impatience,
		SMTP: "smtp://" + s.internet.SMTPAddr(), MailFrom: "certbay@certbay.example",
	}
	s.furnish(o)
	return nil
}

// leftover is what is wrong with a folder whose first start broke off.
func (s *Shop) leftover() error {
	return fmt.Errorf("the folder %s holds a demo without its demo.json: remove the folder, and it is made anew", s.data)
}

// seed fills a new book. Its past was bought at the CA itself, which takes part with
// its own memory, so that every order of the history stands upstream as well.
func (s *Shop) seed(ctx context.Context, database string) error {
	book, err := db.OpenForSeeding(ctx, database)
	if err != nil {
		return err
	}
	defer book.Close()
	s.book = book // the CA's mails wait in its outbox
	result, err := demo.Seed(ctx, book, demo.Options{Issue: s.issue, Submit: s.submit, Prove: s.prove})
	if errors.Is(err, demo.ErrNotEmpty) {
		return s.leftover()
	}
	if err != nil {
		return err
	}
	supplier := s.Access.Supplier
	s.Access = accessOf(result)
	s.Access.Supplier = supplier
	return nil
}

func (s *Shop) issue(ctx context.Context, sub db.Submission, at time.Time) (string, db.Issued, error) {
	list, err := s.ca.IssueAt(ctx, sandbox.Past{Submission: jobs.SubmissionFor(sub), NotBefore: at})
	if err != nil {
		return "", db.Issued{}, err
	}
	c := list[0].Certificate
	issued := db.Issued{PEM: c.Leaf, Chain: c.Chain, Serial: c.Serial, NotBefore: c.NotBefore, NotAfter: c.NotAfter}
	if sub.Order.Kind == db.KindLicence {
		status, err := s.ca.Status(ctx, list[0].UpstreamID)
		if err != nil {
			return "", db.Issued{}, err
		}
		issued.LicenceKey = status.LicenceKey
	}
	return list[0].UpstreamID, issued, nil
}

func (s *Shop) submit(ctx context.Context, sub db.Submission) (string, []db.UpstreamName, error) {
	receipt, err := s.ca.Submit(ctx, jobs.SubmissionFor(sub))
	if err != nil {
		return "", nil, err
	}
	status, err := s.ca.Status(ctx, receipt.UpstreamID)
	return receipt.UpstreamID, jobs.Names(status), err
}

func (s *Shop) prove(ctx context.Context, upstreamID string, names []db.UpstreamName) ([]db.UpstreamName, error) {
	for _, n := range names {
		if err := s.publish(n); err != nil {
			return nil, err
		}
	}
	if err := s.ca.Recheck(ctx, upstreamID); err != nil {
		return nil, err
	}
	status, err := s.ca.Status(ctx, upstreamID)
	return jobs.Names(status), err
}

func (s *Shop) publish(n db.UpstreamName) error {
	if n.FileURL == "" {
		return s.internet.PublishRecord(pretend.Record{Host: n.Host, Type: n.RecordType, Value: n.Value})
	}
	file, err := fileAt(n.FileURL, n.FileContent)
	if err != nil {
		return err
	}
	return internetAdapter{s.internet}.PublishFile(file)
}

// Close ends the demo; its folder stays.
func (s *Shop) Close() {
	for _, book := range []*db.DB{s.book, s.Supplier.book} {
		if book != nil {
			book.Close()
		}
	}
	if s.receiver != nil {
		s.receiver.Close()
	}
	if s.ca != nil {
		s.ca.Close()
	}
	s.internet.Close()
}

// readAccess reads the demo.json that an earlier start wrote.
func readAccess(dir string) (Access, error) {
	var a Access
	text, err := os.ReadFile(filepath.Join(dir, accessFile))
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("demo: %s: %w", accessFile, err)
	}
	return a, nil
}
