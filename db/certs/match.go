package certs

import (
	"errors"
	"strings"
)

// Want is what an order lets a request hold.
type Want struct {
	Domain      string   // of the order; a wildcard product's may lack its "*."
	SANs        []string // further names the customer entered, any spelling
	MaxNames    int      // names paid for, Domain included; 0 means 1
	Wildcard    bool     // a wildcard product
	CodeSigning bool     // no names at all; Domain and the rest are ignored
}

// Match checks a request against the order it is brought to. Errors are
// *CSRError, the first that applies in this order:
//
//   - Code signing: only the key is looked at, and RSA must have 3072 bits.
//   - bad_name: the common name, where there is one, must be a host name.
//   - wildcard_mismatch: a wildcard product needs *.domain; any other product
//     must hold no wildcard but those entered as SANs.
//   - domain_mismatch: the order's domain is the common name or a DNS name.
//   - too_many_names: the domain and the names beyond it are more than were paid
//     for. The www. twin of the domain (or, of www.x, the x itself) is free and
//     never counted; beside *.x both x and www.x are.
//   - unexpected_name: a name that was not entered may only take a place that was
//     paid for and that no entered name needs.
//
// A name that was entered but is not in the request is fine: the CA is told the
// order's names explicitly, and that list wins over the request.
func (c *CSR) Match(want Want) error {
	if want.CodeSigning {
		if c.KeyType == "RSA" && c.KeyBits < minRSACode {
			return &CSRError{Code: CSRWeakRSA, Bits: c.KeyBits, Min: minRSACode}
		}
		return nil
	}
	if c.CommonName != "" {
		if _, err := NormalizeName(c.CommonName); err != nil {
			return badName(err)
		}
	}
	domain, err := NormalizeName(want.Domain)
	if err != nil {
		return badName(err)
	}
	if want.Wildcard && !strings.HasPrefix(domain, "*.") {
		domain = "*." + domain
	}
	entered := map[string]bool{}
	for _, typed := range want.SANs {
		name, err := NormalizeName(typed)
		if err != nil {
			return badName(err)
		}
		entered[name] = true
	}
	found := map[string]bool{}
	hasWildcard := false
	for _, name := range c.Names {
		found[name] = true
		if strings.HasPrefix(name, "*.") {
			hasWildcard = true
			if !want.Wildcard && !entered[name] {
				return &CSRError{Code: CSRWildcardMismatch, Name: name}
			}
		}
	}
	if want.Wildcard && !hasWildcard {
		return &CSRError{Code: CSRWildcardMismatch, Expected: domain, Found: c.Names}
	}
	if !found[domain] {
		return &CSRError{Code: CSRDomainMismatch, Expected: domain, Found: c.Names}
	}
	return c.fit(domain, entered, max(want.MaxNames, 1))
}

// fit checks that the names beyond the domain have places that were paid for.
func (c *CSR) fit(domain string, entered map[string]bool, places int) error {
	free := twins(domain)
	free[domain] = true
	needed := map[string]bool{}
	for name := range entered {
		if !free[name] {
			needed[name] = true
		}
	}
	count, unlisted := 1, ""
	for _, name := range c.Names {
		if free[name] {
			continue
		}
		count++
		if !entered[name] {
			needed[name] = true
			if unlisted == "" {
				unlisted = name
			}
		}
	}
	if count > places {
		return &CSRError{Code: CSRTooManyNames, Max: places, Count: count}
	}
	if unlisted != "" && 1+len(needed) > places {
		return &CSRError{Code: CSRUnexpectedName, Name: unlisted}
	}
	return nil
}

// twins are the names a CA adds to domain for nothing.
func twins(domain string) map[string]bool {
	if base, ok := strings.CutPrefix(domain, "*."); ok {
		return map[string]bool{base: true, "www." + base: true}
	}
	if bare, ok := strings.CutPrefix(domain, "www."); ok {
		return map[string]bool{bare: true}
	}
	return map[string]bool{"www." + domain: true}
}

// IsTwin says whether a name comes with a domain for nothing: its www. twin, or what a
// wildcard covers without saying.
func IsTwin(domain, name string) bool { return twins(domain)[name] }

func badName(err error) *CSRError {
	var refused *NameError
	if errors.As(err, &refused) {
		return &CSRError{Code: CSRBadName, Name: refused.Name, Reason: refused.Code}
	}
	return &CSRError{Code: CSRBadName}
}
