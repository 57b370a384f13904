package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"

	"certbay/db/money"
)

// The types below read what upstreams really send: numbers as strings, booleans as words and digits, dates of nought, null and
// nothing for "none". They read JSON of any kind and the text of XML; what they can't read is an error, never a silent zero.

// scalar is the text of a JSON scalar: a string without its quotes, a number or boolean as written, "" for null.
func scalar(b []byte) (string, error) {
	b = bytes.TrimSpace(b)
	switch {
	case len(b) == 0 || bytes.Equal(b, []byte("null")):
		return "", nil
	case b[0] == '"':
		var s string
		err := json.Unmarshal(b, &s)
		return strings.TrimSpace(s), err
	case b[0] == '{' || b[0] == '[':
		// PHP writes an empty value of an unknown kind as an empty list.
		if c := bytes.Join(bytes.Fields(b), nil); len(c) == 2 {
			return "", nil
		}
		return "", fmt.Errorf("a list or object where one value was expected: %s", cut(string(b), 40))
	}
	return string(b), nil
}

// Text is a string that may come as a number or boolean. false and null are the empty string.
type Text string

func (t *Text) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	if s == "false" && len(b) > 0 && b[0] != '"' {
		s = ""
	}
	*t = Text(s)
	return err
}

func (t *Text) UnmarshalText(b []byte) error { *t = Text(strings.TrimSpace(string(b))); return nil }

func (t Text) String() string { return string(t) }

// Int is a whole number; "", null and false are 0, true is 1.
type Int int64

func (i *Int) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	if err != nil {
		return err
	}
	return i.UnmarshalText([]byte(s))
}

func (i *Int) UnmarshalText(b []byte) error {
	switch s := strings.TrimSpace(string(b)); s {
	case "", "false":
		*i = 0
	case "true":
		*i = 1
	default:
		r, ok := rational(s)
		if !ok || !r.IsInt() || !r.Num().IsInt64() {
			return fmt.Errorf("not a whole number: %q", cut(s, 40))
		}
		*i = Int(r.Num().Int64())
	}
	return nil
}

// rational reads a decimal number, with an exponent or not. Long ones are not read: an exponent could make them huge.
func rational(s string) (*big.Rat, bool) {
	if len(s) > 40 || strings.ContainsAny(s, "/_xXpPbBoO") {
		return nil, false
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 && len(s)-i > 4 {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// Bool is a yes or no in any of the usual spellings; "" and null are no.
type Bool bool

func (v *Bool) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	if err != nil {
		return err
	}
	return v.UnmarshalText([]byte(s))
}

func (v *Bool) UnmarshalText(b []byte) error {
	switch s := strings.ToLower(strings.TrimSpace(string(b))); s {
	case "true", "1", "yes", "y", "on", "t":
		*v = true
	case "false", "0", "no", "n", "off", "f", "":
		*v = false
	default:
		return fmt.Errorf("neither yes nor no: %q", cut(s, 40))
	}
	return nil
}

// Cents is an amount of money in hundredths, read exactly; it never is a float. Given says that there was an amount at all: ""
// and null are none.
//
// Thousands may be marked ("1,250.00"), a currency sign or code may stand on either side. More than two decimals are taken when
// they are noughts, or the noise of a program that computes with floats (28.970000000000002); otherwise it is an error.
type Cents struct {
	Minor int64
	Given bool
}

func (c *Cents) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	if err != nil {
		return err
	}
	return c.UnmarshalText([]byte(s))
}

func (c *Cents) UnmarshalText(b []byte) error {
	*c = Cents{}
	whole := strings.TrimSpace(string(b))
	if whole == "" || whole == "false" {
		return nil
	}
	negative := strings.HasPrefix(whole, "-")
	s := strings.TrimFunc(strings.TrimPrefix(whole, "-"), func(r rune) bool {
		return !(r >= '0' && r <= '9' || r == '-' || r == '.' || r == ',')
	})
	if strings.HasPrefix(s, "-") && !negative { // "$-5.00"
		negative, s = true, s[1:]
	}
	if i := strings.IndexByte(s, ','); i >= 0 {
		var ok bool
		if s, ok = ungroup(s); !ok {
			return fmt.Errorf("not an amount: %q", cut(whole, 40))
		}
	}
	r, ok := rational(s)
	if !ok || s == "" || s[0] == '+' || s[0] == '-' {
		return fmt.Errorf("not an amount: %q", cut(whole, 40))
	}
	r.Mul(r, big.NewRat(100, 1))
	near := nearest(r)
	off := new(big.Rat).Sub(r, new(big.Rat).SetInt(near))
	if off.Abs(off).Cmp(big.NewRat(1, 1_000_000)) > 0 {
		return fmt.Errorf("an amount finer than a cent: %q", cut(whole, 40))
	}
	if !near.IsInt64() {
		return fmt.Errorf("too large an amount: %q", cut(whole, 40))
	}
	c.Minor, c.Given = near.Int64(), true
	if negative {
		c.Minor = -c.Minor
	}
	return nil
}

// ungroup takes thousands marks out of 1,250.00; a comma in another place is not understood, since it could be the decimal one.
func ungroup(s string) (string, bool) {
	whole, decimals, _ := strings.Cut(s, ".")
	groups := strings.Split(whole, ",")
	for i, g := range groups {
		if i > 0 && len(g) != 3 || i == 0 && (len(g) == 0 || len(g) > 3) {
			return "", false
		}
	}
	if strings.Contains(decimals, ",") {
		return "", false
	}
	out := strings.Join(groups, "")
	if decimals != "" {
		out += "." + decimals
	}
	return out, true
}

// nearest is the whole number closest to r, which is not negative.
func nearest(r *big.Rat) *big.Int {
	n := new(big.Int).Mul(r.Num(), big.NewInt(2))
	n.Add(n, r.Denom())
	return n.Quo(n, new(big.Int).Mul(r.Denom(), big.NewInt(2)))
}

// Money says the amount in a currency.
func (c Cents) Money(in money.Currency) money.Money { return money.New(c.Minor, in) }

// Date is a day or a moment, in UTC; the zero time for none: "", null, false, 0, and dates that begin with 0000-00-00.
// Times without a zone are taken as UTC.
type Date struct{ time.Time }

// dateForms are tried in order; none fits what another one fits with a different meaning.
var dateForms = []string{
	"2006-01-02", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", time.RFC3339, "2006-01-02T15:04:05Z0700",
	"2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 UTC", "2006/01/02", "2006/01/02 15:04:05",
	"Mon, 02 Jan 2006 15:04:05 GMT", time.RFC1123Z, "2 Jan 2006", "2 January 2006", "Jan 2, 2006", "02-Jan-2006",
}

func (d *Date) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	if err != nil {
		return err
	}
	return d.UnmarshalText([]byte(s))
}

func (d *Date) UnmarshalText(b []byte) error {
	d.Time = time.Time{}
	s := strings.TrimSpace(string(b))
	if s == "" || s == "0" || s == "false" || s == "-" || strings.HasPrefix(s, "0000-00-00") || strings.HasPrefix(s, "0000/00/00") {
		return nil
	}
	// Seconds since 1970, from 1973 on: shorter ones are no dates.
	if n, ok := rational(s); ok && len(s) >= 9 && n.IsInt() && n.Sign() > 0 && n.Num().IsInt64() && n.Num().Int64() < 1e11 {
		d.Time = time.Unix(n.Num().Int64(), 0).UTC()
		return nil
	}
	for _, form := range dateForms {
		if t, err := time.Parse(form, s); err == nil {
			d.Time = t.UTC()
			return nil
		}
	}
	return fmt.Errorf("not a date: %q", cut(s, 40))
}

// List is a list that may come as one element without its list, as an object with numbers for keys, or as nothing at all (null,
// false, "").
type List[T any] []T

func (l *List[T]) UnmarshalJSON(b []byte) error {
	*l = nil
	b = bytes.TrimSpace(b)
	if nothing(b) {
		return nil
	}
	if b[0] == '[' {
		return json.Unmarshal(b, (*[]T)(l))
	}
	if b[0] == '{' {
		// PHP writes a list with a gap as an object with the numbers as keys.
		if keys, values, err := members(b); err == nil && len(keys) > 0 && numbered(keys) {
			for _, v := range values {
				var one T
				if err := json.Unmarshal(v, &one); err != nil {
					return err
				}
				*l = append(*l, one)
			}
			return nil
		}
		if bytes.Equal(bytes.Join(bytes.Fields(b), nil), []byte("{}")) {
			return nil
		}
	}
	var one T
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	*l = List[T]{one}
	return nil
}

// Dict is an object whose keys are data; nothing at all (null, false, "", and PHP's empty list) is an empty one.
type Dict[T any] map[string]T

func (d *Dict[T]) UnmarshalJSON(b []byte) error {
	*d = nil
	b = bytes.TrimSpace(b)
	if nothing(b) || bytes.Equal(bytes.Join(bytes.Fields(b), nil), []byte("[]")) {
		return nil
	}
	return json.Unmarshal(b, (*map[string]T)(d))
}

func nothing(b []byte) bool {
	switch string(b) {
	case "", "null", "false", `""`:
		return true
	}
	return false
}

// members are an object's keys and values, in their order.
func members(b []byte) (keys []string, values []json.RawMessage, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return nil, nil, err
		}
		name, _ := k.(string)
		keys, values = append(keys, name), append(values, v)
	}
	return keys, values, nil
}

func numbered(keys []string) bool {
	for _, k := range keys {
		if k == "" || strings.Trim(k, "0123456789") != "" {
			return false
		}
	}
	return true
}
