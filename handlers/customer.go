package handlers

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/views"
)

const visitCookie = "certbay-visit"

// OpenLink is GET /c/:token: the link's token is exchanged for a visit, and the
// browser goes on to an address that carries no secret.
func (h *Handlers) OpenLink(c echo.Context) error {
	link, visit, err := h.Book.OpenCustomerLink(c.Request().Context(), c.Param("token"), c.RealIP())
	if err != nil {
		return h.closedLink(c, link, err)
	}
	base := customerBase(link.ID)
	c.SetCookie(&http.Cookie{Name: visitCookie, Value: visit, Path: base, MaxAge: int(db.VisitLife.Seconds()),
		HttpOnly: true, Secure: strings.HasPrefix(h.BaseURL, "https:"), SameSite: http.SameSiteLaxMode})
	return seeOther(c, base)
}

func customerBase(link int64) string { return "/c/order/" + strconv.FormatInt(link, 10) }

// customerOrder is the order that this browser may see during its visit.
func (h *Handlers) customerOrder(c echo.Context) (db.CustomerLink, db.Order, error) {
	id, err := idParam(c, "link")
	if err != nil {
		return db.CustomerLink{}, db.Order{}, err
	}
	cookie, err := c.Cookie(visitCookie)
	if err != nil {
		return db.CustomerLink{}, db.Order{}, db.ErrNotFound
	}
	return h.Book.CustomerOrder(c.Request().Context(), id, cookie.Value)
}

// closedLink says politely that a link leads nowhere, and nothing of what it led to.
func (h *Handlers) closedLink(c echo.Context, link db.CustomerLink, err error) error {
	switch {
	case errors.Is(err, db.ErrNotFound):
		return show(h, c, http.StatusNotFound, plain(views.CustomerUnknown), struct{}{}, asStranger)
	case errors.Is(err, db.ErrGone) && !link.RevokedAt.IsZero():
		return show(h, c, http.StatusGone, plain(views.CustomerRevoked), struct{}{}, asStranger)
	case errors.Is(err, db.ErrGone):
		return show(h, c, http.StatusGone, plain(views.CustomerExpired), struct{}{}, asStranger)
	}
	return err
}

// CustomerPage is GET /c/order/:link.
func (h *Handlers) CustomerPage(c echo.Context) error {
	link, o, err := h.customerOrder(c)
	if err != nil {
		return h.closedLink(c, link, err)
	}
	if o.LicenceID != 0 { // a link to what was bought for a licence shows the licence
		if o, err = h.Book.Licence(c.Request().Context(), o.ResellerID, o.LicenceID); err != nil {
			return err
		}
	}
	m := views.CustomerPage{Base: customerBase(link.ID), Seller: o.ResellerName, Domain: certs.UnicodeName(o.Domain),
		MoreNames: o.SANCount + o.WildcardSANCount, Product: o.ProductName, State: customerState(o)}
	switch m.State {
	case "validate":
		rows, p, err := h.proofs(c, o)
		if err != nil {
			return err
		}
		for _, d := range rows {
			m.Names = append(m.Names, dcvDetail(d, p))
			if d.CheckedAt.After(m.CheckedAt) {
				m.CheckedAt = d.CheckedAt
			}
		}
	case "licence":
		m.LicenceKey, m.Suspended, m.EndsAt = o.LicenceKey, o.Suspended, o.EndsAt
	case "ready":
		if m.Files, err = h.downloadModel(c, o, m.Base); err != nil {
			return err
		}
	}
	return show(h, c, http.StatusOK, views.Customer, m, asStranger)
}

// asStranger shows a customer's page the same to everybody, staff signed in
// included.
func asStranger(p *views.Page) { p.Viewer = nil }

// customerState is where an order stands in a customer's words.
func customerState(o db.Order) string {
	switch o.Status {
	case db.StatusPending, db.StatusPendingConfiguration:
		return "waiting"
	case db.StatusValidationPending:
		if o.Vetting {
			return "vetting"
		}
		return "validate"
	case db.StatusCompleted:
		if o.Kind == db.KindLicence {
			return "licence"
		}
		return "ready"
	case db.StatusCancelled:
		return "cancelled"
	case db.StatusExpired:
		return "expired"
	default:
		return "processing"
	}
}

// CustomerCheck is POST /c/order/:link/check.
func (h *Handlers) CustomerCheck(c echo.Context) error {
	link, o, err := h.customerOrder(c)
	if err != nil {
		return h.closedLink(c, link, err)
	}
	if o.Status == db.StatusValidationPending {
		job, err := h.Book.CheckNow(c.Request().Context(), o.ResellerID, o.ID)
		if err != nil {
			return err
		}
		if err := h.await(c, job); err != nil {
			return err
		}
	}
	return seeOther(c, customerBase(link.ID))
}

// CustomerFile is GET /c/order/:link/download/:file.
func (h *Handlers) CustomerFile(c echo.Context) error {
	link, o, err := h.customerOrder(c)
	if err != nil {
		return h.closedLink(c, link, err)
	}
	return h.sendFile(c, o)
}
