package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"certbay/db"
	"certbay/db/certs"
	"certbay/providers"
)

// PollRow says how often an upstream is asked about a request, by its age: while
// the domain owner's proof is awaited, and while the CA looks at the company or
// works.
type PollRow struct {
	Until   time.Duration // the row is for requests younger than this; the last row's is for all older ones
	Proof   time.Duration
	Vetting time.Duration
}

// DefaultPoll is the schedule; behind each row, how often a request that waits all
// that time is asked about.
var DefaultPoll = []PollRow{
	{10 * time.Minute, 15 * time.Second, time.Minute},    // 40, 10 times
	{time.Hour, time.Minute, 5 * time.Minute},            // 90, 20
	{24 * time.Hour, 10 * time.Minute, 30 * time.Minute}, // 228, 66
	{7 * 24 * time.Hour, time.Hour, 2 * time.Hour},       // 372, 138
	{1 << 62, 6 * time.Hour, 12 * time.Hour},             // then 4 and 2 a day
}

// pollAfter is how long to wait before the next question.
func (w *Worker) pollAfter(age time.Duration, vetting bool) time.Duration {
	table := w.Poll
	if len(table) == 0 {
		table = DefaultPoll
	}
	row := table[len(table)-1]
	for _, r := range table {
		if age < r.Until {
			row = r
			break
		}
	}
	wait := row.Proof
	if vetting {
		wait = row.Vetting
	}
	return wait - wait/10 + rand.N(wait/5+1) // a tenth more or less, so that those of one hour drift apart
}

// poll asks the upstream how a request stands, until it is over.
func (w *Worker) poll(ctx context.Context, job db.Job) error {
	over, err := w.look(ctx, job.SubjectID)
	if wait := askedToWait(err); wait > 0 {
		return &later{at: w.Book.Now().Add(max(wait, retries[min(job.Failures, 4)])), cause: err.Error()}
	}
	if err != nil || over {
		return err
	}
	c, err := w.Book.Certificate(ctx, job.SubjectID)
	if err != nil {
		return err
	}
	o, err := w.Book.AnyOrder(ctx, c.OrderID)
	if err != nil {
		return err
	}
	now := w.Book.Now()
	return &later{at: now.Add(w.pollAfter(now.Sub(c.CreatedAt), o.Vetting)), cause: ""}
}

// lookOnce takes over the upstream's word without waiting for the next poll. A
// failure is left to the poll, which is in the book already.
func (w *Worker) lookOnce(ctx context.Context, certificateID int64) {
	if _, err := w.look(ctx, certificateID); err != nil {
		w.Log.Warn("first look at the upstream", "certificate", certificateID, "error", err)
	}
}

// look takes over the upstream's word of one request and says whether it is over.
func (w *Worker) look(ctx context.Context, certificateID int64) (over bool, err error) {
	c, err := w.Book.Certificate(ctx, certificateID)
	if err != nil {
		return false, err
	}
	if c.State != db.CertificateRequested || c.UpstreamID == "" {
		return true, nil
	}
	p, err := w.Upstreams.Upstream(ctx, c.Upstream)
	if err != nil {
		return false, err
	}
	status, err := p.Status(ctx, c.UpstreamID)
	w.noteHealth(ctx, c.Upstream, err)
	if errors.Is(err, providers.ErrUnknown) {
		return false, &gaveUp{cause: fmt.Sprintf("%s does not know its order %s any more", c.Upstream, c.UpstreamID)}
	}
	if err != nil {
		return false, err
	}
	switch status.State {
	case providers.StateIssued, providers.StateSuspended:
		return true, w.take(ctx, p, c, status)
	case providers.StateRejected, providers.StateCancelled, providers.StateRevoked:
		words := status.Message
		if words == "" {
			words = string(status.State)
		}
		err := w.Book.RecordRejected(ctx, c.ID, words)
		if errors.Is(err, db.ErrStale) {
			err = nil
		}
		return true, err
	case providers.StateProcessing, providers.StateValidationPending:
		return false, w.Book.RecordStatus(ctx, c.ID, status.Message, Names(status))
	}
	return false, fmt.Errorf("%s says %q, which is not understood", c.Upstream, status.State)
}

// take fetches what was issued and completes the order.
func (w *Worker) take(ctx context.Context, p providers.Provider, c db.Certificate, status providers.Status) error {
	if err := w.Book.RecordStatus(ctx, c.ID, status.Message, Names(status)); err != nil {
		return err
	}
	issued := db.Issued{LicenceKey: status.LicenceKey}
	renewed, err := w.Book.RenewedThere(ctx, c)
	if err != nil {
		return err
	}
	if renewed != "" {
		issued.TermEndsAt = status.TermEndsAt
	}
	o, err := w.Book.AnyOrder(ctx, c.OrderID)
	if err != nil {
		return err
	}
	if o.Kind != db.KindLicence { // which may go by its address alone, without a key
		got, err := p.Certificate(ctx, c.UpstreamID)
		if err != nil {
			return err
		}
		if c.CSR != "" || !o.Imported { // the CSR of an order that was placed elsewhere is not known
			err = ours(c, got.Leaf)
		}
		if err != nil {
			return fmt.Errorf("%s, order %s: %w", c.Upstream, c.UpstreamID, &notOurs{err})
		}
		issued.PEM, issued.Chain, issued.Serial = got.Leaf, got.Chain, got.Serial
		issued.NotBefore, issued.NotAfter = got.NotBefore, got.NotAfter
	}
	w.Book.At("before_issued")
	return w.Book.RecordIssued(context.WithoutCancel(ctx), c.ID, issued, w.IssuedMail)
}

// ours says whether a certificate was made for the key that was handed in: money
// is settled for nothing else.
func ours(c db.Certificate, leaf string) error {
	csr, err := certs.ParseCSR(c.CSR)
	if err != nil {
		return err
	}
	return certs.MatchKey(leaf, csr)
}

// Names says an upstream's word of each name in the book's.
func Names(s providers.Status) []db.UpstreamName {
	var list []db.UpstreamName
	for _, d := range s.Domains {
		list = append(list, db.UpstreamName{
			Name: d.Name, Method: string(d.Method), Email: d.Instruction.Email, Verified: d.Verified, VerifiedAt: d.VerifiedAt,
			Instruction: db.Instruction{RecordType: d.Instruction.RecordType, Host: d.Instruction.Host, Value: d.Instruction.Value,
				FileURL: d.Instruction.FileURL, FileName: d.Instruction.FileName, FileContent: d.Instruction.FileContent},
		})
	}
	return list
}
