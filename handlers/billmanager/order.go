package billmanager

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
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

// wish is an order as it was asked for.
type wish struct {
	order  db.NewOrder
	config db.Configuration
}

// submitted says whether a form was sent off, or only opened.
func (c *call) submitted() error {
	if c.fields.on("sok") || c.fields.text("clicked_button") != "" {
		return nil
	}
	return errNoSok
}

// sold is the tariff of pricelist.
func (c *call) sold() (db.Product, error) {
	id, err := c.fields.number("pricelist")
	if err != nil {
		return db.Product{}, err
	}
	p, err := c.Book.Product(c.Ctx, c.Caller.ResellerID, id)
	if errors.Is(err, db.ErrNotFound) || err == nil && p.Kind == db.KindLicence {
		return p, errNoTariff
	}
	return p, err
}

// orderForm is func=certificate.order, and certificate.order.param before it is
// sent off: what can be filled in, filled in as far as it was sent.
func (c *call) orderForm() (*node, error) {
	d := doc(c.fn.name)
	for _, name := range []string{"pricelist", "period", "remoteid", "crt_type", "CN", "altname", "approver_method"} {
		d.add(name, c.fields.text(name))
	}
	return d, nil
}

// order is func=certificate.order.param: it buys, configures, and waits a while for
// what the authority says.
func (c *call) order() (*node, error) {
	if c.submitted() != nil {
		return c.orderForm()
	}
	if c.fields.text("skipbasket") != "" && !c.fields.on("skipbasket") {
		return nil, errNoBasket
	}
	p, err := c.sold()
	if err != nil {
		return nil, err
	}
	w, before, err := c.wish(p)
	if err != nil {
		return nil, err
	}
	o, err := c.buy(w, before)
	if err != nil {
		return nil, err
	}
	d := doc(c.fn.name)
	d.add("id", strconv.FormatInt(o.ID, 10))
	if c.key != "" {
		c.shown, c.csr = d, w.config.CSR
	}
	return d.ok(), nil
}

// withKey is an answer with the key that was made for it. It is added after the
// answer was kept for a repetition: nobody keeps keys here.
func (c *call) withKey(a db.OnceAnswer) db.OnceAnswer {
	if c.shown == nil || a.Status != http.StatusOK {
		return a
	}
	c.shown.add("csr", c.csr)
	c.shown.add("key", c.key)
	return c.encode(http.StatusOK, c.shown)
}

// placedBefore is the living order of a reference, and how many there were that are
// living no more.
func (c *call) placedBefore(reference string) (living db.Order, ended int, err error) {
	if reference == "" {
		return living, 0, nil
	}
	list, _, err := c.Book.Orders(c.Ctx, c.Caller.ResellerID, db.OrderFilter{Reference: reference, Page: db.Page{Limit: 100}})
	for _, o := range list {
		if o.Status == db.StatusCancelled {
			ended++
		} else if living.ID == 0 {
			living = o
		}
	}
	return living, ended, err
}

// buy places an order and configures it. Whatever can be found wrong is found
// before; what the authority refuses at once is given back.
func (c *call) buy(w wish, o db.Order) (db.Order, error) {
	reseller := c.Caller.ResellerID
	var err error
	if id := c.Happened(); id != 0 {
		o, err = c.Book.Order(c.Ctx, reseller, id)
	} else if o.ID == 0 {
		if _, err = c.Book.CheckOrder(c.Ctx, reseller, w.order, w.config); err != nil {
			return o, err
		}
		o, err = c.Book.PlaceOrder(c.Ctx, c.Caller.Actor(), reseller, w.order)
	}
	if err != nil {
		return o, err
	}
	if !o.Paid || o.Status != db.StatusPending {
		c.key = "" // it has its CSR, or is not paid
	} else {
		job, err := c.Book.Configure(c.Ctx, c.Caller.Actor(), reseller, o.ID, w.config)
		switch {
		case errors.Is(err, db.ErrStale): // another request with this reference did
			c.key = ""
		case err != nil:
			c.GiveBack(o, patience)
			return o, err
		default:
			if err := c.Gate.Await(c.Ctx, patience, job); err != nil {
				return o, err
			}
		}
	}
	if o, err = c.Book.Order(c.Ctx, reseller, o.ID); err != nil {
		return o, err
	}
	if o.Status == db.StatusPendingConfiguration {
		words := o.Message
		if c.GiveBack(o, patience) {
			return o, &access.UpstreamRefused{Words: words}
		}
	}
	return o, nil
}

// names are those to certify, the domain first. Errors: *wrongField.
func (c *call) names() ([]string, error) {
	typed := c.fields.text("CN")
	if typed == "" {
		return nil, &wrongField{"CN", "The parameter is required"}
	}
	domain, err := certs.NormalizeName(typed)
	if err != nil {
		return nil, &wrongField{"CN", fmt.Sprintf("%q is no name of a domain", typed)}
	}
	names := []string{domain}
	list, err := c.altnames()
	for _, name := range list {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, err
}

// altnames are the additional names.
func (c *call) altnames() ([]string, error) {
	typed := c.fields.list("altname")
	if len(typed) == 0 {
		typed = c.fields.list("altname_input")
	}
	names := []string{}
	for _, t := range typed {
		name, err := certs.NormalizeName(t)
		if err != nil {
			return nil, &wrongField{"altname", fmt.Sprintf("%q is no name of a domain", t)}
		}
		names = append(names, name)
	}
	return names, nil
}

// wish reads the parameters of an order, and the order that there is of it already.
// Errors: *refusal, *wrongField, *certs.CSRError.
func (c *call) wish(p db.Product) (w wish, before db.Order, err error) {
	f := c.fields
	months, err := f.number("period")
	if err != nil {
		return w, before, err
	}
	reference := f.text("remoteid")
	w.order = db.NewOrder{ProductID: p.ID, Months: int(min(months, 1<<31-1)), Reference: reference}
	var ended int
	if before, ended, err = c.placedBefore(reference); err != nil {
		return w, before, err
	}
	if reference != "" {
		sum := sha256.Sum256([]byte(reference))
		w.order.FormToken = fmt.Sprintf("%s %s %d", Dialect, hex.EncodeToString(sum[:16]), ended)
	}
	made := strings.EqualFold(f.text("crt_type"), "generate") && f.text("csr") == ""
	if made {
		names, err := c.names()
		if err != nil {
			return w, before, err
		}
		if before.ID != 0 && before.ProductID == p.ID && before.Domain == names[0] && before.Status != db.StatusPending {
			return w, before, nil // it has its CSR
		}
		if w.config.CSR, c.key, err = c.generate(names); err != nil {
			return w, before, err
		}
	} else {
		w.config.CSR = f.text("csr")
	}
	csr, err := certs.ParseCSR(w.config.CSR)
	if err != nil {
		return w, before, err
	}
	if err := c.fill(&w, p, csr); err != nil {
		return w, before, err
	}
	if before.ID != 0 && (before.ProductID != p.ID || !sameDomain(p, before.Domain, w.order.Domain)) {
		return w, before, errNotFree
	}
	return w, before, nil
}

// sameDomain says whether an order of a product for asked is for domain.
func sameDomain(p db.Product, domain, asked string) bool {
	return domain == asked || !p.HasDomain() || p.Kind == db.KindWildcard && domain == "*."+asked
}

// fill adds the names, how each is proven, and the contacts.
func (c *call) fill(w *wish, p db.Product, csr *certs.CSR) error {
	w.config.Contact = c.contact(p)
	if !p.HasDomain() {
		return nil
	}
	if c.fields.text("CN") == "" && len(csr.Names) > 0 {
		c.fields["CN"] = csr.Names[0]
	}
	names, err := c.names()
	if err != nil {
		return err
	}
	w.order.Domain, w.order.SANs = names[0], names[1:]
	if len(w.order.SANs) == 0 && slices.Contains(csr.Names, names[0]) {
		w.order.SANs = beyond(names[0], csr.Names) // a CSR may name them instead
	}
	if text := c.fields.text("domain_count"); text != "" {
		count, err := strconv.Atoi(text)
		if err != nil || count < 0 || count > 1<<20 {
			return &wrongField{"domain_count", "A whole number is needed"}
		}
		w.order.SANCount = count
	}
	return c.prove(&w.config, append([]string{w.order.Domain}, w.order.SANs...))
}

// beyond are the names that are paid for beside a domain: the twin with or without
// www comes free, beside *.x both x and www.x.
func beyond(domain string, names []string) (list []string) {
	base := strings.TrimPrefix(domain, "*.")
	for _, name := range names {
		if name != domain && name != base && name != "www."+base && "www."+name != domain {
			list = append(list, name)
		}
	}
	return list
}

// prove reads how each name will be proven: one method for all, an approver for each.
func (c *call) prove(config *db.Configuration, names []string) (err error) {
	f := c.fields
	if config.Method, err = methodOf(f.text("approver_method"), f.on("auth_file_protocol")); err != nil || config.Method != "email" {
		return err
	}
	all := f.list("approver_email")
	config.Email = f.text("approver_email_1")
	if config.Email == "" && len(all) > 0 {
		config.Email = all[0]
	}
	for i, name := range names {
		email := f.text("approver_email_" + strconv.Itoa(i+1))
		if email == "" && i < len(all) {
			email = all[i]
		}
		if email == "" && i > 0 {
			continue // as for the domain
		}
		config.Choices = append(config.Choices, db.NameChoice{Name: name, Method: "email", Email: strings.ToLower(email)})
	}
	return nil
}

// contact is the administrator and the organisation; what the organisation's fields
// leave out, those of the CSR say.
func (c *call) contact(p db.Product) db.Contact {
	f := c.fields
	contact := db.Contact{
		FirstName: f.first("adm_fname", "tech_fname"), LastName: f.first("adm_lname", "tech_lname"), Title: f.first("adm_jtitle", "tech_jtitle"),
		Email: f.first("adm_email", "tech_email"), Phone: f.first("org_phone", "adm_phone", "tech_phone"),
		Organisation: f.first("org_name", "O"), Street: f.text("org_address"), City: f.first("org_city", "L"), Province: f.first("org_state", "ST"),
		PostalCode: f.text("org_postcode"), Country: countryOf(f.first("org_country", "field_country", "country")),
	}
	if p.Kind == db.KindCodeSigning {
		contact.Delivery = f.first("delivery")
	}
	return contact
}
