// Package datassl buys from a shop that serves the DATASSL reseller API v3: DATASSL itself, or another Certbay.
//
// The dialect buys in two steps: an order, which takes the money, and its configuration with the CSR. Submit makes both one: what
// was paid and not configured is taken up again by its reference, cancelled when the configuration is refused, or named to the
// caller where it can't be (providers.Refusal.UpstreamID). The names of a certificate are those in the CSR. An order can be
// cancelled until its validation begins.
//
// The document has no reference of the buyer's. It is sent all the same, as a field and as Idempotency-Key; where the shop does
// not keep it, Find says providers.ErrUnsure.
package datassl

import (
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
	"certbay/providers/datassl/internal/api"
	"certbay/providers/internal/wire"
)

// Config is an account at a shop.
type Config struct {
	Name    string // in errors; empty: "datassl"
	BaseURL string // with /api/reseller
	Key     string // the API key
	Lang    string // of the shop's sentences, "tr" or "en"; empty: "tr"

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
	_ providers.Provider    = (*Shop)(nil)
	_ providers.Finder      = (*Shop)(nil)
	_ providers.DCVChanger  = (*Shop)(nil)
	_ providers.Resender    = (*Shop)(nil)
	_ providers.Canceler    = (*Shop)(nil)
	_ providers.Reissuer    = (*Shop)(nil)
	_ providers.Balancer    = (*Shop)(nil)
	_ providers.OrderLister = (*Shop)(nil)
	_ providers.Prober      = (*Shop)(nil)
	_ providers.Meter       = (*Shop)(nil)
)

// New makes a Shop; nothing is called yet. The error says what is wrong with the configuration.
func New(c Config) (*Shop, error) {
	s := &Shop{name: c.Name}
	if s.name == "" {
		s.name = "datassl"
	}
	if strings.TrimSpace(c.Key) == "" {
		return nil, fmt.Errorf("%s: an API key is needed", s.name)
	}
	if c.Lang == "" {
		c.Lang = "tr"
	}
	var err error
	s.api, err = api.New(wire.Config{Name: s.name, BaseURL: c.BaseURL, Timeout: c.Timeout, Log: c.Log, Transport: c.Transport}, strings.TrimSpace(c.Key), c.Lang)
	return s, err
}

// Products lists what the account's group may buy.
func (s *Shop) Products(ctx context.Context) ([]providers.Product, error) {
	list, err := s.api.Products(ctx, api.ProductFilter{})
	if err != nil {
		return nil, err
	}
	out := make([]providers.Product, 0, len(list.Products))
	for _, p := range list.Products {
		if needsDetail(p) {
			detail, err := s.api.Product(ctx, int64(p.ID))
			if errors.Is(err, providers.ErrUnknown) {
				continue // taken out of the catalog a moment ago
			}
			if err != nil {
				return nil, err
			}
			p = detail
		}
		product, err := s.product(p)
		if err != nil {
			return nil, err
		}
		out = append(out, product)
	}
	return out, nil
}

// needsDetail says that the list does not tell all prices: those of additional names, or of terms that are no whole years.
func needsDetail(p api.Product) bool {
	return bool(p.SANEnabled) || slices.ContainsFunc(p.Periods, func(m wire.Int) bool { return m%12 != 0 })
}

// allMethods are offered where the shop does not say.
var allMethods = []providers.Method{providers.MethodEmail, providers.MethodHTTP, providers.MethodHTTPS, providers.MethodDNS}

// product translates; a word that the document does not have is an error that quotes it.
func (s *Shop) product(p api.Product) (providers.Product, error) {
	bad := func(what string, word any) (providers.Product, error) {
		return providers.Product{}, fmt.Errorf("%s: product %d: %s %q is not understood: %w", s.name, p.ID, what, word, providers.ErrUnavailable)
	}
	out := providers.Product{
		Code: strconv.FormatInt(int64(p.ID), 10), Name: p.Name.String(), Brand: p.Brand.String(),
		Type: providers.Type(p.Type), Validation: providers.Validation(p.ValidationType), Warranty: p.Warranty.Minor / 100,
	}
	switch out.Type {
	case providers.TypeSSL, providers.TypeWildcard, providers.TypeMultiDomain, providers.TypeCodeSigning, providers.TypeLicence:
	default:
		return bad("type", out.Type)
	}
	switch out.Validation {
	case providers.ValidationDV, providers.ValidationOV, providers.ValidationEV:
	default:
		if out.Type != providers.TypeLicence {
			return bad("validation", out.Validation)
		}
		out.Validation = ""
	}
	in := money.CurrencyUSD
	if p.Currency != "" {
		var err error
		if in, err = money.ParseCurrency(p.Currency.String()); err != nil {
			return bad("currency", p.Currency)
		}
	}
	for _, t := range p.Terms {
		out.Terms = append(out.Terms, providers.Term{Months: int(t.Period), Cost: cost(t.ResellerPrice, in)})
	}
	if len(out.Terms) == 0 {
		for years, price := range p.Pricing {
			n, err := strconv.Atoi(years)
			if err != nil || n < 1 || n > 10 {
				return bad("term of years", years)
			}
			out.Terms = append(out.Terms, providers.Term{Months: 12 * n, Cost: cost(price, in)})
		}
	}
	if len(out.Terms) == 0 {
		return bad("pricing", "")
	}
	slices.SortFunc(out.Terms, func(a, b providers.Term) int { return a.Months - b.Months })
	out.SAN = sanRule(p.SANPricing.SANEnabled, p.SANPricing.SANIncluded, p.SANPricing.SANMax, p.SANPricing.SANPrice, p.SANPricing.SANPricing, in)
	out.WildcardSAN = sanRule(p.SANPricing.WildcardSANEnabled, p.SANPricing.WildcardSANIncluded, p.SANPricing.WildcardSANMax,
		p.SANPricing.WildcardSANPrice, p.SANPricing.WildcardSANPricing, in)
	return out, s.methods(&out, p)
}

func sanRule(enabled wire.Bool, included, most wire.Int, price wire.Cents, years wire.Dict[wire.Cents], in money.Currency) providers.SANRule {
	if !enabled {
		return providers.SANRule{}
	}
	if year, ok := years["1"]; ok {
		price = year
	}
	return providers.SANRule{Included: int(included), Maximum: int(most), Cost: cost(price, in)}
}

// cost has no currency where no price is told, so that it is never taken for nought.
func cost(c wire.Cents, in money.Currency) money.Money {
	if !c.Given {
		return money.Money{}
	}
	return c.Money(in)
}

// methods fills in how domain control can be shown.
func (s *Shop) methods(out *providers.Product, p api.Product) error {
	if out.Type == providers.TypeLicence || out.Type == providers.TypeCodeSigning {
		return nil
	}
	list := slices.Clone(allMethods)
	if len(p.DCVMethods) > 0 {
		list = nil
		for _, m := range p.DCVMethods {
			if !providers.Method(m).Valid() {
				return fmt.Errorf("%s: product %d: method %q is not understood: %w", s.name, p.ID, m, providers.ErrUnavailable)
			}
			list = append(list, providers.Method(m))
		}
	}
	if out.Type == providers.TypeWildcard {
		list = slices.DeleteFunc(list, func(m providers.Method) bool { return m == providers.MethodHTTP || m == providers.MethodHTTPS })
	}
	out.Methods = list
	return nil
}

// Balance is the account's credit.
func (s *Shop) Balance(ctx context.Context) (providers.Balance, error) {
	b, err := s.api.Balance(ctx)
	if err != nil {
		return providers.Balance{}, err
	}
	if !b.Balance.Given {
		return providers.Balance{}, fmt.Errorf("%s: the answer has no balance: %w", s.name, providers.ErrUnavailable)
	}
	out := providers.Balance{Cents: b.Balance.Minor, Currency: b.Currency.String()}
	if out.Currency == "" {
		out.Currency = string(money.CurrencyUSD)
	}
	return out, nil
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

// parseID reads an order's id; what was never one is unknown.
func (s *Shop) parseID(upstreamID string) (int64, error) {
	n, err := strconv.ParseInt(upstreamID, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != upstreamID {
		return 0, fmt.Errorf("%s: order %q: %w", s.name, upstreamID, providers.ErrUnknown)
	}
	return n, nil
}
