package web_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/handlers/access"
	"certbay/web"
	"certbay/web/webtest"
)

// spoken is a dialect as programs of others speak it: one call that reads, the
// parameters it sends, and how an answer says yes and no.
type spoken struct {
	name   string
	path   string // of the call that reads
	none   string // of one that there is not
	verbs  []string
	login  url.Values // parameters; nil: the key goes into a header alone
	header string
	good   func(body []byte) bool
	bad    func(body []byte) bool
}

func object(body []byte) map[string]any {
	var v map[string]any
	_ = json.Unmarshal(body, &v)
	return v
}

func inXML(name string) func([]byte) bool {
	return func(body []byte) bool {
		var doc struct {
			XMLName xml.Name `xml:"doc"`
			Error   *struct {
				Message string `xml:"msg"`
			} `xml:"error"`
		}
		if xml.Unmarshal(body, &doc) != nil {
			return false
		}
		if name == "error" {
			return doc.Error != nil && doc.Error.Message != ""
		}
		return doc.Error == nil
	}
}

func dialectsOf(key string) []spoken {
	yes := func(body []byte) bool { return object(body)["success"] == true }
	return []spoken{
		{"datassl", "/api/reseller/balance", "/api/reseller/nothing", []string{"GET"}, nil, "X-API-Key", yes,
			func(body []byte) bool { v := object(body); return v["success"] == false && v["error"] != "" }},
		{"gogetssl", "/api/account/balance/", "/api/nothing/", []string{"GET"}, url.Values{"auth_key": {key}}, "Authorization", yes,
			func(body []byte) bool {
				v := object(body)
				return v["success"] == false && v["error"] == true && v["message"] != ""
			}},
		{"billmanager", "/billmgr?func=pricelist.export", "/billmgr?func=nothing", []string{"GET", "POST"}, url.Values{"authinfo": {"liman:" + key}}, "", inXML("list"), inXML("error")},
		{"ssl247", "/api/v3/account", "/api/v3/nothing", []string{"POST"}, url.Values{"u": {"info@liman.example"}, "k": {key}}, "",
			func(body []byte) bool { return object(body)["StatusCode"] == "200" },
			func(body []byte) bool {
				r, _ := object(body)["Response"].(map[string]any)
				e, _ := r["Error"].(map[string]any)
				code, _ := e["Code"].(string)
				words, _ := e["Message"].(string)
				return code != "" && words != ""
			}},
		{"license724", "/v1/balance", "/v1/nothing", []string{"GET", "POST"}, url.Values{"token": {key}}, "Authorization", yes,
			func(body []byte) bool { v := object(body); return v["success"] == false && v["message"] != "" }},
	}
}

// programs is a shop whose one reseller's key speaks every dialect.
type programs struct {
	*webtest.Site
	t   *testing.T
	key string
}

func openPrograms(t *testing.T) *programs {
	t.Helper()
	s := webtest.Open(t, func(c *web.Config) { c.APILimit = access.Limit{Requests: 100_000, Window: time.Minute} })
	group, err := s.Book.CreateGroup(t.Context(), db.System, "Gold")
	if err == nil {
		err = s.Book.UpdateReseller(t.Context(), db.System, s.Reseller.ID, db.NewReseller{Name: s.Reseller.Name, Company: s.Reseller.Company, Email: "info@liman.example", GroupID: group, APIEnabled: true})
	}
	if err == nil {
		err = s.Book.SetAPIEnabled(t.Context(), db.System, s.Reseller.ID, true)
	}
	for _, name := range []string{"gogetssl", "billmanager", "ssl247", "license724"} {
		if err == nil {
			err = s.Book.SetResellerDialect(t.Context(), db.System, s.Reseller.ID, name, true)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := s.Book.CreateAPIKey(t.Context(), db.System, s.Reseller.ID, db.NewAPIKey{Name: "Panel", Scopes: db.Scopes})
	if err != nil {
		t.Fatal(err)
	}
	return &programs{s, t, key}
}

// send sends a request with a login in its header where the dialect has it there.
func (p *programs) send(d spoken, method, path, kind string, body []byte, header ...string) (int, http.Header, []byte) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.URL+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if d.login == nil {
		r.Header.Set(d.header, p.key)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, raw
}

func joined(path string, more url.Values) string {
	if len(more) == 0 {
		return path
	}
	if strings.Contains(path, "?") {
		return path + "&" + more.Encode()
	}
	return path + "?" + more.Encode()
}

const formKind = "application/x-www-form-urlencoded"

func TestProgramsAreUnderstoodHoweverTheySayIt(t *testing.T) {
	p := openPrograms(t)
	for _, d := range dialectsOf(p.key) {
		try := func(what, method, path, kind string, body []byte, header ...string) {
			t.Helper()
			if status, _, raw := p.send(d, method, path, kind, body, header...); status != 200 || !d.good(raw) {
				t.Errorf("%s, %s: %d %s", d.name, what, status, raw)
			}
		}
		address, query, _ := strings.Cut(d.path, "?")
		fixed, _ := url.ParseQuery(query)
		for _, method := range d.verbs {
			try("in the query", method, joined(d.path, d.login), "", nil)
			try("with another slash", method, joined(strings.TrimSuffix(address, "/"), d.login)+map[bool]string{true: "?", false: "&"}[len(d.login) == 0]+query, "", nil)
			try("with a slash", method, joined(joined(strings.TrimSuffix(address, "/")+"/", fixed), d.login), "", nil)
			try("with a type of nothing", method, joined(d.path, d.login), "application/json", nil) // as the document's PHP class does
			try("with another type of nothing", method, joined(d.path, d.login), "text/html", nil)
			try("with parameters nobody knows", method, joined(joined(d.path, d.login), url.Values{"_": {"1763683200"}, "a[]": {"1", "2"}, "b[0]": {"x"}, "utm": {"ğüşİ"}}), "", nil)
			if d.header != "" {
				value := "Bearer " + p.key
				if d.header != "Authorization" {
					value = p.key
				}
				try("in a header", method, d.path, "", nil, d.header, value)
				try("in a header in small letters", method, d.path, "", nil, strings.ToLower(d.header), strings.Replace(value, "Bearer", "bearer", 1))
			}
			if method != "POST" || d.login == nil {
				continue
			}
			all := url.Values{"note": {"ğüşİ"}}
			object := map[string]any{"note": "ğüşİ", "count": 3, "on": true, "nothing": nil}
			for _, from := range []url.Values{d.login, fixed} {
				for name, v := range from {
					all[name], object[name] = v, v[0]
				}
			}
			raw, err := json.Marshal(object)
			if err != nil {
				t.Fatal(err)
			}
			var parts bytes.Buffer
			w := multipart.NewWriter(&parts)
			for name, v := range all {
				if err := w.WriteField(name, v[0]); err != nil {
					t.Fatal(err)
				}
			}
			w.Close()
			try("a form", method, address, formKind, []byte(all.Encode()))
			try("a form with a charset", method, address, formKind+"; charset=UTF-8", []byte(all.Encode()))
			try("a form that does not say so", method, address, "", []byte(all.Encode()))
			try("multipart", method, address, w.FormDataContentType(), parts.Bytes())
			try("JSON", method, address, "application/json", raw)
			try("JSON with a charset", method, address, "application/json;charset=utf-8", raw)
			try("JSON with a byte order mark", method, address, "application/json", append([]byte("\xef\xbb\xbf"), raw...))
			try("JSON said to be a form", method, address, formKind, raw)
			try("JSON that does not say so", method, address, "", raw)
			try("JSON said to be text", method, address, "text/plain", raw)
			try("JSON among line ends", method, address, "application/json", append(append([]byte("\r\n "), raw...), "\r\n"...))
			try("the login in the query, an empty body", method, joined(d.path, d.login), "application/json", []byte("[]"))
			try("a body that contradicts the query", method, joined(address, url.Values{"func": {"nothing"}, "k": {"wrong"}, "token": {"wrong"}, "authinfo": {"x:wrong"}}), formKind, []byte(all.Encode()))
		}
	}
}

func TestWhatCantBeUnderstoodIsRefusedInTheDialectsForm(t *testing.T) {
	p := openPrograms(t)
	for _, d := range dialectsOf(p.key) {
		try := func(what string, statuses []int, method, path, kind string, body []byte, header ...string) {
			t.Helper()
			status, h, raw := p.send(d, method, path, kind, body, header...)
			if !slices.Contains(statuses, status) || !d.bad(raw) || strings.Contains(string(raw), p.key) {
				t.Errorf("%s, %s: %d %.300s", d.name, what, status, raw)
			}
			if status == 405 && h.Get("Allow") == "" {
				t.Errorf("%s, %s: 405 without Allow", d.name, what)
			}
			if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || h.Get("X-Request-Id") == "" {
				t.Errorf("%s, %s: %v", d.name, what, h)
			}
		}
		verb := d.verbs[len(d.verbs)-1]
		try("a call there is not", []int{200, 404}, verb, joined(d.none, d.login), "", nil)
		try("no login", []int{200, 401, 403}, verb, strings.Replace(d.path, "reseller/balance", "reseller/balance", 1), "", nil, d.header+"X", "x", "X-API-Key", "")
		try("an unknown key", []int{200, 401, 403}, verb, joined(d.path, url.Values{"auth_key": {"cb_x"}, "token": {"cb_x"}, "k": {"cb_x"}, "u": {"a"}, "authinfo": {"a:cb_x"}}), "", nil, "X-API-Key", "cb_x")
		for _, method := range []string{"OPTIONS", "DELETE", "PATCH", "TRACE", "PROPFIND", "post"} {
			try(method, []int{404, 405}, method, joined(d.path, d.login), "", nil)
		}
		if status, _, raw := p.send(d, "HEAD", joined(d.path, d.login), "", nil); status >= 500 || len(raw) != 0 {
			t.Errorf("%s, HEAD: %d %s", d.name, status, raw)
		}
		if d.login == nil {
			verb = "POST"
			d.path = "/api/reseller/orders"
			try("two thousand levels", []int{400}, verb, d.path, "application/json", []byte(strings.Repeat(`{"a":`, 2000)+"1"+strings.Repeat("}", 2000)))
		}
		if verb != "POST" {
			d.path = "/api/orders/add_ssl_order/"
		}
		at := joined(d.path, d.login)
		try("half of JSON", []int{400}, "POST", at, "application/json", []byte(`{"csr":`))
		try("a list", []int{400}, "POST", at, "application/json", []byte(`[1,2]`))
		try("two objects", []int{400}, "POST", at, "application/json", []byte(`{"a":1}{"b":2}`))
		try("bytes that are no text", []int{400, 415, 422}, "POST", at, "application/json", []byte("{\"a\":\"\xff\xfe\"}"))
		try("another type", []int{415}, "POST", at, "application/xml", []byte("<a/>"))
		try("no type at all", []int{415}, "POST", at, "///", []byte("{}"))
		try("compressed", []int{415}, "POST", at, "application/json", []byte("{}"), "Content-Encoding", "gzip")
		try("too much", []int{413}, "POST", at, "application/json", []byte(`{"a":"`+strings.Repeat("x", 2<<20)+`"}`))
		if d.login != nil {
			try("a form that is none", []int{400}, "POST", at, formKind, []byte("a=%zz"))
			try("parts without an end", []int{400}, "POST", at, "multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb"))
			try("more fields than anybody has", []int{400}, "POST", at, formKind, []byte(manyFields()))
		}
	}
}

func manyFields() string {
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "f%d=1&", i)
	}
	return b.String()
}
