package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"certbay/db"
)

// onceShop is a shop with a key whose clock the test moves.
func onceShop(t *testing.T) (shop, func(key, body string) db.OnceKey, func(time.Duration)) {
	t.Helper()
	s := openShop(t, 100_00)
	key, _, err := s.CreateAPIKey(ctx, db.System, s.reseller, db.NewAPIKey{Name: "Panel", Scopes: db.Scopes})
	if err != nil {
		t.Fatal(err)
	}
	var ahead time.Duration
	start := s.DB.Now
	s.DB.Now = func() time.Time { return start().Add(ahead) }
	return s, func(name, body string) db.OnceKey { return db.OnceKey{APIKeyID: key.ID, Key: name, Fingerprint: body} },
		func(d time.Duration) { ahead += d }
}

func (s shop) placeUnder(c db.Claim) (db.Order, error) {
	return s.PlaceOrder(db.WithIdempotency(ctx, c), s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: "once.example"})
}

func (s shop) orders(t testing.TB) int {
	t.Helper()
	_, n, err := s.Orders(ctx, s.reseller, db.OrderFilter{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOnlyOneOfManyClaimsARequest(t *testing.T) {
	s, key, _ := onceShop(t)
	var wg sync.WaitGroup
	outcomes := make([]error, 20)
	for i := range outcomes {
		wg.Go(func() {
			claim, answer, err := s.ClaimOnce(ctx, key("k", "body"), time.Minute)
			if err == nil && answer == nil {
				_, err = s.placeUnder(claim)
			}
			outcomes[i] = err
		})
	}
	wg.Wait()
	won := 0
	for _, err := range outcomes {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, db.ErrRunning):
			t.Error(err)
		}
	}
	if won != 1 || s.orders(t) != 1 {
		t.Errorf("%d claims, %d orders", won, s.orders(t))
	}
	s.verify(t)
}

func TestARequestThatBrokeOffIsFinishedAndNeverDoneAgain(t *testing.T) {
	s, key, later := onceShop(t)
	first, _, err := s.ClaimOnce(ctx, key("k", "body"), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	// The process dies before anything was done: the next one does it.
	later(2 * time.Minute)
	second, answer, err := s.ClaimOnce(ctx, key("k", "body"), time.Minute)
	if err != nil || answer != nil || second.Effect != "" {
		t.Fatal(err, answer, second.Effect)
	}
	// The first was only slow: its claim is lost, and so is its order.
	if _, err := s.placeUnder(first); !errors.Is(err, db.ErrRunning) {
		t.Fatalf("a lost claim placed an order: %v", err)
	}
	o, err := s.placeUnder(second)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.ClaimOnce(ctx, key("k", "body"), time.Minute); !errors.Is(err, db.ErrRunning) {
		t.Errorf("while it runs: %v", err)
	}
	// The process dies after the effect and before the answer: the third finds it.
	later(2 * time.Minute)
	third, answer, err := s.ClaimOnce(ctx, key("k", "body"), time.Minute)
	if err != nil || answer != nil || third.Effect != fmt.Sprint("order ", o.ID) {
		t.Fatal(err, answer, third.Effect)
	}
	if err := s.KeepAnswer(ctx, third, db.OnceAnswer{Status: 200, ContentType: "application/json", Body: "{}"}); err != nil {
		t.Fatal(err)
	}
	if err := s.KeepAnswer(ctx, second, db.OnceAnswer{Status: 500}); !errors.Is(err, db.ErrStale) {
		t.Errorf("a lost claim answered: %v", err)
	}
	_, answer, err = s.ClaimOnce(ctx, key("k", "body"), time.Minute)
	if err != nil || answer == nil || *answer != (db.OnceAnswer{Status: 200, ContentType: "application/json", Body: "{}"}) {
		t.Error(err, answer)
	}
	if _, _, err := s.ClaimOnce(ctx, key("k", "another body"), time.Minute); !errors.Is(err, db.ErrReused) {
		t.Errorf("with another body: %v", err)
	}
	if s.orders(t) != 1 {
		t.Errorf("%d orders", s.orders(t))
	}
	later(25 * time.Hour)
	if c, answer, err := s.ClaimOnce(ctx, key("k", "another body"), time.Minute); err != nil || answer != nil || c.Effect != "" {
		t.Errorf("a day later the key is as new: %v %v", answer, err)
	}
}

func TestAKeyWhoseRequestDidNothingIsAsNew(t *testing.T) {
	s, key, later := onceShop(t)
	claim, _, err := s.ClaimOnce(ctx, key("k", "a mistake"), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if nothing, err := s.ReleaseClaim(ctx, claim); err != nil || !nothing {
		t.Fatal(nothing, err)
	}
	claim, _, err = s.ClaimOnce(ctx, key("k", "mended"), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.placeUnder(claim); err != nil {
		t.Fatal(err)
	}
	if nothing, err := s.ReleaseClaim(ctx, claim); err != nil || nothing {
		t.Fatal(nothing, err)
	}
	claim, _, err = s.ClaimOnce(ctx, key("k", "mended"), time.Minute)
	if err != nil || claim.Effect == "" {
		t.Errorf("what was done is forgotten: %v", err)
	}
	// Two keys of the same words belong to two API keys.
	other := key("k", "mended")
	made, _, err := s.CreateAPIKey(ctx, db.System, s.reseller, db.NewAPIKey{Name: "Other", Scopes: db.Scopes})
	if err != nil {
		t.Fatal(err)
	}
	other.APIKeyID = made.ID
	if c, _, err := s.ClaimOnce(ctx, other, time.Minute); err != nil || c.Effect != "" {
		t.Error(err, c.Effect)
	}
	later(23 * time.Hour)
	if err := s.PurgeIdempotency(ctx); err != nil {
		t.Fatal(err)
	}
	if c, _, err := s.ClaimOnce(ctx, key("k", "mended"), time.Minute); err != nil || c.Effect == "" {
		t.Errorf("purged too early: %v", err)
	}
	for _, bad := range []string{"", string(make([]byte, 256))} {
		if _, _, err := s.ClaimOnce(ctx, key(bad, "x"), time.Minute); !errors.Is(err, db.ErrInvalid) {
			t.Errorf("a key of %d bytes: %v", len(bad), err)
		}
	}
}

// Racers whose leases run out under them: whatever comes between, one order.
func TestRacingClaimsNeverPlaceTwice(t *testing.T) {
	for round := range 5 {
		s, key, _ := onceShop(t)
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				for range 4 {
					claim, answer, err := s.ClaimOnce(ctx, key("k", "body"), time.Millisecond)
					switch {
					case errors.Is(err, db.ErrRunning):
						time.Sleep(time.Millisecond)
						continue
					case err != nil:
						t.Error(err)
						return
					case answer != nil:
						return
					}
					if claim.Effect == "" {
						if _, err := s.placeUnder(claim); err != nil {
							if !errors.Is(err, db.ErrRunning) {
								t.Error(err)
							}
							continue
						}
					}
					if err := s.KeepAnswer(context.Background(), claim, db.OnceAnswer{Status: 200, Body: "{}"}); err != nil && !errors.Is(err, db.ErrStale) {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n := s.orders(t); n != 1 {
			t.Fatalf("round %d: %d orders", round, n)
		}
		s.verify(t)
	}
}
