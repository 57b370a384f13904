package jobs

import (
	"context"
	"crypto/x509"
	"errors"

	"certbay/db"
	"certbay/db/certs"
	"certbay/providers/dcv"
)

// installation connects to a certificate's web server and keeps what it presents. A
// server that can't be reached is an outcome like another: whoever asked may ask
// again.
func (w *Worker) installation(ctx context.Context, job db.Job) error {
	i, issued, chain, err := w.Book.InstallationToLookAt(ctx, job.SubjectID)
	if errors.Is(err, db.ErrNotFound) {
		return nil // it was revoked meanwhile: there is nothing to compare with
	}
	if err != nil {
		return err
	}
	presented, err := w.Checker.Presented(ctx, i.Host)
	i.Problem, i.Installed = "", certs.Installed{}
	switch {
	case errors.Is(err, dcv.ErrNoHost):
		i.Problem = db.LookNoHost
	case errors.Is(err, dcv.ErrPrivateAddress):
		i.Problem = db.LookNotPublic
	case errors.Is(err, dcv.ErrNoTLS):
		i.Problem = db.LookNoTLS
	case err != nil:
		i.Problem = db.LookUnreachable
	default:
		var leaf *x509.Certificate
		if issued != "" {
			one, err := certs.ParseCertificates(issued)
			if err != nil {
				return err
			}
			leaf = one[0]
		}
		var above []*x509.Certificate
		if chain != "" {
			if above, err = certs.ParseCertificates(chain); err != nil {
				return err
			}
		}
		i.Installed = certs.JudgeInstalled(presented, i.Host, leaf, above, w.Book.Now())
	}
	return w.Book.RecordInstallation(context.WithoutCancel(ctx), i, w.ExternalMail)
}
