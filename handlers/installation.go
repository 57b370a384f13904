package handlers

import (
	"context"
	"errors"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
	"certbay/views/i18n"
)

// installationCard is the last look at how an order's certificate is installed; nil
// where no web server shows it.
func (h *Handlers) installationCard(ctx context.Context, p db.Person, o db.Order) (*views.InstallationCard, error) {
	if o.Domain == "" || o.Kind == db.KindCodeSigning || o.Kind == db.KindLicence {
		return nil, nil
	}
	m := &views.InstallationCard{Action: orderPath(o.ID, "/installation"), MayAsk: p.Can(db.PlaceOrders)}
	i, err := h.Book.Installation(ctx, o.ResellerID, o.ID)
	if errors.Is(err, db.ErrNotFound) {
		return m, nil
	}
	m.Host, m.LookedAt, m.Problem, m.Serial, m.Issuer, m.NotAfter = i.Host, i.LookedAt, string(i.Problem), i.Serial, i.IssuerName, i.NotAfter
	m.Same, m.NameMatches, m.InTime, m.ChainComplete = i.Same, i.NameMatches, i.InTime, i.ChainComplete
	return m, err
}

// CheckInstallation is POST /orders/:id/installation: looks now whether the web
// server shows the certificate.
func (h *Handlers) CheckInstallation(c echo.Context) error {
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	ctx, begun := c.Request().Context(), h.Book.Now()
	job, err := h.Book.AskInstallation(ctx, o.ResellerID, o.ID)
	if err != nil {
		return err
	}
	if err := h.await(c, job); err != nil {
		return err
	}
	i, err := h.Book.Installation(ctx, o.ResellerID, o.ID)
	if err != nil {
		return err
	}
	if i.Pending(begun) {
		return done(c, orderPath(o.ID, "/download"), i18n.T(ctx, "installation.running"))
	}
	return done(c, orderPath(o.ID, "/download"), i18n.T(ctx, "installation.asked"))
}
