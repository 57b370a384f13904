package jobs

import (
	"context"
	"errors"
	"fmt"

	"certbay/db"
)

// zipStep is how many invoices one run of the job draws, so that it never
// outlives its lease.
const zipStep = 20

// invoiceZip draws the next PDFs of a zip and comes back until none is missing.
// What was drawn before it was cut off stays drawn.
func (w *Worker) invoiceZip(ctx context.Context, job db.Job) error {
	if w.InvoicePDF == nil {
		return &gaveUp{cause: "nobody draws invoices here"}
	}
	zip, err := w.Book.AnyInvoiceZip(ctx, job.SubjectID)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	missing, err := w.Book.UndrawnInvoices(ctx, zip.ID, zipStep)
	if err != nil {
		return err
	}
	for _, invoice := range missing {
		pdf, err := w.InvoicePDF(ctx, invoice, zip.Lang, zip.Zone)
		if err != nil {
			return fmt.Errorf("invoice %s: %w", invoice.Number, err)
		}
		if err := w.Book.KeepZipFile(ctx, zip.ID, db.ZipFile{InvoiceID: invoice.ID, Name: invoice.Number + ".pdf", Content: pdf}); err != nil {
			return err
		}
	}
	if len(missing) < zipStep {
		return nil
	}
	return &later{at: w.Book.Now()}
}
