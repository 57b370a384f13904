// Package api speaks the DATASSL reseller API v3: a method for each of the 22 endpoints of its document, which is seed 000. What
// the document leaves open (the detail of an order, of an invoice, of the SSL status) is read in the form that Certbay serves.
//
// Errors are those of wire.Client.Do. Amounts are hundredths of US dollars, days and times UTC.
package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"certbay/providers"
	"certbay/providers/internal/wire"
)

// Client is a reseller's account at one shop that serves the API.
type Client struct {
	wire *wire.Client
	lang string
}

// New makes a client for the key of a wire configuration whose base URL ends with /api/reseller. lang is what the shop's
// sentences are asked for in: "tr" or "en".
func New(c wire.Config, key, lang string) (*Client, error) {
	c.Secrets = append(c.Secrets, key)
	c.SecretFields = append(c.SecretFields, "X-API-Key")
	c.Authorize = func(r *http.Request) { r.Header.Set("X-API-Key", key) }
	w, err := wire.New(c)
	return &Client{wire: w, lang: lang}, err
}

// Wire is the client's line.
func (c *Client) Wire() *wire.Client { return c.wire }

// Envelope is around every answer.
type Envelope struct {
	Success wire.Bool `json:"success"`
	Message wire.Text `json:"message"`
	Error   wire.Text `json:"error"`

	// Not in the document: what some shops tell beside the sentence.
	Code   wire.Text             `json:"code"`
	Fields wire.List[FieldError] `json:"fields"`
}

// FieldError says what is wrong with a field of the request.
type FieldError struct {
	Field   wire.Text `json:"field"`
	Message wire.Text `json:"message"`
}

func (e *Envelope) envelope() *Envelope { return e }

type answer interface{ envelope() *Envelope }

// Pagination says where in a list an answer is.
type Pagination struct {
	Total  wire.Int `json:"total"`
	Limit  wire.Int `json:"limit"`
	Offset wire.Int `json:"offset"`
}

// Page is the part of a list that is asked for; zero is the shop's first page.
type Page struct {
	Limit, Offset int
}

func (p Page) query() url.Values {
	q := url.Values{}
	if p != (Page{}) {
		q.Set("limit", strconv.Itoa(p.Limit))
		q.Set("offset", strconv.Itoa(p.Offset))
	}
	return q
}

func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

func (c *Client) get(ctx context.Context, path string, q url.Values, into answer) error {
	return c.do(ctx, wire.Call{Method: http.MethodGet, Path: path, Query: q, Read: true}, into)
}

// send makes a call that changes something.
func (c *Client) send(ctx context.Context, method, path string, body any, into answer) error {
	return c.do(ctx, wire.Call{Method: method, Path: path, Body: wire.JSON(body)}, into)
}

func (c *Client) do(ctx context.Context, call wire.Call, into answer) error {
	_, err := c.exchange(ctx, call, into)
	return err
}

func (c *Client) exchange(ctx context.Context, call wire.Call, into answer) (wire.Answer, error) {
	if call.Header == nil {
		call.Header = http.Header{}
	}
	call.Header.Set("Accept-Language", c.lang)
	call.Into, call.Judge = into, func(a wire.Answer) error { return judge(a, into.envelope(), !call.Read) }
	return c.wire.Do(ctx, call)
}

// judge is "Hata Kodları" of the document, and what it leaves open.
func judge(a wire.Answer, e *Envelope, changes bool) error {
	if a.OK() && bool(e.Success) {
		return nil
	}
	words := e.Error.String()
	if words == "" {
		words = e.Message.String()
	}
	if words == "" {
		if a.OK() { // neither success nor a reason
			return &providers.Failure{Trouble: providers.TroubleContent, Changes: changes, Reached: changes, Status: a.Status,
				Detail: "the answer says neither success nor what is wrong"}
		}
		return nil // wire says what it was
	}
	switch {
	case a.Status == http.StatusUnauthorized, e.Code == "scope_missing":
		return &Denied{Words: words, Code: e.Code.String()}
	case e.Code == "idempotency_running":
		return &providers.Failure{Trouble: providers.TroubleBusy, Changes: changes, Reached: changes, Status: a.Status, Detail: words}
	case a.Status == http.StatusPaymentRequired:
		return providers.Refuse("balance", words)
	case a.Status == http.StatusNotFound:
		return &Missing{Words: words, Code: e.Code.String()}
	case a.Status == http.StatusMethodNotAllowed:
		return &providers.Failure{Trouble: providers.TroubleContent, Changes: changes, Status: a.Status, Detail: words}
	}
	return providers.Refuse(fieldOf(e), words)
}

// Denied is providers.ErrCredentials with the shop's words.
type Denied struct{ Words, Code string }

func (d *Denied) Error() string { return d.Words }

// Is makes it ErrAddress too where the words are about our address.
func (d *Denied) Is(target error) bool {
	return target == providers.ErrCredentials || target == providers.ErrAddress && (d.Code == "address_not_allowed" || providers.AboutAddress(d.Words))
}

// Missing is providers.ErrUnknown with the shop's words.
type Missing struct{ Words, Code string }

func (m *Missing) Error() string        { return m.Words }
func (m *Missing) Is(target error) bool { return target == providers.ErrUnknown }

var fields = map[string]string{
	"csr": "csr", "domain": "names", "names": "names", "san_count": "names", "san_wildcard_count": "names", "dcv_method": "method",
	"approver_email": "email", "product_id": "product", "period": "months", "reference": "reference",
}

// fieldOf is the vocabulary's word for the first field that is wrong: as the shop lists it, or as its sentence begins.
func fieldOf(e *Envelope) string {
	name, _, _ := strings.Cut(e.Error.String(), ":")
	if len(e.Fields) > 0 {
		name = e.Fields[0].Field.String()
	}
	switch f, known := fields[name]; {
	case known:
		return f
	case strings.HasPrefix(name, "org_"):
		return "org"
	case strings.HasPrefix(name, "admin_"):
		return "contact"
	}
	return ""
}

func id(n int64) string { return strconv.FormatInt(n, 10) }
