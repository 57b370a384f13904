package jobs_test

import (
	"testing"
	"time"

	"certbay/db"
)

// Somebody waits before a demo: what is fresh is asked about as often as was set, what
// is older as the table says, and a slower wish slows nothing down.
func TestAFreshRequestIsAskedAboutAsOftenAsWasSet(t *testing.T) {
	for _, c := range []struct{ set, old, want time.Duration }{
		{0, 0, 15 * time.Second},
		{2 * time.Second, 0, 2 * time.Second},
		{2 * time.Second, 9 * time.Minute, 2 * time.Second},
		{2 * time.Second, 11 * time.Minute, time.Minute},
		{time.Hour, 0, 15 * time.Second},
	} {
		y := openYard(t)
		y.worker.PollEvery = c.set
		y.order("poll.ornek.com.tr", "dns")
		y.work(1) // submitted; the first poll has run
		if c.old > 0 {
			later := y.book.Now().Add(c.old)
			y.book.Now = func() time.Time { return later }
			y.work(1)
		}
		polls, n, err := y.book.Jobs(ctx, db.JobFilter{Kind: db.JobPoll})
		if err != nil || n != 1 {
			t.Fatalf("%d polls, %v", n, err)
		}
		// The round before has moved the clock to the next job: the one after it is due then.
		job, err := y.book.ClaimJob(ctx, time.Minute)
		if err != nil || job.ID != polls[0].ID {
			t.Fatalf("%+v, %v", job, err)
		}
		before := y.book.Now()
		if err := y.worker.Do(ctx, job); err != nil {
			t.Fatal(err)
		}
		polls, _, err = y.book.Jobs(ctx, db.JobFilter{Kind: db.JobPoll})
		if err != nil || polls[0].RunAt.Sub(before) != c.want {
			t.Errorf("set %v, %v old: asked again after %v, want %v (%v)", c.set, c.old, polls[0].RunAt.Sub(before), c.want, err)
		}
	}
}
