package gogetssl_test

import (
	"fmt"
	"strings"
	"testing"

	"certbay/db"
)

func TestListsAreAsLongAsTheySay(t *testing.T) {
	s := openShop(t)
	for i := range 70 {
		if _, err := s.Book.PlaceOrder(t.Context(), db.System, s.Reseller.ID, db.NewOrder{ProductID: s.single, Months: 12, Domain: fmt.Sprintf("n%d.example", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Book.PlaceOrder(t.Context(), db.System, s.Reseller.ID, db.NewOrder{ProductID: s.licence, Months: 12, Domain: "203.0.113.9"}); err != nil {
		t.Fatal(err)
	}
	rows := func(path, list string) int {
		t.Helper()
		v, ok := s.ok(s.get(path)).at(list).([]any)
		if !ok {
			t.Fatalf("%s has no %s", path, list)
		}
		return len(v)
	}
	for path, want := range map[string]int{"/orders/ssl/all": 70, "/orders/ssl/all?limit=60": 60, "/orders/ssl/all?limit=60&offset=60": 10, "/orders/ssl/all?offset=70": 0,
		"/orders/ssl/all?offset=1000000": 0, "/orders/": 70, "/orders/?status=processing": 0} {
		if n := rows(path, "orders"); n != want {
			t.Errorf("%s: %d, want %d", path, n, want)
		}
	}
	if n := s.ok(s.get("/orders/ssl/all?limit=1")).id("count"); n != 70 {
		t.Errorf("counted %d", n)
	}
	// A licence has an invoice, too.
	for path, want := range map[string]int{"/account/invoices/": 71, "/account/invoices/?limit=55": 55, "/account/invoices/?limit=55&offset=60": 11, "/account/invoices/?offset=10000000": 0} {
		if n := rows(path, "invoices"); n != want {
			t.Errorf("%s: %d, want %d", path, n, want)
		}
	}
}

func TestTheNamesOfAnOrderAreToldBeforeTheAuthorityIsAsked(t *testing.T) {
	s := openShop(t)
	o, err := s.Book.PlaceOrder(t.Context(), db.System, s.Reseller.ID, db.NewOrder{ProductID: s.multi, Months: 12, Domain: "main.example", SANs: []string{"b.example", "c.example"}})
	if err != nil {
		t.Fatal(err)
	}
	a := s.ok(s.get(fmt.Sprint("/orders/status/", o.ID)))
	names := strings.Split(a.text("domains"), ",")
	if len(names) != 3 || names[0] != "main.example" || a.id("total_domains") != 3 || a.text("san", 0, "status") != "0" || a.text("san", 0, "san_name") != "b.example" || a.text("san", 1, "san_name") != "c.example" {
		t.Errorf("%s", a.raw)
	}
}
