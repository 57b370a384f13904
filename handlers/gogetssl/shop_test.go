package gogetssl_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/handlers/gogetssl"
	"certbay/providers/pretend"
	"certbay/providers/providertest"
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

// shop is a running portal with a working CA behind it, and two resellers of one
// group whose programs speak the dialect.
type shop struct {
	*webtest.Shop
	t testing.TB

	single, multi, wildcard, ov, signing, licence, foreign int64
}

func openShop(t testing.TB) *shop {
	t.Helper()
	s := &shop{t: t, Shop: webtest.OpenShop(t, webtest.ShopConfig{Dialect: gogetssl.Dialect, TaxRateBP: 2100})}
	s.single = s.Sell(s.Gold, webtest.Single())
	multi := webtest.Multi()
	multi.SANIncluded = 1
	s.multi = s.Sell(s.Gold, multi)
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

// at walks into the answer: "san", 0, "status".
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

func (s *shop) send(r *http.Request) answer {
	s.t.Helper()
	res := must[*http.Response](s.t)(http.DefaultClient.Do(r))
	defer res.Body.Close()
	raw := must[[]byte](s.t)(io.ReadAll(res.Body))
	a := answer{status: res.StatusCode, header: res.Header, raw: string(raw)}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&a.body); err != nil {
		s.t.Fatalf("%s %s: %v in %s", r.Method, r.URL.Path, err, raw)
	}
	return a
}

func (s *shop) request(method, path string, body io.Reader, header ...string) *http.Request {
	s.t.Helper()
	r := must[*http.Request](s.t)(http.NewRequestWithContext(context.Background(), method, s.URL+"/api"+path, body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

const formType = "application/x-www-form-urlencoded"

type fields = map[string]string

func form(f fields) url.Values {
	v := url.Values{}
	for name, value := range f {
		v.Set(name, value)
	}
	return v
}

// keyed adds the key to a path's query.
func keyed(key, path string) string {
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	return path + mark + "auth_key=" + url.QueryEscape(key)
}

func (s *shop) get(path string) answer {
	s.t.Helper()
	return s.send(s.request("GET", keyed(s.Key, path), nil))
}

func (s *shop) post(path string, f fields, header ...string) answer {
	s.t.Helper()
	return s.postAs(s.Key, path, f, header...)
}

func (s *shop) postAs(key, path string, f fields, header ...string) answer {
	s.t.Helper()
	return s.send(s.request("POST", keyed(key, path), strings.NewReader(form(f).Encode()), append([]string{"Content-Type", formType}, header...)...))
}

// parts is a multipart body, as PHP's curl makes of an array.
func (s *shop) parts(f fields) (body io.Reader, kind string) {
	s.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, value := range f {
		if err := w.WriteField(name, value); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	return &b, w.FormDataContentType()
}

// ok fails the test when the answer is no success.
func (s *shop) ok(a answer) answer {
	s.t.Helper()
	if a.status != http.StatusOK || a.at("success") != true || a.at("error") != nil {
		s.t.Fatalf("%d %s", a.status, a.raw)
	}
	return a
}

// refused fails the test unless the answer says no, with a status and words.
func (s *shop) refused(a answer, status int, words string) answer {
	s.t.Helper()
	if a.status != status || a.at("success") != false || a.at("error") != true || a.text("message") == "" ||
		!strings.Contains(a.text("message")+": "+a.text("description"), words) || strings.Contains(a.raw, "problem.") {
		s.t.Errorf("wanted %d %q, got %d %s", status, words, a.status, a.raw)
	}
	return a
}

func (s *shop) orders() int {
	s.t.Helper()
	_, n, err := s.Book.Orders(s.t.Context(), s.Reseller.ID, db.OrderFilter{})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// wish is the order of a single domain by dns.
func (s *shop) wish(domain string) fields {
	return fields{"product_id": fmt.Sprint(s.single), "period": "12", "csr": providertest.CSR(s.t, domain), "server_count": "-1", "webserver_type": "-1", "dcv_method": "dns",
		"admin_firstname": "John", "admin_lastname": "Smith", "admin_title": "Mr.", "admin_phone": "+37166164222", "admin_email": "admin@" + domain,
		"tech_firstname": "John", "tech_lastname": "Smith", "tech_title": "Mr.", "tech_phone": "+37166164222", "tech_email": "admin@" + domain}
}

func with(f fields, more ...string) fields {
	out := fields{}
	for k, v := range f {
		out[k] = v
	}
	for i := 0; i < len(more); i += 2 {
		out[more[i]] = more[i+1]
	}
	return out
}

func (s *shop) order(domain string) int64 {
	s.t.Helper()
	return s.ok(s.post("/orders/add_ssl_order/", s.wish(domain))).id("order_id")
}

// publish does what a proof says.
func (s *shop) publish(a answer, path ...any) {
	s.t.Helper()
	var err error
	if line, isDNS := a.at(append(path, "dns", "record")...).(string); isDNS {
		words := strings.Fields(line)
		err = s.Internet.PublishRecord(pretend.Record{Host: words[0], Type: words[len(words)-2], Value: strings.Trim(words[len(words)-1], `"`)})
	} else {
		u := must[*url.URL](s.t)(url.Parse(a.text(append(path, "http", "link")...)))
		err = s.Internet.PublishFile(pretend.File{Host: u.Host, Path: u.Path, Content: a.text(append(path, "http", "content")...)})
	}
	if err != nil {
		s.t.Fatalf("%v in %s", err, a.raw)
	}
}

// active waits until an order has its certificate.
func (s *shop) active(id int64) answer {
	s.t.Helper()
	for range 60 {
		if a := s.ok(s.get(fmt.Sprint("/orders/status/", id))); a.text("status") == "active" {
			return a
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatal("not issued")
	return answer{}
}

// issued is an order whose certificate is there.
func (s *shop) issued(domain string) int64 {
	s.t.Helper()
	a := s.ok(s.post("/orders/add_ssl_order/", s.wish(domain)))
	s.publish(a, "approver_method")
	return s.active(a.id("order_id")).id("order_id")
}
