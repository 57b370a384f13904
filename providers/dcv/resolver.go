package dcv

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// queryTimeout bounds one question to one server over one transport.
const queryTimeout = 3 * time.Second

// maxChain is how many CNAMEs are followed.
const maxChain = 8

// Resolver asks a recursive DNS server. The zero value asks those of /etc/resolv.conf.
type Resolver struct {
	// Addr is host:port of the server to ask; empty = /etc/resolv.conf.
	Addr string
}

var systemServers = sync.OnceValues(func() ([]string, error) {
	conf, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil {
		return nil, fmt.Errorf("dcv: reading the system's resolvers: %w", err)
	}
	var out []string
	for _, s := range conf.Servers {
		out = append(out, net.JoinHostPort(s, conf.Port))
	}
	if len(out) == 0 {
		return nil, errors.New("dcv: the system names no resolver")
	}
	return out, nil
})

func (r *Resolver) servers() ([]string, error) {
	if r.Addr != "" {
		return []string{r.Addr}, nil
	}
	return systemServers()
}

// ask puts one question to the first server that answers at all; SERVFAIL is an answer. With unchecked the server is told to
// leave DNSSEC validation to us, so that a zone with broken signatures still shows what it holds.
func (r *Resolver) ask(ctx context.Context, name string, qtype uint16, unchecked bool) (*dns.Msg, error) {
	servers, err := r.servers()
	if err != nil {
		return nil, err
	}
	m := question(name, qtype)
	m.RecursionDesired, m.CheckingDisabled = true, unchecked
	for _, s := range servers {
		var a *dns.Msg
		if a, err = exchange(ctx, nil, m, s); err == nil {
			return a, nil
		}
	}
	return nil, err
}

// addresses resolves a host name, or reads an IP literal. IPv4 first.
func (r *Resolver) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	var out []netip.Addr
	var failed error
	for _, qtype := range []uint16{dns.TypeA, dns.TypeAAAA} {
		m, err := r.ask(ctx, host, qtype, false)
		if err != nil {
			failed = err
			continue
		}
		if m.Rcode != dns.RcodeSuccess {
			failed = fmt.Errorf("%s: %s", host, dns.RcodeToString[m.Rcode])
			continue
		}
		for _, rr := range m.Answer {
			var ip net.IP
			switch rr := rr.(type) {
			case *dns.A:
				ip = rr.A
			case *dns.AAAA:
				ip = rr.AAAA
			}
			if a, ok := netip.AddrFromSlice(ip); ok {
				out = append(out, a.Unmap())
			}
		}
	}
	if len(out) == 0 && failed == nil {
		failed = fmt.Errorf("%s has no address", host)
	}
	if len(out) > 0 {
		failed = nil
	}
	return out, failed
}

func question(name string, qtype uint16) *dns.Msg {
	m := new(dns.Msg)
	m.SetQuestion(dns.Fqdn(name), qtype)
	m.RecursionDesired = false
	m.SetEdns0(1232, true)
	return m
}

// exchange asks one server over UDP, and over TCP when the answer did not fit or did not come. dialer may be nil.
func exchange(ctx context.Context, dialer *net.Dialer, m *dns.Msg, server string) (*dns.Msg, error) {
	if dialer == nil {
		dialer = &net.Dialer{}
	}
	d := *dialer
	d.Timeout = queryTimeout
	q := m.Copy()
	q.Id = dns.Id()
	a, err := roundTrip(ctx, &dns.Client{Net: "udp", Dialer: &d, Timeout: queryTimeout}, q, server)
	if ctx.Err() != nil || errors.Is(err, ErrPrivateAddress) {
		return nil, describe(err, server)
	}
	if err != nil || a.Truncated {
		a, err = roundTrip(ctx, &dns.Client{Net: "tcp", Dialer: &d, Timeout: queryTimeout}, q, server)
	}
	if err != nil {
		return nil, describe(err, server)
	}
	return a, nil
}

// roundTrip is one question on a connection of its own, which closes when ctx ends.
func roundTrip(ctx context.Context, client *dns.Client, q *dns.Msg, server string) (*dns.Msg, error) {
	conn, err := client.DialContext(ctx, server)
	if err != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	a, _, err := client.ExchangeWithConnContext(ctx, q, conn)
	if err != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	return a, nil
}

// describe turns what the network said into something short enough to show.
func describe(err error, server string) error {
	var ne net.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrPrivateAddress):
		return err
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &ne) && ne.Timeout():
		return fmt.Errorf("no answer from %s in time", server)
	case strings.Contains(err.Error(), "connection refused"):
		return fmt.Errorf("%s refused the connection", server)
	}
	return fmt.Errorf("asking %s: %w", server, err)
}
