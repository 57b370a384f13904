package handlers

import (
	"encoding/csv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"certbay/views"
)

// csvText is what was typed into the field csv or, where one was chosen, what the
// file of the field file holds. The problem is that of a file which is no text.
func csvText(c echo.Context) (text string, problems views.Problems, err error) {
	file, err := uploaded(c, "file")
	if err != nil {
		return "", nil, err
	}
	if len(file) == 0 {
		return c.FormValue("csv"), nil, nil
	}
	text = strings.TrimPrefix(string(file), "\ufeff")
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return "", views.Problems{{Field: "file", Key: "csvfile.problem"}}, nil
	}
	return text, nil, nil
}

// csvReader reads rows of any length, apart by commas or, as spreadsheets write
// them where the comma is for decimals, by semicolons.
func csvReader(text string) *csv.Reader {
	in := csv.NewReader(strings.NewReader(text))
	in.FieldsPerRecord = -1
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if strings.Count(first, ";") > strings.Count(first, ",") {
		in.Comma = ';'
	}
	return in
}
