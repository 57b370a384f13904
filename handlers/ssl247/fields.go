package ssl247

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"certbay/handlers/access"
)

// node is a request's fields, or a part of them: an object, a list or one value, as
// access.Fields has them.
type node struct{ v any }

// readFields reads the query and the body. Errors: those of access.ReadFields.
func readFields(w http.ResponseWriter, r *http.Request) (node, error) {
	all, err := access.ReadFields(w, r, maxBody, access.LastOf)
	return node{map[string]any(all)}, err
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
		numbered, ok := access.Numbered(v)
		if !ok && len(v) > 0 {
			return []node{{v}}
		}
		for _, one := range numbered {
			list = append(list, node{one})
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
