// Package license724 serves the API of 724license over the book: software licences
// that are known by their product's code and their address.
//
// Written from the document, which shows each call as GET with a query and as POST
// with JSON, and the token in either or in the Authorization header. Forms are read
// too. The document has nine operations and no error; a refusal is in the envelope
// it has for success, with the usual HTTP status, and names the parameter that was
// wrong. What is beside the document's fields in an answer, it doesn't contradict.
//
// A credit is a US dollar, a billing cycle a month. Sentences are in views/i18n
// (license724.json), Turkish unless the program asks for English.
package license724

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"certbay/db"
	"certbay/handlers/access"
	"certbay/views/i18n"
)

// Prefix is where the API lives, in every shop.
const Prefix = "/v1"

// Dialect is what the book calls it, for db.SetResellerDialect.
const Dialect = "license724"

// Serves says whether a path is this dialect's.
func Serves(path string) bool {
	below, ok := strings.CutPrefix(path, Prefix)
	return ok && (below == "" || below[0] == '/')
}

// API answers programs that speak 724license's dialect. Make one with New.
type API struct {
	book     *db.DB
	gate     *access.Gate
	sandbox  bool
	clientIP func(*http.Request) string
	log      *slog.Logger
}

// New makes the API over a gate. sandbox says that what is sold only tries things
// out, clientIP tells whom a request comes from.
func New(book *db.DB, gate *access.Gate, sandbox bool, clientIP func(*http.Request) string, log *slog.Logger) *API {
	return &API{book: book, gate: gate, sandbox: sandbox, clientIP: clientIP, log: cmp.Or(log, slog.Default())}
}

// operation is one endpoint of the document.
type operation struct {
	name  string // below Prefix, without a slash at the end
	scope db.Scope
	needs []string // parameters that may not be missing
	serve func(*call) (any, error)
}

// operations are the document's, in its order.
var operations = []operation{
	{"/products", db.ScopeRead, nil, (*call).products},
	{"/product", db.ScopeRead, nil, (*call).product},
	{"/balance", db.ScopeRead, nil, (*call).balance},
	{"/licenses/create", db.ScopeOrder, []string{"type", "ip", "billingcycle"}, (*call).create},
	{"/licenses/renew", db.ScopeOrder, []string{"type", "ip", "billingcycle"}, (*call).renew},
	{"/licenses/suspend", db.ScopeOrder, []string{"type", "ip"}, (*call).suspend},
	{"/licenses/unsuspend", db.ScopeOrder, []string{"type", "ip"}, (*call).unsuspend},
	{"/licenses/change-ip", db.ScopeOrder, []string{"type", "ip", "newip"}, (*call).changeIP},
	{"/licenses/change-core", db.ScopeOrder, []string{"type", "ip", "new_type"}, (*call).changeCore},
}

func find(path string) *operation {
	for i := range operations {
		if operations[i].name == strings.TrimRight(path, "/") {
			return &operations[i]
		}
	}
	return nil
}

// call is one request on its way through an operation.
type call struct {
	*API
	ctx    context.Context
	r      *http.Request
	w      http.ResponseWriter
	op     *operation
	caller access.Caller
	asked  parameters
	done   string // the object of the change that is done already; see access.Gate.Once

	reference string
}

// ServeHTTP answers every address below Prefix.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	c := &call{API: a, r: r, w: w, reference: rand.Text(), op: find(strings.TrimPrefix(r.URL.Path, Prefix))}
	c.ctx = i18n.With(r.Context(), i18n.Locale{Lang: languageOf(r)})
	h := w.Header()
	h.Set("X-Request-Id", c.reference)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Language", i18n.From(c.ctx).Lang)
	h.Set("Vary", "Accept-Language, Authorization")
	status := c.answer()
	route := "none"
	if c.op != nil {
		route = Prefix + c.op.name
	}
	a.gate.Served(r.Context(), access.Call{At: a.book.Now(), Method: r.Method, Route: route, Path: r.URL.Path, Status: status,
		Took: time.Since(start), Caller: c.caller, IP: a.clientIP(r)})
}

var matcher = language.NewMatcher([]language.Tag{language.Turkish, language.English})

// languageOf is what the program reads: Turkish unless it asks for English.
func languageOf(r *http.Request) string {
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return "tr"
	}
	if _, i, sure := matcher.Match(tags...); i == 1 && sure > language.Low {
		return "en"
	}
	return "tr"
}

// answer writes the response, whatever happens, and says its status.
func (c *call) answer() (status int) {
	defer func() {
		if cause := recover(); cause != nil {
			if cause == http.ErrAbortHandler {
				panic(cause)
			}
			c.log.ErrorContext(c.ctx, "panic", "cause", fmt.Sprint(cause), "request", c.reference, "stack", string(debug.Stack()))
			status = c.write(c.refusal(fmt.Errorf("panic: %v", cause)))
		}
	}()
	if err := c.enter(); err != nil {
		return c.write(c.refusal(err))
	}
	if c.op.scope == db.ScopeRead {
		return c.write(c.run())
	}
	// The way a request came by makes it no other one.
	once, err := access.OnceRequest(c.r, c.op.name, c.asked.fingerprint())
	if err != nil {
		return c.write(c.refusal(err))
	}
	answer, replayed, err := c.gate.Once(c.ctx, c.caller, once, func(ctx context.Context, done string) (db.OnceAnswer, error) {
		c.ctx, c.done = ctx, done
		return c.run(), nil
	})
	if err != nil {
		return c.write(c.refusal(err))
	}
	if replayed {
		c.w.Header().Set("Idempotent-Replayed", "true")
	}
	return c.write(answer)
}

// enter finds the operation, reads what was asked and lets the caller in.
func (c *call) enter() error {
	if c.op == nil {
		return errNoEndpoint
	}
	switch c.r.Method {
	case http.MethodGet, http.MethodPost:
	case http.MethodHead:
		if c.op.scope == db.ScopeRead {
			break
		}
		fallthrough
	default:
		return errMethod
	}
	asked, unreadable := read(c.w, c.r)
	c.asked = asked
	var err error
	c.caller, err = c.gate.Admit(c.ctx, secretOf(c.r, asked), c.clientIP(c.r))
	c.caller.Quota.SetHeaders(c.w.Header())
	if err != nil {
		if unreadable != nil && errors.Is(err, access.ErrNoKey) {
			return unreadable // the token may have been in it
		}
		return err
	}
	if err := c.caller.Need(c.op.scope); err != nil {
		return err
	}
	on, err := c.book.ResellerSpeaks(c.ctx, c.caller.ResellerID, Dialect)
	switch {
	case err != nil:
		return err
	case !on:
		return errDialectOff
	case unreadable != nil:
		return unreadable
	}
	for _, name := range c.op.needs {
		if c.asked[name] == "" {
			return &badParameter{name: name, status: http.StatusBadRequest, key: "l724.error.missing"}
		}
	}
	return nil
}

// secretOf is the token that a request shows: in its header, its body or its query.
func secretOf(r *http.Request, asked parameters) string {
	if scheme, token, _ := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " "); strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return cmp.Or(strings.TrimSpace(r.Header.Get("X-API-Key")), asked["token"])
}

// run does the operation and puts its answer, or what went wrong, into words.
func (c *call) run() db.OnceAnswer {
	response, err := c.op.serve(c)
	if err != nil {
		return c.refusal(err)
	}
	return c.encode(http.StatusOK, response)
}

func (c *call) encode(status int, response any) db.OnceAnswer {
	const kind = "application/json"
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(response); err != nil {
		c.log.ErrorContext(c.ctx, "internal error", "cause", err.Error(), "request", c.reference)
		return db.OnceAnswer{Status: http.StatusInternalServerError, ContentType: kind, Body: `{"success":false,"message":"internal"}` + "\n"}
	}
	return db.OnceAnswer{Status: status, ContentType: kind, Body: body.String()}
}

// write sends an answer; a reader that went away is nobody's fault.
func (c *call) write(a db.OnceAnswer) int {
	h := c.w.Header()
	h.Set("Content-Type", a.ContentType+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(a.Body)))
	c.w.WriteHeader(a.Status)
	_, _ = c.w.Write([]byte(a.Body))
	return a.Status
}

// happened is the order whose change an earlier attempt of this request has
// committed; 0 when nothing was done yet.
func (c *call) happened() int64 {
	id, _ := strconv.ParseInt(strings.TrimPrefix(c.done, "order "), 10, 64)
	return id
}

// t is a sentence in the program's language.
func (c *call) t(key string, args ...any) string { return i18n.T(c.ctx, key, args...) }
