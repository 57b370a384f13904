// Package api speaks the API of 724license: a method for each of the nine endpoints of its document, which is seed 001. All are
// called by POST with the token in the Authorization header; the document's other way, a token in the query, ends up in logs.
//
// The document shows no error. What is read of one is the envelope that it shows of a success, with the usual HTTP statuses.
// Errors are those of wire.Client.Do. Prices and balances are hundredths of the upstream's credit.
package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"certbay/providers"
	"certbay/providers/internal/wire"
)

// Client is an account.
type Client struct {
	wire *wire.Client
}

// New makes a client for the token of a wire configuration whose base URL ends with /v1.
func New(c wire.Config, token string) (*Client, error) {
	c.Secrets = append(c.Secrets, token)
	c.SecretFields = append(c.SecretFields, "token")
	c.Authorize = func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	w, err := wire.New(c)
	return &Client{wire: w}, err
}

// Wire is the client's line.
func (c *Client) Wire() *wire.Client { return c.wire }

// Envelope is around every answer.
type Envelope struct {
	Success *wire.Bool `json:"success"`
	Message Words      `json:"message"`
	Error   Words      `json:"error"`

	// Not in the document: what some servers of it tell beside the sentence. Field is the parameter that was wrong; Status is
	// "processing" where a change was taken and is not made yet.
	Code   wire.Text `json:"code"`
	Field  wire.Text `json:"field"`
	Status wire.Text `json:"status"`
}

func (e *Envelope) envelope() *Envelope { return e }

type answer interface{ envelope() *Envelope }

// Words is a sentence, also where it comes as a list, or in an object that has a message.
type Words string

func (w *Words) UnmarshalJSON(b []byte) error {
	var text wire.Text
	if err := text.UnmarshalJSON(b); err == nil {
		*w = Words(text)
		return nil
	}
	var list []Words
	if err := json.Unmarshal(b, &list); err == nil {
		var all []string
		for _, one := range list {
			if one != "" {
				all = append(all, string(one))
			}
		}
		*w = Words(strings.Join(all, " "))
		return nil
	}
	var object struct {
		Message Words `json:"message"`
		Error   Words `json:"error"`
	}
	if err := json.Unmarshal(b, &object); err != nil {
		return err
	}
	if *w = object.Message; *w == "" {
		*w = object.Error
	}
	return nil
}

// read makes a call that changes nothing.
func (c *Client) read(ctx context.Context, path string, body any, into answer) error {
	return c.do(ctx, wire.Call{Method: http.MethodPost, Path: path, Body: wire.JSON(body), Read: true}, into)
}

// change makes a call that changes something.
func (c *Client) change(ctx context.Context, path string, body any, into answer) error {
	return c.do(ctx, wire.Call{Method: http.MethodPost, Path: path, Body: wire.JSON(body)}, into)
}

func (c *Client) do(ctx context.Context, call wire.Call, into answer) error {
	call.Into, call.Judge = into, func(a wire.Answer) error { return judge(a, into.envelope(), !call.Read) }
	_, err := c.wire.Do(ctx, call)
	return err
}

// judge says what an answer means: an error of the vocabulary with the upstream's words, or nil.
func judge(a wire.Answer, e *Envelope, changes bool) error {
	words := string(e.Message)
	if a.OK() && e.Success != nil && bool(*e.Success) {
		if changes && e.Status == "processing" { // it may be refused yet, and can't be asked about
			return &providers.Failure{Trouble: providers.TroubleBusy, Changes: true, Reached: true, Status: a.Status, Detail: words}
		}
		return nil
	}
	if words == "" || e.Error != "" {
		words = string(e.Error)
	}
	if words == "" {
		if a.OK() {
			return &providers.Failure{Trouble: providers.TroubleContent, Changes: changes, Reached: changes, Status: a.Status,
				Detail: "the answer says neither success nor what is wrong"}
		}
		return nil // wire says what it was
	}
	if e.Code == "running" { // the same call is being answered: what comes of it, nobody knows yet
		return &providers.Failure{Trouble: providers.TroubleBusy, Changes: changes, Reached: changes, Status: a.Status, Detail: words}
	}
	switch a.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return &Denied{Words: words, Code: e.Code.String()}
	case http.StatusPaymentRequired:
		return providers.Refuse("balance", words)
	case http.StatusNotFound:
		return &Missing{Words: words}
	case http.StatusMethodNotAllowed:
		return &providers.Failure{Trouble: providers.TroubleContent, Changes: changes, Status: a.Status, Detail: words}
	}
	return providers.Refuse(fields[e.Field.String()], words)
}

// fields are the vocabulary's words for the document's parameters.
var fields = map[string]string{"type": "product", "new_type": "product", "code": "product", "ip": "ip", "newip": "ip", "billingcycle": "months", "balance": "balance"}

// Denied is providers.ErrCredentials with the upstream's words.
type Denied struct{ Words, Code string }

func (d *Denied) Error() string { return d.Words }

// Is makes it ErrAddress too where the words are about our address.
func (d *Denied) Is(target error) bool {
	return target == providers.ErrCredentials || target == providers.ErrAddress && (d.Code == "address_not_allowed" || providers.AboutAddress(d.Words))
}

// Missing is providers.ErrUnknown with the upstream's words.
type Missing struct{ Words string }

func (m *Missing) Error() string        { return m.Words }
func (m *Missing) Is(target error) bool { return target == providers.ErrUnknown }
