package sandbox

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"certbay/db/certs"
	"certbay/providers"
)

// wish is a submission that was found good: names normalised, each once.
type wish struct {
	product providers.Product
	csr     *certs.CSR // nil for licences
	names   []providers.DomainChoice
	org     providers.Organization
	contact providers.Contact
	ip      string
	months  int
}

var referenceForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// approvers are the mailboxes that may approve for a domain (BR 3.2.2.4.4).
var approvers = []string{"admin", "administrator", "webmaster", "hostmaster", "postmaster"}

// examine judges a submission the way a CA's front door does. Errors are refusals.
func (ca *CA) examine(s providers.Submission) (wish, error) {
	p, ok := ca.product(s.ProductCode)
	if !ok {
		return wish{}, providers.Refuse("product", fmt.Sprintf("there is no product %q", s.ProductCode))
	}
	w := wish{product: p, org: s.Org, contact: s.Contact, months: s.Months}
	if !slices.ContainsFunc(p.Terms, func(t providers.Term) bool { return t.Months == s.Months }) {
		return w, providers.Refuse("months", fmt.Sprintf("%s is not sold for %d months", p.Name, s.Months))
	}
	if p.Type == providers.TypeLicence {
		addr, err := netip.ParseAddr(s.IP)
		if err != nil {
			return w, providers.Refuse("ip", "a licence needs the IP address of the server")
		}
		w.ip = addr.String()
		return w, nil
	}
	var err error
	if w.csr, err = certs.ParseCSR(s.CSR); err != nil {
		return w, refuseCSR(err)
	}
	if p.Type == providers.TypeCodeSigning {
		if slices.ContainsFunc(s.Names, func(c providers.DomainChoice) bool { return c.Name != "" }) {
			return w, providers.Refuse("names", "a code signing certificate holds no domain names")
		}
		if err := w.csr.Match(certs.Want{CodeSigning: true}); err != nil {
			return w, refuseCSR(err)
		}
		return w, w.fillOrg()
	}
	if err := w.takeNames(s.Names); err != nil {
		return w, err
	}
	for _, c := range w.names {
		if err := ca.allowed(p, c); err != nil {
			return w, err
		}
	}
	if p.Validation != providers.ValidationDV {
		return w, w.fillOrg()
	}
	return w, nil
}

// takeNames normalises the choices and counts them against the product and the CSR.
func (w *wish) takeNames(choices []providers.DomainChoice) error {
	p := w.product
	for _, c := range choices {
		name, err := certs.NormalizeName(c.Name)
		if err != nil {
			return providers.Refuse("names", fmt.Sprintf("%q is not a name that can be certified", c.Name))
		}
		c.Name, c.Email = name, strings.ToLower(strings.TrimSpace(c.Email))
		if c.Method != providers.MethodEmail {
			c.Email = ""
		}
		if !slices.ContainsFunc(w.names, func(have providers.DomainChoice) bool { return have.Name == name }) {
			w.names = append(w.names, c)
		}
	}
	if len(w.names) == 0 {
		return providers.Refuse("names", "no domain name was given")
	}
	main := w.names[0].Name
	if wild := strings.HasPrefix(main, "*."); wild != (p.Type == providers.TypeWildcard) {
		if wild {
			return providers.Refuse("names", p.Name+" is not a wildcard product: the main name can't start with *.")
		}
		return providers.Refuse("names", p.Name+" needs a main name that starts with *.")
	}
	var plain, wild int
	var others []string
	for _, c := range w.names[1:] {
		others = append(others, c.Name)
		switch {
		case strings.HasPrefix(c.Name, "*."):
			wild++
		case !twin(main, c.Name):
			plain++
		}
	}
	if plain > p.SAN.Maximum {
		return providers.Refuse("names", fmt.Sprintf("%s takes at most %d additional names, %d were given", p.Name, p.SAN.Maximum, plain))
	}
	if wild > p.WildcardSAN.Maximum {
		return providers.Refuse("names", fmt.Sprintf("%s takes at most %d additional wildcard names, %d were given", p.Name, p.WildcardSAN.Maximum, wild))
	}
	err := w.csr.Match(certs.Want{
		Domain: main, SANs: others, MaxNames: 1 + p.SAN.Maximum + p.WildcardSAN.Maximum, Wildcard: p.Type == providers.TypeWildcard,
	})
	if err != nil {
		return refuseCSR(err)
	}
	return nil
}

// twin reports whether other comes free with main: the same name with or without www, and a wildcard's base.
func twin(main, other string) bool {
	base := strings.TrimPrefix(main, "*.")
	return other == "www."+base || base == "www."+other || (base != main && base == other)
}

// allowed judges how control of one name is to be shown.
func (ca *CA) allowed(p providers.Product, c providers.DomainChoice) error {
	switch {
	case !slices.Contains(p.Methods, c.Method):
		return providers.Refuse("method", fmt.Sprintf("%s can't be validated by %q", p.Name, c.Method))
	case strings.HasPrefix(c.Name, "*.") && (c.Method == providers.MethodHTTP || c.Method == providers.MethodHTTPS):
		return providers.Refuse("method", c.Name+" can't be validated by a file: wildcard names need dns or email")
	case c.Method != providers.MethodEmail:
		return nil
	case ca.o.Mail == nil:
		return providers.Refuse("method", "validation by e-mail is not offered here")
	}
	box, domain, ok := strings.Cut(c.Email, "@")
	name := strings.TrimPrefix(c.Name, "*.")
	under := name == domain || strings.HasSuffix(name, "."+domain)
	if !ok || !slices.Contains(approvers, box) || !under || len(domain) < len(certs.BaseDomain(name)) {
		return providers.Refuse("email", fmt.Sprintf("%q may not approve for %s: use one of %s@%s",
			c.Email, c.Name, strings.Join(approvers, "@, "), certs.BaseDomain(name)))
	}
	return nil
}

// fillOrg takes what is missing about the applicant from the CSR.
func (w *wish) fillOrg() error {
	o := &w.org
	for _, f := range []struct {
		to   *string
		from string
	}{{&o.Name, w.csr.Organization}, {&o.City, w.csr.Locality}, {&o.Province, w.csr.Province}, {&o.Country, w.csr.Country}} {
		if *f.to == "" {
			*f.to = f.from
		}
	}
	o.Country = strings.ToUpper(o.Country)
	switch {
	case o.Name == "" || o.City == "":
		return providers.Refuse("org", "the name and the city of the organisation are needed")
	case len(o.Name) > 64*4 || len(o.City) > 128*4 || len(o.Province) > 128*4:
		return providers.Refuse("org", "the name of the organisation or its place is too long")
	case !country.MatchString(o.Country):
		return providers.Refuse("org", "the country of the organisation is needed as two letters")
	}
	return nil
}

var country = regexp.MustCompile(`^[A-Z]{2}$`)

// csrWords is how this CA says what is wrong with a request.
var csrWords = map[certs.CSRCode]string{
	certs.CSREmpty:                "the CSR is empty",
	certs.CSRTooLarge:             "the CSR is too long",
	certs.CSRNotCSR:               "this is not a CSR",
	certs.CSRIsCertificate:        "this is a certificate, not a CSR",
	certs.CSRIsPrivateKey:         "this is a private key, not a CSR",
	certs.CSRSeveral:              "there is more than one CSR",
	certs.CSRBadSignature:         "the signature of the CSR is not valid",
	certs.CSRWeakRSA:              "the key of the CSR is too short",
	certs.CSRWeakSignature:        "the CSR is signed with a weak algorithm",
	certs.CSRUnsupportedSignature: "the CSR is signed with an algorithm that is not supported",
	certs.CSRUnsupportedCurve:     "the curve of the CSR's key is not supported: use P-256 or P-384",
	certs.CSRUnsupportedKey:       "the kind of key in the CSR is not supported",
	certs.CSRWeakExponent:         "the RSA key of the CSR has a bad exponent",
	certs.CSRBadName:              "a name in the CSR can't be certified",
	certs.CSRDomainMismatch:       "the main name is not in the CSR",
	certs.CSRWildcardMismatch:     "the wildcard names in the CSR do not fit the product",
	certs.CSRTooManyNames:         "the CSR holds more names than the product takes",
	certs.CSRUnexpectedName:       "the CSR holds a name that was not ordered",
}

func refuseCSR(err error) error {
	var ce *certs.CSRError
	if !errors.As(err, &ce) {
		return providers.Refuse("csr", "the CSR can't be read")
	}
	words, ok := csrWords[ce.Code]
	if !ok {
		words = "the CSR is not acceptable"
	}
	switch {
	case ce.Code == certs.CSRWeakRSA:
		words += fmt.Sprintf(" (%d bits, at least %d are needed)", ce.Bits, ce.Min)
	case ce.Expected != "":
		words += " (" + ce.Expected + ")"
	case ce.Name != "":
		words += " (" + ce.Name + ")"
	}
	return providers.Refuse("csr", words)
}
