package db_test

import (
	"errors"
	"testing"

	"certbay/db"
)

func TestARevocationEndsTheOrderWithoutARefund(t *testing.T) {
	s := openShop(t, 10_000)
	o, certificate := s.configured(t, "example.com")
	if _, err := s.Revoke(ctx, s.staff, s.reseller, o.ID, "keyCompromise"); !errors.Is(err, db.ErrStale) {
		t.Errorf("before issuance: %v", err)
	}
	must[db.Submission](t)(s.BeginSubmit(ctx, certificate))
	if err := s.AcceptSubmit(ctx, db.System, certificate, "up-1"); err != nil {
		t.Fatal(err)
	}
	if err := s.RecordIssued(ctx, certificate, s.issued(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Revoke(ctx, s.staff, s.reseller+1, o.ID, "x"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another reseller's: %v", err)
	}
	job := must[int64](t)(s.Revoke(ctx, s.staff, s.reseller, o.ID, "keyCompromise"))
	if again := must[int64](t)(s.Revoke(ctx, s.staff, s.reseller, o.ID, "keyCompromise")); job == 0 || again != job {
		t.Errorf("jobs %d, %d", job, again)
	}
	if err := s.ConfirmRevoke(ctx, s.staff, o.ID, "keyCompromise"); err != nil {
		t.Fatal(err)
	}
	if err := s.ConfirmRevoke(ctx, s.staff, o.ID, "keyCompromise"); !errors.Is(err, db.ErrStale) {
		t.Errorf("twice: %v", err)
	}
	c := must[db.Certificate](t)(s.Certificate(ctx, certificate))
	after := must[db.Order](t)(s.Order(ctx, s.reseller, o.ID))
	if c.State != db.CertificateRevoked || after.Status != db.StatusCancelled {
		t.Errorf("%s, %s", c.State, after.Status)
	}
	if balance := s.balance(t); balance != 10_000-1299 {
		t.Errorf("balance %d", balance)
	}
	s.verify(t)
	if _, err := s.Reissue(ctx, s.staff, s.reseller, o.ID, db.Configuration{}); !errors.Is(err, db.ErrStale) {
		t.Errorf("reissue after revocation: %v", err)
	}
}
