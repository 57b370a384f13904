package db

import (
	"encoding/json"
	"time"
)

// WebhookEvent names what a webhook tells about.
type WebhookEvent string

// The events a webhook may choose, and the test message that anybody gets who asks.
const (
	OrderCreated        WebhookEvent = "order.created"
	OrderStatusChanged  WebhookEvent = "order.status_changed"
	CertificateIssuance WebhookEvent = "certificate.issued"
	CertificateExpiring WebhookEvent = "certificate.expiring"
	DCVRequired         WebhookEvent = "dcv.required"
	InvoiceCreated      WebhookEvent = "invoice.created"
	CreditLow           WebhookEvent = "credit.low"
	WebhookTest         WebhookEvent = "webhook.test"
)

// WebhookEvents lists the events to choose from, in the order pages show them.
var WebhookEvents = []WebhookEvent{OrderCreated, OrderStatusChanged, CertificateIssuance, CertificateExpiring, DCVRequired, InvoiceCreated, CreditLow}

// WebhookMessage is the body of a delivery, as Standard Webhooks has it: what
// happened, when (UTC), and the thin facts; the rest is asked of the API.
type WebhookMessage struct {
	Type      WebhookEvent `json:"type"`
	Timestamp time.Time    `json:"timestamp"`
	Data      WebhookData  `json:"data"`
}

// WebhookData is one of the structs below.
type WebhookData interface{ event() WebhookEvent }

// Cents is an amount of USD cents that JSON shows as a number with two decimals: 12.90.
type Cents int64

// MarshalJSON writes the amount without any float.
func (c Cents) MarshalJSON() ([]byte, error) { return []byte(cents2(int64(c))), nil }

// OrderCreatedData tells of a new order.
type OrderCreatedData struct {
	OrderID     int64  `json:"order_id"`
	OrderNumber string `json:"order_number"`
	ProductID   int64  `json:"product_id"`
	Domain      string `json:"domain"`
	Period      int    `json:"period"` // months
	Status      Status `json:"status"`
	Paid        bool   `json:"paid"`
	Total       Cents  `json:"total"` // before tax
	Tax         Cents  `json:"tax"`
	Currency    string `json:"currency"`
}

// OrderStatusChangedData tells of an order's move.
type OrderStatusChangedData struct {
	OrderID        int64  `json:"order_id"`
	OrderNumber    string `json:"order_number"`
	Domain         string `json:"domain"`
	PreviousStatus Status `json:"previous_status"`
	Status         Status `json:"status"`
}

// CertificateIssuedData tells of a certificate that is ready, a first or a further one.
type CertificateIssuedData struct {
	OrderID       int64     `json:"order_id"`
	OrderNumber   string    `json:"order_number"`
	CertificateID int64     `json:"certificate_id"`
	Domain        string    `json:"domain"`
	Serial        string    `json:"serial"`
	NotBefore     time.Time `json:"not_before"`
	NotAfter      time.Time `json:"not_after"`
}

// CertificateExpiringData warns of a certificate's end.
type CertificateExpiringData struct {
	OrderID       int64     `json:"order_id"`
	OrderNumber   string    `json:"order_number"`
	CertificateID int64     `json:"certificate_id"`
	Domain        string    `json:"domain"`
	Serial        string    `json:"serial"`
	NotAfter      time.Time `json:"not_after"`
	Days          int       `json:"days"` // 30, 15, 7, 2 or 1
}

// DCVRequiredData tells that a domain owner has to publish something, or something else.
type DCVRequiredData struct {
	OrderID       int64     `json:"order_id"`
	OrderNumber   string    `json:"order_number"`
	CertificateID int64     `json:"certificate_id"`
	Domain        string    `json:"domain"`
	Names         []DCVName `json:"names"` // those not proven yet
}

// DCVName is a name and how it is to be proven: email, http, https or dns.
type DCVName struct {
	Name   string `json:"name"`
	Method string `json:"method"`
}

// InvoiceCreatedData tells of a new invoice.
type InvoiceCreatedData struct {
	InvoiceID     int64         `json:"invoice_id"`
	InvoiceNumber string        `json:"invoice_number"`
	OrderID       int64         `json:"order_id"`
	OrderNumber   string        `json:"order_number"`
	Status        InvoiceStatus `json:"status"`
	Net           Cents         `json:"net"`
	Tax           Cents         `json:"tax"`
	Total         Cents         `json:"total"`
	Currency      string        `json:"currency"`
	DueAt         time.Time     `json:"due_at"`
}

// CreditLowData tells that the balance fell below the chosen amount.
type CreditLowData struct {
	Balance   Cents  `json:"balance"`
	Threshold Cents  `json:"threshold"`
	Currency  string `json:"currency"`
}

// WebhookTestData is the test message.
type WebhookTestData struct {
	WebhookID int64 `json:"webhook_id"`
}

func (OrderCreatedData) event() WebhookEvent        { return OrderCreated }
func (OrderStatusChangedData) event() WebhookEvent  { return OrderStatusChanged }
func (CertificateIssuedData) event() WebhookEvent   { return CertificateIssuance }
func (CertificateExpiringData) event() WebhookEvent { return CertificateExpiring }
func (DCVRequiredData) event() WebhookEvent         { return DCVRequired }
func (InvoiceCreatedData) event() WebhookEvent      { return InvoiceCreated }
func (CreditLowData) event() WebhookEvent           { return CreditLow }
func (WebhookTestData) event() WebhookEvent         { return WebhookTest }

// message writes the body of a delivery.
func message(at time.Time, data WebhookData) (string, error) {
	text, err := json.Marshal(WebhookMessage{Type: data.event(), Timestamp: at, Data: data})
	return string(text), err
}

// WebhookExamples are one message of each event, for the documentation, made of
// the very structs that are sent.
func WebhookExamples() []WebhookMessage {
	at := time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
	var examples []WebhookMessage
	for _, data := range []WebhookData{
		OrderCreatedData{OrderID: 1042, OrderNumber: "ORD-2026-1042", ProductID: 7, Domain: "shop.example.com", Period: 12, Status: StatusPending, Paid: true, Total: 1299, Tax: 260, Currency: "USD"},
		OrderStatusChangedData{OrderID: 1042, OrderNumber: "ORD-2026-1042", Domain: "shop.example.com", PreviousStatus: StatusProcessing, Status: StatusValidationPending},
		CertificateIssuedData{OrderID: 1042, OrderNumber: "ORD-2026-1042", CertificateID: 2077, Domain: "shop.example.com", Serial: "5d1f0a93c2", NotBefore: at, NotAfter: at.AddDate(0, 0, 199)},
		CertificateExpiringData{OrderID: 1042, OrderNumber: "ORD-2026-1042", CertificateID: 2077, Domain: "shop.example.com", Serial: "5d1f0a93c2", NotAfter: at.AddDate(0, 0, 15), Days: 15},
		DCVRequiredData{OrderID: 1042, OrderNumber: "ORD-2026-1042", CertificateID: 2077, Domain: "shop.example.com", Names: []DCVName{{"shop.example.com", "dns"}, {"www.shop.example.com", "http"}}},
		InvoiceCreatedData{InvoiceID: 78, InvoiceNumber: "INV-2026-0078", OrderID: 1042, OrderNumber: "ORD-2026-1042", Status: InvoicePaid, Net: 1299, Tax: 260, Total: 1559, Currency: "USD", DueAt: at.AddDate(0, 0, dueDays)},
		CreditLowData{Balance: 4210, Threshold: 5000, Currency: "USD"},
		WebhookTestData{WebhookID: 3},
	} {
		examples = append(examples, WebhookMessage{Type: data.event(), Timestamp: at, Data: data})
	}
	return examples
}
