package jobs_test

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"certbay/web/webtest"
)

// reach is how far the call got that was to spend.
type reach int

const (
	well    reach = iota // all the way
	notSent              // it surely was not carried out
	before               // it was not carried out, and nobody can know
	after                // it was carried out, and nobody can know
	whole                // after it, everything else that belongs to it was carried out too
	refused              // the seller said no
)

// comesTo is what a wish ends as when its call got so far.
func (d dialect) comesTo(r reach) string {
	switch {
	case r == refused:
		return refunded
	case r == notSent:
		return retried
	case r == before && d.records == tellsAll:
		return notFound
	case r == before:
		return resent
	case (r == after || r == whole) && d.records == tellsNothing:
		return placed
	case r == after && d.steps:
		return goneOn
	case r == after || r == whole:
		return found
	}
	return delivered
}

// fault is something that goes wrong once.
type fault struct {
	name  string
	reach reach
	words string // of the review queue, where it comes to that

	fate  func(*buyer) webtest.Fate       // of the first call that is to spend
	base  func(t *testing.T) string       // where the seller is thought to be at first; nil: where it is
	haste time.Duration                   // how long an answer is waited for at first; 0: patience
	all   func(*buyer) webtest.Fate       // of every call
	point string                          // where the process is killed
	wait  time.Duration                   // the next try is no sooner
	check func(*testing.T, *buyer, int64) // what else holds in the end

	only  string                    // the one dialect that has the call; "" is all
	other map[string][]webtest.Fate // of calls beside the one that spends

	cancelled int // how many orders the adapter itself bought and gave back before
}

func always(f webtest.Fate) func(*buyer) webtest.Fate {
	return func(*buyer) webtest.Fate { return f }
}

const hasty = 1500 * time.Millisecond

var faults = []fault{
	{name: "none", fate: always(webtest.Arrives)},
	{name: "connection refused", reach: notSent, base: func(t *testing.T) string { return webtest.Nowhere(t) }},
	{name: "TLS error (self-signed)", reach: notSent, base: selfSigned},
	{name: "no answer to the TLS hello", reach: notSent, base: mute, haste: 300 * time.Millisecond},
	{name: "timeout before it was accepted", reach: before, words: "no answer within", fate: always(webtest.HangsBefore), haste: hasty},
	{name: "timeout after it was accepted", reach: after, words: "no answer within", fate: always(webtest.HangsAfter), haste: hasty},
	{name: "reset before it arrived", reach: before, words: "it may have been carried out", fate: always(webtest.LostBefore)},
	{name: "reset after it was accepted", reach: after, words: "it may have been carried out", fate: always(webtest.LostAfter)},
	{name: "reset in the middle of the answer", reach: after, words: "it may have been carried out", fate: always(webtest.TornAfter)},
	{name: "half of the answer", reach: after, words: "it may have been carried out", fate: always(webtest.HalfAfter)},
	{name: "HTML instead of the answer", reach: after, words: "Checking your browser", fate: always(webtest.HTMLAfter)},
	{name: "500 before it was accepted", reach: before, words: "HTTP 500", fate: always(webtest.Says(500, ""))},
	{name: "500 after it was accepted", reach: after, words: "HTTP 500", fate: always(webtest.FailsAfter)},
	{name: "502 of a gateway", reach: before, words: "HTTP 502", fate: always(webtest.FailsBefore)},
	{name: "200 with an error inside", reach: refused, words: upstreamWords, fate: func(b *buyer) webtest.Fate { return webtest.Says(200, b.refuses) }},
	{name: "429 with Retry-After", reach: notSent, wait: 110 * time.Second, fate: always(webtest.Says(429, "", "Retry-After", "120"))},
	{name: "id of another order", reach: after, words: "which another order here has already", fate: (*buyer).answeredWithAnother},
	{name: "expired credentials", reach: notSent, wait: 9 * time.Minute, all: func(b *buyer) webtest.Fate { return b.denies }},
	{name: "configuration lost after", only: "datassl", other: map[string][]webtest.Fate{"POST /ssl/configure": {webtest.LostAfter}}},
	{name: "configuration fails twice", reach: notSent, cancelled: 1, only: "datassl", other: map[string][]webtest.Fate{"POST /ssl/configure": {webtest.FailsBefore, webtest.LostBefore}}},
	{name: "clock six hours ahead", all: always(skewed(6)), check: endsWithItsTerm},
	{name: "clock six hours behind", all: always(skewed(-6)), check: endsWithItsTerm},
	{name: "kill at order_committed", point: "order_committed"},
	{name: "kill at configuration_committed", point: "configuration_committed"},
	{name: "kill at before_submit", point: "before_submit", reach: before, words: "the call to the upstream broke off"},
	{name: "kill at after_submit", point: "after_submit", reach: whole, words: "the call to the upstream broke off"},
	{name: "kill at before_issued", point: "before_issued"},
}

// selfSigned is a server with a certificate of its own making.
func selfSigned(t *testing.T) string {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// mute takes connections and says nothing.
func mute(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return "https://" + l.Addr().String()
}

// answeredWithAnother carries the call out, and answers with the id of what was
// bought before.
func (b *buyer) answeredWithAnother() webtest.Fate {
	earlier, domain := b.theirs(b.dialect.place(b.bought)), b.dialect.place(b.bought+1)
	return func(c *webtest.Crossing) {
		answer := c.Carry()
		c.Deliver(renumbered(answer, b.theirs(domain), earlier))
	}
}

// endsWithItsTerm: a term is a year from its delivery by our clock.
func endsWithItsTerm(t *testing.T, b *buyer, id int64) {
	o := b.now(id)
	if want := o.CompletedAt.AddDate(1, 0, 0); o.EndsAt.Before(want.Add(-time.Hour)) || o.EndsAt.After(want.Add(time.Hour)) {
		t.Errorf("the term ends at %s, a year after the delivery is %s", o.EndsAt, want)
	}
}
