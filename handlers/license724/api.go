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
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"strings"

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
	server  access.Server
	sandbox bool
}

// New makes the API over a gate. sandbox says that what is sold only tries things
// out, clientIP tells whom a request comes from.
func New(book *db.DB, gate *access.Gate, sandbox bool, clientIP func(*http.Request) string, log *slog.Logger) *API {
	return &API{access.Server{Book: book, Gate: gate, ClientIP: clientIP, Log: log, Dialect: Dialect}, sandbox}
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
	access.Visit
	op    *operation
	asked parameters
}

// ServeHTTP answers every address below Prefix.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	lang := access.Language(r)
	c := &call{API: a, Visit: a.server.Begin(i18n.With(r.Context(), i18n.Locale{Lang: lang}), w, r), op: find(strings.TrimPrefix(r.URL.Path, Prefix))}
	h := w.Header()
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Language", lang)
	h.Set("Vary", "Accept-Language, Authorization")
	c.Serve(c, nil)
}

// Route is the operation's path.
func (c *call) Route() string {
	if c.op == nil {
		return "none"
	}
	return Prefix + c.op.name
}

// Enter finds the operation, reads what was asked and lets the caller in.
func (c *call) Enter() error {
	if c.op == nil {
		return errNoEndpoint
	}
	switch c.R.Method {
	case http.MethodGet, http.MethodPost:
	case http.MethodHead:
		if c.op.scope == db.ScopeRead {
			break
		}
		fallthrough
	default:
		return errMethod
	}
	asked, unreadable := read(c.W, c.R)
	c.asked = asked
	if err := c.Admit(c.secret()); err != nil {
		if unreadable != nil && errors.Is(err, access.ErrNoKey) {
			return unreadable // the token may have been in it
		}
		return err
	}
	if err := c.Caller.Need(c.op.scope); err != nil {
		return err
	}
	if unreadable != nil {
		return unreadable
	}
	for _, name := range c.op.needs {
		if c.asked[name] == "" {
			return &badParameter{name: name, status: http.StatusBadRequest, key: "l724.error.missing"}
		}
	}
	return nil
}

// Once tells a change from another one: the way a request came by makes it no other.
func (c *call) Once() (path string, asked []byte, changes bool) {
	return c.op.name, c.asked.fingerprint(), c.op.scope != db.ScopeRead
}

// secret is the token that a request shows: in its header, its body or its query.
func (c *call) secret() string {
	return cmp.Or(c.Bearer(), c.HeaderSecret("X-API-Key"), c.asked["token"])
}

// Answer does the operation and puts its answer, or what went wrong, into words.
func (c *call) Answer() db.OnceAnswer {
	response, err := c.op.serve(c)
	if err != nil {
		return c.Refusal(err)
	}
	return c.encode(http.StatusOK, response)
}

func (c *call) encode(status int, response any) db.OnceAnswer {
	return c.JSON(status, response, `{"success":false,"message":"internal"}`)
}

// t is a sentence in the program's language.
func (c *call) t(key string, args ...any) string { return i18n.T(c.Ctx, key, args...) }
