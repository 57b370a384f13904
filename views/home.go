package views

import (
	"context"
	"strings"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
)

// HomePage is what a reseller's staff see first: what needs them now, then how things stand.
type HomePage struct {
	HasOrders  bool // false: a new reseller, who is shown where to begin
	Needs      []Need
	Active     int         // orders
	ActiveNew  int         // of them since the first of this month
	Waiting    int         // orders that wait for a domain or for the reseller
	WaitDomain int         // of them for domain control
	WaitYou    int         // of them for the reseller
	Spent      money.Money // this month
	MonthCount int         // orders this month
	Expiring   int         // certificates that end within 30 days
	Days       []Day       // the last 30, oldest first
	Brands     []Share     // orders of the last year, most first
}

// Need is one thing that waits for the reseller, with the one place to act on it.
type Need struct {
	// Kind: validate (domain control), configure (CSR missing), correct (the upstream
	// refused; Detail holds its words), expiring (certificate ends at Until).
	Kind        string
	OrderID     int64
	OrderNumber string
	Domain      string
	Names       int // on the order, with those verified
	Verified    int
	Since       time.Time
	Until       time.Time
	Detail      string
}

func (n Need) look() (kind, icon string) {
	switch n.Kind {
	case "correct":
		return "error", "file-warning"
	case "expiring":
		return "warning", "calendar-clock"
	case "configure":
		return "info", "key-round"
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
