package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"certbay/providers"
)

// Do makes a call. Its errors are what Judge said, providers.ErrCredentials, or a *providers.Failure; when ctx has ended they
// wrap its error. A request that can't be written at all is an error of its own: a mistake of the adapter.
func (cl *Client) Do(ctx context.Context, c Call) (Answer, error) {
	r, err := cl.prepare(c)
	if err != nil {
		return Answer{}, err
	}
	if err := cl.enter(ctx, r); err != nil {
		return Answer{}, err
	}
	defer func() { <-cl.slots }()
	done, err := cl.breaker.Allow()
	if err != nil {
		return Answer{}, cl.failure(r, providers.TroubleCircuit, "not tried: the last calls to it failed", nil)
	}
	outcome := errPanic
	defer func() { done(outcome) }() // also when Judge panics: a breaker that is never told stays half-open for good
	a, err := cl.exchange(ctx, r)
	if err == nil {
		err = cl.understand(r, a)
	}
	outcome = err
	return a, err
}

var errPanic = fmt.Errorf("panic: %w", providers.ErrUnavailable)

// enter waits for a slot, and until a quiet time the upstream asked for is over where that is soon.
func (cl *Client) enter(ctx context.Context, r request) error {
	select {
	case cl.slots <- struct{}{}:
	case <-ctx.Done():
		return cl.failure(r, providers.TroubleStopped, "given up while other calls were under way", ctx.Err())
	}
	wait := cl.quietFor()
	if wait <= 0 {
		if ctx.Err() == nil {
			return nil
		}
		<-cl.slots
		return cl.failure(r, providers.TroubleStopped, "given up before it began", ctx.Err())
	}
	if wait <= cl.c.MaxWait {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
			return nil
		case <-ctx.Done():
			<-cl.slots
			return cl.failure(r, providers.TroubleStopped, "given up while the upstream wanted no calls", ctx.Err())
		}
	}
	<-cl.slots
	f := cl.failure(r, providers.TroubleBusy, "not tried: the upstream wants no calls for "+wait.Round(time.Second).String(), nil)
	f.RetryAfter = wait
	return f
}

func (cl *Client) quietFor() time.Duration {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	return cl.quiet.Sub(cl.c.Now())
}

// exchange sends the request and reads the answer, reads several times if need be.
func (cl *Client) exchange(ctx context.Context, r request) (Answer, error) {
	var sent atomic.Bool
	req, err := http.NewRequestWithContext(withSent(ctx, &sent), r.Method, r.url.String(), nil)
	if err != nil {
		return Answer{}, fmt.Errorf("%s: %s: %w", cl.c.Name, r.name, err)
	}
	for k, v := range r.Header {
		req.Header[k] = v
	}
	req.Header.Set("User-Agent", cl.c.Agent)
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	if req.Header.Get("Accept") == "" {
		switch r.As {
		case AsJSON:
			req.Header.Set("Accept", "application/json")
		case AsXML:
			req.Header.Set("Accept", "application/xml, text/xml")
		}
	}
	var resp *http.Response
	if r.Read {
		var body any
		if r.body != nil {
			body = r.body
		}
		again, wrapped := retryablehttp.FromRequest(req)
		if wrapped == nil {
			wrapped = again.SetBody(body)
		}
		if wrapped != nil {
			return Answer{}, fmt.Errorf("%s: %s: %w", cl.c.Name, r.name, wrapped)
		}
		resp, err = cl.reads.Do(again)
	} else {
		if r.body != nil {
			// Without GetBody net/http can't send it a second time.
			req.Body, req.ContentLength = http.NoBody, 0
			if len(r.body) > 0 {
				req.Body, req.ContentLength = &once{Reader: bytes.NewReader(r.body)}, int64(len(r.body))
			}
		}
		resp, err = cl.changes.Do(req)
	}
	if err != nil {
		return Answer{}, cl.broken(ctx, r, sent.Load(), err)
	}
	got, ok := resp.Body.(*readBody)
	if !ok {
		return Answer{}, fmt.Errorf("%s: %s: the answer was not read", cl.c.Name, r.name)
	}
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: got.bytes, Skew: got.skew}, nil
}

// understand decodes an answer and judges it.
func (cl *Client) understand(r request, a Answer) error {
	fail := func(t providers.Trouble, detail string, err error) error {
		f := cl.failure(r, t, detail, err)
		f.Status = a.Status
		// Below 500 the upstream turned the request away; above, nobody knows how far it got. 408 and 499 are given by
		// somebody in between who stopped waiting, and what is not an error may have been the answer to something done.
		f.Reached = r.changes() && (a.Status < 400 || a.Status >= 499 || a.Status == http.StatusRequestTimeout)
		return f
	}
	switch {
	case a.Status == http.StatusTooManyRequests:
		f := fail(providers.TroubleBusy, cl.excerpt(a), nil).(*providers.Failure)
		f.RetryAfter = max(cl.quietFor(), 0)
		return f
	case a.Status >= 500:
		return fail(providers.TroubleStatus, cl.excerpt(a), nil)
	case a.Status >= 300 && a.Status < 400:
		return fail(providers.TroubleRedirect, "it points to "+cl.secrets.location(a.Header.Get("Location"))+": is the base URL right?", nil)
	}
	bad := decode(r, a.Body)
	if bad == nil && r.Judge != nil {
		if err := r.Judge(a); err != nil {
			return cl.judged(r, err)
		}
	}
	switch {
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusProxyAuthRequired:
		return fmt.Errorf("%s: %s: HTTP %d: %s: %w", cl.c.Name, r.name, a.Status, cl.excerpt(a), providers.ErrCredentials)
	case bad != nil:
		return fail(providers.TroubleContent, cl.secrets.text(bad.Error())+": "+cl.excerpt(a), bad)
	case !a.OK():
		return fail(providers.TroubleStatus, cl.excerpt(a), nil)
	}
	return nil
}

// judged puts who speaks before an error of the dialect, and takes secrets out of its words.
func (cl *Client) judged(r request, err error) error {
	var refusal *providers.Refusal
	var failure *providers.Failure
	switch {
	case errors.As(err, &refusal):
		clean := *refusal
		clean.Message = cl.secrets.text(clean.Message)
		return fmt.Errorf("%s: %s: %w", cl.c.Name, r.name, &clean)
	case errors.As(err, &failure):
		clean := *failure
		clean.Upstream, clean.Call, clean.Detail = cl.c.Name, r.name, cl.secrets.text(clean.Detail)
		return &clean
	}
	for _, is := range []error{providers.ErrCredentials, providers.ErrUnknown, providers.ErrNotReady, providers.ErrNotSent, providers.ErrUnsure, providers.ErrUnavailable} {
		if errors.Is(err, is) {
			return &said{words: cl.c.Name + ": " + r.name + ": " + cl.secrets.text(err.Error()), err: err}
		}
	}
	return fmt.Errorf("%s: %s: %w", cl.c.Name, r.name, errors.New(cl.secrets.text(err.Error())))
}

// said is an error with its words cleaned.
type said struct {
	words string
	err   error
}

func (s *said) Error() string { return s.words }
func (s *said) Unwrap() error { return s.err }

var errEmpty = errors.New("an empty answer")

var bom = []byte("\xef\xbb\xbf")

// decode reads the body into r.Into.
func decode(r request, body []byte) error {
	if r.Into == nil {
		return nil
	}
	if r.As == AsRaw {
		into, ok := r.Into.(*[]byte)
		if !ok {
			return errors.New("a raw answer goes into a *[]byte")
		}
		*into = body
		return nil
	}
	body = bytes.TrimSpace(bytes.TrimPrefix(body, bom))
	if len(body) == 0 {
		return errEmpty
	}
	if r.As == AsXML {
		if err := xml.Unmarshal(body, r.Into); err != nil {
			return fmt.Errorf("not the XML that was expected (%w)", err)
		}
		return nil
	}
	if body[0] == '<' {
		return errors.New("HTML or XML instead of JSON")
	}
	if err := json.Unmarshal(body, r.Into); err != nil {
		return fmt.Errorf("not the JSON that was expected (%w)", err)
	}
	return nil
}

func (r request) changes() bool { return !r.Read }

// failure makes one that surely did not reach the upstream.
func (cl *Client) failure(r request, t providers.Trouble, detail string, err error) *providers.Failure {
	return &providers.Failure{Upstream: cl.c.Name, Call: r.name, Trouble: t, Changes: r.changes(), Detail: detail, Err: err}
}
