package access

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"certbay/db"
)

// Server is what the API of every dialect stands on.
type Server struct {
	Book     *db.DB
	Gate     *Gate
	ClientIP func(*http.Request) string // whom a request comes from
	Log      *slog.Logger               // nil: the default

	// Dialect is its name in the book: only resellers whom it is switched on for are
	// let in. "" is the shop's own, which every reseller with a key may speak.
	Dialect string
	// SaysWith200 is for dialects that refuse with HTTP 200: an answer of status 422,
	// by which the gate tells a refusal from a success, goes out as 200.
	SaysWith200 bool
}

// Words are what a dialect says at each turn of a request's way; Visit.Serve
// calls them in this order.
type Words interface {
	// Enter finds the operation, reads what was sent and lets the caller in.
	Enter() error
	// Once says what tells a change from another one: its path without what doesn't
	// matter, and what was asked. ok is false where nothing is changed.
	Once() (path string, asked []byte, ok bool)
	// Answer does the operation and words its outcome, whatever it is.
	Answer() db.OnceAnswer
	// Refusal words what went wrong, and sets the headers that go with it.
	Refusal(error) db.OnceAnswer
	// Route is the operation's path for metrics and the request log; "none" where
	// there is no such operation.
	Route() string
}

// Visit is one request on its way through a dialect. Make one with Begin.
type Visit struct {
	Server
	Ctx       context.Context
	R         *http.Request
	W         http.ResponseWriter
	Caller    Caller // zero until Admit let somebody in
	Done      string // the object of the change that is done already; see Gate.Once
	Reference string // of this request, in X-Request-Id and in the log

	start   time.Time
	knocked Knock
}

// Knock is whose key was shown by somebody who was not let in; zero where the key
// is nobody's.
type Knock struct{ ResellerID, KeyID int64 }

// Begin starts a visit, with the headers that every answer has. ctx is the request's,
// with the language of the answer.
func (s Server) Begin(ctx context.Context, w http.ResponseWriter, r *http.Request) Visit {
	s.Log = cmp.Or(s.Log, slog.Default())
	v := Visit{Server: s, Ctx: ctx, R: r, W: w, Reference: rand.Text(), start: time.Now()}
	h := w.Header()
	h.Set("X-Request-Id", v.Reference)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	return v
}

// Serve answers the request in a dialect's words, whatever happens, and tells the
// watchers. shown, where it isn't nil, may add to an answer after it was kept for a
// repetition.
func (v *Visit) Serve(words Words, shown func(db.OnceAnswer) db.OnceAnswer) {
	status := v.write(v.answer(words, shown))
	v.Gate.Served(v.R.Context(), Call{At: v.Book.Now(), Method: v.R.Method, Route: words.Route(), Path: v.R.URL.Path, Status: status,
		Took: time.Since(v.start), Caller: v.Caller, Knocked: v.knocked, IP: v.IP()})
}

func (v *Visit) answer(words Words, shown func(db.OnceAnswer) db.OnceAnswer) (answer db.OnceAnswer) {
	defer func() {
		if cause := recover(); cause != nil {
			if cause == http.ErrAbortHandler {
				panic(cause)
			}
			v.Log.ErrorContext(v.Ctx, "panic", "cause", fmt.Sprint(cause), "request", v.Reference, "stack", string(debug.Stack()))
			answer = words.Refusal(fmt.Errorf("panic: %v", cause))
		}
	}()
	if err := words.Enter(); err != nil {
		return words.Refusal(err)
	}
	path, asked, changes := words.Once()
	if !changes {
		return words.Answer()
	}
	once, err := OnceRequest(v.R, path, asked)
	if err != nil {
		return words.Refusal(err)
	}
	answer, replayed, err := v.Gate.Once(v.Ctx, v.Caller, once, func(ctx context.Context, done string) (db.OnceAnswer, error) {
		v.Ctx, v.Done = ctx, done
		return words.Answer(), nil
	})
	switch {
	case err != nil:
		return words.Refusal(err)
	case replayed:
		v.W.Header().Set("Idempotent-Replayed", "true")
	case shown != nil:
		answer = shown(answer)
	}
	return answer
}

// write sends an answer and says its status; a reader that went away is nobody's
// fault.
func (v *Visit) write(a db.OnceAnswer) int {
	if v.SaysWith200 && a.Status == http.StatusUnprocessableEntity {
		a.Status = http.StatusOK
	}
	if h := v.W.Header(); a.Status != http.StatusNotModified {
		h.Set("Content-Type", a.ContentType+"; charset=utf-8")
		h.Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	v.W.WriteHeader(a.Status)
	_, _ = v.W.Write([]byte(a.Body))
	return a.Status
}

// IP is the address that the request came from.
func (v *Visit) IP() string { return v.ClientIP(v.R) }

// Admit lets a caller in by a key, where its reseller may speak this dialect; it
// sets the headers of the key's quota. Errors: those of Gate.Admit, ErrOff.
func (v *Visit) Admit(secret string) error {
	caller, err := v.Gate.Admit(v.Ctx, secret, v.IP())
	caller.Quota.SetHeaders(v.W.Header())
	if err == nil && v.Dialect != "" {
		var on bool
		if on, err = v.Book.ResellerSpeaks(v.Ctx, caller.ResellerID, v.Dialect); err == nil && !on {
			err = &Known{caller.knock(), ErrOff}
		}
	}
	var known *Known
	switch {
	case errors.As(err, &known):
		v.knocked = known.Knock
	case err == nil || caller.Key.ID != 0: // a key that had its share is let in no further, but it is known
		v.Caller = caller
	}
	return err
}

// Unknown puts a caller out again whose key was good and whose name was not.
func (v *Visit) Unknown() error {
	v.knocked, v.Caller = v.Caller.knock(), Caller{}
	return ErrUnknownKey
}

// HeaderSecret is the key in the first of these headers that has one, or of
// "Authorization: Bearer" behind them.
func (v *Visit) HeaderSecret(names ...string) string {
	for _, name := range names {
		if key := strings.TrimSpace(v.R.Header.Get(name)); key != "" {
			return key
		}
	}
	return v.Bearer()
}

// Bearer is the token of "Authorization: Bearer", "" where there is none.
func (v *Visit) Bearer() string {
	scheme, token, _ := strings.Cut(strings.TrimSpace(v.R.Header.Get("Authorization")), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// Happened is the id of the order whose change an earlier attempt of this request
// has committed; 0 when nothing was done yet.
func (v *Visit) Happened() int64 {
	id, _ := strconv.ParseInt(strings.TrimPrefix(v.Done, "order "), 10, 64)
	return id
}

// RetryAfter says in the header when a throttled key may come again, and answers
// the seconds.
func (v *Visit) RetryAfter(t *db.Throttled) int {
	wait := max(1, int(math.Ceil(t.RetryAfter.Seconds())))
	v.W.Header().Set("Retry-After", strconv.Itoa(wait))
	return wait
}

// Internal logs an error that nobody outside may read.
func (v *Visit) Internal(err error) {
	v.Log.ErrorContext(v.Ctx, "internal error", "cause", err.Error(), "request", v.Reference, "path", v.R.URL.Path)
}

// JSON writes a response; broken is the answer where that can't be done.
func (v *Visit) JSON(status int, response any, broken string) db.OnceAnswer {
	const kind = "application/json"
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(response); err != nil {
		v.Internal(err)
		return db.OnceAnswer{Status: http.StatusInternalServerError, ContentType: kind, Body: broken + "\n"}
	}
	return db.OnceAnswer{Status: status, ContentType: kind, Body: body.String()}
}
