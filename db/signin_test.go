package db_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/db"
)

func TestSignInFindsThePersonByAnySpellingOfTheAddress(t *testing.T) {
	o := openOffice(t)
	p, err := o.SignIn(t.Context(), "  DENIZ@liman.Example", goodPassword, testIP)
	if err != nil || p.ID != o.owner.ID || p.Company != "Liman" {
		t.Fatalf("%+v, %v", p, err)
	}
	if again, _ := o.Person(t.Context(), p.ID); again.SignedInAt.IsZero() {
		t.Error("sign-in time not kept")
	}
}

func TestEveryWrongSignInIsAnsweredAlike(t *testing.T) {
	o := openOffice(t)
	suspended, err := o.CreatePerson(t.Context(), db.System, db.NewPerson{ResellerID: o.reseller.ID, Role: db.RoleViewer, Name: "Old", Email: "old@liman.example", Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.SetPersonStatus(t.Context(), db.System, suspended.ID, db.Suspended); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][2]string{
		"wrong password":   {"deniz@liman.example", otherPassword},
		"no password":      {"deniz@liman.example", ""},
		"endless password": {"deniz@liman.example", strings.Repeat("x", 100_000)},
		"unknown account":  {"nobody@liman.example", goodPassword},
		"no account":       {"", ""},
		"suspended":        {"old@liman.example", goodPassword},
	} {
		if p, err := o.SignIn(t.Context(), c[0], c[1], testIP); err != db.ErrSignIn || p.ID != 0 {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	if err := o.SetResellerStatus(t.Context(), db.System, o.reseller.ID, db.Suspended); err != nil {
		t.Fatal(err)
	}
	if _, err := o.SignIn(t.Context(), "deniz@liman.example", goodPassword, testIP); err != db.ErrSignIn {
		t.Errorf("staff of a suspended reseller: %v", err)
	}
}

// A password typed into the wrong field must not end up in the audit either.
func TestAuditNamesTheSignInButNothingThatWasTyped(t *testing.T) {
	o := openOffice(t)
	o.SignIn(t.Context(), o.owner.Email, otherPassword, testIP)
	o.SignIn(t.Context(), otherPassword, otherPassword, testIP)
	if _, err := o.SignIn(t.Context(), o.owner.Email, goodPassword, testIP); err != nil {
		t.Fatal(err)
	}
	if failed, ok := o.actions(t, "sign_in.failed"), o.actions(t, "sign_in.ok"); failed != 2 || ok != 1 {
		t.Errorf("%d failed, %d ok", failed, ok)
	}
	if text := o.auditText(t); strings.Contains(text, otherPassword) || strings.Contains(text, goodPassword) {
		t.Error("a password is in the audit")
	}
}

func TestUnknownAccountTakesAsLongAsAWrongPassword(t *testing.T) {
	o := openOffice(t)
	o.SignIn(t.Context(), "warm@up.example", goodPassword, "192.0.2.99")
	fastest := map[string]time.Duration{}
	for range 8 { // fewer than an account's share
		for _, email := range []string{o.owner.Email, "nobody@liman.example"} {
			start := time.Now()
			o.SignIn(t.Context(), email, otherPassword, testIP)
			if took := time.Since(start); fastest[email] == 0 || took < fastest[email] {
				fastest[email] = took
			}
		}
	}
	known, unknown := fastest[o.owner.Email], fastest["nobody@liman.example"]
	if unknown < known/2 || known < unknown/2 {
		t.Errorf("known %v, unknown %v", known, unknown)
	}
}

func TestTenWrongPasswordsLockTheAccountForAQuarterOfAnHour(t *testing.T) {
	for _, email := range []string{"deniz@liman.example", "nobody@liman.example"} {
		o := openOffice(t)
		o.later(0)
		for i := range 10 {
			if _, err := o.SignIn(t.Context(), email, otherPassword, fmt.Sprintf("192.0.2.%d", i)); err != db.ErrSignIn {
				t.Fatalf("%s attempt %d: %v", email, i+1, err)
			}
		}
		o.later(5 * time.Minute)
		var throttled *db.Throttled
		if _, err := o.SignIn(t.Context(), email, goodPassword, testIP); !errors.As(err, &throttled) || throttled.RetryAfter != 10*time.Minute {
			t.Fatalf("%s: %v", email, err)
		}
		o.later(throttled.RetryAfter)
		_, err := o.SignIn(t.Context(), email, goodPassword, testIP)
		if known := email == o.owner.Email; known && err != nil || !known && err != db.ErrSignIn {
			t.Errorf("%s after the window: %v", email, err)
		}
		if n := o.actions(t, "sign_in.throttled"); n != 1 {
			t.Errorf("%d audit rows of throttling", n)
		}
	}
}

func TestRightPasswordClearsTheAccountsCount(t *testing.T) {
	o := openOffice(t)
	for range 3 {
		for range 9 {
			if _, err := o.SignIn(t.Context(), o.owner.Email, otherPassword, testIP); err != db.ErrSignIn {
				t.Fatal(err)
			}
		}
		if _, err := o.SignIn(t.Context(), o.owner.Email, goodPassword, testIP); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOneAddressGuessesFiftyTimesOverAllAccounts(t *testing.T) {
	o := openOffice(t)
	var throttled *db.Throttled
	for i := range 50 {
		// Neighbours in one IPv6 network are one address.
		if _, err := o.SignIn(t.Context(), fmt.Sprintf("u%d@x.example", i), "x", fmt.Sprintf("2001:db8::%x", i)); err != db.ErrSignIn {
			t.Fatalf("attempt %d: %v", i+1, err)
		}
	}
	if _, err := o.SignIn(t.Context(), o.owner.Email, goodPassword, "2001:db8::ffff"); !errors.As(err, &throttled) {
		t.Errorf("same network: %v", err)
	}
	if _, err := o.SignIn(t.Context(), o.owner.Email, goodPassword, "2001:db8:0:1::1"); err != nil {
		t.Errorf("another network: %v", err)
	}
}

func TestManyGuessesAtOnceGetNoMoreThanTheirShare(t *testing.T) {
	o := openOffice(t)
	var mu sync.Mutex
	tried := 0
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			if _, err := o.SignIn(t.Context(), o.owner.Email, otherPassword, testIP); err == db.ErrSignIn {
				mu.Lock()
				tried++
				mu.Unlock()
			} else if !errors.As(err, new(*db.Throttled)) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if tried != 10 {
		t.Errorf("%d guesses were checked, want 10", tried)
	}
}

func TestChangingThePasswordEndsTheOtherSessions(t *testing.T) {
	o := openOffice(t)
	o.newSession(t, "here")
	o.newSession(t, "elsewhere")
	by := o.owner.Actor(testIP)
	if err := o.ChangePassword(t.Context(), by, o.owner.ID, otherPassword, "a wholly new password", "here"); err != db.ErrSignIn {
		t.Fatalf("wrong current password: %v", err)
	}
	if err := o.ChangePassword(t.Context(), by, o.owner.ID, goodPassword, "short", "here"); !errors.Is(err, db.ErrWeakPassword) {
		t.Fatalf("weak: %v", err)
	}
	if err := o.ChangePassword(t.Context(), by, o.owner.ID, goodPassword, otherPassword, "here"); err != nil {
		t.Fatal(err)
	}
	left, err := o.SessionsOf(t.Context(), o.owner.ID)
	if err != nil || len(left) != 1 || left[0].IDHash != "here" {
		t.Errorf("left: %+v, %v", left, err)
	}
	if _, err := o.SignIn(t.Context(), o.owner.Email, goodPassword, testIP); err != db.ErrSignIn {
		t.Errorf("old password: %v", err)
	}
	if _, err := o.SignIn(t.Context(), o.owner.Email, otherPassword, testIP); err != nil {
		t.Errorf("new password: %v", err)
	}
}

func TestTwoPasswordChangesAtOnceOneWins(t *testing.T) {
	o := openOffice(t)
	results := make(chan error, 2)
	for i := range 2 {
		go func() {
			results <- o.ChangePassword(t.Context(), o.owner.Actor(testIP), o.owner.ID, goodPassword, fmt.Sprintf("%s %d", otherPassword, i), "")
		}()
	}
	won := 0
	for range 2 {
		// The loser either finds the password changed under it, or starts after it was.
		switch err := <-results; {
		case err == nil:
			won++
		case !errors.Is(err, db.ErrStale) && err != db.ErrSignIn:
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
}
