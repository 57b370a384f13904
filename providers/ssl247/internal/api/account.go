package api

import (
	"context"

	"certbay/providers/internal/wire"
)

// Account is who the login belongs to.
type Account struct {
	Code               wire.Text  `json:"account_code"`
	Company            wire.Text  `json:"company"`
	Country            wire.Text  `json:"country"`
	Currency           wire.Text  `json:"currency"`
	AllowanceLimit     wire.Cents `json:"allowance_limit"`
	RemainingAllowance wire.Cents `json:"remaining_allowance"`
	Users              wire.List[struct {
		FullName wire.Text `json:"full_name"`
		Email    wire.Text `json:"email"`
	}] `json:"Users"`
}

// Account reads the account.
//
// Seed 003, "Account - general information": POST /account
func (c *Client) Account(ctx context.Context) (Account, error) {
	a, err := read[struct{ Account Account }](ctx, c, "/account", nil)
	return a.Account, err
}

// People are those of the account: who signs in, and who is named in orders.
type People struct {
	Users    wire.List[Named]   `json:"User"`
	Contacts wire.List[Contact] `json:"ContactProfile"`
}

// Named is a user in a list.
type Named struct {
	ID       wire.Text `json:"id"`
	FullName wire.Text `json:"full_name"`
	Email    wire.Text `json:"email"`
}

// Contact is a contact profile in a list.
type Contact struct {
	Named
	Tech    wire.Bool `json:"tech"`
	Admin   wire.Bool `json:"admin"`
	Billing wire.Bool `json:"billing"`
}

// People lists users and contact profiles.
//
// Seed 003, "Account - Users": POST /account/users
func (c *Client) People(ctx context.Context) (People, error) {
	a, err := read[struct{ Users People }](ctx, c, "/account/users", nil)
	return a.Users, err
}

// Deposit is the account's money.
type Deposit struct {
	Value    wire.Cents `json:"value"`
	Currency wire.Text  `json:"currency"`
}

// Deposit reads the account's money.
//
// Seed 003, "Account - Deposit information": POST /account/deposit
func (c *Client) Deposit(ctx context.Context) (Deposit, error) {
	a, err := read[struct{ Deposit Deposit }](ctx, c, "/account/deposit", nil)
	return a.Deposit, err
}

// Allowance is what may be spent in a month without a deposit.
type Allowance struct {
	Remaining wire.Cents `json:"remaining"`
	Limit     wire.Cents `json:"limit"`
	Currency  wire.Text  `json:"currency"`
}

// MonthlyAllowance reads the allowance.
//
// Seed 003, "Account - Monthly Allowance Limit information": POST /account/monthly-allowance
func (c *Client) MonthlyAllowance(ctx context.Context) (Allowance, error) {
	a, err := read[struct{ Allowance Allowance }](ctx, c, "/account/monthly-allowance", nil)
	return a.Allowance, err
}

// UserFields are what User, AddUser and EditUser have in common.
type UserFields struct {
	Title            string `json:"title"`
	FirstName        string `json:"firstname"`
	LastName         string `json:"lastname"`
	Email            string `json:"email"`
	Phone            string `json:"phone"`
	Mobile           string `json:"mobile"`
	Fax              string `json:"fax"`
	DirectLine       string `json:"direct_line"`
	Skype            string `json:"skype"`
	Address1         string `json:"address_1"`
	Address2         string `json:"address_2"`
	Address3         string `json:"address_3"`
	AdminContact     bool   `json:"admin_contact"`
	BillingContact   bool   `json:"billing_contact"`
	TechnicalContact bool   `json:"technical_contact"`
	MailingContact   bool   `json:"mailing_contact"`
	City             string `json:"city"`
	State            string `json:"state"`
	Postcode         string `json:"postcode"`
	Country          string `json:"country"`
	Subscribed       bool   `json:"subscribed"`
}

// User is one user.
type User struct {
	FullName           wire.Text `json:"full_name"`
	AccountID          wire.Text `json:"account_id"`
	Email              wire.Text `json:"email"`
	Title              wire.Text `json:"title"`
	FirstName          wire.Text `json:"firstname"`
	LastName           wire.Text `json:"lastname"`
	Phone              wire.Text `json:"phone"`
	SecondFactorMobile wire.Text `json:"second_factor_mobile"`
	Mobile             wire.Text `json:"mobile"`
	Fax                wire.Text `json:"fax"`
	DirectLine         wire.Text `json:"direct_line"`
	Skype              wire.Text `json:"skype"`
	Address1           wire.Text `json:"address_1"`
	Address2           wire.Text `json:"address_2"`
	Address3           wire.Text `json:"address_3"`
	AdminContact       wire.Bool `json:"admin_contact"`
	BillingContact     wire.Bool `json:"billing_contact"`
	TechnicalContact   wire.Bool `json:"technical_contact"`
	MailingContact     wire.Bool `json:"mailing_contact"`
	City               wire.Text `json:"city"`
	State              wire.Text `json:"state"`
	Postcode           wire.Text `json:"postcode"`
	Country            wire.Text `json:"country"`
	Subscribed         wire.Bool `json:"subscribed"`
}

// User reads one user.
//
// Seed 003, "User - View": POST /account/user/{id}
func (c *Client) User(ctx context.Context, id string) (User, error) {
	return read[User](ctx, c, at("account", "user", id), nil)
}

type userID struct {
	ID wire.Text `json:"user_id"`
}

// AddUser adds somebody who signs in, with a first password, and answers the id.
//
// Seed 003, "User - Add": POST /account/users/add
func (c *Client) AddUser(ctx context.Context, u UserFields, password string) (string, error) {
	a, err := send[userID](ctx, c, "/account/users/add", struct {
		UserFields
		Password string `json:"password"`
	}{u, password})
	return a.ID.String(), err
}

// EditUser replaces what is known of a user.
//
// Seed 003, "User - Edit": POST /account/user/{id}/edit
func (c *Client) EditUser(ctx context.Context, id string, u UserFields, vatNumber string) (string, error) {
	a, err := send[userID](ctx, c, at("account", "user", id, "edit"), struct {
		UserFields
		VATNumber string `json:"vat_number"`
	}{u, vatNumber})
	return a.ID.String(), err
}

// ContactProfile is one contact profile.
type ContactProfile struct {
	ID                   wire.Text `json:"id"`
	Email                wire.Text `json:"email"`
	Title                wire.Text `json:"title"`
	FirstName            wire.Text `json:"firstname"`
	LastName             wire.Text `json:"lastname"`
	Admin                wire.Bool `json:"admin"`
	Tech                 wire.Bool `json:"tech"`
	Billing              wire.Bool `json:"billing"`
	CompanyName          wire.Text `json:"company_name"`
	AssumedName          wire.Text `json:"assumed_name"`
	Address1             wire.Text `json:"address_1"`
	Address2             wire.Text `json:"address_2"`
	Address3             wire.Text `json:"address_3"`
	City                 wire.Text `json:"city"`
	County               wire.Text `json:"county"`
	Postcode             wire.Text `json:"postcode"`
	Country              wire.Text `json:"country"`
	Phone                wire.Text `json:"phone"`
	Fax                  wire.Text `json:"fax"`
	RegistrationNumber   wire.Text `json:"registration_number"`
	VATNumber            wire.Text `json:"vat_number"`
	BusinessCategoryCode wire.Text `json:"business_category_code"`
	DUNS                 wire.Text `json:"duns"`
	Active               wire.Bool `json:"active"`
	Deleted              wire.Bool `json:"deleted"`
}

// ContactProfile reads one contact profile.
//
// Seed 003, "Contact Profile - View": POST /account/contact-profile/{id}
func (c *Client) ContactProfile(ctx context.Context, id string) (ContactProfile, error) {
	a, err := read[struct{ ContactProfile ContactProfile }](ctx, c, at("account", "contact-profile", id), nil)
	return a.ContactProfile, err
}

// ContactFields are what a contact profile is made of.
type ContactFields struct {
	Title      string `json:"title"`
	FirstName  string `json:"firstname"`
	LastName   string `json:"lastname"`
	Email      string `json:"email"`
	Phone      string `json:"phone"`
	Mobile     string `json:"mobile"`
	Fax        string `json:"fax"`
	DirectLine string `json:"direct_line"`
	Skype      string `json:"skype"`
	Address1   string `json:"address_1"`
	Address2   string `json:"address_2"`
	Address3   string `json:"address_3"`
	Admin      bool   `json:"admin"`
	Billing    bool   `json:"billing"`
	Tech       bool   `json:"tech"`
	City       string `json:"city"`
	State      string `json:"state"`
	Postcode   string `json:"postcode"`
	Country    string `json:"country"`
}

type contactID struct {
	ID wire.Text `json:"contact_id"`
}

// AddContactProfile adds a contact profile and answers its id.
//
// Seed 003, "Contact Profile - Add": POST /account/contact-profile/add
func (c *Client) AddContactProfile(ctx context.Context, f ContactFields) (string, error) {
	a, err := send[contactID](ctx, c, "/account/contact-profile/add", f)
	return a.ID.String(), err
}

// EditContactProfile replaces what a contact profile is made of.
//
// Seed 003, "Contact Profile - Edit": POST /account/contact-profile/{id}/edit
func (c *Client) EditContactProfile(ctx context.Context, id string, f ContactFields) (string, error) {
	a, err := send[contactID](ctx, c, at("account", "contact-profile", id, "edit"), f)
	return a.ID.String(), err
}
