package certs

import (
	"bytes"
	"crypto/x509"
	"time"
)

// Installed is what the certificates that a server presents are worth, beside what
// was issued for its name.
type Installed struct {
	Serial        string // as Info has it
	IssuerName    string
	NotAfter      time.Time
	Same          bool // it is the certificate that was issued; true where none is known
	NameMatches   bool // it is for the name
	InTime        bool // its validity has begun and not ended
	ChainComplete bool // nothing is missing between it and a root
}

// InOrder says that nothing is to be mended.
func (i Installed) InOrder() bool { return i.Same && i.NameMatches && i.InTime && i.ChainComplete }

// JudgeInstalled compares what a server presented, its own certificate first, with
// what was issued and the chain of it; nil where nothing is known of them. presented
// is not empty. A chain is complete when every certificate of the known chain that
// is no root was presented; where nothing is known, when its own certificate came
// with the one above it.
func JudgeInstalled(presented []*x509.Certificate, name string, issued *x509.Certificate, chain []*x509.Certificate, now time.Time) Installed {
	leaf := presented[0]
	info := DescribeCertificate(leaf)
	return Installed{
		Serial: info.Serial, IssuerName: info.IssuerName, NotAfter: info.NotAfter,
		Same:        issued == nil || bytes.Equal(leaf.Raw, issued.Raw),
		NameMatches: leaf.VerifyHostname(name) == nil,
		InTime:      !now.Before(leaf.NotBefore) && !now.After(leaf.NotAfter),
		// A chain that a server sends in a wrong order is put right by its visitors.
		ChainComplete: reachesRoot(leaf, presented[1:], chain, maxChain),
	}
}

func reachesRoot(at *x509.Certificate, presented, known []*x509.Certificate, steps int) bool {
	if selfSigned(at) {
		return true
	}
	if steps == 0 {
		return false
	}
	if above := issuerOf(at, presented); above != nil {
		return reachesRoot(above, presented, known, steps-1)
	}
	if above := issuerOf(at, known); above != nil {
		return selfSigned(above) // a root need not be sent
	}
	// Whoever signed it is nowhere: a root where the certificate itself is an
	// authority's, which roots alone sign; else an authority that was left out.
	return at.IsCA
}

func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawSubject, c.RawIssuer)
}

func issuerOf(c *x509.Certificate, among []*x509.Certificate) *x509.Certificate {
	for _, a := range among {
		if bytes.Equal(c.RawIssuer, a.RawSubject) && !bytes.Equal(c.Raw, a.Raw) && c.CheckSignatureFrom(a) == nil {
			return a
		}
	}
	return nil
}
