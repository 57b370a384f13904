package gogetssl_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/db"
	"certbay/providers"
	"certbay/providers/gogetssl"
	"certbay/providers/providertest"
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
	deniedBefore      // the key is refused, once
	throttledBefore
)

// road is a proxy between buyer and shop on which calls come to grief.
type road struct {
	url   string
	mu    sync.Mutex
	fates map[string][]fate // "POST /auth/": of the first, the second call …
	seen  map[string]int
}

// short is how long the buyer waits on a road.
const short = 1500 * time.Millisecond

func (y *yard) road(t *testing.T, fates map[string][]fate) *road {
	t.Helper()
	r := &road{fates: fates, seen: map[string]int{}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		f := r.next(q.Method + " " + number.ReplaceAllString(strings.TrimPrefix(q.URL.Path, "/api"), "{id}"))
		switch f {
		case lostBefore:
			cut(w)
			return
		case failsBefore:
			http.Error(w, "Bad gateway", http.StatusBadGateway)
			return
		case deniedBefore:
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"message":"Auth key is not valid"}`)
			return
		case throttledBefore:
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		on, err := http.NewRequestWithContext(q.Context(), q.Method, y.URL+q.URL.RequestURI(), strings.NewReader(string(body)))
		if err != nil {
			t.Error(err)
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
			time.Sleep(short + 300*time.Millisecond)
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
	t.Cleanup(s.Close)
	r.url = s.URL + "/api"
	return r
}

var number = regexp.MustCompile(`\d+`)

func (r *road) next(call string) fate {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[call]++
	list := r.fates[call]
	if len(list) == 0 {
		return arrives
	}
	r.fates[call] = list[1:]
	return list[0]
}

func (r *road) count(call string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen[call]
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

func (y *yard) on(t *testing.T, r *road) *gogetssl.Reseller {
	return must[*gogetssl.Reseller](t)(gogetssl.New(gogetssl.Config{BaseURL: r.url, User: y.user, Password: y.key, Timeout: short}))
}

func (y *yard) wish(t *testing.T, reference, domain string) providers.Submission {
	return providers.Submission{Reference: reference, ProductCode: code(y.single), Months: 12, CSR: providertest.CSR(t, domain),
		Names: []providers.DomainChoice{{Name: domain, Method: providers.MethodDNS}}}
}

// stood is what the shop has of the buyer's orders, and what they cost.
type stood struct {
	living, cancelled int
	spent             int64
}

func (y *yard) stands(t *testing.T) (n stood) {
	t.Helper()
	list, _, err := y.Book.Orders(t.Context(), y.Reseller.ID, db.OrderFilter{Page: db.Page{Limit: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		if o.Status == db.StatusCancelled {
			n.cancelled++
		} else {
			n.living++
		}
	}
	balance, _, err := y.Book.Wallet(t.Context(), y.Reseller.ID)
	if err != nil {
		t.Fatal(err)
	}
	n.spent = -balance
	return n
}

// since is what was added.
func (y *yard) since(t *testing.T, before stood) stood {
	t.Helper()
	n := y.stands(t)
	return stood{n.living - before.living, n.cancelled - before.cancelled, n.spent - before.spent}
}

// Whatever is lost on the way: one wish, submitted as often as its errors allow, is one order and is paid once.
func TestOneWishIsOneOrderWhateverIsLost(t *testing.T) {
	y := openYard(t)
	const add = "POST /orders/add_ssl_order/"
	for i, tc := range []struct {
		name  string
		fates map[string][]fate
		first error // of the first Submit; nil: it succeeds
	}{
		{"nothing", nil, nil},
		{"login is lost", map[string][]fate{"POST /auth/": {failsBefore, failsBefore, failsBefore}}, providers.ErrNotSent},
		{"login comes about the second time", map[string][]fate{"POST /auth/": {lostAfter}}, nil},
		{"login answered with a page", map[string][]fate{"POST /auth/": {htmlAfter}}, providers.ErrNotSent},
		{"key expired", map[string][]fate{add: {deniedBefore}}, nil},
		{"key refused twice", map[string][]fate{add: {deniedBefore, deniedBefore}}, providers.ErrCredentials},
		{"key expired, and the new login is lost", map[string][]fate{add: {deniedBefore}, "POST /auth/": {arrives, failsBefore, failsBefore, failsBefore}}, providers.ErrNotSent},
		{"order lost before", map[string][]fate{add: {lostBefore}}, providers.ErrUnsure},
		{"order lost after", map[string][]fate{add: {lostAfter}}, providers.ErrUnsure},
		{"order hangs", map[string][]fate{add: {hangsAfter}}, providers.ErrUnsure},
		{"order answered with a page", map[string][]fate{add: {htmlAfter}}, providers.ErrUnsure},
		{"order half answered", map[string][]fate{add: {halfAfter}}, providers.ErrUnsure},
		{"order stopped by a gateway", map[string][]fate{add: {failsBefore}}, providers.ErrUnsure},
		{"order throttled", map[string][]fate{add: {throttledBefore}}, providers.ErrNotSent},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before, sends := y.stands(t), 1
			if slices.Contains(tc.fates[add], deniedBefore) { // turned away unread, and sent again under a new key
				sends = 2
			}
			r := y.road(t, tc.fates)
			w := y.wish(t, fmt.Sprint("wish-", i), fmt.Sprintf("lost%d.example.com", i))
			receipt, err := y.on(t, r).Submit(t.Context(), w)
			if tc.first == nil && err != nil || tc.first != nil && !errors.Is(err, tc.first) {
				t.Fatalf("want %v, got %v", tc.first, err)
			}
			for _, other := range []error{providers.ErrUnsure, providers.ErrNotSent, providers.ErrCredentials, providers.ErrRefused} {
				if other != tc.first && errors.Is(err, other) {
					t.Errorf("it is %q as well: %v", other, err)
				}
			}
			if err != nil && strings.Contains(err.Error(), y.key) {
				t.Errorf("the key is in %v", err)
			}
			if n := y.since(t, before); (errors.Is(err, providers.ErrNotSent) || errors.Is(err, providers.ErrCredentials)) && n != (stood{}) {
				t.Errorf("%+v, and it says: %v", n, err)
			}
			if n := r.count(add); n > sends {
				t.Errorf("an order was sent %d times", n)
			}
			if err != nil { // the way is free again
				if receipt, err = y.on(t, y.road(t, nil)).Submit(t.Context(), w); err != nil {
					t.Fatal(err)
				}
			}
			if n := y.since(t, before); n != (stood{living: 1, spent: 1299}) {
				t.Errorf("%+v", n)
			}
			if st, err := y.on(t, y.road(t, nil)).Status(t.Context(), receipt.UpstreamID); err != nil || st.State != providers.StateValidationPending {
				t.Errorf("%+v, %v", st, err)
			}
		})
	}
}

func TestTheTwinOfANameComesWithIt(t *testing.T) {
	y := openYard(t)
	buyer := y.buyer(y.URL+"/api", y.key)
	names := []string{"twin.example.com", "www.twin.example.com"}
	w := y.wish(t, "wish-1", names[0])
	w.CSR, w.Names = providertest.CSR(t, names...), append(w.Names, providers.DomainChoice{Name: names[1], Method: providers.MethodDNS})
	r := must[providers.Receipt](t)(buyer.Submit(t.Context(), w))
	st := must[providers.Status](t)(buyer.Status(t.Context(), r.UpstreamID))
	var got []string
	for _, d := range st.Domains {
		got = append(got, d.Name)
	}
	if !slices.Equal(got, names) {
		t.Error(got)
	}
}

// The upstream of the tests below answers with what is written down for a path; every login is right.
func scripted(t *testing.T, answers map[string]string) (*gogetssl.Reseller, func(path string) int) {
	t.Helper()
	var mu sync.Mutex
	seen := map[string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		path := strings.TrimPrefix(r.URL.Path, "/api")
		seen[path]++
		if path == "/auth/" {
			_, _ = io.WriteString(w, `{"key":"0123456789","success":true}`)
			return
		}
		answer, known := answers[path]
		if !known {
			t.Errorf("asked for %s", path)
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return must[*gogetssl.Reseller](t)(gogetssl.New(gogetssl.Config{BaseURL: s.URL + "/api", User: "u", Password: "the-password"})), func(path string) int {
		mu.Lock()
		defer mu.Unlock()
		return seen[path]
	}
}

func TestUnknownWordsAreErrorsThatQuoteThem(t *testing.T) {
	for what, answers := range map[string]map[string]string{
		"status": {"/orders/status/7": `{"success":true,"order_id":7,"status":"on_fire"}`},
		"method": {"/orders/status/7": `{"success":true,"order_id":7,"status":"processing","domain":"a.example","dcv_method":"on_fire"}`},
		"record": {"/orders/status/7": `{"success":true,"order_id":7,"status":"processing","domain":"a.example","dcv_method":"dns","approver_method":{"dns":{"record":"on_fire"}}}`},
	} {
		r, _ := scripted(t, answers)
		if _, err := r.Status(t.Context(), "7"); !errors.Is(err, providers.ErrUnavailable) || !strings.Contains(err.Error(), `"on_fire"`) {
			t.Errorf("%s: %v", what, err)
		}
	}
	r, _ := scripted(t, map[string]string{"/account/balance/": `{"success":true,"balance":1,"currency":"EUR"}`, "/products/": `{"success":true,"products":[]}`,
		"/products/ssl/": `{"success":true,"products":[{"id":1,"brand":"b","product":"X","product_type":"on_fire","prices":{"12":1}}]}`})
	if _, err := r.Products(t.Context()); !errors.Is(err, providers.ErrUnavailable) || !strings.Contains(err.Error(), `"on_fire"`) {
		t.Error(err)
	}
}

func TestEveryStatusOfTheDocumentsIsUnderstood(t *testing.T) {
	const file = `,"domain":"a.example","dcv_method":"http","dcv_status":"1","approver_method":{"http":{"link":"http://a.example/x","filename":"x","content":"y"}}`
	for in, want := range map[string]providers.State{
		`"status":"active","crt_code":"PEM"`:    providers.StateIssued,
		`"status":"active"`:                     providers.StateProcessing,
		`"status":"cancelled"`:                  providers.StateCancelled,
		`"status":"cancelled","crt_code":"PEM"`: providers.StateRevoked,
		`"status":"expired","crt_code":"PEM"`:   providers.StateIssued,
		`"status":"expired"`:                    providers.StateCancelled,
		`"status":"incomplete"`:                 providers.StateRejected,
		`"status":"rejected"`:                   providers.StateRejected,
		`"status":"new_order"`:                  providers.StateProcessing,
		`"status":"unpaid"`:                     providers.StateProcessing,
		`"status":"pending"`:                    providers.StateProcessing,
		`"status":"processing"`:                 providers.StateProcessing,
		`"status":"processing"` + file:          providers.StateValidationPending,
		`"status":"reissue"` + file:             providers.StateValidationPending,
		`"status":"reissue"`:                    providers.StateProcessing,
	} {
		r, _ := scripted(t, map[string]string{"/orders/status/7": `{"success":true,"order_id":"7",` + in + `}`})
		st, err := r.Status(t.Context(), "7")
		if err != nil || st.State != want || st.Reissuing != strings.Contains(in, "reissue") || st.State == providers.StateRejected && st.Message == "" {
			t.Errorf("%s: %+v, %v", in, st, err)
		}
	}
}

func TestAnOrderThatWaitsForACorrectionIsCancelledBeforeItIsReplaced(t *testing.T) {
	w := (&yard{single: 66}).wish(t, "wish-2", "shop.example.com")
	w.Earlier = "7"
	placed := `{"success":true,"order_id":8}`
	for name, tc := range map[string]struct {
		status, cancel string
		cancels, adds  int
		refused        bool
	}{
		"incomplete":                {"incomplete", `{"success":true,"order_id":7}`, 1, 1, false},
		"can't be cancelled":        {"incomplete", `{"error":true,"message":"Too late"}`, 1, 0, true},
		"rejected, so it's no more": {"rejected", "", 0, 1, false},
		"cancelled meanwhile":       {"cancelled", "", 0, 1, false},
	} {
		r, seen := scripted(t, map[string]string{"/orders/status/7": `{"success":true,"order_id":7,"status":"` + tc.status + `"}`, "/orders/cancel_ssl_order/": tc.cancel, "/orders/add_ssl_order/": placed})
		got, err := r.Submit(t.Context(), w)
		if seen("/orders/cancel_ssl_order/") != tc.cancels || seen("/orders/add_ssl_order/") != tc.adds {
			t.Errorf("%s: %d cancellations, %d orders", name, seen("/orders/cancel_ssl_order/"), seen("/orders/add_ssl_order/"))
		}
		var refusal *providers.Refusal
		if tc.refused != (errors.As(err, &refusal) && refusal.UpstreamID == "7" && strings.Contains(refusal.Message, "Too late")) || !tc.refused && got.UpstreamID != "8" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestAnOrderIsFoundByTheCodeThatItsInstructionsShow(t *testing.T) {
	w := (&yard{single: 66}).wish(t, "wish-3", "shop.example.com")
	var code string
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
		switch {
		case q.URL.Path == "/api/auth/":
			_, _ = io.WriteString(rw, `{"key":"0123456789","success":true}`)
		case q.URL.Path == "/api/orders/add_ssl_order/":
			code = q.PostFormValue("unique_code")
			_, _ = io.WriteString(rw, `{"success":true,"order_id":9}`)
		case q.URL.Path == "/api/orders/ssl/all":
			_, _ = io.WriteString(rw, `{"success":true,"orders":[{"order_id":3,"status":"active"},{"order_id":"9","status":"processing"}],"count":2}`)
		case q.URL.Path == "/api/orders/status/9":
			_, _ = fmt.Fprintf(rw, `{"success":true,"order_id":9,"status":"processing","domain":"shop.example.com","dcv_method":"dns","approver_method":{"dns":{"record":"_x CNAME a.b.%s.comodoca.com"}}}`, strings.ToLower(code))
		case q.URL.Path == "/api/orders/status/3":
			_, _ = io.WriteString(rw, `{"success":true,"order_id":3,"status":"active"}`)
		default:
			t.Error(q.URL.Path)
		}
	}))
	t.Cleanup(s.Close)
	r := must[*gogetssl.Reseller](t)(gogetssl.New(gogetssl.Config{BaseURL: s.URL + "/api", User: "u", Password: "the-password"}))
	must[providers.Receipt](t)(r.Submit(t.Context(), w))
	if len(code) < 15 || len(code) > 20 || regexp.MustCompile(`[^A-Za-z0-9]`).MatchString(code) {
		t.Errorf("unique_code %q", code)
	}
	if id, err := r.Find(t.Context(), "wish-3"); err != nil || id != "9" {
		t.Errorf("%q, %v", id, err)
	}
	if id, err := r.Find(t.Context(), "another"); !errors.Is(err, providers.ErrUnsure) || errors.Is(err, providers.ErrUnknown) {
		t.Errorf("%q, %v", id, err)
	}
}
