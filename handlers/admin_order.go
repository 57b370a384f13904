package handlers

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

const (
	lookPatience = 5 * time.Second // how long a look at the upstream is waited for
	maxReason    = 500             // characters of a reason
)

// AdminLook is POST /admin/orders/:id/look: asks the upstream now.
func (h *Handlers) AdminLook(c echo.Context) error {
	ctx := c.Request().Context()
	before, err := h.anyOrder(c)
	if err != nil {
		return err
	}
	job, err := h.Book.LookNow(ctx, actor(c), before.ID)
	if err != nil {
		return err
	}
	if err := h.Book.AwaitJob(ctx, job, lookPatience); err != nil {
		return err
	}
	after, err := h.Book.AnyOrder(ctx, before.ID)
	if err != nil {
		return err
	}
	if after.UpstreamSeenAt.After(before.UpstreamSeenAt) || after.Status != before.Status || after.Fulfilment != before.Fulfilment {
		return done(c, adminOrderPath(before.ID), i18n.T(ctx, "operator.look.done"))
	}
	if err := flash(c, "info", i18n.T(ctx, "operator.look.waiting")); err != nil {
		return err
	}
	return seeOther(c, adminOrderPath(before.ID))
}

// AdminPlacedForm is GET /admin/orders/:id/placed?upstream_id=: asks back.
func (h *Handlers) AdminPlacedForm(c echo.Context) error {
	o, err := h.anyOrder(c)
	if err != nil {
		return err
	}
	if strings.TrimSpace(c.QueryParam("upstream_id")) != "" || o.Wish != "" {
		return h.decisionForm(c, confirmation("placed"), unsureOrder)
	}
	if !unsureOrder(o) {
		return db.ErrStale
	}
	return h.rejectDecision(c, views.AdminOrder, o, "", views.Problem{Field: "upstream_id", Key: "form.required"})
}

// AdminPlaced is POST /admin/orders/:id/placed with upstream_id: the upstream has
// the unsure order.
func (h *Handlers) AdminPlaced(c echo.Context) error {
	o, err := h.anyOrder(c)
	if err != nil {
		return err
	}
	id := strings.TrimSpace(c.FormValue("upstream_id"))
	if id == "" && o.Wish == "" {
		return h.rejectDecision(c, views.AdminOrder, o, "", views.Problem{Field: "upstream_id", Key: "form.required"})
	}
	err = h.Book.DecidePlaced(c.Request().Context(), actor(c), o.ID, id)
	switch {
	case errors.Is(err, db.ErrInvalid):
		return h.rejectDecision(c, views.AdminOrder, o, id, views.Problem{Field: "upstream_id", Key: "form.toolong"})
	case errors.Is(err, db.ErrDuplicate):
		return h.rejectDecision(c, views.AdminOrder, o, id, views.Problem{Field: "upstream_id", Key: "operator.placed.taken", Args: []any{"ID", id}})
	case err != nil:
		return err
	}
	if o.Wish != "" {
		return done(c, adminOrderPath(o.ID), i18n.T(c.Request().Context(), "admin.wish.placed.done", "Number", o.Number))
	}
	return done(c, adminOrderPath(o.ID), i18n.T(c.Request().Context(), "operator.placed.done", "Number", o.Number))
}

// AdminResubmitForm is GET /admin/orders/:id/resubmit.
func (h *Handlers) AdminResubmitForm(c echo.Context) error {
	return h.decisionForm(c, confirmation("resubmit"), db.Order.AdminCanResubmit)
}

// AdminResubmit is POST /admin/orders/:id/resubmit: the upstream never got the
// unsure order, or what it refused is mended.
func (h *Handlers) AdminResubmit(c echo.Context) error {
	o, err := h.anyOrder(c)
	if err != nil {
		return err
	}
	if err := h.Book.DecideResubmit(c.Request().Context(), actor(c), o.ID); err != nil {
		return err
	}
	return done(c, adminOrderPath(o.ID), i18n.T(c.Request().Context(), "operator.resubmit.done", "Number", o.Number))
}

// AdminCancelForm is GET /admin/orders/:id/cancel.
func (h *Handlers) AdminCancelForm(c echo.Context) error {
	return h.decisionForm(c, views.AdminOrderCancel, db.Order.AdminCanCancel)
}

// AdminCancel is POST /admin/orders/:id/cancel with reason: cancels and pays back.
func (h *Handlers) AdminCancel(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := h.anyOrder(c)
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(c.FormValue("reason"))
	if key := reasonProblem(reason); key != "" {
		return h.rejectDecision(c, views.AdminOrderCancel, o, reason, views.Problem{Field: "reason", Key: key})
	}
	job, err := h.Book.DecideCancel(ctx, actor(c), o.ID, reason)
	if err != nil {
		return err
	}
	if err := h.await(c, job); err != nil {
		return err
	}
	if o, err = h.Book.AnyOrder(ctx, o.ID); err != nil {
		return err
	}
	if o.Status == db.StatusCancelled {
		return done(c, adminOrderPath(o.ID), cancelledText(ctx, o, "operator.cancel.done", "Number", o.Number, "Amount", i18n.Money(ctx, money.USD(o.PayableCents())), "Reseller", o.ResellerName))
	}
	if err := flash(c, "info", i18n.T(ctx, "operator.cancel.underway")); err != nil {
		return err
	}
	return seeOther(c, adminOrderPath(o.ID))
}

// reasonProblem is what is wrong with a reason; "" when nothing is.
func reasonProblem(reason string) string {
	switch {
	case reason == "":
		return "form.required"
	case len([]rune(reason)) > maxReason:
		return "form.toolong"
	}
	return ""
}

func unsureOrder(o db.Order) bool { return o.Fulfilment == db.FulfilmentUnsure }

// decisionTemplate is the page that asks before a decision about an order.
type decisionTemplate func(views.Page, views.AdminOrderPage) templ.Component

// confirmation is the page that asks back before an action.
func confirmation(action string) decisionTemplate {
	return func(p views.Page, m views.AdminOrderPage) templ.Component {
		return views.AdminOrderConfirm(p, m, action)
	}
}

// decisionForm asks before a decision; ErrStale when there is nothing to decide.
func (h *Handlers) decisionForm(c echo.Context, draw decisionTemplate, may func(db.Order) bool) error {
	o, err := h.anyOrder(c)
	if err != nil {
		return err
	}
	if !may(o) {
		return db.ErrStale
	}
	m, err := h.adminOrderModel(c, o)
	if err != nil {
		return err
	}
	m.Typed = strings.TrimSpace(c.QueryParam("upstream_id"))
	return show(h, c, http.StatusOK, draw, m)
}

// rejectDecision asks again, with what is wrong.
func (h *Handlers) rejectDecision(c echo.Context, draw decisionTemplate, o db.Order, typed string, problem views.Problem) error {
	m, err := h.adminOrderModel(c, o)
	if err != nil {
		return err
	}
	m.Typed, m.Problems = typed, views.Problems{problem}
	return show(h, c, http.StatusUnprocessableEntity, draw, m)
}

func adminOrderPath(id int64) string { return "/admin/orders/" + strconv.FormatInt(id, 10) }
