package db_test

import (
	"errors"
	"fmt"
	"testing"

	"certbay/db"
	"certbay/db/dbtest"
)

func TestTwentyWhoOpenTheSetupLinkMakeOneAdmin(t *testing.T) {
	book := dbtest.Open(t)
	token, err := book.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	results := make(chan error, 20)
	for i := range cap(results) {
		go func() {
			_, err := book.CreateFirstAdmin(t.Context(), token, "Admin", fmt.Sprintf("admin%d@shop.example", i), goodPassword, testIP)
			results <- err
		}()
	}
	made := 0
	for range cap(results) {
		if err := <-results; err == nil {
			made++
		} else if !errors.Is(err, db.ErrGone) {
			t.Error(err)
		}
	}
	if people, err := book.Staff(t.Context(), 0); made != 1 || len(people) != 1 {
		t.Errorf("%d made, %d in the book, %v", made, len(people), err)
	}
	if _, err := book.SetupToken(t.Context()); !errors.Is(err, db.ErrGone) {
		t.Errorf("a new setup link although there is an admin: %v", err)
	}
}

func TestSetupLinkDiesWithAnAdminMadeElsewhere(t *testing.T) {
	book := dbtest.Open(t)
	token, err := book.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := book.CheckSetupToken(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if _, err := book.CreateAdmin(t.Context(), "Admin", "admin@shop.example", goodPassword); err != nil {
		t.Fatal(err)
	}
	if err := book.CheckSetupToken(t.Context(), token); !errors.Is(err, db.ErrGone) {
		t.Errorf("check: %v", err)
	}
	if _, err := book.CreateFirstAdmin(t.Context(), token, "Eve", "eve@shop.example", goodPassword, testIP); !errors.Is(err, db.ErrGone) {
		t.Errorf("create: %v", err)
	}
}

func TestANewSetupLinkReplacesTheOneBeforeAndAWeakPasswordSpendsNone(t *testing.T) {
	book := dbtest.Open(t)
	old, _ := book.SetupToken(t.Context())
	token, err := book.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{old, "", "guess"} {
		if err := book.CheckSetupToken(t.Context(), wrong); !errors.Is(err, db.ErrGone) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if _, err := book.CreateFirstAdmin(t.Context(), token, "Admin", "admin@shop.example", "password1234", testIP); !errors.Is(err, db.ErrWeakPassword) {
		t.Errorf("weak: %v", err)
	}
	if _, err := book.CreateFirstAdmin(t.Context(), token, "Admin", "admin@shop.example", goodPassword, testIP); err != nil {
		t.Error(err)
	}
}
