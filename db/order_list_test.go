package db_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"certbay/db"
)

// stock is a shop with orders in every status, of two resellers.
func stock(t *testing.T) (s shop, domains map[string]int64) {
	t.Helper()
	s = openShop(t, 10_000_000)
	s.at(time.Now().UTC().Truncate(time.Second), 0)
	domains = map[string]int64{}
	add := func(product int64, domain string, sans ...string) db.Order {
		o := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: product, Months: 12, Domain: domain, SANs: sans}))
		domains[o.Domain] = o.ID
		return o
	}
	for _, status := range db.Statuses {
		o := add(s.single, string(status[:4])+"-"+fmt.Sprint(len(status))+".example.com")
		if err := s.Tamper(ctx, `update orders set status = $1 where id = $2`, status, o.ID); err != nil {
			t.Fatal(err)
		}
	}
	for days, domain := range map[int]string{-1: "over.example.com", 0: "today.example.com", 29: "soon.example.com", 30: "edge.example.com", 31: "later.example.com"} {
		o := add(s.single, domain)
		if err := s.Tamper(ctx, `update orders set status = 'completed', certificate_until = $1 where id = $2`, s.Now().AddDate(0, 0, days), o.ID); err != nil {
			t.Fatal(err)
		}
	}
	add(s.multi, "multi.example.com", "inside.example.net", "*.wild.example.net")
	add(s.licence, "203.0.113.10")
	unsure := add(s.single, "unsure.example.com")
	if err := s.Tamper(ctx, `update orders set status = 'processing', fulfilment = 'unsure' where id = $1`, unsure.ID); err != nil {
		t.Fatal(err)
	}
	other := must[db.Reseller](t)(s.CreateReseller(ctx, db.System, db.NewReseller{Name: "Other", Company: "Other", Email: "o@other.com", GroupID: s.group}))
	if err := s.AddCredit(ctx, db.System, other.ID, 100_000, "other", "x"); err != nil {
		t.Fatal(err)
	}
	must[db.Order](t)(s.PlaceOrder(ctx, s.staff, other.ID, db.NewOrder{ProductID: s.single, Months: 12, Domain: "multi.example.com"}))
	if err := s.RebuildStats(ctx); err != nil { // orders were moved behind the book's back
		t.Fatal(err)
	}
	return s, domains
}

func (s shop) found(t *testing.T, f db.OrderFilter) []string {
	t.Helper()
	orders, n, err := s.Orders(ctx, s.reseller, f)
	if err != nil {
		t.Fatal(err)
	}
	var domains []string
	for _, o := range orders {
		if o.ResellerID != s.reseller {
			t.Errorf("an order of another reseller: %+v", o)
		}
		domains = append(domains, o.Domain)
	}
	if f.Limit == 0 && n != len(domains) {
		t.Errorf("%+v: %d orders, %d counted", f, len(domains), n)
	}
	return domains
}

func TestSearchingOrders(t *testing.T) {
	s, domains := stock(t)
	number := must[db.Order](t)(s.Order(ctx, s.reseller, domains["multi.example.com"])).Number
	invoice := must[db.Invoice](t)(s.OrderInvoice(ctx, domains["soon.example.com"])).Number
	for search, want := range map[string][]string{
		"multi":             {"multi.example.com"},
		" MULTI ":           {"multi.example.com"},
		"inside.ex":         {"multi.example.com"},
		"*.wild":            {"multi.example.com"},
		number:              {"multi.example.com"},
		"ord-" + number[4:]: {"multi.example.com"},
		invoice:             {"soon.example.com"},
		"203.0.113":         {"203.0.113.10"},
		"%":                 nil,
		"_":                 nil,
		"m_lti":             nil,
		"m%i":               nil,
		`\`:                 nil,
		`\%`:                nil,
		"' or 1=1 --":       nil,
		"nowhere":           nil,
	} {
		if got := s.found(t, db.OrderFilter{Search: search}); !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", search, got, want)
		}
	}
}

func TestFilteringOrders(t *testing.T) {
	s, domains := stock(t)
	expiring := []string{"edge.example.com", "soon.example.com", "today.example.com"}
	for name, c := range map[string]struct {
		filter db.OrderFilter
		want   []string // sorted
	}{
		"expiring view":      {db.OrderFilter{View: db.ViewExpiring}, expiring},
		"expiring within 29": {db.OrderFilter{ExpiringWithin: 29}, expiring[1:]},
		"brand and kind":     {db.OrderFilter{Brand: "cPanel"}, []string{"203.0.113.10"}},
		"unknown brand":      {db.OrderFilter{Brand: "Sect"}, nil},
		"review":             {db.OrderFilter{View: db.ViewReview}, []string{"unsure.example.com"}},
		"status and search":  {db.OrderFilter{Status: db.StatusCompleted, Search: "soon"}, []string{"soon.example.com"}},
		"view and search":    {db.OrderFilter{View: db.ViewActive, Search: "multi"}, nil},
		"another's number":   {db.OrderFilter{ResellerID: s.reseller + 1, Search: "multi"}, []string{"multi.example.com"}},
	} {
		got := s.found(t, c.filter)
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if _, n, err := s.AllOrders(ctx, db.OrderFilter{}); err != nil || n != len(domains)+1 {
		t.Errorf("the operator sees %d orders, %v", n, err)
	}
}

func TestCountsAreWhatTheListsHold(t *testing.T) {
	s, _ := stock(t)
	counts, err := s.OrderCounts(ctx, s.reseller)
	if err != nil || len(counts) != len(db.OrderViews) {
		t.Fatalf("counts %v, %v", counts, err)
	}
	for _, view := range db.OrderViews {
		if list := s.found(t, db.OrderFilter{View: view}); len(list) != counts[view] || len(list) == 0 {
			t.Errorf("%q: %d orders, counted %d", view, len(list), counts[view])
		}
	}
	attention, err := s.Attention(ctx, s.reseller, 100)
	if n := len(attention); err != nil || n != counts[db.ViewNeedsMe]+counts[db.ViewExpiring] {
		t.Errorf("attention: %d orders, %v", len(attention), err)
	}
	for status, want := range map[db.Status]int{db.StatusPending: 2, db.StatusCompleted: 6, db.StatusExpired: 1, db.StatusProcessing: 3} {
		if got := len(s.found(t, db.OrderFilter{Status: status})); got != want {
			t.Errorf("%s: %d orders, want %d", status, got, want)
		}
	}
}

func TestSortingAndPagingShowEachOrderOnce(t *testing.T) {
	s, domains := stock(t)
	sorts := []string{"", "nonsense", "domain; drop table orders"}
	for column := range db.OrderSorts {
		sorts = append(sorts, column, "-"+column)
	}
	for _, sort := range sorts {
		seen := map[string]bool{}
		var pages []string
		for offset := 0; offset < len(domains); offset += 4 {
			page := s.found(t, db.OrderFilter{Sort: sort, Page: db.Page{Limit: 4, Offset: offset}})
			for _, domain := range page {
				if seen[domain] {
					t.Errorf("%q: %s comes twice", sort, domain)
				}
				seen[domain] = true
			}
			pages = append(pages, page...)
		}
		if len(seen) != len(domains) {
			t.Errorf("%q: %d of %d orders", sort, len(seen), len(domains))
		}
		if whole := s.found(t, db.OrderFilter{Sort: sort, Page: db.Page{Limit: 200}}); !slices.Equal(whole, pages) {
			t.Errorf("%q: pages are in another order than the whole", sort)
		}
	}
	ordered := s.found(t, db.OrderFilter{Sort: "ordered"})
	newest := s.found(t, db.OrderFilter{})
	slices.Reverse(newest)
	if !slices.Equal(ordered, newest) || domains[ordered[0]] > domains[ordered[1]] {
		t.Errorf("oldest first %v, newest first turned %v", ordered, newest)
	}
	byDomain := s.found(t, db.OrderFilter{Sort: "-domain", Search: "example.com"})
	if !slices.IsSortedFunc(byDomain, func(a, b string) int { return -slices.Compare([]byte(a), []byte(b)) }) {
		t.Errorf("by domain: %v", byDomain)
	}
	for _, p := range []db.Page{{Limit: -1}, {Limit: 1 << 30}, {Offset: -5}} {
		if got := s.found(t, db.OrderFilter{Page: p}); len(got) != len(domains) {
			t.Errorf("%+v: %d orders", p, len(got))
		}
	}
	if got := s.found(t, db.OrderFilter{Page: db.Page{Limit: 4, Offset: 1000}}); len(got) != 0 {
		t.Errorf("beyond the end: %v", got)
	}
}

func TestAnExportHoldsEveryOrder(t *testing.T) {
	s := openShop(t, 100_000_000)
	const n = 205 // more than a page
	for range n {
		s.place(t, "example.com")
	}
	seen := map[int64]bool{}
	err := s.EachOrder(ctx, s.reseller, db.OrderFilter{}, func(o db.Order) error { seen[o.ID] = true; return nil })
	if err != nil || len(seen) != n {
		t.Fatalf("%d orders, %v", len(seen), err)
	}
}

func TestAnExportIsNotShiftedByWhatComesMeanwhile(t *testing.T) {
	s := openShop(t, 1_000_000)
	for i := range 203 {
		s.place(t, fmt.Sprintf("n%d.example.com", i))
	}
	seen := map[int64]int{}
	err := s.EachOrder(ctx, s.reseller, db.OrderFilter{Status: db.StatusPending}, func(o db.Order) error {
		if len(seen) == 0 {
			s.place(t, "late.example.com") // stands before all others in the list
			if _, err := s.CancelOrder(ctx, s.staff, s.reseller, o.ID); err != nil {
				t.Fatal(err)
			}
		}
		seen[o.ID]++
		return nil
	})
	if err != nil || len(seen) != 203 {
		t.Fatalf("%d orders, %v", len(seen), err)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("order %d is there %d times", id, n)
		}
	}
}
