package datassl

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"certbay/db"
	"certbay/handlers/access"
)

const (
	// patience is how long a change waits for its outcome; it goes on in the book after that.
	patience = 8 * time.Second
	// lookPatience is how long a question waits for the authority's word.
	lookPatience = 3 * time.Second
)

// configure is POST /ssl/configure.
func (c *call) configure() (any, error) {
	r, err := read[Configure](c)
	if err != nil {
		return nil, err
	}
	o, err := c.Book.Order(c.Ctx, c.Caller.ResellerID, r.OrderID.id())
	if err != nil {
		return nil, err
	}
	if c.Happened() == 0 {
		method := cmp.Or(r.DCVMethod.Value, "email")
		job, err := c.Book.Configure(c.Ctx, c.Caller.Actor(), o.ResellerID, o.ID, db.Configuration{
			CSR: r.CSR.Value, Method: method, Email: r.ApproverEmail.Value, Contact: db.Contact{
				FirstName: r.AdminFirstName.Value, LastName: r.AdminLastName.Value, Title: r.AdminTitle.Value, Email: strings.TrimSpace(r.AdminEmail.Value),
				Phone: r.AdminPhone.Value, Organisation: r.OrgName.Value, Street: r.OrgAddress.Value, City: r.OrgCity.Value, Province: r.OrgState.Value,
				PostalCode: r.OrgPostalCode.Value, Country: strings.ToUpper(strings.TrimSpace(r.OrgCountry.Value)), Delivery: r.Delivery.Value,
			}})
		switch {
		case errors.Is(err, db.ErrStale) && !o.Paid:
			return nil, errUnpaid
		case errors.Is(err, db.ErrStale):
			return nil, errNotConfig
		case err != nil:
			return nil, err
		}
		if err := c.Gate.Await(c.Ctx, patience, job); err != nil {
			return nil, err
		}
	}
	if o, err = c.Book.Order(c.Ctx, o.ResellerID, o.ID); err != nil {
		return nil, err
	}
	if o.Status == db.StatusPendingConfiguration {
		return nil, &access.UpstreamRefused{Words: o.Message}
	}
	return c.sslAnswer(o, c.t("apireply.ssl.configured"))
}

// getSSL is GET /ssl/{order_id}: what is under way is asked for upstream, and a
// certificate that is ready is saved.
func (c *call) getSSL() (any, error) {
	o, err := c.Look(c.id, lookPatience)
	if err != nil {
		return nil, err
	}
	return c.sslAnswer(o, "")
}

// resendValidation is POST /ssl/resend-validation.
func (c *call) resendValidation() (any, error) {
	r, err := read[ResendValidation](c)
	if err != nil {
		return nil, err
	}
	return c.changeSSL(r.OrderID, c.t("apireply.ssl.resent"), func(ctx context.Context, o db.Order) ([]int64, error) {
		return c.Book.ResendAllDCV(ctx, c.Caller.Actor(), o.ResellerID, o.ID)
	}, errNotPending)
}

// changeDCV is POST /ssl/change-dcv.
func (c *call) changeDCV() (any, error) {
	r, err := read[ChangeDCV](c)
	if err != nil {
		return nil, err
	}
	name := strings.ToLower(strings.TrimSpace(r.Domain.Value))
	return c.changeSSL(r.OrderID, c.t("apireply.ssl.changed"), func(ctx context.Context, o db.Order) ([]int64, error) {
		jobs, err := c.Book.ChangeDCV(ctx, c.Caller.Actor(), o.ResellerID, o.ID, name, r.DCVMethod.Value, r.ApproverEmail.Value)
		if errors.Is(err, db.ErrNotFound) {
			err = errNoSuchDomain
		}
		return jobs, err
	}, errNotPending)
}

// reissue is POST /ssl/reissue.
func (c *call) reissue() (any, error) {
	r, err := read[Reissue](c)
	if err != nil {
		return nil, err
	}
	return c.changeSSL(r.OrderID, c.t("apireply.ssl.reissue"), func(ctx context.Context, o db.Order) ([]int64, error) {
		job, err := c.Book.Reissue(ctx, c.Caller.Actor(), o.ResellerID, o.ID, db.Configuration{CSR: r.CSR.Value, Method: r.DCVMethod.Value, Email: r.ApproverEmail.Value})
		return []int64{job}, err
	}, errNotReissue)
}

// changeSSL writes a wish about an order, waits for its outcome and answers how
// the order stands then. What the authority refused meanwhile is the answer. stale
// is said when the order does not stand where it could be done.
func (c *call) changeSSL(orderID Number, message string, wish func(context.Context, db.Order) ([]int64, error), stale error) (any, error) {
	o, err := c.Book.Order(c.Ctx, c.Caller.ResellerID, orderID.id())
	if err != nil {
		return nil, err
	}
	if c.Happened() == 0 {
		if err := c.Change(o.ID, stale, patience, func(ctx context.Context) ([]int64, error) { return wish(ctx, o) }); err != nil {
			return nil, err
		}
	}
	if o, err = c.Book.Order(c.Ctx, o.ResellerID, o.ID); err != nil {
		return nil, err
	}
	return c.sslAnswer(o, message)
}

// sslAnswer is how an order stands, with what has to be published.
func (c *call) sslAnswer(o db.Order, message string) (any, error) {
	v := SSL{OrderID: o.ID, OrderNumber: o.Number, Domain: o.Domain, Product: o.ProductName, Brand: o.Brand, Status: string(o.Status), StatusNote: o.Message,
		LastCheckedAt: Moment{o.UpstreamSeenAt}, Validation: []Validation{}}
	list, err := c.Book.Certificates(c.Ctx, o.ID)
	if err != nil {
		return nil, err
	}
	for _, cert := range list {
		if cert.State == db.CertificateIssued {
			v.HasCertificate = cert.PEM != ""
			v.ValidFrom, v.ValidTill = Date{cert.NotBefore}, Date{cert.NotAfter}
			break
		}
	}
	for _, cert := range list { // the newest that counts
		if cert.State != db.CertificateRequested && cert.State != db.CertificateIssued {
			continue
		}
		v.Reissuing = v.HasCertificate && cert.State == db.CertificateRequested
		rows, err := c.Book.DCVs(c.Ctx, cert.ID)
		if err != nil {
			return nil, err
		}
		for _, d := range rows {
			v.Validation = append(v.Validation, validation(d))
		}
		break
	}
	if len(v.Validation) > 0 {
		v.DCVMethod = v.Validation[0].DCVMethod
	}
	return SSLAnswer{ok(message), v}, nil
}

var validationStatus = map[db.DCVState]string{db.DCVWaiting: "pending", db.DCVWrong: "failed", db.DCVVerified: "validated"}

func validation(d db.DCV) Validation {
	v := Validation{Domain: d.Name, DCVMethod: d.Method, Status: validationStatus[d.State], CheckedAt: Moment{d.CheckedAt}, VerifiedAt: Moment{d.VerifiedAt}}
	switch {
	case d.Method == "email":
		v.Email = &MailProof{ApproverEmail: d.Email}
	case d.Host != "":
		v.DNS = &DNSProof{Type: d.RecordType, Host: d.Host, Value: d.Value}
	case d.FileURL != "":
		v.HTTP = &HTTPProof{URL: d.FileURL, FileName: d.FileName, Content: d.FileContent}
	}
	return v
}
