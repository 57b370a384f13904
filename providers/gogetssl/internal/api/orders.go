package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"certbay/providers"
	"certbay/providers/internal/wire"
)

// Person is an administrative or technical contact.
type Person struct {
	FirstName, LastName, Title, Email, Phone                      string
	Organization, AddressLine1, City, Country, PostalCode, Region string
}

func (p Person) put(form url.Values, prefix string) {
	for name, value := range map[string]string{"firstname": p.FirstName, "lastname": p.LastName, "title": p.Title, "email": p.Email, "phone": p.Phone,
		"organization": p.Organization, "addressline1": p.AddressLine1, "city": p.City, "country": p.Country, "postalcode": p.PostalCode, "region": p.Region} {
		set(form, prefix+name, value)
	}
}

// Organization is the applicant of an OV or EV order. Country is an ISO 3166 code of two letters.
type Organization struct {
	Name, Division, DUNS, AddressLine1, City, Country, Phone, PostalCode, Region, LEI string
}

func (o Organization) put(form url.Values) {
	for name, value := range map[string]string{"name": o.Name, "division": o.Division, "duns": o.DUNS, "addressline1": o.AddressLine1, "city": o.City,
		"country": o.Country, "phone": o.Phone, "postalcode": o.PostalCode, "region": o.Region, "lei": o.LEI} {
		set(form, "org_"+name, value)
	}
}

func set(form url.Values, name, value string) {
	if value != "" {
		form.Set(name, value)
	}
}

// Names are those after the first, and how each is proven: an address or one of the words http, https, dns.
type Names struct {
	DNSNames       []string
	ApproverEmails []string // one for each of DNSNames
}

func (n Names) put(form url.Values) {
	if len(n.DNSNames) > 0 {
		form.Set("dns_names", strings.Join(n.DNSNames, ","))
		form.Set("approver_emails", strings.Join(n.ApproverEmails, ","))
	}
}

// NewOrder is the request of addSSLOrder. The main name is that of the CSR.
type NewOrder struct {
	ProductID     int64
	Period        int // months
	CSR           string
	ServerCount   int // -1: unlimited
	WebServerType int // of WebServers; -1: other
	DCVMethod     string
	ApproverEmail string // with DCVMethod "email"
	Names
	Admin, Tech   Person
	Org           Organization
	SignatureHash string // "SHA2"
	UniqueCode    string // 15 to 20 letters and digits, part of what proves control; empty: the upstream makes one

	Test    bool   // only try whether it would be taken
	OnceKey string // sent as Idempotency-Key
}

func (o NewOrder) form() url.Values {
	form := url.Values{"product_id": {number(o.ProductID)}, "period": {strconv.Itoa(o.Period)}, "csr": {o.CSR}, "server_count": {strconv.Itoa(o.ServerCount)},
		"webserver_type": {strconv.Itoa(o.WebServerType)}, "dcv_method": {o.DCVMethod}}
	set(form, "approver_email", o.ApproverEmail)
	o.Names.put(form)
	o.Admin.put(form, "admin_")
	o.Tech.put(form, "tech_")
	o.Org.put(form)
	set(form, "signature_hash", o.SignatureHash)
	set(form, "unique_code", o.UniqueCode)
	if o.Test {
		form.Set("test", "Y")
	}
	return form
}

// Placed is the answer to an order.
type Placed struct {
	Envelope
	OrderID        wire.Int       `json:"order_id"`
	InvoiceID      wire.Int       `json:"invoice_id"`
	OrderStatus    wire.Text      `json:"order_status"`
	OrderAmount    wire.Cents     `json:"order_amount"`
	Currency       wire.Text      `json:"currency"`
	Tax            wire.Cents     `json:"tax"`
	TaxRate        wire.Text      `json:"tax_rate"` // "21%"
	ApproverMethod Proof          `json:"approver_method"`
	SAN            wire.List[SAN] `json:"san"`
}

// AddSSLOrder is addSSLOrder, POST /orders/add_ssl_order/ (seed 004).
func (c *Client) AddSSLOrder(ctx context.Context, o NewOrder) (p Placed, err error) {
	return p, c.sendOnce(ctx, "/orders/add_ssl_order/", o.OnceKey, o.form(), &p)
}

// AddSSLRenewOrder is addSSLRenewOrder, POST /orders/add_ssl_renew_order/: as addSSLOrder, at most 30 days before the end of the term.
func (c *Client) AddSSLRenewOrder(ctx context.Context, o NewOrder) (p Placed, err error) {
	return p, c.sendOnce(ctx, "/orders/add_ssl_renew_order/", o.OnceKey, o.form(), &p)
}

// MoreNames is the request of addSSLSANOrder: places for names to be bought for an order, either Count or the two others.
type MoreNames struct {
	OrderID                           int64
	Count, SingleCount, WildcardCount int
	OnceKey                           string
}

// AddSSLSANOrder is addSSLSANOrder, POST /orders/add_ssl_san_order/.
func (c *Client) AddSSLSANOrder(ctx context.Context, m MoreNames) (p Placed, err error) {
	form := url.Values{"order_id": {number(m.OrderID)}}
	for name, n := range map[string]int{"count": m.Count, "single_san_count": m.SingleCount, "wildcard_san_count": m.WildcardCount} {
		if n > 0 {
			form.Set(name, strconv.Itoa(n))
		}
	}
	return p, c.sendOnce(ctx, "/orders/add_ssl_san_order/", m.OnceKey, form, &p)
}

// Reissue is the request of reissueSSLOrder.
type Reissue struct {
	OrderID       int64
	CSR           string
	WebServerType int
	DCVMethod     string
	ApproverEmail string
	Names
	SignatureHash string
	UniqueCode    string
}

// Reissued is its answer.
type Reissued struct {
	Envelope
	OrderID     wire.Int  `json:"order_id"`
	OrderStatus wire.Text `json:"order_status"` // "reissue"
	Validation  Proof     `json:"validation"`
}

// ReissueSSLOrder is reissueSSLOrder, POST /orders/ssl/reissue/{id}.
func (c *Client) ReissueSSLOrder(ctx context.Context, r Reissue) (a Reissued, err error) {
	form := url.Values{"csr": {r.CSR}, "webserver_type": {strconv.Itoa(r.WebServerType)}, "dcv_method": {r.DCVMethod}}
	set(form, "approver_email", r.ApproverEmail)
	r.Names.put(form)
	set(form, "signature_hash", r.SignatureHash)
	set(form, "unique_code", r.UniqueCode)
	return a, c.send(ctx, "/orders/ssl/reissue/"+number(r.OrderID), form, &a)
}

// CancelSSLOrder is cancelSSLOrder, POST /orders/cancel_ssl_order/. A person may look at it for 2 to 48 hours first.
func (c *Client) CancelSSLOrder(ctx context.Context, orderID int64, reason string) error {
	var a Envelope
	return c.send(ctx, "/orders/cancel_ssl_order/", url.Values{"order_id": {number(orderID)}, "reason": {reason}}, &a)
}

func orNull(b json.RawMessage) json.RawMessage {
	if len(b) == 0 {
		return json.RawMessage("null")
	}
	return b
}

func notUnderstood(what string, err error) error {
	return fmt.Errorf("%s is not understood (%w): %w", what, err, providers.ErrUnavailable)
}
