// Package ssl247 serves the SSL247 API v3 over the book, for resellers whom it is
// switched on for.
//
// The table of operations (operations.go) is the one source of the routes. Every
// call is a POST whose fields, the login among them, are a JSON object, a form
// (urlencoded or multipart, Contacts[Administrative][email] for what is nested) or
// parameters of the query; fields.go makes them one. What goes wrong becomes an
// answer in errors.go alone. Its sentences are English, as the upstream's are.
//
// The login is k, the reseller's API key, and u, the e-mail address of the reseller or
// of one of its people. p, which a standard user of the document sends, is passed
// over: the key alone says who it is.
//
// What the document leaves open is decided so:
//
//   - A certificate and its order are one in the book and have one id, which is
//     order_ref too. An order has one line with one certificate.
//   - product_code is the book's number of the product. Terms that are no whole
//     years, and software licences, are not sold in this dialect.
//   - DomainValidation and term_ends_at are added to a certificate's details: what
//     has to be published for each name, and the end of what was bought. reference,
//     limit and offset are taken beside the document's fields.
//   - The list of Issued certificates has those that expire soon as well.
//   - A revocation ends the order; nothing is paid back.
//   - A renewal is an order of its own for the same names; it waits for its CSR.
//
// Times are UTC. Amounts are USD.
package ssl247

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"certbay/db"
	"certbay/handlers/access"
	"certbay/views/i18n"
)

// Prefix is where the API lives.
const Prefix = "/api/v3"

// Dialect is its name in the book.
const Dialect = "ssl247"

// maxBody bounds a request; a CSR is a few thousand bytes, hundreds of names as many.
const maxBody = 256 << 10

// API answers programs that speak the dialect. Make one with New.
type API struct {
	book     *db.DB
	gate     *access.Gate
	baseURL  string // https://shop.example
	drawPDF  DrawInvoice
	clientIP func(*http.Request) string
	log      *slog.Logger
}

// DrawInvoice draws an invoice of a reseller as PDF. db.ErrNotFound.
type DrawInvoice func(ctx context.Context, resellerID, invoiceID int64) ([]byte, error)

// New makes the API over a gate. clientIP tells whom a request comes from.
func New(book *db.DB, gate *access.Gate, baseURL string, draw DrawInvoice, clientIP func(*http.Request) string, log *slog.Logger) *API {
	return &API{book: book, gate: gate, baseURL: baseURL, drawPDF: draw, clientIP: clientIP, log: cmp.Or(log, slog.Default())}
}

// Serves says whether a path is this dialect's.
func Serves(path string) bool {
	below, ok := strings.CutPrefix(path, Prefix)
	return ok && (below == "" || below[0] == '/')
}

// call is one request on its way through an operation.
type call struct {
	*API
	ctx    context.Context
	r      *http.Request
	w      http.ResponseWriter
	op     *operation
	caller access.Caller
	path   []string // the path's variable parts, in their order
	fields node
	words  string // of StatusDescription, where there is more to say than OK
	done   string // the object of the change that is done already; see access.Gate.Once

	reference string
}

// ServeHTTP answers every address that Serves.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	c := &call{API: a, r: r, w: w, reference: rand.Text()}
	c.ctx = i18n.With(r.Context(), i18n.Locale{Lang: "en"})
	h := w.Header()
	h.Set("X-Request-Id", c.reference)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	status := c.answer()
	route := "none"
	if c.op != nil {
		route = Prefix + c.op.path
	}
	a.gate.Served(r.Context(), access.Call{At: a.book.Now(), Method: r.Method, Route: route, Path: r.URL.Path, Status: status,
		Took: time.Since(start), Caller: c.caller, IP: a.clientIP(r)})
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
	if !c.op.changes {
		return c.write(c.run())
	}
	once, err := access.OnceRequest(c.r, strings.TrimRight(c.r.URL.Path, "/"), c.fields.canonical())
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

// enter finds the operation, reads what was sent and lets the caller in.
func (c *call) enter() error {
	op, path, err := find(strings.TrimPrefix(c.r.URL.EscapedPath(), Prefix))
	if err != nil {
		return err
	}
	c.op, c.path = op, path
	if c.r.Method != http.MethodPost {
		c.w.Header().Set("Allow", http.MethodPost)
		return errMethod
	}
	if c.fields, err = readFields(c.w, c.r); err != nil {
		return err
	}
	if err := c.admit(); err != nil {
		return err
	}
	for _, scope := range op.scopes {
		if err := c.caller.Need(scope); err != nil {
			return err
		}
	}
	return nil
}

// admit lets a caller in by its login, where its reseller may speak this dialect.
func (c *call) admit() (err error) {
	c.caller, err = c.gate.Admit(c.ctx, c.secret(), c.clientIP(c.r))
	c.caller.Quota.SetHeaders(c.w.Header())
	if err != nil {
		return err
	}
	if err = c.known(); err != nil {
		c.caller = access.Caller{}
	}
	return err
}

// known checks that the dialect is on and that u is one of the reseller's addresses.
func (c *call) known() error {
	on, err := c.book.ResellerSpeaks(c.ctx, c.caller.ResellerID, Dialect)
	if err != nil {
		return err
	}
	if !on {
		return access.ErrOff
	}
	user := strings.ToLower(c.fields.text("u"))
	r, err := c.book.Reseller(c.ctx, c.caller.ResellerID)
	if err != nil || user != "" && user == strings.ToLower(r.Email) {
		return err
	}
	people, err := c.book.Staff(c.ctx, c.caller.ResellerID)
	if err != nil {
		return err
	}
	if user == "" || !slices.ContainsFunc(people, func(p db.Person) bool { return p.Email == user && p.Status == db.Active }) {
		return access.ErrUnknownKey
	}
	return nil
}

// secret is the key that a request shows: k, or a header.
func (c *call) secret() string {
	if key := c.fields.text("k"); key != "" {
		return key
	}
	if key := strings.TrimSpace(c.r.Header.Get("X-API-Key")); key != "" {
		return key
	}
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// run does the operation and puts its answer, or what went wrong, into words.
func (c *call) run() db.OnceAnswer {
	data, err := c.op.serve(c)
	if err != nil {
		return c.refusal(err)
	}
	if data == nil {
		data = []string{}
	}
	return c.encode(http.StatusOK, good{StatusCode: "200", StatusDescription: cmp.Or(c.words, "OK"), Date: stamp(c.book.Now()), Data: data})
}

// good is around every answer that is no refusal.
type good struct {
	StatusCode        string
	StatusDescription string
	Date              string
	Data              any
}

func (c *call) encode(status int, response any) db.OnceAnswer {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(response); err != nil {
		c.log.ErrorContext(c.ctx, "internal error", "cause", err.Error(), "request", c.reference)
		return db.OnceAnswer{Status: http.StatusInternalServerError, ContentType: "application/json", Body: `{"Response":{"Error":{"Code":"500","Message":"Internal error"}}}` + "\n"}
	}
	return db.OnceAnswer{Status: status, ContentType: "application/json", Body: body.String()}
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

// happened is the id of the order whose change an earlier attempt of this request
// has committed; 0 when nothing was done yet.
func (c *call) happened() int64 {
	id, _ := strconv.ParseInt(strings.TrimPrefix(c.done, "order "), 10, 64)
	return id
}
