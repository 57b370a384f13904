package dbtest_test

import (
	"path/filepath"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
)

func TestAGeneratedBookHoldsEveryRule(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book.db")
	now := time.Now().UTC()
	if err := dbtest.Generate(t.Context(), path, 1000, now); err != nil {
		t.Fatal(err)
	}
	book, err := db.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	seen, err := book.Verify(t.Context())
	if err != nil || seen.Orders != 1000 {
		t.Fatalf("%+v, %v", seen, err)
	}
	counts, err := book.OrderCounts(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, view := range db.OrderViews {
		if counts[view] == 0 {
			t.Errorf("no order is %q", view)
		}
	}
	if all := counts[db.ViewAll]; all < 600 || all > 800 {
		t.Errorf("the first reseller holds %d of 1000 orders", all)
	}
}
