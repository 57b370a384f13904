package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

// Licences is GET /licences?state=&product=&q=&page=.
func (h *Handlers) Licences(c echo.Context) error {
	ctx, reseller := c.Request().Context(), person(c).ResellerID
	page, pager := pageOf(c, "/licences")
	f := db.LicenceFilter{Search: c.QueryParam("q"), Page: page}
	f.ProductID, _ = strconv.ParseInt(c.QueryParam("product"), 10, 64)
	if state := db.LicenceState(c.QueryParam("state")); slices.Contains(db.LicenceStates, state) {
		f.State = state
	}
	list, total, err := h.Book.Licences(ctx, reseller, f)
	if err != nil {
		return err
	}
	pager.Total = total
	m := views.LicencesPage{State: string(f.State), Search: f.Search, Pager: pager, None: total == 0 && f.State == "" && f.Search == "" && f.ProductID == 0}
	products, err := h.Book.LicenceProducts(ctx)
	if err != nil {
		return err
	}
	for _, p := range products {
		m.Products = append(m.Products, views.Option{Value: strconv.FormatInt(p.ID, 10), Text: p.Name})
		if p.ID == f.ProductID {
			m.Product = strconv.FormatInt(p.ID, 10)
		}
	}
	for _, state := range db.LicenceStates {
		m.States = append(m.States, string(state))
	}
	for _, l := range list {
		m.Rows = append(m.Rows, licenceRow(l))
	}
	return show(h, c, http.StatusOK, views.Licences, m)
}

func licenceRow(l db.Order) views.LicenceRow {
	return views.LicenceRow{ID: l.ID, Number: l.Number, IP: l.Domain, Product: l.ProductName, Status: string(l.Status), Fulfilment: string(l.Fulfilment),
		Suspended: l.Suspended, EndsAt: l.EndsAt}
}

func licencePath(id int64, below string) string { return fmt.Sprintf("/licences/%d%s", id, below) }

func (h *Handlers) ownLicence(c echo.Context) (db.Order, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return db.Order{}, err
	}
	return h.Book.Licence(c.Request().Context(), person(c).ResellerID, id)
}

// workingLicence is ownLicence for one that may be changed now; ErrStale otherwise.
func (h *Handlers) workingLicence(c echo.Context) (db.Order, error) {
	l, err := h.ownLicence(c)
	if err != nil {
		return l, err
	}
	busy, err := h.Book.LicenceBusy(c.Request().Context(), l.ID)
	if err == nil && (busy || !h.licenceRuns(l)) {
		err = db.ErrStale
	}
	return l, err
}

// licenceRuns says whether a licence was delivered and its term is not over.
func (h *Handlers) licenceRuns(l db.Order) bool {
	return l.Status == db.StatusCompleted && h.Book.Now().Before(l.EndsAt)
}

// Licence is GET /licences/:id.
func (h *Handlers) Licence(c echo.Context) error {
	l, err := h.ownLicence(c)
	if err != nil {
		return err
	}
	return h.showLicence(c, http.StatusOK, l, func(*views.LicencePage) {})
}

func (h *Handlers) showLicence(c echo.Context, status int, l db.Order, adjust func(*views.LicencePage)) error {
	m, err := h.licenceModel(c, l)
	if err != nil {
		return err
	}
	adjust(&m)
	return show(h, c, status, views.Licence, m)
}

func (h *Handlers) licenceModel(c echo.Context, l db.Order) (views.LicencePage, error) {
	ctx := c.Request().Context()
	m := views.LicencePage{LicenceRow: licenceRow(l), Key: l.LicenceKey, Message: l.Message, Unpaid: !l.Paid, MayOrder: person(c).Can(db.PlaceOrders),
		Again: "/orders/new?" + url.Values{"product": {strconv.FormatInt(l.ProductID, 10)}, "months": {strconv.Itoa(l.Months)}, "domain": {l.Domain}}.Encode(), BoughtAt: l.CreatedAt, Paid: money.USD(l.PayableCents())}
	if l.Fulfilment == db.FulfilmentUnsure {
		m.Message = "" // why the call broke off
	}
	busy, err := h.Book.LicenceBusy(ctx, l.ID)
	if err != nil {
		return m, err
	}
	runs := h.licenceRuns(l)
	m.Busy, m.MayChange = runs && busy, runs && !busy && person(c).Can(db.PlaceOrders)
	if m.MayChange {
		if m.MayChange, err = h.able(c, l.ID, ToLicence); err != nil {
			return m, err
		}
	}
	if m.MayChange {
		if m.Terms, m.Cores, err = h.licencePrices(ctx, l); err != nil {
			return m, err
		}
	}
	later, err := h.Book.LicenceOrders(ctx, l.ResellerID, l.ID)
	if err != nil {
		return m, err
	}
	for _, o := range later {
		m.Purchases = append(m.Purchases, views.LicencePurchase{ID: o.ID, Number: o.Number, Wish: string(o.Wish), Product: o.ProductName, Months: o.Months,
			Status: string(o.Status), Fulfilment: string(o.Fulfilment), At: o.CreatedAt, Amount: money.USD(o.PayableCents())})
	}
	events, err := h.Book.Events(ctx, l.ID)
	m.Events = whiteLabel(orderEvents(events))
	return m, err
}

// askLicence shows what a change of a licence means, before it is made.
func (h *Handlers) askLicence(c echo.Context, status int, l db.Order, action, title, text, button string, danger bool, fields ...views.Hidden) error {
	return show(h, c, status, views.LicenceConfirm, views.LicenceQuestion{Licence: l.ProductName + " · " + l.Domain, Confirmation: views.Confirmation{
		ID: "ask-licence", Title: title, Text: text, Action: licencePath(l.ID, action), Fields: fields, Button: button, Danger: danger, Back: licencePath(l.ID, ""),
	}})
}

func (h *Handlers) licenceProblem(c echo.Context, l db.Order, field, code, name string) error {
	return h.showLicence(c, http.StatusUnprocessableEntity, l, func(m *views.LicencePage) {
		m.Problems, m.NewIP = views.Problems{views.OrderProblem(field, code, name, 0)}, name
	})
}

// SuspendLicenceForm is GET /licences/:id/suspend.
func (h *Handlers) SuspendLicenceForm(c echo.Context) error {
	l, err := h.workingLicence(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	return h.askLicence(c, http.StatusOK, l, "/suspend", i18n.T(ctx, "licence.suspend.title", "IP", l.Domain), i18n.T(ctx, "licence.suspend.ask", "Date", i18n.Date(ctx, l.EndsAt)), i18n.T(ctx, "licence.suspend.go", "IP", l.Domain), true)
}

// SuspendLicence is POST /licences/:id/suspend.
func (h *Handlers) SuspendLicence(c echo.Context) error {
	return h.changeLicence(c, "licence.suspend.done", h.Book.SuspendLicence, func(l db.Order) bool { return l.Suspended })
}

// UnsuspendLicence is POST /licences/:id/unsuspend.
func (h *Handlers) UnsuspendLicence(c echo.Context) error {
	return h.changeLicence(c, "licence.unsuspend.done", h.Book.UnsuspendLicence, func(l db.Order) bool { return !l.Suspended })
}

// MoveLicenceForm is GET /licences/:id/ip?ip=.
func (h *Handlers) MoveLicenceForm(c echo.Context) error {
	l, err := h.workingLicence(c)
	if err != nil {
		return err
	}
	ctx, to := c.Request().Context(), strings.TrimSpace(c.QueryParam("ip"))
	err = h.Book.CheckLicenceMove(ctx, l.ResellerID, l.ID, to)
	var rejected *db.Rejected
	if errors.As(err, &rejected) {
		return h.licenceProblem(c, l, "ip", rejected.Problems[0].Code, to)
	}
	if err != nil {
		return err
	}
	return h.askLicence(c, http.StatusOK, l, "/ip", i18n.T(ctx, "licence.move.title", "To", to), i18n.T(ctx, "licence.move.ask", "From", l.Domain, "To", to), i18n.T(ctx, "licence.move.yes", "To", to), true,
		views.Hidden{Name: "ip", Value: to})
}

// MoveLicence is POST /licences/:id/ip with ip.
func (h *Handlers) MoveLicence(c echo.Context) error {
	before := ""
	return h.changeLicence(c, "licence.move.done", func(ctx context.Context, by db.Actor, reseller, id int64) (int64, error) {
		l, err := h.Book.Licence(ctx, reseller, id)
		if err != nil {
			return 0, err
		}
		before = l.Domain
		return h.Book.MoveLicence(ctx, by, reseller, id, c.FormValue("ip"))
	}, func(l db.Order) bool { return l.Domain != before })
}

// changeLicence asks for a change that costs nothing and says how it went.
func (h *Handlers) changeLicence(c echo.Context, doneKey string, ask func(context.Context, db.Actor, int64, int64) (int64, error), so func(db.Order) bool) error {
	l, err := h.ownLicence(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	job, err := ask(ctx, actor(c), l.ResellerID, l.ID)
	var rejected *db.Rejected
	if errors.As(err, &rejected) {
		return h.licenceProblem(c, l, "ip", rejected.Problems[0].Code, c.FormValue("ip"))
	}
	if err != nil {
		return err
	}
	if err := h.await(c, job); err != nil {
		return err
	}
	if l, err = h.ownLicence(c); err != nil {
		return err
	}
	switch {
	case so(l):
		return done(c, licencePath(l.ID, ""), i18n.T(ctx, doneKey, "IP", l.Domain))
	case l.Message != "":
		err = flash(c, "error", i18n.T(ctx, "licence.change.refused", "Words", l.Message))
	default:
		err = flash(c, "info", i18n.T(ctx, "licence.underway"))
	}
	if err != nil {
		return err
	}
	return seeOther(c, licencePath(l.ID, ""))
}
