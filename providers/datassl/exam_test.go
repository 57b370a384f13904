package datassl_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"certbay/db"
	"certbay/providers"
	"certbay/providers/datassl"
	"certbay/providers/providertest"
	"certbay/web/webtest"
)

// yard is a running Certbay that serves the dialect, with the sandbox CA behind it, and a reseller with a key.
type yard struct {
	*webtest.Shop
	t *testing.T

	single, multi, wildcard, licence int64
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
	y := &yard{t: t, Shop: webtest.OpenShop(t, webtest.ShopConfig{OpeningCents: 10_000_000})}
	y.single, y.multi, y.wildcard = y.Sell(y.Gold, webtest.Single()), y.Sell(y.Gold, webtest.Multi()), y.Sell(y.Gold, webtest.Wildcard())
	solo := webtest.Licence()
	solo.Terms = []db.Term{{Months: 1, ListCents: 4500}, {Months: 12, ListCents: 45000}}
	y.licence = y.Sell(y.Gold, solo)
	return y
}

func (y *yard) shop(base, key string) *datassl.Shop {
	y.t.Helper()
	return must[*datassl.Shop](y.t)(datassl.New(datassl.Config{BaseURL: base, Key: key, Lang: "en"}))
}

func code(id int64) string { return strconv.FormatInt(id, 10) }

func TestProviderExaminationAgainstARunningCertbay(t *testing.T) {
	y := openYard(t) // one for all: each examination has domains of its own
	base := y.URL + "/api/reseller"
	providertest.Run(t, func(t *testing.T) providertest.Env {
		return providertest.Env{
			Provider: y.shop(base, y.Key), Stranger: y.shop(base, "cb_nobody_knows_this_key_0123456789"), Nowhere: y.shop(webtest.Nowhere(t)+"/api/reseller", y.Key),
			DVSingle: code(y.single), DVMultiDomain: code(y.multi), DVWildcard: code(y.wildcard),
			Publish: y.Publish, Mails: y.MailCount, Approve: y.Approve,
			CancelsUntilValidation: true, OncePerReference: true,
		}
	})
}

func TestLicenceIsBoughtByItsAddressAndNeedsNoConfiguration(t *testing.T) {
	y := openYard(t)
	s := y.shop(y.URL+"/api/reseller", y.Key)
	r, err := s.Submit(t.Context(), providers.Submission{Reference: "licence-1", ProductCode: code(y.licence), Months: 1, IP: "203.0.113.10"})
	if err != nil {
		t.Fatal(err)
	}
	var st providers.Status
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && st.State != providers.StateIssued; time.Sleep(50 * time.Millisecond) {
		if st, err = s.Status(t.Context(), r.UpstreamID); err != nil {
			t.Fatal(err)
		}
	}
	if st.State != providers.StateIssued || st.LicenceKey == "" || st.IP != "203.0.113.10" || st.TermEndsAt.IsZero() || len(st.Domains) != 0 {
		t.Errorf("%+v", st)
	}
	if _, err := s.Certificate(t.Context(), r.UpstreamID); !errors.Is(err, providers.ErrNotReady) {
		t.Errorf("certificate of a licence: %v", err)
	}
}
