package views

import (
	"context"
	"strconv"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// AdminOrdersPage lists the orders of all resellers: ?view=review&status=&reseller=&q=&sort=&dir=&page=.
type AdminOrdersPage struct {
	Review      bool   // ?view=review: unsure and refused ones only
	ReviewCount int    // of them in all
	DriftCount  int    // differences with upstreams that wait for a person
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
// a POST that is asked about at the same address by GET: /look (not asked), /placed
// (upstream_id), /resubmit, /cancel (reason). Only an admin is offered what decides or moves money.
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
	Rate          string      // that turned the cost into dollars: "1 EUR = 1.0843 USD"; "" when the cost was in dollars
	RateDay       time.Time   // of Rate
	Margin        money.Money // total before tax − cost
	InvoiceNumber string
	Entries       []LedgerRow

	Upstream     UpstreamState
	Certificates []CertificateRow
	Proofs       []DCVDetail
	LicenceKey   string
	Events       []OrderEvent // newest first
	Audit        []AuditEntry // newest first

	Drifts []DriftRow // what its upstream says differently, the oldest first

	Unsent      *UnsentOrder // it waits to be sent and could not be; nil otherwise
	CanLook     bool         // there is something upstream to look at
	CanDecide   bool         // fulfilment unsure: placed or not is a person's decision
	CanResubmit bool         // refused, and may be sent again as it stands
	CanCancel   bool         // nothing issued yet
	Refund      money.Money  // what cancelling gives back
	Problems    Problems     // fields upstream_id, reason
	Typed       string       // upstream_id or, on the page that cancels, reason; as it was typed
}

// UnsentOrder is why an order that waits to be sent could not be.
type UnsentOrder struct {
	Tries int
	Cause string    // verbatim
	Again time.Time // when it is tried again by itself; zero: it is not
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

// orderStatuses are the statuses a list of orders can be narrowed to.
var orderStatuses = []string{"pending", "pending_configuration", "processing", "validation_pending", "completed", "cancelled", "expired"}

func adminOrderHref(id int64) templ.SafeURL {
	return templ.SafeURL("/admin/orders/" + strconv.FormatInt(id, 10))
}

func adminResellerHref(id int64) templ.SafeURL {
	return templ.SafeURL("/admin/resellers/" + strconv.FormatInt(id, 10))
}

func (m AdminOrdersPage) narrowed() bool {
	return m.Review || m.Status != "" || m.Search != "" || m.Reseller != 0
}

func (m AdminOrdersPage) chips(ctx context.Context) []Chip {
	return []Chip{
		{i18n.Word(ctx, "orders.view", "all"), withQuery("/admin/orders", m.Pager.Query, "view", "", "page", ""), -1, !m.Review},
		{i18n.T(ctx, "admin.orders.review"), withQuery("/admin/orders", m.Pager.Query, "view", "review", "page", ""), m.ReviewCount, m.Review},
	}
}

// resellerOptions are the resellers to choose from, all of them first.
func resellerOptions(ctx context.Context, resellers []Option) []Option {
	return append([]Option{{"", i18n.T(ctx, "admin.resellers.all")}}, resellers...)
}

// idText is an id of a choice, "" for none.
func idText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

func (m AdminOrderPage) href(path string) string {
	return "/admin/orders/" + strconv.FormatInt(m.ID, 10) + path
}

// inReview says whether the order waits for a person's decision.
func (m AdminOrderPage) inReview() bool {
	return (m.Fulfilment == "unsure" || m.Fulfilment == "refused") && !m.Over()
}

// confirmation asks before one of the decisions about an order: placed, resubmit, cancel.
func (m AdminOrderPage) confirmation(ctx context.Context, action string) Confirmation {
	c := Confirmation{ID: "ask-" + action, Action: m.href("/" + action), Back: m.href(""), Danger: true}
	switch {
	case m.Wish != "" && action == "placed":
		c.Title = i18n.T(ctx, "admin.wish.placed.title", "Number", m.Number)
		c.Text = i18n.T(ctx, "admin.wish.placed."+m.Wish, "Upstream", m.Upstream.Name, "Reseller", m.Reseller, "Product", m.Product)
		c.Button = i18n.T(ctx, "admin.wish.placed")
		c.Danger = false
		return c
	case m.Wish != "" && action == "resubmit":
		c.Title = i18n.T(ctx, "admin.resubmit.title", "Number", m.Number)
		c.Text = i18n.T(ctx, "admin.wish.resubmit.text", "Upstream", m.Upstream.Name)
		c.Button = i18n.T(ctx, "admin.wish.resubmit.do")
		return c
	case m.Wish != "" && action == "cancel" && !m.Unpaid:
		amount := i18n.Money(ctx, m.Refund)
		c.Title = i18n.T(ctx, "admin.cancel.title", "Number", m.Number)
		c.Text = i18n.T(ctx, "admin.wish.cancel.text", "Reseller", m.Reseller, "Amount", amount)
		c.Button = i18n.T(ctx, "admin.cancel.do", "Amount", amount)
		return c
	}
	switch action {
	case "placed":
		c.Title = i18n.T(ctx, "admin.placed.title", "Number", m.Number)
		c.Text = i18n.T(ctx, "admin.placed.text", "Upstream", m.Upstream.Name, "ID", m.Typed)
		c.Button = i18n.T(ctx, "admin.placed.do")
		c.Fields = []Hidden{{"upstream_id", m.Typed}}
		c.Danger = false
	case "resubmit":
		c.Title = i18n.T(ctx, "admin.resubmit.title", "Number", m.Number)
		c.Text = i18n.T(ctx, "admin.resubmit.text", "Upstream", m.Upstream.Name, "Reference", m.Upstream.Reference)
		c.Button = i18n.T(ctx, "admin.resubmit.do")
		if m.Fulfilment == "refused" {
			c.Text, c.Button = i18n.T(ctx, "drift.resubmit.text", "Upstream", m.Upstream.Name), i18n.T(ctx, "admin.resubmit")
		}
	default:
		amount := i18n.Money(ctx, m.Refund)
		c.Title = i18n.T(ctx, "admin.cancel.title", "Number", m.Number)
		c.Text = i18n.T(ctx, "admin.cancel.text", "Name", m.title(ctx), "Reseller", m.Reseller, "Amount", amount)
		c.Button = i18n.T(ctx, "admin.cancel.do", "Amount", amount)
		return m.cancellingUnpaid(ctx, c)
	}
	return c
}

func (m AdminOrderPage) timeline(ctx context.Context) []TimelineItem {
	return OrderPage{OrderHead: m.OrderHead, Amounts: m.Amounts, Events: m.Events}.timeline(ctx)
}
