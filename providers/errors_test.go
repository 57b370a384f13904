package providers

import (
	"errors"
	"fmt"
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
		StateProcessing: false, StateValidationPending: false, StateIssued: false,
		StateRejected: true, StateCancelled: true, StateRevoked: true,
	} {
		if s.Final() != want {
			t.Errorf("%s.Final() = %v", s, !want)
		}
	}
}
