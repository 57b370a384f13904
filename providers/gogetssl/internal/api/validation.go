package api

import (
	"context"
	"net/url"
	"strings"
)

// Said is an answer that is a sentence.
type Said struct{ Envelope }

// Approver is the answer of changeValidationEmail: the method, and what has to be published now.
type Approver struct {
	Envelope
	DCVMethod     string     `json:"dcv_method"`
	ApproverEmail string     `json:"approver_email"`
	HTTP          *FileProof `json:"http"`
	HTTPS         *FileProof `json:"https"`
	DNS           *DNSProof  `json:"dns"`
}

// ChangeValidationEmail is changeValidationEmail, POST /orders/ssl/change_validation_email/{id}: for the main name, an address or one of
// http, https, dns.
func (c *Client) ChangeValidationEmail(ctx context.Context, id int64, approver string) (a Approver, err error) {
	return a, c.send(ctx, "/orders/ssl/change_validation_email/"+number(id), url.Values{"approver_email": {approver}}, &a)
}

// ChangeValidationMethod is changeValidationMethod, POST /orders/ssl/change_validation_method/{id}: for one name, an address or one of
// http, https, dns.
func (c *Client) ChangeValidationMethod(ctx context.Context, id int64, domain, method string) (a Said, err error) {
	return a, c.send(ctx, "/orders/ssl/change_validation_method/"+number(id), url.Values{"domain": {domain}, "new_method": {method}}, &a)
}

// ChangeDomainsValidationMethod is changeDomainsValidationMethod, POST /orders/ssl/change_domains_validation_method/{id}; a method for
// each domain.
func (c *Client) ChangeDomainsValidationMethod(ctx context.Context, id int64, domains, methods []string) (a Said, err error) {
	return a, c.send(ctx, "/orders/ssl/change_domains_validation_method/"+number(id),
		url.Values{"domains": {strings.Join(domains, ",")}, "new_methods": {strings.Join(methods, ",")}}, &a)
}

// ChangeDCV is changeDCV, POST /orders/ssl/change_dcv/{id}.
func (c *Client) ChangeDCV(ctx context.Context, id int64, domain, method, approver string) (a Said, err error) {
	form := url.Values{"domain_name": {domain}, "new_method": {method}}
	set(form, "approver_email", approver)
	return a, c.send(ctx, "/orders/ssl/change_dcv/"+number(id), form, &a)
}

// Revalidate is revalidate, POST /orders/ssl/revalidate/{id}: look now.
func (c *Client) Revalidate(ctx context.Context, id int64, domain string) (a Said, err error) {
	return a, c.send(ctx, "/orders/ssl/revalidate/"+number(id), url.Values{"domain": {domain}}, &a)
}

// Resend is resend, POST /orders/ssl/resend/{id}: the mail of one name.
func (c *Client) Resend(ctx context.Context, id int64, domain string) (a Said, err error) {
	return a, c.send(ctx, "/orders/ssl/resend/"+number(id), url.Values{"domain": {domain}}, &a)
}

// ResendValidationEmail is resendValidationEmail, /orders/ssl/resend_validation_email/{id}.
func (c *Client) ResendValidationEmail(ctx context.Context, id int64) (a Said, err error) {
	return a, c.send(ctx, "/orders/ssl/resend_validation_email/"+number(id), url.Values{}, &a)
}

// RecheckCAA is GET /orders/ssl/recheck-caa/{id}; once in ten minutes.
func (c *Client) RecheckCAA(ctx context.Context, id int64) (a Said, err error) {
	return a, c.get(ctx, "/orders/ssl/recheck-caa/"+number(id), nil, &a)
}
