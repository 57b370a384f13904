package gogetssl

import (
	"context"
	"errors"
	"slices"
	"strings"

	"certbay/db"
	"certbay/db/certs"
)

// reissueSSLOrder is reissueSSLOrder.
func (c *call) reissueSSLOrder() (any, error) {
	o, err := c.sslOrder(c.id)
	if err != nil {
		return nil, err
	}
	config, err := c.reissue(o)
	if err != nil {
		return nil, err
	}
	o, err = c.change(o, errNotIssued, func(ctx context.Context) ([]int64, error) {
		job, err := c.Book.Reissue(ctx, c.Caller.Actor(), o.ResellerID, o.ID, config)
		return []int64{job}, err
	})
	if err != nil {
		return nil, err
	}
	s, err := c.standing(o)
	return struct {
		OrderID     int64  `json:"order_id"`
		OrderStatus string `json:"order_status"`
		Validation  proof  `json:"validation"`
		SAN         []san  `json:"san"`
		success
	}{o.ID, "reissue", s.Approver, s.SAN, ok}, err
}

// reissue reads the parameters of a reissue. Without dns_names the names stay as they
// were ordered, without a method each is proven as it was before.
func (c *call) reissue(o db.Order) (db.Configuration, error) {
	f := c.fields
	text, err := f.need("csr")
	if err != nil {
		return db.Configuration{}, err
	}
	if _, err := certs.ParseCSR(text); err != nil {
		return db.Configuration{}, err
	}
	if err := c.uniqueCode(); err != nil {
		return db.Configuration{}, err
	}
	if f.text("dcv_method") == "" && f.text("approver_email") == "" && f.text("dns_names") == "" {
		return db.Configuration{CSR: text}, nil
	}
	config, err := c.configuration(o.Domain)
	if len(config.SANs) == 0 {
		config.SANs = nil
	}
	config.OnlySANs = config.SANs != nil // dns_names are the names, whatever the CSR has beside them
	return config, err
}

// change writes a wish about an order, waits for its outcome and answers the order as
// it is then. What the authority refused meanwhile is the answer. stale is said when
// the order does not stand where it could be done.
func (c *call) change(o db.Order, stale error, wish func(context.Context) ([]int64, error)) (db.Order, error) {
	if c.Happened() == 0 {
		if err := c.Change(o.ID, stale, patience, wish); err != nil {
			return o, err
		}
	}
	return c.Book.Order(c.Ctx, o.ResellerID, o.ID)
}

// changeMethods wishes methods for names; names and words are parameters of those
// names, in the same order.
func (c *call) changeMethods(nameField string, names []string, wordField string, words []string) (db.Order, error) {
	o, err := c.sslOrder(c.id)
	if err != nil {
		return o, err
	}
	if len(names) == 0 || len(names) != len(words) {
		return o, &wrongField{wordField, "one is needed for each of " + nameField}
	}
	var choices []db.NameChoice
	for i, name := range names {
		method, email, err := methodOf(wordField, words[i])
		if err != nil {
			return o, err
		}
		if method == "email" && email == "" {
			email = c.fields.text("approver_email")
		}
		if err := provable(wordField, name, method); err != nil {
			return o, err
		}
		choices = append(choices, db.NameChoice{Name: strings.ToLower(name), Method: method, Email: email})
	}
	if err := c.known(o, nameField, choices); err != nil {
		return o, err
	}
	return c.change(o, errNoDCV, func(ctx context.Context) (jobs []int64, err error) {
		for _, n := range choices {
			more, err := c.Book.ChangeDCV(ctx, c.Caller.Actor(), o.ResellerID, o.ID, n.Name, n.Method, n.Email)
			if err != nil {
				return nil, err
			}
			jobs = append(jobs, more...)
		}
		return jobs, nil
	})
}

// known refuses names that wait for nobody of this order.
func (c *call) known(o db.Order, field string, choices []db.NameChoice) error {
	list, err := c.Book.Certificates(c.Ctx, o.ID)
	if err != nil || len(list) == 0 {
		return err
	}
	rows, err := c.Book.DCVs(c.Ctx, list[0].ID)
	if err != nil {
		return err
	}
	for _, n := range choices {
		if !slices.ContainsFunc(rows, func(d db.DCV) bool { return d.Name == n.Name }) {
			return &wrongField{field, n.Name + " is not in this order"}
		}
	}
	return nil
}

// changeValidationMethod is changeValidationMethod: of one name.
func (c *call) changeValidationMethod() (any, error) {
	return c.changed(c.changeMethods("domain", c.fields.list("domain"), "new_method", c.fields.list("new_method")))
}

// changeDomainsValidationMethod is changeDomainsValidationMethod: of several.
func (c *call) changeDomainsValidationMethod() (any, error) {
	return c.changed(c.changeMethods("domains", c.fields.list("domains"), "new_methods", c.fields.list("new_methods")))
}

// changeDCV is changeDCV: of one name, with the approver beside the method.
func (c *call) changeDCV() (any, error) {
	return c.changed(c.changeMethods("domain_name", c.fields.list("domain_name"), "new_method", c.fields.list("new_method")))
}

func (c *call) changed(_ db.Order, err error) (any, error) {
	return message{ok, "The validation method was changed"}, err
}

// changeValidationEmail is changeValidationEmail: of the main name, an approver or a
// method.
func (c *call) changeValidationEmail() (any, error) {
	o, err := c.sslOrder(c.id)
	if err != nil {
		return nil, err
	}
	if o, err = c.changeMethods("order", []string{o.Domain}, "approver_email", c.fields.list("approver_email")); err != nil {
		return nil, err
	}
	s, err := c.standing(o)
	answer := struct {
		success
		DCVMethod     string  `json:"dcv_method,omitempty"`
		ApproverEmail string  `json:"approver_email,omitempty"`
		HTTP          *file   `json:"http,omitempty"`
		HTTPS         *file   `json:"https,omitempty"`
		DNS           *record `json:"dns,omitempty"`
	}{success: ok, HTTP: s.Approver.HTTP, HTTPS: s.Approver.HTTPS, DNS: s.Approver.DNS}
	if s.DCVMethod == "email" {
		answer.DCVMethod, answer.ApproverEmail = s.DCVMethod, s.ApproverEmail
	}
	return answer, err
}

// revalidate is revalidate and recheck-caa: the authority looks at all names now.
func (c *call) revalidate() (any, error) {
	o, err := c.sslOrder(c.id)
	if err != nil {
		return nil, err
	}
	if name := strings.ToLower(c.fields.text("domain")); name != "" {
		if err := c.known(o, "domain", []db.NameChoice{{Name: name}}); err != nil {
			return nil, err
		}
	}
	job, err := c.Book.CheckNow(c.Ctx, o.ResellerID, o.ID)
	if errors.Is(err, db.ErrStale) {
		return nil, errNoDCV
	}
	if err != nil {
		return nil, err
	}
	return message{ok, "The authority was asked to look"}, c.Gate.Await(c.Ctx, patience, job)
}

// resend is resend and resendValidationEmail: the approval mail of one name, or of
// all that wait for theirs.
func (c *call) resend() (any, error) {
	o, err := c.sslOrder(c.id)
	if err != nil {
		return nil, err
	}
	name := strings.ToLower(c.fields.text("domain"))
	if name != "" {
		if err := c.known(o, "domain", []db.NameChoice{{Name: name}}); err != nil {
			return nil, err
		}
	}
	_, err = c.change(o, errNoMail, func(ctx context.Context) ([]int64, error) {
		if name == "" {
			return c.Book.ResendAllDCV(ctx, c.Caller.Actor(), o.ResellerID, o.ID)
		}
		job, err := c.Book.ResendDCV(ctx, c.Caller.Actor(), o.ResellerID, o.ID, name)
		return []int64{job}, err
	})
	return message{ok, "The approval e-mail was sent again"}, err
}
