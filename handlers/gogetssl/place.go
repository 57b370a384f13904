package gogetssl

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"certbay/db"
	"certbay/db/certs"
	"certbay/handlers/access"
)

const (
	// patience is how long a change waits for its outcome; it goes on in the book after that.
	patience = 8 * time.Second
	// lookPatience is how long a question waits for the authority's word.
	lookPatience = 3 * time.Second
)

// renewed begins the note of an order that renews another.
const renewed = "Renewal of "

// placed is the answer to an order.
type placed struct {
	Approver    proof  `json:"approver_method"`
	OrderID     int64  `json:"order_id,omitempty"`
	InvoiceID   int64  `json:"invoice_id,omitempty"`
	OrderStatus string `json:"order_status,omitempty"`
	success
	OrderAmount amount `json:"order_amount"`
	Currency    string `json:"currency"`
	Tax         price  `json:"tax"`
	TaxRate     string `json:"tax_rate"`
	SAN         []san  `json:"san"`
}

// wish is an order as it was asked for.
type wish struct {
	order  db.NewOrder
	config db.Configuration
}

// addSSLOrder is addSSLOrder: it buys, configures, and waits a while for what has to
// be published. With test or only_validate it only says what would be paid.
func (c *call) addSSLOrder() (any, error) {
	w, err := c.wish()
	if err != nil {
		return nil, err
	}
	return c.buy(w)
}

// addSSLRenewOrder is addSSLRenewOrder: an order for the domain of one whose term
// ends soon.
func (c *call) addSSLRenewOrder() (any, error) {
	w, err := c.wish()
	if err != nil {
		return nil, err
	}
	if c.Happened() == 0 {
		before, err := c.renewable(w.order)
		if err != nil {
			return nil, err
		}
		w.order.Note, w.order.Renews = renewed+before.Number, before.ID
	}
	return c.buy(w)
}

// renewable is the newest active order of the product and domain; a refusal when
// there is none, or when it is too early.
func (c *call) renewable(n db.NewOrder) (db.Order, error) {
	list, _, err := c.Book.OrdersPage(c.Ctx, c.Caller.ResellerID, db.OrderFilter{Search: n.Domain}, 0, mostRows)
	if err != nil {
		return db.Order{}, err
	}
	i := slices.IndexFunc(list, func(o db.Order) bool {
		return o.ProductID == n.ProductID && o.Domain == n.Domain && (o.Status == db.StatusCompleted || o.Status == db.StatusExpired)
	})
	if i < 0 {
		return db.Order{}, errNoRenewal
	}
	if from := list[i].RenewableFrom(); c.Book.Now().Before(from) {
		return list[i], &refusal{said, "Too early to renew", "It can be renewed from " + from.UTC().Format(time.DateOnly)}
	}
	return list[i], nil
}

// addSSLSANOrder is addSSLSANOrder; the price of an order is settled as it is placed.
func (c *call) addSSLSANOrder() (any, error) {
	id, err := c.fields.number("order_id", 1)
	if err != nil {
		return nil, err
	}
	if _, err := c.Book.Order(c.Ctx, c.Caller.ResellerID, id); err != nil {
		return nil, err
	}
	return nil, errNoSANs
}

// buy places an order and configures it. Whatever can be found wrong is found
// before; what the authority refuses at once is given back.
func (c *call) buy(w wish) (any, error) {
	reseller := c.Caller.ResellerID
	var o db.Order
	var err error
	if id := c.Happened(); id != 0 {
		o, err = c.Book.Order(c.Ctx, reseller, id)
	} else {
		var d db.Draft
		if d, err = c.Book.CheckOrder(c.Ctx, reseller, w.order, w.config); errors.Is(err, db.ErrNotFound) {
			return nil, errNoProduct
		}
		if err != nil {
			return nil, err
		}
		if c.fields.yes("test") || c.fields.yes("only_validate") {
			return placed{success: ok, OrderAmount: amount(d.Quote.Total), Currency: currency, Tax: price(d.Quote.Tax), TaxRate: percent(d.TaxRateBP), SAN: []san{}}, nil
		}
		o, err = c.Book.PlaceOrder(c.Ctx, c.Caller.Actor(), reseller, w.order)
	}
	if err != nil {
		return nil, err
	}
	if o.Paid && o.Status == db.StatusPending {
		job, err := c.Book.Configure(c.Ctx, c.Caller.Actor(), reseller, o.ID, w.config)
		if err != nil {
			if !errors.Is(err, db.ErrStale) {
				c.GiveBack(o, patience)
			}
			return nil, err
		}
		if err := c.Gate.Await(c.Ctx, patience, job); err != nil {
			return nil, err
		}
	}
	if o, err = c.Book.Order(c.Ctx, reseller, o.ID); err != nil {
		return nil, err
	}
	if o.Status == db.StatusPendingConfiguration {
		words := o.Message
		if c.GiveBack(o, patience) {
			return nil, &access.UpstreamRefused{Words: words}
		}
	}
	return c.placedAnswer(o)
}

func (c *call) placedAnswer(o db.Order) (any, error) {
	i, err := c.Book.OrderInvoice(c.Ctx, o.ID)
	if err != nil {
		return nil, err
	}
	s, err := c.standing(o)
	if err != nil {
		return nil, err
	}
	return placed{Approver: s.Approver, OrderID: o.ID, InvoiceID: i.ID, OrderStatus: s.Status, success: ok, OrderAmount: amount(o.TotalCents), Currency: currency,
		Tax: price(o.TaxCents), TaxRate: percent(i.Snapshot.TaxRateBP), SAN: s.SAN}, nil
}

// wish reads the parameters of an order. Errors: *wrongField, *certs.CSRError.
func (c *call) wish() (w wish, err error) {
	f := c.fields
	productID, err := f.number("product_id", 1)
	if err != nil {
		return w, err
	}
	months, err := f.number("period", 1)
	if err != nil {
		return w, err
	}
	text, err := f.need("csr")
	if err != nil {
		return w, err
	}
	csr, err := certs.ParseCSR(text)
	if err != nil {
		return w, err
	}
	if len(csr.Names) == 0 {
		return w, &wrongField{"csr", "it names no domain"}
	}
	w.order = db.NewOrder{ProductID: productID, Months: int(min(months, 1<<31-1)), Domain: csr.Names[0]}
	if w.config, err = c.configuration(csr.Names[0]); err != nil {
		return w, err
	}
	w.order.SANs, w.order.Reference = w.config.SANs, f.text("unique_code")
	return w, c.uniqueCode()
}

// uniqueCode checks the random value that a program may choose. The authorities
// behind the book choose it themselves, which custom_dcv_random_value says; the
// order keeps it, so that a program whose answer was lost can tell its order by it.
func (c *call) uniqueCode() error {
	code := c.fields.text("unique_code")
	if code == "" || len(code) >= 15 && len(code) <= 20 && strings.Trim(strings.ToLower(code), "abcdefghijklmnopqrstuvwxyz0123456789") == "" {
		return nil
	}
	return &wrongField{"unique_code", "must be 15 to 20 letters and digits"}
}

// configuration reads the CSR, the names beside the domain, how each is proven, and
// the contacts. Errors: *wrongField.
func (c *call) configuration(domain string) (db.Configuration, error) {
	f := c.fields
	method, email, err := c.mainMethod()
	if err != nil {
		return db.Configuration{}, err
	}
	config := db.Configuration{CSR: f.text("csr"), Method: method, Email: email, SANs: []string{}, Choices: []db.NameChoice{{Name: domain, Method: method, Email: email}}, Contact: c.contact()}
	if err := provable("dcv_method", domain, method); err != nil {
		return config, err
	}
	names, approvers := f.list("dns_names"), f.list("approver_emails")
	if len(approvers) > 0 && len(approvers) != len(names) {
		return config, &wrongField{"approver_emails", "one is needed for each of dns_names, and none for the domain of the CSR"}
	}
	for i, typed := range names {
		name, err := certs.NormalizeName(typed)
		if err != nil {
			return config, &wrongField{"dns_names", err.Error()}
		}
		if name == domain || slices.Contains(config.SANs, name) {
			continue
		}
		config.SANs = append(config.SANs, name)
		choice := db.NameChoice{Name: name, Method: method}
		if len(approvers) > 0 {
			if choice.Method, choice.Email, err = methodOf("approver_emails", approvers[i]); err != nil {
				return config, err
			}
			if err := provable("approver_emails", name, choice.Method); err != nil {
				return config, err
			}
		}
		config.Choices = append(config.Choices, choice)
	}
	return config, nil
}

// mainMethod is how the domain is proven. Older programs send only approver_email,
// which may be a method as well.
func (c *call) mainMethod() (method, email string, err error) {
	said, approver := c.fields.text("dcv_method"), c.fields.text("approver_email")
	if said == "" && approver == "" {
		return "", "", &wrongField{"dcv_method", "is required"}
	}
	if method, email, err = methodOf("dcv_method", cmp.Or(said, approver)); err != nil {
		return "", "", err
	}
	if method == "email" && strings.Contains(approver, "@") {
		email = approver
	}
	if method == "email" && email == "" {
		return "", "", &wrongField{"approver_email", "is required when dcv_method is email"}
	}
	return method, email, nil
}

var methodWords = map[string]string{
	"email": "email", "http": "http", "https": "https", "dns": "dns", "cname": "dns", "txt": "dns",
	"http_csr_hash": "http", "https_csr_hash": "https", "cname_csr_hash": "dns",
}

// methodOf reads a method, or an approver's address, which is the method email.
func methodOf(field, typed string) (method, email string, err error) {
	if strings.Contains(typed, "@") {
		return "email", strings.ToLower(typed), nil
	}
	if method = methodWords[strings.ToLower(typed)]; method == "" {
		return "", "", &wrongField{field, "must be an approver's e-mail address, http, https or dns: " + typed}
	}
	return method, "", nil
}

// provable refuses a file for a wildcard name; the book would take a record in its
// stead, which is not what was asked for.
func provable(field, name, method string) error {
	if strings.HasPrefix(name, "*.") && (method == "http" || method == "https") {
		return &wrongField{field, "a wildcard name can't be proven by a file, only by dns or email: " + name}
	}
	return nil
}

// contact is the administrator and the organisation. Where the organisation's own
// fields are empty, the administrator's stand for them.
func (c *call) contact() db.Contact {
	f := c.fields
	return db.Contact{
		FirstName: f.first("admin_firstname", "tech_firstname"), LastName: f.first("admin_lastname", "tech_lastname"), Title: f.first("admin_title", "tech_title"),
		Email: f.first("admin_email", "tech_email"), Phone: f.first("org_phone", "admin_phone", "tech_phone"),
		Organisation: f.first("org_name", "admin_organization"), Street: f.first("org_addressline1", "admin_addressline1"), City: f.first("org_city", "admin_city"),
		Province: f.first("org_region", "admin_region"), PostalCode: f.first("org_postalcode", "admin_postalcode"), Country: strings.ToUpper(f.first("org_country", "admin_country")),
	}
}

// cancelSSLOrder is cancelSSLOrder. The money comes back at once, or when the
// authority has confirmed. Asking again for an order that is cancelled succeeds.
func (c *call) cancelSSLOrder() (any, error) {
	id, err := c.fields.number("order_id", 1)
	if err != nil {
		return nil, err
	}
	o, err := c.Book.Order(c.Ctx, c.Caller.ResellerID, id)
	if err != nil {
		return nil, err
	}
	answer := struct {
		OrderID int64 `json:"order_id"`
		success
	}{o.ID, ok}
	if o.Status == db.StatusCancelled || c.Happened() != 0 {
		return answer, nil
	}
	err = c.Change(o.ID, errTooLate, patience, func(ctx context.Context) ([]int64, error) {
		job, err := c.Book.CancelOrder(ctx, c.Caller.Actor(), o.ResellerID, o.ID)
		return []int64{job}, err
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}
