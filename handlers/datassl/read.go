package datassl

import (
	"math"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"certbay/db"
)

// badParameter is a parameter that is missing or holds what it can't.
type badParameter struct {
	Name string
	Key  string // of the sentence
	Args []any
}

func (e *badParameter) Error() string { return "datassl: parameter " + e.Name }

// badParameters are all of a body's, in its order.
type badParameters []*badParameter

func (e badParameters) Error() string { return e[0].Error() }

// read decodes the request's body and holds each field against its tags: need says
// that it must be there, words which texts it may have. Errors: errBody, badParameters.
func read[T any](c *call) (T, error) {
	var into T
	if err := decode(c.body, &into); err != nil {
		return into, errBody
	}
	var bad badParameters
	v := reflect.ValueOf(into)
	for i := range v.NumField() {
		if fault := checkField(v.Type().Field(i), v.Field(i).Interface()); fault != nil {
			bad = append(bad, fault)
		}
	}
	if bad != nil {
		return into, bad
	}
	return into, nil
}

func checkField(f reflect.StructField, value any) *badParameter {
	name, need := f.Tag.Get("json"), f.Tag.Get("need") == "true"
	words := strings.Fields(f.Tag.Get("words"))
	switch v := value.(type) {
	case Number:
		switch {
		case v.Bad:
			return &badParameter{Name: name, Key: "apireply.parameter.number"}
		case need && !v.Set:
			return &badParameter{Name: name, Key: "apireply.parameter.missing"}
		}
	case Text:
		switch {
		case v.Bad:
			return &badParameter{Name: name, Key: "apireply.parameter.text"}
		case need && strings.TrimSpace(v.Value) == "":
			return &badParameter{Name: name, Key: "apireply.parameter.missing"}
		case len(words) > 0 && v.Value != "" && !slices.Contains(words, v.Value):
			return &badParameter{Name: name, Key: "apireply.parameter.words", Args: []any{"Words", strings.Join(words, ", ")}}
		}
	}
	return nil
}

// number reads an id or another positive whole number of an address.
func number(name, text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, &badParameter{Name: name, Key: "apireply.parameter.number"}
	}
	return n, nil
}

// id is a number of a body as an id of the book; ids below one belong to nothing.
func (n Number) id() int64 { return max(0, n.Value) }

// count is a number of a body as the book counts; more than it takes is as many
// as it surely refuses.
func (n Number) count() int { return int(min(max(n.Value, math.MinInt32), math.MaxInt32)) }

// query reads the query by the operation's parameters: what is empty is missing.
// Errors: badParameters.
func (c *call) query() (url.Values, error) {
	typed, err := url.ParseQuery(c.R.URL.RawQuery)
	if err != nil {
		return nil, &badParameter{Name: "?", Key: "apireply.parameter.text"}
	}
	values := url.Values{}
	var bad badParameters
	for _, p := range c.op.Query {
		value := strings.TrimSpace(typed.Get(p.Name))
		if value == "" {
			continue
		}
		switch n, err := strconv.Atoi(value); {
		case !utf8.ValidString(value) || strings.Contains(value, "\x00"):
			bad = append(bad, &badParameter{Name: p.Name, Key: "apireply.parameter.text"})
		case p.Number && (err != nil || n > math.MaxInt32):
			bad = append(bad, &badParameter{Name: p.Name, Key: "apireply.parameter.number"})
		case p.Number && n < p.Min:
			bad = append(bad, &badParameter{Name: p.Name, Key: "apireply.parameter.least", Args: []any{"Min", p.Min}})
		case p.Words != nil && !slices.Contains(p.Words, value):
			bad = append(bad, &badParameter{Name: p.Name, Key: "apireply.parameter.words", Args: []any{"Words", strings.Join(p.Words, ", ")}})
		}
		values.Set(p.Name, value)
	}
	if bad != nil {
		return nil, bad
	}
	return values, nil
}

const (
	usualLimit = 50
	mostLimit  = 100
)

// page is the part of a list that is asked for; more than a hundred rows are a hundred.
func page(values url.Values) db.Page {
	p := db.Page{Limit: usualLimit}
	if n, err := strconv.Atoi(values.Get("limit")); err == nil {
		p.Limit = min(n, mostLimit)
	}
	p.Offset, _ = strconv.Atoi(values.Get("offset"))
	return p
}

// paginate says where in the list the answer is, and links to what comes next.
func (c *call) paginate(values url.Values, p db.Page, total int) Pagination {
	if next := p.Offset + p.Limit; next < total {
		values.Set("limit", strconv.Itoa(p.Limit))
		values.Set("offset", strconv.Itoa(next))
		c.W.Header().Set("Link", "<"+c.baseURL+Prefix+c.op.Path+"?"+values.Encode()+`>; rel="next"`)
	}
	return Pagination{Total: total, Limit: p.Limit, Offset: p.Offset}
}
