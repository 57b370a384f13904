package db_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
)

func TestEachJobIsClaimedOnceByManyWorkers(t *testing.T) {
	book := dbtest.Open(t)
	const jobs = 60
	for i := range jobs {
		must[int64](t)(book.Enqueue(ctx, db.JobPoll, int64(i), book.Now().Add(-time.Duration(i)*time.Second)))
	}
	var mu sync.Mutex
	claims := map[int64]int{}
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			for {
				job, err := book.ClaimJob(ctx, time.Hour)
				if errors.Is(err, db.ErrNotFound) {
					// Another worker may have taken the one that was looked at.
					at, err := book.NextJobAt(ctx)
					if err != nil || at.After(book.Now()) {
						return
					}
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				claims[job.ID]++
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	if len(claims) != jobs {
		t.Errorf("%d of %d jobs were claimed", len(claims), jobs)
	}
	for id, n := range claims {
		if n != 1 {
			t.Errorf("job %d was claimed %d times", id, n)
		}
	}
}

func TestJobsAreClaimedWhenDueTheOldestFirst(t *testing.T) {
	s := shop{DB: dbtest.Open(t)}
	now := s.Now()
	s.at(now, 0)
	late := must[int64](t)(s.Enqueue(ctx, db.JobPoll, 1, now.Add(-time.Second)))
	later := must[int64](t)(s.Enqueue(ctx, db.JobPoll, 2, now.Add(-time.Minute)))
	must[int64](t)(s.Enqueue(ctx, db.JobPoll, 3, now.Add(time.Second)))
	for _, want := range []int64{later, late} {
		if job := must[db.Job](t)(s.ClaimJob(ctx, time.Hour)); job.ID != want || job.Attempts != 1 {
			t.Fatalf("claimed %+v, want job %d", job, want)
		}
	}
	if job, err := s.ClaimJob(ctx, time.Hour); !errors.Is(err, db.ErrNotFound) {
		t.Fatalf("claimed %+v before its time, %v", job, err)
	}
	if at := must[time.Time](t)(s.NextJobAt(ctx)); !at.Equal(now.Add(time.Second).Truncate(time.Microsecond)) {
		t.Fatalf("next at %v, want %v", at, now.Add(time.Second))
	}
}

func TestALostLeaseIsClaimedAgainAndTheOldClaimIsWorthNothing(t *testing.T) {
	s := shop{DB: dbtest.Open(t)}
	now := s.Now()
	s.at(now, 0)
	must[int64](t)(s.Enqueue(ctx, db.JobPoll, 1, now))
	first := must[db.Job](t)(s.ClaimJob(ctx, time.Minute))
	s.at(now, 59)
	if _, err := s.ClaimJob(ctx, time.Minute); !errors.Is(err, db.ErrNotFound) {
		t.Fatalf("claimed during the lease: %v", err)
	}
	s.at(now, 61)
	second := must[db.Job](t)(s.ClaimJob(ctx, time.Minute))
	if second.ID != first.ID || second.Attempts != first.Attempts+1 {
		t.Fatalf("claims %+v and %+v", first, second)
	}
	for name, err := range map[string]error{
		"finish": s.FinishJob(ctx, first),
		"retry":  s.RetryJob(ctx, first, now, "x"),
		"fail":   s.FailJob(ctx, first, "x"),
	} {
		if !errors.Is(err, db.ErrStale) {
			t.Errorf("%s of the old claim: %v", name, err)
		}
	}
	if err := s.FinishJob(ctx, second); err != nil {
		t.Fatal(err)
	}
	if err := s.FinishJob(ctx, second); !errors.Is(err, db.ErrStale) {
		t.Fatalf("finished twice: %v", err)
	}
}

func TestEnsuringAJobKeepsOneAndTheEarlierTime(t *testing.T) {
	s := shop{DB: dbtest.Open(t)}
	now := s.Now().Truncate(time.Second)
	for _, wish := range []time.Duration{time.Hour, time.Minute, 2 * time.Hour} {
		if err := s.EnsureJob(ctx, db.JobPoll, 7, now.Add(wish)); err != nil {
			t.Fatal(err)
		}
	}
	jobs, n, err := s.Jobs(ctx, db.JobFilter{Kind: db.JobPoll})
	if err != nil || n != 1 || !jobs[0].RunAt.Equal(now.Add(time.Minute)) {
		t.Fatalf("jobs %+v, %v", jobs, err)
	}
}

func TestAwaitingAJob(t *testing.T) {
	const patience = 300 * time.Millisecond
	for name, c := range map[string]struct {
		settle func(s shop, job db.Job) error
		waits  bool // until the patience ends
	}{
		"finished":   {func(s shop, job db.Job) error { return s.FinishJob(ctx, job) }, false},
		"failed":     {func(s shop, job db.Job) error { return s.FailJob(ctx, job, "no") }, false},
		"put off":    {func(s shop, job db.Job) error { return s.RetryJob(ctx, job, s.Now().Add(time.Hour), "later") }, false},
		"still runs": {func(s shop, job db.Job) error { return nil }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := shop{DB: dbtest.Open(t)}
			id := must[int64](t)(s.Enqueue(ctx, db.JobPoll, 1, s.Now()))
			job := must[db.Job](t)(s.ClaimJob(ctx, time.Hour))
			began := time.Now()
			settled := make(chan error, 1)
			time.AfterFunc(30*time.Millisecond, func() { settled <- c.settle(s, job) })
			if err := s.AwaitJob(ctx, id, patience); err != nil {
				t.Fatal(err)
			}
			waited := time.Since(began)
			if err := <-settled; err != nil {
				t.Fatal(err)
			}
			if waited < 30*time.Millisecond || (waited >= patience) != c.waits {
				t.Fatalf("waited %v", waited)
			}
		})
	}
	t.Run("caller goes away", func(t *testing.T) {
		s := shop{DB: dbtest.Open(t)}
		id := must[int64](t)(s.Enqueue(ctx, db.JobPoll, 1, s.Now().Add(time.Hour)))
		gone, leave := context.WithCancel(ctx)
		time.AfterFunc(30*time.Millisecond, leave)
		began := time.Now()
		if err := s.AwaitJob(gone, id, time.Minute); err != nil || time.Since(began) > 10*time.Second {
			t.Fatalf("%v after %v", err, time.Since(began))
		}
	})
}
