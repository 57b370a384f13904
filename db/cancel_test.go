package db_test

import (
	"errors"
	"fmt"
	"testing"

	"certbay/db"
)

func TestACancelThatReadBeforeTheSubmissionBeganIsStale(t *testing.T) {
	s := openShop(t, 10_000)
	o, _ := s.configured(t, "example.com")
	answer, err := s.Overlap(ctx, fmt.Sprint(`update orders set fulfilment = 'submitting' where id = `, o.ID),
		func() error { _, err := s.CancelOrder(ctx, s.staff, s.reseller, o.ID); return err })
	if err != nil || !errors.Is(answer, db.ErrStale) {
		t.Fatalf("cancelled although the upstream is being called: %v, %v", answer, err)
	}
	if balance := s.balance(t); balance != 10_000-1299 {
		t.Fatalf("balance %d", balance)
	}
	s.verify(t)
}

func TestASubmissionThatReadBeforeTheCancelIsStale(t *testing.T) {
	s := openShop(t, 10_000)
	o, certificate := s.configured(t, "example.com")
	answer, err := s.Overlap(ctx, fmt.Sprint(`update orders set fulfilment = 'none' where id = `, o.ID),
		func() error { _, err := s.BeginSubmit(ctx, certificate); return err })
	if err != nil || !errors.Is(answer, db.ErrStale) {
		t.Fatalf("the upstream would be called for a cancelled order: %v, %v", answer, err)
	}
}

func TestAnAnswerThatReadBeforeTheNextAttemptIsStale(t *testing.T) {
	for name, call := range map[string]func(s shop, certificate int64) error{
		"accepted": func(s shop, c int64) error { return s.AcceptSubmit(ctx, db.System, c, "up-1") },
		"refused":  func(s shop, c int64) error { return s.RefuseSubmit(ctx, c, "no") },
		"doubted":  func(s shop, c int64) error { return s.DoubtSubmit(ctx, c, "no") },
		"issued":   func(s shop, c int64) error { return s.RecordIssued(ctx, c, s.issued(), nil) },
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, 10_000)
			o, certificate := s.configured(t, "example.com")
			must[db.Submission](t)(s.BeginSubmit(ctx, certificate))
			answer, err := s.Overlap(ctx, fmt.Sprintf(`update orders set status = status where id = %d; update certificate set state = 'refused' where id = %d`, o.ID, certificate),
				func() error { return call(s, certificate) })
			if err != nil || !errors.Is(answer, db.ErrStale) {
				t.Fatalf("%v, %v", answer, err)
			}
		})
	}
}
