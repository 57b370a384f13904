package db_test

import (
	"errors"
	"testing"
	"time"

	"certbay/db"
)

// plant is a shop that sells two licences by the month and the year, the second
// for twice the price of the first.
type plant struct {
	shop
	solo, admin int64
}

func openPlant(t *testing.T) plant {
	t.Helper()
	p := plant{shop: openShop(t, 100_000)}
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	p.Now = func() time.Time { return now }
	add := func(name, code string, monthCents int64) int64 {
		id := must[int64](t)(p.CreateProduct(ctx, db.System, db.Product{Brand: "cPanel", Name: name, Kind: db.KindLicence, DomainType: "ip",
			Terms: []db.Term{{Months: 1, ListCents: monthCents + 500}, {Months: 12, ListCents: 12*monthCents + 500}}},
			db.Offer{Upstream: "sandbox", ProductCode: code, CostCents: monthCents * 6}))
		for _, months := range []int{1, 12} {
			if err := p.SetGroupPrice(ctx, db.System, p.group, id, months, monthCents*int64(months)); err != nil {
				t.Fatal(err)
			}
		}
		return id
	}
	p.solo, p.admin = add("cPanel Solo", "cpanel-solo", 1000), add("cPanel Admin", "cpanel-admin", 2000)
	if err := p.SetUpstreamCores(ctx, "sandbox", map[string][]string{"cpanel-solo": {"cpanel-admin", "licence", "gone"}, "cpanel-admin": {"cpanel-solo"}}); err != nil {
		t.Fatal(err)
	}
	return p
}

// request is the certificate row of an order, asked for and handed in.
func (p plant) handIn(t *testing.T, o db.Order) db.Certificate {
	t.Helper()
	list := must[[]db.Certificate](t)(p.Certificates(ctx, o.ID))
	if _, err := p.BeginSubmit(ctx, list[0].ID); err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// licence buys one and has it delivered.
func (p plant) deliver(t *testing.T, months int, ip string) db.Order {
	t.Helper()
	o := must[db.Order](t)(p.PlaceOrder(ctx, p.staff, p.reseller, db.NewOrder{ProductID: p.solo, Months: months, Domain: ip}))
	c := p.handIn(t, o)
	if err := p.AcceptSubmit(ctx, db.System, c.ID, "sb-"+o.Number); err != nil {
		t.Fatal(err)
	}
	if err := p.RecordIssued(ctx, c.ID, db.Issued{}, nil); err != nil {
		t.Fatal(err)
	}
	return must[db.Order](t)(p.Licence(ctx, p.reseller, o.ID))
}

// work does the licence's job that waits, as the worker would.
func (p plant) work(t *testing.T, want db.JobKind) {
	t.Helper()
	j := must[db.Job](t)(p.ClaimJob(ctx, time.Minute))
	if j.Kind != want {
		t.Fatalf("job %s, want %s", j.Kind, want)
	}
	if err := p.FinishJob(ctx, j); err != nil {
		t.Fatal(err)
	}
}

// idle forgets the jobs of what was delivered by hand.
func (p plant) idle(t *testing.T) {
	t.Helper()
	for {
		j, err := p.ClaimJob(ctx, time.Minute)
		if errors.Is(err, db.ErrNotFound) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := p.FinishJob(ctx, j); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARenewalIsPaidForAndAddsItsTermToWhatIsLeft(t *testing.T) {
	p := openPlant(t)
	l := p.deliver(t, 1, "203.0.113.10")
	before := p.balance(t)
	r := must[db.Order](t)(p.RenewLicence(ctx, p.staff, p.reseller, l.ID, 12, db.WishForm{Token: "once"}))
	if r.LicenceID != l.ID || r.Wish != db.WishRenew || r.TotalCents != 12000 || r.CostCents != 6000 || r.Status != db.StatusProcessing || p.balance(t) != before-12000 {
		t.Fatalf("%+v, balance %d", r, p.balance(t))
	}
	if again := must[db.Order](t)(p.RenewLicence(ctx, p.staff, p.reseller, l.ID, 12, db.WishForm{Token: "once"})); again.ID != r.ID || p.balance(t) != before-12000 {
		t.Errorf("the same form twice made order %d", again.ID)
	}
	if _, err := p.RenewLicence(ctx, p.staff, p.reseller, l.ID, 1, db.WishForm{}); !errors.Is(err, db.ErrStale) {
		t.Errorf("a second renewal while one is under way: %v", err)
	}
	c := p.handIn(t, r)
	for range 2 {
		if err := p.RecordLicenceDone(ctx, c.ID); err != nil && !errors.Is(err, db.ErrStale) {
			t.Fatal(err)
		}
	}
	p.idle(t)
	after := must[db.Order](t)(p.Licence(ctx, p.reseller, l.ID))
	if want := l.EndsAt.AddDate(0, 12, 0); !after.EndsAt.Equal(want) || after.Status != db.StatusCompleted {
		t.Errorf("ends %s, want %s", after.EndsAt, want)
	}
	if r = must[db.Order](t)(p.Order(ctx, p.reseller, r.ID)); r.Status != db.StatusCompleted || !r.EndsAt.Equal(after.EndsAt) || r.CompletedAt.IsZero() {
		t.Errorf("%+v", r)
	}
	if held := must[int64](t)(p.Held(ctx, p.reseller)); held != 0 {
		t.Errorf("%d held", held)
	}
	if i := must[db.Invoice](t)(p.OrderInvoice(ctx, r.ID)); i.TotalCents != 12000 || i.Status != db.InvoicePaid {
		t.Errorf("%+v", i)
	}
	list, total, err := p.Licences(ctx, p.reseller, db.LicenceFilter{})
	if err != nil || total != 1 || list[0].ID != l.ID {
		t.Errorf("%d licences: %+v, %v", total, list, err)
	}
	p.verify(t)
}

func TestARefusedRenewalGivesTheMoneyBackAndChangesNothing(t *testing.T) {
	p := openPlant(t)
	l := p.deliver(t, 1, "203.0.113.10")
	before := p.balance(t)
	r := must[db.Order](t)(p.RenewLicence(ctx, p.staff, p.reseller, l.ID, 1, db.WishForm{}))
	c := p.handIn(t, r)
	if err := p.RefuseWish(ctx, c.ID, "Bakiye yetersiz."); err != nil {
		t.Fatal(err)
	}
	p.idle(t)
	r = must[db.Order](t)(p.Order(ctx, p.reseller, r.ID))
	after := must[db.Order](t)(p.Licence(ctx, p.reseller, l.ID))
	if r.Status != db.StatusCancelled || r.Message != "Bakiye yetersiz." || p.balance(t) != before || !after.EndsAt.Equal(l.EndsAt) {
		t.Errorf("%+v, balance %d", r, p.balance(t))
	}
	if _, err := p.RenewLicence(ctx, p.staff, p.reseller, l.ID, 1, db.WishForm{}); err != nil {
		t.Errorf("another try: %v", err)
	}
	p.verify(t)
}

func TestAnUnsureRenewalIsAPersonsToDecide(t *testing.T) {
	p := openPlant(t)
	l := p.deliver(t, 1, "203.0.113.10")
	doubted := func() db.Order {
		r := must[db.Order](t)(p.RenewLicence(ctx, p.staff, p.reseller, l.ID, 1, db.WishForm{}))
		if err := p.DoubtSubmit(ctx, p.handIn(t, r).ID, "timeout"); err != nil {
			t.Fatal(err)
		}
		return r
	}
	placed := doubted()
	if err := p.DecidePlaced(ctx, p.staff, placed.ID, "sb-"+l.Number); err != nil {
		t.Fatal(err)
	}
	if after := must[db.Order](t)(p.Licence(ctx, p.reseller, l.ID)); !after.EndsAt.Equal(l.EndsAt.AddDate(0, 1, 0)) {
		t.Errorf("ends %s", after.EndsAt)
	}
	p.idle(t)
	p.verify(t)
	never := doubted()
	balance := p.balance(t)
	if _, err := p.DecideCancel(ctx, p.staff, never.ID, "it is not in their list"); err != nil {
		t.Fatal(err)
	}
	if after := must[db.Order](t)(p.Licence(ctx, p.reseller, l.ID)); !after.EndsAt.Equal(l.EndsAt.AddDate(0, 1, 0)) || p.balance(t) != balance+1000 {
		t.Errorf("ends %s, balance %d", after.EndsAt, p.balance(t))
	}
	p.verify(t)
}

func TestALicenceDoesNotEndWhileItsRenewalIsUnderWay(t *testing.T) {
	p := openPlant(t)
	l := p.deliver(t, 1, "203.0.113.10")
	p.at(l.EndsAt, -60)
	r := must[db.Order](t)(p.RenewLicence(ctx, p.staff, p.reseller, l.ID, 1, db.WishForm{}))
	p.at(l.EndsAt, 3600)
	if _, err := p.ExpireOrders(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.RecordLicenceDone(ctx, p.handIn(t, r).ID); err != nil {
		t.Fatal(err)
	}
	after := must[db.Order](t)(p.Licence(ctx, p.reseller, l.ID))
	if after.Status != db.StatusCompleted || !after.EndsAt.Equal(p.Now().AddDate(0, 1, 0).UTC()) {
		t.Errorf("%s until %s", after.Status, after.EndsAt)
	}
	p.at(after.EndsAt, 1)
	if _, err := p.ExpireOrders(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := p.RenewLicence(ctx, p.staff, p.reseller, l.ID, 1, db.WishForm{}); !errors.Is(err, db.ErrStale) {
		t.Errorf("renewing what has ended: %v", err)
	}
	p.idle(t)
	p.verify(t)
}

func TestACoreCostsWhatItIsDearerForTheRestOfTheTerm(t *testing.T) {
	p := openPlant(t)
	l := p.deliver(t, 12, "203.0.113.10")
	p.at(l.EndsAt.AddDate(0, 0, -73), 0) // a fifth of the year is left
	cores := must[[]db.Core](t)(p.LicenceCores(ctx, p.reseller, l.ID))
	if len(cores) != 2 || cores[0].Product.ID != p.admin || cores[0].TotalCents != 2400 || cores[1].Product.ID != p.licence || cores[1].TotalCents != 0 {
		t.Fatalf("%+v", cores)
	}
	if _, err := p.ChangeCore(ctx, p.staff, p.reseller, l.ID, p.single, db.WishForm{}); !errors.Is(err, db.ErrInvalid) {
		t.Errorf("a product that is not offered: %v", err)
	}
	before := p.balance(t)
	r := must[db.Order](t)(p.ChangeCore(ctx, p.staff, p.reseller, l.ID, p.admin, db.WishForm{}))
	if r.TotalCents != 2400 || r.CostCents != 1200 || p.balance(t) != before-2400 {
		t.Fatalf("%+v", r)
	}
	if err := p.RecordLicenceDone(ctx, p.handIn(t, r).ID); err != nil {
		t.Fatal(err)
	}
	p.idle(t)
	after := must[db.Order](t)(p.Licence(ctx, p.reseller, l.ID))
	at := must[db.LicenceAt](t)(p.LicenceAt(ctx, l.ID))
	if after.ProductID != p.admin || !after.EndsAt.Equal(l.EndsAt) || at.ProductCode != "cpanel-admin" || at.UpstreamID != "sb-"+l.Number {
		t.Errorf("%+v at %+v", after, at)
	}
	back := must[[]db.Core](t)(p.LicenceCores(ctx, p.reseller, l.ID))
	if len(back) != 1 || back[0].Product.ID != p.solo || back[0].TotalCents != 0 {
		t.Errorf("back costs nothing and gives nothing back: %+v", back)
	}
	p.verify(t)
}

func TestALicenceStopsResumesAndMoves(t *testing.T) {
	p := openPlant(t)
	l := p.deliver(t, 1, "203.0.113.10")
	p.deliver(t, 1, "203.0.113.11")
	p.idle(t)
	read := func() db.Order { return must[db.Order](t)(p.Licence(ctx, p.reseller, l.ID)) }
	if job := must[int64](t)(p.UnsuspendLicence(ctx, p.staff, p.reseller, l.ID)); job != 0 {
		t.Error("it works already")
	}
	if job := must[int64](t)(p.SuspendLicence(ctx, p.staff, p.reseller, l.ID)); job == 0 || read().Suspended {
		t.Error("stopped before the upstream did it")
	}
	if _, err := p.MoveLicence(ctx, p.staff, p.reseller, l.ID, "203.0.113.12"); !errors.Is(err, db.ErrStale) {
		t.Errorf("two changes at once: %v", err)
	}
	p.work(t, db.JobLicenceSuspend)
	if err := p.RecordSuspended(ctx, p.staff, l.ID, true); err != nil || !read().Suspended {
		t.Error(err)
	}
	if _, total, err := p.Licences(ctx, p.reseller, db.LicenceFilter{State: db.LicencesSuspended}); err != nil || total != 1 {
		t.Errorf("%d suspended, %v", total, err)
	}
	for _, ip := range []string{"", "sunucu", "127.0.0.1", "0.0.0.0", "fe80::1%eth0", "203.0.113.11"} {
		if _, err := p.MoveLicence(ctx, p.staff, p.reseller, l.ID, ip); !errors.Is(err, db.ErrInvalid) {
			t.Errorf("to %q: %v", ip, err)
		}
	}
	if job := must[int64](t)(p.MoveLicence(ctx, p.staff, p.reseller, l.ID, " 203.0.113.12 ")); job == 0 {
		t.Error("no job")
	}
	p.work(t, db.JobLicenceMove)
	if err := p.RecordMoved(ctx, p.staff, l.ID, "203.0.113.12"); err != nil || read().Domain != "203.0.113.12" {
		t.Error(err)
	}
	if at := must[[]db.Order](t)(p.LicencesAt(ctx, p.reseller, "203.0.113.12")); len(at) != 1 || at[0].ID != l.ID {
		t.Errorf("%+v", at)
	}
	other := must[db.Reseller](t)(p.CreateReseller(ctx, db.System, db.NewReseller{Name: "X", Company: "X Ltd", Email: "x@x.example"}))
	if _, err := p.SuspendLicence(ctx, p.staff, other.ID, l.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("of another reseller: %v", err)
	}
	if _, err := p.SuspendLicence(ctx, p.staff, p.reseller, p.place(t, "example.com").ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("of a certificate: %v", err)
	}
	p.verify(t)
}

func TestAnAddressHasOneLicenceOfAProduct(t *testing.T) {
	p := openPlant(t)
	p.deliver(t, 1, "203.0.113.10")
	before := p.balance(t)
	for _, ip := range []string{"203.0.113.10", " 203.0.113.10"} {
		if _, err := p.PlaceOrder(ctx, p.staff, p.reseller, db.NewOrder{ProductID: p.solo, Months: 1, Domain: ip}); !errors.Is(err, db.ErrInvalid) {
			t.Errorf("a second one: %v", err)
		}
	}
	if p.balance(t) != before {
		t.Error("and it was paid")
	}
	if _, err := p.PlaceOrder(ctx, p.staff, p.reseller, db.NewOrder{ProductID: p.admin, Months: 1, Domain: "203.0.113.10"}); err != nil {
		t.Errorf("one of another product: %v", err)
	}
	p.verify(t)
}

func TestTheCodeOfALicenceStaysWhenItsNameChanges(t *testing.T) {
	p := openPlant(t)
	code := func() string { return must[map[int64]string](t)(p.LicenceCodes(ctx))[p.solo] }
	if code() != "cpanel_solo" {
		t.Fatal(code())
	}
	for _, name := range []string{"cPanel Solo (VPS)", "cPanel VPS"} {
		s := must[db.ProductSheet](t)(p.ProductSheet(ctx, p.solo))
		digest := s.Digest()
		s.Name = name
		if err := p.ChangeProduct(ctx, p.staff, s, digest); err != nil {
			t.Fatal(err)
		}
		if code() != "cpanel_solo" {
			t.Errorf("called %s it is %s", name, code())
		}
	}
	id := must[int64](t)(p.CreateProduct(ctx, db.System, db.Product{Brand: "cPanel", Name: "CPANEL-SOLO", Kind: db.KindLicence, DomainType: "ip",
		Terms: []db.Term{{Months: 1, ListCents: 1}}}, db.Offer{Upstream: "sandbox", ProductCode: "x", CostCents: 1}))
	codes := must[map[int64]string](t)(p.LicenceCodes(ctx))
	if codes[id] == "cpanel_solo" || codes[id] == "" {
		t.Errorf("two products under one code: %v", codes)
	}
}
