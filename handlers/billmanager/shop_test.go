package billmanager_test

import (
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/db"
	"certbay/handlers/access"
	"certbay/handlers/billmanager"
	"certbay/providers"
	"certbay/providers/pretend"
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

// shop is a running portal with a working CA behind it; two resellers buy in the
// same group, and the dialect is on for both.
type shop struct {
	*webtest.Site
	t        testing.TB
	internet *pretend.Internet
	key      string // of Reseller, all scopes
	other    string // of Other, all scopes

	group, single, multi, ov, licence int64
}

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
	t.Cleanup(func() { stop(); done.Wait() })
	s.fill()
	return s
}

func (s *shop) fill() {
	t, ctx := s.t, s.t.Context()
	t.Helper()
	s.group = must[int64](t)(s.Book.CreateGroup(ctx, db.System, "Gold"))
	for _, r := range []db.Reseller{s.Reseller, s.Other} {
		err := s.Book.UpdateReseller(ctx, db.System, r.ID, db.NewReseller{Name: r.Name, Company: r.Company, Email: r.Email, GroupID: s.group, APIEnabled: true})
		if err == nil {
			err = s.Book.SetAPIEnabled(ctx, db.System, r.ID, true)
		}
		if err == nil {
			err = s.Book.AddCredit(ctx, db.System, r.ID, 125_000, "opening "+r.Name, "opening credit")
		}
		if err == nil {
			err = s.Book.SetResellerDialect(ctx, db.System, r.ID, billmanager.Dialect, true)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s.key, s.other = s.newKey(s.Reseller.ID, db.Scopes...), s.newKey(s.Other.ID, db.Scopes...)
	all := []string{"email", "http", "https", "dns"}
	add := func(p db.Product, code string, cents int64) int64 {
		id := must[int64](t)(s.Book.CreateProduct(ctx, db.System, p, db.Offer{Upstream: "sandbox", ProductCode: code, CostCents: 900}))
		for _, term := range p.Terms {
			if err := s.Book.SetGroupPrice(ctx, db.System, s.group, id, term.Months, cents*int64(term.Months)/12); err != nil {
				t.Fatal(err)
			}
		}
		return id
	}
	s.single = add(db.Product{Brand: "Sectigo", Name: "Sectigo PositiveSSL", Kind: db.KindSSL, Validation: "dv", DomainType: "single", DCVMethods: all,
		Terms: []db.Term{{Months: 12, ListCents: 4999}, {Months: 24, ListCents: 8999}}}, "sectigo-positivessl", 1299)
	s.multi = add(db.Product{Brand: "Sectigo", Name: "PositiveSSL Multi-Domain", Kind: db.KindMultiDomain, Validation: "dv", DomainType: "multi", DCVMethods: all,
		SANMax: 50, WildcardSANMax: 5, Terms: []db.Term{{Months: 12, ListCents: 4999, SANCents: 799, WildcardSANCents: 4999}}}, "sectigo-positivessl-multi-domain", 1299)
	s.ov = add(db.Product{Brand: "DigiCert", Name: "Secure Site", Kind: db.KindSSL, Validation: "ov", DomainType: "single", DCVMethods: all,
		Terms: []db.Term{{Months: 12, ListCents: 39900}}}, "digicert-secure-site", 29900)
	s.licence = add(db.Product{Brand: "cPanel", Name: "cPanel Solo", Kind: db.KindLicence, DomainType: "ip", Terms: []db.Term{{Months: 12, ListCents: 4500}}}, "cpanel-solo", 3800)
}

func (s *shop) newKey(reseller int64, scopes ...db.Scope) string {
	s.t.Helper()
	_, secret, err := s.Book.CreateAPIKey(s.t.Context(), db.System, reseller, db.NewAPIKey{Name: "Billing", Scopes: scopes})
	if err != nil {
		s.t.Fatal(err)
	}
	return secret
}

// answer is a document in XML, as an element tree.
type answer struct {
	status int
	header http.Header
	raw    string
	element
}

type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Elements []element  `xml:",any"`
}

// get is the text of the first element at a path.
func (e element) get(path ...string) string {
	if len(path) == 0 {
		return e.Text
	}
	for _, one := range e.Elements {
		if one.XMLName.Local == path[0] {
			return one.get(path[1:]...)
		}
	}
	return ""
}

func (e element) all(name string) (list []element) {
	for _, one := range e.Elements {
		if one.XMLName.Local == name {
			list = append(list, one)
		}
	}
	return list
}

func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// refusal is the type and the object of an error, "" of a success.
func (a answer) refusal() string {
	for _, e := range a.all("error") {
		return e.attr("type") + " " + e.attr("object")
	}
	return ""
}

func (s *shop) send(r *http.Request) answer {
	s.t.Helper()
	res := must[*http.Response](s.t)(http.DefaultClient.Do(r))
	defer res.Body.Close()
	raw := must[[]byte](s.t)(io.ReadAll(res.Body))
	a := answer{status: res.StatusCode, header: res.Header, raw: string(raw)}
	if len(raw) > 0 && strings.HasPrefix(res.Header.Get("Content-Type"), "text/xml") {
		if err := xml.Unmarshal(raw, &a.element); err != nil {
			s.t.Fatalf("%v in %s", err, raw)
		}
	}
	return a
}

// ask calls a function by POST with a key; more are parameters and their values.
func (s *shop) ask(key, function string, more ...string) answer {
	s.t.Helper()
	form := url.Values{"func": {function}, "authinfo": {"info@liman.example:" + key}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	r := must[*http.Request](s.t)(http.NewRequestWithContext(context.Background(), http.MethodPost, s.URL+"/billmgr", strings.NewReader(form.Encode())))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.send(r)
}

// ok fails the test when the answer is no success.
func (s *shop) ok(a answer) answer {
	s.t.Helper()
	if a.status != http.StatusOK || a.refusal() != "" {
		s.t.Fatalf("%d %s", a.status, a.raw)
	}
	return a
}

// refused fails the test unless the answer refuses with a type and an object.
func (s *shop) refused(a answer, want string) answer {
	s.t.Helper()
	if a.status != http.StatusOK || a.refusal() != want || a.get("error", "msg") == "" || len(a.all("ok")) != 0 {
		s.t.Errorf("wanted %s, got %d %s", want, a.status, a.raw)
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

// publish does what the form of a certificate asks for.
func (s *shop) publish(form answer) {
	s.t.Helper()
	for _, list := range form.all("list") {
		for _, e := range list.all("elem") {
			if err := s.internet.PublishRecord(pretend.Record{Host: e.get("dns_name"), Type: e.get("dns_type"), Value: e.get("dns_value")}); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// until asks for the form of a certificate until it has an item_status.
func (s *shop) until(key, id, status string) answer {
	s.t.Helper()
	var a answer
	for range 100 {
		if a = s.ok(s.ask(key, "certificate.edit", "elid", id)); a.get("item_status") == status {
			return a
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatalf("never %s: %s", status, a.raw)
	return a
}
