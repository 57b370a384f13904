package handlers

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
	"certbay/views/i18n"
)

// invoiceMail is where an invoice would be mailed to, and the mails so far.
func (h *Handlers) invoiceMail(c echo.Context, invoiceID int64) (*views.InvoiceMail, error) {
	ctx := c.Request().Context()
	address, err := h.Book.BillingAddress(ctx, person(c).ResellerID)
	if err != nil {
		return nil, err
	}
	mails, err := h.Book.InvoiceMails(ctx, invoiceID)
	if err != nil {
		return nil, err
	}
	m := &views.InvoiceMail{To: address.To()}
	for _, sent := range mails {
		m.Sent = append(m.Sent, views.MailedInvoice{To: sent.To, State: string(sent.State), At: sent.CreatedAt})
	}
	return m, nil
}

// MailInvoice is POST /invoices/:id/mail: the invoice goes to the reseller's billing
// address as a PDF, with its credit note when it was cancelled.
func (h *Handlers) MailInvoice(c echo.Context) error {
	ctx, reseller := c.Request().Context(), person(c).ResellerID
	m, err := h.ownInvoice(c)
	if err != nil {
		return err
	}
	address, err := h.Book.BillingAddress(ctx, reseller)
	if err != nil {
		return err
	}
	documents := []views.InvoicePage{m}
	if m.Other.ID != 0 {
		note, err := h.Book.CreditNote(ctx, reseller, m.Other.ID)
		if err != nil {
			return err
		}
		documents = append(documents, asCreditNote(m, note))
	}
	back := "/invoices/" + strconv.FormatInt(m.ID, 10)
	mail := db.Mail{To: address.To(),
		Subject: i18n.T(ctx, "mail.invoice.subject", "Title", m.Title(ctx), "Seller", m.Seller.Company),
		Body: i18n.T(ctx, "mail.invoice.body", "Title", m.Title(ctx), "Seller", m.Seller.Company, "Order", m.OrderNumber,
			"Total", i18n.Money(ctx, m.Total), "Link", h.BaseURL+back)}
	for _, d := range documents {
		pdf, err := h.invoicePDF(ctx, d)
		if err != nil {
			return err
		}
		mail.Attachments = append(mail.Attachments, db.Attachment{Name: d.Number + ".pdf", Type: "application/pdf", Content: pdf})
	}
	err = h.Book.MailInvoice(ctx, actor(c), reseller, m.ID, mail)
	if errors.Is(err, db.ErrDuplicate) {
		return done(c, back, i18n.T(ctx, "invoice.mail.already"))
	}
	if err != nil {
		return err
	}
	return done(c, back, i18n.T(ctx, "invoice.mail.queued", "To", mail.To))
}

// BillingAddressForm is GET /invoices/address.
func (h *Handlers) BillingAddressForm(c echo.Context) error {
	address, err := h.Book.BillingAddress(c.Request().Context(), person(c).ResellerID)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.BillingAddress, views.BillingAddressPage{Email: address.Own, Usual: address.Usual})
}

// BillingAddress is POST /invoices/address.
func (h *Handlers) BillingAddress(c echo.Context) error {
	ctx, reseller := c.Request().Context(), person(c).ResellerID
	email := strings.TrimSpace(c.FormValue("email"))
	err := h.Book.SetBillingAddress(ctx, actor(c), reseller, email)
	if errors.Is(err, db.ErrInvalid) {
		address, err := h.Book.BillingAddress(ctx, reseller)
		if err != nil {
			return err
		}
		return show(h, c, http.StatusUnprocessableEntity, views.BillingAddress, views.BillingAddressPage{
			Problems: views.Problems{{Field: "email", Key: "form.email"}}, Email: email, Usual: address.Usual})
	}
	if err != nil {
		return err
	}
	return done(c, "/invoices/address", i18n.T(ctx, "billing.saved"))
}
