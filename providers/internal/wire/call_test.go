package wire_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"certbay/providers/internal/wire"
)

func TestBodiesGoOutInEveryForm(t *testing.T) {
	type doc struct {
		XMLName xml.Name `xml:"doc"`
		Name    string   `xml:"name"`
	}
	var got struct{ method, path, kind, accept, agent, body string }
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got.method, got.path, got.kind, got.body = r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), string(b)
		got.accept, got.agent = r.Header.Get("Accept"), r.Header.Get("User-Agent")
		io.WriteString(w, "<doc><name>ok</name></doc>")
	}))
	defer s.Close()
	cl, _ := client(t, s.URL+"/api/")
	for _, tc := range []struct {
		name       string
		body       wire.Body
		kind, want string
	}{
		{"JSON", wire.JSON(map[string]any{"a": 1}), "application/json", `{"a":1}`},
		{"form", wire.Form(url.Values{"b": {"x y", "ç"}}), "application/x-www-form-urlencoded", "b=x+y&b=%C3%A7"},
		{"XML", wire.XML(doc{Name: "n&m"}), "application/xml", xml.Header + "<doc><name>n&amp;m</name></doc>"},
		{"multipart", wire.Multipart(wire.Part{Name: "f", Content: []byte("v")}, wire.Part{Name: "g", FileName: "x.csr", Content: []byte("w")}),
			"multipart/form-data; boundary=", `filename="x.csr"`},
		{"none", nil, "", ""},
	} {
		for _, read := range []bool{true, false} {
			var into doc
			_, err := cl.Do(t.Context(), wire.Call{Method: "POST", Path: "/x/" + url.PathEscape("a/b"), Query: url.Values{"q": {"1"}}, Body: tc.body, As: wire.AsXML, Into: &into, Read: read})
			if err != nil || into.Name != "ok" {
				t.Fatalf("%s: %v %+v", tc.name, err, into)
			}
			if got.method != "POST" || got.path != "/api/x/a%2Fb?q=1" || !strings.HasPrefix(got.kind, tc.kind) || (tc.kind == "") != (got.kind == "") ||
				!strings.Contains(got.body, tc.want) || !strings.Contains(got.accept, "xml") || got.agent != "certbay" {
				t.Errorf("%s: %+v", tc.name, got)
			}
		}
	}
	var raw []byte
	if a, err := cl.Do(t.Context(), wire.Call{Method: "GET", Path: "file", As: wire.AsRaw, Into: &raw, Read: true}); err != nil || !a.OK() || string(raw) != "<doc><name>ok</name></doc>" {
		t.Errorf("%q, %v", raw, err)
	}
}

func TestLogTellsOfTheCallAndHidesTheSecrets(t *testing.T) {
	u := serve(t, text(200, "application/json", `{"success":true,"auth_key":"`+session+`","list":[{"CSR_KEY":"`+privKey+`"}],"id":7}`))
	cl, log := client(t, u.url)
	if _, err := cl.Do(t.Context(), call(false, &envelope{})); err != nil {
		t.Fatal(err)
	}
	got := log.text()
	for _, want := range []string{"upstream=acme", "method=POST", "path=/orders", "auth_key=***", "page=1", "X-Api-Key: ***", `\"domain\":\"example.com\"`, `\"csr_key\":\"***\"`,
		"with ***", "status=200", `\"id\":7`, `\"CSR_KEY\":\"***\"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	noSecrets(t, got)
}

func TestWhatWasLearntAtWorkIsHiddenToo(t *testing.T) {
	cl, _ := client(t, "http://127.0.0.1")
	before := "token abcdef123456 of Authorization: Bearer zyx987 and auth_key=q1w2e3&x=1 in <csr_key>secret</csr_key>, key is bad"
	cl.Hide("abcdef123456", "abc") // the second is too short to be told from words
	for i := range 500 {
		cl.Hide(fmt.Sprint("filler-", i))
	}
	cl.Hide("abcdef123456")
	if got := cl.Redact(before + " " + apiKey); got != "token *** of Authorization: Bearer *** and auth_key=***&x=1 in <csr_key>***</csr_key>, key is bad ***" {
		t.Error(got)
	}
}
