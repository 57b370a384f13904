package billmanager

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

var errBody = errors.New("billmanager: the request can't be read")

// maxFields bounds the parameters of a request: an order names an approver per name.
const maxFields = 1000

// readFields reads the query and a form, multipart or JSON body. Errors: errBody,
// those of access.ReadBody.
func readFields(w http.ResponseWriter, r *http.Request) (fields, error) {
	all := fields{}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return all, errBody
	}
	if err := all.add(query); err != nil {
		return all, err
	}
	body, err := access.ReadBody(w, r, maxBody, "application/x-www-form-urlencoded", "multipart/form-data", "application/json", "text/json", "text/plain", "application/octet-stream")
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

func (f fields) add(values url.Values) error {
	for name, list := range values {
		if err := f.set(name, list[len(list)-1]); err != nil {
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
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errBody
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return errBody
		}
		if err := f.set(part.FormName(), string(content)); err != nil {
			return err
		}
	}
}

// addJSON reads an object of single values.
func (f fields) addJSON(body []byte) error {
	var object map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&object); err != nil {
		return errBody
	}
	for name, v := range object {
		text := ""
		switch v := v.(type) {
		case nil:
		case string:
			text = v
		case bool:
			text = onOff(v)
		case json.Number:
			text = v.String()
		default:
			return errBody
		}
		if err := f.set(name, text); err != nil {
			return err
		}
	}
	return nil
}

// secret are the parameters that are nobody's to keep.
var secretFields = []string{"authinfo", "auth", "username", "password", "key"}

// canonical tells a request from another, in whatever form and under whatever
// login they were sent.
func (f fields) canonical() string {
	values := url.Values{}
	for name, value := range f {
		if !slices.Contains(secretFields, name) {
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

// on says whether a switch is on.
func (f fields) on(name string) bool {
	return slices.Contains([]string{"on", "ok", "1", "yes", "y", "true"}, strings.ToLower(f.text(name)))
}

// list is a list of words; names of domains are separated by spaces.
func (f fields) list(name string) []string {
	return strings.FieldsFunc(f[name], func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}

// number reads a whole number of at least one. Errors: *wrongField.
func (f fields) number(name string) (int64, error) {
	text := f.text(name)
	if text == "" {
		return 0, &wrongField{name, "The parameter is required"}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > 1<<40 {
		return 0, &wrongField{name, "A whole number is needed"}
	}
	return n, nil
}

// elids are the elements that a call is for.
func (f fields) elids() ([]int64, error) {
	words := f.list("elid")
	if len(words) == 0 {
		return nil, &wrongField{"elid", "The parameter is required"}
	}
	if len(words) > maxElements {
		return nil, &wrongField{"elid", "So many elements can't be named at once"}
	}
	var ids []int64
	for _, word := range words {
		id, err := strconv.ParseInt(word, 10, 64)
		if err != nil || id < 1 {
			return nil, errNoElement
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// maxElements is how many certificates one call may be for.
const maxElements = 50
