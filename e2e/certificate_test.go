package e2e

import (
	"archive/zip"
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// request makes a CSR for names, the first of them the common name; without names
// for a company.
func request(t *testing.T, key crypto.Signer, names ...string) string {
	t.Helper()
	template := &x509.CertificateRequest{Subject: pkix.Name{CommonName: "Örnek Yazılım A.Ş."}, DNSNames: names}
	if len(names) > 0 {
		template.Subject.CommonName = names[0]
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	must(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func ecdsaKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return key
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	must(t, err)
	return key
}

// unzip is the files of an archive by name.
func unzip(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	must(t, err)
	files := map[string][]byte{}
	for _, f := range r.File {
		from, err := f.Open()
		must(t, err)
		files[f.Name], err = io.ReadAll(from)
		must(t, err)
	}
	return files
}

func parseCertificates(t *testing.T, text []byte) []*x509.Certificate {
	t.Helper()
	var list []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		must(t, err)
		list = append(list, c)
	}
	return list
}

// sound wants the files of a download to be one certificate for exactly these
// names and this key, whose chain leads to its root, for crypto/x509 and for
// openssl alike.
func sound(t *testing.T, files map[string][]byte, key crypto.PublicKey, names ...string) *x509.Certificate {
	t.Helper()
	leaf, chain := parseCertificates(t, files["certificate.pem"]), parseCertificates(t, files["ca-bundle.pem"])
	if len(leaf) != 1 || len(chain) == 0 {
		t.Fatalf("the download has %d certificates and a chain of %d", len(leaf), len(chain))
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	var root *x509.Certificate
	for _, c := range chain {
		if bytes.Equal(c.RawIssuer, c.RawSubject) {
			root = c
			roots.AddCert(c)
		} else {
			between.AddCert(c)
		}
	}
	if root == nil {
		t.Fatal("the chain ends before its root")
	}
	for i, c := range parseCertificates(t, files["fullchain.pem"]) {
		if want := append(leaf, chain...)[i]; !c.Equal(want) || c.Equal(root) {
			t.Errorf("fullchain.pem is not the certificate and its chain without the root: %s comes %d.", c.Subject, i+1)
		}
	}
	usage := x509.ExtKeyUsageServerAuth
	if len(names) == 0 {
		usage = x509.ExtKeyUsageCodeSigning
	}
	if _, err := leaf[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{usage}}); err != nil {
		t.Errorf("the chain does not hold: %v", err)
	}
	got, want := slices.Sorted(slices.Values(leaf[0].DNSNames)), slices.Sorted(slices.Values(names))
	if !slices.Equal(got, want) {
		t.Errorf("the certificate is for %v, want %v", got, want)
	}
	if k, ok := leaf[0].PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !k.Equal(key) {
		t.Error("the certificate is for another key")
	}
	if days := leaf[0].NotAfter.Sub(leaf[0].NotBefore) / (24 * time.Hour); days > 460 {
		t.Errorf("the certificate lives for %d days", days)
	}

	dir := t.TempDir()
	for name, content := range files {
		must(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	must(t, os.WriteFile(filepath.Join(dir, "root.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw}), 0o600))
	verify := exec.Command("openssl", "verify", "-CAfile", "root.pem", "-untrusted", "ca-bundle.pem", "certificate.pem")
	verify.Dir = dir
	if out, err := verify.CombinedOutput(); err != nil {
		t.Errorf("openssl verify: %v\n%s", err, out)
	}
	return leaf[0]
}

// publicOf reads a private key's file, as the browser makes it.
func publicOf(t *testing.T, text []byte) crypto.PublicKey {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("this is no key: %s", text)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	must(t, err)
	signer, ok := key.(crypto.Signer)
	if !ok {
		t.Fatalf("this key signs nothing: %T", key)
	}
	return signer.Public()
}
