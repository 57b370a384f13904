package db

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// WebhookSchedule is how long after the try before it each try of a delivery
// comes; behind it, the time since the event.
var WebhookSchedule = []time.Duration{
	0,                // at once
	5 * time.Second,  // 5 s
	5 * time.Minute,  // 5 min
	30 * time.Minute, // 35 min
	2 * time.Hour,    // 2.6 h
	5 * time.Hour,    // 7.6 h
	10 * time.Hour,   // 17.6 h
	14 * time.Hour,   // 1.3 d
	20 * time.Hour,   // 2.1 d
	24 * time.Hour,   // 3.1 d
}

const (
	// MaxWebhooks is how many endpoints a reseller may have.
	MaxWebhooks = 20
	// WebhookPatience is how long an endpoint may fail, every try of it, before it is disabled.
	WebhookPatience = 5 * 24 * time.Hour
	// WebhookLogDays is how long deliveries are kept.
	WebhookLogDays = 30
	// SecretOverlap is how long after a rotation the old secret signs as well.
	SecretOverlap = 24 * time.Hour

	maxWebhookURL  = 1000
	maxWebhookText = 200
)

// holdAfter is how long a failing endpoint is left alone, after so many failures
// in a row: other deliveries to it wait, so that one that is down holds up nobody.
func holdAfter(failures int) time.Duration {
	return min(WebhookSchedule[min(failures, len(WebhookSchedule)-1)], 5*time.Minute)
}

// webhookURL says what is wrong with an endpoint's address, "" when nothing is. It
// is https on port 443 or above 1023, without a user and a fragment; an address in
// numbers is a public one. Where a name leads to is looked at each time it is
// called. Loopback, for a demo, allows http and this machine.
func webhookURL(text string, loopback bool) (problem string) {
	u, err := url.Parse(text)
	if err != nil || len(text) > maxWebhookURL || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" || strings.ContainsAny(text, " \\") {
		return "bad_url"
	}
	if u.Scheme != "https" && !(loopback && u.Scheme == "http") {
		return "not_https"
	}
	if port := u.Port(); port != "" && port != "443" {
		if n, err := strconv.Atoi(port); err != nil || n < 1024 || n > 65535 {
			return "bad_port"
		}
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		if !PublicAddress(ip) && !(loopback && ip.Unmap().IsLoopback()) {
			return "not_public"
		}
		return ""
	}
	if !loopback && (!strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".internal")) {
		return "not_public"
	}
	return ""
}

// PublicAddress says whether an address belongs to the public internet, so that a
// stranger may have this program connect to it. Refused are this machine, private
// and shared networks, link-local ones (the metadata services of clouds), multicast,
// everything reserved, and the IPv6 addresses that another one hides in (IPv4-mapped,
// NAT64, 6to4, Teredo), whatever it is.
func PublicAddress(ip netip.Addr) bool {
	if !ip.IsValid() || ip.Zone() != "" || ip.Is4In6() {
		return false
	}
	refused := refusedIPv4
	if ip.Is6() {
		if !globalIPv6.Contains(ip) {
			return false
		}
		refused = refusedIPv6
	}
	for _, network := range refused {
		if network.Contains(ip) {
			return false
		}
	}
	return true
}

// The special-purpose registries of IANA.
var (
	refusedIPv4 = prefixes(
		"0.0.0.0/8",       // this network
		"10.0.0.0/8",      // private
		"100.64.0.0/10",   // shared (CGNAT)
		"127.0.0.0/8",     // loopback
		"169.254.0.0/16",  // link-local, metadata
		"172.16.0.0/12",   // private
		"192.0.0.0/24",    // protocol assignments
		"192.0.2.0/24",    // documentation
		"192.88.99.0/24",  // 6to4 relays
		"192.168.0.0/16",  // private
		"198.18.0.0/15",   // benchmarks
		"198.51.100.0/24", // documentation
		"203.0.113.0/24",  // documentation
		"224.0.0.0/4",     // multicast
		"240.0.0.0/4",     // reserved, broadcast
	)
	globalIPv6  = netip.MustParsePrefix("2000::/3") // loopback, unique local, link-local, NAT64 and multicast lie outside
	refusedIPv6 = prefixes(
		"2001::/23",     // protocol assignments, Teredo
		"2001:db8::/32", // documentation
		"2002::/16",     // 6to4
		"3fff::/20",     // documentation
	)
)

func prefixes(texts ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}
