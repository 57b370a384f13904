package sandbox

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"time"

	"certbay/db/certs"
	"certbay/providers"
)

// policies are the CA/Browser Forum's identifiers of how deeply was looked.
var policies = map[providers.Validation]x509.OID{
	providers.ValidationDV: oid(2, 23, 140, 1, 2, 1),
	providers.ValidationOV: oid(2, 23, 140, 1, 2, 2),
	providers.ValidationEV: oid(2, 23, 140, 1, 1),
}

var codeSigningPolicy = oid(2, 23, 140, 1, 4, 1)

func oid(ints ...uint64) x509.OID {
	o, err := x509.OIDFromInts(ints)
	if err != nil {
		panic(err)
	}
	return o
}

// issue makes the certificate of the order's open request and closes it. The caller's transaction makes it known.
func (ca *CA) issue(ctx context.Context, q querier, o *order, now time.Time) (providers.Certificate, error) {
	now = now.Truncate(time.Second)
	ends := o.termEndsAt
	if ends.IsZero() {
		ends = now.AddDate(0, o.months, 0)
	}
	cert, err := ca.sign(o, now, ends)
	if err != nil {
		return providers.Certificate{}, err
	}
	out := providers.Certificate{
		Leaf: encode(cert), Chain: ca.chain, Serial: certs.DescribeCertificate(cert).Serial,
		NotBefore: cert.NotBefore.UTC(), NotAfter: cert.NotAfter.UTC(),
	}
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{`insert into certificate (order_id, request_id, serial, leaf, not_before, not_after) values ($1, $2, $3, $4, $5, $6)`,
			[]any{o.id, o.request.id, out.Serial, out.Leaf, millis(out.NotBefore), millis(out.NotAfter)}},
		{`update request set state = 'done' where id = $1`, []any{o.request.id}},
		{`update upstream_order set state = $1, message = '', term_ends_at = $2 where id = $3`,
			[]any{string(providers.StateIssued), millis(ends), o.id}},
	} {
		if _, err := q.ExecContext(ctx, step.sql, step.args...); err != nil {
			return providers.Certificate{}, err
		}
	}
	return out, nil
}

// sign makes the certificate: valid from now, to the end of the term or to the longest the rules of that day allow, less a day.
func (ca *CA) sign(o *order, now, ends time.Time) (*x509.Certificate, error) {
	csr, err := certs.ParseCSR(o.request.csr)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificateRequest(csr.DER)
	if err != nil {
		return nil, err
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	keyID, err := subjectKeyID(parsed.PublicKey)
	if err != nil {
		return nil, err
	}
	signing := o.product.Type == providers.TypeCodeSigning
	last := now.AddDate(0, 0, certs.RequestDays(now, signing))
	if ends.Before(last) {
		last = ends
	}
	if !last.After(now) {
		return nil, fmt.Errorf("the term of order %s ended %s", upstreamID(o.id), ends)
	}
	t := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               subject(o),
		NotBefore:             now,
		NotAfter:              last.Add(-time.Second), // the last second counts
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		SubjectKeyId:          keyID,
		Policies:              []x509.OID{policies[o.product.Validation]},
	}
	if parsed.PublicKeyAlgorithm == x509.RSA && !signing {
		t.KeyUsage |= x509.KeyUsageKeyEncipherment
	}
	if signing {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}
		t.Policies = []x509.OID{codeSigningPolicy}
	}
	for _, n := range o.request.names {
		t.DNSNames = append(t.DNSNames, n.Name)
	}
	der, err := x509.CreateCertificate(rand.Reader, t, ca.issuer, parsed.PublicKey, ca.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// subject holds the main name where it fits the 64 characters of a common name, and the applicant where it was vetted.
func subject(o *order) pkix.Name {
	var s pkix.Name
	if len(o.request.names) > 0 {
		if main := o.request.names[0].Name; len(main) <= 64 {
			s.CommonName = main
		}
	}
	if o.product.Validation == providers.ValidationDV {
		return s
	}
	one := func(v string) []string {
		if v == "" {
			return nil
		}
		return []string{v}
	}
	s.Organization, s.Locality, s.Province, s.Country = one(o.org.Name), one(o.org.City), one(o.org.Province), one(o.org.Country)
	if o.product.Type == providers.TypeCodeSigning {
		s.CommonName = o.org.Name
	}
	if o.product.Validation == providers.ValidationEV {
		s.SerialNumber = o.org.RegistrationNumber
		add := func(id asn1.ObjectIdentifier, v string) {
			if v != "" {
				s.ExtraNames = append(s.ExtraNames, pkix.AttributeTypeAndValue{Type: id, Value: v})
			}
		}
		add(asn1.ObjectIdentifier{2, 5, 4, 15}, o.org.Category)
		add(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 60, 2, 1, 3}, o.org.Country)
	}
	return s
}

// subjectKeyID is method 1 of RFC 7093: the first 160 bits of the SHA-256 of the key's bits.
func subjectKeyID(key crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, err
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, fmt.Errorf("reading the public key: %w", err)
	}
	sum := sha256.Sum256(info.Key.Bytes)
	return sum[:20], nil
}
