package db_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"certbay/db"
	"certbay/db/dbtest"
)

func TestABackupTakenDuringWritesIsSound(t *testing.T) {
	s := openShop(t, 100_000_000)
	file := filepath.Join(t.TempDir(), "copy.db")
	if s.OnPostgres() {
		if err := s.Backup(ctx, file); !errors.Is(err, db.ErrBackupElsewhere) {
			t.Fatal(err)
		}
		return
	}
	stop := make(chan struct{})
	var trading sync.WaitGroup
	for range 3 {
		trading.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					s.place(t, "example.com")
				}
			}
		})
	}
	s.place(t, "before.example.com")
	err := s.Backup(ctx, file)
	close(stop)
	trading.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	copied := must[*db.DB](t)(db.Open(ctx, file))
	defer copied.Close()
	v, err := copied.Verify(ctx)
	if err != nil || v.Orders == 0 {
		t.Fatalf("%+v, %v", v, err)
	}
	if _, n, err := copied.Orders(ctx, s.reseller, db.OrderFilter{Search: "before.example.com"}); err != nil || n != 1 {
		t.Fatalf("%d orders placed before the copy, %v", n, err)
	}
	if err := s.Backup(ctx, file); err == nil {
		t.Fatal("an older copy was overwritten")
	}
}

func TestBothEnginesHaveTheSameSchema(t *testing.T) {
	lite := must[*db.DB](t)(db.Open(ctx, filepath.Join(t.TempDir(), "book.db")))
	defer lite.Close()
	other := dbtest.Open(t)
	if !other.OnPostgres() {
		t.Skip("TEST_DATABASE_URL names no PostgreSQL to compare with")
	}
	here, there := must[[]string](t)(lite.Columns(ctx)), must[[]string](t)(other.Columns(ctx))
	missing := map[string]int{}
	for _, column := range here {
		missing[column]++
	}
	for _, column := range there {
		missing[column]--
	}
	for column, n := range missing {
		if n != 0 {
			t.Errorf("%s is on one engine only", column)
		}
	}
	if len(here) < 100 {
		t.Errorf("only %d columns", len(here))
	}
}
