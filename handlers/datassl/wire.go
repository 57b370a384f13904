package datassl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Amount is USD cents, written as a JSON number with two decimals: 1250.00.
type Amount int64

// MarshalJSON writes the number without ever passing through a float.
func (a Amount) MarshalJSON() ([]byte, error) { return decimals(int64(a), 2), nil }

// Percent is basis points, written as a JSON number with one decimal: 30.0.
type Percent int64

// MarshalJSON rounds to the tenth of a percent, half up.
func (p Percent) MarshalJSON() ([]byte, error) {
	tenths := (int64(p) + 5) / 10
	return decimals(tenths, 1), nil
}

// decimals writes n with its last places behind the point.
func decimals(n int64, places int) []byte {
	b := strconv.AppendInt(make([]byte, 0, 24), n, 10)
	first := 0
	if n < 0 {
		first = 1
	}
	for len(b)-first <= places {
		b = slices.Insert(b, first, '0')
	}
	return slices.Insert(b, len(b)-places, '.')
}

// dollars writes cents as the document's sentences do: $28.97.
func dollars(cents int64) string {
	if cents < 0 {
		return "-$" + string(decimals(-cents, 2))
	}
	return "$" + string(decimals(cents, 2))
}

// Moment is a time as the document writes it, UTC: "2026-02-14 10:30:00"; null
// while there is none.
type Moment struct{ time.Time }

func (m Moment) MarshalJSON() ([]byte, error) { return stamp(m.Time, time.DateTime), nil }

// Date is a day, UTC: "2026-02-14"; null while there is none.
type Date struct{ time.Time }

func (d Date) MarshalJSON() ([]byte, error) { return stamp(d.Time, time.DateOnly), nil }

func stamp(t time.Time, layout string) []byte {
	if t.IsZero() {
		return []byte("null")
	}
	return append(t.UTC().AppendFormat(append(make([]byte, 0, 32), '"'), layout), '"')
}

// Number is a whole number of a request: a JSON number or the same in a string,
// as PHP programs send them. It reads anything; check says whether it was one.
type Number struct {
	Value int64
	Set   bool // there was one; null and "" are none
	Bad   bool // there was something else
}

// UnmarshalJSON never fails, so that the field can be named.
func (n *Number) UnmarshalJSON(raw []byte) error {
	text := string(raw)
	if text == "null" {
		return nil
	}
	if raw[0] == '"' {
		var inner string
		if err := json.Unmarshal(raw, &inner); err != nil {
			n.Bad = true
			return nil
		}
		text = strings.TrimSpace(inner)
		if text == "" {
			return nil
		}
	}
	value, err := strconv.ParseInt(text, 10, 64)
	n.Value, n.Set, n.Bad = value, err == nil, err != nil
	return nil
}

// MarshalJSON is the number as the document's examples have it.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Set {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, n.Value, 10), nil
}

// Text is a text of a request. It reads anything; check says whether it was one.
type Text struct {
	Value string
	Bad   bool
}

// UnmarshalJSON never fails, so that the field can be named. A text with a NUL is
// none: the book could not keep it.
func (t *Text) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	if err := json.Unmarshal(raw, &t.Value); err != nil || strings.Contains(t.Value, "\x00") {
		t.Value, t.Bad = "", true
	}
	return nil
}

// MarshalJSON is the text itself.
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(t.Value) }

// Years maps the length of a term in years, as text, to its price.
type Years map[string]Amount

// decode reads a JSON object into a request. Unknown fields are passed over:
// programs send what other versions of the document had.
func decode(body []byte, into any) error {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	switch {
	case len(body) == 0:
		return nil // every field is missing, which is said field by field
	case !utf8.Valid(body):
		return fmt.Errorf("body is not UTF-8")
	case body[0] != '{':
		return fmt.Errorf("body is not an object")
	}
	return json.Unmarshal(body, into)
}
