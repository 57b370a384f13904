package wire_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"certbay/providers"
	"certbay/providers/internal/wire"
)

func TestAfterFailuresInARowNothingIsTriedForAWhile(t *testing.T) {
	var well atomic.Bool
	u := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if well.Load() {
			text(200, "application/json", `{"success":true}`)(w, r)
			return
		}
		text(500, "text/plain", "broken")(w, r)
	})
	cl, log := client(t, u.url, func(c *wire.Config) { c.Retries, c.Failures, c.Rest = -1, 3, 200*time.Millisecond })
	for range 3 {
		if _, err := cl.Do(t.Context(), call(true, &envelope{})); err == nil {
			t.Fatal("no error")
		}
	}
	_, err := cl.Do(t.Context(), call(false, &envelope{}))
	var f *providers.Failure
	if !errors.As(err, &f) || f.Trouble != providers.TroubleCircuit || !errors.Is(err, providers.ErrNotSent) || u.hits.Load() != 3 || cl.Circuit() != "open" {
		t.Fatalf("%v after %d requests, circuit %s", err, u.hits.Load(), cl.Circuit())
	}
	well.Store(true)
	time.Sleep(250 * time.Millisecond)
	if _, err := cl.Do(t.Context(), call(true, &envelope{})); err != nil || cl.Circuit() != "closed" {
		t.Errorf("%v, circuit %s", err, cl.Circuit())
	}
	if !strings.Contains(log.text(), "to=open") || !strings.Contains(log.text(), "to=closed") {
		t.Error("the log does not tell of the circuit")
	}
}

func TestPanicOfAnAdapterDoesNotJamTheCircuit(t *testing.T) {
	u := serve(t, text(200, "application/json", `{"success":true}`))
	cl, _ := client(t, u.url, func(c *wire.Config) { c.Failures, c.Rest, c.Concurrency = 1, 10*time.Millisecond, 1 })
	bad := call(true, &envelope{})
	bad.Judge = func(wire.Answer) error { panic("adapter bug") }
	for range 2 { // closed → open, then half-open → open
		func() {
			defer func() { recover() }()
			_, _ = cl.Do(t.Context(), bad)
		}()
		time.Sleep(20 * time.Millisecond)
	}
	if _, err := cl.Do(t.Context(), call(true, &envelope{})); err != nil || cl.Circuit() != "closed" {
		t.Errorf("%v, circuit %s", err, cl.Circuit())
	}
}

func TestRefusalsDoNotOpenTheCircuit(t *testing.T) {
	u := serve(t, text(422, "application/json", `{"error":"no"}`))
	cl, _ := client(t, u.url, func(c *wire.Config) { c.Failures = 2 })
	for range 5 {
		if _, err := cl.Do(t.Context(), call(true, &envelope{})); !errors.Is(err, providers.ErrRefused) {
			t.Fatal(err)
		}
	}
	if cl.Circuit() != "closed" || u.hits.Load() != 5 {
		t.Errorf("circuit %s after %d", cl.Circuit(), u.hits.Load())
	}
}

func TestNoMoreCallsAtOnceThanAllowed(t *testing.T) {
	var now, most atomic.Int32
	u := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		for {
			m := most.Load()
			if n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		time.Sleep(20 * time.Millisecond)
		now.Add(-1)
		text(200, "application/json", `{"success":true}`)(w, r)
	})
	cl, _ := client(t, u.url, func(c *wire.Config) { c.Concurrency, c.Timeout = 3, 5*time.Second })
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			if _, err := cl.Do(t.Context(), call(i%2 == 0, &envelope{})); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := most.Load(); got != 3 {
		t.Errorf("%d at once", got)
	}
}

func TestShortQuietTimeIsWaitedForAndALongOneNot(t *testing.T) {
	var u *upstream
	u = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if u.hits.Load() == 1 {
			w.Header().Set("Retry-After", "1")
			text(429, "text/plain", "slow down")(w, r)
			return
		}
		text(200, "application/json", `{"success":true}`)(w, r)
	})
	cl, _ := client(t, u.url, func(c *wire.Config) { c.MaxWait = 3 * time.Second })
	start := time.Now()
	if _, err := cl.Do(t.Context(), call(true, &envelope{})); err != nil || time.Since(start) < 900*time.Millisecond || u.hits.Load() != 2 {
		t.Errorf("%v after %s and %d requests", err, time.Since(start), u.hits.Load())
	}

	u = serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "120")
		text(429, "text/plain", "slow down")(w, r)
	})
	cl, _ = client(t, u.url)
	for i := range 3 { // only the first is sent
		_, err := cl.Do(t.Context(), call(i == 1, &envelope{}))
		var f *providers.Failure
		if !errors.As(err, &f) || f.Trouble != providers.TroubleBusy || f.RetryAfter < 118*time.Second || f.RetryAfter > 120*time.Second || u.hits.Load() != 1 {
			t.Errorf("%v, %+v, %d requests", err, f, u.hits.Load())
		}
	}
}

// An upstream whose clock is two hours ahead, and that names a date, means a date of its own clock.
func TestRetryDateIsReadByTheUpstreamsClock(t *testing.T) {
	theirs := time.Now().Add(2 * time.Hour).UTC()
	u := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", theirs.Format(http.TimeFormat))
		w.Header().Set("Retry-After", theirs.Add(90*time.Second).Format(http.TimeFormat))
		text(429, "text/plain", "slow down")(w, r)
	})
	cl, _ := client(t, u.url)
	_, err := cl.Do(t.Context(), call(false, &envelope{}))
	var f *providers.Failure
	if !errors.As(err, &f) || f.RetryAfter < 88*time.Second || f.RetryAfter > 91*time.Second {
		t.Errorf("%v: %+v", err, f)
	}
	if s := cl.Skew(); s < 2*time.Hour-3*time.Second || s > 2*time.Hour+3*time.Second {
		t.Errorf("skew %s", s)
	}
}

func TestBaseURLMustBePlain(t *testing.T) {
	for _, base := range []string{"", "shop.example", "ftp://shop.example", "https://", "https://u:p@shop.example", "https://shop.example/?key=1", "https://shop.example/#x"} {
		if _, err := wire.New(wire.Config{Name: "acme", BaseURL: base}); err == nil {
			t.Errorf("%q is taken", base)
		}
	}
	if _, err := wire.New(wire.Config{Name: "acme", BaseURL: " https://shop.example/api/ "}); err != nil {
		t.Error(err)
	}
}
