package views

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// OrderHead is what every page about one order shows above its own content.
type OrderHead struct {
	ID               int64
	Number           string
	Domain           string // readable letters; an address for a licence, "" for code signing
	MoreNames        int    // beyond the domain
	Product          string
	Brand            string
	Kind             string // ssl, wildcard, multi-domain, code-signing, licence
	Validation       string // dv, ov, ev, ""
	Months           int
	Status           string
	Fulfilment       string
	Unpaid           bool      // placed to be paid later, and not paid
	Vetting          bool      // all names are verified, the CA looks at the organisation
	EndsAt           time.Time // of the term; zero until issued
	CertificateUntil time.Time // of the newest certificate; zero until issued
	Wish             string    // what it wants of a licence: renew, core; "" for every other
	LicenceID        int64     // the order of that licence
	Suspended        bool      // a licence that does not work until it is let work again
	Reissuing        bool      // a further certificate is under way; not told by lists
}

// OrderPage is one order with everything that belongs to it.
type OrderPage struct {
	OrderHead
	Message      string   // the upstream's last words, verbatim
	Names        []string // on the certificate or, before the CSR, as ordered; readable letters
	Certificates []CertificateRow
	LicenceKey   string // licences only, once delivered; empty where it goes by its address alone
	LicenceHref  string // the licence that it bought, or bought something for, once delivered

	Amounts       OrderAmounts
	InvoiceID     int64
	InvoiceNumber string

	CustomerName, CustomerEmail string
	Note                        string
	PlacedBy                    string
	OrderedAt                   time.Time

	Links       []LinkRow
	NewLink     string // the address of a link made just now: shown this once
	NewLinkMail string // to whom it is mailed, "" for nobody
	LinkForm    LinkForm
	Problems    Problems // of the link form

	Events    []OrderEvent // newest first
	CanCancel bool         // nothing issued, no upstream call under way
	Refund    money.Money  // what cancelling gives back

	ProveReissue bool // the reissue under way waits for proof of names
	MayReissue   bool // the term runs and something was issued
	MayRevoke    bool
	MayRenew     bool      // the term ends soon or has ended, and nothing renews it yet
	Renews       *OrderRef // the order whose term this one follows
	RenewedBy    *OrderRef
}

// OrderRef names another order.
type OrderRef struct {
	ID     int64
	Number string
}

// OrderAmounts is how an order's price came about.
type OrderAmounts struct {
	List         money.Money // for the term, without additional names
	SANs         int         // additional names charged
	SANsIncluded int         // additional names that the product includes
	SANTotal     money.Money
	Discount     money.Money
	Total        money.Money // before tax
	Tax          money.Money
	Payable      money.Money
	Unpaid       bool // nothing of it was paid
}

// CertificateRow is one of an order's certificates.
type CertificateRow struct {
	ID                  int64
	State               string // requested, issued, refused, cancelled, revoked
	Href                string // its page; "" where there are no files
	Serial              string // lower-case hex
	RequestedAt         time.Time
	NotBefore, NotAfter time.Time // zero until issued
}

// LinkRow is one self-service link of an order; its address is known only to who got it.
type LinkRow struct {
	ID         int64
	Email      string // "" when it was not mailed
	CreatedBy  string
	CreatedAt  time.Time
	ExpiresAt  time.Time
	LastUsedAt time.Time // zero: never
	RevokedAt  time.Time // zero: not revoked
}

// LinkForm is a self-service link as asked for; inputs email, days.
type LinkForm struct {
	Email string
	Days  int // 0: 30
}

// OrderEvent is one step of an order's life.
type OrderEvent struct {
	Kind   string
	Detail string // verbatim
	Actor  string
	At     time.Time
}

// OrderHref is the address of an order's page.
func (h OrderHead) OrderHref() string { return "/orders/" + strconv.FormatInt(h.ID, 10) }

func (h OrderHead) at(path string) templ.SafeURL { return templ.SafeURL(h.OrderHref() + path) }

// title is the domain and how many names stand beside it, or what was bought.
func (h OrderHead) title(ctx context.Context) string {
	switch {
	case h.Domain == "":
		return h.Product
	case h.MoreNames > 0:
		return i18n.N(ctx, "order.names", h.MoreNames, "Domain", h.Domain)
	default:
		return h.Domain
	}
}

// HasCertificate says whether the order is for a certificate, not a licence.
func (h OrderHead) HasCertificate() bool { return h.Kind != "licence" }

// HasDomains says whether domain control has to be proven.
func (h OrderHead) HasDomains() bool { return h.Kind != "licence" && h.Kind != "code-signing" }

func (h OrderHead) status() string {
	if h.Unpaid && h.Status == "pending" {
		return "unpaid"
	}
	if h.Vetting && h.Status == "validation_pending" {
		return "vetting"
	}
	return h.Status
}

// Over says whether the order is at its end.
func (h OrderHead) Over() bool { return h.Status == "cancelled" || h.Status == "expired" }

func (h OrderHead) crumbs(ctx context.Context, self bool) []Crumb {
	crumbs := []Crumb{{i18n.T(ctx, "orders.title"), "/orders"}}
	if !self {
		crumbs = append(crumbs, Crumb{h.Number, h.OrderHref()})
	}
	return crumbs
}

// steps is the journey of the order, with the current step marked.
func (h OrderHead) steps(ctx context.Context) []Step {
	paid, last := i18n.T(ctx, "order.step.paid"), i18n.T(ctx, "order.step.download")
	if h.Unpaid {
		paid = i18n.T(ctx, "paylater.step")
	}
	var texts []string
	switch {
	case h.Wish != "":
		texts = []string{paid, i18n.Word(ctx, "licence.wish", h.Wish)}
	case !h.HasCertificate():
		texts = []string{paid, i18n.T(ctx, "order.step.licence")}
	case !h.HasDomains():
		texts = []string{paid, i18n.T(ctx, "order.step.csr"), i18n.T(ctx, "order.step.vetting"), last}
	default:
		texts = []string{paid, i18n.T(ctx, "order.step.csr"), i18n.T(ctx, "order.step.prove"), last}
	}
	return Steps(min(h.step(), len(texts)-1), texts...)
}

// step is how far the order is: 0 the payment, 1 the CSR, 2 the proof, 3 the download.
func (h OrderHead) step() int {
	if h.Unpaid {
		return 0
	}
	switch h.Status {
	case "pending", "pending_configuration":
		return 1
	case "processing", "validation_pending":
		return 2
	default:
		return 3
	}
}

// fact is the line under the title: what was bought and for how long.
func (h OrderHead) fact(ctx context.Context) string {
	if h.Wish == "core" { // for the rest of a term
		return i18n.Word(ctx, "licence.wish", h.Wish) + " · " + h.Product
	}
	term := i18n.Months(ctx, h.Months)
	if h.Wish != "" {
		return i18n.Word(ctx, "licence.wish", h.Wish) + " · " + h.Product + " · " + term
	}
	if !h.EndsAt.IsZero() {
		term = i18n.T(ctx, "order.until", "Term", term, "Date", i18n.Date(ctx, h.EndsAt))
	}
	if h.Domain == "" {
		return term
	}
	return h.Product + " · " + term
}

func (l LinkRow) state(now time.Time) string {
	switch {
	case !l.RevokedAt.IsZero():
		return "revoked"
	case !now.Before(l.ExpiresAt):
		return "expired"
	default:
		return "open"
	}
}

func (l LinkRow) alive(now time.Time) bool { return l.state(now) == "open" }

func (f LinkForm) days() string {
	if f.Days == 0 {
		return "30"
	}
	return strconv.Itoa(f.Days)
}

func (m OrderPage) timeline(ctx context.Context) []TimelineItem {
	var items []TimelineItem
	for i := 0; i < len(m.Events); {
		e, details := m.Events[i], []string(nil)
		for ; i < len(m.Events) && m.Events[i].sameStep(e); i++ {
			details = append(details, m.eventDetail(ctx, m.Events[i]))
		}
		items = append(items, TimelineItem{Title: m.eventTitle(ctx, e.Kind), Text: joined(" · ", joined(", ", details...), e.Actor), At: e.At})
	}
	return items
}

// sameStep says whether two events are told as one: the names of an order are often proven
// in the same minute.
func (e OrderEvent) sameStep(other OrderEvent) bool {
	return e == other || e.Kind == "dcv_verified" && other.Kind == e.Kind && e.At.Truncate(time.Minute).Equal(other.At.Truncate(time.Minute))
}

// refusedWords introduces what the upstream said as it refused.
func (h OrderHead) refusedWords(ctx context.Context) string {
	if h.HasCertificate() {
		return i18n.T(ctx, "order.refused.words")
	}
	return i18n.T(ctx, "licence.refused.words")
}

func (m OrderPage) eventTitle(ctx context.Context, kind string) string {
	if !m.HasCertificate() && (kind == "issued" || kind == "accepted" || kind == "configured") {
		return i18n.T(ctx, "event.licence."+kind)
	}
	return i18n.Word(ctx, "event", kind)
}

// eventDetail is the detail of an event in the reader's words; what another system said stays
// verbatim.
func (m OrderPage) eventDetail(ctx context.Context, e OrderEvent) string {
	switch e.Kind {
	case "placed", "placed_unpaid", "paid":
		return i18n.Money(ctx, m.Amounts.Payable)
	case "licence_renewed":
		if day, err := time.Parse(time.DateOnly, e.Detail); err == nil {
			return i18n.T(ctx, "licence.until", "Date", i18n.Date(ctx, day))
		}
	case "configured":
		return strings.Join(strings.Fields(e.Detail), ", ")
	case "dcv_change":
		if name, methods, ok := strings.Cut(e.Detail, ": "); ok {
			from, to, _ := strings.Cut(methods, " → ")
			return name + ": " + i18n.Word(ctx, "dcv.short", from) + " → " + i18n.Word(ctx, "dcv.short", to)
		}
	}
	return e.Detail
}

// cancellation names what cancelling an order does. A dialog, or a page of its own.
func (m OrderPage) cancellation(ctx context.Context) Confirmation {
	amount := i18n.Money(ctx, m.Refund)
	text := i18n.T(ctx, "order.cancel.text", "Name", m.title(ctx), "Amount", amount)
	switch {
	case m.Wish != "":
		text = i18n.T(ctx, "licence.cancel.wish", "Amount", amount)
	case !m.HasCertificate():
		text = i18n.T(ctx, "licence.cancel.text", "Name", m.title(ctx), "Amount", amount)
	}
	return m.cancellingUnpaid(ctx, Confirmation{
		ID: "cancel", Danger: true, Back: m.OrderHref(), Action: m.OrderHref() + "/cancel",
		Title:  i18n.T(ctx, "order.cancel.title", "Number", m.Number),
		Text:   text,
		Button: i18n.T(ctx, "order.cancel.do", "Amount", amount),
	})
}

// cancellingUnpaid promises nothing back where nothing was paid.
func (h OrderHead) cancellingUnpaid(ctx context.Context, c Confirmation) Confirmation {
	if h.Unpaid {
		c.Title = i18n.T(ctx, "order.cancel.title", "Number", h.Number)
		c.Text = i18n.T(ctx, "unpaid.cancel.text", "Name", h.title(ctx))
		c.Button = i18n.T(ctx, "unpaid.cancel.do")
	}
	return c
}

func certificateLook(state string) (kind, icon string) {
	switch state {
	case "issued":
		return "success", "check"
	case "requested":
		return "info", "loader"
	case "refused", "revoked":
		return "error", "circle-alert"
	default:
		return "neutral", "ban"
	}
}

// history says when a link was made, until when it works, and when it was last opened.
func (l LinkRow) history(ctx context.Context, now time.Time) string {
	parts := []string{
		i18n.T(ctx, "link.created", "Name", l.CreatedBy, "Date", i18n.Date(ctx, l.CreatedAt)),
		i18n.T(ctx, "link.until", "Date", i18n.Date(ctx, l.ExpiresAt)),
	}
	if l.LastUsedAt.IsZero() {
		parts = append(parts, i18n.T(ctx, "link.unused"))
	} else {
		parts = append(parts, i18n.T(ctx, "link.used", "Ago", i18n.Ago(ctx, now, l.LastUsedAt)))
	}
	return strings.Join(parts, " · ")
}

// files says whether any of the certificates has files that may be had.
func files(rows []CertificateRow) bool {
	return slices.ContainsFunc(rows, func(c CertificateRow) bool { return c.Href != "" })
}
