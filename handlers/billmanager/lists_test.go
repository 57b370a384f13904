package billmanager_test

import (
	"fmt"
	"testing"

	"certbay/db"
)

func TestAListIsBoundedAndSaysHowLongItIs(t *testing.T) {
	s := openShop(t)
	if err := s.Book.AddCredit(t.Context(), db.System, s.Reseller.ID, 5_000_000, "many", "many orders"); err != nil {
		t.Fatal(err)
	}
	const most = 510
	for i := range most {
		if _, err := s.Book.PlaceOrder(t.Context(), db.System, s.Reseller.ID, db.NewOrder{ProductID: s.single, Months: 12, Domain: fmt.Sprintf("n%d.example", i)}); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string]int{"": 500, "p_num=2": 10, "p_num=3": 0, "p_cnt=20": 20, "p_cnt=505&p_num=2": 5, "p_cnt=1000000": most, "p_cnt=0": 500, "p_cnt=-1&p_num=-7": 500} {
		a := s.ok(s.get("func=certificate&authinfo=a:" + s.Key + "&" + query))
		if n, told := len(a.all("elem")), a.get("p_elems"); n != want || told != fmt.Sprint(most) {
			t.Errorf("%q: %d rows of %s, want %d", query, n, told, want)
		}
	}
}
