package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"certbay/db"
)

// life is one order from its placing to its fate.
type life struct {
	fate     fate
	shop     *shop
	product  product
	turn     int // within its fate
	months   int
	placedAt time.Time

	by          db.Actor
	order       db.Order
	wish        wish
	certificate int64
	issuesAt    time.Time
}

// wait is a while between two steps, minutes to hours; of fresh orders short
// enough to end before the present.
func (s *seed) wait(minutes int) time.Duration {
	return time.Duration(1+s.random.IntN(minutes)) * time.Minute
}

// after plans the order's next step, never in the future.
func (s *seed) after(pause time.Duration, do func(ctx context.Context) error) {
	at := s.Now().Add(pause)
	if latest := s.now.Add(-time.Minute); at.After(latest) {
		at = latest
	}
	s.plan(at, do)
}

// place buys, with a transfer before it when the credit does not reach.
func (s *seed) place(ctx context.Context, l *life) error {
	l.by = l.shop.staff[min(s.random.IntN(4), 1)]
	l.wish = s.invent(l)
	ask := db.NewOrder{ProductID: l.product.id, Months: l.months, Domain: l.wish.domain, SANs: l.wish.sans,
		CustomerName: l.wish.customer, CustomerEmail: l.wish.email, Note: l.wish.note}
	var err error
	l.order, err = s.PlaceOrder(ctx, l.by, l.shop.id, ask)
	var poor *db.InsufficientCredit
	if errors.As(err, &poor) {
		cents := l.shop.topUp
		for poor.Available+cents < poor.Needed {
			cents += l.shop.topUp
		}
		if err := s.topUp(ctx, l.shop, cents); err != nil {
			return err
		}
		l.order, err = s.PlaceOrder(ctx, l.by, l.shop.id, ask)
	}
	if err != nil {
		return fmt.Errorf("place %s for %q: %w", l.product.code, l.wish.domain, err)
	}
	switch {
	case l.fate == pending:
	case l.fate == cancelled:
		s.after(s.wait(2000), func(ctx context.Context) error { return s.cancel(ctx, l) })
	case l.product.kind == db.KindLicence:
		return s.asked(ctx, l)
	default:
		s.after(s.wait(180), func(ctx context.Context) error { return s.configure(ctx, l) })
	}
	return nil
}

func (s *seed) cancel(ctx context.Context, l *life) error {
	_, err := s.CancelOrder(ctx, l.by, l.shop.id, l.order.ID)
	return err
}

// configure hands a fresh CSR in.
func (s *seed) configure(ctx context.Context, l *life) error {
	csr, err := newCSR(l)
	if err != nil {
		return err
	}
	_, err = s.Configure(ctx, l.by, l.shop.id, l.order.ID, db.Configuration{CSR: csr, Method: l.method(), Contact: l.wish.contact})
	if err != nil {
		return fmt.Errorf("configure %s: %w", l.order.Number, err)
	}
	return s.asked(ctx, l)
}

// method is how the names of the order are proven: dns most often.
func (l *life) method() string {
	switch methods := l.product.methods(); {
	case len(methods) == 0:
		return ""
	case l.fate == halfVerified:
		return "dns"
	case l.turn%7 == 3 && len(methods) == 4:
		return "http"
	case l.turn%11 == 5:
		return "email"
	}
	return "dns"
}

// asked notes which certificate the order asked for, so that work knows its fate.
func (s *seed) asked(ctx context.Context, l *life) error {
	all, err := s.Certificates(ctx, l.order.ID)
	if err != nil {
		return err
	}
	l.certificate = all[0].ID
	s.lives[l.certificate] = l
	return nil
}

// work does what the background worker would have done at this moment.
func (s *seed) work(ctx context.Context) error {
	for {
		job, err := s.ClaimJob(ctx, time.Minute)
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		switch job.Kind {
		case db.JobSubmit:
			err = s.submit(ctx, job, s.lives[job.SubjectID])
		case db.JobPoll:
			err = s.poll(ctx, job, s.lives[job.SubjectID])
		case db.JobMail:
			err = s.mail(ctx, job)
		default:
			err = fmt.Errorf("no order of the demo asks for %s", job.Kind)
		}
		if err != nil {
			return fmt.Errorf("job %s: %w", job.Kind, err)
		}
	}
}

// refusals are words in which upstreams refuse.
var refusals = []string{
	"CSR common name does not match the ordered domain: www is missing",
	"organisation not found in the commercial register under this name",
	"domain is on the CA's high risk list: contact support with proof of ownership",
}

func (s *seed) submit(ctx context.Context, job db.Job, l *life) error {
	sub, err := s.BeginSubmit(ctx, l.certificate)
	if err != nil {
		return err
	}
	switch l.fate {
	case refused, withdrawn:
		if err := s.RefuseSubmit(ctx, l.certificate, refusals[l.turn%len(refusals)]); err != nil {
			return err
		}
		if l.fate == withdrawn {
			s.after(s.wait(2000), func(ctx context.Context) error { return s.cancel(ctx, l) })
		}
		return s.FinishJob(ctx, job)
	case unsure:
		const cause = "upstream did not answer within 30 s"
		if err := s.DoubtSubmit(ctx, l.certificate, cause); err != nil {
			return err
		}
		return s.FailJob(ctx, job, cause)
	case validating, halfVerified, vetting:
		return s.submitOpen(ctx, job, l, sub)
	}
	l.issuesAt = s.Now().Add(2 * time.Minute)
	if l.product.kind != db.KindLicence {
		l.issuesAt = l.issuesAt.Add(s.wait(240))
	}
	if latest := s.now.Add(-time.Minute); l.issuesAt.After(latest) {
		l.issuesAt = latest
	}
	id, issued, err := s.options.Issue(ctx, sub, l.issuesAt)
	if err != nil {
		return fmt.Errorf("issue %s: %w", l.order.Number, err)
	}
	if err := s.AcceptSubmit(ctx, db.System, l.certificate, id); err != nil {
		return err
	}
	if len(sub.Names) > 0 {
		if err := s.RecordStatus(ctx, l.certificate, "", asWished(sub, time.Time{})); err != nil {
			return err
		}
	}
	s.plan(l.issuesAt, func(ctx context.Context) error { return s.issue(ctx, l, sub, issued) })
	return s.FinishJob(ctx, job)
}

// asWished is what an upstream says of names that stand as they were asked for.
func asWished(sub db.Submission, verifiedAt time.Time) []db.UpstreamName {
	var names []db.UpstreamName
	for _, d := range sub.Names {
		names = append(names, db.UpstreamName{Name: d.Name, Method: d.Method, Email: d.Email, Verified: !verifiedAt.IsZero(), VerifiedAt: verifiedAt})
	}
	return names
}

func (s *seed) submitOpen(ctx context.Context, job db.Job, l *life, sub db.Submission) error {
	id, names, err := s.options.Submit(ctx, sub)
	if err != nil {
		return fmt.Errorf("submit %s: %w", l.order.Number, err)
	}
	if err := s.AcceptSubmit(ctx, db.System, l.certificate, id); err != nil {
		return err
	}
	if l.fate == halfVerified && s.options.Prove != nil {
		if names, err = s.options.Prove(ctx, id, names[:len(names)/2]); err != nil {
			return fmt.Errorf("prove %s: %w", l.order.Number, err)
		}
	}
	for i := range names {
		if !names[i].VerifiedAt.IsZero() {
			names[i].VerifiedAt = s.Now()
		}
	}
	message := ""
	if l.fate == vetting {
		message = "organisation vetting"
	}
	if err := s.RecordStatus(ctx, l.certificate, message, names); err != nil {
		return err
	}
	return s.FinishJob(ctx, job)
}

func (s *seed) issue(ctx context.Context, l *life, sub db.Submission, issued db.Issued) error {
	if len(sub.Names) > 0 {
		if err := s.RecordStatus(ctx, l.certificate, "", asWished(sub, s.Now())); err != nil {
			return err
		}
	}
	return s.RecordIssued(ctx, l.certificate, issued, func(o db.Order) db.Mail {
		if o.CustomerEmail == "" || s.now.Sub(s.Now()) > 30*24*time.Hour {
			return db.Mail{}
		}
		what := strings.TrimSpace(o.ProductName + " " + o.Domain)
		return db.Mail{To: o.CustomerEmail, Subject: "Sertifikanız hazır: " + what,
			Body: "Merhaba,\n\n" + what + " düzenlendi. Sipariş numarası: " + o.Number + ".\n"}
	})
}

// poll leaves the open orders to the worker that comes after the seed.
func (s *seed) poll(ctx context.Context, job db.Job, l *life) error {
	if l.fate == validating || l.fate == halfVerified || l.fate == vetting {
		return s.RetryJob(ctx, job, s.now.Add(time.Duration(5+l.turn)*time.Second), "")
	}
	return s.FinishJob(ctx, job)
}

// mail sends nothing; it notes that it was sent, or for a closed mailbox that it
// was given up.
func (s *seed) mail(ctx context.Context, job db.Job) error {
	m, err := db.MailOf(job)
	if err != nil {
		return err
	}
	if strings.HasSuffix(m.To, "@kapandi.example") {
		const cause = "550 5.1.1 no such mailbox"
		if err := s.RecordMail(ctx, job.SubjectID, cause, true); err != nil {
			return err
		}
		return s.FailJob(ctx, job, cause)
	}
	if err := s.RecordMail(ctx, job.SubjectID, "", true); err != nil {
		return err
	}
	return s.FinishJob(ctx, job)
}
