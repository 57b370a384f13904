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
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

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
	server  access.Server
	baseURL string // https://shop.example
	drawPDF DrawInvoice
}

// DrawInvoice draws an invoice of a reseller as PDF. db.ErrNotFound.
type DrawInvoice func(ctx context.Context, resellerID, invoiceID int64) ([]byte, error)

// New makes the API over a gate. clientIP tells whom a request comes from.
func New(book *db.DB, gate *access.Gate, baseURL string, draw DrawInvoice, clientIP func(*http.Request) string, log *slog.Logger) *API {
	return &API{access.Server{Book: book, Gate: gate, ClientIP: clientIP, Log: log, Dialect: Dialect}, baseURL, draw}
}

// Serves says whether a path is this dialect's.
func Serves(path string) bool {
	below, ok := strings.CutPrefix(path, Prefix)
	return ok && (below == "" || below[0] == '/')
}

// call is one request on its way through an operation.
type call struct {
	*API
	access.Visit
	op     *operation
	path   []string // the path's variable parts, in their order
	fields node
	words  string // of StatusDescription, where there is more to say than OK
}

// ServeHTTP answers every address that Serves.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{API: a, Visit: a.server.Begin(i18n.With(r.Context(), i18n.Locale{Lang: "en"}), w, r)}
	c.Serve(c, nil)
}

// Route is the operation's path.
func (c *call) Route() string {
	if c.op == nil {
		return "none"
	}
	return Prefix + c.op.path
}

// Enter finds the operation, reads what was sent and lets the caller in.
func (c *call) Enter() error {
	op, path, err := find(strings.TrimPrefix(c.R.URL.EscapedPath(), Prefix))
	if err != nil {
		return err
	}
	c.op, c.path = op, path
	if c.R.Method != http.MethodPost {
		c.W.Header().Set("Allow", http.MethodPost)
		return errMethod
	}
	if c.fields, err = readFields(c.W, c.R); err != nil {
		return err
	}
	if err := c.Admit(c.secret()); err != nil {
		return err
	}
	if err := c.named(); err != nil {
		return err
	}
	for _, scope := range op.scopes {
		if err := c.Caller.Need(scope); err != nil {
			return err
		}
	}
	return nil
}

// Once tells a change from another one.
func (c *call) Once() (path string, asked []byte, changes bool) {
	return strings.TrimRight(c.R.URL.Path, "/"), c.fields.canonical(), c.op.changes
}

// named checks that u is one of the reseller's addresses.
func (c *call) named() error {
	user := strings.ToLower(c.fields.text("u"))
	r, err := c.Book.Reseller(c.Ctx, c.Caller.ResellerID)
	if err != nil || user != "" && user == strings.ToLower(r.Email) {
		return err
	}
	people, err := c.Book.Staff(c.Ctx, c.Caller.ResellerID)
	if err != nil {
		return err
	}
	if user == "" || !slices.ContainsFunc(people, func(p db.Person) bool { return p.Email == user && p.Status == db.Active }) {
		return c.Unknown()
	}
	return nil
}

// secret is the key that a request shows: k, or a header.
func (c *call) secret() string {
	if key := c.fields.text("k"); key != "" {
		return key
	}
	return c.HeaderSecret("X-API-Key")
}

// Answer does the operation and puts its answer, or what went wrong, into words.
func (c *call) Answer() db.OnceAnswer {
	data, err := c.op.serve(c)
	if err != nil {
		return c.Refusal(err)
	}
	if data == nil {
		data = []string{}
	}
	return c.encode(http.StatusOK, good{StatusCode: "200", StatusDescription: cmp.Or(c.words, "OK"), Date: stamp(c.Book.Now()), Data: data})
}

// good is around every answer that is no refusal.
type good struct {
	StatusCode        string
	StatusDescription string
	Date              string
	Data              any
}

func (c *call) encode(status int, response any) db.OnceAnswer {
	return c.JSON(status, response, `{"Response":{"Error":{"Code":"500","Message":"Internal error"}}}`)
}
