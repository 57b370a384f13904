package providertest

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"certbay/providers"
)

func renew(e *exam) {
	p, ok := e.Provider.(providers.Renewer)
	if !ok {
		e.Skip("no Renewer")
	}
	s := e.submission(e.DVSingle, e.domain())
	name := s.Names[0].Name
	again := func() providers.Submission { return e.submission(e.DVSingle, name) }
	_, err := p.Renew(e.ctx, e.submit(s), again())
	e.refused("renew before issuance", err)

	s = again()
	id, first := e.buy(s)
	next := again()
	r, err := p.Renew(e.ctx, id, next)
	if err != nil {
		e.Fatal(err)
	}
	if f, ok := e.Provider.(providers.Finder); ok {
		got, err := f.Find(e.ctx, next.Reference)
		cantTell := errors.Is(err, providers.ErrUnsure) // and says so
		if !cantTell && (err != nil || got != r.UpstreamID) {
			e.Errorf("the renewal is not found by its reference: %q, %v", got, err)
		}
		if !cantTell || e.OncePerReference {
			if second, err := p.Renew(e.ctx, id, next); err != nil || second.UpstreamID != r.UpstreamID {
				e.Errorf("the same reference made two renewals: %+v, %v", second, err)
			}
		}
	}
	e.publish(r.UpstreamID)
	c := e.issued(r.UpstreamID)
	e.verify(c, next.CSR, name)
	if c.Serial == first.Serial {
		e.Error("the same certificate again")
	}
	before, after := e.status(id), e.status(r.UpstreamID)
	if r.UpstreamID != id && !before.TermEndsAt.IsZero() && !after.TermEndsAt.After(before.TermEndsAt) {
		e.Errorf("the term ends %s, before the renewal it ended %s", after.TermEndsAt, before.TermEndsAt)
	}
	bad := again()
	bad.CSR = "nonsense"
	_, err = p.Renew(e.ctx, id, bad)
	e.refused("renew with nonsense", err)
	if _, err := p.Renew(e.ctx, "999999999", again()); !errors.Is(err, providers.ErrUnknown) {
		e.Errorf("renew of an unknown order: %v", err)
	}
}

func approverEmails(e *exam) {
	p, ok := e.Provider.(providers.ApproverEmails)
	if !ok {
		e.Skip("no ApproverEmails")
	}
	name := e.domain()
	list, err := p.ApproverEmails(e.ctx, e.DVSingle, name)
	if err != nil || !slices.Contains(list, "admin@"+name) {
		e.Fatalf("%q, %v", list, err)
	}
	for _, email := range list {
		if _, domain, ok := strings.Cut(email, "@"); !ok || name != domain && !strings.HasSuffix(name, "."+domain) {
			e.Errorf("%s may not approve for %s", email, name)
		}
	}
	_, err = p.ApproverEmails(e.ctx, e.DVSingle, "not a name")
	e.refused("approvers of nonsense", err)
}

func balance(e *exam) {
	p, ok := e.Provider.(providers.Balancer)
	if !ok {
		e.Skip("no Balancer")
	}
	before, err := p.Balance(e.ctx)
	if err != nil || before.Currency == "" {
		e.Fatalf("%+v, %v", before, err)
	}
	e.submit(e.anything())
	after, err := p.Balance(e.ctx)
	if err != nil || after.Currency != before.Currency || after.Cents >= before.Cents {
		e.Errorf("an order costs nothing: %+v, then %+v, %v", before, after, err)
	}
}

// everything reads all pages.
func (e *exam) everything(p providers.OrderLister) map[string]providers.Order {
	e.Helper()
	all, cursor := map[string]providers.Order{}, ""
	for range 1000 {
		list, next, err := p.Orders(e.ctx, cursor)
		if err != nil {
			e.Fatal(err)
		}
		for _, o := range list {
			if o.UpstreamID == "" || o.Word == "" {
				e.Errorf("an order without an id or a state: %+v", o)
			}
			all[o.UpstreamID] = o
		}
		if next == "" {
			return all
		}
		cursor = next
	}
	e.Fatal("the list has no end")
	return nil
}

func listOrders(e *exam) {
	p, ok := e.Provider.(providers.OrderLister)
	if !ok {
		e.Skip("no OrderLister")
	}
	before := e.everything(p)
	waits := e.submission(e.DVSingle, e.domain())
	pending := e.submit(waits)
	issued, c := e.buy(e.submission(e.DVSingle, e.domain()))
	all := e.everything(p)
	if len(all) != len(before)+2 {
		e.Errorf("%d orders, %d before two were placed", len(all), len(before))
	}
	o := all[pending]
	if o.Domain != waits.Names[0].Name || o.State != providers.StateValidationPending && o.State != providers.StateProcessing {
		e.Errorf("%+v", o)
	}
	if o.Reference != "" && o.Reference != waits.Reference {
		e.Errorf("reference %q, want %q", o.Reference, waits.Reference)
	}
	o = all[issued]
	if o.State != providers.StateIssued || !o.ValidTill.IsZero() && o.ValidTill.Sub(c.NotAfter).Abs() > 24*time.Hour {
		e.Errorf("%+v, the certificate ends %s", o, c.NotAfter)
	}
	if o.ProductCode != "" && o.ProductCode != e.DVSingle {
		e.Errorf("product %q, want %q", o.ProductCode, e.DVSingle)
	}
}

// place is an address for documents that no other examination uses.
func (e *exam) place() string {
	e.Helper()
	n := time.Now().UnixNano()
	return netip.AddrFrom4([4]byte{198, 18 + byte(n>>16&1), byte(n >> 8), byte(n)}).String()
}

// licensed orders a licence and waits until it works.
func (e *exam) licensed() providers.Licence {
	e.Helper()
	s := e.submission(e.Licence)
	s.CSR, s.Names, s.Months, s.IP = "", nil, e.LicenceMonths, e.place()
	l := providers.Licence{UpstreamID: e.submit(s), ProductCode: e.Licence, IP: s.IP}
	st := e.until(l.UpstreamID, "working", func(s providers.Status) bool { return s.State == providers.StateIssued })
	if len(st.Domains) != 0 || st.IP != "" && st.IP != l.IP {
		e.Errorf("%+v", st)
	}
	if _, err := e.Provider.Certificate(e.ctx, l.UpstreamID); !errors.Is(err, providers.ErrNotReady) {
		e.Errorf("certificate of a licence: %v", err)
	}
	return l
}

func licence(e *exam) {
	p, ok := e.Provider.(providers.Licencer)
	if !ok || e.Licence == "" {
		e.Skip("no Licencer, or no licence to try")
	}
	l := e.licensed()
	must := func(what string, err error) {
		e.Helper()
		if err != nil {
			e.Fatalf("%s: %v", what, err)
		}
	}
	for range 2 { // repeating it succeeds
		must("suspend", p.SuspendLicence(e.ctx, l))
	}
	if st := e.status(l.UpstreamID); st.State != providers.StateSuspended && !e.Blind {
		e.Errorf("suspended, and %s", st.State)
	}
	for range 2 {
		must("unsuspend", p.UnsuspendLicence(e.ctx, l))
	}
	before := e.status(l.UpstreamID)
	if before.State != providers.StateIssued {
		e.Errorf("unsuspended, and %s", before.State)
	}
	must("renew", p.RenewLicence(e.ctx, l, e.LicenceMonths))
	if after := e.status(l.UpstreamID); !before.TermEndsAt.IsZero() && after.TermEndsAt.Sub(before.TermEndsAt) < time.Duration(e.LicenceMonths)*27*24*time.Hour {
		e.Errorf("the term ended %s, after the renewal %s", before.TermEndsAt, after.TermEndsAt)
	}
	ip := e.place()
	must("change IP", p.ChangeIP(e.ctx, l, ip))
	l.IP = ip
	if st := e.status(l.UpstreamID); st.IP != "" && st.IP != ip {
		e.Errorf("moved to %s, and on %s", ip, st.IP)
	}
	products, err := e.Provider.Products(e.ctx)
	must("products", err)
	i := slices.IndexFunc(products, func(p providers.Product) bool { return p.Code == e.Licence })
	if i < 0 {
		e.Fatalf("%s is not sold", e.Licence)
	}
	if cores := products[i].Cores; len(cores) > 0 {
		must("change core", p.ChangeCore(e.ctx, l, cores[0]))
		l.ProductCode = cores[0]
	}
	must("suspend what it has become", p.SuspendLicence(e.ctx, l))
}

func licenceRefusals(e *exam) {
	p, ok := e.Provider.(providers.Licencer)
	if !ok || e.Licence == "" {
		e.Skip("no Licencer, or no licence to try")
	}
	bad := e.submission(e.Licence)
	bad.CSR, bad.Names, bad.Months, bad.IP = "", nil, e.LicenceMonths, "not an address"
	_, err := e.Provider.Submit(e.ctx, bad)
	e.refused("licence without an address", err)
	l := e.licensed()
	e.refused("move to nowhere", p.ChangeIP(e.ctx, l, "not an address"))
	e.refused("turn into what is not sold", p.ChangeCore(e.ctx, l, "no-such-product"))
	e.refused("renew for a term not sold", p.RenewLicence(e.ctx, l, 7))
	none := providers.Licence{UpstreamID: "999999999", ProductCode: e.Licence, IP: e.place()}
	for what, err := range map[string]error{
		"renew": p.RenewLicence(e.ctx, none, e.LicenceMonths), "suspend": p.SuspendLicence(e.ctx, none), "unsuspend": p.UnsuspendLicence(e.ctx, none),
		"change IP": p.ChangeIP(e.ctx, none, e.place()), "change core": p.ChangeCore(e.ctx, none, e.Licence),
	} {
		if !errors.Is(err, providers.ErrUnknown) {
			e.Errorf("%s of a licence that is not there: %v", what, err)
		}
	}
}

func probe(e *exam) {
	p, ok := e.Provider.(providers.Prober)
	if !ok {
		e.Skip("no Prober")
	}
	if err := p.Probe(e.ctx); err != nil {
		e.Error(err)
	}
}

// everyCall makes each read, and each call that changes something, at a provider that can't carry any out. The order they speak of
// may exist.
func (e *exam) everyCall(p providers.Provider, id string, read, change func(what string, err error)) {
	e.Helper()
	_, err := p.Products(e.ctx)
	read("products", err)
	if !e.Blind {
		_, err = p.Status(e.ctx, id)
		read("status", err)
		_, err = p.Certificate(e.ctx, id)
		read("certificate", err)
	}
	if p, ok := p.(providers.Finder); ok {
		_, err := p.Find(e.ctx, "exam-reference")
		read("find", err)
	}
	if p, ok := p.(providers.ApproverEmails); ok {
		_, err := p.ApproverEmails(e.ctx, e.DVSingle, "example.com")
		read("approver e-mails", err)
	}
	if p, ok := p.(providers.Balancer); ok {
		_, err := p.Balance(e.ctx)
		read("balance", err)
	}
	if p, ok := p.(providers.OrderLister); ok {
		_, _, err := p.Orders(e.ctx, "")
		read("orders", err)
	}
	if p, ok := p.(providers.Prober); ok {
		read("probe", p.Probe(e.ctx))
	}
	s := e.anything()
	_, err = p.Submit(e.ctx, s)
	change("submit", err)
	if p, ok := p.(providers.DCVChanger); ok {
		change("change DCV", p.ChangeDCV(e.ctx, id, s.Names[0].Name, providers.MethodHTTP, ""))
	}
	if p, ok := p.(providers.Resender); ok {
		change("resend", p.Resend(e.ctx, id, s.Names[0].Name))
	}
	if p, ok := p.(providers.Reissuer); ok {
		change("reissue", p.Reissue(e.ctx, id, s))
	}
	if p, ok := p.(providers.Renewer); ok {
		_, err := p.Renew(e.ctx, id, s)
		change("renew", err)
	}
	if p, ok := p.(providers.Revoker); ok {
		change("revoke", p.Revoke(e.ctx, id, "exam"))
	}
	if p, ok := p.(providers.Canceler); ok {
		change("cancel", p.Cancel(e.ctx, id, "exam"))
	}
	if p, ok := p.(providers.Licencer); ok && e.Licence != "" {
		l := providers.Licence{UpstreamID: id, ProductCode: e.Licence, IP: e.place()}
		change("renew a licence", p.RenewLicence(e.ctx, l, e.LicenceMonths))
		change("suspend", p.SuspendLicence(e.ctx, l))
		change("unsuspend", p.UnsuspendLicence(e.ctx, l))
		change("change IP", p.ChangeIP(e.ctx, l, e.place()))
		change("change core", p.ChangeCore(e.ctx, l, e.Licence))
	}
}

func wrongLogin(e *exam) {
	if e.Stranger == nil {
		e.Skip("no login, or no wrong one to try")
	}
	check := func(what string, err error) {
		e.Helper()
		if !errors.Is(err, providers.ErrCredentials) {
			e.Errorf("%s: %v", what, err)
		}
	}
	e.everyCall(e.Stranger, e.submit(e.anything()), check, check)
}

func nobodyListens(e *exam) {
	if e.Nowhere == nil {
		e.Skip("no network, or no address to try")
	}
	e.everyCall(e.Nowhere, "1",
		func(what string, err error) {
			e.Helper()
			if !errors.Is(err, providers.ErrUnavailable) {
				e.Errorf("%s: %v", what, err)
			}
		},
		func(what string, err error) {
			e.Helper()
			if !errors.Is(err, providers.ErrUnavailable) || !errors.Is(err, providers.ErrNotSent) || errors.Is(err, providers.ErrUnsure) {
				e.Errorf("%s: %v", what, err)
			}
		})
}
