package views

import (
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

func sampleWebhook(state string) WebhookRow {
	return WebhookRow{ID: 3, URL: "https://app.example.com/" + hostile, Description: hostile, State: state,
		Events: []string{"order.created", "order.status_changed", "certificate.issued", "certificate.expiring", "dcv.required", "invoice.created", "credit.low"}}
}

func sampleDeliveries() []DeliveryRow {
	return []DeliveryRow{
		{ID: 1, WebhookID: 3, Message: "msg_1", Event: "order.created", State: "delivered", Tries: 1, LastStatus: 200, At: testNow},
		{ID: 2, WebhookID: 3, Message: "msg_2", Event: "webhook.test", State: "waiting", NextAt: testNow.Add(time.Hour), At: testNow},
		{ID: 3, WebhookID: 3, Message: "msg_3", Event: "credit.low", State: "failed", Tries: 10, LastError: hostile, At: testNow},
	}
}

func TestWebhookPagesAreWholeInBothLanguages(t *testing.T) {
	codes := sampleWebhook("on").Events
	one := func(state string) WebhookPage {
		return WebhookPage{WebhookRow: sampleWebhook(state), FailingSince: testNow, OldUntil: testNow.Add(time.Hour), Patience: 5, Overlap: 24, Deliveries: sampleDeliveries(),
			States: []string{"waiting", "delivered", "failed"}, Choices: append(codes, "webhook.test"), Pager: Pager{Page: 1, PerPage: 50, Total: 3, Path: "/webhooks/3"}}
	}
	fresh := one("on")
	fresh.NewSecret, fresh.Deliveries, fresh.Filter = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", nil, DeliveryFilter{State: "failed"}
	tries := []AttemptRow{
		{ID: 1, At: testNow, Milliseconds: 1234, Status: 200, RequestHeaders: "a: " + hostile, ResponseHeaders: hostile, ResponseBody: hostile, Cut: true},
		{ID: 2, At: testNow, Error: "no answer in time", RequestHeaders: "a: b"},
		{ID: 3, At: testNow, Status: 500, Error: "answered 500", RequestHeaders: "a: b"},
	}
	for name, page := range map[string]templ.Component{
		"list": Webhooks(testPage("owner"), WebhooksPage{Alert: "50.00", Full: true,
			Rows: []WebhookRow{sampleWebhook("on"), sampleWebhook("failing"), sampleWebhook("person"), sampleWebhook("gone"), sampleWebhook("stopped")}}),
		"none":     Webhooks(testPage("owner"), WebhooksPage{Problems: Problems{{Field: "alert", Key: "webhooks.alert.problem", Args: []any{"Max", "$1"}}}}),
		"new":      WebhookForm(testPage("owner"), WebhookFormPage{Choices: codes, Events: codes}),
		"rejected": WebhookForm(testPage("owner"), WebhookFormPage{ID: 3, URL: hostile, Description: hostile, Choices: codes, Loopback: true, Problems: Problems{{Field: "url", Key: "webhook.problem.bad_url"}, {Field: "description", Key: "form.toolong"}, {Field: "events", Key: "webhook.problem.events"}, {Key: "webhooks.many", Count: 20}}}),
		"on":       Webhook(testPage("owner"), one("on")),
		"failing":  Webhook(testPage("owner"), one("failing")),
		"person":   Webhook(testPage("owner"), one("person")),
		"gone":     Webhook(testPage("owner"), one("gone")),
		"stopped":  Webhook(testPage("owner"), one("stopped")),
		"fresh":    Webhook(testPage("owner"), fresh),
		"delivery": Delivery(testPage("owner"), DeliveryPage{DeliveryRow: sampleDeliveries()[2], URL: hostile, Enabled: true, Body: hostile, Tried: tries}),
		"untried":  Delivery(testPage("owner"), DeliveryPage{DeliveryRow: sampleDeliveries()[1], URL: "https://a.com", Body: "{}"}),
		"docs": WebhookDocs(testPage("owner"), WebhookDocsPage{Examples: []WebhookExample{{"order.created", "{}"}, {"webhook.test", "{}"}}, LogDays: 30, Overlap: 24, Patience: 5,
			Schedule: []time.Duration{0, 5 * time.Second, time.Minute, 30 * time.Minute, time.Hour, 24 * time.Hour}}),
	} {
		t.Run(name, func(t *testing.T) {
			inEachLanguage(t, page, func(t *testing.T, lang string, doc *goquery.Document) {
				if doc.Find("main script, main b:contains('key')").Length() > 0 {
					t.Error("text from the book became markup")
				}
				if n := doc.Find("main > * .btn-primary, main > .btn-primary").Not("dialog *").Length(); n > 1 {
					t.Errorf("%d primary buttons in one view", n)
				}
				if secrets := doc.Find("main").Text(); (name == "fresh") != (doc.Find("[data-copy='whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']").Length() == 1) {
					t.Errorf("the secret: %.40s", secrets)
				}
			})
		})
	}
}

func TestADisabledEndpointIsNeitherTestedNorReplayed(t *testing.T) {
	for state, want := range map[string]int{"on": 1, "failing": 1, "person": 0, "gone": 0, "stopped": 0} {
		doc := checkPage(t, renderIn(t, "en", Webhook(testPage("owner"), WebhookPage{WebhookRow: sampleWebhook(state)})))
		if n := doc.Find("form[action='/webhooks/3/test']").Length(); n != want || doc.Find("form[action='/webhooks/3/disable']").Length() != want || doc.Find("form[action='/webhooks/3/enable']").Length() != 1-want {
			t.Errorf("%s: %d ways to test", state, n)
		}
	}
	for _, enabled := range []bool{true, false} {
		doc := checkPage(t, renderIn(t, "en", Delivery(testPage("owner"), DeliveryPage{DeliveryRow: sampleDeliveries()[0], Enabled: enabled})))
		if (doc.Find("form[action='/webhooks/3/deliveries/1/replay']").Length() == 1) != enabled {
			t.Errorf("replay where enabled is %t", enabled)
		}
	}
}
