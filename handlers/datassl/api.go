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

	"certbay/db"
	"certbay/handlers/access"
	"certbay/views/i18n"

	"golang.org/x/text/language"
)

// Prefix is where the API lives, in every shop.
const Prefix = "/api/reseller"

// maxBody bounds a request; a CSR is a few thousand bytes.
const maxBody = 128 << 10

// API answers programs that speak DATASSL's dialect. Make one with New.
type API struct {
	book     *db.DB
	gate     *access.Gate
	baseURL  string // https://shop.example
	clientIP func(*http.Request) string
	log      *slog.Logger
}

// New makes the API over a gate. clientIP tells whom a request comes from.
func New(book *db.DB, gate *access.Gate, baseURL string, clientIP func(*http.Request) string, log *slog.Logger) *API {
	return &API{book: book, gate: gate, baseURL: baseURL, clientIP: clientIP, log: cmp.Or(log, slog.Default())}
}

// call is one request on its way through an operation.
type call struct {
	*API
	ctx    context.Context
	r      *http.Request
	w      http.ResponseWriter
	op     *Operation
	caller access.Caller
	id     int64  // of the path, where it has one
	body   []byte // JSON
	done   string // the object of the change that is done already; see access.Gate.Once

	reference string
}

// ServeHTTP answers every address below Prefix.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	c := &call{API: a, r: r, w: w, reference: cmp.Or(plausible(r.Header.Get("X-Request-Id")), rand.Text())}
	c.ctx = i18n.With(r.Context(), i18n.Locale{Lang: languageOf(r)})
	h := w.Header()
	h.Set("X-Request-Id", c.reference)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Language", i18n.From(c.ctx).Lang)
	h.Set("Vary", "Accept, Accept-Language, Authorization, X-API-Key")
	status := c.answer()
	route := "none"
	if c.op != nil {
		route = c.op.Path
	}
	a.gate.Served(r.Context(), access.Call{At: a.book.Now(), Method: r.Method, Route: route, Path: r.URL.Path, Status: status,
		Took: time.Since(start), Caller: c.caller, IP: a.clientIP(r)})
}

// plausible is a request's id that a proxy gave it, "" for anything else.
func plausible(id string) string {
	if len(id) < 8 || len(id) > 64 || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return ""
	}
	return id
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
	if c.r.Method == http.MethodGet || c.r.Method == http.MethodHead {
		return c.write(c.run())
	}
	once, err := access.OnceRequest(c.r, strings.TrimRight(c.r.URL.Path, "/"), c.body)
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

// enter finds the operation and lets the caller in.
func (c *call) enter() error {
	op, id, err := find(c.r.Method, strings.TrimPrefix(c.r.URL.Path, Prefix))
	c.op = op
	if err != nil {
		return err
	}
	c.caller, err = c.gate.Admit(c.ctx, secretOf(c.r), c.clientIP(c.r))
	c.caller.Quota.SetHeaders(c.w.Header())
	if err != nil {
		return err
	}
	if err := c.caller.Need(op.Scope); err != nil {
		return err
	}
	if op.hasID() {
		if c.id, err = number(op.idName(), id); err != nil {
			return err
		}
	}
	if op.Request != nil {
		c.body, err = access.ReadBody(c.w, c.r, maxBody, "application/json")
	}
	return err
}

// secretOf is the key that a request shows, in either header.
func secretOf(r *http.Request) string {
	if key := strings.TrimSpace(r.Header.Get("X-API-Key")); key != "" {
		return key
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// run does the operation and puts its answer, or what went wrong, into words.
func (c *call) run() db.OnceAnswer {
	response, err := c.op.serve(c)
	if err != nil {
		return c.refusal(err)
	}
	return c.encode(http.StatusOK, "application/json", response)
}

func (c *call) encode(status int, kind string, response any) db.OnceAnswer {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(response); err != nil {
		c.log.ErrorContext(c.ctx, "internal error", "cause", err.Error(), "request", c.reference)
		return db.OnceAnswer{Status: http.StatusInternalServerError, ContentType: "application/json", Body: `{"success":false,"error":"internal"}` + "\n"}
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

// happened is the id of the order whose change an earlier attempt of this request
// has committed; 0 when nothing was done yet.
func (c *call) happened() int64 {
	id, _ := strconv.ParseInt(strings.TrimPrefix(c.done, "order "), 10, 64)
	return id
}

// t is a sentence in the program's language.
func (c *call) t(key string, args ...any) string { return i18n.T(c.ctx, key, args...) }

var errBody = errors.New("datassl: the body is no JSON object")
