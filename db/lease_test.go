package db_test

import (
	"errors"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
)

// A job that a worker does now is done by nobody else, whoever asks for it.
func TestAJobThatRunsIsNeverStartedASecondTime(t *testing.T) {
	for name, ask := range map[string]func(s shop, job db.Job) error{
		"run now":    func(s shop, job db.Job) error { return s.RunJobNow(ctx, admin, job.ID) },
		"ensured":    func(s shop, job db.Job) error { return s.EnsureJob(ctx, job.Kind, job.SubjectID, s.Now()) },
		"sent again": func(s shop, job db.Job) error { return s.ResendMail(ctx, admin, job.SubjectID) },
	} {
		t.Run(name, func(t *testing.T) {
			s := shop{DB: dbtest.Open(t)}
			now := s.Now()
			s.at(now, 0)
			if err := s.QueueMail(ctx, db.Mail{To: "a@example.com", Subject: "x"}); err != nil {
				t.Fatal(err)
			}
			job := must[db.Job](t)(s.ClaimJob(ctx, time.Minute))
			if err := ask(s, job); err != nil && !errors.Is(err, db.ErrStale) {
				t.Fatal(err)
			}
			if again, err := s.ClaimJob(ctx, time.Minute); !errors.Is(err, db.ErrNotFound) {
				t.Fatalf("claimed by two at once: %+v, %v", again, err)
			}
			s.at(now, 61)
			if err := ask(s, job); err != nil {
				t.Fatalf("after the lease ran out: %v", err)
			}
			must[db.Job](t)(s.ClaimJob(ctx, time.Minute))
		})
	}
}

func TestAWishForARunningJobOutlivesItsEnd(t *testing.T) {
	s := shop{DB: dbtest.Open(t)}
	now := s.Now()
	s.at(now, 0)
	must[int64](t)(s.Enqueue(ctx, db.JobPoll, 7, now))
	job := must[db.Job](t)(s.ClaimJob(ctx, time.Minute))
	if err := s.EnsureJob(ctx, db.JobPoll, 7, now); err != nil {
		t.Fatal(err)
	}
	if err := s.FinishJob(ctx, job); !errors.Is(err, db.ErrStale) {
		t.Fatalf("the new wish was finished along with the old one: %v", err)
	}
	s.at(now, 61)
	if next := must[db.Job](t)(s.ClaimJob(ctx, time.Minute)); next.ID != job.ID {
		t.Fatalf("claimed %+v", next)
	}
}

func TestAJobAskedForByAPersonHasAllItsTriesAgain(t *testing.T) {
	s := shop{DB: dbtest.Open(t)}
	must[int64](t)(s.Enqueue(ctx, db.JobPoll, 7, s.Now()))
	for range 3 {
		job := must[db.Job](t)(s.ClaimJob(ctx, time.Minute))
		if err := s.RetryJob(ctx, job, s.Now(), "down"); err != nil {
			t.Fatal(err)
		}
	}
	job := must[db.Job](t)(s.ClaimJob(ctx, time.Minute))
	if err := s.FailJob(ctx, job, "down"); err != nil {
		t.Fatal(err)
	}
	if err := s.RunJobNow(ctx, admin, job.ID); err != nil {
		t.Fatal(err)
	}
	if job = must[db.Job](t)(s.ClaimJob(ctx, time.Minute)); job.Failures != 0 {
		t.Fatalf("%d failures count against the person's wish", job.Failures)
	}
}

func TestTwoProcessesMakeOneSweep(t *testing.T) {
	s := shop{DB: dbtest.Open(t)}
	for _, err := range together(times(8, func() error { return s.EnsureJob(ctx, db.JobSweep, 0, s.Now()) })...) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, n, err := s.Jobs(ctx, db.JobFilter{Kind: db.JobSweep}); err != nil || n != 1 {
		t.Fatalf("%d sweeps, %v", n, err)
	}
}

// The worker looks an unsure order up while a person has it sent again: whatever
// the worker finds, the order keeps a job or is accepted, and is not placed twice.
func TestResubmittingDuringALookUpLosesNothing(t *testing.T) {
	for name, found := range map[string]bool{"found": true, "not found": false} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, 100_000)
			o, certificate := s.unsure(t, "example.com")
			job := must[db.Job](t)(s.ClaimJob(ctx, time.Minute)) // the look-up
			if err := s.DecideResubmit(ctx, admin, o.ID); err != nil {
				t.Fatal(err)
			}
			want := db.FulfilmentQueued
			if found {
				want = db.FulfilmentAccepted
				if err := s.AcceptSubmit(ctx, db.System, certificate, "up-1"); err != nil {
					t.Fatal(err)
				}
			} else if err := s.RequeueSubmit(ctx, certificate); !errors.Is(err, db.ErrStale) {
				t.Fatal(err)
			}
			if err := s.FinishJob(ctx, job); err != nil && !errors.Is(err, db.ErrStale) {
				t.Fatal(err)
			}
			if now := must[db.Order](t)(s.Order(ctx, s.reseller, o.ID)); now.Fulfilment != want {
				t.Fatalf("order is %s", now.Fulfilment)
			}
			_, n, err := s.Jobs(ctx, db.JobFilter{Kind: db.JobSubmit})
			if err != nil || !found && n != 1 {
				t.Fatalf("%d jobs to submit, %v", n, err)
			}
			s.verify(t)
		})
	}
}

func TestAnUpstreamOrderNobodyWantsIsWrittenDown(t *testing.T) {
	s := openShop(t, 100_000)
	o, certificate := s.unsure(t, "example.com")
	must[int64](t)(s.DecideCancel(ctx, admin, o.ID, "never placed"))
	if err := s.AcceptSubmit(ctx, db.System, certificate, "up-late"); !errors.Is(err, db.ErrStale) {
		t.Fatal(err)
	}
	if orphan, err := s.NoteOrphan(ctx, certificate, "up-late"); err != nil || !orphan {
		t.Fatal(orphan, err)
	}
	rows, _, err := s.AuditRows(ctx, db.AuditFilter{Action: "order.orphan"})
	if err != nil || len(rows) != 1 || rows[0].After != "also placed: sandbox up-late" {
		t.Fatalf("%+v, %v", rows, err)
	}
	_, known := s.accepted(t, "known.example.com")
	c := must[db.Certificate](t)(s.Certificate(ctx, known))
	if orphan, err := s.NoteOrphan(ctx, known, c.UpstreamID); err != nil || orphan {
		t.Fatalf("the order's own id is called an orphan: %v", err)
	}
	s.verify(t)
}
