package license724_test

import (
	"errors"
	"testing"

	"certbay/db"
	dialect "certbay/handlers/license724"
	"certbay/providers"
	"certbay/providers/license724"
	"certbay/providers/providertest"
	"certbay/web/webtest"
)

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// yard is a running Certbay that serves the dialect, with the sandbox upstream behind it, and a reseller with a key.
type yard struct{ *webtest.Shop }

func openYard(t *testing.T) *yard {
	t.Helper()
	y := &yard{webtest.OpenShop(t, webtest.ShopConfig{Dialect: dialect.Dialect, OpeningCents: 10_000_000})}
	for i, name := range []string{"Solo", "Admin"} {
		w := webtest.Licence()
		w.Name, w.Code, w.Cents = "cPanel "+name, []string{"cpanel-solo", "cpanel-admin"}[i], int64(12*1250*(i+1))
		w.Terms = []db.Term{{Months: 1, ListCents: 4500}, {Months: 12, ListCents: 45000}}
		y.Sell(y.Gold, w)
	}
	return y
}

func (y *yard) house(t *testing.T, base, key string) *license724.House {
	t.Helper()
	return must[*license724.House](t)(license724.New(license724.Config{BaseURL: base + "/v1", Token: key}))
}

func TestProviderExaminationAgainstARunningCertbay(t *testing.T) {
	y := openYard(t) // one for all: each examination has addresses of its own
	providertest.Run(t, func(t *testing.T) providertest.Env {
		return providertest.Env{
			Provider: y.house(t, y.URL, y.Key), Stranger: y.house(t, y.URL, "cb_nobody_knows_this_key_0123456789"), Nowhere: y.house(t, webtest.Nowhere(t), y.Key),
			Licence: "cpanel_solo", LicenceMonths: 1, Blind: true,
		}
	})
	if _, err := y.Book.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWhatTheShopTellsBesideTheDocumentIsUnderstood(t *testing.T) {
	y := openYard(t)
	h := y.house(t, y.URL, y.Key)
	if _, err := h.Submit(t.Context(), providers.Submission{Reference: "cb-1", ProductCode: "cpanel_solo", Months: 1, IP: "203.0.113.10"}); err != nil {
		t.Fatal(err)
	}
	list := must[[]providers.Product](t)(h.Products(t.Context()))
	if len(list) != 2 {
		t.Fatalf("%+v", list)
	}
	p := list[1]
	if p.Code != "cpanel_solo" || p.Brand != "cPanel" || len(p.Terms) != 2 || p.Terms[0].Cost.Minor != 1250 || p.Terms[1].Cost.Minor != 15000 || len(p.Cores) != 1 || p.Cores[0] != "cpanel_admin" {
		t.Errorf("%+v", p)
	}
}

// The key that goes along makes one licence of a request that was repeated.
func TestTheSameReferenceIsOneLicence(t *testing.T) {
	y := openYard(t)
	h := y.house(t, y.URL, y.Key)
	s := providers.Submission{Reference: "cb-1", ProductCode: "cpanel_solo", Months: 1, IP: "203.0.113.10"}
	first, second := must[providers.Receipt](t)(h.Submit(t.Context(), s)), must[providers.Receipt](t)(h.Submit(t.Context(), s))
	if first.UpstreamID != second.UpstreamID {
		t.Errorf("%+v and %+v", first, second)
	}
	s.Reference = "cb-2"
	if _, err := h.Submit(t.Context(), s); !errors.Is(err, providers.ErrRefused) {
		t.Errorf("another one at the same place: %v", err)
	}
	if _, total, err := y.Book.Licences(t.Context(), y.Reseller.ID, db.LicenceFilter{}); err != nil || total != 1 {
		t.Errorf("%d licences, %v", total, err)
	}
}

func TestWhereTheDialectIsOffNobodyIsLetIn(t *testing.T) {
	y := openYard(t)
	if err := y.Book.SetResellerDialect(t.Context(), db.System, y.Reseller.ID, dialect.Dialect, false); err != nil {
		t.Fatal(err)
	}
	if err := y.house(t, y.URL, y.Key).Probe(t.Context()); !errors.Is(err, providers.ErrCredentials) {
		t.Error(err)
	}
}

// Another Certbay tells the key, which the document's answer has no place for; what Submit was told comes back by Status.
func TestTheKeyThatCameWithALicenceIsItsKey(t *testing.T) {
	y := openYard(t)
	h := y.house(t, y.URL, y.Key)
	r := must[providers.Receipt](t)(h.Submit(t.Context(), providers.Submission{Reference: "cb-1", ProductCode: "cpanel_solo", Months: 1, IP: "203.0.113.10"}))
	list, _, err := y.Book.Licences(t.Context(), y.Reseller.ID, db.LicenceFilter{})
	if err != nil || len(list) != 1 || list[0].LicenceKey == "" {
		t.Fatalf("%+v, %v", list, err)
	}
	if st := must[providers.Status](t)(h.Status(t.Context(), r.UpstreamID)); st.LicenceKey != list[0].LicenceKey {
		t.Errorf("the key is %q, want %q", st.LicenceKey, list[0].LicenceKey)
	}
	if st := must[providers.Status](t)(h.Status(t.Context(), "999")); st.LicenceKey != "" {
		t.Errorf("a licence that nobody bought here has the key %q", st.LicenceKey)
	}
}
