package db_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"certbay/db"
)

// searched are orders with what may be searched for in each, the newest first.
type searched struct {
	id    int64
	texts []string
}

func (s searched) has(part string) bool {
	return slices.ContainsFunc(s.texts, func(text string) bool { return strings.Contains(strings.ToLower(text), part) })
}

// wordy places orders of random names; their ids go across the edge of two blocks
// of the index.
func wordy(t *testing.T, s shop, reseller int64, n int) []searched {
	t.Helper()
	dice := rand.New(rand.NewPCG(7, uint64(reseller)))
	ends := []string{"com", "com.tr", "net"}
	name := func() string {
		text := ""
		for range 2 + dice.IntN(5) {
			text += string("abcz019"[dice.IntN(7)])
		}
		return "a" + text + "." + ends[dice.IntN(3)]
	}
	var all []searched
	for i := range n {
		order := db.NewOrder{ProductID: s.single, Months: 12, Domain: name()}
		if i%4 == 0 {
			order.ProductID, order.SANs = s.multi, []string{"x" + name(), "*.y" + name()}
		}
		o := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, reseller, order))
		invoice := must[db.Invoice](t)(s.OrderInvoice(ctx, o.ID))
		names := must[[]string](t)(s.Names(ctx, o.ID))
		all = append(all, searched{o.ID, append(names, o.Domain, o.Number, invoice.Number)})
	}
	slices.Reverse(all)
	return all
}

func TestASearchFindsExactlyTheOrdersThatHaveTheText(t *testing.T) {
	s := openShop(t, 100_000_000)
	start := time.Now().UTC().Truncate(time.Second)
	s.at(start, 0)
	if err := s.NextOrderID(ctx, 65536-30); err != nil {
		t.Fatal(err)
	}
	other := must[db.Reseller](t)(s.CreateReseller(ctx, db.System, db.NewReseller{Name: "Other", Company: "Other", Email: "o@other.com", GroupID: s.group}))
	if err := s.AddCredit(ctx, db.System, other.ID, 100_000_000, "other", "x"); err != nil {
		t.Fatal(err)
	}
	mine := wordy(t, s, s.reseller, 40)
	theirs := wordy(t, s, other.ID, 40)
	for _, indexed := range []int{0, 80, 80} {
		// First nothing is in the index, then all, then some orders are not yet.
		if got := must[int](t)(s.IndexOrders(ctx)); got != indexed && got != 0 {
			t.Fatalf("%d orders came into the index, want %d", got, indexed)
		}
		dice := rand.New(rand.NewPCG(1, uint64(indexed)))
		parts := []string{"com", ".c", "ord-", "inv-", "a", "*.y", "zzzz", "~", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "reseller 1", "0", "m.tr", "xyz\xff"}
		for range 150 {
			text := mine[dice.IntN(len(mine))].texts
			word := strings.ToLower(text[dice.IntN(len(text))])
			from := dice.IntN(len(word))
			parts = append(parts, word[from:min(len(word), from+1+dice.IntN(8))])
		}
		for _, part := range parts {
			if strings.TrimSpace(part) != part || !asciiText(part) {
				continue
			}
			for reseller, of := range map[int64][]searched{s.reseller: mine, other.ID: theirs, 0: append(slices.Clone(theirs), mine...)} {
				if reseller == 0 {
					slices.SortFunc(of, func(a, b searched) int { return int(b.id - a.id) })
				}
				var want []int64
				for _, o := range of {
					if o.has(part) {
						want = append(want, o.id)
					}
				}
				got, total, err := s.AllOrders(ctx, db.OrderFilter{ResellerID: reseller, Search: part, Page: db.Page{Limit: 200}})
				if err != nil {
					t.Fatal(err)
				}
				var ids []int64
				for _, o := range got {
					ids = append(ids, o.ID)
				}
				if !slices.Equal(ids, want) || total != len(want) {
					t.Fatalf("%q of reseller %d: %v (%d), want %v", part, reseller, ids, total, want)
				}
			}
		}
		switch {
		case s.Now().Equal(start):
			s.Now = func() time.Time { return start.Add(2 * time.Minute) }
		default:
			mine = append(wordy(t, s, s.reseller, 5), mine...)
		}
	}
	s.verify(t)
}

func asciiText(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > 126 })
}

func TestASearchAmongFewOfManyThatHaveTheTextFindsThem(t *testing.T) {
	s := openShop(t, 100_000_000)
	s.at(time.Now().UTC().Add(-time.Hour).Truncate(time.Second), 0)
	var cancelled []int64
	for i := range 12 {
		o := s.place(t, fmt.Sprintf("shop%d.example.com", i))
		if i%5 == 0 {
			must[int64](t)(s.CancelOrder(ctx, s.staff, s.reseller, o.ID))
			cancelled = append(cancelled, o.ID)
		}
	}
	s.at(s.Now(), 3600)
	if n := must[int](t)(s.IndexOrders(ctx)); n != 12 {
		t.Fatalf("%d orders in the index", n)
	}
	slices.Reverse(cancelled)
	for _, f := range []db.OrderFilter{{View: db.ViewCancelled}, {Status: db.StatusCancelled}, {View: db.ViewCancelled, Brand: "Sectigo"}} {
		for _, sort := range []string{"", "-ordered", "ordered"} {
			f.Search, f.Sort = "example", sort
			orders, n, err := s.Orders(ctx, s.reseller, f)
			if err != nil || n != 3 || len(orders) != 3 {
				t.Fatalf("%+v: %d orders, %v", f, n, err)
			}
			want := cancelled[0]
			if sort == "ordered" {
				want = cancelled[2]
			}
			if orders[0].ID != want {
				t.Errorf("%+v begins with %d, want %d", f, orders[0].ID, want)
			}
		}
	}
}

func TestAListIsCountedAsFarAsItMatters(t *testing.T) {
	s := openShop(t, 100_000_000)
	s.place(t, "example.com")
	// Copies of one order past the rules, which are not verified here.
	if err := s.Tamper(ctx, `insert into orders (number, reseller_id, product_id, offer_id, months, domain, san_count, wildcard_san_count, base_cents, san_cents, discount_cents, total_cents, tax_cents, cost_cents, status, fulfilment, placed_by, created_at)
		with recursive n(i) as (select 1 union all select i + 1 from n where i < 1500)
		select 'ORD-COPY-' || i, reseller_id, product_id, offer_id, months, domain, 0, 0, 0, 0, 0, 0, 0, 0, status, fulfilment, placed_by, created_at from orders, n`); err != nil {
		t.Fatal(err)
	}
	for offset, want := range map[int]int{0: db.Counted + 1, 900: db.Counted + 1, 1000: 1051, 1450: 1501, 1490: 1501, 1_000_000: 1501} {
		page := db.Page{Limit: 50, Offset: offset}
		_, total, err := s.Orders(ctx, s.reseller, db.OrderFilter{Page: page})
		if more := offset <= 1000; err != nil || total != want || page.More(total) != more && offset != 1450 {
			t.Errorf("from %d on: %d counted, %v", offset, total, err)
		}
	}
	for offset, want := range map[int]int{0: db.CountedFound + 1, 150: db.CountedFound + 1, 200: 251, 1000: 1051, 1450: 1501, 1490: 1501, 1_000_000: 1501} {
		f := db.OrderFilter{Search: "example", Page: db.Page{Limit: 50, Offset: offset}}
		if rows, total, err := s.Orders(ctx, s.reseller, f); err != nil || total != want || len(rows) != min(50, max(0, 1501-offset)) {
			t.Errorf("a search from %d on: %d rows, %d counted, %v", offset, len(rows), total, err)
		}
	}
	if rows, total, err := s.Orders(ctx, s.reseller, db.OrderFilter{Page: db.Page{Limit: 3, Uncounted: true}}); err != nil || total != 0 || len(rows) != 3 {
		t.Errorf("uncounted: %d rows, total %d, %v", len(rows), total, err)
	}
}
