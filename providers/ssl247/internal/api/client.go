// Package api speaks the SSL247 API v3: a method for each of the 43 calls of its document, which is seed 003. All are POST; the
// login is in each body. What the document leaves open (requirements and addons of products, the words of a status, what has to be
// published for several names) is read in the form that Certbay serves.
//
// Errors are those of wire.Client.Do. Amounts are hundredths of what their currency says, days and times UTC.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"certbay/providers"
	"certbay/providers/internal/wire"
)

// Login is what every call carries.
type Login struct {
	User     string `json:"u"`           // an e-mail address
	Password string `json:"p,omitempty"` // of a standard or super user; empty for an API user
	Key      string `json:"k"`           // of the API user, or of the account for a standard or super user
}

// Client is an account at one shop that serves the API.
type Client struct {
	wire  *wire.Client
	login Login
}

// New makes a client for a login and a wire configuration whose base URL ends with /api/v3.
func New(c wire.Config, l Login) (*Client, error) {
	c.Secrets = append(c.Secrets, l.Key, l.Password)
	c.SecretFields = append(c.SecretFields, "k", "password")
	w, err := wire.New(c)
	return &Client{wire: w, login: l}, err
}

// Wire is the client's line.
func (c *Client) Wire() *wire.Client { return c.wire }

// Envelope is around every answer: of a success the first three, of an error the last.
type Envelope struct {
	StatusCode        wire.Text `json:"StatusCode"`
	StatusDescription wire.Text `json:"StatusDescription"`
	Date              wire.Text `json:"Date"`
	Response          *struct {
		Error struct {
			Code    wire.Text `json:"Code"`
			Message wire.Text `json:"Message"`
		} `json:"Error"`
		Date wire.Text `json:"Date"`
	} `json:"Response,omitempty"`
}

// answer is an envelope with what a call answers.
type answer[T any] struct {
	Envelope
	Data T `json:"Data"`
}

// UnmarshalJSON reads the envelope first: of an error the rest is not looked at, whatever it is.
func (a *answer[T]) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &a.Envelope); err != nil {
		return err
	}
	if a.Response != nil || !a.good() {
		return nil
	}
	var d struct {
		Data json.RawMessage `json:"Data"`
	}
	if err := json.Unmarshal(b, &d); err != nil || len(d.Data) == 0 || string(d.Data) == "null" {
		return err
	}
	err := json.Unmarshal(d.Data, &a.Data)
	if err == nil {
		return nil
	}
	// PHP writes an object without members as an empty list.
	var clear T
	if again, ok := withoutEmpty(d.Data); ok && json.Unmarshal(again, &clear) == nil {
		a.Data = clear
		return nil
	}
	return err
}

// withoutEmpty has null for every empty list within; ok says that there was one.
func withoutEmpty(b []byte) (out []byte, ok bool) {
	var v any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil, false
	}
	object, isObject := v.(map[string]any)
	if !isObject || !dropEmpty(object) {
		return nil, false
	}
	out, err := json.Marshal(object)
	return out, err == nil
}

func dropEmpty(v any) (dropped bool) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if list, ok := x.([]any); ok && len(list) == 0 {
				v[k], dropped = nil, true
			} else {
				dropped = dropEmpty(x) || dropped
			}
		}
	case []any:
		for _, x := range v {
			dropped = dropEmpty(x) || dropped
		}
	}
	return dropped
}

// good says that the status is one of success.
func (e Envelope) good() bool {
	switch word := strings.ToLower(e.StatusCode.String()); word {
	case "ok", "success":
		return true
	default:
		n, err := strconv.Atoi(word)
		return err == nil && n >= 200 && n < 300
	}
}

// read makes a call that changes nothing.
func read[T any](ctx context.Context, c *Client, path string, body any) (T, error) {
	a, _, err := do[T](ctx, c, wire.Call{Path: path, Read: true}, body)
	return a, err
}

// send makes a call that changes something.
func send[T any](ctx context.Context, c *Client, path string, body any) (T, error) {
	a, _, err := do[T](ctx, c, wire.Call{Path: path}, body)
	return a, err
}

// spend makes a call that buys. A shop that knows once keys answers a repetition with what it answered at first; replayed says so.
func spend[T any](ctx context.Context, c *Client, path, onceKey string, body any) (data T, replayed bool, err error) {
	call := wire.Call{Path: path, Header: http.Header{}}
	if onceKey != "" {
		call.Header.Set("Idempotency-Key", onceKey)
	}
	data, got, err := do[T](ctx, c, call, body)
	return data, got.Header.Get("Idempotent-Replayed") == "true", err
}

func do[T any](ctx context.Context, c *Client, call wire.Call, body any) (T, wire.Answer, error) {
	var a answer[T]
	call.Method, call.Into = http.MethodPost, &a
	call.Body = func() (string, []byte, error) { return c.body(body) }
	call.Judge = func(got wire.Answer) error { return judge(got, a.Envelope, !call.Read) }
	got, err := c.wire.Do(ctx, call)
	return a.Data, got, err
}

// body is the login and the fields of a call, in one object.
func (c *Client) body(fields any) (string, []byte, error) {
	login, err := json.Marshal(c.login)
	if err != nil || fields == nil {
		return "application/json", login, err
	}
	rest, err := json.Marshal(fields)
	if err != nil || len(rest) <= 2 {
		return "application/json", login, err
	}
	return "application/json", append(append(login[:len(login)-1], ','), rest[1:]...), nil
}

// judge turns the dialect's way of saying no into the vocabulary's errors. There is no public list of codes: numbers are taken as
// those of HTTP, words by what they say.
func judge(a wire.Answer, e Envelope, changes bool) error {
	code, words := e.StatusCode.String(), e.StatusDescription.String()
	switch {
	case e.Response != nil:
		code, words = e.Response.Error.Code.String(), e.Response.Error.Message.String()
	case a.OK() && e.good():
		return nil
	}
	if code == "" && words == "" {
		if a.OK() { // neither success nor a reason
			return &providers.Failure{Trouble: providers.TroubleContent, Changes: changes, Reached: changes, Status: a.Status,
				Detail: "the answer says neither success nor what is wrong"}
		}
		return nil // wire says what it was
	}
	if words == "" {
		words = "code " + code
	}
	n, err := strconv.Atoi(code)
	low := strings.ToLower(code + " " + words)
	if err != nil || n < 100 || n > 599 {
		switch n = a.Status; {
		case fieldOf(words) != "":
		case mentions(low, loginWords):
			n = http.StatusUnauthorized
		case mentions(low, moneyWords):
			n = http.StatusPaymentRequired
		case mentions(low, missingWords):
			n = http.StatusNotFound
		}
	}
	switch {
	case n == http.StatusUnauthorized || n == http.StatusForbidden:
		return &Denied{Words: words}
	case n == http.StatusPaymentRequired:
		return providers.Refuse("balance", words)
	case n == http.StatusNotFound:
		return &Missing{Words: words}
	case n == http.StatusTooManyRequests:
		return &providers.Failure{Trouble: providers.TroubleBusy, Changes: changes, Status: a.Status, Detail: words}
	case n == http.StatusConflict && strings.Contains(low, "under way"):
		return &providers.Failure{Trouble: providers.TroubleBusy, Changes: changes, Reached: changes, Status: a.Status, Detail: words}
	case n >= 500:
		return &providers.Failure{Trouble: providers.TroubleStatus, Changes: changes, Reached: changes, Status: a.Status, Detail: words}
	case e.Response == nil && n < 400:
		return &providers.Failure{Trouble: providers.TroubleContent, Changes: changes, Reached: changes, Status: a.Status,
			Detail: "StatusCode " + strconv.Quote(code) + " is not understood: " + words}
	}
	return providers.Refuse(fieldOf(words), words)
}

var (
	loginWords   = []string{"authenticat", "credentials", "invalid api key", "unknown api key", "login failed", "not authorised", "not authorized", "unauthorised", "unauthorized"}
	moneyWords   = []string{"insufficient", "not enough deposit", "not enough credit", "allowance exceeded"}
	missingWords = []string{"not found", "does not exist", "no such "}
)

func mentions(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// Denied is providers.ErrCredentials with the shop's words.
type Denied struct{ Words string }

func (d *Denied) Error() string { return d.Words }

// Is makes it ErrAddress too where the words are about our address.
func (d *Denied) Is(target error) bool {
	return target == providers.ErrCredentials || target == providers.ErrAddress && (providers.AboutAddress(d.Words))
}

// Missing is providers.ErrUnknown with the shop's words.
type Missing struct{ Words string }

func (m *Missing) Error() string        { return m.Words }
func (m *Missing) Is(target error) bool { return target == providers.ErrUnknown }

var fields = map[string]string{
	"csr": "csr", "new_csr": "csr", "common_name": "names", "Addon": "names", "san": "names", "sans": "names", "dv_auth_method": "method",
	"approver_email": "email", "product_code": "product", "years": "months", "reference": "reference",
}

// fieldOf is the vocabulary's word for the field that a sentence begins with: "csr: …".
func fieldOf(words string) string {
	name, _, _ := strings.Cut(words, ":")
	switch f, known := fields[name]; {
	case known:
		return f
	case strings.HasPrefix(name, "Contacts.Company"), strings.HasPrefix(name, "Contacts.Administrative.org"):
		return "org"
	case strings.HasPrefix(name, "Contacts."):
		return "contact"
	}
	return ""
}

// at is a path of escaped parts.
func at(parts ...string) string {
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return "/" + strings.Join(parts, "/")
}
