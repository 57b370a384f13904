package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/money"
	"certbay/providers"
)

// read begins an import, reads it and answers the run with its rows.
func (y *yard) read(what db.ImportWhat, kind db.ProductKind) (db.ImportRun, []db.ImportRow) {
	y.t.Helper()
	id, err := y.book.StartImport(ctx, y.by, "sandbox", what, kind)
	if err != nil {
		y.t.Fatal(err)
	}
	y.settle()
	run, err := y.book.ImportRun(ctx, id)
	if err != nil {
		y.t.Fatal(err)
	}
	return run, y.rows(run)
}

func (y *yard) rows(run db.ImportRun) (all []db.ImportRow) {
	y.t.Helper()
	for {
		rows, _, err := y.book.ImportRows(ctx, run, "", db.Page{Limit: 200, Offset: len(all)})
		if err != nil {
			y.t.Fatal(err)
		}
		all = append(all, rows...)
		if len(rows) < 200 {
			return all
		}
	}
}

// settle does every job that is due, and due at once again.
func (y *yard) settle() {
	y.t.Helper()
	for {
		job, err := y.book.ClaimJobIn(ctx, db.LaneMain, time.Minute)
		if errors.Is(err, db.ErrNotFound) {
			return
		}
		if err == nil {
			err = y.worker.Do(ctx, job)
		}
		if err != nil {
			y.t.Fatal(err)
		}
	}
}

func (y *yard) verify() {
	y.t.Helper()
	if _, err := y.book.Verify(ctx); err != nil {
		y.t.Fatal(err)
	}
}

// shelf sells what it is told, beside the sandbox's orders.
type shelf struct {
	*moody
	products []providers.Product
	err      error
}

func (s *shelf) Products(context.Context) ([]providers.Product, error) { return s.products, s.err }

func certificateFor(code, name string, cents int64) providers.Product {
	return providers.Product{Code: code, Name: name, Brand: "Sectigo", Type: providers.TypeSSL, Validation: providers.ValidationDV,
		Terms: []providers.Term{{Months: 12, Cost: money.USD(cents)}}, Methods: []providers.Method{providers.MethodDNS}}
}

func TestImportOfProductsComparesAndTakesOnlyWhatIsChosen(t *testing.T) {
	y := openYard(t)
	s := &shelf{moody: y.ca, products: []providers.Product{
		certificateFor("sectigo-positivessl", "PositiveSSL", 1100),
		certificateFor("fresh", "Fresh SSL", 2000),
		{Code: "odd", Name: "Odd", Brand: "Sectigo", Type: providers.TypeSSL, Validation: providers.ValidationDV, Terms: []providers.Term{{Months: 12, Cost: money.New(5, "XYZ")}}},
	}}
	y.worker.Upstreams = providers.Registry{"sandbox": s}
	run, rows := y.read(db.ImportProducts, "")
	if run.State != db.ImportReady || run.Total != 3 || run.Compared != 3 || len(rows) != 3 {
		t.Fatalf("%+v %d rows", run, len(rows))
	}
	byRef := map[string]db.ImportRow{}
	for _, r := range rows {
		byRef[r.Ref] = r
	}
	if r := byRef["sectigo-positivessl"]; r.State != db.RowChanged || r.Before.CostCents != 900 || r.ProductID != y.product {
		t.Errorf("%+v", r)
	}
	if r := byRef["fresh"]; r.State != db.RowNew || r.Problem != "" {
		t.Errorf("%+v", r)
	}
	if r := byRef["odd"]; r.Problem != "currency" {
		t.Errorf("a currency that is not kept: %+v", r)
	}
	sheet := func() db.ProductSheet {
		s, err := y.book.ProductSheet(ctx, y.product)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if sheet().Offers[0].CostCents != 900 {
		t.Fatal("reading changed the catalog")
	}
	if err := y.book.TakeProducts(ctx, y.by, run.ID, 2500, []db.RowWish{{Row: byRef["odd"].ID, As: "create"}}); !errors.Is(err, db.ErrInvalid) {
		t.Errorf("a row with a problem was taken: %v", err)
	}
	if err := y.book.TakeProducts(ctx, y.by, run.ID, 2500, []db.RowWish{{Row: byRef["fresh"].ID, As: "create"}, {Row: byRef["sectigo-positivessl"].ID, As: "cost"}}); err != nil {
		t.Fatal(err)
	}
	y.settle()
	if o := sheet().Offers[0]; o.CostCents != 1100 {
		t.Errorf("%+v", o)
	}
	rows = y.rows(run)
	counts, err := y.book.ImportCounts(ctx, run.ID)
	if err != nil || counts.Taken != 2 || counts.Wanted != 0 {
		t.Fatalf("%+v %v %+v", counts, err, rows)
	}
	for _, r := range rows {
		if r.Ref != "fresh" {
			continue
		}
		p, err := y.book.ProductSheet(ctx, r.ProductID)
		if err != nil || p.Name != "Fresh SSL" || p.Terms[0].ListCents != 2500 || p.Offers[0].CostCents != 2000 {
			t.Errorf("%+v %v", p, err)
		}
	}
	s.products = s.products[1:]
	run, rows = y.read(db.ImportProducts, "")
	if run.Gone != 1 {
		t.Fatalf("%+v", run)
	}
	for _, r := range rows {
		if r.State == db.RowGone {
			if err := y.book.TakeProducts(ctx, y.by, run.ID, 0, []db.RowWish{{Row: r.ID, As: "off"}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	y.settle()
	if sheet().Offers[0].Active {
		t.Error("an offer that is gone is still sold")
	}
	y.verify()
}

func TestImportIsRefusedWhereAnOfferChangedSinceThePreview(t *testing.T) {
	y := openYard(t)
	y.worker.Upstreams = providers.Registry{"sandbox": &shelf{moody: y.ca, products: []providers.Product{certificateFor("sectigo-positivessl", "PositiveSSL", 1100)}}}
	run, rows := y.read(db.ImportProducts, "")
	s, err := y.book.ProductSheet(ctx, y.product)
	if err != nil {
		t.Fatal(err)
	}
	digest := s.Digest()
	s.Offers[0].CostCents = 950
	if err := y.book.ChangeProduct(ctx, y.by, s, digest); err != nil {
		t.Fatal(err)
	}
	wish := []db.RowWish{{Row: rows[0].ID, As: "cost"}}
	if err := y.book.TakeProducts(ctx, y.by, run.ID, 0, wish); !errors.Is(err, db.ErrStale) {
		t.Fatalf("taken over a change: %v", err)
	}
	// Chosen in time, changed before the job comes to it.
	run, rows = y.read(db.ImportProducts, "")
	wish[0].Row = rows[0].ID
	if err := y.book.TakeProducts(ctx, y.by, run.ID, 0, wish); err != nil {
		t.Fatal(err)
	}
	digest = s.Digest()
	s.Offers[0].CostCents = 960
	if err := y.book.ChangeProduct(ctx, y.by, s, digest); err != nil {
		t.Fatal(err)
	}
	y.settle()
	if rows = y.rows(run); rows[0].Result != "stale" {
		t.Errorf("%+v", rows[0])
	}
	if s, _ = y.book.ProductSheet(ctx, y.product); s.Offers[0].CostCents != 960 {
		t.Errorf("%+v", s.Offers)
	}
}

func TestNightReadingTakesNothingAndAlarmsOnce(t *testing.T) {
	y := openYard(t)
	y.book.Now = func() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }
	later := func(d time.Duration) {
		at := y.book.Now().Add(d)
		y.book.Now = func() time.Time { return at }
	}
	s := &shelf{moody: y.ca, products: []providers.Product{certificateFor("sectigo-positivessl", "PositiveSSL", 1000)}}
	y.worker.Upstreams = providers.Registry{"sandbox": s}
	y.worker.ImportMail = func(r db.ImportRun, to db.Person) db.Mail {
		return db.Mail{To: to.Email, Subject: fmt.Sprint("alarm ", r.Below, " ", r.Gone), Body: "look"}
	}
	if _, err := y.book.CreatePerson(ctx, db.System, db.NewPerson{Role: db.RoleAdmin, Name: "Admin", Email: "admin@shop.example", Password: "a quiet harbour at dawn", Lang: "en"}); err != nil {
		t.Fatal(err)
	}
	night := func() {
		t.Helper()
		if err := y.book.StartNightImports(ctx); err != nil {
			t.Fatal(err)
		}
		y.settle()
	}
	later(24 * time.Hour)
	night()
	if runs, _, _ := y.book.ImportRuns(ctx, db.Page{}); len(runs) != 0 {
		t.Fatal("a night reading of an upstream that nothing was imported from")
	}
	run, rows := y.read(db.ImportProducts, "")
	if err := y.book.TakeProducts(ctx, y.by, run.ID, 0, []db.RowWish{{Row: rows[0].ID, As: "cost"}}); err != nil {
		t.Fatal(err)
	}
	y.settle()
	mails := func() int {
		_, n, err := y.book.Outbox(ctx, "", db.Page{})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := mails()
	s.products[0].Terms[0].Cost = money.USD(1400) // the group pays 12.99
	later(24 * time.Hour)
	night()
	night()
	alarms, err := y.book.ImportAlarms(ctx)
	if err != nil || len(alarms) != 1 || alarms[0].Below != 1 || alarms[0].Gone != 0 {
		t.Fatalf("%+v %v", alarms, err)
	}
	if sheet, _ := y.book.ProductSheet(ctx, y.product); sheet.Offers[0].CostCents != 1000 {
		t.Error("the night changed a cost")
	}
	if n := mails() - before; n != 1 {
		t.Errorf("%d mails", n)
	}
	if err := y.book.DismissImport(ctx, y.by, alarms[0].RunID); err != nil {
		t.Fatal(err)
	}
	later(24 * time.Hour)
	night()
	if alarms, _ = y.book.ImportAlarms(ctx); len(alarms) != 0 || mails()-before != 1 {
		t.Errorf("the same was told again: %+v, %d mails", alarms, mails()-before)
	}
	s.products = append(s.products[:0:0], certificateFor("other", "Other SSL", 100))
	later(24 * time.Hour)
	night()
	if alarms, _ = y.book.ImportAlarms(ctx); len(alarms) != 1 || alarms[0].Gone != 1 || mails()-before != 2 {
		t.Errorf("what is new was not told: %+v, %d mails", alarms, mails()-before)
	}
}

func TestUpstreamThatCantBeReadEndsTheImportWithItsWords(t *testing.T) {
	y := openYard(t)
	y.worker.Upstreams = providers.Registry{"sandbox": &shelf{moody: y.ca, err: fmt.Errorf("login: %w", providers.ErrCredentials)}}
	run, _ := y.read(db.ImportProducts, "")
	if run.State != db.ImportFailed || run.Error == "" {
		t.Fatalf("%+v", run)
	}
	y.worker.Upstreams = providers.Registry{"sandbox": &shelf{moody: y.ca}}
	if run, _ = y.read(db.ImportProducts, ""); run.State != db.ImportFailed {
		t.Fatalf("an empty list passed for one: %+v", run)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
