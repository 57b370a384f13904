package license724_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/db"
	"certbay/handlers/license724"
	"certbay/providers"
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

// moody is the sandbox upstream, which can be told to refuse or to be gone.
type moody struct {
	*sandbox.CA
	mu   sync.Mutex
	mood error
}

func (m *moody) feels(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mood = err
}

func (m *moody) now() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mood
}

func (m *moody) Submit(ctx context.Context, s providers.Submission) (providers.Receipt, error) {
	if err := m.now(); err != nil {
		return providers.Receipt{}, err
	}
	return m.CA.Submit(ctx, s)
}

func (m *moody) RenewLicence(ctx context.Context, l providers.Licence, months int) error {
	return errors.Join(m.now(), m.CA.RenewLicence(ctx, l, months))
}

func (m *moody) SuspendLicence(ctx context.Context, l providers.Licence) error {
	if err := m.now(); err != nil {
		return err
	}
	return m.CA.SuspendLicence(ctx, l)
}

// shop is a running portal that sells the document's licences at its prices.
type shop struct {
	*webtest.Shop
	t        *testing.T
	upstream *moody

	cpanel, litespeed, core int64
}

func openShop(t *testing.T, adjust ...func(*web.Config)) *shop {
	t.Helper()
	s := &shop{t: t, upstream: &moody{}}
	s.Shop = webtest.OpenShop(t, webtest.ShopConfig{Dialect: license724.Dialect, OpeningCents: 12_000, Adjust: adjust, Upstream: func(ca *sandbox.CA) providers.Provider {
		s.upstream.CA = ca
		return s.upstream
	}})
	t.Cleanup(func() {
		s.StopWork()
		if _, err := s.Book.Verify(context.Background()); err != nil {
			t.Error(err)
		}
	})
	add := func(brand, name, code string, cents int64) int64 {
		return s.Sell(s.Gold, webtest.Ware{Product: db.Product{Brand: brand, Name: name, Kind: db.KindLicence, DomainType: "ip",
			Terms: []db.Term{{Months: 1, ListCents: cents + 100}, {Months: 12, ListCents: 12*cents + 100}}}, Code: code, Cents: 12 * cents})
	}
	s.cpanel = add("cPanel", "cPanel", "cpanel-solo", 400)
	s.litespeed, s.core = add("LiteSpeed", "LiteSpeed", "cpanel-admin", 1000), add("LiteSpeed", "LiteSpeed X Core", "cpanel-premier", 1550)
	for end := time.Now().Add(10 * time.Second); len(must[map[int64][]int64](t)(s.Book.LicenceTargets(t.Context()))) < 3; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the worker never learned what licences can be turned into")
		}
	}
	return s
}

// answer is what the API said.
type answer struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

func (a answer) text(name string) string { return fmt.Sprint(a.body[name]) }

func (s *shop) send(r *http.Request) answer {
	s.t.Helper()
	res := must[*http.Response](s.t)(http.DefaultClient.Do(r))
	defer res.Body.Close()
	raw := must[[]byte](s.t)(io.ReadAll(res.Body))
	a := answer{status: res.StatusCode, header: res.Header, raw: string(raw)}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &a.body); err != nil {
			s.t.Fatalf("%s %s: %v in %s", r.Method, r.URL, err, raw)
		}
	}
	return a
}

func (s *shop) request(method, path, kind, body string) *http.Request {
	s.t.Helper()
	r := must[*http.Request](s.t)(http.NewRequestWithContext(context.Background(), method, s.URL+"/v1"+path, strings.NewReader(body)))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	return r
}

// post sends JSON with the key of a header.
func (s *shop) post(key, path string, body any, header ...string) answer {
	s.t.Helper()
	raw := must[[]byte](s.t)(json.Marshal(body))
	r := s.request("POST", path, "application/json", string(bytes.TrimSpace(raw)))
	r.Header.Set("Authorization", "Bearer "+key)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return s.send(r)
}

type fields = map[string]any

func (s *shop) ok(a answer) answer {
	s.t.Helper()
	if a.status != 200 || a.body["success"] != true {
		s.t.Fatalf("%d %s", a.status, a.raw)
	}
	return a
}

// refused fails the test unless the answer refuses with a status, a code and words.
func (s *shop) refused(what string, a answer, status int, code string) answer {
	s.t.Helper()
	if a.status != status || a.body["success"] != false || a.text("code") != code || a.text("message") == "" || strings.Contains(a.text("message"), "l724.") || strings.Contains(a.text("message"), "problem.") {
		s.t.Errorf("%s: wanted %d %s, got %d %s", what, status, code, a.status, a.raw)
	}
	return a
}

func (s *shop) buy(key, code, ip string) int64 {
	s.t.Helper()
	a := s.ok(s.post(key, "/licenses/create", fields{"type": code, "ip": ip, "billingcycle": 1}))
	return int64(a.body["license_id"].(float64))
}

func (s *shop) licence(id int64) db.Order {
	s.t.Helper()
	return must[db.Order](s.t)(s.Book.AnyOrder(s.t.Context(), id))
}
