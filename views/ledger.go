package views

import (
	"context"
	"net/url"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
)

// LedgerChoice is what narrows a statement or the ledger, as the URL says it.
type LedgerChoice struct {
	Kind      string // order, settle, refund, topup, adjustment, or "" for all
	Order     string // an order's number, as typed
	From, Day string // first and last day, "2026-11-20" or ""
}

func (f LedgerChoice) narrowed() bool { return f != LedgerChoice{} }

var entryKinds = []string{"order", "settle", "refund", "topup", "adjustment"}

// walletKinds are those that move a wallet.
var walletKinds = []string{"order", "refund", "topup", "adjustment"}

var accountKinds = []string{"wallet", "held", "revenue", "tax", "upstream_cost", "upstream_credit", "topup_source", "adjustment"}

// AdminLedgerPage is /admin/ledger: the money of the whole shop. View is "" for
// the entries or "margins" for what each delivered order earned.
type AdminLedgerPage struct {
	LedgerChoice
	View      string
	Account   string // an account kind, or "" for all
	Reseller  int64  // 0: all
	Resellers []Option
	Balances  []AccountBalance
	Entries   []EntryRow
	Margins   []MarginRow
	Pager     Pager
}

// AccountBalance is what the accounts of a kind hold together.
type AccountBalance struct {
	Kind    string
	Balance money.Money
}

// EntryRow is an entry of the ledger.
type EntryRow struct {
	StatementRow
	Account    string // kind of it
	ResellerID int64  // 0: none
	Reseller   string
}

// MarginRow is what an order earned.
type MarginRow struct {
	OrderID               int64
	OrderNumber, Product  string
	ResellerID            int64
	Reseller              string
	At                    time.Time
	Revenue, Cost, Margin money.Money
}

// share is the margin in basis points of the revenue, "" for an order that was free.
func (r MarginRow) share(ctx context.Context) string {
	if r.Revenue.Minor == 0 {
		return ""
	}
	return i18n.Percent(ctx, int(r.Margin.Minor*10_000/r.Revenue.Minor))
}

const adminLedgerPath = "/admin/ledger"

func (m AdminLedgerPage) anything() bool {
	return m.narrowed() || m.Account != "" || m.Reseller != 0
}

func (m AdminLedgerPage) query() url.Values { return m.Pager.Query }

func (m AdminLedgerPage) csvHref() string {
	return withQuery("/admin/ledger.csv", m.query(), "page", "")
}

func (m AdminLedgerPage) accountHref(kind string) string {
	return withQuery(adminLedgerPath, m.query(), "account", kind, "view", "", "page", "")
}

func (m AdminLedgerPage) chips(ctx context.Context) []Chip {
	return []Chip{
		{i18n.T(ctx, "ledger.entries"), withQuery(adminLedgerPath, m.query(), "view", "", "page", ""), -1, m.View == ""},
		{i18n.T(ctx, "ledger.margins"), withQuery(adminLedgerPath, m.query(), "view", "margins", "page", "", "account", "", "kind", ""), -1, m.View == "margins"},
	}
}

// counted says how many rows there are, where that was counted to the end.
func (m AdminLedgerPage) counted(ctx context.Context) string {
	return i18n.N(ctx, "ledger.count", m.Pager.Total, "Number", m.Pager.number(ctx))
}

func (m CreditsPage) csvHref() string { return withQuery("/credits.csv", m.Pager.Query, "page", "") }

// spendable is the available credit as people read it: never less than nothing.
func spendable(available money.Money) money.Money {
	if available.IsNegative() {
		return money.USD(0)
	}
	return available
}
