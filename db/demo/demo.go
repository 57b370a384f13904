// Package demo fills an empty book with a shop to look at: people, prices, and
// a year of orders, made through the book's own operations with its clock moved.
package demo

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"certbay/db"
)

// ErrNotEmpty is the answer to seeding a book that somebody uses already.
var ErrNotEmpty = errors.New("demo: the book is not empty")

// Upstream is the CA's name as an upstream: the year that is over was bought there,
// and the upstream shop buys there.
const Upstream = "sandbox"

// Options are the upstream's part of the story.
type Options struct {
	// Issue has the upstream issue as of a past moment, and remember it. Licences
	// come with their key and without a certificate.
	Issue func(ctx context.Context, s db.Submission, at time.Time) (upstreamID string, issued db.Issued, err error)

	// Submit hands the upstream an order that stays open, and answers what has to
	// be published for each of its names.
	Submit func(ctx context.Context, s db.Submission) (upstreamID string, names []db.UpstreamName, err error)

	// Prove publishes what some names of an order ask for, has the upstream look,
	// and answers how all of the order's names stand. nil: no open order has a
	// verified name.
	Prove func(ctx context.Context, upstreamID string, names []db.UpstreamName) ([]db.UpstreamName, error)
}

// Login is somebody who can sign in.
type Login struct {
	Name     string
	Role     db.Role
	Email    string
	Password string
}

// Reseller is what one needs to act as a reseller of the demo.
type Reseller struct {
	ID     int64
	Name   string
	Staff  []Login // owner, billing, technical, viewer
	APIKey string
}

// Owner is the login of the reseller's owner.
func (r Reseller) Owner() Login { return r.Staff[0] }

// Result tells who can sign in. Passwords and keys are random and nowhere else
// in the clear.
type Result struct {
	Admin        Login
	Support      Login
	Resellers    []Reseller // three
	CustomerLink string     // token of a link to a completed order of the first reseller
}

// Seed fills an empty book. The shape is the same each time, relative to the
// book's clock; only passwords, keys and CSRs differ. The clock is put back at
// the end; nobody else may use the book meanwhile. Errors: ErrNotEmpty, and
// whatever the book or the upstream answers.
func Seed(ctx context.Context, book *db.DB, o Options) (Result, error) {
	if err := empty(ctx, book); err != nil {
		return Result{}, err
	}
	clock := book.Now
	defer func() { book.Now = clock }()
	s := &seed{
		DB: book, options: o, now: clock().UTC(),
		random: rand.New(rand.NewPCG(2026, 11)), lives: map[int64]*life{}, names: map[string]bool{},
	}
	if err := s.openShop(ctx); err != nil {
		return Result{}, fmt.Errorf("demo: open the shop: %w", err)
	}
	s.planYear()
	if err := s.live(ctx); err != nil {
		return Result{}, fmt.Errorf("demo: %w", err)
	}
	if err := s.closing(ctx); err != nil {
		return Result{}, fmt.Errorf("demo: close the year: %w", err)
	}
	return s.result, nil
}

// empty answers ErrNotEmpty for a book that somebody uses already.
func empty(ctx context.Context, book *db.DB) error {
	_, resellers, err := book.Resellers(ctx, db.ResellerFilter{})
	if err != nil {
		return err
	}
	operators, err := book.Staff(ctx, 0)
	if err != nil {
		return err
	}
	if resellers > 0 || len(operators) > 0 {
		return ErrNotEmpty
	}
	return nil
}

// seed is a shop in the making.
type seed struct {
	*db.DB
	options Options
	now     time.Time // the present; the shop's history ends here
	random  *rand.Rand

	result   Result
	admin    db.Actor
	shops    []*shop
	products []product

	steps   steps
	lives   map[int64]*life // by certificate
	names   map[string]bool // domains that were given out
	topUps  int
	planned int
}

// at sets the book's clock.
func (s *seed) at(moment time.Time) { s.Now = func() time.Time { return moment } }

// step is something that happens at a moment.
type step struct {
	at  time.Time
	seq int // those of one moment happen in the order they were planned
	do  func(ctx context.Context) error
}

// steps is a heap, the earliest step first.
type steps []step

func (q steps) Len() int { return len(q) }
func (q steps) Less(a, b int) bool {
	return q[a].at.Before(q[b].at) || q[a].at.Equal(q[b].at) && q[a].seq < q[b].seq
}
func (q steps) Swap(a, b int) { q[a], q[b] = q[b], q[a] }
func (q *steps) Push(x any)   { *q = append(*q, x.(step)) }
func (q *steps) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}

func (s *seed) plan(at time.Time, do func(ctx context.Context) error) {
	s.planned++
	heap.Push(&s.steps, step{at: at.Truncate(time.Second), seq: s.planned, do: do})
}

// live lets everything that was planned happen, in the order of time.
func (s *seed) live(ctx context.Context) error {
	for s.steps.Len() > 0 {
		next := heap.Pop(&s.steps).(step)
		s.at(next.at)
		if err := next.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", next.at.Format(time.RFC3339), err)
		}
		if err := s.work(ctx); err != nil {
			return fmt.Errorf("%s: %w", next.at.Format(time.RFC3339), err)
		}
	}
	return nil
}
