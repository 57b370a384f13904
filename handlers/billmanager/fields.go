package billmanager

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"certbay/handlers/access"
)

// fields are a request's parameters, wherever they were sent; a list's values with
// spaces between.
type fields map[string]string

// readFields reads the query and the body. Errors: those of access.ReadFields.
func readFields(w http.ResponseWriter, r *http.Request) (fields, error) {
	all, err := access.ReadFields(w, r, maxBody, access.LastOf)
	if err != nil {
		return nil, err
	}
	return all.Plain("on", "off", " ")
}

// secretFields are the parameters that are nobody's to keep.
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
