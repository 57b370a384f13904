package db_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"certbay/db"
)

func TestRotatedKeyWorksOnForTheOverlapAndThenEnds(t *testing.T) {
	o := openOffice(t)
	r := o.apiReseller(t)
	by := o.owner.Actor(testIP)
	old, before, err := o.CreateAPIKey(ctx, by, r.ID, db.NewAPIKey{Name: "shop", Scopes: []db.Scope{db.ScopeRead, db.ScopeOrder}, AllowedIPs: []string{"192.0.2.0/24"}})
	if err != nil {
		t.Fatal(err)
	}
	fresh, after, err := o.RotateAPIKey(ctx, by, r.ID, old.ID, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if fresh.Name != old.Name || len(fresh.Scopes) != 2 || fresh.AllowedIPs[0] != old.AllowedIPs[0] || !fresh.ExpiresAt.IsZero() || after == before {
		t.Errorf("successor %+v", fresh)
	}
	if k, err := o.APIKey(ctx, r.ID, old.ID); err != nil || k.State(o.Now()) != "rotated" || k.ReplacedBy != fresh.ID {
		t.Errorf("old key %+v, %v", k, err)
	}
	o.later(23 * time.Hour)
	for _, secret := range []string{before, after} {
		if _, err := o.APIKeyBySecret(ctx, secret); err != nil {
			t.Errorf("within the overlap: %v", err)
		}
	}
	o.later(2 * time.Hour)
	if _, err := o.APIKeyBySecret(ctx, before); !errors.Is(err, db.ErrGone) {
		t.Errorf("after the overlap: %v", err)
	}
	if _, err := o.APIKeyBySecret(ctx, after); err != nil {
		t.Errorf("the successor: %v", err)
	}
	if n := o.actions(t, "api_key.rotate"); n != 1 {
		t.Errorf("%d audit rows", n)
	}
	if text := o.auditText(t); strings.Contains(text, before) || strings.Contains(text, after) {
		t.Error("a secret is in the audit")
	}
}

func TestRotationKeepsTheOldEndAndGivesTheSuccessorAsLong(t *testing.T) {
	o := openOffice(t)
	r := o.apiReseller(t)
	old, before, err := o.CreateAPIKey(ctx, db.System, r.ID, db.NewAPIKey{Name: "short", Scopes: db.Scopes, ExpiresAt: o.Now().Add(10 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	o.later(9 * time.Hour)
	fresh, _, err := o.RotateAPIKey(ctx, db.System, r.ID, old.ID, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if d := fresh.ExpiresAt.Sub(o.Now()); d < 10*time.Hour-time.Second || d > 10*time.Hour+time.Second {
		t.Errorf("the successor lives %v", d)
	}
	o.later(time.Hour)
	if _, err := o.APIKeyBySecret(ctx, before); !errors.Is(err, db.ErrGone) {
		t.Errorf("the overlap lengthened the old key's life: %v", err)
	}
}

func TestKeyIsRotatedByItsResellerOnceAndOnlyWhileItWorks(t *testing.T) {
	o := openOffice(t)
	r := o.apiReseller(t)
	key := func(expires time.Time) int64 {
		k, _, err := o.CreateAPIKey(ctx, db.System, r.ID, db.NewAPIKey{Name: "k", Scopes: db.Scopes, ExpiresAt: expires})
		if err != nil {
			t.Fatal(err)
		}
		return k.ID
	}
	good, revoked, expired := key(time.Time{}), key(time.Time{}), key(o.Now().Add(time.Hour))
	if err := o.RevokeAPIKey(ctx, db.System, r.ID, revoked); err != nil {
		t.Fatal(err)
	}
	o.later(time.Hour)
	for name, c := range map[string]struct {
		reseller, id int64
		overlap      time.Duration
		want         error
	}{
		"another's": {o.reseller.ID, good, 0, db.ErrNotFound}, "unknown": {r.ID, 999, 0, db.ErrNotFound}, "revoked": {r.ID, revoked, 0, db.ErrStale},
		"expired": {r.ID, expired, 0, db.ErrStale}, "long overlap": {r.ID, good, db.MaxOverlap + 1, db.ErrInvalid}, "negative": {r.ID, good, -1, db.ErrInvalid},
	} {
		if _, _, err := o.RotateAPIKey(ctx, db.System, c.reseller, c.id, c.overlap); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var done, stale atomic.Int64
	var racers sync.WaitGroup
	for range 10 {
		racers.Go(func() {
			switch _, _, err := o.RotateAPIKey(ctx, db.System, r.ID, good, 0); {
			case err == nil:
				done.Add(1)
			case errors.Is(err, db.ErrStale):
				stale.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	racers.Wait()
	if done.Load() != 1 || stale.Load() != 9 {
		t.Errorf("%d rotated, %d refused", done.Load(), stale.Load())
	}
	if k, err := o.APIKey(ctx, r.ID, good); err != nil || k.State(o.Now()) != "expired" {
		t.Errorf("without overlap: %+v, %v", k, err)
	}
}

func TestAPIGoesOnOnlyWhereTheOperatorAllowsIt(t *testing.T) {
	o := openOffice(t)
	by := o.owner.Actor(testIP)
	id := o.reseller.ID
	if err := o.SetAPIEnabled(ctx, by, id, true); !errors.Is(err, db.ErrForbidden) {
		t.Fatalf("not allowed: %v", err)
	}
	word := func(may bool) {
		t.Helper()
		if err := o.UpdateReseller(ctx, db.System, id, db.NewReseller{Name: "Liman", Company: "Liman", Email: "info@liman.example", APIEnabled: may}); err != nil {
			t.Fatal(err)
		}
	}
	word(true)
	_, secret, err := o.CreateAPIKey(ctx, by, id, db.NewAPIKey{Name: "k", Scopes: db.Scopes})
	if err != nil {
		t.Fatal(err)
	}
	opens := func(want error) {
		t.Helper()
		if _, err := o.APIKeyBySecret(ctx, secret); !errors.Is(err, want) {
			t.Errorf("the key: %v, want %v", err, want)
		}
	}
	opens(db.ErrSuspended)
	for range 2 {
		if err := o.SetAPIEnabled(ctx, by, id, true); err != nil {
			t.Fatal(err)
		}
	}
	opens(nil)
	word(false)
	opens(db.ErrSuspended)
	if r, err := o.Reseller(ctx, id); err != nil || !r.APIEnabled || r.APIAllowed {
		t.Errorf("%+v, %v", r, err)
	}
	word(true)
	opens(nil)
	if err := o.SetAPIEnabled(ctx, by, id, false); err != nil {
		t.Fatal(err)
	}
	opens(db.ErrSuspended)
	if n := o.actions(t, "reseller.api"); n != 2 {
		t.Errorf("%d audit rows, want one for each change", n)
	}
}

func TestResellerHasABoundedNumberOfWorkingKeys(t *testing.T) {
	o := openOffice(t)
	r := o.apiReseller(t)
	make := func() (db.APIKey, error) {
		k, _, err := o.CreateAPIKey(ctx, db.System, r.ID, db.NewAPIKey{Name: "k", Scopes: db.Scopes})
		return k, err
	}
	var last db.APIKey
	for range db.MaxAPIKeys {
		var err error
		if last, err = make(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := make(); !errors.Is(err, db.ErrTooManyKeys) {
		t.Fatalf("one more: %v", err)
	}
	if err := o.RevokeAnyAPIKey(ctx, db.System, last.ID); err != nil {
		t.Fatal(err)
	}
	if err := o.RevokeAnyAPIKey(ctx, db.System, last.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("revoked twice: %v", err)
	}
	if _, err := make(); err != nil {
		t.Errorf("after one was revoked: %v", err)
	}
}
