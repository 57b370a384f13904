package db

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// MaxZip is how many invoices one zip may hold.
	MaxZip = 500
	// zipKept is how long a zip can be fetched.
	zipKept = 24 * time.Hour
	// zipsKept is how many zips a reseller has at once; a further one takes the place of the oldest.
	zipsKept = 3
)

// TooMany is the refusal of a zip of more than MaxZip invoices.
type TooMany struct{ Count int }

func (e *TooMany) Error() string { return fmt.Sprintf("%d invoices are too many", e.Count) }

// InvoiceFilter narrows a list of invoices; zero fields don't filter. Until is excluded.
type InvoiceFilter struct {
	Status      InvoiceStatus
	From, Until time.Time
}

func (f InvoiceFilter) where(resellerID int64) (conditions, []any) {
	where, args := conditions{parts: []string{"i.reseller_id = $1"}, about: "invoice i"}, []any{resellerID}
	where.add(&args, f.Status != "", "i.status = ?", f.Status)
	where.add(&args, !f.From.IsZero(), "i.created_at >= ?", f.From.UTC())
	where.add(&args, !f.Until.IsZero(), "i.created_at < ?", f.Until.UTC())
	return where, args
}

// FilteredInvoices lists a reseller's invoices that pass a filter, newest first.
func (db *DB) FilteredInvoices(ctx context.Context, resellerID int64, f InvoiceFilter, p Page) ([]Invoice, int, error) {
	where, args := f.where(resellerID)
	return list(ctx, db.read, scanInvoice, invoiceColumns, invoiceTables, where, args, "i.created_at desc, i.id desc", p)
}

// InvoiceZip is a zip of a reseller's invoices, being made or ready.
type InvoiceZip struct {
	ID         int64
	ResellerID int64
	Lang       string // the words of its PDFs
	Zone       string // an IANA name
	Files      int
	Drawn      int
	Failed     bool // its job was given up
	CreatedAt  time.Time
	ExpiresAt  time.Time
}

// Ready says whether every file of the zip is there.
func (z InvoiceZip) Ready() bool { return z.Drawn == z.Files }

// ZipFile is one PDF of a zip; Content is empty until it is drawn.
type ZipFile struct {
	InvoiceID int64
	Name      string
	Content   []byte
}

// AskInvoiceZip has the invoices that pass a filter put into a zip, by a job.
// lang and zone are the reader's. Errors: ErrNotFound when there is none,
// *TooMany for more than MaxZip.
func (db *DB) AskInvoiceZip(ctx context.Context, resellerID int64, f InvoiceFilter, lang, zone string) (id int64, err error) {
	err = db.transact(ctx, func(t *tx) error {
		where, args := f.where(resellerID)
		var count int
		if err := t.QueryRowContext(ctx, `select count(*) from invoice i`+where.clause(), args...).Scan(&count); err != nil {
			return driverError(err)
		}
		if count == 0 {
			return ErrNotFound
		}
		if count > MaxZip {
			return &TooMany{count}
		}
		older, err := collect(ctx, t, scanID, `select id from invoice_zip where reseller_id = $1 order by id desc limit 100 offset $2`, resellerID, zipsKept-1)
		if err != nil {
			return err
		}
		if err := forgetZips(ctx, t, older); err != nil {
			return err
		}
		id, err = insert(ctx, t, `insert into invoice_zip (reseller_id, lang, time_zone, created_at, expires_at) values ($1, $2, $3, $4, $5) returning id`,
			resellerID, lang, zone, t.now, t.now.Add(zipKept))
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, fmt.Sprintf(`insert into invoice_zip_file (zip_id, invoice_id) select %d, i.id from invoice i`, id)+where.clause(), args...)
		if err != nil {
			return driverError(err)
		}
		_, err = enqueue(ctx, t, JobInvoiceZip, id, nil, t.now)
		return err
	})
	return id, err
}

func scanID(s scanner) (id int64, err error) { return id, s.Scan(&id) }

const zipQuery = `select z.id, z.reseller_id, z.lang, z.time_zone, z.created_at, z.expires_at,
	(select count(*) from invoice_zip_file f where f.zip_id = z.id),
	(select count(*) from invoice_zip_file f where f.zip_id = z.id and f.drawn = true),
	exists (select 1 from job j where j.kind = 'invoice_zip' and j.subject_id = z.id and j.failed = true)
	from invoice_zip z `

func scanZip(s scanner) (z InvoiceZip, err error) {
	return z, s.Scan(&z.ID, &z.ResellerID, &z.Lang, &z.Zone, moment{&z.CreatedAt}, moment{&z.ExpiresAt}, &z.Files, &z.Drawn, &z.Failed)
}

// InvoiceZip finds a reseller's zip; ErrNotFound for any other reseller's, and
// when its day is over.
func (db *DB) InvoiceZip(ctx context.Context, resellerID, id int64) (InvoiceZip, error) {
	return one(ctx, db.read, scanZip, zipQuery+`where z.id = $1 and z.reseller_id = $2 and z.expires_at > $3`, id, resellerID, db.now())
}

// AnyInvoiceZip finds a zip of any reseller; for the worker.
func (db *DB) AnyInvoiceZip(ctx context.Context, id int64) (InvoiceZip, error) {
	return one(ctx, db.read, scanZip, zipQuery+`where z.id = $1`, id)
}

// UndrawnInvoices lists invoices of a zip whose PDF is missing, at most limit.
func (db *DB) UndrawnInvoices(ctx context.Context, zipID int64, limit int) ([]Invoice, error) {
	return collect(ctx, db.read, scanInvoice, `select `+invoiceColumns+` from `+invoiceTables+`
		where i.id in (select invoice_id from invoice_zip_file where zip_id = $1 and drawn = false) order by i.id limit $2`, zipID, limit)
}

// KeepZipFile puts a drawn PDF into a zip; a second one of the same invoice, or
// one of a forgotten zip, changes nothing.
func (db *DB) KeepZipFile(ctx context.Context, zipID int64, f ZipFile) error {
	return db.transact(ctx, func(t *tx) error {
		err := changed(ctx, t, `update invoice_zip_file set drawn = true, name = $1, content = $2 where zip_id = $3 and invoice_id = $4 and drawn = false`,
			f.Name, f.Content, zipID, f.InvoiceID)
		if errors.Is(err, ErrStale) {
			return nil
		}
		return err
	})
}

// EachZipFile reads the files of a zip one by one, in the order of their invoices.
func (db *DB) EachZipFile(ctx context.Context, zipID int64, each func(ZipFile) error) error {
	ids, err := collect(ctx, db.read, scanID, `select invoice_id from invoice_zip_file where zip_id = $1 order by invoice_id`, zipID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		f, err := one(ctx, db.read, func(s scanner) (f ZipFile, err error) { return f, s.Scan(&f.InvoiceID, &f.Name, &f.Content) },
			`select invoice_id, name, content from invoice_zip_file where zip_id = $1 and invoice_id = $2`, zipID, id)
		if err != nil {
			return err
		}
		if err := each(f); err != nil {
			return err
		}
	}
	return nil
}

// PurgeZips forgets zips whose day is over.
func (db *DB) PurgeZips(ctx context.Context) error {
	return db.transact(ctx, func(t *tx) error {
		over, err := collect(ctx, t, scanID, `select id from invoice_zip where expires_at <= $1 limit 100`, t.now)
		if err != nil {
			return err
		}
		return forgetZips(ctx, t, over)
	})
}

func forgetZips(ctx context.Context, t *tx, ids []int64) error {
	for _, id := range ids {
		for _, query := range []string{
			`delete from job where kind = 'invoice_zip' and subject_id = $1`,
			`delete from invoice_zip_file where zip_id = $1`,
			`delete from invoice_zip where id = $1`,
		} {
			if _, err := t.ExecContext(ctx, query, id); err != nil {
				return driverError(err)
			}
		}
	}
	return nil
}
