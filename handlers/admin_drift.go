package handlers

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/views"
	"certbay/views/i18n"
)

// AdminDrift is GET /admin/drift?group=: what upstreams say differently than the book.
func (h *Handlers) AdminDrift(c echo.Context) error {
	ctx := c.Request().Context()
	m := views.AdminDriftPage{Group: c.QueryParam("group"), CanDecide: person(c).Can(db.OperatorMoney)}
	if m.Group != string(db.DriftsStrangers) && m.Group != string(db.DriftsSettled) {
		m.Group = string(db.DriftsOpen)
	}
	page, pager := pageOf(c, "/admin/drift")
	list, total, err := h.Book.Drifts(ctx, db.DriftGroup(m.Group), page)
	if err != nil {
		return err
	}
	if _, m.Open, err = h.Book.Drifts(ctx, db.DriftsOpen, db.Page{Limit: 1}); err != nil {
		return err
	}
	if _, m.Strangers, err = h.Book.Drifts(ctx, db.DriftsStrangers, db.Page{Limit: 1}); err != nil {
		return err
	}
	pager.Total = total
	m.Pager = pager
	for _, d := range list {
		m.Rows = append(m.Rows, driftRow(d))
	}
	compared, err := h.Book.Reconciliations(ctx)
	if err != nil {
		return err
	}
	for _, r := range compared {
		m.Compared = append(m.Compared, views.ComparedRow{Upstream: r.Upstream, Running: r.Phase != db.PhaseIdle, Looked: r.Looked, EndedAt: r.EndedAt, NextAt: r.NextAt, Error: r.Error})
	}
	return show(h, c, http.StatusOK, views.AdminDrift, m)
}

func driftRow(d db.Drift) views.DriftRow {
	return views.DriftRow{ID: d.ID, What: string(d.What), Upstream: d.Upstream, UpstreamID: d.UpstreamID, OrderID: d.OrderID, Number: d.Number,
		Domain: certs.UnicodeName(d.Domain), Reseller: d.ResellerName, Ours: d.Ours, Theirs: d.Theirs, Note: d.Note, Delivered: d.Delivered, Busy: d.Busy,
		CanTake: d.Takeable(), FoundAt: d.FoundAt, SettledAt: d.SettledAt, SettledBy: d.SettledBy, How: string(d.How)}
}

// orderDrifts are what is open about an order.
func (h *Handlers) orderDrifts(c echo.Context, orderID int64) (rows []views.DriftRow, err error) {
	list, err := h.Book.OrderDrifts(c.Request().Context(), orderID)
	for _, d := range list {
		rows = append(rows, driftRow(d))
	}
	return rows, err
}

// AdminDriftTakeForm is GET /admin/drift/:id/take: asks back.
func (h *Handlers) AdminDriftTakeForm(c echo.Context) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	d, err := h.Book.Drift(c.Request().Context(), id)
	if err != nil {
		return err
	}
	if !d.SettledAt.IsZero() || d.Busy || !d.Takeable() {
		return db.ErrStale
	}
	next := "/admin/drift"
	if d.OrderID != 0 {
		next = adminOrderPath(d.OrderID)
	}
	return show(h, c, http.StatusOK, views.ConfirmPage, views.TakeDrift(c.Request().Context(), driftRow(d), next))
}

// AdminDriftTake is POST /admin/drift/:id/take: the upstream's word counts.
func (h *Handlers) AdminDriftTake(c echo.Context) error {
	ctx, next := c.Request().Context(), localPath(c.FormValue("next"), "/admin/drift")
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	job, err := h.Book.TakeTheirs(ctx, actor(c), id)
	var rejected *db.Rejected
	switch {
	case errors.Is(err, db.ErrStale):
		return informed(c, next, i18n.T(ctx, "drift.once"))
	case errors.Is(err, db.ErrDuplicate):
		return failed(c, next, i18n.T(ctx, "drift.taken.id"))
	case errors.As(err, &rejected):
		return failed(c, next, i18n.T(ctx, "drift.taken.place"))
	case err != nil:
		return err
	}
	if err := h.await(c, job); err != nil {
		return err
	}
	d, err := h.Book.Drift(ctx, id)
	switch {
	case err != nil:
		return err
	case !d.SettledAt.IsZero():
		return done(c, next, i18n.T(ctx, "drift.done"))
	case d.Busy:
		return informed(c, next, i18n.T(ctx, "drift.busy", "Upstream", d.Upstream))
	}
	return failed(c, next, i18n.T(ctx, "drift.stays", "Upstream", d.Upstream, "Words", d.Note))
}

// AdminDriftKeep is POST /admin/drift/:id/keep: the book's word counts.
func (h *Handlers) AdminDriftKeep(c echo.Context) error {
	ctx, next := c.Request().Context(), localPath(c.FormValue("next"), "/admin/drift")
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	err = h.Book.KeepOurs(ctx, actor(c), id)
	if errors.Is(err, db.ErrStale) {
		return informed(c, next, i18n.T(ctx, "drift.once"))
	}
	if err != nil {
		return err
	}
	return done(c, next, i18n.T(ctx, "drift.kept"))
}

// failed tells what stood in the way, on another page.
func failed(c echo.Context, path, text string) error {
	if err := flash(c, "error", text); err != nil {
		return err
	}
	return seeOther(c, path)
}
