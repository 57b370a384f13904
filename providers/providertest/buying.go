package providertest

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"

	"certbay/providers"
)

func products(e *exam) {
	list, err := e.Provider.Products(e.ctx)
	if err != nil {
		e.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range list {
		switch {
		case p.Code == "" || p.Name == "" || p.Brand == "" || seen[p.Code]:
			e.Errorf("a product needs a code of its own, a name and a brand: %+v", p)
		case len(p.Terms) == 0 || !slices.IsSortedFunc(p.Terms, func(a, b providers.Term) int { return a.Months - b.Months }):
			e.Errorf("%s: terms %v", p.Code, p.Terms)
		case p.Type == providers.TypeLicence && p.Validation != "":
			e.Errorf("%s: a licence is not validated", p.Code)
		case p.Type != providers.TypeLicence && p.Validation == "":
			e.Errorf("%s: no validation", p.Code)
		}
		for _, term := range p.Terms {
			if term.Months < 1 || term.Cost.IsNegative() {
				e.Errorf("%s: term %+v", p.Code, term)
			}
		}
		for _, m := range p.Methods {
			if !m.Valid() || (p.Type == providers.TypeWildcard && (m == providers.MethodHTTP || m == providers.MethodHTTPS)) {
				e.Errorf("%s: method %q", p.Code, m)
			}
		}
		seen[p.Code] = true
	}
	for _, code := range []string{e.DVSingle, e.DVMultiDomain, e.DVWildcard} {
		if code != "" && !seen[code] {
			e.Errorf("product %s is not sold", code)
		}
	}
}

func submitGivesInstructions(e *exam) {
	name := e.domain()
	id := e.submit(e.submission(e.DVSingle, name))
	s := e.instructed(id)
	if s.State != providers.StateValidationPending || len(s.Domains) != 1 {
		e.Fatalf("%+v", s)
	}
	d := s.Domains[0]
	i := d.Instruction
	if d.Name != name || d.Method != providers.MethodDNS || d.Verified {
		e.Errorf("%+v", d)
	}
	if (i.RecordType != "CNAME" && i.RecordType != "TXT") || i.Host == "" || i.Value == "" || i.FileURL != "" || i.Email != "" {
		e.Errorf("instruction for dns: %+v", i)
	}
	if _, err := e.Provider.Certificate(e.ctx, id); !errors.Is(err, providers.ErrNotReady) {
		e.Errorf("certificate before issuance: %v", err)
	}
}

func sameReferenceIsOneOrder(e *exam) {
	f, ok := e.Provider.(providers.Finder)
	if !ok {
		e.Skip("this upstream can't be asked for a reference, so nothing may rely on it")
	}
	s := e.submission(e.DVSingle, e.domain())
	first := e.submit(s)
	if _, err := f.Find(e.ctx, s.Reference); errors.Is(err, providers.ErrUnsure) && !e.OncePerReference {
		e.Skip("the upstream's records can't tell, and it says so: ", err)
	}
	if second := e.submit(s); second != first {
		e.Errorf("the same reference made two orders: %s, %s", first, second)
	}
	s.Reference = "exam-" + strings.ToLower(rand.Text()[:16])
	if third := e.submit(s); third == first {
		e.Errorf("another reference answered the order %s", first)
	}
}

func findByReference(e *exam) {
	f, ok := e.Provider.(providers.Finder)
	if !ok {
		e.Skip("no Finder")
	}
	s := e.submission(e.DVSingle, e.domain())
	before, unknown := f.Find(e.ctx, s.Reference)
	id := e.submit(s)
	if _, err := f.Find(e.ctx, s.Reference); errors.Is(err, providers.ErrUnsure) {
		e.Skip("the upstream's records can't tell, and it says so: ", err)
	}
	if !errors.Is(unknown, providers.ErrUnknown) {
		e.Errorf("before: %q, %v", before, unknown)
	}
	if got, err := f.Find(e.ctx, s.Reference); err != nil || got != id {
		e.Errorf("after: %q, %v, want %q", got, err, id)
	}
	refused := e.submission(e.DVSingle, e.domain())
	refused.CSR = "nonsense"
	if _, err := e.Provider.Submit(e.ctx, refused); err == nil {
		e.Fatal("nonsense was accepted")
	}
	if id, err := f.Find(e.ctx, refused.Reference); !errors.Is(err, providers.ErrUnknown) {
		e.Errorf("a refused order was placed all the same: %q, %v", id, err)
	}
}

func wrongThenRight(e *exam) {
	s := e.submission(e.DVSingle, e.domain())
	id := e.submit(s)
	d := e.instructed(id).Domains[0]
	wrong := d.Instruction
	wrong.Value = "wrong-" + strings.TrimSuffix(wrong.Value, ".")
	e.Publish(e.T, wrong, d.Name)
	e.recheck(id)
	if st := e.status(id); st.State != providers.StateValidationPending || st.Domains[0].Verified {
		e.Fatalf("a wrong record was accepted: %+v", st)
	}
	e.Publish(e.T, d.Instruction, d.Name)
	e.verify(e.issued(id), s.CSR, d.Name)
	st := e.status(id)
	if !st.Domains[0].Verified || st.Domains[0].VerifiedAt.IsZero() {
		e.Errorf("issued without saying when control was seen: %+v", st.Domains)
	}
	again, err := e.Provider.Certificate(e.ctx, id)
	if err != nil {
		e.Fatal(err)
	}
	if first := e.issued(id); first != again {
		e.Error("asking twice answers two certificates")
	}
}

func fileIssues(e *exam) {
	s := e.submission(e.DVSingle, e.domain())
	s.Names[0].Method = providers.MethodHTTP
	id := e.submit(s)
	i := e.instructed(id).Domains[0].Instruction
	if !strings.HasPrefix(i.FileURL, "http://"+s.Names[0].Name+"/.well-known/pki-validation/") || i.FileName == "" || i.FileContent == "" ||
		!strings.HasSuffix(i.FileURL, "/"+i.FileName) || i.Host != "" {
		e.Errorf("instruction for http: %+v", i)
	}
	e.publish(id)
	e.verify(e.issued(id), s.CSR, s.Names[0].Name)
}

func mailIssues(e *exam) {
	if e.Approve == nil {
		e.Skip("nobody reads the mail")
	}
	s := e.submission(e.DVSingle, e.domain())
	s.Names[0].Method, s.Names[0].Email = providers.MethodEmail, "admin@"+s.Names[0].Name
	id := e.submit(s)
	if i := e.instructed(id).Domains[0].Instruction; i.Email != s.Names[0].Email || i.Host != "" || i.FileURL != "" {
		e.Errorf("instruction for email: %+v", i)
	}
	e.recheck(id)
	if st := e.status(id); st.State != providers.StateValidationPending {
		e.Fatalf("nobody approved: %+v", st)
	}
	e.Approve(e.T, s.Names[0].Email)
	e.verify(e.issued(id), s.CSR, s.Names[0].Name)
}

func severalNames(e *exam) {
	if e.DVMultiDomain == "" {
		e.Skip("no multi-domain product")
	}
	names := []string{e.domain(), e.domain(), e.domain()}
	s := e.submission(e.DVMultiDomain, names...)
	if !e.OneMethod {
		s.Names[1].Method = providers.MethodHTTP
	}
	id := e.submit(s)
	st := e.instructed(id)
	if len(st.Domains) != len(names) {
		e.Fatalf("%d names of %d: %+v", len(st.Domains), len(names), st)
	}
	for i, d := range st.Domains {
		if d.Name != names[i] || d.Method != s.Names[i].Method {
			e.Errorf("name %d: %+v", i, d)
		}
	}
	for _, d := range st.Domains[:2] {
		e.Publish(e.T, d.Instruction, d.Name)
	}
	e.until(id, "verified for two names", func(s providers.Status) bool { return s.Domains[0].Verified && s.Domains[1].Verified })
	if s := e.status(id); s.Domains[2].Verified || s.State != providers.StateValidationPending {
		e.Fatalf("the third name was not published: %+v", s)
	}
	e.publish(id)
	e.verify(e.issued(id), s.CSR, names...)
}

func wildcard(e *exam) {
	if e.DVWildcard == "" {
		e.Skip("no wildcard product")
	}
	name := "*." + e.domain()
	s := e.submission(e.DVWildcard, name)
	id := e.submit(s)
	if i := e.instructed(id).Domains[0].Instruction; strings.Contains(i.Host, "*") {
		e.Errorf("a record can't be published at %q", i.Host)
	}
	e.publish(id)
	e.verify(e.issued(id), s.CSR, name)
}

func refusals(e *exam) {
	change := func(what string, f func(*providers.Submission)) {
		e.Helper()
		s := e.submission(e.DVSingle, e.domain())
		f(&s)
		_, err := e.Provider.Submit(e.ctx, s)
		e.refused(what, err)
	}
	change("no CSR", func(s *providers.Submission) { s.CSR = "" })
	change("not a CSR", func(s *providers.Submission) { s.CSR = "-----BEGIN NONSENSE-----" })
	change("weak key", func(s *providers.Submission) { s.CSR = weakCSR(e.T, s.Names[0].Name) })
	change("another domain in the CSR", func(s *providers.Submission) { s.CSR = CSR(e.T, e.domain()) })
	change("unknown product", func(s *providers.Submission) { s.ProductCode = "no-such-product" })
	change("term not sold", func(s *providers.Submission) { s.Months = 7 })
	change("wildcard in a single product", func(s *providers.Submission) {
		s.Names[0].Name = "*." + s.Names[0].Name
		s.CSR = CSR(e.T, s.Names[0].Name)
	})
	change("more names than the product takes", func(s *providers.Submission) {
		s.Names = append(s.Names, providers.DomainChoice{Name: e.domain(), Method: providers.MethodDNS})
		s.CSR = CSR(e.T, s.Names[0].Name, s.Names[1].Name)
	})
	change("approver who may not approve", func(s *providers.Submission) {
		s.Names[0].Method, s.Names[0].Email = providers.MethodEmail, "ceo@"+s.Names[0].Name
	})
	change("method that does not exist", func(s *providers.Submission) { s.Names[0].Method = "pigeon" })
	if e.DVWildcard != "" {
		change("wildcard by file", func(s *providers.Submission) {
			s.ProductCode = e.DVWildcard
			s.Names[0].Name, s.Names[0].Method = "*."+s.Names[0].Name, providers.MethodHTTP
			s.CSR = CSR(e.T, s.Names[0].Name)
		})
	}
}

func unknownOrder(e *exam) {
	for _, id := range []string{"999999999", "no-such-order", ""} {
		if _, err := e.Provider.Status(e.ctx, id); !errors.Is(err, providers.ErrUnknown) {
			e.Errorf("status of %q: %v", id, err)
		}
		if _, err := e.Provider.Certificate(e.ctx, id); !errors.Is(err, providers.ErrUnknown) {
			e.Errorf("certificate of %q: %v", id, err)
		}
	}
	id := "999999999"
	check := func(what string, err error) {
		e.Helper()
		if !errors.Is(err, providers.ErrUnknown) {
			e.Errorf("%s: %v", what, err)
		}
	}
	if p, ok := e.Provider.(providers.DCVChanger); ok {
		check("change DCV", p.ChangeDCV(e.ctx, id, "example.com", providers.MethodDNS, ""))
	}
	if p, ok := e.Provider.(providers.Resender); ok {
		check("resend", p.Resend(e.ctx, id, "example.com"))
	}
	if p, ok := e.Provider.(providers.Rechecker); ok {
		check("recheck", p.Recheck(e.ctx, id))
	}
	if p, ok := e.Provider.(providers.Canceler); ok {
		check("cancel", p.Cancel(e.ctx, id, "exam"))
	}
	if p, ok := e.Provider.(providers.Reissuer); ok {
		check("reissue", p.Reissue(e.ctx, id, e.submission(e.DVSingle, e.domain())))
	}
	if p, ok := e.Provider.(providers.Revoker); ok {
		check("revoke", p.Revoke(e.ctx, id, "exam"))
	}
}

func cancelledContext(e *exam) {
	id := e.submit(e.anything())
	ctx, cancel := context.WithCancel(e.ctx)
	cancel()
	check := func(what string, err error) {
		e.Helper()
		if !errors.Is(err, context.Canceled) {
			e.Errorf("%s: %v", what, err)
		}
	}
	_, err := e.Provider.Products(ctx)
	check("products", err)
	_, err = e.Provider.Submit(ctx, e.anything())
	check("submit", err)
	_, err = e.Provider.Status(ctx, id)
	check("status", err)
	_, err = e.Provider.Certificate(ctx, id)
	check("certificate", err)
}
