// Package api speaks to a BILLmanager: a method for each function that its documents name for certificates. The documents are
// seed 002 ("Reselling through BILLmanager", "Reselling SSL certificates via API"), the vendor's list of functions ("SSL
// certificates (certificate)") and its guide to the API; where they leave names of fields open, several are read.
//
// Every call is a POST of a form, so that no credential stands in an address. Errors are those of wire.Client.Do.
package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"

	"certbay/providers"
	"certbay/providers/internal/wire"
)

// Out is an envelope of answers. All are read, whichever was asked for.
type Out string

const (
	XML   Out = "xml"
	JSON  Out = "json"
	BJSON Out = "bjson"
)

// Login is an account of a BILLmanager.
type Login struct {
	User, Password string

	// Session logs in once (func=auth) and shows the session's id with each call, instead of authinfo each time. It is begun
	// again when it is over; an idle hour ends it.
	Session bool
}

// Client is an account at one BILLmanager. Safe for concurrent use.
type Client struct {
	wire  *wire.Client
	path  string
	login Login
	out   Out

	mu      sync.Mutex
	session string
}

// New makes a client. The base URL may end with /billmgr or /manager/billmgr; /billmgr is added where it does not. out is the
// envelope that is asked for; empty is XML.
func New(c wire.Config, login Login, out Out) (*Client, error) {
	cl := &Client{path: "billmgr", login: login, out: out}
	if cl.out == "" {
		cl.out = XML
	}
	base := strings.TrimRight(strings.TrimSpace(c.BaseURL), "/")
	if u, err := url.Parse(base); err == nil && path.Base(u.Path) == cl.path {
		base = strings.TrimSuffix(base, "/"+cl.path)
	}
	c.BaseURL = base
	c.Secrets = append(c.Secrets, login.Password, login.User+":"+login.Password)
	c.SecretFields = append(c.SecretFields, "authinfo", "auth", "password", "key")
	var err error
	cl.wire, err = wire.New(c)
	return cl, err
}

// Wire is the client's line.
func (c *Client) Wire() *wire.Client { return c.wire }

// read asks for something that changes nothing.
func (c *Client) read(ctx context.Context, function string, form url.Values) (*Node, error) {
	return c.call(ctx, function, form, true)
}

// change makes a call that changes something, which must be answered with ok.
func (c *Client) change(ctx context.Context, function string, form url.Values) (*Node, error) {
	return c.call(ctx, function, form, false)
}

func (c *Client) call(ctx context.Context, function string, form url.Values, read bool) (doc *Node, err error) {
	err = c.admitted(ctx, read, func(credentials url.Values) error {
		doc, err = c.send(ctx, function, form, credentials, read)
		return err
	})
	return doc, err
}

// admitted makes a call with the credentials that it shows: authinfo, or the session's id.
func (c *Client) admitted(ctx context.Context, read bool, call func(url.Values) error) error {
	if !c.login.Session {
		return call(url.Values{"authinfo": {c.login.User + ":" + c.login.Password}})
	}
	session, err := c.enter(ctx, "")
	if err != nil {
		return entering(err, read)
	}
	err = call(url.Values{"auth": {session}})
	var denied *Denied
	if errors.As(err, &denied) && !denied.SecondFactor {
		// The session is over, and who is not let in has changed nothing.
		if session, err = c.enter(ctx, session); err != nil {
			return entering(err, read)
		}
		return call(url.Values{"auth": {session}})
	}
	return err
}

// download is a read whose answer is a file, or a document with the file in it.
func (c *Client) download(ctx context.Context, function string, form url.Values) (content []byte, err error) {
	err = c.admitted(ctx, true, func(credentials url.Values) error {
		a, err := c.exchange(ctx, function, form, credentials, true, func(a wire.Answer) error {
			if _, err := Parse(a.Body); err != nil {
				return nil // a file
			}
			_, err := judge(a, function, true)
			return err
		})
		if err != nil {
			return err
		}
		content = a.Body
		if doc, err := Parse(a.Body); err == nil {
			content = nil
			for _, name := range []string{"crt", "content", "file"} {
				if text := doc.Get(name); text != "" {
					content = []byte(text)
					break
				}
			}
		}
		return nil
	})
	return content, err
}

// entering makes of a login that failed that the call after it was never sent.
func entering(err error, read bool) error {
	var f *providers.Failure
	if !errors.As(err, &f) {
		return err
	}
	out := *f
	out.Changes, out.Reached = !read, false
	return &out
}

// enter is the session's id, of a new one when there is none or stale is it.
func (c *Client) enter(ctx context.Context, stale string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session != "" && c.session != stale {
		return c.session, nil
	}
	c.session = ""
	id, err := c.Auth(ctx)
	if err == nil {
		c.session = id
	}
	return id, err
}

// Auth logs in and answers the id of the session.
//
// Guide to ISPsystem software API, "Session unique ID authentication": func=auth
func (c *Client) Auth(ctx context.Context) (string, error) {
	doc, err := c.send(ctx, "auth", nil, url.Values{"username": {c.login.User}, "password": {c.login.Password}}, true)
	if err != nil {
		return "", err
	}
	auth := doc.One("auth")
	id := auth.Get("id")
	if id == "" && auth != nil {
		id = auth.Text
	}
	if id == "" {
		return "", secondFactor("the login was accepted, and yet no session begins")
	}
	c.wire.Hide(id)
	return id, nil
}

func (c *Client) send(ctx context.Context, function string, form, credentials url.Values, read bool) (doc *Node, err error) {
	_, err = c.exchange(ctx, function, form, credentials, read, func(a wire.Answer) (err error) {
		doc, err = judge(a, function, read)
		return err
	})
	if err != nil {
		return nil, err
	}
	return doc, nil
}

func (c *Client) exchange(ctx context.Context, function string, form, credentials url.Values, read bool, judge func(wire.Answer) error) (wire.Answer, error) {
	all := url.Values{"func": {function}, "out": {string(c.out)}}
	for _, values := range []url.Values{form, credentials} {
		for name, list := range values {
			all[name] = list
		}
	}
	var raw []byte
	return c.wire.Do(ctx, wire.Call{Method: http.MethodPost, Path: c.path, Header: http.Header{"Accept": {"text/xml, application/json"}}, Body: wire.Form(all),
		Read: read, Into: &raw, As: wire.AsRaw, Judge: judge})
}

// judge reads an answer, and what is wrong in it.
func judge(a wire.Answer, function string, read bool) (*Node, error) {
	strange := func(detail string, reached bool) error {
		return &providers.Failure{Trouble: providers.TroubleContent, Changes: !read, Reached: reached, Status: a.Status, Detail: function + ": " + detail}
	}
	doc, err := Parse(a.Body)
	if err != nil {
		if !a.OK() {
			return nil, nil // wire says what it was
		}
		return nil, strange(err.Error(), true)
	}
	if e := doc.One("error"); e != nil {
		return nil, refusal(e, function, strange)
	}
	if form := doc.Attr["func"]; form != function && (strings.Contains(form, "totp") || strings.HasPrefix(form, "2fa")) {
		return nil, secondFactor("")
	}
	if !read && !doc.Has("ok") {
		return nil, strange("the answer says neither ok nor what is wrong", true)
	}
	return doc, nil
}

// Denied is providers.ErrCredentials with the upstream's words.
type Denied struct {
	Words        string
	SecondFactor bool // the account wants a second factor, which no program can give
	Object       string
}

func (d *Denied) Error() string {
	if d.SecondFactor {
		return strings.TrimSpace("the account has two-factor authentication, with which other systems can't log in: switch it off for this account, or use an account of its own. " + d.Words)
	}
	return d.Words
}

// Is makes it ErrSecondFactor or ErrAddress too where it is about that.
func (d *Denied) Is(target error) bool {
	switch target {
	case providers.ErrCredentials:
		return true
	case providers.ErrSecondFactor:
		return d.SecondFactor
	case providers.ErrAddress:
		return d.Object == "badip" || providers.AboutAddress(d.Words)
	}
	return false
}

func secondFactor(words string) error { return &Denied{Words: words, SecondFactor: true} }

// Missing is providers.ErrUnknown with the upstream's words.
type Missing struct{ Words string }

func (m *Missing) Error() string        { return m.Words }
func (m *Missing) Is(target error) bool { return target == providers.ErrUnknown }

// refusal turns an error element into an error of the vocabulary.
func refusal(e *Node, function string, strange func(string, bool) error) error {
	kind, object, words := strings.ToLower(e.Get("type")), strings.ToLower(e.Get("object")), e.Get("msg")
	if words == "" {
		words = strings.TrimSpace(e.Text)
	}
	if words == "" {
		words = strings.TrimSpace(kind + " " + object)
	}
	if object == "" {
		for _, p := range e.All("param") {
			if p.Get("name") == "object" || p.Get("name") == "field" {
				object = strings.ToLower(p.Text)
			}
		}
	}
	switch said := strings.ToLower(object + " " + words); kind {
	case "auth":
		if containsAny(said, "2fa", "totp", "two-factor", "two factor", "twofactor", "second factor", "one-time", "двухфактор") {
			return secondFactor(words)
		}
		return &Denied{Words: words, Object: object}
	case "access":
		return &Denied{Words: words, Object: object}
	case "missed", "notfound", "not_found":
		switch object {
		case "func", "function":
			return strange(words, false)
		case "elid", "item", "service", "certificate", "id", "elem", "":
			return &Missing{Words: words}
		}
	case "busy", "lock", "locked":
		return &providers.Failure{Trouble: providers.TroubleBusy, Changes: !readOnly(function), Detail: words}
	}
	return providers.Refuse(fieldOf(kind, object), words)
}

// readOnly says that a function only looks.
func readOnly(function string) bool {
	switch function {
	case "auth", "pricelist.export", "certificate", "certificate.edit", "certificate.file", "certificate.order.csr", "country":
		return true
	}
	return false
}

func containsAny(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

var fields = map[string]string{
	"csr": "csr", "key": "csr", "cn": "names", "altname": "names", "altname_input": "names", "domain": "names", "domain_count": "names",
	"approver_method": "method", "auth_file_protocol": "method", "pricelist": "product", "period": "months", "remoteid": "reference", "ip": "ip",
	"balance": "balance", "money": "balance", "credit": "balance",
}

// fieldOf is the vocabulary's word for what is wrong.
func fieldOf(kind, object string) string {
	switch f, known := fields[object]; {
	case known:
		return f
	case containsAny(kind, "money", "balance", "credit") || containsAny(object, "money", "balance"):
		return "balance"
	case strings.HasPrefix(object, "approver_email"):
		return "email"
	case strings.HasPrefix(object, "org_"):
		return "org"
	case strings.HasPrefix(object, "adm_"), strings.HasPrefix(object, "tech_"):
		return "contact"
	}
	return ""
}
