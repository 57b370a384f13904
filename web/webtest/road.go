package webtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Road is a proxy between a buyer and a Shop on which calls come to grief.
//
// A call is named "PUT /orders/{id}" by its method and its path behind the road's
// prefix, or by its parameter func where it has one, as BILLmanager's calls have.
type Road struct {
	URL string // with the prefix

	t       testing.TB
	to      string
	mu      sync.Mutex
	fates   map[string][]Fate
	always  Fate
	seen    map[string]int
	carried map[string]int
}

// Fate is what becomes of a call on its way.
type Fate func(*Crossing)

// Crossing is a call on its way.
type Crossing struct {
	Writer  http.ResponseWriter
	Request *http.Request
	Body    []byte

	road *Road
	name string
}

// Brought is what the shop answered.
type Brought struct {
	Status int
	Header http.Header
	Body   []byte
}

// Road opens a road to the shop. fates are those of the first, the second call …
// of a name; all others arrive.
func (s *Shop) Road(t testing.TB, prefix string, fates map[string][]Fate) *Road {
	t.Helper()
	r := &Road{t: t, to: s.URL, fates: fates, always: Arrives, seen: map[string]int{}, carried: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		c := &Crossing{Writer: w, Request: q, Body: body, road: r, name: q.Method + " " + number.ReplaceAllString(strings.TrimPrefix(q.URL.Path, prefix), "{id}")}
		form, _ := url.ParseQuery(string(body))
		if function := form.Get("func"); function != "" {
			c.name = function
		}
		r.next(c.name)(c)
	}))
	t.Cleanup(server.Close)
	r.URL = server.URL + prefix
	return r
}

var number = regexp.MustCompile(`\d+`)

func (r *Road) next(call string) Fate {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[call]++
	list := r.fates[call]
	if len(list) == 0 {
		return r.always
	}
	r.fates[call] = list[1:]
	return list[0]
}

// Always is what becomes of all calls from now on that nothing else was said of.
func (r *Road) Always(f Fate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.always = f
}

// Clear lets every call arrive from now on.
func (r *Road) Clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.always, r.fates = Arrives, nil
}

// Seen counts the calls of a name, Carried those that the shop got.
func (r *Road) Seen(call string) int    { return r.count(r.seen, call) }
func (r *Road) Carried(call string) int { return r.count(r.carried, call) }

func (r *Road) count(of map[string]int, call string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return of[call]
}

// Carry hands the call to the shop, whether or not its caller is still there.
func (c *Crossing) Carry() Brought {
	c.road.mu.Lock()
	c.road.carried[c.name]++
	c.road.mu.Unlock()
	on, err := http.NewRequestWithContext(context.WithoutCancel(c.Request.Context()), c.Request.Method, c.road.to+c.Request.URL.RequestURI(), bytes.NewReader(c.Body))
	if err != nil {
		panic(fmt.Sprintf("%s: %v", c.name, err))
	}
	on.Header = c.Request.Header.Clone()
	res, err := http.DefaultTransport.RoundTrip(on)
	if err != nil { // the shop is closed
		return Brought{Status: http.StatusBadGateway}
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return Brought{res.StatusCode, res.Header, body}
}

// Deliver answers the caller.
func (c *Crossing) Deliver(b Brought) {
	for k, v := range b.Header {
		c.Writer.Header()[k] = v
	}
	c.Writer.Header().Set("Content-Length", strconv.Itoa(len(b.Body)))
	c.Writer.WriteHeader(b.Status)
	_, _ = c.Writer.Write(b.Body)
}

// Cut resets the connection.
func (c *Crossing) Cut() {
	conn, _, err := c.Writer.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	reset(conn)
}

func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}

// Hang says nothing until the caller gives up.
func (c *Crossing) Hang() {
	select {
	case <-c.Request.Context().Done():
	case <-time.After(30 * time.Second):
	}
}

// Arrives is what ought to become of a call.
func Arrives(c *Crossing) { c.Deliver(c.Carry()) }

// LostBefore resets the connection before the shop sees the call.
func LostBefore(c *Crossing) { c.Cut() }

// LostAfter has the shop carry it out, and resets the connection.
func LostAfter(c *Crossing) { c.Carry(); c.Cut() }

// HangsBefore keeps the call from the shop, and its caller waiting.
func HangsBefore(c *Crossing) { c.Hang() }

// HangsAfter has the shop carry it out, and the answer does not come.
func HangsAfter(c *Crossing) { c.Carry(); c.Hang() }

// HTMLAfter has the shop carry it out, and something in between answers a page.
func HTMLAfter(c *Crossing) {
	c.Carry()
	c.Deliver(Brought{http.StatusOK, http.Header{"Content-Type": {"text/html"}}, []byte("<title>Checking your browser</title>")})
}

// HalfAfter has the shop carry it out, and half of the answer comes as if it were whole.
func HalfAfter(c *Crossing) {
	b := c.Carry()
	b.Header.Del("Content-Length")
	b.Body = b.Body[:len(b.Body)/2]
	c.Deliver(b)
}

// TornAfter has the shop carry it out, and resets the connection in the middle of the answer.
func TornAfter(c *Crossing) {
	b := c.Carry()
	conn, buffer, err := c.Writer.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	fmt.Fprintf(buffer, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", b.Header.Get("Content-Type"), len(b.Body), b.Body[:len(b.Body)/2])
	buffer.Flush()
	time.Sleep(20 * time.Millisecond) // so that the half is read before the reset
	reset(conn)
}

// FailsBefore answers 502, by something in between.
func FailsBefore(c *Crossing) { Says(http.StatusBadGateway, "Bad gateway\n")(c) }

// FailsAfter has the shop carry it out, and answers 500.
func FailsAfter(c *Crossing) { c.Carry(); Says(http.StatusInternalServerError, "")(c) }

// Says answers without the shop; header are names and values in turn.
func Says(status int, body string, header ...string) Fate {
	return func(c *Crossing) {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		c.Deliver(Brought{status, h, []byte(body)})
	}
}

// Throttled answers 429, for a minute.
func Throttled(c *Crossing) { Says(http.StatusTooManyRequests, "", "Retry-After", "60")(c) }
