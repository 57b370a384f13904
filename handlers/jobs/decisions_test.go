package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/db"
	"certbay/providers/providertest"
	"certbay/web/webtest"
)

// of finds a dialect by its name.
func of(name string) dialect {
	return dialects[slices.IndexFunc(dialects, func(d dialect) bool { return d.name == name })]
}

// doubtful is an order that nobody knows to be placed, and whose upstream could
// not be asked either until that was given up.
func (b *buyer) doubtful(fate webtest.Fate) (db.Order, *webtest.Road) {
	b.t.Helper()
	road := b.seller.Road(b.t, b.prefix, map[string][]webtest.Fate{b.dialect.order: {fate}})
	b.through(road.URL, patience)
	o := b.order()
	for end := time.Now().Add(20 * time.Second); b.now(o.ID).Fulfilment != db.FulfilmentUnsure && time.Now().Before(end); {
		b.step(b.worker, "")
	}
	road.Always(webtest.Says(500, ""))
	b.through(webtest.Nowhere(b.t)+b.prefix, patience) // the same, and sooner said
	return b.until(o.ID, "a person's to decide", b.settled), road
}

func TestLookAgainFindsAnOrderWhoseUpstreamCouldNotBeAsked(t *testing.T) {
	b := of("billmanager").buyer(t)
	o, road := b.doubtful(webtest.LostAfter)
	if item, waits := b.inReview(o.ID); !waits || !strings.Contains(item.Reason, "it may have been carried out") {
		t.Fatalf("%v: %+v", waits, item)
	}
	road.Clear()
	b.through(road.URL, patience)
	var pressed webtest.Answer
	var hand sync.WaitGroup
	admin := b.admin()
	hand.Go(func() { pressed = admin.Post(fmt.Sprintf("/admin/orders/%d/look", o.ID), nil) })
	for end := time.Now().Add(10 * time.Second); b.submitJob(o.ID).Failed; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			hand.Wait()
			t.Fatalf("the button has no effect: %d, to %s", pressed.Status, pressed.Location)
		}
	}
	b.until(o.ID, "found", func(o db.Order) bool { return o.Fulfilment == db.FulfilmentAccepted })
	hand.Wait()
	if pressed.Status != 303 {
		t.Errorf("the button answers %d", pressed.Status)
	}
	b.deliver(o.ID)
	if n := road.Carried(b.dialect.order); n != 1 {
		t.Errorf("it was sent %d times", n)
	}
	b.sound()
}

func TestMarkedAsPlacedIsRefusedForTheIdOfAnotherOrder(t *testing.T) {
	b := of("license724").buyer(t)
	b.straight()
	first := b.order()
	b.deliver(first.ID)
	o, road := b.doubtful(webtest.LostAfter)
	theirs := b.certificate(first.ID).UpstreamID
	a := b.admin().Post(fmt.Sprintf("/admin/orders/%d/placed", o.ID), url.Values{"upstream_id": {theirs}})
	if a.Status != 422 || b.now(o.ID).Fulfilment != db.FulfilmentUnsure {
		t.Errorf("%d, and the order is %s", a.Status, b.now(o.ID).Fulfilment)
	}
	road.Clear()
	b.through(road.URL, patience)
	b.press(o.ID, "placed", url.Values{"upstream_id": {b.theirs(o.Domain)}})
	b.deliver(o.ID)
	b.sound()
}

func TestSentAgainSendsOnceMore(t *testing.T) {
	b := of("license724").buyer(t)
	o, road := b.doubtful(webtest.LostBefore)
	b.press(o.ID, "resubmit", nil)
	if a := b.admin().Post(fmt.Sprintf("/admin/orders/%d/resubmit", o.ID), nil); a.Status != 409 {
		t.Errorf("the button pressed twice: %d", a.Status)
	}
	road.Clear()
	b.through(road.URL, patience)
	b.deliver(o.ID)
	if n := road.Carried(b.dialect.order); n != 1 {
		t.Errorf("it arrived %d times", n)
	}
	b.sound()
}

// The login stays refused: the order is tried on and on, and somebody is told.
func TestOrderThatCantBeSentForLongIsInReviewAndSentFromThere(t *testing.T) {
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			b := d.buyer(t)
			road := b.seller.Road(t, b.prefix, nil)
			road.Always(d.denies)
			b.through(road.URL, patience)
			o := b.order()
			reviewed := func() (item db.ReviewItem, found bool) {
				list, _, err := b.Book.Review(t.Context(), 100)
				if err != nil {
					t.Fatal(err)
				}
				i := slices.IndexFunc(list, func(i db.ReviewItem) bool { return i.Kind == db.ReviewUnsent && i.ID == o.ID })
				if i < 0 {
					return item, false
				}
				return list[i], true
			}
			tried := func(times int) {
				for end := time.Now().Add(20 * time.Second); b.submitJob(o.ID).Failures < times && time.Now().Before(end); {
					b.step(b.worker, "")
				}
			}
			if tried(5); b.submitJob(o.ID).Failures != 5 {
				t.Fatalf("%+v", b.submitJob(o.ID))
			}
			if item, found := reviewed(); found {
				t.Errorf("after five tries it is in review: %+v", item)
			}
			tried(6)
			item, found := reviewed()
			if !found || item.Name != o.Number || !strings.Contains(item.Reason, "upstream") {
				t.Fatalf("%v: %+v", found, item)
			}
			for _, sentence := range []string{"Not sent yet", "upstream could not be reached or turned us away, 6 times in a row so far. Nothing was bought there.", item.Reason, "It is tried again by itself"} {
				if page := b.page(o.ID); !strings.Contains(page, sentence) {
					t.Errorf("the page does not say %q:\n%s", sentence, page)
				}
			}
			if got := b.buttons(o.ID); !slices.Equal(got, []string{"look", "cancel"}) {
				t.Errorf("buttons %v", got)
			}
			road.Clear()
			b.through(road.URL, patience)
			before := b.Book.Now()
			var hand sync.WaitGroup
			admin := b.admin()
			hand.Go(func() { admin.Post(fmt.Sprintf("/admin/orders/%d/look", o.ID), nil) })
			for end := time.Now().Add(10 * time.Second); b.submitJob(o.ID).RunAt.After(b.Book.Now()); time.Sleep(5 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("the button has no effect")
				}
			}
			b.until(o.ID, "accepted", func(o db.Order) bool { return o.Fulfilment == db.FulfilmentAccepted })
			hand.Wait()
			if _, found := reviewed(); found || b.Book.Now().Sub(before) > 9*time.Minute {
				t.Errorf("in review: %v; it took %s", found, b.Book.Now().Sub(before))
			}
			b.deliver(o.ID)
			b.sound()
		})
	}
}

func TestUnsureOrderIsCancelledAndRefundedOnceAndNeverSentAfter(t *testing.T) {
	b := of("license724").buyer(t)
	purse := b.wallet()
	o, road := b.doubtful(webtest.LostBefore)
	b.press(o.ID, "cancel", url.Values{"reason": {"nobody wants it any more"}})
	road.Clear()
	b.through(road.URL, patience)
	for range 10 {
		b.step(b.worker, "")
	}
	if got := b.now(o.ID); got.Status != db.StatusCancelled || b.wallet() != purse || road.Carried(b.dialect.order) != 0 {
		t.Errorf("%s, %d of %d cents, sent %d times", got.Status, b.wallet(), purse, road.Carried(b.dialect.order))
	}
	if _, waits := b.inReview(o.ID); waits {
		t.Error("it is in review still")
	}
	b.sound()
}

func TestOrderThatWasNotAcceptedIsCancelledAtOnceAndNeverSent(t *testing.T) {
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			b := d.buyer(t)
			purse := b.wallet()
			road := b.seller.Road(t, b.prefix, nil)
			b.through(webtest.Nowhere(t)+b.prefix, patience)
			o := b.order()
			for job := b.submitJob(o.ID); job.Failures == 0; job = b.submitJob(o.ID) {
				b.step(b.worker, "")
			}
			job, err := b.Book.CancelOrder(t.Context(), b.by, b.Reseller.ID, o.ID)
			if err != nil || job != 0 || b.now(o.ID).Status != db.StatusCancelled || b.wallet() != purse {
				t.Fatalf("job %d, %v; %s, %d of %d cents", job, err, b.now(o.ID).Status, b.wallet(), purse)
			}
			b.through(road.URL, patience)
			for range 10 {
				b.step(b.worker, "")
			}
			if n := road.Carried(d.order); n != 0 || b.wallet() != purse {
				t.Errorf("it was sent %d times; %d of %d cents", n, b.wallet(), purse)
			}
			b.sound()
		})
	}
}

// Two processes on one book: the same jobs, claimed by whoever comes first.
func TestTwoWorkersOnOneBookSendEachOrderOnce(t *testing.T) {
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			b := d.buyer(t)
			road := b.seller.Road(t, b.prefix, nil)
			b.through(road.URL, patience)
			before := b.seller.Stands(t)
			var orders []db.Order
			for range 5 {
				orders = append(orders, b.order())
			}
			work, stop := context.WithCancel(context.WithoutCancel(t.Context()))
			var both sync.WaitGroup
			for range 2 {
				w := b.hand()
				both.Go(func() {
					if err := w.Run(work, 5*time.Second); err != nil {
						t.Error(err)
					}
				})
			}
			for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
				waiting := slices.ContainsFunc(orders, func(o db.Order) bool { return b.now(o.ID).Fulfilment != db.FulfilmentAccepted })
				if !waiting || time.Now().After(end) {
					break
				}
			}
			stop()
			both.Wait()
			if n, sent := b.seller.Since(t, before), road.Seen(d.order); n != (webtest.Stood{Living: 5, Spent: 5 * costCents}) || sent != 5 {
				t.Errorf("%+v, sent %d times", n, sent)
			}
			b.sound()
		})
	}
}

// A worker that is slower than its lease finds its order settled by another.
func TestAnAnswerThatComesAfterTheLeaseChangesNothing(t *testing.T) {
	b := of("billmanager").buyer(t)
	before := b.seller.Stands(t)
	late := make(chan struct{})
	road := b.seller.Road(t, b.prefix, map[string][]webtest.Fate{b.dialect.order: {func(c *webtest.Crossing) {
		answer := c.Carry()
		<-late
		c.Deliver(answer)
	}}})
	b.through(road.URL, patience)
	o := b.order()
	var slow sync.WaitGroup
	slow.Go(func() {
		for end := time.Now().Add(20 * time.Second); road.Seen(b.dialect.order) == 0 && time.Now().Before(end); {
			job, err := b.Book.ClaimJob(context.WithoutCancel(t.Context()), time.Minute)
			if errors.Is(err, db.ErrNotFound) {
				return
			}
			if err == nil {
				err = b.worker.Do(context.WithoutCancel(t.Context()), job)
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
	for end := time.Now().Add(20 * time.Second); road.Carried(b.dialect.order) == 0 || b.theirs(o.Domain) == ""; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it was never sent")
		}
	}
	b.Later(2 * time.Minute)
	b.until(o.ID, "accepted", func(o db.Order) bool { return o.Fulfilment == db.FulfilmentAccepted })
	close(late)
	slow.Wait()
	b.deliver(o.ID)
	if n := b.seller.Since(t, before); n != (webtest.Stood{Living: 1, Spent: costCents}) {
		t.Errorf("%+v", n)
	}
	b.sound()
}

// The upstream speaks of a reissue under another id than the order has: what is
// asked after is the order that was paid.
func TestAnotherIdInTheAnswerToAReissueDoesNotLeadAstray(t *testing.T) {
	for _, d := range dialects {
		if d.reissue == "" {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			b := d.buyer(t)
			other := func(c *webtest.Crossing) {
				answer := c.Carry()
				c.Deliver(renumbered(answer, b.theirs(b.dialect.place(1)), "424242"))
			}
			road := b.seller.Road(t, b.prefix, map[string][]webtest.Fate{d.reissue: {other}})
			b.through(road.URL, patience)
			o := b.order()
			o = b.deliver(o.ID)
			first := b.certificate(o.ID)
			purse := b.wallet()
			if _, err := b.Book.Reissue(t.Context(), b.by, b.Reseller.ID, o.ID, db.Configuration{CSR: providertest.CSR(t, o.Domain), Method: "dns"}); err != nil {
				t.Fatal(err)
			}
			b.until(o.ID, "reissued", func(db.Order) bool {
				c := b.certificate(o.ID)
				if c.ID != first.ID && c.State == db.CertificateRequested && c.UpstreamID != "" && b.instruction(o.ID).Host != "" {
					b.publish(o.ID)
				}
				return c.ID != first.ID && c.State == db.CertificateIssued
			})
			if again := b.certificate(o.ID); again.Serial == first.Serial || again.UpstreamID != first.UpstreamID || b.wallet() != purse || road.Seen(d.reissue) != 1 {
				t.Errorf("serials %s and %s, ids %s and %s, paid %d, asked %d times", first.Serial, again.Serial, first.UpstreamID, again.UpstreamID, purse-b.wallet(), road.Seen(d.reissue))
			}
			b.sound()
		})
	}
}

// A renewal that gives the licence another id is one renewal, and the licence goes
// by its address on.
func TestALicenceWhoseIdChangesOnRenewalIsRenewedOnceAndStillObeys(t *testing.T) {
	b := of("license724").buyer(t)
	const renewal = "POST /licenses/renew"
	road := b.seller.Road(t, b.prefix, map[string][]webtest.Fate{renewal: {func(c *webtest.Crossing) {
		answer := c.Carry()
		c.Deliver(renumbered(answer, b.theirs(b.dialect.place(1)), "424242"))
	}}})
	b.through(road.URL, patience)
	l := b.deliver(b.order().ID)
	purse := b.wallet()
	wish, err := b.Book.RenewLicence(t.Context(), b.by, b.Reseller.ID, l.ID, 12, db.WishForm{Token: "renewal-1"})
	if err != nil {
		t.Fatal(err)
	}
	b.until(wish.ID, "renewed", func(o db.Order) bool { return o.Status == db.StatusCompleted })
	if got := b.now(l.ID); !got.EndsAt.After(l.EndsAt.AddDate(0, 11, 0)) || purse-b.wallet() != priceCents || road.Carried(renewal) != 1 {
		t.Errorf("it ends at %s, before at %s; %d cents, sent %d times", got.EndsAt, l.EndsAt, purse-b.wallet(), road.Carried(renewal))
	}
	if _, err := b.Book.SuspendLicence(t.Context(), b.by, b.Reseller.ID, l.ID); err != nil {
		t.Fatal(err)
	}
	b.until(l.ID, "suspended", func(o db.Order) bool { return o.Suspended })
	b.sound()
}
