package db_test

import (
	"context"
	"testing"

	"certbay/db"
	"certbay/db/dbtest"
)

func TestMigratingACurrentBookAppliesNothing(t *testing.T) {
	book := dbtest.Open(t)
	applied, err := book.Migrate(context.Background())
	if err != nil || len(applied) != 0 {
		t.Fatalf("applied %v, err %v", applied, err)
	}
}

func TestReopeningABookKeepsIt(t *testing.T) {
	target := dbtest.Target(t)
	for range 2 {
		book, err := db.Open(context.Background(), target)
		if err != nil {
			t.Fatal(err)
		}
		if err := book.Ping(context.Background()); err != nil {
			t.Fatal(err)
		}
		book.Close()
	}
}
