package db_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
)

// shop is a small book to test on: one group, one reseller with credit, a
// single-name product at the price of the DATASSL document and a multi-domain one.
type shop struct {
	*db.DB
	group    int64
	reseller int64
	staff    db.Actor
	single   int64
	multi    int64
	licence  int64
	wildcard int64
}

var ctx = context.Background()

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func openShop(t testing.TB, creditCents int64) shop {
	t.Helper()
	return fillShop(t, dbtest.Open(t), creditCents)
}

func fillShop(t testing.TB, book *db.DB, creditCents int64) shop {
	t.Helper()
	s := shop{DB: book, staff: db.Actor{Kind: db.ByPerson, ID: 1, Name: "Ayşe Demir"}}
	s.group = must[int64](t)(book.CreateGroup(ctx, db.System, "Gold"))
	reseller := must[db.Reseller](t)(book.CreateReseller(ctx, db.System, db.NewReseller{Name: "Örnek", Company: "Örnek Hosting Ltd.", Email: "info@ornek.com.tr", GroupID: s.group}))
	s.reseller = reseller.ID
	add := func(p db.Product, code string, groupCents int64) int64 {
		id := must[int64](t)(book.CreateProduct(ctx, db.System, p, db.Offer{Upstream: "sandbox", ProductCode: code, CostCents: 900}))
		for _, term := range p.Terms {
			if err := book.SetGroupPrice(ctx, db.System, s.group, id, term.Months, groupCents*int64(term.Months)/12); err != nil {
				t.Fatal(err)
			}
		}
		return id
	}
	all := []string{"email", "http", "https", "dns"}
	s.single = add(db.Product{Brand: "Sectigo", Name: "PositiveSSL", Kind: db.KindSSL, Validation: "dv", DomainType: "single", DCVMethods: all,
		Terms: []db.Term{{Months: 12, ListCents: 4999}}}, "single", 1299)
	s.multi = add(db.Product{Brand: "Sectigo", Name: "PositiveSSL Multi-Domain", Kind: db.KindMultiDomain, Validation: "dv", DomainType: "multi", DCVMethods: all,
		SANMax: 50, WildcardSANMax: 5, Terms: []db.Term{{Months: 12, ListCents: 4999, SANCents: 799, WildcardSANCents: 4999}}}, "multi", 1299)
	s.wildcard = add(db.Product{Brand: "Sectigo", Name: "PositiveSSL Wildcard", Kind: db.KindWildcard, Validation: "dv", DomainType: "wildcard", DCVMethods: all,
		Terms: []db.Term{{Months: 12, ListCents: 14999}}}, "wildcard", 8900)
	s.licence = add(db.Product{Brand: "cPanel", Name: "cPanel Premier", Kind: db.KindLicence, DomainType: "ip",
		Terms: []db.Term{{Months: 12, ListCents: 4500}}}, "licence", 3800)
	if creditCents != 0 {
		if err := book.AddCredit(ctx, db.System, s.reseller, creditCents, "first", "opening credit"); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s shop) place(t testing.TB, domain string) db.Order {
	t.Helper()
	return must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: domain}))
}

func (s shop) balance(t testing.TB) int64 {
	t.Helper()
	balance, _, err := s.Wallet(ctx, s.reseller)
	if err != nil {
		t.Fatal(err)
	}
	return balance
}

func (s shop) verify(t testing.TB) {
	t.Helper()
	if _, err := s.Verify(ctx); err != nil {
		t.Fatal(err)
	}
}

// csrFor makes a real request with a fresh P-256 key.
func csrFor(t testing.TB, names ...string) string {
	t.Helper()
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	der := must[[]byte](t)(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: names[0]}, DNSNames: names}, key))
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

// at puts the book's clock some seconds after a moment, for good.
func (s shop) at(moment time.Time, seconds int) {
	then := moment.Add(time.Duration(seconds) * time.Second)
	s.Now = func() time.Time { return then }
}
