package billmanager

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"certbay/db/money"
	"certbay/providers"
	"certbay/providers/billmanager/internal/api"
)

// Products lists the tariffs for certificates.
func (s *Shop) Products(ctx context.Context) ([]providers.Product, error) {
	list, err := s.api.Pricelists(ctx, s.project)
	if err != nil {
		return nil, err
	}
	out := make([]providers.Product, 0, len(list))
	for _, p := range list {
		product, err := s.product(p)
		if err != nil {
			return nil, err
		}
		if len(product.Terms) > 0 { // what is sold by the day, or for ever, is no certificate's term
			out = append(out, product)
		}
	}
	return out, nil
}

// product translates a tariff. What it does not tell is left empty, and said by a person at the import.
func (s *Shop) product(p api.Pricelist) (providers.Product, error) {
	bad := func(what string, word any) (providers.Product, error) {
		return providers.Product{}, fmt.Errorf("%s: tariff %d: %s %q is not understood: %w", s.name, p.ID, what, word, providers.ErrUnavailable)
	}
	out := providers.Product{Code: strconv.FormatInt(int64(p.ID), 10), Name: p.Name.String(), Brand: p.Brand.String(), Warranty: p.Warranty.Minor / 100}
	if p.ID < 1 {
		return bad("id", p.ID)
	}
	if out.Name == "" {
		out.Name = "Tariff " + out.Code
	}
	if out.Brand == "" {
		out.Brand, _, _ = strings.Cut(out.Name, " ")
	}
	var known bool
	if out.Type, out.Validation, known = sort(p); !known {
		return bad("kind", p.Kind.String()+" "+p.Validation.String())
	}
	in := money.CurrencyUSD
	if p.Currency != "" {
		var err error
		if in, err = money.ParseCurrency(strings.ToUpper(p.Currency.String())); err != nil {
			return bad("currency", p.Currency)
		}
	}
	out.Terms = terms(p.Price, in)
	for _, a := range p.Addons {
		rule := providers.SANRule{Included: int(a.Included), Maximum: int(a.Max)}
		for _, t := range terms(a.Price, in) {
			if t.Months == 12 {
				rule.Cost = t.Cost
			}
		}
		switch strings.ToLower(a.IntName.String()) {
		case "domain_count":
			out.SAN = rule
		case "wildcard_domain_count":
			out.WildcardSAN = rule
		}
	}
	var err error
	out.Methods, err = s.methods(p, out.Type)
	return out, err
}

func terms(list []api.Period, in money.Currency) []providers.Term {
	var out []providers.Term
	for _, p := range list {
		if p.Months() < 1 {
			continue
		}
		t := providers.Term{Months: p.Months()}
		if p.Cost.Given {
			t.Cost = p.Cost.Money(in)
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b providers.Term) int { return a.Months - b.Months })
	return slices.CompactFunc(out, func(a, b providers.Term) bool { return a.Months == b.Months })
}

// sort reads what sort of certificate a tariff is: by its own fields where there are some, else by its name for programs, which
// the vendor's modules read in the same way. Its name for people says nothing.
func sort(p api.Pricelist) (kind providers.Type, validation providers.Validation, known bool) {
	kind, validation = providers.Type(p.Kind), providers.Validation(p.Validation)
	words := strings.FieldsFunc(strings.ToLower(p.IntName.String()), func(r rune) bool { return r == '_' || r == '-' || r == ' ' || r == '.' })
	for _, w := range words {
		switch {
		case kind == "" && (w == "wildcard" || w == "wc"):
			kind = providers.TypeWildcard
		case kind == "" && (w == "multidomain" || w == "md" || w == "san" || w == "ucc"):
			kind = providers.TypeMultiDomain
		case validation == "" && (w == "dv" || w == "ov" || w == "ev"):
			validation = providers.Validation(w)
		}
	}
	if kind == "" {
		kind = providers.TypeSSL
	}
	switch validation {
	case providers.ValidationDV, providers.ValidationOV, providers.ValidationEV, "":
	default:
		return kind, validation, false
	}
	switch kind {
	case providers.TypeSSL, providers.TypeWildcard, providers.TypeMultiDomain, providers.TypeCodeSigning:
		return kind, validation, true
	}
	return kind, validation, false
}

// methods are the ways to show control; e-mail, files and DNS where the tariff does not tell.
func (s *Shop) methods(p api.Pricelist, kind providers.Type) ([]providers.Method, error) {
	if kind == providers.TypeCodeSigning {
		return nil, nil
	}
	words := p.Methods
	if len(words) == 0 {
		words = []string{api.ByEmail, api.ByFile, "auth_file_https", api.ByDNS}
	}
	var list []providers.Method
	for _, w := range words {
		m, known := method(w, w == "auth_file_https")
		if !known {
			return nil, fmt.Errorf("%s: tariff %d: method %q is not understood: %w", s.name, p.ID, w, providers.ErrUnavailable)
		}
		if file := m == providers.MethodHTTP || m == providers.MethodHTTPS; !file || kind != providers.TypeWildcard {
			list = append(list, m)
		}
	}
	return list, nil
}

// method translates an approver_method.
func method(word string, https bool) (providers.Method, bool) {
	switch word {
	case api.ByEmail, "":
		return providers.MethodEmail, true
	case api.ByDNS:
		return providers.MethodDNS, true
	case api.ByFile, "auth_file_https":
		if https {
			return providers.MethodHTTPS, true
		}
		return providers.MethodHTTP, true
	}
	return "", false
}

// approver is the approver_method of a method.
func approver(m providers.Method) (word string, https bool) {
	switch m {
	case providers.MethodEmail:
		return api.ByEmail, false
	case providers.MethodDNS:
		return api.ByDNS, false
	}
	return api.ByFile, m == providers.MethodHTTPS
}
