package datassl_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"certbay/handlers/datassl"
	"certbay/providers/providertest"
)

// throw sends a request straight into the portal's handler.
func (s *shop) throw(method, path, contentType string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/api/reseller"+path, bytes.NewReader(body))
	r.Header.Set("X-API-Key", s.Key)
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	s.Server.Handler().ServeHTTP(w, r)
	return w
}

// sane fails unless the answer is whole JSON that says how it went, and no 5xx.
func sane(t *testing.T, w *httptest.ResponseRecorder, what string) {
	t.Helper()
	var head struct {
		Success *bool  `json:"success"`
		Error   string `json:"error"`
	}
	raw, _ := io.ReadAll(w.Result().Body)
	err := json.Unmarshal(raw, &head)
	if w.Code >= 500 || err != nil || head.Success == nil || *head.Success != (w.Code == http.StatusOK) || (head.Error == "") != *head.Success {
		t.Errorf("%s: %d %s", what, w.Code, raw)
	}
}

// bodies are the seeds: what programs send, and what nobody should.
func bodies(csr string) []string {
	quoted, _ := json.Marshal(csr)
	return []string{
		`{"product_id":1,"domain":"example.com","period":12,"san_count":2,"san_wildcard_count":0}`,
		`{"product_id":"2","domain":"example.com","period":"12","san_count":"","san_wildcard_count":null}`,
		`{"product_id":2,"domain":"bücher.example","period":12.5}`, `{"product_id":2,"domain":"*.example.com","san_count":-1}`,
		`{"product_id":9223372036854775807,"domain":"a","period":-9223372036854775808,"san_count":9223372036854775807}`,
		`{"product_id":92233720368547758070,"period":1e400}`, `{"product_id":true,"domain":{},"period":[]}`, `{"domain":"a\u0000b.example","product_id":1}`,
		`{"domain":"\ud800","product_id":1}`, `{"product_id":1,"product_id":2}`, `{"order_id":1}`, `{"order_id":"1","dcv_method":"http"}`, `{"order_id":1,"dcv_method":"email","approver_email":"a@b@c"}`,
		`{"order_id":1,"csr":` + string(quoted) + `}`, `{"csr":` + string(quoted) + `}`, `{"csr":"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"}`,
		`{"csr":"` + strings.Repeat("A", 5000) + `"}`, `{"action":"cancel"}`, `{"action":["cancel"]}`, ``, `null`, `[]`, `"x"`, `1`, `{`, `{}`, "\ufeff{}", `{}{}`,
		strings.Repeat(`{"a":`, 2000), strings.Repeat("[", 20000), "{\"domain\":\"\xff\"}",
	}
}

// FuzzBodies sends any body to every operation that takes one: no answer is a 5xx.
func FuzzBodies(f *testing.F) {
	csr := providertest.CSR(f, "example.com")
	var changing []datassl.Operation
	for _, op := range datassl.Operations() {
		if op.Request != nil {
			changing = append(changing, op)
		}
	}
	for i := range changing {
		for _, body := range bodies(csr) {
			f.Add(uint8(i), []byte(body))
		}
	}
	s := openShop(f)
	s.order(s.Key, "example.com")
	s.StopWork()
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		op := changing[int(which)%len(changing)]
		if op.Name == "configureSSL" || op.Name == "reissueSSL" {
			// With a good order these would wait for a job that nobody does here.
			body = bytes.ReplaceAll(body, []byte(`"order_id":1`), []byte(`"order_id":0`))
		}
		sane(t, s.throw(op.Method, strings.NewReplacer("{id}", "1").Replace(op.Path), "application/json", body), op.Name+" "+fmt.Sprintf("%q", body))
	})
}

// FuzzQueries sends any address and query to every operation that reads.
func FuzzQueries(f *testing.F) {
	var reading []datassl.Operation
	for _, op := range datassl.Operations() {
		if op.Request == nil {
			reading = append(reading, op)
		}
	}
	for i := range reading {
		for _, q := range []string{"", "status=", "status=pending&domain=a&limit=20&offset=0", "limit=-1", "limit=99999999999", "offset=2147483647&limit=100", "domain=%00", "domain=%ff",
			"domain=%25_%5C", "domain=b%C3%BCcher", "brand=%27%22%3B--", "status=a;b", "%zz", "limit=1&limit=x", "status[]=pending", "offset=1e9", "limit=%2B5"} {
			f.Add(uint8(i), "1", q)
		}
		for _, id := range []string{"0", "-1", "x", "1.0", "9223372036854775808", "１", "1%2F2", "%00", "..", "1 "} {
			f.Add(uint8(i), id, "")
		}
	}
	s := openShop(f)
	s.order(s.Key, "example.com")
	f.Fuzz(func(t *testing.T, which uint8, id, query string) {
		op := reading[int(which)%len(reading)]
		r, err := http.NewRequest(op.Method, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Path = "/api/reseller" + strings.NewReplacer("{id}", id, "{order_id}", id).Replace(op.Path)
		r.URL.RawQuery, r.RemoteAddr = query, "192.0.2.7:1234"
		r.Header.Set("X-API-Key", s.Key)
		w := httptest.NewRecorder()
		s.Server.Handler().ServeHTTP(w, r)
		sane(t, w, op.Name+" "+fmt.Sprintf("%q?%q", id, query))
	})
}

// FuzzCSR sends any text as a CSR.
func FuzzCSR(f *testing.F) {
	good := providertest.CSR(f, "example.com", "www.example.com")
	for _, text := range []string{good, strings.ReplaceAll(good, "\n", "\r\n"), strings.ReplaceAll(good, "\n", " "), good + good, good[:len(good)/2], "", "x", "MII",
		strings.ReplaceAll(good, "CERTIFICATE REQUEST", "PRIVATE KEY"), strings.ReplaceAll(good, "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"), strings.Repeat("-", 70_000)} {
		f.Add(text)
	}
	s := openShop(f)
	f.Fuzz(func(t *testing.T, text string) {
		body, err := json.Marshal(fields{"csr": text})
		if err != nil {
			t.Fatal(err)
		}
		sane(t, s.throw("POST", "/csr/decode", "application/json", body), fmt.Sprintf("%.80q", text))
	})
}
