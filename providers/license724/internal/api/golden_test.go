package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"certbay/providers"
	"certbay/providers/internal/wire"
	"certbay/providers/license724/internal/api"
)

const token = "API_ANAHTARINIZ"

func file(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// serve answers each request with a recorded answer and tells what was asked.
func serve(t *testing.T, status int, answer []byte) (*api.Client, func() (line string, body []byte)) {
	t.Helper()
	var line string
	var body []byte
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		line = r.Method + " " + strings.TrimPrefix(r.URL.RequestURI(), "/v1")
		body, _ = io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer "+token || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: header %v", line, r.Header)
		}
		if strings.Contains(r.URL.RequestURI(), token) {
			t.Errorf("the token is in the address: %s", r.URL)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(answer)
	}))
	t.Cleanup(s.Close)
	c, err := api.New(wire.Config{Name: "license724", BaseURL: s.URL + "/v1/", Retries: -1}, token)
	if err != nil {
		t.Fatal(err)
	}
	return c, func() (string, []byte) { return line, body }
}

// sameRequest compares a request with the document's, whose token is in the header of ours.
func sameRequest(t *testing.T, want []byte, line string, body []byte) {
	t.Helper()
	wantLine, wantBody, _ := strings.Cut(string(want), "\n")
	if line != wantLine {
		t.Errorf("%q, want %q", line, wantLine)
	}
	var a, b map[string]any
	if err := errors.Join(json.Unmarshal([]byte(wantBody), &a), json.Unmarshal(body, &b)); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	delete(a, "token")
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
}

func cents(n int64) wire.Cents { return wire.Cents{Minor: n, Given: true} }

var cpanel = api.Place{Type: "cpanel", IP: "203.0.113.10"}

func words(s string, err error) (any, error) { return s, err }

// endpoints are the nine of the document, each with its request and answer in testdata, as the document has them.
var endpoints = []struct {
	name string
	call func(context.Context, *api.Client) (any, error)
	want any
}{
	{"products", func(x context.Context, c *api.Client) (any, error) {
		l, err := c.Products(x)
		return []any{l.Count, l.Products}, err
	}, []any{wire.Int(2), wire.List[api.Product]{{Code: "cpanel", Name: "cPanel", CreditPrice: cents(400)}}}},
	{"product", func(x context.Context, c *api.Client) (any, error) {
		return c.Product(x, api.ProductKey{Code: "cpanel"})
	},
		api.Product{Code: "cpanel", Name: "cPanel", CreditPrice: cents(400)}},
	{"balance", func(x context.Context, c *api.Client) (any, error) { return c.Balance(x) },
		api.Account{Balance: cents(12000), Currency: "credit"}},
	{"create", func(x context.Context, c *api.Client) (any, error) {
		a, err := c.Create(x, api.Purchase{Place: cpanel, BillingCycle: 1})
		return []any{a.LicenseID, a.Message}, err
	}, []any{wire.Int(1234), api.Words("Lisans işlemi tamamlandı.")}},
	{"renew", func(x context.Context, c *api.Client) (any, error) {
		return words(c.Renew(x, api.Purchase{Place: cpanel, BillingCycle: 1}))
	}, "Lisans yenilendi."},
	{"suspend", func(x context.Context, c *api.Client) (any, error) { return words(c.Suspend(x, cpanel)) }, "Lisans askıya alındı."},
	{"unsuspend", func(x context.Context, c *api.Client) (any, error) { return words(c.Unsuspend(x, cpanel)) }, "Lisans aktif edildi."},
	{"change_ip", func(x context.Context, c *api.Client) (any, error) {
		return words(c.ChangeIP(x, api.Move{Place: cpanel, NewIP: "203.0.113.20"}))
	}, "IP adresi güncellendi."},
	{"change_core", func(x context.Context, c *api.Client) (any, error) {
		return words(c.ChangeCore(x, api.CoreChange{Place: api.Place{Type: "litespeed", IP: "203.0.113.10"}, NewType: "litespeed_x_core"}))
	}, "Core bilgisi güncellendi."},
}

func TestEveryEndpointAsksAndReadsAsTheDocumentShows(t *testing.T) {
	if len(endpoints) != 9 {
		t.Fatalf("%d endpoints of 9", len(endpoints))
	}
	for _, e := range endpoints {
		t.Run(e.name, func(t *testing.T) {
			c, asked := serve(t, 200, file(t, e.name+".json"))
			got, err := e.call(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			line, body := asked()
			sameRequest(t, file(t, e.name+".request"), line, body)
			if diff := cmp.Diff(e.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAPurchaseCarriesItsOnceKeyInAHeader(t *testing.T) {
	var key string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key = r.Header.Get("Idempotency-Key")
		_, _ = w.Write([]byte(`{"success":true,"license_id":1}`))
	}))
	defer s.Close()
	c, err := api.New(wire.Config{Name: "license724", BaseURL: s.URL}, token)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), api.Purchase{Place: cpanel, BillingCycle: 1, OnceKey: "cb-7"}); err != nil || key != "cb-7" {
		t.Errorf("%q, %v", key, err)
	}
}

func TestRefusalsBecomeTheVocabularysErrors(t *testing.T) {
	for _, tc := range []struct {
		status  int
		answer  string
		is      error
		field   string
		words   string
		trouble providers.Trouble
	}{
		{200, `{"success":false,"message":"Yetersiz bakiye."}`, providers.ErrRefused, "", "Yetersiz bakiye.", ""},
		{200, `{"success":false,"error":"Bu IP için aktif lisans var."}`, providers.ErrRefused, "", "Bu IP için aktif lisans var.", ""},
		{200, `{"success":"0","message":"Hata","error":{"code":12,"message":"Bu IP için aktif lisans var."}}`, providers.ErrRefused, "", "Bu IP için aktif lisans var.", ""},
		{422, `{"success":false,"error":["Geçersiz IP.","Geçersiz ürün."]}`, providers.ErrRefused, "", "Geçersiz IP. Geçersiz ürün.", ""},
		{422, `{"success":false,"message":"newip: Geçersiz IP.","field":"newip"}`, providers.ErrRefused, "ip", "newip: Geçersiz IP.", ""},
		{402, `{"success":false,"message":"Yetersiz bakiye."}`, providers.ErrRefused, "balance", "Yetersiz bakiye.", ""},
		{401, `{"success":false,"message":"Geçersiz token."}`, providers.ErrCredentials, "", "Geçersiz token.", ""},
		{403, `{"success":false,"message":"IP adresiniz yetkili değil."}`, providers.ErrCredentials, "", "IP adresiniz yetkili değil.", ""},
		{401, `<html>401</html>`, providers.ErrCredentials, "", "401", ""},
		{404, `{"success":false,"message":"Lisans bulunamadı."}`, providers.ErrUnknown, "", "Lisans bulunamadı.", ""},
		{404, `<html><title>404</title></html>`, providers.ErrUnavailable, "", "404", providers.TroubleContent},
		{405, `{"success":false,"message":"Desteklenmiyor."}`, providers.ErrNotSent, "", "Desteklenmiyor.", providers.TroubleContent},
		{429, `{"success":false,"message":"Çok fazla istek."}`, providers.ErrNotSent, "", "Çok fazla istek.", providers.TroubleBusy},
		{500, `{"success":false,"message":"Sunucu hatası."}`, providers.ErrUnsure, "", "Sunucu hatası.", providers.TroubleStatus},
		{200, `{"success":false}`, providers.ErrUnsure, "", "neither success", providers.TroubleContent},
		{200, `{"message":""}`, providers.ErrUnsure, "", "neither success", providers.TroubleContent},
		{200, `{"success":true`, providers.ErrUnsure, "", "not the JSON", providers.TroubleContent},
		{200, `<html></html>`, providers.ErrUnsure, "", "HTML", providers.TroubleContent},
	} {
		c, _ := serve(t, tc.status, []byte(tc.answer))
		_, err := c.Create(t.Context(), api.Purchase{Place: cpanel, BillingCycle: 1})
		if !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.words) || !strings.HasPrefix(err.Error(), "license724: POST /licenses/create: ") {
			t.Errorf("%d %s: %v", tc.status, tc.answer, err)
		}
		var r *providers.Refusal
		if errors.As(err, &r) && (r.Field != tc.field || r.Message != tc.words) || (r != nil) != (tc.is == providers.ErrRefused) {
			t.Errorf("%d %s: %+v", tc.status, tc.answer, r)
		}
		var f *providers.Failure
		if errors.As(err, &f) != (tc.trouble != "") || f != nil && f.Trouble != tc.trouble {
			t.Errorf("%d %s: %+v", tc.status, tc.answer, f)
		}
	}
}

func TestTheTokenIsInNoError(t *testing.T) {
	c, _ := serve(t, 500, []byte(`{"success":false,"message":"token `+token+` rejected"}`))
	_, err := c.Balance(t.Context())
	if err == nil || strings.Contains(err.Error(), token) {
		t.Error(err)
	}
}
