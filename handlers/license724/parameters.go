package license724

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"certbay/handlers/access"
)

// maxBody bounds a request, maxValue one of its parameters.
const (
	maxBody  = 64 << 10
	maxValue = 500
)

// parameters are what a request says, by name; nothing that was left empty.
type parameters map[string]string

// documented are the parameters of the document.
var documented = []string{"token", "code", "id", "type", "ip", "billingcycle", "newip", "new_type"}

// read gathers the parameters of the query and of the body, which counts more. Only
// POST has a body. Errors: those of access.ReadFields, *badParameter.
func read(w http.ResponseWriter, r *http.Request) (parameters, error) {
	asked := parameters{}
	if r.Method != http.MethodPost {
		r.Body = http.NoBody
	}
	all, unreadable := access.ReadFields(w, r, maxBody, access.FirstOf)
	var bad error
	for _, name := range slices.Sorted(maps.Keys(all)) {
		switch v := all[name].(type) {
		case nil:
		case string, json.Number, bool:
			if text := strings.TrimSpace(fmt.Sprint(v)); text != "" {
				asked[name] = text
			}
		default: // no parameter of the document is a list; what else is sent is passed over
			if !slices.Contains(documented, name) {
				continue
			}
			bad = cmp.Or(bad, error(&badParameter{name: name, status: http.StatusUnprocessableEntity, key: "l724.error.value"}))
		}
	}
	if err := cmp.Or(unreadable, bad); err != nil {
		return asked, err
	}
	return asked, asked.bad()
}

// bad says which parameter is no text that could mean anything.
func (p parameters) bad() error {
	for _, name := range p.names() {
		v := p[name]
		if len(v) > maxValue || !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl) {
			return &badParameter{name: name, status: http.StatusUnprocessableEntity, key: "l724.error.value"}
		}
	}
	return nil
}

func (p parameters) names() []string {
	var names []string
	for name := range p {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// fingerprint tells a request from another under the same Idempotency-Key; the
// token is no part of what was asked.
func (p parameters) fingerprint() []byte {
	var b bytes.Buffer
	for _, name := range p.names() {
		if name != "token" {
			fmt.Fprintf(&b, "%q=%q\n", name, p[name])
		}
	}
	return b.Bytes()
}

// address is an IP address as the book writes it.
func (p parameters) address(name string) (string, error) {
	addr, err := netip.ParseAddr(p[name])
	if err != nil || addr.Zone() != "" {
		return "", &badParameter{name: name, status: http.StatusUnprocessableEntity, key: "problem.ip_needed"}
	}
	return addr.Unmap().String(), nil
}

// cycles is the billing cycle: months.
func (p parameters) cycles() (int, error) {
	n, err := strconv.Atoi(p["billingcycle"])
	if err != nil || n < 1 || n > 120 {
		return 0, &badParameter{name: "billingcycle", status: http.StatusUnprocessableEntity, key: "l724.error.cycle"}
	}
	return n, nil
}
