package views

import (
	"net/url"
	"time"

	"certbay/db/money"
)

// CreditsPage is a reseller's money: what there is, how it came to be, how to add to it.
type CreditsPage struct {
	Balance   money.Money
	Available money.Money // balance plus allowance
	Held      money.Money // paid for orders not yet delivered
	Entries   []StatementRow
	Pager     Pager
	TopUp     []string // the operator's bank lines
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

// InvoicesPage lists a reseller's invoices; ?status= filters, "" for all.
type InvoicesPage struct {
	Status string
	Rows   []InvoiceRow
	Pager  Pager
}

// InvoiceRow is one invoice of a list.
type InvoiceRow struct {
	ID          int64
	Number      string
	At          time.Time
	OrderID     int64
	OrderNumber string
	Domain      string
	Product     string
	Status      string // unpaid, paid, sent, cancelled
	Total       money.Money
}

// InvoicePage is one invoice, as it was made.
type InvoicePage struct {
	Number        string
	Status        string
	At            time.Time
	DueAt, PaidAt time.Time // PaidAt zero: not paid
	OrderID       int64
	OrderNumber   string
	Domain        string
	Seller, Buyer InvoiceParty
	Lines         []InvoiceLine
	TaxBP         int // basis points
	Net           money.Money
	Tax           money.Money
	Total         money.Money
}

// InvoiceParty is the seller or the buyer, as the invoice names it.
type InvoiceParty struct {
	Company, Address, City, Country string
	TaxOffice, TaxID, Email         string
}

// InvoiceLine is one line. Kind: base (Text is the product, Months its term), san, discount.
type InvoiceLine struct {
	Kind     string
	Text     string
	Months   int
	Quantity int
	Amount   money.Money
}

func invoiceLook(status string) (kind, icon string) {
	switch status {
	case "paid":
		return "success", "check"
	case "cancelled":
		return "neutral", "ban"
	case "sent":
		return "info", "send"
	default:
		return "warning", "clock"
	}
}

// invoiceChips are the views of the invoice list.
func invoiceStatuses() []string { return []string{"", "unpaid", "paid", "cancelled"} }

func invoicesHref(status string) string {
	return withQuery("/invoices", url.Values{}, "status", status)
}
