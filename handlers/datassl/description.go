package datassl

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"certbay/db"
	"certbay/views/i18n"
)

// DescriptionPath is where the OpenAPI description is, below Prefix. It needs no key.
const DescriptionPath = "/openapi.json"

// version of the dialect.
const version = "3.0"

var describe = Operation{Method: get, Path: DescriptionPath, Name: "getDescription", TR: "Bu API'nin OpenAPI 3.1 tanımı; anahtar gerekmez", EN: "This API as OpenAPI 3.1; needs no key"}

// groups are the tags of operations, by the first word of their paths.
var groups = []struct{ tag, words string }{
	{"products", "products san-pricing"},
	{"orders", "orders"},
	{"ssl", "ssl csr"},
	{"invoices", "invoices"},
	{"credits", "credits balance"},
	{"certificates", "certificate"},
	{"account", "account stats openapi.json"},
}

func (o Operation) word() string {
	word, _, _ := strings.Cut(o.Path[1:], "/")
	return word
}

// Group is the chapter of the document that an operation belongs to.
func (o Operation) Group() string {
	for _, g := range groups {
		if slices.Contains(strings.Fields(g.words), o.word()) {
			return g.tag
		}
	}
	return ""
}

func (o Operation) in(lang string) string { return field{TR: o.TR, EN: o.EN}.in(lang) }

// changes says whether an operation may be sent under an Idempotency-Key.
func (o Operation) changes() bool { return o.Method != get }

func (o Operation) paged() bool {
	return slices.ContainsFunc(o.Query, func(p Parameter) bool { return p.Name == offsetParameter.Name })
}

func localeOf(lang string) context.Context {
	return i18n.With(context.Background(), i18n.Locale{Lang: lang})
}

func (s sentence) in(lang string) string { return i18n.T(localeOf(lang), s.key, s.args...) }

// messages are the sentences of good answers that have one.
var messages = map[string]string{"createOrder": "apireply.order.placed", "changeOrder": "apireply.order.cancelled", "payOrder": "apireply.order.paid",
	"configureSSL": "apireply.ssl.configured", "resendValidation": "apireply.ssl.resent", "changeDCV": "apireply.ssl.changed", "reissueSSL": "apireply.ssl.reissue"}

// RequestExample is a body an operation takes, nil where it takes none.
func (o Operation) RequestExample(lang string) []byte {
	if o.Request == nil {
		return nil
	}
	value := map[string]json.RawMessage{}
	all, order := example(lang, reflect.TypeOf(o.Request)), []string{}
	for _, m := range members(all.Type()) {
		if v := all.FieldByIndex(m.Index); !v.IsZero() {
			value[m.Name], order = encoded(v.Interface()), append(order, m.Name)
		}
	}
	return ordered(order, value)
}

// ordered writes an object with its fields in an order.
func ordered(names []string, value map[string]json.RawMessage) []byte {
	out := []byte{'{'}
	for i, name := range names {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, encoded(name)...), ':'), value[name]...)
	}
	return append(out, '}')
}

// ResponseExample is a good answer of an operation.
func (o Operation) ResponseExample(lang string) []byte {
	v := example(lang, reflect.TypeOf(o.Response))
	if key := messages[o.Name]; key != "" {
		v.FieldByName("Message").SetString(i18n.T(localeOf(lang), key))
	}
	return encoded(v.Interface())
}

// encoded is a value as the API writes it. Values of ours have a form.
func encoded(v any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSpace(out.Bytes())
}

// refusalExamples are one refusal of each status that operations answer.
var refusalExamples = []struct {
	status int
	code   string
	field  string
	text   sentence
}{
	{400, "bad_parameter", "product_id", sentence{key: "apireply.parameter.missing"}},
	{401, "key_unknown", "", sentence{key: "apireply.error.key_unknown"}},
	{402, "insufficient_credit", "", sentence{"apireply.error.credit", []any{"Needed", "$28.97", "Available", "$10.00"}}},
	{403, "scope_missing", "", sentence{"apireply.error.scope", []any{"Scope", "order"}}},
	{404, "not_found", "", sentence{key: "apireply.error.not_found"}},
	{405, "method_not_allowed", "", sentence{"apireply.error.method", []any{"Allow", "GET, HEAD, POST"}}},
	{409, "changed_meanwhile", "", sentence{key: "apireply.error.stale"}},
	{413, "body_too_large", "", sentence{"apireply.error.too_large", []any{"Max", maxBody >> 10}}},
	{415, "content_type", "", sentence{key: "apireply.error.content_type"}},
	{422, "idempotency_reused", "", sentence{key: "apireply.error.reused"}},
	{429, "too_many_requests", "", sentence{"apireply.error.too_many", []any{"Seconds", 2}}},
	{500, "internal", "", sentence{"apireply.error.internal", []any{"Reference", exampleRequest}}},
	{503, "broken_off", "", sentence{key: "apireply.error.broken_off"}},
}

const exampleRequest = "K7ZQ2M4XWBD3T5VNRHJE6YACPU"

// RefusalExample is a refusal with a status; false for a status that is none.
func RefusalExample(lang string, status int) (Refused, bool) {
	for _, r := range refusalExamples {
		if r.status != status {
			continue
		}
		body := Refused{Code: r.code, Error: r.text.in(lang), RequestID: exampleRequest}
		if r.field != "" {
			body = oneField(r.code, r.field, r.text.in(lang))
			body.RequestID = exampleRequest
		}
		return body, true
	}
	return Refused{}, false
}

// Describe writes the OpenAPI description in a language, "tr" or "en"; baseURL is
// the portal's, https://shop.example.
func Describe(lang, baseURL string) []byte {
	t := func(key string, args ...any) string { return i18n.T(localeOf(lang), key, args...) }
	c := &collector{lang: lang, schemas: map[string]*schema{}}
	d := openAPI{
		OpenAPI:  "3.1.0",
		Info:     apiInfo{Title: t("apidocs.title"), Version: version, Description: t("apidocs.about")},
		Servers:  []apiServer{{URL: baseURL + Prefix}},
		Security: []map[string][]string{{"key": {}}, {"bearer": {}}},
		Paths:    map[string]pathItem{},
		Webhooks: map[string]pathItem{},
		Components: components{
			Headers: map[string]apiHeader{
				"RequestID":       {Description: t("apidocs.header.request"), Schema: &schema{Type: types{"string"}}, Example: exampleRequest},
				"RateLimitPolicy": {Description: t("apidocs.header.policy"), Schema: &schema{Type: types{"string"}}, Example: `"key";q=300;w=60`},
				"RateLimit":       {Description: t("apidocs.header.limit"), Schema: &schema{Type: types{"string"}}, Example: `"key";r=299;t=1`},
				"RetryAfter":      {Description: t("apidocs.header.retry"), Schema: &schema{Type: types{"integer"}}, Example: 2},
				"Link":            {Description: t("apidocs.header.link"), Schema: &schema{Type: types{"string"}}, Example: "<" + baseURL + Prefix + `/orders?limit=20&offset=20>; rel="next"`},
				"Replayed":        {Description: t("apidocs.header.replayed"), Schema: &schema{Type: types{"string"}}, Example: "true"},
			},
			Parameters: map[string]apiParameter{
				"Language": {Name: "Accept-Language", In: "header", Description: t("apidocs.header.language"), Schema: &schema{Type: types{"string"}}, Example: "en"},
				"Once":     {Name: "Idempotency-Key", In: "header", Description: t("apidocs.header.once"), Schema: &schema{Type: types{"string"}}, Example: "order-4711"},
			},
			SecuritySchemes: map[string]securityScheme{
				"key":    {Type: "apiKey", In: "header", Name: "X-API-Key", Description: t("apidocs.key")},
				"bearer": {Type: "http", Scheme: "bearer", Description: t("apidocs.key")},
			},
		},
	}
	for _, g := range groups {
		d.Tags = append(d.Tags, apiTag{Name: g.tag, Description: i18n.Word(localeOf(lang), "apidocs.group", g.tag)})
	}
	add := func(o Operation, described *apiOperation) {
		if d.Paths[o.Path] == nil {
			d.Paths[o.Path] = pathItem{}
		}
		d.Paths[o.Path][strings.ToLower(o.Method)] = described
	}
	for _, o := range operations {
		add(o, c.operation(o))
	}
	add(describe, &apiOperation{OperationID: describe.Name, Tags: []string{describe.Group()}, Summary: describe.in(lang), Security: &[]map[string][]string{},
		Responses: map[string]apiResponse{"200": {Description: t("apidocs.ok"), Content: map[string]mediaType{"application/json": {Schema: &schema{Type: types{"object"}}}}}}})
	c.webhooks(d.Webhooks)
	d.Components.Schemas = c.schemas
	return encoded(d)
}

func (c *collector) operation(o Operation) *apiOperation {
	ctx := localeOf(c.lang)
	described := &apiOperation{OperationID: o.Name, Tags: []string{o.Group()}, Summary: o.in(c.lang), Description: o.note(c.lang), Scope: string(o.Scope),
		Responses: map[string]apiResponse{}}
	if o.hasID() {
		id := pathIDs[o.word()]
		described.Parameters = append(described.Parameters, apiParameter{Name: o.idName(), In: "path", Required: true, Description: id.in(c.lang),
			Schema: &schema{Type: types{"integer"}, Format: "int64", Minimum: new(1)}, Example: id.Example})
	}
	for _, p := range o.Query {
		described.Parameters = append(described.Parameters, p.described(c.lang))
	}
	described.Parameters = append(described.Parameters, apiParameter{Ref: "#/components/parameters/Language"})
	if o.changes() {
		described.Parameters = append(described.Parameters, apiParameter{Ref: "#/components/parameters/Once"})
	}
	if o.Request != nil {
		described.RequestBody = &apiBody{Required: true, Content: map[string]mediaType{"application/json": {Schema: c.of(reflect.TypeOf(o.Request)), Example: o.RequestExample(c.lang)}}}
	}
	headers := func(names ...string) map[string]apiHeader {
		found := map[string]apiHeader{}
		for i := 0; i < len(names); i += 2 {
			found[names[i]] = apiHeader{Ref: "#/components/headers/" + names[i+1]}
		}
		return found
	}
	good := headers("X-Request-Id", "RequestID", "RateLimit-Policy", "RateLimitPolicy", "RateLimit", "RateLimit")
	if o.paged() {
		maps.Copy(good, headers("Link", "Link"))
	}
	if o.changes() {
		maps.Copy(good, headers("Idempotent-Replayed", "Replayed"))
	}
	described.Responses["200"] = apiResponse{Description: i18n.T(ctx, "apidocs.ok"), Headers: good,
		Content: map[string]mediaType{"application/json": {Schema: c.of(reflect.TypeOf(o.Response)), Example: o.ResponseExample(c.lang)}}}
	for _, status := range o.Statuses() {
		refused, _ := RefusalExample(c.lang, status)
		h := headers("X-Request-Id", "RequestID")
		if status == http.StatusTooManyRequests {
			maps.Copy(h, headers("Retry-After", "RetryAfter"))
		}
		problem := ProblemDetails{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: refused.Error, Refused: refused}
		described.Responses[strconv.Itoa(status)] = apiResponse{Description: i18n.Word(ctx, "apidocs.status", strconv.Itoa(status)), Headers: h, Content: map[string]mediaType{
			"application/json":         {Schema: c.of(reflect.TypeFor[Refused]()), Example: encoded(refused)},
			"application/problem+json": {Schema: c.of(reflect.TypeFor[ProblemDetails]()), Example: encoded(problem)},
		}}
	}
	return described
}

// Statuses are those that an operation may refuse with, in order.
func (o Operation) Statuses() []int {
	all := append(slices.Clone(o.Errors), CommonErrors...)
	all = append(all, http.StatusServiceUnavailable)
	slices.Sort(all)
	return slices.Compact(all)
}

func (p Parameter) described(lang string) apiParameter {
	s := &schema{Type: types{"string"}}
	if p.Number {
		s.Type, s.Minimum = types{"integer"}, new(p.Min)
	}
	value := queryExamples[p.Name]
	for _, word := range p.Words {
		s.Enum = append(s.Enum, word)
		if value == nil {
			value = word
		}
	}
	return apiParameter{Name: p.Name, In: "query", Description: field{TR: p.TR, EN: p.EN}.in(lang), Schema: s, Example: value}
}

// webhooks describes what the portal tells of by itself; the messages are those of
// the book.
func (c *collector) webhooks(into map[string]pathItem) {
	ctx := localeOf(c.lang)
	for _, message := range db.WebhookExamples() {
		event := string(message.Type)
		raw := encoded(message)
		into[event] = pathItem{"post": {Summary: i18n.Word(ctx, "webhook.event", event), RequestBody: &apiBody{Required: true,
			Content: map[string]mediaType{"application/json": {Schema: schemaOf(raw), Example: raw}}},
			Responses: map[string]apiResponse{"2XX": {Description: i18n.T(ctx, "apidocs.webhook.taken")}}}}
	}
}

// schemaOf is a schema that a JSON value of the book's shows: its fields and their types.
func schemaOf(raw json.RawMessage) *schema {
	switch raw[0] {
	case '{':
		s := &schema{Type: types{"object"}, Properties: &properties{}}
		decoder := json.NewDecoder(bytes.NewReader(raw))
		_, _ = decoder.Token()
		for decoder.More() {
			name, _ := decoder.Token()
			var value json.RawMessage
			if err := decoder.Decode(&value); err != nil {
				panic(fmt.Sprintf("datassl: %v in %s", err, raw))
			}
			s.Properties.add(name.(string), schemaOf(value))
			s.Required = append(s.Required, name.(string))
		}
		return s
	case '[':
		var all []json.RawMessage
		if err := json.Unmarshal(raw, &all); err != nil || len(all) == 0 {
			return &schema{Type: types{"array"}}
		}
		return &schema{Type: types{"array"}, Items: schemaOf(all[0])}
	case '"':
		return &schema{Type: types{"string"}}
	case 't', 'f':
		return &schema{Type: types{"boolean"}}
	}
	if bytes.ContainsRune(raw, '.') {
		return &schema{Type: types{"number"}}
	}
	return &schema{Type: types{"integer"}}
}

// shownDescription answers with the description, in the language that is asked for
// by ?lang= or Accept-Language.
func (c *call) shownDescription() db.OnceAnswer {
	if c.R.Method != http.MethodGet && c.R.Method != http.MethodHead {
		return c.Refusal(wrongMethod{[]string{http.MethodGet, http.MethodHead}})
	}
	lang := i18n.From(c.Ctx).Lang
	if asked := c.R.URL.Query().Get("lang"); slices.Contains(i18n.Languages, asked) {
		lang = asked
	} else if c.R.Header.Get("Accept-Language") == "" {
		lang = "en" // what most tools that read it are written in
	}
	h := c.W.Header()
	h.Set("Content-Language", lang)
	body := c.description(lang)
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	h.Set("ETag", tag)
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Language")
	if c.R.Header.Get("If-None-Match") == tag {
		return db.OnceAnswer{Status: http.StatusNotModified}
	}
	return db.OnceAnswer{Status: http.StatusOK, ContentType: "application/json", Body: string(body)}
}

// description is written once for each language.
func (a *API) description(lang string) []byte {
	a.describing.Lock()
	defer a.describing.Unlock()
	if a.descriptions == nil {
		a.descriptions = map[string][]byte{}
	}
	if a.descriptions[lang] == nil {
		a.descriptions[lang] = Describe(lang, a.baseURL)
	}
	return a.descriptions[lang]
}
