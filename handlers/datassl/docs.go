package datassl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"certbay/db"
	"certbay/handlers/access"
	"certbay/views"
)

// Docs is the page for people, in a language, made of what the description for
// programs is made of. Its webhooks are left to who knows them.
func Docs(lang, baseURL string, limit access.Limit) views.APIDocsPage {
	if limit.Requests == 0 {
		limit = access.DefaultLimit
	}
	m := views.APIDocsPage{BaseURL: baseURL + Prefix, Description: Prefix + DescriptionPath + "?lang=" + lang,
		Requests: limit.Requests, Seconds: int(limit.Window.Seconds()), RefusalStatus: http.StatusPaymentRequired,
		Paging: "Link: <" + baseURL + Prefix + `/orders?limit=20&offset=20>; rel="next"`}
	refused, _ := RefusalExample(lang, m.RefusalStatus)
	m.Refusal = indented(encoded(refused))
	for _, r := range refusalExamples {
		m.Refusals = append(m.Refusals, r.status)
	}
	for _, scope := range db.Scopes {
		s := views.APIScope{Scope: string(scope)}
		for _, o := range operations {
			if o.Scope == scope {
				s.Operations = append(s.Operations, views.APIRef{Name: o.Name, Method: o.Method, Path: o.Path})
			}
		}
		m.Scopes = append(m.Scopes, s)
	}
	seen := map[reflect.Type]bool{}
	for _, g := range groups {
		group := views.APIGroup{Tag: g.tag}
		for _, o := range operations {
			if o.Group() == g.tag {
				group.Operations = append(group.Operations, o.docs(lang, baseURL))
				m.Objects = objects(m.Objects, seen, lang, reflect.TypeOf(o.Response), true)
			}
		}
		m.Groups = append(m.Groups, group)
	}
	return m
}

func (o Operation) docs(lang, baseURL string) views.APIOperation {
	d := views.APIOperation{APIRef: views.APIRef{Name: o.Name, Method: o.Method, Path: o.Path}, Summary: o.in(lang), Note: o.note(lang), Scope: string(o.Scope),
		Curl: o.curl(lang, baseURL), AnswerExample: indented(o.ResponseExample(lang)), Refusals: o.Statuses()}
	if o.hasID() {
		d.Parameters = append(d.Parameters, views.APIField{Name: o.idName(), Kind: "integer", Text: pathIDs[o.word()].in(lang), Required: true})
	}
	for _, p := range o.Query {
		kind := "string"
		if p.Number {
			kind = "integer"
		}
		d.Parameters = append(d.Parameters, views.APIField{Name: p.Name, Kind: kind, Text: field{TR: p.TR, EN: p.EN}.in(lang), Words: p.Words})
	}
	if o.Request != nil {
		d.Body = shown(lang, reflect.TypeOf(o.Request))
	}
	for _, f := range shown(lang, reflect.TypeOf(o.Response)) {
		if f.Name != "success" && (f.Name != "message" || messages[o.Name] != "") {
			d.Answer = append(d.Answer, f)
		}
	}
	return d
}

// shown are the fields of a struct as the page lists them.
func shown(lang string, t reflect.Type) (list []views.APIField) {
	for _, m := range members(t) {
		f := views.APIField{Name: m.Name, Kind: m.kind(), Text: m.in(lang), Words: m.Words, Required: m.request && m.Required}
		if inner := innerOf(m.Type); inner != nil {
			f.Object = inner.Name()
		}
		list = append(list, f)
	}
	return list
}

// innerOf is the struct of ours that a field holds, once or as a list; nil for none.
func innerOf(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if strings.HasPrefix(kindOf(t), "object") && t.Kind() == reflect.Struct {
		return t
	}
	return nil
}

// objects adds the structs that a type holds, in the order in which they are met.
func objects(list []views.APIObject, seen map[reflect.Type]bool, lang string, t reflect.Type, top bool) []views.APIObject {
	if seen[t] {
		return list
	}
	seen[t] = true
	if !top {
		list = append(list, views.APIObject{Name: t.Name(), Fields: shown(lang, t)})
	}
	for _, m := range members(t) {
		if inner := innerOf(m.Type); inner != nil {
			list = objects(list, seen, lang, inner, false)
		}
	}
	return list
}

// curl is a request of the operation for a shell.
func (o Operation) curl(lang, baseURL string) string {
	path := o.Path
	if o.hasID() {
		path = strings.Replace(path, "{"+o.idName()+"}", fmt.Sprint(pathIDs[o.word()].Example), 1)
	}
	query := url.Values{}
	for _, p := range o.Query {
		if p.Name != "domain" && p.Name != "reference" { // beside a status they would leave nothing
			query.Set(p.Name, fmt.Sprint(p.described(lang).Example))
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	lines := []string{"curl -X " + o.Method + ` "` + baseURL + Prefix + path + `"`, `  -H "X-API-Key: YOUR_API_KEY"`}
	if o.Request != nil {
		lines = append(lines, `  -H "Content-Type: application/json"`, "  -d '"+indented(o.RequestExample(lang))+"'")
	}
	return strings.Join(lines, " \\\n")
}

func indented(raw []byte) string {
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		panic(err)
	}
	return out.String()
}
