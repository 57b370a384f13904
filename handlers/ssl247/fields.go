package ssl247

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

	"certbay/handlers/access"
)

// node is a request's fields, or a part of them: an object, a list or one value, as
// encoding/json reads them with numbers as they were written.
type node struct{ v any }

var errBody = errors.New("ssl247: the body can't be read")

// maxFields bounds the fields of a form, maxDepth how deep they are nested.
const (
	maxFields = 2000
	maxDepth  = 6
)

// readFields reads the query and a JSON, form or multipart body; what the body says
// wins. A body that does not say what it is, or says it is text, is looked at.
// Errors: errBody, those of access.ReadBody.
func readFields(w http.ResponseWriter, r *http.Request) (node, error) {
	all := map[string]any{}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return node{all}, errBody
	}
	if err := addForm(all, query); err != nil {
		return node{all}, err
	}
	body, err := access.ReadBody(w, r, maxBody, "application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/json", "text/plain", "application/octet-stream")
	if err != nil {
		return node{all}, err
	}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	switch {
	case len(trimmed) == 0:
		return node{all}, nil
	case kind == "multipart/form-data":
		return node{all}, addParts(all, multipart.NewReader(bytes.NewReader(body), params["boundary"]))
	case trimmed[0] == '{':
		var object map[string]any
		d := json.NewDecoder(bytes.NewReader(trimmed))
		d.UseNumber()
		if err := d.Decode(&object); err != nil || !utf8.Valid(trimmed) || d.More() {
			return node{all}, errBody
		}
		maps.Copy(all, object)
		return node{all}, nil
	case kind == "application/json" || trimmed[0] == '[':
		return node{all}, errBody
	}
	values, err := url.ParseQuery(string(trimmed))
	if err != nil {
		return node{all}, errBody
	}
	return node{all}, addForm(all, values)
}

func addParts(all map[string]any, parts *multipart.Reader) error {
	values := url.Values{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return addForm(all, values)
		}
		if err != nil || len(values) >= maxFields {
			return errBody
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return errBody
		}
		values.Add(part.FormName(), string(content))
	}
}

// addForm puts a form's values where their names say, as PHP does: a[b][0]=x.
func addForm(all map[string]any, values url.Values) error {
	if len(values) > maxFields {
		return errBody
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		head, rest, nested := strings.Cut(name, "[")
		steps := []string{head}
		if nested {
			steps = append(steps, strings.Split(strings.TrimSuffix(rest, "]"), "][")...)
		}
		if len(steps) > maxDepth {
			return errBody
		}
		for i, value := range values[name] {
			if !utf8.ValidString(value) {
				return errBody
			}
			at := all
			for _, step := range steps[:len(steps)-1] {
				next, ok := at[step].(map[string]any)
				if !ok {
					next = map[string]any{}
					at[step] = next
				}
				at = next
			}
			last := steps[len(steps)-1]
			if last == "" { // a[]=x
				last = strconv.Itoa(i)
			}
			at[last] = value
		}
	}
	return nil
}

// canonical tells a request from another, in whatever form they were sent, and
// whatever login they were sent under.
func (n node) canonical() []byte {
	fields, _ := n.v.(map[string]any)
	fields = maps.Clone(fields)
	for _, login := range []string{"u", "p", "k"} {
		delete(fields, login)
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return nil
	}
	return text
}

// at is a part of an object; a node of nothing where there is none.
func (n node) at(names ...string) node {
	for _, name := range names {
		object, _ := n.v.(map[string]any)
		n = node{object[name]}
	}
	return n
}

// text is one value without space around it; "" for none and for what is no value.
func (n node) text(names ...string) string {
	switch v := n.at(names...).v.(type) {
	case string:
		return strings.TrimSpace(strings.ReplaceAll(v, "\x00", ""))
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// given says whether there is a value, or a part with values.
func (n node) given(names ...string) bool {
	switch v := n.at(names...).v.(type) {
	case nil:
		return false
	case map[string]any:
		return len(v) > 0
	case []any:
		return len(v) > 0
	}
	return n.text(names...) != ""
}

// yes says whether a switch is on.
func (n node) yes(names ...string) bool {
	return slices.Contains([]string{"1", "y", "yes", "true", "on"}, strings.ToLower(n.text(names...)))
}

// list is a list, a list written as an object with numbers for names, or one object
// in the place of a list.
func (n node) list(names ...string) (list []node) {
	switch v := n.at(names...).v.(type) {
	case []any:
		for _, one := range v {
			list = append(list, node{one})
		}
	case map[string]any:
		keys := slices.Collect(maps.Keys(v))
		if slices.ContainsFunc(keys, func(k string) bool { return k == "" || strings.Trim(k, "0123456789") != "" }) {
			return []node{{v}}
		}
		slices.SortFunc(keys, func(a, b string) int {
			if len(a) != len(b) {
				return len(a) - len(b)
			}
			return strings.Compare(a, b)
		})
		for _, k := range keys {
			list = append(list, node{v[k]})
		}
	}
	return list
}

// number reads a whole number of at least least; otherwise where it was not sent.
// Errors: *wrongField.
func (n node) number(name string, least, otherwise int) (int, error) {
	text := n.text(name)
	if text == "" {
		return otherwise, nil
	}
	v, err := strconv.Atoi(text)
	if err != nil || v < least || v > 1<<31-1 {
		return 0, &wrongField{name, "must be a whole number of at least " + strconv.Itoa(least)}
	}
	return v, nil
}

// names are those of a text with commas, semicolons, spaces or line ends between, or
// of a list.
func (n node) names(field string) (names []string) {
	for _, one := range n.list(field) {
		if name := one.text(); name != "" {
			names = append(names, name)
		}
	}
	return append(names, strings.FieldsFunc(n.text(field), func(r rune) bool { return strings.ContainsRune(",; \n\r\t", r) })...)
}
