package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"certbay/db"
	"certbay/providers"
	"certbay/providers/dcv"
)

// check looks at every name that is not verified, as the CA would, keeps what
// was found, and asks the upstream to look as well. Ours advises, theirs decides.
func (w *Worker) check(ctx context.Context, job db.Job) error {
	c, err := w.Book.Certificate(ctx, job.SubjectID)
	if err != nil {
		return err
	}
	if c.State != db.CertificateRequested || c.UpstreamID == "" {
		return nil
	}
	rows, err := w.Book.DCVs(ctx, c.ID)
	if err != nil {
		return err
	}
	if err := w.checkAll(ctx, rows); err != nil {
		return err
	}
	p, err := w.Upstreams.Upstream(ctx, c.Upstream)
	if err != nil {
		return err
	}
	if r, ok := p.(providers.Rechecker); ok {
		err := r.Recheck(ctx, c.UpstreamID)
		w.noteHealth(ctx, c.Upstream, err)
		if err != nil && !errors.Is(err, providers.ErrRefused) && !errors.Is(err, providers.ErrUnavailable) {
			return err
		}
	}
	_, err = w.look(ctx, c.ID)
	return err
}

// checkAll looks at the names side by side, a few at a time.
func (w *Worker) checkAll(ctx context.Context, rows []db.DCV) error {
	var group sync.WaitGroup
	errs := make([]error, len(rows))
	slots := make(chan struct{}, 8)
	for i, d := range rows {
		if d.State == db.DCVVerified || d.Host == "" && d.FileURL == "" {
			continue
		}
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = w.checkOne(ctx, d)
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func (w *Worker) checkOne(ctx context.Context, d db.DCV) error {
	report := w.Checker.Check(ctx, dcv.Expectation{Name: d.Name, Method: providers.Method(d.Method), Instruction: providers.Instruction{
		RecordType: d.RecordType, Host: d.Host, Value: d.Value, FileURL: d.FileURL, FileName: d.FileName, FileContent: d.FileContent}})
	state := db.DCVWaiting
	if report.Verdict == dcv.VerdictWrong || report.Verdict == dcv.VerdictBogusDNSSEC {
		state = db.DCVWrong
	}
	raw, err := json.Marshal(report)
	if err != nil {
		return err
	}
	return w.Book.RecordCheck(context.WithoutCancel(ctx), d.ID, state, raw)
}
