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

func second[A any](_ A, err error) error { return err }
