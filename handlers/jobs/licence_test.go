package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"certbay/db"
	"certbay/providers"
)

// keeper is the sandbox as an upstream of licences that knows them by their
// product and address, and tells nothing of them. What it answers to the next call
// can be bent before or after it was carried out.
type keeper struct {
	*moody
	before, after func() error
	renewals      int
}

func (k *keeper) do(l providers.Licence, call func(providers.Licence) error) error {
	before, after := k.before, k.after
	k.before, k.after = nil, nil
	if before != nil {
		if err := before(); err != nil {
			return err
		}
	}
	l.UpstreamID = ""
	err := call(l)
	if err == nil && after != nil {
		err = after()
	}
	return err
}

func (k *keeper) RenewLicence(ctx context.Context, l providers.Licence, months int) error {
	return k.do(l, func(l providers.Licence) error { k.renewals++; return k.CA.RenewLicence(ctx, l, months) })
}

func (k *keeper) SuspendLicence(ctx context.Context, l providers.Licence) error {
	return k.do(l, func(l providers.Licence) error { return k.CA.SuspendLicence(ctx, l) })
}

func (k *keeper) UnsuspendLicence(ctx context.Context, l providers.Licence) error {
	return k.do(l, func(l providers.Licence) error { return k.CA.UnsuspendLicence(ctx, l) })
}

func (k *keeper) ChangeIP(ctx context.Context, l providers.Licence, ip string) error {
	return k.do(l, func(l providers.Licence) error { return k.CA.ChangeIP(ctx, l, ip) })
}

func (k *keeper) ChangeCore(ctx context.Context, l providers.Licence, code string) error {
	return k.do(l, func(l providers.Licence) error { return k.CA.ChangeCore(ctx, l, code) })
}

func (k *keeper) Status(ctx context.Context, id string) (providers.Status, error) {
	st, err := k.CA.Status(ctx, id)
	st.LicenceKey, st.IP, st.TermEndsAt = "", "", time.Time{}
	return st, err
}

// plant is a yard that sells licences, with one that works.
type plant struct {
	*yard
	keeper  *keeper
	solo    int64
	admin   int64
	licence db.Order
}

func openPlant(t *testing.T) *plant {
	t.Helper()
	p := &plant{yard: openYard(t)}
	p.keeper = &keeper{moody: p.ca}
	p.worker.Upstreams.(providers.Registry)["sandbox"] = p.keeper
	reseller, err := p.book.Reseller(ctx, p.reseller)
	if err != nil {
		t.Fatal(err)
	}
	for i, code := range []string{"cpanel-solo", "cpanel-admin"} {
		id, err := p.book.CreateProduct(ctx, db.System, db.Product{Brand: "cPanel", Name: "cPanel " + code, Kind: db.KindLicence, DomainType: "ip",
			Terms: []db.Term{{Months: 1, ListCents: 5000}}}, db.Offer{Upstream: "sandbox", ProductCode: code, CostCents: 900})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.book.SetGroupPrice(ctx, db.System, reseller.GroupID, id, 1, int64(1000*(i+1))); err != nil {
			t.Fatal(err)
		}
		*[]*int64{&p.solo, &p.admin}[i] = id
	}
	o, err := p.book.PlaceOrder(ctx, p.by, p.reseller, db.NewOrder{ProductID: p.solo, Months: 1, Domain: "203.0.113.10"})
	if err != nil {
		t.Fatal(err)
	}
	p.due()
	if p.licence = p.now(o.ID); p.licence.Status != db.StatusCompleted {
		t.Fatalf("a licence without a key is %s: %s", p.licence.Status, p.licence.Message)
	}
	return p
}

// due does the jobs that are due now, and leaves the clock alone.
func (p *plant) due() {
	p.t.Helper()
	for {
		job, err := p.book.ClaimJob(ctx, time.Minute)
		if errors.Is(err, db.ErrNotFound) {
			return
		}
		if err != nil {
			p.t.Fatal(err)
		}
		if err := p.worker.Do(ctx, job); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *plant) renew() db.Order {
	p.t.Helper()
	o, err := p.book.RenewLicence(ctx, p.by, p.reseller, p.licence.ID, 1, "")
	if err != nil {
		p.t.Fatal(err)
	}
	return o
}

// ends checks the book, how a renewal ended, how many were made upstream, and by
// how many months the licence runs longer.
func (p *plant) ends(o db.Order, status db.Status, f db.Fulfilment, upstream, months int) {
	p.t.Helper()
	if got := p.now(o.ID); got.Status != status || got.Fulfilment != f {
		p.t.Errorf("the renewal is %s, %s: %s", got.Status, got.Fulfilment, got.Message)
	}
	if p.keeper.renewals != upstream {
		p.t.Errorf("%d renewals upstream, want %d", p.keeper.renewals, upstream)
	}
	if got, want := p.now(p.licence.ID).EndsAt, p.licence.EndsAt.AddDate(0, months, 0); !got.Equal(want) {
		p.t.Errorf("the licence ends %s, want %s", got, want)
	}
	if _, err := p.book.Verify(ctx); err != nil {
		p.t.Error(err)
	}
}

func TestALicenceIsRenewedOnceUpstreamAndInTheBook(t *testing.T) {
	p := openPlant(t)
	o := p.renew()
	p.due()
	p.ends(o, db.StatusCompleted, db.FulfilmentAccepted, 1, 1)
}

func TestARenewalThatWasNeverSentIsSentAgain(t *testing.T) {
	for name, err := range map[string]error{"not reached": lost(false, 0), "login refused": providers.ErrCredentials} {
		t.Run(name, func(t *testing.T) {
			p := openPlant(t)
			p.keeper.before = func() error { return err }
			o := p.renew()
			p.due()
			p.ends(o, db.StatusProcessing, db.FulfilmentQueued, 0, 0)
			p.work(3)
			p.ends(o, db.StatusCompleted, db.FulfilmentAccepted, 1, 1)
		})
	}
}

func TestARenewalThatMayHaveArrivedIsNeverSentAgainButForAPerson(t *testing.T) {
	p := openPlant(t)
	p.keeper.after = func() error { return lost(true, 0) }
	o := p.renew()
	p.work(3)
	p.ends(o, db.StatusProcessing, db.FulfilmentUnsure, 1, 0)
	if err := p.book.DecidePlaced(ctx, p.by, o.ID, "seen in their list"); err != nil {
		t.Fatal(err)
	}
	p.due()
	p.ends(o, db.StatusCompleted, db.FulfilmentAccepted, 1, 1)
}

func TestARenewalThatAPersonSendsAgainIsSent(t *testing.T) {
	p := openPlant(t)
	p.keeper.before = func() error { return lost(true, 0) } // it seemed to arrive, and did not
	o := p.renew()
	p.due()
	if err := p.book.DecideResubmit(ctx, p.by, o.ID); err != nil {
		t.Fatal(err)
	}
	p.due()
	p.ends(o, db.StatusCompleted, db.FulfilmentAccepted, 1, 1)
}

// The process dies between the note that the call is made and its answer.
func TestARenewalThatDiedUnderWayIsUnsure(t *testing.T) {
	p := openPlant(t)
	o := p.renew()
	list, err := p.book.Certificates(ctx, o.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.book.BeginSubmit(ctx, list[0].ID); err != nil {
		t.Fatal(err)
	}
	p.work(3)
	p.ends(o, db.StatusProcessing, db.FulfilmentUnsure, 0, 0)
}

func TestARefusedRenewalIsPaidBackWithTheUpstreamsWords(t *testing.T) {
	for words, err := range map[string]error{"Bakiye yetersiz.": providers.Refuse("balance", "Bakiye yetersiz."), providers.ErrUnknown.Error(): providers.ErrUnknown} {
		p := openPlant(t)
		before, _, walletErr := p.book.Wallet(ctx, p.reseller)
		p.keeper.before = func() error { return err }
		o := p.renew()
		p.due()
		after, _, _ := p.book.Wallet(ctx, p.reseller)
		p.ends(o, db.StatusCancelled, db.FulfilmentNone, 0, 0)
		if got := p.now(o.ID); got.Message != words || before != after || walletErr != nil {
			t.Errorf("%q, %d then %d", got.Message, before, after)
		}
	}
}

func TestAnUpstreamThatChangesNoLicencesRefusesThem(t *testing.T) {
	p := openPlant(t)
	p.worker.Upstreams.(providers.Registry)["sandbox"] = struct{ providers.Provider }{p.ca}
	o := p.renew()
	p.due()
	p.ends(o, db.StatusCancelled, db.FulfilmentNone, 0, 0)
	if _, err := p.book.SuspendLicence(ctx, p.by, p.reseller, p.licence.ID); err != nil {
		t.Fatal(err)
	}
	p.due()
	if got := p.now(p.licence.ID); got.Suspended || got.Message == "" {
		t.Errorf("%+v", got)
	}
}

func TestALicenceBecomesAnotherProductUpstreamToo(t *testing.T) {
	p := openPlant(t)
	o, err := p.book.ChangeCore(ctx, p.by, p.reseller, p.licence.ID, p.admin, "")
	if err != nil {
		t.Fatal(err) // what it can become was learned when it was bought
	}
	p.due()
	p.ends(o, db.StatusCompleted, db.FulfilmentAccepted, 0, 0)
	if l := p.now(p.licence.ID); l.ProductID != p.admin {
		t.Errorf("%+v", l)
	}
	// By its new product and address, the upstream finds it.
	if err := p.keeper.SuspendLicence(ctx, providers.Licence{ProductCode: "cpanel-admin", IP: "203.0.113.10"}); err != nil {
		t.Error(err)
	}
}

func TestChangesThatCostNothingAreTriedAgain(t *testing.T) {
	p := openPlant(t)
	if _, err := p.book.SuspendLicence(ctx, p.by, p.reseller, p.licence.ID); err != nil {
		t.Fatal(err)
	}
	p.keeper.after = func() error { return lost(true, 0) }
	p.due()
	if p.now(p.licence.ID).Suspended {
		t.Fatal("noted before it was known")
	}
	p.work(2)
	if !p.now(p.licence.ID).Suspended {
		t.Fatal("given up")
	}
	// A move whose answer was lost: at the old address there is none any more.
	if _, err := p.book.MoveLicence(ctx, p.by, p.reseller, p.licence.ID, "203.0.113.20"); err != nil {
		t.Fatal(err)
	}
	p.keeper.after = func() error { return lost(true, 0) }
	p.due()
	p.work(2)
	if got := p.now(p.licence.ID); got.Domain != "203.0.113.20" || !got.Suspended {
		t.Fatalf("%+v", got)
	}
	if _, err := p.book.UnsuspendLicence(ctx, p.by, p.reseller, p.licence.ID); err != nil {
		t.Fatal(err)
	}
	p.due()
	if got := p.now(p.licence.ID); got.Suspended {
		t.Fatalf("%+v", got)
	}
	if _, err := p.book.Verify(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestARefusedMoveLeavesTheLicenceWhereItIs(t *testing.T) {
	p := openPlant(t)
	if _, err := p.book.MoveLicence(ctx, p.by, p.reseller, p.licence.ID, "203.0.113.20"); err != nil {
		t.Fatal(err)
	}
	p.keeper.before = func() error { return providers.Refuse("ip", "IP değişim hakkınız doldu.") }
	p.due()
	if got := p.now(p.licence.ID); got.Domain != "203.0.113.10" || got.Message != "IP değişim hakkınız doldu." {
		t.Errorf("%+v", got)
	}
	if _, err := p.book.MoveLicence(ctx, p.by, p.reseller, p.licence.ID, "203.0.113.21"); err != nil {
		t.Errorf("another try: %v", err)
	}
}
