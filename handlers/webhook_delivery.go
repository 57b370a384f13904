package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
	"certbay/views/i18n"
)

func deliveryRow(d db.Delivery) views.DeliveryRow {
	return views.DeliveryRow{ID: d.ID, WebhookID: d.WebhookID, Message: d.Message, Event: string(d.Event), State: string(d.State), Tries: d.Tries,
		NextAt: d.NextAt, LastStatus: d.LastStatus, LastError: d.LastError, At: d.CreatedAt}
}

// indented is JSON as a person reads it; anything else as it is.
func indented(text string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return b.String()
}

// Delivery is GET /webhooks/:id/deliveries/:delivery.
func (h *Handlers) Delivery(c echo.Context) error {
	w, err := h.ownWebhook(c)
	if err != nil {
		return err
	}
	id, err := idParam(c, "delivery")
	if err != nil {
		return err
	}
	d, tries, err := h.Book.Delivery(c.Request().Context(), w.ResellerID, w.ID, id)
	if err != nil {
		return err
	}
	m := views.DeliveryPage{DeliveryRow: deliveryRow(d), URL: w.URL, Enabled: w.Enabled, Body: indented(d.Body)}
	for _, a := range tries {
		m.Tried = append(m.Tried, views.AttemptRow{ID: a.ID, At: a.At, Milliseconds: a.Duration.Milliseconds(), Status: a.Status, Error: a.Error,
			RequestHeaders: a.RequestHeaders, ResponseHeaders: a.ResponseHeaders, ResponseBody: a.ResponseBody, Cut: a.Cut})
	}
	return show(h, c, http.StatusOK, views.Delivery, m)
}

// ReplayDelivery is POST /webhooks/:id/deliveries/:delivery/replay.
func (h *Handlers) ReplayDelivery(c echo.Context) error {
	ctx := c.Request().Context()
	webhook, err := idParam(c, "id")
	if err != nil {
		return err
	}
	id, err := idParam(c, "delivery")
	if err != nil {
		return err
	}
	back := webhookPath(webhook) + "/deliveries/" + strconv.FormatInt(id, 10)
	err = h.Book.ReplayDelivery(ctx, actor(c), person(c).ResellerID, webhook, id)
	if errors.Is(err, db.ErrStale) {
		return informed(c, back, i18n.T(ctx, "webhook.replay.off"))
	}
	if err != nil {
		return err
	}
	return done(c, back, i18n.T(ctx, "webhook.replayed"))
}

// testPatience is how long the page waits for the outcome of a test.
const testPatience = 4 * time.Second

// TestWebhook is POST /webhooks/:id/test: sends a test event and says how it went.
func (h *Handlers) TestWebhook(c echo.Context) error {
	ctx, reseller := c.Request().Context(), person(c).ResellerID
	webhook, err := idParam(c, "id")
	if err != nil {
		return err
	}
	id, job, err := h.Book.TestWebhook(ctx, actor(c), reseller, webhook)
	if errors.Is(err, db.ErrStale) {
		return informed(c, webhookPath(webhook), i18n.T(ctx, "webhook.replay.off"))
	}
	if err != nil {
		return err
	}
	if err := h.Book.AwaitJob(ctx, job, testPatience); err != nil {
		return err
	}
	d, _, err := h.Book.Delivery(ctx, reseller, webhook, id)
	if err != nil {
		return err
	}
	kind, text := "info", i18n.T(ctx, "webhook.test.waiting")
	switch {
	case d.State == db.DeliveryDelivered:
		kind, text = "success", i18n.T(ctx, "webhook.test.delivered")
	case d.LastError != "":
		kind, text = "error", i18n.T(ctx, "webhook.test.failed", "Error", d.LastError)
	}
	if err := flash(c, kind, text); err != nil {
		return err
	}
	return seeOther(c, webhookPath(webhook))
}

// WebhookDocs is GET /webhooks/events: what is sent and how.
func (h *Handlers) WebhookDocs(c echo.Context) error {
	m := views.WebhookDocsPage{Schedule: db.WebhookSchedule, LogDays: db.WebhookLogDays, Overlap: int(db.SecretOverlap / time.Hour), Patience: days(db.WebhookPatience)}
	for _, e := range db.WebhookExamples() {
		text, err := json.MarshalIndent(e, "", "  ")
		if err != nil {
			return err
		}
		m.Examples = append(m.Examples, views.WebhookExample{Event: string(e.Type), Body: string(text)})
	}
	return show(h, c, http.StatusOK, views.WebhookDocs, m)
}
