package db_test

import (
	"errors"
	"slices"
	"testing"

	"certbay/db"
)

// allowed is the table of design/domain.md.
var allowed = map[db.Status][]db.Status{
	db.StatusPending:              {db.StatusProcessing, db.StatusCancelled},
	db.StatusPendingConfiguration: {db.StatusProcessing, db.StatusCancelled},
	db.StatusProcessing:           {db.StatusValidationPending, db.StatusPendingConfiguration, db.StatusCompleted, db.StatusCancelled},
	db.StatusValidationPending:    {db.StatusCompleted, db.StatusPendingConfiguration, db.StatusCancelled},
	db.StatusCompleted:            {db.StatusExpired, db.StatusCancelled},
	db.StatusCancelled:            nil,
	db.StatusExpired:              nil,
}

func TestEveryMoveOfAnOrder(t *testing.T) {
	s := openShop(t, 1_000_000)
	o := s.place(t, "example.com")
	for _, from := range db.Statuses {
		for _, to := range db.Statuses {
			if err := s.Tamper(ctx, `update orders set status = $1 where id = $2`, from, o.ID); err != nil {
				t.Fatal(err)
			}
			before := must[[]db.Event](t)(s.Events(ctx, o.ID))
			err := s.Move(ctx, s.staff, o.ID, from, to)
			events := must[[]db.Event](t)(s.Events(ctx, o.ID))[len(before):]
			now := must[db.Order](t)(s.Order(ctx, s.reseller, o.ID)).Status
			if slices.Contains(allowed[from], to) {
				if err != nil || now != to || len(events) != 1 || events[0].From != from || events[0].To != to || events[0].Actor != s.staff.Name {
					t.Errorf("%s → %s: %v, order is %s, events %+v", from, to, err, now, events)
				}
			} else if !errors.Is(err, db.ErrStale) || now != from || len(events) != 0 {
				t.Errorf("%s → %s: %v, order is %s, events %+v", from, to, err, now, events)
			}
		}
	}
}

func TestAMoveFromAnotherStatusIsStale(t *testing.T) {
	s := openShop(t, 10_000)
	o := s.place(t, "example.com")
	if err := s.Move(ctx, s.staff, o.ID, db.StatusProcessing, db.StatusCompleted); !errors.Is(err, db.ErrStale) {
		t.Fatal(err)
	}
	if err := s.Move(ctx, s.staff, o.ID+1, db.StatusPending, db.StatusProcessing); !errors.Is(err, db.ErrStale) {
		t.Fatal(err)
	}
	if events := must[[]db.Event](t)(s.Events(ctx, o.ID)); len(events) != 1 {
		t.Fatalf("events %+v", events)
	}
}

func TestTermsEndOnTheDay(t *testing.T) {
	s := openShop(t, 10_000)
	o := s.place(t, "example.com")
	s.issue(t, o)
	o = must[db.Order](t)(s.Order(ctx, s.reseller, o.ID))
	if want := o.CompletedAt.AddDate(0, 12, 0); !o.EndsAt.Equal(want) {
		t.Fatalf("ends %v, want %v", o.EndsAt, want)
	}
	for _, c := range []struct {
		at   int // seconds after the end
		want db.Status
	}{{-1, db.StatusCompleted}, {0, db.StatusExpired}} {
		s.at(o.EndsAt, c.at)
		if _, err := s.ExpireOrders(ctx); err != nil {
			t.Fatal(err)
		}
		if got := must[db.Order](t)(s.Order(ctx, s.reseller, o.ID)).Status; got != c.want {
			t.Errorf("%d s after the end: %s", c.at, got)
		}
	}
	if n := must[int](t)(s.ExpireOrders(ctx)); n != 0 {
		t.Fatalf("%d orders expired twice", n)
	}
	s.verify(t)
}
