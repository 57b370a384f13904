package ssl247

import (
	"errors"
	"strconv"
	"strings"

	"certbay/db"
)

type contactProfile struct {
	ID                   string `json:"id"`
	Email                string `json:"email"`
	Title                string `json:"title"`
	FirstName            string `json:"firstname"`
	LastName             string `json:"lastname"`
	Admin                bool   `json:"admin"`
	Tech                 bool   `json:"tech"`
	Billing              bool   `json:"billing"`
	CompanyName          string `json:"company_name"`
	AssumedName          string `json:"assumed_name"`
	Address1             string `json:"address_1"`
	Address2             string `json:"address_2"`
	Address3             string `json:"address_3"`
	City                 string `json:"city"`
	County               string `json:"county"`
	Postcode             string `json:"postcode"`
	Country              string `json:"country"`
	Phone                string `json:"phone"`
	Fax                  string `json:"fax"`
	RegistrationNumber   string `json:"registration_number"`
	VATNumber            string `json:"vat_number"`
	BusinessCategoryCode string `json:"business_category_code"`
	DUNS                 string `json:"duns"`
	Active               bool   `json:"active"`
	Deleted              bool   `json:"deleted"`
}

// contactProfile is one of the account's.
func (c *call) contactProfile(text string) (db.ContactProfile, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return db.ContactProfile{}, errNoContact
	}
	p, err := c.Book.ContactProfile(c.Ctx, c.Caller.ResellerID, n)
	if errors.Is(err, db.ErrNotFound) {
		err = errNoContact
	}
	return p, err
}

// viewContact is /account/contact-profile/{id}. The company is the reseller's.
func (c *call) viewContact() (any, error) {
	p, err := c.contactProfile(c.path[0])
	if err != nil {
		return nil, err
	}
	r, err := c.Book.Reseller(c.Ctx, c.Caller.ResellerID)
	return struct{ ContactProfile contactProfile }{contactProfile{ID: id(p.ID), Email: p.Email, Title: p.Title, FirstName: p.FirstName, LastName: p.LastName, Admin: p.Admin, Tech: p.Tech,
		Billing: p.Billing, CompanyName: r.Company, Address1: p.Address1, Address2: p.Address2, Address3: p.Address3, City: p.City, County: p.State, Postcode: p.Postcode,
		Country: p.Country, Phone: p.Phone, Fax: p.Fax, VATNumber: p.VATNumber, Active: true}}, err
}

type contactID struct {
	ID string `json:"contact_id"`
}

// profile reads a contact profile. Errors: *wrongField.
func (c *call) profile() (p db.ContactProfile, err error) {
	p.Email, p.Admin, p.Tech, p.Billing = c.fields.text("email"), c.fields.yes("admin"), c.fields.yes("tech"), c.fields.yes("billing")
	if !db.ValidEmail(p.Email) {
		return p, &wrongField{"email", "an e-mail address is needed"}
	}
	p.Card, err = c.card()
	return p, err
}

// addContact is /account/contact-profile/add.
func (c *call) addContact() (any, error) {
	p, err := c.profile()
	if err != nil {
		return nil, err
	}
	made, err := c.Book.AddContactProfile(c.Ctx, c.Caller.Actor(), c.Caller.ResellerID, p)
	return contactID{id(made)}, err
}

// editContact is /account/contact-profile/{id}/edit.
func (c *call) editContact() (any, error) {
	before, err := c.contactProfile(c.path[0])
	if err != nil {
		return nil, err
	}
	p, err := c.profile()
	if err != nil {
		return nil, err
	}
	p.ID = before.ID
	return contactID{id(p.ID)}, c.Book.ChangeContactProfile(c.Ctx, c.Caller.Actor(), c.Caller.ResellerID, p)
}

// defaultContact is whom an order names that says nobody: the first contact profile
// for it, with the reseller's company.
func (c *call) defaultContact() (db.Contact, error) {
	list, err := c.Book.ContactProfiles(c.Ctx, c.Caller.ResellerID)
	if err != nil {
		return db.Contact{}, err
	}
	for _, p := range list {
		if !p.Admin {
			continue
		}
		r, err := c.Book.Reseller(c.Ctx, c.Caller.ResellerID)
		return db.Contact{FirstName: p.FirstName, LastName: p.LastName, Title: p.Title, Email: p.Email, Phone: p.Phone, Organisation: r.Company,
			Street: strings.TrimSpace(p.Address1 + " " + p.Address2), City: p.City, Province: p.State, PostalCode: p.Postcode, Country: p.Country}, err
	}
	return db.Contact{}, nil
}
