package gogetssl_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/providers"
	"certbay/providers/gogetssl"
	"certbay/providers/providertest"
	"certbay/web/webtest"
)

// denied is the dialect's word that the login is not good.
var denied = webtest.Says(http.StatusForbidden, `{"message":"Auth key is not valid"}`)

// short is how long the buyer waits on a road.
const short = 1500 * time.Millisecond

func (y *yard) on(t *testing.T, r *webtest.Road) *gogetssl.Reseller {
	return must[*gogetssl.Reseller](t)(gogetssl.New(gogetssl.Config{BaseURL: r.URL, User: y.Reseller.Email, Password: y.Key, Timeout: short}))
}

func (y *yard) wish(t *testing.T, reference, domain string) providers.Submission {
	return providers.Submission{Reference: reference, ProductCode: code(y.single), Months: 12, CSR: providertest.CSR(t, domain),
		Names: []providers.DomainChoice{{Name: domain, Method: providers.MethodDNS}}}
}

// Whatever is lost on the way: one wish, submitted as often as its errors allow, is one order and is paid once.
func TestOneWishIsOneOrderWhateverIsLost(t *testing.T) {
	y := openYard(t)
	const add = "POST /orders/add_ssl_order/"
	for i, tc := range []struct {
		name  string
		fates map[string][]webtest.Fate
		first error // of the first Submit; nil: it succeeds
	}{
		{"nothing", nil, nil},
		{"login is lost", map[string][]webtest.Fate{"POST /auth/": {webtest.FailsBefore, webtest.FailsBefore, webtest.FailsBefore}}, providers.ErrNotSent},
		{"login comes about the second time", map[string][]webtest.Fate{"POST /auth/": {webtest.LostAfter}}, nil},
		{"login answered with a page", map[string][]webtest.Fate{"POST /auth/": {webtest.HTMLAfter}}, providers.ErrNotSent},
		{"key expired", map[string][]webtest.Fate{add: {denied}}, nil},
		{"key refused twice", map[string][]webtest.Fate{add: {denied, denied}}, providers.ErrCredentials},
		{"key expired, and the new login is lost", map[string][]webtest.Fate{add: {denied}, "POST /auth/": {webtest.Arrives, webtest.FailsBefore, webtest.FailsBefore, webtest.FailsBefore}}, providers.ErrNotSent},
		{"order lost before", map[string][]webtest.Fate{add: {webtest.LostBefore}}, providers.ErrUnsure},
		{"order lost after", map[string][]webtest.Fate{add: {webtest.LostAfter}}, providers.ErrUnsure},
		{"order hangs", map[string][]webtest.Fate{add: {webtest.HangsAfter}}, providers.ErrUnsure},
		{"order answered with a page", map[string][]webtest.Fate{add: {webtest.HTMLAfter}}, providers.ErrUnsure},
		{"order half answered", map[string][]webtest.Fate{add: {webtest.HalfAfter}}, providers.ErrUnsure},
		{"order stopped by a gateway", map[string][]webtest.Fate{add: {webtest.FailsBefore}}, providers.ErrUnsure},
		{"order throttled", map[string][]webtest.Fate{add: {webtest.Throttled}}, providers.ErrNotSent},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before, sends := y.Stands(t), 1
			if strings.HasPrefix(tc.name, "key ") { // turned away unread, and sent again under a new key
				sends = 2
			}
			r := y.Road(t, "/api", tc.fates)
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
			if err != nil && strings.Contains(err.Error(), y.Key) {
				t.Errorf("the key is in %v", err)
			}
			if n := y.Since(t, before); (errors.Is(err, providers.ErrNotSent) || errors.Is(err, providers.ErrCredentials)) && n != (webtest.Stood{}) {
				t.Errorf("%+v, and it says: %v", n, err)
			}
			if n := r.Seen(add); n > sends {
				t.Errorf("an order was sent %d times", n)
			}
			if err != nil { // the way is free again
				if receipt, err = y.on(t, y.Road(t, "/api", nil)).Submit(t.Context(), w); err != nil {
					t.Fatal(err)
				}
			}
			if n := y.Since(t, before); n != (webtest.Stood{Living: 1, Spent: 1299}) {
				t.Errorf("%+v", n)
			}
			if st, err := y.on(t, y.Road(t, "/api", nil)).Status(t.Context(), receipt.UpstreamID); err != nil || st.State != providers.StateValidationPending {
				t.Errorf("%+v, %v", st, err)
			}
		})
	}
}

func TestTheTwinOfANameComesWithIt(t *testing.T) {
	y := openYard(t)
	buyer := y.buyer(y.URL+"/api", y.Key)
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
