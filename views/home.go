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

// HomePage is what a reseller's staff see first: what needs them now, then how things stand.
type HomePage struct {
	HasOrders  bool // false: a new reseller, who is shown where to begin
	Needs      []Need
	NeedsTotal int         // of them in all, Needs may be the beginning
	Active     int         // orders
	ActiveNew  int         // of them since the first of this month
	Waiting    int         // orders that wait for a domain or for the reseller
	WaitDomain int         // of them for domain control
	WaitYou    int         // of them for the reseller
	Spent      money.Money // this month
	MonthCount int         // orders this month
	Expiring   int         // certificates that end within 30 days
	Days       []Day       // the last 30, oldest first
	Brands     []Share     // orders sold, most first
}

// Need is one thing that waits for the reseller, with the one place to act on it.
type Need struct {
	// Kind: validate (domain control), configure (CSR missing), correct (the upstream
	// refused; Detail holds its words), expiring (certificate ends at Until), elsewhere
	// (the same of one that was bought elsewhere: no order).
	Kind        string
	OrderID     int64
	OrderNumber string
	Domain      string
	Names       int // on the order, with those verified
	Verified    int
	Since       time.Time
	Until       time.Time
	Detail      string
	Next        string // of expiring: "renew" or "reissue"; "" is to look at the order
}

func (n Need) look() (kind, icon string) {
	switch n.Kind {
	case "correct":
		return "error", "file-warning"
	case "expiring", "elsewhere":
		return "warning", "calendar-clock"
	case "configure":
		return "info", "key-round"
	case "pay":
		return "warning", "credit-card"
	default:
		return "warning", "globe"
	}
}

// greeting suits the reader's time of day.
func greeting(ctx context.Context, now time.Time, name string) string {
	first, _, _ := strings.Cut(name, " ")
	switch hour := now.In(i18n.From(ctx).Zone).Hour(); {
	case hour >= 5 && hour < 12:
		return i18n.T(ctx, "home.morning", "Name", first)
	case hour >= 12 && hour < 18:
		return i18n.T(ctx, "home.afternoon", "Name", first)
	default:
		return i18n.T(ctx, "home.evening", "Name", first)
	}
}

// summary is the line under the greeting.
func (m HomePage) summary(ctx context.Context) string {
	if len(m.Needs) == 0 {
		return i18n.T(ctx, "home.calm")
	}
	return i18n.N(ctx, "home.busy", max(m.NeedsTotal, len(m.Needs)))
}

func (n Need) title(ctx context.Context, now time.Time) string {
	if n.Kind == "expiring" || n.Kind == "elsewhere" {
		return i18n.N(ctx, "home.need.expiring", daysUntil(now, n.Until), "Domain", n.Domain)
	}
	return i18n.T(ctx, "home.need."+n.known(), "Domain", n.Domain)
}

func (n Need) text(ctx context.Context, now time.Time) string {
	parts := []string{i18n.T(ctx, "home.order", "Number", n.OrderNumber)}
	if n.Kind == "elsewhere" {
		parts = []string{i18n.T(ctx, "external.elsewhere")}
	}
	switch n.known() {
	case "validate":
		parts = append(parts, i18n.N(ctx, "home.verified", n.Names, "Verified", n.Verified), i18n.Ago(ctx, now, n.Since))
	case "configure", "pay":
		parts = append(parts, i18n.Ago(ctx, now, n.Since))
	case "correct":
		if n.Detail != "" {
			parts = append(parts, n.Detail)
		}
	case "expiring", "elsewhere":
		parts = append(parts, i18n.Date(ctx, n.Until))
	}
	return strings.Join(parts, " · ")
}

// action names what to do; whoever may only look is offered to look.
func (n Need) action(ctx context.Context, viewer *Viewer) string {
	if n.Kind == "expiring" && n.Next != "" && viewer.MayOrder() {
		return i18n.Word(ctx, "certificate.next", n.Next)
	}
	if n.Kind == "elsewhere" || !viewer.MayOrder() && !(n.Kind == "pay" && viewer.MayPay()) {
		return i18n.T(ctx, "home.act.other")
	}
	return i18n.T(ctx, "home.act."+n.known())
}

// href is the one place to act: the wizard, the CSR form, or the order.
func (n Need) href(viewer *Viewer) templ.SafeURL {
	order := "/orders/" + strconv.FormatInt(n.OrderID, 10)
	switch {
	case n.Kind == "elsewhere":
		return "/external"
	case n.Kind == "expiring" && n.Next != "" && viewer.MayOrder():
		return templ.SafeURL(order + "/" + n.Next)
	case n.Kind == "validate":
		return templ.SafeURL(order + "/dcv")
	case (n.Kind == "configure" || n.Kind == "correct") && viewer.MayOrder():
		return templ.SafeURL(order + "/configure")
	default:
		return templ.SafeURL(order)
	}
}

// known is the kind, or for one without words of its own the plainest there is.
func (n Need) known() string {
	switch n.Kind {
	case "validate", "configure", "correct", "expiring", "elsewhere", "pay":
		return n.Kind
	default:
		return "other"
	}
}

// daysUntil counts whole days, never below zero.
func daysUntil(now, t time.Time) int { return max(0, int(t.Sub(now).Hours()/24)) }
