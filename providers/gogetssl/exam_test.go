package gogetssl_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	served "certbay/handlers/gogetssl"
	"certbay/providers"
	"certbay/providers/gogetssl"
	"certbay/providers/providertest"
	"certbay/web/webtest"
)

// yard is a running Certbay that serves the dialect, with the sandbox CA behind it, and a reseller with a key.
type yard struct {
	*webtest.Shop
	t *testing.T

	single, multi, wildcard int64
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func openYard(t *testing.T) *yard {
	t.Helper()
	y := &yard{t: t, Shop: webtest.OpenShop(t, webtest.ShopConfig{Dialect: served.Dialect, OpeningCents: 10_000_000})}
	wildcard := webtest.Wildcard()
	wildcard.Terms = webtest.Single().Terms
	y.single, y.multi, y.wildcard = y.Sell(y.Gold, webtest.Single()), y.Sell(y.Gold, webtest.Multi()), y.Sell(y.Gold, wildcard)
	y.Sell(y.Gold, webtest.Licence())
	return y
}

func (y *yard) buyer(base, key string) *gogetssl.Reseller {
	y.t.Helper()
	return must[*gogetssl.Reseller](y.t)(gogetssl.New(gogetssl.Config{BaseURL: base, User: y.Reseller.Email, Password: key, Timeout: patience}))
}

// patience is how long the buyer waits for an answer.
const patience = 10 * time.Second

func code(id int64) string { return strconv.FormatInt(id, 10) }

// late is the account at a time when what was issued today can be renewed: renewing is possible in the last 30 days of a term.
type late struct {
	*gogetssl.Reseller
	y    *yard
	once *sync.Once
}

func (l late) Renew(ctx context.Context, upstreamID string, s providers.Submission) (providers.Receipt, error) {
	if st, err := l.Status(ctx, upstreamID); err == nil && st.State == providers.StateIssued {
		l.once.Do(func() { l.y.Later(time.Until(st.TermEndsAt) - 20*24*time.Hour) })
	}
	return l.Reseller.Renew(ctx, upstreamID, s)
}

func TestProviderExaminationAgainstARunningCertbay(t *testing.T) {
	y := openYard(t) // one for all: each examination has domains of its own
	base := y.URL + "/api"
	// Where there is no order at all, nobody can tell whether the upstream tells codes.
	must[providers.Receipt](t)(y.buyer(base, y.Key).Submit(t.Context(), y.wish(t, "first", "first.example.com")))
	var once sync.Once
	providertest.Run(t, func(t *testing.T) providertest.Env {
		return providertest.Env{
			Provider: late{y.buyer(base, y.Key), y, &once}, Stranger: y.buyer(base, "cb_nobody_knows_this_key_0123456789"), Nowhere: y.buyer(webtest.Nowhere(t)+"/api", y.Key),
			DVSingle: code(y.single), DVMultiDomain: code(y.multi), DVWildcard: code(y.wildcard),
			Publish: y.Publish, Mails: y.MailCount, Approve: y.Approve, OncePerReference: true,
		}
	})
}
