package db_test

import (
	"database/sql"
	"testing"

	"certbay/db"
	"certbay/db/dbtest"
)

// TestSpeed prints what an order costs beside the floor that the disk and the
// driver set: one row inserted durably. Both have as many callers; the floor's
// rows and the orders are each in the book when their caller hears of them.
func TestSpeed(t *testing.T) {
	dbtest.PrintRatios(t, "store, SQLite, synchronous=FULL", func() []dbtest.Ratio {
		s := openShop(t, 1_000_000_000)
		if s.OnPostgres() {
			t.Skip("the floor is a SQLite file")
		}
		t.Cleanup(func() { s.verify(t) })
		// The floor is measured on a file of its own beside the book, with the book's pragmas.
		floorBook, err := sql.Open("sqlite", "file:"+t.TempDir()+"/floor.db?"+db.Pragmas)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { floorBook.Close() })
		floorBook.SetMaxOpenConns(1)
		if _, err := floorBook.Exec(`create table row (id integer primary key autoincrement, text text not null)`); err != nil {
			t.Fatal(err)
		}
		insert := func(int) error {
			_, err := floorBook.Exec(`insert into row (text) values ($1)`, "shop.example.com")
			return err
		}
		place := func(int) error {
			_, err := s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: "shop.example.com"})
			return err
		}
		return []dbtest.Ratio{
			{Name: "placing an order", Bar: 40, Callers: 1, Floor: insert, Measured: place},
			{Name: "placing an order", Bar: 40, Callers: 16, Floor: insert, Measured: place},
		}
	})
}
