package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

const (
	homeDays  = 30 // of the chart
	homeNeeds = 5  // lines of "needs you"

	homeBrands = 6 // of the shares
)

// Home is GET /: what needs the reseller now, then how things stand. The
// operator's people have a home of their own.
func (h *Handlers) Home(c echo.Context) error {
	ctx, p := c.Request().Context(), person(c)
	if p.Role.Operator() {
		return seeOther(c, "/admin")
	}
	stats, err := h.Book.Stats(ctx, p.ResellerID, homeDays)
	if err != nil {
		return err
	}
	expiring, err := h.Book.Expiring(ctx, p.ResellerID)
	if err != nil {
		return err
	}
	waiting, err := h.Book.Attention(ctx, p.ResellerID, homeNeeds)
	if err != nil {
		return err
	}
	elsewhere, err := h.Book.ExpiringExternal(ctx, p.ResellerID)
	if err != nil {
		return err
	}
	expiring += len(elsewhere)
	m := views.HomePage{
		HasOrders: stats.Orders > 0, NeedsTotal: stats.NeedsMe + expiring,
		Active: stats.Count(db.StatusCompleted), ActiveNew: stats.ActiveSince,
		Waiting: stats.NeedsMe, WaitDomain: stats.Proof, WaitYou: stats.NeedsMe - stats.Proof,
		Spent: money.USD(stats.MonthCents), MonthCount: stats.MonthOrders,
		Expiring: expiring,
	}
	for _, o := range waiting {
		need, err := h.need(c, o)
		if err != nil {
			return err
		}
		m.Needs = append(m.Needs, need)
	}
	for _, x := range elsewhere[:min(len(elsewhere), max(0, homeNeeds-len(m.Needs)))] {
		m.Needs = append(m.Needs, views.Need{Kind: "elsewhere", Domain: externalRow(x).Domain, Until: x.NotAfter})
	}
	for _, d := range stats.Daily {
		m.Days = append(m.Days, views.Day{Date: dayIn(d.Day, i18n.From(ctx).Zone), Count: d.Orders})
	}
	for _, b := range stats.Brands[:min(homeBrands, len(stats.Brands))] {
		m.Brands = append(m.Brands, views.Share{Name: b.Brand, Count: b.Count})
	}
	return show(h, c, http.StatusOK, views.Home, m)
}

func (h *Handlers) need(c echo.Context, o db.Order) (views.Need, error) {
	n := views.Need{OrderID: o.ID, OrderNumber: o.Number, Domain: orderTitle(o), Since: o.CreatedAt, Until: o.CertificateUntil}
	switch o.Status {
	case db.StatusPending:
		n.Kind = "configure"
		if !o.Paid {
			n.Kind = "pay"
		}
	case db.StatusPendingConfiguration:
		n.Kind, n.Detail = "correct", o.Message
	case db.StatusValidationPending:
		var err error
		n.Kind = "validate"
		n.Verified, n.Names, err = h.Book.NamesProgress(c.Request().Context(), o.ID)
		return n, err
	default:
		able, err := h.able(c, o.ID, ToReissue)
		n.Kind, n.Next = "expiring", h.nextCertificate(o, able)
		return n, err
	}
	return n, nil
}

// orderTitle is what an order is called: its domain in readable letters, else its product.
func orderTitle(o db.Order) string {
	if o.Domain == "" {
		return o.ProductName
	}
	return certs.UnicodeName(o.Domain)
}
