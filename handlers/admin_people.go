package handlers

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

const (
	entriesShown = 10          // of a reseller's statement
	maxCredit    = 100_000_000 // cents that may be added or taken at once
	maxFormToken = 100         // characters
)

// AdminResellers is GET /admin/resellers?q=.
func (h *Handlers) AdminResellers(c echo.Context) error {
	page, pager := pageOf(c, "/admin/resellers")
	search := c.QueryParam("q")
	list, total, err := h.Book.Resellers(c.Request().Context(), db.ResellerFilter{Query: search, Page: page})
	if err != nil {
		return err
	}
	pager.Total = total
	m := views.AdminResellersPage{Search: search, Pager: pager}
	for _, r := range list {
		m.Rows = append(m.Rows, views.ResellerRow{ID: r.ID, Name: r.Name, Company: r.Company, Group: r.GroupName,
			Orders: int(r.Orders), Balance: money.USD(r.BalanceCents), Suspended: r.Status == db.Suspended})
	}
	return show(h, c, http.StatusOK, views.AdminResellers, m)
}

// AdminReseller is GET /admin/resellers/:id.
func (h *Handlers) AdminReseller(c echo.Context) error {
	m, err := h.adminResellerModel(c)
	if err != nil {
		return err
	}
	m.FormToken = rand.Text()
	return show(h, c, http.StatusOK, views.AdminReseller, m)
}

func (h *Handlers) adminResellerModel(c echo.Context) (views.AdminResellerPage, error) {
	ctx := c.Request().Context()
	id, err := idParam(c, "id")
	if err != nil {
		return views.AdminResellerPage{}, err
	}
	r, err := h.Book.Reseller(ctx, id)
	if err != nil {
		return views.AdminResellerPage{}, err
	}
	m := views.AdminResellerPage{
		ID: r.ID, Name: r.Name, Company: r.Company, Email: r.Email, Address: r.Address, City: r.City, Country: r.Country,
		TaxOffice: r.TaxOffice, TaxID: r.TaxID, TaxBP: int(r.TaxRateBP), Group: r.GroupName, Suspended: r.Status == db.Suspended,
		APIEnabled: r.APIEnabled, CreatedAt: r.CreatedAt, Allowance: money.USD(r.AllowanceCents), PayLater: r.PayLater,
	}
	balance, available, err := h.Book.Wallet(ctx, id)
	if err != nil {
		return m, err
	}
	held, err := h.Book.Held(ctx, id)
	if err != nil {
		return m, err
	}
	if m.Dialects, err = h.dialectsOf(ctx, id); err != nil {
		return m, err
	}
	m.Balance, m.Available, m.Held = money.USD(balance), money.USD(available), money.USD(held)
	if _, m.Orders, err = h.Book.Orders(ctx, id, db.OrderFilter{Page: db.Page{Limit: 1}}); err != nil {
		return m, err
	}
	staff, err := h.Book.Staff(ctx, id)
	if err != nil {
		return m, err
	}
	for _, p := range staff {
		m.Staff = append(m.Staff, views.StaffRow{Name: p.Name, Email: p.Email, Role: string(p.Role), Suspended: p.Status == db.Suspended, SignedInAt: p.SignedInAt})
	}
	entries, _, err := h.Book.Statement(ctx, id, db.Page{Limit: entriesShown})
	for _, e := range entries {
		m.Entries = append(m.Entries, statementRow(e))
	}
	return m, err
}

// AdminCredit is POST /admin/resellers/:id/credit with kind (topup: money received,
// adjustment: a correction), amount, reason and form_token: adds credit, or takes
// it away. The token makes a double click or a
// resend move the money once.
func (h *Handlers) AdminCredit(c echo.Context) error {
	ctx := c.Request().Context()
	m, err := h.adminResellerModel(c)
	if err != nil {
		return err
	}
	m.CreditKind = c.FormValue("kind")
	m.Amount, m.Reason, m.FormToken = strings.TrimSpace(c.FormValue("amount")), strings.TrimSpace(c.FormValue("reason")), c.FormValue("form_token")
	amount, err := money.Parse(m.Amount, money.CurrencyUSD)
	if err != nil || amount.IsZero() || amount.Minor > maxCredit || amount.Minor < -maxCredit {
		m.Problems = append(m.Problems, views.Problem{Field: "amount", Key: "operator.credit.amount", Args: []any{"Max", i18n.Money(ctx, money.USD(maxCredit))}})
	} else {
		m.Problems = append(m.Problems, creditKindProblems(m.CreditKind, amount)...)
	}
	if key := reasonProblem(m.Reason); key != "" {
		m.Problems = append(m.Problems, views.Problem{Field: "reason", Key: key})
	}
	if m.FormToken == "" || len(m.FormToken) > maxFormToken {
		m.FormToken = rand.Text()
		m.Problems = append(m.Problems, views.Problem{Key: "operator.credit.again"})
	}
	if m.Problems != nil {
		return show(h, c, http.StatusUnprocessableEntity, views.AdminReseller, m)
	}
	path := adminResellerPath(m.ID)
	err = h.moveCredit(c, m, amount.Minor)
	var short *db.InsufficientCredit
	switch {
	case errors.As(err, &short):
		m.Problems = views.Problems{{Field: "amount", Key: "operator.credit.short", Args: []any{"Available", i18n.Money(ctx, money.USD(max(0, short.Available)))}}}
		return show(h, c, http.StatusUnprocessableEntity, views.AdminReseller, m)
	case errors.Is(err, db.ErrDuplicate):
		if err := flash(c, "info", i18n.T(ctx, "operator.credit.once")); err != nil {
			return err
		}
		return seeOther(c, path)
	case err != nil:
		return err
	}
	key := "operator.credit.added"
	if amount.IsNegative() {
		key, amount = "operator.credit.taken", amount.Neg()
	}
	return done(c, path, i18n.T(ctx, key, "Amount", i18n.Money(ctx, amount), "Reseller", m.Name))
}
