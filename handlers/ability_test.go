package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"testing"

	"certbay/db"
	"certbay/providers"
	"certbay/providers/dcv"
	"certbay/providers/sandbox"
	"certbay/web"
	"certbay/web/webtest"
)

// plain is an upstream that can do no more than every one: it sells, says how an order
// stands, and hands the certificate out.
type plain struct{ providers.Provider }

// Every button of an order whose upstream has no abilities is gone, and so is what each
// would have asked for; with the sandbox, which can do everything, all are there.
func TestWhatAnUpstreamCantDoIsNotOffered(t *testing.T) {
	for _, able := range []bool{true, false} {
		t.Run(fmt.Sprintf("able %v", able), func(t *testing.T) {
			ca := must[*sandbox.CA](t)(sandbox.Open(t.Context(), sandbox.Options{Path: filepath.Join(t.TempDir(), "ca.db"), Checker: &dcv.Checker{}, Vetting: -1, CheckEvery: -1}))
			t.Cleanup(func() { ca.Close() })
			upstream := providers.Provider(ca)
			if !able {
				upstream = plain{ca}
			}
			site := webtest.Open(t, func(c *web.Config) { c.Upstreams = providers.Registry{"sandbox": upstream} })
			o, waiting, licence := soldThere(t, site)
			b, admin := site.SignedIn(t, db.RoleOwner), site.SignedIn(t, db.RoleAdmin)
			for _, button := range []struct {
				b          *webtest.Browser
				page, mark string
				post       string // the wish that the button stands for
			}{
				{b, pathOf(o, ""), "a[href='" + pathOf(o, "/reissue") + "']", pathOf(o, "/reissue")},
				{b, pathOf(o, ""), "a[href='" + pathOf(o, "/revoke") + "']", pathOf(o, "/revoke")},
				{b, pathOf(waiting, ""), "a[href='" + pathOf(waiting, "/cancel") + "']", ""},
				{b, pathOf(waiting, "/dcv"), "form[action='" + pathOf(waiting, "/dcv/method") + "']", pathOf(waiting, "/dcv/method")},
				{b, pathOf(waiting, "/dcv"), "form[action='" + pathOf(waiting, "/dcv/resend") + "']", pathOf(waiting, "/dcv/resend")},
				{admin, "/admin" + pathOf(waiting, ""), "a[href='/admin" + pathOf(waiting, "/cancel") + "']", "/admin" + pathOf(waiting, "/cancel")},
				{b, fmt.Sprintf("/licences/%d", licence.ID), fmt.Sprintf("[href^='/licences/%d/'], form[action^='/licences/%d/']", licence.ID, licence.ID), fmt.Sprintf("/licences/%d/suspend", licence.ID)},
			} {
				page := button.b.Get(button.page)
				if n := page.Document(t).Find("main " + button.mark).Length(); page.Status != 200 || (n > 0) != able {
					t.Errorf("%s: %d, %d of %s", button.page, page.Status, n, button.mark)
				}
				if able || button.post == "" {
					continue
				}
				a := button.b.Post(button.post, url.Values{"reason": {"superseded"}, "confirm": {o.Domain}, "method": {"http"}, "name": {waiting.Domain}})
				if a.Status != http.StatusConflict || a.Title(t) != "Not possible for this order" {
					t.Errorf("POST %s: %d %s", button.post, a.Status, a.Title(t))
				}
			}
			if !able {
				if a := b.Post(pathOf(waiting, "/cancel"), nil); a.Status != http.StatusConflict {
					t.Errorf("cancel: %d", a.Status)
				}
				jobs, _, err := site.Book.Jobs(t.Context(), db.JobFilter{})
				ok(t, err)
				for _, job := range jobs {
					if slices.Contains([]db.JobKind{db.JobCancel, db.JobDCV, db.JobResend, db.JobReissue, db.JobRevoke, db.JobLicenceSuspend}, job.Kind) {
						t.Errorf("a job of %s was queued", job.Kind)
					}
				}
			}
		})
	}
}

// An order that no upstream has can be cancelled, whoever sells its product.
func TestWhatNoUpstreamHasNeedsNoAbility(t *testing.T) {
	site := webtest.Open(t, func(c *web.Config) { c.Upstreams = providers.Registry{} })
	_, waiting, _ := soldThere(t, site)
	b := site.SignedIn(t, db.RoleOwner)
	if a := b.Post(pathOf(waiting, "/cancel"), nil); a.Status != http.StatusConflict {
		t.Errorf("an upstream that is not set up cancels: %d", a.Status)
	}
	o := must[db.Order](t)(site.Book.PlaceOrder(t.Context(), db.System, site.Reseller.ID, db.NewOrder{ProductID: waiting.ProductID, Months: 12, Domain: "new.example.com"}))
	done(t, b, b.Post(pathOf(o, "/cancel"), nil), pathOf(o, ""), "success")
}

// soldThere is, by the hand of nobody but the book, an order with its certificate, one
// that waits for an approval mail, and a licence that runs: all of the upstream "sandbox".
func soldThere(t *testing.T, site *webtest.Site) (issued, waiting, licence db.Order) {
	t.Helper()
	ctx, book := t.Context(), site.Book
	group := must[int64](t)(book.CreateGroup(ctx, db.System, "Gold"))
	ok(t, book.UpdateReseller(ctx, db.System, site.Reseller.ID, db.NewReseller{Name: "L", Company: "L", Email: "l@liman.example", GroupID: group}))
	ok(t, book.AddCredit(ctx, db.System, site.Reseller.ID, 100_000, "opening", "opening credit"))
	ssl := must[int64](t)(book.CreateProduct(ctx, db.System, db.Product{Brand: "Sectigo", Name: "PositiveSSL", Kind: db.KindSSL, Validation: "dv", DomainType: "single",
		DCVMethods: []string{"email", "http", "dns"}, Terms: []db.Term{{Months: 12, ListCents: 4999}}}, db.Offer{Upstream: "sandbox", ProductCode: "single", CostCents: 900}))
	panel := must[int64](t)(book.CreateProduct(ctx, db.System, db.Product{Brand: "cPanel", Name: "Solo", Kind: db.KindLicence, DomainType: "ip",
		Terms: []db.Term{{Months: 1, ListCents: 4999}}}, db.Offer{Upstream: "sandbox", ProductCode: "cpanel-solo", CostCents: 900}))
	ok(t, book.SetGroupPrice(ctx, db.System, group, ssl, 12, 1299))
	ok(t, book.SetGroupPrice(ctx, db.System, group, panel, 1, 1299))
	accepted := func(product int64, months int, domain, method string) (db.Order, int64) {
		o := must[db.Order](t)(book.PlaceOrder(ctx, db.System, site.Reseller.ID, db.NewOrder{ProductID: product, Months: months, Domain: domain}))
		if method != "" {
			must[int64](t)(book.Configure(ctx, db.System, site.Reseller.ID, o.ID, db.Configuration{CSR: csrFor(t, domain), Method: method}))
		}
		c := must[[]db.Certificate](t)(book.Certificates(ctx, o.ID))[0].ID
		must[db.Submission](t)(book.BeginSubmit(ctx, c))
		ok(t, book.AcceptSubmit(ctx, db.System, c, fmt.Sprint("up-", o.ID)))
		return o, c
	}
	finish := func(o db.Order, c int64) db.Order {
		ok(t, book.RecordIssued(ctx, c, db.Issued{PEM: "pem", Chain: "chain", Serial: "0a", NotBefore: book.Now(), NotAfter: book.Now().AddDate(0, 0, 199)}, nil))
		return must[db.Order](t)(book.AnyOrder(ctx, o.ID))
	}
	o, c := accepted(ssl, 12, "issued.example.com", "dns")
	issued = finish(o, c)
	o, c = accepted(panel, 1, "203.0.113.9", "")
	ok(t, book.RecordIssued(ctx, c, db.Issued{LicenceKey: "KEY"}, nil))
	licence = must[db.Order](t)(book.AnyOrder(ctx, o.ID))
	waiting, c = accepted(ssl, 12, "waiting.example.com", "email")
	ok(t, book.RecordStatus(ctx, c, "", []db.UpstreamName{{Name: "waiting.example.com", Method: "email", Email: "admin@waiting.example.com"}}))
	if waiting = must[db.Order](t)(book.AnyOrder(ctx, waiting.ID)); waiting.Status != db.StatusValidationPending || licence.Status != db.StatusCompleted {
		t.Fatalf("%s, %s", waiting.Status, licence.Status)
	}
	return issued, waiting, licence
}
