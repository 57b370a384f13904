package api

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"certbay/providers/internal/wire"
)

// Entry is a line of a list whose form the document leaves open ("Data": "string"): a code and a name, of which one may be empty.
type Entry struct{ Code, Name string }

// Entries are read from a text, a list of texts, a list of objects or an object of codes and names.
type Entries []Entry

// UnmarshalJSON takes whatever form a shop chose.
func (e *Entries) UnmarshalJSON(b []byte) error {
	*e = nil
	b = bytes.TrimSpace(b)
	switch {
	case len(b) == 0 || string(b) == "null":
		return nil
	case b[0] == '[':
		var list []json.RawMessage
		if err := json.Unmarshal(b, &list); err != nil {
			return err
		}
		for _, item := range list {
			one, err := entry(item)
			if err != nil {
				return err
			}
			*e = append(*e, one)
		}
		return nil
	case b[0] == '{':
		d := json.NewDecoder(bytes.NewReader(b))
		if _, err := d.Token(); err != nil {
			return err
		}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return err
			}
			var name wire.Text
			if err := d.Decode(&name); err != nil {
				return err
			}
			code, _ := key.(string)
			*e = append(*e, Entry{code, name.String()})
		}
		return nil
	}
	one, err := entry(b)
	*e = Entries{one}
	return err
}

var (
	codeKeys = []string{"code", "id", "iso", "iso_code", "value", "key"}
	nameKeys = []string{"name", "title", "label", "description", "url", "domain"}
)

func entry(b json.RawMessage) (Entry, error) {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '{' {
		var d map[string]json.RawMessage
		if err := json.Unmarshal(b, &d); err != nil {
			return Entry{}, err
		}
		return Entry{first(d, codeKeys), first(d, nameKeys)}, nil
	}
	var t wire.Text
	err := json.Unmarshal(b, &t)
	return Entry{Name: t.String()}, err
}

func first(d map[string]json.RawMessage, keys []string) string {
	for _, k := range keys {
		var t wire.Text
		if raw, ok := d[k]; ok && json.Unmarshal(raw, &t) == nil && t != "" {
			return t.String()
		}
	}
	return ""
}

// Words are a text, or whatever else a shop says, as it came.
type Words string

// UnmarshalJSON keeps what is no text as JSON.
func (w *Words) UnmarshalJSON(b []byte) error {
	var t wire.Text
	if json.Unmarshal(b, &t) == nil {
		*w = Words(t)
		return nil
	}
	var out bytes.Buffer
	err := json.Compact(&out, b)
	*w = Words(strings.TrimSpace(out.String()))
	return err
}

// Countries lists the countries that addresses may have.
//
// Seed 003, "Get Country List": POST /generic/get-country-list
func (c *Client) Countries(ctx context.Context) (Entries, error) {
	return read[Entries](ctx, c, "/generic/get-country-list", nil)
}

// UserTitles lists the titles that people may have.
//
// Seed 003, "Get User titles": POST /generic/get-user-titles
func (c *Client) UserTitles(ctx context.Context) (Entries, error) {
	return read[Entries](ctx, c, "/generic/get-user-titles", nil)
}

// USStates lists the states of the USA.
//
// Seed 003, "Get US states list": POST /generic/get-us-state-list
func (c *Client) USStates(ctx context.Context) (Entries, error) {
	return read[Entries](ctx, c, "/generic/get-us-state-list", nil)
}

// InternalProducts lists what the shop could replace an external certificate by.
//
// Seed 003, "Get Internal Products list": POST /generic/get-internal-product-list
func (c *Client) InternalProducts(ctx context.Context) (Entries, error) {
	return read[Entries](ctx, c, "/generic/get-internal-product-list", nil)
}

// ExternalProducts lists what external certificates may be.
//
// Seed 003, "Get External Products list": POST /generic/get-external-product-list
func (c *Client) ExternalProducts(ctx context.Context) (Entries, error) {
	return read[Entries](ctx, c, "/generic/get-external-product-list", nil)
}

// Websites lists the territories of the shop.
//
// Seed 003, "Get Websites List": POST /generic/get-websites-list
func (c *Client) Websites(ctx context.Context) (Entries, error) {
	return read[Entries](ctx, c, "/generic/get-websites-list", nil)
}
