package gogetssl

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
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

// fields are a request's parameters, wherever they were sent. What the body says
// wins over the query.
type fields map[string]string

var errBody = errors.New("gogetssl: the body can't be read")

// maxFields bounds the parameters of a request.
const maxFields = 300

// readFields reads the query and a form, multipart or JSON body. A body that does
// not say what it is, or says it is text, is looked at. Errors: errBody, those of
// access.ReadBody.
func readFields(w http.ResponseWriter, r *http.Request) (fields, error) {
	all := fields{}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return all, errBody
	}
	if err := all.add(query); err != nil {
		return all, err
	}
	const form = "application/x-www-form-urlencoded"
	body, err := access.ReadBody(w, r, maxBody, form, "multipart/form-data", "application/json", "text/json", "text/plain", "application/octet-stream")
	if err != nil {
		return all, err
	}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	switch {
	case len(trimmed) == 0:
		return all, nil
	case kind == "multipart/form-data":
		return all, all.addParts(multipart.NewReader(bytes.NewReader(body), params["boundary"]))
	case trimmed[0] == '{':
		return all, all.addJSON(trimmed)
	}
	values, err := url.ParseQuery(string(trimmed))
	if err != nil {
		return all, errBody
	}
	return all, all.add(values)
}

// add takes values over: of several under one name, with or without [], a list.
func (f fields) add(values url.Values) error {
	for name, list := range values {
		if err := f.set(strings.TrimSuffix(name, "[]"), strings.Join(list, ",")); err != nil {
			return err
		}
	}
	return nil
}

func (f fields) set(name, value string) error {
	if !utf8.ValidString(value) || strings.Contains(value, "\x00") || len(f) >= maxFields {
		return errBody
	}
	f[name] = value
	return nil
}

func (f fields) addParts(parts *multipart.Reader) error {
	values := url.Values{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return f.add(values)
		}
		if err != nil {
			return errBody
		}
		content, err := io.ReadAll(part)
		if err != nil || len(values) >= maxFields {
			return errBody
		}
		values.Add(part.FormName(), string(content))
	}
}

// addJSON reads an object of single values and lists of them; what is nested deeper
// is no parameter of this dialect.
func (f fields) addJSON(body []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil {
		return errBody
	}
	for name, raw := range object {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil {
			list = []json.RawMessage{raw}
		}
		var words []string
		for _, one := range list {
			word, ok := scalar(one)
			if !ok {
				return errBody
			}
			words = append(words, word)
		}
		if err := f.set(name, strings.Join(words, ",")); err != nil {
			return err
		}
	}
	return nil
}

func scalar(raw json.RawMessage) (string, bool) {
	var text string
	switch {
	case json.Unmarshal(raw, &text) == nil: // null too
		return text, true
	case string(raw) == "true":
		return "1", true
	case string(raw) == "false":
		return "0", true
	}
	return string(raw), raw[0] != '{' && raw[0] != '['
}

// canonical tells a request from another, in whatever form they were sent, and
// whatever key they were sent under.
func (f fields) canonical() string {
	values := url.Values{}
	for name, value := range f {
		if name != "auth_key" {
			values.Set(name, value)
		}
	}
	return values.Encode()
}

// text is a parameter without space around it; "" where it was not sent.
func (f fields) text(name string) string { return strings.TrimSpace(f[name]) }

// first is the first of several parameters that was sent.
func (f fields) first(names ...string) string {
	for _, name := range names {
		if v := f.text(name); v != "" {
			return v
		}
	}
	return ""
}

// yes says whether a switch is on.
func (f fields) yes(name string) bool {
	return slices.Contains([]string{"1", "y", "yes", "true", "on"}, strings.ToLower(f.text(name)))
}

// list is a comma separated parameter; people put spaces and line ends in as well.
func (f fields) list(name string) []string {
	return strings.FieldsFunc(f[name], func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}

// number reads a whole number of at least least. Errors: *wrongField.
func (f fields) number(name string, least int64) (int64, error) {
	text := f.text(name)
	if text == "" {
		return 0, &wrongField{name, "is required"}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > 1<<40 {
		return 0, &wrongField{name, "must be a whole number of at least " + strconv.FormatInt(least, 10)}
	}
	return n, nil
}

// need is a text that must be there. Errors: *wrongField.
func (f fields) need(name string) (string, error) {
	if v := f.text(name); v != "" {
		return v, nil
	}
	return "", &wrongField{name, "is required"}
}
