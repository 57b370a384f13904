package ssl247_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"certbay/handlers/ssl247"
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

// shop is a running portal with a working CA behind it, and two resellers whose
// programs speak the dialect.
type shop struct {
	*webtest.Shop
	t testing.TB

	single, multi, ov, licence int64
}

func openShop(t testing.TB, adjust ...func(*web.Config)) *shop {
	t.Helper()
	s := &shop{t: t, Shop: webtest.OpenShop(t, webtest.ShopConfig{Dialect: ssl247.Dialect, Adjust: adjust})}
	s.single = s.Sell(s.Gold, webtest.Single())
	s.multi = s.Sell(s.Gold, webtest.Multi())
	s.ov = s.Sell(s.Gold, webtest.OV())
	s.licence = s.Sell(s.Gold, webtest.Licence())
	return s
}

type fields = map[string]any

// answer is what the API said.
type answer struct {
	status int
	header http.Header
	raw    string
	body   fields
}

// at walks into the answer's Data: "Users", "User", 0, "id".
func (a answer) at(path ...any) any {
	v := a.body["Data"]
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(fields)
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

func (a answer) text(path ...any) string {
	if v := a.at(path...); v != nil {
		return fmt.Sprint(v)
	}
	return ""
}

func (a answer) refusal() (code, message string) {
	r, _ := a.body["Response"].(fields)
	e, _ := r["Error"].(fields)
	code, _ = e["Code"].(string)
	message, _ = e["Message"].(string)
	return code, message
}

// call makes a call of the dialect with the login of a key's reseller.
func (s *shop) call(key, path string, more fields) answer {
	s.t.Helper()
	body := fields{"u": s.user(key), "k": key}
	for k, v := range more {
		body[k] = v
	}
	return s.send("POST", path, "application/json", string(must[[]byte](s.t)(json.Marshal(body))))
}

func (s *shop) user(key string) string {
	if key == s.OtherKey {
		return s.Other.Email
	}
	return s.Reseller.Email
}

func (s *shop) send(method, path, kind, body string, header ...string) answer {
	s.t.Helper()
	r := must[*http.Request](s.t)(http.NewRequestWithContext(context.Background(), method, s.URL+"/api/v3"+path, strings.NewReader(body)))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res := must[*http.Response](s.t)(http.DefaultClient.Do(r))
	defer res.Body.Close()
	raw := must[[]byte](s.t)(io.ReadAll(res.Body))
	a := answer{status: res.StatusCode, header: res.Header, raw: string(raw)}
	d := json.NewDecoder(strings.NewReader(a.raw))
	d.UseNumber()
	if err := d.Decode(&a.body); err != nil {
		s.t.Fatalf("%s: %v in %s", path, err, raw)
	}
	return a
}

// ok makes a call that must succeed.
func (s *shop) ok(path string, more fields) answer {
	s.t.Helper()
	return s.good(s.call(s.Key, path, more))
}

func (s *shop) good(a answer) answer {
	s.t.Helper()
	if a.status != http.StatusOK || a.body["StatusCode"] != "200" || a.body["StatusDescription"] == "" || a.body["Date"] == "" || a.body["Data"] == nil {
		s.t.Fatalf("%d %s", a.status, a.raw)
	}
	return a
}

// refused fails the test unless the answer is the dialect's refusal with the status
// and words.
func (s *shop) refused(a answer, status int, words string) {
	s.t.Helper()
	code, message := a.refusal()
	if a.status != status || code != strconv.Itoa(status) || !strings.Contains(message, words) || a.body["Data"] != nil {
		s.t.Errorf("wanted %d %q, got %d %s", status, words, a.status, a.raw)
	}
}

func text(n int64) string { return strconv.FormatInt(n, 10) }

// quick is a quick order for names, proven by dns.
func (s *shop) quick(product int64, names ...string) fields {
	s.t.Helper()
	f := fields{"product_code": text(product), "common_name": names[0], "years": "1", "licenses": "1", "dv_auth_method": "dns", "csr": providertest.CSR(s.t, names...)}
	var more []fields
	for _, n := range names[1:] {
		more = append(more, fields{"value": n})
	}
	f["Addon"] = more
	return f
}

// publish does what a certificate asks the owners of its names for.
func (s *shop) publish(a answer) {
	s.t.Helper()
	list, _ := a.at("CertificateDetails", "DomainValidation").([]any)
	for i := range list {
		get := func(name string) string { return a.text("CertificateDetails", "DomainValidation", i, name) }
		if err := s.Internet.PublishRecord(pretend.Record{Host: get("dns_host"), Type: get("dns_record_type"), Value: get("dns_value")}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// issued is the id of a certificate that is there.
func (s *shop) issued(names ...string) string {
	s.t.Helper()
	product := s.single
	if len(names) > 1 {
		product = s.multi
	}
	id := s.ok("/order/certificate/place-quick-order", s.quick(product, names...)).text("Certificate", 0, "id")
	for range 100 {
		a := s.ok("/certificate/"+id, nil)
		if a.text("Status", "code") == "Issued" {
			return id
		}
		s.publish(a)
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatal("not issued")
	return ""
}
