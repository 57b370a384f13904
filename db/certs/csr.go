package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
)

// CSRCode says why a request is refused; translations hang on it. The comment
// names the fields of CSRError that come with it.
type CSRCode string

// The reasons a request is refused.
const (
	CSREmpty                CSRCode = "empty"
	CSRTooLarge             CSRCode = "too_large" // Max: bytes
	CSRNotCSR               CSRCode = "not_csr"
	CSRIsCertificate        CSRCode = "is_certificate"
	CSRIsPrivateKey         CSRCode = "is_private_key" // nothing of what was pasted is in the error
	CSRSeveral              CSRCode = "several"
	CSRBadSignature         CSRCode = "bad_signature"
	CSRWeakRSA              CSRCode = "weak_rsa"              // Bits, Min
	CSRWeakSignature        CSRCode = "weak_signature"        // Algorithm
	CSRUnsupportedSignature CSRCode = "unsupported_signature" // Algorithm, may be empty
	CSRUnsupportedCurve     CSRCode = "unsupported_curve"     // Curve, may be empty
	CSRUnsupportedKey       CSRCode = "unsupported_key"       // KeyType, may be empty; RSA: Bits, Max
	CSRWeakExponent         CSRCode = "weak_exponent"         // RSA exponent even or below 65537
	CSRBadName              CSRCode = "bad_name"              // Name, Reason
	CSRDomainMismatch       CSRCode = "domain_mismatch"       // Expected, Found
	CSRWildcardMismatch     CSRCode = "wildcard_mismatch"     // Expected: the name wanted; or Name: the wildcard not sold
	CSRTooManyNames         CSRCode = "too_many_names"        // Max, Count
	CSRUnexpectedName       CSRCode = "unexpected_name"       // Name
)

// CSRCodes lists every code, for tests that texts exist for each.
var CSRCodes = []CSRCode{
	CSREmpty, CSRTooLarge, CSRNotCSR, CSRIsCertificate, CSRIsPrivateKey, CSRSeveral, CSRBadSignature, CSRWeakRSA, CSRWeakSignature,
	CSRUnsupportedSignature, CSRUnsupportedCurve, CSRUnsupportedKey, CSRWeakExponent, CSRBadName, CSRDomainMismatch, CSRWildcardMismatch,
	CSRTooManyNames, CSRUnexpectedName,
}

// CSRError is the refusal of a request. It never holds private key material.
type CSRError struct {
	Code      CSRCode
	Bits      int
	Min, Max  int
	Count     int
	Algorithm string
	KeyType   string
	Curve     string
	Name      string   // shortened, without control characters
	Reason    NameCode // why Name is bad
	Expected  string
	Found     []string
}

func (e *CSRError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "certs: request: %s", e.Code)
	for _, p := range []struct {
		name string
		text string
	}{
		{"name", e.Name}, {"reason", string(e.Reason)}, {"expected", e.Expected}, {"found", strings.Join(e.Found, " ")},
		{"algorithm", e.Algorithm}, {"key", e.KeyType}, {"curve", e.Curve},
	} {
		if p.text != "" {
			fmt.Fprintf(&b, " %s=%q", p.name, p.text)
		}
	}
	for _, p := range []struct {
		name string
		n    int
	}{{"bits", e.Bits}, {"min", e.Min}, {"max", e.Max}, {"count", e.Count}} {
		if p.n != 0 {
			fmt.Fprintf(&b, " %s=%d", p.name, p.n)
		}
	}
	return b.String()
}

// CSR is a certificate request whose signature and key were found good. The
// subject's fields are as the maker wrote them, shortened, and may be empty.
type CSR struct {
	PEM string // canonical: one block, 64 columns, final line end
	DER []byte

	CommonName         string   // raw: of a code-signing request it is no host name
	Names              []string // common name first if it is a host name, then the DNS names; normalised, each once
	Organization       string
	OrganizationalUnit string
	Locality           string
	Province           string
	Country            string
	Email              string

	KeyType            string // "RSA" or "ECDSA"
	KeyBits            int
	Curve              string // "P-256", "P-384"; empty for RSA
	SignatureAlgorithm string // as crypto/x509 writes it: "SHA256-RSA"

	// Digests in lower-case hex: of DER, and of the public key's own DER
	// (SubjectPublicKeyInfo).
	MD5, SHA1, SHA256 string
	PublicKeySHA256   string
}

const (
	minRSA      = 2048
	minRSACode  = 3072 // code signing
	maxRSA      = 8192
	minExponent = 65537
	maxSubject  = 200 // runes kept of a subject field
)

// ParseCSR reads a certificate request out of pasted text: PEM with any line
// ends, indentation, quoting, text around it, either label, or bare base64.
// Errors are *CSRError. Of the names only the DNS names must be good here; a
// common name that is no host name is Match's to judge, because code signing
// puts an organisation there. An address in place of a name is a bad name; mail
// addresses and URIs are ignored, as CAs do.
func ParseCSR(text string) (*CSR, error) {
	der, refusal := findRequest(text)
	if refusal != nil {
		return nil, refusal
	}
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, refuseDER(der)
	}
	csr := &CSR{
		PEM:                string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})),
		DER:                der,
		CommonName:         clean(request.Subject.CommonName, maxName),
		Organization:       first(request.Subject.Organization),
		OrganizationalUnit: first(request.Subject.OrganizationalUnit),
		Locality:           first(request.Subject.Locality),
		Province:           first(request.Subject.Province),
		Country:            first(request.Subject.Country),
		Email:              email(request),
		SignatureAlgorithm: request.SignatureAlgorithm.String(),
		MD5:                fmt.Sprintf("%x", md5.Sum(der)),
		SHA1:               fmt.Sprintf("%x", sha1.Sum(der)),
		SHA256:             fmt.Sprintf("%x", sha256.Sum256(der)),
		PublicKeySHA256:    hexSHA256(request.RawSubjectPublicKeyInfo),
	}
	// The key is judged before the signature: checking one made by an absurd key
	// costs time.
	if refusal := csr.readKey(request.PublicKey); refusal != nil {
		return nil, refusal
	}
	if refusal := checkSignature(request); refusal != nil {
		return nil, refusal
	}
	if refusal := csr.readNames(request); refusal != nil {
		return nil, refusal
	}
	return csr, nil
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return clean(values[0], maxSubject)
}

var oidEmail = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}

func email(request *x509.CertificateRequest) string {
	for _, name := range request.Subject.Names {
		if text, ok := name.Value.(string); ok && name.Type.Equal(oidEmail) {
			return clean(text, maxSubject)
		}
	}
	return first(request.EmailAddresses)
}

func (c *CSR) readKey(key any) *CSRError {
	switch key := key.(type) {
	case *rsa.PublicKey:
		c.KeyType, c.KeyBits = "RSA", key.N.BitLen()
		switch {
		case c.KeyBits < minRSA:
			return &CSRError{Code: CSRWeakRSA, Bits: c.KeyBits, Min: minRSA}
		case c.KeyBits > maxRSA || c.KeyBits%8 != 0 || key.N.Bit(0) == 0:
			return &CSRError{Code: CSRUnsupportedKey, KeyType: "RSA", Bits: c.KeyBits, Max: maxRSA}
		case key.E < minExponent || key.E%2 == 0:
			return &CSRError{Code: CSRWeakExponent, KeyType: "RSA", Bits: c.KeyBits}
		}
		return nil
	case *ecdsa.PublicKey:
		c.KeyType, c.KeyBits, c.Curve = "ECDSA", key.Curve.Params().BitSize, key.Curve.Params().Name
		if key.Curve != elliptic.P256() && key.Curve != elliptic.P384() {
			return &CSRError{Code: CSRUnsupportedCurve, Curve: c.Curve}
		}
		return nil
	}
	return &CSRError{Code: CSRUnsupportedKey, KeyType: keyName(c.DER)}
}

func checkSignature(request *x509.CertificateRequest) *CSRError {
	switch request.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return &CSRError{Code: CSRWeakSignature, Algorithm: request.SignatureAlgorithm.String()}
	case x509.UnknownSignatureAlgorithm:
		return &CSRError{Code: CSRUnsupportedSignature}
	}
	if request.CheckSignature() != nil {
		return &CSRError{Code: CSRBadSignature}
	}
	return nil
}

func (c *CSR) readNames(request *x509.CertificateRequest) *CSRError {
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			c.Names = append(c.Names, name)
		}
	}
	if name, err := NormalizeName(request.Subject.CommonName); err == nil {
		add(name)
	}
	for _, typed := range request.DNSNames {
		name, err := NormalizeName(typed)
		if err != nil {
			return badName(err)
		}
		add(name)
	}
	if len(request.IPAddresses) > 0 {
		return &CSRError{Code: CSRBadName, Name: request.IPAddresses[0].String(), Reason: NameIP}
	}
	return nil
}

// refuseDER tells what DER is that Go did not read as a request.
func refuseDER(der []byte) *CSRError {
	if isPrivateKey(der) {
		return &CSRError{Code: CSRIsPrivateKey}
	}
	if _, err := x509.ParseCertificates(der); err == nil {
		return &CSRError{Code: CSRIsCertificate}
	}
	key, ok := requestKey(der)
	if !ok {
		return &CSRError{Code: CSRNotCSR}
	}
	if !key.Algorithm.Algorithm.Equal(oidECKey) {
		return &CSRError{Code: CSRNotCSR}
	}
	var curve asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(key.Algorithm.Parameters.FullBytes, &curve); err != nil {
		return &CSRError{Code: CSRUnsupportedCurve} // parameters spelled out instead of named
	}
	for _, known := range knownCurves {
		if curve.Equal(known) {
			return &CSRError{Code: CSRNotCSR} // a good curve, but no point on it
		}
	}
	return &CSRError{Code: CSRUnsupportedCurve, Curve: curveName(curve)}
}

// publicKey is SubjectPublicKeyInfo.
type publicKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Key       asn1.BitString
}

// requestKey reads the public key of a request without understanding it.
func requestKey(der []byte) (publicKey, bool) {
	var request struct {
		Body struct {
			Raw        asn1.RawContent
			Version    int
			Subject    asn1.RawValue
			PublicKey  publicKey
			Attributes []asn1.RawValue `asn1:"tag:0"`
		}
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	rest, err := asn1.Unmarshal(der, &request)
	return request.Body.PublicKey, err == nil && len(rest) == 0
}

var (
	oidECKey    = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	knownCurves = []asn1.ObjectIdentifier{
		{1, 2, 840, 10045, 3, 1, 7}, {1, 3, 132, 0, 33}, {1, 3, 132, 0, 34}, {1, 3, 132, 0, 35},
	}
)

func curveName(oid asn1.ObjectIdentifier) string {
	switch oid.String() {
	case "1.3.132.0.10":
		return "secp256k1"
	case "1.3.36.3.3.2.8.1.1.7":
		return "brainpoolP256r1"
	case "1.3.36.3.3.2.8.1.1.11":
		return "brainpoolP384r1"
	case "1.3.36.3.3.2.8.1.1.13":
		return "brainpoolP512r1"
	case "1.2.840.10045.3.1.1":
		return "P-192"
	}
	return oid.String()
}

// keyName names the algorithm of a key that no CA takes.
func keyName(der []byte) string {
	key, ok := requestKey(der)
	if !ok {
		return ""
	}
	switch oid := key.Algorithm.Algorithm.String(); oid {
	case "1.3.101.112":
		return "Ed25519"
	case "1.3.101.113":
		return "Ed448"
	case "1.3.101.110":
		return "X25519"
	case "1.2.840.10040.4.1":
		return "DSA"
	case "1.2.840.113549.1.1.10":
		return "RSA-PSS"
	default:
		return oid
	}
}
