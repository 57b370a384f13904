package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"certbay/db"
)

func TestAnOrderSentAgainByAPersonIsLookedForOnceMore(t *testing.T) {
	y := openYard(t)
	y.ca.after = func() error { return errors.New("connection reset by peer") }
	o := y.order("again.ornek.com.tr", "dns")
	job, err := y.book.ClaimJob(ctx, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := y.worker.Do(ctx, job); err != nil {
		t.Fatal(err)
	}
	if err := y.book.DecideResubmit(ctx, y.by, o.ID); err != nil { // wrongly: the upstream has it
		t.Fatal(err)
	}
	y.work(2)
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentAccepted || y.ca.submits != 1 {
		t.Fatalf("order is %s after %d submits", got.Fulfilment, y.ca.submits)
	}
	y.sound(o)
}

func TestFailingMailIsRetriedAndNeverMovesMoney(t *testing.T) {
	y := openYard(t)
	y.net.Close()
	if err := y.book.QueueMail(ctx, db.Mail{To: "a@ornek.com.tr", Subject: "s", Body: "b"}); err != nil {
		t.Fatal(err)
	}
	y.work(1)
	list, _, err := y.book.Outbox(ctx, "", db.Page{})
	if err != nil || len(list) != 1 || list[0].State != db.MailQueued || list[0].Error == "" {
		t.Fatalf("outbox %+v, %v", list, err)
	}
	y.work(40)
	list, _, err = y.book.Outbox(ctx, db.MailFailed, db.Page{})
	if err != nil || len(list) != 1 {
		t.Fatalf("outbox %+v, %v", list, err)
	}
}

func TestStoppedWorkerLetsItsJobFinish(t *testing.T) {
	y := openYard(t)
	started := make(chan struct{})
	y.ca.before = func() error { close(started); time.Sleep(300 * time.Millisecond); return nil }
	o := y.order("g.ornek.com.tr", "dns")
	running, stop := context.WithCancel(ctx)
	ended := make(chan error)
	go func() { ended <- y.worker.Run(running, 10*time.Second) }()
	<-started
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentAccepted {
		t.Fatalf("order is %s", got.Fulfilment)
	}
	y.sound(o)
}
