package db

import (
	"context"
	"time"
)

// CreditNote undoes a cancelled invoice, all of it. What it says beside its number,
// date and amounts is the invoice's snapshot. Amounts are positive, in cents of the
// invoice's currency.
type CreditNote struct {
	ID         int64
	Number     string // CRN-2026-0001
	InvoiceID  int64
	NetCents   int64
	TaxCents   int64
	TotalCents int64
	CreatedAt  time.Time

	Invoice Invoice // as it is now; its snapshot as it was made
}

// writeCreditNote cancels the invoice of an order and makes its credit note, in
// the transaction that cancels the order.
func writeCreditNote(ctx context.Context, t *tx, orderID int64) error {
	i, err := one(ctx, t, scanInvoice, `select `+invoiceColumns+` from `+invoiceTables+` where i.order_id = $1`, orderID)
	if err != nil {
		return err
	}
	if err := changed(ctx, t, `update invoice set status = 'cancelled' where id = $1 and status <> 'cancelled'`, i.ID); err != nil {
		return err
	}
	numbers, err := nextNumbers(ctx, t, "CRN")
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `insert into credit_note (number, invoice_id, reseller_id, net_cents, tax_cents, total_cents, created_at)
		select $1, id, reseller_id, net_cents, tax_cents, total_cents, $2 from invoice where id = $3`, numbers["CRN"], t.now, i.ID)
	return err
}

const (
	creditNoteColumns = `n.id, n.number, n.invoice_id, n.net_cents, n.tax_cents, n.total_cents, n.created_at, ` + invoiceColumns
	creditNoteTables  = `credit_note n join invoice i on i.id = n.invoice_id join orders o on o.id = i.order_id`
)

func scanCreditNote(s scanner) (n CreditNote, err error) {
	n.Invoice, err = scanInvoice(prefixed{s, []any{&n.ID, &n.Number, &n.InvoiceID, &n.NetCents, &n.TaxCents, &n.TotalCents, moment{&n.CreatedAt}}})
	return n, err
}

// prefixed scans a row whose first columns go elsewhere.
type prefixed struct {
	scanner
	first []any
}

func (p prefixed) Scan(rest ...any) error { return p.scanner.Scan(append(p.first, rest...)...) }

// CreditNote finds a reseller's credit note; ErrNotFound for any other reseller's.
func (db *DB) CreditNote(ctx context.Context, resellerID, id int64) (CreditNote, error) {
	return one(ctx, db.read, scanCreditNote, `select `+creditNoteColumns+` from `+creditNoteTables+` where n.id = $1 and n.reseller_id = $2`, id, resellerID)
}

// InvoiceCreditNote finds the credit note of an invoice; ErrNotFound when it was
// not cancelled.
func (db *DB) InvoiceCreditNote(ctx context.Context, invoiceID int64) (CreditNote, error) {
	return one(ctx, db.read, scanCreditNote, `select `+creditNoteColumns+` from `+creditNoteTables+` where n.invoice_id = $1`, invoiceID)
}

// CreditNotes lists a reseller's credit notes, newest first.
func (db *DB) CreditNotes(ctx context.Context, resellerID int64, p Page) ([]CreditNote, int, error) {
	return list(ctx, db.read, scanCreditNote, creditNoteColumns, creditNoteTables, conditions{parts: []string{"n.reseller_id = $1"}, about: "credit_note n"}, []any{resellerID}, "n.id desc", p)
}
