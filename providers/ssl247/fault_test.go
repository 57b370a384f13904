package ssl247_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/db"
	"certbay/providers"
	"certbay/providers/providertest"
	"certbay/providers/ssl247"
)

// fate is what becomes of a call on its way.
type fate int

const (
	arrives      fate = iota
	lostBefore        // the connection is reset before the shop sees the call
	lostAfter         // the shop carries it out, the answer is reset
	hangsAfter        // the shop carries it out, the answer does not come in time
	htmlAfter         // the shop carries it out, something in between answers a page
	halfAfter         // the shop carries it out, half of the answer comes
	failsBefore       // something in between answers 502
	deniedBefore      // 401
	throttledBefore
)

// road is a proxy between buyer and shop on which calls come to grief.
type road struct {
	url   string
	mu    sync.Mutex
	fates map[string][]fate // "POST /certificate/{id}/cancel": of the first, the second call …
}

func (y *yard) road(fates map[string][]fate) *road {
	y.t.Helper()
	r := &road{fates: fates}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		f := r.next(q.Method + " " + number.ReplaceAllString(strings.TrimPrefix(q.URL.Path, "/api/v3"), "{id}"))
		switch f {
		case lostBefore:
			cut(w)
			return
		case failsBefore:
			http.Error(w, "Bad gateway", http.StatusBadGateway)
			return
		case deniedBefore:
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"Response":{"Error":{"Code":"401","Message":"expired"}}}`)
			return
		case throttledBefore:
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		on, err := http.NewRequestWithContext(q.Context(), q.Method, y.URL+q.URL.RequestURI(), strings.NewReader(string(body)))
		if err != nil {
			y.t.Error(err)
			return
		}
		on.Header = q.Header.Clone()
		if f != arrives { // whoever asked may be gone by then
			on = on.WithContext(y.t.Context())
		}
		res, err := http.DefaultTransport.RoundTrip(on)
		if err != nil {
			cut(w)
			return
		}
		defer res.Body.Close()
		answer, _ := io.ReadAll(res.Body)
		switch f {
		case lostAfter:
			cut(w)
			return
		case hangsAfter:
			time.Sleep(haste + 300*time.Millisecond)
		case htmlAfter:
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<title>Checking your browser</title>")
			return
		case halfAfter:
			_, _ = w.Write(answer[:len(answer)/2])
			return
		}
		for k, v := range res.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(res.StatusCode)
		_, _ = w.Write(answer)
	}))
	y.t.Cleanup(s.Close)
	r.url = s.URL + "/api/v3"
	return r
}

var number = regexp.MustCompile(`\d+`)

func (r *road) next(call string) fate {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.fates[call]
	if len(list) == 0 {
		return arrives
	}
	r.fates[call] = list[1:]
	return list[0]
}

func cut(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	if c, ok := conn.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	conn.Close()
}

// haste is how long the buyer waits for an answer here.
const haste = 1500 * time.Millisecond

func (y *yard) hasty(r *road) *ssl247.Shop {
	return must[*ssl247.Shop](y.t)(ssl247.New(ssl247.Config{BaseURL: r.url, User: y.user, Key: y.key, Timeout: haste}))
}

func (y *yard) wish(reference, domain string) providers.Submission {
	return providers.Submission{Reference: reference, ProductCode: code(y.single), Months: 12, CSR: providertest.CSR(y.t, domain),
		Names: []providers.DomainChoice{{Name: domain, Method: providers.MethodDNS}}}
}

// stood is what the shop has of the buyer's orders, and what they cost.
type stood struct {
	living, cancelled int
	spent             int64
}

func (y *yard) stands() (n stood) {
	y.t.Helper()
	list, _, err := y.Book.Orders(y.t.Context(), y.Reseller.ID, db.OrderFilter{Page: db.Page{Limit: 1000}})
	if err != nil {
		y.t.Fatal(err)
	}
	for _, o := range list {
		if o.Status == db.StatusCancelled {
			n.cancelled++
		} else {
			n.living++
		}
	}
	balance, _, err := y.Book.Wallet(y.t.Context(), y.Reseller.ID)
	if err != nil {
		y.t.Fatal(err)
	}
	n.spent = -balance
	return n
}

// since is what was added.
func (y *yard) since(before stood) stood {
	y.t.Helper()
	n := y.stands()
	return stood{n.living - before.living, n.cancelled - before.cancelled, n.spent - before.spent}
}

const (
	quick    = "POST /order/certificate/place-quick-order"
	complete = "POST /order/certificate/complete"
	renewal  = "POST /certificate/{id}/renew"
	cancel   = "POST /certificate/{id}/cancel"
	looking  = "POST /certificate/{id}"
	listing  = "POST /orders"
)

// Whatever is lost on the way: one wish, submitted as often as its errors allow, is one order and is paid once.
func TestOneWishIsOneOrderWhateverIsLost(t *testing.T) {
	y := openYard(t)
	for i, tc := range []struct {
		name  string
		fates map[string][]fate
		first error // of the first Submit; nil: it succeeds
	}{
		{"nothing", nil, nil},
		{"list can't be read", map[string][]fate{listing: {failsBefore, failsBefore, failsBefore}}, providers.ErrNotSent},
		{"list is read the second time", map[string][]fate{listing: {lostBefore}}, nil},
		{"order lost before", map[string][]fate{quick: {lostBefore}}, providers.ErrUnsure},
		{"order lost after", map[string][]fate{quick: {lostAfter}}, providers.ErrUnsure},
		{"order hangs", map[string][]fate{quick: {hangsAfter}}, providers.ErrUnsure},
		{"order answered with a page", map[string][]fate{quick: {htmlAfter}}, providers.ErrUnsure},
		{"order half answered", map[string][]fate{quick: {halfAfter}}, providers.ErrUnsure},
		{"order fails", map[string][]fate{quick: {failsBefore}}, providers.ErrUnsure},
		{"order throttled", map[string][]fate{quick: {throttledBefore}}, providers.ErrNotSent},
		{"order denied", map[string][]fate{quick: {deniedBefore}}, providers.ErrCredentials},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := y.stands()
			w := y.wish(fmt.Sprint("wish-", i), fmt.Sprintf("lost%d.example.com", i))
			r, err := y.hasty(y.road(tc.fates)).Submit(t.Context(), w)
			if tc.first == nil && err != nil || tc.first != nil && !errors.Is(err, tc.first) {
				t.Fatalf("want %v, got %v", tc.first, err)
			}
			for _, other := range []error{providers.ErrUnsure, providers.ErrNotSent, providers.ErrCredentials, providers.ErrRefused} {
				if other != tc.first && errors.Is(err, other) {
					t.Errorf("it is %q as well: %v", other, err)
				}
			}
			if n := y.since(before); errors.Is(err, providers.ErrNotSent) && (n.living != 0 || n.spent != 0) {
				t.Errorf("%+v, and it says: %v", n, err)
			}
			if err != nil { // the login works again, or the quiet time is over
				if r, err = y.hasty(y.road(nil)).Submit(t.Context(), w); err != nil {
					t.Fatal(err)
				}
			}
			if n := y.since(before); n.living != 1 || n.spent != 1299 {
				t.Errorf("%+v", n)
			}
			if st, err := y.hasty(y.road(nil)).Status(t.Context(), r.UpstreamID); err != nil || st.State != providers.StateValidationPending {
				t.Errorf("%+v, %v", st, err)
			}
		})
	}
}

// issued is a certificate that can be renewed.
func (y *yard) issued(s *ssl247.Shop, w providers.Submission) string {
	y.t.Helper()
	r, err := s.Submit(y.t.Context(), w)
	if err != nil {
		y.t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		st, err := s.Status(y.t.Context(), r.UpstreamID)
		if err != nil {
			y.t.Fatal(err)
		}
		if st.State == providers.StateIssued {
			return r.UpstreamID
		}
		for _, d := range st.Domains {
			if !d.Instruction.Empty() {
				y.publish(y.t, d.Instruction, d.Name)
			}
		}
	}
	y.t.Fatal("not issued")
	return ""
}

// A renewal is bought with one call and completed with another.
func TestOneRenewalIsOneOrderWhateverIsLost(t *testing.T) {
	y := openYard(t)
	id := y.issued(y.hasty(y.road(nil)), y.wish("wish-0", "shop.example.com"))
	for i, tc := range []struct {
		name  string
		fates map[string][]fate
		first error
	}{
		{"nothing", nil, nil},
		{"renewal lost after", map[string][]fate{renewal: {lostAfter}}, providers.ErrUnsure},
		{"renewal hangs", map[string][]fate{renewal: {hangsAfter}}, providers.ErrUnsure},
		{"completion lost before", map[string][]fate{complete: {lostBefore}}, nil},
		{"completion lost after", map[string][]fate{complete: {lostAfter}}, nil},
		{"completion fails twice", map[string][]fate{complete: {failsBefore, failsBefore}}, providers.ErrUnsure},
		{"completion denied, and everything after", map[string][]fate{complete: {deniedBefore}, looking: {arrives, deniedBefore}}, providers.ErrUnsure},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := y.stands()
			w := y.wish(fmt.Sprint("renewal-", i), "shop.example.com")
			r, err := y.hasty(y.road(tc.fates)).Renew(t.Context(), id, w)
			if tc.first == nil && err != nil || tc.first != nil && !errors.Is(err, tc.first) || errors.Is(err, providers.ErrNotSent) || errors.Is(err, providers.ErrCredentials) {
				t.Fatalf("want %v, got %v", tc.first, err)
			}
			if err != nil {
				if r, err = y.hasty(y.road(nil)).Renew(t.Context(), id, w); err != nil {
					t.Fatal(err)
				}
			}
			if n := y.since(before); n.living != 1 || n.spent != 1299 || r.UpstreamID == id {
				t.Errorf("%+v of %s", n, r.UpstreamID)
			}
		})
	}
}

func TestRefusedCompletionIsGivenBackOrNamed(t *testing.T) {
	y := openYard(t)
	s := y.hasty(y.road(nil))
	id := y.issued(s, y.wish("wish-0", "shop.example.com"))
	before := y.stands()
	w := y.wish("renewal-1", "shop.example.com")
	w.Names[0].Method, w.Names[0].Email = providers.MethodEmail, "ceo@shop.example.com"
	_, err := s.Renew(t.Context(), id, w)
	var r *providers.Refusal
	if !errors.As(err, &r) || r.Field != "email" || r.UpstreamID != "" {
		t.Fatalf("%v: %+v", err, r)
	}
	if n := y.since(before); n != (stood{cancelled: 1}) {
		t.Errorf("%+v", n)
	}
	w.Reference = "renewal-2"
	_, err = y.hasty(y.road(map[string][]fate{cancel: {failsBefore}})).Renew(t.Context(), id, w)
	if !errors.As(err, &r) || r.UpstreamID == "" {
		t.Fatalf("%v: %+v", err, r)
	}
	if st, err := s.Status(t.Context(), r.UpstreamID); err != nil || st.State != providers.StateRejected || st.Message == "" {
		t.Errorf("%+v, %v", st, err)
	}
	corrected := y.wish("renewal-3", "shop.example.com")
	corrected.Earlier = r.UpstreamID
	got, err := s.Submit(t.Context(), corrected)
	if err != nil || got.UpstreamID != r.UpstreamID {
		t.Fatalf("%+v, %v", got, err)
	}
	if n := y.since(before); n != (stood{living: 1, cancelled: 1, spent: 1299}) {
		t.Errorf("%+v", n)
	}
	again := y.wish("renewal-4", "shop.example.com")
	again.Earlier = r.UpstreamID // it went on: a person decides
	if _, err := s.Submit(t.Context(), again); !errors.Is(err, providers.ErrUnsure) || !strings.Contains(err.Error(), "Pending") {
		t.Errorf("%v", err)
	}
}
