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
//   - A list has 500 rows unless p_cnt asks for less or more, at most 1000; p_num is
//     the page, p_elems how many rows there are in all.
package billmanager

import (
	"log/slog"
	"net/http"
	"strings"

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
	server   access.Server
	sessions *sessions
}

// New makes the API over a gate. clientIP tells whom a request comes from.
func New(book *db.DB, gate *access.Gate, clientIP func(*http.Request) string, log *slog.Logger) *API {
	return &API{access.Server{Book: book, Gate: gate, ClientIP: clientIP, Log: log, Dialect: Dialect, SaysWith200: true}, &sessions{}}
}

// call is one request on its way through a function.
type call struct {
	*API
	access.Visit
	fn     *function
	fields fields

	// A key (PEM) and CSR that were made for this request, and the answer to show them in.
	key, csr string
	shown    *node
}

// ServeHTTP answers every address that Serves.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{API: a, Visit: a.server.Begin(i18n.With(r.Context(), i18n.Locale{Lang: "en"}), w, r), fields: fields{}}
	c.Serve(c, c.withKey)
}

// Route is the function's name behind the address of all.
func (c *call) Route() string {
	if c.fn == nil {
		return "none"
	}
	return "/billmgr?func=" + c.fn.name
}

// Enter reads what was sent, finds the function and lets the caller in.
func (c *call) Enter() (err error) {
	if c.R.Method != http.MethodGet && c.R.Method != http.MethodPost {
		return errMethod
	}
	if c.fields, err = readFields(c.W, c.R); err != nil {
		return err
	}
	c.fn = find(c.fields.text("func"))
	if c.fn == nil {
		// Who is not let in learns nothing about functions.
		if err := c.Admit(c.secret()); err != nil {
			return err
		}
		return errNoFunction
	}
	if c.fn.scope == "" {
		return nil
	}
	if err := c.Admit(c.secret()); err != nil {
		return err
	}
	return c.Caller.Need(c.fn.scope)
}

// Once tells a change from another one.
func (c *call) Once() (path string, asked []byte, changes bool) {
	return "/billmgr", []byte(c.fields.canonical()), c.fn.changes
}

// secret is the key that a request shows: authinfo, a session, or a header.
func (c *call) secret() string {
	if info := c.fields.text("authinfo"); info != "" {
		_, key, _ := strings.Cut(info, ":")
		return strings.TrimSpace(key)
	}
	if id := c.fields.text("auth"); id != "" {
		return c.sessions.secret(id, c.IP(), c.Book.Now())
	}
	if _, key, ok := c.R.BasicAuth(); ok {
		return strings.TrimSpace(key)
	}
	return c.HeaderSecret("X-API-Key")
}

// auth is func=auth: a session for an account and its password.
func (c *call) auth() (*node, error) {
	secret := c.fields.text("password")
	if err := c.Admit(secret); err != nil {
		return nil, err
	}
	id := c.sessions.begin(secret, c.IP(), c.Book.Now())
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

// Answer does the function and puts its answer, or what went wrong, into words.
func (c *call) Answer() db.OnceAnswer {
	d, err := c.fn.serve(c)
	if err != nil {
		return c.Refusal(err)
	}
	if d.name == fileNode {
		name := strings.Map(func(r rune) rune {
			if r == '"' || r < ' ' || r == '\\' {
				return '_'
			}
			return r
		}, d.attrs[0].value)
		c.W.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
		return db.OnceAnswer{Status: http.StatusOK, ContentType: "application/x-x509-ca-cert", Body: d.text}
	}
	return c.encode(http.StatusOK, d)
}

func (c *call) encode(status int, d *node) db.OnceAnswer {
	kind, body, err := c.out().encode(d)
	if err != nil {
		c.Internal(err)
		return db.OnceAnswer{Status: http.StatusInternalServerError, ContentType: "text/xml", Body: `<doc><error type="exception"><msg>Internal error</msg></error></doc>`}
	}
	return db.OnceAnswer{Status: status, ContentType: kind, Body: body}
}
