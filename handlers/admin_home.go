package handlers

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/db/money"
	"certbay/views"
)

const (
	reviewShown = 12              // items of the review queue on the operator's home
	latestShown = 8               // orders there
	lateAfter   = 5 * time.Minute // a job that is due this long and does not run is an alarm
)

// sandboxUpstream is the name the sandbox CA has among the upstreams.
const sandboxUpstream = "sandbox"

// AdminHome is GET /admin: what waits for a person, then how the house stands.
func (h *Handlers) AdminHome(c echo.Context) error {
	ctx := c.Request().Context()
	figures, err := h.Book.Overview(ctx)
	if err != nil {
		return err
	}
	review, total, err := h.Book.Review(ctx, reviewShown)
	if err != nil {
		return err
	}
	latest, _, err := h.Book.AllOrders(ctx, db.OrderFilter{Page: db.Page{Limit: latestShown, Uncounted: true}})
	if err != nil {
		return err
	}
	upstreams, err := h.upstreamRows(ctx)
	if err != nil {
		return err
	}
	late, err := h.Book.LateJobs(ctx, h.Book.Now().Add(-lateAfter))
	if err != nil {
		return err
	}
	m := views.AdminHomePage{
		ReviewTotal: total, OrdersToday: figures.OrdersToday, Open: figures.OpenOrders,
		RevenueMonth: money.USD(figures.RevenueMonth), Held: money.USD(figures.Held), Wallets: money.USD(figures.Wallets),
	}
	for _, i := range review {
		m.Review = append(m.Review, reviewItem(i))
	}
	for _, o := range latest {
		m.Latest = append(m.Latest, adminOrderRow(o))
	}
	m.Upstreams = upstreams
	for _, u := range upstreams {
		m.Alarms = append(m.Alarms, upstreamAlarms(u, h.Book.Now())...)
	}
	if late > 0 {
		m.Alarms = append(m.Alarms, views.Alarm{Code: "jobs_late", Count: late})
	}
	if figures.FailedMails > 0 {
		m.Alarms = append(m.Alarms, views.Alarm{Code: "mail_failing", Count: figures.FailedMails})
	}
	prices, err := h.priceAlarms(c)
	if err != nil {
		return err
	}
	m.Alarms = append(m.Alarms, prices...)
	return show(h, c, http.StatusOK, views.AdminHome, m)
}

func reviewItem(i db.ReviewItem) views.ReviewItem {
	title := i.Name
	if i.Domain != "" {
		title += " · " + certs.UnicodeName(i.Domain)
	}
	item := views.ReviewItem{Kind: string(i.Kind), ID: i.ID, Title: title, Amount: money.USD(i.Cents), Who: i.Who, Reason: i.Reason, At: i.At}
	if i.Drift != nil {
		row := driftRow(*i.Drift)
		item.Drift = &row
	}
	return item
}
