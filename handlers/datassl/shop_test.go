package datassl_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/providers/pretend"
	"certbay/providers/providertest"
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

// shop is a running portal with a working CA behind it and two resellers that
// buy in the same group.
type shop struct {
	*webtest.Shop
	t testing.TB

	single, multi, wildcard, ov, signing, licence, foreign int64
}

func openShop(t testing.TB, adjust ...func(*web.Config)) *shop {
	t.Helper()
	s := &shop{t: t, Shop: webtest.OpenShop(t, webtest.ShopConfig{Adjust: adjust})}
	single := webtest.Single()
	single.Name = "Sectigo PositiveSSL"
	single.Terms = append(single.Terms, db.Term{Months: 36, ListCents: 11999})
	s.single = s.Sell(s.Gold, single)
	s.multi = s.Sell(s.Gold, webtest.Multi())
	s.wildcard = s.Sell(s.Gold, webtest.Wildcard())
	s.ov = s.Sell(s.Gold, webtest.OV())
	s.signing = s.Sell(s.Gold, webtest.Signing())
	s.licence = s.Sell(s.Gold, webtest.Licence())
	s.foreign = s.Sell(s.Silver, webtest.Foreign())
	return s
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
	conforms(s.t, r, res.StatusCode, res.Header.Get("Content-Type"), raw)
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
	return s.ask(s.Key, "GET", path, nil, header...)
}

func (s *shop) post(path string, body any, header ...string) answer {
	s.t.Helper()
	return s.ask(s.Key, "POST", path, body, header...)
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
			err := s.Internet.PublishRecord(pretend.Record{Host: host.(string), Type: a.text("ssl", "validation", i, "dns", "type"), Value: a.text("ssl", "validation", i, "dns", "value")})
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
