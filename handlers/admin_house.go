package handlers

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
	"certbay/views/i18n"
)

// AdminJobs is GET /admin/jobs?failed=1.
func (h *Handlers) AdminJobs(c echo.Context) error {
	ctx := c.Request().Context()
	m := views.AdminJobsPage{Failed: c.QueryParam("failed") != ""}
	page, pager := pageOf(c, "/admin/jobs")
	lines, total, err := h.Book.JobLines(ctx, db.JobFilter{Failed: m.Failed, Page: page})
	if err != nil {
		return err
	}
	figures, err := h.Book.Overview(ctx)
	if err != nil {
		return err
	}
	pager.Total = total
	m.Pager, m.FailedCount = pager, figures.FailedJobs
	for _, l := range lines {
		m.Rows = append(m.Rows, views.JobRow{ID: l.ID, Kind: string(l.Kind), Object: l.Object(), OrderID: l.OrderID, OrderNumber: l.OrderNumber,
			RunAt: l.RunAt, Attempts: l.Attempts, Failed: l.Failed, LastError: l.LastError})
	}
	return show(h, c, http.StatusOK, views.AdminJobs, m)
}

// AdminRunJob is POST /admin/jobs/run with job.
func (h *Handlers) AdminRunJob(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := idValue(c, "job")
	if err != nil {
		return err
	}
	if err := h.Book.RunJobNow(ctx, actor(c), id); err != nil {
		return err
	}
	return done(c, localPath(c.FormValue("next"), "/admin/jobs"), i18n.T(ctx, "operator.job.due"))
}

var mailStates = []db.MailState{db.MailQueued, db.MailSent, db.MailFailed}

// AdminMail is GET /admin/mail?state=: the outbox.
func (h *Handlers) AdminMail(c echo.Context) error {
	state := db.MailState(c.QueryParam("state"))
	if !slices.Contains(mailStates, state) {
		state = ""
	}
	page, pager := pageOf(c, "/admin/mail")
	list, total, err := h.Book.Outbox(c.Request().Context(), state, page)
	if err != nil {
		return err
	}
	pager.Total = total
	m := views.AdminMailPage{State: string(state), Pager: pager}
	for _, o := range list {
		m.Rows = append(m.Rows, views.MailRow{ID: o.ID, To: o.To, Subject: o.Subject, State: string(o.State), Error: o.Error, CreatedAt: o.CreatedAt, SentAt: o.SentAt})
	}
	return show(h, c, http.StatusOK, views.AdminMail, m)
}

// AdminSendAgain is POST /admin/mail/send-again with mail.
func (h *Handlers) AdminSendAgain(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := idValue(c, "mail")
	if err != nil {
		return err
	}
	if err := h.Book.ResendMail(ctx, actor(c), id); err != nil {
		return err
	}
	return done(c, localPath(c.FormValue("next"), "/admin/mail"), i18n.T(ctx, "operator.mail.again"))
}

// AdminAudit is GET /admin/audit?actor=&action=&object=&reseller=.
func (h *Handlers) AdminAudit(c echo.Context) error {
	ctx := c.Request().Context()
	page, pager := pageOf(c, "/admin/audit")
	m := views.AdminAuditPage{Actor: c.QueryParam("actor"), Action: c.QueryParam("action"), Object: c.QueryParam("object"), Reseller: resellerParam(c)}
	f := db.AuditFilter{Actor: m.Actor, Action: m.Action, Object: m.Object, ResellerID: m.Reseller, Page: page}
	if f.LooksBack() {
		m.LookedAt = db.AuditLookedAt
	}
	rows, total, err := h.Book.AuditRows(ctx, f)
	if err != nil {
		return err
	}
	names, err := h.Book.ResellerNames(ctx)
	if err != nil {
		return err
	}
	pager.Total = total
	m.Pager, m.Resellers = pager, resellerOptions(names)
	called := map[int64]string{}
	for _, r := range names {
		called[r.ID] = r.Name
	}
	for _, r := range rows {
		m.Rows = append(m.Rows, auditEntry(r, called))
	}
	return show(h, c, http.StatusOK, views.AdminAudit, m)
}

// auditEntry is a line of the audit; resellers are the names of those it may be about.
func auditEntry(r db.AuditRow, resellers map[int64]string) views.AuditEntry {
	return views.AuditEntry{Seq: r.Seq, At: r.At, ActorKind: string(r.ActorKind), Actor: r.ActorName, For: resellers[r.ResellerID],
		Action: r.Action, Object: r.Object, Before: r.Before, After: r.After, IP: r.IP}
}

// idValue reads an id from a form; what is no id is not found.
func idValue(c echo.Context, name string) (int64, error) {
	id, err := strconv.ParseInt(c.FormValue(name), 10, 64)
	if err != nil || id <= 0 {
		return 0, db.ErrNotFound
	}
	return id, nil
}
