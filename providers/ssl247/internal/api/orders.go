package api

import (
	"context"

	"certbay/providers/internal/wire"
)

// Line is a product that is asked for.
type Line struct {
	ProductCode string `json:"product_code"`
	CommonName  string `json:"common_name"`
	Years       string `json:"years"`
	Licenses    string `json:"licenses"`
	SAN         int    `json:"san"`  // how many further names
	SANs        string `json:"sans"` // which, with commas between them
	Quantity    int    `json:"quantity"`
}

// NewOrder is what Validate prices and PlaceOrder buys.
type NewOrder struct {
	BillingContactID string `json:"billing_contact_id"`
	Order            []Line `json:"order"`
	Reference        string `json:"reference,omitempty"` // ours; not in the document, and passed over where it isn't known

	// OnceKey makes a shop that knows it answer a repetition with the order of the first time; it is a header.
	OnceKey string `json:"-"`
}

// Priced is what a line of an order, or an addon of it, costs.
type Priced struct {
	Type             wire.Text  `json:"type"`
	ProductID        wire.Text  `json:"product_id"`
	ProductTypeID    wire.Text  `json:"product_type_id"`
	Years            wire.Text  `json:"years"`
	Quantity         wire.Text  `json:"quantity"`
	Licenses         wire.Text  `json:"licenses"`
	Code             wire.Text  `json:"code"`
	PreDiscountTotal wire.Cents `json:"pre_discount_total"`
	Total            wire.Cents `json:"total"`
	DiscountAmount   wire.Cents `json:"discount_amount"`
	Discount         wire.Text  `json:"discount"`
	DiscountReason   wire.Text  `json:"discount_reason"`
	Free             wire.Text  `json:"free"`
	Label            wire.Text  `json:"label"`
	Value            wire.Text  `json:"value"`
	OrderLineID      wire.Text  `json:"order_line_id"`
}

// OrderLine is a line of an order with its price.
type OrderLine struct {
	Priced
	ContractID            wire.Text `json:"contract_id"`
	OriginalCertificateID wire.Text `json:"original_certificate_id"`
	Addons                wire.List[struct {
		Priced
		IndexLink          wire.Text `json:"index_link"`
		ProductTypeAddonID wire.Text `json:"product_type_addon_id"`
		ProductAddonID     wire.Text `json:"product_addon_id"`
	}] `json:"addons"`
	NextStep wire.Int `json:"nextstep"`
}

// Validity says whether an order could be placed, and what it would cost.
type Validity struct {
	Valid      wire.Bool
	OrderLines wire.List[OrderLine]
}

// Validate prices an order without placing it.
//
// Seed 003, "Order - Validate": POST /order/certificate/validate
func (c *Client) Validate(ctx context.Context, o NewOrder) (Validity, error) {
	return read[Validity](ctx, c, "/order/certificate/validate", o)
}

// Placed is an order that was bought.
type Placed struct {
	OrderRef wire.Int `json:"order_ref"`
	Order    wire.List[struct {
		OrderID     wire.Text  `json:"order_id"`
		Label       wire.Text  `json:"label"`
		Total       wire.Cents `json:"total"`
		Certificate struct {
			ID wire.Text `json:"id"`
		}
	}]
	Invoice struct {
		ID         wire.Text  `json:"id"`
		Total      wire.Cents `json:"total"`
		Currency   wire.Text  `json:"currency"`
		InvoiceRef wire.Int   `json:"invoice_ref"`
		VAT        wire.Cents `json:"vat"`
	}

	// Replayed says that this is the answer of an earlier request with the same OnceKey.
	Replayed bool `json:"-"`
}

// PlaceOrder buys; its certificates wait for Complete.
//
// Seed 003, "Order - Place order": POST /order/certificate/place-order
func (c *Client) PlaceOrder(ctx context.Context, o NewOrder) (Placed, error) {
	a, replayed, err := spend[Placed](ctx, c, "/order/certificate/place-order", o.OnceKey, o)
	a.Replayed = replayed
	return a, err
}

// Company is whom an OV or EV certificate names.
type Company struct {
	Category           string `json:"organisation_category"` // PO, BE, GE
	LegalName          string `json:"organisation_legal_name"`
	RegistrationNumber string `json:"organisation_registration_number"`
	DUNS               string `json:"organisation_duns"`
}

// Person is whom the shop may ask.
type Person struct {
	Organisation string `json:"organisation"`
	Department   string `json:"department,omitempty"` // of a quick order only
	Title        string `json:"title"`
	FirstName    string `json:"firstname"`
	LastName     string `json:"lastname"`
	Email        string `json:"email"`
	Phone        string `json:"phone"`
	Address1     string `json:"address_1"`
	Address2     string `json:"address_2"`
	City         string `json:"city"`
	Postcode     string `json:"postcode"`
	Region       string `json:"region"`
	Country      string `json:"country"`
}

// People of an order. Of a quick order they may be left out: the account's default contacts are taken then.
type OrderContacts struct {
	Company        Company
	Administrative Person
	Technical      Person
}

// FurtherName is a name beside the main one. ID is that of the certificate's addon, for Complete only.
type FurtherName struct {
	ID            string `json:"id,omitempty"`
	Value         string `json:"value"`
	ApproverEmail string `json:"approver_email"`
}

// Completion is what a certificate needs beside its payment.
type Completion struct {
	CertificateID string         `json:"certificate_id"`
	CommonName    string         `json:"common_name"`
	CSR           string         `json:"csr"`
	DVAuthMethod  string         `json:"dv_auth_method"` // email, dns, file
	ApproverEmail string         `json:"approver_email"` // where the method is email
	Addon         []FurtherName  `json:"Addon"`
	Contacts      *OrderContacts `json:"Contacts,omitempty"`
}

// Completed answers Complete and PlaceQuickOrder; of the latter a certificate has its id only.
type Completed struct {
	OrderRef    wire.Int `json:"order_ref"`
	Certificate wire.List[struct {
		ID     wire.Text           `json:"id"`
		Status wire.Text           `json:"status"`
		Logs   wire.List[LogEntry] `json:"logs"`
	}]

	// Replayed says that this is the answer of an earlier request with the same OnceKey.
	Replayed bool `json:"-"`
}

// LogEntry is what the shop notes of a change.
type LogEntry struct {
	ID                 wire.Text `json:"id"`
	WebsiteID          wire.Text `json:"website_id"`
	AccountID          wire.Text `json:"account_id"`
	OrderID            wire.Text `json:"order_id"`
	InvoiceID          wire.Text `json:"invoice_id"`
	UserID             wire.Text `json:"user_id"`
	PaymentID          wire.Text `json:"payment_id"`
	CertificateID      wire.Text `json:"certificate_id"`
	CodeSigningID      wire.Text `json:"code_signing_id"`
	DomainNameID       wire.Text `json:"domain_name_id"`
	HackAvertDomainID  wire.Text `json:"hack_avert_domain_id"`
	ProtectedBrandID   wire.Text `json:"protected_brand_id"`
	PersonalSigningID  wire.Text `json:"personal_signing_id"`
	PDFSigningID       wire.Text `json:"pdf_signing_id"`
	IntySubscriptionID wire.Text `json:"inty_subscription_id"`
	TicketID           wire.Text `json:"ticket_id"`
	EventID            wire.Text `json:"event_id"`
	ContractID         wire.Text `json:"contract_id"`
	SubscriptionID     wire.Text `json:"subscription_id"`
	TokenLedgerID      wire.Text `json:"token_ledger_id"`
	URL                wire.Text `json:"url"`
	Admin              wire.Text `json:"admin"`
	Error              wire.Text `json:"error"`
	Details            wire.Text `json:"details"`
	IPAddress          wire.Text `json:"ip_address"`
	Source             wire.Text `json:"source"`
	Created            wire.Text `json:"created"`
}

// Complete hands in the CSR, the names and how domain control will be shown.
//
// Seed 003, "Order - Complete Certificate": POST /order/certificate/complete
func (c *Client) Complete(ctx context.Context, f Completion) (Completed, error) {
	return send[Completed](ctx, c, "/order/certificate/complete", f)
}

// QuickOrder is an order and its completion in one.
type QuickOrder struct {
	BillingContactID string         `json:"billing_contact_id"` // empty: the account's default
	ProductCode      string         `json:"product_code"`
	CommonName       string         `json:"common_name"`
	Years            string         `json:"years"`
	Licenses         string         `json:"licenses"`
	DVAuthMethod     string         `json:"dv_auth_method"`
	ApproverEmail    string         `json:"approver_email"`
	CSR              string         `json:"csr"`
	Addon            []FurtherName  `json:"Addon"`
	Contacts         *OrderContacts `json:"Contacts,omitempty"`
	Reference        string         `json:"reference,omitempty"` // ours; not in the document, and passed over where it isn't known

	// OnceKey makes a shop that knows it answer a repetition with the order of the first time; it is a header.
	OnceKey string `json:"-"`
}

// PlaceQuickOrder buys and completes.
//
// Seed 003, "Order - Place Order with only 1 request": POST /order/certificate/place-quick-order
func (c *Client) PlaceQuickOrder(ctx context.Context, o QuickOrder) (Completed, error) {
	a, replayed, err := spend[Completed](ctx, c, "/order/certificate/place-quick-order", o.OnceKey, o)
	a.Replayed = replayed
	return a, err
}

// OrderFilter narrows Orders. It is not in the document: a shop that does not know it answers as if it were not there.
type OrderFilter struct {
	Reference string `json:"reference,omitempty"`
	Limit     int    `json:"limit,omitempty"`
	Offset    int    `json:"offset,omitempty"`
}

// OrderList is a list of orders, each with its certificate. Total is not in the document: how many there are in all, nil where the
// shop does not tell.
type OrderList struct {
	Orders struct {
		Certificate wire.List[OrderedCertificate]
	}
	Total *wire.Int
}

// Orders lists the account's orders.
//
// Seed 003, "Orders": POST /orders
func (c *Client) Orders(ctx context.Context, f OrderFilter) (OrderList, error) {
	return read[OrderList](ctx, c, "/orders", f)
}

// Order is one order in full.
type Order struct {
	Certificate struct {
		ID      wire.Text `json:"id"`
		OrderID wire.Text `json:"order_id"`
		Label   wire.Text `json:"label"`
		Details struct {
			Total             wire.Cents             `json:"total"`
			Quantity          wire.Int               `json:"quantity"`
			ProductCode       wire.Text              `json:"product_code"`
			ProductName       wire.Text              `json:"product_name"`
			CommonName        wire.Text              `json:"common_name"`
			ApproverEmail     wire.Text              `json:"approver_email"`
			Licenses          wire.Int               `json:"licenses"`
			Years             wire.Int               `json:"years"`
			OriginalOrderID   wire.Text              `json:"original_order_id"`
			CSR               wire.Text              `json:"csr"`
			X509              wire.Text              `json:"x509"`
			PKCS7             wire.Text              `json:"pkcs7"`
			Intermediate      wire.Text              `json:"intermediate"`
			Root              wire.Text              `json:"root"`
			RemainingReissues wire.Int               `json:"remaining_reissues"`
			Addons            wire.List[BoughtAddon] `json:"Addons"`
			Status            Word
		} `json:"CertificateDetails"`
	}
	PlacedWithAPI     wire.Text `json:"placed_with_api"`
	EmailSubscription wire.Text `json:"email_subscription"`
	PaymentRef        wire.Text `json:"payment_ref"`
	InvoiceID         wire.Text `json:"invoice_id"`
}

// Order reads an order by its id or its order_ref; a ref may have several lines.
//
// Seed 003, "Order - Details": POST /orders/{order-id}
func (c *Client) Order(ctx context.Context, id string) ([]Order, error) {
	a, err := read[struct{ Orders wire.List[Order] }](ctx, c, at("orders", id), nil)
	return a.Orders, err
}

// The forms of Invoice.
const (
	InvoiceURL = "url"
	InvoicePDF = "pdf" // base64
)

// Invoice reads an invoice: where it is, or the PDF in base64.
//
// Seed 003, "Invoice": POST /orders/invoice/{invoice-id}/{download}
func (c *Client) Invoice(ctx context.Context, id, download string) (string, error) {
	a, err := read[struct {
		Invoice wire.Text `json:"invoice"`
	}](ctx, c, at("orders", "invoice", id, download), nil)
	return a.Invoice.String(), err
}
