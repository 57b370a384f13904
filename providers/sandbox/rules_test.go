package sandbox_test

import (
	"crypto/rand"
	"crypto/x509"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"certbay/db/certs"
	"certbay/providers"
	"certbay/providers/providertest"
	"certbay/providers/sandbox"
)

var exampleOrg = providers.Organization{Name: "Örnek Ltd. Şti.", City: "Ankara", Province: "Ankara", Country: "tr",
	RegistrationNumber: "123456", Category: "Private Organization"}

func order(t testing.TB, product string, names ...string) providers.Submission {
	s := providers.Submission{Reference: "t-" + rand.Text(), ProductCode: product, Months: 12, CSR: providertest.CSR(t, names...), Org: exampleOrg}
	for _, n := range names {
		s.Names = append(s.Names, providers.DomainChoice{Name: n, Method: providers.MethodDNS})
	}
	return s
}

func (w *world) submit(s providers.Submission) string {
	w.t.Helper()
	r, err := w.ca.Submit(w.t.Context(), s)
	if err != nil {
		w.t.Fatal(err)
	}
	return r.UpstreamID
}

func (w *world) status(id string) providers.Status {
	w.t.Helper()
	s, err := w.ca.Status(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) publishAll(id string) {
	w.t.Helper()
	for _, d := range w.status(id).Domains {
		if !d.Verified && d.Method != providers.MethodEmail {
			w.publish(w.t, d.Instruction, d.Name)
		}
	}
}

func (w *world) buy(s providers.Submission) (string, providers.Certificate) {
	w.t.Helper()
	id := w.submit(s)
	if s.IP == "" {
		w.publishAll(id)
	}
	w.status(id)
	w.pass(2 * time.Minute)
	if s := w.status(id); s.State != providers.StateIssued {
		w.t.Fatalf("not issued: %+v", s)
	}
	c, err := w.ca.Certificate(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return id, c
}

func leaf(t *testing.T, c providers.Certificate) *x509.Certificate {
	t.Helper()
	list, err := certs.ParseCertificates(c.Leaf)
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

func TestOpensslAcceptsWhatIsIssued(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Fatal("openssl is not installed: run e2e/install.sh unit")
	}
	w := open(t)
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for product, names := range map[string][]string{
		"sectigo-positivessl":              {"example.com", "www.example.com"},
		"sectigo-positivessl-multi-domain": {"example.com", "example.net", "*.example.org"},
		"digicert-secure-site-wildcard":    {"*.example.com"},
		"sectigo-ev":                       {"example.com"},
	} {
		_, c := w.buy(order(t, product, names...))
		chain, err := certs.ParseCertificates(c.Chain)
		if err != nil || len(chain) != 2 {
			t.Fatalf("chain of %d: %v", len(chain), err)
		}
		if !strings.HasSuffix(c.Chain, w.ca.RootPEM()) {
			t.Error("the chain does not end at the root")
		}
		args := []string{"verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", write("root.pem", w.ca.RootPEM()),
			"-attime", strconv.FormatInt(w.now().Unix(), 10),
			"-untrusted", write("issuer.pem", certs.EncodeCertificates(chain[0])),
			"-verify_hostname", strings.Replace(names[0], "*", "a", 1), write("leaf.pem", c.Leaf)}
		if out, err := exec.Command(openssl, args...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", product, err, out)
		}
	}
}

func TestCertificateFollowsTheRulesOfItsProduct(t *testing.T) {
	for _, tc := range []struct {
		product string
		names   []string
		policy  string
		org     bool
	}{
		{"sectigo-positivessl", []string{"example.com"}, "2.23.140.1.2.1", false},
		{"sectigo-instantssl", []string{"example.com"}, "2.23.140.1.2.2", true},
		{"geotrust-true-businessid-ev", []string{"example.com"}, "2.23.140.1.1", true},
	} {
		w := open(t)
		_, c := w.buy(order(t, tc.product, tc.names...))
		cert := leaf(t, c)
		if got := cert.Policies[0].String(); got != tc.policy || len(cert.Policies) != 1 {
			t.Errorf("%s: policies %v", tc.product, cert.Policies)
		}
		if got := slices.Equal(cert.Subject.Organization, []string{exampleOrg.Name}); got != tc.org {
			t.Errorf("%s: subject %s", tc.product, cert.Subject)
		}
		if !slices.Equal(cert.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}) || cert.IsCA || !cert.BasicConstraintsValid {
			t.Errorf("%s: usages %v, CA %v", tc.product, cert.ExtKeyUsage, cert.IsCA)
		}
		if cert.KeyUsage != x509.KeyUsageDigitalSignature {
			t.Errorf("%s: an ECDSA key only signs, got %b", tc.product, cert.KeyUsage)
		}
		if len(cert.SerialNumber.Bytes()) != 20 || cert.SerialNumber.Sign() != 1 || len(cert.SubjectKeyId) == 0 || len(cert.AuthorityKeyId) == 0 {
			t.Errorf("%s: serial %x, key ids %x %x", tc.product, cert.SerialNumber, cert.SubjectKeyId, cert.AuthorityKeyId)
		}
		want := cert.NotBefore.AddDate(0, 0, certs.RequestDays(cert.NotBefore, false)).Add(-time.Second)
		if !cert.NotAfter.Equal(want) {
			t.Errorf("%s: ends %s, want %s", tc.product, cert.NotAfter, want)
		}
	}
}

func TestCodeSigningNeedsNoDomainAndVetsTheOrganisation(t *testing.T) {
	w := open(t)
	s := order(t, "sectigo-code-signing")
	id := w.submit(s)
	if st := w.status(id); st.State != providers.StateProcessing || st.Message != "organisation vetting" || len(st.Domains) != 0 {
		t.Errorf("%+v", st)
	}
	w.pass(2 * time.Minute)
	if st := w.status(id); st.State != providers.StateIssued {
		t.Fatalf("%+v", st)
	}
	c, err := w.ca.Certificate(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	cert := leaf(t, c)
	if !slices.Equal(cert.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}) || cert.Subject.CommonName != exampleOrg.Name || len(cert.DNSNames) != 0 {
		t.Errorf("%v %s %v", cert.ExtKeyUsage, cert.Subject, cert.DNSNames)
	}
	s.Reference, s.Org = "t-"+rand.Text(), providers.Organization{}
	if _, err := w.ca.Submit(t.Context(), s); !errors.Is(err, providers.ErrRefused) {
		t.Errorf("without an organisation: %v", err)
	}
}

func TestLicenceWorksAtOnceAndHasNoCertificate(t *testing.T) {
	w := open(t)
	s := providers.Submission{Reference: "licence-1", ProductCode: "cpanel-solo", Months: 1, IP: "203.0.113.10"}
	id := w.submit(s)
	st := w.status(id)
	if st.State != providers.StateIssued || st.LicenceKey == "" || len(st.Domains) != 0 {
		t.Errorf("%+v", st)
	}
	if _, err := w.ca.Certificate(t.Context(), id); !errors.Is(err, providers.ErrNotReady) {
		t.Errorf("certificate: %v", err)
	}
	if err := w.ca.Reissue(t.Context(), id, s); !errors.Is(err, providers.ErrRefused) {
		t.Errorf("reissue: %v", err)
	}
	s.Reference, s.IP = "licence-2", "not an address"
	if _, err := w.ca.Submit(t.Context(), s); !errors.Is(err, providers.ErrRefused) {
		t.Errorf("without an address: %v", err)
	}
}

func TestInstructionsAreSectigosOrATXTRecord(t *testing.T) {
	w := open(t)
	s := order(t, "sectigo-positivessl-multi-domain", "example.com", "www.example.com", "*.example.com", "shop.example.com")
	s.Names[3].Method = providers.MethodHTTPS
	csr, err := certs.ParseCSR(s.CSR)
	if err != nil {
		t.Fatal(err)
	}
	d := w.status(w.submit(s)).Domains
	i := d[0].Instruction
	if i.RecordType != "CNAME" || i.Host != "_"+csr.MD5+".example.com" ||
		!strings.HasPrefix(i.Value, csr.SHA256[:32]+"."+csr.SHA256[32:]+".") || !strings.HasSuffix(i.Value, ".sandbox-ca.test.") {
		t.Errorf("%+v", i)
	}
	if d[1].Instruction != i || d[2].Instruction != i {
		t.Errorf("www and the wildcard are shown by the domain's own record: %+v", d)
	}
	f := d[3].Instruction
	lines := strings.Split(f.FileContent, "\r\n")
	if f.FileURL != "https://shop.example.com/.well-known/pki-validation/"+f.FileName || f.FileName != strings.ToUpper(csr.MD5)+".txt" ||
		len(lines) != 3 || lines[0] != strings.ToUpper(csr.SHA256) || lines[1] != "sandbox-ca.test" || lines[2] == "" {
		t.Errorf("%+v", f)
	}
	txt := w.status(w.submit(order(t, "thawte-ssl123", "example.com"))).Domains[0].Instruction
	if txt.RecordType != "TXT" || txt.Host != "_dnsauth.example.com" || txt.Value == "" {
		t.Errorf("%+v", txt)
	}
}

func TestNamesAreCountedAsTheProductSellsThem(t *testing.T) {
	w := open(t)
	for _, tc := range []struct {
		product string
		names   []string
		ok      bool
	}{
		{"sectigo-positivessl", []string{"example.com", "www.example.com"}, true},
		{"sectigo-positivessl", []string{"www.example.com", "example.com"}, true},
		{"sectigo-positivessl", []string{"example.com", "mail.example.com"}, false},
		{"sectigo-positivessl", []string{"com.tr"}, false},
		{"sectigo-positivessl", []string{"127.0.0.1"}, false},
		{"sectigo-positivessl", nil, false},
		{"sectigo-positivessl-wildcard", []string{"*.example.com", "example.com"}, true},
		{"sectigo-positivessl-wildcard", []string{"example.com"}, false},
		{"sectigo-positivessl-wildcard", []string{"*.example.com", "*.example.net"}, false},
		{"sectigo-positivessl-multi-domain", []string{"example.com", "example.net", "*.example.org"}, true},
		{"sectigo-ev-multi-domain", []string{"example.com", "*.example.org"}, false},
		{"geotrust-quickssl-premium", []string{"example.com", "a.example.com", "b.example.com", "c.example.com", "d.example.com"}, true},
		{"geotrust-quickssl-premium", []string{"example.com", "a.example.com", "b.example.com", "c.example.com", "d.example.com", "e.example.com"}, false},
	} {
		_, err := w.ca.Submit(t.Context(), order(t, tc.product, tc.names...))
		if tc.ok && err != nil || !tc.ok && !errors.Is(err, providers.ErrRefused) {
			t.Errorf("%s %q: %v", tc.product, tc.names, err)
		}
	}
}

func TestNameGivenTwiceIsCertifiedOnce(t *testing.T) {
	w := open(t)
	s := order(t, "sectigo-positivessl", "example.com")
	s.Names = append(s.Names, providers.DomainChoice{Name: "Example.COM.", Method: providers.MethodHTTP})
	_, c := w.buy(s)
	if got := leaf(t, c).DNSNames; !slices.Equal(got, []string{"example.com"}) {
		t.Error(got)
	}
}

// A look takes a while; what it saw for the method before must not count for the method after.
func TestMemorySurvivesARestart(t *testing.T) {
	w := open(t)
	pending := w.submit(order(t, "sectigo-positivessl", "example.net"))
	before := w.status(pending)
	id, c := w.buy(order(t, "sectigo-positivessl", "example.com"))
	root := w.ca.RootPEM()
	w.reopen()
	if w.ca.RootPEM() != root {
		t.Error("another root")
	}
	if again, err := w.ca.Certificate(t.Context(), id); err != nil || again != c {
		t.Error("another certificate", err)
	}
	if after := w.status(pending); after.Domains[0].Instruction != before.Domains[0].Instruction {
		t.Error("other instructions")
	}
	w.publishAll(pending)
	if st := w.status(pending); st.State != providers.StateIssued {
		t.Errorf("%+v", st)
	}
	info, err := os.Stat(w.o.Path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file holds private keys: %v %v", info.Mode(), err)
	}
}

func TestIdsThatWereNeverOursAreUnknown(t *testing.T) {
	w := open(t)
	for _, id := range []string{"sb-", "sb-100000", "sb-0", "sb--1", "sb-+100001", "sb-0100001", "100001", "sb-99999999999999999999", "sb-100001'"} {
		if _, err := w.ca.Status(t.Context(), id); !errors.Is(err, providers.ErrUnknown) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestPathMayHoldAnyCharacter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?c#d%e")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	w := open(t, func(o *sandbox.Options) { o.Path = filepath.Join(dir, "sandbox.db") })
	if info, err := os.Stat(w.o.Path); err != nil || info.Size() == 0 {
		t.Errorf("%v: the memory is somewhere else than %s", err, url.PathEscape(w.o.Path))
	}
}

func TestCatalogHasSevenBrandsOfEveryKind(t *testing.T) {
	brands, kinds := map[string]int{}, map[providers.Type]int{}
	for _, p := range sandbox.Catalog() {
		brands[p.Brand]++
		kinds[p.Type]++
	}
	if n := len(sandbox.Catalog()); n != 31 || len(brands) != 7 || len(kinds) != 5 {
		t.Errorf("%d products, %v, %v", n, brands, kinds)
	}
}
