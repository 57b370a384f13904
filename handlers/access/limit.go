package access

import (
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limit is how many requests a key may make in a window; they come back evenly,
// so a key that rests has all of them again after one window.
type Limit struct {
	Requests int
	Window   time.Duration
}

// DefaultLimit suits panels that synchronise some thousand orders.
var DefaultLimit = Limit{Requests: 300, Window: time.Minute}

// Quota is what a key has left of its Limit; zero where nothing is limited.
type Quota struct {
	Limit
	Left  int
	Reset time.Duration // until all of it is there again
	Retry time.Duration // until there is one more
}

// SetHeaders writes the quota as the RateLimit-Policy and RateLimit fields of
// draft-ietf-httpapi-ratelimit-headers-10.
func (q Quota) SetHeaders(h http.Header) {
	if q.Requests == 0 {
		return
	}
	h.Set("RateLimit-Policy", fmt.Sprintf(`"key";q=%d;w=%d`, q.Requests, int(q.Window.Seconds())))
	h.Set("RateLimit", fmt.Sprintf(`"key";r=%d;t=%d`, q.Left, seconds(q.Reset)))
}

// seconds rounds up: who waits that long has waited long enough.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// limiter keeps a bucket per key in memory: each process of a portal counts for itself.
type limiter struct {
	limit Limit

	mu      sync.Mutex
	buckets map[int64]*bucket // guarded by mu
	swept   time.Time         // guarded by mu
}

type bucket struct {
	*rate.Limiter
	seen time.Time
}

func newLimiter(l Limit) *limiter {
	if l.Requests <= 0 || l.Window <= 0 {
		l = DefaultLimit
	}
	return &limiter{limit: l, buckets: map[int64]*bucket{}}
}

// take takes one request of a key. A bucket not used for a window is full again,
// so it is forgotten.
func (l *limiter) take(key int64, now time.Time) (Quota, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.swept) > l.limit.Window {
		for id, b := range l.buckets {
			if now.Sub(b.seen) > l.limit.Window {
				delete(l.buckets, id)
			}
		}
		l.swept = now
	}
	perSecond := float64(l.limit.Requests) / l.limit.Window.Seconds()
	b, ok := l.buckets[key]
	if !ok {
		b = &bucket{Limiter: rate.NewLimiter(rate.Limit(perSecond), l.limit.Requests)}
		l.buckets[key] = b
	}
	b.seen = now
	allowed := b.AllowN(now, 1)
	left := b.TokensAt(now)
	return Quota{
		Limit: l.limit, Left: max(0, int(left)),
		Reset: time.Duration((float64(l.limit.Requests) - left) / perSecond * float64(time.Second)),
		Retry: time.Duration(max(0, 1-left) / perSecond * float64(time.Second)),
	}, allowed
}
