package views

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
)

// LicencesPage lists a reseller's licences: ?state=&product=&q=&page=.
type LicencesPage struct {
	State    string   // "" or one of States
	States   []string // the filters, "" first
	Product  string   // id of the product that the list is narrowed to; "": all
	Products []Option
	Search   string
	Rows     []LicenceRow
	Pager    Pager
	None     bool // the reseller has no licence at all
}

// LicenceRow is a licence in a list, and the head of its page.
type LicenceRow struct {
	ID         int64
	Number     string // of its order
	IP         string
	Product    string
	Status     string // of its order
	Fulfilment string
	Suspended  bool
	EndsAt     time.Time // zero while it was not delivered
}

func (r LicenceRow) href(below string) string {
	return "/licences/" + strconv.FormatInt(r.ID, 10) + below
}

func (m LicencesPage) narrowed() bool { return m.State != "" || m.Search != "" || m.Product != "" }

func (m LicencesPage) productOptions(ctx context.Context) []Option {
	return append([]Option{{"", i18n.T(ctx, "licences.product.all")}}, m.Products...)
}

func (m LicencesPage) subtitle(ctx context.Context) string {
	return i18n.N(ctx, "licences.count", m.Pager.Total)
}

func (m LicencesPage) chips(ctx context.Context) []Chip {
	var chips []Chip
	for _, state := range m.States {
		code := state
		if code == "" {
			code = "all"
		}
		chips = append(chips, Chip{Text: i18n.Word(ctx, "licences.state", code), Count: -1, Active: m.State == state,
			Href: withQuery("/licences", m.Pager.Query, "state", state, "page", "")})
	}
	return chips
}

// LicencePage is one licence and what can be done with it. The forms lead to
// ConfirmPage by GET: /renew?months=, /ip?ip=, /core?product=, /suspend; only
// /unsuspend is posted at once. What is confirmed is posted to the same address.
type LicencePage struct {
	LicenceRow
	Key       string // empty where it goes by its address alone
	Message   string // the supplier's last words
	BoughtAt  time.Time
	MayChange bool // the reader may, and it runs, and nothing else is being done to it
	Busy      bool // a change of it is under way
	MayOrder  bool // the reader may
	Unpaid    bool
	Again     string // the address where the same is ordered once more
	Terms     []LicencePrice
	Cores     []LicencePrice // what it can be turned into; none: the part isn't there
	NewIP     string
	Paid      money.Money // for the order
	Purchases []LicencePurchase
	Events    []OrderEvent // newest first
	Problems  Problems
}

// LicenceQuestion is what is asked before a licence is changed.
type LicenceQuestion struct {
	Licence string // product and address, as its page is titled
	Confirmation
}

// LicencePrice is a term or a product, and what it costs, tax included.
type LicencePrice struct {
	Value  int64 // months or the product's id
	Name   string
	Amount money.Money
}

// LicencePurchase is an order that was placed for a licence after it.
type LicencePurchase struct {
	ID         int64
	Number     string
	Wish       string // renew, core
	Product    string
	Months     int
	Status     string
	Fulfilment string
	At         time.Time
	Amount     money.Money
}

func (p LicencePurchase) href() string { return fmt.Sprintf("/orders/%d", p.ID) }

func (m LicencePage) termOptions(ctx context.Context) []Option {
	var list []Option
	for _, t := range m.Terms {
		list = append(list, Option{strconv.FormatInt(t.Value, 10), i18n.Months(ctx, int(t.Value)) + " · " + i18n.Money(ctx, t.Amount)})
	}
	return list
}

func (m LicencePage) coreOptions(ctx context.Context) []Option {
	var list []Option
	for _, t := range m.Cores {
		price := i18n.T(ctx, "licence.core.free")
		if !t.Amount.IsZero() {
			price = i18n.Money(ctx, t.Amount)
		}
		list = append(list, Option{strconv.FormatInt(t.Value, 10), t.Name + " · " + price})
	}
	return list
}

// deciding says whether a person of the shop has to find out what became of a change.
func (m LicencePage) deciding() bool {
	for _, p := range m.Purchases {
		if p.Fulfilment == "unsure" && p.Status != "cancelled" {
			return true
		}
	}
	return false
}

// waits says in a word why an order is no licence yet: unpaid, unsure, refused,
// waiting; "" when it is or was one.
func (m LicencePage) waits() string {
	switch {
	case m.Status == "completed" || m.Status == "expired" || m.Status == "cancelled":
		return ""
	case m.Unpaid:
		return "unpaid"
	case m.Status == "pending_configuration":
		return "refused"
	case m.Fulfilment == "unsure":
		return "unsure"
	}
	return "waiting"
}

func (m LicencePage) timeline(ctx context.Context) []TimelineItem {
	return OrderPage{OrderHead: OrderHead{Kind: "licence"}, Amounts: OrderAmounts{Payable: m.Paid}, Events: m.Events}.timeline(ctx)
}
