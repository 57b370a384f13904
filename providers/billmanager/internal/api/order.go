package api

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"certbay/providers/internal/wire"
)

// The crt_type of an order or a reissue: where the CSR comes from.
const (
	Generate   = "generate"   // the BILLmanager makes key and CSR
	Manual     = "manual"     // the CSR is ours
	OldRequest = "oldrequest" // reissue: everything as it was
	NewNames   = "altname"    // reissue: other additional names
)

// Subject is who a CSR is for.
type Subject struct {
	CN      string
	AltName []string // the additional names
	Country string   // the BILLmanager's number of it (182 is Russia), or its ISO code where it takes that
	ST, L   string
	O, OU   string
	Email   string
}

func (s Subject) fill(f url.Values) {
	f.Set("CN", s.CN)
	f.Set("L", s.L)
	f.Set("O", s.O)
	f.Set("OU", s.OU)
	f.Set("ST", s.ST)
	f.Set("emailAddress", s.Email)
	f.Set("country", s.Country)
	f.Set("field_country", s.Country)
	if len(s.AltName) > 0 {
		f.Set("altname", strings.Join(s.AltName, " "))
		f.Set("altname_input", strings.Join(s.AltName, " "))
	}
}

// Person is the administrative or the technical contact.
type Person struct {
	FirstName, LastName, Title, Email, Phone, PhoneCountry string
}

func (p Person) fill(f url.Values, prefix string) {
	f.Set(prefix+"email", p.Email)
	f.Set(prefix+"fname", p.FirstName)
	f.Set(prefix+"jtitle", p.Title)
	f.Set(prefix+"lname", p.LastName)
	f.Set(prefix+"phone", p.Phone)
	f.Set(prefix+"phone_country", p.PhoneCountry)
}

// Organization is the applicant.
type Organization struct {
	Name, Department, Address, City, State, Postcode, Country, Phone, PhoneCountry string
}

func (o Organization) fill(f url.Values) {
	f.Set("org_address", o.Address)
	f.Set("org_city", o.City)
	f.Set("org_country", o.Country)
	f.Set("org_department", o.Department)
	f.Set("org_name", o.Name)
	f.Set("org_phone", o.Phone)
	f.Set("org_phone_country", o.PhoneCountry)
	f.Set("org_postcode", o.Postcode)
	f.Set("org_state", o.State)
}

// CSRRequest asks for a key and a CSR.
type CSRRequest struct {
	Pricelist int64
	Period    int // months
	Subject
}

// KeyPair is what a BILLmanager made. The key is nowhere else.
type KeyPair struct{ CSR, Key string }

// OrderCSR has a key and a CSR made. Nothing is ordered.
//
// Research notes, "Ordering": certificate.order.csr, the first of two steps
func (c *Client) OrderCSR(ctx context.Context, r CSRRequest) (KeyPair, error) {
	f := url.Values{"sok": {"ok"}, "snext": {"ok"}, "crt_type": {Generate}, "period": {strconv.Itoa(r.Period)}, "pricelist": {strconv.FormatInt(r.Pricelist, 10)}}
	r.fill(f)
	f.Del("country") // only field_country is documented here
	doc, err := c.read(ctx, "certificate.order.csr", f)
	if err != nil {
		return KeyPair{}, err
	}
	pair := KeyPair{CSR: doc.Get("csr"), Key: doc.Get("key")}
	if pair.CSR == "" || pair.Key == "" {
		return KeyPair{}, unread("certificate.order.csr", errNoPair)
	}
	c.wire.Hide(pair.Key)
	return pair, nil
}

// Order is all that certificate.order.param takes.
type Order struct {
	RemoteID  string // the id of the service in the reselling billing: ours
	Pricelist int64  // the tariff
	Period    int    // months
	IP        string

	CrtType string // Generate or Manual
	CSR     string // Manual, or what OrderCSR made
	Key     string
	Subject

	ApproverMethod string   // ByEmail, ByFile, ByDNS
	ApproverEmails []string // of CN, then of each additional name
	HTTPS          bool     // ByFile: the file is looked for by HTTPS

	Admin, Tech Person
	LikeAdmin   bool // Tech is as Admin
	Org         Organization

	DomainCount int  // additional names that are paid for; 0: as the tariff and altname say
	DropKey     bool // the BILLmanager forgets the key it made
}

func (o Order) form() url.Values {
	f := url.Values{
		"sok": {"ok"}, "skipbasket": {"on"}, "clicked_button": {"next"}, // buy now, not into the basket
		"remoteid": {o.RemoteID}, "pricelist": {strconv.FormatInt(o.Pricelist, 10)}, "period": {strconv.Itoa(o.Period)},
		"crt_type": {o.CrtType}, "csr": {o.CSR}, "key": {o.Key},
		"approver_method": {o.ApproverMethod}, "auth_file_protocol": {onOff(o.HTTPS)}, "delete_private_key": {onOff(o.DropKey)}, "like_admin": {onOff(o.LikeAdmin)},
		"domain_count": {""}, "hfields": {""}, "hide_csr_fields": {""}, "itemtype": {""}, "newbasket": {""},
	}
	if o.CrtType == Generate {
		f.Set("hfields", "csr")
	}
	if o.DomainCount > 0 {
		f.Set("domain_count", strconv.Itoa(o.DomainCount))
	}
	if o.IP != "" {
		f.Set("ip", o.IP)
	}
	o.fill(f)
	o.Admin.fill(f, "adm_")
	o.Tech.fill(f, "tech_")
	o.Org.fill(f)
	approvers(f, o.ApproverEmails)
	return f
}

func onOff(v bool) string {
	if v {
		return "on"
	}
	return "off"
}

func approvers(f url.Values, emails []string) {
	for i, email := range emails {
		if email != "" {
			f.Set("approver_email_"+strconv.Itoa(i+1), email)
		}
	}
}

// Placed answers Order.
type Placed struct {
	ID wire.Int // 0 where the answer has none
}

// Order buys a certificate. It spends money.
//
// Seed 002, "Ordering a certificate": certificate.order.param
func (c *Client) Order(ctx context.Context, o Order) (Placed, error) {
	doc, err := c.change(ctx, "certificate.order.param", o.form())
	if err != nil {
		return Placed{}, err
	}
	return placed(doc)
}

func placed(doc *Node) (p Placed, err error) {
	for _, name := range []string{"id", "elid", "itemid"} {
		if doc.Has(name) {
			// What is no number is none that can be asked for: the order is there all the same.
			if p.ID.UnmarshalText([]byte(doc.Get(name))) == nil && p.ID > 0 {
				return p, nil
			}
		}
	}
	return Placed{}, nil
}

// Reissue is all that certificate.reissue.step2 takes.
type Reissue struct {
	ID      int64
	CrtType string   // OldRequest, Manual or NewNames
	CSR     string   // Manual
	AltName []string // NewNames; beside Manual where the names are not only those of the CSR

	ApproverMethod string
	ApproverEmails []string
	HTTPS          bool
}

// ReissueStep2 asks for a further certificate within the term of one, free of charge.
//
// Seed 002, "Reissuing certificate": certificate.reissue.step2, in its three forms
func (c *Client) ReissueStep2(ctx context.Context, r Reissue) error {
	f := element(r.ID)
	f.Set("crt_type", r.CrtType)
	f.Set("approver_method", r.ApproverMethod)
	f.Set("sok", "ok")
	if r.CrtType == Manual {
		f.Set("csr", r.CSR)
	}
	if len(r.AltName) > 0 {
		f.Set("altname", strings.Join(r.AltName, " "))
	}
	if r.ApproverMethod == ByFile {
		f.Set("auth_file_protocol", onOff(r.HTTPS))
	}
	approvers(f, r.ApproverEmails)
	_, err := c.change(ctx, "certificate.reissue.step2", f)
	return err
}

// ReissueForm opens the form before ReissueStep2, and so says whether a certificate can be reissued.
//
// Seed 002, "Reissuing certificate": certificate.reissue
func (c *Client) ReissueForm(ctx context.Context, elid int64) error {
	_, err := c.read(ctx, "certificate.reissue", element(elid))
	return err
}
