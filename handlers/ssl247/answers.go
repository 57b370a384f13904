package ssl247

import (
	"strconv"
	"strings"
	"time"
)

// currency is what every amount of the book is in.
const currency = "USD"

// decimal writes cents with two decimals: 1250.00.
func decimal(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	fraction := strconv.FormatInt(cents%100, 10)
	if len(fraction) < 2 {
		fraction = "0" + fraction
	}
	return sign + strconv.FormatInt(cents/100, 10) + "." + fraction
}

// amount is cents as a JSON number: whole ones as the integers of the document.
type amount int64

// MarshalJSON writes the number without ever passing through a float.
func (a amount) MarshalJSON() ([]byte, error) {
	return []byte(strings.TrimSuffix(decimal(int64(a)), ".00")), nil
}

// stamp is a time as the document's strings have it, UTC; "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateTime)
}

// id is a number of the book as the document's strings have it; "" for none.
func id(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// coded is a code and what it means.
type coded struct {
	Code        string `json:"code"`
	Description string `json:"description"`
}

// named is a code and its name.
type named struct {
	Code string `json:"code"`
	Name string `json:"name"`
}
