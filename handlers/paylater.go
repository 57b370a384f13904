package handlers

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

// PayOrder is POST /orders/:id/pay: an order that was placed unpaid is paid out of
// the wallet. Paid already (a double click), it answers as if it were paid now.
func (h *Handlers) PayOrder(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	err = h.Book.PayOrder(ctx, actor(c), o.ResellerID, o.ID)
	var short *db.InsufficientCredit
	switch {
	case errors.As(err, &short):
		operator, err := h.Book.Operator(ctx)
		if err != nil {
			return err
		}
		return show(h, c, http.StatusPaymentRequired, views.InsufficientCredit, views.InsufficientCreditPage{
			Product: o.ProductName, Domain: certs.UnicodeName(o.Domain), Needed: money.USD(short.Needed), Available: money.USD(short.Available),
			Missing: money.USD(short.Needed - short.Available), TopUp: operator.Bank, BackHref: orderPath(o.ID, "")})
	case errors.Is(err, db.ErrStale):
		now, lookup := h.ownOrder(c)
		if lookup != nil || !now.Paid || now.Status == db.StatusCancelled {
			return errors.Join(err, lookup)
		}
	case err != nil:
		return err
	}
	if err := h.awaitLicence(c, o); err != nil {
		return err
	}
	return done(c, orderPath(o.ID, ""), i18n.T(ctx, "paylater.paid"))
}

// AdminPayLater is POST /admin/resellers/:id/pay-later with pay_later.
func (h *Handlers) AdminPayLater(c echo.Context) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	if err := h.Book.SetPayLater(c.Request().Context(), actor(c), id, c.FormValue("pay_later") != ""); err != nil {
		return err
	}
	return done(c, adminResellerPath(id), i18n.T(c.Request().Context(), "paylater.setting.saved"))
}
