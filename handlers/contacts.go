package handlers

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
	"certbay/views/i18n"
)

const maxContactText = 200 // characters, as the book allows

// Contacts is GET /contacts: the people whom OV and EV orders may name.
func (h *Handlers) Contacts(c echo.Context) error {
	list, err := h.Book.ContactProfiles(c.Request().Context(), person(c).ResellerID)
	if err != nil {
		return err
	}
	var m views.ContactsPage
	for _, p := range list {
		m.Rows = append(m.Rows, views.ContactRow{ID: p.ID, Name: p.FullName(), Organisation: p.Company, Email: p.Email, Phone: p.Phone, City: p.City, Country: p.Country,
			Admin: p.Admin, Tech: p.Tech, Billing: p.Billing})
	}
	return show(h, c, http.StatusOK, views.Contacts, m)
}

// NewContactForm is GET /contacts/new.
func (h *Handlers) NewContactForm(c echo.Context) error {
	return show(h, c, http.StatusOK, views.Contact, views.ContactPage{Country: "TR", Admin: true})
}

// NewContact is POST /contacts/new.
func (h *Handlers) NewContact(c echo.Context) error {
	ctx := c.Request().Context()
	m := readContact(c)
	if m.Problems != nil {
		return show(h, c, http.StatusUnprocessableEntity, views.Contact, m)
	}
	p := db.ContactProfile{}
	if _, err := h.Book.AddContactProfile(ctx, actor(c), person(c).ResellerID, contactFrom(p, m)); err != nil {
		return err
	}
	return done(c, "/contacts", i18n.T(ctx, "contact.saved", "Name", m.FirstName+" "+m.LastName))
}

// ownContact finds the contact profile of the request among the reseller's.
func (h *Handlers) ownContact(c echo.Context) (db.ContactProfile, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return db.ContactProfile{}, err
	}
	return h.Book.ContactProfile(c.Request().Context(), person(c).ResellerID, id)
}

// ContactForm is GET /contacts/:id.
func (h *Handlers) ContactForm(c echo.Context) error {
	p, err := h.ownContact(c)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.Contact, views.ContactPage{ID: p.ID, Organisation: p.Company, FirstName: p.FirstName, LastName: p.LastName, JobTitle: p.Card.Title,
		Email: p.Email, Phone: p.Phone, Street: p.Address1, City: p.City, State: p.State, Postcode: p.Postcode, Country: p.Country, Admin: p.Admin, Tech: p.Tech, Billing: p.Billing})
}

// ChangeContact is POST /contacts/:id.
func (h *Handlers) ChangeContact(c echo.Context) error {
	ctx := c.Request().Context()
	p, err := h.ownContact(c)
	if err != nil {
		return err
	}
	m := readContact(c)
	if m.ID = p.ID; m.Problems != nil {
		return show(h, c, http.StatusUnprocessableEntity, views.Contact, m)
	}
	if err := h.Book.ChangeContactProfile(ctx, actor(c), p.ResellerID, contactFrom(p, m)); err != nil {
		return err
	}
	return done(c, "/contacts", i18n.T(ctx, "contact.saved", "Name", m.FirstName+" "+m.LastName))
}

// readContact reads the form of a contact profile; what is wrong is in its Problems.
func readContact(c echo.Context) views.ContactPage {
	text := func(name string) string { return strings.TrimSpace(c.FormValue(name)) }
	m := views.ContactPage{Organisation: text("organisation"), FirstName: text("first_name"), LastName: text("last_name"), JobTitle: text("title"), Email: text("email"), Phone: text("phone"),
		Street: text("street"), City: text("city"), State: text("state"), Postcode: text("postcode"), Country: strings.ToUpper(text("country")),
		Admin: text("admin") != "", Tech: text("tech") != "", Billing: text("billing") != ""}
	for _, f := range []struct {
		name, value string
		missing     string // what is said where it is empty; "": it may be
	}{
		{"organisation", m.Organisation, ""}, {"first_name", m.FirstName, "contact.missing.first"}, {"last_name", m.LastName, "contact.missing.last"}, {"title", m.JobTitle, ""},
		{"email", m.Email, "contact.missing.email"}, {"phone", m.Phone, ""}, {"street", m.Street, ""}, {"city", m.City, ""}, {"state", m.State, ""}, {"postcode", m.Postcode, ""},
	} {
		switch {
		case f.missing != "" && f.value == "":
			m.Problems = append(m.Problems, views.Problem{Field: f.name, Key: f.missing})
		case utf8.RuneCountInString(f.value) > maxContactText:
			m.Problems = append(m.Problems, views.Problem{Field: f.name, Key: "form.toolong"})
		case f.name == "email" && !db.ValidEmail(f.value):
			m.Problems = append(m.Problems, views.Problem{Field: f.name, Key: "form.email"})
		}
	}
	if m.Country != "" && !twoLetters(m.Country) {
		m.Problems = append(m.Problems, views.Problem{Field: "country", Key: "problem.bad_country"})
	}
	return m
}

func twoLetters(country string) bool {
	return len(country) == 2 && strings.Trim(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// contactFrom is a profile with what the form says; what the form does not ask for, and
// a program may have told, stays.
func contactFrom(p db.ContactProfile, m views.ContactPage) db.ContactProfile {
	p.Email, p.Admin, p.Tech, p.Billing = m.Email, m.Admin, m.Tech, m.Billing
	p.Company, p.FirstName, p.LastName, p.Card.Title, p.Phone = m.Organisation, m.FirstName, m.LastName, m.JobTitle, m.Phone
	p.Address1, p.City, p.State, p.Postcode, p.Country = m.Street, m.City, m.State, m.Postcode, m.Country
	return p
}
