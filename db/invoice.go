package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// InvoiceStatus is the words of the DATASSL API.
type InvoiceStatus string

const (
	InvoiceUnpaid    InvoiceStatus = "unpaid"
	InvoicePaid      InvoiceStatus = "paid"
	InvoiceSent      InvoiceStatus = "sent"
	InvoiceCancelled InvoiceStatus = "cancelled"
)

// dueDays is how long an invoice may stay unpaid.
const dueDays = 7

// Party is the seller or the buyer as an invoice names it.
type Party struct {
	Company   string `json:"company"`
	Address   string `json:"address"`
	City      string `json:"city"`
	Country   string `json:"country"`
	TaxOffice string `json:"tax_office"`
	TaxID     string `json:"tax_id"`
	Email     string `json:"email"`
	taxRateBP int64
}

// InvoiceLine is one line; amounts are USD cents. Kind is base, san or discount.
type InvoiceLine struct {
	Kind      string `json:"kind"`
	Text      string `json:"text"`
	Quantity  int64  `json:"quantity"`
	UnitCents int64  `json:"unit_cents"`
	Cents     int64  `json:"cents"`
}

// Snapshot is what an invoice said when it was made. It never changes.
type Snapshot struct {
	Seller    Party         `json:"seller"`
	Buyer     Party         `json:"buyer"`
	Lines     []InvoiceLine `json:"lines"`
	TaxRateBP int64         `json:"tax_rate_bp"`
	Domain    string        `json:"domain"`
	Product   string        `json:"product"`
	Months    int           `json:"months"`
}

// Invoice is made with its order. Amounts are cents of Currency.
type Invoice struct {
	ID          int64
	Number      string // INV-2026-0078
	OrderID     int64
	OrderNumber string
	Status      InvoiceStatus
	Currency    string
	NetCents    int64
	TaxCents    int64
	TotalCents  int64
	Snapshot    Snapshot
	CreatedAt   time.Time
	DueAt       time.Time
	PaidAt      time.Time
}

// activeParty reads a reseller as a buyer; ErrSuspended when it may not buy.
func activeParty(ctx context.Context, q querier, resellerID int64) (Party, error) {
	var p Party
	var status string
	err := q.QueryRowContext(ctx, `select company, address, city, country, tax_office, tax_id, email, tax_rate_bp, status from reseller where id = $1`, resellerID).
		Scan(&p.Company, &p.Address, &p.City, &p.Country, &p.TaxOffice, &p.TaxID, &p.Email, &p.taxRateBP, &status)
	if err == nil && status != "active" {
		return p, ErrSuspended
	}
	return p, driverError(err)
}

// writeInvoice makes the invoice of an order in the order's transaction.
func writeInvoice(ctx context.Context, t *tx, o Order, buyer Party) error {
	seller, err := operator(ctx, t)
	if err != nil {
		return err
	}
	number, err := nextNumber(ctx, t, "INV")
	if err != nil {
		return err
	}
	s := Snapshot{
		Seller: Party{Company: seller.Company, Address: seller.Address, City: seller.City, Country: seller.Country,
			TaxOffice: seller.TaxOffice, TaxID: seller.TaxID, Email: seller.Email},
		Buyer: buyer, TaxRateBP: buyer.taxRateBP, Domain: o.Domain, Product: o.ProductName, Months: o.Months,
		Lines: []InvoiceLine{{Kind: "base", Text: o.ProductName, Quantity: 1, UnitCents: o.BaseCents, Cents: o.BaseCents}},
	}
	if o.SANCents != 0 {
		s.Lines = append(s.Lines, InvoiceLine{Kind: "san", Text: fmt.Sprintf("SAN × %d", o.SANCount+o.WildcardSANCount),
			Quantity: int64(o.SANCount + o.WildcardSANCount), Cents: o.SANCents})
	}
	if o.DiscountCents != 0 {
		s.Lines = append(s.Lines, InvoiceLine{Kind: "discount", Quantity: 1, UnitCents: -o.DiscountCents, Cents: -o.DiscountCents})
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	status, paidAt := InvoicePaid, any(t.now)
	if !o.Paid {
		status, paidAt = InvoiceUnpaid, nil
	}
	due := t.now.AddDate(0, 0, dueDays)
	id, err := insert(ctx, t, `insert into invoice (number, order_id, reseller_id, status, currency, net_cents, tax_cents, total_cents, snapshot, created_at, due_at, paid_at)
		values ($1, $2, $3, $10, 'USD', $4, $5, $6, $7, $8, $9, $11) returning id`,
		number, o.ID, o.ResellerID, o.TotalCents, o.TaxCents, o.PayableCents(), string(text), t.now, due, status, paidAt)
	if err != nil {
		return err
	}
	return emit(ctx, t, o.ResellerID, InvoiceCreatedData{InvoiceID: id, InvoiceNumber: number, OrderID: o.ID, OrderNumber: o.Number, Status: status,
		Net: Cents(o.TotalCents), Tax: Cents(o.TaxCents), Total: Cents(o.PayableCents()), Currency: "USD", DueAt: due})
}

const (
	invoiceColumns = `i.id, i.number, i.order_id, o.number, i.status, i.currency, i.net_cents, i.tax_cents, i.total_cents, i.snapshot, i.created_at, i.due_at, i.paid_at`
	invoiceTables  = `invoice i join orders o on o.id = i.order_id`
)

func scanInvoice(s scanner) (i Invoice, err error) {
	var text string
	err = s.Scan(&i.ID, &i.Number, &i.OrderID, &i.OrderNumber, &i.Status, &i.Currency, &i.NetCents, &i.TaxCents, &i.TotalCents, &text,
		moment{&i.CreatedAt}, moment{&i.DueAt}, moment{&i.PaidAt})
	if err != nil {
		return i, err
	}
	return i, json.Unmarshal([]byte(text), &i.Snapshot)
}

// Invoice finds a reseller's invoice; ErrNotFound for any other reseller's.
func (db *DB) Invoice(ctx context.Context, resellerID, id int64) (Invoice, error) {
	return one(ctx, db.read, scanInvoice, `select `+invoiceColumns+` from `+invoiceTables+` where i.id = $1 and i.reseller_id = $2`, id, resellerID)
}

// OrderInvoice finds the invoice of an order.
func (db *DB) OrderInvoice(ctx context.Context, orderID int64) (Invoice, error) {
	return one(ctx, db.read, scanInvoice, `select `+invoiceColumns+` from `+invoiceTables+` where i.order_id = $1`, orderID)
}

// Invoices lists a reseller's invoices, newest first; an empty status is every status.
func (db *DB) Invoices(ctx context.Context, resellerID int64, status InvoiceStatus, p Page) ([]Invoice, int, error) {
	where, args := conditions{parts: []string{"i.reseller_id = $1"}}, []any{resellerID}
	where.add(&args, status != "", "i.status = ?", status)
	return list(ctx, db.read, scanInvoice, invoiceColumns, invoiceTables, where, args, "i.id desc", p)
}
