package gogetssl

import (
	"crypto/subtle"
	"strings"

	"certbay/db"
	"certbay/handlers/access"
)

const currency = "USD"

// keyGiven is the answer of auth.
type keyGiven struct {
	Key string `json:"key"`
	success
}

// auth is auth: user is the reseller's e-mail address, or that of one of its
// people; pass is an API key, which then is the auth_key too. It says the same of a
// wrong user, a wrong password and an account that may not come in.
func (c *call) auth() (any, error) {
	user, pass := strings.ToLower(c.fields.text("user")), c.fields.text("pass")
	if user == "" || pass == "" {
		return nil, errLogin
	}
	switch err := c.Admit(pass); {
	case access.Refused(err):
		return nil, errLogin
	case err != nil:
		return nil, err
	}
	known, err := c.isUser(user)
	if err != nil {
		return nil, err
	}
	if !known {
		c.Caller = access.Caller{}
		return nil, errLogin
	}
	return keyGiven{pass, ok}, nil
}

// isUser says whether an address belongs to the caller's reseller.
func (c *call) isUser(user string) (bool, error) {
	reseller, err := c.Book.Reseller(c.Ctx, c.Caller.ResellerID)
	if err != nil {
		return false, err
	}
	known := subtle.ConstantTimeCompare([]byte(strings.ToLower(reseller.Email)), []byte(user)) == 1
	people, err := c.Book.Staff(c.Ctx, reseller.ID)
	if err != nil {
		return false, err
	}
	for _, p := range people {
		known = known || strings.ToLower(p.Email) == user
	}
	return known, nil
}

type accountAnswer struct {
	success
	Company  string `json:"company_name"`
	Name     string `json:"first_name"`
	LastName string `json:"last_name"`
	Email    string `json:"email"`
	Address  string `json:"address"`
	City     string `json:"city"`
	Country  string `json:"country"`
	Currency string `json:"currency"`
}

// account is getAccountDetails. A reseller is a company, so it has no last name.
func (c *call) account() (any, error) {
	r, err := c.Book.Reseller(c.Ctx, c.Caller.ResellerID)
	return accountAnswer{ok, r.Company, r.Name, "", r.Email, r.Address, r.City, r.Country, currency}, err
}

type balanceAnswer struct {
	success
	Balance  price  `json:"balance"`
	Currency string `json:"currency"`
}

// balance is getAccountBalance.
func (c *call) balance() (any, error) {
	cents, _, err := c.Book.Wallet(c.Ctx, c.Caller.ResellerID)
	return balanceAnswer{ok, price(cents), currency}, err
}

// totalOrders counts all orders ever placed.
func (c *call) totalOrders() (any, error) {
	_, n, err := c.Book.OrdersPage(c.Ctx, c.Caller.ResellerID, db.OrderFilter{}, 0, 0)
	return struct {
		success
		Total int `json:"total_orders"`
	}{ok, n}, err
}

// totalTransactions counts the movements of the wallet.
func (c *call) totalTransactions() (any, error) {
	_, n, err := c.Book.Statement(c.Ctx, c.Caller.ResellerID, db.Page{Limit: 1})
	return struct {
		success
		Total int `json:"total_transactions"`
	}{ok, n}, err
}

// invoice is a row of getAllInvoices, and what getOrderInvoice tells.
type invoice struct {
	ID            int64  `json:"id"`
	OrderID       int64  `json:"order_id"`
	Number        string `json:"number"`
	Date          day    `json:"date"`
	Subtotal      price  `json:"subtotal"`
	Tax           price  `json:"tax"`
	TaxRate       string `json:"tax_rate"`
	Total         price  `json:"total"`
	Status        string `json:"status"`
	Currency      string `json:"currency"`
	PaymentMethod string `json:"payment_method"`
}

// invoiceOf writes an invoice; this dialect knows unpaid, paid and cancelled.
func invoiceOf(i db.Invoice) invoice {
	status := i.Status
	if status == db.InvoiceSent {
		if status = db.InvoiceUnpaid; !i.PaidAt.IsZero() {
			status = db.InvoicePaid
		}
	}
	return invoice{ID: i.ID, OrderID: i.OrderID, Number: i.Number, Date: day{i.CreatedAt}, Subtotal: price(i.NetCents), Tax: price(i.TaxCents), TaxRate: percent(i.Snapshot.TaxRateBP),
		Total: price(i.TotalCents), Status: string(status), Currency: i.Currency, PaymentMethod: "balance"}
}

// invoices is getAllInvoices: the newest first, limit and offset where a program
// pages, else the newest thousand.
func (c *call) invoices() (any, error) { return c.invoiceList("") }

func (c *call) unpaidInvoices() (any, error) { return c.invoiceList(db.InvoiceUnpaid) }

func (c *call) invoiceList(status db.InvoiceStatus) (any, error) {
	p, err := c.page()
	if err != nil {
		return nil, err
	}
	var list []db.Invoice
	// The book answers short pages, and none below a depth.
	for more := p.Limit; more > 0 && p.Offset <= db.MaxOffset; {
		p.Limit = min(more, bookPage)
		some, _, err := c.Book.Invoices(c.Ctx, c.Caller.ResellerID, status, p)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
		if len(some) < p.Limit {
			break
		}
		p.Offset, more = p.Offset+len(some), more-len(some)
	}
	answer := struct {
		success
		Invoices []invoice `json:"invoices"`
	}{ok, []invoice{}}
	for _, i := range list {
		answer.Invoices = append(answer.Invoices, invoiceOf(i))
	}
	return answer, nil
}

// orderInvoice is getOrderInvoice.
func (c *call) orderInvoice() (any, error) {
	if _, err := c.Book.Order(c.Ctx, c.Caller.ResellerID, c.id); err != nil {
		return nil, err
	}
	i, err := c.Book.OrderInvoice(c.Ctx, c.id)
	return struct {
		success
		invoice
	}{ok, invoiceOf(i)}, err
}

const (
	// mostRows bounds a list.
	mostRows = 1000
	// bookPage is what of a list the book answers at once.
	bookPage = 200
)

// page is the part of a list that is asked for.
func (c *call) page() (db.Page, error) {
	p := db.Page{Limit: mostRows}
	if c.fields.text("limit") != "" {
		n, err := c.fields.number("limit", 1)
		if err != nil {
			return p, err
		}
		p.Limit = int(min(n, mostRows))
	}
	if c.fields.text("offset") != "" {
		n, err := c.fields.number("offset", 0)
		if err != nil {
			return p, err
		}
		p.Offset = int(min(n, 1<<31-1))
	}
	return p, nil
}
