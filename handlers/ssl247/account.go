package ssl247

import (
	"errors"
	"strconv"
	"strings"

	"certbay/db"
)

type accountUser struct {
	FullName string `json:"full_name"`
	Email    string `json:"email"`
}

type account struct {
	Code               string        `json:"account_code"`
	Company            string        `json:"company"`
	Country            string        `json:"country"`
	Currency           string        `json:"currency"`
	AllowanceLimit     string        `json:"allowance_limit"`
	RemainingAllowance string        `json:"remaining_allowance"`
	Users              []accountUser `json:"Users"`
}

// allowance is what may be spent beyond the deposit, and what is left of it. It is
// not counted by months here: it is there again once it is paid.
func (c *call) allowance() (left, limit int64, err error) {
	r, err := c.Book.Reseller(c.Ctx, c.Caller.ResellerID)
	if err != nil {
		return 0, 0, err
	}
	balance, _, err := c.Book.Wallet(c.Ctx, r.ID)
	return max(0, r.AllowanceCents+min(0, balance)), r.AllowanceCents, err
}

// account is /account.
func (c *call) account() (any, error) {
	r, err := c.Book.Reseller(c.Ctx, c.Caller.ResellerID)
	if err != nil {
		return nil, err
	}
	left, limit, err := c.allowance()
	if err != nil {
		return nil, err
	}
	people, err := c.Book.Staff(c.Ctx, r.ID)
	if err != nil {
		return nil, err
	}
	v := account{Code: id(r.ID), Company: r.Company, Country: r.Country, Currency: currency, AllowanceLimit: decimal(limit), RemainingAllowance: decimal(left), Users: []accountUser{}}
	for _, p := range people {
		v.Users = append(v.Users, accountUser{p.Name, p.Email})
	}
	return struct{ Account account }{v}, nil
}

type listedUser struct {
	ID       string `json:"id"`
	FullName string `json:"full_name"`
	Email    string `json:"email"`
}

type listedContact struct {
	listedUser
	Tech    bool `json:"tech"`
	Admin   bool `json:"admin"`
	Billing bool `json:"billing"`
}

// accountUsers is /account/users.
func (c *call) accountUsers() (any, error) {
	people, err := c.Book.Staff(c.Ctx, c.Caller.ResellerID)
	if err != nil {
		return nil, err
	}
	contacts, err := c.Book.ContactProfiles(c.Ctx, c.Caller.ResellerID)
	if err != nil {
		return nil, err
	}
	var v struct {
		Users struct {
			User           []listedUser
			ContactProfile []listedContact
		}
	}
	v.Users.User, v.Users.ContactProfile = []listedUser{}, []listedContact{}
	for _, p := range people {
		v.Users.User = append(v.Users.User, listedUser{id(p.ID), p.Name, p.Email})
	}
	for _, p := range contacts {
		v.Users.ContactProfile = append(v.Users.ContactProfile, listedContact{listedUser{id(p.ID), p.FullName(), p.Email}, p.Tech, p.Admin, p.Billing})
	}
	return v, nil
}

// deposit is /account/deposit.
func (c *call) deposit() (any, error) {
	balance, _, err := c.Book.Wallet(c.Ctx, c.Caller.ResellerID)
	var v struct {
		Deposit struct {
			Value    string `json:"value"`
			Currency string `json:"currency"`
		}
	}
	v.Deposit.Value, v.Deposit.Currency = decimal(balance), currency
	return v, err
}

// monthlyAllowance is /account/monthly-allowance.
func (c *call) monthlyAllowance() (any, error) {
	left, limit, err := c.allowance()
	var v struct {
		Allowance struct {
			Remaining string `json:"remaining"`
			Limit     string `json:"limit"`
			Currency  string `json:"currency"`
		}
	}
	v.Allowance.Remaining, v.Allowance.Limit, v.Allowance.Currency = decimal(left), decimal(limit), currency
	return v, err
}

type user struct {
	FullName           string `json:"full_name"`
	AccountID          string `json:"account_id"`
	Email              string `json:"email"`
	Title              string `json:"title"`
	FirstName          string `json:"firstname"`
	LastName           string `json:"lastname"`
	Phone              string `json:"phone"`
	SecondFactorMobile string `json:"second_factor_mobile"`
	Mobile             string `json:"mobile"`
	Fax                string `json:"fax"`
	DirectLine         string `json:"direct_line"`
	Skype              string `json:"skype"`
	Address1           string `json:"address_1"`
	Address2           string `json:"address_2"`
	Address3           string `json:"address_3"`
	AdminContact       bool   `json:"admin_contact"`
	BillingContact     bool   `json:"billing_contact"`
	TechnicalContact   bool   `json:"technical_contact"`
	MailingContact     bool   `json:"mailing_contact"`
	City               string `json:"city"`
	State              string `json:"state"`
	Postcode           string `json:"postcode"`
	Country            string `json:"country"`
	Subscribed         bool   `json:"subscribed"`
}

// person is one of the account's people.
func (c *call) person(text string) (db.Person, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return db.Person{}, errNoUser
	}
	p, err := c.Book.Person(c.Ctx, n)
	if errors.Is(err, db.ErrNotFound) || err == nil && p.ResellerID != c.Caller.ResellerID {
		return db.Person{}, errNoUser
	}
	return p, err
}

// viewUser is /account/user/{id}.
func (c *call) viewUser() (any, error) {
	p, err := c.person(c.path[0])
	if err != nil {
		return nil, err
	}
	d, err := c.Book.PersonCard(c.Ctx, p.ID)
	if d.FullName() == "" {
		d.FirstName, d.LastName, _ = strings.Cut(p.Name, " ")
	}
	return user{FullName: p.Name, AccountID: id(p.ResellerID), Email: p.Email, Title: d.Title, FirstName: d.FirstName, LastName: d.LastName, Phone: d.Phone, Mobile: d.Mobile,
		Fax: d.Fax, DirectLine: d.DirectLine, Skype: d.Skype, Address1: d.Address1, Address2: d.Address2, Address3: d.Address3, AdminContact: d.AdminContact,
		BillingContact: d.BillingContact, TechnicalContact: d.TechnicalContact, MailingContact: d.MailingContact, City: d.City, State: d.State, Postcode: d.Postcode,
		Country: d.Country, Subscribed: d.Subscribed}, err
}

// card reads what users and contact profiles have in common.
func (c *call) card() (db.Card, error) {
	f := c.fields
	d := db.Card{Title: f.text("title"), FirstName: f.text("firstname"), LastName: f.text("lastname"), Phone: f.text("phone"), Mobile: f.text("mobile"), Fax: f.text("fax"),
		DirectLine: f.text("direct_line"), Skype: f.text("skype"), Address1: f.text("address_1"), Address2: f.text("address_2"), Address3: f.text("address_3"),
		City: f.text("city"), State: f.text("state"), Postcode: f.text("postcode"), Country: strings.ToUpper(f.text("country")), VATNumber: f.text("vat_number"),
		AdminContact: f.yes("admin_contact"), BillingContact: f.yes("billing_contact"), TechnicalContact: f.yes("technical_contact"), MailingContact: f.yes("mailing_contact"),
		Subscribed: f.yes("subscribed")}
	switch {
	case d.FirstName == "" && d.LastName == "":
		return d, &wrongField{"firstname", "a name is needed"}
	case d.Country != "" && countryName(d.Country) == "":
		return d, &wrongField{"country", "must be a code of get-country-list: " + d.Country}
	}
	return d, nil
}

type userID struct {
	ID string `json:"user_id"`
}

// addUser is /account/users/add: somebody who signs in, with a first password. Whom a
// program adds may look after money or certificates, and never after people.
func (c *call) addUser() (any, error) {
	d, err := c.card()
	if err != nil {
		return nil, err
	}
	n := db.NewPerson{ResellerID: c.Caller.ResellerID, Role: db.RoleViewer, Email: c.fields.text("email"), Password: c.fields.text("password"), Lang: "en"}
	switch {
	case d.BillingContact && !d.TechnicalContact:
		n.Role = db.RoleBilling
	case d.TechnicalContact && !d.BillingContact:
		n.Role = db.RoleTechnical
	}
	if !db.PlausibleEmail(n.Email) {
		return nil, &wrongField{"email", "an e-mail address is needed"}
	}
	p, err := c.Book.CreatePersonWithCard(c.Ctx, c.Caller.Actor(), n, d)
	if errors.Is(err, db.ErrDuplicate) {
		return nil, &wrongField{"email", "there is somebody with this address already"}
	}
	return userID{id(p.ID)}, err
}

// editUser is /account/user/{id}/edit. The address that somebody signs in with is
// changed in the portal only, and a role by the account's owner.
func (c *call) editUser() (any, error) {
	p, err := c.person(c.path[0])
	if err != nil {
		return nil, err
	}
	d, err := c.card()
	if err != nil {
		return nil, err
	}
	if email := c.fields.text("email"); email != "" && !strings.EqualFold(email, p.Email) {
		return nil, &wrongField{"email", "it is what the user signs in with, and is not changed here"}
	}
	return userID{id(p.ID)}, c.Book.SetPersonCard(c.Ctx, c.Caller.Actor(), c.Caller.ResellerID, p.ID, d)
}
