package db_test

import (
	"errors"
	"testing"

	"certbay/db"
)

func TestNewResellerHasAnEmptyWalletWithItsAllowance(t *testing.T) {
	o := openOffice(t)
	balance, available, err := o.Wallet(t.Context(), o.reseller.ID)
	if err != nil || balance != 0 || available != 5000 {
		t.Fatalf("balance %d, available %d, err %v", balance, available, err)
	}
	if n := o.actions(t, "reseller.create"); n != 1 {
		t.Errorf("%d audit rows", n)
	}
}

func TestResellerIsRefusedWhenIncomplete(t *testing.T) {
	o := openOffice(t)
	for name, n := range map[string]db.NewReseller{
		"no name":       {Company: "X Ltd", Email: "x@x.example"},
		"no company":    {Name: "X", Email: "x@x.example"},
		"no e-mail":     {Name: "X", Company: "X Ltd"},
		"two addresses": {Name: "X", Company: "X Ltd", Email: "a@x.example, b@x.example"},
		"tax over 100%": {Name: "X", Company: "X Ltd", Email: "x@x.example", TaxRateBP: 10001},
		"negative debt": {Name: "X", Company: "X Ltd", Email: "x@x.example", AllowanceCents: -1},
	} {
		if _, err := o.CreateReseller(t.Context(), db.System, n); !errors.Is(err, db.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := o.CreateReseller(t.Context(), db.System, db.NewReseller{Name: "X", Company: "X Ltd", Email: "x@x.example", GroupID: 999})
	if !errors.Is(err, db.ErrNotFound) {
		t.Errorf("unknown group: %v", err)
	}
	if _, n, _ := o.Resellers(t.Context(), db.ResellerFilter{}); n != 1 {
		t.Errorf("%d resellers in the book, want 1", n)
	}
}

func TestResellersAreFoundByPartOfTheirNames(t *testing.T) {
	o := openOffice(t)
	if _, err := o.CreateReseller(t.Context(), db.System, db.NewReseller{Name: "100% Host", Company: "Yüzde Ltd", Email: "x@host.example"}); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{"": 2, "lima": 1, "LIMAN.example": 1, "100%": 1, "%": 1, "nobody": 0} {
		got, n, err := o.Resellers(t.Context(), db.ResellerFilter{Query: query})
		if err != nil || n != want || len(got) != want {
			t.Errorf("%q: %d of %d, want %d (%v)", query, len(got), n, want, err)
		}
	}
	all, _, _ := o.Resellers(t.Context(), db.ResellerFilter{})
	if all[0].Name != "100% Host" || all[1].AvailableCents != 5000 || all[1].Orders != 0 {
		t.Errorf("list: %+v", all)
	}
}

func TestSuspendingAResellerEndsItsSessions(t *testing.T) {
	o := openOffice(t)
	o.newSession(t, "s1")
	if err := o.SetResellerStatus(t.Context(), db.System, o.reseller.ID, db.Suspended); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Session(t.Context(), "s1"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("session: %v", err)
	}
	if p, err := o.Person(t.Context(), o.owner.ID); err != nil || p.Active() || p.Can(db.View) {
		t.Errorf("staff of a suspended reseller may act: %+v, %v", p, err)
	}
	if err := o.SetResellerStatus(t.Context(), db.System, o.reseller.ID, "gone"); !errors.Is(err, db.ErrInvalid) {
		t.Errorf("unknown status: %v", err)
	}
}

func TestResellersAreFoundInTurkishLetters(t *testing.T) {
	s := openShop(t, 0)
	made := must[db.Reseller](t)(s.CreateReseller(ctx, db.System, db.NewReseller{Name: "ŞEKER", Company: "Çağ Güvenlik A.Ş.", Email: "info@seker.example"}))
	for _, typed := range []string{"şeker", "Şeker", "ÇAĞ", "güvenlik a.ş."} {
		found, n, err := s.Resellers(ctx, db.ResellerFilter{Query: typed})
		if err != nil || n != 1 || found[0].ID != made.ID {
			t.Errorf("%q finds %d, %v", typed, n, err)
		}
	}
}
