package datassl_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"certbay/db"
	"certbay/providers/providertest"
)

func (s *shop) count(reseller int64) int {
	s.t.Helper()
	_, n, err := s.Book.Orders(s.t.Context(), reseller, db.OrderFilter{})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func TestARepeatedOrderIsPlacedOnceAndAnsweredTheSame(t *testing.T) {
	s := openShop(t)
	body := fields{"product_id": s.single, "domain": "once.example"}
	first := s.ok(s.post("/orders", body, "Idempotency-Key", `"8e03978e-40d5-43dd-bc93-6894a57f9324"`))
	if first.header.Get("Idempotent-Replayed") != "" {
		t.Error("the first answer is no repetition")
	}
	again := s.ok(s.post("/orders/", body, "Idempotency-Key", "8e03978e-40d5-43dd-bc93-6894a57f9324"))
	if again.raw != first.raw || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("%s\n%s", first.raw, again.raw)
	}
	s.refused(s.post("/orders", fields{"product_id": s.single, "domain": "other.example"}, "Idempotency-Key", "8e03978e-40d5-43dd-bc93-6894a57f9324"), 422, "idempotency_reused")
	// Another key of the same reseller, and another reseller, mean another request.
	s.ok(s.ask(s.NewKey(s.Reseller.ID, db.NewAPIKey{Name: "Second", Scopes: db.Scopes}), "POST", "/orders", body, "Idempotency-Key", "8e03978e-40d5-43dd-bc93-6894a57f9324"))
	s.ok(s.ask(s.OtherKey, "POST", "/orders", body, "Idempotency-Key", "8e03978e-40d5-43dd-bc93-6894a57f9324"))
	if s.count(s.Reseller.ID) != 2 || s.count(s.Other.ID) != 1 {
		t.Errorf("%d and %d orders", s.count(s.Reseller.ID), s.count(s.Other.ID))
	}
	for _, bad := range []string{"", strings.Repeat("k", 256), `""`, "tab\there"} {
		s.refused(s.post("/orders", body, "Idempotency-Key", bad), 400, "idempotency_key")
	}
	s.Later(25 * time.Hour)
	if a := s.ok(s.post("/orders", body, "Idempotency-Key", "8e03978e-40d5-43dd-bc93-6894a57f9324")); a.raw == first.raw {
		t.Error("a day later the key is as new")
	}
}

func TestARefusalLeavesTheKeyAsNew(t *testing.T) {
	s := openShop(t)
	s.refused(s.post("/orders", fields{"product_id": s.single, "domain": "https://x"}, "Idempotency-Key", "k"), 422, "name_url")
	s.ok(s.post("/orders", fields{"product_id": s.single, "domain": "x.example"}, "Idempotency-Key", "k"))
}

func TestManyAtOnceWithOneKeyPlaceOneOrder(t *testing.T) {
	s := openShop(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[int]int{}
	ids := map[int64]bool{}
	for range 16 {
		wg.Go(func() {
			a := s.post("/orders", fields{"product_id": s.single, "domain": "storm.example"}, "Idempotency-Key", "storm")
			mu.Lock()
			defer mu.Unlock()
			seen[a.status]++
			if a.status == http.StatusOK {
				ids[a.id("order_id")] = true
			} else if a.text("code") != "idempotency_running" || a.header.Get("Retry-After") == "" {
				t.Error(a.raw)
			}
		})
	}
	wg.Wait()
	if s.count(s.Reseller.ID) != 1 || len(ids) != 1 || seen[200]+seen[409] != 16 {
		t.Errorf("%d orders; answers %v", s.count(s.Reseller.ID), seen)
	}
}

// A process that stops between the order and its answer, wherever: the same
// request later gets the order that was placed.
func TestAnOrderWhoseAnswerWasLostIsAnsweredFromTheBook(t *testing.T) {
	for _, point := range []string{"order_committed", "before_answer"} {
		t.Run(point, func(t *testing.T) {
			s := openShop(t)
			body := fields{"product_id": s.single, "domain": "lost.example"}
			hang, hung := make(chan struct{}), atomic.Bool{}
			reached := make(chan struct{})
			s.Book.FailPoint = func(name string) {
				if name == point && hung.CompareAndSwap(false, true) { // the first, and nobody after it
					close(reached)
					<-hang
				}
			}
			release := sync.OnceFunc(func() { close(hang) })
			defer release()
			var wg sync.WaitGroup
			wg.Go(func() { s.post("/orders", body, "Idempotency-Key", "lost") })
			<-reached
			s.refused(s.post("/orders", body, "Idempotency-Key", "lost"), 409, "idempotency_running")
			s.Later(2 * time.Minute)
			a := s.ok(s.post("/orders", body, "Idempotency-Key", "lost"))
			if a.text("domain") != "lost.example" || a.text("credit_used") != "12.99" || a.header.Get("Idempotent-Replayed") != "" {
				t.Error(a.raw)
			}
			release()
			wg.Wait()
			if b := s.ok(s.post("/orders", body, "Idempotency-Key", "lost")); b.raw != a.raw || b.header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("%s\n%s", a.raw, b.raw)
			}
			if s.count(s.Reseller.ID) != 1 || s.Balance(s.Reseller.ID) != 125_000-1299 {
				t.Errorf("%d orders, balance %d", s.count(s.Reseller.ID), s.Balance(s.Reseller.ID))
			}
		})
	}
}

// Every change takes a key: done twice, it is done once.
func TestEveryChangeIsDoneOnceUnderAKey(t *testing.T) {
	s := openShop(t)
	id := s.order(s.Key, "each.example")
	cancelled := s.order(s.Key, "cancelled.example")
	for _, step := range []struct {
		method, path string
		body         fields
		event        string
	}{
		{"POST", "/credits", fields{"order_id": id}, ""},
		{"POST", "/ssl/configure", fields{"order_id": id, "csr": providertest.CSR(t, "each.example")}, "configured"},
		{"POST", "/ssl/resend-validation", fields{"order_id": id}, "dcv_resend"},
		{"POST", "/ssl/change-dcv", fields{"order_id": id, "dcv_method": "http"}, "dcv_change"},
		{"PUT", fmt.Sprint("/orders/", cancelled), fields{"action": "cancel"}, "cancelled"},
		{"POST", "/csr/decode", fields{"csr": providertest.CSR(t, "each.example")}, ""},
	} {
		key := step.method + " " + step.path
		first := s.ok(s.ask(s.Key, step.method, step.path, step.body, "Idempotency-Key", key))
		again := s.ok(s.ask(s.Key, step.method, step.path, step.body, "Idempotency-Key", key))
		if first.raw != again.raw || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s: %s\n%s", key, first.raw, again.raw)
		}
		if step.event == "" {
			continue
		}
		n := 0
		for _, order := range []int64{id, cancelled} {
			events, err := s.Book.Events(t.Context(), order)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if e.Kind == step.event {
					n++
				}
			}
		}
		if n != 1 {
			t.Errorf("%s: %d events %s", key, n, step.event)
		}
	}
}
