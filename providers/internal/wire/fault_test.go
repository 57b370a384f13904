package wire_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"certbay/providers"
	"certbay/providers/internal/wire"
)

const (
	apiKey  = "key-7f3a/9+b=c"
	session = "sess 0123456789"
	privKey = "MIIEvQIBADANBg"
)

// envelope is what the made-up upstream of these tests answers with.
type envelope struct {
	Success wire.Bool
	Error   wire.Text
	ID      wire.Int
}

// upstream is a server that misbehaves as told, and counts what reached it.
type upstream struct {
	url  string
	hits atomic.Int32
}

func serve(t *testing.T, h func(w http.ResponseWriter, r *http.Request)) *upstream {
	t.Helper()
	u := &upstream{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.hits.Add(1)
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		h(w, r)
	}))
	t.Cleanup(s.Close)
	u.url = s.URL
	return u
}

// cutOff answers half of what it announced, and resets the connection.
func cutOff(t *testing.T) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, buf, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprint(buf, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{\"success\":true,\"id\":4")
		buf.Flush()
		time.Sleep(20 * time.Millisecond) // so that the half is read before the reset
		reset(conn)
	}
}

func reset(conn net.Conn) {
	if c, ok := conn.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	conn.Close()
}

func text(status int, kind, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// journal is a log that tests read.
type journal struct {
	mu sync.Mutex
	bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.Buffer.Write(b)
}

func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.String()
}

func client(t *testing.T, base string, change ...func(*wire.Config)) (*wire.Client, *journal) {
	t.Helper()
	j := &journal{}
	c := wire.Config{
		Name: "acme", BaseURL: base, Secrets: []string{apiKey}, SecretFields: []string{"auth_key", "X-API-Key", "csr_key"},
		Timeout: 300 * time.Millisecond, Retries: 2, Wait: time.Millisecond, MaxWait: 20 * time.Millisecond, Limit: 4096, Failures: 100,
		Log:       slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Authorize: func(r *http.Request) { r.Header.Set("X-API-Key", apiKey) },
	}
	for _, f := range change {
		f(&c)
	}
	cl, err := wire.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return cl, j
}

// call is a call with a secret in every place one can stand.
func call(read bool, into *envelope) wire.Call {
	return wire.Call{
		Method: http.MethodPost, Path: "/orders", Read: read, Into: into,
		Query: url.Values{"auth_key": {session}, "page": {"1"}},
		Body:  wire.JSON(map[string]any{"domain": "example.com", "nested": []any{map[string]string{"csr_key": privKey}}, "note": "with " + apiKey}),
		Judge: func(a wire.Answer) error {
			switch {
			case into.Error != "" && a.Status == http.StatusUnauthorized:
				return providers.ErrCredentials
			case into.Error != "":
				return providers.Refuse("", into.Error.String())
			}
			return nil
		},
	}
}

func TestEveryFaultIsToldForWhatItIs(t *testing.T) {
	mute := func(t *testing.T) *upstream { // takes connections and says nothing, not even TLS
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return &upstream{url: "https://" + l.Addr().String()}
	}
	at := func(h func(http.ResponseWriter, *http.Request)) func(*testing.T) *upstream {
		return func(t *testing.T) *upstream { return serve(t, h) }
	}
	for _, tc := range []struct {
		name    string
		open    func(*testing.T) *upstream
		trouble providers.Trouble
		reached bool // a call that changes something may have been carried out
		tries   int  // of a read, as the server counts them
		words   string
	}{
		{"connection refused", func(t *testing.T) *upstream {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
			return &upstream{url: "http://" + l.Addr().String()}
		}, providers.TroubleRefused, false, 0, "connection refused"},
		{"certificate of an unknown authority", func(t *testing.T) *upstream {
			u := &upstream{}
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { u.hits.Add(1) }))
			s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
			s.StartTLS()
			t.Cleanup(s.Close)
			u.url = s.URL
			return u
		}, providers.TroubleTLS, false, 0, "certificate"},
		{"no TLS where TLS is spoken to", func(t *testing.T) *upstream {
			u := serve(t, text(200, "application/json", `{"success":true}`))
			u.url = strings.Replace(u.url, "http://", "https://", 1)
			return u
		}, providers.TroubleTLS, false, 0, "HTTPS client"},
		{"timeout before the request went out", mute, providers.TroubleTimeout, false, 0, "no connection within 300ms"},
		{"timeout after it was accepted", at(func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(5 * time.Second):
			}
		}), providers.TroubleTimeout, true, 3, "no answer within 300ms"},
		{"reset before the answer", at(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				reset(conn)
			}
		}), providers.TroubleBroken, true, 3, ""},
		{"reset in the middle of the answer", at(cutOff(t)), providers.TroubleBroken, true, 3, ""},
		{"half of the JSON", at(text(200, "application/json", `{"success":true,"id":4`)), providers.TroubleContent, true, 1, "not the JSON that was expected"},
		{"JSON of another shape", at(text(200, "application/json", `{"success":"perhaps"}`)), providers.TroubleContent, true, 1, "neither yes nor no"},
		{"HTML instead of JSON", at(text(200, "text/html", "<html><head><title>Just a\nmoment…</title></head></html>")), providers.TroubleContent, true, 1, `"Just a moment…"`},
		{"nothing", at(text(200, "application/json", " \n")), providers.TroubleContent, true, 1, "an empty answer"},
		{"too much", at(text(200, "application/json", `{"error":"`+strings.Repeat("x", 5000)+`"}`)), providers.TroubleTooLarge, true, 1, "more than 4096 bytes"},
		{"500 with words", at(text(500, "application/json", `{"success":false,"error":"Sunucu hatası"}`)), providers.TroubleStatus, true, 3, "HTTP 500: \"{\"error\":\"Sunucu hatası\""},
		{"502 of a gateway", at(text(502, "text/html", "<h1>Bad gateway</h1>")), providers.TroubleStatus, true, 3, `HTTP 502: "Bad gateway"`},
		{"429", at(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "7")
			text(429, "application/json", `{"error":"slow down"}`)(w, r)
		}), providers.TroubleBusy, false, 1, "slow down"},
		{"404 of another program", at(text(404, "text/html", "<title>404 Not Found</title>")), providers.TroubleContent, false, 1, "404 Not Found"},
		{"403 without words", at(text(403, "application/json", `{}`)), providers.TroubleStatus, false, 1, "HTTP 403"},
		{"408", at(text(408, "application/json", `{}`)), providers.TroubleStatus, true, 1, "HTTP 408"},
		{"redirect", at(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://elsewhere.example/login?auth_key="+url.QueryEscape(session))
			w.WriteHeader(302)
		}), providers.TroubleRedirect, true, 1, "https://elsewhere.example/login: is the base URL right?"},
	} {
		for _, read := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/read=%v", tc.name, read), func(t *testing.T) {
				u := tc.open(t)
				cl, log := client(t, u.url)
				_, err := cl.Do(t.Context(), call(read, &envelope{}))
				var f *providers.Failure
				if !errors.As(err, &f) || !errors.Is(err, providers.ErrUnavailable) {
					t.Fatalf("want a failure, got %v", err)
				}
				if f.Trouble != tc.trouble || !strings.Contains(err.Error(), tc.words) || !strings.HasPrefix(err.Error(), "acme: POST /orders: ") {
					t.Errorf("%s: %v", f.Trouble, err)
				}
				tries := tc.tries
				if !read {
					tries = min(tries, 1)
				}
				if got := int(u.hits.Load()); got != tries {
					t.Errorf("the server saw %d requests, want %d", got, tries)
				}
				if unsure, not := errors.Is(err, providers.ErrUnsure), errors.Is(err, providers.ErrNotSent); unsure != (!read && tc.reached) || not != (!read && !tc.reached) {
					t.Errorf("unsure %v, not sent %v: %v", unsure, not, err)
				}
				noSecrets(t, err.Error(), log.text())
			})
		}
	}
}

func TestHostThatIsNotThereIsNamedSo(t *testing.T) {
	cl, _ := client(t, "http://no-such-host.invalid", func(c *wire.Config) { c.Timeout, c.Retries = 5*time.Second, -1 })
	_, err := cl.Do(t.Context(), call(false, &envelope{}))
	var f *providers.Failure
	if !errors.As(err, &f) || f.Trouble != providers.TroubleHost || !errors.Is(err, providers.ErrNotSent) {
		t.Errorf("%v", err)
	}
}

func noSecrets(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		for _, secret := range []string{apiKey, url.QueryEscape(apiKey), session, url.QueryEscape(session), "sess", privKey} {
			if strings.Contains(s, secret) {
				t.Errorf("%q is in %q", secret, s)
			}
		}
	}
}

func TestErrorsInsideAnAnswerKeepTheUpstreamsWords(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		is     error
		words  string
	}{
		{200, `{"success":false,"error":"Yetersiz bakiye. Gerekli: $28.97"}`, providers.ErrRefused, "Yetersiz bakiye. Gerekli: $28.97"},
		{402, "\ufeff" + `{"success":0,"error":"no credit"}`, providers.ErrRefused, "no credit"},
		{422, `{"error":"key ` + strings.ReplaceAll(apiKey, "/", `\/`) + ` is wrong"}`, providers.ErrRefused, "key *** is wrong"},
		{401, `{"error":"bad key"}`, providers.ErrCredentials, "does not accept"},
		{401, `denied`, providers.ErrCredentials, "denied"},
	} {
		u := serve(t, text(tc.status, "application/json", tc.body))
		cl, log := client(t, u.url)
		_, err := cl.Do(t.Context(), call(true, &envelope{}))
		if !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.words) || errors.Is(err, providers.ErrUnavailable) {
			t.Errorf("%d %s: %v", tc.status, tc.body, err)
		}
		if u.hits.Load() != 1 {
			t.Errorf("a refusal was asked for %d times", u.hits.Load())
		}
		noSecrets(t, err.Error(), log.text())
	}
}

func TestReadThatFailsTwiceSucceedsAtTheThirdTry(t *testing.T) {
	var u *upstream
	u = serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch u.hits.Load() {
		case 1:
			cutOff(t)(w, r)
		case 2:
			text(503, "text/plain", "later")(w, r)
		default:
			text(200, "application/json", `{"success":"1","id":"42"}`)(w, r)
		}
	})
	cl, _ := client(t, u.url)
	var e envelope
	if _, err := cl.Do(t.Context(), call(true, &e)); err != nil || e.ID != 42 || !bool(e.Success) || u.hits.Load() != 3 {
		t.Errorf("%+v after %d: %v", e, u.hits.Load(), err)
	}
}

// net/http repeats a POST by itself over an idle connection that turns out closed, when it carries an Idempotency-Key.
func TestAChangeGoesOnceWhateverItsHeader(t *testing.T) {
	var u *upstream
	u = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if u.hits.Load() < 3 {
			text(200, "application/json", `{"success":true}`)(w, r)
			return
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			reset(conn)
		}
	})
	cl, _ := client(t, u.url)
	c := call(false, &envelope{})
	c.Header = http.Header{"Idempotency-Key": {"ref-1"}}
	for range 2 {
		if _, err := cl.Do(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := cl.Do(t.Context(), c); !errors.Is(err, providers.ErrUnsure) {
		t.Error(err)
	}
	if n := u.hits.Load(); n != 3 {
		t.Errorf("the server saw %d requests of 3", n)
	}
}

func TestGivingUpWrapsTheContextsError(t *testing.T) {
	arrived := make(chan struct{})
	u := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		select {
		case <-r.Context().Done():
		case <-time.After(5 * time.Second):
		}
	})
	cl, _ := client(t, u.url, func(c *wire.Config) { c.Timeout = 5 * time.Second })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	if _, err := cl.Do(ctx, call(false, &envelope{})); !errors.Is(err, context.Canceled) || !errors.Is(err, providers.ErrUnsure) {
		t.Errorf("in the middle: %v", err)
	}
	if _, err := cl.Do(ctx, call(false, &envelope{})); !errors.Is(err, context.Canceled) || !errors.Is(err, providers.ErrNotSent) {
		t.Errorf("before: %v", err)
	}
	if n := u.hits.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}
