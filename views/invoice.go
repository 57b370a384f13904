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

// InvoicesPage lists a reseller's invoices; narrowed by its choice. With Notes
// it lists its credit notes; their rows have no status.
type InvoicesPage struct {
	InvoiceChoice
	Notes bool
	Rows  []InvoiceRow
	Pager Pager
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

// InvoicePage is one invoice, as it was made, or the credit note that undoes it.
// Invoice and invoicepdf draw the same struct, so a page and its file say the same.
type InvoicePage struct {
	Note          bool // a credit note; Other is the invoice it undoes
	ID            int64
	Other         InvoiceRef // of a cancelled invoice its credit note
	Mail          *InvoiceMail
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

// InvoiceRef names another document; ID 0 is none.
type InvoiceRef struct {
	ID     int64
	Number string
}

// InvoiceMail is the form that mails an invoice, posted to /invoices/{id}/mail, and
// what was mailed before, newest first. Nil where there is none.
type InvoiceMail struct {
	To   string // where it would go
	Sent []MailedInvoice
}

// MailedInvoice is one mail that carried an invoice. State: queued, sent, failed.
type MailedInvoice struct {
	To    string
	State string
	At    time.Time
}

// BillingAddressPage is where a reseller's invoices are mailed to. Its form posts email
// to the same address.
type BillingAddressPage struct {
	Problems Problems // field: email
	Email    string   // "" is the usual address
	Usual    string
}

// InvoiceParty is the seller or the buyer, as the invoice names it.
type InvoiceParty struct {
	Company, Address, City, Country string
	TaxOffice, TaxID, Email         string
}

// InvoiceLine is one line. Kind: base (Text is the product, Months its term), san,
// wildcard_san, discount.
type InvoiceLine struct {
	Kind     string
	Text     string
	Months   int
	Quantity int
	Amount   money.Money
	Wish     string // base: renew or core, what was bought for a licence; else ""
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
	for _, status := range []string{"", "unpaid", "paid", "sent", "cancelled"} {
		text := i18n.T(ctx, "invoices.all")
		if status != "" {
			text = i18n.Word(ctx, "invoice.status", status)
		}
		chips = append(chips, Chip{
			Text: text, Href: withQuery("/invoices", nil, "status", status, "from", m.From, "to", m.To),
			Count: -1, Active: m.Status == status && !m.Notes,
		})
	}
	return append(chips, Chip{Text: i18n.T(ctx, "notes.title"), Href: "/credit-notes", Count: -1, Active: m.Notes})
}

// Title is what a line is about.
func (l InvoiceLine) Title(ctx context.Context) string {
	switch l.Kind {
	case "san":
		return i18n.T(ctx, "invoice.line.san")
	case "wildcard_san":
		return i18n.T(ctx, "invoice.line.wildcardsan")
	case "discount":
		return i18n.T(ctx, "quote.discount")
	default:
		return l.Text
	}
}

// LineNote is what the product of an invoice is for: the domain and the term.
func (m InvoicePage) LineNote(ctx context.Context, l InvoiceLine) string {
	var parts []string
	if l.Wish != "" {
		parts = append(parts, i18n.Word(ctx, "licence.wish", l.Wish))
	}
	if m.Domain != "" {
		parts = append(parts, m.Domain)
	}
	if l.Months > 0 {
		parts = append(parts, i18n.Months(ctx, l.Months))
	}
	return strings.Join(parts, " · ")
}

// Lines are the address and the tax numbers, the empty ones left out.
func (party InvoiceParty) Lines(ctx context.Context) []string {
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

// Title names a document: "Invoice INV-2026-0078".
func (m InvoicePage) Title(ctx context.Context) string {
	if m.Note {
		return i18n.T(ctx, "note.title", "Number", m.Number)
	}
	return i18n.T(ctx, "invoice.title", "Number", m.Number)
}

// Fact is a line of what a document says about itself.
type Fact struct{ Label, Value string }

// Facts are a document's dates and the papers it belongs to, in the reader's words.
func (m InvoicePage) Facts(ctx context.Context) []Fact {
	facts := []Fact{{i18n.T(ctx, "invoices.date"), i18n.Date(ctx, m.At)}}
	switch {
	case m.Note:
		facts = append(facts, Fact{i18n.T(ctx, "note.invoice"), m.Other.Number})
	case m.PaidAt.IsZero():
		facts = append(facts, Fact{i18n.T(ctx, "invoice.due"), i18n.Date(ctx, m.DueAt)})
	default:
		facts = append(facts, Fact{i18n.T(ctx, "invoice.paid"), i18n.Date(ctx, m.PaidAt)})
	}
	if !m.Note && m.Other.ID > 0 {
		facts = append(facts, Fact{i18n.T(ctx, "note.note"), m.Other.Number})
	}
	return append(facts, Fact{i18n.T(ctx, "invoices.order"), m.OrderNumber})
}

// path is where a document's pages hang.
func (m InvoicePage) path() string {
	if m.Note {
		return string(noteHref(m.ID))
	}
	return string(invoiceHref(m.ID))
}

func noteHref(id int64) templ.SafeURL {
	return templ.SafeURL("/credit-notes/" + strconv.FormatInt(id, 10))
}

// href is the document of a row of the list.
func (m InvoicesPage) href(row InvoiceRow) templ.SafeURL {
	if m.Notes {
		return noteHref(row.ID)
	}
	return invoiceHref(row.ID)
}

func mailLook(state string) (kind, icon string) {
	switch state {
	case "sent":
		return "success", "check"
	case "failed":
		return "error", "circle-alert"
	default:
		return "info", "clock"
	}
}
