package handlers

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

const maxField = 200 // characters of a reseller's detail

var countryCode = regexp.MustCompile(`^[A-Z]{2}$`)

func resellerPath(id int64) string { return "/admin/resellers/" + strconv.FormatInt(id, 10) }

// AdminNewResellerForm is GET /admin/resellers/new.
func (h *Handlers) AdminNewResellerForm(c echo.Context) error {
	return h.resellerForm(c, http.StatusOK, views.ResellerFormPage{})
}

func (h *Handlers) resellerForm(c echo.Context, status int, m views.ResellerFormPage) error {
	groups, err := h.Book.Groups(c.Request().Context())
	if err != nil {
		return err
	}
	for _, g := range groups {
		m.Groups = append(m.Groups, views.Option{Value: strconv.FormatInt(g.ID, 10), Text: g.Name})
	}
	return show(h, c, status, views.ResellerForm, m)
}

// readReseller reads the form of a reseller; what is wrong is in the page's Problems.
func readReseller(c echo.Context) (db.NewReseller, views.ResellerFormPage) {
	value := func(name string) string { return strings.TrimSpace(c.FormValue(name)) }
	m := views.ResellerFormPage{Name: value("name"), Company: value("company"), Email: value("email"), Address: value("address"), City: value("city"),
		Country: value("country"), TaxOffice: value("tax_office"), TaxID: value("tax_id"), Tax: value("tax"), Group: value("group"), APIEnabled: c.FormValue("api") != ""}
	problem := func(field, key string) {
		m.Problems = append(m.Problems, views.Problem{Field: field, Key: key})
	}
	for _, f := range []struct {
		name, value string
		needed      bool
	}{{"name", m.Name, true}, {"company", m.Company, true}, {"address", m.Address, false}, {"city", m.City, false}, {"tax_office", m.TaxOffice, false}, {"tax_id", m.TaxID, false}} {
		if f.needed && f.value == "" {
			problem(f.name, "form.required")
		} else if len([]rune(f.value)) > maxField {
			problem(f.name, "form.toolong")
		}
	}
	if !db.PlausibleEmail(m.Email) {
		problem("email", "form.email")
	}
	if m.Country != "" && !countryCode.MatchString(m.Country) {
		problem("country", "reseller.problem.country")
	}
	n := db.NewReseller{Name: m.Name, Company: m.Company, Email: m.Email, Address: m.Address, City: m.City, Country: m.Country,
		TaxOffice: m.TaxOffice, TaxID: m.TaxID, APIEnabled: m.APIEnabled}
	if m.Tax != "" {
		percent, err := money.Parse(m.Tax, money.CurrencyUSD)
		if n.TaxRateBP = percent.Minor; err != nil || n.TaxRateBP < 0 || n.TaxRateBP > 10_000 {
			problem("tax", "reseller.problem.tax")
		}
	}
	if m.Group != "" {
		var err error
		if n.GroupID, err = strconv.ParseInt(m.Group, 10, 64); err != nil || n.GroupID <= 0 {
			problem("group", "form.invalid")
		}
	}
	return n, m
}

// AdminNewReseller is POST /admin/resellers/new.
func (h *Handlers) AdminNewReseller(c echo.Context) error {
	ctx := c.Request().Context()
	n, m := readReseller(c)
	if m.Problems != nil {
		return h.resellerForm(c, http.StatusUnprocessableEntity, m)
	}
	made, err := h.Book.CreateReseller(ctx, actor(c), n)
	if err != nil {
		return err
	}
	return done(c, resellerPath(made.ID)+"/invite", i18n.T(ctx, "reseller.created", "Name", made.Name))
}

// AdminEditResellerForm is GET /admin/resellers/:id/edit.
func (h *Handlers) AdminEditResellerForm(c echo.Context) error {
	r, err := h.resellerOf(c)
	if err != nil {
		return err
	}
	m := views.ResellerFormPage{ID: r.ID, Title: r.Name, Name: r.Name, Company: r.Company, Email: r.Email, Address: r.Address, City: r.City, Country: r.Country,
		TaxOffice: r.TaxOffice, TaxID: r.TaxID, Tax: money.USD(r.TaxRateBP).Decimal(), APIEnabled: r.APIAllowed}
	if r.GroupID != 0 {
		m.Group = strconv.FormatInt(r.GroupID, 10)
	}
	return h.resellerForm(c, http.StatusOK, m)
}

func (h *Handlers) resellerOf(c echo.Context) (db.Reseller, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return db.Reseller{}, err
	}
	return h.Book.Reseller(c.Request().Context(), id)
}

// AdminEditReseller is POST /admin/resellers/:id/edit.
func (h *Handlers) AdminEditReseller(c echo.Context) error {
	ctx := c.Request().Context()
	r, err := h.resellerOf(c)
	if err != nil {
		return err
	}
	n, m := readReseller(c)
	m.ID, m.Title = r.ID, r.Name
	if m.Problems != nil {
		return h.resellerForm(c, http.StatusUnprocessableEntity, m)
	}
	if err := h.Book.UpdateReseller(ctx, actor(c), r.ID, n); err != nil {
		return err
	}
	return done(c, resellerPath(r.ID), i18n.T(ctx, "reseller.saved"))
}

// AdminInviteForm is GET /admin/resellers/:id/invite.
func (h *Handlers) AdminInviteForm(c echo.Context) error {
	r, err := h.resellerOf(c)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.Invite, views.InvitePage{ResellerID: r.ID, Reseller: r.Name, Email: r.Email})
}

// AdminInvite is POST /admin/resellers/:id/invite with name and email.
func (h *Handlers) AdminInvite(c echo.Context) error {
	ctx := c.Request().Context()
	r, err := h.resellerOf(c)
	if err != nil {
		return err
	}
	operator, err := h.Book.Operator(ctx)
	if err != nil {
		return err
	}
	m := views.InvitePage{ResellerID: r.ID, Reseller: r.Name, Name: strings.TrimSpace(c.FormValue("name")), Email: strings.TrimSpace(c.FormValue("email"))}
	if m.Name == "" {
		m.Problems = append(m.Problems, views.Problem{Field: "name", Key: "form.required"})
	} else if len(m.Name) > maxField {
		m.Problems = append(m.Problems, views.Problem{Field: "name", Key: "form.toolong"})
	}
	if !db.PlausibleEmail(m.Email) {
		m.Problems = append(m.Problems, views.Problem{Field: "email", Key: "form.email"})
	}
	if m.Problems == nil {
		reader := mailContext("")
		_, err = h.Book.InviteOwner(ctx, actor(c), r.ID, m.Name, m.Email, func(p db.Person, token string) (subject, body string) {
			return i18n.T(reader, "mail.invite.subject", "Brand", operator.Brand),
				i18n.T(reader, "mail.invite.body", "Name", p.Name, "Reseller", r.Name, "Brand", operator.Brand, "Link", h.BaseURL+"/reset-password/"+token)
		})
		if errors.Is(err, db.ErrDuplicate) {
			m.Problems = views.Problems{{Field: "email", Key: "invite.taken"}}
		}
	}
	if m.Problems != nil {
		return show(h, c, http.StatusUnprocessableEntity, views.Invite, m)
	}
	if err != nil {
		return err
	}
	return done(c, resellerPath(r.ID), i18n.T(ctx, "invite.sent", "Email", m.Email))
}
