package db_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"certbay/db"
)

func TestACancelledInvoiceIsUndoneByACreditNoteAndNeverEdited(t *testing.T) {
	s := openShop(t, 10_000)
	if err := s.Tamper(ctx, `update reseller set tax_rate_bp = 2000`); err != nil {
		t.Fatal(err)
	}
	o := s.place(t, "example.com")
	before := must[db.Invoice](t)(s.OrderInvoice(ctx, o.ID))
	if _, err := s.InvoiceCreditNote(ctx, before.ID); !errors.Is(err, db.ErrNotFound) {
		t.Fatalf("a note without a cancellation: %v", err)
	}
	must[int64](t)(s.CancelOrder(ctx, s.staff, s.reseller, o.ID))
	note := must[db.CreditNote](t)(s.InvoiceCreditNote(ctx, before.ID))
	if want := fmt.Sprintf("CRN-%d-0001", note.CreatedAt.Year()); note.Number != want || note.NetCents != 1299 || note.TaxCents != 260 || note.TotalCents != 1559 {
		t.Errorf("note %+v", note)
	}
	after := must[db.Invoice](t)(s.OrderInvoice(ctx, o.ID))
	before.Status = db.InvoiceCancelled
	if diff := cmp.Diff(before, after, cmp.AllowUnexported(db.Party{})); diff != "" {
		t.Errorf("the invoice was edited: %s", diff)
	}
	if diff := cmp.Diff(after, note.Invoice, cmp.AllowUnexported(db.Party{})); diff != "" {
		t.Error(diff)
	}
	if _, err := s.CancelOrder(ctx, s.staff, s.reseller, o.ID); !errors.Is(err, db.ErrStale) {
		t.Errorf("cancelled twice: %v", err)
	}
	s.verify(t)
}

func TestCreditNotesOfOthersAreNotFound(t *testing.T) {
	s := openShop(t, 10_000)
	o := s.place(t, "example.com")
	must[int64](t)(s.CancelOrder(ctx, s.staff, s.reseller, o.ID))
	notes, n, err := s.CreditNotes(ctx, s.reseller, db.Page{})
	if err != nil || n != 1 || len(notes) != 1 {
		t.Fatalf("%d notes, %v", n, err)
	}
	must[db.CreditNote](t)(s.CreditNote(ctx, s.reseller, notes[0].ID))
	if _, err := s.CreditNote(ctx, s.reseller+1, notes[0].ID); !errors.Is(err, db.ErrNotFound) {
		t.Fatal(err)
	}
	if _, n, err := s.CreditNotes(ctx, s.reseller+1, db.Page{}); n != 0 || err != nil {
		t.Fatalf("%d notes, %v", n, err)
	}
}

func TestNumbersOfCreditNotesAreGaplessWhenManyCancelAtOnce(t *testing.T) {
	s := openShop(t, 100_000)
	var orders []db.Order
	for i := range 12 {
		orders = append(orders, s.place(t, fmt.Sprintf("n%d.example.com", i)))
	}
	var all sync.WaitGroup
	for _, o := range append(orders, orders...) { // everyone twice: one of the two is too late
		all.Go(func() {
			if _, err := s.CancelOrder(ctx, s.staff, s.reseller, o.ID); err != nil && !errors.Is(err, db.ErrStale) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	notes, n, err := s.CreditNotes(ctx, s.reseller, db.Page{})
	if err != nil || n != 12 || !strings.HasSuffix(notes[0].Number, "-0012") {
		t.Fatalf("%d notes, %v", n, err)
	}
	if balance := s.balance(t); balance != 100_000 {
		t.Errorf("balance %d", balance)
	}
	s.verify(t)
}

func TestInvoicesCancelledBeforeThereWereCreditNotesGetTheirs(t *testing.T) {
	s := openShop(t, 10_000)
	for i := range 5 {
		o := s.place(t, fmt.Sprintf("n%d.example.com", i))
		if i%2 == 0 {
			must[int64](t)(s.CancelOrder(ctx, s.staff, s.reseller, o.ID))
		}
	}
	want, _, err := s.CreditNotes(ctx, s.reseller, db.Page{})
	if err != nil || len(want) != 3 {
		t.Fatalf("%d notes, %v", len(want), err)
	}
	for _, query := range append([]string{`delete from credit_note`, `delete from counter where name like 'CRN-%'`},
		must[[]string](t)(db.MigrationInserts("00003_invoice.sql"))...) {
		if err := s.Tamper(ctx, query); err != nil {
			t.Fatal(err)
		}
	}
	got, _, err := s.CreditNotes(ctx, s.reseller, db.Page{})
	if err != nil || len(got) != 3 {
		t.Fatalf("%d notes, %v", len(got), err)
	}
	for i := range got {
		got[i].ID, want[i].ID = 0, 0
		if diff := cmp.Diff(want[i], got[i], cmp.AllowUnexported(db.Party{})); diff != "" {
			t.Error(diff)
		}
	}
	must[int64](t)(s.CancelOrder(ctx, s.staff, s.reseller, s.place(t, "later.example.com").ID))
	s.verify(t)
}
