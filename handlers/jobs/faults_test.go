package jobs_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/db"
	"certbay/web/webtest"
)

// What a wish may come to. In all of them the seller has one order of it at the
// most, and both books have paid once or have the money back.
const (
	delivered = "delivered"
	retried   = "tried again, delivered"
	found     = "looked up: there, delivered"
	goneOn    = "looked up: paid and not configured, gone on with, delivered"
	notFound  = "looked up: not there, sent again, delivered"
	placed    = "in review: marked as placed, delivered"
	resent    = "in review: sent again, delivered"
	refunded  = "refused, in review: cancelled and refunded"
)

// try has something bought while a fault strikes, does what a person would do
// about it, and says what it came to.
func (b *buyer) try(f fault) string {
	t := b.t
	t.Helper()
	stood, purse := b.seller.Stands(t), b.wallet()
	fates := maps.Clone(f.other)
	if fates == nil {
		fates = map[string][]webtest.Fate{}
	}
	if f.fate != nil {
		fates[b.dialect.order] = []webtest.Fate{f.fate(b)}
	}
	road := b.seller.Road(t, b.prefix, fates)
	if f.all != nil {
		road.Always(f.all(b))
	}
	base, haste := road.URL, patience
	if f.base != nil {
		base = f.base(t) + b.prefix
	}
	if f.haste != 0 {
		haste = f.haste
	}
	b.through(base, haste)

	o := b.ordered(f.point)
	b.struck(f, road, o.ID)
	there := b.theirs(o.Domain) != ""
	if f.all == nil || f.check == nil { // what is wrong with the way is put right
		road.Clear()
		b.through(road.URL, patience)
	}
	o = b.until(o.ID, "settled", b.settled)
	got := b.decided(f, o, there)
	switch got {
	case refunded:
		if n := b.seller.Since(t, stood); n != (webtest.Stood{}) {
			t.Errorf("the seller has %+v", n)
		}
		if spent := purse - b.wallet(); spent != 0 {
			t.Errorf("%d cents were kept of a refused order", spent)
		}
	default:
		b.deliver(o.ID)
		if f.check != nil {
			f.check(t, b, o.ID)
		}
		if n := b.seller.Since(t, stood); n != (webtest.Stood{Living: 1, Cancelled: f.cancelled, Spent: costCents}) {
			t.Errorf("the seller has %+v", n)
		}
		if spent := purse - b.wallet(); spent != priceCents {
			t.Errorf("%d cents were paid", spent)
		}
		if theirs, ours := b.theirs(o.Domain), b.certificate(o.ID).UpstreamID; theirs != ours {
			t.Errorf("the seller's order is %s, the book says %s", theirs, ours)
		}
	}
	b.sound()
	return got
}

// ordered places an order, and does so again when the process is killed at it.
func (b *buyer) ordered(point string) db.Order {
	b.t.Helper()
	if point != "order_committed" && point != "configuration_committed" || b.licence && point == "configuration_committed" {
		return b.order()
	}
	b.bought++
	domain := b.dialect.place(b.bought)
	wish := func() (o db.Order, err error) {
		if o, err = b.place(domain); err == nil && o.Status == db.StatusPending {
			err = b.configure(o)
		}
		return o, err
	}
	if !b.kill(point, func() { _, _ = wish() }) {
		b.t.Fatalf("nothing was killed at %s", point)
	}
	o, err := wish()
	if err != nil {
		b.t.Fatal(err)
	}
	if n := b.debits(o.ID); n != 1 {
		b.t.Errorf("the order was debited %d times", n)
	}
	return b.now(o.ID)
}

// debits counts how often an order was paid.
func (b *buyer) debits(id int64) (n int) {
	b.t.Helper()
	list, err := b.Book.OrderEntries(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, line := range list {
		if line.Cents < 0 && line.Account == db.Wallet {
			n++
		}
	}
	return n
}

// struck works until the fault has shown its effect.
func (b *buyer) struck(f fault, road *webtest.Road, id int64) {
	t := b.t
	t.Helper()
	switch {
	case f.point == "before_submit" || f.point == "after_submit" || f.point == "before_issued":
		for end := time.Now().Add(40 * time.Second); !b.step(b.worker, f.point); {
			if o := b.now(id); o.Status == db.StatusValidationPending && b.instruction(id).Host != "" {
				b.publish(id)
			}
			if time.Now().After(end) {
				t.Fatalf("nothing was killed at %s", f.point)
			}
		}
	case f.base != nil || f.all != nil && f.check == nil || f.wait > 0:
		start := b.Book.Now()
		job := b.submitJob(id)
		for end := time.Now().Add(20 * time.Second); job.Failures == 0 && time.Now().Before(end); job = b.submitJob(id) {
			b.step(b.worker, "")
		}
		if o := b.now(id); job.Failures != 1 || job.LastError == "" || o.Fulfilment != db.FulfilmentQueued || o.Status != db.StatusProcessing {
			t.Fatalf("%d failures, %q; the order is %s, %s", job.Failures, job.LastError, o.Status, o.Fulfilment)
		}
		if waits := job.RunAt.Sub(start); waits < f.wait {
			t.Errorf("it is tried again after %s", waits)
		}
		if b.theirs(b.now(id).Domain) != "" {
			t.Error("the seller has an order that surely was not sent")
		}
		list, err := b.Book.Healths(t.Context())
		if err != nil || !slices.ContainsFunc(list, func(h db.Health) bool { return h.Upstream == "upstream" && h.LastError != "" }) {
			t.Errorf("nobody is told of the trouble: %+v, %v", list, err)
		}
	case f.other != nil:
		b.until(id, "settled", b.settled)
	case f.fate != nil:
		for end := time.Now().Add(40 * time.Second); road.Seen(b.dialect.order) == 0; b.step(b.worker, "") {
			if time.Now().After(end) {
				t.Fatalf("%s was never called", b.dialect.order)
			}
		}
	}
}

func (b *buyer) submitJob(id int64) db.Job {
	b.t.Helper()
	c := b.certificate(id)
	list, _, err := b.Book.JobLines(b.t.Context(), db.JobFilter{Kind: db.JobSubmit, Page: db.Page{Limit: 100}})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, j := range list {
		if j.SubjectID == c.ID {
			return j.Job
		}
	}
	b.t.Fatal("the job that submits is gone")
	return db.Job{}
}

// decided does what the review queue wants, and says what it was.
func (b *buyer) decided(f fault, o db.Order, there bool) string {
	t := b.t
	t.Helper()
	item, waits := b.inReview(o.ID)
	if o.Fulfilment == db.FulfilmentAccepted {
		if waits {
			t.Errorf("in review, and accepted: %+v", item)
		}
		return b.came(o.ID, there)
	}
	if !waits || !strings.Contains(item.Reason, f.words) || f.words == "" {
		t.Errorf("in review: %v, because of %q, want %q", waits, item.Reason, f.words)
	}
	page := b.page(o.ID)
	says := func(sentence string) {
		t.Helper()
		if !strings.Contains(page, sentence) {
			t.Errorf("the order's page does not say %q:\n%s", sentence, page)
		}
	}
	if o.Fulfilment == db.FulfilmentRefused {
		says("The upstream refused the request")
		says(f.words)
		if got := b.buttons(o.ID); !slices.Contains(got, "cancel") || slices.Contains(got, "placed") || slices.Contains(got, "look") {
			t.Errorf("buttons %v", got)
		}
		b.press(o.ID, "cancel", url.Values{"reason": {"the product is paused"}})
		if got := b.now(o.ID); got.Status != db.StatusCancelled {
			t.Errorf("after the button it is %s", got.Status)
		}
		return refunded
	}
	says("Was it placed or not?")
	says(fmt.Sprintf("The call to upstream broke off, and it could not be asked by our reference %s.", b.certificate(o.ID).Reference))
	says("nothing is sent until you do")
	fit := []string{"look", "placed", "resubmit", "cancel"}
	if b.licence {
		fit = fit[1:]
	}
	if got := b.buttons(o.ID); !slices.Equal(got, fit) {
		t.Errorf("buttons %v, want %v", got, fit)
	}
	if theirs := b.theirs(o.Domain); theirs != "" {
		b.press(o.ID, "placed", url.Values{"upstream_id": {theirs}})
		return placed
	}
	b.press(o.ID, "resubmit", nil)
	return resent
}

// came says, by what was written down of it, how an order came to be accepted.
// there says that the seller had it when the fault had struck.
func (b *buyer) came(id int64, there bool) string {
	b.t.Helper()
	list, err := b.Book.Events(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	has := func(kind string) bool {
		return slices.ContainsFunc(list, func(e db.Event) bool { return e.Kind == kind })
	}
	switch {
	case has("unsure") && has("requeued") && there:
		return goneOn
	case has("unsure") && has("requeued"):
		return notFound
	case has("unsure"):
		return found
	case has("requeued"):
		return retried
	}
	return delivered
}

// Every dialect under every fault.
func TestWhateverGoesWrongAWishIsOneOrderPaidOnce(t *testing.T) {
	var mu sync.Mutex
	came := map[string]string{}
	t.Run("dialects", func(t *testing.T) {
		for _, d := range dialects {
			t.Run(d.name, func(t *testing.T) {
				t.Parallel()
				b := d.buyer(t)
				for _, f := range faults {
					if f.only != "" && f.only != d.name || d.licence && f.point == "configuration_committed" { // licences are not configured
						continue
					}
					ok := t.Run(f.name, func(t *testing.T) {
						b.t = t
						defer func() { b.t = b.whole }()
						got := b.try(f)
						if want := d.comesTo(f.reach); got != want {
							t.Errorf("it came to %q, want %q", got, want)
						}
						mu.Lock()
						came[d.name+" "+f.name] = got
						mu.Unlock()
					})
					if !ok { // what is left in the book would disturb what follows
						return
					}
				}
			})
		}
	})
	if testing.Verbose() {
		t.Log("\n" + faultTable(came))
	}
}

// faultTable is what each fault came to, in Markdown.
func faultTable(came map[string]string) string {
	var text strings.Builder
	text.WriteString("| fault |")
	for _, d := range dialects {
		text.WriteString(" " + d.name + " |")
	}
	text.WriteString("\n|---|" + strings.Repeat("---|", len(dialects)) + "\n")
	for _, f := range faults {
		text.WriteString("| " + f.name + " |")
		for _, d := range dialects {
			got := came[d.name+" "+f.name]
			if got == "" {
				got = "–"
			}
			text.WriteString(" " + got + " |")
		}
		text.WriteString("\n")
	}
	return text.String()
}
