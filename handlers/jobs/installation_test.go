package jobs_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"testing"

	"certbay/db"
	"certbay/db/certs"
)

// presenting is the port of a web server that shows certificates of a key.
func presenting(t *testing.T, key *ecdsa.PrivateKey, text string) int {
	t.Helper()
	chain, err := certs.ParseCertificates(text)
	if err != nil {
		t.Fatal(err)
	}
	own := tls.Certificate{PrivateKey: key}
	for _, c := range chain {
		own.Certificate = append(own.Certificate, c.Raw)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{own}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.(*tls.Conn).Handshake()
			conn.Close()
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

func TestAnInstalledCertificateIsLookedAt(t *testing.T) {
	y := openYard(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const domain = "shop.example.com"
	o, err := y.book.PlaceOrder(ctx, y.by, y.reseller, db.NewOrder{ProductID: y.product, Months: 12, Domain: domain})
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: domain}, DNSNames: []string{domain}}, key)
	if err != nil {
		t.Fatal(err)
	}
	csr := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
	if _, err := y.book.Configure(ctx, y.by, y.reseller, o.ID, db.Configuration{CSR: csr, Method: "dns"}); err != nil {
		t.Fatal(err)
	}
	y.work(2)
	y.prove(o)
	y.work(10)
	cert, err := y.book.IssuedCertificate(ctx, o.ID)
	if err != nil || cert.PEM == "" || cert.Chain == "" {
		t.Fatalf("not issued: %v", err)
	}
	world := y.net.Checker(nil)
	y.worker.Checker = world
	look := func() db.Installation {
		t.Helper()
		if _, err := y.book.AskInstallation(ctx, y.reseller, o.ID); err != nil {
			t.Fatal(err)
		}
		y.work(1)
		i, err := y.book.Installation(ctx, y.reseller, o.ID)
		if err != nil || i.LookedAt.IsZero() || i.Host != domain {
			t.Fatalf("%+v, %v", i, err)
		}
		return i
	}
	world.HTTPSPort = presenting(t, key, cert.PEM+"\n"+cert.Chain)
	if i := look(); !i.InOrder() || i.Serial != cert.Serial || !i.NotAfter.Equal(cert.NotAfter) {
		t.Errorf("installed as it should be: %+v", i)
	}
	world.HTTPSPort = presenting(t, key, cert.PEM)
	if i := look(); i.InOrder() || i.ChainComplete || !i.Same || !i.NameMatches || !i.InTime {
		t.Errorf("without its chain: %+v", i)
	}
	world.HTTPSPort = y.net.HTTPSPort()
	if i := look(); i.InOrder() || i.Same || i.NameMatches || i.Serial == cert.Serial {
		t.Errorf("another one: %+v", i)
	}
	world.HTTPSPort = y.net.HTTPPort()
	if i := look(); i.Problem != db.LookNoTLS || i.Serial != "" || i.InOrder() {
		t.Errorf("no TLS: %+v", i)
	}
	world.AllowPrivate = false
	if i := look(); i.Problem != db.LookNotPublic || i.InOrder() {
		t.Errorf("a private address: %+v", i)
	}
}
