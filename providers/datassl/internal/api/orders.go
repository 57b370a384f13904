package api

import (
	"context"
	"net/http"

	"certbay/providers/internal/wire"
)

// The statuses of an order ("Sipariş Durumları").
const (
	Pending              = "pending"
	Processing           = "processing"
	ValidationPending    = "validation_pending"
	PendingConfiguration = "pending_configuration"
	Completed            = "completed"
	Cancelled            = "cancelled"
	Expired              = "expired"
)

// Order is one order. The document shows none; a field that a shop does not have is empty.
type Order struct {
	ID               wire.Int   `json:"id"`
	OrderNumber      wire.Text  `json:"order_number"`
	ProductID        wire.Int   `json:"product_id"`
	Product          wire.Text  `json:"product"`
	Brand            wire.Text  `json:"brand"`
	Type             wire.Text  `json:"type"`
	Domain           wire.Text  `json:"domain"`
	Period           wire.Int   `json:"period"` // months
	SANCount         wire.Int   `json:"san_count"`
	SANWildcardCount wire.Int   `json:"san_wildcard_count"`
	Total            wire.Cents `json:"total"`
	Status           wire.Text  `json:"status"`
	PaymentStatus    wire.Text  `json:"payment_status"`
	CreatedAt        wire.Date  `json:"created_at"`
	CompletedAt      wire.Date  `json:"completed_at"`
	ExpiresAt        wire.Date  `json:"expires_at"` // the term's end
	ValidTill        wire.Date  `json:"valid_till"` // the certificate's

	Reference  *wire.Text           `json:"reference"` // ours; nil where the shop keeps none
	Names      wire.List[wire.Text] `json:"names"`     // of the detail, the main one first
	StatusNote wire.Text            `json:"status_note"`
	LicenceKey wire.Text            `json:"licence_key"`
}

// OrderList answers Orders.
type OrderList struct {
	Envelope
	Orders     wire.List[Order] `json:"orders"`
	Pagination Pagination       `json:"pagination"`
}

// OrderFilter narrows Orders; empty fields do not. Reference is not in the document: a shop that does not know it answers as if
// it were not there.
type OrderFilter struct {
	Status, Domain, Reference string
	Page
}

// Orders lists the account's orders, at most 100.
//
// Seed 000, "Sipariş Listesi": GET /orders
func (c *Client) Orders(ctx context.Context, f OrderFilter) (OrderList, error) {
	q := f.query()
	set(q, "status", f.Status)
	set(q, "domain", f.Domain)
	set(q, "reference", f.Reference)
	var a OrderList
	err := c.get(ctx, "/orders", q, &a)
	return a, err
}

// OrderAnswer answers Order.
type OrderAnswer struct {
	Envelope
	Order Order `json:"order"`
}

// Order reads one order.
//
// Seed 000, "Sipariş Detayı": GET /orders/{id}
func (c *Client) Order(ctx context.Context, order int64) (Order, error) {
	var a OrderAnswer
	err := c.get(ctx, "/orders/"+id(order), nil, &a)
	return a.Order, err
}

// NewOrder is what to buy. Period is in months; SANCount and SANWildcardCount are additional names.
type NewOrder struct {
	ProductID        int64  `json:"product_id"`
	Domain           string `json:"domain,omitempty"`
	Period           int    `json:"period,omitempty"`
	SANCount         int    `json:"san_count"`
	SANWildcardCount int    `json:"san_wildcard_count"`
	Reference        string `json:"reference,omitempty"` // ours; not in the document, and passed over where it isn't known

	// OnceKey makes a shop that knows it answer a repetition with the order of the first time; it is a header.
	OnceKey string `json:"-"`
}

// Placed answers CreateOrder.
type Placed struct {
	Envelope
	OrderID        wire.Int   `json:"order_id"`
	OrderNumber    wire.Text  `json:"order_number"`
	Domain         wire.Text  `json:"domain"`
	BasePrice      wire.Cents `json:"base_price"`
	SANTotal       wire.Cents `json:"san_total"`
	DiscountAmount wire.Cents `json:"discount_amount"`
	Total          wire.Cents `json:"total"`
	Status         wire.Text  `json:"status"`
	PaymentStatus  wire.Text  `json:"payment_status"`
	CreditUsed     wire.Cents `json:"credit_used"`
	NewBalance     wire.Cents `json:"new_balance"`
	InvoiceNumber  wire.Text  `json:"invoice_number"`

	// Replayed says that this is the answer of an earlier request with the same OnceKey.
	Replayed bool `json:"-"`
}

// CreateOrder buys; the amount is taken from the account's credit.
//
// Seed 000, "Yeni Sipariş Oluştur": POST /orders
func (c *Client) CreateOrder(ctx context.Context, o NewOrder) (Placed, error) {
	call := wire.Call{Method: http.MethodPost, Path: "/orders", Body: wire.JSON(o), Header: http.Header{}}
	if o.OnceKey != "" {
		call.Header.Set("Idempotency-Key", o.OnceKey)
	}
	var a Placed
	got, err := c.exchange(ctx, call, &a)
	a.Replayed = got.Header.Get("Idempotent-Replayed") == "true"
	return a, err
}

// CancelAnswer answers CancelOrder.
type CancelAnswer struct {
	Envelope
	OrderID        wire.Int   `json:"order_id"`
	Status         wire.Text  `json:"status"`
	RefundedAmount wire.Cents `json:"refunded_amount"`
	NewBalance     wire.Cents `json:"new_balance"`
}

// CancelOrder ends an order that is pending or processing.
//
// Seed 000, "Sipariş İptal Et": PUT /orders/{id}
func (c *Client) CancelOrder(ctx context.Context, order int64) (CancelAnswer, error) {
	var a CancelAnswer
	err := c.send(ctx, http.MethodPut, "/orders/"+id(order), map[string]string{"action": "cancel"}, &a)
	return a, err
}
