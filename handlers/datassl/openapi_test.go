package datassl_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"certbay/db"
	"certbay/handlers/datassl"

	"github.com/getkin/kin-openapi/openapi3"
)

// described is the description as programs read it, with objects closed, so that a
// field that it doesn't have fails.
var described = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(datassl.Describe("en", "https://shop.example"))
	if err != nil {
		return nil, err
	}
	no := false
	for _, s := range doc.Components.Schemas {
		s.Value.AdditionalProperties = openapi3.BoolSchema{Has: &no}
	}
	return doc, nil
})

// conforms holds an answer against the description: its status is among the
// operation's, and its body fits the schema. It is called for every answer of every
// test of this package.
func conforms(t testing.TB, r *http.Request, status int, contentType string, raw []byte) {
	t.Helper()
	doc, err := described()
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) == 0 || strings.TrimSuffix(r.URL.Path, "/") == datassl.Prefix+datassl.DescriptionPath {
		return
	}
	kind, _, _ := strings.Cut(contentType, ";")
	schema := doc.Components.Schemas["Refused"]
	if kind == "application/problem+json" {
		schema = doc.Components.Schemas["ProblemDetails"]
	}
	// What the router refuses is no operation's answer, but looks as they do.
	if op := documented(doc, r); op != nil {
		response := op.Responses.Status(status)
		if response == nil {
			t.Errorf("%s %s answers %d, which %s does not document: %s", r.Method, r.URL.Path, status, op.OperationID, raw)
			return
		}
		media := response.Value.Content[kind]
		if media == nil {
			t.Errorf("%s answers %q, which is not documented", op.OperationID, contentType)
			return
		}
		schema = media.Schema
	} else if status == http.StatusOK {
		t.Errorf("%s %s is answered and not documented", r.Method, r.URL.Path)
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Error(err)
		return
	}
	if err := schema.Value.VisitJSON(value, openapi3.EnableJSONSchema2020()); err != nil {
		t.Errorf("%s %s: %v\n%s", r.Method, r.URL.Path, err, raw)
	}
}

// documented is the operation that the description has for a request, nil for none.
func documented(doc *openapi3.T, r *http.Request) *openapi3.Operation {
	path := strings.Split(strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, datassl.Prefix), "/"), "/")
	var found *openapi3.Operation
	written := false // a path that is written out is never read as an id
	for pattern, item := range doc.Paths.Map() {
		parts := strings.Split(pattern, "/")
		open := false
		fits := len(parts) == len(path)
		for i := 0; fits && i < len(parts); i++ {
			hole := strings.HasPrefix(parts[i], "{")
			fits = parts[i] == path[i] || hole && path[i] != ""
			open = open || hole
		}
		if fits && (!open || !written) {
			found, written = item.GetOperation(r.Method), !open
		}
	}
	return found
}

func TestTheDescriptionIsOpenAPI31WithExamplesThatFit(t *testing.T) {
	for _, lang := range []string{"en", "tr"} {
		doc, err := openapi3.NewLoader().LoadFromData(datassl.Describe(lang, "https://shop.example"))
		if err != nil {
			t.Fatal(err)
		}
		if doc.OpenAPI != "3.1.0" {
			t.Error(doc.OpenAPI)
		}
		if err := doc.Validate(t.Context()); err != nil {
			t.Errorf("%s: %v", lang, err)
		}
		n := 0
		fits := func(at string, media openapi3.Content) {
			t.Helper()
			for kind, m := range media {
				if m.Example == nil {
					t.Errorf("%s %s %s has no example", lang, at, kind)
					continue
				}
				n++
				if err := m.Schema.Value.VisitJSON(m.Example, openapi3.EnableJSONSchema2020()); err != nil {
					t.Errorf("%s %s: %v", lang, at, err)
				}
			}
		}
		items := doc.Paths.Map()
		for event, item := range doc.Webhooks {
			items["webhook "+event] = item
		}
		for path, item := range items {
			for method, op := range item.Operations() {
				at := method + " " + path
				if op.Summary == "" || strings.Contains(op.Summary, "apidocs.") {
					t.Errorf("%s %s says nothing", lang, at)
				}
				if op.RequestBody != nil {
					fits(at, op.RequestBody.Value.Content)
				}
				for _, p := range op.Parameters {
					if p.Value.Description == "" || p.Value.Example == nil {
						t.Errorf("%s %s: parameter %s says nothing or has no example", lang, at, p.Value.Name)
					} else if err := p.Value.Schema.Value.VisitJSON(p.Value.Example, openapi3.EnableJSONSchema2020()); err != nil {
						t.Errorf("%s %s: parameter %s: %v", lang, at, p.Value.Name, err)
					}
				}
				for status, r := range op.Responses.Map() {
					if *r.Value.Description == "" || *r.Value.Description == status {
						t.Errorf("%s %s: %s says nothing", lang, at, status)
					}
					if path != datassl.DescriptionPath {
						fits(at+" "+status, r.Value.Content)
					}
				}
			}
		}
		for name, s := range doc.Components.Schemas {
			for field, p := range s.Value.Properties {
				if p.Value.Description == "" || strings.Contains(p.Value.Description, "apidocs.") {
					t.Errorf("%s %s.%s says nothing", lang, name, field)
				}
				for _, x := range p.Value.Examples {
					if err := p.Value.VisitJSON(x, openapi3.EnableJSONSchema2020()); err != nil {
						t.Errorf("%s %s.%s: %v", lang, name, field, err)
					}
					n++
				}
			}
		}
		if len(doc.Webhooks) != len(db.WebhookEvents)+1 { // and the test event
			t.Errorf("%d webhooks of %d", len(doc.Webhooks), len(db.WebhookEvents)+1)
		}
		t.Logf("%s: %d schemas, %d examples fit", lang, len(doc.Components.Schemas), n)
	}
}

func TestEveryRouteIsDescribedAndWhatIsDescribedIsThere(t *testing.T) {
	s := openShop(t)
	doc, err := described()
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{"GET " + datassl.DescriptionPath: true}
	for _, op := range datassl.Operations() {
		at := op.Method + " " + op.Path
		listed[at] = true
		item := doc.Paths.Value(op.Path)
		if item == nil || item.GetOperation(op.Method) == nil {
			t.Errorf("%s is served and not described", at)
		} else if item.GetOperation(op.Method).OperationID != op.Name {
			t.Errorf("%s is described as %s", at, item.GetOperation(op.Method).OperationID)
		}
	}
	n := 0
	for path, item := range doc.Paths.Map() {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "PATCH"} {
			at := strings.NewReplacer("{id}", "999999", "{order_id}", "999999").Replace(path)
			var body any
			if method != "GET" {
				body = fields{}
			}
			a := s.ask(s.Key, method, at, body)
			there := a.text("code") != "no_such_endpoint" && a.status != http.StatusMethodNotAllowed
			if said := item.GetOperation(method) != nil; said != there || said != listed[method+" "+path] {
				t.Errorf("%s %s: described %v, served %v, in the table %v: %d %s", method, path, said, there, listed[method+" "+path], a.status, a.raw)
			}
			n++
		}
	}
	t.Logf("%d operations, %d requests", len(listed), n)
}

func TestTheDescriptionIsReadWithoutAKeyInTheLanguageAskedFor(t *testing.T) {
	s := openShop(t)
	ask := func(query string, header ...string) (answer, http.Header) {
		a := s.ask("", "GET", datassl.DescriptionPath+query, nil, header...)
		return a, a.header
	}
	for _, c := range []struct {
		query, accept, lang string
	}{{"", "", "en"}, {"", "tr", "tr"}, {"", "tr-TR,tr;q=0.9,en;q=0.8", "tr"}, {"?lang=tr", "", "tr"}, {"?lang=en", "tr", "en"}, {"?lang=xx", "tr", "tr"}, {"?lang=", "", "en"}} {
		var header []string
		if c.accept != "" {
			header = []string{"Accept-Language", c.accept}
		}
		a, h := ask(c.query, header...)
		words := map[string]string{"en": "Place an order", "tr": "Sipariş ver"}
		if a.status != 200 || h.Get("Content-Language") != c.lang || !strings.Contains(a.text("paths", "/orders", "post", "summary"), words[c.lang]) {
			t.Errorf("%+v: %d in %s: %s", c, a.status, h.Get("Content-Language"), a.text("paths", "/orders", "post", "summary"))
		}
		if a.text("servers", 0, "url") != s.URL+datassl.Prefix || h.Get("ETag") == "" || !strings.HasPrefix(h.Get("Content-Type"), "application/json") {
			t.Error(h, a.text("servers", 0, "url"))
		}
	}
	_, h := ask("")
	if a, _ := ask("", "If-None-Match", h.Get("ETag")); a.status != http.StatusNotModified || a.raw != "" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := s.ask("", "POST", datassl.DescriptionPath, fields{}); a.status != 405 || a.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := s.send(s.request("", "HEAD", datassl.DescriptionPath, nil)); a.status != 200 || a.raw != "" {
		t.Errorf("%d %q", a.status, a.raw)
	}
}

// conforms is worth something only if it refuses what is not described.
func TestAnAnswerThatIsNotDescribedIsNoticed(t *testing.T) {
	r, err := http.NewRequest("GET", "https://shop.example/api/reseller/balance/", nil)
	if err != nil {
		t.Fatal(err)
	}
	good := `{"success":true,"balance":1.00,"available":1.00,"currency":"USD","transactions":[]}`
	for name, c := range map[string]struct {
		status int
		kind   string
		body   string
		faulty bool
	}{
		"good":                {200, "application/json", good, false},
		"a field too much":    {200, "application/json", strings.Replace(good, `{`, `{"more":1,`, 1), true},
		"a field missing":     {200, "application/json", strings.Replace(good, `"currency":"USD",`, "", 1), true},
		"another type":        {200, "application/json", strings.Replace(good, `1.00`, `"1.00"`, 1), true},
		"null for a list":     {200, "application/json", strings.Replace(good, `[]`, `null`, 1), true},
		"an unknown word":     {200, "application/json", strings.Replace(good, `USD`, `TRY`, 1), true},
		"a good refusal":      {401, "application/json", `{"success":false,"error":"x","code":"x","request_id":"x"}`, false},
		"success in refusal":  {401, "application/json", `{"success":true,"error":"x","code":"x","request_id":"x"}`, true},
		"an unlisted status":  {409, "application/json", `{"success":false,"error":"x","code":"x","request_id":"x"}`, true},
		"an unlisted content": {200, "text/html", good, true},
	} {
		var seen recorder
		seen.TB = t
		conforms(&seen, r, c.status, c.kind, []byte(c.body))
		if seen.failed != c.faulty {
			t.Errorf("%s: noticed %v", name, seen.failed)
		}
	}
}

// recorder is a test that may fail.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Errorf(string, ...any) { r.failed = true }

// The names that OpenAPI tools make functions of.
func TestOperationsHaveNamesOfTheirOwn(t *testing.T) {
	var names []string
	for _, op := range datassl.Operations() {
		if slices.Contains(names, op.Name) || op.Group() == "" || op.TR == "" || op.EN == "" {
			t.Errorf("%s %s", op.Name, fmt.Sprint(op.Group(), op.TR, op.EN))
		}
		names = append(names, op.Name)
	}
}
