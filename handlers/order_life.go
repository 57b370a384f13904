package handlers

import (
	"errors"
	"slices"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
)

// certificateLife tells of an order what became of its certificates and what can still
// be done with them: files of each, a reissue under way, renewal, revocation.
func (h *Handlers) certificateLife(c echo.Context, o db.Order, list []db.Certificate, m *views.OrderPage) error {
	ctx := c.Request().Context()
	for i, cert := range list {
		if cert.PEM != "" {
			m.Certificates[i].Href = certificatePath(o.ID, cert.ID)
		}
	}
	if o.Kind == db.KindLicence {
		return nil
	}
	if next, ok := reissuing(o, list); ok {
		m.Reissuing = true
		rows, err := h.Book.DCVs(ctx, next.ID)
		if err != nil {
			return err
		}
		m.ProveReissue = slices.ContainsFunc(rows, func(d db.DCV) bool { return d.State != db.DCVVerified })
	}
	var err error
	if m.MayReissue = h.reissuable(o) && !o.CertificateUntil.IsZero(); m.MayReissue {
		if m.MayReissue, err = h.able(c, o.ID, ToReissue); err != nil {
			return err
		}
	}
	if m.MayRevoke = revocable(o); m.MayRevoke {
		if m.MayRevoke, err = h.able(c, o.ID, ToRevoke); err != nil {
			return err
		}
	}
	if before, ok, err := h.before(c, o); err != nil {
		return err
	} else if ok {
		m.Renews = &views.OrderRef{ID: before.ID, Number: before.Number}
	}
	by, err := h.Book.RenewedBy(ctx, o.ResellerID, o.ID)
	switch {
	case err == nil:
		m.RenewedBy = &views.OrderRef{ID: by.ID, Number: by.Number}
	case !errors.Is(err, db.ErrNotFound):
		return err
	default:
		m.MayRenew = o.Renewable(h.Book.Now())
	}
	return nil
}

// nextCertificate is how an order whose certificate ends goes on: "renew" where its term
// ends too, "reissue" where it does not and the upstream does that, "" where nothing can
// be done.
func (h *Handlers) nextCertificate(o db.Order, mayReissue bool) string {
	switch {
	case o.Renewable(h.Book.Now()):
		return "renew"
	case mayReissue && h.reissuable(o):
		return "reissue"
	default:
		return ""
	}
}
