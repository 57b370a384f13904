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
	suspended bool
}

// InvoiceLine is one line; amounts are USD cents. Kind is base, san, wildcard_san
// (names that are charged; those included are no line) or discount.
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
	Wish      Wish          `json:"wish,omitempty"` // what was bought for a licence
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

// parties reads the two sides of a sale to a reseller.
func parties(ctx context.Context, q querier, resellerID int64) (seller, buyer Party, err error) {
	var status Standing
	var settings string
	err = q.QueryRowContext(ctx, `select company, address, city, country, tax_office, tax_id, email, tax_rate_bp, status,
			coalesce((select value from setting where name = 'operator'), '{}') from reseller where id = $1`, resellerID).
		Scan(&buyer.Company, &buyer.Address, &buyer.City, &buyer.Country, &buyer.TaxOffice, &buyer.TaxID, &buyer.Email, &buyer.taxRateBP, &status, &settings)
	if err != nil {
		return seller, buyer, driverError(err)
	}
	buyer.suspended = status != Active
	var o Operator
	err = json.Unmarshal([]byte(settings), &o)
	return Party{Company: o.Company, Address: o.Address, City: o.City, Country: o.Country, TaxOffice: o.TaxOffice, TaxID: o.TaxID, Email: o.Email}, buyer, err
}

// mayBuy answers ErrSuspended for a reseller that may not.
func mayBuy(ctx context.Context, q querier, resellerID int64) error {
	_, buyer, err := parties(ctx, q, resellerID)
	if err == nil && buyer.suspended {
		return ErrSuspended
	}
	return err
}

// writeInvoice makes the invoice of an order in the order's transaction.
func writeInvoice(ctx context.Context, t *tx, number string, o Order, d Draft) error {
	s := Snapshot{
		Seller: d.seller, Buyer: d.buyer, TaxRateBP: d.buyer.taxRateBP, Domain: o.Domain, Product: o.ProductName, Months: o.Months, Wish: o.Wish,
		Lines: d.lines(),
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

// lines are what the draft's price is made of; they sum to its Total.
func (d Draft) lines() []InvoiceLine {
	list := []InvoiceLine{{Kind: "base", Text: d.Product.Name, Quantity: 1, UnitCents: d.Quote.Base, Cents: d.Quote.Base}}
	names := func(kind, text string, count, unit int64) {
		if count > 0 {
			list = append(list, InvoiceLine{Kind: kind, Text: fmt.Sprintf("%s × %d", text, count), Quantity: count, UnitCents: unit, Cents: count * unit})
		}
	}
	names("san", "SAN", charged(d.SANCount, d.Product.SANIncluded), d.Term.SANCents)
	names("wildcard_san", "Wildcard SAN", charged(d.WildcardSANCount, d.Product.WildcardSANIncluded), d.Term.WildcardSANCents)
	if d.Quote.Discount != 0 {
		list = append(list, InvoiceLine{Kind: "discount", Quantity: 1, UnitCents: -d.Quote.Discount, Cents: -d.Quote.Discount})
	}
	return list
}

// ChargedNames is how many additional names the invoice charges; what an order
// has beyond them its product includes.
func (s Snapshot) ChargedNames() int {
	n := int64(0)
	for _, l := range s.Lines {
		if l.Kind == "san" || l.Kind == "wildcard_san" {
			n += l.Quantity
		}
	}
	return int(n)
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
	return db.FilteredInvoices(ctx, resellerID, InvoiceFilter{Status: status}, p)
}
