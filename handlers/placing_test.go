package handlers_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/money"
	"certbay/web/webtest"
)

// unpaidOrder is an order of the buyer that was placed unpaid, beside the credit to pay it.
func (b books) unpaidOrder(t testing.TB) db.Order {
	t.Helper()
	ctx := t.Context()
	balance, _, err := b.Book.Wallet(ctx, b.buyer.ID)
	ok(t, err)
	ok(t, b.Book.SetPayLater(ctx, db.System, b.buyer.ID, true))
	ok(t, b.Book.AdjustCredit(ctx, db.System, b.buyer.ID, -balance, rand.Text(), "spent"))
	o := must[db.Order](t)(b.Book.PlaceOrder(ctx, b.staff, b.buyer.ID, db.NewOrder{ProductID: b.multi, Months: 12, Domain: "later.example", Unpaid: true}))
	ok(t, b.Book.AdjustCredit(ctx, db.System, b.buyer.ID, balance, rand.Text(), "back"))
	return o
}

func TestAnUnpaidOrderSaysSoOnEveryPage(t *testing.T) {
	b := openBooks(t, "en")
	o := b.unpaidOrder(t)
	owner, admin := b.SignedInAs(t, b.buyers[db.RoleOwner]), b.SignedIn(t, db.RoleSupport)
	page := fmt.Sprintf("/orders/%d", o.ID)
	for name, text := range map[string]string{"order": owner.Get(page).Document(t).Find("main").Text(), "admin's": admin.Get("/admin" + page).Document(t).Find("main").Text()} {
		if !strings.Contains(text, "Waiting for payment") || !strings.Contains(text, "Ordered, not paid") || !strings.Contains(text, "Total, not paid") || strings.Contains(text, "Ordered and paid") {
			t.Errorf("%s page: %s", name, plainSpace(text))
		}
	}
	if step := owner.Get(page).Document(t).Find("[aria-current=step]").Text(); !strings.Contains(step, "Ordered, not paid") {
		t.Errorf("the order stands at step %q", step)
	}
	for _, list := range []string{"/admin", "/admin/orders"} {
		if a := admin.Get(list); !strings.Contains(a.Document(t).Find("main table").Text(), "Waiting for payment") {
			t.Errorf("%s: %d, without the state", list, a.Status)
		}
	}
	ok(t, b.Book.PayOrder(t.Context(), b.staff, b.buyer.ID, o.ID))
	if text := owner.Get(page).Document(t).Find("main").Text(); strings.Contains(text, "not paid") || !strings.Contains(text, "Ordered and paid") {
		t.Errorf("paid: %s", plainSpace(text))
	}
}

func TestWhoeverMayPayIsOfferedItOnTheOrderAndTheInvoice(t *testing.T) {
	b := openBooks(t, "en")
	o := b.unpaidOrder(t)
	page, pay := fmt.Sprintf("/orders/%d", o.ID), fmt.Sprintf("form[action='/orders/%d/pay']", o.ID)
	invoice := fmt.Sprintf("/invoices/%d", must[db.Invoice](t)(b.Book.OrderInvoice(t.Context(), o.ID)).ID)
	for _, c := range []struct {
		role            db.Role
		order, invoices int // forms
	}{{db.RoleViewer, 0, 0}, {db.RoleTechnical, 1, 0}, {db.RoleOwner, 1, 1}, {db.RoleBilling, 1, 1}} {
		browser := b.SignedInAs(t, b.buyers[c.role])
		if n := browser.Get(page).Document(t).Find(pay).Length(); n != c.order {
			t.Errorf("%s: %d forms on the order", c.role, n)
		}
		if n := browser.Get(invoice).Document(t).Find(pay).Length(); n != c.invoices {
			t.Errorf("%s: %d forms on the invoice", c.role, n)
		}
	}
	if a := b.SignedInAs(t, b.buyers[db.RoleViewer]).Post(page+"/pay", nil); a.Status != http.StatusForbidden {
		t.Errorf("a viewer pays: %d", a.Status)
	}
	billing := b.SignedInAs(t, b.buyers[db.RoleBilling])
	if a := billing.Get("/"); !strings.Contains(a.Body, "later.example waits for its payment") || !strings.Contains(a.Document(t).Find("main").Text(), "Pay") {
		t.Error("billing is not asked to pay at home")
	}
	done(t, billing, billing.Post(page+"/pay", nil), page, "success")
	b.verify(t)
}

// The price changes while the reseller looks at it (asks 11: stale prices).
func TestANewPriceIsShownAndAskedAboutBeforeAnythingIsCharged(t *testing.T) {
	b := openBooks(t, "en")
	ctx, owner := t.Context(), b.SignedInAs(t, b.buyers[db.RoleOwner])
	form := url.Values{"product": {strconv.FormatInt(b.multi, 10)}, "months": {"12"}, "domain": {"example.com"}, "form_token": {"one"}}
	balance := func() int64 {
		cents, _, err := b.Book.Wallet(ctx, b.buyer.ID)
		ok(t, err)
		return cents
	}
	before := balance()
	shown := shownForm(t, owner.Post("/orders/check", form))
	if shown.Get("quoted") != "144001" { // 1200.01 and 20 % tax
		t.Fatalf("the check page agrees to %q", shown.Get("quoted"))
	}
	ok(t, b.Book.SetGroupPrice(ctx, db.System, b.buyer.GroupID, b.multi, 12, 121000))
	a := owner.Post("/orders", shown)
	if text := a.Document(t).Find("main").Text(); a.Status != http.StatusConflict || a.Title(t) != "Check your answers" ||
		!strings.Contains(text, "It was $1,440.01 and is $1,452.00 now") || !strings.Contains(text, "example.com") {
		t.Fatalf("%d: %s", a.Status, plainSpace(text))
	}
	if _, n, err := b.Book.Orders(ctx, b.buyer.ID, db.OrderFilter{}); n != 0 || err != nil || balance() != before {
		t.Fatalf("%d orders, %d charged, %v", n, before-balance(), err)
	}
	again := shownForm(t, a)
	if again.Get("quoted") != "145200" || again.Get("form_token") != "one" {
		t.Fatalf("the page asks for %v", again)
	}
	if a := owner.Post("/orders", again); a.Status != http.StatusSeeOther || before-balance() != 145200 {
		t.Errorf("%d, %d charged", a.Status, before-balance())
	}
	// Neither may the price change on the way to an order that is paid later.
	ok(t, b.Book.SetPayLater(ctx, db.System, b.buyer.ID, true))
	ok(t, b.Book.AdjustCredit(ctx, db.System, b.buyer.ID, -balance(), "spent", "spent"))
	form.Set("form_token", "two")
	form.Set("quoted", "145200")
	later := shownForm(t, owner.Post("/orders", form))
	ok(t, b.Book.SetGroupPrice(ctx, db.System, b.buyer.GroupID, b.multi, 12, 122000))
	if a := owner.Post("/orders", later); later.Get("unpaid") != "1" || a.Status != http.StatusConflict || a.Document(t).Find("button[name=unpaid]").Length() != 1 {
		t.Errorf("unpaid at another price: %d", a.Status)
	}
	b.verify(t)
}

func TestPagesSayWhichNamesAreChargedAndWhichIncluded(t *testing.T) {
	b := openBooks(t, "en")
	ctx := t.Context()
	sheet := must[db.ProductSheet](t)(b.Book.ProductSheet(ctx, b.multi))
	seen := sheet.Digest()
	sheet.SANIncluded = 2
	ok(t, b.Book.ChangeProduct(ctx, db.System, sheet, seen))
	owner := b.SignedInAs(t, b.buyers[db.RoleOwner])
	form := url.Values{"product": {strconv.FormatInt(b.multi, 10)}, "months": {"12"}, "domain": {"example.com"}, "sans": {"a.example.com\nb.example.com\nc.example.com"},
		"wildcard_sans": {"*.example.org"}, "form_token": {"one"}}
	placed := owner.Post("/orders", form)
	if placed.Status != http.StatusSeeOther {
		t.Fatalf("%d", placed.Status)
	}
	page := strings.TrimSuffix(placed.Location, "/configure")
	sheet.SANIncluded, seen = 0, must[db.ProductSheet](t)(b.Book.ProductSheet(ctx, b.multi)).Digest()
	quote := owner.Post("/orders/quote", form).Document(t).Text()
	ok(t, b.Book.ChangeProduct(ctx, db.System, sheet, seen)) // later changes leave the order as it is
	for name, text := range map[string]string{"quote": quote, "order": owner.Get(page).Document(t).Find("main").Text(),
		"admin's order": b.SignedIn(t, db.RoleAdmin).Get("/admin" + page).Document(t).Find("main").Text()} {
		if text = plainSpace(text); !strings.Contains(text, "2 additional names") || !strings.Contains(text, "2 additional names, included$0.00") || !strings.Contains(text, "$57.98") {
			t.Errorf("%s: %s", name, text)
		}
	}
	id, err := strconv.ParseInt(strings.TrimPrefix(page, "/orders/"), 10, 64)
	ok(t, err)
	invoice := owner.Get(fmt.Sprintf("/invoices/%d", must[db.Invoice](t)(b.Book.OrderInvoice(ctx, id)).ID))
	text := plainSpace(invoice.Document(t).Find("main table").Text())
	if !strings.Contains(text, "Additional names 1$7.99") || !strings.Contains(text, "Additional wildcard names 1$49.99") {
		t.Errorf("invoice: %s", text)
	}
}

func TestARefusedLicenceLeadsToAPageThatCorrectsIt(t *testing.T) {
	b := openBooks(t, "en")
	ctx := t.Context()
	licence := must[int64](t)(b.Book.CreateProduct(ctx, db.System, db.Product{Brand: "cPanel", Name: "cPanel Premier", Kind: db.KindLicence, DomainType: "ip",
		Terms: []db.Term{{Months: 12, ListCents: 4500}}}, db.Offer{Upstream: "sandbox", ProductCode: "licence", CostCents: 900}))
	ok(t, b.Book.SetGroupPrice(ctx, db.System, b.buyer.GroupID, licence, 12, 3800))
	o := must[db.Order](t)(b.Book.PlaceOrder(ctx, b.staff, b.buyer.ID, db.NewOrder{ProductID: licence, Months: 12, Domain: "203.0.113.10"}))
	refuse := func() {
		certificate := must[[]db.Certificate](t)(b.Book.Certificates(ctx, o.ID))[0].ID
		must[db.Submission](t)(b.Book.BeginSubmit(ctx, certificate))
		ok(t, b.Book.RefuseSubmit(ctx, certificate, "this address is in use"))
		ok(t, b.Book.FinishJob(ctx, must[db.Job](t)(b.Book.ClaimJob(ctx, time.Minute))))
	}
	refuse()
	owner := b.SignedInAs(t, b.buyers[db.RoleOwner])
	page := fmt.Sprintf("/orders/%d", o.ID)
	order := owner.Get(page)
	if text := order.Document(t).Find("main").Text(); !strings.Contains(text, "Correct the address") || strings.Contains(text, "CSR") || strings.Contains(text, "certificate authority") {
		t.Errorf("the order's page: %s", plainSpace(text))
	}
	form := owner.Get(page + "/configure")
	if doc := form.Document(t); form.Status != http.StatusOK || doc.Find("main [name=csr]").Length() != 0 || doc.Find("main [name=domain]").AttrOr("value", "") != "203.0.113.10" ||
		!strings.Contains(doc.Text(), "this address is in use") {
		t.Fatalf("%d %s", form.Status, plainSpace(doc.Find("main").Text()))
	}
	bad := owner.Post(page+"/configure", url.Values{"domain": {"server one"}})
	rejected(t, bad, "domain")
	if got := bad.Document(t).Find("main [name=domain]").AttrOr("value", ""); got != "server one" {
		t.Errorf("shown again: %q", got)
	}
	if a := b.SignedInAs(t, b.Outsider).Post(page+"/configure", url.Values{"domain": {"203.0.113.11"}}); a.Status != http.StatusNotFound {
		t.Errorf("another reseller: %d", a.Status)
	}
	go func() { // the worker, so that nobody waits for it
		for range 100 {
			if job, err := b.Book.ClaimJob(ctx, time.Minute); err == nil {
				_ = b.Book.FinishJob(ctx, job)
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	if a := owner.Post(page+"/configure", url.Values{"domain": {"203.0.113.11"}}); a.Status != http.StatusSeeOther || a.Location != page {
		t.Fatalf("%d to %q", a.Status, a.Location)
	}
	if now := must[db.Order](t)(b.Book.AnyOrder(ctx, o.ID)); now.Domain != "203.0.113.11" || now.Status != db.StatusProcessing {
		t.Errorf("%+v", now)
	}
	if text := owner.Get(page).Document(t).Find("main").Text(); !strings.Contains(text, "Licence requested") {
		t.Errorf("its events: %s", plainSpace(text))
	}
}

func TestAdminSeesTheRateAndTheMarginOfAnOrder(t *testing.T) {
	s := openShop(t)
	ctx := t.Context()
	euro := must[int64](t)(s.Book.CreateProduct(ctx, db.System, db.Product{Brand: "Certum", Name: "Commercial", Kind: db.KindSSL, Validation: "dv", DomainType: "single",
		DCVMethods: []string{"dns"}, Terms: []db.Term{{Months: 12, ListCents: 4999}}}, db.Offer{Upstream: "sandbox", ProductCode: "single", CostCents: 1000, Currency: money.CurrencyEUR}))
	rate := db.NewRate{Currency: money.CurrencyEUR, Day: s.Book.Now(), USDe8: 108_550_000, Source: "ECB"}
	ok(t, s.Book.AddRates(ctx, db.System, rate))
	ok(t, s.Book.SetGroupPrice(ctx, db.System, s.group(t), euro, 12, 1500))
	place := func(product int64) string {
		o := must[db.Order](t)(s.Book.PlaceOrder(ctx, s.staff, s.buyer.ID, db.NewOrder{ProductID: product, Months: 12, Domain: "a.example.com"}))
		return fmt.Sprintf("/admin/orders/%d", o.ID)
	}
	foreign, domestic := place(euro), place(s.product)
	rate.USDe8 *= 2
	ok(t, s.Book.AddRates(ctx, db.System, rate)) // a later rate is not the order's
	admin := s.SignedIn(t, db.RoleSupport)
	text := plainSpace(admin.Get(foreign).Document(t).Find("main").Text())
	for _, want := range []string{"Cost$10.86", "Exchange rate used1 EUR = 1.0855 USD", "Margin before tax$4.14"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q: %s", want, text)
		}
	}
	if text := admin.Get(domestic).Document(t).Find("main").Text(); strings.Contains(text, "Exchange rate") || !strings.Contains(plainSpace(text), "Margin before tax$3.99") {
		t.Errorf("in dollars: %s", plainSpace(text))
	}
}

func TestCancellingAnUnpaidOrderPromisesNothingBack(t *testing.T) {
	b := openBooks(t, "en")
	cents := func() int64 {
		balance, _, err := b.Book.Wallet(t.Context(), b.buyer.ID)
		ok(t, err)
		return balance
	}
	owner, admin := b.SignedInAs(t, b.buyers[db.RoleOwner]), b.SignedIn(t, db.RoleAdmin)
	for name, c := range map[string]struct {
		browser *webtest.Browser
		below   string
		form    url.Values
	}{"reseller": {owner, "/orders/", nil}, "admin": {admin, "/admin/orders/", url.Values{"reason": {"asked to"}}}} {
		o := b.unpaidOrder(t)
		before, page := cents(), c.below+strconv.FormatInt(o.ID, 10)
		if text := c.browser.Get(page + "/cancel").Document(t).Find("main").Text(); !strings.Contains(text, "It was never paid, so nothing goes back") || strings.Contains(text, "$") {
			t.Errorf("%s is asked: %s", name, plainSpace(text))
		}
		done(t, c.browser, c.browser.Post(page+"/cancel", c.form), page, "success")
		if now := must[db.Order](t)(b.Book.AnyOrder(t.Context(), o.ID)); now.Status != db.StatusCancelled || cents() != before {
			t.Errorf("%s: %s, balance %d of %d", name, now.Status, cents(), before)
		}
		if text := c.browser.Get(page).Document(t).Find("main").Text(); strings.Contains(text, "Cancel and refund") || strings.Contains(text, "Margin before tax") {
			t.Errorf("%s sees: %s", name, plainSpace(text))
		}
		if a := owner.Post(fmt.Sprintf("/orders/%d/pay", o.ID), nil); a.Status != http.StatusConflict {
			t.Errorf("%s: paying it then: %d", name, a.Status)
		}
	}
	paid := b.unpaidOrder(t)
	pay := fmt.Sprintf("/orders/%d/pay", paid.ID)
	owner.Post(pay, nil)
	must[int64](t)(b.Book.CancelOrder(t.Context(), b.staff, b.buyer.ID, paid.ID))
	if a := owner.Post(pay, nil); a.Status != http.StatusConflict {
		t.Errorf("paying what was paid and cancelled: %d", a.Status)
	}
	b.verify(t)
}
