package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"certbay/db"
)

// Changes of several callers may share a commit; nobody must notice.
func TestChangesThatShareACommitAreMadeOrUndoneEachAlone(t *testing.T) {
	s := openShop(t, 0)
	gone, leave := context.WithCancel(ctx)
	leave()
	refused := errors.New("refused")
	keep := func(name string, then func() error) db.Alongside {
		return db.Alongside{Ctx: ctx, Do: func(exec func(string, ...any) error) error {
			if err := exec(`insert into setting (name, value) values ($1, '')`, name); err != nil {
				return err
			}
			return then()
		}}
	}
	fine := func() error { return nil }
	given := keep("given up", fine)
	given.Ctx = gone
	errs := s.Together(
		keep("first", fine),
		keep("refused", func() error { return refused }),
		keep("panicked", func() error { panic("a mistake") }),
		keep("first", fine), // twice
		given,
		keep("last", fine))
	if errs[0] != nil || !errors.Is(errs[1], refused) || errs[2] == nil || !strings.Contains(errs[2].Error(), "a mistake") ||
		!errors.Is(errs[3], db.ErrDuplicate) || !errors.Is(errs[4], context.Canceled) || errs[5] != nil {
		t.Errorf("%v", errs)
	}
	for name, want := range map[string]int64{"first": 1, "refused": 0, "panicked": 0, "given up": 0, "last": 1} {
		if got := s.Count(t, `select count(*) from setting where name = '`+name+`'`); got != want {
			t.Errorf("%s: %d rows", name, got)
		}
	}
}

// One caller that goes away in the middle takes nobody's change along.
func TestCallersThatGoAwayDisturbNobody(t *testing.T) {
	s := openShop(t, 0)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			mine, leave := context.WithCancel(ctx)
			defer leave()
			if i%2 == 0 {
				go leave()
			}
			err := s.AddCredit(mine, db.System, s.reseller, 100, fmt.Sprint("share ", i), "")
			if err != nil && (i%2 == 1 || !errors.Is(err, context.Canceled)) {
				t.Error(i, err)
			}
			paid := s.Count(t, fmt.Sprintf(`select count(*) from ledger_tx where ref = 'topup:share %d'`, i))
			if (paid == 1) != (err == nil) {
				t.Errorf("%d: answered %v, and the book has %d", i, err, paid)
			}
		})
	}
	all.Wait()
	s.verify(t)
}

func TestPanicOfAChangeReachesItsCaller(t *testing.T) {
	s := openShop(t, 0)
	defer func() {
		if cause := recover(); cause == nil || !strings.Contains(fmt.Sprint(cause), "a mistake") {
			t.Errorf("recovered %v", cause)
		}
		if err := s.AddCredit(ctx, db.System, s.reseller, 100, "after", ""); err != nil {
			t.Error(err)
		}
	}()
	s.Alone(ctx, func() { panic("a mistake") })
}

func TestPlacedOrderIsAnsweredAsTheBookHasIt(t *testing.T) {
	s := openShop(t, 1_000_000)
	for _, n := range []db.NewOrder{
		{ProductID: s.single, Months: 12, Domain: "Shop.Example.com", CustomerName: " Müşteri ", CustomerEmail: "a@example.com", Note: "n"},
		{ProductID: s.multi, Months: 12, Domain: "shop.example.com", SANs: []string{"a.example.com", "b.example.com"}, SANCount: 4, WildcardSANCount: 1, FormToken: "x"},
		{ProductID: s.wildcard, Months: 12, Domain: "*.example.com"},
		{ProductID: s.licence, Months: 12, Domain: "192.0.2.7"},
	} {
		placed := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, n))
		if kept := must[db.Order](t)(s.Order(ctx, s.reseller, placed.ID)); kept != placed {
			t.Errorf("answered %+v\nthe book has %+v", placed, kept)
		}
	}
}
