package handlers

import (
	"context"
	"slices"
	"time"

	"certbay/db"
)

// Upstreams are the systems that are bought from, by the names that offers and
// orders have for them.
type Upstreams interface {
	// Names lists all.
	Names(ctx context.Context) ([]string, error)
	// Can says whether one has an ability, in the words of the adapters: "reissue",
	// "revoke", "cancel", "renew", "change_dcv", "resend", "licence", …
	Can(ctx context.Context, upstream, ability string) (bool, error)

	// Kinds lists the types that an account can be set up at.
	Kinds() []UpstreamKind
	// Fixed maps those that are no accounts of the book to what they can do.
	Fixed() map[string][]string
	// Circuit tells without a call whether one is called: "closed", "open" (not for a
	// while, after too many failures), "half-open"; empty where nothing is known.
	Circuit(upstream string) string
	// Check says what is wrong with an account as far as that can be told without a call.
	Check(row db.Upstream, secrets map[string]string) error
	// Test tries an account, which need not be kept.
	Test(ctx context.Context, row db.Upstream, secrets map[string]string) UpstreamTest
}

// UpstreamKind is a type of upstream.
type UpstreamKind struct {
	Name, Title string
	BaseURL     string // where it usually is; may be empty
	Fields      []UpstreamField
	Abilities   []string
	SecretsDays int // after which it stops accepting a login that was not changed; 0: never
}

// UpstreamField is one thing that an account of a kind is made of.
type UpstreamField struct {
	Code     string
	Secret   bool
	Optional bool
	Choices  []string // empty: free text
}

// UpstreamTest is what came of trying an account.
type UpstreamTest struct {
	Cause   string        // why it can't be worked with, a word of providers.Cause, or "account" where the fields are wrong; empty: it can
	Words   string        // the upstream's, or whoever's noticed
	Skew    time.Duration // how far the upstream's clock is ahead of ours
	Balance *db.UpstreamBalance
}

// upstreamKind finds a kind by its name.
func (h *Handlers) upstreamKind(name string) (UpstreamKind, bool) {
	kinds := h.Upstreams.Kinds()
	i := slices.IndexFunc(kinds, func(k UpstreamKind) bool { return k.Name == name })
	if i < 0 {
		return UpstreamKind{Name: name, Title: name}, false
	}
	return kinds[i], true
}

// secretsWarned is how long before a login expires its admins are warned.
const secretsWarned = 30 * 24 * time.Hour

// secretsEnd is when the upstream stops accepting the login; zero: never.
func (k UpstreamKind) secretsEnd(u db.Upstream) time.Time {
	if k.SecretsDays == 0 || len(u.SecretCodes) == 0 {
		return time.Time{}
	}
	return u.SecretsAt.AddDate(0, 0, k.SecretsDays)
}
