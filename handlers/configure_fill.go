package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
)

// firstForm is the configuration as it is first asked for: empty, but for what is known
// of the order that this one renews. With ?csr=before its CSR is filled in.
func (h *Handlers) firstForm(c echo.Context, o db.Order) (views.ConfigureForm, error) {
	ctx := c.Request().Context()
	f := views.ConfigureForm{Country: "TR"}
	before, ok, err := h.before(c, o)
	if err != nil || !ok {
		return f, err
	}
	contact, err := h.Book.OrderContact(ctx, o.ResellerID, before.ID)
	if err != nil {
		return f, err
	}
	f = views.ConfigureForm{Organisation: contact.Organisation, Street: contact.Street, City: contact.City, Country: cmp.Or(contact.Country, f.Country), Phone: contact.Phone,
		FirstName: contact.FirstName, LastName: contact.LastName, ContactEmail: contact.Email, Delivery: contact.Delivery}
	if c.QueryParam("csr") != "before" {
		return f, nil
	}
	cert, err := h.Book.IssuedCertificate(ctx, before.ID)
	if errors.Is(err, db.ErrNotFound) {
		return f, nil
	}
	f.CSR = cert.CSR
	return f, err
}

// csrBefore is the number of the order whose CSR may be used once more; "" for none.
func (h *Handlers) csrBefore(c echo.Context, o db.Order) (string, error) {
	before, ok, err := h.before(c, o)
	if err != nil || !ok {
		return "", err
	}
	cert, err := h.Book.IssuedCertificate(c.Request().Context(), before.ID)
	switch {
	case errors.Is(err, db.ErrNotFound) || err == nil && cert.CSR == "":
		return "", nil
	case err != nil:
		return "", err
	}
	return before.Number, nil
}

// contactOptions are the reseller's contact profiles to choose from.
func (h *Handlers) contactOptions(c echo.Context) ([]views.Option, error) {
	list, err := h.Book.ContactProfiles(c.Request().Context(), person(c).ResellerID)
	var options []views.Option
	for _, p := range list {
		text := p.FullName()
		if p.Company != "" {
			text = p.Company + " · " + text
		}
		options = append(options, views.Option{Value: strconv.FormatInt(p.ID, 10), Text: text})
	}
	return options, err
}

// fillConfigure shows the form again with a contact profile filled in: what the profile
// leaves open stays as it was typed. Nothing is sent to anybody.
func (h *Handlers) fillConfigure(c echo.Context, o db.Order, f views.ConfigureForm, contact int64) error {
	p, err := h.Book.ContactProfile(c.Request().Context(), o.ResellerID, contact)
	if err != nil {
		return err
	}
	f.Organisation, f.Street = cmp.Or(p.Company, f.Organisation), cmp.Or(p.Address1, f.Street)
	f.City, f.Country, f.Phone = cmp.Or(p.City, f.City), cmp.Or(p.Country, f.Country), cmp.Or(p.Phone, p.Mobile, f.Phone)
	f.FirstName, f.LastName, f.ContactEmail = cmp.Or(p.FirstName, f.FirstName), cmp.Or(p.LastName, f.LastName), cmp.Or(p.Email, f.ContactEmail)
	return h.showConfigure(c, http.StatusOK, o, f, nil)
}
