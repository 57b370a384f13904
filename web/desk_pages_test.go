package web_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
	"certbay/providers"
	"certbay/providers/billmanager"
	"certbay/providers/datassl"
	"certbay/providers/gogetssl"
	"certbay/providers/license724"
	"certbay/providers/ssl247"
	"certbay/web"
)

var everyKind = []providers.Kind{billmanager.Kind, datassl.Kind, gogetssl.Kind, license724.Kind, ssl247.Kind}

func testDesk(t *testing.T) *web.Desk {
	t.Helper()
	return web.NewDesk(dbtest.Open(t), everyKind, nil, slog.New(slog.DiscardHandler))
}

// login fills every field of a kind.
func login(t *testing.T, kind string) (fields, secrets map[string]string) {
	t.Helper()
	k, ok := providers.KindNamed(everyKind, kind)
	if !ok {
		t.Fatal(kind)
	}
	fields, secrets = map[string]string{}, map[string]string{}
	for _, f := range k.Fields {
		switch {
		case f.Secret:
			secrets[f.Code] = "geheim-4711"
		case len(f.Choices) > 0:
			fields[f.Code] = f.Choices[0]
		case !f.Optional:
			fields[f.Code] = "ada"
		}
	}
	return fields, secrets
}

func answering(t *testing.T, status int, kind, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// encrypted serves with a certificate of our own making, which adjust changes.
func encrypted(t *testing.T, adjust func(*x509.Certificate)) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "upstream"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	adjust(template)
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return "http://" + l.Addr().String()
}

func TestTheTestOfAConnectionTellsWhatIsWrong(t *testing.T) {
	desk := testDesk(t)
	html := answering(t, 200, "text/html", "<!doctype html><title>Welcome</title>")
	lost := answering(t, 404, "text/html", "<h1>Not Found</h1>")
	plain := strings.Replace(html, "http://", "https://", 1)
	moved := httptest.NewServer(http.RedirectHandler("https://www.example.com/", http.StatusFound))
	t.Cleanup(moved.Close) // the subtests outlive this function
	cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `{"success":tr`)
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(cut.Close)
	for _, c := range []struct{ name, address, cause string }{
		{"no such host", "https://certbay-no-such-host.invalid", "host"},
		{"nobody listens", nobody(t), "refused"},
		{"a web page", html, "content"},
		{"another path", lost, "content"},
		{"a failing server", answering(t, 500, "text/plain", "oops"), "status"},
		{"too many calls", answering(t, 429, "text/plain", "slow down"), "busy"},
		{"a redirect", moved.URL, "redirect"},
		{"a broken connection", cut.URL, "broken"},
		{"a self-signed certificate", encrypted(t, func(*x509.Certificate) {}), "tls_untrusted"},
		{"an expired certificate", encrypted(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), "tls_expired"},
		{"a certificate of another name", encrypted(t, func(c *x509.Certificate) {
			c.IPAddresses, c.DNSNames = nil, []string{"other.example"}
		}), "tls_name"},
		{"no TLS", plain, "tls_plain"},
	} {
		for _, k := range everyKind {
			t.Run(c.name+"/"+k.Name, func(t *testing.T) {
				t.Parallel()
				fields, secrets := login(t, k.Name)
				got := desk.Test(context.Background(), db.Upstream{Name: "tried", Kind: k.Name, BaseURL: c.address, Fields: fields}, secrets)
				if got.Cause != c.cause || got.Words == "" || strings.Contains(got.Words, "geheim") || got.Balance != nil {
					t.Errorf("%+v, not %s", got, c.cause)
				}
			})
		}
	}
}

func TestAnUpstreamThatLetsNobodyInSaysWhy(t *testing.T) {
	desk := testDesk(t)
	for _, c := range []struct {
		kind, cause string
		status      int
		body        string
	}{
		{"billmanager", "login", 200, `<doc><error type="auth" object="badpassword"><msg>Invalid username or password</msg></error></doc>`},
		{"billmanager", "second_factor", 200, `<doc><error type="auth" object="totp"><msg>Enter the code</msg></error></doc>`},
		{"billmanager", "second_factor", 200, `<doc func="totp.confirm"><form/></doc>`},
		{"billmanager", "address", 200, `<doc><error type="auth" object="badip"><msg>Access denied</msg></error></doc>`},
		{"billmanager", "address", 200, `<doc><error type="access"><msg>Access from this IP address is not allowed</msg></error></doc>`},
		{"datassl", "login", 401, `{"success":false,"error":"invalid_api_key","message":"Geçersiz API anahtarı"}`},
		{"datassl", "address", 401, `{"success":false,"error":"Bu adresten erişilemez","code":"address_not_allowed"}`},
		{"datassl", "address", 401, `{"success":false,"message":"Bu IP adresinden erişime izin verilmiyor"}`},
		{"license724", "login", 401, `{"success":false,"message":"Unauthenticated."}`},
		{"license724", "address", 403, `{"success":false,"message":"Your IP 192.0.2.1 is not in the whitelist, IP not allowed"}`},
		{"gogetssl", "login", 401, `{"error":true,"message":"Wrong login","description":"Wrong user or password"}`},
		{"gogetssl", "address", 403, `{"error":true,"message":"Forbidden","description":"Access from this IP address is not allowed"}`},
		{"ssl247", "login", 200, `{"StatusCode":"401","StatusDescription":"Invalid user or key","Response":null}`},
		{"ssl247", "address", 200, `{"StatusCode":"403","StatusDescription":"Access from this IP address is not allowed","Response":null}`},
	} {
		fields, secrets := login(t, c.kind)
		kind := "application/json"
		if c.kind == "billmanager" {
			kind = "text/xml"
		}
		got := desk.Test(context.Background(), db.Upstream{Name: "tried", Kind: c.kind, BaseURL: answering(t, c.status, kind, c.body), Fields: fields}, secrets)
		if got.Cause != c.cause || got.Words == "" || strings.Contains(got.Words, "geheim") {
			t.Errorf("%s %s: %+v, not %s", c.kind, c.body, got, c.cause)
		}
	}
}

func TestATestWaitsForNobodyForLong(t *testing.T) {
	desk := testDesk(t)
	gone := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-gone:
		case <-r.Context().Done():
		}
	}))
	defer s.Close()
	defer close(gone)
	fields, secrets := login(t, "datassl")
	begun := time.Now()
	got := desk.Test(context.Background(), db.Upstream{Name: "tried", Kind: "datassl", BaseURL: s.URL, Fields: fields}, secrets)
	if took := time.Since(begun); got.Cause != "timeout" || took > 25*time.Second {
		t.Errorf("%+v after %v", got, took)
	}
}

func TestAClockThatIsWrongIsTold(t *testing.T) {
	desk := testDesk(t)
	for _, ahead := range []time.Duration{10 * time.Minute, -time.Hour} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusUnauthorized)
		}))
		fields, secrets := login(t, "datassl")
		got := desk.Test(context.Background(), db.Upstream{Name: "tried", Kind: "datassl", BaseURL: s.URL, Fields: fields}, secrets)
		s.Close()
		if d := got.Skew - ahead; d > 5*time.Second || d < -5*time.Second {
			t.Errorf("ahead by %v, told %v", ahead, got.Skew)
		}
	}
}

func TestFieldsThatDoNotFitAreToldWithoutACall(t *testing.T) {
	desk := testDesk(t)
	row := db.Upstream{Name: "tried", Kind: "license724", BaseURL: "https://certbay-no-such-host.invalid", Fields: map[string]string{"credit_cents": "two"}}
	if err := desk.Check(row, map[string]string{"token": "geheim-4711"}); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("%v", err)
	}
	if got := desk.Test(context.Background(), row, map[string]string{"token": "geheim-4711"}); got.Cause != "account" {
		t.Errorf("%+v", got)
	}
	if err := desk.Check(db.Upstream{Name: "x", Kind: "sixth", BaseURL: "https://a.example"}, nil); err == nil {
		t.Error("a kind that nobody knows")
	}
}
