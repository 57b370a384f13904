package jobs_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
	"certbay/handlers/jobs"
	"certbay/providers"
	"certbay/providers/pretend"
	"certbay/providers/sandbox"
)

var ctx = context.Background()

// moody is the sandbox CA with a mood: what it answers to Submit can be bent
// before or after the CA has really taken the order.
type moody struct {
	*sandbox.CA
	mu      sync.Mutex
	before  func() error
	after   func() error
	bend    func(providers.Receipt) error
	submits int
}

func (m *moody) Submit(ctx context.Context, s providers.Submission) (providers.Receipt, error) {
	m.mu.Lock()
	before, after, bend := m.before, m.after, m.bend
	m.before, m.after, m.bend = nil, nil, nil
	m.submits++
	m.mu.Unlock()
	if before != nil {
		if err := before(); err != nil {
			return providers.Receipt{}, err
		}
	}
	r, err := m.CA.Submit(ctx, s)
	if err == nil && after != nil {
		err = after()
	}
	if err == nil && bend != nil {
		err = bend(r)
	}
	return r, err
}

// noFinder is an upstream that can't be asked for a reference.
type noFinder struct{ providers.Provider }

type yard struct {
	t        *testing.T
	book     *db.DB
	ca       *moody
	net      *pretend.Internet
	worker   *jobs.Worker
	reseller int64
	product  int64
	by       db.Actor
	memory   string // the CA's file
}

func openYard(t *testing.T) *yard {
	t.Helper()
	y := &yard{t: t, book: dbtest.Open(t), by: db.Actor{Kind: db.ByPerson, ID: 1, Name: "Ayşe"}}
	var err error
	if y.net, err = pretend.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { y.net.Close() })
	checker := y.net.Checker(nil)
	y.memory = filepath.Join(t.TempDir(), "ca.db")
	ca, err := sandbox.Open(ctx, sandbox.Options{Path: y.memory, Checker: checker, Vetting: -1, CheckEvery: -1,
		Mail: func(ctx context.Context, to, subject, body string) error {
			return y.book.QueueMail(ctx, db.Mail{To: to, Subject: subject, Body: body})
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ca.Close() })
	y.ca = &moody{CA: ca}
	sender, err := jobs.NewSMTP("smtp://"+y.net.SMTPAddr(), "shop@shop.example")
	if err != nil {
		t.Fatal(err)
	}
	y.worker = &jobs.Worker{Book: y.book, Upstreams: providers.Registry{"sandbox": y.ca}, Checker: checker, Mail: sender,
		Log: slog.New(slog.DiscardHandler), Lease: time.Minute,
		IssuedMail: func(o db.Order) db.Mail {
			return db.Mail{To: o.ResellerEmail, Subject: "issued " + o.Number, Body: o.Domain}
		}}
	group, err := y.book.CreateGroup(ctx, db.System, "Gold")
	if err != nil {
		t.Fatal(err)
	}
	r, err := y.book.CreateReseller(ctx, db.System, db.NewReseller{Name: "Örnek", Company: "Örnek Ltd.", Email: "info@ornek.com.tr", GroupID: group})
	if err != nil {
		t.Fatal(err)
	}
	y.reseller = r.ID
	y.product, err = y.book.CreateProduct(ctx, db.System, db.Product{Brand: "Sectigo", Name: "PositiveSSL", Kind: db.KindSSL, Validation: "dv", DomainType: "single",
		DCVMethods: []string{"email", "http", "https", "dns"}, Terms: []db.Term{{Months: 12, ListCents: 4999}}},
		db.Offer{Upstream: "sandbox", ProductCode: "sectigo-positivessl", CostCents: 900})
	if err != nil {
		t.Fatal(err)
	}
	if err := y.book.SetGroupPrice(ctx, db.System, group, y.product, 12, 1299); err != nil {
		t.Fatal(err)
	}
	if err := y.book.AddCredit(ctx, db.System, y.reseller, 100000, "first", "opening"); err != nil {
		t.Fatal(err)
	}
	return y
}

// order places and configures an order for a domain.
func (y *yard) order(domain, method string) db.Order {
	y.t.Helper()
	o, err := y.book.PlaceOrder(ctx, y.by, y.reseller, db.NewOrder{ProductID: y.product, Months: 12, Domain: domain})
	if err != nil {
		y.t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		y.t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: domain}, DNSNames: []string{domain}}, key)
	if err != nil {
		y.t.Fatal(err)
	}
	csr := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
	if _, err := y.book.Configure(ctx, y.by, y.reseller, o.ID, db.Configuration{CSR: csr, Method: method}); err != nil {
		y.t.Fatal(err)
	}
	return o
}

// work does every job that is due, as a single worker would, and then moves the
// book's clock to the next one, at most rounds times.
func (y *yard) work(rounds int) {
	y.t.Helper()
	for range rounds {
		for {
			job, err := y.book.ClaimJob(ctx, time.Minute)
			if errors.Is(err, db.ErrNotFound) {
				break
			}
			if err != nil {
				y.t.Fatal(err)
			}
			if err := y.worker.Do(ctx, job); err != nil {
				y.t.Fatal(err)
			}
		}
		at, err := y.book.NextJobAt(ctx)
		if err != nil {
			y.t.Fatal(err)
		}
		if at.After(y.book.Now()) {
			y.book.Now = func() time.Time { return at }
		}
	}
}

func (y *yard) now(id int64) db.Order {
	y.t.Helper()
	o, err := y.book.Order(ctx, y.reseller, id)
	if err != nil {
		y.t.Fatal(err)
	}
	return o
}

func (y *yard) proof(id int64) (db.Certificate, db.DCV) {
	y.t.Helper()
	list, err := y.book.Certificates(ctx, id)
	if err != nil {
		y.t.Fatal(err)
	}
	rows, err := y.book.DCVs(ctx, list[0].ID)
	if err != nil || len(rows) != 1 {
		y.t.Fatalf("%d names, %v", len(rows), err)
	}
	return list[0], rows[0]
}

// prove publishes what is asked for and has it looked at.
func (y *yard) prove(o db.Order) {
	y.t.Helper()
	_, d := y.proof(o.ID)
	if err := y.net.PublishRecord(pretend.Record{Host: d.Host, Type: d.RecordType, Value: d.Value}); err != nil {
		y.t.Fatal(err)
	}
	if _, err := y.book.CheckNow(ctx, y.reseller, o.ID); err != nil {
		y.t.Fatal(err)
	}
	y.work(1)
}

// sound checks the book, and that exactly one order of the reference stands upstream.
func (y *yard) sound(o db.Order) {
	y.t.Helper()
	if _, err := y.book.Verify(ctx); err != nil {
		y.t.Fatal(err)
	}
	c, _ := y.proof(o.ID)
	id, err := y.ca.Find(ctx, c.Reference)
	if err != nil || id != c.UpstreamID {
		y.t.Fatalf("upstream has %q, the book says %q (%v)", id, c.UpstreamID, err)
	}
}

func TestOrderIsIssuedAfterItsRecordIsPublished(t *testing.T) {
	y := openYard(t)
	o := y.order("shop.ornek.com.tr", "dns")
	y.work(1)
	if got := y.now(o.ID); got.Status != db.StatusValidationPending || got.Fulfilment != db.FulfilmentAccepted {
		t.Fatalf("order is %s, %s", got.Status, got.Fulfilment)
	}
	_, d := y.proof(o.ID)
	if err := y.net.PublishRecord(pretend.Record{Host: d.Host, Type: d.RecordType, Value: "wrong.example.com"}); err != nil {
		t.Fatal(err)
	}
	if _, err := y.book.CheckNow(ctx, y.reseller, o.ID); err != nil {
		t.Fatal(err)
	}
	y.work(1)
	if _, d := y.proof(o.ID); d.State != db.DCVWrong || len(d.Report) == 0 {
		t.Fatalf("after a wrong record the name is %s, report %s", d.State, d.Report)
	}
	y.prove(o)
	if got := y.now(o.ID); got.Status != db.StatusCompleted {
		t.Fatalf("order is %s: %s", got.Status, got.Message)
	}
	c, _ := y.proof(o.ID)
	if c.State != db.CertificateIssued || c.PEM == "" || c.Chain == "" {
		t.Fatalf("certificate is %s", c.State)
	}
	y.work(1)
	if mails := y.net.Mails(); len(mails) != 1 || mails[0].To[0] != "info@ornek.com.tr" {
		t.Fatalf("mails %+v", mails)
	}
	y.sound(o)
}

func TestRefusedOrderIsTheResellersAgainWithTheUpstreamsWords(t *testing.T) {
	y := openYard(t)
	y.ca.before = func() error { return providers.Refuse("csr", "key is on the blocklist") }
	o := y.order("a.ornek.com.tr", "dns")
	y.work(1)
	got := y.now(o.ID)
	if got.Status != db.StatusPendingConfiguration || got.Fulfilment != db.FulfilmentRefused || got.Message != "key is on the blocklist" {
		t.Fatalf("order is %s, %s, %q", got.Status, got.Fulfilment, got.Message)
	}
	if _, err := y.book.Verify(ctx); err != nil {
		t.Fatal(err)
	}
}

// The call failed before the upstream saw it, or after it had accepted: in both
// the upstream is asked, and has one order in the end.
func TestBrokenOffCallIsLookedUpAndNeverOrderedTwice(t *testing.T) {
	for name, bend := range map[string]func(*moody){
		"before": func(m *moody) { m.before = func() error { return errors.New("connection refused") } },
		"after":  func(m *moody) { m.after = func() error { return errors.New("connection reset by peer") } },
		"unavailable": func(m *moody) {
			m.after = func() error { return errors.Join(providers.ErrUnavailable, errors.New("502 bad gateway")) }
		},
		"panic": func(m *moody) { m.after = func() error { panic("adapter bug") } },
	} {
		t.Run(name, func(t *testing.T) {
			y := openYard(t)
			bend(y.ca)
			o := y.order("b.ornek.com.tr", "dns")
			y.work(1)
			if got := y.now(o.ID); got.Fulfilment != db.FulfilmentUnsure && got.Fulfilment != db.FulfilmentSubmitting {
				t.Fatalf("order is %s", got.Fulfilment)
			}
			y.work(4)
			if got := y.now(o.ID); got.Fulfilment != db.FulfilmentAccepted {
				t.Fatalf("order is %s: %s", got.Fulfilment, got.Message)
			}
			y.sound(o)
			y.prove(o)
			if got := y.now(o.ID); got.Status != db.StatusCompleted {
				t.Fatalf("order is %s", got.Status)
			}
		})
	}
}

func TestUnsureOrderWaitsForAPersonWhereTheUpstreamCantBeAsked(t *testing.T) {
	y := openYard(t)
	y.worker.Upstreams.(providers.Registry)["sandbox"] = noFinder{y.ca}
	y.ca.after = func() error { return errors.New("timeout") }
	o := y.order("c.ornek.com.tr", "dns")
	y.work(6)
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentUnsure || y.ca.submits != 1 {
		t.Fatalf("order is %s after %d submits", got.Fulfilment, y.ca.submits)
	}
	if _, n, err := y.book.AllOrders(ctx, db.OrderFilter{View: db.ViewReview}); err != nil || n != 1 {
		t.Fatalf("%d in review, %v", n, err)
	}
}

func TestBadLoginKeepsTheOrderQueuedForLater(t *testing.T) {
	y := openYard(t)
	y.ca.before = func() error { return providers.ErrCredentials }
	o := y.order("d.ornek.com.tr", "dns")
	y.work(1)
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentQueued || got.Status != db.StatusProcessing {
		t.Fatalf("order is %s, %s", got.Status, got.Fulfilment)
	}
	health, err := y.book.Healths(ctx)
	if err != nil || len(health) != 1 || health[0].LastError == "" {
		t.Fatalf("health %+v, %v", health, err)
	}
	y.work(2)
	if got := y.now(o.ID); got.Fulfilment != db.FulfilmentAccepted {
		t.Fatalf("order is %s after the login works again", got.Fulfilment)
	}
	y.sound(o)
}

func TestAcceptedOrderIsCancelledUpstreamBeforeItIsRefunded(t *testing.T) {
	y := openYard(t)
	o := y.order("e.ornek.com.tr", "dns")
	y.work(1)
	job, err := y.book.CancelOrder(ctx, y.by, y.reseller, o.ID)
	if err != nil || job == 0 {
		t.Fatalf("job %d, %v", job, err)
	}
	if got := y.now(o.ID); got.Status != db.StatusValidationPending {
		t.Fatalf("order is %s before the upstream answered", got.Status)
	}
	c, _ := y.proof(o.ID)
	y.work(1)
	if got := y.now(o.ID); got.Status != db.StatusCancelled {
		t.Fatalf("order is %s", got.Status)
	}
	if status, err := y.ca.Status(ctx, c.UpstreamID); err != nil || status.State != providers.StateCancelled {
		t.Fatalf("upstream says %s, %v", status.State, err)
	}
	if balance, _, err := y.book.Wallet(ctx, y.reseller); err != nil || balance != 100000 {
		t.Fatalf("balance %d, %v", balance, err)
	}
	y.sound(o)
}

func TestMethodIsChangedUpstreamAndShownVerbatim(t *testing.T) {
	y := openYard(t)
	o := y.order("f.ornek.com.tr", "dns")
	y.work(1)
	if _, err := y.book.ChangeDCV(ctx, y.by, y.reseller, o.ID, "", "http", ""); err != nil {
		t.Fatal(err)
	}
	y.work(1)
	c, d := y.proof(o.ID)
	status, err := y.ca.Status(ctx, c.UpstreamID)
	if err != nil {
		t.Fatal(err)
	}
	if d.Method != "http" || d.FileContent == "" || d.FileContent != status.Domains[0].Instruction.FileContent || d.Host != "" {
		t.Fatalf("name %+v, upstream %+v", d, status.Domains[0])
	}
}
