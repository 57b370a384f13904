package gogetssl_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"certbay/providers/providertest"
)

// FuzzRequests sends any body, said to be of any type, to every operation: no answer is a 5xx, and each is whole JSON that says
// either success or what is wrong.
func FuzzRequests(f *testing.F) {
	csr := providertest.CSR(f, "fuzz.example")
	s := openShop(f)
	id := fmt.Sprint(s.order("fuzz.example"))
	order := form(with(s.wish("fuzz.example"), "test", "Y")).Encode()
	raw, err := json.Marshal(s.wish("fuzz.example"))
	if err != nil {
		f.Fatal(err)
	}
	for _, kind := range []string{formType, "application/json", "multipart/form-data; boundary=b", ""} {
		for _, body := range []string{
			order, string(raw), "", "null", "[]", "{}", `{"csr":[]}`, `{"csr":[1,"a",null,true]}`, `{"product_id":1e400}`, `{"a":{"b":1}}`, "&&&=&;", "csr[]=a&csr[]=b", "%", "\xff\xfe", "csr=" + csr,
			"product_id=1&period=12&dcv_method=email&approver_email=a@b@c&csr=" + csr, "domain=*.&new_method=,", "domains=,,,&new_methods=;;", "cids=,1,-1,99999999999999999999", "cids=1%00",
			"order_id=9223372036854775807", "limit=-1&offset=x", "domain=\u202e", "csr_commonname=fuzz.example&csr_country=%F0%9F%87%B1", "confirm=1&query=" + strings.Repeat("a", 5000),
			"--b\r\nContent-Disposition: form-data; name=\"csr\"\r\n\r\n" + csr + "\r\n--b--\r\n", "--b\r\nContent-Disposition: form-data\r\n\r\n\r\n--b--", "--b--", strings.Repeat("a=1&", 2000),
		} {
			f.Add(kind, body)
		}
	}
	f.Fuzz(func(t *testing.T, kind, body string) {
		for _, c := range calls {
			path := strings.ReplaceAll(c.path, "%d", id)
			if c.method == "GET" || strings.Contains(path, "generate") || strings.Contains(path, "cancel") {
				continue
			}
			r := httptest.NewRequest(c.method, "/api"+keyed(s.Key, path), strings.NewReader(body))
			if kind != "" && !strings.ContainsAny(kind, "\r\n\x00") {
				r.Header.Set("Content-Type", kind)
			}
			r.Header.Set("Accept", "*/*")
			w := httptest.NewRecorder()
			s.Server.Handler().ServeHTTP(w, r)
			var head struct {
				Success *bool  `json:"success"`
				Error   bool   `json:"error"`
				Message string `json:"message"`
			}
			err := json.Unmarshal(w.Body.Bytes(), &head)
			if w.Code >= 500 || err != nil || head.Success == nil || *head.Success == head.Error || head.Error && head.Message == "" || *head.Success && w.Code != 200 {
				t.Errorf("%s, %q %q: %d %s", path, kind, body, w.Code, w.Body)
			}
		}
	})
}
