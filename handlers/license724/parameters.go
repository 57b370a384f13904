package license724

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/netip"
	"net/url"
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

var errBody = errors.New("license724: the body can't be read")

// read gathers the parameters of the query and of the body, which counts more.
func read(w http.ResponseWriter, r *http.Request) (parameters, error) {
	asked := parameters{}
	asked.take(r.URL.Query())
	if r.Method != http.MethodPost {
		return asked, nil
	}
	body, err := access.ReadBody(w, r, maxBody, "application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/json", "text/plain")
	if err != nil {
		return asked, err
	}
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case len(body) == 0:
		return asked, nil
	case kind == "multipart/form-data":
		return asked, asked.takeParts(multipart.NewReader(bytes.NewReader(body), params["boundary"]))
	// curl -d says of JSON that it is a form.
	case kind == "application/json" || kind == "text/json" || body[0] == '{':
		return asked, asked.takeJSON(body)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return asked, errBody
	}
	asked.take(form)
	return asked, asked.bad()
}

// take adds a form's fields, the first of a name.
func (p parameters) take(form url.Values) {
	for name, values := range form {
		if v := strings.TrimSpace(values[0]); v != "" {
			p[name] = v
		}
	}
}

func (p parameters) takeParts(r *multipart.Reader) error {
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return p.bad()
		}
		if err != nil {
			return errBody
		}
		v, err := io.ReadAll(part)
		if err != nil {
			return errBody
		}
		p.take(url.Values{part.FormName(): {string(v)}})
	}
}

// takeJSON adds an object's fields: strings, numbers and booleans. An empty list is
// how PHP writes an object without any.
func (p parameters) takeJSON(body []byte) error {
	var fields map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&fields); err != nil && string(body) != "[]" || d.More() && string(body) != "[]" {
		return errBody
	}
	for name, v := range fields {
		switch v := v.(type) {
		case nil:
		case string, json.Number, bool:
			p.take(url.Values{name: {fmt.Sprint(v)}})
		default:
			return &badParameter{name: name, status: http.StatusUnprocessableEntity, key: "l724.error.value"}
		}
	}
	return p.bad()
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
