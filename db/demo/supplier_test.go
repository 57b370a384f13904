package demo_test

import (
	"errors"
	"slices"
	"testing"

	"certbay/db"
	"certbay/db/dbtest"
	"certbay/db/demo"
)

// supplied is the upstream shop's book, fresh from its seed.
func supplied(t *testing.T) (*db.DB, demo.Supplier) {
	t.Helper()
	book, err := db.OpenForSeeding(t.Context(), dbtest.Target(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { book.Close() })
	made, err := demo.SeedSupplier(t.Context(), book)
	if err != nil {
		t.Fatal(err)
	}
	return book, made
}

func TestTheSupplierSellsEverythingToTheDemosShop(t *testing.T) {
	book, made := supplied(t)
	ctx := t.Context()
	if v, err := book.Verify(ctx); err != nil || v.Orders != 0 {
		t.Fatalf("%+v, %v", v, err)
	}
	for _, l := range []demo.Login{made.Admin, made.Buyer} {
		if p, err := book.SignIn(ctx, l.Email, l.Password, "192.0.2.1"); err != nil || p.Role != l.Role {
			t.Errorf("%s: %+v, %v", l.Email, p, err)
		}
	}
	var customer int64
	for _, dialect := range demo.Dialects {
		key, err := book.APIKeyBySecret(ctx, made.Supply.Keys[dialect])
		if err != nil {
			t.Fatalf("%s: %v", dialect, err)
		}
		customer = key.ResellerID
		if speaks, err := book.ResellerSpeaks(ctx, customer, dialect); err != nil || speaks != (dialect != "datassl") {
			t.Errorf("%s is on: %v, %v", dialect, speaks, err)
		}
	}
	if r, err := book.Reseller(ctx, customer); err != nil || !r.APIAllowed || !r.APIEnabled || r.Email != made.Supply.User {
		t.Errorf("%+v, %v", r, err)
	}
	if balance, _, err := book.Wallet(ctx, customer); err != nil || balance < 100_000_00 {
		t.Errorf("a credit of %d, %v", balance, err)
	}
	sold, err := book.Products(ctx, customer, db.ProductFilter{})
	if err != nil || len(sold) != len(demo.ProductCodes()) {
		t.Errorf("%d products, %v", len(sold), err)
	}
	if _, err := demo.SeedSupplier(ctx, book); !errors.Is(err, demo.ErrNotEmpty) {
		t.Errorf("a second seed: %v", err)
	}
}

// Every product is bought through one dialect at what the supplier asks, which is less
// than any group pays; a DV certificate goes through each that sells certificates.
func TestEveryProductIsBoughtThroughADialectAndEarns(t *testing.T) {
	_, made := supplied(t)
	book, result := seeded(t, false)
	ctx := t.Context()
	if err := demo.Rewire(ctx, book, made.Supply.Offers); err != nil {
		t.Fatal(err)
	}
	products, err := book.ProductSummaries(ctx, db.ProductFilter{})
	if err != nil {
		t.Fatal(err)
	}
	domainValidated, costs := map[string]int{}, map[int64]int64{}
	for _, p := range products {
		s, err := book.ProductSheet(ctx, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Offers) != 2 || !slices.Contains(demo.Dialects, s.Offers[0].Upstream) || !s.Offers[0].Active || s.Offers[0].ProductCode == "" || s.Offers[1].Upstream != demo.Upstream {
			t.Errorf("%s: %+v", p.Name, s.Offers)
			continue
		}
		if licence := s.Kind == db.KindLicence; licence != (s.Offers[0].Upstream == "license724") {
			t.Errorf("%s is bought through %s", p.Name, s.Offers[0].Upstream)
		}
		if s.Validation == "dv" {
			domainValidated[s.Offers[0].Upstream]++
		}
		costs[p.ID] = s.Offers[0].CostCents
	}
	for _, r := range result.Resellers {
		sold, err := book.Products(ctx, r.ID, db.ProductFilter{})
		if err != nil || len(sold) == 0 {
			t.Fatalf("%d products, %v", len(sold), err)
		}
		for _, p := range sold {
			for _, term := range p.Terms {
				if cost := costs[p.ID] * int64(term.Months) / 12; term.GroupCents <= cost {
					t.Errorf("%s, %d months: costs %d and is sold for %d", p.Name, term.Months, cost, term.GroupCents)
				}
			}
		}
	}
	for _, dialect := range demo.Dialects[:4] {
		if domainValidated[dialect] == 0 {
			t.Errorf("no DV certificate is bought through %s", dialect)
		}
	}
	if err := demo.Rewire(ctx, book, made.Supply.Offers); err == nil {
		t.Error("offers that are there already are written twice")
	}
	if _, err := book.Verify(ctx); err != nil {
		t.Error(err)
	}
}
