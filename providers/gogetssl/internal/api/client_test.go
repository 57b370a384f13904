package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"certbay/providers"
	"certbay/providers/gogetssl/internal/api"
)

func TestAKeyIsFetchedOnceAndOnceMoreWhenItIsRefused(t *testing.T) {
	c, u := serve(t, 200, file(t, "balance.json"))
	for range 3 {
		if _, err := c.AccountBalance(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if u.logins != 1 {
		t.Errorf("%d logins", u.logins)
	}
	u = &upstream{t: t, status: 200, answer: file(t, "add_ssl_order.json"), keys: []string{"old-key", "new-key"}, good: "new-key"}
	if _, err := u.client(t).AddSSLOrder(t.Context(), sample(66)); err != nil || u.logins != 2 || u.calls != 2 {
		t.Errorf("%v, %d logins, %d calls", err, u.logins, u.calls)
	}
	u = &upstream{t: t, status: 200, answer: file(t, "add_ssl_order.json"), keys: []string{"old-key"}, good: "new-key"}
	_, err := u.client(t).AddSSLOrder(t.Context(), sample(66))
	if !errors.Is(err, providers.ErrCredentials) || !strings.Contains(err.Error(), "Auth key is not valid") || u.calls != 2 {
		t.Errorf("%v, %d calls", err, u.calls)
	}
}

func TestWhoWaitsForALoginGivesUpInTime(t *testing.T) {
	hang := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(hang) })
	c := client(t, s.URL, pass)
	first, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { _, _ = c.AccountBalance(first) }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	time.Sleep(20 * time.Millisecond)
	_, err := c.AddSSLOrder(ctx, sample(66))
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, providers.ErrNotSent) {
		t.Error(err)
	}
}

func TestAWrongLoginIsSaidInTheUpstreamsWords(t *testing.T) {
	s := httptest.NewServer(&upstream{t: t, keys: []string{key}})
	t.Cleanup(s.Close)
	_, err := client(t, s.URL, "wrong-password").AccountBalance(t.Context())
	if !errors.Is(err, providers.ErrCredentials) || !strings.Contains(err.Error(), "Authorization error: Username or password is wrong") || strings.Contains(err.Error(), "wrong-password") {
		t.Error(err)
	}
}

func TestRefusalsBecomeTheVocabularysErrors(t *testing.T) {
	for _, tc := range []struct {
		status int
		answer string
		is     error
		field  string
		words  string
	}{
		{200, `{"error":true,"message":"Wrong CSR","description":"The CSR can't be read"}`, providers.ErrRefused, "csr", "Wrong CSR: The CSR can't be read"},
		{200, `{"success":false,"message":"Not enough balance"}`, providers.ErrRefused, "balance", "Not enough balance"},
		{400, `{"error":true,"message":"Invalid parameter","description":"approver_emails: one is needed for each of dns_names"}`, providers.ErrRefused, "email", "Invalid parameter: approver_emails: one is needed for each of dns_names"},
		{422, `{"error":"Product 9 is not sold here"}`, providers.ErrRefused, "product", "Product 9 is not sold here"},
		{200, `{"error":true,"message":"Order not found"}`, providers.ErrUnknown, "", "Order not found"},
		{404, `{"error":true,"message":"Error","description":"order does not exist"}`, providers.ErrUnknown, "", "order does not exist"},
		{404, `{"error":true,"message":"Unknown method"}`, providers.ErrNotSent, "", "Unknown method"},
		{403, `{"message":"Auth key is not valid"}`, providers.ErrCredentials, "", "Auth key is not valid"},
		{403, `{"message":"IP is not allowed"}`, providers.ErrCredentials, "", "IP is not allowed"},
		{200, `{"error":true,"message":"auth_key has expired"}`, providers.ErrCredentials, "", "auth_key has expired"},
		{429, `{"error":true,"message":"slow down"}`, providers.ErrNotSent, "", "slow down"},
		{409, `{"error":true,"message":"still being answered"}`, providers.ErrUnsure, "", "still being answered"},
		{500, `{"error":true,"message":"oops"}`, providers.ErrUnsure, "", "oops"},
		{200, `{"order_id":7}`, providers.ErrUnsure, "", "neither success"},
		{200, `{"success":false}`, providers.ErrUnsure, "", "neither success"},
		{200, `<html><title>Checking your browser</title></html>`, providers.ErrUnsure, "", "Checking your browser"},
		{200, `{"success":tr`, providers.ErrUnsure, "", "not the JSON"},
		{200, ``, providers.ErrUnsure, "", "empty"},
	} {
		c, _ := serve(t, tc.status, tc.answer)
		_, err := c.AddSSLOrder(t.Context(), sample(66))
		if !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.words) || !strings.HasPrefix(err.Error(), "gogetssl: POST /orders/add_ssl_order/: ") {
			t.Errorf("%d %s: %v", tc.status, tc.answer, err)
			continue
		}
		if strings.Contains(err.Error(), key) {
			t.Errorf("the key is in %v", err)
		}
		for _, other := range []error{providers.ErrRefused, providers.ErrUnknown, providers.ErrCredentials, providers.ErrUnsure, providers.ErrNotSent} {
			if other != tc.is && errors.Is(err, other) {
				t.Errorf("%d %s is %v too", tc.status, tc.answer, other)
			}
		}
		var r *providers.Refusal
		if errors.As(err, &r) && (r.Field != tc.field || r.Message != tc.words) {
			t.Errorf("%d %s: %+v", tc.status, tc.answer, r)
		}
	}
}

func TestProofsAreReadInEveryForm(t *testing.T) {
	for in, want := range map[string]api.Proof{
		`[]`: {}, `null`: {}, `""`: {}, `{}`: {}, `{"http":[]}`: {}, `"dns"`: {},
		`"a@x.example"`:                       {Email: "a@x.example"},
		`{"email":"a@x.example"}`:             {Email: "a@x.example"},
		`{"dns":"_x CNAME y"}`:                {DNS: &api.DNSProof{Record: "_x CNAME y"}},
		`{"https":{"link":"l","content":""}}`: {HTTPS: &api.FileProof{Link: "l"}},
	} {
		var p api.Proof
		if err := p.UnmarshalJSON([]byte(in)); err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if diff := cmp.Diff(want, p); diff != "" {
			t.Errorf("%s: %s", in, diff)
		}
	}
	for in, want := range map[string][]string{
		`_AB.x.example CNAME a.b.c.comodoca.com`: {"_AB.x.example", "CNAME", "a.b.c.comodoca.com"},
		`_AB.x.example cname a.b.`:               {"_AB.x.example", "CNAME", "a.b."},
		`x.example   IN   TXT   "_abc def"`:      {"x.example", "TXT", "_abc def"},
		"x.example. 3600 IN TXT abc":             {"x.example.", "TXT", "abc"},
		`txt.example   IN   TXT   "v=TXT"`:       {"txt.example", "TXT", "v=TXT"},
	} {
		host, kind, value, ok := api.DNSProof{Record: in}.Parse()
		if diff := cmp.Diff(want, []string{host, kind, value}); diff != "" || !ok {
			t.Errorf("%s: %v %s", in, ok, diff)
		}
	}
	for _, in := range []string{"", "x.example", "x.example TXT", "MX x 10"} {
		if host, kind, value, ok := (api.DNSProof{Record: in}).Parse(); ok {
			t.Errorf("%q: %s %s %s", in, host, kind, value)
		}
	}
}
