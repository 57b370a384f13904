package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ErrFields says that what was sent is neither a form nor a JSON object, or holds
// more than any operation asks for.
var ErrFields = errors.New("access: the fields can't be read")

// maxFields bounds the fields of a request, maxDepth how deep they are nested.
const (
	maxFields = 2000
	maxDepth  = 6
)

// Fields are what a request says, wherever it said it: an object whose values are
// text, json.Number, bool, nil, lists ([]any) and objects (map[string]any). A list of
// a form (a[]=x, a[0]=x) is an object with numbers for names.
type Fields map[string]any

// Repeated makes one value of a name that a form has several times.
type Repeated func(values []string) string

// LastOf is the last value, as PHP has it.
func LastOf(values []string) string { return values[len(values)-1] }

// FirstOf is the first value.
func FirstOf(values []string) string { return values[0] }

// AllOf is all values with commas between.
func AllOf(values []string) string { return strings.Join(values, ",") }

// ReadFields reads the query and a body of at most limit bytes, which may be a form
// (urlencoded or multipart) or a JSON object; what the body says wins, unless it
// says nothing. A body that
// does not say what it is, or says it is text, is looked at, and JSON that was sent
// as a form (curl -d) is JSON. Fields are answered with an error as well: those that
// were read. Errors: ErrFields, those of ReadBody.
func ReadFields(w http.ResponseWriter, r *http.Request, limit int64, repeated Repeated) (Fields, error) {
	all := Fields{}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return all, ErrFields
	}
	if err := all.addForm(query, repeated); err != nil {
		return all, err
	}
	if r.ContentLength == 0 {
		return all, nil // whatever type it says nothing is of
	}
	body, err := ReadBody(w, r, limit, "application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/json", "text/plain", "application/octet-stream")
	if err != nil {
		return all, err
	}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	isJSON := kind == "application/json" || kind == "text/json" || strings.HasSuffix(kind, "+json")
	switch {
	case len(trimmed) == 0:
		return all, nil
	case kind == "multipart/form-data":
		return all, all.addParts(multipart.NewReader(bytes.NewReader(body), params["boundary"]), repeated)
	case isJSON && (string(trimmed) == "[]" || string(trimmed) == "null"): // how PHP writes an object without fields
		return all, nil
	case trimmed[0] == '{':
		return all, all.addJSON(trimmed)
	case isJSON || trimmed[0] == '[':
		return all, ErrFields
	}
	values, err := url.ParseQuery(string(trimmed))
	if err != nil {
		return all, ErrFields
	}
	return all, all.addForm(values, repeated)
}

func (f Fields) addJSON(body []byte) error {
	var object map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&object); err != nil || !utf8.Valid(body) || d.More() || len(object) > maxFields {
		return ErrFields
	}
	for name, v := range object {
		f.say(name, v)
	}
	return nil
}

// say takes a field over; an empty one doesn't undo what was said before.
func (f Fields) say(name string, v any) {
	if _, before := f[name]; !before || v != nil && v != "" {
		f[name] = v
	}
}

func (f Fields) addParts(parts *multipart.Reader, repeated Repeated) error {
	values := url.Values{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return f.addForm(values, repeated)
		}
		if err != nil || len(values) >= maxFields {
			return ErrFields
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return ErrFields
		}
		values.Add(part.FormName(), string(content))
	}
}

// addForm puts a form's values where their names say, as PHP does: a[b][0]=x.
func (f Fields) addForm(values url.Values, repeated Repeated) error {
	if len(values) > maxFields {
		return ErrFields
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list := values[name]
		if slices.ContainsFunc(list, func(v string) bool { return !utf8.ValidString(v) }) || !utf8.ValidString(name) {
			return ErrFields
		}
		head, rest, nested := strings.Cut(name, "[")
		if !nested {
			f.say(name, repeated(list))
			continue
		}
		steps := append([]string{head}, strings.Split(strings.TrimSuffix(rest, "]"), "][")...)
		if len(steps) > maxDepth {
			return ErrFields
		}
		at := map[string]any(f)
		for _, step := range steps[:len(steps)-1] {
			next, ok := at[step].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[step] = next
			}
			at = next
		}
		last := steps[len(steps)-1]
		if last != "" {
			at[last] = repeated(list)
			continue
		}
		for i, value := range list { // a[]=x
			at[strconv.Itoa(i)] = value
		}
	}
	return nil
}

// Plain makes one text of each field: yes and no for switches, a list's values with
// join between. Errors: *NestedField for what is nested deeper, ErrFields for text
// with a NUL.
func (f Fields) Plain(yes, no, join string) (map[string]string, error) {
	plain := make(map[string]string, len(f))
	for name, v := range f {
		words, ok := plainWords(v, yes, no)
		if !ok {
			return plain, &NestedField{name}
		}
		plain[name] = strings.Join(words, join)
		if strings.Contains(plain[name], "\x00") {
			return plain, ErrFields
		}
	}
	return plain, nil
}

// NestedField is a field that holds an object, or lists of lists, where no operation
// asks for one. It is ErrFields.
type NestedField struct{ Name string }

func (e *NestedField) Error() string { return "access: field " + e.Name + " holds more than a value" }

// Is says that it is ErrFields, for dialects that have no words of their own for it.
func (e *NestedField) Is(target error) bool { return target == ErrFields }

func plainWords(v any, yes, no string) (words []string, ok bool) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			word, ok := scalar(one, yes, no)
			if !ok {
				return nil, false
			}
			words = append(words, word)
		}
		return words, true
	case map[string]any:
		list, ok := Numbered(v)
		if !ok {
			return nil, false
		}
		return plainWords(list, yes, no)
	}
	word, ok := scalar(v, yes, no)
	return []string{word}, ok
}

func scalar(v any, yes, no string) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		if v {
			return yes, true
		}
		return no, true
	}
	return "", false
}

// Numbered is the list that a form's object with numbers for names stands for, in
// the order of the numbers; ok is false for any other object.
func Numbered(object map[string]any) (list []any, ok bool) {
	keys := slices.Collect(maps.Keys(object))
	if len(keys) == 0 || slices.ContainsFunc(keys, func(k string) bool { return k == "" || strings.Trim(k, "0123456789") != "" }) {
		return nil, false
	}
	slices.SortFunc(keys, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	for _, k := range keys {
		list = append(list, object[k])
	}
	return list, true
}
