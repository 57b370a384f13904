package views

import (
	"time"

	"certbay/db/money"
)

// AdminOrdersPage lists the orders of all resellers: ?view=review&status=&reseller=&q=&sort=&dir=&page=.
type AdminOrdersPage struct {
	Review      bool   // ?view=review: unsure and refused ones only
	ReviewCount int    // of them in all
	Status      string // "" is any
	Search      string
	Reseller    int64 // 0 is any
	Resellers   []Option
	Rows        []AdminOrderRow
	Sort        Sort
	Pager       Pager // Path /admin/orders
}

// AdminOrderRow is an order with whose it is.
type AdminOrderRow struct {
	OrderRow
	ResellerID int64
	Reseller   string
}

// AdminOrderPage is one order as the operator sees it: /admin/orders/{id}. Its actions, each
// a POST with a confirmation at the same address by GET: /look (no confirmation), /placed
// (upstream_id), /resubmit, /cancel (reason).
type AdminOrderPage struct {
	OrderHead
	ResellerID   int64
	Reseller     string
	ResellerMail string

	Names                       []string
	Message                     string // the upstream's last words, verbatim
	CustomerName, CustomerEmail string
	Note, PlacedBy              string
	OrderedAt                   time.Time

	Amounts       OrderAmounts
	Cost          money.Money
	InvoiceNumber string
	Entries       []LedgerRow

	Upstream     UpstreamState
	Certificates []CertificateRow
	Proofs       []DCVDetail
	LicenceKey   string
	Events       []OrderEvent // newest first
	Audit        []AuditEntry // newest first

	CanLook   bool        // there is something upstream to look at
	CanDecide bool        // fulfilment unsure: placed or not is a person's decision
	CanCancel bool        // nothing issued yet
	Refund    money.Money // what cancelling gives back
	Problems  Problems    // fields upstream_id, reason
	Typed     string      // upstream_id as it was typed
}

// UpstreamState is how an order's newest request stands at its upstream.
type UpstreamState struct {
	Name      string // "" before the first request
	Sandbox   bool
	Reference string // ours
	ID        string // theirs; "" until accepted
	SeenAt    time.Time
}

// LedgerRow is one ledger entry of an order.
type LedgerRow struct {
	At      time.Time
	Account string // wallet, held, revenue, tax, upstream_cost, upstream_credit, topup_source, adjustment
	Kind    string // order, settle, refund, topup, adjustment
	Memo    string
	Amount  money.Money
	After   money.Money
}
