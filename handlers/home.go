package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/db/money"
	"certbay/views"
)

const (
	homeDays  = 30 // of the chart
	homeNeeds = 5  // lines of "needs you"
)

// Home is GET /: what needs the reseller now, then how things stand. The
// operator's people have a home of their own.
func (h *Handlers) Home(c echo.Context) error {
	ctx, p := c.Request().Context(), person(c)
	if p.Role.Operator() {
		return seeOther(c, "/admin")
	}
	counts, err := h.Book.OrderCounts(ctx, p.ResellerID)
	if err != nil {
		return err
	}
	stats, err := h.Book.Stats(ctx, p.ResellerID, homeDays)
	if err != nil {
		return err
	}
	waiting, err := h.Book.Attention(ctx, p.ResellerID, homeNeeds)
	if err != nil {
		return err
	}
	_, waitDomain, err := h.Book.Orders(ctx, p.ResellerID, db.OrderFilter{View: db.ViewProof, Page: db.Page{Limit: 1}})
	if err != nil {
		return err
	}
	m := views.HomePage{
		HasOrders: counts[db.ViewAll] > 0, NeedsTotal: counts[db.ViewNeedsMe] + counts[db.ViewExpiring],
		Active: counts[db.ViewActive], ActiveNew: stats.ActiveSince,
		Waiting: counts[db.ViewNeedsMe], WaitDomain: waitDomain, WaitYou: counts[db.ViewNeedsMe] - waitDomain,
		Spent: money.USD(stats.MonthCents), MonthCount: stats.MonthOrders,
		Expiring: counts[db.ViewExpiring],
	}
	for _, o := range waiting {
		need, err := h.need(c, o)
		if err != nil {
			return err
		}
		m.Needs = append(m.Needs, need)
	}
	for _, d := range stats.Daily {
		m.Days = append(m.Days, views.Day{Date: d.Day, Count: d.Orders})
	}
	for _, b := range stats.Brands {
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
		n.Kind = "expiring"
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
