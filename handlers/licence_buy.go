package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

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

// chosen is a price among those offered; ok is false for any other.
func chosen(list []views.LicencePrice, value string) (views.LicencePrice, bool) {
	n, err := strconv.ParseInt(value, 10, 64)
	i := slices.IndexFunc(list, func(p views.LicencePrice) bool { return err == nil && p.Value == n })
	if i < 0 {
		return views.LicencePrice{}, false
	}
	return list[i], true
}

// RenewLicenceForm is GET /licences/:id/renew?months=.
func (h *Handlers) RenewLicenceForm(c echo.Context) error {
	l, err := h.workingLicence(c)
	if err != nil {
		return err
	}
	return h.askRenewal(c, http.StatusOK, l, c.QueryParam("months"), nil)
}

// askRenewal shows what a renewal costs before it is bought; before is what it was
// said to cost a moment ago, where that has changed.
func (h *Handlers) askRenewal(c echo.Context, status int, l db.Order, months string, before *db.PriceChanged) error {
	ctx := c.Request().Context()
	terms, _, err := h.licencePrices(ctx, l)
	if err != nil {
		return err
	}
	t, ok := chosen(terms, months)
	if !ok {
		return h.licenceProblem(c, l, "months", "term_not_sold", "")
	}
	text := i18n.T(ctx, "licence.renew.ask", "Term", i18n.Months(ctx, int(t.Value)), "Amount", i18n.Money(ctx, t.Amount), "Date", i18n.Date(ctx, l.EndsAt.AddDate(0, int(t.Value), 0)))
	return h.askPaid(c, status, l, "/renew", i18n.T(ctx, "licence.renew.title", "IP", l.Domain), text, i18n.T(ctx, "licence.renew.pay", "Amount", i18n.Money(ctx, t.Amount)), t, before, views.Hidden{Name: "months", Value: months})
}

// RenewLicence is POST /licences/:id/renew with months, quoted and form_token.
func (h *Handlers) RenewLicence(c echo.Context) error {
	return h.buyForLicence(c, "licence.renew.done", func(ctx context.Context, l db.Order, form db.WishForm) (db.Order, error) {
		months, _ := strconv.Atoi(c.FormValue("months"))
		return h.Book.RenewLicence(ctx, actor(c), l.ResellerID, l.ID, months, form)
	}, func(l db.Order, before *db.PriceChanged) error {
		return h.askRenewal(c, http.StatusConflict, l, c.FormValue("months"), before)
	})
}

// CoreForm is GET /licences/:id/core?product=.
func (h *Handlers) CoreForm(c echo.Context) error {
	l, err := h.workingLicence(c)
	if err != nil {
		return err
	}
	return h.askCore(c, http.StatusOK, l, c.QueryParam("product"), nil)
}

func (h *Handlers) askCore(c echo.Context, status int, l db.Order, product string, before *db.PriceChanged) error {
	ctx := c.Request().Context()
	_, cores, err := h.licencePrices(ctx, l)
	if err != nil {
		return err
	}
	t, ok := chosen(cores, product)
	if !ok {
		return h.licenceProblem(c, l, "product", "core_not_offered", "")
	}
	text, button := i18n.T(ctx, "licence.core.ask.free", "Product", l.ProductName, "Core", t.Name, "Date", i18n.Date(ctx, l.EndsAt)), i18n.T(ctx, "licence.core.pay.free")
	if !t.Amount.IsZero() {
		text = i18n.T(ctx, "licence.core.ask", "Product", l.ProductName, "Core", t.Name, "Amount", i18n.Money(ctx, t.Amount), "Date", i18n.Date(ctx, l.EndsAt))
		button = i18n.T(ctx, "licence.core.pay", "Amount", i18n.Money(ctx, t.Amount))
	}
	return h.askPaid(c, status, l, "/core", i18n.T(ctx, "licence.core.title", "Product", l.ProductName, "Core", t.Name), text, button, t, before, views.Hidden{Name: "product", Value: product})
}

// ChangeCore is POST /licences/:id/core with product, quoted and form_token.
func (h *Handlers) ChangeCore(c echo.Context) error {
	return h.buyForLicence(c, "licence.core.done", func(ctx context.Context, l db.Order, form db.WishForm) (db.Order, error) {
		product, _ := strconv.ParseInt(c.FormValue("product"), 10, 64)
		return h.Book.ChangeCore(ctx, actor(c), l.ResellerID, l.ID, product, form)
	}, func(l db.Order, before *db.PriceChanged) error {
		return h.askCore(c, http.StatusConflict, l, c.FormValue("product"), before)
	})
}

// askPaid asks before something is bought for a licence; the form carries the price
// that is agreed to.
func (h *Handlers) askPaid(c echo.Context, status int, l db.Order, action, title, text, button string, t views.LicencePrice, before *db.PriceChanged, field views.Hidden) error {
	ctx := c.Request().Context()
	if before != nil {
		text = i18n.T(ctx, "licence.repriced", "Before", i18n.Money(ctx, money.USD(before.Quoted)), "Now", i18n.Money(ctx, t.Amount)) + " " + text
	}
	return h.askLicence(c, status, l, action, title, text, button, false, field,
		views.Hidden{Name: "quoted", Value: strconv.FormatInt(t.Amount.Minor, 10)}, views.Hidden{Name: "form_token", Value: rand.Text()})
}

// buyForLicence buys something for a licence and says how it went; again asks once
// more, at a price that has changed.
func (h *Handlers) buyForLicence(c echo.Context, doneKey string, buy func(context.Context, db.Order, db.WishForm) (db.Order, error), again func(db.Order, *db.PriceChanged) error) error {
	l, err := h.ownLicence(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	form := db.WishForm{Token: c.FormValue("form_token")}
	if quoted, err := strconv.ParseInt(c.FormValue("quoted"), 10, 64); err == nil {
		form.Quoted = &quoted
	}
	o, err := buy(ctx, l, form)
	var rejected *db.Rejected
	var changed *db.PriceChanged
	var short *db.InsufficientCredit
	switch {
	case errors.As(err, &rejected):
		return h.showLicence(c, http.StatusUnprocessableEntity, l, func(m *views.LicencePage) { m.Problems = orderProblems(rejected) })
	case errors.As(err, &changed):
		return again(l, changed)
	case errors.As(err, &short):
		return h.licenceCredit(c, l, short)
	case err != nil:
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
	switch {
	case o.Status == db.StatusCompleted && o.PayableCents() == 0:
		return done(c, licencePath(l.ID, ""), i18n.T(ctx, "licence.done.free"))
	case o.Status == db.StatusCompleted:
		return done(c, licencePath(l.ID, ""), i18n.T(ctx, doneKey, "Amount", amount))
	case o.Status == db.StatusCancelled:
		err = flash(c, "error", i18n.T(ctx, "licence.refused.paidback", "Words", o.Message, "Amount", amount))
	default:
		err = flash(c, "info", i18n.T(ctx, "licence.underway"))
	}
	if err != nil {
		return err
	}
	return seeOther(c, licencePath(l.ID, ""))
}

// licenceCredit says how much credit is missing for what was wanted of a licence.
func (h *Handlers) licenceCredit(c echo.Context, l db.Order, short *db.InsufficientCredit) error {
	operator, err := h.Book.Operator(c.Request().Context())
	if err != nil {
		return err
	}
	return show(h, c, http.StatusPaymentRequired, views.InsufficientCredit, views.InsufficientCreditPage{
		Product: l.ProductName, Domain: l.Domain, Needed: money.USD(short.Needed), Available: money.USD(short.Available),
		Missing: money.USD(short.Needed - short.Available), TopUp: operator.Bank, BackHref: licencePath(l.ID, "")})
}
