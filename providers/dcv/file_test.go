package dcv

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"certbay/providers"
)

const path = "/.well-known/pki-validation/X.txt"

func TestFileVerdicts(t *testing.T) {
	serve := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); fmt.Fprint(w, body) }
	}
	redirect := func(code int, to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Host == "www.example.com" {
				fmt.Fprint(w, fileContent)
				return
			}
			w.Header().Set("Location", to)
			w.WriteHeader(code)
		}
	}
	cases := []struct {
		name    string
		handler http.HandlerFunc
		verdict Verdict
		error   string
		hops    int
		hints   int
	}{
		{"right", serve(200, fileContent), VerdictFound, "", 1, 0},
		{"right with a final newline and unix line ends", serve(200, "SHA\nsandbox-ca.test\nunique\n"), VerdictFound, "", 1, 0},
		{"other content", serve(200, "hello"), VerdictWrong, "", 1, 0},
		{"content and more", serve(200, fileContent+"\nmore"), VerdictWrong, "", 1, 0},
		{"byte order mark", serve(200, "\ufeff"+fileContent), VerdictWrong, "", 1, 1},
		{"not there", serve(404, "no"), VerdictMissing, "404 Not Found", 1, 0},
		{"behind a password", serve(401, fileContent), VerdictUnreachable, "401 Unauthorized", 1, 0},
		{"broken server", serve(500, fileContent), VerdictUnreachable, "500 Internal Server Error", 1, 0},
		{"too large", serve(200, strings.Repeat("x", maxBody+1)), VerdictWrong, "longer than", 1, 0},
		{"301", redirect(301, "http://www.example.com"+path), VerdictFound, "", 2, 0},
		{"302", redirect(302, "http://www.example.com"+path), VerdictFound, "", 2, 0},
		{"307", redirect(307, "//www.example.com"+path), VerdictFound, "", 2, 0},
		{"308", redirect(308, "http://www.example.com/x"), VerdictFound, "", 2, 0},
		{"303 is not a redirect for a CA", redirect(303, "http://www.example.com"+path), VerdictUnreachable, "303", 1, 0},
		{"redirect in a circle", redirect(302, path), VerdictUnreachable, "too many redirects", maxHops + 1, 0},
		{"redirect to another port", redirect(302, "http://www.example.com:8080/"), VerdictUnreachable, "port 8080", 1, 0},
		{"redirect to another scheme", redirect(302, "file:///etc/passwd"), VerdictUnreachable, "not an http address", 1, 0},
		{"redirect without a target", redirect(302, ""), VerdictUnreachable, "redirect", 1, 0},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.web(tc.handler, "example.com", "www.example.com")
			r := w.check(file("http://example.com" + path))
			if r.Verdict != tc.verdict || !strings.Contains(r.Answers[0].Error, tc.error) {
				t.Errorf("%s %+v, want %s %q", r.Verdict, r.Answers, tc.verdict, tc.error)
			}
			if len(r.Chain) != tc.hops || len(r.Hints) != tc.hints {
				t.Errorf("hops %q hints %q", r.Chain, r.Hints)
			}
		})
	}
}

func TestHTTPSFileIsReadWithoutATrustedCertificate(t *testing.T) {
	w := newWorld(t)
	s := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, fileContent) }))
	defer s.Close()
	w.add("resolver", "example.com. 60 IN A 127.0.0.1")
	w.checker.HTTPSPort = s.Listener.Addr().(*net.TCPAddr).Port
	e := file("https://example.com" + path)
	e.Method = providers.MethodHTTPS
	if r := w.check(e); r.Verdict != VerdictFound {
		t.Errorf("%+v", r)
	}
}

func TestEveryAddressOfTheWebServerIsAsked(t *testing.T) {
	w := newWorld(t)
	w.web(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { fmt.Fprint(rw, fileContent) }), "example.com")
	w.add("resolver", "example.com. 60 IN A 127.0.0.9") // nobody listens there
	r := w.check(file("http://example.com" + path))
	if len(r.Answers) != 2 || r.Verdict != VerdictFound {
		t.Errorf("%+v", r)
	}
}

func TestUnknownHostAndSlowServerAreUnreachable(t *testing.T) {
	w := newWorld(t)
	if r := w.check(file("http://nowhere.test" + path)); r.Verdict != VerdictUnreachable || !strings.Contains(r.Answers[0].Error, "NXDOMAIN") {
		t.Errorf("%+v", r)
	}
	block := make(chan struct{})
	w.web(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-block }), "slow.test")
	defer close(block)
	w.checker.Timeout = 300 * time.Millisecond
	start := time.Now()
	r := w.check(file("http://slow.test" + path))
	if r.Verdict != VerdictUnreachable || time.Since(start) > 3*time.Second {
		t.Errorf("%v %+v", time.Since(start), r)
	}
}

func TestBrokenDNSSECBlocksTheFileToo(t *testing.T) {
	w := newWorld(t)
	w.add("resolver", "example.com. 60 IN A 127.0.0.1")
	w.breakSignatures("example.com")
	if r := w.check(file("http://example.com" + path)); r.Verdict != VerdictBogusDNSSEC {
		t.Errorf("%+v", r)
	}
}

func TestPrivateTargetsAreRefusedWhereTheyAreDialled(t *testing.T) {
	hit := false
	w := newWorld(t)
	w.web(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hit = true }), "example.com")
	w.checker.AllowPrivate = false
	for _, u := range []string{
		"http://example.com" + path, // resolves to loopback
		"http://127.0.0.1" + path,
		"http://[::1]" + path,
		"http://[::ffff:127.0.0.1]" + path,
		"http://169.254.169.254/latest/meta-data/",
		"http://0.0.0.0" + path,
	} {
		r := w.check(file(u))
		if r.Verdict != VerdictUnreachable || !strings.Contains(r.Answers[0].Error, ErrPrivateAddress.Error()) {
			t.Errorf("%s: %+v", u, r)
		}
	}
	if hit {
		t.Error("the private server was reached")
	}
}

func TestRedirectToPrivateAddressIsRefused(t *testing.T) {
	inside := false
	w := newWorld(t)
	w.web(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Host == "internal.test" {
			inside = true
			return
		}
		http.Redirect(rw, r, "http://internal.test/", http.StatusFound)
	}), "example.com", "internal.test")
	w.checker.AllowPrivate = false
	calls := 0
	w.checker.public = func(netip.Addr) bool { calls++; return calls == 1 }
	r := w.check(file("http://example.com" + path))
	if inside || r.Verdict != VerdictUnreachable || !strings.Contains(r.Answers[0].Error, ErrPrivateAddress.Error()) {
		t.Errorf("%v %+v", inside, r)
	}
	if len(r.Chain) != 2 || r.Chain[0] != "302 http://example.com"+path {
		t.Errorf("the first hop was not made: %q", r.Chain)
	}
}

func TestPublicAddresses(t *testing.T) {
	for s, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true,
		"10.0.0.1": false, "172.16.0.1": false, "192.168.1.1": false, "127.0.0.1": false, "0.0.0.0": false, "::": false,
		"169.254.169.254": false, "100.100.100.200": false, "168.63.129.16": false, "224.0.0.1": false, "255.255.255.255": false,
		"::1": false, "::ffff:10.0.0.1": false, "::ffff:100.64.0.1": false, "::ffff:8.8.8.8": true, "fe80::1": false, "fd00:ec2::254": false, "64:ff9b::7f00:1": false,
		"2002:7f00:1::": false, "::7f00:1": false, "ff02::1": false, "2001:db8::1": false, "192.0.2.1": false,
	} {
		if got := Public(netip.MustParseAddr(s)); got != want {
			t.Errorf("Public(%s) = %v", s, got)
		}
	}
}
