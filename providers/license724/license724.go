// Package license724 buys software licences from 724license, or from another Certbay that serves its dialect.
//
// The dialect knows a licence by its product's code and its address, and has no question after one: what a call answered is all
// there is to know. So Status repeats what Submit was told (the licence's key too, as long as the program runs), the account's orders can't be listed, and an order that broke off can't
// be found again: a person decides about it. It has no reference of the buyer's either; ours goes along as Idempotency-Key.
//
// Prices are in the upstream's credit. A billing cycle is taken to be a month, since the document shows only 1; terms longer than
// that are offered where the upstream tells them.
package license724

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
	"sync"
	"time"

	"certbay/db/money"
	"certbay/providers"
	"certbay/providers/internal/wire"
	"certbay/providers/license724/internal/api"
)

// Config is an account.
type Config struct {
	Name    string // in errors; empty: "license724"
	BaseURL string // with /v1; empty: DefaultBaseURL
	Token   string // the API key

	// CreditCents is what one of the upstream's credits costs us, US cents; 0: a hundred.
	CreditCents int64

	Timeout   time.Duration     // for one answer; 0 = 60 s, as the document's examples have it
	Log       *slog.Logger      // of each exchange, at debug level; nil: none
	Transport http.RoundTripper // nil: the usual
}

// DefaultBaseURL is where 724license is.
const DefaultBaseURL = "https://api.724license.com/v1"

// House is the upstream. Safe for concurrent use.
type House struct {
	api    *api.Client
	name   string
	credit int64

	mu   sync.Mutex
	told map[string]string // keys by licence id; guarded by mu
}

var (
	_ providers.Provider = (*House)(nil)
	_ providers.Licencer = (*House)(nil)
	_ providers.Balancer = (*House)(nil)
	_ providers.Prober   = (*House)(nil)
	_ providers.Meter    = (*House)(nil)
)

// New makes a House; nothing is called yet. The error says what is wrong with the configuration.
func New(c Config) (*House, error) {
	h := &House{told: map[string]string{}, name: cmp.Or(c.Name, "license724"), credit: cmp.Or(c.CreditCents, 100)}
	token := strings.TrimSpace(c.Token)
	switch {
	case token == "":
		return nil, fmt.Errorf("%s: an API key is needed", h.name)
	case h.credit < 0:
		return nil, fmt.Errorf("%s: a credit can't cost less than nothing", h.name)
	}
	var err error
	h.api, err = api.New(wire.Config{Name: h.name, BaseURL: cmp.Or(strings.TrimSpace(c.BaseURL), DefaultBaseURL), Timeout: cmp.Or(c.Timeout, time.Minute),
		Log: c.Log, Transport: c.Transport}, token)
	return h, err
}

// Products lists the licences that are sold.
func (h *House) Products(ctx context.Context) ([]providers.Product, error) {
	list, err := h.api.Products(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]providers.Product, 0, len(list.Products))
	for _, p := range list.Products {
		product, err := h.product(p, list.Products)
		if err != nil {
			return nil, err
		}
		out = append(out, product)
	}
	return out, nil
}

func (h *House) product(p api.Product, all []api.Product) (providers.Product, error) {
	out := providers.Product{Code: p.Code.String(), Name: cmp.Or(p.Name.String(), p.Code.String()), Type: providers.TypeLicence, Cores: cores(p, all)}
	if out.Code == "" {
		return out, fmt.Errorf("%s: product %q has no code: %w", h.name, p.Name, providers.ErrUnavailable)
	}
	first, _, _ := strings.Cut(out.Name, " ")
	out.Brand = cmp.Or(p.Brand.String(), first)
	for cycle, price := range p.Cycles {
		months, err := strconv.Atoi(cycle)
		if err != nil || months < 1 || months > 120 {
			return out, fmt.Errorf("%s: product %s: period %q is not understood: %w", h.name, out.Code, cycle, providers.ErrUnavailable)
		}
		out.Terms = append(out.Terms, providers.Term{Months: months, Cost: h.money(price)})
	}
	if len(out.Terms) == 0 {
		out.Terms = []providers.Term{{Months: 1, Cost: h.money(p.CreditPrice)}}
	}
	slices.SortFunc(out.Terms, func(a, b providers.Term) int { return a.Months - b.Months })
	return out, nil
}

// money is what credits cost us, rounded half up; no currency where no price was told.
func (h *House) money(credits wire.Cents) money.Money {
	if !credits.Given {
		return money.Money{}
	}
	return money.USD((credits.Minor*h.credit + 50) / 100)
}

// litespeed is the family that the document's change-core is about.
const litespeed = "litespeed"

// cores are the codes that a product can be turned into: those the upstream tells, else, as the document has it, one LiteSpeed
// product into another.
func cores(p api.Product, all []api.Product) (codes []string) {
	if p.Cores != nil {
		for _, code := range *p.Cores {
			codes = append(codes, code.String())
		}
		return codes
	}
	if !family(p) {
		return nil
	}
	for _, other := range all {
		if other.Code != p.Code && family(other) {
			codes = append(codes, other.Code.String())
		}
	}
	return codes
}

func family(p api.Product) bool {
	code := strings.ToLower(p.Code.String())
	return code == litespeed || strings.HasPrefix(code, litespeed+"_") || strings.HasPrefix(code, litespeed+"-")
}

// Balance is the account's credit.
func (h *House) Balance(ctx context.Context) (providers.Balance, error) {
	a, err := h.api.Balance(ctx)
	if err != nil {
		return providers.Balance{}, err
	}
	return providers.Balance{Cents: a.Balance.Minor, Currency: cmp.Or(a.Currency.String(), "credit"), Sandbox: bool(a.Sandbox)}, nil
}

// Probe asks for the balance.
func (h *House) Probe(ctx context.Context) error {
	_, err := h.Balance(ctx)
	return err
}

// Line is how the connection is.
func (h *House) Line() providers.Line {
	return providers.Line{Circuit: h.api.Wire().Circuit(), Skew: h.api.Wire().Skew()}
}

// Status answers that a licence works: Submit was told so, and the dialect has no question after it.
func (h *House) Status(ctx context.Context, upstreamID string) (providers.Status, error) {
	if err := h.known(ctx, upstreamID); err != nil {
		return providers.Status{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return providers.Status{State: providers.StateIssued, LicenceKey: h.told[upstreamID]}, nil
}

// mostTold is how many keys are remembered: far more than are bought between a
// submission and the look after it.
const mostTold = 1000

func (h *House) remember(upstreamID, key string) {
	if key == "" {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.told) >= mostTold {
		clear(h.told)
	}
	h.told[upstreamID] = key
}

// Certificate is never ready: licences have none.
func (h *House) Certificate(ctx context.Context, upstreamID string) (providers.Certificate, error) {
	if err := h.known(ctx, upstreamID); err != nil {
		return providers.Certificate{}, err
	}
	return providers.Certificate{}, fmt.Errorf("%s: licence %s has no certificate: %w", h.name, upstreamID, providers.ErrNotReady)
}

// known says whether an id is of the form that the upstream gives.
func (h *House) known(ctx context.Context, upstreamID string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w: %w", h.name, providers.ErrUnavailable, err)
	}
	if n, err := strconv.ParseInt(upstreamID, 10, 64); err != nil || n < 1 {
		return fmt.Errorf("%s: licence %q: %w", h.name, upstreamID, providers.ErrUnknown)
	}
	return nil
}

var errNoID = errors.New("the licence was made without an id")
