// Package providers is the vocabulary that every upstream system is translated into.
//
// An upstream is a system Certbay buys certificates and licences from. An adapter lives in its own folder beside this
// package, speaks its upstream's dialect, and answers in the words below. What every upstream can do is Provider; what only
// some can do is a second small interface (see abilities.go) that callers look for with a type assertion.
//
// Contract, for every method of every adapter:
//
//   - It takes a context and returns soon after that ends, with an error that wraps ctx.Err().
//   - It never retries a call that changes something upstream. Reads (Products, Status, Certificate, Find) may be retried by
//     the adapter and by the caller; everything else is retried by the caller only, and only as documented on the method.
//   - It is safe for concurrent use.
//   - Errors wrap one of the sentinels in errors.go. For a call that changes something, ErrRefused, ErrCredentials and ErrNotSent
//     mean that nothing was carried out; any other error means "not known what happened": for Submit that makes the order
//     unsure, to be looked up by reference (Finder) or decided by a person.
//   - Names are lower-case ASCII (IDN as A-labels) without a final dot. Times are UTC. Strings which a person has to publish
//     are the upstream's own, verbatim.
package providers

import (
	"context"
	"crypto/x509"
	"fmt"
	"maps"
	"slices"
	"time"

	"certbay/db/certs"
	"certbay/db/money"
)

// Provider is an upstream system that certificates are bought from.
type Provider interface {
	// Products lists what the upstream sells to us now. Read; may be retried.
	Products(ctx context.Context) ([]Product, error)

	// Submit places an order and spends money upstream. It must not be called twice for one order unless the first call
	// ended with ErrRefused, ErrCredentials or ErrNotSent, or Finder said ErrUnknown for its reference: after any other error
	// the upstream may have accepted it. ErrRefused means that nothing was ordered.
	Submit(ctx context.Context, s Submission) (Receipt, error)

	// Status reads how the order stands. Read; may be retried. ErrUnknown when the upstream has no such order.
	Status(ctx context.Context, upstreamID string) (Status, error)

	// Certificate reads the newest certificate of the order. Read; may be retried. ErrNotReady while none is issued,
	// ErrUnknown when the upstream has no such order.
	Certificate(ctx context.Context, upstreamID string) (Certificate, error)
}

// Registry holds upstreams by the name the book knows them by.
type Registry map[string]Provider

// Upstream finds the one of that name.
func (r Registry) Upstream(_ context.Context, name string) (Provider, error) {
	p, ok := r[name]
	if !ok {
		return nil, fmt.Errorf("upstream %q is not set up", name)
	}
	return p, nil
}

// Names lists them.
func (r Registry) Names(context.Context) ([]string, error) {
	return slices.Sorted(maps.Keys(r)), nil
}

// Type is what sort of thing a product is; the words of the catalog.
type Type string

const (
	TypeSSL         Type = "ssl"
	TypeWildcard    Type = "wildcard"
	TypeMultiDomain Type = "multi-domain"
	TypeCodeSigning Type = "code-signing"
	TypeLicence     Type = "licence"
)

// Validation is how deeply the CA looks at the applicant. Empty for licences.
type Validation string

const (
	ValidationDV Validation = "dv"
	ValidationOV Validation = "ov"
	ValidationEV Validation = "ev"
)

// Method is how control of a domain is shown to the CA.
type Method string

const (
	MethodEmail Method = "email"
	MethodHTTP  Method = "http"
	MethodHTTPS Method = "https"
	MethodDNS   Method = "dns"
)

// Valid reports whether m is one of the four methods.
func (m Method) Valid() bool {
	switch m {
	case MethodEmail, MethodHTTP, MethodHTTPS, MethodDNS:
		return true
	}
	return false
}

// Product is one thing the upstream sells, with what it is able to do. Capabilities are data: nothing is guessed from the name.
type Product struct {
	Code       string // the upstream's own, what Submission.ProductCode takes
	Name       string // as a person reads it, brand included
	Brand      string
	Type       Type
	Validation Validation
	Terms      []Term // ascending by Months, at least one

	SAN         SANRule // additional plain names
	WildcardSAN SANRule // additional names that start with "*."

	Methods  []Method // what may be chosen for a plain name; a wildcard name never takes http or https. Empty: no domain control
	Warranty int64    // in whole US dollars; 0 = none stated
	Cores    []string // licences: the codes that Licencer.ChangeCore can turn it into
}

// Term is a length the product is sold for, and what it costs us. Cost has no currency when the upstream does not tell prices.
type Term struct {
	Months int
	Cost   money.Money
}

// SANRule says how many additional names of one kind a product takes: Included without a further charge, at most Maximum in
// all (0 = the product takes none), each one beyond Included for Cost per 12 months.
type SANRule struct {
	Included int
	Maximum  int
	Cost     money.Money
}

// Submission is an order as it is handed to the upstream.
type Submission struct {
	Reference   string // ours; unique per order and at most 64 characters of [A-Za-z0-9_-]; Finder looks for it
	ProductCode string
	Months      int
	CSR         string         // PEM; empty for licences
	Names       []DomainChoice // the names to certify, the main one first; this list wins over the names in the CSR
	Contact     Contact        // the person the CA may ask
	Org         Organization   // OV, EV and code signing
	IP          string         // licences: the server's address
	Delivery    string         // code signing: where the key will live, own_token, shipped_token or hsm; for upstreams that ask

	// Earlier is the upstream's id of what an earlier submission for the same wish came to, when that was refused (see
	// Refusal.UpstreamID) or rejected (StateRejected). An upstream whose rejected orders can be corrected, and so were paid
	// once, corrects it and does not order again; others pass it over. Empty: there is none.
	Earlier string
}

// DomainChoice is one name and how its control will be shown. Email is the approver for MethodEmail and empty otherwise.
// A code signing order has one choice with the main Name empty, or none at all.
type DomainChoice struct {
	Name   string
	Method Method
	Email  string
}

// Contact is a person. Every field may be empty where the product does not need it.
type Contact struct {
	FirstName, LastName, Title, Email, Phone string
}

// Organization is the applicant of an OV, EV or code signing order. Country is an ISO 3166 code of two letters.
type Organization struct {
	Name, Unit, RegistrationNumber                 string
	Street, City, Province, PostalCode, Country    string
	Phone, DunsNumber, Category, JurisdictionState string
}

// Receipt is the upstream's word that it has the order.
type Receipt struct {
	UpstreamID string // what all further calls take
	Message    string // the upstream's words, may be empty
}

// State is how an order stands upstream.
type State string

const (
	StateProcessing        State = "processing"         // the upstream's move: vetting, queue
	StateValidationPending State = "validation_pending" // the domain owner's move: at least one name waits for control
	StateIssued            State = "issued"             // Certificate answers; for a licence: it works
	StateSuspended         State = "suspended"          // a licence that does not work until it is unsuspended
	StateRejected          State = "rejected"           // final; Message says why
	StateCancelled         State = "cancelled"          // final
	StateRevoked           State = "revoked"            // final; it had been issued
)

// Final reports whether the order can't move any more.
func (s State) Final() bool {
	return s == StateRejected || s == StateCancelled || s == StateRevoked
}

// Status is how an order stands. Domains come in the order of Submission.Names.
type Status struct {
	State      State
	Message    string // the upstream's words, may be empty
	Domains    []DomainStatus
	LicenceKey string // licences that are issued, where the upstream has one
	IP         string // licences: where it runs, where the upstream tells
	Reissuing  bool   // a reissue is under way; Certificate still answers the certificate before it, if there is one

	// TermEndsAt is the end of what was bought, not of the certificate; zero while it has not begun, or where the upstream
	// does not tell.
	TermEndsAt time.Time
}

// DomainStatus is how one name stands.
type DomainStatus struct {
	Name        string
	Method      Method
	Instruction Instruction
	Verified    bool
	VerifiedAt  time.Time // zero while not verified
	Detail      string    // what the CA saw last, in its words; may be empty
}

// Instruction is what the domain owner has to publish: exactly one of the three groups is filled, by the method.
// All strings are the upstream's, verbatim; they are stored and shown as they came and never recomputed.
type Instruction struct {
	// dns
	RecordType string // "CNAME" or "TXT"
	Host       string // the full name of the record
	Value      string

	// http, https
	FileURL     string // where the CA will look, scheme included
	FileName    string
	FileContent string // lines may be separated by CR LF; compared without the final newline

	// email
	Email string // where the approval link was sent
}

// Empty reports whether nothing has to be published (yet).
func (i Instruction) Empty() bool { return i == Instruction{} }

// Certificate is what was issued.
type Certificate struct {
	Leaf      string // PEM, one certificate
	Chain     string // PEM, from the issuer of Leaf upward
	Serial    string // lower-case hex of whole bytes, as certs.Info has it
	NotBefore time.Time
	NotAfter  time.Time
}

// CertificateOf is an issued certificate with its chain, from the issuer upward.
func CertificateOf(leaf *x509.Certificate, chain ...*x509.Certificate) Certificate {
	return Certificate{Leaf: certs.EncodeCertificates(leaf), Chain: certs.EncodeCertificates(chain...), Serial: certs.DescribeCertificate(leaf).Serial,
		NotBefore: leaf.NotBefore.UTC(), NotAfter: leaf.NotAfter.UTC()}
}
