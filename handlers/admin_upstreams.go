package handlers

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

const upstreamsPath = "/admin/upstreams"

func upstreamPath(id int64) string { return upstreamsPath + "/" + idText(id) }

// upstreamRows is how every upstream stands: the book's by name, then those that
// are none of it.
func (h *Handlers) upstreamRows(ctx context.Context) ([]views.UpstreamRow, error) {
	rows, err := h.Book.Upstreams(ctx)
	if err != nil {
		return nil, err
	}
	balances, err := h.Book.UpstreamBalances(ctx)
	if err != nil {
		return nil, err
	}
	healths, err := h.Book.Healths(ctx)
	if err != nil {
		return nil, err
	}
	calls, err := h.Book.CallsSince(ctx, h.Book.Now().Add(-24*time.Hour))
	if err != nil {
		return nil, err
	}
	stand := func(r views.UpstreamRow) views.UpstreamRow {
		if i := slices.IndexFunc(healths, func(x db.Health) bool { return x.Upstream == r.Name }); i >= 0 {
			r.LastSuccessAt, r.LastErrorAt, r.LastError = healths[i].LastSuccessAt, healths[i].LastErrorAt, healths[i].LastError
		}
		r.Calls, r.Failures, r.Circuit = calls[r.Name].Calls, calls[r.Name].Failures, h.Upstreams.Circuit(r.Name)
		if b, told := balances[r.Name]; told {
			r.Funds = funds(b)
		}
		return r
	}
	fixed := h.Upstreams.Fixed()
	var list []views.UpstreamRow
	for _, u := range rows {
		if _, taken := fixed[u.Name]; !taken {
			list = append(list, stand(h.upstreamRow(u, balances[u.Name].Currency)))
		}
	}
	var others []views.UpstreamRow
	for name, abilities := range fixed {
		others = append(others, stand(views.UpstreamRow{Name: name, Kind: i18n.T(ctx, "upstreams.builtin"), Sandbox: name == sandboxUpstream, Active: true, Abilities: abilities}))
	}
	slices.SortFunc(others, func(a, b views.UpstreamRow) int { return cmp.Compare(a.Name, b.Name) })
	return append(list, others...), nil
}

// upstreamRow is what the row itself tells; currency is that of the balance, where
// one is known.
func (h *Handlers) upstreamRow(u db.Upstream, currency string) views.UpstreamRow {
	kind, _ := h.upstreamKind(u.Kind)
	r := views.UpstreamRow{ID: u.ID, Name: u.Name, Kind: kind.Title, Active: u.Active, Low: money.New(u.LowBalanceCents, money.Currency(currency)),
		SecretsEnd: kind.secretsEnd(u), Abilities: kind.Abilities}
	if len(u.SecretCodes) > 0 {
		r.SecretsAt = u.SecretsAt
	}
	return r
}

func funds(b db.UpstreamBalance) views.Funds {
	in := func(cents int64) money.Money { return money.New(cents, money.Currency(b.Currency)) }
	return views.Funds{Amount: in(b.Cents), Spendable: in(b.Spendable()), Allowance: in(b.Allowance), Used: in(b.Used), Sandbox: b.Sandbox, At: b.ToldAt}
}

// upstreamAlarms is what is wrong with an upstream.
func upstreamAlarms(u views.UpstreamRow, now time.Time) []views.Alarm {
	var alarms []views.Alarm
	if u.LastErrorAt.After(u.LastSuccessAt) {
		alarms = append(alarms, views.Alarm{Code: "upstream_failing", Name: u.Name, At: u.LastErrorAt})
	}
	if u.Circuit == "open" {
		alarms = append(alarms, views.Alarm{Code: "upstream_paused", Name: u.Name})
	}
	if u.Low.Minor > u.Funds.Spendable.Minor && !u.Funds.At.IsZero() {
		alarms = append(alarms, views.Alarm{Code: "upstream_low", Name: u.Name, Amount: u.Funds.Spendable})
	}
	if !u.SecretsEnd.IsZero() && now.After(u.SecretsEnd.Add(-secretsWarned)) {
		alarms = append(alarms, views.Alarm{Code: "upstream_secrets", Name: u.Name, At: u.SecretsEnd})
	}
	return alarms
}

// upstreamOptions are all upstreams as a form offers them, with their kinds.
func (h *Handlers) upstreamOptions(ctx context.Context) ([]views.Option, error) {
	names, err := h.Upstreams.Names(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := h.Book.Upstreams(ctx)
	if err != nil {
		return nil, err
	}
	var options []views.Option
	for _, name := range names {
		text := name
		if i := slices.IndexFunc(rows, func(u db.Upstream) bool { return u.Name == name }); i >= 0 {
			kind, _ := h.upstreamKind(rows[i].Kind)
			text += " (" + kind.Title + ")"
		}
		options = append(options, views.Option{Value: name, Text: text})
	}
	return options, nil
}

// AdminUpstreams is GET /admin/upstreams.
func (h *Handlers) AdminUpstreams(c echo.Context) error {
	rows, err := h.upstreamRows(c.Request().Context())
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.AdminUpstreams, views.AdminUpstreamsPage{Rows: rows})
}

// AdminUpstream is GET /admin/upstreams/:id.
func (h *Handlers) AdminUpstream(c echo.Context) error {
	u, err := h.upstreamOf(c)
	if err != nil {
		return err
	}
	return h.showUpstream(c, http.StatusOK, u, h.upstreamForm(u))
}

func (h *Handlers) upstreamOf(c echo.Context) (db.Upstream, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return db.Upstream{}, err
	}
	return h.Book.Upstream(c.Request().Context(), id)
}

func (h *Handlers) showUpstream(c echo.Context, status int, u db.Upstream, form views.UpstreamForm) error {
	ctx := c.Request().Context()
	rows, err := h.upstreamRows(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(r views.UpstreamRow) bool { return r.ID == u.ID })
	if i < 0 {
		return db.ErrNotFound
	}
	used, err := h.Book.UpstreamInUse(ctx, u.Name)
	if err != nil {
		return err
	}
	return show(h, c, status, views.AdminUpstream, views.AdminUpstreamPage{UpstreamRow: rows[i], Form: form, InUse: used})
}

// balancePatience is how long a page waits for an upstream to tell our balance.
const balancePatience = 10 * time.Second

// AdminAskBalance is POST /admin/upstreams/:id/balance: asks the upstream now.
func (h *Handlers) AdminAskBalance(c echo.Context) error {
	ctx := c.Request().Context()
	before, err := h.upstreamOf(c)
	if err != nil {
		return err
	}
	asked := h.Book.Now()
	kind, text := "info", i18n.T(ctx, "upstreams.ask.waiting")
	for end := time.Now().Add(balancePatience); time.Now().Before(end); {
		// Once more each time: one that was about to end when it was asked for told nothing new.
		job, err := h.Book.AskBalance(ctx, before.ID)
		if err != nil {
			return err
		}
		if err := h.Book.AwaitJob(ctx, job, 500*time.Millisecond); err != nil {
			return err
		}
		rows, err := h.upstreamRows(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rows, func(r views.UpstreamRow) bool { return r.ID == before.ID })
		if i < 0 {
			return db.ErrNotFound
		}
		if r := rows[i]; !r.LastErrorAt.Before(asked) {
			kind, text = "error", i18n.T(ctx, "upstreams.ask.failed")
			break
		} else if !r.LastSuccessAt.Before(asked) {
			kind, text = "success", i18n.T(ctx, "upstreams.ask.done")
			break
		}
	}
	if err := flash(c, kind, text); err != nil {
		return err
	}
	return seeOther(c, upstreamPath(before.ID))
}

// AdminRemoveUpstreamForm is GET /admin/upstreams/:id/remove: asks back.
func (h *Handlers) AdminRemoveUpstreamForm(c echo.Context) error {
	u, err := h.upstreamOf(c)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.ConfirmPage, views.RemoveUpstream(c.Request().Context(), u.ID, u.Name))
}

// AdminRemoveUpstream is POST /admin/upstreams/:id/remove.
func (h *Handlers) AdminRemoveUpstream(c echo.Context) error {
	ctx := c.Request().Context()
	u, err := h.upstreamOf(c)
	if err != nil {
		return err
	}
	switch err := h.Book.RemoveUpstream(ctx, actor(c), u.ID); {
	case errors.Is(err, db.ErrInUse):
		if err := flash(c, "error", i18n.T(ctx, "upstreams.remove.used")); err != nil {
			return err
		}
		return seeOther(c, upstreamPath(u.ID))
	case err != nil:
		return err
	}
	return done(c, upstreamsPath, i18n.T(ctx, "upstreams.removed", "Name", u.Name))
}

// LowBalanceMail tells an administrator that our balance at an upstream fell below its
// alarm.
func (h *Handlers) LowBalanceMail(u db.Upstream, b db.UpstreamBalance, to db.Person) db.Mail {
	ctx := mailContext(to.Lang)
	words := []any{"Name", u.Name, "Amount", i18n.Money(ctx, money.New(b.Spendable(), money.Currency(b.Currency))),
		"Alarm", i18n.Money(ctx, money.New(u.LowBalanceCents, money.Currency(b.Currency))), "Link", h.BaseURL + upstreamPath(u.ID)}
	return db.Mail{To: to.Email, Subject: i18n.T(ctx, "mail.upstream.low.subject", words...), Body: i18n.T(ctx, "mail.upstream.low.body", words...)}
}
