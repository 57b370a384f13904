package db_test

import (
	"errors"
	"flag"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"certbay/db"
)

// stage is where an order of the model stands; it is what decides which
// operations may happen.
type stage string

const (
	unpaid     stage = "unpaid"
	lapsed     stage = "cancelled unpaid"
	placed     stage = "placed"
	queued     stage = "queued"
	submitting stage = "submitting"
	doubted    stage = "doubted"
	taken      stage = "taken" // by the upstream
	sentBack   stage = "sent back"
	delivered  stage = "delivered"
	given      stage = "given back" // cancelled and refunded
)

// bookModel is the sequential truth beside the book: one reseller's money and
// where its orders stand.
type bookModel struct {
	shop
	csr                                  string
	wallet, held, revenue, tax, upstream int64
	toppedUp, adjusted, allowance        int64
	orders                               []*trade
	credits                              int
	base                                 map[db.AccountKind]int64
}

// trade is an order of the model.
type trade struct {
	id, certificate  int64
	total, tax, cost int64
	stage            stage
}

func (m *bookModel) pick(t *rapid.T) *trade {
	if len(m.orders) == 0 {
		t.Skip("no orders yet")
	}
	return m.orders[rapid.IntRange(0, len(m.orders)-1).Draw(t, "order")]
}

// expect fails unless the operation answered as the model says: nil, or stale.
func expect(t *rapid.T, what string, o *trade, may bool, err error) {
	if may && err != nil || !may && !errors.Is(err, db.ErrStale) {
		t.Fatalf("%s of a %s order: %v", what, o.stage, err)
	}
}

func (o *trade) in(stages ...stage) bool {
	for _, s := range stages {
		if o.stage == s {
			return true
		}
	}
	return false
}

func (m *bookModel) addCredit(t *rapid.T) {
	cents := rapid.Int64Range(1, 6000).Draw(t, "cents")
	m.credits++
	ref := fmt.Sprint("r", m.reseller, "-", m.credits)
	if err := m.AddCredit(ctx, db.System, m.reseller, cents, ref, "transfer"); err != nil {
		t.Fatal(err)
	}
	m.wallet += cents
	m.toppedUp += cents
	if err := m.AddCredit(ctx, db.System, m.reseller, cents, ref, "transfer"); !errors.Is(err, db.ErrDuplicate) {
		t.Fatalf("the same credit again: %v", err)
	}
}

// adjust corrects the wallet in either direction.
func (m *bookModel) adjust(t *rapid.T) {
	cents := rapid.Int64Range(-4000, 1000).Filter(func(c int64) bool { return c != 0 }).Draw(t, "cents")
	m.credits++
	ref := fmt.Sprint("r", m.reseller, "-", m.credits)
	err := m.AdjustCredit(ctx, db.System, m.reseller, cents, ref, "correction")
	var poor *db.InsufficientCredit
	switch {
	case (cents > 0 || m.wallet+cents >= -m.allowance) && err == nil:
		m.wallet += cents
		m.adjusted += cents
		if err := m.AdjustCredit(ctx, db.System, m.reseller, cents, ref, "correction"); !errors.Is(err, db.ErrDuplicate) {
			t.Fatalf("the same correction again: %v", err)
		}
	case cents > 0 || m.wallet+cents >= -m.allowance || !errors.As(err, &poor) || poor.Needed != -cents || poor.Available != m.wallet+m.allowance:
		t.Fatalf("correcting %d with %d and %d allowed: %v", cents, m.wallet, m.allowance, err)
	}
}

// allow sets the allowance, below what is in use too.
func (m *bookModel) allow(t *rapid.T) {
	cents := rapid.Int64Range(0, 5000).Draw(t, "allowance")
	if err := m.SetAllowance(ctx, db.System, m.reseller, cents, "agreed"); err != nil {
		t.Fatal(err)
	}
	m.allowance = cents
	balance, available, err := m.Wallet(ctx, m.reseller)
	if err != nil || balance != m.wallet || available != m.wallet+m.allowance {
		t.Fatalf("%d, of which %d can be spent; the model says %d and %d more: %v", balance, available, m.wallet, m.allowance, err)
	}
}

func (m *bookModel) buy(t *rapid.T) {
	n := db.NewOrder{ProductID: m.single, Months: 12, Domain: "example.com", FormToken: rapid.StringMatching(`[a-z]{0,12}`).Draw(t, "token"), Unpaid: rapid.Bool().Draw(t, "unpaid")}
	total := int64(1299)
	if sans := rapid.IntRange(0, 5).Draw(t, "sans"); sans > 0 {
		n.ProductID, n.SANCount, total = m.multi, sans, 1299+int64(sans)*799
	}
	tax := (total*2000 + 5000) / 10_000
	placedOrder, err := m.PlaceOrder(ctx, m.staff, m.reseller, n)
	for _, o := range m.orders {
		if err == nil && o.id == placedOrder.ID {
			if n.FormToken == "" {
				t.Fatal("an order was answered twice without a token")
			}
			return
		}
	}
	var poor *db.InsufficientCredit
	if m.wallet+m.allowance < total+tax && n.Unpaid {
		if err != nil || placedOrder.Paid {
			t.Fatalf("buying unpaid for %d with %d: %v", total+tax, m.wallet, err)
		}
		m.orders = append(m.orders, &trade{id: placedOrder.ID, total: total, tax: tax, cost: 900, stage: unpaid})
		return
	}
	if m.wallet+m.allowance < total+tax {
		if !errors.As(err, &poor) || poor.Needed != total+tax || poor.Available != m.wallet+m.allowance {
			t.Fatalf("buying for %d with %d: %v", total+tax, m.wallet, err)
		}
		return
	}
	if err != nil || placedOrder.TotalCents != total || placedOrder.TaxCents != tax {
		t.Fatalf("%+v, %v", placedOrder, err)
	}
	m.wallet -= total + tax
	m.held += total + tax
	m.orders = append(m.orders, &trade{id: placedOrder.ID, total: total, tax: tax, cost: 900, stage: placed})
}

// pay pays an order that was placed unpaid.
func (m *bookModel) pay(t *rapid.T) {
	o := m.pick(t)
	err := m.PayOrder(ctx, m.staff, m.reseller, o.id)
	var poor *db.InsufficientCredit
	if o.stage == unpaid && m.wallet+m.allowance < o.total+o.tax {
		if !errors.As(err, &poor) || poor.Needed != o.total+o.tax {
			t.Fatalf("paying %d with %d: %v", o.total+o.tax, m.wallet, err)
		}
		return
	}
	expect(t, "payment", o, o.stage == unpaid, err)
	if o.stage == unpaid {
		o.stage = placed
		m.wallet -= o.total + o.tax
		m.held += o.total + o.tax
	}
}

func (m *bookModel) configure(t *rapid.T) {
	o := m.pick(t)
	_, err := m.Configure(ctx, m.staff, m.reseller, o.id, db.Configuration{CSR: m.csr, Method: "dns"})
	may := o.in(placed, sentBack)
	expect(t, "configuration", o, may, err)
	if may {
		o.certificate, o.stage = m.newest(t, o), queued
	}
}

// step runs an upstream's step of an order that has a certificate: it may happen
// in some stages and then leads to another.
func (m *bookModel) step(t *rapid.T, what string, call func(*trade) error, to stage, from ...stage) {
	o := m.pick(t)
	if o.certificate == 0 {
		t.Skip("nothing was asked for")
	}
	may := o.in(from...)
	expect(t, what, o, may, call(o))
	if may {
		o.stage = to
	}
}

func (m *bookModel) issueOne(t *rapid.T) {
	o := m.pick(t)
	if !o.in(taken, delivered, given, sentBack) || o.certificate == 0 {
		t.Skip("the upstream has nothing to deliver")
	}
	err := m.RecordIssued(ctx, o.certificate, m.issued(), nil)
	expect(t, "issuance", o, o.in(taken, delivered), err)
	if o.stage == taken {
		o.stage = delivered
		m.held -= o.total + o.tax
		m.revenue += o.total
		m.tax += o.tax
		m.upstream += o.cost
	}
}

func (m *bookModel) giveBack(o *trade) {
	o.stage = given
	m.held -= o.total + o.tax
	m.wallet += o.total + o.tax
}

func (m *bookModel) cancel(t *rapid.T) {
	o := m.pick(t)
	job, err := m.CancelOrder(ctx, m.staff, m.reseller, o.id)
	expect(t, "cancel", o, o.in(unpaid, placed, queued, sentBack, taken), err)
	if (job != 0) != (err == nil && o.stage == taken) {
		t.Fatalf("cancel of a %s order answers job %d", o.stage, job)
	}
	if o.stage == unpaid {
		o.stage = lapsed
	} else if o.in(placed, queued, sentBack) {
		m.giveBack(o)
	}
}

func (m *bookModel) confirmCancel(t *rapid.T) {
	o := m.pick(t)
	may := o.in(unpaid, placed, queued, sentBack, taken, doubted)
	expect(t, "confirmed cancel", o, may, m.ConfirmCancel(ctx, db.System, o.id))
	if may && o.stage == unpaid {
		o.stage = lapsed
	} else if may {
		m.giveBack(o)
	}
}

// advance takes an order the next step of its straight way to a certificate.
func (m *bookModel) advance(t *rapid.T) {
	o := m.pick(t)
	var err error
	switch o.stage {
	case placed, sentBack:
		_, err = m.Configure(ctx, m.staff, m.reseller, o.id, db.Configuration{CSR: m.csr, Method: "dns"})
		if err == nil {
			o.certificate, o.stage = m.newest(t, o), queued
		}
	case queued:
		_, err = m.BeginSubmit(ctx, o.certificate)
		o.stage = submitting
	case submitting, doubted:
		err = m.AcceptSubmit(ctx, db.System, o.certificate, fmt.Sprint("up-", o.certificate))
		o.stage = taken
	case taken:
		err = m.RecordStatus(ctx, o.certificate, "", nil)
	default:
		t.Skip("at its end")
	}
	if err != nil {
		t.Fatalf("to %s: %v", o.stage, err)
	}
}

func (m *bookModel) newest(t *rapid.T, o *trade) int64 {
	all, err := m.Certificates(ctx, o.id)
	if err != nil {
		t.Fatal(err)
	}
	return all[0].ID
}

// check compares the money in the book with the model's.
func (m *bookModel) check(t *rapid.T) {
	got := m.balances(t)
	want := map[db.AccountKind]int64{db.Wallet: m.wallet, db.Held: m.held, db.Revenue: m.revenue + m.base[db.Revenue], db.Tax: m.tax + m.base[db.Tax],
		db.UpstreamCost: m.upstream + m.base[db.UpstreamCost], db.UpstreamCredit: -m.upstream + m.base[db.UpstreamCredit],
		db.TopUpSource: -m.toppedUp + m.base[db.TopUpSource], db.Adjustment: -m.adjusted + m.base[db.Adjustment]}
	for kind, cents := range want {
		if got[kind] != cents {
			t.Fatalf("%s holds %d, the model says %d", kind, got[kind], cents)
		}
	}
}

// checkStats compares the kept statistics with the model's.
func (m *bookModel) checkStats(t *rapid.T) {
	s, err := m.Stats(ctx, m.reseller, 2) // a history may run past midnight
	if err != nil {
		t.Fatal(err)
	}
	var sold, cancelled, completed int
	var cents int64
	for _, o := range m.orders {
		switch {
		case o.in(given, lapsed):
			cancelled++
		case o.stage != unpaid:
			sold++
			cents += o.total
		}
		if o.stage == delivered {
			completed++
		}
	}
	today := s.Daily[1]
	today.Orders += s.Daily[0].Orders
	today.Cents += s.Daily[0].Cents
	today.Delivered += s.Daily[0].Delivered
	today.EarnedCents += s.Daily[0].EarnedCents
	today.SpentCents += s.Daily[0].SpentCents
	if s.Orders != len(m.orders) || today.Orders != sold || today.Cents != cents || s.TotalCents != cents || s.Count(db.StatusCancelled) != cancelled ||
		s.Count(db.StatusCompleted) != completed || today.Delivered != completed || today.EarnedCents != m.revenue || today.SpentCents != m.upstream || today.BalanceCents != m.wallet {
		t.Fatalf("%+v; the model has %d orders, %d sold for %d, %d cancelled, %d delivered for %d, which cost %d, and %d in the wallet",
			s, len(m.orders), sold, cents, cancelled, completed, m.revenue, m.upstream, m.wallet)
	}
}

func (m *bookModel) balances(t *rapid.T) map[db.AccountKind]int64 {
	balances, err := m.Balances(ctx, m.reseller)
	if err != nil {
		t.Fatal(err)
	}
	return balances
}

// unlessSaid sets a flag of rapid for one test, unless the command line did.
func unlessSaid(t *testing.T, name, value string) {
	f := flag.Lookup(name)
	if f.Value.String() != f.DefValue {
		return
	}
	if err := f.Value.Set(value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Value.Set(f.DefValue) })
}

func TestMoneyFollowsTheModel(t *testing.T) {
	unlessSaid(t, "rapid.checks", "25")
	unlessSaid(t, "rapid.steps", "80")
	s := openShop(t, 0)
	csr := csrFor(t, "example.com")
	round, delivery := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		reseller, err := s.CreateReseller(ctx, db.System, db.NewReseller{Name: fmt.Sprint("R", round), Company: "R", Email: "r@example.com", GroupID: s.group, TaxRateBP: 2000})
		if err != nil {
			t.Fatal(err)
		}
		m := &bookModel{shop: s, csr: csr}
		m.reseller = reseller.ID
		if err := s.SetPayLater(ctx, db.System, m.reseller, true); err != nil {
			t.Fatal(err)
		}
		m.base = m.balances(t)
		t.Repeat(map[string]func(*rapid.T){
			"add credit": m.addCredit, "adjust": m.adjust, "allow": m.allow, "buy": m.buy, "buy more": m.buy, "pay": m.pay, "configure": m.configure, "cancel": m.cancel,
			"confirm cancel": m.confirmCancel, "issue": m.issueOne, "advance": m.advance, "advance more": m.advance, "advance still more": m.advance,
			"begin": func(t *rapid.T) {
				m.step(t, "beginning", func(o *trade) error { _, err := m.BeginSubmit(ctx, o.certificate); return err }, submitting, queued)
			},
			"accept": func(t *rapid.T) {
				m.step(t, "acceptance", func(o *trade) error {
					return m.AcceptSubmit(ctx, db.System, o.certificate, fmt.Sprint("up-", o.certificate))
				}, taken, queued, submitting, doubted)
			},
			"refuse": func(t *rapid.T) {
				m.step(t, "refusal", func(o *trade) error { return m.RefuseSubmit(ctx, o.certificate, "no") }, sentBack, submitting, doubted)
			},
			"doubt": func(t *rapid.T) {
				m.step(t, "doubt", func(o *trade) error { return m.DoubtSubmit(ctx, o.certificate, "timeout") }, doubted, submitting)
			},
			"requeue": func(t *rapid.T) {
				m.step(t, "requeueing", func(o *trade) error { return m.RequeueSubmit(ctx, o.certificate) }, queued, doubted)
			},
			"postpone": func(t *rapid.T) {
				m.step(t, "postponing", func(o *trade) error { return m.PostponeSubmit(ctx, o.certificate) }, queued, submitting)
			},
			"reject": func(t *rapid.T) {
				m.step(t, "rejection", func(o *trade) error { return m.RecordRejected(ctx, o.certificate, "no") }, sentBack, taken)
			},
			"": m.check,
		})
		// The whole book is looked at, so in a long run not after every history.
		if round <= 25 || round%50 == 0 {
			if _, err := s.Verify(ctx); err != nil {
				t.Fatal(err)
			}
		}
		m.checkStats(t)
		for _, o := range m.orders {
			if o.stage == delivered {
				delivery++
			}
		}
	})
	s.verify(t)
	if delivery == 0 {
		t.Error("no order got as far as its certificate")
	}
}
