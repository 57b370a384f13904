// Package gogetssl serves the GoGetSSL API v1 over the book, for resellers whom it
// is switched on for.
//
// The table of operations (operations.go) is the one source of the routes. Every
// method takes its parameters from the query, a form (urlencoded or multipart) or a
// JSON object, as its clients send them; fields.go makes them one. What goes wrong
// becomes an answer in errors.go alone: this dialect says most of it with HTTP 200.
// Its sentences are English, as the upstream's are.
//
// The key of a program is the reseller's API key, as the password of auth and as
// auth_key. Times are UTC. Amounts are USD.
package gogetssl

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
	"strconv"
	"strings"
	"time"

	"certbay/db"
	"certbay/handlers/access"
	"certbay/views/i18n"
)

// Prefix is where the API lives. Other dialects have rooms of their own below it.
const Prefix = "/api"

// Dialect is its name in the book.
const Dialect = "gogetssl"

// maxBody bounds a request; a CSR is a few thousand bytes, hundreds of names as many.
const maxBody = 256 << 10

// API answers programs that speak the dialect. Make one with New.
type API struct {
	book     *db.DB
	gate     *access.Gate
	clientIP func(*http.Request) string
	log      *slog.Logger
}

// New makes the API over a gate. clientIP tells whom a request comes from.
func New(book *db.DB, gate *access.Gate, clientIP func(*http.Request) string, log *slog.Logger) *API {
	return &API{book: book, gate: gate, clientIP: clientIP, log: cmp.Or(log, slog.Default())}
}

// Serves says whether a path is this dialect's: /api/<one of its rooms>.
func Serves(path string) bool {
	below, ok := strings.CutPrefix(path, Prefix+"/")
	if !ok {
		return false
	}
	room, _, _ := strings.Cut(below, "/")
	for _, o := range operations {
		if first, _, _ := strings.Cut(o.path[1:], "/"); first == room {
			return true
		}
	}
	return false
}

// call is one request on its way through an operation.
type call struct {
	*API
	ctx    context.Context
	r      *http.Request
	w      http.ResponseWriter
	op     *operation
	caller access.Caller
	id     int64 // of the path, where it has one
	fields fields
	done   string // the object of the change that is done already; see access.Gate.Once

	reference string
}

// ServeHTTP answers every address that Serves.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	c := &call{API: a, r: r, w: w, reference: rand.Text(), fields: fields{}}
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
	once, err := access.OnceRequest(c.r, strings.TrimRight(c.r.URL.Path, "/"), []byte(c.fields.canonical()))
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
	op, id, err := find(c.r.Method, strings.TrimPrefix(c.r.URL.Path, Prefix))
	if err != nil {
		return err
	}
	c.op = op
	if c.fields, err = readFields(c.w, c.r); err != nil {
		return err
	}
	if op.scope != "" {
		if err := c.admit(c.secret()); err != nil {
			return err
		}
		if err := c.caller.Need(op.scope); err != nil {
			return err
		}
	}
	if id == "" {
		return nil
	}
	if c.id, err = strconv.ParseInt(id, 10, 64); err != nil || c.id < 1 {
		return op.missing
	}
	return nil
}

// admit lets a caller in by a key, where its reseller may speak this dialect.
func (c *call) admit(secret string) (err error) {
	c.caller, err = c.gate.Admit(c.ctx, secret, c.clientIP(c.r))
	c.caller.Quota.SetHeaders(c.w.Header())
	if err != nil {
		return err
	}
	on, err := c.book.ResellerSpeaks(c.ctx, c.caller.ResellerID, Dialect)
	if err == nil && !on {
		c.caller = access.Caller{}
		err = access.ErrOff
	}
	return err
}

// secret is the key that a request shows: a parameter of the query or the body, or
// a header.
func (c *call) secret() string {
	if key := c.fields.text("auth_key"); key != "" {
		return key
	}
	for _, name := range []string{"Auth-Key", "X-Auth-Key", "X-API-Key"} {
		if key := strings.TrimSpace(c.r.Header.Get(name)); key != "" {
			return key
		}
	}
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
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
	return c.encode(http.StatusOK, response)
}

func (c *call) encode(status int, response any) db.OnceAnswer {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(response); err != nil {
		c.log.ErrorContext(c.ctx, "internal error", "cause", err.Error(), "request", c.reference)
		return db.OnceAnswer{Status: http.StatusInternalServerError, ContentType: "application/json", Body: `{"error":true,"success":false,"message":"Internal error"}` + "\n"}
	}
	return db.OnceAnswer{Status: status, ContentType: "application/json", Body: body.String()}
}

// write sends an answer. Inside, a refusal has a status of its own, by which the
// gate tells it from a success; outside it is 200.
func (c *call) write(a db.OnceAnswer) int {
	if a.Status == http.StatusUnprocessableEntity {
		a.Status = http.StatusOK
	}
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
