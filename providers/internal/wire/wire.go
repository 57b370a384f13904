// Package wire carries the calls of every adapter to its upstream: JSON, form, multipart and XML out, JSON, XML or bytes back.
//
// What it promises, for each Client:
//
//   - Only calls marked as reads are ever sent twice, after a growing and random wait. A call that changes something goes once,
//     over a connection of its own, and neither net/http nor a redirect repeats it.
//   - A failure says whether the call may have been carried out (providers.ErrUnsure) or surely was not (providers.ErrNotSent).
//     It counts as sent from the moment a connection, TLS included, is there.
//   - At most so many calls are under way at once; after several failures in a row none is for a while; after a 429 none until
//     the time the upstream named.
//   - No secret is in an error or in the log: not the values named as secrets, nor those of secret parameters, headers and fields.
//   - An answer is read up to a limit.
package wire

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/sony/gobreaker/v2"
)

// Config is what a Client needs to know. Only Name and BaseURL are needed.
type Config struct {
	Name    string // of the upstream; every error begins with it
	BaseURL string // http(s)://host[/path]; calls add their path to it

	// Authorize puts the credentials on a request, each time one is sent; nil: they are in the calls.
	Authorize func(*http.Request)

	// Secrets are values that must not be seen in errors and logs, whatever they stand in. Shorter ones than four characters are
	// not looked for.
	Secrets []string
	// SecretFields are names of query parameters, headers, form and JSON fields and XML elements whose values are secret,
	// whatever their case. Authorization, Cookie and Set-Cookie always are.
	SecretFields []string

	Timeout     time.Duration // for one answer; default 30 s
	Retries     int           // of a read, beside the first try; default 2, negative none
	Wait        time.Duration // before the first retry, doubled with each; default 300 ms
	MaxWait     time.Duration // the longest wait that a read will sit out, also after a 429; default 5 s
	Limit       int64         // bytes of an answer; default 8 MiB
	Concurrency int           // calls under way at once; default 8
	Failures    int           // in a row before none is tried; default 5
	Rest        time.Duration // how long none is tried then; default 30 s

	Transport http.RoundTripper // for tests and special networks; nil: one of our own. Must not retry by itself
	Log       *slog.Logger      // each exchange, at debug level; nil: none
	Now       func() time.Time  // nil: time.Now
	Agent     string            // User-Agent; default "certbay"
}

// Client speaks to one upstream. Safe for concurrent use; one per upstream, since its limits are the upstream's.
type Client struct {
	c       Config
	base    *url.URL
	secrets *redactor
	slots   chan struct{}
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]
	reads   *retryablehttp.Client
	changes *http.Client

	mu    sync.Mutex
	quiet time.Time     // no call before this; set by 429
	skew  time.Duration // how far the upstream's clock is ahead of ours, as last seen
}

// New makes a Client. The error says what is wrong with the configuration.
func New(c Config) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(strings.TrimSpace(c.BaseURL), "/"))
	switch {
	case c.Name == "":
		return nil, fmt.Errorf("wire: an upstream needs a name")
	case err != nil, base.Scheme != "https" && base.Scheme != "http", base.Host == "", base.User != nil, base.RawQuery != "", base.Fragment != "":
		return nil, fmt.Errorf("%s: the base URL must be http(s)://host[:port][/path], without login and query", c.Name)
	}
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.Wait = cmp.Or(c.Wait, 300*time.Millisecond)
	c.MaxWait = cmp.Or(c.MaxWait, 5*time.Second)
	c.Limit = cmp.Or(c.Limit, 8<<20)
	c.Concurrency = cmp.Or(c.Concurrency, 8)
	c.Failures = cmp.Or(c.Failures, 5)
	c.Rest = cmp.Or(c.Rest, 30*time.Second)
	c.Agent = cmp.Or(c.Agent, "certbay")
	c.Retries = max(cmp.Or(c.Retries, 2), 0)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	cl := &Client{c: c, base: base, secrets: newRedactor(c.Secrets, c.SecretFields), slots: make(chan struct{}, c.Concurrency)}
	cl.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name:         c.Name,
		MaxRequests:  1,
		Timeout:      c.Rest,
		ReadyToTrip:  func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= uint32(c.Failures) },
		IsExcluded:   excluded,
		IsSuccessful: healthy,
		OnStateChange: func(_ string, from, to gobreaker.State) {
			c.Log.Warn("circuit", "upstream", c.Name, "from", from.String(), "to", to.String())
		},
	})
	pooled, single := c.Transport, c.Transport
	if c.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = c.Concurrency
		t.MaxResponseHeaderBytes = 256 << 10
		pooled = t
		// A connection that was idle may have been closed by the other side a moment ago, and then nobody can say whether what
		// was written into it arrived. A call that changes something is not made over one.
		s := t.Clone()
		s.DisableKeepAlives = true
		single = s
	}
	cl.reads = &retryablehttp.Client{
		HTTPClient:   cl.http(pooled),
		RetryWaitMin: c.Wait,
		RetryWaitMax: c.MaxWait,
		RetryMax:     c.Retries,
		CheckRetry:   cl.again,
		Backoff:      cl.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	cl.changes = cl.http(single)
	return cl, nil
}

func (cl *Client) http(t http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: &exchange{cl: cl, under: t},
		// A redirect would take the credentials elsewhere, and a POST would become a GET.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Circuit is "closed" while calls are made, "open" while none is after too many failures, "half-open" while one is tried.
func (cl *Client) Circuit() string { return cl.breaker.State().String() }

// Skew is how far the upstream's clock was ahead of ours at its last answer, to the second; negative: behind.
func (cl *Client) Skew() time.Duration {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	return cl.skew
}

// Hide adds values that must not be seen in errors and logs, such as a session's key.
func (cl *Client) Hide(values ...string) { cl.secrets.hide(values...) }

// Redact takes the secrets out of a text.
func (cl *Client) Redact(s string) string { return cl.secrets.text(s) }
