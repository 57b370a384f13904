package dcv

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// ErrPrivateAddress is why a connection to an address outside the public internet was refused.
var ErrPrivateAddress = errors.New("address is not on the public internet")

// notPublic lists what the methods of netip.Addr do not already know as special.
var notPublic = prefixes(
	"0.0.0.0/8",                                                                          // this network
	"::/96",                                                                              // IPv4-compatible, long withdrawn
	"100.64.0.0/10",                                                                      // carrier-grade NAT; a cloud's metadata service too
	"168.63.129.16/32",                                                                   // a cloud's host agent
	"192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", // protocol, documentation, benchmarks
	"192.88.99.0/24", "2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48", // carry an IPv4 address inside
	"240.0.0.0/4", "100::/64", "2001:db8::/32", "3fff::/20", "5f00::/16", "fec0::/10",
)

func prefixes(cidrs ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(cidrs))
	for i, s := range cidrs {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// Public reports whether an address is one a stranger may make us connect to.
func Public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || a.IsUnspecified() || a.IsLoopback() || a.IsPrivate() || a.IsMulticast() ||
		a.IsLinkLocalUnicast() || a.IsInterfaceLocalMulticast() || !a.IsGlobalUnicast() {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// guard is a net.Dialer.Control: it sees the address a socket is really about to connect to.
func (c *Checker) guard(_, address string, _ syscall.RawConn) error {
	if c.AllowPrivate {
		return nil
	}
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("unreadable address %q: %w", address, ErrPrivateAddress)
	}
	public := Public
	if c.public != nil {
		public = c.public
	}
	if !public(ap.Addr()) {
		return fmt.Errorf("%s: %w", ap.Addr(), ErrPrivateAddress)
	}
	return nil
}
