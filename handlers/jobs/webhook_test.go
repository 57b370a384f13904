package jobs_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"certbay/db"
)

// receiver is a reseller's program: it keeps what it was told and answers as its
// mood says; nil is 200.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	got  []told
	mood http.HandlerFunc
}

type told struct {
	header http.Header
	body   []byte
	at     time.Time // by the book's clock
}

func (r *receiver) all() []told {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// listen starts a receiver and an endpoint of the yard's reseller that leads to it.
func (y *yard) listen(mood http.HandlerFunc, events ...db.WebhookEvent) (*receiver, db.Webhook, string) {
	y.t.Helper()
	r := &receiver{mood: mood}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		r.got = append(r.got, told{q.Header, body, y.book.Now()})
		r.mu.Unlock()
		if r.mood != nil {
			r.mood(w, q)
		}
	}))
	y.t.Cleanup(r.Server.Close)
	if len(events) == 0 {
		events = []db.WebhookEvent{db.OrderCreated}
	}
	w, secret, err := y.book.CreateWebhook(ctx, y.by, y.reseller, db.WebhookWish{URL: r.URL + "/hooks", Events: events, Loopback: true})
	if err != nil {
		y.t.Fatal(err)
	}
	y.worker.Webhooks.Loopback = true
	return r, w, secret
}

func (y *yard) place(domain string) db.Order {
	y.t.Helper()
	o, err := y.book.PlaceOrder(ctx, y.by, y.reseller, db.NewOrder{ProductID: y.product, Months: 12, Domain: domain})
	if err != nil {
		y.t.Fatal(err)
	}
	return o
}

func (y *yard) deliveries(w db.Webhook) []db.Delivery {
	y.t.Helper()
	list, _, err := y.book.Deliveries(ctx, y.reseller, w.ID, db.DeliveryFilter{Page: db.Page{Limit: 200}})
	if err != nil {
		y.t.Fatal(err)
	}
	slices.Reverse(list)
	return list
}

func (y *yard) attempts(d db.Delivery) []db.Attempt {
	y.t.Helper()
	_, list, err := y.book.Delivery(ctx, y.reseller, d.WebhookID, d.ID)
	if err != nil {
		y.t.Fatal(err)
	}
	slices.Reverse(list)
	return list
}

func (y *yard) endpoint(w db.Webhook) db.Webhook {
	y.t.Helper()
	w, err := y.book.Webhook(ctx, y.reseller, w.ID)
	if err != nil {
		y.t.Fatal(err)
	}
	return w
}

func answering(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

func verifies(t testing.TB, secret string, m told) bool {
	t.Helper()
	v, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return v.Verify(m.body, m.header) == nil
}

func TestAMessageArrivesSignedAsTheStandardSays(t *testing.T) {
	y := openYard(t)
	r, w, secret := y.listen(nil)
	o := y.place("a.ornek.com.tr")
	y.work(1)
	got := r.all()
	if len(got) != 1 || !bytes.Contains(got[0].body, []byte(`"order_number":"`+o.Number+`"`)) || got[0].header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d messages: %+v", len(got), got)
	}
	if !verifies(t, secret, got[0]) {
		t.Error("the signature does not verify")
	}
	forged := told{got[0].header, append(got[0].body, ' '), got[0].at}
	if verifies(t, secret, forged) {
		t.Error("another body verifies")
	}
	d := y.deliveries(w)[0]
	if d.State != db.DeliveryDelivered || d.Tries != 1 || d.LastStatus != 200 || got[0].header.Get("Webhook-Id") != d.Message || string(got[0].body) != d.Body {
		t.Errorf("%+v", d)
	}
	if a := y.attempts(d); len(a) != 1 || a[0].Status != 200 || !strings.Contains(a[0].RequestHeaders, "webhook-id: "+d.Message) || a[0].Error != "" {
		t.Errorf("%+v", a)
	}
	rotated, err := y.book.RotateWebhook(ctx, y.by, y.reseller, w.ID)
	if err != nil {
		t.Fatal(err)
	}
	y.place("b.ornek.com.tr")
	y.work(1)
	last := r.all()[1]
	if !verifies(t, secret, last) || !verifies(t, rotated, last) || verifies(t, rotated, got[0]) {
		t.Error("after a rotation both secrets verify what comes, and the new one nothing before it")
	}
}

func TestAFailingDeliveryFollowsTheSchedule(t *testing.T) {
	y := openYard(t)
	start := y.book.Now().Truncate(time.Microsecond)
	y.book.Now = func() time.Time { return start }
	r, w, _ := y.listen(answering(500))
	y.place("a.ornek.com.tr")
	y.work(40)
	at := start
	got := r.all()
	if len(got) != len(db.WebhookSchedule) {
		t.Fatalf("%d tries", len(got))
	}
	for i, step := range db.WebhookSchedule {
		at = at.Add(step)
		if !got[i].at.Equal(at) {
			t.Errorf("try %d came %s after the start, want %s", i+1, got[i].at.Sub(start), at.Sub(start))
		}
		if got[i].header.Get("Webhook-Id") != got[0].header.Get("Webhook-Id") || !bytes.Equal(got[i].body, got[0].body) {
			t.Error("a later try is another message")
		}
	}
	d := y.deliveries(w)[0]
	if d.State != db.DeliveryFailed || d.Tries != len(db.WebhookSchedule) || d.LastStatus != 500 || d.LastError == "" || len(y.attempts(d)) != len(got) {
		t.Errorf("%+v", d)
	}
	if now := y.endpoint(w); !now.Enabled || now.FailingSince.IsZero() {
		t.Errorf("%+v", now)
	}
	if _, n, err := y.book.Jobs(ctx, db.JobFilter{}); err != nil || n != 0 {
		t.Errorf("%d jobs left, %v", n, err)
	}
	// Replayed by hand once it works, it arrives with the same id.
	r.mood = nil
	if err := y.book.ReplayDelivery(ctx, y.by, y.reseller, w.ID, d.ID); err != nil {
		t.Fatal(err)
	}
	y.work(1)
	got = r.all()
	if d := y.deliveries(w)[0]; d.State != db.DeliveryDelivered || got[len(got)-1].header.Get("Webhook-Id") != d.Message || !y.endpoint(w).FailingSince.IsZero() {
		t.Errorf("replayed: %+v", d)
	}
	// And once more, delivered as it is.
	if err := y.book.ReplayDelivery(ctx, y.by, y.reseller, w.ID, d.ID); err != nil {
		t.Fatal(err)
	}
	y.work(1)
	if len(r.all()) != len(got)+1 {
		t.Error("a delivered message is not sent again")
	}
}

func TestAnswersOfEveryKindAreKeptAndBounded(t *testing.T) {
	y := openYard(t)
	huge := strings.Repeat("ş", 1<<20)
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	t.Cleanup(other.Close)
	closed := httptest.NewServer(nil)
	closed.Close()
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(tls.Close)
	y.worker.Webhooks.Timeout = 400 * time.Millisecond
	for name, c := range map[string]struct {
		mood   http.HandlerFunc
		url    string // "": the receiver's
		status int
		error  string // part of it
		check  func(db.Attempt) bool
	}{
		"no content": {mood: answering(204), status: 204},
		"redirect":   {mood: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) }, status: 302, error: "answered 302"},
		"temporary": {mood: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		}, status: 307, error: "answered 307"},
		"not found":   {mood: answering(404), status: 404, error: "answered 404"},
		"hangs":       {mood: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, error: "no answer in time"},
		"breaks off":  {mood: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, error: "closed without an answer"},
		"refuses":     {url: closed.URL, error: "connection refused"},
		"unknown TLS": {url: tls.URL, error: "TLS: the certificate"},
		"no TLS":      {url: strings.Replace(other.URL, "http:", "https:", 1), error: "the call failed"},
		"huge": {mood: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, huge) }, status: 200,
			check: func(a db.Attempt) bool {
				return a.Cut && len(a.ResponseBody) == 16<<10 && strings.HasPrefix(huge, a.ResponseBody)
			}},
		"binary": {mood: func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("a\x00\xff\xfeb")) }, status: 200,
			check: func(a db.Attempt) bool { return a.ResponseBody == "a\uFFFD\uFFFDb" && !a.Cut }},
		"slow body": {mood: func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "begun")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, status: 200, check: func(a db.Attempt) bool { return a.ResponseBody == "begun" && a.Duration < 2*time.Second }},
		"many headers": {mood: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 30<<10))
		}, status: 200, check: func(a db.Attempt) bool { return len(a.ResponseHeaders) <= 8<<10 }},
		"endless headers": {mood: func(w http.ResponseWriter, _ *http.Request) {
			for range 100 {
				w.Header().Add("X-Long", strings.Repeat("x", 10<<10))
			}
		}, error: "the call failed"},
		"bomb": {mood: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, "not unpacked")
		}, status: 200, check: func(a db.Attempt) bool { return a.ResponseBody == "not unpacked" }},
	} {
		t.Run(name, func(t *testing.T) {
			y := &yard{t: t, book: y.book, worker: y.worker, reseller: y.reseller, product: y.product, by: y.by}
			r, w, _ := y.listen(c.mood)
			if c.url != "" {
				if err := y.book.UpdateWebhook(ctx, y.by, y.reseller, w.ID, db.WebhookWish{URL: c.url, Events: w.Events, Loopback: true}); err != nil {
					t.Fatal(err)
				}
			}
			delivery, job, err := y.book.TestWebhook(ctx, y.by, y.reseller, w.ID)
			if err != nil {
				t.Fatal(err)
			}
			claimed, err := y.book.ClaimJobIn(ctx, db.LaneWebhook, time.Minute)
			if err != nil || claimed.ID != job {
				t.Fatalf("%+v, %v", claimed, err)
			}
			if err := y.worker.Do(ctx, claimed); err != nil {
				t.Fatal(err)
			}
			d := y.deliveries(w)[0]
			a := y.attempts(d)
			failed := c.error != "" || c.status == 0
			if d.ID != delivery || len(a) != 1 || a[0].Status != c.status || !strings.Contains(a[0].Error, c.error) || (a[0].Error != "") != failed || (d.State == db.DeliveryDelivered) == failed {
				t.Fatalf("%s, %+v", d.State, a)
			}
			if c.check != nil && !c.check(a[0]) {
				t.Errorf("%.200s %d bytes, %s", a[0].ResponseBody, len(a[0].ResponseBody), a[0].Duration)
			}
			if c.mood != nil && len(r.all()) != 1 {
				t.Errorf("called %d times", len(r.all()))
			}
			if err := y.book.RemoveWebhook(ctx, y.by, y.reseller, w.ID); err != nil {
				t.Fatal(err)
			}
		})
	}
	if elsewhere != 0 {
		t.Error("a redirect was followed")
	}
}

// The process dies after the call and before it is noted: the message comes again
// under the same id, and only then.
func TestAMessageCutOffAfterTheCallComesAgainUnderItsID(t *testing.T) {
	y := openYard(t)
	r, w, _ := y.listen(nil)
	died := false
	y.book.FailPoint = func(name string) {
		if name == "webhook_sent" && !died {
			died = true
			panic("killed")
		}
	}
	y.place("a.ornek.com.tr")
	y.work(4)
	got := r.all()
	if len(got) != 2 || got[0].header.Get("Webhook-Id") != got[1].header.Get("Webhook-Id") {
		t.Fatalf("%d messages", len(got))
	}
	if list := y.deliveries(w); len(list) != 1 || list[0].State != db.DeliveryDelivered || list[0].Tries != 1 {
		t.Errorf("%+v", list)
	}
}

func TestTwoWorkersDeliverEachMessageOnce(t *testing.T) {
	y := openYard(t)
	r, w, _ := y.listen(nil)
	const orders = 30
	for i := range orders {
		y.place(strings.Repeat("a", i+1) + ".ornek.com.tr")
	}
	running, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	for range 2 {
		worker := *y.worker
		all.Go(func() {
			if err := worker.Run(running, 5*time.Second); err != nil {
				t.Error(err)
			}
		})
	}
	for deadline := time.Now().Add(20 * time.Second); len(r.all()) < orders && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	all.Wait()
	ids := map[string]bool{}
	for _, m := range r.all() {
		ids[m.header.Get("Webhook-Id")] = true
	}
	if len(r.all()) != orders || len(ids) != orders {
		t.Errorf("%d calls of %d messages, want %d", len(r.all()), len(ids), orders)
	}
	for _, d := range y.deliveries(w) {
		if d.State != db.DeliveryDelivered {
			t.Errorf("%s", d.State)
		}
	}
}
