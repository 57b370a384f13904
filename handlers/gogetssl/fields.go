package gogetssl

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"certbay/handlers/access"
)

// fields are a request's parameters, wherever they were sent; a list's values with
// commas between.
type fields map[string]string

// readFields reads the query and the body. Errors: those of access.ReadFields.
func readFields(w http.ResponseWriter, r *http.Request) (fields, error) {
	all, err := access.ReadFields(w, r, maxBody, access.AllOf)
	if err != nil {
		return nil, err
	}
	return all.Plain("1", "0", ",")
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
