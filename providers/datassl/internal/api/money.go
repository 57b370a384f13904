package api

import (
	"context"
	"net/http"

	"certbay/providers/internal/wire"
)

// Invoice is one invoice; the last fields are of the detail.
type Invoice struct {
	ID            wire.Int   `json:"id"`
	InvoiceNumber wire.Text  `json:"invoice_number"`
	OrderNumber   wire.Text  `json:"order_number"`
	Domain        wire.Text  `json:"domain"`
	Total         wire.Cents `json:"total"`
	Currency      wire.Text  `json:"currency"`
	Status        wire.Text  `json:"status"` // unpaid, paid, cancelled, sent
	DueDate       wire.Date  `json:"due_date"`
	CreatedAt     wire.Date  `json:"created_at"`

	OrderID  wire.Int               `json:"order_id"`
	Subtotal wire.Cents             `json:"subtotal"`
	Tax      wire.Cents             `json:"tax"`
	Lines    wire.List[InvoiceLine] `json:"lines"`
}

// InvoiceLine is one line.
type InvoiceLine struct {
	Description wire.Text  `json:"description"`
	Quantity    wire.Int   `json:"quantity"`
	Amount      wire.Cents `json:"amount"`
}

// InvoiceList answers Invoices.
type InvoiceList struct {
	Envelope
	Invoices   wire.List[Invoice] `json:"invoices"`
	Pagination Pagination         `json:"pagination"`
}

// Invoices lists invoices; an empty status is every one.
//
// Seed 000, "Fatura Listesi": GET /invoices
func (c *Client) Invoices(ctx context.Context, status string, p Page) (InvoiceList, error) {
	q := p.query()
	set(q, "status", status)
	var a InvoiceList
	err := c.get(ctx, "/invoices", q, &a)
	return a, err
}

// InvoiceAnswer answers Invoice.
type InvoiceAnswer struct {
	Envelope
	Invoice Invoice `json:"invoice"`
}

// Invoice reads one invoice.
//
// Seed 000, "Fatura Detayı": GET /invoices/{id}
func (c *Client) Invoice(ctx context.Context, invoice int64) (Invoice, error) {
	var a InvoiceAnswer
	err := c.get(ctx, "/invoices/"+id(invoice), nil, &a)
	return a.Invoice, err
}

// Transaction is a movement of credit; what went out is negative.
type Transaction struct {
	ID           wire.Int   `json:"id"`
	Amount       wire.Cents `json:"amount"`
	Type         wire.Text  `json:"type"` // debit, credit
	Description  wire.Text  `json:"description"`
	BalanceAfter wire.Cents `json:"balance_after"`
	CreatedAt    wire.Date  `json:"created_at"`
}

// Credits answers Credits and Balance.
type Credits struct {
	Envelope
	Balance      wire.Cents             `json:"balance"`
	Currency     wire.Text              `json:"currency"`
	Transactions wire.List[Transaction] `json:"transactions"`
	Pagination   Pagination             `json:"pagination"` // of Credits
}

// Credits reads the credit and a page of its movements.
//
// Seed 000, "Kredi Bakiyesi & İşlem Geçmişi": GET /credits
func (c *Client) Credits(ctx context.Context, p Page) (Credits, error) {
	var a Credits
	err := c.get(ctx, "/credits", p.query(), &a)
	return a, err
}

// Balance reads the credit and its last ten movements.
//
// Seed 000, "Bakiye Sorgula (Kısa)": GET /balance
func (c *Client) Balance(ctx context.Context) (Credits, error) {
	var a Credits
	err := c.get(ctx, "/balance", nil, &a)
	return a, err
}

// Paid answers PayOrder.
type Paid struct {
	Envelope
	OrderID    wire.Int   `json:"order_id"`
	AmountPaid wire.Cents `json:"amount_paid"`
	NewBalance wire.Cents `json:"new_balance"`
}

// PayOrder pays an order with credit; of an order that is paid it moves nothing.
//
// Seed 000, "Kredi ile Sipariş Öde": POST /credits
func (c *Client) PayOrder(ctx context.Context, order int64) (Paid, error) {
	var a Paid
	err := c.send(ctx, http.MethodPost, "/credits", orderBody{order}, &a)
	return a, err
}
