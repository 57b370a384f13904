package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/invoicepdf"
)

var invoiceStatuses = []db.InvoiceStatus{db.InvoiceUnpaid, db.InvoicePaid, db.InvoiceSent, db.InvoiceCancelled}

// Invoices is GET /invoices?status=&from=&to=.
func (h *Handlers) Invoices(c echo.Context) error {
	f, chosen := invoiceFilter(c.Request().Context(), c.QueryParam)
	m := views.InvoicesPage{InvoiceChoice: chosen}
	page, pager := pageOf(c, "/invoices")
	list, total, err := h.Book.FilteredInvoices(c.Request().Context(), person(c).ResellerID, f, page)
	if err != nil {
		return err
	}
	pager.Total = total
	m.Pager = pager
	for _, i := range list {
		m.Rows = append(m.Rows, views.InvoiceRow{ID: i.ID, Number: i.Number, At: i.CreatedAt, OrderID: i.OrderID, OrderNumber: i.OrderNumber,
			Domain: certs.UnicodeName(i.Snapshot.Domain), Product: i.Snapshot.Product, Status: string(i.Status), Total: money.USD(i.TotalCents)})
	}
	return show(h, c, http.StatusOK, views.Invoices, m)
}

// CreditNotes is GET /credit-notes.
func (h *Handlers) CreditNotes(c echo.Context) error {
	page, pager := pageOf(c, "/credit-notes")
	list, total, err := h.Book.CreditNotes(c.Request().Context(), person(c).ResellerID, page)
	if err != nil {
		return err
	}
	pager.Total = total
	m := views.InvoicesPage{Notes: true, Pager: pager}
	for _, n := range list {
		i := n.Invoice
		m.Rows = append(m.Rows, views.InvoiceRow{ID: n.ID, Number: n.Number, At: n.CreatedAt, OrderID: i.OrderID, OrderNumber: i.OrderNumber,
			Domain: certs.UnicodeName(i.Snapshot.Domain), Product: i.Snapshot.Product, Total: money.USD(n.TotalCents)})
	}
	return show(h, c, http.StatusOK, views.Invoices, m)
}

// ownInvoice is the invoice a request names, as its page and its file show it.
func (h *Handlers) ownInvoice(c echo.Context) (views.InvoicePage, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return views.InvoicePage{}, err
	}
	i, err := h.Book.Invoice(c.Request().Context(), person(c).ResellerID, id)
	if err != nil {
		return views.InvoicePage{}, err
	}
	return h.invoicePage(c.Request().Context(), i)
}

// invoicePage is an invoice drawn from what it said when it was made.
func (h *Handlers) invoicePage(ctx context.Context, i db.Invoice) (views.InvoicePage, error) {
	m := views.InvoicePage{
		ID: i.ID, Number: i.Number, Status: string(i.Status), At: i.CreatedAt, DueAt: i.DueAt, PaidAt: i.PaidAt,
		OrderID: i.OrderID, OrderNumber: i.OrderNumber, Domain: certs.UnicodeName(i.Snapshot.Domain),
		Seller: invoiceParty(i.Snapshot.Seller), Buyer: invoiceParty(i.Snapshot.Buyer),
		TaxBP: int(i.Snapshot.TaxRateBP), Net: money.USD(i.NetCents), Tax: money.USD(i.TaxCents), Total: money.USD(i.TotalCents),
	}
	for _, l := range i.Snapshot.Lines {
		line := views.InvoiceLine{Kind: l.Kind, Text: l.Text, Quantity: int(l.Quantity), Amount: money.USD(l.Cents)}
		if l.Kind == "base" {
			line.Wish = string(i.Snapshot.Wish)
		}
		if l.Kind == "base" && i.Snapshot.Wish != db.WishCore { // that is for the rest of a term
			line.Months = i.Snapshot.Months
		}
		m.Lines = append(m.Lines, line)
	}
	if i.Status != db.InvoiceCancelled {
		return m, nil
	}
	note, err := h.Book.InvoiceCreditNote(ctx, i.ID)
	m.Other = views.InvoiceRef{ID: note.ID, Number: note.Number}
	return m, err
}

// ownCreditNote is the credit note a request names: its invoice's lines under the
// note's number, date and amounts.
func (h *Handlers) ownCreditNote(c echo.Context) (views.InvoicePage, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return views.InvoicePage{}, err
	}
	n, err := h.Book.CreditNote(c.Request().Context(), person(c).ResellerID, id)
	if err != nil {
		return views.InvoicePage{}, err
	}
	m, err := h.invoicePage(c.Request().Context(), n.Invoice)
	return asCreditNote(m, n), err
}

func asCreditNote(m views.InvoicePage, n db.CreditNote) views.InvoicePage {
	m.Note, m.ID, m.Number, m.At = true, n.ID, n.Number, n.CreatedAt
	m.Other = views.InvoiceRef{ID: n.InvoiceID, Number: n.Invoice.Number}
	m.Net, m.Tax, m.Total = money.USD(n.NetCents), money.USD(n.TaxCents), money.USD(n.TotalCents)
	return m
}

// Invoice is GET /invoices/:id.
func (h *Handlers) Invoice(c echo.Context) error {
	m, err := h.ownInvoice(c)
	if err != nil {
		return err
	}
	if person(c).Can(db.Billing) {
		if m.Mail, err = h.invoiceMail(c, m.ID); err != nil {
			return err
		}
	}
	return show(h, c, http.StatusOK, views.Invoice, m)
}

// CreditNote is GET /credit-notes/:id.
func (h *Handlers) CreditNote(c echo.Context) error {
	m, err := h.ownCreditNote(c)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.Invoice, m)
}

// InvoicePDF is GET /invoices/:id/pdf.
func (h *Handlers) InvoicePDF(c echo.Context) error {
	m, err := h.ownInvoice(c)
	if err != nil {
		return err
	}
	return h.sendPDF(c, m)
}

// CreditNotePDF is GET /credit-notes/:id/pdf.
func (h *Handlers) CreditNotePDF(c echo.Context) error {
	m, err := h.ownCreditNote(c)
	if err != nil {
		return err
	}
	return h.sendPDF(c, m)
}

func (h *Handlers) sendPDF(c echo.Context, m views.InvoicePage) error {
	pdf, err := h.invoicePDF(c.Request().Context(), m)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+m.Number+`.pdf"`)
	return c.Blob(http.StatusOK, "application/pdf", pdf)
}

func (h *Handlers) invoicePDF(ctx context.Context, m views.InvoicePage) ([]byte, error) {
	operator, err := h.Book.Operator(ctx)
	if err != nil {
		return nil, err
	}
	return invoicepdf.Render(ctx, operator.Brand, m)
}

func invoiceParty(p db.Party) views.InvoiceParty {
	return views.InvoiceParty{Company: p.Company, Address: p.Address, City: p.City, Country: p.Country, TaxOffice: p.TaxOffice, TaxID: p.TaxID, Email: p.Email}
}
