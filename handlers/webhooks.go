package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

const webhooksPath = "/webhooks"

func webhookPath(id int64) string { return webhooksPath + "/" + strconv.FormatInt(id, 10) }

// words are codes as the pages take them.
func words[T ~string](list []T) []string {
	var texts []string
	for _, w := range list {
		texts = append(texts, string(w))
	}
	return texts
}

func webhookRow(w db.Webhook) views.WebhookRow {
	row := views.WebhookRow{ID: w.ID, URL: w.URL, Description: w.Description, Events: words(w.Events), State: "on"}
	switch {
	case w.Stopped == db.StopFailing:
		row.State = "stopped"
	case w.Stopped != db.StopNone:
		row.State = string(w.Stopped)
	case !w.FailingSince.IsZero():
		row.State = "failing"
	}
	return row
}

// ownWebhook finds the endpoint of the address among those of the visitor's reseller.
func (h *Handlers) ownWebhook(c echo.Context) (db.Webhook, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return db.Webhook{}, err
	}
	return h.Book.Webhook(c.Request().Context(), person(c).ResellerID, id)
}

// Webhooks is GET /webhooks.
func (h *Handlers) Webhooks(c echo.Context) error {
	cents, set, err := h.Book.CreditAlert(c.Request().Context(), person(c).ResellerID)
	if err != nil {
		return err
	}
	m := views.WebhooksPage{}
	if set {
		m.Alert = money.USD(cents).Decimal()
	}
	return h.showWebhooks(c, http.StatusOK, m)
}

func (h *Handlers) showWebhooks(c echo.Context, status int, m views.WebhooksPage) error {
	list, err := h.Book.Webhooks(c.Request().Context(), person(c).ResellerID)
	if err != nil {
		return err
	}
	for _, w := range list {
		m.Rows = append(m.Rows, webhookRow(w))
	}
	m.IntegrationTabs, m.Full = h.integrationTabs(c), len(list) >= db.MaxWebhooks
	return show(h, c, status, views.Webhooks, m)
}

// CreditAlert is POST /webhooks/credit-alert with alert: the balance below which
// credit is low; empty for never.
func (h *Handlers) CreditAlert(c echo.Context) error {
	ctx := c.Request().Context()
	m := views.WebhooksPage{Alert: strings.TrimSpace(c.FormValue("alert"))}
	cents := int64(-1)
	if m.Alert != "" {
		amount, err := money.Parse(m.Alert, money.CurrencyUSD)
		if err != nil || amount.Minor < 0 || amount.Minor > db.MaxAllowance {
			m.Problems = views.Problems{{Field: "alert", Key: "webhooks.alert.problem", Args: []any{"Max", i18n.Money(ctx, money.USD(db.MaxAllowance))}}}
			return h.showWebhooks(c, http.StatusUnprocessableEntity, m)
		}
		cents = amount.Minor
	}
	if err := h.Book.SetCreditAlert(ctx, actor(c), person(c).ResellerID, cents); err != nil {
		return err
	}
	if cents < 0 {
		return done(c, webhooksPath, i18n.T(ctx, "webhooks.alert.never"))
	}
	return done(c, webhooksPath, i18n.T(ctx, "webhooks.alert.done", "Amount", i18n.Money(ctx, money.USD(cents))))
}

// NewWebhookForm is GET /webhooks/new.
func (h *Handlers) NewWebhookForm(c echo.Context) error {
	return h.showWebhookForm(c, http.StatusOK, views.WebhookFormPage{Events: words(db.WebhookEvents)})
}

func (h *Handlers) showWebhookForm(c echo.Context, status int, m views.WebhookFormPage) error {
	m.Choices, m.Loopback = words(db.WebhookEvents), h.LoopbackWebhooks
	return show(h, c, status, views.WebhookForm, m)
}

// webhookWish reads url, description and events.
func (h *Handlers) webhookWish(c echo.Context) (db.WebhookWish, views.WebhookFormPage, error) {
	form, err := c.FormParams()
	if err != nil {
		return db.WebhookWish{}, views.WebhookFormPage{}, err
	}
	m := views.WebhookFormPage{URL: strings.TrimSpace(form.Get("url")), Description: strings.TrimSpace(form.Get("description")), Events: form["events"]}
	n := db.WebhookWish{URL: m.URL, Description: m.Description, Loopback: h.LoopbackWebhooks}
	for _, e := range m.Events {
		n.Events = append(n.Events, db.WebhookEvent(e))
	}
	return n, m, nil
}

// urlProblems word what is wrong with an endpoint's address.
var urlProblems = map[string]string{
	"bad_url": "webhook.problem.bad_url", "not_https": "webhook.problem.not_https",
	"bad_port": "webhook.problem.bad_port", "not_public": "webhook.problem.not_public",
}

func webhookProblems(r *db.Rejected) views.Problems {
	var problems views.Problems
	for _, p := range r.Problems {
		key := urlProblems[p.Code]
		switch p.Field {
		case "events":
			key = "webhook.problem.events"
		case "description":
			key = "form.toolong"
		}
		problems = append(problems, views.Problem{Field: p.Field, Key: key})
	}
	return problems
}

// NewWebhook is POST /webhooks/new. Its answer shows the secret, this once.
func (h *Handlers) NewWebhook(c echo.Context) error {
	n, m, err := h.webhookWish(c)
	if err != nil {
		return err
	}
	w, secret, err := h.Book.CreateWebhook(c.Request().Context(), actor(c), person(c).ResellerID, n)
	var rejected *db.Rejected
	switch {
	case errors.As(err, &rejected):
		m.Problems = webhookProblems(rejected)
		return h.showWebhookForm(c, http.StatusUnprocessableEntity, m)
	case errors.Is(err, db.ErrTooMany):
		m.Problems = views.Problems{{Key: "webhooks.many", Count: db.MaxWebhooks}}
		return h.showWebhookForm(c, http.StatusUnprocessableEntity, m)
	case err != nil:
		return err
	}
	return h.showWebhook(c, http.StatusCreated, w, secret)
}

// Webhook is GET /webhooks/:id?state=&event=&page=.
func (h *Handlers) Webhook(c echo.Context) error {
	w, err := h.ownWebhook(c)
	if err != nil {
		return err
	}
	return h.showWebhook(c, http.StatusOK, w, "")
}

func (h *Handlers) showWebhook(c echo.Context, status int, w db.Webhook, secret string) error {
	m := views.WebhookPage{WebhookRow: webhookRow(w), NewSecret: secret, OldUntil: w.OldSecretUntil, FailingSince: w.FailingSince,
		Patience: days(db.WebhookPatience), Overlap: int(db.SecretOverlap / time.Hour), States: words(db.DeliveryStates), Choices: append(words(db.WebhookEvents), string(db.WebhookTest))}
	if s := c.QueryParam("state"); slices.Contains(m.States, s) {
		m.Filter.State = s
	}
	if e := c.QueryParam("event"); slices.Contains(m.Choices, e) {
		m.Filter.Event = e
	}
	page, pager := pageOf(c, webhookPath(w.ID))
	list, total, err := h.Book.Deliveries(c.Request().Context(), w.ResellerID, w.ID,
		db.DeliveryFilter{State: db.DeliveryState(m.Filter.State), Event: db.WebhookEvent(m.Filter.Event), Page: page})
	if err != nil {
		return err
	}
	for _, d := range list {
		m.Deliveries = append(m.Deliveries, deliveryRow(d))
	}
	pager.Total = total
	m.Pager = pager
	return show(h, c, status, views.Webhook, m)
}

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }

// EditWebhookForm is GET /webhooks/:id/edit.
func (h *Handlers) EditWebhookForm(c echo.Context) error {
	w, err := h.ownWebhook(c)
	if err != nil {
		return err
	}
	return h.showWebhookForm(c, http.StatusOK, views.WebhookFormPage{ID: w.ID, URL: w.URL, Description: w.Description, Events: words(w.Events)})
}

// EditWebhook is POST /webhooks/:id/edit.
func (h *Handlers) EditWebhook(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	n, m, err := h.webhookWish(c)
	if err != nil {
		return err
	}
	m.ID = id
	err = h.Book.UpdateWebhook(ctx, actor(c), person(c).ResellerID, id, n)
	var rejected *db.Rejected
	if errors.As(err, &rejected) {
		if _, err := h.ownWebhook(c); err != nil {
			return err
		}
		m.Problems = webhookProblems(rejected)
		return h.showWebhookForm(c, http.StatusUnprocessableEntity, m)
	}
	if err != nil {
		return err
	}
	return done(c, webhookPath(id), i18n.T(ctx, "webhook.saved"))
}

// RotateWebhookForm is GET /webhooks/:id/rotate.
func (h *Handlers) RotateWebhookForm(c echo.Context) error {
	w, err := h.ownWebhook(c)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.ConfirmPage, views.RotateWebhook(c.Request().Context(), webhookRow(w), int(db.SecretOverlap/time.Hour)))
}

// RotateWebhook is POST /webhooks/:id/rotate. Its answer shows the new secret, this once.
func (h *Handlers) RotateWebhook(c echo.Context) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	secret, err := h.Book.RotateWebhook(c.Request().Context(), actor(c), person(c).ResellerID, id)
	if err != nil {
		return err
	}
	w, err := h.ownWebhook(c)
	if err != nil {
		return err
	}
	return h.showWebhook(c, http.StatusCreated, w, secret)
}

// webhookChange makes a handler of a change to an endpoint that needs nothing else.
func (h *Handlers) webhookChange(c echo.Context, change func(ctx context.Context, by db.Actor, resellerID, id int64) error, back func(id int64) string, text string) error {
	ctx := c.Request().Context()
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	if err := change(ctx, actor(c), person(c).ResellerID, id); err != nil {
		return err
	}
	return done(c, back(id), text)
}

// EnableWebhook is POST /webhooks/:id/enable.
func (h *Handlers) EnableWebhook(c echo.Context) error {
	return h.webhookChange(c, h.Book.EnableWebhook, webhookPath, i18n.T(c.Request().Context(), "webhook.enabled"))
}

// DisableWebhook is POST /webhooks/:id/disable.
func (h *Handlers) DisableWebhook(c echo.Context) error {
	return h.webhookChange(c, h.Book.DisableWebhook, webhookPath, i18n.T(c.Request().Context(), "webhook.disabled"))
}

// RemoveWebhookForm is GET /webhooks/:id/remove.
func (h *Handlers) RemoveWebhookForm(c echo.Context) error {
	w, err := h.ownWebhook(c)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.ConfirmPage, views.RemoveWebhook(c.Request().Context(), webhookRow(w)))
}

// RemoveWebhook is POST /webhooks/:id/remove.
func (h *Handlers) RemoveWebhook(c echo.Context) error {
	return h.webhookChange(c, h.Book.RemoveWebhook, func(int64) string { return webhooksPath }, i18n.T(c.Request().Context(), "webhook.removed"))
}

// WebhookMail tells a reseller that its endpoint was disabled.
func (h *Handlers) WebhookMail(w db.Webhook, to string) db.Mail {
	ctx := mailContext("")
	key := "mail.webhook.failing"
	if w.Stopped == db.StopGone {
		key = "mail.webhook.gone"
	}
	return db.Mail{To: to, Subject: i18n.T(ctx, "mail.webhook.subject"),
		Body: i18n.T(ctx, key, "URL", w.URL, "Since", i18n.DateTime(ctx, w.FailingSince), "Link", h.BaseURL+webhookPath(w.ID))}
}
