package views

import (
	"context"
	"strconv"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// CreditsPage is a reseller's money: what there is, how it came to be, how to add to it.
type CreditsPage struct {
	LedgerChoice
	Balance   money.Money
	Available money.Money // balance plus allowance
	Held      money.Money // paid for orders not yet delivered
	Entries   []StatementRow
	Pager     Pager
	TopUp     []string   // the operator's bank lines
	TopUps    []TopUpRow // its latest requests, newest first
}

// StatementRow is one ledger entry of the wallet.
type StatementRow struct {
	At          time.Time
	Kind        string // order, settle, refund, topup, adjustment
	Memo        string // written by a person, or ""
	OrderID     int64  // 0: none
	OrderNumber string
	Amount      money.Money // negative: out of the wallet
	After       money.Money
}

// allowance explains why more is available than the balance.
func (m CreditsPage) allowance(ctx context.Context) string {
	if m.Available.Cmp(m.Balance) <= 0 {
		return ""
	}
	return i18n.T(ctx, "credits.allowance", "Amount", i18n.Money(ctx, m.Available.Sub(m.Balance)))
}

// orderPageHref is the page of an order a reseller owns.
func orderPageHref(id int64) templ.SafeURL {
	return templ.SafeURL("/orders/" + strconv.FormatInt(id, 10))
}
