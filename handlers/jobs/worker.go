// Package jobs answers to the clock: it does the work that waits in the book,
// one file per kind of job.
//
// Every job follows one sentence: one transaction, then the call, then one
// transaction. A job may be cut off anywhere and run again.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"certbay/db"
	"certbay/providers"
	"certbay/providers/dcv"
)

// Upstreams finds an upstream by the name the book knows it by.
type Upstreams interface {
	Upstream(ctx context.Context, name string) (providers.Provider, error)
	Names(ctx context.Context) ([]string, error)
}

// Worker takes due jobs out of the book and does them.
type Worker struct {
	Book      *db.DB
	Upstreams Upstreams
	Checker   *dcv.Checker
	Mail      Sender
	Log       *slog.Logger

	// IssuedMail words the mail that tells of a first or further certificate.
	IssuedMail func(db.Order) db.Mail

	// InvoicePDF draws an invoice for a reader of that language and time zone.
	InvoicePDF func(ctx context.Context, i db.Invoice, lang, zone string) ([]byte, error)

	// Webhooks are how resellers' endpoints are called.
	Webhooks WebhookCalls
	// WebhookMail words the mail that an endpoint was disabled, to its reseller's address.
	WebhookMail func(w db.Webhook, to string) db.Mail

	// LowBalanceMail words the mail that our balance at an upstream is low, to an administrator;
	// nil: none is sent.
	LowBalanceMail func(u db.Upstream, b db.UpstreamBalance, to db.Person) db.Mail
	// ExternalMail words the mail that a certificate from elsewhere ends in some days.
	ExternalMail func(x db.ExternalCertificate, days int, to string) db.Mail
	// ImportMail words the mail that a reading of the night is alarming, to an administrator;
	// nil: none is sent.
	ImportMail func(r db.ImportRun, to db.Person) db.Mail

	// Lease is how long a claimed job belongs to its worker; when a worker dies,
	// the job runs again after that. Default one minute. A job gets three quarters of it.
	Lease time.Duration
	// Hands is how many jobs run at once. Default 4; webhooks have as many of their own.
	Hands int
	// Poll is how often upstreams are asked about requests; empty: DefaultPoll.
	Poll []PollRow
	// Reconcile is how often and how fast the book is compared with its upstreams.
	Reconcile ReconcileRate
	// Done, when set, is told the kind and outcome ("done", "later", "failed") of every job, for metrics.
	Done func(kind db.JobKind, outcome string)

	cores *sync.Once // made by Run: what licences can be turned into is learned when the worker begins
}

// later is the outcome of a job that has to run again, and why.
type later struct {
	at    time.Time
	cause string
}

func (l *later) Error() string { return l.cause }

// gaveUp is the outcome of a job that nobody but a person can help.
type gaveUp struct{ cause string }

func (g *gaveUp) Error() string { return g.cause }

// Run works until ctx ends, then lets running jobs finish, at most for grace;
// what is not finished by then is handed back when its lease runs out.
func (w *Worker) Run(ctx context.Context, grace time.Duration) error {
	w.cores = &sync.Once{}
	if w.Lease == 0 {
		w.Lease = time.Minute
	}
	if w.Hands == 0 {
		w.Hands = 4
	}
	if err := w.Book.EnsureJob(ctx, db.JobSweep, 0, w.Book.Now()); err != nil {
		if ctx.Err() != nil {
			return nil // stopped before it began
		}
		return err
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var hands sync.WaitGroup
	for range w.Hands {
		hands.Go(func() { w.loop(ctx, work, db.LaneMain) })
		hands.Go(func() { w.loop(ctx, work, db.LaneWebhook) })
	}
	<-ctx.Done()
	finished := make(chan struct{})
	go func() { hands.Wait(); close(finished) }()
	select {
	case <-finished:
	case <-time.After(grace):
		stop()
		<-finished
	}
	return nil
}

// idle is how long a hand waits before it looks for work again.
const idle = 100 * time.Millisecond

func (w *Worker) loop(ctx, work context.Context, lane db.Lane) {
	for ctx.Err() == nil {
		busy, err := w.step(ctx, work, lane)
		if err != nil && ctx.Err() == nil {
			w.Log.Error("job loop", "error", err)
		}
		if busy && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(idle):
		}
	}
}

// step does one due job, if there is one. The cheap look first keeps idle
// workers away from the write lock.
func (w *Worker) step(ctx, work context.Context, lane db.Lane) (busy bool, err error) {
	next, err := w.Book.NextJobIn(ctx, lane)
	if err != nil || next.IsZero() || next.After(w.Book.Now()) {
		return false, err
	}
	job, err := w.Book.ClaimJobIn(ctx, lane, w.Lease)
	if errors.Is(err, db.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, w.Do(work, job)
}

// Do does one claimed job and writes its outcome.
func (w *Worker) Do(ctx context.Context, job db.Job) error {
	call, cancel := context.WithTimeout(ctx, w.Lease*3/4)
	defer cancel()
	err := w.safely(call, job)
	return w.settle(context.WithoutCancel(ctx), job, err)
}

// safely turns a panic into an error, so that one bad job never ends the worker.
func (w *Worker) safely(ctx context.Context, job db.Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	switch job.Kind {
	case db.JobSubmit:
		return w.submit(ctx, job)
	case db.JobPoll:
		return w.poll(ctx, job)
	case db.JobCheck:
		return w.check(ctx, job)
	case db.JobDCV:
		return w.changeDCV(ctx, job)
	case db.JobResend:
		return w.resend(ctx, job)
	case db.JobReissue:
		return w.reissue(ctx, job)
	case db.JobLook:
		w.lookOnce(ctx, job.SubjectID)
		return nil
	case db.JobCancel:
		return w.cancel(ctx, job)
	case db.JobLicenceSuspend, db.JobLicenceUnsuspend, db.JobLicenceMove:
		return w.changeLicence(ctx, job)
	case db.JobRevoke:
		return w.revoke(ctx, job)
	case db.JobReconcile:
		return w.reconcile(ctx, job)
	case db.JobDrift:
		return w.settleDrift(ctx, job)
	case db.JobMail:
		return w.mail(ctx, job)
	case db.JobInvoiceZip:
		return w.invoiceZip(ctx, job)
	case db.JobWebhook:
		return w.webhook(ctx, job)
	case db.JobBalance:
		return w.balance(ctx, job)
	case db.JobInstallation:
		return w.installation(ctx, job)
	case db.JobImportRead:
		return w.importRead(ctx, job)
	case db.JobImportTake:
		return w.importTake(ctx, job)
	case db.JobSweep:
		return w.sweep(ctx)
	}
	return &gaveUp{cause: fmt.Sprintf("no such kind of job: %s", job.Kind)}
}

// retries is how long to wait after each failure of a job that says nothing
// better; behind it, the time since the first try.
var retries = []time.Duration{
	5 * time.Second,  // 5 s
	15 * time.Second, // 20 s
	time.Minute,      // 1.3 min
	5 * time.Minute,  // 6 min
	15 * time.Minute, // 21 min
	time.Hour,        // 1.4 h
	3 * time.Hour,    // 4.4 h
	6 * time.Hour,    // 10 h
	12 * time.Hour,   // 22 h
}

// settle writes how a job went. A lost lease is nobody's fault: whoever claimed
// the job since will settle it.
func (w *Worker) settle(ctx context.Context, job db.Job, err error) error {
	var again *later
	var never *gaveUp
	outcome := "done"
	var written error
	switch {
	case err == nil:
		written = w.Book.FinishJob(ctx, job)
	case errors.As(err, &again):
		outcome = "later"
		written = w.Book.RetryJob(ctx, job, again.at, again.cause)
	case errors.As(err, &never), job.Failures >= len(retries):
		outcome = "failed"
		w.Log.Error("job failed", "job", job.ID, "kind", job.Kind, "subject", job.SubjectID, "error", err)
		written = w.Book.FailJob(ctx, job, err.Error())
	default:
		outcome = "later"
		w.Log.Warn("job will be tried again", "job", job.ID, "kind", job.Kind, "subject", job.SubjectID, "attempt", job.Attempts, "error", err)
		written = w.Book.RetryJob(ctx, job, w.Book.Now().Add(retries[job.Failures]), err.Error())
	}
	if w.Done != nil {
		w.Done(job.Kind, outcome)
	}
	if errors.Is(written, db.ErrStale) {
		return nil
	}
	return written
}

// noteHealth keeps how an upstream's call went. A refusal or an unknown order is
// an answer, so the upstream is well.
func (w *Worker) noteHealth(ctx context.Context, upstream string, err error) {
	cause := ""
	if errors.Is(err, providers.ErrUnavailable) || errors.Is(err, providers.ErrCredentials) || errors.Is(err, context.DeadlineExceeded) {
		cause = err.Error()
	}
	if err := w.Book.RecordHealth(context.WithoutCancel(ctx), upstream, cause); err != nil {
		w.Log.Warn("upstream health", "upstream", upstream, "error", err)
	}
}
