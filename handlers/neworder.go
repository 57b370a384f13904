package handlers

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/db/money"
	"certbay/views"
)

// orderForm is an order form as it came: what is shown again and what it asks for.
type orderForm struct {
	views.OrderForm
	db.NewOrder
}

// readOrderForm reads the form's fields from a query (a prefilled form) or a body.
func readOrderForm(value func(string) string) orderForm {
	product, _ := strconv.ParseInt(value("product"), 10, 64)
	months, _ := strconv.Atoi(value("months"))
	f := views.OrderForm{
		Months: months, Domain: value("domain"), SANs: value("sans"), WildcardSANs: value("wildcard_sans"),
		CustomerName: value("customer_name"), CustomerEmail: value("customer_email"), Note: value("note"),
		Renews: renewsParam(value("renews")),
	}
	var quoted *int64
	if cents, err := strconv.ParseInt(value("quoted"), 10, 64); err == nil {
		quoted = &cents
	}
	return orderForm{OrderForm: f, NewOrder: db.NewOrder{Quoted: quoted,
		ProductID: product, Months: months, Domain: f.Domain, SANs: splitNames(f.SANs + "\n" + f.WildcardSANs),
		CustomerName: f.CustomerName, CustomerEmail: f.CustomerEmail, Note: f.Note, FormToken: value("form_token"), Unpaid: value("unpaid") != "", Renews: f.Renews,
	}}
}

// splitNames reads names separated by lines, commas, semicolons or spaces.
func splitNames(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;", r) })
}

// query is the form as the query of /orders/new, to come back to it later.
func (f orderForm) query() string {
	q := url.Values{"product": {strconv.FormatInt(f.ProductID, 10)}}
	for name, value := range map[string]string{
		"months": strconv.Itoa(f.OrderForm.Months), "domain": f.OrderForm.Domain, "sans": f.OrderForm.SANs, "wildcard_sans": f.WildcardSANs,
		"customer_name": f.OrderForm.CustomerName, "customer_email": f.OrderForm.CustomerEmail, "note": f.OrderForm.Note,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	setRenews(q, f.OrderForm.Renews)
	return q.Encode()
}

// NewOrder is GET /orders/new?product=ID, with any field of the form prefilled by the query.
func (h *Handlers) NewOrder(c echo.Context) error {
	f := readOrderForm(c.QueryParam)
	if f.ProductID == 0 {
		return seeOther(c, "/catalog")
	}
	if f.NewOrder.Months == 0 {
		p, err := h.Book.Product(c.Request().Context(), person(c).ResellerID, f.ProductID)
		if err != nil {
			return err
		}
		f.NewOrder.Months = usualTerm(p)
		f.OrderForm.Months = f.NewOrder.Months
	}
	f.FormToken = rand.Text()
	return h.orderPage(c, http.StatusOK, f, nil)
}

// usualTerm is the term most orders have: a year where it is sold, else the shortest.
func usualTerm(p db.Product) int {
	if _, ok := p.Term(12); ok || len(p.Terms) == 0 {
		return 12
	}
	return p.Terms[0].Months
}

// EditOrder is POST /orders/edit: back from the check page to the form.
func (h *Handlers) EditOrder(c echo.Context) error {
	return h.orderPage(c, http.StatusOK, readOrderForm(c.FormValue), nil)
}

// Quote is POST /orders/quote: the price of the form as it is being typed.
func (h *Handlers) Quote(c echo.Context) error {
	d, _, err := h.draft(c, readOrderForm(c.FormValue))
	if err != nil {
		return err
	}
	panel, err := h.quotePanel(c, d)
	if err != nil {
		return err
	}
	return fragment(c, http.StatusOK, views.Quote(panel))
}

// CheckOrder is POST /orders/check: every answer once more before the order is placed.
func (h *Handlers) CheckOrder(c echo.Context) error {
	f := readOrderForm(c.FormValue)
	if c.FormValue("recalculate") != "" {
		return h.orderPage(c, http.StatusOK, f, nil)
	}
	d, rejected, err := h.draft(c, f)
	if err != nil {
		return err
	}
	if rejected != nil {
		return h.orderPage(c, http.StatusUnprocessableEntity, f, rejected)
	}
	return h.checkPage(c, http.StatusOK, f, d, nil)
}

// checkPage asks for an order at the price of the moment; before is the price that
// was agreed to and is no longer, or nil.
func (h *Handlers) checkPage(c echo.Context, status int, f orderForm, d db.Draft, before *money.Money) error {
	panel, err := h.quotePanel(c, d)
	if err != nil {
		return err
	}
	var names []string
	for _, name := range d.SANs {
		names = append(names, certs.UnicodeName(name))
	}
	reseller, err := h.Book.Reseller(c.Request().Context(), person(c).ResellerID)
	if err != nil {
		return err
	}
	renewed, err := h.renewed(c, f.NewOrder.Renews)
	if err != nil {
		return err
	}
	return show(h, c, status, views.CheckOrder, views.CheckOrderPage{
		Renewed:     renewed,
		MayPayLater: reseller.PayLater, Before: before,
		Product: orderProduct(d.Product), Form: f.OrderForm, Domain: certs.UnicodeName(d.Domain), Names: names, Quote: panel, FormToken: f.FormToken,
	})
}

// PlaceOrder is POST /orders. The form's token makes a double click or a resend
// end at the one order.
func (h *Handlers) PlaceOrder(c echo.Context) error {
	ctx, reseller := c.Request().Context(), person(c).ResellerID
	f := readOrderForm(c.FormValue)
	if f.FormToken == "" {
		f.FormToken = rand.Text()
	}
	order, err := h.Book.PlaceOrder(ctx, actor(c), reseller, f.NewOrder)
	var rejected *db.Rejected
	var short *db.InsufficientCredit
	var changed *db.PriceChanged
	switch {
	case errors.As(err, &rejected):
		return h.orderPage(c, http.StatusUnprocessableEntity, f, rejected)
	case errors.As(err, &changed):
		d, rejected, err := h.draft(c, f)
		if err != nil {
			return err
		}
		if rejected != nil {
			return h.orderPage(c, http.StatusUnprocessableEntity, f, rejected)
		}
		before := money.USD(changed.Quoted)
		return h.checkPage(c, http.StatusConflict, f, d, &before)
	case errors.As(err, &short):
		return h.insufficientCredit(c, f, short)
	case err != nil:
		return err
	}
	if order.Kind == db.KindLicence || !order.Paid {
		if err := h.awaitLicence(c, order); err != nil {
			return err
		}
		return seeOther(c, orderPath(order.ID, ""))
	}
	return seeOther(c, orderPath(order.ID, "/configure"))
}

func (h *Handlers) insufficientCredit(c echo.Context, f orderForm, short *db.InsufficientCredit) error {
	d, _, err := h.draft(c, f)
	if err != nil {
		return err
	}
	operator, err := h.Book.Operator(c.Request().Context())
	if err != nil {
		return err
	}
	reseller, err := h.Book.Reseller(c.Request().Context(), person(c).ResellerID)
	if err != nil {
		return err
	}
	var later []views.Hidden
	if reseller.PayLater {
		later = f.OrderForm.Unpaid(f.ProductID, f.FormToken, money.USD(d.Quote.Payable))
	}
	return show(h, c, http.StatusPaymentRequired, views.InsufficientCredit, views.InsufficientCreditPage{
		Later:   later,
		Product: d.Product.Name, Domain: certs.UnicodeName(d.Domain),
		Needed: money.USD(short.Needed), Available: money.USD(short.Available), Missing: money.USD(short.Needed - short.Available),
		TopUp: operator.Bank, BackHref: "/orders/new?" + f.query(),
	})
}

// draft checks and prices the form; a rejected form is no error.
func (h *Handlers) draft(c echo.Context, f orderForm) (db.Draft, *db.Rejected, error) {
	d, err := h.Book.Draft(c.Request().Context(), person(c).ResellerID, f.NewOrder)
	var rejected *db.Rejected
	if errors.As(err, &rejected) {
		return d, rejected, nil
	}
	return d, nil, err
}

func (h *Handlers) orderPage(c echo.Context, status int, f orderForm, rejected *db.Rejected) error {
	d, _, err := h.draft(c, f)
	if err != nil {
		return err
	}
	panel, err := h.quotePanel(c, d)
	if err != nil {
		return err
	}
	renewed, err := h.renewed(c, f.NewOrder.Renews)
	if err != nil {
		return err
	}
	return show(h, c, status, views.NewOrder, views.NewOrderPage{
		Renewed: renewed,
		Product: orderProduct(d.Product), Form: f.OrderForm, Problems: orderProblems(rejected), Quote: panel, FormToken: f.FormToken,
	})
}

func orderProblems(rejected *db.Rejected) views.Problems {
	if rejected == nil {
		return nil
	}
	var problems views.Problems
	for _, p := range rejected.Problems {
		if p.Field == "renews" {
			p.Field = "" // no field of the form, but what it is for
		}
		problems = append(problems, views.OrderProblem(p.Field, p.Code, p.Name, p.Max))
	}
	return problems
}

func orderProduct(p db.Product) views.OrderProduct {
	return views.OrderProduct{
		ID: p.ID, Brand: p.Brand, Name: p.Name, Kind: string(p.Kind), Validation: p.Validation, Terms: productTerms(p),
		SANIncluded: p.SANIncluded, SANMax: p.SANMax, WildcardSANIncluded: p.WildcardSANIncluded, WildcardSANMax: p.WildcardSANMax,
	}
}

func (h *Handlers) quotePanel(c echo.Context, d db.Draft) (views.QuotePanel, error) {
	_, available, err := h.Book.Wallet(c.Request().Context(), person(c).ResellerID)
	if err != nil {
		return views.QuotePanel{}, err
	}
	q := d.Quote
	return views.QuotePanel{
		Months: d.Term.Months, ListPrice: money.USD(q.Base),
		SANs:         max(0, d.SANCount-d.Product.SANIncluded) + max(0, d.WildcardSANCount-d.Product.WildcardSANIncluded),
		SANsIncluded: min(d.SANCount, d.Product.SANIncluded) + min(d.WildcardSANCount, d.Product.WildcardSANIncluded),
		SANTotal:     money.USD(q.SANTotal), Discount: money.USD(q.Discount), Total: money.USD(q.Total),
		TaxBP: int(d.TaxRateBP), Tax: money.USD(q.Tax), Payable: money.USD(q.Payable),
		Available: money.USD(available), After: money.USD(available - q.Payable), SeesMoney: person(c).Can(db.SeeMoney),
	}, nil
}

// orderPath is the address of an order's page, or of one below it ("/dcv").
func orderPath(id int64, below string) string {
	return "/orders/" + strconv.FormatInt(id, 10) + below
}
