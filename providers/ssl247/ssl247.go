// Package ssl247 buys from a shop that serves the SSL247 API v3: SSL247 itself, or another Certbay.
//
// The dialect counts in years, has one method of domain control for all names of a certificate (email, dns, file) and can't change
// it afterwards. A certificate is bought with one call (place-quick-order) or, for renewals and corrections, bought first and
// completed then; what was bought and not completed is taken up again, cancelled when its completion is refused, or named to the
// caller where it can't be (providers.Refusal.UpstreamID).
//
// The document has no reference of the buyer's. It is sent all the same, as a field and as Idempotency-Key; where the shop does
// not keep it, Find says providers.ErrUnsure.
package ssl247

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"certbay/db/money"
	"certbay/providers"
	"certbay/providers/internal/wire"
	"certbay/providers/ssl247/internal/api"
)

// Config is an account at a shop.
type Config struct {
	Name     string // in errors; empty: "ssl247"
	BaseURL  string // with /api/v3
	User     string // e-mail address
	Password string // of a standard or super user; empty for an API user
	Key      string // of the API user, or of the account

	Timeout   time.Duration     // for one answer; 0 = 30 s
	Log       *slog.Logger      // of each exchange, at debug level; nil: none
	Transport http.RoundTripper // nil: the usual
}

// Shop is the upstream. Safe for concurrent use.
type Shop struct {
	api  *api.Client
	name string
}

var (
	_ providers.Provider         = (*Shop)(nil)
	_ providers.Finder           = (*Shop)(nil)
	_ providers.Canceler         = (*Shop)(nil)
	_ providers.Reissuer         = (*Shop)(nil)
	_ providers.Renewer          = (*Shop)(nil)
	_ providers.Revoker          = (*Shop)(nil)
	_ providers.ApproverEmails   = (*Shop)(nil)
	_ providers.Balancer         = (*Shop)(nil)
	_ providers.OrderLister      = (*Shop)(nil)
	_ providers.ExternalImporter = (*Shop)(nil)
	_ providers.HealthChecker    = (*Shop)(nil)
	_ providers.Prober           = (*Shop)(nil)
	_ providers.Meter            = (*Shop)(nil)
)

// New makes a Shop; nothing is called yet. The error says what is wrong with the configuration.
func New(c Config) (*Shop, error) {
	s := &Shop{name: cmp.Or(c.Name, "ssl247")}
	login := api.Login{User: strings.TrimSpace(c.User), Password: c.Password, Key: strings.TrimSpace(c.Key)}
	if login.User == "" || login.Key == "" {
		return nil, fmt.Errorf("%s: a user and its API key are needed", s.name)
	}
	var err error
	s.api, err = api.New(wire.Config{Name: s.name, BaseURL: c.BaseURL, Timeout: c.Timeout, Log: c.Log, Transport: c.Transport}, login)
	return s, err
}

// Products lists what the account may buy, of every family.
func (s *Shop) Products(ctx context.Context) ([]providers.Product, error) {
	families, err := s.api.ProductTypes(ctx)
	if err != nil {
		return nil, err
	}
	var out []providers.Product
	for _, f := range families {
		list, err := s.api.Products(ctx, f.Code.String())
		if err != nil {
			return nil, err
		}
		for _, listed := range list {
			code := listed.Code.String()
			if slices.ContainsFunc(out, func(p providers.Product) bool { return p.Code == code }) {
				continue // in two families
			}
			detail, err := s.api.Product(ctx, code)
			if errors.Is(err, providers.ErrUnknown) {
				continue // taken out of the catalog a moment ago
			}
			if err != nil {
				return nil, err
			}
			p, err := s.product(code, listed.Brand.String(), detail)
			if err != nil {
				return nil, err
			}
			out = append(out, p)
		}
	}
	return out, nil
}

var (
	types       = []providers.Type{providers.TypeSSL, providers.TypeWildcard, providers.TypeMultiDomain, providers.TypeCodeSigning, providers.TypeLicence}
	validations = []providers.Validation{providers.ValidationDV, providers.ValidationOV, providers.ValidationEV}
)

// product translates; a word that is not understood is an error that quotes it.
func (s *Shop) product(code, brand string, d api.Product) (providers.Product, error) {
	bad := func(what string, word any) (providers.Product, error) {
		return providers.Product{}, fmt.Errorf("%s: product %s: %s %q is not understood: %w", s.name, code, what, word, providers.ErrUnavailable)
	}
	out := providers.Product{
		Code: code, Name: d.Name.String(), Brand: cmp.Or(d.Brand.String(), brand), Type: providers.Type(strings.ToLower(d.Requirements.Type.String())),
		Validation: providers.Validation(strings.ToLower(d.Requirements.ValidationType.String())), Warranty: int64(d.Requirements.WarrantyDollars),
	}
	if !slices.Contains(types, out.Type) {
		return bad("type", d.Requirements.Type)
	}
	if !slices.Contains(validations, out.Validation) && (out.Type != providers.TypeLicence || out.Validation != "") {
		return bad("validation_type", d.Requirements.ValidationType)
	}
	for _, p := range d.Prices {
		cost, err := costOf(p)
		if err != nil {
			return bad("currency", p.Currency)
		}
		if p.Years < 1 || p.Years > 10 {
			return bad("term of years", p.Years)
		}
		out.Terms = append(out.Terms, providers.Term{Months: 12 * int(p.Years), Cost: cost})
	}
	if len(out.Terms) == 0 {
		return bad("ProductPrices", "")
	}
	slices.SortFunc(out.Terms, func(a, b providers.Term) int { return a.Months - b.Months })
	for _, a := range d.Addons {
		rule := providers.SANRule{Included: int(a.Included), Maximum: int(a.Maximum)}
		for _, p := range d.AddonPrices[a.Name.String()].Prices {
			if p.Years == 1 {
				cost, err := costOf(p)
				if err != nil {
					return bad("currency", p.Currency)
				}
				rule.Cost = cost
			}
		}
		switch a.Type {
		case "san":
			out.SAN = rule
		case "wildcard-san":
			out.WildcardSAN = rule
		}
	}
	if out.Type == providers.TypeCodeSigning || out.Type == providers.TypeLicence {
		return out, nil
	}
	for _, word := range d.Requirements.DVAuthMethods {
		m, ok := methodOf[strings.ToLower(word.String())]
		if !ok {
			return bad("dv_auth_method", word)
		}
		if out.Type != providers.TypeWildcard || m != providers.MethodHTTP {
			out.Methods = append(out.Methods, m)
		}
	}
	return out, nil
}

// costOf has no currency where no price is told, so that it is never taken for nought.
func costOf(p api.Price) (money.Money, error) {
	if !p.Price.Given {
		return money.Money{}, nil
	}
	in, err := money.ParseCurrency(p.Currency.String())
	return p.Price.Money(in), err
}

// methodOf is the dialect's word for each method. A file is looked for over http; https can't be asked for.
var methodOf = map[string]providers.Method{"email": providers.MethodEmail, "dns": providers.MethodDNS, "file": providers.MethodHTTP}

// wordOf is methodOf the other way.
func wordOf(m providers.Method) (string, error) {
	for word, method := range methodOf {
		if method == m {
			return word, nil
		}
	}
	return "", providers.Refuse("method", fmt.Sprintf("this upstream has no method %q: it knows email, dns and http", m))
}

// Balance is the account's deposit, and its allowance where it has one.
func (s *Shop) Balance(ctx context.Context) (providers.Balance, error) {
	d, err := s.api.Deposit(ctx)
	if err != nil {
		return providers.Balance{}, err
	}
	if !d.Value.Given {
		return providers.Balance{}, fmt.Errorf("%s: the answer has no deposit: %w", s.name, providers.ErrUnavailable)
	}
	out := providers.Balance{Cents: d.Value.Minor, Currency: d.Currency.String()}
	a, err := s.api.MonthlyAllowance(ctx)
	if err != nil && !errors.Is(err, providers.ErrRefused) && !errors.Is(err, providers.ErrUnknown) {
		return providers.Balance{}, err
	}
	if err == nil && a.Limit.Minor > 0 {
		out.Allowance, out.Used = a.Limit.Minor, a.Limit.Minor-a.Remaining.Minor
	}
	return out, nil
}

// ApproverEmails lists the mailboxes that may approve for a name.
func (s *Shop) ApproverEmails(ctx context.Context, productCode, name string) ([]string, error) {
	list, err := s.api.ApproverEmails(ctx, productCode, name)
	var m *api.Missing
	if errors.As(err, &m) {
		return nil, providers.Refuse("product", m.Words)
	}
	return list, err
}

// ImportExternal puts a certificate that was bought elsewhere under watch.
func (s *Shop) ImportExternal(ctx context.Context, x providers.External) (string, error) {
	list, err := s.api.ImportExternal(ctx, api.ExternalCertificate{CommonName: x.CommonName, AdminContactID: x.AdminContact, TechContactID: x.TechContact,
		InternalProduct: x.InternalProduct, ExternalProduct: x.ExternalProduct, ValidationType: strings.ToUpper(string(x.Validation))})
	if err != nil {
		return "", err
	}
	if len(list) == 0 || list[0].Certificate.ID == "" {
		return "", fmt.Errorf("%s: the certificate was imported without an id: %w", s.name, providers.ErrUnsure)
	}
	return list[0].Certificate.ID.String(), nil
}

// CheckHealth has the shop look at how a certificate is installed.
func (s *Shop) CheckHealth(ctx context.Context, upstreamID string) (string, error) {
	if err := s.checkID(upstreamID); err != nil {
		return "", err
	}
	return s.api.RequestHealthCheck(ctx, upstreamID)
}

// Probe reads the account.
func (s *Shop) Probe(ctx context.Context) error {
	_, err := s.api.Account(ctx)
	return err
}

// Line tells how the connection is.
func (s *Shop) Line() providers.Line {
	return providers.Line{Circuit: s.api.Wire().Circuit(), Skew: s.api.Wire().Skew()}
}

// checkID knows what was never a certificate's id.
func (s *Shop) checkID(upstreamID string) error {
	if n, err := strconv.ParseInt(upstreamID, 10, 64); err != nil || n < 1 || strconv.FormatInt(n, 10) != upstreamID {
		return fmt.Errorf("%s: certificate %q: %w", s.name, upstreamID, providers.ErrUnknown)
	}
	return nil
}
