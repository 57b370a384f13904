package jobs_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/handlers/jobs"
)

// mails words the mail about a disabled endpoint.
func mails(w db.Webhook, to string) db.Mail {
	return db.Mail{To: to, Subject: "stopped", Body: string(w.Stopped) + " " + w.URL}
}

func TestAnEndpointThatIsGoneIsDisabledAtOnce(t *testing.T) {
	y := openYard(t)
	y.worker.WebhookMail = mails
	r, w, _ := y.listen(answering(410))
	y.place("a.ornek.com.tr")
	y.place("b.ornek.com.tr")
	y.work(5)
	if n := len(r.all()); n != 1 {
		t.Errorf("called %d times", n)
	}
	if now := y.endpoint(w); now.Enabled || now.Stopped != db.StopGone {
		t.Errorf("%+v", now)
	}
	for _, d := range y.deliveries(w) {
		if d.State != db.DeliveryFailed {
			t.Errorf("a delivery is %s", d.State)
		}
	}
	if sent := y.net.Mails(); len(sent) != 1 || sent[0].To[0] != "info@ornek.com.tr" || !strings.Contains(sent[0].Text, "gone "+w.URL) {
		t.Errorf("mails %+v", sent)
	}
	y.place("c.ornek.com.tr")
	y.work(2)
	if len(r.all()) != 1 || len(y.deliveries(w)) != 2 {
		t.Error("it still hears")
	}
}

func TestAnEndpointThatFailsForDaysIsDisabledWithAMail(t *testing.T) {
	y := openYard(t)
	y.worker.WebhookMail = mails
	start := y.book.Now()
	y.book.Now = func() time.Time { return start }
	r, w, _ := y.listen(answering(503))
	for day := range 8 {
		y.book.Now = func() time.Time { return start.AddDate(0, 0, day) }
		if enabled := y.endpoint(w).Enabled; enabled != (day <= 5) {
			t.Fatalf("on day %d it is enabled: %t", day, enabled)
		}
		y.place(string(rune('a'+day)) + ".ornek.com.tr")
		y.work(1)
	}
	if now := y.endpoint(w); now.Stopped != db.StopFailing {
		t.Errorf("%+v", now)
	}
	y.work(3)
	if sent := y.net.Mails(); len(sent) != 1 || !strings.Contains(sent[0].Text, "failing "+w.URL) {
		t.Errorf("mails %+v", sent)
	}
	calls := len(r.all())
	r.mood = nil
	if err := y.book.EnableWebhook(ctx, y.by, y.reseller, w.ID); err != nil {
		t.Fatal(err)
	}
	y.place("z.ornek.com.tr")
	y.work(1)
	if len(r.all()) != calls+1 || y.endpoint(w).Stopped != db.StopNone {
		t.Error("enabled again it hears nothing")
	}
}

func TestOneSuccessEndsTheCountOfFailingDays(t *testing.T) {
	y := openYard(t)
	start := y.book.Now()
	r, w, _ := y.listen(nil)
	for day := range 12 {
		y.book.Now = func() time.Time { return start.AddDate(0, 0, day) }
		r.mood = answering(500)
		if day%4 == 3 {
			r.mood = nil
		}
		y.place(string(rune('a'+day)) + ".ornek.com.tr")
		y.work(1)
	}
	if !y.endpoint(w).Enabled {
		t.Error("it was disabled although it answers every fourth day")
	}
}

// While an endpoint is down its other messages wait, so that it holds up nobody.
func TestAFailingEndpointIsLeftAlone(t *testing.T) {
	y := openYard(t)
	start := y.book.Now()
	y.book.Now = func() time.Time { return start }
	r, w, _ := y.listen(answering(500))
	for i := range 30 {
		y.place(strings.Repeat("a", i+1) + ".ornek.com.tr")
	}
	work := func() {
		for {
			job, err := y.book.ClaimJob(ctx, time.Minute)
			if errors.Is(err, db.ErrNotFound) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := y.worker.Do(ctx, job); err != nil {
				t.Fatal(err)
			}
		}
	}
	for minute := range 30 {
		y.book.Now = func() time.Time { return start.Add(time.Duration(minute) * time.Minute) }
		work()
	}
	if n := len(r.all()); n > 9 {
		t.Errorf("called %d times in half an hour for 30 messages", n)
	}
	r.mood = nil
	y.book.Now = func() time.Time { return start.Add(36 * time.Minute) }
	work()
	y.book.Now = func() time.Time { return start.Add(42 * time.Minute) }
	work()
	late := 0
	for _, d := range y.deliveries(w) {
		if d.State != db.DeliveryDelivered {
			late++
		}
	}
	if late > 8 { // those that were tried wait for their own next try
		t.Errorf("%d messages are not delivered a little after it works again", late)
	}
}

func TestHangingEndpointsNeverHoldUpOrders(t *testing.T) {
	y := openYard(t)
	y.worker.Webhooks = jobs.WebhookCalls{Timeout: 20 * time.Second}
	for range 12 {
		y.listen(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	}
	o := y.order("shop.ornek.com.tr", "dns")
	running, stop := context.WithCancel(ctx)
	ended := make(chan error)
	go func() { ended <- y.worker.Run(running, time.Millisecond) }()
	accepted := false
	for deadline := time.Now().Add(8 * time.Second); !accepted && time.Now().Before(deadline); {
		accepted = y.now(o.ID).Fulfilment == db.FulfilmentAccepted
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if !accepted {
		t.Error("the order waits behind the webhooks")
	}
}
