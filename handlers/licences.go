package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

// Licences is GET /licences?state=&q=.
func (h *Handlers) Licences(c echo.Context) error {
	ctx, reseller := c.Request().Context(), person(c).ResellerID
	page, pager := pageOf(c, "/licences")
	f := db.LicenceFilter{Search: c.QueryParam("q"), Page: page}
	if state := db.LicenceState(c.QueryParam("state")); slices.Contains(db.LicenceStates, state) {
		f.State = state
	}
	list, total, err := h.Book.Licences(ctx, reseller, f)
	if err != nil {
		return err
	}
	pager.Total = total
	m := views.LicencesPage{State: string(f.State), Search: f.Search, Pager: pager, None: total == 0 && f.State == "" && f.Search == ""}
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
	m := views.LicencePage{LicenceRow: licenceRow(l), Key: l.LicenceKey, Message: l.Message, BoughtAt: l.CreatedAt, Paid: money.USD(l.PayableCents())}
	if l.Fulfilment == db.FulfilmentUnsure {
		m.Message = "" // why the call broke off
	}
	busy, err := h.Book.LicenceBusy(ctx, l.ID)
	if err != nil {
		return m, err
	}
	runs := l.Status == db.StatusCompleted && h.Book.Now().Before(l.EndsAt)
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

// licencePrices are what a licence can be renewed for and turned into, tax included.
func (h *Handlers) licencePrices(ctx context.Context, l db.Order) (terms, cores []views.LicencePrice, err error) {
	reseller, err := h.Book.Reseller(ctx, l.ResellerID)
	if err != nil {
		return nil, nil, err
	}
	p, err := h.Book.Product(ctx, l.ResellerID, l.ProductID)
	switch {
	case errors.Is(err, db.ErrNotFound), errors.Is(err, db.ErrNoRate), errors.Is(err, db.ErrForbidden):
		return nil, nil, nil // no longer sold, or not now
	case err != nil:
		return nil, nil, err
	}
	for _, t := range p.Terms {
		terms = append(terms, views.LicencePrice{Value: int64(t.Months), Amount: money.USD(p.Price(t, 0, 0, reseller.TaxRateBP).Payable)})
	}
	list, err := h.Book.LicenceCores(ctx, l.ResellerID, l.ID)
	for _, core := range list {
		net := money.USD(core.TotalCents)
		cores = append(cores, views.LicencePrice{Value: core.Product.ID, Name: core.Product.Name, Amount: money.USD(net.Minor + money.PercentBP(net, reseller.TaxRateBP).Minor)})
	}
	return terms, cores, err
}

// ask shows what a change of a licence means, before it is made.
func (h *Handlers) askLicence(c echo.Context, l db.Order, action, text, button string, danger bool, fields ...views.Hidden) error {
	return show(h, c, http.StatusOK, views.ConfirmPage, views.Confirmation{
		ID: "ask-licence", Title: l.ProductName + " · " + l.Domain, Text: text, Action: licencePath(l.ID, action), Fields: fields, Button: button, Danger: danger,
		Back: licencePath(l.ID, ""),
	})
}

// chosen is a price among those offered; ok is false for any other.
func chosen(list []views.LicencePrice, value string) (views.LicencePrice, bool) {
	n, err := strconv.ParseInt(value, 10, 64)
	i := slices.IndexFunc(list, func(p views.LicencePrice) bool { return err == nil && p.Value == n })
	if i < 0 {
		return views.LicencePrice{}, false
	}
	return list[i], true
}

func (h *Handlers) licenceProblem(c echo.Context, l db.Order, field, code, name string) error {
	return h.showLicence(c, http.StatusUnprocessableEntity, l, func(m *views.LicencePage) {
		m.Problems, m.NewIP = views.Problems{views.OrderProblem(field, code, name, 0)}, name
	})
}

// RenewLicenceForm is GET /licences/:id/renew?months=.
func (h *Handlers) RenewLicenceForm(c echo.Context) error {
	l, err := h.ownLicence(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	terms, _, err := h.licencePrices(ctx, l)
	if err != nil {
		return err
	}
	t, ok := chosen(terms, c.QueryParam("months"))
	if !ok {
		return h.licenceProblem(c, l, "months", "term_not_sold", "")
	}
	text := i18n.T(ctx, "licence.renew.ask", "Term", i18n.Months(ctx, int(t.Value)), "Amount", i18n.Money(ctx, t.Amount), "Date", i18n.Date(ctx, l.EndsAt.AddDate(0, int(t.Value), 0)))
	return h.askLicence(c, l, "/renew", text, i18n.T(ctx, "licence.renew.pay", "Amount", i18n.Money(ctx, t.Amount)), false,
		views.Hidden{Name: "months", Value: c.QueryParam("months")}, views.Hidden{Name: "form_token", Value: rand.Text()})
}

// RenewLicence is POST /licences/:id/renew with months and form_token.
func (h *Handlers) RenewLicence(c echo.Context) error {
	return h.buyForLicence(c, "licence.renew.done", func(ctx context.Context, l db.Order) (db.Order, error) {
		months, _ := strconv.Atoi(c.FormValue("months"))
		return h.Book.RenewLicence(ctx, actor(c), l.ResellerID, l.ID, months, c.FormValue("form_token"))
	})
}

// CoreForm is GET /licences/:id/core?product=.
func (h *Handlers) CoreForm(c echo.Context) error {
	l, err := h.ownLicence(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	_, cores, err := h.licencePrices(ctx, l)
	if err != nil {
		return err
	}
	t, ok := chosen(cores, c.QueryParam("product"))
	if !ok {
		return h.licenceProblem(c, l, "product", "core_not_offered", "")
	}
	text := i18n.T(ctx, "licence.core.ask", "Product", l.ProductName, "Core", t.Name, "Amount", i18n.Money(ctx, t.Amount), "Date", i18n.Date(ctx, l.EndsAt))
	return h.askLicence(c, l, "/core", text, i18n.T(ctx, "licence.core.pay", "Amount", i18n.Money(ctx, t.Amount)), false,
		views.Hidden{Name: "product", Value: c.QueryParam("product")}, views.Hidden{Name: "form_token", Value: rand.Text()})
}

// ChangeCore is POST /licences/:id/core with product and form_token.
func (h *Handlers) ChangeCore(c echo.Context) error {
	return h.buyForLicence(c, "licence.core.done", func(ctx context.Context, l db.Order) (db.Order, error) {
		product, _ := strconv.ParseInt(c.FormValue("product"), 10, 64)
		return h.Book.ChangeCore(ctx, actor(c), l.ResellerID, l.ID, product, c.FormValue("form_token"))
	})
}

// buyForLicence buys something for a licence and says how it went.
func (h *Handlers) buyForLicence(c echo.Context, doneKey string, buy func(context.Context, db.Order) (db.Order, error)) error {
	l, err := h.ownLicence(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	o, err := buy(ctx, l)
	var rejected *db.Rejected
	if errors.As(err, &rejected) {
		return h.showLicence(c, http.StatusUnprocessableEntity, l, func(m *views.LicencePage) { m.Problems = orderProblems(rejected) })
	}
	if err != nil {
		return err
	}
	job, err := h.Book.SubmitJob(ctx, o.ID)
	if err != nil {
		return err
	}
	if err := h.await(c, job); err != nil {
		return err
	}
	if o, err = h.Book.Order(ctx, l.ResellerID, o.ID); err != nil {
		return err
	}
	amount := i18n.Money(ctx, money.USD(o.PayableCents()))
	switch o.Status {
	case db.StatusCompleted:
		return done(c, licencePath(l.ID, ""), i18n.T(ctx, doneKey, "Amount", amount))
	case db.StatusCancelled:
		err = flash(c, "error", i18n.T(ctx, "licence.refused.paidback", "Words", o.Message, "Amount", amount))
	default:
		err = flash(c, "info", i18n.T(ctx, "licence.underway"))
	}
	if err != nil {
		return err
	}
	return seeOther(c, licencePath(l.ID, ""))
}

// SuspendLicenceForm is GET /licences/:id/suspend.
func (h *Handlers) SuspendLicenceForm(c echo.Context) error {
	l, err := h.ownLicence(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	return h.askLicence(c, l, "/suspend", i18n.T(ctx, "licence.suspend.ask", "Date", i18n.Date(ctx, l.EndsAt)), i18n.T(ctx, "licence.suspend.go", "IP", l.Domain), true)
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
	l, err := h.ownLicence(c)
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
	return h.askLicence(c, l, "/ip", i18n.T(ctx, "licence.move.ask", "From", l.Domain, "To", to), i18n.T(ctx, "licence.move.yes", "To", to), true,
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
