package gogetssl

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// success begins every answer that is one.
type success struct {
	Success bool `json:"success"`
}

var ok = success{true}

// amount is USD cents as a JSON number with two decimals.
type amount int64

// MarshalJSON writes the number without ever passing through a float.
func (a amount) MarshalJSON() ([]byte, error) { return []byte(decimal(int64(a))), nil }

// price is USD cents as a string with two decimals.
type price int64

func (p price) MarshalJSON() ([]byte, error) { return []byte(`"` + decimal(int64(p)) + `"`), nil }

func decimal(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	rest := strconv.FormatInt(cents%100, 10)
	if len(rest) == 1 {
		rest = "0" + rest
	}
	return sign + strconv.FormatInt(cents/100, 10) + "." + rest
}

// percent writes basis points as the document does: "21%".
func percent(bp int64) string {
	text := strconv.FormatInt(bp/100, 10)
	if rest := bp % 100; rest != 0 {
		text += "." + string(bytes.TrimRight([]byte(strconv.FormatInt(100+rest, 10)[1:]), "0"))
	}
	return text + "%"
}

// day is a date, UTC; "0000-00-00" while there is none.
type day struct{ time.Time }

func (d day) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte(`"0000-00-00"`), nil
	}
	return []byte(d.UTC().Format(`"2006-01-02"`)), nil
}

// flag is 1 or 0, a number.
type flag bool

func (f flag) MarshalJSON() ([]byte, error) { return json.Marshal(f.number()) }

func (f flag) number() int {
	if f {
		return 1
	}
	return 0
}

// word is "1" or "0", a string.
type word bool

func (w word) MarshalJSON() ([]byte, error) { return json.Marshal(strconv.Itoa(flag(w).number())) }

// message is an answer that is a sentence.
type message struct {
	success
	Message string `json:"message"`
}

// file and record are what has to be published, verbatim.
type file struct {
	Link     string `json:"link"`
	FileName string `json:"filename"`
	Content  string `json:"content"`
}

type record struct {
	Record string `json:"record"`
}

// proof is what shows control of a name, under its method.
type proof struct {
	HTTP  *file   `json:"http,omitempty"`
	HTTPS *file   `json:"https,omitempty"`
	DNS   *record `json:"dns,omitempty"`
	Email string  `json:"email,omitempty"`
}

// san is an additional name. Status is "0" not set, "1" processing, "2" validated.
type san struct {
	Name              string `json:"san_name"`
	Status            string `json:"status"`
	StatusDescription string `json:"status_description"`
	Method            string `json:"validation_method"`
	Validation        proof  `json:"validation"`
}
