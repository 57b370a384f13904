package license724_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"certbay/db/money"
	"certbay/providers"
	"certbay/providers/license724"
)

// answering is a house whose every call is answered so; asked says what came last.
func answering(t *testing.T, status int, answer string) (h *license724.House, asked *string) {
	t.Helper()
	asked = new(string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		*asked = r.URL.Path + " " + string(b)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	h, err := license724.New(license724.Config{BaseURL: s.URL + "/v1", Token: "the-token", CreditCents: 150})
	if err != nil {
		t.Fatal(err)
	}
	return h, asked
}

func TestConfigurationSaysWhatIsWrong(t *testing.T) {
	for want, c := range map[string]license724.Config{
		"API key":  {BaseURL: "https://example.com/v1"},
		"base URL": {BaseURL: "example.com", Token: "the-token"},
		"cost":     {Token: "the-token", CreditCents: -1},
	} {
		if _, err := license724.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := license724.New(license724.Config{Token: "the-token"}); err != nil {
		t.Errorf("the usual address is known: %v", err)
	}
}

func TestProductsAreWhatTheUpstreamTellsAndNoMore(t *testing.T) {
	h, _ := answering(t, 200, `{"success":true,"count":4,"products":[
		{"code":"cpanel","name":"cPanel","credit_price":4},
		{"id":"7","code":"litespeed","name":"LiteSpeed Free Starter","credit_price":"2.5"},
		{"code":"litespeed_x_core","name":"LiteSpeed X Core","credit_price":null},
		{"code":"plesk-host","name":"Plesk Web Host","brand":"Plesk","credit_price":9,"billingcycles":{"12":"99.99","1":9},"cores":["plesk-pro"]}]}`)
	got, err := h.Products(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	month := func(m money.Money) []providers.Term { return []providers.Term{{Months: 1, Cost: m}} }
	want := []providers.Product{
		{Code: "cpanel", Name: "cPanel", Brand: "cPanel", Type: providers.TypeLicence, Terms: month(money.USD(600))},
		{Code: "litespeed", Name: "LiteSpeed Free Starter", Brand: "LiteSpeed", Type: providers.TypeLicence, Terms: month(money.USD(375)), Cores: []string{"litespeed_x_core"}},
		{Code: "litespeed_x_core", Name: "LiteSpeed X Core", Brand: "LiteSpeed", Type: providers.TypeLicence, Terms: month(money.Money{}), Cores: []string{"litespeed"}},
		{Code: "plesk-host", Name: "Plesk Web Host", Brand: "Plesk", Type: providers.TypeLicence, Cores: []string{"plesk-pro"},
			Terms: []providers.Term{{Months: 1, Cost: money.USD(1350)}, {Months: 12, Cost: money.USD(14999)}}},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b money.Money) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{`{"code":"","name":"X","credit_price":1}`, `{"code":"x","name":"X","billingcycles":{"monthly":1}}`, `{"code":"x","credit_price":"four"}`} {
		h, _ := answering(t, 200, `{"success":true,"products":[`+bad+`]}`)
		if _, err := h.Products(t.Context()); !errors.Is(err, providers.ErrUnavailable) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestBalanceIsInTheUpstreamsCreditAndSaysSandbox(t *testing.T) {
	h, _ := answering(t, 200, `{"success":true,"account":{"balance":"119.5","currency":"credit","sandbox_enabled":1}}`)
	b, err := h.Balance(t.Context())
	if err != nil || b != (providers.Balance{Cents: 11950, Currency: "credit", Sandbox: true}) {
		t.Errorf("%+v, %v", b, err)
	}
}

var wish = providers.Submission{Reference: "cb-1", ProductCode: "cpanel", Months: 1, IP: "203.0.113.10"}

func TestALicenceIsWhatTheUpstreamNumberedIt(t *testing.T) {
	h, asked := answering(t, 200, `{"success":true,"message":"Lisans işlemi tamamlandı.","license_id":"1234"}`)
	r, err := h.Submit(t.Context(), wish)
	if err != nil || r.UpstreamID != "1234" || r.Message != "Lisans işlemi tamamlandı." {
		t.Fatalf("%+v, %v", r, err)
	}
	if *asked != `/v1/licenses/create {"type":"cpanel","ip":"203.0.113.10","billingcycle":1}` {
		t.Error(*asked)
	}
	if s, err := h.Status(t.Context(), r.UpstreamID); err != nil || s.State != providers.StateIssued {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := h.Certificate(t.Context(), r.UpstreamID); !errors.Is(err, providers.ErrNotReady) {
		t.Error(err)
	}
	if _, err := h.Status(t.Context(), "sb-1"); !errors.Is(err, providers.ErrUnknown) {
		t.Errorf("an id of another upstream: %v", err)
	}
}

func TestALicenceWithoutANumberIsForAPersonToSettle(t *testing.T) {
	h, _ := answering(t, 200, `{"success":true,"message":"Lisans işlemi tamamlandı."}`)
	if _, err := h.Submit(t.Context(), wish); !errors.Is(err, providers.ErrUnsure) || errors.Is(err, providers.ErrNotSent) {
		t.Error(err)
	}
}

func TestWhatTheDialectCantSellIsRefusedBeforeAnythingIsSent(t *testing.T) {
	for field, change := range map[string]func(*providers.Submission){
		"product": func(s *providers.Submission) { s.CSR = "-----BEGIN CERTIFICATE REQUEST-----" },
		"ip":      func(s *providers.Submission) { s.IP = "sunucu" },
	} {
		h, asked := answering(t, 500, ``)
		s := wish
		change(&s)
		_, err := h.Submit(t.Context(), s)
		var r *providers.Refusal
		if !errors.As(err, &r) || r.Field != field || *asked != "" {
			t.Errorf("%s: %v, asked %q", field, err, *asked)
		}
	}
}

func TestAProductThatIsNotThereIsARefusalAndALicenceThatIsNotIsUnknown(t *testing.T) {
	h, _ := answering(t, 404, `{"success":false,"message":"Bulunamadı."}`)
	if _, err := h.Submit(t.Context(), wish); !errors.Is(err, providers.ErrRefused) || errors.Is(err, providers.ErrUnknown) {
		t.Error(err)
	}
	if err := h.SuspendLicence(t.Context(), providers.Licence{UpstreamID: "1", ProductCode: "cpanel", IP: "203.0.113.10"}); !errors.Is(err, providers.ErrUnknown) {
		t.Error(err)
	}
}

func TestAnAnswerThatBreaksOffLeavesARenewalUnsure(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"succ`)
	}))
	defer s.Close()
	h, err := license724.New(license724.Config{BaseURL: s.URL, Token: "the-token"})
	if err != nil {
		t.Fatal(err)
	}
	err = h.RenewLicence(t.Context(), providers.Licence{ProductCode: "cpanel", IP: "203.0.113.10"}, 1)
	if !errors.Is(err, providers.ErrUnsure) || errors.Is(err, providers.ErrNotSent) || errors.Is(err, providers.ErrRefused) {
		t.Error(err)
	}
}

// What is taken and not made yet may be refused, and nobody can be asked about it.
func TestAChangeThatIsOnlyTakenIsNotMade(t *testing.T) {
	l := providers.Licence{UpstreamID: "1", ProductCode: "cpanel", IP: "203.0.113.10"}
	calls := map[string]func(h *license724.House) error{
		"create":  func(h *license724.House) error { _, err := h.Submit(t.Context(), wish); return err },
		"renew":   func(h *license724.House) error { return h.RenewLicence(t.Context(), l, 1) },
		"core":    func(h *license724.House) error { return h.ChangeCore(t.Context(), l, "x") },
		"suspend": func(h *license724.House) error { return h.SuspendLicence(t.Context(), l) },
	}
	for what, call := range calls {
		for answer, status := range map[string]int{
			`{"success":true,"message":"Sürüyor.","license_id":1,"status":"processing"}`: 200,
			`{"success":false,"message":"Aynı istek sürüyor.","code":"running"}`:         409,
		} {
			h, _ := answering(t, status, answer)
			if err := call(h); !errors.Is(err, providers.ErrUnsure) || errors.Is(err, providers.ErrRefused) {
				t.Errorf("%s, %s: %v", what, answer, err)
			}
		}
	}
}

func TestALicenceThatCantBeChangedJustNowIsTriedAgainWhereThatCostsNothing(t *testing.T) {
	l := providers.Licence{UpstreamID: "1", ProductCode: "cpanel", IP: "203.0.113.10"}
	h, _ := answering(t, 409, `{"success":false,"message":"Şu anda olmaz.","code":"not_now"}`)
	for what, err := range map[string]error{"suspend": h.SuspendLicence(t.Context(), l), "unsuspend": h.UnsuspendLicence(t.Context(), l), "move": h.ChangeIP(t.Context(), l, "203.0.113.11")} {
		if !errors.Is(err, providers.ErrNotSent) || errors.Is(err, providers.ErrRefused) || !strings.Contains(err.Error(), "Şu anda olmaz.") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := h.RenewLicence(t.Context(), l, 1); !errors.Is(err, providers.ErrRefused) {
		t.Errorf("a renewal, which is paid back: %v", err)
	}
}
