package billmanager_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"certbay/providers"
	"certbay/providers/billmanager"
	"certbay/providers/providertest"
)

// between stands between the adapter and the shop. What it does with the next order is the test's: told is whether the shop hears
// of it.
func (y *yard) between(orders *atomic.Int32, spoil func(w http.ResponseWriter, told func())) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		forward := func() (*http.Response, error) {
			if strings.Contains(string(body), "func=certificate.order.param") {
				orders.Add(1)
			}
			return http.Post(y.URL+"/billmgr", r.Header.Get("Content-Type"), bytes.NewReader(body))
		}
		if values, _ := url.ParseQuery(string(body)); values.Get("func") == "certificate.order.param" && spoil != nil {
			spoil(w, func() {
				if res, err := forward(); err == nil {
					_, _ = io.Copy(io.Discard, res.Body)
					res.Body.Close()
				}
			})
			return
		}
		res, err := forward()
		if err != nil {
			y.t.Error(err)
			return
		}
		defer res.Body.Close()
		w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
		_, _ = io.Copy(w, res.Body)
	}))
	y.t.Cleanup(s.Close)
	return s.URL
}

// Whatever becomes of the answer, the shop has one order, and the reference finds it.
func TestAnOrderWhoseAnswerWasLostIsFoundAndNotBoughtAgain(t *testing.T) {
	y := openYard(t)
	abort := func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	for name, c := range map[string]struct {
		told  bool
		spoil func(http.ResponseWriter)
	}{
		"the connection broke before": {false, abort},
		"the connection broke after":  {true, abort},
		"half an answer":              {true, func(w http.ResponseWriter) { _, _ = io.WriteString(w, `<doc><id>1`) }},
		"HTML":                        {true, func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<html><title>Welcome</title></html>") }},
		"nothing":                     {true, func(http.ResponseWriter) {}},
		"500":                         {true, func(w http.ResponseWriter) { w.WriteHeader(500) }},
		"502 before":                  {false, func(w http.ResponseWriter) { w.WriteHeader(502) }},
		"ok without an id":            {true, func(w http.ResponseWriter) { _, _ = io.WriteString(w, `<doc><ok/></doc>`) }},
	} {
		t.Run(name, func(t *testing.T) {
			before, _, err := y.Book.Wallet(t.Context(), y.Reseller.ID)
			if err != nil {
				t.Fatal(err)
			}
			var orders atomic.Int32
			domain := strings.ReplaceAll(strings.ToLower(name), " ", "-") + ".example"
			sub := providers.Submission{Reference: "fault-" + domain, ProductCode: code(y.single), Months: 12, CSR: providertest.CSR(t, domain),
				Names: []providers.DomainChoice{{Name: domain, Method: providers.MethodDNS}}}
			broken := y.shop(billmanager.Config{BaseURL: y.between(&orders, func(w http.ResponseWriter, told func()) {
				if c.told {
					told()
				}
				c.spoil(w)
			})})
			r, err := broken.Submit(t.Context(), sub)
			if name == "ok without an id" {
				if err != nil || r.UpstreamID == "" {
					t.Fatal(err)
				}
			} else if !errors.Is(err, providers.ErrUnsure) || errors.Is(err, providers.ErrNotSent) || errors.Is(err, providers.ErrRefused) {
				t.Fatalf("%+v, %v", r, err)
			}
			whole := y.shop(billmanager.Config{BaseURL: y.between(&orders, nil)})
			id, err := whole.Find(t.Context(), sub.Reference)
			if c.told != (err == nil) || !c.told && !errors.Is(err, providers.ErrUnknown) {
				t.Fatalf("%q, %v", id, err)
			}
			again, err := whole.Submit(t.Context(), sub)
			if err != nil || c.told && again.UpstreamID != id {
				t.Fatalf("%+v, %v, want %q", again, err, id)
			}
			after, _, err := y.Book.Wallet(t.Context(), y.Reseller.ID)
			if err != nil || before-after != 1299 || orders.Load() != 1 {
				t.Errorf("%d orders for %d cents: %v", orders.Load(), before-after, err)
			}
		})
	}
	if _, err := y.Book.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAnAccountWithTwoFactorsIsRecognisedByTheConnectionTest(t *testing.T) {
	for _, answer := range []string{`<error type="auth" object="totp"><msg>Enter the code</msg></error>`, `<error type="auth" object="badauth"><msg>Two-factor authentication is on</msg></error>`} {
		s, _ := plain(t, map[string]string{"certificate": answer})
		if err := s.Probe(t.Context()); !errors.Is(err, providers.ErrCredentials) || !strings.Contains(err.Error(), "two-factor authentication") {
			t.Error(err)
		}
	}
}
