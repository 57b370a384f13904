package ssl247_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"certbay/providers"
	"certbay/providers/providertest"
	"certbay/providers/ssl247"
	"certbay/web/webtest"
)

// denied is the dialect's word that the login is not good.
var denied = webtest.Says(http.StatusUnauthorized, `{"Response":{"Error":{"Code":"401","Message":"expired"}}}`)

// haste is how long the buyer waits for an answer here.
const haste = 1500 * time.Millisecond

func (y *yard) hasty(r *webtest.Road) *ssl247.Shop {
	return must[*ssl247.Shop](y.t)(ssl247.New(ssl247.Config{BaseURL: r.URL, User: y.Reseller.Email, Key: y.Key, Timeout: haste}))
}

func (y *yard) wish(reference, domain string) providers.Submission {
	return providers.Submission{Reference: reference, ProductCode: code(y.single), Months: 12, CSR: providertest.CSR(y.t, domain),
		Names: []providers.DomainChoice{{Name: domain, Method: providers.MethodDNS}}}
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
		fates map[string][]webtest.Fate
		first error // of the first Submit; nil: it succeeds
	}{
		{"nothing", nil, nil},
		{"list can't be read", map[string][]webtest.Fate{listing: {webtest.FailsBefore, webtest.FailsBefore, webtest.FailsBefore}}, providers.ErrNotSent},
		{"list is read the second time", map[string][]webtest.Fate{listing: {webtest.LostBefore}}, nil},
		{"order lost before", map[string][]webtest.Fate{quick: {webtest.LostBefore}}, providers.ErrUnsure},
		{"order lost after", map[string][]webtest.Fate{quick: {webtest.LostAfter}}, providers.ErrUnsure},
		{"order hangs", map[string][]webtest.Fate{quick: {webtest.HangsAfter}}, providers.ErrUnsure},
		{"order answered with a page", map[string][]webtest.Fate{quick: {webtest.HTMLAfter}}, providers.ErrUnsure},
		{"order half answered", map[string][]webtest.Fate{quick: {webtest.HalfAfter}}, providers.ErrUnsure},
		{"order fails", map[string][]webtest.Fate{quick: {webtest.FailsBefore}}, providers.ErrUnsure},
		{"order throttled", map[string][]webtest.Fate{quick: {webtest.Throttled}}, providers.ErrNotSent},
		{"order denied", map[string][]webtest.Fate{quick: {denied}}, providers.ErrCredentials},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := y.Stands(t)
			w := y.wish(fmt.Sprint("wish-", i), fmt.Sprintf("lost%d.example.com", i))
			r, err := y.hasty(y.Road(y.t, "/api/v3", tc.fates)).Submit(t.Context(), w)
			if tc.first == nil && err != nil || tc.first != nil && !errors.Is(err, tc.first) {
				t.Fatalf("want %v, got %v", tc.first, err)
			}
			for _, other := range []error{providers.ErrUnsure, providers.ErrNotSent, providers.ErrCredentials, providers.ErrRefused} {
				if other != tc.first && errors.Is(err, other) {
					t.Errorf("it is %q as well: %v", other, err)
				}
			}
			if n := y.Since(t, before); errors.Is(err, providers.ErrNotSent) && (n.Living != 0 || n.Spent != 0) {
				t.Errorf("%+v, and it says: %v", n, err)
			}
			if err != nil { // the login works again, or the quiet time is over
				if r, err = y.hasty(y.Road(y.t, "/api/v3", nil)).Submit(t.Context(), w); err != nil {
					t.Fatal(err)
				}
			}
			if n := y.Since(t, before); n.Living != 1 || n.Spent != 1299 {
				t.Errorf("%+v", n)
			}
			if st, err := y.hasty(y.Road(y.t, "/api/v3", nil)).Status(t.Context(), r.UpstreamID); err != nil || st.State != providers.StateValidationPending {
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
				y.Publish(y.t, d.Instruction, d.Name)
			}
		}
	}
	y.t.Fatal("not issued")
	return ""
}

// A renewal is bought with one call and completed with another.
func TestOneRenewalIsOneOrderWhateverIsLost(t *testing.T) {
	y := openYard(t)
	id := y.issued(y.hasty(y.Road(y.t, "/api/v3", nil)), y.wish("wish-0", "shop.example.com"))
	for i, tc := range []struct {
		name  string
		fates map[string][]webtest.Fate
		first error
	}{
		{"nothing", nil, nil},
		{"renewal lost after", map[string][]webtest.Fate{renewal: {webtest.LostAfter}}, providers.ErrUnsure},
		{"renewal hangs", map[string][]webtest.Fate{renewal: {webtest.HangsAfter}}, providers.ErrUnsure},
		{"completion lost before", map[string][]webtest.Fate{complete: {webtest.LostBefore}}, nil},
		{"completion lost after", map[string][]webtest.Fate{complete: {webtest.LostAfter}}, nil},
		{"completion fails twice", map[string][]webtest.Fate{complete: {webtest.FailsBefore, webtest.FailsBefore}}, providers.ErrUnsure},
		{"completion denied, and everything after", map[string][]webtest.Fate{complete: {denied}, looking: {webtest.Arrives, denied}}, providers.ErrUnsure},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := y.Stands(t)
			w := y.wish(fmt.Sprint("renewal-", i), "shop.example.com")
			r, err := y.hasty(y.Road(y.t, "/api/v3", tc.fates)).Renew(t.Context(), id, w)
			if tc.first == nil && err != nil || tc.first != nil && !errors.Is(err, tc.first) || errors.Is(err, providers.ErrNotSent) || errors.Is(err, providers.ErrCredentials) {
				t.Fatalf("want %v, got %v", tc.first, err)
			}
			if err != nil {
				if r, err = y.hasty(y.Road(y.t, "/api/v3", nil)).Renew(t.Context(), id, w); err != nil {
					t.Fatal(err)
				}
			}
			if n := y.Since(t, before); n.Living != 1 || n.Spent != 1299 || r.UpstreamID == id {
				t.Errorf("%+v of %s", n, r.UpstreamID)
			}
		})
	}
}

func TestRefusedCompletionIsGivenBackOrNamed(t *testing.T) {
	y := openYard(t)
	s := y.hasty(y.Road(y.t, "/api/v3", nil))
	id := y.issued(s, y.wish("wish-0", "shop.example.com"))
	before := y.Stands(t)
	w := y.wish("renewal-1", "shop.example.com")
	w.Names[0].Method, w.Names[0].Email = providers.MethodEmail, "ceo@shop.example.com"
	_, err := s.Renew(t.Context(), id, w)
	var r *providers.Refusal
	if !errors.As(err, &r) || r.Field != "email" || r.UpstreamID != "" {
		t.Fatalf("%v: %+v", err, r)
	}
	if n := y.Since(t, before); n != (webtest.Stood{Cancelled: 1}) {
		t.Errorf("%+v", n)
	}
	w.Reference = "renewal-2"
	_, err = y.hasty(y.Road(y.t, "/api/v3", map[string][]webtest.Fate{cancel: {webtest.FailsBefore}})).Renew(t.Context(), id, w)
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
	if n := y.Since(t, before); n != (webtest.Stood{Living: 1, Cancelled: 1, Spent: 1299}) {
		t.Errorf("%+v", n)
	}
	again := y.wish("renewal-4", "shop.example.com")
	again.Earlier = r.UpstreamID // it went on: a person decides
	if _, err := s.Submit(t.Context(), again); !errors.Is(err, providers.ErrUnsure) || !strings.Contains(err.Error(), "Pending") {
		t.Errorf("%v", err)
	}
}
