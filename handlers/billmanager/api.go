// Package billmanager serves the functions of BILLmanager by which other systems
// resell certificates, over the same book as the pages, for resellers whom it is
// switched on for.
//
// There is one address, /billmgr or /manager/billmgr, asked by GET or by POST; the
// parameter func names what is wanted (functions.go is the table), out the envelope
// of the answer: xml unless asked otherwise, json or bjson. Errors are answers too,
// and HTTP 200. Sentences are English, times UTC, amounts USD.
//
// The password of an account is the reseller's API key; the account's name is not
// looked at. It is shown as authinfo=name:key with each call, or once to func=auth,
// whose session is shown as auth.
//
// What the documents leave open is decided so:
//
//   - An order is bought at once: there is no basket. It is an order when sok or
//     clicked_button is sent; without them certificate.order.param shows its form.
//   - remoteid is the order's reference. An order under a reference that another order
//     of the same tariff and domain has is that order, until it is given up.
//   - With crt_type=generate and no CSR a key and a CSR are made, here and in
//     certificate.order.csr; the key is in that answer and nowhere else.
//   - certificate.edit shows how a certificate stands: the fields of the order, crt and
//     csr, auth_dnstxt_value or auth_file_name and auth_file_content for the domain,
//     and in the list "validation" what each name waits for. It changes nothing.
//   - item_status is 3 until the authority has the order, 4 while it works on it (a
//     reissue included), 5 when it was issued, 6 when it came to nothing; cancelled and
//     revoked say why.
//   - A certificate that was issued can't be deleted.
package billmanager

import (
	"cmp"
	"context"
	"crypto/rand"
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

// Dialect is its name in the book.
const Dialect = "billmanager"

// maxBody bounds a request; a CSR is a few thousand bytes, hundreds of names as many.
const maxBody = 256 << 10

// Serves says whether a path is this dialect's.
func Serves(path string) bool {
	path = strings.TrimSuffix(path, "/")
	return path == "/billmgr" || path == "/manager/billmgr"
}

// API answers programs that speak the dialect. Make one with New.
type API struct {
	book     *db.DB
	gate     *access.Gate
	clientIP func(*http.Request) string
	log      *slog.Logger
	sessions *sessions
}

// New makes the API over a gate. clientIP tells whom a request comes from.
func New(book *db.DB, gate *access.Gate, clientIP func(*http.Request) string, log *slog.Logger) *API {
	return &API{book: book, gate: gate, clientIP: clientIP, log: cmp.Or(log, slog.Default()), sessions: &sessions{}}
}

// call is one request on its way through a function.
type call struct {
	*API
	ctx    context.Context
	r      *http.Request
	w      http.ResponseWriter
	fn     *function
	caller access.Caller
	fields fields
	done   string // the object of the change that is done already; see access.Gate.Once

	// A key (PEM) and CSR that were made for this request, and the answer to show them in.
	key, csr string
	shown    *node

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
	if c.fn != nil {
		route = "/billmgr?func=" + c.fn.name
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
	if !c.fn.changes {
		return c.write(c.run())
	}
	once, err := access.OnceRequest(c.r, "/billmgr", []byte(c.fields.canonical()))
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
		return c.write(answer)
	}
	return c.write(c.withKey(answer))
}

// enter reads what was sent, finds the function and lets the caller in.
func (c *call) enter() (err error) {
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodPost {
		return errMethod
	}
	if c.fields, err = readFields(c.w, c.r); err != nil {
		return err
	}
	c.fn = find(c.fields.text("func"))
	if c.fn == nil {
		// Who is not let in learns nothing about functions.
		if err := c.admit(c.secret()); err != nil {
			return err
		}
		return errNoFunction
	}
	if c.fn.scope == "" {
		return nil
	}
	if err := c.admit(c.secret()); err != nil {
		return err
	}
	return c.caller.Need(c.fn.scope)
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

// secret is the key that a request shows: authinfo, a session, or a header.
func (c *call) secret() string {
	if info := c.fields.text("authinfo"); info != "" {
		_, key, _ := strings.Cut(info, ":")
		return strings.TrimSpace(key)
	}
	if id := c.fields.text("auth"); id != "" {
		return c.sessions.secret(id, c.clientIP(c.r), c.book.Now())
	}
	if _, key, ok := c.r.BasicAuth(); ok {
		return strings.TrimSpace(key)
	}
	return strings.TrimSpace(c.r.Header.Get("X-API-Key"))
}

// auth is func=auth: a session for an account and its password.
func (c *call) auth() (*node, error) {
	secret := c.fields.text("password")
	if err := c.admit(secret); err != nil {
		return nil, err
	}
	id := c.sessions.begin(secret, c.clientIP(c.r), c.book.Now())
	d := doc(c.fn.name)
	a := d.add("auth", id)
	a.attrs = []attr{{"id", id}, {"level", "16"}}
	return d, nil
}

// out is the envelope that was asked for.
func (c *call) out() out {
	switch o := out(strings.ToLower(c.fields.text("out"))); o {
	case outJSON, outBJSON:
		return o
	}
	return outXML
}

// run does the function and puts its answer, or what went wrong, into words.
func (c *call) run() db.OnceAnswer {
	d, err := c.fn.serve(c)
	if err != nil {
		return c.refusal(err)
	}
	if d.name == fileNode {
		name := strings.Map(func(r rune) rune {
			if r == '"' || r < ' ' || r == '\\' {
				return '_'
			}
			return r
		}, d.attrs[0].value)
		c.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
		return db.OnceAnswer{Status: http.StatusOK, ContentType: "application/x-x509-ca-cert", Body: d.text}
	}
	return c.encode(http.StatusOK, d)
}

func (c *call) encode(status int, d *node) db.OnceAnswer {
	kind, body, err := c.out().encode(d)
	if err != nil {
		c.log.ErrorContext(c.ctx, "internal error", "cause", err.Error(), "request", c.reference)
		return db.OnceAnswer{Status: http.StatusInternalServerError, ContentType: "text/xml", Body: `<doc><error type="exception"><msg>Internal error</msg></error></doc>`}
	}
	return db.OnceAnswer{Status: status, ContentType: kind, Body: body}
}

// write sends an answer. Inside, a refusal has a status of its own, by which the
// gate tells it from a success; outside it is 200.
func (c *call) write(a db.OnceAnswer) int {
	if a.Status == said {
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
