package handlers

import "context"

// InvoiceFile draws an invoice of a reseller as PDF, in the language of the context,
// for programs. db.ErrNotFound.
func (h *Handlers) InvoiceFile(ctx context.Context, resellerID, invoiceID int64) ([]byte, error) {
	i, err := h.Book.Invoice(ctx, resellerID, invoiceID)
	if err != nil {
		return nil, err
	}
	m, err := h.invoicePage(ctx, i)
	if err != nil {
		return nil, err
	}
	return h.invoicePDF(ctx, m)
}
