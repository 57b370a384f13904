package db_test

import (
	"testing"

	"pgregory.net/rapid"

	"certbay/db"
)

func TestPriceAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cents := func(name string) int64 { return rapid.Int64Range(0, 10_000_000).Draw(t, name) }
		p := db.Product{SANIncluded: rapid.IntRange(0, 10).Draw(t, "included"), WildcardSANIncluded: rapid.IntRange(0, 3).Draw(t, "wildcards included")}
		term := db.Term{Months: 12, ListCents: cents("list"), SANCents: cents("san"), WildcardSANCents: cents("wildcard")}
		term.GroupCents = rapid.Int64Range(0, term.ListCents).Draw(t, "group")
		sans, wildcards := rapid.IntRange(0, 250).Draw(t, "sans"), rapid.IntRange(0, 250).Draw(t, "wildcard sans")
		rate := rapid.Int64Range(0, 10_000).Draw(t, "tax")
		q := p.Price(term, sans, wildcards, rate)
		if q.Total != q.Base+q.SANTotal-q.Discount || q.Payable != q.Total+q.Tax {
			t.Fatalf("%+v does not add up", q)
		}
		if q.Base != term.ListCents || q.Discount != term.ListCents-term.GroupCents {
			t.Fatalf("%+v of %+v", q, term)
		}
		for part, cents := range map[string]int64{"names": q.SANTotal, "discount": q.Discount, "total": q.Total, "tax": q.Tax} {
			if cents < 0 {
				t.Fatalf("%s is %d", part, cents)
			}
		}
		if q.Total < term.GroupCents || q.Tax > q.Total {
			t.Fatalf("%+v", q)
		}
		// Half up: the tax is the whole number nearest to total × rate.
		if twice := 2 * (q.Tax*10_000 - q.Total*rate); twice <= -10_000 || twice > 10_000 {
			t.Fatalf("tax of %d at %d is %d", q.Total, rate, q.Tax)
		}
		if sans <= p.SANIncluded && wildcards <= p.WildcardSANIncluded && q.SANTotal != 0 {
			t.Fatalf("included names cost %d", q.SANTotal)
		}
		more := p.Price(term, sans+1, wildcards, rate).SANTotal - q.SANTotal
		if want := term.SANCents; sans >= p.SANIncluded && more != want || sans < p.SANIncluded && more != 0 {
			t.Fatalf("name %d costs %d", sans+1, more)
		}
	})
}

func TestTaxIsRoundedHalfUp(t *testing.T) {
	for _, c := range []struct{ total, rate, tax int64 }{
		{1299, 2000, 260}, // 259.80
		{1, 5000, 1},      // 0.50
		{1, 4999, 0},
		{3, 5000, 2}, // 1.50
		{1299, 0, 0},
		{0, 2000, 0},
	} {
		if q := (db.Product{}).Price(db.Term{ListCents: c.total, GroupCents: c.total}, 0, 0, c.rate); q.Tax != c.tax || q.Payable != c.total+c.tax {
			t.Errorf("tax of %d at %d basis points: %+v", c.total, c.rate, q)
		}
	}
}
