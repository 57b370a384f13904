package views

import (
	"context"
	"time"

	"certbay/views/i18n"
)

// ReissuePage asks for a further certificate within an order's term. It posts to
// /orders/{id}/reissue: csr_choice (same, new), csr, sans, method, email.
type ReissuePage struct {
	ConfigurePage             // Names and CSRNames are those on the certificate now
	Form          ReissueForm // as it was filled in
	Before        *CSRPreview // of the certificate now; nil when it can't be read
	Plain         int         // names beside the domain that were paid for or included
	Wildcards     int
	Underway      bool   // a reissue is under way, which gives way to this one
	Refused       string // the upstream's words about the attempt just made
}

// ReissueForm is the form as it was filled in.
type ReissueForm struct {
	Choice string // same, new; "" is new
	CSR    string
	Names  string // beside the domain, one per line
	Method string // "": each name as it was proven before
	Email  string
}

func (m ReissuePage) csrCards(ctx context.Context) RadioCards {
	value := m.Form.Choice
	if value != "same" {
		value = "new"
	}
	same := i18n.T(ctx, "reissue.csr.same.text")
	if m.Before != nil {
		same = i18n.T(ctx, "reissue.csr.same.key", "Key", m.Before.key())
	}
	return RadioCards{Name: "csr_choice", Legend: i18n.T(ctx, "reissue.csr"), Value: value, Stacked: true, Cards: []RadioCard{
		{Value: "new", Title: i18n.T(ctx, "reissue.csr.new"), Text: i18n.T(ctx, "reissue.csr.new.text")},
		{Value: "same", Title: i18n.T(ctx, "reissue.csr.same"), Text: same},
	}}
}

func (m ReissuePage) reissueMethods(ctx context.Context) RadioCards {
	cards := m.methodCards(ctx)
	cards.Value, cards.Hint = m.Form.Method, i18n.T(ctx, "reissue.method.hint")
	cards.Cards = append([]RadioCard{{Value: "", Title: i18n.T(ctx, "reissue.method.before"), Text: i18n.T(ctx, "reissue.method.before.text")}}, cards.Cards...)
	return cards
}

// paidFor says how many names there may be beside the domain.
func (m ReissuePage) paidFor(ctx context.Context) string {
	var parts []string
	if m.Plain > 0 {
		parts = append(parts, i18n.N(ctx, "reissue.places", m.Plain))
	}
	if m.Wildcards > 0 {
		parts = append(parts, i18n.N(ctx, "reissue.places.wildcard", m.Wildcards))
	}
	return joined(" ", append(parts, i18n.T(ctx, "reissue.names.hint"))...)
}

// RevokePage asks before a certificate is revoked. It posts to /orders/{id}/revoke:
// reason (one of RevokeReasons), confirm (Word, typed).
type RevokePage struct {
	OrderHead
	Word     string // that has to be typed
	Serial   string
	Reason   string
	Typed    string
	Refused  string // the upstream's words about the attempt just made
	Problems Problems
}

// RevokeReasons are why a certificate may be revoked, in the words of RFC 5280 that the
// Baseline Requirements leave to its owner.
var RevokeReasons = []string{"keyCompromise", "superseded", "cessationOfOperation", "affiliationChanged", "unspecified"}

func (m RevokePage) reasonCards(ctx context.Context) RadioCards {
	cards := RadioCards{Name: "reason", Legend: i18n.T(ctx, "revoke.reason.why"), Error: m.Problems.Of(ctx, "reason"), Value: m.Reason, Stacked: true}
	for _, reason := range RevokeReasons {
		cards.Cards = append(cards.Cards, RadioCard{Value: reason, Title: i18n.Word(ctx, "revoke.reason", reason)})
	}
	return cards
}

// RenewPage says why an order is not renewed now: it is too early (Early, until From), it
// is renewed already (ByID), or its product is sold no more.
type RenewPage struct {
	OrderHead
	From       time.Time
	Early      bool
	ByID       int64
	ByNumber   string
	MayReissue bool
}

// termEnd says when the order's term ends, or that it has ended.
func (m OrderPage) termEnd(ctx context.Context, now time.Time) string {
	if !now.Before(m.EndsAt) {
		return i18n.T(ctx, "renew.ended", "Date", i18n.Date(ctx, m.EndsAt))
	}
	return i18n.N(ctx, "renew.ends", daysUntil(now, m.EndsAt), "Date", i18n.Date(ctx, m.EndsAt))
}

// remaining says how many days the term before has left, and that they are not added.
func (r Renewed) remaining(ctx context.Context, now time.Time) string {
	if !now.Before(r.EndsAt) {
		return i18n.T(ctx, "renew.form.ended", "Date", i18n.Date(ctx, r.EndsAt))
	}
	return i18n.N(ctx, "renew.form.days", daysUntil(now, r.EndsAt), "Date", i18n.Date(ctx, r.EndsAt))
}
