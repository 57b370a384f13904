package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/money"
	"certbay/handlers/jobs"
	"certbay/providers"
	"certbay/web"
	"certbay/web/webtest"
)

// stall is an upstream with a few products and orders, of which it tells.
type stall struct {
	providers.Provider
	products []providers.Product
	orders   []providers.Order
}

func (s *stall) Products(context.Context) ([]providers.Product, error) { return s.products, nil }

func (s *stall) Orders(context.Context, string) ([]providers.Order, string, error) {
	return s.orders, "", nil
}

func (s *stall) Status(_ context.Context, id string) (providers.Status, error) {
	return providers.Status{State: providers.StateProcessing}, nil
}

type importSite struct {
	*webtest.Site
	stall  *stall
	worker *jobs.Worker
}

func openImports(t *testing.T) importSite {
	t.Helper()
	s := &stall{}
	registry := providers.Registry{"stall": s}
	site := webtest.Open(t, func(c *web.Config) { c.Upstreams = registry })
	return importSite{site, s, &jobs.Worker{Book: site.Book, Upstreams: registry, Lease: time.Minute}}
}

// settle does the imports' jobs.
func (s importSite) settle(t *testing.T, path string) {
	t.Helper()
	for range 5 {
		job, err := s.Book.ClaimJob(t.Context(), time.Minute)
		if err != nil {
			return
		}
		if job.Kind == db.JobPoll {
			if err := s.Book.RetryJob(t.Context(), job, s.Book.Now().Add(time.Hour), ""); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := s.worker.Do(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
}

func sold(code, name string, cents int64) providers.Product {
	return providers.Product{Code: code, Name: name, Brand: "Sectigo", Type: providers.TypeSSL, Validation: providers.ValidationDV,
		Terms: []providers.Term{{Months: 12, Cost: money.USD(cents)}}, Methods: []providers.Method{providers.MethodDNS}}
}

// offer puts a product of the stall into the catalog, and a price of a group.
func (s importSite) offer(t *testing.T, name, code string, cost, price int64) (product int64) {
	t.Helper()
	group := must[int64](t)(s.Book.CreateGroup(t.Context(), db.System, "Gold "+code))
	product = must[int64](t)(s.Book.CreateProduct(t.Context(), db.System, db.Product{Brand: "Sectigo", Name: name, Kind: db.KindSSL, Validation: "dv", DomainType: "single",
		DCVMethods: []string{"dns"}, Terms: []db.Term{{Months: 12, ListCents: 5000}}}, db.Offer{Upstream: "stall", ProductCode: code, CostCents: cost}))
	if err := s.Book.SetGroupPrice(t.Context(), db.System, group, product, 12, price); err != nil {
		t.Fatal(err)
	}
	return product
}

func TestOnlyAdminsImport(t *testing.T) {
	site := openImports(t)
	for _, role := range []db.Role{db.RoleSupport, db.RoleOwner} {
		if a := site.SignedIn(t, role).Get("/admin/upstreams/import"); a.Status != http.StatusForbidden {
			t.Errorf("%s: %d", role, a.Status)
		}
	}
	if a := site.Browser(t).Get("/admin/upstreams/import"); a.Status != http.StatusSeeOther {
		t.Errorf("signed out: %d", a.Status)
	}
}

func TestImportPageReadsShowsAndTakesProducts(t *testing.T) {
	site := openImports(t)
	product := site.offer(t, "PositiveSSL", "positive", 900, 1299)
	site.stall.products = []providers.Product{sold("positive", "PositiveSSL", 1400), sold("fresh", "Fresh SSL", 2000)}
	b := site.SignedIn(t, db.RoleAdmin)
	a := b.Post("/admin/upstreams/import", url.Values{"what": {"products"}, "upstream": {"stall"}})
	if a.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	path := a.Location
	if a := b.Get(path); a.Document(t).Find("#import-state progress").Length() != 1 {
		t.Error("no progress bar while it is read")
	}
	site.settle(t, path)
	if a := b.Get(path + "/state"); a.Header.Get("HX-Redirect") != path {
		t.Errorf("the browser is not sent on: %q", a.Header.Get("HX-Redirect"))
	}
	page := b.Get(path + "?view=changed").Document(t)
	if text := page.Find("main").Text(); !strings.Contains(text, "$14.00") || !strings.Contains(text, "Below cost: $14.00") {
		t.Errorf("%s", text)
	}
	choice := page.Find("main select")
	if name, _ := choice.Attr("name"); choice.Find("option[selected]").AttrOr("value", "") != "" {
		t.Errorf("%s: a cost that sells below cost is chosen by itself", name)
	}
	field := choice.AttrOr("name", "")
	fresh := b.Get(path+"?view=new").Document(t).Find("main select").AttrOr("name", "")
	if a := b.Post(path+"/take", url.Values{"view": {"new"}, fresh: {"create"}, "markup": {"lots"}}); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, `value="create" selected`) {
		t.Errorf("%d: what was chosen is lost", a.Status)
	}
	if a := b.Post(path+"/take", url.Values{"view": {"new"}, fresh: {"create"}, "markup": {"50"}}); a.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	site.settle(t, path)
	list := must[[]db.ProductSummary](t)(site.Book.ProductSummaries(t.Context(), db.ProductFilter{}))
	if len(list) != 2 {
		t.Fatalf("%+v", list)
	}
	// The offer changes between the preview and the choice.
	sheet := must[db.ProductSheet](t)(site.Book.ProductSheet(t.Context(), product))
	digest := sheet.Digest()
	sheet.Offers[0].CostCents = 1000
	if err := site.Book.ChangeProduct(t.Context(), db.System, sheet, digest); err != nil {
		t.Fatal(err)
	}
	if a := b.Post(path+"/take", url.Values{"view": {"changed"}, field: {"cost"}}); a.Status != http.StatusConflict || !strings.Contains(a.Body, "look again") {
		t.Errorf("%d", a.Status)
	}
	if a := b.Post(path+"/take", url.Values{"view": {"changed"}, field: {"nonsense"}}); a.Status != http.StatusBadRequest {
		t.Errorf("%d", a.Status)
	}
	if a := b.Get("/admin/upstreams/import/999"); a.Status != http.StatusNotFound {
		t.Errorf("%d", a.Status)
	}
	if a := b.Post("/admin/upstreams/import", url.Values{"what": {"products"}, "upstream": {"nobody"}}); a.Status != http.StatusBadRequest {
		t.Errorf("%d", a.Status)
	}
}

func TestImportPageTakesOrdersForTheResellerThatIsTyped(t *testing.T) {
	site := openImports(t)
	site.offer(t, "PositiveSSL", "positive", 900, 1299)
	site.stall.orders = []providers.Order{
		{UpstreamID: "77", ProductCode: "positive", Domain: "old.example.com", State: providers.StateProcessing, PlacedAt: site.Book.Now().AddDate(0, -1, 0)},
		{UpstreamID: "78", ProductCode: "unknown", Domain: "other.example.com", State: providers.StateProcessing},
	}
	b := site.SignedIn(t, db.RoleAdmin)
	path := b.Post("/admin/upstreams/import", url.Values{"what": {"orders"}, "upstream": {"stall"}}).Location
	site.settle(t, path)
	page := b.Get(path).Document(t)
	boxes := page.Find("main tbody input[type=checkbox]")
	if boxes.Length() != 2 {
		t.Fatalf("%s", page.Find("main").Text())
	}
	one, two := strings.TrimPrefix(boxes.Eq(0).AttrOr("name", ""), "take-"), strings.TrimPrefix(boxes.Eq(1).AttrOr("name", ""), "take-")
	if a := b.Post(path+"/take", url.Values{"take-" + one: {"1"}, "product-" + one: {"PositiveSSL"}}); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "Choose a reseller.") {
		t.Errorf("%d: taken for nobody", a.Status)
	}
	if a := b.Post(path+"/take", url.Values{"reseller": {"Nobody"}, "take-" + one: {"1"}, "product-" + one: {"PositiveSSL"}}); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("%d: taken for a reseller that is not there", a.Status)
	}
	if a := b.Post(path+"/take", url.Values{"reseller": {site.Reseller.Name}, "take-" + two: {"1"}, "product-" + two: {""}}); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "Choose the product that was bought.") {
		t.Errorf("%d: taken without a product", a.Status)
	}
	other := fmt.Sprintf("%s (%d)", site.Other.Name, site.Other.ID)
	a := b.Post(path+"/take", url.Values{"reseller": {site.Reseller.Name}, "take-" + one: {"1"}, "product-" + one: {"PositiveSSL"},
		"take-" + two: {"1"}, "product-" + two: {"PositiveSSL"}, "reseller-" + two: {other}})
	if a.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	site.settle(t, path)
	mine, _, err := site.Book.Orders(t.Context(), site.Reseller.ID, db.OrderFilter{})
	if err != nil || len(mine) != 1 || mine[0].Domain != "old.example.com" || !mine[0].Imported {
		t.Fatalf("%+v %v", mine, err)
	}
	if theirs, _, _ := site.Book.Orders(t.Context(), site.Other.ID, db.OrderFilter{}); len(theirs) != 1 {
		t.Errorf("%+v", theirs)
	}
	for _, role := range []db.Role{db.RoleOwner, db.RoleTechnical} {
		if a := site.SignedIn(t, role).Get(fmt.Sprintf("/orders/%d", mine[0].ID)); a.Status != http.StatusOK {
			t.Errorf("%s: %d", role, a.Status)
		}
	}
	if a := b.Get(fmt.Sprintf("/admin/orders/%d", mine[0].ID)); a.Status != http.StatusOK {
		t.Errorf("%d", a.Status)
	}
	if _, err := site.Book.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if a := b.Post(path+"/take", url.Values{"every": {"new"}, "reseller": {site.Reseller.Name}}); a.Status != http.StatusSeeOther {
		t.Errorf("%d", a.Status)
	}
	if list, _, _ := site.Book.Orders(t.Context(), site.Reseller.ID, db.OrderFilter{}); len(list) != 1 {
		t.Error("taken twice")
	}
}

func TestAdminHomeTellsWhatTheNightFound(t *testing.T) {
	site := openImports(t)
	site.offer(t, "PositiveSSL", "positive", 900, 1299)
	site.stall.products = []providers.Product{sold("positive", "PositiveSSL", 950)}
	b := site.SignedIn(t, db.RoleAdmin)
	path := b.Post("/admin/upstreams/import", url.Values{"what": {"products"}, "upstream": {"stall"}}).Location
	site.settle(t, path)
	row := b.Get(path+"?view=changed").Document(t).Find("main select").AttrOr("name", "")
	if a := b.Post(path+"/take", url.Values{"view": {"changed"}, row: {"cost"}}); a.Status != http.StatusSeeOther {
		t.Fatal(a.Status)
	}
	site.settle(t, path)
	site.stall.products = []providers.Product{sold("positive", "PositiveSSL", 1500)}
	site.Later(26 * time.Hour)
	if err := site.Book.StartNightImports(t.Context()); err != nil {
		t.Fatal(err)
	}
	site.settle(t, path)
	b = site.SignedIn(t, db.RoleAdmin)
	alarms := must[[]db.ImportAlarm](t)(site.Book.ImportAlarms(t.Context()))
	if len(alarms) != 1 {
		t.Fatalf("%+v", alarms)
	}
	night := fmt.Sprintf("/admin/upstreams/import/%d", alarms[0].RunID)
	if b.Get("/admin").Document(t).Find("main [role=alert] a[href='"+night+"']").Length() != 1 {
		t.Error("the home page says nothing")
	}
	if a := b.Post(night+"/dismiss", nil); a.Status != http.StatusSeeOther {
		t.Errorf("%d", a.Status)
	}
	if b.Get("/admin").Document(t).Find("main [role=alert] a[href='"+night+"']").Length() != 0 {
		t.Error("what was put aside is still there")
	}
}
