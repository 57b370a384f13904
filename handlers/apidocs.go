package handlers

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
	"certbay/views/i18n"
)

// APIDocs is GET /docs/api.
func (h *Handlers) APIDocs(c echo.Context) error {
	m := h.Reference(i18n.From(c.Request().Context()).Lang)
	webhooks, err := webhookDocs()
	if err != nil {
		return err
	}
	m.Webhooks = webhooks
	return show(h, c, http.StatusOK, views.APIDocs, m)
}

// webhookDocs is what is sent to webhooks and how.
func webhookDocs() (views.WebhookDocsPage, error) {
	m := views.WebhookDocsPage{Schedule: db.WebhookSchedule, LogDays: db.WebhookLogDays, Overlap: int(db.SecretOverlap / time.Hour), Patience: days(db.WebhookPatience)}
	for _, e := range db.WebhookExamples() {
		text, err := json.MarshalIndent(e, "", "  ")
		if err != nil {
			return m, err
		}
		m.Examples = append(m.Examples, views.WebhookExample{Event: string(e.Type), Body: string(text)})
	}
	return m, nil
}
