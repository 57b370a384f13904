package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/views"
)

// Renew is GET /orders/:id/renew: on to the order form, filled in; or why there is
// nothing to renew now.
func (h *Handlers) Renew(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	from := o.RenewableFrom()
	if from.IsZero() {
		return db.ErrStale
	}
	m := views.RenewPage{OrderHead: orderHead(o), From: from, MayReissue: h.reissuable(o)}
	by, err := h.Book.RenewedBy(ctx, o.ResellerID, o.ID)
	switch {
	case err == nil:
		m.ByID, m.ByNumber = by.ID, by.Number
		return show(h, c, http.StatusOK, views.Renew, m)
	case !errors.Is(err, db.ErrNotFound):
		return err
	case !o.Renewable(h.Book.Now()):
		m.Early = true
		return show(h, c, http.StatusOK, views.Renew, m)
	}
	p, err := h.Book.Product(ctx, o.ResellerID, o.ProductID)
	if errors.Is(err, db.ErrNotFound) || errors.Is(err, db.ErrNotSold) {
		return show(h, c, http.StatusOK, views.Renew, m)
	}
	if err != nil {
		return err
	}
	f, err := h.renewal(c, o, p)
	if err != nil {
		return err
	}
	return seeOther(c, "/orders/new?"+f.query())
}

// renewal is the order form for the term after an order's: the same product, names and
// customer. No name is asked for that was not paid for or included before.
func (h *Handlers) renewal(c echo.Context, o db.Order, p db.Product) (orderForm, error) {
	f := orderForm{NewOrder: db.NewOrder{ProductID: o.ProductID}}
	f.OrderForm = views.OrderForm{Months: o.Months, Domain: certs.UnicodeName(o.Domain), CustomerName: o.CustomerName, CustomerEmail: o.CustomerEmail, Note: o.Note, Renews: o.ID}
	if _, sold := p.Term(o.Months); !sold {
		f.OrderForm.Months = usualTerm(p)
	}
	cert, err := h.Book.IssuedCertificate(c.Request().Context(), o.ID)
	if errors.Is(err, db.ErrNotFound) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	names, err := h.namesOn(c, o, cert)
	if err != nil {
		return f, err
	}
	entered, err := h.Book.Names(c.Request().Context(), o.ID)
	plainLeft, wildcardsLeft := namePlaces(o, p)
	var plain, wildcards []string
	for _, name := range names {
		switch {
		case strings.HasPrefix(name, "*."):
			if wildcardsLeft--; wildcardsLeft >= 0 {
				wildcards = append(wildcards, certs.UnicodeName(name))
			}
		case !certs.IsTwin(o.Domain, name) || slices.Contains(entered, name):
			if plainLeft--; plainLeft >= 0 {
				plain = append(plain, certs.UnicodeName(name))
			}
		}
	}
	f.OrderForm.SANs, f.WildcardSANs = strings.Join(plain, "\n"), strings.Join(wildcards, "\n")
	return f, err
}

// renewed says what an order form renews; nil where it is an order of its own.
func (h *Handlers) renewed(c echo.Context, id int64) (*views.Renewed, error) {
	if id == 0 {
		return nil, nil
	}
	o, err := h.Book.Order(c.Request().Context(), person(c).ResellerID, id)
	if err != nil {
		return nil, err
	}
	return &views.Renewed{ID: o.ID, Number: o.Number, EndsAt: o.EndsAt}, nil
}

// before is the order that one renews; ok is false where it renews none.
func (h *Handlers) before(c echo.Context, o db.Order) (before db.Order, ok bool, err error) {
	before, err = h.Book.RenewalOf(c.Request().Context(), o.ResellerID, o.ID)
	if errors.Is(err, db.ErrNotFound) {
		return before, false, nil
	}
	return before, err == nil, err
}

func renewsParam(value string) int64 {
	id, _ := strconv.ParseInt(value, 10, 64)
	return max(0, id)
}

// setRenews adds what is renewed to the query of an order form.
func setRenews(q url.Values, id int64) {
	if id != 0 {
		q.Set("renews", strconv.FormatInt(id, 10))
	}
}
