package datassl_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"certbay/providers"
	"certbay/providers/datassl"
	"certbay/providers/providertest"
	"certbay/web/webtest"
)

// denied is the dialect's word that the login is not good.
var denied = webtest.Says(http.StatusUnauthorized, `{"success":false,"error":"expired"}`)

// patience is how long the buyer waits for an answer.
const patience = 1500 * time.Millisecond

func (y *yard) buyer(r *webtest.Road) *datassl.Shop {
	return must[*datassl.Shop](y.t)(datassl.New(datassl.Config{BaseURL: r.URL, Key: y.Key, Lang: "en", Timeout: patience}))
}

func (y *yard) wish(reference, domain string) providers.Submission {
	return providers.Submission{Reference: reference, ProductCode: code(y.single), Months: 12, CSR: providertest.CSR(y.t, domain),
		Names: []providers.DomainChoice{{Name: domain, Method: providers.MethodDNS}}}
}

// Whatever is lost on the way: one wish, submitted as often as its errors allow, is one order and is paid once.
func TestOneWishIsOneOrderWhateverIsLost(t *testing.T) {
	y := openYard(t)
	for i, tc := range []struct {
		name  string
		fates map[string][]webtest.Fate
		first error // of the first Submit; nil: it succeeds
	}{
		{"nothing", nil, nil},
		{"CSR can't be looked at", map[string][]webtest.Fate{"POST /csr/decode": {webtest.FailsBefore, webtest.FailsBefore, webtest.FailsBefore}}, providers.ErrNotSent},
		{"CSR is looked at the second time", map[string][]webtest.Fate{"POST /csr/decode": {webtest.LostBefore}}, nil},
		{"order lost before", map[string][]webtest.Fate{"POST /orders": {webtest.LostBefore}}, providers.ErrUnsure},
		{"order lost after", map[string][]webtest.Fate{"POST /orders": {webtest.LostAfter}}, providers.ErrUnsure},
		{"order hangs", map[string][]webtest.Fate{"POST /orders": {webtest.HangsAfter}}, providers.ErrUnsure},
		{"order answered with a page", map[string][]webtest.Fate{"POST /orders": {webtest.HTMLAfter}}, providers.ErrUnsure},
		{"order half answered", map[string][]webtest.Fate{"POST /orders": {webtest.HalfAfter}}, providers.ErrUnsure},
		{"order throttled", map[string][]webtest.Fate{"POST /orders": {webtest.Throttled}}, providers.ErrNotSent},
		{"order denied", map[string][]webtest.Fate{"POST /orders": {denied}}, providers.ErrCredentials},
		{"configuration lost before", map[string][]webtest.Fate{"POST /ssl/configure": {webtest.LostBefore}}, nil},
		{"configuration lost after", map[string][]webtest.Fate{"POST /ssl/configure": {webtest.LostAfter}}, nil},
		{"configuration hangs", map[string][]webtest.Fate{"POST /ssl/configure": {webtest.HangsAfter}}, nil},
		{"configuration fails", map[string][]webtest.Fate{"POST /ssl/configure": {webtest.FailsBefore}}, nil},
		{"configuration fails twice", map[string][]webtest.Fate{"POST /ssl/configure": {webtest.FailsBefore, webtest.FailsBefore}}, providers.ErrNotSent},
		{"configuration fails twice and can't be cancelled", map[string][]webtest.Fate{"POST /ssl/configure": {webtest.FailsBefore, webtest.FailsBefore}, "PUT /orders/{id}": {webtest.FailsBefore}}, providers.ErrUnsure},
		{"configuration denied, and everything after", map[string][]webtest.Fate{"POST /ssl/configure": {denied}, "GET /ssl/{id}": {denied}}, providers.ErrUnsure},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := y.Stands(t)
			s := y.buyer(y.Road(y.t, "/api/reseller", tc.fates))
			w := y.wish(fmt.Sprint("wish-", i), fmt.Sprintf("lost%d.example.com", i))
			r, err := s.Submit(t.Context(), w)
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
				if r, err = y.buyer(y.Road(y.t, "/api/reseller", nil)).Submit(t.Context(), w); err != nil {
					t.Fatal(err)
				}
			}
			if n := y.Since(t, before); n.Living != 1 || n.Spent != 1299 {
				t.Errorf("%+v", n)
			}
			if st, err := y.buyer(y.Road(y.t, "/api/reseller", nil)).Status(t.Context(), r.UpstreamID); err != nil || st.State != providers.StateValidationPending {
				t.Errorf("%+v, %v", st, err)
			}
		})
	}
}

func TestRefusedConfigurationGivesTheMoneyBack(t *testing.T) {
	y := openYard(t)
	before := y.Stands(t)
	s := y.buyer(y.Road(y.t, "/api/reseller", nil))
	w := y.wish("wish-1", "shop.example.com")
	w.Names[0].Method, w.Names[0].Email = providers.MethodEmail, "ceo@shop.example.com"
	_, err := s.Submit(t.Context(), w)
	var r *providers.Refusal
	if !errors.As(err, &r) || r.Field != "email" || r.UpstreamID != "" {
		t.Fatalf("%v: %+v", err, r)
	}
	if n := y.Since(t, before); n != (webtest.Stood{Cancelled: 1}) {
		t.Errorf("%+v", n)
	}
	w.Names[0].Email = "admin@shop.example.com" // under the same reference, which names a cancelled order now
	if _, err := s.Submit(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if n := y.Since(t, before); n != (webtest.Stood{Living: 1, Cancelled: 1, Spent: 1299}) {
		t.Errorf("%+v", n)
	}
}

func TestRefusedConfigurationThatCantBeCancelledIsTakenUpByTheCorrectedOne(t *testing.T) {
	y := openYard(t)
	before := y.Stands(t)
	s := y.buyer(y.Road(y.t, "/api/reseller", map[string][]webtest.Fate{"PUT /orders/{id}": {webtest.FailsBefore}}))
	w := y.wish("wish-1", "shop.example.com")
	w.Names[0].Method, w.Names[0].Email = providers.MethodEmail, "ceo@shop.example.com"
	_, err := s.Submit(t.Context(), w)
	var r *providers.Refusal
	if !errors.As(err, &r) || r.UpstreamID != "1" {
		t.Fatalf("%v: %+v", err, r)
	}
	if st, err := s.Status(t.Context(), r.UpstreamID); err != nil || st.State != providers.StateRejected || st.Message == "" {
		t.Errorf("%+v, %v", st, err)
	}
	corrected := y.wish("wish-2", "shop.example.com")
	corrected.Earlier = r.UpstreamID
	got, err := s.Submit(t.Context(), corrected)
	if err != nil || got.UpstreamID != "1" {
		t.Fatalf("%+v, %v", got, err)
	}
	if n := y.Since(t, before); n != (webtest.Stood{Living: 1, Spent: 1299}) {
		t.Errorf("%+v", n)
	}
}

func TestRejectedOrderThatWentOnIsNotBoughtAgain(t *testing.T) {
	y := openYard(t)
	s := y.buyer(y.Road(y.t, "/api/reseller", nil))
	first, err := s.Submit(t.Context(), y.wish("wish-1", "shop.example.com"))
	if err != nil {
		t.Fatal(err)
	}
	before := y.Stands(t)
	corrected := y.wish("wish-2", "shop.example.com")
	corrected.Earlier = first.UpstreamID
	if _, err := s.Submit(t.Context(), corrected); !errors.Is(err, providers.ErrUnsure) || !strings.Contains(err.Error(), "validation_pending") {
		t.Errorf("%v", err)
	}
	if n := y.Since(t, before); n != (webtest.Stood{}) {
		t.Errorf("%+v", n)
	}
}
