package views

import (
	"context"
	"slices"
	"strconv"
	"time"

	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// AdminDriftPage is /admin/drift?group=: what upstreams say differently than the book.
// group: "" (open), strangers, settled.
type AdminDriftPage struct {
	Group     string
	Open      int // differences that wait for a person
	Strangers int // orders there that the book does not know
	Rows      []DriftRow
	Compared  []ComparedRow
	CanDecide bool
	Pager     Pager // Path /admin/drift
}

// DriftRow is one difference. Its actions: POST /admin/drift/{id}/take (asked about by
// GET), POST /admin/drift/{id}/keep; both with next, the page to come back to.
type DriftRow struct {
	ID           int64
	What         string // status, term, validity, serial, domain, id, unknown, issued, alive, orphan, left, stranger
	Upstream     string
	UpstreamID   string
	OrderID      int64  // 0: the book knows none
	Number       string // of the order
	Domain       string // as people read it; may be empty
	Reseller     string
	Ours, Theirs string // states, serials, names, ids; dates as RFC 3339
	Note         string // the upstream's words or the reason, verbatim; of a stranger its name
	Delivered    bool   // something was issued for the order
	Busy         bool   // a job is at it
	CanTake      bool   // there is something that "take theirs" does
	FoundAt      time.Time
	SettledAt    time.Time // zero while open
	SettledBy    string
	How          string // theirs, ours, gone
}

// ComparedRow is how the comparison with an upstream stands.
type ComparedRow struct {
	Upstream string
	Running  bool
	Looked   int64 // orders, in the one that runs or ran last
	EndedAt  time.Time
	NextAt   time.Time
	Error    string // why the last one broke off, verbatim
}

// neverCompared says that no comparison has ended, so that nothing is known to agree.
func (m AdminDriftPage) neverCompared() bool {
	return !slices.ContainsFunc(m.Compared, func(c ComparedRow) bool { return !c.EndedAt.IsZero() })
}

func (m AdminDriftPage) chips(ctx context.Context) []Chip {
	chip := func(group, key string, n int) Chip {
		return Chip{i18n.T(ctx, key), withQuery("/admin/drift", nil, "group", group), n, m.Group == group}
	}
	return []Chip{chip("", "drift.open", m.Open), chip("strangers", "drift.strangers", m.Strangers), chip("settled", "drift.settled", -1)}
}

func (d DriftRow) title() string {
	switch {
	case d.Number == "":
		return d.UpstreamID
	case d.Domain == "":
		return d.Number
	}
	return d.Number + " · " + d.Domain
}

func (d DriftRow) leftover() bool { return d.What == "alive" || d.What == "orphan" || d.What == "left" }

var driftStates = []string{"cancelled", "revoked", "rejected", "suspended", "active"}

// key says the sort of difference as the words know it.
func (d DriftRow) key() string {
	switch {
	case d.What == "status" && slices.Contains(driftStates, d.Theirs):
		return "status." + d.Theirs
	case d.What == "status":
		return "status.other"
	case d.What == "unknown" && d.Delivered:
		return "unknown.delivered"
	case d.What == "unknown":
		return "unknown.open"
	}
	return d.What
}

// state is a state of an upstream's order in words.
func (d DriftRow) state(ctx context.Context) string {
	if slices.Contains([]string{"processing", "validation_pending", "issued", "suspended", "rejected", "cancelled", "revoked", "active"}, d.Theirs) {
		return i18n.Word(ctx, "there", d.Theirs)
	}
	return i18n.T(ctx, "there.unclear")
}

// value shows what one side says: a date as a date.
func value(ctx context.Context, s string) string {
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return i18n.Date(ctx, at)
	}
	return s
}

// sentence says what differs, for a person who knows nothing of how it was found.
func (d DriftRow) sentence(ctx context.Context) string {
	return i18n.T(ctx, "drift.what."+d.key(), "Upstream", d.Upstream, "ID", d.UpstreamID, "Ours", value(ctx, d.Ours), "Theirs", value(ctx, d.Theirs), "State", d.state(ctx))
}

// kind is the sort of what taking means: leftovers are all ended there.
func (d DriftRow) kind() string {
	if d.leftover() {
		return "leftover"
	}
	return d.key()
}

func (d DriftRow) takeText(ctx context.Context) string { return i18n.T(ctx, "drift.take."+d.kind()) }

func (d DriftRow) keepText(ctx context.Context) string {
	if d.leftover() {
		return i18n.T(ctx, "drift.leave")
	}
	return i18n.T(ctx, "drift.keep")
}

func (d DriftRow) look() (kind, icon string) {
	switch d.What {
	case "status", "unknown":
		return "error", "circle-alert"
	case "alive", "orphan", "left":
		return "warning", "banknote"
	case "stranger":
		return "info", "circle-help"
	}
	return "warning", "triangle-alert"
}

func (d DriftRow) href(action string) string {
	return "/admin/drift/" + strconv.FormatInt(d.ID, 10) + "/" + action
}

// settledText says how it ended.
func (d DriftRow) settledText(ctx context.Context) string {
	key := d.How
	if d.leftover() && d.How != "gone" {
		key = "leftover." + d.How
	}
	return i18n.T(ctx, "drift.how."+key, "Who", d.SettledBy)
}

// TakeDrift asks before the upstream's word is taken.
func TakeDrift(ctx context.Context, d DriftRow, next string) Confirmation {
	return Confirmation{ID: "take-" + strconv.FormatInt(d.ID, 10), Title: d.takeText(ctx) + "?",
		Text:   i18n.T(ctx, "drift.take.text."+d.kind(), "Title", d.title(), "Upstream", d.Upstream, "ID", d.UpstreamID, "Ours", value(ctx, d.Ours), "Theirs", value(ctx, d.Theirs)),
		Action: d.href("take"), Fields: []Hidden{{"next", next}}, Button: d.takeText(ctx), Back: next,
		Danger: d.What == "status" || d.What == "unknown" || d.leftover()}
}

func (c ComparedRow) text(ctx context.Context, now time.Time) string {
	switch {
	case c.Running:
		return i18n.N(ctx, "drift.compared.running", int(c.Looked), "Number", i18n.Number(ctx, c.Looked))
	case c.EndedAt.IsZero():
		return i18n.T(ctx, "drift.compared.never", "At", i18n.DateTime(ctx, c.NextAt))
	}
	return i18n.N(ctx, "drift.compared.done", int(c.Looked), "Number", i18n.Number(ctx, c.Looked), "Ago", i18n.Ago(ctx, now, c.EndedAt), "At", i18n.DateTime(ctx, c.NextAt))
}

// driftHref is where a difference of the review queue is decided.
func driftHref(d *DriftRow) templ.SafeURL {
	if d != nil && d.OrderID != 0 {
		return adminOrderHref(d.OrderID)
	}
	return "/admin/drift"
}

// here is the page's own address, to come back to.
func (m AdminDriftPage) here() string {
	return withQuery("/admin/drift", m.Pager.Query, "group", m.Group)
}
