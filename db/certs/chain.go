package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

var (
	// ErrNoCertificate is returned when a text holds no certificate.
	ErrNoCertificate = errors.New("certs: no certificate in the text")
	// ErrBadCertificate is wrapped when a certificate can't be read.
	ErrBadCertificate = errors.New("certs: not a readable certificate")
	// ErrPrivateKey is returned when certificates come with a private key.
	ErrPrivateKey = errors.New("certs: a private key is among the certificates")
	// ErrTooLarge is returned for a text or a chain no CA delivers.
	ErrTooLarge = errors.New("certs: too large to be a chain")
	// ErrBrokenChain is wrapped when certificates do not form one chain.
	ErrBrokenChain = errors.New("certs: the certificates do not form a chain")
	// ErrKeyMismatch is returned when a certificate was made for another key.
	ErrKeyMismatch = errors.New("certs: certificate and request have different keys")
)

const (
	maxChainText = 1 << 20
	maxChain     = 32
)

// ParseCertificates reads every certificate of a pasted or downloaded PEM text,
// in the order of the text, with the same leniency as ParseCSR; one bare base64
// certificate is read too. Other blocks than certificates are refused.
func ParseCertificates(text string) ([]*x509.Certificate, error) {
	switch {
	case len(text) > maxChainText:
		return nil, ErrTooLarge
	case keyMarks.MatchString(text):
		return nil, ErrPrivateKey
	case clean(text, 1) == "":
		return nil, ErrNoCertificate
	}
	text = escapes.Replace(text)
	found := blocks(text)
	if len(found) == 0 {
		found = []block{{"CERTIFICATE", text}}
	}
	if len(found) > maxChain {
		return nil, ErrTooLarge
	}
	chain := make([]*x509.Certificate, 0, len(found))
	for i, b := range found {
		if !isCertificateLabel(b.label) || b.label == "PKCS7" {
			return nil, fmt.Errorf("%w: block %d is %q", ErrBadCertificate, i+1, clean(b.label, 40))
		}
		der, ok := unbase64(b.body)
		if !ok {
			return nil, fmt.Errorf("%w: block %d is not base64", ErrBadCertificate, i+1)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			if isPrivateKey(der) {
				return nil, ErrPrivateKey
			}
			return nil, fmt.Errorf("%w: block %d: %w", ErrBadCertificate, i+1, err)
		}
		chain = append(chain, cert)
	}
	return chain, nil
}

// EncodeCertificates writes certificates as PEM, one block after the other.
func EncodeCertificates(chain ...*x509.Certificate) string {
	var b strings.Builder
	for _, cert := range chain {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	}
	return b.String()
}

// Info is what pages and the book keep of a certificate.
type Info struct {
	Subject     string   // distinguished name, RFC 2253
	Issuer      string   // distinguished name, RFC 2253
	CommonName  string   // of the subject; may be empty
	IssuerName  string   // the issuer's common name, or its organisation
	Names       []string // DNS names in the certificate's order
	Serial      string   // lower-case hex of whole bytes: "0a0b"
	NotBefore   time.Time
	NotAfter    time.Time // the last second of validity
	KeyType     string    // "RSA", "ECDSA", "Ed25519", or empty
	KeyBits     int
	Fingerprint string // SHA-256 of the DER in lower-case hex
}

// Describe returns what the first certificate of a PEM text says.
func Describe(text string) (Info, error) {
	chain, err := ParseCertificates(text)
	if err != nil {
		return Info{}, err
	}
	return DescribeCertificate(chain[0]), nil
}

// DescribeCertificate is Describe for a certificate that was read already.
func DescribeCertificate(cert *x509.Certificate) Info {
	info := Info{
		Subject:     clean(cert.Subject.String(), 500),
		Issuer:      clean(cert.Issuer.String(), 500),
		CommonName:  clean(cert.Subject.CommonName, maxName),
		IssuerName:  clean(cert.Issuer.CommonName, maxSubject),
		Names:       cert.DNSNames,
		Serial:      serial(cert.SerialNumber),
		NotBefore:   cert.NotBefore.UTC(),
		NotAfter:    cert.NotAfter.UTC(),
		Fingerprint: hexSHA256(cert.Raw),
	}
	if info.IssuerName == "" {
		info.IssuerName = first(cert.Issuer.Organization)
	}
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		info.KeyType, info.KeyBits = "RSA", key.N.BitLen()
	case *ecdsa.PublicKey:
		info.KeyType, info.KeyBits = "ECDSA", key.Curve.Params().BitSize
	case ed25519.PublicKey:
		info.KeyType, info.KeyBits = "Ed25519", len(key)*8
	}
	return info
}

// serial writes a serial number in whole bytes. CAs of old issued zero and
// negative ones.
func serial(n *big.Int) string {
	text := fmt.Sprintf("%x", n.Bytes())
	if text == "" {
		text = "00"
	}
	if n.Sign() < 0 {
		text = "-" + text
	}
	return text
}

// OrderChain brings certificates into the order servers send them: the leaf,
// then each one's issuer. Repetitions are dropped. It wraps ErrBrokenChain when
// the certificates are not one chain; a root that comes both self-signed and
// cross-signed counts once, cross-signed. Signatures are not checked.
func OrderChain(certs []*x509.Certificate) ([]*x509.Certificate, error) {
	var rest []*x509.Certificate
	for _, cert := range certs {
		if !contains(rest, cert) {
			rest = append(rest, cert)
		}
	}
	if len(rest) == 0 {
		return nil, ErrNoCertificate
	}
	if len(rest) > maxChain {
		return nil, ErrTooLarge
	}
	var leaves []int
	for i, cert := range rest {
		issues := false
		for j, other := range rest {
			issues = issues || i != j && isIssuer(cert, other)
		}
		if !issues {
			leaves = append(leaves, i)
		}
	}
	if len(leaves) != 1 {
		return nil, fmt.Errorf("%w: %d of %d certificates could be the leaf", ErrBrokenChain, len(leaves), len(rest))
	}
	chain := []*x509.Certificate{rest[leaves[0]]}
	rest = append(rest[:leaves[0]:leaves[0]], rest[leaves[0]+1:]...)
	for len(rest) > 0 {
		next := -1
		for i, cert := range rest {
			if isIssuer(cert, chain[len(chain)-1]) && (next < 0 || isSelfIssued(rest[next])) {
				next = i
			}
		}
		if next < 0 {
			if rest = otherKeys(rest, chain); len(rest) == 0 {
				break // what was left is the root beside its own cross-signed form
			}
			return nil, fmt.Errorf("%w: nothing here issued %s", ErrBrokenChain, clean(chain[len(chain)-1].Subject.String(), 200))
		}
		chain = append(chain, rest[next])
		rest = append(rest[:next:next], rest[next+1:]...)
	}
	return chain, nil
}

// isIssuer reports whether parent's name and key identifier are those that child
// names as its issuer's.
func isIssuer(parent, child *x509.Certificate) bool {
	if !bytes.Equal(parent.RawSubject, child.RawIssuer) {
		return false
	}
	return len(parent.SubjectKeyId) == 0 || len(child.AuthorityKeyId) == 0 || bytes.Equal(parent.SubjectKeyId, child.AuthorityKeyId)
}

// otherKeys returns the certificates that certify none of the chain's names and keys.
func otherKeys(certs, chain []*x509.Certificate) (others []*x509.Certificate) {
	for _, cert := range certs {
		known := false
		for _, c := range chain {
			known = known || bytes.Equal(c.RawSubject, cert.RawSubject) && bytes.Equal(c.RawSubjectPublicKeyInfo, cert.RawSubjectPublicKeyInfo)
		}
		if !known {
			others = append(others, cert)
		}
	}
	return others
}

func isSelfIssued(cert *x509.Certificate) bool { return bytes.Equal(cert.RawSubject, cert.RawIssuer) }

func contains(certs []*x509.Certificate, cert *x509.Certificate) bool {
	for _, c := range certs {
		if c.Equal(cert) {
			return true
		}
	}
	return false
}

// FullChain returns what a web server is given: the leaf and the intermediate
// certificates of the bundle in order, without the root. When the two do not
// form a chain, the upstream's texts are returned one after the other as they
// came: showing them is better than showing nothing.
func FullChain(leaf, bundle string) string {
	asCame := strings.TrimSpace(strings.TrimSpace(leaf)+"\n"+strings.TrimSpace(bundle)) + "\n"
	certs, err := leafAndBundle(leaf, bundle)
	if err != nil {
		return asCame
	}
	chain, err := OrderChain(certs)
	if err != nil || !chain[0].Equal(certs[0]) {
		return asCame
	}
	if last := len(chain) - 1; last > 0 && isSelfIssued(chain[last]) {
		chain = chain[:last]
	}
	return EncodeCertificates(chain...)
}

// leafAndBundle reads the first certificate of leaf and all of bundle.
func leafAndBundle(leaf, bundle string) ([]*x509.Certificate, error) {
	certs, err := ParseCertificates(leaf)
	if err != nil {
		return nil, err
	}
	others, err := ParseCertificates(bundle)
	if err != nil && !errors.Is(err, ErrNoCertificate) {
		return nil, err
	}
	return append(certs, others...), nil
}

// MatchKey returns nil when the first certificate of the PEM text was made for
// the request's key, ErrKeyMismatch when it was not.
func MatchKey(certPEM string, csr *CSR) error {
	certs, err := ParseCertificates(certPEM)
	if err != nil {
		return err
	}
	if hexSHA256(certs[0].RawSubjectPublicKeyInfo) != csr.PublicKeySHA256 {
		return ErrKeyMismatch
	}
	return nil
}

// VerifyChain checks the signatures and dates from leaf up through bundle, at a
// moment. The anchor is the bundle's root, or, where it has none, its topmost
// certificate: whether a browser trusts that one is not asked here. It wraps
// ErrBrokenChain.
func VerifyChain(leaf, bundle string, moment time.Time) error {
	certs, err := leafAndBundle(leaf, bundle)
	if err != nil {
		return err
	}
	chain, err := OrderChain(certs)
	if err != nil {
		return err
	}
	last := len(chain) - 1
	if last == 0 {
		return fmt.Errorf("%w: the issuer's certificate is missing", ErrBrokenChain)
	}
	if !chain[0].Equal(certs[0]) {
		return fmt.Errorf("%w: the leaf is not the end of it", ErrBrokenChain)
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(chain[last])
	for _, cert := range chain[1:last] {
		between.AddCert(cert)
	}
	_, err = chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: moment, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBrokenChain, err)
	}
	return nil
}
