package db_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"certbay/db"
)

var (
	termsOfAYear = []db.Term{{Months: 12}}
	singleRules  = db.Product{Kind: db.KindSSL, Terms: termsOfAYear}
	multiRules   = db.Product{Kind: db.KindMultiDomain, SANMax: 3, WildcardSANMax: 1, Terms: termsOfAYear}
	wildRules    = db.Product{Kind: db.KindWildcard, Terms: termsOfAYear}
	codeRules    = db.Product{Kind: db.KindCodeSigning, Terms: termsOfAYear}
	licenceRules = db.Product{Kind: db.KindLicence, Terms: termsOfAYear}
)

func TestOrdersThatAreRejected(t *testing.T) {
	for name, c := range map[string]struct {
		product  db.Product
		ask      db.NewOrder
		problems []string // field: code, in the order of fields
	}{
		"no domain":              {singleRules, db.NewOrder{}, []string{"domain: name_empty"}},
		"address for a domain":   {singleRules, db.NewOrder{Domain: "203.0.113.9"}, []string{"domain: name_ip"}},
		"one label":              {singleRules, db.NewOrder{Domain: "localhost"}, []string{"domain: name_single_label"}},
		"URL":                    {singleRules, db.NewOrder{Domain: "https://example.com"}, []string{"domain: name_url"}},
		"public suffix":          {singleRules, db.NewOrder{Domain: "com.tr"}, []string{"domain: name_public_suffix"}},
		"underscore":             {singleRules, db.NewOrder{Domain: "a_b.example.com"}, []string{"domain: name_underscore"}},
		"wildcard not sold":      {singleRules, db.NewOrder{Domain: "*.example.com"}, []string{"domain: wildcard_not_sold"}},
		"wildcard in the middle": {wildRules, db.NewOrder{Domain: "www.*.example.com"}, []string{"domain: name_bad_wildcard"}},
		"wildcard of a suffix":   {wildRules, db.NewOrder{Domain: "*.com.tr"}, []string{"domain: name_public_suffix"}},
		"names not sold":         {singleRules, db.NewOrder{Domain: "example.com", SANs: []string{"b.example.com"}}, []string{"sans: sans_not_sold"}},
		"count not sold":         {singleRules, db.NewOrder{Domain: "example.com", SANCount: 1}, []string{"sans: sans_not_sold"}},
		"wildcard names not sold": {db.Product{Kind: db.KindMultiDomain, SANMax: 3, Terms: termsOfAYear}, db.NewOrder{Domain: "example.com", SANs: []string{"*.example.org"}},
			[]string{"wildcard_sans: wildcard_sans_not_sold"}},
		"too many names":          {multiRules, db.NewOrder{Domain: "example.com", SANs: []string{"a.com", "b.com", "c.com", "d.com"}}, []string{"sans: too_many"}},
		"too many by count":       {multiRules, db.NewOrder{Domain: "example.com", SANCount: 1 << 40}, []string{"sans: too_many"}},
		"too many wildcard names": {multiRules, db.NewOrder{Domain: "example.com", SANs: []string{"*.a.com", "*.b.com"}}, []string{"wildcard_sans: too_many"}},
		"negative count":          {multiRules, db.NewOrder{Domain: "example.com", SANCount: -1}, []string{"sans: negative"}},
		"negative wildcard count": {multiRules, db.NewOrder{Domain: "example.com", WildcardSANCount: -3}, []string{"sans: negative"}},
		"bad name among good":     {multiRules, db.NewOrder{Domain: "example.com", SANs: []string{"a.com", "-b.com"}}, []string{"sans: name_bad_label"}},
		"domain for a licence":    {licenceRules, db.NewOrder{Domain: "example.com"}, []string{"domain: ip_needed"}},
		"loopback for a licence":  {licenceRules, db.NewOrder{Domain: "127.0.0.1"}, []string{"domain: ip_needed"}},
		"no address at all":       {licenceRules, db.NewOrder{Domain: "0.0.0.0"}, []string{"domain: ip_needed"}},
		"multicast":               {licenceRules, db.NewOrder{Domain: "224.0.0.1"}, []string{"domain: ip_needed"}},
		"address with a zone":     {licenceRules, db.NewOrder{Domain: "fe80::1%eth0"}, []string{"domain: ip_needed"}},
		"names for a licence":     {licenceRules, db.NewOrder{Domain: "203.0.113.9", SANs: []string{"a.com"}}, []string{"sans: sans_not_sold"}},
		"names for code signing":  {codeRules, db.NewOrder{SANs: []string{"a.com"}}, []string{"sans: sans_not_sold"}},
		"term not sold":           {singleRules, db.NewOrder{Domain: "example.com", Months: 24}, []string{"months: term_not_sold"}},
		"no term":                 {singleRules, db.NewOrder{Domain: "example.com", Months: -12}, []string{"months: term_not_sold"}},
		"bad e-mail":              {singleRules, db.NewOrder{Domain: "example.com", CustomerEmail: "Ali <a@example.com>"}, []string{"customer_email: bad_email"}},
		"long name":               {singleRules, db.NewOrder{Domain: "example.com", CustomerName: strings.Repeat("ş", 201)}, []string{"customer_name: too_long"}},
		"everything at once": {singleRules, db.NewOrder{Months: 5, Domain: "x", CustomerEmail: "x", Note: strings.Repeat("n", 201)},
			[]string{"customer_email: bad_email", "domain: name_single_label", "months: term_not_sold", "note: too_long"}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.ask.Months == 0 {
				c.ask.Months = 12
			}
			_, problems := c.ask.Check(c.product)
			var got []string
			for _, p := range problems {
				got = append(got, p.Field+": "+p.Code)
			}
			if diff := cmp.Diff(c.problems, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOrdersAreTidied(t *testing.T) {
	for name, c := range map[string]struct {
		product   db.Product
		ask, want db.NewOrder
	}{
		"case, spaces and the last dot": {singleRules, db.NewOrder{Domain: " Example.COM. "}, db.NewOrder{Domain: "example.com"}},
		"letters of its own":            {singleRules, db.NewOrder{Domain: "mağaza.com"}, db.NewOrder{Domain: "xn--maaza-l1a.com"}},
		"wildcard is completed":         {wildRules, db.NewOrder{Domain: "example.com"}, db.NewOrder{Domain: "*.example.com"}},
		"wildcard is kept":              {wildRules, db.NewOrder{Domain: "*.example.com"}, db.NewOrder{Domain: "*.example.com"}},
		"each name once": {multiRules, db.NewOrder{Domain: "example.com", SANs: []string{"A.com", "a.com", " ", "example.com", "a.com."}},
			db.NewOrder{Domain: "example.com", SANs: []string{"a.com"}, SANCount: 1}},
		"count beyond the names is kept": {multiRules, db.NewOrder{Domain: "example.com", SANs: []string{"a.com"}, SANCount: 3},
			db.NewOrder{Domain: "example.com", SANs: []string{"a.com"}, SANCount: 3}},
		"names beyond the count are charged": {multiRules, db.NewOrder{Domain: "example.com", SANs: []string{"a.com", "b.com", "*.c.com"}, SANCount: 1},
			db.NewOrder{Domain: "example.com", SANs: []string{"a.com", "b.com", "*.c.com"}, SANCount: 2, WildcardSANCount: 1}},
		"code signing has no domain": {codeRules, db.NewOrder{Domain: "anything at all"}, db.NewOrder{}},
		"licence's address":          {licenceRules, db.NewOrder{Domain: " 2001:DB8::0:7 "}, db.NewOrder{Domain: "2001:db8::7"}},
		"texts": {singleRules, db.NewOrder{Domain: "example.com", CustomerName: " Ali ", CustomerEmail: " a@example.com ", Note: " n "},
			db.NewOrder{Domain: "example.com", CustomerName: "Ali", CustomerEmail: "a@example.com", Note: "n"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.ask.Months, c.want.Months = 12, 12
			got, problems := c.ask.Check(c.product)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAHundredThousandNamesAreRefusedWithoutBeingRead(t *testing.T) {
	var names []string
	for i := range 100_000 {
		names = append(names, fmt.Sprintf("n%d.example.com", i))
	}
	p := db.Product{Kind: db.KindMultiDomain, SANMax: 50, Terms: []db.Term{{Months: 12}}}
	began := time.Now()
	_, problems := db.NewOrder{Months: 12, Domain: "example.com", SANs: names}.Check(p)
	if len(problems) != 1 || problems[0].Code != "too_many" || time.Since(began) > 100*time.Millisecond {
		t.Errorf("%d problems after %v", len(problems), time.Since(began))
	}
	// Repetitions are no names more.
	tidy, problems := db.NewOrder{Months: 12, Domain: "example.com", SANs: slices.Repeat([]string{"a.example.com"}, 400)}.Check(p)
	if len(problems) != 0 || tidy.SANCount != 1 {
		t.Errorf("%d names, %v", tidy.SANCount, problems)
	}
}

func TestALongFormTokenIsRefused(t *testing.T) {
	s := openShop(t, 10_000)
	_, err := s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: "example.com", FormToken: strings.Repeat("x", 5000)})
	if !errors.Is(err, db.ErrInvalid) || s.balance(t) != 10_000 {
		t.Errorf("%v, balance %d", err, s.balance(t))
	}
}

func TestContactDetailsAreBoundedForEveryProduct(t *testing.T) {
	s := openShop(t, 10_000)
	o := s.place(t, "example.com")
	_, err := s.Configure(ctx, s.staff, s.reseller, o.ID, db.Configuration{CSR: csrFor(t, "example.com"), Method: "dns",
		Contact: db.Contact{Title: strings.Repeat("x", 201)}})
	var rejected *db.Rejected
	if !errors.As(err, &rejected) || rejected.Problems[0].Field != "title" {
		t.Errorf("%v", err)
	}
}

func TestQuoteOfAbsurdCountsIsNotNegative(t *testing.T) {
	s := openShop(t, 0)
	d, err := s.Draft(ctx, s.reseller, db.NewOrder{ProductID: s.multi, Months: 12, Domain: "example.com", SANCount: 1 << 62, WildcardSANCount: 1 << 62})
	if err == nil || d.Quote.SANTotal != 50*799+5*4999 {
		t.Fatalf("%+v, %v", d.Quote, err)
	}
}

func TestValidEmail(t *testing.T) {
	for address, want := range map[string]bool{
		"a@example.com": true, "a.b+c@mail.example.com.tr": true, "ali@mağaza.com": true,
		"": false, "a": false, "@example.com": false, "a@": false, "a@localhost": false, "a@example.com, b@example.com": false,
		"Ali <a@example.com>": false, "<a@example.com>": false, " a@example.com": false, "a@example.com\r\nBcc: b@example.com": false,
		"a@203.0.113.9": false, "a@[203.0.113.9]": false, "a b@example.com": false, "a@exa mple.com": false, "a@com.tr": false,
		"a@*.example.com": false, strings.Repeat("a", 250) + "@example.com": false,
	} {
		if got := db.ValidEmail(address); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}
