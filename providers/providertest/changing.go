package providertest

import (
	"errors"

	"certbay/providers"
)

func changeDCV(e *exam) {
	p, ok := e.Provider.(providers.DCVChanger)
	if !ok {
		e.Skip("no DCVChanger")
	}
	s := e.submission(e.DVSingle, e.domain())
	name := s.Names[0].Name
	id := e.submit(s)
	for range 2 { // repeating it is harmless
		if err := p.ChangeDCV(e.ctx, id, name, providers.MethodHTTP, ""); err != nil {
			e.Fatal(err)
		}
	}
	d := e.until(id, "by file", func(s providers.Status) bool {
		return s.Domains[0].Method == providers.MethodHTTP && s.Domains[0].Instruction.FileURL != ""
	}).Domains[0]
	if d.Instruction.Host != "" {
		e.Errorf("instruction still speaks of a record: %+v", d.Instruction)
	}
	e.refused("a name of another order", p.ChangeDCV(e.ctx, id, e.domain(), providers.MethodDNS, ""))
	e.refused("approver who may not approve", p.ChangeDCV(e.ctx, id, name, providers.MethodEmail, "ceo@"+name))
	e.refused("method that does not exist", p.ChangeDCV(e.ctx, id, name, "pigeon", ""))
	e.publish(id)
	e.verify(e.issued(id), s.CSR, name)
	e.refused("after issuance", p.ChangeDCV(e.ctx, id, name, providers.MethodDNS, ""))
}

func resend(e *exam) {
	p, ok := e.Provider.(providers.Resender)
	if !ok || e.Approve == nil || e.Mails == nil {
		e.Skip("no Resender, or nobody reads the mail")
	}
	s := e.submission(e.DVSingle, e.domain())
	email := "postmaster@" + s.Names[0].Name
	s.Names[0].Method, s.Names[0].Email = providers.MethodEmail, email
	id := e.submit(s)
	e.until(id, "mailed", func(providers.Status) bool { return e.Mails(email) == 1 })
	if err := p.Resend(e.ctx, id, s.Names[0].Name); err != nil {
		e.Fatal(err)
	}
	e.until(id, "mailed again", func(providers.Status) bool { return e.Mails(email) == 2 })
	e.Approve(e.T, email)
	e.verify(e.issued(id), s.CSR, s.Names[0].Name)

	dns := e.submission(e.DVSingle, e.domain())
	e.refused("resend for dns", p.Resend(e.ctx, e.submit(dns), dns.Names[0].Name))
}

func cancel(e *exam) {
	p, ok := e.Provider.(providers.Canceler)
	if !ok {
		e.Skip("no Canceler")
	}
	id := e.submit(e.submission(e.DVSingle, e.domain()))
	e.instructed(id)
	if e.CancelsUntilValidation {
		e.refused("cancel while validation is under way", p.Cancel(e.ctx, id, "exam"))
		return
	}
	for range 2 { // repeating it succeeds
		if err := p.Cancel(e.ctx, id, "exam"); err != nil {
			e.Fatal(err)
		}
	}
	s := e.until(id, "cancelled", func(s providers.Status) bool { return s.State == providers.StateCancelled })
	for _, d := range s.Domains {
		e.Publish(e.T, d.Instruction, d.Name)
	}
	e.recheck(id)
	if s := e.status(id); s.State != providers.StateCancelled {
		e.Errorf("came back to life: %+v", s)
	}
	issued, _ := e.buy(e.submission(e.DVSingle, e.domain()))
	e.refused("cancel after issuance", p.Cancel(e.ctx, issued, "exam"))
}

func reissueSameNames(e *exam) {
	p, ok := e.Provider.(providers.Reissuer)
	if !ok {
		e.Skip("no Reissuer")
	}
	s := e.submission(e.DVSingle, e.domain())
	pending := e.submit(e.submission(e.DVSingle, e.domain()))
	e.refused("reissue before issuance", p.Reissue(e.ctx, pending, s))

	id, first := e.buy(s)
	s.CSR = CSR(e.T, s.Names[0].Name)
	if err := p.Reissue(e.ctx, id, s); err != nil {
		e.Fatal(err)
	}
	e.publish(id)
	second := e.issued(id)
	e.verify(second, s.CSR, s.Names[0].Name)
	if second.Serial == first.Serial {
		e.Error("the same certificate again")
	}
	bad := s
	bad.CSR = "nonsense"
	e.refused("reissue with nonsense", p.Reissue(e.ctx, id, bad))
	if now := e.issued(id); now != second {
		e.Error("a refused reissue changed the certificate")
	}
}

func reissueWithNewName(e *exam) {
	p, ok := e.Provider.(providers.Reissuer)
	if !ok || e.DVMultiDomain == "" {
		e.Skip("no Reissuer, or no multi-domain product")
	}
	// As many names as were bought, one of them another.
	names := []string{e.domain(), e.domain()}
	id, first := e.buy(e.submission(e.DVMultiDomain, names[0], e.domain()))
	s := e.submission(e.DVMultiDomain, names...)
	if err := p.Reissue(e.ctx, id, s); err != nil {
		e.Fatal(err)
	}
	st := e.instructed(id)
	if err := p.Reissue(e.ctx, id, s); err != nil {
		e.Fatal(err)
	}
	for i, d := range e.instructed(id).Domains {
		if d.Instruction != st.Domains[i].Instruction {
			e.Errorf("the identical request while one is under way changed what to publish: %+v", d)
		}
	}
	if !st.Reissuing || st.State != providers.StateValidationPending {
		e.Errorf("a new name needs proof: %+v", st)
	}
	if c, err := e.Provider.Certificate(e.ctx, id); err != nil || c != first {
		e.Errorf("meanwhile the certificate before is answered: %v %v", c.Serial, err)
	}
	e.publish(id)
	e.verify(e.issued(id), s.CSR, names...)
}

func revoke(e *exam) {
	p, ok := e.Provider.(providers.Revoker)
	if !ok {
		e.Skip("no Revoker")
	}
	pending := e.submit(e.submission(e.DVSingle, e.domain()))
	e.refused("revoke before issuance", p.Revoke(e.ctx, pending, "exam"))
	s := e.submission(e.DVSingle, e.domain())
	id, _ := e.buy(s)
	for range 2 { // repeating it succeeds
		if err := p.Revoke(e.ctx, id, "keyCompromise"); err != nil {
			e.Fatal(err)
		}
	}
	e.until(id, "revoked", func(s providers.Status) bool { return s.State == providers.StateRevoked })
	if r, ok := e.Provider.(providers.Reissuer); ok {
		if err := r.Reissue(e.ctx, id, s); !errors.Is(err, providers.ErrRefused) {
			e.Errorf("reissue after revocation: %v", err)
		}
	}
}
