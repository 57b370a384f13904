package ssl247_test

import (
	"strconv"
	"testing"
	"time"

	served "certbay/handlers/ssl247"
	"certbay/providers/providertest"
	"certbay/providers/ssl247"
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
	y.single, y.multi, y.wildcard = y.Sell(y.Gold, webtest.Single()), y.Sell(y.Gold, webtest.Multi()), y.Sell(y.Gold, webtest.Wildcard())
	y.Sell(y.Gold, webtest.Licence())
	return y
}

func (y *yard) shop(base, key string) *ssl247.Shop {
	y.t.Helper()
	return must[*ssl247.Shop](y.t)(ssl247.New(ssl247.Config{BaseURL: base, User: y.Reseller.Email, Key: key, Timeout: patience}))
}

// patience is how long the buyer waits for an answer.
const patience = 20 * time.Second

func code(id int64) string { return strconv.FormatInt(id, 10) }

func TestProviderExaminationAgainstARunningCertbay(t *testing.T) {
	y := openYard(t) // one for all: each examination has domains of its own
	base := y.URL + "/api/v3"
	providertest.Run(t, func(t *testing.T) providertest.Env {
		return providertest.Env{
			Provider: y.shop(base, y.Key), Stranger: y.shop(base, "cb_nobody_knows_this_key_0123456789"), Nowhere: y.shop(webtest.Nowhere(t)+"/api/v3", y.Key),
			DVSingle: code(y.single), DVMultiDomain: code(y.multi), DVWildcard: code(y.wildcard), OneMethod: true,
			Publish: y.Publish, Mails: y.MailCount, Approve: y.Approve, OncePerReference: true,
		}
	})
}
