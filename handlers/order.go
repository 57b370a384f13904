package handlers

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

// orderHead is what every page about an order shows first.
func orderHead(o db.Order) views.OrderHead {
	return views.OrderHead{
		ID: o.ID, Number: o.Number, Domain: certs.UnicodeName(o.Domain), MoreNames: o.SANCount + o.WildcardSANCount,
		Product: o.ProductName, Brand: o.Brand, Kind: string(o.Kind), Validation: o.Validation, Months: o.Months,
		Status: string(o.Status), Fulfilment: string(o.Fulfilment), Unpaid: !o.Paid, Vetting: o.Vetting, EndsAt: o.EndsAt, CertificateUntil: o.CertificateUntil,
		Wish: string(o.Wish), LicenceID: o.LicenceID, Suspended: o.Suspended,
	}
}

// orderAmounts is how an order's price came about; its invoice knows which of the
// names were charged.
func orderAmounts(o db.Order, i db.Invoice) views.OrderAmounts {
	charged := i.Snapshot.ChargedNames()
	return views.OrderAmounts{
		List: money.USD(o.BaseCents), SANs: charged, SANsIncluded: max(0, o.SANCount+o.WildcardSANCount-charged),
		SANTotal: money.USD(o.SANCents), Discount: money.USD(o.DiscountCents),
		Total: money.USD(o.TotalCents), Tax: money.USD(o.TaxCents), Payable: money.USD(o.PayableCents()), Unpaid: !o.Paid,
	}
}

func certificateRows(list []db.Certificate) []views.CertificateRow {
	var rows []views.CertificateRow
	for _, c := range list {
		rows = append(rows, views.CertificateRow{ID: c.ID, State: string(c.State), Serial: c.Serial, RequestedAt: c.CreatedAt, NotBefore: c.NotBefore, NotAfter: c.NotAfter})
	}
	return rows
}

// orderEvents are an order's steps, newest first.
func orderEvents(list []db.Event) []views.OrderEvent {
	var events []views.OrderEvent
	for _, e := range slices.Backward(list) {
		v := views.OrderEvent{Kind: e.Kind, Detail: e.Detail, Actor: e.Actor, At: e.At}
		if v.Actor == db.System.Name {
			v.Actor = "" // a step that nobody but the portal itself made
		}
		if v.Kind == "dcv_verified" {
			v.Detail = certs.UnicodeName(v.Detail)
		}
		events = append(events, v)
	}
	return events
}

// orderNames are the names of an order in readable letters: those of the newest
// certificate that was issued, else asked for, or as ordered while there is none.
func (h *Handlers) orderNames(c echo.Context, o db.Order, list []db.Certificate) ([]string, error) {
	ctx := c.Request().Context()
	var names []string
	if at := slices.IndexFunc(list, func(c db.Certificate) bool { return c.State == db.CertificateIssued }); at >= 0 || len(list) > 0 {
		rows, err := h.Book.DCVs(ctx, list[max(at, 0)].ID)
		if err != nil {
			return nil, err
		}
		for _, d := range rows {
			names = append(names, certs.UnicodeName(d.Name))
		}
	}
	if len(names) > 0 || o.Domain == "" {
		return names, nil
	}
	entered, err := h.Book.Names(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	names = append(names, certs.UnicodeName(o.Domain))
	for _, name := range entered {
		names = append(names, certs.UnicodeName(name))
	}
	return names, nil
}

// ownOrder finds the order of the request among the reseller's.
func (h *Handlers) ownOrder(c echo.Context) (db.Order, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return db.Order{}, err
	}
	return h.Book.Order(c.Request().Context(), person(c).ResellerID, id)
}

// Order is GET /orders/:id.
func (h *Handlers) Order(c echo.Context) error {
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	return h.showOrder(c, http.StatusOK, o, func(*views.OrderPage) {})
}

func (h *Handlers) showOrder(c echo.Context, status int, o db.Order, adjust func(*views.OrderPage)) error {
	m, err := h.orderModel(c, o)
	if err != nil {
		return err
	}
	adjust(&m)
	return show(h, c, status, views.Order, m, func(p *views.Page) {
		if o.Status == db.StatusProcessing {
			p.Refresh = 5
		}
	})
}

func (h *Handlers) orderModel(c echo.Context, o db.Order) (views.OrderPage, error) {
	ctx := c.Request().Context()
	m := views.OrderPage{
		OrderHead: orderHead(o), Message: o.Message, LicenceKey: o.LicenceKey,
		CustomerName: o.CustomerName, CustomerEmail: o.CustomerEmail, Note: o.Note, PlacedBy: o.PlacedBy, OrderedAt: o.CreatedAt,
		LinkForm: views.LinkForm{Email: o.CustomerEmail}, CanCancel: o.CanCancel(), Refund: money.USD(o.PayableCents()),
	}
	if !o.Paid {
		m.Refund = money.USD(0)
	}
	if o.Kind == db.KindLicence && (o.Status == db.StatusCompleted || o.LicenceID != 0) {
		m.LicenceHref = licencePath(cmp.Or(o.LicenceID, o.ID), "")
	}
	var err error
	if m.CanCancel {
		if m.CanCancel, err = h.able(c, o.ID, ToCancel); err != nil {
			return m, err
		}
	}
	list, err := h.Book.Certificates(ctx, o.ID)
	if err != nil {
		return m, err
	}
	m.Certificates = certificateRows(list)
	if err := h.certificateLife(c, o, list, &m); err != nil {
		return m, err
	}
	if m.Names, err = h.orderNames(c, o, list); err != nil {
		return m, err
	}
	invoice, err := h.Book.OrderInvoice(ctx, o.ID)
	if err != nil && !(o.Imported && errors.Is(err, db.ErrNotFound)) {
		return m, err
	}
	m.Amounts = orderAmounts(o, invoice)
	if person(c).Can(db.SeeMoney) {
		m.InvoiceID, m.InvoiceNumber = invoice.ID, invoice.Number
	}
	links, err := h.Book.CustomerLinks(ctx, o.ResellerID, o.ID)
	if err != nil {
		return m, err
	}
	for _, l := range links {
		m.Links = append(m.Links, views.LinkRow{ID: l.ID, Email: l.Email, CreatedBy: l.CreatedBy, CreatedAt: l.CreatedAt,
			ExpiresAt: l.ExpiresAt, LastUsedAt: l.LastUsedAt, RevokedAt: l.RevokedAt})
	}
	if o.Fulfilment == db.FulfilmentUnsure {
		m.Message = "" // why the call broke off
	}
	events, err := h.Book.Events(ctx, o.ID)
	m.Events = whiteLabel(orderEvents(events))
	return m, err
}

// whiteLabel keeps from a reseller what is the operator's business: which
// upstream has the order, and how a call to it broke off.
func whiteLabel(events []views.OrderEvent) []views.OrderEvent {
	for i, e := range events {
		if (db.Event{Kind: e.Kind}).OperatorsOnly() {
			events[i].Detail = ""
		}
	}
	return events
}

// CancelOrderForm is GET /orders/:id/cancel: the question, where no dialog asked it.
func (h *Handlers) CancelOrderForm(c echo.Context) error {
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	if !o.CanCancel() {
		return db.ErrStale
	}
	m, err := h.orderModel(c, o)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.CancelOrder, m)
}

// CancelOrder is POST /orders/:id/cancel.
func (h *Handlers) CancelOrder(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	job, err := h.Book.CancelOrder(ctx, actor(c), o.ResellerID, o.ID)
	if err != nil {
		return err
	}
	if err := h.await(c, job); err != nil {
		return err
	}
	if o, err = h.ownOrder(c); err != nil {
		return err
	}
	kind, text := "info", i18n.T(ctx, "order.cancel.underway")
	if o.Status == db.StatusCancelled {
		kind, text = "success", cancelledText(ctx, o, "order.cancel.done", "Number", o.Number, "Amount", i18n.Money(ctx, money.USD(o.PayableCents())))
	}
	if err := flash(c, kind, text); err != nil {
		return err
	}
	return seeOther(c, orderPath(o.ID, ""))
}

// cancelledText says that an order is cancelled by the key, with what came back;
// of one that was never paid nothing did.
func cancelledText(ctx context.Context, o db.Order, key string, words ...any) string {
	if !o.Paid {
		return i18n.T(ctx, "unpaid.cancel.done", "Number", o.Number)
	}
	return i18n.T(ctx, key, words...)
}

// patience is how long a request waits for the jobs it wished for; they go on in
// the book after it.
const patience = 8 * time.Second

func (h *Handlers) await(c echo.Context, jobs ...int64) error {
	return h.Book.AwaitJobs(c.Request().Context(), patience, jobs...)
}

// CreateLink is POST /orders/:id/links: a self-service link for the end customer,
// mailed where an address is given, and shown this once.
func (h *Handlers) CreateLink(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	form := views.LinkForm{Email: strings.TrimSpace(c.FormValue("email"))}
	form.Days, _ = strconv.Atoi(c.FormValue("days"))
	token, err := h.Book.CreateCustomerLink(ctx, actor(c), o.ResellerID, o.ID, form.Email, form.Days, func(token string, expires time.Time) db.Mail {
		return db.Mail{To: form.Email,
			Subject: i18n.T(ctx, "mail.link.subject", "Domain", orderTitle(o), "Seller", o.ResellerName),
			Body: i18n.T(ctx, "mail.link.body", "Name", cmp.Or(o.CustomerName, form.Email), "Domain", orderTitle(o), "Seller", o.ResellerName,
				"Link", h.linkAddress(token), "Date", i18n.Date(ctx, expires))}
	})
	var rejected *db.Rejected
	if errors.As(err, &rejected) {
		return h.showOrder(c, http.StatusUnprocessableEntity, o, func(m *views.OrderPage) { m.LinkForm, m.Problems = form, orderProblems(rejected) })
	}
	if err != nil {
		return err
	}
	return h.showOrder(c, http.StatusCreated, o, func(m *views.OrderPage) { m.NewLink, m.NewLinkMail = h.linkAddress(token), form.Email })
}

func (h *Handlers) linkAddress(token string) string { return h.BaseURL + "/c/" + token }

// RevokeLink is POST /orders/:id/links/revoke with link.
func (h *Handlers) RevokeLink(c echo.Context) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	link, _ := strconv.ParseInt(c.FormValue("link"), 10, 64)
	if err := h.Book.RevokeCustomerLink(c.Request().Context(), actor(c), person(c).ResellerID, id, link); err != nil {
		return err
	}
	return done(c, orderPath(id, ""), i18n.T(c.Request().Context(), "order.link.revoked"))
}
