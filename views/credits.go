package views

import (
	"context"
	"strconv"
	"strings"
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

// chips are the views of the invoice list.
func (m InvoicesPage) chips(ctx context.Context) []Chip {
	var chips []Chip
	for _, status := range []string{"", "unpaid", "paid", "cancelled"} {
		text := i18n.T(ctx, "invoices.all")
		if status != "" {
			text = i18n.Word(ctx, "invoice.status", status)
		}
		chips = append(chips, Chip{
			Text: text, Href: withQuery("/invoices", nil, "status", status),
			Count: -1, Active: m.Status == status,
		})
	}
	return chips
}

// allowance explains why more is available than the balance.
func (m CreditsPage) allowance(ctx context.Context) string {
	if m.Available.Cmp(m.Balance) <= 0 {
		return ""
	}
	return i18n.T(ctx, "credits.allowance", "Amount", i18n.Money(ctx, m.Available.Sub(m.Balance)))
}

func (l InvoiceLine) title(ctx context.Context) string {
	switch l.Kind {
	case "san":
		return i18n.T(ctx, "invoice.line.san")
	case "discount":
		return i18n.T(ctx, "quote.discount")
	default:
		return l.Text
	}
}

// lineNote is what the product of an invoice is for: the domain and the term.
func (m InvoicePage) lineNote(ctx context.Context, l InvoiceLine) string {
	var parts []string
	if m.Domain != "" {
		parts = append(parts, m.Domain)
	}
	if l.Months > 0 {
		parts = append(parts, i18n.Months(ctx, l.Months))
	}
	return strings.Join(parts, " · ")
}

// lines are the address and the tax numbers, the empty ones left out.
func (party InvoiceParty) lines(ctx context.Context) []string {
	place := strings.Trim(party.City+", "+party.Country, ", ")
	tax := strings.TrimSpace(party.TaxOffice + " " + party.TaxID)
	if tax != "" {
		tax = i18n.T(ctx, "invoice.tax", "Number", tax)
	}
	var lines []string
	for _, line := range []string{party.Address, place, tax, party.Email} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func invoiceHref(id int64) templ.SafeURL {
	return templ.SafeURL("/invoices/" + strconv.FormatInt(id, 10))
}

// orderPageHref is the page of an order a reseller owns.
func orderPageHref(id int64) templ.SafeURL {
	return templ.SafeURL("/orders/" + strconv.FormatInt(id, 10))
}
