package handlers

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/views"
)

// methodOrder is how DCV methods are offered: the recommended one first.
var methodOrder = []string{"dns", "http", "https", "email"}

// offered sorts a product's methods the way they are offered.
func offered(methods []string) []string {
	var list []string
	for _, m := range methodOrder {
		if slices.Contains(methods, m) {
			list = append(list, m)
		}
	}
	return list
}

// ConfigureForm is GET /orders/:id/configure.
func (h *Handlers) ConfigureForm(c echo.Context) error {
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	if !o.Paid || o.Status != db.StatusPending && o.Status != db.StatusPendingConfiguration {
		return seeOther(c, orderPath(o.ID, ""))
	}
	if o.Kind == db.KindLicence {
		return h.showCorrectLicence(c, http.StatusOK, o, o.Domain, nil)
	}
	f, err := h.firstForm(c, o)
	if err != nil {
		return err
	}
	return h.showConfigure(c, http.StatusOK, o, f, nil)
}

// Configure is POST /orders/:id/configure: the CSR and how the names are proven.
func (h *Handlers) Configure(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	if o.Kind == db.KindLicence {
		return h.correctLicence(c, o)
	}
	f := views.ConfigureForm{
		CSR: c.FormValue("csr"), Method: c.FormValue("method"), Email: c.FormValue("email"),
		Organisation: c.FormValue("organisation"), Street: c.FormValue("street"), City: c.FormValue("city"),
		Country: strings.ToUpper(strings.TrimSpace(c.FormValue("country"))), Phone: c.FormValue("phone"),
		FirstName: c.FormValue("first_name"), LastName: c.FormValue("last_name"), ContactEmail: strings.TrimSpace(c.FormValue("contact_email")),
		Delivery: c.FormValue("delivery"),
	}
	if id, _ := strconv.ParseInt(c.FormValue("contact"), 10, 64); c.FormValue("fill") != "" && id != 0 {
		return h.fillConfigure(c, o, f, id)
	}
	job, err := h.Book.Configure(ctx, actor(c), o.ResellerID, o.ID, db.Configuration{CSR: f.CSR, Method: f.Method, Email: f.Email, Contact: db.Contact{
		FirstName: f.FirstName, LastName: f.LastName, Email: f.ContactEmail, Phone: f.Phone,
		Organisation: f.Organisation, Street: f.Street, City: f.City, Country: f.Country, Delivery: f.Delivery,
	}})
	var bad *certs.CSRError
	var rejected *db.Rejected
	switch {
	case errors.As(err, &bad):
		if bad.Code == certs.CSRIsPrivateKey {
			f.CSR = "" // a key is not shown again, not even to who pasted it
		}
		return h.showConfigure(c, http.StatusUnprocessableEntity, o, f, views.Problems{csrProblem(bad)})
	case errors.As(err, &rejected):
		return h.showConfigure(c, http.StatusUnprocessableEntity, o, f, orderProblems(rejected))
	case err != nil:
		return err
	}
	if err := h.await(c, job); err != nil {
		return err
	}
	if o, err = h.ownOrder(c); err != nil {
		return err
	}
	switch o.Status {
	case db.StatusPendingConfiguration:
		return seeOther(c, orderPath(o.ID, "/configure"))
	case db.StatusValidationPending:
		if len(offered(h.methodsOf(c, o))) > 0 {
			return seeOther(c, orderPath(o.ID, "/dcv"))
		}
	}
	return seeOther(c, orderPath(o.ID, ""))
}

// methodsOf are the DCV methods of an order's product; none when it has no domain.
func (h *Handlers) methodsOf(c echo.Context, o db.Order) []string {
	p, err := h.Book.OrderedProduct(c.Request().Context(), o.ProductID)
	if err != nil || !p.HasDomain() {
		return nil
	}
	return p.DCVMethods
}

// csrProblem puts what is wrong with a CSR beside its field.
func csrProblem(e *certs.CSRError) views.Problem {
	fault := views.CSRFault{Code: string(e.Code), Expected: certs.UnicodeName(e.Expected), Name: e.Name, Algorithm: e.Algorithm,
		Curve: e.Curve, KeyType: e.KeyType, Bits: e.Bits, Min: e.Min, Max: e.Max, Count: e.Count}
	var found []string
	for _, name := range e.Found {
		found = append(found, certs.UnicodeName(name))
	}
	fault.Found = strings.Join(found, ", ")
	return views.CSRProblem("csr", fault)
}

func (h *Handlers) showConfigure(c echo.Context, status int, o db.Order, f views.ConfigureForm, problems views.Problems) error {
	ctx := c.Request().Context()
	p, err := h.Book.OrderedProduct(ctx, o.ProductID)
	if err != nil {
		return err
	}
	entered, err := h.Book.Names(ctx, o.ID)
	if err != nil {
		return err
	}
	m := views.ConfigurePage{
		OrderHead: orderHead(o), Form: f, Problems: problems, Message: o.Message,
		NeedsOrganisation: p.NeedsOrganisation(),
	}
	if p.HasDomain() {
		m.Methods = offered(p.DCVMethods)
		m.CSRNames = append([]string{o.Domain}, entered...)
		for _, name := range m.CSRNames {
			m.Names = append(m.Names, certs.UnicodeName(name))
		}
		m.Places = max(0, o.Places(p)-len(m.CSRNames))
		m.Approvers = approversFor(m.CSRNames)
		m.KeyFile = certs.FileName(o.Domain, "key")
	}
	if m.NeedsOrganisation {
		if m.Contacts, err = h.contactOptions(c); err != nil {
			return err
		}
	}
	if m.CSRBefore, err = h.csrBefore(c, o); err != nil {
		return err
	}
	if p.Kind == db.KindCodeSigning {
		m.Deliveries = db.Deliveries
	}
	if csr, err := certs.ParseCSR(f.CSR); err == nil {
		m.Decoded = csrPreview(csr)
	}
	return show(h, c, status, views.Configure, m)
}

// approversFor are the mailboxes that may approve: whole addresses for a single
// name, only the part before @ where every name has its own domain.
func approversFor(names []string) []string {
	if len(names) == 1 {
		return approverAddresses(names[0])
	}
	return db.ApproverLocals
}

// approverAddresses are the addresses a CA may write to about a name.
func approverAddresses(name string) []string {
	bare := strings.TrimPrefix(name, "*.")
	var list []string
	for _, host := range slices.Compact([]string{bare, certs.BaseDomain(name)}) {
		for _, local := range db.ApproverLocals {
			list = append(list, local+"@"+host)
		}
	}
	return list
}

func csrPreview(csr *certs.CSR) *views.CSRPreview {
	p := &views.CSRPreview{CommonName: csr.CommonName, KeyType: csr.KeyType, KeyBits: csr.KeyBits, Curve: csr.Curve,
		Organisation: csr.Organization, City: csr.Locality, Country: csr.Country}
	for _, name := range csr.Names {
		p.Names = append(p.Names, certs.UnicodeName(name))
	}
	return p
}
