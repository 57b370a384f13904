package ssl247

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"certbay/db"
	"certbay/db/certs"
)

// lookPatience is how long a question waits for the authority's word.
const lookPatience = 3 * time.Second

// ownCertificate is the order of a certificate's id, or of an order's number.
func (c *call) ownCertificate(text string) (db.Order, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return db.Order{}, errNoCertificate
	}
	o, err := c.Book.Order(c.Ctx, c.Caller.ResellerID, n)
	if errors.Is(err, db.ErrNotFound) || err == nil && o.Kind == db.KindLicence {
		return o, errNoCertificate
	}
	return o, err
}

type listed struct {
	ID         string `json:"id"`
	CommonName string `json:"common_name"`
	Status     string `json:"status"`
}

// certificates is /certificates and /certificates/{status}, the newest first.
func (c *call) certificates() (any, error) {
	status := ""
	if len(c.path) > 0 {
		if status = strings.ToLower(c.path[0]); !statuses[status] {
			return nil, errNoStatus
		}
	}
	p, err := c.page()
	if err != nil {
		return nil, err
	}
	list := []listed{}
	if status == "" || status == "external" {
		foreign, err := c.foreignPage(&p)
		if err != nil {
			return nil, err
		}
		for _, x := range foreign {
			list = append(list, listed{externalID(x.ID), x.CommonName, external})
		}
	}
	err = c.each(status, p, func(o db.Order) error {
		list = append(list, listed{id(o.ID), o.Domain, statusOf(o, c.Book.Now()).Code})
		return nil
	})
	return list, err
}

// mostRows bounds a list.
const mostRows = 500

// page is the part of a list that limit and offset ask for.
type page struct{ offset, rows int }

// page is the page of a request: mostRows unless it asks for less.
func (c *call) page() (p page, err error) {
	if p.rows, err = c.fields.number("limit", 1, mostRows); err != nil {
		return p, err
	}
	p.rows = min(p.rows, mostRows)
	p.offset, err = c.fields.number("offset", 0, 0)
	return p, err
}

// takes says whether the next of a list is on the page, and counts it; over says that
// nothing that comes is.
func (p *page) takes() (here, over bool) {
	switch {
	case p.rows == 0:
		return false, true
	case p.offset > 0:
		p.offset--
		return false, false
	}
	p.rows--
	return true, false
}

// errPageFull ends the reading of a list.
var errPageFull = errors.New("ssl247: the page is full")

// each calls do with every order of a status that is on the page; "" is any.
func (c *call) each(status string, p page, do func(db.Order) error) error {
	f, some := db.OrderFilter{}, true
	if status != "" {
		f, some = filterFor(status)
	}
	if !some {
		return nil
	}
	f.Certificates = true
	err := c.Book.EachOrder(c.Ctx, c.Caller.ResellerID, f, func(o db.Order) error {
		if status != "" && !belongs(statusOf(o, c.Book.Now()).Code, status) {
			return nil
		}
		here, over := p.takes()
		switch {
		case over:
			return errPageFull
		case here:
			return do(o)
		}
		return nil
	})
	if errors.Is(err, errPageFull) {
		err = nil
	}
	return err
}

// foreignPage are the certificates from elsewhere that are on the page, and leaves
// the rest of it for what comes behind them.
func (c *call) foreignPage(p *page) (list []db.ExternalCertificate, err error) {
	all, err := c.Book.ExternalCertificates(c.Ctx, c.Caller.ResellerID)
	for _, x := range all {
		if here, _ := p.takes(); here {
			list = append(list, x)
		}
	}
	return list, err
}

// standing is all the book knows of an order's certificate.
type standing struct {
	db.Order
	issued, newest db.Certificate // zero where there is none
	names          []db.DCV       // of the newest
	entered        []string       // the further names that were ordered
	contact        db.Contact
}

func (s standing) reissuing() bool {
	return s.issued.ID != 0 && s.newest.State == db.CertificateRequested && s.Status == db.StatusCompleted
}

func (c *call) standing(o db.Order) (s standing, err error) {
	s.Order = o
	if s.entered, err = c.Book.Names(c.Ctx, o.ID); err != nil {
		return s, err
	}
	list, err := c.Book.Certificates(c.Ctx, o.ID)
	if err != nil {
		return s, err
	}
	for _, cert := range list { // the newest first
		if s.issued.ID == 0 && (cert.State == db.CertificateIssued || cert.State == db.CertificateRevoked) {
			s.issued = cert
		}
		if s.newest.ID == 0 && cert.State != db.CertificateRefused && (cert.State != db.CertificateCancelled || o.Status == db.StatusCancelled) {
			s.newest = cert
		}
	}
	if s.newest.ID == 0 {
		return s, nil
	}
	sub, err := c.Book.SubmissionOf(c.Ctx, s.newest.ID)
	s.names, s.contact = sub.Names, sub.Contact
	return s, err
}

// addons are the further names: those of the certificate, or as they were ordered.
func (s standing) addons() addons {
	list := []boughtAddon{}
	add := func(name, email string) {
		kind := plainSAN
		if strings.HasPrefix(name, "*.") {
			kind = wildcardSAN
		}
		list = append(list, boughtAddon{strconv.Itoa(len(list) + 1), kind, name, email})
	}
	if len(s.names) == 0 {
		for _, name := range s.entered {
			add(name, "")
		}
	}
	for _, d := range s.names {
		if d.Name != s.Domain {
			add(d.Name, d.Email)
		}
	}
	return addons{list}
}

func (s standing) dates() dates {
	return dates{Order: stamp(s.CreatedAt), Issuance: stamp(s.issued.NotBefore), Created: stamp(s.CreatedAt), Expiry: stamp(s.issued.NotAfter)}
}

func (s standing) parties() parties {
	p := party{s.contact.Organisation, s.contact.Title, s.contact.FirstName, s.contact.LastName, s.contact.Email, s.contact.Phone, s.contact.Street, "", s.contact.City,
		s.contact.PostalCode, s.contact.Province, s.contact.Country}
	return parties{Company: company{LegalName: s.contact.Organisation}, Administrative: p, Technical: p}
}

// main is how the order's domain is proven.
func (s standing) main() db.DCV {
	if i := slices.IndexFunc(s.names, func(d db.DCV) bool { return d.Name == s.Domain }); i >= 0 {
		return s.names[i]
	}
	return db.DCV{}
}

// endOf is a moment to the last fraction, by which two terms are told apart.
func endOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func (s standing) details(now time.Time) details {
	d, main := details{
		ProductCode: id(s.ProductID), CommonName: s.Domain, Licenses: "1", Hash: "SHA256", SerialNumber: s.issued.Serial, Years: strconv.Itoa(max(1, s.Months/12)),
		RemainingReissues: "unlimited", CSR: s.newest.CSR, EmailSubscription: "0", Addons: s.addons(), Status: statusOf(s.Order, now),
		StatusMinor: minorOf(s.Order, s.reissuing()), DomainValidation: []validation{}, TermEndsAt: endOf(s.EndsAt),
	}, s.main()
	d.DVAuthMethod, d.ApproverEmail, d.FileAuthName, d.FileAuthContents = methodWord(main.Method), main.Email, main.FileName, main.FileContent
	switch {
	case main.Host != "":
		d.DNSAuthString = main.Host + " " + main.RecordType + " " + main.Value
		d.GeneralAuthString = d.DNSAuthString
	case main.FileURL != "":
		d.GeneralAuthString = main.FileContent
	}
	for _, n := range s.names {
		v := validation{Domain: n.Name, Method: methodWord(n.Method), Verified: n.State == db.DCVVerified, RecordType: n.RecordType, Host: n.Host, Value: n.Value,
			FileURL: n.FileURL, FileName: n.FileName, FileContents: n.FileContent, VerifiedAt: stamp(n.VerifiedAt)}
		if n.Method == "email" {
			v.ApproverEmail = n.Email
		}
		d.DomainValidation = append(d.DomainValidation, v)
	}
	return d
}

// certificate is /certificate/{id}: what is under way is asked for upstream, and a
// certificate that is ready is saved.
func (c *call) certificate() (any, error) {
	if x, ok, err := c.foreign(); ok || err != nil {
		return x, err
	}
	o, err := c.ownCertificate(c.path[0])
	if err != nil {
		return nil, err
	}
	if o, err = c.Look(o.ID, lookPatience); err != nil {
		return nil, err
	}
	s, err := c.standing(o)
	if err != nil {
		return nil, err
	}
	v := fullCertificate{OrderID: id(o.ID), CertificateID: id(o.ID), Reference: o.Reference, Details: s.details(c.Book.Now()), Contacts: s.parties(), Dates: s.dates(), VettingData: []vetting{}}
	v.Status = v.Details.Status
	v.Product.Name, v.Product.Code, v.Product.Brand.Name = o.ProductName, id(o.ProductID), o.Brand
	for _, d := range s.names {
		row := vetting{"domain validation", d.Name + ": waits for its owner", stamp(s.newest.CreatedAt)}
		if d.State == db.DCVVerified {
			row.Text, row.Created = d.Name+": validated", stamp(d.VerifiedAt)
		}
		v.VettingData = append(v.VettingData, row)
	}
	v.Notes.Note = []note{}
	if o.Note != "" {
		v.Notes.Note = append(v.Notes.Note, note{o.Note, o.PlacedBy, stamp(o.CreatedAt)})
	}
	return v, nil
}

// download is /certificate/{id}/{type}.
func (c *call) download() (any, error) {
	form := strings.ToLower(c.path[1])
	if !slices.Contains([]string{"x509", "pkcs7", "intermediate", "root", "bundle"}, form) {
		return nil, errNoForm
	}
	o, err := c.ownCertificate(c.path[0])
	if err != nil {
		return nil, err
	}
	cert, err := c.Book.IssuedCertificate(c.Ctx, o.ID)
	if errors.Is(err, db.ErrNotFound) || err == nil && cert.PEM == "" {
		return nil, errNotIssued
	}
	if err != nil {
		return nil, err
	}
	text, err := formOf(cert, form)
	return []map[string]string{{form: text}}, err
}

// formOf is a certificate, or those that it hangs on, in a form. The intermediate
// certificates are those of the chain without its root; the bundle is all of it.
func formOf(cert db.Certificate, form string) (string, error) {
	if form == "x509" {
		return cert.PEM, nil
	}
	chain, err := certs.ParseCertificates(cert.Chain)
	if err != nil && cert.Chain != "" {
		return "", err
	}
	switch form {
	case "bundle":
		return cert.Chain, nil
	case "pkcs7":
		leaf, err := certs.ParseCertificates(cert.PEM)
		if err != nil {
			return "", err
		}
		return pkcs7(append(leaf, chain...))
	}
	var above, roots string
	for _, one := range chain {
		if string(one.RawSubject) == string(one.RawIssuer) {
			roots += certs.EncodeCertificates(one)
		} else {
			above += certs.EncodeCertificates(one)
		}
	}
	switch {
	case form == "intermediate":
		return above, nil
	case roots == "":
		return "", errNoRoot
	}
	return roots, nil
}
