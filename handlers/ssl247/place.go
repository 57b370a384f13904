package ssl247

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"certbay/db"
	"certbay/db/certs"
	"certbay/handlers/access"
)

// patience is how long a change waits for its outcome; it goes on in the book after that.
const patience = 8 * time.Second

// renewed begins the note of an order that renews another.
const renewed = "Renewal of "

// wish reads a line of an order, or a quick order. Errors: *wrongField.
func (c *call) wish(line node) (n db.NewOrder, err error) {
	p, err := c.sold(line.text("product_code"))
	if errors.Is(err, errNoProduct) {
		err = &wrongField{"product_code", "there is no such product: " + line.text("product_code")}
	}
	if err != nil {
		return n, err
	}
	term, err := line.number("years", 1, 1)
	if err != nil {
		return n, err
	}
	sans, err := line.number("san", 0, 0)
	if err != nil {
		return n, err
	}
	if quantity, err := line.number("quantity", 1, 1); err != nil || quantity > 1 {
		return n, cmp.Or(err, error(errOneLine))
	}
	return db.NewOrder{ProductID: p.ID, Months: 12 * min(term, 1000), Domain: line.text("common_name"), SANs: line.names("sans"), SANCount: sans,
		Reference: c.fields.text("reference")}, nil
}

// line is the one line of an order. Errors: *wrongField, errOneLine.
func (c *call) line() (node, error) {
	lines := c.fields.list("order")
	switch {
	case len(lines) == 0:
		return node{}, &wrongField{"order", "a line with product_code, common_name and years is needed"}
	case len(lines) > 1:
		return node{}, errOneLine
	}
	return lines[0], c.checkBilling()
}

// checkBilling refuses a billing contact that there is not.
func (c *call) checkBilling() error {
	if !c.fields.given("billing_contact_id") {
		return nil
	}
	_, err := c.contactProfile(c.fields.text("billing_contact_id"))
	if errors.Is(err, errNoContact) {
		return &wrongField{"billing_contact_id", "there is no such contact profile"}
	}
	return err
}

type priced struct {
	Type             string `json:"type"`
	ProductID        string `json:"product_id"`
	ProductTypeID    string `json:"product_type_id"`
	Years            string `json:"years"`
	Quantity         string `json:"quantity"`
	Licenses         string `json:"licenses"`
	Code             string `json:"code"`
	PreDiscountTotal string `json:"pre_discount_total"`
	Total            string `json:"total"`
	DiscountAmount   string `json:"discount_amount"`
	Discount         string `json:"discount"`
	DiscountReason   string `json:"discount_reason"`
	Free             string `json:"free"`
	Label            string `json:"label"`
	Value            string `json:"value"`
	OrderLineID      string `json:"order_line_id"`
}

type pricedAddon struct {
	IndexLink string `json:"index_link"`
	priced
	ProductTypeAddonID string `json:"product_type_addon_id"`
	ProductAddonID     string `json:"product_addon_id"`
}

type orderLine struct {
	priced
	ContractID            string        `json:"contract_id"`
	OriginalCertificateID string        `json:"original_certificate_id"`
	Addons                []pricedAddon `json:"addons"`
	NextStep              int           `json:"nextstep"`
}

type validity struct {
	Valid      bool
	OrderLines []orderLine
}

// validate is /order/certificate/validate: what the order would cost, or that it
// can't be placed and, in StatusDescription, why.
func (c *call) validate() (any, error) {
	line, err := c.line()
	if err != nil {
		return nil, err
	}
	n, err := c.wish(line)
	var d db.Draft
	if err == nil {
		d, err = c.Book.Draft(c.Ctx, c.Caller.ResellerID, n)
	}
	var field *wrongField
	var rejected *db.Rejected
	if errors.As(err, &field) || errors.As(err, &rejected) {
		_, c.words = c.explain(err)
		return validity{false, []orderLine{}}, nil
	}
	if err != nil {
		return nil, err
	}
	return validity{true, []orderLine{lineOf(d)}}, nil
}

// lineOf prices an order: the certificate, and each kind of further names.
func lineOf(d db.Draft) orderLine {
	p, term := d.Product, strconv.Itoa(d.Months/12)
	base := d.Quote.Base - d.Quote.Discount
	l := orderLine{Addons: []pricedAddon{}, NextStep: 1, priced: priced{Type: "certificate", ProductID: id(p.ID), ProductTypeID: string(p.Kind), Years: term, Quantity: "1",
		Licenses: "1", Code: id(p.ID), PreDiscountTotal: decimal(d.Quote.Base), Total: decimal(base), DiscountAmount: decimal(d.Quote.Discount), Free: "0", Label: p.Name, Value: d.Domain}}
	if d.Quote.Base > 0 {
		l.Discount = strconv.FormatInt(d.Quote.Discount*100/d.Quote.Base, 10)
	}
	for _, a := range []struct {
		kind            string
		count, included int
		cents           int64
	}{{plainSAN, d.SANCount, p.SANIncluded, d.Term.SANCents}, {wildcardSAN, d.WildcardSANCount, p.WildcardSANIncluded, d.Term.WildcardSANCents}} {
		if a.count == 0 {
			continue
		}
		names := slices.DeleteFunc(slices.Clone(d.SANs), func(n string) bool { return strings.HasPrefix(n, "*.") != (a.kind == wildcardSAN) })
		total := decimal(int64(max(0, a.count-a.included)) * a.cents)
		l.Addons = append(l.Addons, pricedAddon{IndexLink: "0", ProductTypeAddonID: a.kind, ProductAddonID: a.kind, priced: priced{Type: a.kind, ProductID: id(p.ID),
			ProductTypeID: string(p.Kind), Years: term, Quantity: strconv.Itoa(a.count), Licenses: "1", Code: a.kind, PreDiscountTotal: total, Total: total,
			DiscountAmount: decimal(0), Free: strconv.Itoa(min(a.count, a.included)), Label: a.kind, Value: strings.Join(names, ",")}})
	}
	return l
}

type placedOrder struct {
	OrderID     string `json:"order_id"`
	Label       string `json:"label"`
	Total       amount `json:"total"`
	Certificate struct {
		ID string `json:"id"`
	}
}

type placed struct {
	OrderRef int64 `json:"order_ref"`
	Order    []placedOrder
	Invoice  struct {
		ID         string `json:"id"`
		Total      amount `json:"total"`
		Currency   string `json:"currency"`
		InvoiceRef int64  `json:"invoice_ref"`
		VAT        amount `json:"vat"`
	}
}

// placeOrder is /order/certificate/place-order: it buys, and the certificate waits
// for its completion.
func (c *call) placeOrder() (any, error) {
	o, err := c.happenedOr(func() (db.Order, error) {
		line, err := c.line()
		if err != nil {
			return db.Order{}, err
		}
		n, err := c.wish(line)
		if err != nil {
			return db.Order{}, err
		}
		return c.Book.PlaceOrder(c.Ctx, c.Caller.Actor(), c.Caller.ResellerID, n)
	})
	if err != nil {
		return nil, err
	}
	i, err := c.Book.OrderInvoice(c.Ctx, o.ID)
	if err != nil {
		return nil, err
	}
	answer := placed{OrderRef: o.ID, Order: []placedOrder{{OrderID: id(o.ID), Label: o.ProductName, Total: amount(o.TotalCents)}}}
	answer.Order[0].Certificate.ID = id(o.ID)
	answer.Invoice.ID, answer.Invoice.InvoiceRef, answer.Invoice.Currency = id(i.ID), i.ID, i.Currency
	answer.Invoice.Total, answer.Invoice.VAT = amount(i.TotalCents), amount(i.TaxCents)
	return answer, nil
}

// happenedOr is the order that an earlier attempt of this request made, or else what
// making it answers.
func (c *call) happenedOr(make func() (db.Order, error)) (db.Order, error) {
	if done := c.Happened(); done != 0 {
		return c.Book.Order(c.Ctx, c.Caller.ResellerID, done)
	}
	return make()
}

type completedCertificate struct {
	ID     string     `json:"id"`
	Status string     `json:"status,omitempty"`
	Logs   []logEntry `json:"logs,omitempty"`
}

type completed struct {
	OrderRef    int64 `json:"order_ref"`
	Certificate []completedCertificate
}

// complete is /order/certificate/complete: the CSR, how the names are proven, and
// the contacts of a certificate that was bought.
func (c *call) complete() (any, error) {
	o, err := c.ownCertificate(c.fields.text("certificate_id"))
	if err != nil {
		return nil, err
	}
	if c.Happened() == 0 {
		config, err := c.completion(o)
		if err != nil {
			return nil, err
		}
		if err := c.configure(o, config); err != nil {
			return nil, err
		}
	}
	if o, err = c.Book.Order(c.Ctx, o.ResellerID, o.ID); err != nil {
		return nil, err
	}
	if o.Status == db.StatusPendingConfiguration {
		return nil, &access.UpstreamRefused{Words: o.Message}
	}
	logs, err := c.logs(o)
	return completed{o.ID, []completedCertificate{{id(o.ID), statusOf(o, c.Book.Now()).Code, logs}}}, err
}

// configure hands a configuration in and waits a while for what becomes of it.
func (c *call) configure(o db.Order, config db.Configuration) error {
	job, err := c.Book.Configure(c.Ctx, c.Caller.Actor(), o.ResellerID, o.ID, config)
	switch {
	case errors.Is(err, db.ErrStale) && !o.Paid:
		return errUnpaid
	case errors.Is(err, db.ErrStale):
		return errNotCompleted
	case err != nil:
		return err
	}
	return c.Gate.Await(c.Ctx, patience, job)
}

// completion is the configuration of an order. A further name must be one that was
// ordered or one of the CSR, where there is a place for it. Errors: *wrongField.
func (c *call) completion(o db.Order) (db.Configuration, error) {
	if name := c.fields.text("common_name"); name != "" && o.Domain != "" {
		if ascii, err := certs.NormalizeName(name); err != nil || ascii != o.Domain {
			return db.Configuration{}, &wrongField{"common_name", "the certificate was ordered for " + o.Domain}
		}
	}
	config, names, err := c.configuration(o.Domain)
	if err != nil {
		return config, err
	}
	entered, err := c.Book.Names(c.Ctx, o.ID)
	if err != nil {
		return config, err
	}
	csr, err := certs.ParseCSR(config.CSR)
	if err != nil {
		return config, err
	}
	for _, name := range names {
		if !slices.Contains(entered, name) && !slices.Contains(csr.Names, name) {
			return config, &wrongField{"Addon", name + " was not ordered and is not in the CSR"}
		}
	}
	return config, nil
}

// configuration reads the CSR, how the names are proven, and the contacts; names are
// those beside the domain. Errors: *wrongField.
func (c *call) configuration(domain string) (config db.Configuration, names []string, err error) {
	f := c.fields
	config = db.Configuration{CSR: f.text("csr"), Email: f.text("approver_email")}
	word := strings.ToLower(f.text("dv_auth_method"))
	if word == "" && domain != "" {
		word = "email"
	}
	if config.Method = methodOf[word]; config.Method == "" && domain != "" {
		return config, nil, &wrongField{"dv_auth_method", "must be email, dns or file: " + word}
	}
	if domain != "" {
		config.Choices = []db.NameChoice{{Name: domain, Method: config.Method, Email: config.Email}}
	}
	for _, a := range f.list("Addon") {
		typed := a.text("value")
		if typed == "" {
			continue
		}
		name, err := certs.NormalizeName(typed)
		if err != nil {
			return config, nil, &wrongField{"Addon", "is no domain: " + typed}
		}
		if name == domain || slices.Contains(names, name) {
			continue
		}
		names = append(names, name)
		email := a.text("approver_email")
		if local, _, ok := strings.Cut(config.Email, "@"); email == "" && ok {
			email = local // the same mailbox, at the name's own domain
		}
		method := config.Method
		if method == "http" && strings.HasPrefix(name, "*.") {
			method = "dns"
		}
		config.Choices = append(config.Choices, db.NameChoice{Name: name, Method: method, Email: email})
	}
	config.Email, _, _ = strings.Cut(config.Email, "@") // of names that only the CSR knows
	config.Contact, err = c.contact()
	return config, names, err
}

// contact is the administrator and the company of a request; where they are left
// out, the account's default contact profile.
func (c *call) contact() (db.Contact, error) {
	f := c.fields
	if !f.given("Contacts") {
		return c.defaultContact()
	}
	admin, tech := f.at("Contacts", "Administrative"), f.at("Contacts", "Technical")
	either := func(name string) string { return cmp.Or(admin.text(name), tech.text(name)) }
	return db.Contact{
		FirstName: either("firstname"), LastName: either("lastname"), Title: either("title"), Email: either("email"), Phone: either("phone"),
		Organisation: cmp.Or(f.text("Contacts", "Company", "organisation_legal_name"), either("organisation")),
		Street:       strings.TrimSpace(either("address_1") + " " + either("address_2")), City: either("city"), Province: either("region"),
		PostalCode: either("postcode"), Country: strings.ToUpper(either("country")), Delivery: f.text("delivery"),
	}, nil
}
