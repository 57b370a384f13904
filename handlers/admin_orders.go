package handlers

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
)

// AdminOrders is GET /admin/orders: the orders of all resellers.
func (h *Handlers) AdminOrders(c echo.Context) error {
	ctx := c.Request().Context()
	from := orderFilter(c)
	f := db.OrderFilter{Status: from.Status, Search: from.Search, Sort: from.Sort, ResellerID: resellerParam(c)}
	if from.View == db.ViewReview {
		f.View = from.View
	}
	page, pager := pageOf(c, "/admin/orders")
	f.Page, f.Brief = page, true
	tally, err := h.Book.OrderTally(ctx, f.ResellerID, "")
	if err != nil {
		return err
	}
	orders, total, err := countedOrders(f, tally, &pager, func(f db.OrderFilter) ([]db.Order, int, error) { return h.Book.AllOrders(ctx, f) })
	if err != nil {
		return err
	}
	figures, err := h.Book.Overview(ctx)
	if err != nil {
		return err
	}
	_, drifts, err := h.Book.Drifts(ctx, db.DriftsOpen, db.Page{Limit: 1})
	if err != nil {
		return err
	}
	names, err := h.Book.ResellerNames(ctx)
	if err != nil {
		return err
	}
	pager.Total = total
	m := views.AdminOrdersPage{
		DriftCount: drifts,
		Review:     f.View == db.ViewReview, ReviewCount: figures.Review, Status: string(f.Status), Search: f.Search,
		Reseller: f.ResellerID, Resellers: resellerOptions(names), Sort: sortOf(f, pager), Pager: pager,
	}
	for _, o := range orders {
		m.Rows = append(m.Rows, adminOrderRow(o))
	}
	return show(h, c, http.StatusOK, views.AdminOrders, m)
}

func adminOrderRow(o db.Order) views.AdminOrderRow {
	return views.AdminOrderRow{OrderRow: orderRow(o), ResellerID: o.ResellerID, Reseller: o.ResellerName}
}

// resellerParam reads ?reseller=; 0 is any.
func resellerParam(c echo.Context) int64 {
	id, _ := strconv.ParseInt(c.QueryParam("reseller"), 10, 64)
	return max(0, id)
}

func resellerOptions(names []db.ResellerName) []views.Option {
	var options []views.Option
	for _, r := range names {
		options = append(options, views.Option{Value: strconv.FormatInt(r.ID, 10), Text: r.Name})
	}
	return options
}

// AdminOrder is GET /admin/orders/:id.
func (h *Handlers) AdminOrder(c echo.Context) error {
	o, err := h.anyOrder(c)
	if err != nil {
		return err
	}
	m, err := h.adminOrderModel(c, o)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.AdminOrder, m)
}

// anyOrder finds the order of the request, whosever it is.
func (h *Handlers) anyOrder(c echo.Context) (db.Order, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return db.Order{}, err
	}
	return h.Book.AnyOrder(c.Request().Context(), id)
}

func (h *Handlers) adminOrderModel(c echo.Context, o db.Order) (views.AdminOrderPage, error) {
	ctx := c.Request().Context()
	decides := person(c).Can(db.OperatorMoney)
	m := views.AdminOrderPage{
		OrderHead: orderHead(o), ResellerID: o.ResellerID, Reseller: o.ResellerName, ResellerMail: o.ResellerEmail, Message: o.Message,
		CustomerName: o.CustomerName, CustomerEmail: o.CustomerEmail, Note: o.Note, PlacedBy: o.PlacedBy, OrderedAt: o.CreatedAt,
		Cost: money.USD(o.CostCents), Margin: money.USD(o.TotalCents - o.CostCents), LicenceKey: o.LicenceKey,
		CanDecide: decides && o.Fulfilment == db.FulfilmentUnsure, CanResubmit: decides && o.Fulfilment == db.FulfilmentRefused && o.AdminCanResubmit(), CanCancel: decides && o.AdminCanCancel(), Refund: money.USD(o.PayableCents()),
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
	if len(list) > 0 {
		newest := list[0]
		m.Upstream = views.UpstreamState{Name: newest.Upstream, Sandbox: newest.Upstream == sandboxUpstream,
			Reference: newest.Reference, ID: newest.UpstreamID, SeenAt: o.UpstreamSeenAt}
		m.CanLook = o.CanLook(newest)
	}
	switch job, err := h.Book.Unsent(ctx, o.ID); {
	case err == nil:
		m.CanLook = true
		m.Unsent = &views.UnsentOrder{Tries: job.Failures, Cause: job.LastError, Again: job.RunAt}
		if job.Failed {
			m.Unsent.Again = time.Time{}
		}
	case !errors.Is(err, db.ErrNotFound):
		return m, err
	}
	if m.Drifts, err = h.orderDrifts(c, o.ID); err != nil {
		return m, err
	}
	if m.Names, err = h.orderNames(c, o, list); err != nil {
		return m, err
	}
	rows, product, err := h.proofs(c, o)
	if err != nil {
		return m, err
	}
	for _, d := range rows {
		m.Proofs = append(m.Proofs, dcvDetail(d, product))
	}
	return m, h.addRecords(c, o, &m)
}

// addRecords fills in what the book wrote down about an order: invoice, ledger,
// events and audit.
func (h *Handlers) addRecords(c echo.Context, o db.Order, m *views.AdminOrderPage) error {
	ctx := c.Request().Context()
	invoice, err := h.Book.OrderInvoice(ctx, o.ID)
	if err != nil && !(o.Imported && errors.Is(err, db.ErrNotFound)) {
		return err
	}
	m.Amounts, m.InvoiceNumber = orderAmounts(o, invoice), invoice.Number
	rate, used, err := h.Book.OrderRate(ctx, o.ID)
	if err != nil {
		return err
	}
	if used {
		m.Rate, m.RateDay = "1 "+string(rate.Currency)+" = "+rate.Decimal()+" USD", rate.Day
	}
	entries, err := h.Book.OrderEntries(ctx, o.ID)
	if err != nil {
		return err
	}
	for _, e := range entries {
		m.Entries = append(m.Entries, views.LedgerRow{At: e.At, Account: string(e.Account), Kind: e.Kind, Memo: e.Memo,
			Amount: money.USD(e.Cents), After: money.USD(e.BalanceAfter)})
	}
	events, err := h.Book.Events(ctx, o.ID)
	if err != nil {
		return err
	}
	m.Events = orderEvents(events)
	audit, _, err := h.Book.AuditRows(ctx, db.AuditFilter{Object: "order " + strconv.FormatInt(o.ID, 10), Page: db.Page{Limit: perPage}})
	if err != nil {
		return err
	}
	for _, r := range audit {
		m.Audit = append(m.Audit, auditEntry(r, map[int64]string{o.ResellerID: o.ResellerName}))
	}
	return nil
}
