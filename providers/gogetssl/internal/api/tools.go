package api

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"certbay/providers/internal/wire"
)

// CSR is what decodeCSR and validateCSR read; ErrorMessage says what is wrong with it.
type CSR struct {
	CommonName   wire.Text            `json:"CN"`
	Country      wire.Text            `json:"C"`
	Unit         wire.Text            `json:"OU"`
	Organization wire.Text            `json:"O"`
	Locality     wire.Text            `json:"L"`
	State        wire.Text            `json:"S"`
	Version      wire.Text            `json:"version"`
	Email        wire.Text            `json:"Email"`
	DNSNames     wire.List[wire.Text] `json:"dnsName(s)"`
	KeySize      wire.Text            `json:"Key Size"`
	MD5          wire.Text            `json:"md5"`
	SHA1         wire.Text            `json:"sha1"`
	SHA256       wire.Text            `json:"sha256"`
	ErrorMessage wire.Text            `json:"errorMessage"`
}

// Asked is the request of decodeCSR and validateCSR.
type Asked struct {
	CSR      string
	Brand    string
	Wildcard bool
}

func (q Asked) form() url.Values {
	form := url.Values{"csr": {q.CSR}}
	set(form, "brand", q.Brand)
	if q.Wildcard {
		form.Set("wildcard", "1")
	}
	return form
}

type readCSR struct {
	Envelope
	Result CSR `json:"csrResult"`
}

// DecodeCSR is decodeCSR, POST /tools/csr/decode/.
func (c *Client) DecodeCSR(ctx context.Context, q Asked) (CSR, error) {
	var a readCSR
	err := c.ask(ctx, "/tools/csr/decode/", q.form(), &a)
	return a.Result, err
}

// ValidateCSR is validateCSR, POST /tools/csr/validate.
func (c *Client) ValidateCSR(ctx context.Context, q Asked) (CSR, error) {
	var a readCSR
	err := c.ask(ctx, "/tools/csr/validate", q.form(), &a)
	return a.Result, err
}

// Subject is the request of generateCSR.
type Subject struct {
	CommonName, Organization, Department, City, State, Country, Email string
}

// Generated is its answer. The key is a secret.
type Generated struct {
	Envelope
	CSR string `json:"csr_code"`
	Key string `json:"csr_key"`
}

// GenerateCSR is generateCSR, POST /tools/csr/generate/. The upstream sees the key.
func (c *Client) GenerateCSR(ctx context.Context, s Subject) (g Generated, err error) {
	form := url.Values{}
	for name, value := range map[string]string{"commonname": s.CommonName, "organization": s.Organization, "department": s.Department, "city": s.City,
		"state": s.State, "country": s.Country, "email": s.Email} {
		set(form, "csr_"+name, value)
	}
	return g, c.ask(ctx, "/tools/csr/generate/", form, &g)
}

// Approvers are the mailboxes that may approve, by family.
type Approvers struct {
	Envelope
	Comodo   wire.List[wire.Text] `json:"ComodoApprovalEmails"`
	Geotrust wire.List[wire.Text] `json:"GeotrustApprovalEmails"`
}

// DomainEmails is getDomainEmails, POST /tools/domain/emails/.
func (c *Client) DomainEmails(ctx context.Context, domain string) (a Approvers, err error) {
	return a, c.ask(ctx, "/tools/domain/emails/", url.Values{"domain": {domain}}, &a)
}

// DomainEmailsForGeotrust is getDomainEmailsForGeotrust, POST /tools/domain/emails/geotrust.
func (c *Client) DomainEmailsForGeotrust(ctx context.Context, domain string) (a Approvers, err error) {
	return a, c.ask(ctx, "/tools/domain/emails/geotrust", url.Values{"domain": {domain}}, &a)
}

// DomainAlternative is getDomainAlternative, POST /tools/domain/alternative/: what else the domain of a CSR can be proven with. It is
// deprecated, and nothing says what the answer looks like: it is given as it came.
func (c *Client) DomainAlternative(ctx context.Context, csr string) (json.RawMessage, error) {
	var a loose
	err := c.ask(ctx, "/tools/domain/alternative/", url.Values{"csr": {strings.TrimSpace(csr)}}, &a)
	return a.raw, err
}

// loose keeps an answer as it came, beside its envelope.
type loose struct {
	Envelope
	raw json.RawMessage
}

func (l *loose) UnmarshalJSON(b []byte) error {
	l.raw = append(json.RawMessage(nil), b...)
	return json.Unmarshal(b, &l.Envelope)
}
