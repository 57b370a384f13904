package datassl_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/db"
	"certbay/handlers/access"
	"certbay/providers"
	"certbay/providers/pretend"
	"certbay/providers/providertest"
	"certbay/providers/sandbox"
	"certbay/web"
	"certbay/web/webtest"
)

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// shop is a running portal with a working CA behind it, two resellers that buy in
// the same group, one in another and one in none.
type shop struct {
	*webtest.Site
	t        testing.TB
	internet *pretend.Internet
	key      string // of Reseller, all scopes
	other    string // of Other, all scopes

	single, multi, wildcard, ov, signing, licence, foreign int64
	group                                                  int64

	stopWork func()
}

// openShop opens a shop; the worker runs until the test ends.
func openShop(t testing.TB, adjust ...func(*web.Config)) *shop {
	t.Helper()
	s := &shop{t: t}
	s.internet = must[*pretend.Internet](t)(pretend.Start(t.Context()))
	t.Cleanup(func() { s.internet.Close() })
	s.Site = webtest.Open(t, append([]func(*web.Config){func(c *web.Config) { c.APILimit = access.Limit{Requests: 100_000, Window: time.Minute} }}, adjust...)...)
	checker := s.internet.Checker(nil)
	ca := must[*sandbox.CA](t)(sandbox.Open(t.Context(), sandbox.Options{Path: filepath.Join(t.TempDir(), "ca.db"), Checker: checker, Vetting: -1, CheckEvery: -1, BaseURL: s.URL,
		Mail: func(ctx context.Context, to, subject, body string) error {
			return s.Book.QueueMail(ctx, db.Mail{To: to, Subject: subject, Body: body})
		}}))
	t.Cleanup(func() { ca.Close() })
	work, stop := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := s.Server.Work(work, web.WorkerConfig{Upstreams: providers.Registry{"sandbox": ca}, Checker: checker}); err != nil {
			t.Error(err)
		}
	})
	s.stopWork = sync.OnceFunc(func() { stop(); done.Wait() })
	t.Cleanup(s.stopWork)
	s.fill()
	return s
}

func (s *shop) fill() {
	t, ctx := s.t, s.t.Context()
	t.Helper()
	s.group = must[int64](t)(s.Book.CreateGroup(ctx, db.System, "Gold"))
	silver := must[int64](t)(s.Book.CreateGroup(ctx, db.System, "Silver"))
	for _, r := range []db.Reseller{s.Reseller, s.Other} {
		s.join(r, s.group)
		if err := s.Book.AddCredit(ctx, db.System, r.ID, 125_000, fmt.Sprint("opening ", r.ID), "opening credit"); err != nil {
			t.Fatal(err)
		}
	}
	s.key, s.other = s.newKey(s.Reseller.ID, "Panel", db.Scopes...), s.newKey(s.Other.ID, "Panel", db.Scopes...)
	all := []string{"email", "http", "https", "dns"}
	add := func(p db.Product, code string, group, cents int64) int64 {
		id := must[int64](t)(s.Book.CreateProduct(ctx, db.System, p, db.Offer{Upstream: "sandbox", ProductCode: code, CostCents: 900}))
		for _, term := range p.Terms {
			if err := s.Book.SetGroupPrice(ctx, db.System, group, id, term.Months, cents*int64(term.Months)/12); err != nil {
				t.Fatal(err)
			}
		}
		return id
	}
	// The figures of the document: 49.99, 12.99 and 7.99 a name.
	s.single = add(db.Product{Brand: "Sectigo", Name: "Sectigo PositiveSSL", Kind: db.KindSSL, Validation: "dv", DomainType: "single", DCVMethods: all, WarrantyCents: 5_000_000,
		Terms: []db.Term{{Months: 12, ListCents: 4999}, {Months: 24, ListCents: 8999}, {Months: 36, ListCents: 11999}}}, "sectigo-positivessl", s.group, 1299)
	s.multi = add(db.Product{Brand: "Sectigo", Name: "PositiveSSL Multi-Domain", Kind: db.KindMultiDomain, Validation: "dv", DomainType: "multi", DCVMethods: all,
		SANMax: 50, WildcardSANMax: 5, Terms: []db.Term{{Months: 12, ListCents: 4999, SANCents: 799, WildcardSANCents: 4999}}}, "sectigo-positivessl-multi-domain", s.group, 1299)
	s.wildcard = add(db.Product{Brand: "Sectigo", Name: "PositiveSSL Wildcard", Kind: db.KindWildcard, Validation: "dv", DomainType: "wildcard", DCVMethods: all,
		Terms: []db.Term{{Months: 12, ListCents: 14999}}}, "sectigo-positivessl-wildcard", s.group, 8900)
	s.ov = add(db.Product{Brand: "DigiCert", Name: "Secure Site", Kind: db.KindSSL, Validation: "ov", DomainType: "single", DCVMethods: all,
		Terms: []db.Term{{Months: 12, ListCents: 39900}}}, "digicert-secure-site", s.group, 29900)
	s.signing = add(db.Product{Brand: "Sectigo", Name: "Code Signing", Kind: db.KindCodeSigning, Validation: "ov", DomainType: "none",
		Terms: []db.Term{{Months: 12, ListCents: 39900}}}, "sectigo-code-signing", s.group, 29900)
	s.licence = add(db.Product{Brand: "cPanel", Name: "cPanel Solo", Kind: db.KindLicence, DomainType: "ip",
		Terms: []db.Term{{Months: 12, ListCents: 4500}}}, "cpanel-solo", s.group, 3800)
	s.foreign = add(db.Product{Brand: "Thawte", Name: "Thawte SSL123", Kind: db.KindSSL, Validation: "dv", DomainType: "single", DCVMethods: all,
		Terms: []db.Term{{Months: 12, ListCents: 9999}}}, "thawte-ssl123", silver, 5000)
}

// join puts a reseller into a group (0: into none) with the API on.
func (s *shop) join(r db.Reseller, group int64) {
	s.t.Helper()
	err := s.Book.UpdateReseller(s.t.Context(), db.System, r.ID, db.NewReseller{Name: r.Name, Company: r.Company, Email: r.Email, GroupID: group, APIEnabled: true})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) newKey(reseller int64, name string, scopes ...db.Scope) string {
	s.t.Helper()
	_, secret, err := s.Book.CreateAPIKey(s.t.Context(), db.System, reseller, db.NewAPIKey{Name: name, Scopes: scopes})
	if err != nil {
		s.t.Fatal(err)
	}
	return secret
}

// answer is what the API said.
type answer struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// at walks into the answer: "ssl", "validation", 0, "domain".
func (a answer) at(path ...any) any {
	var v any = a.body
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			l, _ := v.([]any)
			if step >= len(l) {
				return nil
			}
			v = l[step]
		}
	}
	return v
}

func (a answer) text(path ...any) string { return fmt.Sprint(a.at(path...)) }

func (a answer) id(path ...any) int64 {
	n, _ := a.at(path...).(json.Number)
	id, _ := n.Int64()
	return id
}

// ask sends a request with a key and, where body is not nil, JSON.
func (s *shop) ask(key, method, path string, body any, header ...string) answer {
	s.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		raw := must[[]byte](s.t)(json.Marshal(b))
		reader = bytes.NewReader(raw)
	}
	return s.send(s.request(key, method, path, reader, header...))
}

func (s *shop) request(key, method, path string, body io.Reader, header ...string) *http.Request {
	s.t.Helper()
	r := must[*http.Request](s.t)(http.NewRequestWithContext(context.Background(), method, s.URL+"/api/reseller"+path, body))
	if key != "" {
		r.Header.Set("X-API-Key", key)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func (s *shop) send(r *http.Request) answer {
	s.t.Helper()
	res := must[*http.Response](s.t)(http.DefaultClient.Do(r))
	defer res.Body.Close()
	raw := must[[]byte](s.t)(io.ReadAll(res.Body))
	a := answer{status: res.StatusCode, header: res.Header, raw: string(raw)}
	if len(raw) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		if err := decoder.Decode(&a.body); err != nil {
			s.t.Fatalf("%s %s: %v in %s", r.Method, r.URL.Path, err, raw)
		}
	}
	return a
}

func (s *shop) get(path string, header ...string) answer {
	s.t.Helper()
	return s.ask(s.key, "GET", path, nil, header...)
}

func (s *shop) post(path string, body any, header ...string) answer {
	s.t.Helper()
	return s.ask(s.key, "POST", path, body, header...)
}

type fields = map[string]any

// ok fails the test when the answer is no success.
func (s *shop) ok(a answer) answer {
	s.t.Helper()
	if a.status != http.StatusOK || a.at("success") != true {
		s.t.Fatalf("%d %s", a.status, a.raw)
	}
	return a
}

// refused fails the test unless the answer refuses with the status and a code.
func (s *shop) refused(a answer, status int, code string) answer {
	s.t.Helper()
	if a.status != status || a.at("success") != false || a.text("code") != code || a.text("error") == "" || strings.Contains(a.text("error"), "apireply.") {
		s.t.Errorf("wanted %d %s, got %d %s", status, code, a.status, a.raw)
	}
	return a
}

func (s *shop) balance(reseller int64) int64 {
	s.t.Helper()
	balance, _, err := s.Book.Wallet(s.t.Context(), reseller)
	if err != nil {
		s.t.Fatal(err)
	}
	return balance
}

// order places an order for a domain and answers its id.
func (s *shop) order(key, domain string) int64 {
	s.t.Helper()
	return s.ok(s.ask(key, "POST", "/orders", fields{"product_id": s.single, "domain": domain})).id("order_id")
}

// publish does what an answer asks the owners of domains for.
func (s *shop) publish(a answer) {
	s.t.Helper()
	list, _ := a.at("ssl", "validation").([]any)
	for i := range list {
		if host := a.at("ssl", "validation", i, "dns", "host"); host != nil {
			err := s.internet.PublishRecord(pretend.Record{Host: host.(string), Type: a.text("ssl", "validation", i, "dns", "type"), Value: a.text("ssl", "validation", i, "dns", "value")})
			if err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// issued is an order whose certificate is there.
func (s *shop) issued(key, domain string) int64 {
	s.t.Helper()
	id := s.order(key, domain)
	s.publish(s.ok(s.ask(key, "POST", "/ssl/configure", fields{"order_id": id, "csr": providertest.CSR(s.t, domain), "dcv_method": "dns"})))
	for range 50 {
		if a := s.ok(s.ask(key, "GET", fmt.Sprint("/ssl/", id), nil)); a.text("ssl", "status") == "completed" {
			return id
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatal("not issued")
	return 0
}
