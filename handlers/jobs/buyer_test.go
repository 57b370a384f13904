package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/handlers/jobs"
	"certbay/providers"
	"certbay/providers/pretend"
	"certbay/providers/providertest"
	"certbay/web"
	"certbay/web/webtest"
)

// buyer is a shop whose jobs buy from another Certbay in one dialect. It has the
// pages of its operator too; its worker runs when the test says so.
type buyer struct {
	*webtest.Site
	dialect
	t        *testing.T // what is under way, of
	whole    *testing.T // all that is done with the buyer
	seller   *webtest.Shop
	browser  *webtest.Browser   // see admin
	since    time.Time          // when it signed in
	upstream providers.Registry // "upstream" is what is bought from
	worker   *jobs.Worker
	product  int64
	by       db.Actor
	bought   int
}

func (d dialect) buyer(t *testing.T) *buyer {
	t.Helper()
	ctx := t.Context()
	b := &buyer{dialect: d, t: t, whole: t, by: db.Actor{Kind: db.ByPerson, ID: 1, Name: "Ayşe"}, upstream: providers.Registry{}}
	seller, code := d.openSeller(t)
	b.seller = seller
	b.Site = webtest.Open(t, func(c *web.Config) { c.Upstreams = b.upstream })
	b.worker = b.hand()
	group, err := b.Book.CreateGroup(ctx, db.System, "Gold")
	if err == nil {
		err = b.Book.UpdateReseller(ctx, db.System, b.Reseller.ID, db.NewReseller{Name: b.Reseller.Name, Company: b.Reseller.Company, Email: b.Reseller.Email, GroupID: group})
	}
	w := webtest.Single()
	if d.licence {
		w = webtest.Licence()
	}
	w.Terms = []db.Term{{Months: 12, ListCents: 5999}}
	if err == nil {
		b.product, err = b.Book.CreateProduct(ctx, db.System, w.Product, db.Offer{Upstream: "upstream", ProductCode: code, CostCents: costCents})
	}
	if err == nil {
		err = b.Book.SetGroupPrice(ctx, db.System, group, b.product, 12, priceCents)
	}
	if err == nil {
		err = b.Book.AddCredit(ctx, db.System, b.Reseller.ID, 1_000_000, "first", "opening")
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// hand is a worker of the buyer.
func (b *buyer) hand() *jobs.Worker {
	return &jobs.Worker{Book: b.Book, Upstreams: b.upstream, Checker: b.seller.Internet.Checker(nil), Log: slog.New(slog.DiscardHandler), Lease: time.Minute,
		IssuedMail: func(o db.Order) db.Mail { return db.Mail{To: o.ResellerEmail, Subject: "issued", Body: o.Domain} }}
}

// through has the buyer call by that address from now on.
func (b *buyer) through(base string, timeout time.Duration) {
	b.t.Helper()
	p, err := b.open(base, b.seller.Reseller.Email, b.seller.Key, timeout)
	if err != nil {
		b.t.Fatal(err)
	}
	b.upstream["upstream"] = p
}

// patience is how long an answer is waited for, where none is kept back.
const patience = 20 * time.Second

// straight has every call arrive.
func (b *buyer) straight() { b.through(b.seller.URL+b.prefix, patience) }

// place and configure are what the buyer's customer does; again is the same wish, sent again.
func (b *buyer) place(domain string) (db.Order, error) {
	return b.Book.PlaceOrder(b.t.Context(), b.by, b.Reseller.ID, db.NewOrder{ProductID: b.product, Months: 12, Domain: domain, FormToken: "form-" + domain})
}

func (b *buyer) configure(o db.Order) error {
	if b.licence {
		return nil
	}
	_, err := b.Book.Configure(b.t.Context(), b.by, b.Reseller.ID, o.ID, db.Configuration{CSR: providertest.CSR(b.t, o.Domain), Method: "dns"})
	return err
}

// order buys something for a place of its own.
func (b *buyer) order() db.Order {
	b.t.Helper()
	b.bought++
	o, err := b.place(b.dialect.place(b.bought))
	if err == nil {
		err = b.configure(o)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return b.now(o.ID)
}

func (b *buyer) now(id int64) db.Order {
	b.t.Helper()
	o, err := b.Book.Order(context.WithoutCancel(b.t.Context()), b.Reseller.ID, id)
	if err != nil {
		b.t.Fatal(err)
	}
	return o
}

func (b *buyer) certificate(id int64) db.Certificate {
	b.t.Helper()
	list, err := b.Book.Certificates(b.t.Context(), id)
	if err != nil || len(list) == 0 {
		b.t.Fatalf("%d certificates, %v", len(list), err)
	}
	return list[0]
}

// kill runs do, and ends it at a fail point of the book as SIGKILL would: nothing
// that comes after is done. It says whether it was killed.
func (b *buyer) kill(point string, do func()) (killed bool) {
	done := make(chan struct{})
	b.Book.FailPoint = func(name string) {
		if name == point {
			killed = true
			runtime.Goexit()
		}
	}
	go func() { defer close(done); do() }()
	<-done
	b.Book.FailPoint = nil
	return killed
}

// step does a due job; where none is, the clock runs to the next.
func (b *buyer) step(w *jobs.Worker, point string) (killed bool) {
	b.t.Helper()
	ctx := context.WithoutCancel(b.t.Context())
	job, err := b.Book.ClaimJob(ctx, time.Minute)
	if errors.Is(err, db.ErrNotFound) {
		at, err := b.Book.NextJobAt(ctx)
		if err != nil {
			b.t.Fatal(err)
		}
		b.Later(at.Sub(b.Book.Now()))
		time.Sleep(5 * time.Millisecond) // the seller's worker has the real time
		return false
	}
	if err != nil {
		b.t.Fatal(err)
	}
	do := func() { err = w.Do(ctx, job) }
	if point == "" {
		do()
	} else {
		killed = b.kill(point, do)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return killed
}

// until works until the order is as wanted.
func (b *buyer) until(id int64, what string, ok func(db.Order) bool) db.Order {
	b.t.Helper()
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); {
		if o := b.now(id); ok(o) {
			return o
		}
		b.step(b.worker, "")
	}
	o := b.now(id)
	b.t.Fatalf("order %s never came to be %s: %s, %s, %q", o.Number, what, o.Status, o.Fulfilment, o.Message)
	return o
}

// settled says that nothing more happens by itself: it was delivered, it waits for
// the domain's owner, or it waits for a person.
func (b *buyer) settled(o db.Order) bool {
	switch o.Fulfilment {
	case db.FulfilmentAccepted:
		return o.Status == db.StatusCompleted || o.Status == db.StatusValidationPending && b.instruction(o.ID).Host != ""
	case db.FulfilmentRefused:
		return true
	case db.FulfilmentUnsure:
		return !b.waits(db.JobSubmit, b.certificate(o.ID).ID)
	}
	return o.Status == db.StatusCancelled
}

// waits says whether a job is there that was not given up.
func (b *buyer) waits(kind db.JobKind, subject int64) bool {
	b.t.Helper()
	list, _, err := b.Book.JobLines(b.t.Context(), db.JobFilter{Kind: kind, Page: db.Page{Limit: 100}})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, j := range list {
		if j.SubjectID == subject && !j.Failed {
			return true
		}
	}
	return false
}

func (b *buyer) instruction(id int64) db.DCV {
	b.t.Helper()
	list, err := b.Book.DCVs(b.t.Context(), b.certificate(id).ID)
	if err != nil {
		b.t.Fatal(err)
	}
	if len(list) == 0 {
		return db.DCV{}
	}
	return list[0]
}

// deliver does the domain owner's part and waits for the goods.
func (b *buyer) deliver(id int64) db.Order {
	b.t.Helper()
	o := b.until(id, "accepted, with what to publish", func(o db.Order) bool {
		return o.Status == db.StatusCompleted || o.Status == db.StatusValidationPending && b.instruction(id).Host != ""
	})
	if o.Status == db.StatusCompleted {
		return o
	}
	b.publish(id)
	return b.until(id, "delivered", func(o db.Order) bool { return o.Status == db.StatusCompleted })
}

func (b *buyer) publish(id int64) {
	b.t.Helper()
	d := b.instruction(id)
	if err := b.seller.Internet.PublishRecord(pretend.Record{Host: d.Host, Type: d.RecordType, Value: d.Value}); err != nil {
		b.t.Fatal(err)
	}
}

// theirs is the id of the living order that the seller has for a place; "" when
// there is none.
func (b *buyer) theirs(place string) string {
	b.t.Helper()
	list, _, err := b.seller.Book.Orders(b.t.Context(), b.seller.Reseller.ID, db.OrderFilter{Page: db.Page{Limit: 1000}})
	if err != nil {
		b.t.Fatal(err)
	}
	id := ""
	for _, o := range list {
		if o.Domain == place && o.Status != db.StatusCancelled {
			id = fmt.Sprint(o.ID)
		}
	}
	return id
}

// inReview is what the review queue says of an order.
func (b *buyer) inReview(id int64) (item db.ReviewItem, found bool) {
	b.t.Helper()
	list, _, err := b.Book.Review(b.t.Context(), 1000)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, i := range list {
		if i.ID == id && (i.Kind == db.ReviewUnsure || i.Kind == db.ReviewRefused) {
			return i, true
		}
	}
	return item, false
}

// admin is a browser of the operator, who signs in again when the clock has run on.
func (b *buyer) admin() *webtest.Browser {
	b.t.Helper()
	if b.browser == nil || b.Book.Now().Sub(b.since) > time.Hour {
		b.browser, b.since = b.SignedIn(b.whole, db.RoleAdmin), b.Book.Now()
	}
	return b.browser
}

// page is what the operator reads of an order, in one line.
func (b *buyer) page(id int64) string {
	b.t.Helper()
	return strings.Join(strings.Fields(b.admin().Get(fmt.Sprint("/admin/orders/", id)).Document(b.t).Find("main").Text()), " ")
}

// press sends what a button of the order's page sends.
func (b *buyer) press(id int64, button string, form map[string][]string) {
	b.t.Helper()
	own := fmt.Sprint("/admin/orders/", id)
	if a := b.admin().Post(own+"/"+button, form); a.Status != 303 || a.Location != own {
		b.t.Fatalf("%s: %d, to %q\n%s", button, a.Status, a.Location, a.Body)
	}
}

// buttons are those that the order's page shows.
func (b *buyer) buttons(id int64) (list []string) {
	b.t.Helper()
	doc := b.admin().Get(fmt.Sprint("/admin/orders/", id)).Document(b.t)
	for _, button := range []string{"look", "placed", "resubmit", "cancel"} {
		path := fmt.Sprintf("/admin/orders/%d/%s", id, button)
		if doc.Find(`form[action="`+path+`"], a[href="`+path+`"], button[formaction="`+path+`"]`).Length() > 0 {
			list = append(list, button)
		}
	}
	return list
}

// wallets is what the buyer's customer has left.
func (b *buyer) wallet() int64 {
	b.t.Helper()
	balance, _, err := b.Book.Wallet(b.t.Context(), b.Reseller.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return balance
}

// sound checks both books.
func (b *buyer) sound() {
	b.t.Helper()
	for name, book := range map[string]*db.DB{"buyer": b.Book, "seller": b.seller.Book} {
		if _, err := book.Verify(context.WithoutCancel(b.t.Context())); err != nil {
			b.t.Errorf("the %s's book: %v", name, err)
		}
	}
}
