package db_test

import (
	"errors"
	"testing"
	"time"

	"certbay/db"
)

func TestAZipHoldsAtMostSoManyInvoices(t *testing.T) {
	s := openShop(t, price*(db.MaxZip+1))
	for range db.MaxZip {
		s.place(t, "example.com")
	}
	if _, err := s.AskInvoiceZip(ctx, s.reseller, db.InvoiceFilter{}, "en", "UTC"); err != nil {
		t.Fatal(err)
	}
	s.place(t, "example.com")
	var many *db.TooMany
	if _, err := s.AskInvoiceZip(ctx, s.reseller, db.InvoiceFilter{}, "en", "UTC"); !errors.As(err, &many) || many.Count != db.MaxZip+1 {
		t.Fatal(err)
	}
}

func TestAZipIsItsResellersForADayAndThenForgotten(t *testing.T) {
	s := openShop(t, 100_000)
	start := s.Now()
	s.at(start, 0)
	first := s.place(t, "a.example.com")
	s.at(start, 60)
	s.place(t, "b.example.com")
	if _, err := s.AskInvoiceZip(ctx, s.reseller, db.InvoiceFilter{Status: db.InvoiceUnpaid}, "en", "UTC"); !errors.Is(err, db.ErrNotFound) {
		t.Fatalf("of nothing: %v", err)
	}
	id := must[int64](t)(s.AskInvoiceZip(ctx, s.reseller, db.InvoiceFilter{Status: db.InvoicePaid, Until: start.Add(30 * time.Second)}, "en", "UTC"))
	if _, err := s.InvoiceZip(ctx, s.reseller+1, id); !errors.Is(err, db.ErrNotFound) {
		t.Fatalf("another reseller's: %v", err)
	}
	missing := must[[]db.Invoice](t)(s.UndrawnInvoices(ctx, id, 10))
	if len(missing) != 1 || missing[0].OrderID != first.ID {
		t.Fatalf("%+v", missing)
	}
	for _, content := range []string{"once", "twice"} {
		if err := s.KeepZipFile(ctx, id, db.ZipFile{InvoiceID: missing[0].ID, Name: "a.pdf", Content: []byte(content)}); err != nil {
			t.Fatal(err)
		}
	}
	if z := must[db.InvoiceZip](t)(s.InvoiceZip(ctx, s.reseller, id)); !z.Ready() || z.Files != 1 {
		t.Fatalf("%+v", z)
	}
	var files []string
	if err := s.EachZipFile(ctx, id, func(f db.ZipFile) error { files = append(files, f.Name+" "+string(f.Content)); return nil }); err != nil || len(files) != 1 || files[0] != "a.pdf once" {
		t.Fatalf("%v, %v", files, err)
	}
	s.at(start, 60+24*3600-1)
	if err := s.PurgeZips(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.InvoiceZip(ctx, s.reseller, id); err != nil {
		t.Fatalf("within its day: %v", err)
	}
	s.at(start, 60+24*3600)
	if _, err := s.InvoiceZip(ctx, s.reseller, id); !errors.Is(err, db.ErrNotFound) {
		t.Fatalf("a day later: %v", err)
	}
	if err := s.PurgeZips(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AnyInvoiceZip(ctx, id); !errors.Is(err, db.ErrNotFound) {
		t.Fatalf("not forgotten: %v", err)
	}
	if jobs, _, err := s.Jobs(ctx, db.JobFilter{Kind: db.JobInvoiceZip}); err != nil || len(jobs) != 0 {
		t.Fatalf("%v, %v", jobs, err)
	}
}

func TestAFurtherZipTakesThePlaceOfTheOldest(t *testing.T) {
	s := openShop(t, 10_000)
	s.place(t, "example.com")
	var ids []int64
	for range 4 {
		ids = append(ids, must[int64](t)(s.AskInvoiceZip(ctx, s.reseller, db.InvoiceFilter{}, "en", "UTC")))
	}
	for i, id := range ids {
		if _, err := s.InvoiceZip(ctx, s.reseller, id); (err == nil) != (i > 0) {
			t.Errorf("zip %d of 4: %v", i+1, err)
		}
	}
}
