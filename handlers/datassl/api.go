// Package datassl serves the DATASSL reseller API v3 over the book.
//
// The table of operations (operations.go) is the one source of the routes and of
// the OpenAPI document. An operation reads its request (requests.go), asks the same
// book as the pages, and answers with a typed response (responses.go). What goes
// wrong becomes a status and a sentence in errors.go alone; the sentences are in
// views/i18n (apireply.json), in Turkish unless the program asks for English.
//
// Times are UTC. Amounts are USD.
//
// What the document leaves open is decided so:
//
//   - limit above 100 counts as 100; an empty parameter is a missing one; any other
//     value that can't be is 400 and says which field.
//   - A field that can't be read is 400, a wish that can't be done is 422, one that
//     comes at the wrong time 409, a product of other groups 403, whatever belongs to
//     another reseller 404.
//   - total is without tax, as in the document's examples; credit_used and amount_paid
//     are what the wallet paid, tax included.
//   - POST /orders counts names; which they are is said with the CSR.
//   - Only pending and processing orders are cancelled here; the pages do more.
//   - Changes wait eight seconds for their outcome and then answer how it stands;
//     GET /ssl/{order_id} waits three for the authority's word.
//   - What the authority refused of a wish is 422 in its words.
//   - Of the answers under an Idempotency-Key those are kept that changed something or
//     were good; a refusal leaves the key as new.
package datassl

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"certbay/db"
	"certbay/handlers/access"
	"certbay/views/i18n"
)

// Prefix is where the API lives, in every shop.
const Prefix = "/api/reseller"

// maxBody bounds a request; a CSR is a few thousand bytes.
const maxBody = 128 << 10

// API answers programs that speak DATASSL's dialect. Make one with New.
type API struct {
	server  access.Server
	baseURL string // https://shop.example

	describing   sync.Mutex
	descriptions map[string][]byte // guarded by describing: OpenAPI by language
}

// New makes the API over a gate. clientIP tells whom a request comes from.
func New(book *db.DB, gate *access.Gate, baseURL string, clientIP func(*http.Request) string, log *slog.Logger) *API {
	return &API{server: access.Server{Book: book, Gate: gate, ClientIP: clientIP, Log: log}, baseURL: baseURL}
}

// call is one request on its way through an operation.
type call struct {
	*API
	access.Visit
	op   *Operation
	id   int64  // of the path, where it has one
	body []byte // JSON
}

// ServeHTTP answers every address below Prefix.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	lang := access.Language(r)
	c := &call{API: a, Visit: a.server.Begin(i18n.With(r.Context(), i18n.Locale{Lang: lang}), w, r)}
	c.Reference = cmp.Or(plausible(r.Header.Get("X-Request-Id")), c.Reference)
	h := w.Header()
	h.Set("X-Request-Id", c.Reference)
	h.Set("Content-Language", lang)
	h.Set("Vary", "Accept, Accept-Language, Authorization, X-API-Key")
	c.Serve(c, nil)
}

// plausible is a request's id that a proxy gave it, "" for anything else.
func plausible(id string) string {
	if len(id) < 8 || len(id) > 64 || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return ""
	}
	return id
}

// Route is the operation's path below Prefix.
func (c *call) Route() string {
	if c.op == nil {
		return "none"
	}
	return c.op.Path
}

// asksDescription says that the description of the API is asked for.
func (c *call) asksDescription() bool {
	return strings.TrimSuffix(c.R.URL.Path, "/") == Prefix+DescriptionPath
}

// Enter finds the operation and lets the caller in. The description is everybody's.
func (c *call) Enter() error {
	if c.asksDescription() {
		c.op = &describe
		return nil
	}
	op, id, err := find(c.R.Method, strings.TrimPrefix(c.R.URL.Path, Prefix))
	c.op = op
	if err != nil {
		return err
	}
	if err := c.Admit(c.HeaderSecret("X-API-Key")); err != nil {
		return err
	}
	if err := c.Caller.Need(op.Scope); err != nil {
		return err
	}
	if op.hasID() {
		if c.id, err = number(op.idName(), id); err != nil {
			return err
		}
	}
	if op.Request != nil {
		c.body, err = access.ReadBody(c.W, c.R, maxBody, "application/json")
	}
	return err
}

// Once tells a change from another one.
func (c *call) Once() (path string, asked []byte, changes bool) {
	changes = c.R.Method != http.MethodGet && c.R.Method != http.MethodHead && !c.asksDescription()
	return strings.TrimRight(c.R.URL.Path, "/"), c.body, changes
}

// Answer does the operation and puts its answer, or what went wrong, into words.
func (c *call) Answer() db.OnceAnswer {
	if c.asksDescription() {
		return c.shownDescription()
	}
	response, err := c.op.serve(c)
	if err != nil {
		return c.Refusal(err)
	}
	return c.encode(http.StatusOK, "application/json", response)
}

func (c *call) encode(status int, kind string, response any) db.OnceAnswer {
	answer := c.JSON(status, response, `{"success":false,"error":"internal"}`)
	if answer.Status == status {
		answer.ContentType = kind
	}
	return answer
}

// t is a sentence in the program's language.
func (c *call) t(key string, args ...any) string { return i18n.T(c.Ctx, key, args...) }

var errBody = errors.New("datassl: the body is no JSON object")
