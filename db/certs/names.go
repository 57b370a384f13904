// Package certs knows certificates as bytes: names, signing requests, chains,
// download formats and how long the industry lets a certificate live. Every
// function is pure; none keeps state or reads a clock, a file or the network.
// Input comes from strangers: no function panics on any of it.
package certs

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// NameCode says why a name can't be on a certificate; translations hang on it.
type NameCode string

// The reasons a name is refused.
const (
	NameEmpty        NameCode = "empty"
	NameURL          NameCode = "url" // a URL, port, path, e-mail address or several words
	NameIP           NameCode = "ip"
	NameSingleLabel  NameCode = "single_label"
	NamePublicSuffix NameCode = "public_suffix"
	NameBadWildcard  NameCode = "bad_wildcard"
	NameBadLabel     NameCode = "bad_label"
	NameTooLong      NameCode = "too_long" // a label over 63 or the name over 253 octets
	NameUnderscore   NameCode = "underscore"
)

// NameCodes lists every code, for tests that texts exist for each.
var NameCodes = []NameCode{NameEmpty, NameURL, NameIP, NameSingleLabel, NamePublicSuffix, NameBadWildcard, NameBadLabel, NameTooLong, NameUnderscore}

// NameError is the refusal of one name.
type NameError struct {
	Code NameCode
	Name string // as it was typed, shortened and without control characters
}

func (e *NameError) Error() string { return fmt.Sprintf("certs: name %q: %s", e.Name, e.Code) }

const (
	maxName  = 253
	maxLabel = 63
	// maxTyped bounds the work done for one typed name; no Unicode name whose
	// ASCII form fits maxName is longer.
	maxTyped = 1024
)

// dottedCapital is the Turkish capital İ and its decomposed small letter. IDNA
// maps it to an i with a combining dot, which no registry accepts; who types it
// means i.
var dottedCapital = strings.NewReplacer("İ", "i", "i\u0307", "i", "I\u0307", "i")

// NormalizeName brings a typed host name into the one form that names are kept
// and compared in: lower-case ASCII (internationalised labels as xn--), no final
// dot, optionally with one leading "*.". Names that no public CA signs are
// refused with a *NameError. A public suffix is refused when a registry manages
// it (com.tr, co.uk); suffixes of hosting companies (github.io) have an owner
// who may well order for them. Top-level domains are not checked to exist.
func NormalizeName(s string) (string, error) {
	typed := s
	refuse := func(code NameCode) (string, error) {
		return "", &NameError{Code: code, Name: clean(typed, 80)}
	}
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || invisible(r) })
	switch {
	case s == "":
		return refuse(NameEmpty)
	case len(s) > maxTyped:
		return refuse(NameTooLong)
	case isIP(s):
		return refuse(NameIP)
	case strings.ContainsAny(s, `/\:?#@,;`) || strings.ContainsFunc(s, unicode.IsSpace):
		return refuse(NameURL)
	}
	base, wildcard := strings.CutPrefix(s, "*.")
	if strings.Contains(base, "*") {
		return refuse(NameBadWildcard)
	}
	if strings.Contains(base, "_") {
		return refuse(NameUnderscore)
	}
	base, err := idna.Lookup.ToASCII(dottedCapital.Replace(base))
	if err != nil {
		if len(base) > maxName {
			return refuse(NameTooLong)
		}
		return refuse(NameBadLabel)
	}
	if !spellable(base) {
		return refuse(NameBadLabel)
	}
	base = strings.TrimSuffix(strings.ToLower(base), ".")
	switch {
	case base == "" && wildcard:
		return refuse(NameBadWildcard)
	case base == "":
		return refuse(NameEmpty)
	case isIP(base): // full-width digits become digits only now
		return refuse(NameIP)
	}
	name := base
	if wildcard {
		name = "*." + base
	}
	if len(name) > maxName {
		return refuse(NameTooLong)
	}
	labels := strings.Split(base, ".")
	for _, label := range labels {
		if len(label) > maxLabel {
			return refuse(NameTooLong)
		}
		if !validLabel(label) {
			return refuse(NameBadLabel)
		}
	}
	top := labels[len(labels)-1]
	switch {
	case len(labels) == 1 && wildcard:
		return refuse(NamePublicSuffix)
	case len(labels) == 1:
		return refuse(NameSingleLabel)
	case allDigits(top):
		return refuse(NameBadLabel)
	}
	if suffix, managed := publicsuffix.PublicSuffix(base); managed && suffix == base {
		return refuse(NamePublicSuffix)
	}
	return name, nil
}

// UnicodeName returns a normalised name as a person reads it: xn-- labels in
// their own script. A name that has no such form comes back unchanged.
func UnicodeName(ascii string) string {
	base, wildcard := strings.CutPrefix(ascii, "*.")
	shown, err := idna.Display.ToUnicode(base)
	if err != nil {
		return ascii
	}
	if wildcard {
		return "*." + shown
	}
	return shown
}

// BaseDomain returns the registrable domain of a normalised name: example.com.tr
// for *.shop.example.com.tr. A name that is itself a suffix comes back as it is.
func BaseDomain(name string) string {
	name = strings.TrimPrefix(name, "*.")
	base, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return name
	}
	return base
}

// WildcardCovers reports whether a certificate for wildcard serves name, both
// normalised: *.example.com covers a.example.com, but neither example.com nor
// a.b.example.com. A wildcard covers itself.
func WildcardCovers(wildcard, name string) bool {
	base, ok := strings.CutPrefix(wildcard, "*.")
	if !ok || base == "" {
		return false
	}
	label, rest, dotted := strings.Cut(name, ".")
	return dotted && label != "" && rest == base
}

func validLabel(label string) bool {
	if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for _, r := range label {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}

// spellable reports whether the labels hold, in their own script, only what
// IDNA 2008 allows: letters, marks, digits and the few joiners of scripts. The
// idna package maps by the older rules, under which quotes and emoji pass.
func spellable(ascii string) bool {
	shown, err := idna.Punycode.ToUnicode(ascii)
	return err == nil && !strings.ContainsFunc(shown, func(r rune) bool {
		return r >= utf8.RuneSelf && !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune("·͵׳״・\u200c\u200d", r)
	})
}

// isIP reports whether s is an address in any spelling, brackets, zone and the
// short forms of old resolvers ("127.1") included.
func isIP(s string) bool {
	s = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"), ".")
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	return strings.Contains(s, ".") && allDigits(strings.ReplaceAll(s, ".", ""))
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// invisible reports characters that come along when text is copied from a page.
func invisible(r rune) bool {
	switch r {
	case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u200e', '\u200f':
		return true
	}
	return false
}

// clean shortens s to at most max runes and drops what is not printable, so that
// it can be shown and logged.
func clean(s string, max int) string {
	var b strings.Builder
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			continue
		}
		if max--; max < 0 {
			b.WriteString("…")
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
