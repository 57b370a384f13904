package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"certbay/db"
)

// Why nobody is let in. A dialect answers all of them as "not authorised", with
// words of its own.
var (
	ErrNoKey      = errors.New("access: no key")
	ErrUnknownKey = errors.New("access: unknown key")
	ErrExpiredKey = errors.New("access: key expired or revoked")
	ErrOff        = errors.New("access: the reseller may not use the API, or is suspended")
	ErrAddress    = errors.New("access: not from this address")
)

// Refused says whether err is one of the reasons for which nobody is let in.
func Refused(err error) bool {
	return slices.ContainsFunc([]error{ErrNoKey, ErrUnknownKey, ErrExpiredKey, ErrOff, ErrAddress}, func(reason error) bool { return errors.Is(err, reason) })
}

// MissingScope says that the key may not do this.
type MissingScope struct{ Scope db.Scope }

func (e *MissingScope) Error() string { return fmt.Sprintf("access: scope %s missing", e.Scope) }

// Gate is the door over one book. Make one with New; it is safe for concurrent use.
type Gate struct {
	book    *db.DB
	limiter *limiter

	// Watchers are told of every answered request; set before the first one. They
	// must not block.
	Watchers []func(context.Context, Call)
}

// New makes a gate. The limit is per key and per process.
func New(book *db.DB, limit Limit) *Gate {
	return &Gate{book: book, limiter: newLimiter(limit)}
}

// Call is an answered request, as metrics and the request log see it.
type Call struct {
	At     time.Time
	Method string
	Route  string // the operation's path, "/orders/{id}"; "none" where there is no such operation
	Path   string // as it was asked for, without the query
	Status int
	Took   time.Duration
	Caller Caller // zero when nobody was let in
	// Knocked is whose key it was where nobody was let in, as far as that is known.
	Knocked Knock
	IP      string
}

// Served tells the watchers.
func (g *Gate) Served(ctx context.Context, c Call) {
	for _, watch := range g.Watchers {
		watch(ctx, c)
	}
}

// Caller is who was let in.
type Caller struct {
	ResellerID int64
	Key        db.APIKey // zero for a page that tries the API for somebody signed in
	IP         string
	Quota      Quota
}

// Actor is the caller as the author of changes.
func (c Caller) Actor() db.Actor { return c.Key.Actor(c.IP) }

// Need answers *MissingScope when the key may not do what the scope covers.
func (c Caller) Need(s db.Scope) error {
	if c.Key.Can(s) {
		return nil
	}
	return &MissingScope{Scope: s}
}

type resellerKey struct{}

// AsReseller returns a context in which requests are let in without a key, to
// read what this reseller may see and nothing else.
func AsReseller(ctx context.Context, resellerID int64) context.Context {
	return context.WithValue(ctx, resellerKey{}, resellerID)
}

func (c Caller) knock() Knock { return Knock{c.ResellerID, c.Key.ID} }

// Known says of one of the reasons for which nobody is let in whose key it was.
type Known struct {
	Knock
	Reason error
}

func (e *Known) Error() string { return e.Reason.Error() }

// Unwrap is the reason.
func (e *Known) Unwrap() error { return e.Reason }

// Admit finds out who shows a secret, from an address. Errors: those of Refused, as
// *Known where the key is somebody's, and *db.Throttled when the key had its share;
// the caller's Quota is filled then, too, for the headers.
func (g *Gate) Admit(ctx context.Context, secret, ip string) (Caller, error) {
	if reseller, ok := ctx.Value(resellerKey{}).(int64); ok {
		return Caller{ResellerID: reseller, Key: db.APIKey{ResellerID: reseller, Scopes: []db.Scope{db.ScopeRead}}, IP: ip}, nil
	}
	if secret == "" {
		return Caller{}, ErrNoKey
	}
	key, err := g.book.APIKeyBySecret(ctx, secret)
	refused := func(reason error) (Caller, error) {
		return Caller{}, &Known{Knock{key.ResellerID, key.ID}, reason}
	}
	switch {
	case errors.Is(err, db.ErrNotFound):
		return Caller{}, ErrUnknownKey
	case errors.Is(err, db.ErrGone):
		return refused(ErrExpiredKey)
	case errors.Is(err, db.ErrSuspended):
		return refused(ErrOff)
	case err != nil:
		return Caller{}, err
	case !key.AllowsFrom(ip):
		return refused(ErrAddress)
	}
	quota, ok := g.limiter.take(key.ID, g.book.Now())
	caller := Caller{ResellerID: key.ResellerID, Key: key, IP: ip, Quota: quota}
	if !ok {
		return caller, &db.Throttled{RetryAfter: quota.Retry}
	}
	return caller, nil
}

// Await waits until the jobs are settled, the context ends, or patience is over.
// They go on in the book either way; 0 is no job.
func (g *Gate) Await(ctx context.Context, patience time.Duration, jobs ...int64) error {
	return g.book.AwaitJobs(ctx, patience, jobs...)
}
