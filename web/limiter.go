package web

import (
	"sync"
	"time"

	"certbay/db"

	"golang.org/x/time/rate"
)

// limiter bounds how often each address may do something.
type limiter struct {
	rate  rate.Limit // per second
	burst int

	mu      sync.Mutex
	buckets map[string]*bucket // guarded by mu
	swept   time.Time          // guarded by mu
}

type bucket struct {
	*rate.Limiter
	seen time.Time
}

func newLimiter(r rate.Limit, burst int) *limiter {
	return &limiter{rate: r, burst: burst, buckets: map[string]*bucket{}}
}

// allow takes one turn of the address. A bucket not used for a minute is full
// again, so it is forgotten.
func (l *limiter) allow(address string, now time.Time) bool {
	address = db.Network(address)
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.swept) > time.Minute {
		for a, b := range l.buckets {
			if now.Sub(b.seen) > time.Minute {
				delete(l.buckets, a)
			}
		}
		l.swept = now
	}
	b, ok := l.buckets[address]
	if !ok {
		b = &bucket{Limiter: rate.NewLimiter(l.rate, l.burst)}
		l.buckets[address] = b
	}
	b.seen = now
	return b.AllowN(now, 1)
}
