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
	"log/slog"
	"net/http"
	"strconv"
	"strings"

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
type API struct{ server access.Server }

// New makes the API over a gate. clientIP tells whom a request comes from.
func New(book *db.DB, gate *access.Gate, clientIP func(*http.Request) string, log *slog.Logger) *API {
	return &API{access.Server{Book: book, Gate: gate, ClientIP: clientIP, Log: log, Dialect: Dialect, SaysWith200: true}}
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
	access.Visit
	op     *operation
	id     int64 // of the path, where it has one
	fields fields
}

// ServeHTTP answers every address that Serves.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{Visit: a.server.Begin(i18n.With(r.Context(), i18n.Locale{Lang: "en"}), w, r), fields: fields{}}
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
	op, id, err := find(c.R.Method, strings.TrimPrefix(c.R.URL.Path, Prefix))
	if err != nil {
		return err
	}
	c.op = op
	if c.fields, err = readFields(c.W, c.R); err != nil {
		return err
	}
	if op.scope != "" {
		if err := c.Admit(c.secret()); err != nil {
			return err
		}
		if err := c.Caller.Need(op.scope); err != nil {
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

// Once tells a change from another one.
func (c *call) Once() (path string, asked []byte, changes bool) {
	return strings.TrimRight(c.R.URL.Path, "/"), []byte(c.fields.canonical()), c.op.changes
}

// secret is the key that a request shows: a parameter of the query or the body, or
// a header.
func (c *call) secret() string {
	if key := c.fields.text("auth_key"); key != "" {
		return key
	}
	return c.HeaderSecret("Auth-Key", "X-Auth-Key", "X-API-Key")
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
	return c.JSON(status, response, `{"error":true,"success":false,"message":"Internal error"}`)
}
