package db

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"certbay/db/certs"
)

// Contact is who the CA may ask, and the company an OV, EV or code signing
// certificate names. Country is an ISO 3166 code of two letters.
type Contact struct {
	FirstName    string `json:"first_name,omitempty"`
	LastName     string `json:"last_name,omitempty"`
	Title        string `json:"title,omitempty"`
	Email        string `json:"email,omitempty"`
	Phone        string `json:"phone,omitempty"`
	Organisation string `json:"organisation,omitempty"`
	Street       string `json:"street,omitempty"`
	City         string `json:"city,omitempty"`
	Province     string `json:"province,omitempty"`
	PostalCode   string `json:"postal_code,omitempty"`
	Country      string `json:"country,omitempty"`
	Delivery     string `json:"delivery,omitempty"` // code signing: own_token, shipped_token, hsm
}

// Deliveries are the ways a code signing key reaches its hardware.
var Deliveries = []string{"own_token", "shipped_token", "hsm"}

// ApproverLocals are the only mailboxes a CA may write to for e-mail DCV (BR 3.2.2.4.4).
var ApproverLocals = []string{"admin", "administrator", "webmaster", "hostmaster", "postmaster"}

// Configuration is what a reseller hands in so that the certificate can be made.
type Configuration struct {
	CSR    string
	Method string // for every name; a wildcard name gets dns where files can't prove it
	Email  string // approver for email: one of the five mailboxes at a name's domain, or only the part before @
	Contact

	Choices []NameChoice // names that are proven otherwise
	SANs    []string     // of a reissue: the additional names from now on; nil: as they were ordered
}

// namesOf decides which names the certificate will hold: the order's domain, the
// names entered with the order, then the names of the CSR that fit.
func namesOf(o Order, entered []string, csr *certs.CSR) []string {
	names := []string{o.Domain}
	for _, list := range [][]string{entered, csr.Names} {
		for _, name := range list {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// check reads the CSR and holds it and the DCV choice against the order. It
// returns the parsed CSR and each name's choice. Problems are *certs.CSRError
// for the CSR and *Rejected for the rest. Pure.
func (c Configuration) check(o Order, p Product, entered []string) (*certs.CSR, []DCV, error) {
	csr, err := certs.ParseCSR(c.CSR)
	if err != nil {
		return nil, nil, err
	}
	err = csr.Match(certs.Want{Domain: o.Domain, SANs: entered, MaxNames: o.Places(p),
		Wildcard: p.Kind == KindWildcard, CodeSigning: p.Kind == KindCodeSigning})
	if err != nil {
		return csr, nil, err
	}
	problems := c.contactProblems(p)
	var choices []DCV
	if p.HasDomain() {
		names := namesOf(o, entered, csr)
		problems = append(problems, c.strangeApprovers(names)...)
		for _, name := range names {
			method, email := c.choiceOf(name)
			choice, problem := chooseDCV(p, name, method, email)
			if problem != nil {
				problems = append(problems, *problem)
			}
			choices = append(choices, choice)
		}
	}
	if len(problems) > 0 {
		return csr, choices, &Rejected{problems}
	}
	return csr, choices, nil
}

// chooseDCV picks the method of one name; a wildcard name falls back to dns
// where a file was chosen for all.
func chooseDCV(p Product, name, method, email string) (DCV, *Problem) {
	allowed := p.MethodsFor(name)
	if method == "" {
		method = "dns"
	}
	if !slices.Contains(allowed, method) && strings.HasPrefix(name, "*.") && slices.Contains(p.DCVMethods, method) && slices.Contains(allowed, "dns") {
		method = "dns"
	}
	choice := DCV{Name: name, Method: method, State: DCVWaiting}
	if !slices.Contains(allowed, method) {
		return choice, &Problem{Field: "method", Code: "method_not_offered", Name: name}
	}
	if method != "email" {
		return choice, nil
	}
	address, ok := ApproverEmail(name, email)
	choice.Email = address
	if !ok {
		return choice, &Problem{Field: "email", Code: "approver_not_allowed", Name: name}
	}
	return choice, nil
}

// ApproverEmail completes an approver's address for a name, and says whether a
// CA may write to it: one of the five mailboxes, at the name's own domain or at a
// domain above it down to the registered one. An address at another host stands
// for its mailbox at the name's registered domain. An empty choice is admin@.
func ApproverEmail(name, email string) (string, bool) {
	local, host, _ := strings.Cut(strings.ToLower(strings.TrimSpace(email)), "@")
	if local == "" {
		local = "admin"
	}
	base := certs.BaseDomain(name)
	if !slices.Contains(ApproverLocals, local) || base == "" {
		return local + "@" + base, false
	}
	if above(name, host) {
		return local + "@" + host, true
	}
	return local + "@" + base, true
}

// above says whether a host is a name's own domain or one above it, down to the
// registered one.
func above(name, host string) bool {
	base, bare := certs.BaseDomain(name), strings.TrimPrefix(name, "*.")
	return host == bare || strings.HasSuffix(bare, "."+host) && (host == base || strings.HasSuffix(host, "."+base))
}

// strangeApprover refuses an approver's address that is at the domain of none of
// the names it is for.
func strangeApprover(method, email string, names []string) []Problem {
	_, host, at := strings.Cut(strings.ToLower(strings.TrimSpace(email)), "@")
	if method != "email" || !at || slices.ContainsFunc(names, func(name string) bool { return above(name, host) }) {
		return nil
	}
	return []Problem{{Field: "email", Code: "approver_not_allowed", Name: names[0]}}
}

func (c Configuration) contactProblems(p Product) []Problem {
	var problems []Problem
	need := func(field, value string) {
		if strings.TrimSpace(value) == "" {
			problems = append(problems, Problem{Field: field, Code: "required"})
		}
	}
	for _, f := range []struct{ field, value string }{
		{"organisation", c.Organisation}, {"street", c.Street}, {"city", c.City}, {"province", c.Province}, {"postal_code", c.PostalCode},
		{"phone", c.Phone}, {"first_name", c.FirstName}, {"last_name", c.LastName}, {"title", c.Title}, {"contact_email", c.Contact.Email},
		{"country", c.Country}, {"delivery", c.Delivery},
	} {
		if len([]rune(f.value)) > maxText {
			problems = append(problems, Problem{Field: f.field, Code: "too_long", Max: maxText})
		}
	}
	if p.NeedsOrganisation() {
		need("organisation", c.Organisation)
		need("street", c.Street)
		need("city", c.City)
		need("country", c.Country)
		need("phone", c.Phone)
		need("first_name", c.FirstName)
		need("last_name", c.LastName)
		need("contact_email", c.Contact.Email)
		if c.Country != "" && (len(c.Country) != 2 || strings.ToUpper(c.Country) != c.Country) {
			problems = append(problems, Problem{Field: "country", Code: "bad_country"})
		}
		if c.Contact.Email != "" && !ValidEmail(c.Contact.Email) {
			problems = append(problems, Problem{Field: "contact_email", Code: "bad_email", Name: c.Contact.Email})
		}
	}
	if p.Kind == KindCodeSigning && !slices.Contains(Deliveries, c.Delivery) {
		problems = append(problems, Problem{Field: "delivery", Code: "required"})
	}
	return problems
}

// Configure takes the CSR and the DCV choice for an order whose move it is, and
// writes the wish and its job in one transaction. It returns the job to wait
// for. Errors: *certs.CSRError, *Rejected, ErrNotFound, ErrStale (not the
// reseller's move any more, or not paid).
func (db *DB) Configure(ctx context.Context, by Actor, resellerID, orderID int64, c Configuration) (jobID int64, err error) {
	o, err := db.Order(ctx, resellerID, orderID)
	if err != nil {
		return 0, err
	}
	p, err := db.OrderedProduct(ctx, o.ProductID)
	if err != nil {
		return 0, err
	}
	entered, err := db.Names(ctx, orderID)
	if err != nil {
		return 0, err
	}
	csr, choices, err := c.check(o, p, entered)
	if err != nil {
		return 0, err
	}
	if !p.HasDomain() {
		c.Method = ""
	}
	contact, err := json.Marshal(c.Contact)
	if err != nil {
		return 0, err
	}
	err = db.transact(ctx, func(t *tx) error {
		if !o.Paid || o.Status != StatusPending && o.Status != StatusPendingConfiguration {
			return ErrStale
		}
		if err := move(ctx, t, by, orderID, o.Status, StatusProcessing, "configured", strings.Join(csr.Names, " ")); err != nil {
			return err
		}
		if err := changed(ctx, t, `update orders set fulfilment = 'queued', message = '', contact = $1 where id = $2 and fulfilment in ('none', 'refused')`,
			string(contact), orderID); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `update certificate set state = 'refused' where order_id = $1 and state = 'requested'`, orderID); err != nil {
			return err
		}
		request, err := requestCertificate(ctx, t, o, csr.PEM)
		if err != nil {
			return err
		}
		jobID = request.jobID
		for _, choice := range choices {
			if _, err := t.ExecContext(ctx, `insert into dcv (certificate_id, name, method, email, state) values ($1, $2, $3, $4, 'waiting')`,
				request.certificateID, choice.Name, choice.Method, choice.Email); err != nil {
				return err
			}
		}
		return audit(ctx, t, by, Change{Action: "order.configure", Object: object("order", orderID), ResellerID: resellerID,
			Before: string(o.Status), After: "CSR SHA-256 " + csr.SHA256 + ", DCV " + c.Method})
	})
	if errors.Is(err, ErrStale) {
		return 0, ErrStale
	}
	if err == nil {
		db.At("configuration_committed")
	}
	return jobID, err
}
