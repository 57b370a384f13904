// Package providertest is the examination that every adapter sits: Run, against the upstream itself or a server that speaks its
// dialect. What the vocabulary promises is asked of everybody; each ability of those who have it.
package providertest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"certbay/db/certs"
	"certbay/providers"
)

// Env is one upstream to be examined, and the hands of a domain owner.
type Env struct {
	Provider providers.Provider

	// Product codes. DVSingle issues for 12 months as soon as domain control is shown; only who sells nothing but licences has
	// none. The examinations of the others are skipped where the code is empty. DVMultiDomain takes at least two further names.
	DVSingle, DVMultiDomain, DVWildcard string

	// Licence is the code of a licence that is sold for LicenceMonths, by Licencers; empty: none is.
	Licence       string
	LicenceMonths int

	// Blind says that the dialect has no question after an order: Status repeats what Submit was told.
	Blind bool

	// OneMethod says that the dialect has one method of domain control for all names of an order.
	OneMethod bool

	// OncePerReference says that the upstream makes one order of a reference although Find can't look for it.
	OncePerReference bool

	// CancelsUntilValidation says that the dialect cancels orders only while no validation is under way.
	CancelsUntilValidation bool

	// Stranger is the same upstream with a login that it does not accept, Nowhere an adapter pointed at an address where nobody
	// listens; nil for an upstream that needs no login or no network.
	Stranger, Nowhere providers.Provider

	// Publish makes an instruction for a name true in the upstream's internet: a record, a file (replacing what was there).
	Publish func(t *testing.T, i providers.Instruction, name string)

	// Approve follows the link in the newest mail to an approver; nil: nobody reads the mail.
	Approve func(t *testing.T, email string)
	// Mails counts what an approver was sent; nil: nobody can tell.
	Mails func(email string) int

	// Patience is how long the upstream may take to notice; 0 = 10 seconds.
	Patience time.Duration
}

// Run examines what open opens; open is called once per examination and registers its own cleanup.
func Run(t *testing.T, open func(t *testing.T) Env) {
	for _, e := range []struct {
		name string
		f    func(*exam)
	}{
		{"Products", products},
		{"SubmitGivesInstructions", submitGivesInstructions},
		{"SameReferenceIsOneOrder", sameReferenceIsOneOrder},
		{"FindByReference", findByReference},
		{"WrongRecordStaysPendingRightOneIssues", wrongThenRight},
		{"FileIssues", fileIssues},
		{"MailIssues", mailIssues},
		{"SeveralNames", severalNames},
		{"Wildcard", wildcard},
		{"ChangeDCV", changeDCV},
		{"Resend", resend},
		{"Cancel", cancel},
		{"ReissueSameNames", reissueSameNames},
		{"ReissueWithNewName", reissueWithNewName},
		{"Revoke", revoke},
		{"BadSubmissionsAreRefusedWithWords", refusals},
		{"UnknownOrder", unknownOrder},
		{"CancelledContext", cancelledContext},
		{"Renew", renew},
		{"ApproverEmails", approverEmails},
		{"Balance", balance},
		{"ListOrders", listOrders},
		{"Licence", licence},
		{"LicenceRefusals", licenceRefusals},
		{"Probe", probe},
		{"WrongLogin", wrongLogin},
		{"NobodyListens", nobodyListens},
	} {
		t.Run(e.name, func(t *testing.T) {
			env := open(t)
			if env.DVSingle == "" && !slices.Contains(ofAll, e.name) {
				t.Skip("no certificates are sold")
			}
			if env.Patience == 0 {
				env.Patience = 10 * time.Second
			}
			e.f(&exam{T: t, Env: env, ctx: t.Context()})
		})
	}
}

// ofAll are the examinations of those, too, who sell nothing but licences.
var ofAll = []string{"Products", "CancelledContext", "Balance", "Licence", "LicenceRefusals", "Probe", "WrongLogin", "NobodyListens"}

// exam is one examination.
type exam struct {
	*testing.T
	Env
	ctx context.Context
}

// domain makes a name that no other examination uses.
func (e *exam) domain() string {
	return "x" + strings.ToLower(rand.Text()[:10]) + ".example.com"
}

// submission asks for names by dns, with a fresh key.
func (e *exam) submission(product string, names ...string) providers.Submission {
	e.Helper()
	s := providers.Submission{
		Reference:   "exam-" + strings.ToLower(rand.Text()[:16]),
		ProductCode: product,
		Months:      12,
		CSR:         CSR(e.T, names...),
		Contact:     providers.Contact{FirstName: "Ada", LastName: "Lovelace", Title: "Ms", Email: "ada@example.com", Phone: "+90.5551112233"},
		Org: providers.Organization{Name: "Example Ltd", Street: "Street 1", City: "Ankara", Province: "Ankara", PostalCode: "06000",
			Country: "TR", Phone: "+90.3121112233"},
	}
	for _, n := range names {
		s.Names = append(s.Names, providers.DomainChoice{Name: n, Method: providers.MethodDNS})
	}
	return s
}

// anything is a submission that is good: of a certificate, else of a licence.
func (e *exam) anything() providers.Submission {
	e.Helper()
	if e.DVSingle != "" {
		return e.submission(e.DVSingle, e.domain())
	}
	s := e.submission(e.Licence)
	s.CSR, s.Names, s.Months, s.IP = "", nil, e.LicenceMonths, e.place()
	return s
}

func (e *exam) submit(s providers.Submission) (id string) {
	e.Helper()
	r, err := e.Provider.Submit(e.ctx, s)
	if err != nil {
		e.Fatalf("submit: %v", err)
	}
	if r.UpstreamID == "" {
		e.Fatal("submit: no id")
	}
	return r.UpstreamID
}

func (e *exam) status(id string) providers.Status {
	e.Helper()
	s, err := e.Provider.Status(e.ctx, id)
	if err != nil {
		e.Fatalf("status of %s: %v", id, err)
	}
	return s
}

// recheck asks for a look where that can be asked for.
func (e *exam) recheck(id string) {
	e.Helper()
	r, ok := e.Provider.(providers.Rechecker)
	if !ok {
		return
	}
	if err := r.Recheck(e.ctx, id); err != nil && !errors.Is(err, providers.ErrUnavailable) {
		e.Fatalf("recheck of %s: %v", id, err)
	}
}

// until waits for a status, asking the upstream to look meanwhile.
func (e *exam) until(id, what string, ok func(providers.Status) bool) providers.Status {
	e.Helper()
	for end := time.Now().Add(e.Patience); ; time.Sleep(50 * time.Millisecond) {
		s := e.status(id)
		if ok(s) {
			return s
		}
		if time.Now().After(end) {
			e.Fatalf("order %s never came to be %s: %+v", id, what, s)
		}
		e.recheck(id)
	}
}

func (e *exam) issued(id string) providers.Certificate {
	e.Helper()
	e.until(id, "issued", func(s providers.Status) bool { return s.State == providers.StateIssued && !s.Reissuing })
	c, err := e.Provider.Certificate(e.ctx, id)
	if err != nil {
		e.Fatalf("certificate of %s: %v", id, err)
	}
	return c
}

// instructed waits until every name has its instruction, as some upstreams take a moment.
func (e *exam) instructed(id string) providers.Status {
	e.Helper()
	return e.until(id, "instructed", func(s providers.Status) bool {
		return len(s.Domains) > 0 && !slices.ContainsFunc(s.Domains, func(d providers.DomainStatus) bool { return d.Instruction.Empty() && !d.Verified })
	})
}

// publish does what the upstream says for every name that is not verified.
func (e *exam) publish(id string) {
	e.Helper()
	for _, d := range e.instructed(id).Domains {
		if !d.Verified {
			e.Publish(e.T, d.Instruction, d.Name)
		}
	}
}

// buy orders names and shows control of them.
func (e *exam) buy(s providers.Submission) (id string, c providers.Certificate) {
	e.Helper()
	id = e.submit(s)
	e.publish(id)
	return id, e.issued(id)
}

// verify checks that a certificate is good for exactly these names and the CSR's key.
func (e *exam) verify(c providers.Certificate, csr string, names ...string) *x509.Certificate {
	e.Helper()
	if err := certs.VerifyChain(c.Leaf, c.Chain, time.Now()); err != nil {
		e.Errorf("chain: %v", err)
	}
	parsed, err := certs.ParseCSR(csr)
	if err != nil {
		e.Fatal(err)
	}
	if err := certs.MatchKey(c.Leaf, parsed); err != nil {
		e.Errorf("key: %v", err)
	}
	list, err := certs.ParseCertificates(c.Leaf)
	if err != nil || len(list) != 1 {
		e.Fatalf("leaf: %d certificates, %v", len(list), err)
	}
	leaf := list[0]
	got, want := slices.Clone(leaf.DNSNames), slices.Clone(names)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		e.Errorf("names %q, want %q", got, want)
	}
	info := certs.DescribeCertificate(leaf)
	if c.Serial != info.Serial || !c.NotBefore.Equal(leaf.NotBefore) || !c.NotAfter.Equal(leaf.NotAfter) {
		e.Errorf("serial %s or dates %s, %s are not the certificate's: %s %s %s", c.Serial, c.NotBefore, c.NotAfter, info.Serial, leaf.NotBefore, leaf.NotAfter)
	}
	if days := leaf.NotAfter.Sub(leaf.NotBefore).Hours() / 24; days > float64(certs.MaxDays(leaf.NotBefore, false)) {
		e.Errorf("valid for %.1f days", days)
	}
	return leaf
}

func (e *exam) refused(what string, err error) {
	e.Helper()
	var r *providers.Refusal
	if !errors.Is(err, providers.ErrRefused) || !errors.As(err, &r) || r.Message == "" {
		e.Errorf("%s: want a refusal with words, got %v", what, err)
	}
}

// CSR makes a request for names with a fresh P-256 key, the first as common name.
func CSR(t testing.TB, names ...string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return request(t, key, names)
}

func request(t testing.TB, key any, names []string) string {
	t.Helper()
	template := &x509.CertificateRequest{DNSNames: names}
	if len(names) > 0 {
		template.Subject = pkix.Name{CommonName: names[0]}
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func weakCSR(t testing.TB, names ...string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	return request(t, key, names)
}
