package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"certbay/providers/internal/wire"
)

// The words of an order's status.
const (
	Active     = "active"
	Cancelled  = "cancelled"
	Expired    = "expired"
	Incomplete = "incomplete"
	NewOrdered = "new_order"
	Unpaid     = "unpaid"
	Pending    = "pending"
	Processing = "processing"
	Reissuing  = "reissue"
	Rejected   = "rejected"
)

// DCVValidated is dcv_status, and the status of a SAN, when control was seen; 0 is not set and 1 not yet.
const DCVValidated = 2

// Proof is what has to be published, by method. Nothing of it is there while the upstream has not made it.
type Proof struct {
	HTTP  *FileProof
	HTTPS *FileProof
	DNS   *DNSProof
	Email string
}

// FileProof is a file, verbatim.
type FileProof struct {
	Link     string `json:"link"`
	FileName string `json:"filename"`
	Content  string `json:"content"`
}

// DNSProof is a record as one line.
type DNSProof struct {
	Record string `json:"record"`
}

// UnmarshalJSON reads an object by method; an empty one comes as a list or as nothing, and an address may stand alone.
func (p *Proof) UnmarshalJSON(b []byte) error {
	*p = Proof{}
	b = bytes.TrimSpace(b)
	if len(b) > 0 && b[0] == '"' {
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		if strings.Contains(s, "@") {
			p.Email = s
		}
		return nil
	}
	var raw wire.Dict[json.RawMessage]
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	if f, ok := raw["http"]; ok && f[0] == '{' {
		if err := json.Unmarshal(f, &p.HTTP); err != nil {
			return err
		}
	}
	if f, ok := raw["https"]; ok && f[0] == '{' {
		if err := json.Unmarshal(f, &p.HTTPS); err != nil {
			return err
		}
	}
	switch d, ok := raw["dns"]; {
	case ok && d[0] == '{':
		if err := json.Unmarshal(d, &p.DNS); err != nil {
			return err
		}
	case ok && d[0] == '"':
		p.DNS = &DNSProof{}
		if err := json.Unmarshal(d, &p.DNS.Record); err != nil {
			return err
		}
	}
	if e, ok := raw["email"]; ok && e[0] == '"' {
		return json.Unmarshal(e, &p.Email)
	}
	return nil
}

// Parse takes a record apart: "_x.example.com CNAME a.b.comodoca.com", or "name   IN   TXT   \"value\"".
func (d DNSProof) Parse() (host, kind, value string, ok bool) {
	rest := strings.TrimSpace(d.Record)
	for word := range strings.FieldsSeq(rest) {
		if host == "" {
			host = word
			continue
		}
		if up := strings.ToUpper(word); up == "CNAME" || up == "TXT" {
			at := len(host) + strings.Index(rest[len(host):], word)
			value = strings.TrimSpace(rest[at+len(word):])
			if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
				value = value[1 : len(value)-1]
			}
			return host, up, value, value != ""
		}
	}
	return "", "", "", false
}

// SAN is how an additional name stands.
type SAN struct {
	Name              wire.Text `json:"san_name"`
	Status            wire.Int  `json:"status"`
	StatusDescription wire.Text `json:"status_description"`
	Method            wire.Text `json:"validation_method"`
	Validation        Proof     `json:"validation"`
}

// Order is what getOrderStatus tells. Begin and End are of the subscription, ValidFrom and ValidTill of the certificate.
type Order struct {
	Envelope
	OrderID           wire.Int       `json:"order_id"`
	InternalID        wire.Text      `json:"internal_id"`
	PartnerOrderID    wire.Text      `json:"partner_order_id"`
	UniqueCode        *wire.Text     `json:"unique_code"` // told by another Certbay, in lists as well, beside the document
	ProductID         wire.Int       `json:"product_id"`
	Status            wire.Text      `json:"status"`
	StatusDescription wire.Text      `json:"status_description"`
	Domain            wire.Text      `json:"domain"`
	Domains           wire.Text      `json:"domains"` // comma separated
	TotalDomains      wire.Int       `json:"total_domains"`
	SSLPeriod         wire.Int       `json:"ssl_period"` // months
	SSLPrice          wire.Cents     `json:"ssl_price"`
	Begin             wire.Date      `json:"begin_date"`
	End               wire.Date      `json:"end_date"`
	ValidFrom         wire.Date      `json:"valid_from"`
	ValidTill         wire.Date      `json:"valid_till"`
	CSR               string         `json:"csr_code"`
	Certificate       string         `json:"crt_code"`
	CA                string         `json:"ca_code"`
	ApproverMethod    Proof          `json:"approver_method"`
	ApproverEmail     wire.Text      `json:"approver_email"`
	DCVMethod         wire.Text      `json:"dcv_method"`
	DCVStatus         wire.Int       `json:"dcv_status"`
	SAN               wire.List[SAN] `json:"san"`
	SingleSANCount    wire.Int       `json:"single_san_count"`
	WildcardSANCount  wire.Int       `json:"wildcard_san_count"`
	Reissue           wire.Int       `json:"reissue"`
	ReissueNow        wire.Int       `json:"reissue_now"`
	Renew             wire.Int       `json:"renew"`
	ManualCheck       wire.Bool      `json:"manual_check"`
	PreSigning        wire.Bool      `json:"pre_signing"`
	WebServerType     wire.Int       `json:"webserver_type"`
	TimeStamp         wire.Date      `json:"time_stamp"`
	AdminEmail        wire.Text      `json:"admin_email"`
	OrgName           wire.Text      `json:"org_name"`
}

// OrderStatus is getOrderStatus, GET /orders/status/{id}.
func (c *Client) OrderStatus(ctx context.Context, id int64) (o Order, err error) {
	return o, c.get(ctx, "/orders/status/"+number(id), nil, &o)
}

// Standing is how an order stands, in short.
type Standing struct {
	OrderID wire.Int  `json:"order_id"`
	Status  wire.Text `json:"status"`
	Expires wire.Date `json:"expires"`
}

// Statuses is getOrdersStatus, POST /orders/statuses/.
func (c *Client) Statuses(ctx context.Context, ids ...int64) ([]Standing, error) {
	var a struct {
		Envelope
		Certificates wire.List[Standing] `json:"certificates"`
	}
	var words []string
	for _, id := range ids {
		words = append(words, number(id))
	}
	err := c.ask(ctx, "/orders/statuses/", url.Values{"cids": {strings.Join(words, ",")}}, &a)
	return a.Certificates, err
}

// OrderList is a page of orders; what they tell beside id and status varies.
type OrderList struct {
	Envelope
	Orders wire.List[Order] `json:"orders"`
	Limit  wire.Int         `json:"limit"`
	Offset wire.Int         `json:"offset"`
	Count  wire.Int         `json:"count"`
}

// AllSSLOrders is getAllSSLOrders, GET /orders/ssl/all.
func (c *Client) AllSSLOrders(ctx context.Context, limit, offset int) (l OrderList, err error) {
	return l, c.get(ctx, "/orders/ssl/all", url.Values{"limit": {strconv.Itoa(limit)}, "offset": {strconv.Itoa(offset)}}, &l)
}

// OrdersBy is GET /orders/?status=; the status is one of active, expired, processing, rejected.
func (c *Client) OrdersBy(ctx context.Context, status string) (l OrderList, err error) {
	return l, c.get(ctx, "/orders/", url.Values{"status": {status}}, &l)
}
