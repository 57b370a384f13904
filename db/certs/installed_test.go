package certs_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"certbay/db/certs"
)

// signer makes certificates below one another.
type signer struct {
	*x509.Certificate
	key *ecdsa.PrivateKey
}

func (above *signer) sign(t *testing.T, serial int64, name string, authority bool) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: from.AddDate(0, 0, 100),
		IsCA: authority, BasicConstraintsValid: true}
	if !authority {
		template.DNSNames = []string{name}
	}
	parent, signedWith := template, key
	if above != nil {
		parent, signedWith = above.Certificate, above.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signedWith)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{cert, key}
}

func TestWhatIsInstalledIsComparedWithWhatWasIssued(t *testing.T) {
	var none *signer
	root := none.sign(t, 1, "Root", true)
	middle := root.sign(t, 2, "Middle", true)
	leaf := middle.sign(t, 3, "shop.example", false)
	other := middle.sign(t, 4, "shop.example", false)
	wrong := middle.sign(t, 5, "elsewhere.example", false)
	own := none.sign(t, 6, "shop.example", false)
	list := func(all ...*signer) (list []*x509.Certificate) {
		for _, s := range all {
			list = append(list, s.Certificate)
		}
		return list
	}
	now := leaf.NotBefore.AddDate(0, 0, 10)
	known := list(middle, root)
	for _, c := range []struct {
		name      string
		presented []*x509.Certificate
		issued    *x509.Certificate
		chain     []*x509.Certificate
		now       time.Time
		want      certs.Installed
	}{
		{"as it should be", list(leaf, middle), leaf.Certificate, known, now, certs.Installed{Serial: "03", Same: true, NameMatches: true, InTime: true, ChainComplete: true}},
		{"with its root", list(leaf, middle, root), leaf.Certificate, known, now, certs.Installed{Serial: "03", Same: true, NameMatches: true, InTime: true, ChainComplete: true}},
		{"in a wrong order", list(leaf, root, middle), leaf.Certificate, known, now, certs.Installed{Serial: "03", Same: true, NameMatches: true, InTime: true, ChainComplete: true}},
		{"without the intermediate", list(leaf), leaf.Certificate, known, now, certs.Installed{Serial: "03", Same: true, NameMatches: true, InTime: true}},
		{"with the root alone", list(leaf, root), leaf.Certificate, known, now, certs.Installed{Serial: "03", Same: true, NameMatches: true, InTime: true}},
		{"an earlier one", list(other, middle), leaf.Certificate, known, now, certs.Installed{Serial: "04", NameMatches: true, InTime: true, ChainComplete: true}},
		{"another host's", list(wrong, middle), leaf.Certificate, known, now, certs.Installed{Serial: "05", InTime: true, ChainComplete: true}},
		{"of its own making", list(own), leaf.Certificate, known, now, certs.Installed{Serial: "06", NameMatches: true, InTime: true, ChainComplete: true}},
		{"over", list(leaf, middle), leaf.Certificate, known, leaf.NotAfter.Add(time.Second), certs.Installed{Serial: "03", Same: true, NameMatches: true, ChainComplete: true}},
		{"not yet", list(leaf, middle), leaf.Certificate, known, leaf.NotBefore.Add(-time.Second), certs.Installed{Serial: "03", Same: true, NameMatches: true, ChainComplete: true}},
		{"of nobody's knowledge", list(leaf, middle), nil, nil, now, certs.Installed{Serial: "03", Same: true, NameMatches: true, InTime: true, ChainComplete: true}},
		{"of nobody's knowledge, alone", list(leaf), nil, nil, now, certs.Installed{Serial: "03", Same: true, NameMatches: true, InTime: true}},
	} {
		got := certs.JudgeInstalled(c.presented, "shop.example", c.issued, c.chain, c.now)
		if got.NotAfter != c.presented[0].NotAfter {
			t.Errorf("%s: ends %v", c.name, got.NotAfter)
		}
		got.NotAfter, got.IssuerName = time.Time{}, ""
		if got != c.want || got.InOrder() != (c.want.Same && c.want.NameMatches && c.want.InTime && c.want.ChainComplete) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}
