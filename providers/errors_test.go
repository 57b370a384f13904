package providers

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

func TestRefusalIsErrRefusedAndKeepsTheWords(t *testing.T) {
	err := fmt.Errorf("submit: %w", Refuse("csr", "Geçersiz CSR."))
	var r *Refusal
	if !errors.Is(err, ErrRefused) || errors.Is(err, ErrUnknown) || !errors.As(err, &r) || r.Message != "Geçersiz CSR." || r.Field != "csr" {
		t.Errorf("%#v", err)
	}
}

func TestOnlyTheFourMethodsAreValid(t *testing.T) {
	for m, want := range map[Method]bool{MethodEmail: true, MethodHTTP: true, MethodHTTPS: true, MethodDNS: true, "": false, "DNS": false} {
		if m.Valid() != want {
			t.Errorf("%q.Valid() = %v", m, !want)
		}
	}
}

func TestNothingMovesAfterAFinalState(t *testing.T) {
	for s, want := range map[State]bool{
		StateProcessing: false, StateValidationPending: false, StateIssued: false, StateSuspended: false,
		StateRejected: true, StateCancelled: true, StateRevoked: true,
	} {
		if s.Final() != want {
			t.Errorf("%s.Final() = %v", s, !want)
		}
	}
}

func TestFailureIsWhatItMeans(t *testing.T) {
	for _, tc := range []struct {
		f            Failure
		unsure, sent bool
	}{
		{Failure{}, false, false},
		{Failure{Reached: true}, false, false}, // a read
		{Failure{Changes: true}, false, true},
		{Failure{Changes: true, Reached: true}, true, false},
	} {
		err := fmt.Errorf("submit: %w", &tc.f)
		if !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrUnsure) != tc.unsure || errors.Is(err, ErrNotSent) != tc.sent || errors.Is(err, ErrRefused) {
			t.Errorf("%+v: %v", tc.f, err)
		}
	}
}

// able can do one thing.
type able struct {
	Provider
	Finder
}

func TestAbilitiesAreThoseThatAreThere(t *testing.T) {
	if got := Abilities(able{}); !slices.Equal(got, []Ability{CanFind}) {
		t.Error(got)
	}
	if got := Abilities(struct{ Provider }{}); len(got) != 0 {
		t.Error(got)
	}
}
