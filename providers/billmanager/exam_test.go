package billmanager_test

import (
	"strconv"
	"testing"

	served "certbay/handlers/billmanager"
	"certbay/providers/billmanager"
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
	y.single, y.multi, y.wildcard = y.Sell(y.Gold, webtest.Single()), y.Sell(y.Gold, webtest.Multi()), y.Sell(y.Gold, webtest.Wildcard())
	return y
}

func (y *yard) shop(c billmanager.Config) *billmanager.Shop {
	y.t.Helper()
	c.User = "info@liman.example"
	if c.Password == "" {
		c.Password = y.Key
	}
	if c.BaseURL == "" {
		c.BaseURL = y.URL
	}
	return must[*billmanager.Shop](y.t)(billmanager.New(c))
}

func code(id int64) string { return strconv.FormatInt(id, 10) }

func TestProviderExaminationAgainstARunningCertbayInEachEnvelope(t *testing.T) {
	y := openYard(t) // one for all: each examination has domains of its own
	for name, c := range map[string]billmanager.Config{
		"xml by authinfo":   {BaseURL: y.URL + "/billmgr"},
		"json by a session": {BaseURL: y.URL + "/manager/billmgr", Out: "json", Session: true},
		"bjson by authinfo": {Out: "bjson"},
	} {
		t.Run(name, func(t *testing.T) {
			stranger, elsewhere := c, c
			stranger.Password, elsewhere.BaseURL = "cb_nobody_knows_this_key_0123456789", webtest.Nowhere(t)+"/billmgr"
			providertest.Run(t, func(t *testing.T) providertest.Env {
				return providertest.Env{
					Provider: y.shop(c), Stranger: y.shop(stranger), Nowhere: y.shop(elsewhere),
					DVSingle: code(y.single), DVMultiDomain: code(y.multi), DVWildcard: code(y.wildcard), OneMethod: true, OncePerReference: true,
					Publish: y.Publish, Mails: y.MailCount, Approve: y.Approve,
				}
			})
		})
	}
}
