package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"sync"
	"testing"
	"time"
)

// keys are made once: RSA takes its time.
var keys = sync.OnceValue(func() (k struct {
	p256, p384, other         *ecdsa.PrivateKey
	rsa1024, rsa2048, rsa3072 *rsa.PrivateKey
}) {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	var err error
	k.p256, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	k.other, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	k.p384, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	must(err)
	k.rsa1024, err = rsa.GenerateKey(rand.Reader, 1024)
	must(err)
	k.rsa2048, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	k.rsa3072, err = rsa.GenerateKey(rand.Reader, 3072)
	must(err)
	return k
})

// request makes a request for cn and DNS names.
func request(t testing.TB, key crypto.Signer, cn string, names ...string) string {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: cn}, DNSNames: names}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

// fixture is a request made by openssl req; the name says what is odd about it.
func fixture(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".csr")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func privatePEM(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func parsed(t testing.TB, text string) *CSR {
	t.Helper()
	csr, err := ParseCSR(text)
	if err != nil {
		t.Fatal(err)
	}
	return csr
}

// refusal is the *CSRError in err; a nil error gives one with an empty code.
func refusal(t testing.TB, err error) *CSRError {
	t.Helper()
	var refused *CSRError
	if err == nil {
		return &CSRError{}
	}
	if !errors.As(err, &refused) {
		t.Fatalf("%T is not a *CSRError: %v", err, err)
	}
	return refused
}

// chain is a root (also cross-signed by an older root), two intermediates and a leaf for example.com with key p256.
var chain = sync.OnceValue(func() (c struct{ root, upper, lower, leaf, older, cross *x509.Certificate }) {
	k := keys()
	serial := int64(0)
	issue := func(subject string, parent *x509.Certificate, key, signer *ecdsa.PrivateKey, ca bool) *x509.Certificate {
		serial++
		template := &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: subject, Organization: []string{"Test Trust"}},
			NotBefore: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC),
			IsCA: ca, BasicConstraintsValid: true,
		}
		if !ca {
			template.DNSNames = []string{subject, "www." + subject}
			template.SerialNumber = big.NewInt(0x0a0b)
		}
		if parent == nil {
			parent = template
		}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
		if err != nil {
			panic(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			panic(err)
		}
		return cert
	}
	c.root = issue("Root", nil, k.p384, k.p384, true)
	c.upper = issue("Upper", c.root, k.other, k.p384, true)
	c.lower = issue("Lower", c.upper, k.p384, k.other, true)
	c.leaf = issue("example.com", c.lower, k.p256, k.p384, false)
	// The root once more, signed by an older one.
	c.older = issue("Older", nil, k.other, k.other, true)
	c.cross = issue("Root", c.older, k.p384, k.other, true)
	return c
})
