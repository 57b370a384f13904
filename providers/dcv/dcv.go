// Package dcv looks whether what a domain owner must publish is there, the way a CA would: DNS records on every authoritative
// name server of the zone, files on the web server through its allowed redirects.
//
// It is used from two sides. The pre-check advises the owner (the upstream decides), and the sandbox CA decides by it.
// Targets are named by strangers, so a Checker connects only to public addresses unless AllowPrivate is set; that is decided
// per connection, after the name was resolved, so that a name which changes its address in between gains nothing.
package dcv

import (
	"context"
	"net/netip"
	"time"

	"certbay/providers"
)

// Expectation is one instruction of the upstream for one name.
type Expectation struct {
	Name        string
	Method      providers.Method
	Instruction providers.Instruction
}

// Verdict is the outcome of a look, over all servers that were asked.
type Verdict string

const (
	VerdictFound       Verdict = "found"        // every server that answered has it, and at least one answered
	VerdictWrong       Verdict = "wrong"        // at least one server has something else
	VerdictMissing     Verdict = "missing"      // at least one server has nothing there, none has something else
	VerdictUnreachable Verdict = "unreachable"  // no server gave a usable answer
	VerdictBogusDNSSEC Verdict = "dnssec_bogus" // the zone's signatures are broken: CAs refuse whatever it says
	VerdictWaiting     Verdict = "waiting"      // can't be looked at: the owner has to follow a link in a mail
)

// AnswerVerdict is what one server said.
type AnswerVerdict string

const (
	AnswerRight   AnswerVerdict = "right"
	AnswerWrong   AnswerVerdict = "wrong"
	AnswerMissing AnswerVerdict = "missing"
	AnswerError   AnswerVerdict = "error"
)

// Hint is a known slip that explains a verdict; pages have the words.
type Hint string

const (
	HintDoubledName  Hint = "doubled_name"  // the record sits at host.zone.zone: the panel appended the zone a second time
	HintQuotedValue  Hint = "quoted_value"  // right but for quotation marks around it
	HintStaleServers Hint = "stale_servers" // some name servers have it and others do not (yet)
	HintByteOrder    Hint = "byte_order"    // the file starts with a byte order mark
)

// Report is what was seen. It is stored in the book as JSON.
type Report struct {
	Verdict   Verdict          `json:"verdict"`
	CheckedAt time.Time        `json:"checked_at"`
	Name      string           `json:"name"`
	Method    providers.Method `json:"method"`
	Expected  string           `json:"expected,omitempty"` // the value of the record or the content of the file
	Where     string           `json:"where,omitempty"`    // "CNAME host" or the file's URL
	Zone      string           `json:"zone,omitempty"`     // dns: the zone whose name servers were asked
	Answers   []Answer         `json:"answers,omitempty"`  // in a stable order, at most 13 name servers or 4 addresses
	Chain     []string         `json:"chain,omitempty"`    // dns: the names a CNAME led through; http: "status URL" of each hop
	Hints     []Hint           `json:"hints,omitempty"`
}

// Answer is what one name server, or one address of the web server, said. Found is cut to what a page can show.
type Answer struct {
	Server  string        `json:"server"`
	Verdict AnswerVerdict `json:"verdict"`
	Found   []string      `json:"found,omitempty"`
	Error   string        `json:"error,omitempty"`
}

// Checker looks. The zero value asks the system's resolver and public servers on the standard ports. Safe for concurrent use.
type Checker struct {
	Resolver *Resolver

	// DNSPort is where authoritative name servers listen; 0 = 53.
	DNSPort int
	// HTTPPort and HTTPSPort are where to connect when a URL says port 80 or 443 (or none); 0 = 80 and 443.
	HTTPPort, HTTPSPort int

	// AllowPrivate lets connections go to loopback and private addresses: for the demo, whose internet is on loopback.
	AllowPrivate bool

	// Timeout bounds a whole look; 0 = 15 seconds.
	Timeout time.Duration
	// Now is the clock of CheckedAt; nil = time.Now.
	Now func() time.Time

	public func(netip.Addr) bool // instead of Public, for the tests of redirects
}

// Check looks once. It always reports: a failure to look is a verdict, not an error. It returns soon after ctx ends.
func (c *Checker) Check(ctx context.Context, e Expectation) Report {
	timeout := c.Timeout
	if timeout == 0 {
		timeout = 15 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	r := Report{CheckedAt: now().UTC(), Name: e.Name, Method: e.Method}
	switch e.Method {
	case providers.MethodDNS:
		c.checkDNS(ctx, e, &r)
	case providers.MethodHTTP, providers.MethodHTTPS:
		c.checkFile(ctx, e, &r)
	default:
		r.Verdict = VerdictWaiting
	}
	return r
}

func (c *Checker) resolver() *Resolver {
	if c.Resolver != nil {
		return c.Resolver
	}
	return &Resolver{}
}

// sum draws the overall verdict from the servers' answers.
func sum(answers []Answer) Verdict {
	n := map[AnswerVerdict]int{}
	for _, a := range answers {
		n[a.Verdict]++
	}
	switch {
	case n[AnswerWrong] > 0:
		return VerdictWrong
	case n[AnswerMissing] > 0:
		return VerdictMissing
	case n[AnswerRight] > 0:
		return VerdictFound
	}
	return VerdictUnreachable
}

func (r *Report) hint(h Hint) {
	for _, have := range r.Hints {
		if have == h {
			return
		}
	}
	r.Hints = append(r.Hints, h)
}
