package dcv

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func portOf(t *testing.T, address string) int {
	t.Helper()
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return int(at.Port())
}

func TestWhatAServerPresentsIsAnsweredWhateverItIsWorth(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	checker := &Checker{AllowPrivate: true, HTTPSPort: portOf(t, secure.Listener.Addr().String())}
	chain, err := checker.Presented(t.Context(), "127.0.0.1")
	if err != nil || len(chain) == 0 || !bytes.Equal(chain[0].Raw, secure.Certificate().Raw) {
		t.Fatalf("%d, %v", len(chain), err)
	}
	// A shop connects to the public internet alone.
	checker.AllowPrivate = false
	for _, host := range []string{"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"} {
		if _, err := checker.Presented(t.Context(), host); !errors.Is(err, ErrPrivateAddress) {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestWhyNothingIsPresentedIsToldApart(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	checker := &Checker{AllowPrivate: true, HTTPSPort: portOf(t, plain.Listener.Addr().String())}
	if _, err := checker.Presented(t.Context(), "127.0.0.1"); !errors.Is(err, ErrNoTLS) {
		t.Errorf("plain HTTP: %v", err)
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	checker.HTTPSPort = portOf(t, closed.Addr().String())
	closed.Close()
	if _, err := checker.Presented(t.Context(), "127.0.0.1"); err == nil || errors.Is(err, ErrNoTLS) || errors.Is(err, ErrNoHost) || errors.Is(err, ErrPrivateAddress) {
		t.Errorf("nobody there: %v", err)
	}
	checker.Resolver = &Resolver{Addr: closed.Addr().String()}
	if _, err := checker.Presented(t.Context(), "shop.example"); !errors.Is(err, ErrNoHost) {
		t.Errorf("no resolver: %v", err)
	}
}
