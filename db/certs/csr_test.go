package certs

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestRequestIsReadHoweverItWasPasted(t *testing.T) {
	good := request(t, keys().p256, "Example.com", "www.example.com", "EXAMPLE.com", "*.example.com")
	want := parsed(t, good)
	lines := strings.Split(strings.TrimSpace(good), "\n")
	body := strings.Join(lines[1:len(lines)-1], "\n")
	der, _ := pem.Decode([]byte(good))
	for how, text := range map[string]string{
		"as it is":               good,
		"windows line ends":      strings.ReplaceAll(good, "\n", "\r\n"),
		"old mac line ends":      strings.ReplaceAll(good, "\n", "\r"),
		"no final line end":      strings.TrimSpace(good),
		"new certificate":        strings.ReplaceAll(good, "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"),
		"indented":               "   " + strings.ReplaceAll(good, "\n", "\n\t  "),
		"blank lines between":    strings.ReplaceAll(good, "\n", "\n\n"),
		"trailing spaces":        strings.ReplaceAll(good, "\n", "   \n"),
		"one line":               strings.ReplaceAll(good, "\n", " "),
		"one line without gaps":  strings.ReplaceAll(strings.ReplaceAll(good, "-\n", "-"), "\n", ""),
		"bare base64":            body,
		"bare base64, one line":  base64.StdEncoding.EncodeToString(der.Bytes),
		"padding lost":           strings.TrimRight(base64.StdEncoding.EncodeToString(der.Bytes), "="),
		"begin line lost":        strings.Join(lines[1:], "\n"),
		"end line lost":          strings.Join(lines[:len(lines)-1], "\n"),
		"quoted mail":            "> " + strings.ReplaceAll(good, "\n", "\n> "),
		"text around":            "Merhaba, CSR ektedir:\n\n" + good + "\nİyi çalışmalar",
		"openssl -text":          "Certificate Request:\n    Data:\n        Version: 1 (0x0)\n" + good,
		"json string":            `"` + strings.ReplaceAll(good, "\n", `\n`) + `"`,
		"json string, windows":   `"` + strings.ReplaceAll(good, "\n", `\r\n`) + `"`,
		"byte order mark":        "\ufeff" + good,
		"non-breaking spaces":    strings.ReplaceAll(good, "\n", "\u00a0\n\u00a0"),
		"zero-width spaces":      strings.ReplaceAll(good, "\n", "\u200b\n"),
		"long dashes":            strings.ReplaceAll(good, "-----", "——-"),
		"old header":             strings.Replace(good, "REQUEST-----\n", "REQUEST-----\nProc-Type: 4,CLEAR\n\n", 1),
		"html line breaks":       strings.ReplaceAll(good, "\n", "<br>"),
		"wrapped at other width": lines[0] + "\n" + strings.ReplaceAll(strings.ReplaceAll(body, "\n", ""), "A", "A\n") + "\n" + lines[len(lines)-1],
	} {
		got, err := ParseCSR(text)
		if err != nil {
			t.Errorf("%s: %v", how, err)
			continue
		}
		if got.PEM != want.PEM || got.SHA256 != want.SHA256 {
			t.Errorf("%s: another request", how)
		}
	}
}

func TestRequestSaysWhatItHolds(t *testing.T) {
	csr := parsed(t, request(t, keys().p384, "Example.com", "www.example.com", "EXAMPLE.com.", "*.XN--bcher-kva.de"))
	if want := []string{"example.com", "www.example.com", "*.xn--bcher-kva.de"}; !slices.Equal(csr.Names, want) {
		t.Errorf("names %v; want %v", csr.Names, want)
	}
	if csr.CommonName != "Example.com" || csr.KeyType != "ECDSA" || csr.KeyBits != 384 || csr.Curve != "P-384" || csr.SignatureAlgorithm != "ECDSA-SHA384" {
		t.Errorf("%+v", csr)
	}
	if csr := parsed(t, request(t, keys().rsa2048, "a.example.com")); csr.KeyType != "RSA" || csr.KeyBits != 2048 || csr.Curve != "" || csr.SignatureAlgorithm != "SHA256-RSA" {
		t.Errorf("%+v", csr)
	}
	if csr := parsed(t, request(t, keys().p256, "")); len(csr.Names) != 0 || csr.CommonName != "" {
		t.Errorf("%+v", csr)
	}
}

func TestRequestIsReadAsOpensslReadsIt(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Fatal("openssl is not installed: run e2e/install.sh unit")
	}
	dir := t.TempDir()
	run := func(args ...string) []byte {
		out, err := exec.Command(openssl, args...).Output()
		if err != nil {
			t.Fatalf("openssl %v: %v", args, err)
		}
		return out
	}
	run("req", "-new", "-newkey", "rsa:2048", "-nodes", "-utf8", "-keyout", dir+"/key", "-out", dir+"/csr",
		"-subj", "/C=TR/ST=İstanbul/L=Kadıköy/O=Örnek Ltd/OU=BT/CN=örnek.com.tr/emailAddress=bt@example.com.tr", "-addext", "subjectAltName=DNS:www.example.com.tr,email:x@example.com")
	csr := parsed(t, string(run("req", "-in", dir+"/csr")))
	for field, got := range map[string][2]string{
		"C": {csr.Country, "TR"}, "ST": {csr.Province, "İstanbul"}, "L": {csr.Locality, "Kadıköy"}, "O": {csr.Organization, "Örnek Ltd"},
		"OU": {csr.OrganizationalUnit, "BT"}, "CN": {csr.CommonName, "örnek.com.tr"}, "email": {csr.Email, "bt@example.com.tr"},
		"names": {strings.Join(csr.Names, " "), "xn--rnek-4qa.com.tr www.example.com.tr"},
		"PEM":   {csr.PEM, string(run("req", "-in", dir+"/csr"))},
	} {
		if got[0] != got[1] {
			t.Errorf("%s = %q; want %q", field, got[0], got[1])
		}
	}
	run("req", "-in", dir+"/csr", "-outform", "DER", "-out", dir+"/der")
	run("pkey", "-in", dir+"/key", "-pubout", "-outform", "DER", "-out", dir+"/pub")
	for _, digest := range []struct{ name, file, got string }{
		{"md5", "/der", csr.MD5}, {"sha1", "/der", csr.SHA1}, {"sha256", "/der", csr.SHA256}, {"sha256", "/pub", csr.PublicKeySHA256},
	} {
		if want, _, _ := strings.Cut(string(run("dgst", "-r", "-"+digest.name, dir+digest.file)), " "); digest.got != want {
			t.Errorf("%s of %s = %s; want %s", digest.name, digest.file, digest.got, want)
		}
	}
}

func TestBadPastesAreNamed(t *testing.T) {
	good := request(t, keys().p256, "example.com")
	second := request(t, keys().p256, "example.org")
	cert := EncodeCertificates(chain().leaf)
	lines := strings.Split(strings.TrimSpace(good), "\n")
	block, _ := pem.Decode([]byte(good))
	tampered := slices.Clone(block.Bytes)
	tampered[len(tampered)-1] ^= 1
	bare := func(der []byte) string { return base64.StdEncoding.EncodeToString(der) }
	pkcs1 := x509.MarshalPKCS1PrivateKey(keys().rsa1024)
	sec1, err := x509.MarshalECPrivateKey(keys().p256)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, _ := pem.Decode([]byte(privatePEM(t, keys().p256)))
	for what, c := range map[string]struct {
		text string
		want CSRError
	}{
		"nothing":                   {"", CSRError{Code: CSREmpty}},
		"white space":               {" \r\n\t\u200b", CSRError{Code: CSREmpty}},
		"a huge text":               {strings.Repeat("A", maxPaste+1), CSRError{Code: CSRTooLarge, Max: maxPaste}},
		"a sentence":                {"please find my CSR attached", CSRError{Code: CSRNotCSR}},
		"a path":                    {"/etc/ssl/example.com.csr", CSRError{Code: CSRNotCSR}},
		"a domain":                  {"example.com", CSRError{Code: CSRNotCSR}},
		"html":                      {"<html><body>404</body></html>", CSRError{Code: CSRNotCSR}},
		"half of one":               {strings.Join(lines[:len(lines)/2], "\n"), CSRError{Code: CSRNotCSR}},
		"a middle line lost":        {strings.Join(slices.Delete(slices.Clone(lines), 2, 3), "\n"), CSRError{Code: CSRNotCSR}},
		"empty armour":              {lines[0] + "\n" + lines[len(lines)-1], CSRError{Code: CSRNotCSR}},
		"armour alone":              {lines[0], CSRError{Code: CSRNotCSR}},
		"an ellipsis inside":        {strings.Replace(good, "\n", "\n...\n", 2), CSRError{Code: CSRNotCSR}},
		"bytes after it":            {bare(append(slices.Clone(block.Bytes), 1, 2, 3)), CSRError{Code: CSRNotCSR}},
		"a certificate":             {cert, CSRError{Code: CSRIsCertificate}},
		"a certificate, bare":       {bare(chain().leaf.Raw), CSRError{Code: CSRIsCertificate}},
		"a chain":                   {cert + cert, CSRError{Code: CSRIsCertificate}},
		"certificate labelled CSR":  {strings.ReplaceAll(cert, "CERTIFICATE", "CERTIFICATE REQUEST"), CSRError{Code: CSRIsCertificate}},
		"a private key":             {privatePEM(t, keys().p256), CSRError{Code: CSRIsPrivateKey}},
		"request and key":           {good + privatePEM(t, keys().p256), CSRError{Code: CSRIsPrivateKey}},
		"key and request":           {privatePEM(t, keys().p256) + good, CSRError{Code: CSRIsPrivateKey}},
		"key on one line":           {strings.ReplaceAll(privatePEM(t, keys().p256), "\n", " "), CSRError{Code: CSRIsPrivateKey}},
		"key as a json string":      {strings.ReplaceAll(privatePEM(t, keys().p256), "\n", `\n`), CSRError{Code: CSRIsPrivateKey}},
		"half a key":                {privatePEM(t, keys().p256)[:90], CSRError{Code: CSRIsPrivateKey}},
		"an RSA key, bare":          {bare(pkcs1), CSRError{Code: CSRIsPrivateKey}},
		"an EC key, bare":           {bare(sec1), CSRError{Code: CSRIsPrivateKey}},
		"a PKCS #8 key, bare":       {bare(pkcs8.Bytes), CSRError{Code: CSRIsPrivateKey}},
		"key labelled CSR":          {string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: pkcs8.Bytes})), CSRError{Code: CSRIsPrivateKey}},
		"an OpenSSH key":            {"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----", CSRError{Code: CSRIsPrivateKey}},
		"an OpenSSH key, bare":      {"b3BlbnNzaC1rZXktdjEAAAAA", CSRError{Code: CSRIsPrivateKey}},
		"an encrypted key":          {"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIF", CSRError{Code: CSRIsPrivateKey}},
		"openssl rsa -text":         {"RSA Private-Key: (2048 bit, 2 primes)\nmodulus:\n    00:c1", CSRError{Code: CSRIsPrivateKey}},
		"a PuTTY key":               {"PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none", CSRError{Code: CSRIsPrivateKey}},
		"two requests":              {good + second, CSRError{Code: CSRSeveral}},
		"the same twice":            {good + good, CSRError{Code: CSRSeveral}},
		"request and certificate":   {good + cert, CSRError{Code: CSRSeveral}},
		"a public key":              {"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----", CSRError{Code: CSRNotCSR}},
		"a changed request":         {bare(tampered), CSRError{Code: CSRBadSignature}},
		"RSA 1024":                  {request(t, keys().rsa1024, "example.com"), CSRError{Code: CSRWeakRSA, Bits: 1024, Min: 2048}},
		"RSA 1024 of openssl":       {fixture(t, "rsa1024"), CSRError{Code: CSRWeakRSA, Bits: 1024, Min: 2048}},
		"RSA 512":                   {fixture(t, "rsa512"), CSRError{Code: CSRWeakRSA, Bits: 512, Min: 2048}},
		"RSA 8200":                  {fixture(t, "rsa8200"), CSRError{Code: CSRUnsupportedKey, KeyType: "RSA", Bits: 8200, Max: 8192}},
		"RSA exponent 3":            {fixture(t, "exponent3"), CSRError{Code: CSRWeakExponent, KeyType: "RSA", Bits: 2048}},
		"MD5":                       {fixture(t, "md5"), CSRError{Code: CSRWeakSignature, Algorithm: "MD5-RSA"}},
		"SHA-1":                     {fixture(t, "sha1"), CSRError{Code: CSRWeakSignature, Algorithm: "SHA1-RSA"}},
		"P-521":                     {fixture(t, "P-521"), CSRError{Code: CSRUnsupportedCurve, Curve: "P-521"}},
		"P-224":                     {fixture(t, "secp224r1"), CSRError{Code: CSRUnsupportedCurve, Curve: "P-224"}},
		"P-192":                     {fixture(t, "prime192v1"), CSRError{Code: CSRUnsupportedCurve, Curve: "P-192"}},
		"the curve of Bitcoin":      {fixture(t, "secp256k1"), CSRError{Code: CSRUnsupportedCurve, Curve: "secp256k1"}},
		"brainpool":                 {fixture(t, "brainpoolP256r1"), CSRError{Code: CSRUnsupportedCurve, Curve: "brainpoolP256r1"}},
		"curve spelled out":         {fixture(t, "explicit"), CSRError{Code: CSRUnsupportedCurve}},
		"Ed25519":                   {fixture(t, "ed25519"), CSRError{Code: CSRUnsupportedKey, KeyType: "Ed25519"}},
		"Ed448":                     {fixture(t, "ed448"), CSRError{Code: CSRUnsupportedKey, KeyType: "Ed448"}},
		"DSA":                       {fixture(t, "dsa"), CSRError{Code: CSRUnsupportedKey, KeyType: "DSA"}},
		"RSA-PSS":                   {fixture(t, "pss"), CSRError{Code: CSRUnsupportedKey, KeyType: "RSA-PSS"}},
		"an underscore":             {request(t, keys().p256, "example.com", "a_b.example.com"), CSRError{Code: CSRBadName, Name: "a_b.example.com", Reason: NameUnderscore}},
		"an intranet name":          {request(t, keys().p256, "example.com", "server1"), CSRError{Code: CSRBadName, Name: "server1", Reason: NameSingleLabel}},
		"an address among names":    {fixture(t, "ipsan"), CSRError{Code: CSRBadName, Name: "192.0.2.7", Reason: NameIP}},
		"an address as a DNS name":  {request(t, keys().p256, "example.com", "192.0.2.8"), CSRError{Code: CSRBadName, Name: "192.0.2.8", Reason: NameIP}},
		"a public suffix":           {request(t, keys().p256, "example.com.tr", "*.com.tr"), CSRError{Code: CSRBadName, Name: "*.com.tr", Reason: NamePublicSuffix}},
		"a URL among the DNS names": {request(t, keys().p256, "example.com", "https://example.com"), CSRError{Code: CSRBadName, Name: "https://example.com", Reason: NameURL}},
	} {
		csr, err := ParseCSR(c.text)
		if got := refusal(t, err); csr != nil || got.Error() != c.want.Error() {
			t.Errorf("%s: %v, %v; want %v", what, csr, err, &c.want)
		}
	}
}

func TestErrorNeverRepeatsAPrivateKey(t *testing.T) {
	key := privatePEM(t, keys().p256)
	inner := strings.Split(key, "\n")[1]
	for _, text := range []string{key, inner, strings.ReplaceAll(key, "\n", ""), "x" + key, strings.ReplaceAll(key, "PRIVATE KEY", "CERTIFICATE REQUEST"), strings.ReplaceAll(key, "PRIVATE KEY", "CERTIFICATE")} {
		_, err := ParseCSR(text)
		if err == nil {
			t.Fatal("accepted")
		}
		for i := 0; i+12 < len(inner); i++ {
			if strings.Contains(err.Error(), inner[i:i+12]) {
				t.Errorf("%v repeats %q", err, inner[i:i+12])
			}
		}
	}
}

func FuzzParseCSR(f *testing.F) {
	good := request(f, keys().p256, "example.com", "www.example.com")
	block, _ := pem.Decode([]byte(good))
	f.Add(good)
	f.Add(base64.StdEncoding.EncodeToString(block.Bytes))
	f.Add(privatePEM(f, keys().p256))
	f.Add(EncodeCertificates(chain().leaf))
	for _, name := range []string{"md5", "rsa1024", "secp256k1", "explicit", "ed25519", "dsa", "pss", "ipsan"} {
		f.Add(fixture(f, name))
	}
	f.Add("-----BEGIN CERTIFICATE REQUEST-----\n-----BEGIN")
	f.Add("——BEGIN NEW CERTIFICATE REQUEST——\nMII=")
	f.Fuzz(func(t *testing.T, text string) {
		csr, err := ParseCSR(text)
		if err != nil {
			var refused *CSRError
			if !errors.As(err, &refused) || !slices.Contains(CSRCodes, refused.Code) || csr != nil {
				t.Fatalf("%v, %#v", csr, err)
			}
			return
		}
		again, err := ParseCSR(csr.PEM)
		if err != nil || again.SHA256 != csr.SHA256 || !slices.Equal(again.Names, csr.Names) {
			t.Fatalf("canonical form reads differently: %v", err)
		}
		_ = csr.Match(Want{Domain: "example.com", MaxNames: 1})
	})
}
