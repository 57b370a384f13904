package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"certbay/db"
)

// ErrOnceKey says that an Idempotency-Key is empty, too long or not plain text.
var ErrOnceKey = errors.New("access: idempotency key")

// OnceLease is how long a request that broke off holds its idempotency key; longer
// than any request is answered in.
const OnceLease = time.Minute

// Request is a change that may be repeated: the key its sender gave it and what
// tells it from another request under the same key.
type Request struct {
	Key         string // "": it is not protected
	Fingerprint string
}

// OnceRequest reads the Idempotency-Key of a request (bare or as a quoted string,
// as draft-ietf-httpapi-idempotency-key-header has it); path is the request's
// without what doesn't matter. ErrOnceKey.
func OnceRequest(r *http.Request, path string, body []byte) (Request, error) {
	values := r.Header.Values("Idempotency-Key")
	if len(values) == 0 {
		return Request{}, nil
	}
	key := strings.TrimSpace(values[0])
	if len(key) >= 2 && key[0] == '"' && key[len(key)-1] == '"' {
		key = key[1 : len(key)-1]
	}
	if len(values) > 1 || key == "" || len(key) > 255 || strings.ContainsFunc(key, func(c rune) bool { return c < 0x20 || c > 0x7e }) {
		return Request{}, ErrOnceKey
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s\n", r.Method, path)
	sum.Write(body)
	return Request{Key: key, Fingerprint: hex.EncodeToString(sum.Sum(nil))}, nil
}

// Once does a change, or gives the answer of the first time again (replayed).
//
// do is called with a context that ties its changes to the key; done is the object
// of the change ("order 12") when an earlier attempt committed it and broke off
// before it was answered: then nothing may be changed, and the answer is put
// together from the book. What do answers is kept when it is a success or when
// something was changed; a refusal leaves the key as new, so that the request may
// be mended and sent again. Errors: db.ErrRunning, db.ErrReused, what do answers.
func (g *Gate) Once(ctx context.Context, c Caller, r Request, do func(ctx context.Context, done string) (db.OnceAnswer, error)) (answer db.OnceAnswer, replayed bool, err error) {
	if r.Key == "" || c.Key.ID == 0 {
		answer, err = do(ctx, "")
		return answer, false, err
	}
	claim, kept, err := g.book.ClaimOnce(ctx, db.OnceKey{APIKeyID: c.Key.ID, Key: r.Key, Fingerprint: r.Fingerprint}, OnceLease)
	if err != nil {
		return db.OnceAnswer{}, false, err
	}
	if kept != nil {
		return *kept, true, nil
	}
	after := context.WithoutCancel(ctx) // the sender may be gone; the key is not
	settled := false
	defer func() {
		if !settled { // do panicked, or its answer is none to keep
			g.book.ReleaseClaim(after, claim)
		}
	}()
	answer, err = do(db.WithIdempotency(ctx, claim), claim.Effect)
	if err != nil || answer.Status >= 500 {
		return answer, false, err
	}
	if answer.Status >= 400 {
		nothing, err := g.book.ReleaseClaim(after, claim)
		if settled = err == nil; err != nil || nothing {
			return answer, false, nil
		}
		// Something was changed and then refused upstream: that is the answer.
	}
	g.book.At("before_answer")
	settled = g.book.KeepAnswer(after, claim, answer) == nil
	return answer, false, nil
}
