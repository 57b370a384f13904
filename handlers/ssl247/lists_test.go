package ssl247_test

import (
	"fmt"
	"testing"

	"certbay/db"
)

func TestListsHavePages(t *testing.T) {
	s := openShop(t)
	for i := range 12 {
		if _, err := s.Book.PlaceOrder(t.Context(), db.System, s.Reseller.ID, db.NewOrder{ProductID: s.single, Months: 12, Domain: fmt.Sprintf("n%d.example.com", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Book.PlaceOrder(t.Context(), db.System, s.Reseller.ID, db.NewOrder{ProductID: s.licence, Months: 12, Domain: "203.0.113.9"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.example.net", "b.example.net"} {
		s.ok("/orders/certificates/import", fields{"common_name": name, "validation_type": "DV"})
	}
	for _, c := range []struct {
		path string
		page fields
		want int
		list []any // where it is in Data
	}{
		{"/certificates", nil, 14, nil}, {"/certificates", fields{"limit": 3}, 3, nil}, {"/certificates", fields{"limit": 5, "offset": 10}, 4, nil}, {"/certificates", fields{"offset": 14}, 0, nil},
		{"/certificates/external", fields{"limit": 1}, 1, nil}, {"/certificates/external", fields{"offset": 1}, 1, nil}, {"/certificates", fields{"limit": 1_000_000}, 14, nil},
		{"/orders", nil, 12, []any{"Orders", "Certificate"}}, {"/orders", fields{"limit": "5", "offset": "10"}, 2, []any{"Orders", "Certificate"}},
		{"/orders", fields{"offset": 1 << 30}, 0, []any{"Orders", "Certificate"}}, {"/orders/certificates/external", fields{"limit": 1}, 1, []any{"Certificate"}},
	} {
		a := s.ok(c.path, c.page)
		list, ok := a.at(c.list...).([]any)
		if !ok || len(list) != c.want {
			t.Errorf("%s %v: %d rows, want %d", c.path, c.page, len(list), c.want)
		}
		if c.path == "/orders" && a.text("Total") != "12" {
			t.Errorf("%v: in all %s", c.page, a.text("Total"))
		}
	}
	// Pages beside one another are the whole list, each once.
	seen := map[string]bool{}
	for offset := 0; offset < 14; offset += 4 {
		for i := range s.ok("/certificates", fields{"limit": 4, "offset": offset}).body["Data"].([]any) {
			seen[s.ok("/certificates", fields{"limit": 4, "offset": offset}).text(i, "id")] = true
		}
	}
	if len(seen) != 14 {
		t.Errorf("%d of 14 on all pages", len(seen))
	}
	s.refused(s.call(s.Key, "/certificates", fields{"limit": "0"}), 422, "limit")
	s.refused(s.call(s.Key, "/orders", fields{"offset": "x"}), 422, "offset")
}
