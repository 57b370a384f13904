package db_test

import (
	"database/sql"
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"

	"certbay/db"
)

var bench = flag.Bool("bench.ratios", false, "print the table of speed ratios (make bench)")

// rate is how many times a second a call succeeds, over a while.
func rate(t *testing.T, call func() error) float64 {
	t.Helper()
	const while = 3 * time.Second
	start, n := time.Now(), 0
	for ; time.Since(start) < while; n++ {
		if err := call(); err != nil {
			t.Fatal(err)
		}
	}
	return float64(n) / time.Since(start).Seconds()
}

// TestSpeed prints what an order costs beside the floor that the disk and the
// driver set: one row inserted durably. It holds no bar: machines differ.
func TestSpeed(t *testing.T) {
	if !*bench {
		t.Skip("a table of measurements, by make bench")
	}
	s := openShop(t, 1_000_000_000)
	if s.OnPostgres() {
		t.Skip("the floor is a SQLite file")
	}
	// The floor is measured on a file of its own beside the book, with the book's pragmas.
	floorBook, err := sql.Open("sqlite", "file:"+t.TempDir()+"/floor.db?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer floorBook.Close()
	floorBook.SetMaxOpenConns(1)
	if _, err := floorBook.Exec(`create table row (id integer primary key autoincrement, text text not null)`); err != nil {
		t.Fatal(err)
	}
	insert := func() error {
		_, err := floorBook.Exec(`insert into row (text) values ($1)`, "shop.example.com")
		return err
	}
	place := func() error {
		_, err := s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: "shop.example.com"})
		return err
	}
	// Twice in turn, so that a disk that slows down slows both.
	inserts, orders := rate(t, insert), rate(t, place)
	inserts, orders = (inserts+rate(t, insert))/2, (orders+rate(t, place))/2
	fmt.Printf("%d cores, %s\n%-40s %10s %10s %8s %8s\n", runtime.NumCPU(), runtime.GOARCH, "", "per second", "floor", "ratio", "bar")
	fmt.Printf("%-40s %10.0f %10.0f %7.0f%% %8s\n", "placing an order in the store (SQLite)", orders, inserts, 100*orders/inserts, "≥ 40%")
	s.verify(t)
}
