package views

import (
	"context"
	"strconv"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// TopUpRow is one top-up request of a list. State: pending, approved, refused, withdrawn.
type TopUpRow struct {
	ID         int64
	ResellerID int64
	Reseller   string
	Reference  string // as the bank's statement shows it
	Amount     money.Money
	State      string
	Note       string // of who decided
	At         time.Time
	Receipt    bool // its file is kept
}

// NewTopUpPage is the form by which a reseller tells of a transfer: fields amount,
// reference, receipt (a file) and form_token, posted to /credits/top-ups.
type NewTopUpPage struct {
	Bank      []string // the operator's bank lines
	Amount    string   // as typed
	Reference string
	FormToken string
	Problems  Problems
}

// AdminTopUpsPage is /admin/top-ups; ?state= filters, "" for all.
type AdminTopUpsPage struct {
	State   string
	Pending int
	Rows    []TopUpRow
	Pager   Pager
}

// AdminTopUpPage is one request with its decision: field note, posted to
// /admin/top-ups/{id}/approve or /refuse.
type AdminTopUpPage struct {
	TopUpRow
	AskedBy   string
	MediaType string
	Size      int64 // of the receipt, bytes
	Balance   money.Money
	DecidedBy string
	DecidedAt time.Time
	Typed     string // the note as it was typed
	Problems  Problems
}

func topUpLook(state string) (kind, icon string) {
	switch state {
	case "approved":
		return "success", "check"
	case "refused":
		return "error", "x"
	case "withdrawn":
		return "neutral", "undo-2"
	default:
		return "warning", "clock"
	}
}

func topUpPath(id int64, action string) string {
	return "/credits/top-ups/" + strconv.FormatInt(id, 10) + "/" + action
}

func adminTopUpPath(id int64) string { return "/admin/top-ups/" + strconv.FormatInt(id, 10) }

// WithdrawTopUp asks back before a request is withdrawn.
func WithdrawTopUp(ctx context.Context, row TopUpRow) Confirmation {
	return Confirmation{
		ID:     "withdraw-" + strconv.FormatInt(row.ID, 10),
		Title:  i18n.T(ctx, "topup.withdraw.title", "Amount", i18n.Money(ctx, row.Amount)),
		Text:   i18n.T(ctx, "topup.withdraw.text", "Reference", row.Reference),
		Action: topUpPath(row.ID, "withdraw"), Button: i18n.T(ctx, "topup.withdraw.do"), Danger: true, Back: "/credits",
	}
}

// chips are the views of the operator's list.
func (m AdminTopUpsPage) chips(ctx context.Context) []Chip {
	var chips []Chip
	for _, state := range []string{"", "pending", "approved", "refused", "withdrawn"} {
		chip := Chip{Text: i18n.T(ctx, "topup.all"), Href: withQuery("/admin/top-ups", nil, "state", state), Count: -1, Active: m.State == state}
		if state != "" {
			chip.Text = i18n.Word(ctx, "topup.state", state)
		}
		if state == "pending" {
			chip.Count = m.Pending
		}
		chips = append(chips, chip)
	}
	return chips
}

// file says what the receipt is: PDF, 120 KB.
func (m AdminTopUpPage) file(ctx context.Context) string {
	kind := map[string]string{"application/pdf": "PDF", "image/jpeg": "JPEG", "image/png": "PNG"}[m.MediaType]
	return i18n.T(ctx, "topup.file", "Kind", kind, "Size", i18n.Number(ctx, (m.Size+1023)/1024))
}

// mayAskTopUp says whether the viewer may tell of a transfer.
func (v *Viewer) mayAskTopUp() bool { return v.Role == "owner" || v.Role == "billing" }

func topUpAttrs(form string) templ.Attributes { return templ.Attributes{"formaction": form} }
