package db

import (
	"errors"
	"net/mail"
	"net/netip"
	"slices"
	"strings"

	"certbay/db/certs"
)

// Problem is what is wrong with one field of a request. The field and the code
// are words of ours that the pages and the APIs translate; Name and Max fill in.
type Problem struct {
	Field string // product, months, domain, sans, wildcard_sans, customer_email …
	Code  string
	Name  string
	Max   int
}

// Rejected is a request that can't be done as it was filled in. Nothing changed.
type Rejected struct{ Problems []Problem }

func (r *Rejected) Error() string {
	var fields []string
	for _, p := range r.Problems {
		fields = append(fields, p.Field+": "+p.Code)
	}
	return "rejected: " + strings.Join(fields, ", ")
}

func (r *Rejected) Is(target error) bool { return target == ErrInvalid }

// NewOrder is what a reseller asks for. SANs are the additional names; where
// only their number is known yet (an API that takes counts), the counts say how
// many will be named in the CSR. The larger of count and names is charged.
type NewOrder struct {
	ProductID        int64
	Months           int
	Domain           string // a host name; of a licence: an IP address; of code signing: empty
	SANs             []string
	SANCount         int
	WildcardSANCount int
	CustomerName     string
	CustomerEmail    string
	Note             string
	Reference        string // what the reseller's program calls it
	Renews           int64  // the order whose term this one follows; 0: none
	FormToken        string // one order per token; a resend answers the order placed first
	Unpaid           bool   // to be paid later, where credit is short and the reseller may
	Quoted           *int64 // USD cents, tax included, that the reseller was shown and agreed to; nil: the price of the moment
}

const maxText = 200

// spareNames is how many names more than a product takes are looked at one by
// one: repetitions and typing mistakes. A form has room for a hundred thousand.
const spareNames = 500

// maxFormToken bounds a form's token, in bytes; ours are far shorter.
const maxFormToken = 100

// check tidies what was asked for and lists everything wrong with it. Pure.
func (n NewOrder) check(p Product) (NewOrder, []Problem) {
	var problems []Problem
	reject := func(field, code, name string, max int) {
		problems = append(problems, Problem{Field: field, Code: code, Name: name, Max: max})
	}
	if _, ok := p.Term(n.Months); !ok {
		reject("months", "term_not_sold", "", 0)
	}
	n.Domain = strings.TrimSpace(n.Domain)
	switch {
	case p.Kind == KindLicence:
		address, ok := licenceAddress(n.Domain)
		if n.Domain = address; !ok {
			reject("domain", "ip_needed", n.Domain, 0)
		}
	case p.Kind == KindCodeSigning:
		n.Domain = ""
	default:
		n.Domain, problems = checkDomain(p, n.Domain, problems)
	}
	if !p.HasDomain() && (len(n.SANs) > 0 || n.SANCount != 0 || n.WildcardSANCount != 0) {
		reject("sans", "sans_not_sold", "", 0)
		n.SANs, n.SANCount, n.WildcardSANCount = nil, 0, 0
	}
	if n.SANCount < 0 || n.WildcardSANCount < 0 {
		reject("sans", "negative", "", 0)
		n.SANCount, n.WildcardSANCount = max(0, n.SANCount), max(0, n.WildcardSANCount)
	}
	n, problems = n.checkNames(p, problems)
	n.CustomerName = strings.TrimSpace(n.CustomerName)
	n.CustomerEmail = strings.TrimSpace(n.CustomerEmail)
	n.Note = strings.TrimSpace(n.Note)
	n.Reference = strings.TrimSpace(n.Reference)
	for field, text := range map[string]string{"customer_name": n.CustomerName, "note": n.Note, "reference": n.Reference} {
		if len([]rune(text)) > maxText {
			reject(field, "too_long", "", maxText)
		}
	}
	if n.CustomerEmail != "" && !ValidEmail(n.CustomerEmail) {
		reject("customer_email", "bad_email", n.CustomerEmail, 0)
	}
	slices.SortStableFunc(problems, func(a, b Problem) int { return strings.Compare(a.Field, b.Field) })
	return n, problems
}

// licenceAddress tidies the address of the server a licence is for, and says
// whether it can be one.
func licenceAddress(typed string) (string, bool) {
	typed = strings.TrimSpace(typed)
	addr, err := netip.ParseAddr(typed)
	if err != nil || !addr.IsValid() || addr.Zone() != "" || addr.IsUnspecified() || addr.IsLoopback() || addr.IsMulticast() {
		return typed, false
	}
	return addr.String(), true
}

func checkDomain(p Product, domain string, problems []Problem) (string, []Problem) {
	if p.Kind == KindWildcard && !strings.HasPrefix(domain, "*.") && domain != "" {
		domain = "*." + strings.TrimPrefix(domain, ".")
	}
	name, err := certs.NormalizeName(domain)
	if err != nil {
		return domain, append(problems, nameProblem("domain", domain, err))
	}
	if p.Kind != KindWildcard && strings.HasPrefix(name, "*.") {
		return name, append(problems, Problem{Field: "domain", Code: "wildcard_not_sold", Name: name})
	}
	return name, problems
}

// checkNames normalises the additional names, each once and without the domain
// itself, and holds their numbers against what the product takes.
func (n NewOrder) checkNames(p Product, problems []Problem) (NewOrder, []Problem) {
	if len(n.SANs) > p.SANMax+p.WildcardSANMax+spareNames {
		problems = append(problems, tooMany("sans", len(n.SANs), p.SANMax, "sans_not_sold")...)
		n.SANs = nil
	}
	var names []string
	plain, wildcards := 0, 0
	for _, typed := range n.SANs {
		if strings.TrimSpace(typed) == "" {
			continue
		}
		name, err := certs.NormalizeName(typed)
		if err != nil {
			problems = append(problems, nameProblem("sans", typed, err))
			continue
		}
		if name == n.Domain || slices.Contains(names, name) {
			continue
		}
		names = append(names, name)
		if strings.HasPrefix(name, "*.") {
			wildcards++
		} else {
			plain++
		}
	}
	n.SANs = names
	n.SANCount, n.WildcardSANCount = max(n.SANCount, plain), max(n.WildcardSANCount, wildcards)
	problems = append(problems, tooMany("sans", n.SANCount, p.SANMax, "sans_not_sold")...)
	problems = append(problems, tooMany("wildcard_sans", n.WildcardSANCount, p.WildcardSANMax, "wildcard_sans_not_sold")...)
	return n, problems
}

func tooMany(field string, count, most int, notSold string) []Problem {
	switch {
	case count > 0 && most == 0:
		return []Problem{{Field: field, Code: notSold}}
	case count > most:
		return []Problem{{Field: field, Code: "too_many", Max: most}}
	}
	return nil
}

func nameProblem(field, typed string, err error) Problem {
	var bad *certs.NameError
	if errors.As(err, &bad) {
		return Problem{Field: field, Code: "name_" + string(bad.Code), Name: bad.Name}
	}
	return Problem{Field: field, Code: "name_bad_label", Name: typed}
}

// ValidEmail says whether s is one plain e-mail address without a display name.
func ValidEmail(s string) bool {
	if len(s) > 254 || strings.ContainsAny(s, "\r\n\x00") {
		return false
	}
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Address != s || parsed.Name != "" {
		return false
	}
	_, host, _ := strings.Cut(s[strings.LastIndexByte(s, '@'):], "@")
	_, err = certs.NormalizeName(host)
	return err == nil && !strings.HasPrefix(host, "*")
}
