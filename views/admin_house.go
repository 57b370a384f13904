package views

import (
	"context"
	"time"

	"certbay/views/i18n"
)

// AdminJobsPage lists the work that waits or was given up: ?failed=1&page=. A job is made due
// by POST to /admin/jobs/run with job.
type AdminJobsPage struct {
	Failed      bool // only those given up
	FailedCount int
	Rows        []JobRow
	Pager       Pager // Path /admin/jobs
}

// JobRow is one job. OrderID and OrderNumber say what it is about where that is an order.
type JobRow struct {
	ID          int64
	Kind        string // submit, poll, check, dcv, resend, cancel, mail, sweep
	Object      string // "certificate 12", verbatim
	OrderID     int64  // 0: none
	OrderNumber string
	RunAt       time.Time
	Attempts    int
	Failed      bool
	LastError   string // verbatim
}

// AdminMailPage is the outbox: ?state=&page=. A mail is sent again by POST to
// /admin/mail/send-again with mail.
type AdminMailPage struct {
	State string // "", queued, sent, failed
	Rows  []MailRow
	Pager Pager // Path /admin/mail
}

// MailRow is one message of the outbox.
type MailRow struct {
	ID        int64
	To        string
	Subject   string
	State     string // queued, sent, failed
	Error     string // verbatim
	CreatedAt time.Time
	SentAt    time.Time // zero: not yet
}

// AdminAuditPage is who changed what: ?actor=&action=&object=&reseller=&page=.
type AdminAuditPage struct {
	Actor     string // part of a name
	Action    string // beginning: "order."
	Object    string // "order 12"
	Reseller  int64  // 0: any
	Resellers []Option
	Rows      []AuditEntry
	Pager     Pager // Path /admin/audit
	LookedAt  int   // only so many of the newest rows were looked through; 0: all
}

// AuditEntry is one change, as the book keeps it.
type AuditEntry struct {
	Seq           int64
	At            time.Time
	ActorKind     string // person, key, customer, system
	Actor         string
	For           string // the reseller it was done for; ""
	Action        string // order.place, …: a code
	Object        string
	Before, After string
	IP            string
}

func (m AdminJobsPage) chips(ctx context.Context) []Chip {
	return []Chip{
		{i18n.T(ctx, "admin.jobs.all"), "/admin/jobs", -1, !m.Failed},
		{i18n.T(ctx, "admin.jobs.failed"), "/admin/jobs?failed=1", m.FailedCount, m.Failed},
	}
}

func (m AdminMailPage) chips(ctx context.Context) []Chip {
	var chips []Chip
	for _, state := range []string{"", "queued", "failed", "sent"} {
		text := i18n.T(ctx, "admin.mail.all")
		if state != "" {
			text = i18n.Word(ctx, "mail.state", state)
		}
		chips = append(chips, Chip{text, withQuery("/admin/mail", nil, "state", state), -1, m.State == state})
	}
	return chips
}

func (r MailRow) look() (kind, icon string) {
	switch r.State {
	case "sent":
		return "success", "check"
	case "failed":
		return "error", "circle-alert"
	default:
		return "info", "clock"
	}
}

func (m AdminAuditPage) narrowed() bool {
	return m.Actor+m.Action+m.Object != "" || m.Reseller != 0
}

// auditActions are the beginnings of actions the audit can be narrowed to.
var auditActions = []string{"order.", "certificate.", "licence.", "dcv.", "link.", "credit.", "person.", "sign_in.", "session.", "password_reset.", "api_key.", "reseller.", "product.", "upstream.", "price.", "import.", "job.", "mail.", "operator."}

func (m AdminAuditPage) actionOptions(ctx context.Context) []Option {
	options := []Option{{"", i18n.T(ctx, "admin.audit.any")}}
	known := m.Action == ""
	for _, action := range auditActions {
		options = append(options, Option{action, i18n.Word(ctx, "audit", action[:len(action)-1])})
		known = known || action == m.Action
	}
	if !known {
		options = append(options, Option{m.Action, i18n.T(ctx, "admin.audit.only", "Action", m.Action)})
	}
	return options
}
