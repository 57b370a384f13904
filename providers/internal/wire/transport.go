package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"certbay/providers"
)

// once is a body that can't be sent again.
type once struct{ *bytes.Reader }

func (*once) Close() error { return nil }

// withSent notes when a request has a connection: from then on the other side may have seen it.
func withSent(ctx context.Context, sent *atomic.Bool) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }})
}

// exchange is the transport of a Client: it puts the credentials on, reads the whole answer in time and within the limit, so that
// what breaks off in the middle is an error like one at the beginning, and writes the log.
type exchange struct {
	cl    *Client
	under http.RoundTripper
}

// readBody is a body that was read already.
type readBody struct {
	io.Reader
	bytes []byte
	skew  time.Duration
}

func (*readBody) Close() error { return nil }

var errTooLarge = errors.New("the answer is too long")

func (e *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	cl := e.cl
	ctx, cancel := context.WithTimeout(req.Context(), cl.c.Timeout)
	defer cancel()
	req = req.Clone(ctx)
	if cl.c.Authorize != nil {
		cl.c.Authorize(req)
	}
	start := time.Now()
	resp, err := e.under.RoundTrip(req)
	var body []byte
	if err == nil {
		body, err = io.ReadAll(io.LimitReader(resp.Body, cl.c.Limit+1))
		resp.Body.Close()
		if err == nil && int64(len(body)) > cl.c.Limit {
			err = fmt.Errorf("%w: more than %d bytes", errTooLarge, cl.c.Limit)
		}
	}
	cl.log(req, resp, body, time.Since(start), err)
	if err != nil {
		return nil, err
	}
	now := cl.c.Now()
	skew := cl.noteClock(resp.Header, now)
	if resp.StatusCode == http.StatusTooManyRequests {
		cl.beQuiet(retryAfter(resp.Header, now), now)
	}
	resp.Body = &readBody{Reader: bytes.NewReader(body), bytes: body, skew: skew}
	return resp, nil
}

// noteClock answers how far the upstream's clock is ahead.
func (cl *Client) noteClock(h http.Header, now time.Time) time.Duration {
	theirs, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	skew := theirs.Sub(now.Truncate(time.Second))
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.skew = skew
	return skew
}

// unnamed is how long a 429 that names no time keeps us quiet.
const unnamed = time.Second

func (cl *Client) beQuiet(d time.Duration, now time.Time) {
	if d <= 0 {
		d = unnamed
	}
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if until := now.Add(d); until.After(cl.quiet) {
		cl.quiet = until
	}
}

// retryAfter reads the header in either form. A date is the upstream's, so it is measured by the upstream's clock.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseUint(v, 10, 31); err == nil {
		return time.Duration(s) * time.Second
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
		now = theirs
	}
	return max(at.Sub(now), 0)
}

// again says whether a read is worth another try.
func (cl *Client) again(ctx context.Context, resp *http.Response, err error) (bool, error) {
	switch {
	case ctx.Err() != nil:
		return false, nil
	case err != nil:
		t := trouble(err)
		return t != providers.TroubleTLS && t != providers.TroubleTooLarge && t != providers.TroubleStopped, nil
	case resp.StatusCode == http.StatusTooManyRequests:
		return cl.quietFor() <= cl.c.MaxWait, nil
	}
	return resp.StatusCode == 500 || resp.StatusCode == 502 || resp.StatusCode == 503 || resp.StatusCode == 504, nil
}

// backoff doubles the wait with each try and takes a random half to whole of it; a time the upstream named is waited for.
func (cl *Client) backoff(first, longest time.Duration, n int, resp *http.Response) time.Duration {
	d := min(first<<min(n, 16), longest)
	d = d/2 + rand.N(d/2+1)
	if resp == nil {
		return d
	}
	named := retryAfter(resp.Header, cl.c.Now())
	if resp.StatusCode == http.StatusTooManyRequests {
		named = max(named, cl.quietFor())
	}
	return max(d, min(named, longest))
}

// broken says what an exchange that brought no answer means.
func (cl *Client) broken(ctx context.Context, r request, sent bool, err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // its text has the whole URL
	}
	f := cl.failure(r, trouble(err), cl.secrets.text(err.Error()), err)
	f.Reached = sent && r.changes()
	if ctx.Err() != nil {
		f.Trouble, f.Detail, f.Err = providers.TroubleStopped, "given up", ctx.Err()
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			f.Trouble, f.Detail = providers.TroubleTimeout, "no answer in the time there was"
		}
		return f
	}
	if f.Trouble == providers.TroubleTimeout {
		f.Detail = fmt.Sprintf("no answer within %s", cl.c.Timeout)
		if !sent {
			f.Detail = fmt.Sprintf("no connection within %s", cl.c.Timeout)
		}
	}
	return f
}

// trouble sorts an error of net/http and below.
func trouble(err error) providers.Trouble {
	var (
		dns       *net.DNSError
		timeout   net.Error
		untrusted x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		op        *net.OpError
	)
	switch {
	case errors.Is(err, errTooLarge):
		return providers.TroubleTooLarge
	case errors.Is(err, context.Canceled):
		return providers.TroubleStopped
	case errors.As(err, &verify), errors.As(err, &untrusted), errors.As(err, &host), errors.As(err, &invalid), errors.As(err, &record), errors.As(err, &alert),
		errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"): // crypto/tls calls its alerts so
		return providers.TroubleTLS
	case errors.As(err, &dns):
		return providers.TroubleHost
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return providers.TroubleTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return providers.TroubleRefused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return providers.TroubleHost
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"): // net/http gives it no type
		return providers.TroubleTLS
	}
	return providers.TroubleBroken
}

// excluded are outcomes that say nothing about the upstream's health.
func excluded(err error) bool {
	return errors.Is(err, context.Canceled)
}

// healthy are outcomes of an upstream that works, whatever it said: every answer that was understood, and "too many requests".
func healthy(err error) bool {
	var f *providers.Failure
	return err == nil || !errors.As(err, &f) && !errors.Is(err, providers.ErrUnavailable) || f != nil && f.Trouble == providers.TroubleBusy
}
