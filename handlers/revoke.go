package handlers

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/views"
	"certbay/views/i18n"
)

// revocable says whether the certificate of an order can be revoked.
func revocable(o db.Order) bool {
	return o.Kind != db.KindLicence && o.Status == db.StatusCompleted && !o.CertificateUntil.IsZero()
}

// RevokeForm is GET /orders/:id/revoke.
func (h *Handlers) RevokeForm(c echo.Context) error {
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	return h.showRevoke(c, http.StatusOK, o, views.RevokePage{})
}

func (h *Handlers) showRevoke(c echo.Context, status int, o db.Order, m views.RevokePage) error {
	if !revocable(o) {
		return db.ErrStale
	}
	cert, err := h.Book.IssuedCertificate(c.Request().Context(), o.ID)
	if err != nil {
		return err
	}
	m.OrderHead, m.Word, m.Serial = orderHead(o), revokeWord(o), cert.Serial
	return show(h, c, status, views.Revoke, m)
}

// revokeWord is what has to be typed so that an order's certificate is revoked: its
// domain, or its number where it has none.
func revokeWord(o db.Order) string { return cmp.Or(certs.UnicodeName(o.Domain), o.Number) }

// sameWord compares what was typed with what was asked for, however it is spelled.
func sameWord(typed string, o db.Order) bool {
	typed = strings.TrimSpace(typed)
	if strings.EqualFold(typed, revokeWord(o)) {
		return true
	}
	name, err := certs.NormalizeName(typed)
	return err == nil && name == o.Domain
}

// Revoke is POST /orders/:id/revoke with reason and confirm: for good, and without a
// refund.
func (h *Handlers) Revoke(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	m := views.RevokePage{Reason: c.FormValue("reason"), Typed: c.FormValue("confirm")}
	if !slices.Contains(views.RevokeReasons, m.Reason) {
		m.Problems = append(m.Problems, views.Problem{Field: "reason", Key: "form.choose"})
	}
	if !sameWord(m.Typed, o) {
		m.Problems = append(m.Problems, views.Problem{Field: "confirm", Key: "revoke.problem.confirm", Args: []any{"Word", revokeWord(o)}})
	}
	if m.Problems != nil {
		return h.showRevoke(c, http.StatusUnprocessableEntity, o, m)
	}
	refused, _, err := h.Book.Refusals(c.Request().Context(), o.ID)
	if err != nil {
		return err
	}
	job, err := h.Book.Revoke(ctx, actor(c), o.ResellerID, o.ID, m.Reason)
	if err != nil {
		return err
	}
	if err := h.await(c, job); err != nil {
		return err
	}
	now, words, err := h.Book.Refusals(c.Request().Context(), o.ID)
	if err != nil {
		return err
	}
	if o, err = h.ownOrder(c); err != nil {
		return err
	}
	switch {
	case o.Status == db.StatusCancelled:
		return done(c, orderPath(o.ID, ""), i18n.T(ctx, "revoke.done", "Name", orderTitle(o)))
	case now > refused:
		m.Refused = words
		return h.showRevoke(c, http.StatusUnprocessableEntity, o, m)
	}
	if err := flash(c, "info", i18n.T(ctx, "revoke.underway")); err != nil {
		return err
	}
	return seeOther(c, orderPath(o.ID, ""))
}
