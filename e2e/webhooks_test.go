package e2e

import (
	"strings"
	"testing"
)

// An owner looks at the demo's endpoint, has it tested, reads what went over the
// wire, and adds an endpoint of their own; every page on the way holds.
func TestOwnerKeepsWebhooks(t *testing.T) {
	b := signedIn(t, shop.access.Reseller)
	b.open("/webhooks")
	b.look(200, "webhooks")
	b.press("main tbody a")
	endpoint := b.path()
	b.press("main form[action$='/test'] button")
	b.shows(".flash-success", "The test event was delivered.")
	b.look(200, "webhook")
	b.open(endpoint + "?event=webhook.test&state=delivered")
	b.press("main tbody a")
	b.click("main details summary")
	b.shows("main", `"type": "webhook.test"`, "webhook-signature: v1,", `{"received":"webhook.test"}`)
	b.look(200, "webhook-delivery")
	b.press("main form[action$='/replay'] button")
	b.shows(".flash-success", "The message is sent again.")
	b.open("/webhooks/events")
	b.look(200, "webhook-events")

	b.open("/webhooks/new")
	b.fill("url", "https://10.0.0.1/hooks")
	b.press("main form .btn-primary")
	b.look(422, "webhook-rejected")
	b.fill("url", "https://app.example.com/hooks")
	b.press("main form .btn-primary")
	if secret := b.text("main .record-value"); !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("the secret shown is %q", secret)
	}
	b.look(201, "webhook-added")
	b.press("main a[href$='/edit']")
	b.look(200, "webhook-edit")
	b.press("main form .btn-primary")
	b.open(b.path() + "/rotate")
	b.look(200, "webhook-rotate")
	b.press("main form .btn-primary")
	b.shows("main", "This is the secret that signs its messages")
	b.click("main a[data-dialog=remove]")
	b.press("dialog[open] .btn-danger")
	b.shows(".flash-success", "The endpoint is removed.")
}

func TestWebhooksHoldInTurkish(t *testing.T) {
	b := signedIn(t, shop.access.OtherReseller, inTurkish)
	for _, p := range []struct{ path, name string }{{"/webhooks", "webhooks-none"}, {"/webhooks/new", "webhook-new"}, {"/webhooks/events", "webhook-events"}} {
		b.open(p.path)
		b.look(200, p.name)
	}
	b.open("/webhooks/new")
	b.fill("url", "https://app.example.com/kancalar")
	b.press("main form .btn-primary")
	b.look(201, "webhook-added")
	b.press("main form[action$='/disable'] button")
	b.look(200, "webhook-disabled")
	b.open(b.path() + "/remove")
	b.look(200, "webhook-remove")
	b.press("main form .btn-danger")
	b.shows(".flash-success", "Uç nokta kaldırıldı.")
}
