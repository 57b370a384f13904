package pretend

import (
	"errors"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"
)

const (
	maxRecords = 2000
	maxValue   = 1000 // bytes of a record's value
	ttl        = 5    // seconds
)

// The two name servers that answer for every zone.
const (
	NS1 = "ns1"
	NS2 = "ns2"
)

var nameServers = []struct{ name, fqdn, addr string }{
	{NS1, "ns1.pretend-dns.test.", "127.0.0.1"},
	{NS2, "ns2.pretend-dns.test.", "127.0.0.2"},
}

// ErrBadRecord and ErrBadFile are what is wrong with something that can't be published.
var (
	ErrBadRecord = errors.New("pretend: record needs a host, the type CNAME or TXT, and a value of moderate length")
	ErrBadFile   = errors.New("pretend: file needs a host, a path and content of moderate length")
)

// Record is a published DNS record.
type Record struct {
	Host  string // full name; the final dot is optional
	Type  string // "CNAME" or "TXT"
	Value string // the target, or the text without quotation marks
	Only  string // NS1 or NS2: published at that name server alone; empty: at both
}

func (r Record) normal() (Record, error) {
	r.Host = strings.TrimSuffix(dns.CanonicalName(strings.TrimSpace(r.Host)), ".")
	r.Type = strings.ToUpper(r.Type)
	_, hostOK := dns.IsDomainName(r.Host)
	switch {
	case !hostOK || r.Host == "" || r.Value == "" || len(r.Value) > maxValue:
		return r, ErrBadRecord
	case r.Only != "" && r.Only != NS1 && r.Only != NS2:
		return r, ErrBadRecord
	case r.Type == "TXT":
	case r.Type == "CNAME":
		r.Value = dns.Fqdn(strings.TrimSpace(r.Value))
		if _, ok := dns.IsDomainName(r.Value); !ok {
			return r, ErrBadRecord
		}
	default:
		return r, ErrBadRecord
	}
	return r, nil
}

// PublishRecord adds a record. A host has one CNAME: at the name servers it is published to, a new one replaces the one before.
// Publishing the same record again changes nothing.
func (n *Internet) PublishRecord(r Record) error { return n.zones.publish(r) }

// RemoveRecord removes a record, if it is there.
func (n *Internet) RemoveRecord(r Record) { n.zones.remove(r) }

// Records lists what is published, oldest first.
func (n *Internet) Records() []Record {
	n.zones.mu.RLock()
	defer n.zones.mu.RUnlock()
	return slices.Clone(n.zones.records)
}

type zones struct {
	servers []struct{ name, fqdn, addr string }
	mu      sync.RWMutex
	records []Record
}

func (z *zones) publish(r Record) error {
	r, err := r.normal()
	if err != nil {
		return err
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if slices.Contains(z.records, r) {
		return nil
	}
	if r.Type == "CNAME" {
		z.replaceCNAME(r)
	}
	z.records = append(z.records, r)
	if over := len(z.records) - maxRecords; over > 0 {
		z.records = slices.Delete(z.records, 0, over)
	}
	return nil
}

// replaceCNAME takes the CNAME of r's host away from the name servers that r is published to. z is locked.
func (z *zones) replaceCNAME(r Record) {
	var kept []Record
	for _, o := range z.records {
		switch {
		case o.Host != r.Host || o.Type != "CNAME":
		case r.Only == "" || o.Only == r.Only:
			continue
		case o.Only == "" && r.Only == NS1:
			o.Only = NS2
		case o.Only == "" && r.Only == NS2:
			o.Only = NS1
		}
		kept = append(kept, o)
	}
	z.records = kept
}

func (z *zones) remove(r Record) {
	r, err := r.normal()
	if err != nil {
		return
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.records = slices.DeleteFunc(z.records, func(o Record) bool { return o == r })
}

// at reports whether the record is seen by a question to server; an empty server (the resolver) sees all.
func (r Record) at(server string) bool { return r.Only == "" || server == "" || r.Only == server }

// handler answers as one name server, and as a resolver when recursion is desired.
func (z *zones) handler(server string) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.RecursionAvailable = true
		if len(q.Question) != 1 || q.Opcode != dns.OpcodeQuery || q.Question[0].Qclass != dns.ClassINET {
			m.Rcode = dns.RcodeNotImplemented
			w.WriteMsg(m)
			return
		}
		asked := server
		if q.RecursionDesired {
			asked = ""
		} else {
			m.Authoritative = true
		}
		z.answer(m, asked, dns.CanonicalName(q.Question[0].Name), q.Question[0].Qtype)
		size := dns.MinMsgSize
		if o := q.IsEdns0(); o != nil {
			size = max(size, int(o.UDPSize()))
			m.SetEdns0(1232, false)
		}
		if _, udp := w.RemoteAddr().(*net.UDPAddr); udp {
			m.Truncate(min(size, 1232))
		}
		w.WriteMsg(m)
	})
}

func (z *zones) answer(m *dns.Msg, server, name string, qtype uint16) {
	z.mu.RLock()
	defer z.mu.RUnlock()
	exists := false
	for range 8 {
		var next string
		for _, r := range z.records {
			if dns.Fqdn(r.Host) != name || !r.at(server) {
				continue
			}
			exists = true
			header := func(t uint16) dns.RR_Header {
				return dns.RR_Header{Name: name, Rrtype: t, Class: dns.ClassINET, Ttl: ttl}
			}
			switch {
			case r.Type == "CNAME":
				m.Answer = append(m.Answer, &dns.CNAME{Hdr: header(dns.TypeCNAME), Target: r.Value})
				if qtype != dns.TypeCNAME {
					next = dns.CanonicalName(r.Value)
				}
			case r.Type == "TXT" && qtype == dns.TypeTXT:
				m.Answer = append(m.Answer, &dns.TXT{Hdr: header(dns.TypeTXT), Txt: chunks(r.Value)})
			}
		}
		if next == "" {
			break
		}
		name = next
	}
	apex := zoneOf(name)
	header := func(t uint16) dns.RR_Header {
		return dns.RR_Header{Name: name, Rrtype: t, Class: dns.ClassINET, Ttl: ttl}
	}
	before := len(m.Answer)
	switch {
	case qtype == dns.TypeA && isHost(name):
		m.Answer = append(m.Answer, &dns.A{Hdr: header(dns.TypeA), A: z.address(name)})
	case qtype == dns.TypeNS && name == apex:
		for _, ns := range z.servers {
			m.Answer = append(m.Answer, &dns.NS{Hdr: header(dns.TypeNS), Ns: ns.fqdn})
		}
	case qtype == dns.TypeSOA && name == apex:
		m.Answer = append(m.Answer, soa(apex))
	}
	if !exists && !isHost(name) {
		m.Rcode = dns.RcodeNameError
	}
	if before == 0 && len(m.Answer) == 0 && apex != "" {
		m.Ns = append(m.Ns, soa(apex))
	}
}

func (z *zones) address(name string) net.IP {
	for _, ns := range z.servers {
		if ns.fqdn == name {
			return net.ParseIP(ns.addr)
		}
	}
	return net.IPv4(127, 0, 0, 1)
}

// isHost reports whether a name exists without anything published there: all that are no service labels (_name).
func isHost(name string) bool {
	return name != "." && !strings.HasPrefix(name, "_") && !strings.Contains(name, "._")
}

// zoneOf is the registrable domain above name, with its final dot; empty where there is none.
func zoneOf(name string) string {
	d, err := publicsuffix.EffectiveTLDPlusOne(strings.TrimSuffix(name, "."))
	if err != nil {
		return ""
	}
	return dns.Fqdn(d)
}

func soa(apex string) dns.RR {
	return &dns.SOA{
		Hdr: dns.RR_Header{Name: apex, Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: ttl},
		Ns:  nameServers[0].fqdn, Mbox: "hostmaster.pretend-dns.test.",
		Serial: 1, Refresh: 60, Retry: 60, Expire: 3600, Minttl: ttl,
	}
}

// chunks cuts a text into the strings of 255 bytes a TXT record consists of, escaped for miekg/dns.
func chunks(s string) []string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	var out []string
	for len(s) > 255 {
		out, s = append(out, escape.Replace(s[:255])), s[255:]
	}
	return append(out, escape.Replace(s))
}
