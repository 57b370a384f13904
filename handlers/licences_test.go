package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/db"
	"certbay/providers"
	"certbay/providers/dcv"
	"certbay/providers/sandbox"
	"certbay/web"
	"certbay/web/webtest"
)

// counter is a portal that sells two licences of the sandbox, with a worker and
// one licence that works.
type counter struct {
	*webtest.Site
	t           *testing.T
	solo, admin int64
	licence     db.Order
}

func openCounter(t *testing.T) *counter {
	t.Helper()
	ctx := t.Context()
	c := &counter{Site: webtest.Open(t), t: t}
	ca := must[*sandbox.CA](t)(sandbox.Open(ctx, sandbox.Options{Path: filepath.Join(t.TempDir(), "ca.db"), Checker: &dcv.Checker{}, Vetting: -1, CheckEvery: -1}))
	t.Cleanup(func() { ca.Close() })
	work, stop := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := c.Server.Work(work, web.WorkerConfig{Upstreams: providers.Registry{"sandbox": ca}}); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		stop()
		done.Wait()
		if _, err := c.Book.Verify(context.Background()); err != nil {
			t.Error(err)
		}
	})
	group := must[int64](t)(c.Book.CreateGroup(ctx, db.System, "Gold"))
	err := errors.Join(
		c.Book.UpdateReseller(ctx, db.System, c.Reseller.ID, db.NewReseller{Name: c.Reseller.Name, Company: c.Reseller.Company, Email: c.Reseller.Email, GroupID: group, TaxRateBP: 2000}),
		c.Book.AddCredit(ctx, db.System, c.Reseller.ID, 10_000, "opening", "opening credit"))
	if err != nil {
		t.Fatal(err)
	}
	for i, code := range []string{"cpanel-solo", "cpanel-admin"} {
		id := must[int64](t)(c.Book.CreateProduct(ctx, db.System, db.Product{Brand: "cPanel", Name: "Licence of " + code, Kind: db.KindLicence, DomainType: "ip",
			Terms: []db.Term{{Months: 1, ListCents: 5000}}}, db.Offer{Upstream: "sandbox", ProductCode: code, CostCents: 900}))
		if err := c.Book.SetGroupPrice(ctx, db.System, group, id, 1, int64(1000*(i+1))); err != nil {
			t.Fatal(err)
		}
		*[]*int64{&c.solo, &c.admin}[i] = id
	}
	o := must[db.Order](t)(c.Book.PlaceOrder(ctx, db.System, c.Reseller.ID, db.NewOrder{ProductID: c.solo, Months: 1, Domain: "203.0.113.10"}))
	if err := c.Book.AwaitJob(ctx, must[int64](t)(c.Book.SubmitJob(ctx, o.ID)), 10_000_000_000); err != nil {
		t.Fatal(err)
	}
	c.licence = c.now(o.ID)
	return c
}

func (c *counter) now(id int64) db.Order {
	c.t.Helper()
	return must[db.Order](c.t)(c.Book.AnyOrder(c.t.Context(), id))
}

func (c *counter) path(below string) string {
	return fmt.Sprintf("/licences/%d%s", c.licence.ID, below)
}

// confirm opens what is asked before a change, and says yes.
func (c *counter) confirm(b *webtest.Browser, path string) webtest.Answer {
	c.t.Helper()
	a := b.Get(path)
	if a.Status != 200 {
		c.t.Fatalf("%s: %d", path, a.Status)
	}
	form := a.Document(c.t).Find("main form").First()
	values := url.Values{}
	fields := form.Find("input")
	for i := range fields.Length() {
		values.Set(fields.Eq(i).AttrOr("name", ""), fields.Eq(i).AttrOr("value", ""))
	}
	return b.Post(form.AttrOr("action", ""), values)
}

func TestALicenceIsChangedByItsPages(t *testing.T) {
	c := openCounter(t)
	b := c.SignedIn(t, db.RoleTechnical)
	if a := b.Get("/licences"); a.Status != 200 || !strings.Contains(a.Body, "203.0.113.10") || !strings.Contains(a.Body, `href="`+c.path("")+`"`) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := b.Get("/licences?state=suspended"); strings.Contains(a.Body, c.path("")) {
		t.Error("it isn't suspended")
	}
	page := b.Get(c.path(""))
	if page.Status != 200 || !strings.Contains(page.Body, "$12.00") {
		t.Errorf("the renewal's price with tax isn't told: %s", page.Body)
	}

	ask := b.Get(c.path("/renew?months=1"))
	if !strings.Contains(ask.Body, "$12.00") || c.now(c.licence.ID).EndsAt != c.licence.EndsAt {
		t.Error("asking changed something, or doesn't say what it costs")
	}
	if a := c.confirm(b, c.path("/renew?months=1")); a.Status != 303 || a.Location != c.path("") {
		t.Fatalf("%d %s", a.Status, a.Location)
	}
	if got := c.now(c.licence.ID).EndsAt; !got.Equal(c.licence.EndsAt.AddDate(0, 1, 0)) {
		t.Errorf("ends %s", got)
	}
	c.confirm(b, c.path("/suspend"))
	if !c.now(c.licence.ID).Suspended {
		t.Error("not suspended")
	}
	if a := b.Post(c.path("/unsuspend"), nil); a.Status != 303 || c.now(c.licence.ID).Suspended {
		t.Error("still suspended")
	}
	move := b.Get(c.path("/ip?ip=203.0.113.20"))
	if !strings.Contains(move.Body, "203.0.113.10") || !strings.Contains(move.Body, "203.0.113.20") {
		t.Error("the warning doesn't name both addresses")
	}
	c.confirm(b, c.path("/ip?ip=203.0.113.20"))
	if got := c.now(c.licence.ID).Domain; got != "203.0.113.20" {
		t.Errorf("on %s", got)
	}
	c.confirm(b, c.path(fmt.Sprint("/core?product=", c.admin)))
	if l := c.now(c.licence.ID); l.ProductID != c.admin {
		t.Errorf("%+v", l)
	}
	if a := b.Get(c.path("")); a.Status != 200 || !strings.Contains(a.Body, "Renewal") || !strings.Contains(a.Body, "Change of product") {
		t.Error("what was bought isn't shown")
	}
}

func TestWhatIsWrongWithAChangeStandsBesideItsField(t *testing.T) {
	c := openCounter(t)
	b := c.SignedIn(t, db.RoleOwner)
	for _, path := range []string{"/ip?ip=sunucu", "/ip?ip=", "/ip?ip=127.0.0.1", "/renew?months=7", "/renew", "/core?product=" + fmt.Sprint(c.solo), "/core"} {
		if a := b.Get(c.path(path)); a.Status != 422 || a.Document(t).Find("main form").Length() == 0 {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	for path, form := range map[string]url.Values{"/ip": {"ip": {"sunucu"}}, "/renew": {"months": {"7"}}, "/core": {"product": {"1"}}} {
		if a := b.Post(c.path(path), form); a.Status != 422 {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	if l := c.now(c.licence.ID); l.Domain != "203.0.113.10" || !l.EndsAt.Equal(c.licence.EndsAt) {
		t.Errorf("%+v", l)
	}
}

func TestALicenceIsItsResellersAlone(t *testing.T) {
	c := openCounter(t)
	b := c.SignedInAs(t, c.Outsider)
	for _, path := range []string{"", "/renew?months=1", "/ip?ip=203.0.113.20", "/core?product=1", "/suspend"} {
		if a := b.Get(c.path(path)); a.Status != 404 {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	for _, path := range []string{"/renew", "/ip", "/core", "/suspend", "/unsuspend"} {
		if a := b.Post(c.path(path), url.Values{"months": {"1"}, "ip": {"203.0.113.20"}}); a.Status != 404 {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	if a := c.SignedIn(t, db.RoleViewer).Get(c.path("")); a.Status != 200 || a.Document(t).Find("main form").Length() != 0 {
		t.Error("who only looks is offered changes")
	}
}

func TestALicenceIsThereWhenItsOrderIsShown(t *testing.T) {
	c := openCounter(t)
	a := c.SignedIn(t, db.RoleOwner).Post("/orders", url.Values{"product": {fmt.Sprint(c.solo)}, "months": {"1"}, "domain": {"203.0.113.30"}, "form_token": {"x"}})
	list, err := c.Book.LicencesAt(t.Context(), c.Reseller.ID, "203.0.113.30")
	if a.Status != 303 || err != nil || len(list) != 1 || list[0].Status != db.StatusCompleted {
		t.Fatalf("%d %s: %+v, %v", a.Status, a.Location, list, err)
	}
}

func TestALicenceIsNotChangedForAPriceThatNobodySaw(t *testing.T) {
	c := openCounter(t)
	b := c.SignedIn(t, db.RoleOwner)
	for path, form := range map[string]url.Values{"/renew": {"months": {"1"}, "quoted": {"1199"}}, "/core": {"product": {fmt.Sprint(c.admin)}, "quoted": {"1199"}}} {
		a := b.Post(c.path(path), form)
		if a.Status != 409 || !strings.Contains(a.Body, "$11.99 to $12.00") {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
		if quoted := a.Document(t).Find("main input[name=quoted]").AttrOr("value", ""); quoted != "1200" {
			t.Errorf("%s is asked about again for %s", path, quoted)
		}
	}
	if later, err := c.Book.LicenceOrders(t.Context(), c.Reseller.ID, c.licence.ID); err != nil || len(later) != 0 {
		t.Errorf("%+v, %v", later, err)
	}
}

func TestARenewalBeyondTheCreditSaysWhatIsMissing(t *testing.T) {
	c := openCounter(t)
	balance, _, err := c.Book.Wallet(t.Context(), c.Reseller.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Book.AdjustCredit(t.Context(), db.System, c.Reseller.ID, 100-balance, "spent", "spent"); err != nil {
		t.Fatal(err)
	}
	a := c.SignedIn(t, db.RoleOwner).Post(c.path("/renew"), url.Values{"months": {"1"}})
	if a.Status != 402 || !strings.Contains(a.Body, "$11.00") || !strings.Contains(a.Body, `href="`+c.path("")+`"`) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestWhatCantBeChangedNowIsNotAskedAbout(t *testing.T) {
	c := openCounter(t)
	c.Later(40 * 24 * time.Hour)
	b := c.SignedIn(t, db.RoleOwner)
	for _, path := range []string{"/renew?months=1", "/core?product=" + fmt.Sprint(c.admin), "/suspend", "/ip?ip=203.0.113.40"} {
		if a := b.Get(c.path(path)); a.Status != 409 {
			t.Errorf("%s of a licence that is over: %d", path, a.Status)
		}
	}
	if a := b.Get(c.path("")); a.Status != 200 || a.Document(t).Find("main form").Length() != 0 {
		t.Errorf("%d: it is offered changes", a.Status)
	}
}

func TestLicencesAreNarrowedByProduct(t *testing.T) {
	c := openCounter(t)
	b := c.SignedIn(t, db.RoleViewer)
	for product, want := range map[int64]bool{c.solo: true, c.admin: false} {
		if a := b.Get(fmt.Sprint("/licences?product=", product)); a.Status != 200 || strings.Contains(a.Body, "203.0.113.10") != want {
			t.Errorf("product %d: %d", product, a.Status)
		}
	}
}
