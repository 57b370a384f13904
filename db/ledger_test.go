package db_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"certbay/db"
)

const price = 1299 // cents, of an order of shop.place

func (s shop) tryToPlace() error {
	_, err := s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.single, Months: 12, Domain: "example.com"})
	return err
}

func (s shop) allow(t testing.TB, cents int64) {
	t.Helper()
	if err := s.SetAllowance(ctx, s.staff, s.reseller, cents, "agreed by telephone"); err != nil {
		t.Fatal(err)
	}
}

func TestAnOrderMayTakeTheWalletToExactlyItsFloor(t *testing.T) {
	s := openShop(t, 1000)
	s.allow(t, price-1000)
	s.place(t, "example.com")
	balance, available, err := s.Wallet(ctx, s.reseller)
	if err != nil || balance != 1000-price || available != 0 {
		t.Fatalf("balance %d, available %d, %v", balance, available, err)
	}
	s.verify(t)
}

func TestAnOrderOneCentBeyondTheFloorIsRefused(t *testing.T) {
	s := openShop(t, 1000)
	s.allow(t, price-1000-1)
	var poor *db.InsufficientCredit
	if err := s.tryToPlace(); !errors.As(err, &poor) || poor.Needed != price || poor.Available != price-1 {
		t.Fatal(err)
	}
	if balance := s.balance(t); balance != 1000 {
		t.Fatalf("balance %d", balance)
	}
	s.verify(t)
}

func TestAnAllowanceLoweredBelowWhatIsInUseBlocksSpendingUntilPaid(t *testing.T) {
	s := openShop(t, 0)
	s.allow(t, 3*price)
	s.place(t, "one.example.com")
	s.place(t, "two.example.com")
	s.allow(t, price)
	s.verify(t)
	var poor *db.InsufficientCredit
	if err := s.tryToPlace(); !errors.As(err, &poor) || poor.Available != -price {
		t.Fatalf("spent beyond a lowered allowance: %v", err)
	}
	if err := s.AdjustCredit(ctx, db.System, s.reseller, -1, "a", "correction"); !errors.As(err, &poor) {
		t.Fatalf("took a cent beyond a lowered allowance: %v", err)
	}
	if err := s.AddCredit(ctx, db.System, s.reseller, 2*price-1, "b", "transfer"); err != nil {
		t.Fatalf("a payment that leaves it below its floor: %v", err)
	}
	if err := s.tryToPlace(); !errors.As(err, &poor) || poor.Available != price-1 {
		t.Fatalf("spent one cent beyond: %v", err)
	}
	if err := s.AddCredit(ctx, db.System, s.reseller, 1, "c", "transfer"); err != nil {
		t.Fatal(err)
	}
	s.place(t, "three.example.com")
	s.verify(t)
}

func TestAnAllowanceIsAuditedOnceAndBounded(t *testing.T) {
	s := openShop(t, 0)
	s.allow(t, 50_000)
	s.allow(t, 50_000)
	rows, n, err := s.AuditRows(ctx, db.AuditFilter{Action: "reseller.allowance"})
	if err != nil || n != 1 || rows[0].Before != "0.00 USD" || rows[0].After != "500.00 USD: agreed by telephone" {
		t.Fatalf("%d rows, %+v, %v", n, rows, err)
	}
	if r := must[db.Reseller](t)(s.Reseller(ctx, s.reseller)); r.AllowanceCents != 50_000 {
		t.Errorf("the reseller is allowed %d", r.AllowanceCents)
	}
	for _, cents := range []int64{-1, db.MaxAllowance + 1} {
		if err := s.SetAllowance(ctx, s.staff, s.reseller, cents, "no"); !errors.Is(err, db.ErrInvalid) {
			t.Errorf("%d: %v", cents, err)
		}
	}
	if err := s.SetAllowance(ctx, s.staff, 999, 1, "no"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("nobody's allowance: %v", err)
	}
	s.verify(t)
}

func TestAllowancesSetAtOnceAgreeWithTheWallet(t *testing.T) {
	s := openShop(t, 10_000)
	var calls []func() error
	for i := range 8 {
		calls = append(calls, func() error { return s.SetAllowance(ctx, s.staff, s.reseller, int64(1+i)*100, "race") })
		calls = append(calls, s.tryToPlace)
	}
	for _, err := range together(calls...) {
		var poor *db.InsufficientCredit
		if err != nil && !errors.Is(err, db.ErrStale) && !errors.As(err, &poor) {
			t.Errorf("unexpected answer: %v", err)
		}
	}
	s.verify(t)
}

// Of 64 buyers at once with credit and allowance for exactly N orders, N get theirs.
func TestCreditForExactlyNOrdersBuysExactlyN(t *testing.T) {
	const n = 21
	s := openShop(t, 8*price)
	s.allow(t, (n-8)*price)
	placed := 0
	for _, err := range together(times(64, s.tryToPlace)...) {
		var poor *db.InsufficientCredit
		if err == nil {
			placed++
		} else if !errors.As(err, &poor) {
			t.Errorf("unexpected answer: %v", err)
		}
	}
	if balance := s.balance(t); placed != n || balance != -(n-8)*price {
		t.Fatalf("placed %d, balance %d", placed, balance)
	}
	s.verify(t)
}

func TestMoneyReceivedAndCorrectionsAreDifferentAccounts(t *testing.T) {
	s := openShop(t, 5000)
	if err := s.AdjustCredit(ctx, s.staff, s.reseller, -700, "first", "typing mistake"); err != nil {
		t.Fatal(err)
	}
	for _, cents := range []int64{0, -1} {
		if err := s.AddCredit(ctx, s.staff, s.reseller, cents, "never", "no money"); !errors.Is(err, db.ErrInvalid) {
			t.Errorf("%d cents received: %v", cents, err)
		}
	}
	if err := s.AdjustCredit(ctx, s.staff, s.reseller, 0, "nothing", "nothing"); !errors.Is(err, db.ErrInvalid) {
		t.Errorf("a correction of nothing: %v", err)
	}
	balances, err := s.Balances(ctx, s.reseller)
	if err != nil || balances[db.TopUpSource] != -5000 || balances[db.Adjustment] != 700 || balances[db.Wallet] != 4300 {
		t.Errorf("%v, %v", balances, err)
	}
	var sum int64
	for _, a := range must[[]db.AccountSum](t)(s.AccountSums(ctx)) {
		sum += a.Cents
	}
	if sum != 0 {
		t.Errorf("all accounts sum to %d", sum)
	}
}

func TestTheLedgerIsNarrowedByEveryFilter(t *testing.T) {
	s := openShop(t, 100_000)
	start := s.Now().Truncate(time.Microsecond)
	s.at(start, 60)
	first := s.place(t, "one.example.com")
	s.issue(t, first)
	s.at(start, 120)
	second := s.place(t, "two.example.com")
	other := must[db.Reseller](t)(s.CreateReseller(ctx, db.System, db.NewReseller{Name: "Other", Company: "Other Ltd", Email: "o@other.example", GroupID: s.group}))
	if err := s.AddCredit(ctx, db.System, other.ID, 900, "other", "transfer"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		f    db.LedgerFilter
		want int
	}{
		"everything":                   {db.LedgerFilter{}, 2 + 2 + 4 + 2 + 2},
		"a reseller's wallet":          {db.LedgerFilter{ResellerID: s.reseller, Account: db.Wallet}, 3},
		"all wallets":                  {db.LedgerFilter{Account: db.Wallet}, 4},
		"a reseller":                   {db.LedgerFilter{ResellerID: s.reseller}, 3 + 3},
		"revenue":                      {db.LedgerFilter{Account: db.Revenue}, 1},
		"a reseller's revenue":         {db.LedgerFilter{ResellerID: s.reseller, Account: db.Revenue}, 1},
		"the other's revenue":          {db.LedgerFilter{ResellerID: other.ID, Account: db.Revenue}, 0},
		"the other's top-ups":          {db.LedgerFilter{ResellerID: other.ID, Account: db.TopUpSource}, 1},
		"an order":                     {db.LedgerFilter{Order: first.Number}, 6},
		"an order, typed by a person":  {db.LedgerFilter{Order: " " + "ord" + second.Number[3:] + " "}, 2},
		"no such order":                {db.LedgerFilter{Order: "ORD-1"}, 0},
		"a kind":                       {db.LedgerFilter{Kind: "settle"}, 4},
		"since":                        {db.LedgerFilter{From: start.Add(120 * time.Second)}, 4},
		"until":                        {db.LedgerFilter{Until: start.Add(60 * time.Second)}, 2},
		"a moment":                     {db.LedgerFilter{From: start.Add(60 * time.Second), Until: start.Add(61 * time.Second), Account: db.Wallet}, 1},
		"no such account":              {db.LedgerFilter{Account: "x"}, 0},
		"no such reseller's anything":  {db.LedgerFilter{ResellerID: 99}, 0},
		"a kind of a reseller's order": {db.LedgerFilter{ResellerID: s.reseller, Account: db.Held, Kind: "order", Order: second.Number}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			rows, total, err := s.Ledger(ctx, c.f)
			if err != nil || total != c.want || len(rows) != c.want {
				t.Fatalf("%d rows, %d counted, want %d, %v", len(rows), total, c.want, err)
			}
			var exported []db.LedgerEntry
			if err := s.EachEntry(ctx, c.f, func(e db.LedgerEntry) error { exported = append(exported, e); return nil }); err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(exported) != fmt.Sprint(rows) {
				t.Errorf("exported %v\nlisted %v", exported, rows)
			}
		})
	}
	rows, total, err := s.Ledger(ctx, db.LedgerFilter{Page: db.Page{Limit: 5, Offset: 10}})
	if err != nil || total != 12 || len(rows) != 2 {
		t.Errorf("the last page has %d of %d, %v", len(rows), total, err)
	}
	if rows, total, err := s.FilteredStatement(ctx, other.ID, db.LedgerFilter{ResellerID: s.reseller, Account: db.Revenue}); err != nil || total != 1 || rows[0].Cents != 900 {
		t.Errorf("a statement shows another's money: %v, %v", rows, err)
	}
}

func TestMarginsAreRevenueLessCost(t *testing.T) {
	s := openShop(t, 100_000)
	delivered := s.place(t, "one.example.com")
	s.issue(t, delivered)
	s.place(t, "two.example.com")
	margins, total, err := s.Margins(ctx, db.LedgerFilter{})
	if err != nil || total != 1 || len(margins) != 1 {
		t.Fatalf("%v, %d, %v", margins, total, err)
	}
	m := margins[0]
	if m.OrderID != delivered.ID || m.RevenueCents != price || m.CostCents != 900 || m.Cents() != price-900 || m.ResellerID != s.reseller {
		t.Errorf("%+v", m)
	}
	if _, total, err := s.Margins(ctx, db.LedgerFilter{ResellerID: 99}); err != nil || total != 0 {
		t.Errorf("nobody earned %d, %v", total, err)
	}
	if _, total, err := s.Margins(ctx, db.LedgerFilter{Order: delivered.Number, From: m.SettledAt, Until: m.SettledAt.Add(time.Second)}); err != nil || total != 1 {
		t.Errorf("%d of the order, %v", total, err)
	}
}
