package db_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/db"
)

// listen adds an endpoint to a shop that hears of the events, of all of them when
// none is named.
func (s shop) listen(t testing.TB, events ...db.WebhookEvent) db.Webhook {
	t.Helper()
	if len(events) == 0 {
		events = db.WebhookEvents
	}
	w, secret, err := s.CreateWebhook(ctx, s.staff, s.reseller, db.WebhookWish{URL: "https://app.ornek.com.tr/hooks", Events: events})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(secret, "whsec_") || len(secret) < 40 {
		t.Fatalf("secret %q", secret)
	}
	return w
}

// told lists what an endpoint is told, oldest first.
func (s shop) told(t testing.TB, w db.Webhook, event db.WebhookEvent) []db.Delivery {
	t.Helper()
	list, _, err := s.Deliveries(ctx, s.reseller, w.ID, db.DeliveryFilter{Event: event, Page: db.Page{Limit: 200}})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(list)
	return list
}

func data[T any](t testing.TB, d db.Delivery) T {
	t.Helper()
	var m struct {
		Type      db.WebhookEvent `json:"type"`
		Timestamp time.Time       `json:"timestamp"`
		Data      T               `json:"data"`
	}
	decoder := json.NewDecoder(strings.NewReader(d.Body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		t.Fatalf("%s: %v", d.Body, err)
	}
	if m.Type != d.Event || m.Timestamp.IsZero() || m.Timestamp.Location() != time.UTC {
		t.Errorf("%s says %s at %s", d.Event, m.Type, m.Timestamp)
	}
	return m.Data
}

// waitingHooks counts the jobs that wait to tell an endpoint something.
func (s shop) waitingHooks(t testing.TB) int {
	t.Helper()
	_, n, err := s.Jobs(ctx, db.JobFilter{Kind: db.JobWebhook})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAnOrdersLifeIsToldOnceEach(t *testing.T) {
	s := openShop(t, 100_000)
	w := s.listen(t)
	quiet := s.listen(t, db.CreditLow)
	o := s.place(t, "shop.ornek.com.tr")
	if _, err := s.Configure(ctx, s.staff, s.reseller, o.ID, db.Configuration{CSR: csrFor(t, "shop.ornek.com.tr"), Method: "dns"}); err != nil {
		t.Fatal(err)
	}
	c := must[[]db.Certificate](t)(s.Certificates(ctx, o.ID))[0]
	must[db.Submission](t)(s.BeginSubmit(ctx, c.ID))
	if err := s.AcceptSubmit(ctx, db.System, c.ID, "up-1"); err != nil {
		t.Fatal(err)
	}
	ask := func(value string) {
		t.Helper()
		err := s.RecordStatus(ctx, c.ID, "", []db.UpstreamName{{Name: "shop.ornek.com.tr", Method: "dns", Instruction: db.Instruction{RecordType: "CNAME", Host: "_x", Value: value}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	ask("one")
	ask("one") // the same again is no news
	ask("two")
	until := s.Now().AddDate(0, 0, 199)
	issued := db.Issued{PEM: "pem", Chain: "chain", Serial: "5d1f", NotBefore: s.Now(), NotAfter: until}
	for range 2 {
		if err := s.RecordIssued(ctx, c.ID, issued, nil); err != nil {
			t.Fatal(err)
		}
	}
	var events []string
	names := map[string]bool{}
	for _, d := range s.told(t, w, "") {
		events = append(events, string(d.Event))
		names[d.Message] = true
	}
	want := "invoice.created order.created order.status_changed order.status_changed dcv.required dcv.required order.status_changed certificate.issued"
	if got := strings.Join(events, " "); got != want {
		t.Fatalf("told\n%s\nwant\n%s", got, want)
	}
	if len(names) != len(events) {
		t.Error("two messages share a webhook-id")
	}
	if s.waitingHooks(t) != len(events) || len(s.told(t, quiet, "")) != 0 {
		t.Errorf("%d jobs for %d deliveries; %d to whom it does not concern", s.waitingHooks(t), len(events), len(s.told(t, quiet, "")))
	}
	placed := s.told(t, w, db.OrderCreated)[0]
	if !strings.Contains(placed.Body, `"total":12.99,`) || !strings.Contains(placed.Body, `"tax":0.00,`) {
		t.Errorf("amounts: %s", placed.Body)
	}
	got := data[struct {
		OrderID     int64   `json:"order_id"`
		OrderNumber string  `json:"order_number"`
		ProductID   int64   `json:"product_id"`
		Domain      string  `json:"domain"`
		Period      int     `json:"period"`
		Status      string  `json:"status"`
		Paid        bool    `json:"paid"`
		Total       float64 `json:"total"`
		Tax         float64 `json:"tax"`
		Currency    string  `json:"currency"`
	}](t, placed)
	if got.OrderID != o.ID || got.OrderNumber != o.Number || got.Period != 12 || got.Status != "pending" || !got.Paid || got.Total != 12.99 || got.Currency != "USD" {
		t.Errorf("%+v", got)
	}
	moves := ""
	for _, d := range s.told(t, w, db.OrderStatusChanged) {
		m := data[db.OrderStatusChangedData](t, d)
		moves += string(m.PreviousStatus) + ">" + string(m.Status) + " "
	}
	if moves != "pending>processing processing>validation_pending validation_pending>completed " {
		t.Error(moves)
	}
	if d := data[db.DCVRequiredData](t, s.told(t, w, db.DCVRequired)[0]); d.CertificateID != c.ID || len(d.Names) != 1 || d.Names[0] != (db.DCVName{Name: "shop.ornek.com.tr", Method: "dns"}) {
		t.Errorf("%+v", d)
	}
	if d := data[db.CertificateIssuedData](t, s.told(t, w, db.CertificateIssuance)[0]); d.Serial != "5d1f" || !d.NotAfter.Equal(until.Truncate(time.Nanosecond)) {
		t.Errorf("%+v", d)
	}
	s.verify(t)
}

func TestARefusedOrderTellsNothing(t *testing.T) {
	s := openShop(t, 100)
	w := s.listen(t)
	var short *db.InsufficientCredit
	if _, err := s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: "a.ornek.com.tr"}); !errors.As(err, &short) {
		t.Fatal(err)
	}
	if n := len(s.told(t, w, "")); n != 0 || s.waitingHooks(t) != 0 {
		t.Errorf("%d deliveries", n)
	}
}

func TestRacersWithOneFormTellOfOneOrder(t *testing.T) {
	s := openShop(t, 100_000)
	w := s.listen(t, db.OrderCreated, db.InvoiceCreated)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			_, err := s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: "a.ornek.com.tr", FormToken: "one"})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(s.told(t, w, "")); n != 2 || s.waitingHooks(t) != 2 {
		t.Errorf("%d deliveries, %d jobs; want one order and one invoice", n, s.waitingHooks(t))
	}
}

func TestLowCreditIsToldOnceUntilItWasAboveAgain(t *testing.T) {
	s := openShop(t, 10_000)
	w := s.listen(t, db.CreditLow)
	low := func() int { t.Helper(); return len(s.told(t, w, db.CreditLow)) }
	if err := s.SetCreditAlert(ctx, s.staff, s.reseller, 8000); err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		cents int64 // moved
		want  int   // told by then
	}{{-1000, 0}, {-1000, 0}, {-1, 1}, {-500, 1}, {+400, 1}, {+102, 1}, {-2, 2}, {+1, 2}, {+5000, 2}}
	for i, step := range steps {
		if err := s.AdjustCredit(ctx, s.staff, s.reseller, step.cents, string(rune('a'+i)), "test"); err != nil {
			t.Fatal(err)
		}
		if low() != step.want {
			t.Fatalf("after step %d the balance is %d and %d are told, want %d", i, s.balance(t), low(), step.want)
		}
	}
	first := s.told(t, w, db.CreditLow)[0]
	if !strings.Contains(first.Body, `"data":{"balance":79.99,"threshold":80.00,"currency":"USD"}`) {
		t.Error(first.Body)
	}
	// An amount above the balance is told at once, and orders count like any movement.
	if err := s.SetCreditAlert(ctx, s.staff, s.reseller, 20_000); err != nil {
		t.Fatal(err)
	}
	s.place(t, "a.ornek.com.tr")
	if low() != 3 {
		t.Errorf("%d are told", low())
	}
	if err := s.SetCreditAlert(ctx, s.staff, s.reseller, -1); err != nil {
		t.Fatal(err)
	}
	s.place(t, "b.ornek.com.tr")
	if _, set, err := s.CreditAlert(ctx, s.reseller); err != nil || set || low() != 3 {
		t.Errorf("never: %t, %v, %d", set, err, low())
	}
	s.verify(t)
}

func TestRacingDebitsTellLowCreditOnce(t *testing.T) {
	s := openShop(t, 20*1299+100)
	w := s.listen(t, db.CreditLow)
	if err := s.SetCreditAlert(ctx, s.staff, s.reseller, 10*1299); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			_, err := s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: string(rune('a'+i)) + ".ornek.com.tr"})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(s.told(t, w, "")); n != 1 {
		t.Errorf("told %d times", n)
	}
}

func TestEachWarningOfACertificatesEndIsToldOnce(t *testing.T) {
	s := openShop(t, 100_000)
	w := s.listen(t, db.CertificateExpiring)
	start := s.Now().Truncate(time.Second)
	until := start.AddDate(0, 0, 100)
	issue := func(domain string, notAfter time.Time) db.Order {
		t.Helper()
		o := s.place(t, domain)
		if _, err := s.Configure(ctx, s.staff, s.reseller, o.ID, db.Configuration{CSR: csrFor(t, domain), Method: "dns"}); err != nil {
			t.Fatal(err)
		}
		c := must[[]db.Certificate](t)(s.Certificates(ctx, o.ID))[0]
		if err := s.RecordIssued(ctx, c.ID, db.Issued{PEM: "pem", Serial: domain, NotBefore: start, NotAfter: notAfter}, nil); err != nil {
			t.Fatal(err)
		}
		return o
	}
	o := issue("a.ornek.com.tr", until)
	issue("b.ornek.com.tr", until)
	replaced := issue("c.ornek.com.tr", until)
	if err := s.Tamper(ctx, `insert into certificate (order_id, reference, upstream, csr, state, not_after, created_at) values ($1, 'newer', 'sandbox', '', 'issued', $2, $3)`,
		replaced.ID, until.AddDate(0, 0, 100), start); err != nil {
		t.Fatal(err)
	}
	look := func(at time.Time) (told []int) {
		t.Helper()
		s.DB.Now = func() time.Time { return at }
		var all sync.WaitGroup
		for range 4 { // as many portals on one book
			all.Go(func() {
				if err := s.WarnExpiring(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, d := range s.told(t, w, "") {
			if m := data[db.CertificateExpiringData](t, d); m.OrderID == o.ID {
				told = append(told, m.Days)
			}
		}
		return told
	}
	for _, step := range []struct {
		before time.Duration // the end
		want   []int
	}{
		{30*24*time.Hour + time.Minute, nil}, {30 * 24 * time.Hour, []int{30}}, {29 * 24 * time.Hour, []int{30}}, {15 * 24 * time.Hour, []int{30, 15}},
		// The portal was down on the seventh day: of 7 and 2 only what holds now is told.
		{47 * time.Hour, []int{30, 15, 2}}, {24 * time.Hour, []int{30, 15, 2, 1}}, {time.Hour, []int{30, 15, 2, 1}}, {-time.Hour, []int{30, 15, 2, 1}},
	} {
		if got := look(until.Add(-step.before)); !slices.Equal(got, step.want) {
			t.Fatalf("%s before the end: told %v, want %v", step.before, got, step.want)
		}
	}
	if all := s.told(t, w, ""); len(all) != 8 {
		t.Errorf("%d warnings of two certificates; the replaced one must not be warned of", len(all))
	}
}

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

func second[A any](_ A, err error) error { return err }

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
