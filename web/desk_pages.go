package web

import (
	"context"
	"time"

	"certbay/db"
	"certbay/handlers"
	"certbay/providers"
)

// What the pages of upstreams ask of a Desk, in their words.
var _ handlers.Upstreams = (*Desk)(nil)

// Kinds lists the types of upstream that an account can be set up at.
func (d *Desk) Kinds() []handlers.UpstreamKind {
	var list []handlers.UpstreamKind
	for _, k := range d.kinds {
		kind := handlers.UpstreamKind{Name: k.Name, Title: k.Title, BaseURL: k.BaseURL, Abilities: abilityWords(k.Able), SecretsDays: k.SecretsDays}
		for _, f := range k.Fields {
			kind.Fields = append(kind.Fields, handlers.UpstreamField{Code: f.Code, Secret: f.Secret, Optional: f.Optional, Choices: f.Choices})
		}
		list = append(list, kind)
	}
	return list
}

// Fixed maps the upstreams that are no accounts of the book to what they can do.
func (d *Desk) Fixed() map[string][]string {
	fixed := map[string][]string{}
	for name, p := range d.fixed {
		fixed[name] = abilityWords(providers.Abilities(p))
	}
	return fixed
}

func abilityWords(list []providers.Ability) []string {
	var words []string
	for _, a := range list {
		if a != providers.CanProbe { // what the test of a connection does is no news
			words = append(words, string(a))
		}
	}
	return words
}

// Circuit tells without a call whether an upstream is called: "closed", "open" or
// "half-open"; empty where nothing is known, as before the first call.
func (d *Desk) Circuit(name string) string {
	p, ok := d.fixed[name]
	if !ok {
		d.mu.Lock()
		o, there := d.opened[name]
		d.mu.Unlock()
		if !there {
			return ""
		}
		p = o.provider
	}
	if m, ok := p.(providers.Meter); ok {
		return m.Line().Circuit
	}
	return ""
}

// Check opens an account as far as that goes without a call.
func (d *Desk) Check(row db.Upstream, secrets map[string]string) error {
	_, err := d.Open(row, secrets)
	return err
}

// How long a test of a connection waits: for one answer, and in all.
const (
	testAnswer = 8 * time.Second
	testWhole  = 20 * time.Second
)

// Test tries an account that need not be kept, over a connection of its own: what
// was wrong with calls before does not count.
func (d *Desk) Test(ctx context.Context, row db.Upstream, secrets map[string]string) handlers.UpstreamTest {
	p, err := d.open(row, secrets, testAnswer)
	if err != nil {
		return handlers.UpstreamTest{Cause: "account", Words: err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, testWhole)
	defer cancel()
	var result handlers.UpstreamTest
	prober, probes := p.(providers.Prober)
	if probes {
		err = prober.Probe(ctx)
	} else {
		_, err = p.Products(ctx)
	}
	if err == nil {
		if b, ok := p.(providers.Balancer); ok {
			var balance providers.Balance
			if balance, err = b.Balance(ctx); err == nil {
				result.Balance = &db.UpstreamBalance{Upstream: row.Name, Cents: balance.Cents, Currency: balance.Currency, Sandbox: balance.Sandbox,
					Allowance: balance.Allowance, Used: balance.Used}
			}
		}
	}
	cause, words := providers.Diagnose(err)
	result.Cause, result.Words = string(cause), words
	if m, ok := p.(providers.Meter); ok {
		result.Skew = m.Line().Skew
	}
	return result
}
