// Package gogetssl buys from an account that speaks the GoGetSSL API v1: GoGetSSL itself, or a Certbay that serves the dialect.
//
// An order is one call: its main name is the CSR's, the others are listed, each with its own method of domain control. An order can be
// cancelled until it is issued; a person may look at that first.
//
// The dialect has no reference of the buyer's. Ours goes along as Idempotency-Key, and as a unique code made of it, which an upstream
// that lets buyers choose the random value puts into what has to be published. Find looks for that code among the newest orders; when
// it is not seen it says providers.ErrUnsure, since an order by e-mail shows none.
package gogetssl

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"certbay/db/money"
	"certbay/providers"
	"certbay/providers/gogetssl/internal/api"
	"certbay/providers/internal/wire"
)

// Config is an account.
type Config struct {
	Name     string // in errors; empty: "gogetssl"
	BaseURL  string // with /api; the sandbox is another one
	User     string
	Password string // of the API; it expires after 365 days

	Timeout   time.Duration     // for one answer; 0 = 30 s
	Log       *slog.Logger      // of each exchange, at debug level; nil: none
	Transport http.RoundTripper // nil: the usual
}

// Reseller is the upstream. Safe for concurrent use.
type Reseller struct {
	api  *api.Client
	name string

	mu       sync.Mutex
	currency money.Currency // of the account, once it was seen
}

var (
	_ providers.Provider       = (*Reseller)(nil)
	_ providers.Finder         = (*Reseller)(nil)
	_ providers.DCVChanger     = (*Reseller)(nil)
	_ providers.Resender       = (*Reseller)(nil)
	_ providers.Rechecker      = (*Reseller)(nil)
	_ providers.ApproverEmails = (*Reseller)(nil)
	_ providers.Canceler       = (*Reseller)(nil)
	_ providers.Reissuer       = (*Reseller)(nil)
	_ providers.Renewer        = (*Reseller)(nil)
	_ providers.Balancer       = (*Reseller)(nil)
	_ providers.OrderLister    = (*Reseller)(nil)
	_ providers.Prober         = (*Reseller)(nil)
	_ providers.Meter          = (*Reseller)(nil)
)

// New makes a Reseller; nothing is called yet. The error says what is wrong with the configuration.
func New(c Config) (*Reseller, error) {
	if c.Name == "" {
		c.Name = "gogetssl"
	}
	if c.User == "" || c.Password == "" {
		return nil, fmt.Errorf("%s: a user and the API password are needed", c.Name)
	}
	r := &Reseller{name: c.Name}
	var err error
	r.api, err = api.New(wire.Config{Name: c.Name, BaseURL: c.BaseURL, Timeout: c.Timeout, Log: c.Log, Transport: c.Transport}, c.User, c.Password)
	return r, err
}

// Products lists the SSL products, with the account's prices.
func (r *Reseller) Products(ctx context.Context) ([]providers.Product, error) {
	in, err := r.money(ctx)
	if err != nil {
		return nil, err
	}
	detailed, err := r.api.SSLProducts(ctx)
	if err != nil {
		return nil, err
	}
	// What is included is only in the other list.
	plain, err := r.api.AllProducts(ctx)
	if err != nil {
		return nil, err
	}
	more := map[wire.Int]api.Listed{}
	for _, p := range plain.Products {
		more[p.ID] = p
	}
	var out []providers.Product
	for _, p := range detailed.Products {
		if len(p.Prices.Terms) == 0 {
			if p, err = r.api.SSLProduct(ctx, int64(p.ID)); err != nil {
				return nil, err
			}
		}
		product, err := r.product(p, more[p.ID], in)
		if err != nil {
			return nil, err
		}
		if len(product.Terms) > 0 { // without a price it can't be ordered
			out = append(out, product)
		}
	}
	return out, nil
}

// money is the account's currency.
func (r *Reseller) money(ctx context.Context) (money.Currency, error) {
	r.mu.Lock()
	in := r.currency
	r.mu.Unlock()
	if in != "" {
		return in, nil
	}
	b, err := r.api.AccountBalance(ctx)
	if err != nil {
		return "", err
	}
	if in, err = money.ParseCurrency(b.Currency.String()); err != nil {
		return "", fmt.Errorf("%s: currency %q is not understood: %w", r.name, b.Currency, providers.ErrUnavailable)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.currency = in
	return in, nil
}

var validations = map[string]providers.Validation{"domain": providers.ValidationDV, "business": providers.ValidationOV, "extended": providers.ValidationEV}

// product translates; a word that the documents do not have is an error that quotes it.
func (r *Reseller) product(p api.Product, more api.Listed, in money.Currency) (providers.Product, error) {
	out := providers.Product{Code: strconv.FormatInt(int64(p.ID), 10), Name: p.Product.String(), Brand: p.Brand.String(), Type: providers.TypeSSL}
	var known bool
	if out.Validation, known = validations[p.ProductType.String()]; !known {
		return out, fmt.Errorf("%s: product %d: type %q is not understood: %w", r.name, p.ID, p.ProductType, providers.ErrUnavailable)
	}
	switch {
	case bool(p.WildcardEnabled):
		out.Type = providers.TypeWildcard
	case bool(p.SANEnabled):
		out.Type = providers.TypeMultiDomain
	}
	for months, price := range p.Prices.Terms {
		out.Terms = append(out.Terms, providers.Term{Months: months, Cost: price.Money(in)})
	}
	slices.SortFunc(out.Terms, func(a, b providers.Term) int { return a.Months - b.Months })
	most := int(p.SANMax)
	if most == 0 {
		most = int(more.MultiMaximum)
	}
	if p.SANEnabled {
		out.SAN = providers.SANRule{Included: int(max(more.SingleSANIncluded, more.MultiIncluded)), Maximum: most, Cost: perYear(p.Prices.SAN, in)}
	}
	if p.WildcardSANEnabled {
		out.WildcardSAN = providers.SANRule{Included: int(more.WildcardSANIncluded), Maximum: most, Cost: perYear(p.Prices.WildcardSAN, in)}
	}
	for _, m := range []struct {
		method  providers.Method
		offered bool
	}{
		{providers.MethodEmail, bool(p.Email)}, {providers.MethodHTTP, bool(p.HTTP) && out.Type != providers.TypeWildcard},
		{providers.MethodHTTPS, bool(p.HTTPS) && out.Type != providers.TypeWildcard}, {providers.MethodDNS, bool(p.DNS)},
	} {
		if m.offered {
			out.Methods = append(out.Methods, m.method)
		}
	}
	return out, nil
}

// perYear is the price of a name for 12 months.
func perYear(prices map[int]wire.Cents, in money.Currency) money.Money {
	price, ok := prices[12]
	if !ok {
		return money.Money{}
	}
	return price.Money(in)
}

// Balance is the account's credit.
func (r *Reseller) Balance(ctx context.Context) (providers.Balance, error) {
	b, err := r.api.AccountBalance(ctx)
	if err != nil {
		return providers.Balance{}, err
	}
	if !b.Balance.Given || b.Currency == "" {
		return providers.Balance{}, fmt.Errorf("%s: the answer has no balance: %w", r.name, providers.ErrUnavailable)
	}
	return providers.Balance{Cents: b.Balance.Minor, Currency: b.Currency.String()}, nil
}

// Probe reads the balance.
func (r *Reseller) Probe(ctx context.Context) error {
	_, err := r.api.AccountBalance(ctx)
	return err
}

// Line tells how the connection is.
func (r *Reseller) Line() providers.Line {
	return providers.Line{Circuit: r.api.Wire().Circuit(), Skew: r.api.Wire().Skew()}
}

// ApproverEmails lists the mailboxes of a name: those of the Sectigo family, else those of the other.
func (r *Reseller) ApproverEmails(ctx context.Context, _, name string) ([]string, error) {
	a, err := r.api.DomainEmails(ctx, name)
	if err != nil {
		return nil, err
	}
	if len(a.Comodo) == 0 && len(a.Geotrust) == 0 {
		if a, err = r.api.DomainEmailsForGeotrust(ctx, name); err != nil {
			return nil, err
		}
	}
	list := a.Comodo
	if len(list) == 0 {
		list = a.Geotrust
	}
	var out []string
	for _, email := range list {
		if !slices.Contains(out, email.String()) {
			out = append(out, email.String())
		}
	}
	return out, nil
}

// parseID reads an order's id; what was never one is unknown.
func (r *Reseller) parseID(upstreamID string) (int64, error) {
	n, err := strconv.ParseInt(upstreamID, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != upstreamID {
		return 0, fmt.Errorf("%s: order %q: %w", r.name, upstreamID, providers.ErrUnknown)
	}
	return n, nil
}

// uniqueCode is the random value of an order: 20 letters and digits that only our reference gives.
func uniqueCode(reference string) string {
	sum := sha256.Sum256([]byte("certbay " + reference))
	return base32.StdEncoding.EncodeToString(sum[:])[:20]
}
