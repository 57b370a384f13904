package db_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/db"
)

func TestAWebhookIsItsResellersOnly(t *testing.T) {
	s := openShop(t, 100_000)
	w := s.listen(t)
	s.place(t, "a.ornek.com.tr")
	d := s.told(t, w, db.OrderCreated)[0]
	other := must[db.Reseller](t)(s.CreateReseller(ctx, db.System, db.NewReseller{Name: "B", Company: "B", Email: "b@b.com"})).ID
	wish := db.WebhookWish{URL: "https://b.com", Events: db.WebhookEvents}
	for name, err := range map[string]error{
		"see":     second(s.Webhook(ctx, other, w.ID)),
		"change":  s.UpdateWebhook(ctx, s.staff, other, w.ID, wish),
		"rotate":  second(s.RotateWebhook(ctx, s.staff, other, w.ID)),
		"disable": s.DisableWebhook(ctx, s.staff, other, w.ID),
		"enable":  s.EnableWebhook(ctx, s.staff, other, w.ID),
		"remove":  s.RemoveWebhook(ctx, s.staff, other, w.ID),
		"replay":  s.ReplayDelivery(ctx, s.staff, other, w.ID, d.ID),
		"test":    third(s.TestWebhook(ctx, s.staff, other, w.ID)),
		"log":     third(s.Deliveries(ctx, other, w.ID, db.DeliveryFilter{})),
		"look":    third(s.Delivery(ctx, other, w.ID, d.ID)),
	} {
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("%s another's: %v", name, err)
		}
	}
	theirs, _, err := s.CreateWebhook(ctx, s.staff, other, wish)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Delivery(ctx, other, theirs.ID, d.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("a delivery through another's endpoint: %v", err)
	}
	if err := s.ReplayDelivery(ctx, s.staff, other, theirs.ID, d.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("a replay through another's endpoint: %v", err)
	}
	if list, n, err := s.Deliveries(ctx, other, theirs.ID, db.DeliveryFilter{}); err != nil || n != 0 || len(list) != 0 {
		t.Errorf("another reseller is told %v, %v", list, err)
	}
}

func TestADisabledOrRemovedEndpointHearsNothing(t *testing.T) {
	s := openShop(t, 100_000)
	off, gone, on := s.listen(t), s.listen(t), s.listen(t)
	s.place(t, "a.ornek.com.tr")
	if err := s.DisableWebhook(ctx, s.staff, s.reseller, off.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveWebhook(ctx, s.staff, s.reseller, gone.ID); err != nil {
		t.Fatal(err)
	}
	s.place(t, "b.ornek.com.tr")
	if n := len(s.told(t, on, "")); n != 4 || s.waitingHooks(t) != 4 {
		t.Errorf("%d deliveries, %d jobs to the one that is on", n, s.waitingHooks(t))
	}
	for _, d := range s.told(t, off, "") {
		if d.State != db.DeliveryFailed || d.LastError == "" {
			t.Errorf("a delivery that waited is %s", d.State)
		}
	}
	if n := len(s.told(t, off, "")); n != 2 {
		t.Errorf("%d deliveries to the disabled one", n)
	}
	d := s.told(t, off, "")[0]
	if err := s.ReplayDelivery(ctx, s.staff, s.reseller, off.ID, d.ID); !errors.Is(err, db.ErrStale) {
		t.Errorf("replay to a disabled one: %v", err)
	}
	if err := s.EnableWebhook(ctx, s.staff, s.reseller, off.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.ReplayDelivery(ctx, s.staff, s.reseller, off.ID, d.ID); err != nil {
		t.Fatal(err)
	}
	if again := s.told(t, off, "")[0]; again.State != db.DeliveryWaiting || again.Message != d.Message || again.Body != d.Body || s.waitingHooks(t) != 5 {
		t.Errorf("replayed as %+v", again)
	}
	if list := must[[]db.Webhook](t)(s.Webhooks(ctx, s.reseller)); len(list) != 2 {
		t.Errorf("%d endpoints", len(list))
	}
	if _, err := s.DueDelivery(ctx, 999); !errors.Is(err, db.ErrNotFound) {
		t.Error(err)
	}
}

// An order that is placed while its endpoint is removed is placed all the same.
func TestRemovingAnEndpointNeverHoldsUpAnOrder(t *testing.T) {
	s := openShop(t, 100_000)
	for i := range 8 {
		w := s.listen(t)
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: string(rune('a'+i)) + ".ornek.com.tr"}); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if err := s.RemoveWebhook(ctx, s.staff, s.reseller, w.ID); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
	}
	s.verify(t)
}

func TestSecretsLieSealedAndOverlapAfterARotation(t *testing.T) {
	s := openShop(t, 100_000)
	start := s.Now()
	w, first, err := s.CreateWebhook(ctx, s.staff, s.reseller, db.WebhookWish{URL: "https://app.ornek.com.tr/T0-token", Events: []db.WebhookEvent{db.OrderCreated}})
	if err != nil {
		t.Fatal(err)
	}
	s.place(t, "a.ornek.com.tr")
	id := s.told(t, w, "")[0].ID
	secrets := func() []string { t.Helper(); return must[db.DueDelivery](t)(s.DueDelivery(ctx, id)).Secrets }
	if got := secrets(); !slices.Equal(got, []string{first}) {
		t.Fatal("the secret is not the one that was shown")
	}
	rotated := must[string](t)(s.RotateWebhook(ctx, s.staff, s.reseller, w.ID))
	if got := secrets(); rotated == first || !slices.Equal(got, []string{rotated, first}) {
		t.Error("both do not sign after a rotation")
	}
	s.at(start, int((db.SecretOverlap + time.Minute).Seconds()))
	if got := secrets(); !slices.Equal(got, []string{rotated}) {
		t.Error("the old one signs after the overlap")
	}
	rows, _, err := s.AuditRows(ctx, db.AuditFilter{Action: "webhook."})
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d audit rows, %v", len(rows), err)
	}
	for _, r := range rows {
		if strings.Contains(r.Before+r.After, "whsec_") || strings.Contains(r.Before+r.After, "token") {
			t.Errorf("a secret in the audit: %+v", r)
		}
	}
	if err := s.Tamper(ctx, `update webhook set secret = 'plain'`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DueDelivery(ctx, id); !errors.Is(err, db.ErrSealed) {
		t.Errorf("a damaged secret: %v", err)
	}
	s.Box = nil
	if _, _, err := s.CreateWebhook(ctx, s.staff, s.reseller, db.WebhookWish{URL: "https://app.ornek.com.tr", Events: db.WebhookEvents}); !errors.Is(err, db.ErrNoKey) {
		t.Errorf("without a key: %v", err)
	}
}

func TestAResellerHasABoundedNumberOfEndpoints(t *testing.T) {
	s := openShop(t, 0)
	var all sync.WaitGroup
	var mu sync.Mutex
	made, refused := 0, 0
	for range db.MaxWebhooks + 5 {
		all.Go(func() {
			_, _, err := s.CreateWebhook(ctx, s.staff, s.reseller, db.WebhookWish{URL: "https://app.ornek.com.tr", Events: db.WebhookEvents})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made++
			case errors.Is(err, db.ErrTooMany):
				refused++
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if made != db.MaxWebhooks || refused != 5 {
		t.Errorf("%d made, %d refused", made, refused)
	}
}

func TestDeliveriesAreKeptThirtyDays(t *testing.T) {
	s := openShop(t, 100_000)
	w := s.listen(t, db.OrderCreated)
	start := s.Now()
	s.place(t, "a.ornek.com.tr")
	old := must[db.DueDelivery](t)(s.DueDelivery(ctx, s.told(t, w, "")[0].ID))
	if _, err := s.RecordAttempt(ctx, old, db.Attempt{At: start, Error: "no answer", RequestHeaders: "a: b"}, nil); err != nil {
		t.Fatal(err)
	}
	s.at(start, 20*24*3600)
	s.place(t, "b.ornek.com.tr")
	removed := s.listen(t)
	if err := s.RemoveWebhook(ctx, s.staff, s.reseller, removed.ID); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ day, want int }{{29, 2}, {31, 1}, {49, 1}, {51, 0}} {
		s.at(start, step.day*24*3600)
		if err := s.PurgeDeliveries(ctx); err != nil {
			t.Fatal(err)
		}
		if n := len(s.told(t, w, "")); n != step.want || s.waitingHooks(t) != step.want {
			t.Errorf("on day %d there are %d, and %d jobs", step.day, n, s.waitingHooks(t))
		}
	}
	if err := s.Tamper(ctx, `insert into webhook_attempt (delivery_id, at, duration_ms, request_headers) select 1, created_at, 0, '' from reseller`); err == nil {
		t.Error("a try without its delivery")
	}
	if _, err := s.Webhook(ctx, s.reseller, w.ID); err != nil {
		t.Errorf("the endpoint went with its log: %v", err)
	}
}
