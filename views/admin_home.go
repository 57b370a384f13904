package views

import (
	"context"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// AdminHomePage is what the operator's people see first: /admin.
type AdminHomePage struct {
	Review       []ReviewItem // what a person has to decide, oldest first
	ReviewTotal  int          // of them in all, Review may be the beginning
	OrdersToday  int
	Open         int
	RevenueMonth money.Money
	Held         money.Money // paid, not yet delivered
	Wallets      money.Money // all resellers' together
	Latest       []AdminOrderRow
	Upstreams    []UpstreamRow
	Alarms       []Alarm
}

// ReviewItem is one thing that waits for a person. Kind: unsure or refused (an order),
// job (given up), mail (not sent), topup (of Amount, asked for), drift (an upstream
// says otherwise).
type ReviewItem struct {
	Kind   string
	ID     int64  // of the order, job, mail or top-up
	Title  string // order number and domain; job kind; mail subject; bank reference
	Amount money.Money
	Who    string // reseller, or the mail's recipient
	Reason string // verbatim
	At     time.Time
	Drift  *DriftRow // of the kind drift
}

// Alarm is what is wrong with the house as a whole. Code: upstream_failing (Name, At since),
// upstream_paused (Name), upstream_low (Name, Amount), upstream_secrets (Name, At when its
// login ends or ended), jobs_late (Count), mail_failing (Count), rate_missing (Name,
// Count), below_cost (Count).
type Alarm struct {
	Code   string
	Name   string
	Count  int
	Amount money.Money
	At     time.Time
	ID     int64 // import_below, import_gone: the reading of the night
}

// calm says whether nothing waits for a person and nothing is wrong.
func (m AdminHomePage) calm() bool { return len(m.Review) == 0 && len(m.Alarms) == 0 }

func (m AdminHomePage) summary(ctx context.Context) string {
	if m.calm() {
		return i18n.T(ctx, "admin.calm")
	}
	return i18n.N(ctx, "admin.busy", max(m.ReviewTotal, len(m.Review)))
}

func (r ReviewItem) look() (kind, icon string) {
	switch r.Kind {
	case "unsure":
		return "warning", "hourglass"
	case "unsent":
		return "warning", "activity"
	case "refused":
		return "error", "file-warning"
	case "job":
		return "error", "activity"
	case "topup":
		return "info", "banknote"
	case "drift":
		return r.Drift.look()
	default:
		return "error", "mail"
	}
}

// title says what happened to the thing.
func (r ReviewItem) title(ctx context.Context) string {
	title := r.Title
	if r.Kind == "job" {
		title = i18n.Word(ctx, "job", r.Title)
	}
	if r.Kind == "topup" {
		return i18n.T(ctx, "admin.review.topup", "Title", title, "Amount", i18n.Money(ctx, r.Amount))
	}
	if r.Kind == "drift" {
		return i18n.T(ctx, "drift.review", "Title", r.Drift.title(), "What", r.Drift.sentence(ctx))
	}
	return i18n.T(ctx, "admin.review."+r.known(), "Title", title)
}

func (r ReviewItem) known() string {
	switch r.Kind {
	case "unsure", "refused", "unsent", "job", "mail":
		return r.Kind
	default:
		return "job"
	}
}

func (r ReviewItem) href() templ.SafeURL {
	switch r.Kind {
	case "job":
		return "/admin/jobs?failed=1"
	case "mail":
		return "/admin/mail?state=failed"
	case "topup":
		return templ.SafeURL(adminTopUpPath(r.ID))
	case "drift":
		return driftHref(r.Drift)
	default:
		return adminOrderHref(r.ID)
	}
}

// where is the page that shows what an alarm is about, with the key of its name.
func (a Alarm) where() (href, key string) {
	switch a.Code {
	case "upstream_failing", "upstream_paused", "upstream_low", "upstream_secrets":
		return upstreamsPath, "nav.upstreams"
	case "jobs_late":
		return "/admin/jobs", "nav.jobs"
	case "mail_failing":
		return "/admin/mail?state=failed", "nav.mail"
	case "import_below", "import_gone":
		return importHref(a.ID), "import.look"
	default:
		return "", ""
	}
}

func (a Alarm) text(ctx context.Context, now time.Time) string {
	switch a.Code {
	case "upstream_failing":
		return i18n.T(ctx, "alarm.upstream_failing", "Name", a.Name, "Ago", i18n.Ago(ctx, now, a.At))
	case "upstream_paused":
		return i18n.T(ctx, "alarm.upstream_paused", "Name", a.Name)
	case "upstream_low":
		return i18n.T(ctx, "alarm.upstream_low", "Name", a.Name, "Amount", i18n.Money(ctx, a.Amount))
	case "upstream_secrets":
		if now.Before(a.At) {
			return i18n.T(ctx, "alarm.upstream_secrets", "Name", a.Name, "Date", i18n.Date(ctx, a.At))
		}
		return i18n.T(ctx, "alarm.upstream_secrets_over", "Name", a.Name, "Date", i18n.Date(ctx, a.At))
	case "jobs_late":
		return i18n.N(ctx, "alarm.jobs_late", a.Count)
	case "rate_missing":
		return i18n.N(ctx, "alarm.rate_missing", a.Count, "Name", a.Name)
	case "import_below":
		return i18n.N(ctx, "alarm.import_below", a.Count, "Name", a.Name)
	case "import_gone":
		return i18n.N(ctx, "alarm.import_gone", a.Count, "Name", a.Name)
	case "below_cost":
		return i18n.N(ctx, "alarm.below_cost", a.Count)
	default:
		return i18n.N(ctx, "alarm.mail_failing", a.Count)
	}
}
