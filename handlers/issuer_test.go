package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"certbay/db"
	"certbay/providers"
	"certbay/providers/pretend"
	"certbay/providers/sandbox"
	"certbay/web"
	"certbay/web/webtest"
)

// issuer is a portal with a CA that looks at the pretend internet, and a worker; its
// reseller has credit and three products to buy.
type issuer struct {
	*webtest.Site
	t        *testing.T
	internet *pretend.Internet

	single, multi, ov int64
}

func openIssuer(t *testing.T) *issuer {
	t.Helper()
	ctx := t.Context()
	s := &issuer{t: t, Site: webtest.Open(t)}
	s.internet = must[*pretend.Internet](t)(pretend.Start(ctx))
	t.Cleanup(func() { s.internet.Close() })
	checker := s.internet.Checker(nil)
	ca := must[*sandbox.CA](t)(sandbox.Open(ctx, sandbox.Options{Path: filepath.Join(t.TempDir(), "ca.db"), Checker: checker, Vetting: -1, CheckEvery: -1, BaseURL: s.URL}))
	t.Cleanup(func() { ca.Close() })
	work, stop := context.WithCancel(context.Background())
	var working sync.WaitGroup
	working.Go(func() {
		if err := s.Server.Work(work, web.WorkerConfig{Upstreams: providers.Registry{"sandbox": ca}, Checker: checker}); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		stop()
		working.Wait()
		if _, err := s.Book.Verify(context.Background()); err != nil {
			t.Error(err)
		}
	})
	group := must[int64](t)(s.Book.CreateGroup(ctx, db.System, "Gold"))
	ok(t, errors.Join(
		s.Book.UpdateReseller(ctx, db.System, s.Reseller.ID, db.NewReseller{Name: s.Reseller.Name, Company: s.Reseller.Company, Email: s.Reseller.Email, GroupID: group, APIEnabled: true}),
		s.Book.AddCredit(ctx, db.System, s.Reseller.ID, 1_000_000, "opening", "opening credit")))
	all := []string{"email", "http", "https", "dns"}
	add := func(p db.Product, code string) int64 {
		id := must[int64](t)(s.Book.CreateProduct(ctx, db.System, p, db.Offer{Upstream: "sandbox", ProductCode: code, CostCents: 900}))
		for _, term := range p.Terms {
			ok(t, s.Book.SetGroupPrice(ctx, db.System, group, id, term.Months, 1299))
		}
		return id
	}
	s.single = add(db.Product{Brand: "Sectigo", Name: "PositiveSSL", Kind: db.KindSSL, Validation: "dv", DomainType: "single", DCVMethods: all,
		Terms: []db.Term{{Months: 12, ListCents: 4999}}}, "sectigo-positivessl")
	s.multi = add(db.Product{Brand: "Sectigo", Name: "PositiveSSL Multi-Domain", Kind: db.KindMultiDomain, Validation: "dv", DomainType: "multi", DCVMethods: all,
		SANMax: 50, WildcardSANMax: 5, Terms: []db.Term{{Months: 12, ListCents: 4999, SANCents: 799, WildcardSANCents: 4999}}}, "sectigo-positivessl-multi-domain")
	s.ov = add(db.Product{Brand: "DigiCert", Name: "Secure Site", Kind: db.KindSSL, Validation: "ov", DomainType: "single", DCVMethods: all,
		Terms: []db.Term{{Months: 12, ListCents: 39900}}}, "digicert-secure-site")
	return s
}

func (s *issuer) now(id int64) db.Order {
	s.t.Helper()
	return must[db.Order](s.t)(s.Book.AnyOrder(s.t.Context(), id))
}

func (s *issuer) certificates(id int64) []db.Certificate {
	s.t.Helper()
	return must[[]db.Certificate](s.t)(s.Book.Certificates(s.t.Context(), id))
}

// prove publishes what the newest certificate of an order asks for, and has the CA look
// until that certificate is issued.
func (s *issuer) prove(id int64) {
	s.t.Helper()
	ctx := s.t.Context()
	for range 100 {
		newest := s.certificates(id)[0]
		if newest.State == db.CertificateIssued {
			return
		}
		for _, d := range must[[]db.DCV](s.t)(s.Book.DCVs(ctx, newest.ID)) {
			if d.Host != "" && d.State != db.DCVVerified {
				ok(s.t, s.internet.PublishRecord(pretend.Record{Host: d.Host, Type: d.RecordType, Value: d.Value}))
			}
		}
		job, err := s.Book.CheckNow(ctx, s.Reseller.ID, id)
		if err == nil {
			err = s.Book.AwaitJobs(ctx, 10*time.Second, job)
		}
		if err != nil && !errors.Is(err, db.ErrStale) {
			s.t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Fatalf("never issued: %+v", s.certificates(id)[0])
}

// issued is an order with its certificate for a domain and further names.
func (s *issuer) issued(product int64, domain string, sans ...string) db.Order {
	s.t.Helper()
	ctx := s.t.Context()
	o := must[db.Order](s.t)(s.Book.PlaceOrder(ctx, db.System, s.Reseller.ID, db.NewOrder{ProductID: product, Months: 12, Domain: domain, SANs: sans, CustomerName: "Kitap A.Ş.", Note: "PO-7"}))
	config := db.Configuration{CSR: csrFor(s.t, slices.Concat([]string{domain}, sans)...), Method: "dns"}
	if product == s.ov {
		config.Contact = db.Contact{FirstName: "Ada", LastName: "Yılmaz", Email: "ada@ornek.com.tr", Phone: "+90 312 555 00 00", Organisation: "Örnek A.Ş.", Street: "Atatürk Bulvarı 7", City: "Ankara", Country: "TR"}
	}
	job := must[int64](s.t)(s.Book.Configure(ctx, db.System, s.Reseller.ID, o.ID, config))
	ok(s.t, s.Book.AwaitJobs(ctx, 10*time.Second, job))
	s.prove(o.ID)
	return s.now(o.ID)
}

func pathOf(o db.Order, below string) string { return fmt.Sprintf("/orders/%d%s", o.ID, below) }
