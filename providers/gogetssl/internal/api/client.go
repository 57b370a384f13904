// Package api speaks the GoGetSSL API v1: a method for each method of its wiki, of which seed 004 is the page of addSSLOrder and the
// list of the others; their paths, requests and answers are in research/upstreams.md. What those leave open is read in any form that
// is plausible, and in the form that Certbay serves.
//
// Errors are those of wire.Client.Do. Times are UTC. Amounts are hundredths of the account's currency, which only the balance names.
package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"certbay/providers"
	"certbay/providers/internal/wire"
)

// Client is an account. Its key is fetched when it is first needed, and once more when it is refused.
type Client struct {
	wire             *wire.Client
	name, user, pass string

	login chan struct{} // one signs in at a time; who holds it may touch the key
	key   string
}

// New makes a client for the login of a wire configuration whose base URL ends with /api.
func New(c wire.Config, user, pass string) (*Client, error) {
	c.Secrets = append(c.Secrets, pass)
	c.SecretFields = append(c.SecretFields, "pass", "auth_key", "key", "csr_key")
	w, err := wire.New(c)
	return &Client{wire: w, name: c.Name, user: user, pass: pass, login: make(chan struct{}, 1)}, err
}

// Wire is the client's line.
func (c *Client) Wire() *wire.Client { return c.wire }

// Envelope is around every answer. Errors often come with HTTP 200.
type Envelope struct {
	Success     *wire.Bool `json:"success"`
	Error       wire.Text  `json:"error"`
	Message     wire.Text  `json:"message"`
	Description wire.Text  `json:"description"`
}

func (e *Envelope) envelope() *Envelope { return e }

type answer interface{ envelope() *Envelope }

func (e *Envelope) failed() bool {
	said := strings.ToLower(e.Error.String())
	return e.Success != nil && !bool(*e.Success) || said != "" && said != "false" && said != "0"
}

// words are all that the answer says of what went wrong.
func (e *Envelope) words() string {
	var parts []string
	for _, s := range []string{e.Message.String(), e.Description.String(), e.Error.String()} {
		s = strings.TrimSpace(s)
		if s != "" && s != "true" && s != "1" && (len(parts) == 0 || !strings.Contains(strings.Join(parts, " "), s)) {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ": ")
}

// Auth is POST /auth/: user and pass for the key of all other calls. The API password itself expires after 365 days.
func (c *Client) Auth(ctx context.Context) (key string, err error) {
	var a struct {
		Envelope
		Key wire.Text `json:"key"`
	}
	_, err = c.wire.Do(ctx, wire.Call{Method: http.MethodPost, Path: "/auth/", Read: true, Into: &a,
		Body: wire.Form(url.Values{"user": {c.user}, "pass": {c.pass}}),
		Judge: func(w wire.Answer) error {
			switch {
			case w.OK() && a.Key != "" && !a.failed():
				return nil
			case a.words() != "" && (w.OK() || w.Status == http.StatusUnauthorized || w.Status == http.StatusForbidden || w.Status == http.StatusBadRequest):
				return &Denied{Words: a.words()}
			case w.OK():
				return &providers.Failure{Trouble: providers.TroubleContent, Status: w.Status, Detail: "the answer has neither a key nor a reason"}
			}
			return nil
		}})
	if err == nil {
		c.wire.Hide(a.Key.String())
	}
	return a.Key.String(), err
}

// authKey is the key to use; used is one that was refused.
func (c *Client) authKey(ctx context.Context, used string) (string, error) {
	select {
	case c.login <- struct{}{}:
		defer func() { <-c.login }()
	case <-ctx.Done():
		return "", &providers.Failure{Upstream: c.name, Call: "POST /auth/", Trouble: providers.TroubleStopped, Detail: "given up while another call signed in", Err: ctx.Err()}
	}
	if c.key != "" && c.key != used {
		return c.key, nil
	}
	key, err := c.Auth(ctx)
	if err != nil {
		return "", err
	}
	c.key = key
	return key, nil
}

// get makes a call that changes nothing.
func (c *Client) get(ctx context.Context, path string, q url.Values, into answer) error {
	return c.do(ctx, wire.Call{Method: http.MethodGet, Path: path, Query: q, Read: true}, into)
}

// ask is get for those reads that are POST.
func (c *Client) ask(ctx context.Context, path string, form url.Values, into answer) error {
	return c.do(ctx, wire.Call{Method: http.MethodPost, Path: path, Body: wire.Form(form), Read: true}, into)
}

// send makes a call that changes something.
func (c *Client) send(ctx context.Context, path string, form url.Values, into answer) error {
	return c.do(ctx, wire.Call{Method: http.MethodPost, Path: path, Body: wire.Form(form)}, into)
}

// sendOnce is send under a key by which an upstream that knows such keys has it done once; others pass it over.
func (c *Client) sendOnce(ctx context.Context, path, once string, form url.Values, into answer) error {
	call := wire.Call{Method: http.MethodPost, Path: path, Body: wire.Form(form)}
	if once != "" {
		call.Header = http.Header{"Idempotency-Key": {`"` + once + `"`}}
	}
	return c.do(ctx, call, into)
}

func (c *Client) do(ctx context.Context, call wire.Call, into answer) error {
	key, err := c.authKey(ctx, "")
	if err != nil {
		return unsent(err, call.Read)
	}
	err = c.exchange(ctx, call, key, into)
	var stale *keyRefused
	if !errors.As(err, &stale) {
		return err
	}
	// It was turned away unread; the key may have expired.
	if key, err = c.authKey(ctx, key); err != nil {
		return unsent(err, call.Read)
	}
	return c.exchange(ctx, call, key, into)
}

func (c *Client) exchange(ctx context.Context, call wire.Call, key string, into answer) error {
	q := url.Values{"auth_key": {key}}
	for k, v := range call.Query {
		q[k] = v
	}
	call.Query, call.Into = q, into
	call.Judge = func(a wire.Answer) error { return judge(a, into.envelope(), !call.Read) }
	_, err := c.wire.Do(ctx, call)
	return err
}

// unsent makes of a login that did not come about that nothing was carried out.
func unsent(err error, read bool) error {
	if read {
		return err
	}
	return providers.Unsent(err)
}

// judge tells what an answer means: "success is success:true and no error".
func judge(a wire.Answer, e *Envelope, changes bool) error {
	words := e.words()
	switch {
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
		if words == "" {
			words = http.StatusText(a.Status)
		}
		return &keyRefused{Denied{Words: words}}
	case a.OK() && !e.failed() && (e.Success != nil || !changes):
		return nil
	case a.OK() && words == "":
		return &providers.Failure{Trouble: providers.TroubleContent, Changes: changes, Reached: changes, Status: a.Status,
			Detail: "the answer says neither success nor what is wrong"}
	case words == "":
		return nil // wire says what it was
	case a.Status == http.StatusConflict: // the same request is still being answered
		return &providers.Failure{Trouble: providers.TroubleBusy, Changes: changes, Reached: changes, Status: a.Status, Detail: words}
	case badKey.MatchString(words):
		return &keyRefused{Denied{Words: words}}
	case noOrder.MatchString(words):
		return &Missing{Words: words}
	case a.Status == http.StatusNotFound || a.Status == http.StatusMethodNotAllowed:
		return &providers.Failure{Trouble: providers.TroubleContent, Changes: changes, Status: a.Status, Detail: words}
	}
	return providers.Refuse(fieldOf(words), words)
}

var (
	badKey  = regexp.MustCompile(`(?i)auth[ _]?key\b.*\b(not valid|invalid|expired|required|missing)`)
	noOrder = regexp.MustCompile(`(?i)\b(order|certificate)\b[^.:]*\b(not found|doe?s ?n[o']t exist|not exist|unknown)|\b(no such|unknown|wrong|invalid) order\b( ?id)?`)
)

// Denied is providers.ErrCredentials with the upstream's words.
type Denied struct{ Words string }

func (d *Denied) Error() string { return d.Words }

// Is makes it ErrAddress too where the words are about our address.
func (d *Denied) Is(target error) bool {
	return target == providers.ErrCredentials || target == providers.ErrAddress && (providers.AboutAddress(d.Words))
}

// keyRefused is Denied to a key, not to the login behind it.
type keyRefused struct{ Denied }

// Missing is providers.ErrUnknown with the upstream's words.
type Missing struct{ Words string }

func (m *Missing) Error() string        { return m.Words }
func (m *Missing) Is(target error) bool { return target == providers.ErrUnknown }

// fieldWords tell from a sentence which field it is about; the first that fits counts.
var fieldWords = []struct {
	field string
	words *regexp.Regexp
}{
	{"balance", regexp.MustCompile(`(?i)\b(balance|funds|credit)\b`)},
	{"csr", regexp.MustCompile(`(?i)\bcsr\b`)},
	{"email", regexp.MustCompile(`(?i)\bapprover`)},
	{"method", regexp.MustCompile(`(?i)\b(dcv_?method|new_methods?|validation method)\b`)},
	{"months", regexp.MustCompile(`(?i)\bperiod\b`)},
	{"product", regexp.MustCompile(`(?i)\bproduct(_id)?\b`)},
	{"names", regexp.MustCompile(`(?i)\b(dns_names|domains?|san)\b`)},
	{"org", regexp.MustCompile(`(?i)\borg_`)},
	{"contact", regexp.MustCompile(`(?i)\b(admin|tech)_`)},
}

func fieldOf(words string) string {
	for _, f := range fieldWords {
		if f.words.MatchString(words) {
			return f.field
		}
	}
	return ""
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
