package dcv

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// maxServers is the number of name servers that are asked; the root has as many.
const maxServers = 13

// nameServer is one authoritative server of a zone, with the address it will be asked at.
type nameServer struct {
	name string
	addr netip.Addr
	err  error
}

// checkDNS asks every authoritative name server of the zone for the record.
func (c *Checker) checkDNS(ctx context.Context, e Expectation, r *Report) {
	ins := e.Instruction
	host := dns.CanonicalName(ins.Host)
	qtype := dns.StringToType[strings.ToUpper(ins.RecordType)]
	r.Expected = ins.Value
	r.Where = strings.ToUpper(ins.RecordType) + " " + ins.Host
	if (qtype != dns.TypeCNAME && qtype != dns.TypeTXT) || !isName(host) {
		r.Verdict = VerdictUnreachable
		r.Answers = []Answer{{Verdict: AnswerError, Error: "instruction is not a CNAME or TXT record with a host"}}
		return
	}

	bogus := c.bogus(ctx, host, qtype)
	zone, servers, err := c.authorities(ctx, host)
	r.Zone = strings.TrimSuffix(zone, ".")
	if err != nil {
		r.Verdict = VerdictUnreachable
		r.Answers = []Answer{{Server: c.resolver().Addr, Verdict: AnswerError, Error: err.Error()}}
	} else {
		r.Answers = make([]Answer, len(servers))
		chains := make([][]string, len(servers))
		var wait sync.WaitGroup
		for i, ns := range servers {
			wait.Go(func() { r.Answers[i], chains[i] = c.askServer(ctx, ns, host, qtype, ins.Value) })
		}
		wait.Wait()
		r.Verdict = sum(r.Answers)
		for _, ch := range chains {
			if len(ch) > len(r.Chain) {
				r.Chain = ch
			}
		}
		c.hintDNS(ctx, r, servers, host, qtype, ins.Value)
	}
	if bogus {
		r.Verdict = VerdictBogusDNSSEC
	}
}

// bogus reports whether a validating resolver refuses the answer only because of DNSSEC.
func (c *Checker) bogus(ctx context.Context, host string, qtype uint16) bool {
	checked, err := c.resolver().ask(ctx, host, qtype, false)
	if err != nil || checked.Rcode != dns.RcodeServerFailure {
		return false
	}
	unchecked, err := c.resolver().ask(ctx, host, qtype, true)
	return err == nil && (unchecked.Rcode == dns.RcodeSuccess || unchecked.Rcode == dns.RcodeNameError)
}

var errNoZone = errors.New("no name servers found: the domain does not exist or is not delegated")

// authorities walks from host upward to the zone that holds it, and resolves the zone's name servers. A top-level zone does not
// count: a domain which is not delegated has no servers of its own to ask.
func (c *Checker) authorities(ctx context.Context, host string) (zone string, servers []nameServer, err error) {
	for off, end := 0, false; !end; off, end = dns.NextLabel(host, off) {
		zone = host[off:]
		if dns.CountLabel(zone) < 2 {
			break
		}
		m, err := c.resolver().ask(ctx, zone, dns.TypeNS, true)
		if err != nil {
			return "", nil, err
		}
		if m.Rcode == dns.RcodeServerFailure || m.Rcode == dns.RcodeRefused {
			return "", nil, errors.New("the resolver answered " + dns.RcodeToString[m.Rcode] + " for " + zone)
		}
		for _, rr := range m.Answer {
			if ns, ok := rr.(*dns.NS); ok && strings.EqualFold(ns.Hdr.Name, zone) {
				servers = append(servers, nameServer{name: dns.CanonicalName(ns.Ns)})
			}
		}
		if len(servers) > 0 {
			break
		}
	}
	if len(servers) == 0 {
		return "", nil, errNoZone
	}
	slices.SortFunc(servers, func(a, b nameServer) int { return strings.Compare(a.name, b.name) })
	servers = slices.CompactFunc(servers, func(a, b nameServer) bool { return a.name == b.name })
	servers = servers[:min(len(servers), maxServers)]
	var wait sync.WaitGroup
	for i := range servers {
		wait.Go(func() {
			ns := &servers[i]
			addrs, err := c.resolver().addresses(ctx, ns.name)
			if ns.err = err; err == nil {
				ns.addr = addrs[0]
			}
		})
	}
	wait.Wait()
	return zone, servers, nil
}

// askServer puts the question to one name server and follows what CNAMEs it answers.
func (c *Checker) askServer(ctx context.Context, ns nameServer, host string, qtype uint16, want string) (Answer, []string) {
	a := Answer{Server: strings.TrimSuffix(ns.name, "."), Verdict: AnswerError}
	if ns.err != nil {
		a.Error = ns.err.Error()
		return a, nil
	}
	a.Server += " (" + ns.addr.String() + ")"
	m, err := c.askAuthority(ctx, ns.addr, host, qtype)
	if err != nil {
		a.Error = err.Error()
		return a, nil
	}
	switch {
	case m.Rcode == dns.RcodeNameError:
		a.Verdict = AnswerMissing
		return a, nil
	case m.Rcode != dns.RcodeSuccess:
		a.Error = dns.RcodeToString[m.Rcode]
		return a, nil
	case len(m.Answer) == 0 && !m.Authoritative:
		a.Error = "does not answer for this zone"
		return a, nil
	}
	values, chain, err := c.values(ctx, m, host, qtype, want)
	a.Found = values
	switch {
	case slices.ContainsFunc(values, func(v string) bool { return same(qtype, v, want) }):
		a.Verdict = AnswerRight
	case err != nil:
		a.Error = err.Error()
	case len(values) > 0:
		a.Verdict = AnswerWrong
	default:
		a.Verdict = AnswerMissing
	}
	for i, v := range a.Found {
		a.Found[i] = cut(v)
	}
	return a, chain
}

func (c *Checker) askAuthority(ctx context.Context, addr netip.Addr, host string, qtype uint16) (*dns.Msg, error) {
	port := c.DNSPort
	if port == 0 {
		port = 53
	}
	server := net.JoinHostPort(addr.String(), strconv.Itoa(port))
	return exchange(ctx, &net.Dialer{Control: c.guard}, question(host, qtype), server)
}

// values collects what m says for host, following CNAMEs, through the resolver once m leads no further. For a wanted CNAME the
// targets are the values, and nothing is asked beyond the one that is wanted. chain holds the names passed through.
func (c *Checker) values(ctx context.Context, m *dns.Msg, host string, qtype uint16, want string) (values, chain []string, err error) {
	name := host
	for range maxChain {
		target, texts := read(m, name)
		if qtype == dns.TypeTXT {
			values = append(values, texts...)
		}
		if target == "" {
			return values, chain, nil
		}
		chain = append(chain, strings.TrimSuffix(target, "."))
		if qtype == dns.TypeCNAME {
			values = append(values, target)
			if same(qtype, target, want) {
				return values, chain, nil
			}
		}
		name = dns.CanonicalName(target)
		if t, x := read(m, name); t != "" || len(x) > 0 {
			continue
		}
		if m, err = c.resolver().ask(ctx, name, qtype, false); err != nil {
			return values, chain, err
		}
	}
	return values, chain, errors.New("too many CNAMEs in a row")
}

// read picks the CNAME target and the texts that m holds for exactly this name.
func read(m *dns.Msg, name string) (target string, texts []string) {
	for _, rr := range m.Answer {
		if !strings.EqualFold(rr.Header().Name, name) {
			continue
		}
		switch rr := rr.(type) {
		case *dns.CNAME:
			target = rr.Target
		case *dns.TXT:
			texts = append(texts, text(rr))
		}
	}
	return target, texts
}

// hintDNS looks for the slips people make, once the verdict is not "found".
func (c *Checker) hintDNS(ctx context.Context, r *Report, servers []nameServer, host string, qtype uint16, want string) {
	if r.Verdict == VerdictFound || r.Verdict == VerdictUnreachable {
		return
	}
	for _, a := range r.Answers {
		if a.Verdict == AnswerRight {
			r.hint(HintStaleServers)
		}
		for _, v := range a.Found {
			if a.Verdict == AnswerWrong && same(qtype, strings.Trim(v, `"' `), want) {
				r.hint(HintQuotedValue)
			}
		}
	}
	if r.Verdict != VerdictMissing || r.Zone == "" || !isName(host+r.Zone) {
		return
	}
	for _, ns := range servers {
		if ns.err != nil {
			continue
		}
		doubled := dns.CanonicalName(host + r.Zone)
		if m, err := c.askAuthority(ctx, ns.addr, doubled, qtype); err == nil {
			target, texts := read(m, doubled)
			if target != "" || len(texts) > 0 {
				r.hint(HintDoubledName)
			}
		}
		return
	}
}

func same(qtype uint16, found, want string) bool {
	if qtype == dns.TypeCNAME {
		return isName(found) && dns.CanonicalName(found) == dns.CanonicalName(want)
	}
	return found == want
}

func isName(s string) bool {
	_, ok := dns.IsDomainName(s)
	return ok && s != ""
}

// text joins the strings of a TXT record and undoes the escapes of the presentation format.
func text(rr *dns.TXT) string {
	var b strings.Builder
	s := strings.Join(rr.Txt, "")
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		if i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 10, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		i++
		b.WriteByte(s[i])
	}
	return b.String()
}
