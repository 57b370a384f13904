package views

import (
	"context"
	"slices"
	"strconv"
	"time"

	"certbay/views/i18n"
)

// WebhookRow is one endpoint. State: on, failing (its last try failed), person,
// gone, stopped (disabled by a person, by its own answer, after failing for days).
type WebhookRow struct {
	ID          int64
	URL         string
	Description string
	Events      []string // codes: order.created, …
	State       string
}

func (w WebhookRow) enabled() bool { return w.State == "on" || w.State == "failing" }

// WebhooksPage is /webhooks: the endpoints, and from which balance on credit.low
// is told: field alert ("50.00", "" for never), posted to /webhooks/credit-alert.
type WebhooksPage struct {
	Rows     []WebhookRow
	Full     bool // no further one may be added
	Alert    string
	Problems Problems
}

// WebhookFormPage asks for an endpoint: fields url, description and events (one
// or more), posted to /webhooks/new, or /webhooks/{id}/edit when ID is not 0.
type WebhookFormPage struct {
	ID          int64
	URL         string
	Description string
	Choices     []string // every event there is
	Events      []string // those chosen
	Loopback    bool     // this is a demo: http and this machine are allowed
	Problems    Problems
}

// WebhookPage is /webhooks/{id}: the endpoint and what it was told, ?state=&event=&page=.
type WebhookPage struct {
	WebhookRow
	NewSecret    string    // shown this once
	OldUntil     time.Time // until then the secret before the rotation signs too; zero: it doesn't
	FailingSince time.Time
	Patience     int // days of failing until it is disabled
	Overlap      int // hours that an old secret signs too
	Deliveries   []DeliveryRow
	Filter       DeliveryFilter
	States       []string // every state of a delivery
	Choices      []string // every event there is, the test included
	Pager        Pager
}

// DeliveryFilter narrows an endpoint's log; empty: all.
type DeliveryFilter struct{ State, Event string }

// DeliveryRow is one message to one endpoint. State: waiting, delivered, failed.
type DeliveryRow struct {
	ID         int64
	WebhookID  int64
	Message    string // its webhook-id
	Event      string
	State      string
	Tries      int
	NextAt     time.Time // of the next try while it waits
	LastStatus int       // HTTP; 0: no answer
	LastError  string    // "" when delivered
	At         time.Time
}

// DeliveryPage is one delivery with its tries, newest first. It is sent again by
// POST to its address and /replay.
type DeliveryPage struct {
	DeliveryRow
	URL     string
	Enabled bool   // the endpoint
	Body    string // indented
	Tried   []AttemptRow
}

// AttemptRow is one try as it went over the wire.
type AttemptRow struct {
	ID                                            int64
	At                                            time.Time
	Milliseconds                                  int64
	Status                                        int
	Error                                         string
	RequestHeaders, ResponseHeaders, ResponseBody string
	Cut                                           bool
}

// WebhookDocsPage is /webhooks/events: what is sent and how.
type WebhookDocsPage struct {
	Examples []WebhookExample
	Schedule []time.Duration // after the try before it
	LogDays  int
	Overlap  int // hours that an old secret signs too
	Patience int // days of failing until an endpoint is disabled
}

// WebhookExample is a message as it is sent, indented.
type WebhookExample struct{ Event, Body string }

func webhookPath(id int64, action string) string {
	path := "/webhooks/" + strconv.FormatInt(id, 10)
	if action != "" {
		path += "/" + action
	}
	return path
}

func deliveryPath(d DeliveryRow, action string) string {
	path := "deliveries/" + strconv.FormatInt(d.ID, 10)
	if action != "" {
		path += "/" + action
	}
	return webhookPath(d.WebhookID, path)
}

func webhookCrumbs(ctx context.Context, more ...Crumb) []Crumb {
	return append([]Crumb{{i18n.T(ctx, "webhooks.title"), "/webhooks"}}, more...)
}

func webhookLook(state string) (kind, icon string) {
	switch state {
	case "on":
		return "success", "check"
	case "failing":
		return "warning", "triangle-alert"
	case "person":
		return "neutral", "ban"
	default:
		return "error", "circle-x"
	}
}

func deliveryLook(state string) (kind, icon string) {
	switch state {
	case "delivered":
		return "success", "check"
	case "failed":
		return "error", "x"
	default:
		return "info", "clock"
	}
}

// RotateWebhook asks back before an endpoint gets a new secret.
func RotateWebhook(ctx context.Context, w WebhookRow, hours int) Confirmation {
	return Confirmation{ID: "rotate", Title: i18n.T(ctx, "webhook.rotate.title"), Text: i18n.N(ctx, "webhook.rotate.text", hours),
		Action: webhookPath(w.ID, "rotate"), Button: i18n.T(ctx, "webhook.rotate"), Back: webhookPath(w.ID, "")}
}

// RemoveWebhook asks back before an endpoint and its log are forgotten.
func RemoveWebhook(ctx context.Context, w WebhookRow) Confirmation {
	return Confirmation{ID: "remove", Title: i18n.T(ctx, "webhook.remove.title"), Text: i18n.T(ctx, "webhook.remove.text", "URL", w.URL),
		Action: webhookPath(w.ID, "remove"), Button: i18n.T(ctx, "webhook.remove"), Danger: true, Back: webhookPath(w.ID, "")}
}

func (m WebhookPage) stateOptions(ctx context.Context) []Option {
	options := []Option{{"", i18n.T(ctx, "webhook.log.states")}}
	for _, s := range m.States {
		options = append(options, Option{s, i18n.Word(ctx, "delivery.state", s)})
	}
	return options
}

func (m WebhookPage) eventOptions(ctx context.Context) []Option {
	options := []Option{{"", i18n.T(ctx, "webhook.log.events")}}
	for _, e := range m.Choices {
		options = append(options, Option{e, i18n.Word(ctx, "webhook.event", e)})
	}
	return options
}

func (m WebhookFormPage) chosen(event string) bool { return slices.Contains(m.Events, event) }

func (m WebhookFormPage) urlHint(ctx context.Context) string {
	if m.Loopback {
		return i18n.T(ctx, "webhook.url.hint.demo")
	}
	return i18n.T(ctx, "webhook.url.hint")
}

func (m WebhookFormPage) action() string {
	if m.ID == 0 {
		return "/webhooks/new"
	}
	return webhookPath(m.ID, "edit")
}

func (m WebhookFormPage) back() string {
	if m.ID == 0 {
		return "/webhooks"
	}
	return webhookPath(m.ID, "")
}

// result is what came of the last try: "HTTP 200", the error, or nothing yet.
func (d DeliveryRow) result() string {
	switch {
	case d.LastError != "":
		return d.LastError
	case d.LastStatus != 0:
		return "HTTP " + strconv.Itoa(d.LastStatus)
	}
	return ""
}

// wait says how long a step of the schedule is.
func wait(ctx context.Context, d time.Duration) string {
	switch {
	case d == 0:
		return i18n.T(ctx, "webhook.wait.none")
	case d < time.Minute:
		return i18n.N(ctx, "webhook.wait.seconds", int(d/time.Second))
	case d < time.Hour:
		return i18n.N(ctx, "webhook.wait.minutes", int(d/time.Minute))
	}
	return i18n.N(ctx, "webhook.wait.hours", int(d/time.Hour))
}
