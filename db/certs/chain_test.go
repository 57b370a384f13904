package certs

import (
	"archive/zip"
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

var during = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

func TestChainIsOrderedFromLeafToRoot(t *testing.T) {
	c := chain()
	want := []*x509.Certificate{c.leaf, c.lower, c.upper, c.root}
	for _, shuffled := range [][]*x509.Certificate{
		{c.leaf, c.lower, c.upper, c.root}, {c.root, c.upper, c.lower, c.leaf}, {c.upper, c.leaf, c.root, c.lower}, {c.leaf, c.root, c.leaf, c.upper, c.lower, c.root},
	} {
		before := slices.Clone(shuffled)
		got, err := OrderChain(shuffled)
		if err != nil || !slices.EqualFunc(got, want, (*x509.Certificate).Equal) {
			t.Errorf("%v, %v", got, err)
		}
		if !slices.EqualFunc(shuffled, before, (*x509.Certificate).Equal) {
			t.Error("the caller's slice was changed")
		}
	}
	if got, err := OrderChain([]*x509.Certificate{c.root}); err != nil || len(got) != 1 {
		t.Errorf("a root alone: %v, %v", got, err)
	}
	for what, certs := range map[string][]*x509.Certificate{
		"a gap": {c.leaf, c.upper}, "a stranger": {c.leaf, c.root},
	} {
		if _, err := OrderChain(certs); !errors.Is(err, ErrBrokenChain) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := OrderChain(nil); !errors.Is(err, ErrNoCertificate) {
		t.Error(err)
	}
}

func TestCrossSignedRootCountsOnce(t *testing.T) {
	c := chain()
	want := []*x509.Certificate{c.leaf, c.lower, c.upper, c.cross, c.older}
	for _, shuffled := range [][]*x509.Certificate{
		{c.leaf, c.lower, c.upper, c.root, c.cross, c.older}, {c.older, c.cross, c.root, c.upper, c.lower, c.leaf}, {c.leaf, c.lower, c.upper, c.cross, c.older},
	} {
		if got, err := OrderChain(shuffled); err != nil || !slices.EqualFunc(got, want, (*x509.Certificate).Equal) {
			t.Errorf("%d certificates, %v", len(got), err)
		}
	}
}

func TestFullChainLeavesTheRootOut(t *testing.T) {
	c := chain()
	want := EncodeCertificates(c.leaf, c.lower, c.upper)
	for how, bundle := range map[string]string{
		"in order": EncodeCertificates(c.lower, c.upper, c.root), "reversed": EncodeCertificates(c.root, c.upper, c.lower),
		"without root": EncodeCertificates(c.upper, c.lower), "leaf repeated": EncodeCertificates(c.leaf, c.lower, c.upper),
		"windows": strings.ReplaceAll(EncodeCertificates(c.lower, c.upper), "\n", "\r\n"),
	} {
		if got := FullChain(EncodeCertificates(c.leaf), bundle); got != want {
			t.Errorf("%s: %d bytes; want %d", how, len(got), len(want))
		}
	}
	if got := FullChain(EncodeCertificates(c.leaf), ""); got != EncodeCertificates(c.leaf) {
		t.Errorf("without a bundle: %q", got)
	}
	if got := FullChain("leaf\n\n", " bundle "); got != "leaf\nbundle\n" {
		t.Errorf("unreadable texts: %q", got)
	}
}

func TestChainIsVerified(t *testing.T) {
	c := chain()
	leaf, bundle := EncodeCertificates(c.leaf), EncodeCertificates(c.upper, c.lower, c.root)
	for how, b := range map[string]string{"with root": bundle, "without root": EncodeCertificates(c.lower, c.upper)} {
		if err := VerifyChain(leaf, b, during); err != nil {
			t.Errorf("%s: %v", how, err)
		}
	}
	forged := *c.leaf
	forged.Raw = slices.Clone(c.leaf.Raw)
	forged.Raw[len(forged.Raw)-1] ^= 1
	for what, err := range map[string]error{
		"expired":         VerifyChain(leaf, bundle, during.AddDate(1, 0, 0)),
		"not yet valid":   VerifyChain(leaf, bundle, during.AddDate(0, -2, 0)),
		"forged":          VerifyChain(EncodeCertificates(&forged), bundle, during),
		"no issuer":       VerifyChain(leaf, "", during),
		"wrong issuer":    VerifyChain(leaf, EncodeCertificates(c.upper), during),
		"leaf and bundle": VerifyChain(EncodeCertificates(c.lower), EncodeCertificates(c.leaf, c.upper), during),
	} {
		if !errors.Is(err, ErrBrokenChain) {
			t.Errorf("%s: %v; want ErrBrokenChain", what, err)
		}
	}
}

func TestCertificateIsDescribed(t *testing.T) {
	c := chain()
	info, err := Describe(EncodeCertificates(c.leaf, c.lower))
	if err != nil {
		t.Fatal(err)
	}
	if info.CommonName != "example.com" || info.Subject != "CN=example.com,O=Test Trust" || info.Issuer != "CN=Lower,O=Test Trust" || info.IssuerName != "Lower" ||
		info.Serial != "0a0b" || info.KeyType != "ECDSA" || info.KeyBits != 256 || !slices.Equal(info.Names, []string{"example.com", "www.example.com"}) ||
		!info.NotBefore.Equal(c.leaf.NotBefore) || !info.NotAfter.Equal(c.leaf.NotAfter) || info.Fingerprint != hexSHA256(c.leaf.Raw) {
		t.Errorf("%+v", info)
	}
}

func TestCertificatesAreReadLeniently(t *testing.T) {
	c := chain()
	text := EncodeCertificates(c.leaf, c.lower)
	for how, pasted := range map[string]string{
		"as it is": text, "windows": strings.ReplaceAll(text, "\n", "\r\n"), "indented": strings.ReplaceAll(text, "\n", "\n  "), "bag attributes": "subject=CN = x\nissuer=CN = y\n" + text,
	} {
		got, err := ParseCertificates(pasted)
		if err != nil || len(got) != 2 || !got[0].Equal(c.leaf) || !got[1].Equal(c.lower) {
			t.Errorf("%s: %v, %v", how, got, err)
		}
	}
	if got, err := ParseCertificates(base64.StdEncoding.EncodeToString(c.leaf.Raw)); err != nil || len(got) != 1 {
		t.Errorf("bare: %v, %v", got, err)
	}
	for text, want := range map[string]error{
		"": ErrNoCertificate, " \n": ErrNoCertificate, "hello": ErrBadCertificate, request(t, keys().p256, "example.com"): ErrBadCertificate,
		text + privatePEM(t, keys().p256): ErrPrivateKey, strings.ReplaceAll(privatePEM(t, keys().p256), "PRIVATE KEY", "CERTIFICATE"): ErrPrivateKey,
		strings.Repeat(text, maxChain): ErrTooLarge, strings.Repeat("x", maxChainText+1): ErrTooLarge, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----": ErrBadCertificate,
	} {
		if got, err := ParseCertificates(text); !errors.Is(err, want) || got != nil {
			t.Errorf("%.40q: %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestCertificateMatchesTheKeyOfItsRequest(t *testing.T) {
	leaf := EncodeCertificates(chain().leaf)
	if err := MatchKey(leaf, parsed(t, request(t, keys().p256, "example.com"))); err != nil {
		t.Error(err)
	}
	if err := MatchKey(leaf, parsed(t, request(t, keys().other, "example.com"))); !errors.Is(err, ErrKeyMismatch) {
		t.Errorf("%v; want ErrKeyMismatch", err)
	}
	if err := MatchKey("", parsed(t, request(t, keys().p256, "example.com"))); !errors.Is(err, ErrNoCertificate) {
		t.Errorf("%v; want ErrNoCertificate", err)
	}
	if der, err := DER(leaf); err != nil || !bytes.Equal(der, chain().leaf.Raw) {
		t.Errorf("DER: %v", err)
	}
}

func TestZipIsTheSameEveryTime(t *testing.T) {
	files := []File{{"b.pem", []byte("bb")}, {"a.txt", bytes.Repeat([]byte("a"), 4000)}}
	local := time.FixedZone("TRT", 3*3600)
	one, err := Zip(files, during)
	if err != nil {
		t.Fatal(err)
	}
	two, err := Zip(files, during.In(local))
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("another archive: %v", err)
	}
	archive, err := zip.NewReader(bytes.NewReader(one), int64(len(one)))
	if err != nil || len(archive.File) != len(files) {
		t.Fatal(err)
	}
	for i, member := range archive.File {
		r, err := member.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil || member.Name != files[i].Name || !bytes.Equal(content, files[i].Content) || !member.Modified.Equal(during) {
			t.Errorf("%s of %v: %v", member.Name, member.Modified, err)
		}
	}
	for _, bad := range [][]File{{{Name: "../x"}}, {{Name: "a/b"}}, {{Name: ""}}, {{Name: `a\b`}}, {{Name: "a"}, {Name: "A"}}, {{Name: ".x"}}, {{Name: "a\nb"}}} {
		if _, err := Zip(bad, during); !errors.Is(err, ErrFileName) {
			t.Errorf("%v: %v; want ErrFileName", bad, err)
		}
	}
	for _, odd := range []time.Time{{}, during.AddDate(300, 0, 0)} {
		if _, err := Zip(files, odd); err != nil {
			t.Errorf("%v: %v", odd, err)
		}
	}
}

func TestFileNamesAreSafe(t *testing.T) {
	for domain, want := range map[string]string{
		"example.com": "example.com.pem", "*.example.com": "_wildcard.example.com.pem", "../../etc/passwd": "_.._etc_passwd.pem", "a\"b\r\nc": "a_b__c.pem",
		"": "pem", "şişli.com": "_i_li.com.pem", strings.Repeat("a", 300): strings.Repeat("a", 200) + ".pem",
	} {
		if got := FileName(domain, "pem"); got != want {
			t.Errorf("FileName(%q) = %q; want %q", domain, got, want)
		}
	}
	if got := FileName("example.com", ".zip"); got != "example.com.zip" {
		t.Error(got)
	}
}
