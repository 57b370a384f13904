package billmanager

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// country is a row of the table that numbers countries.
type country struct {
	id        int
	iso, name string
}

// russia is the only number that the documents tell.
const russia = 182

// countryTable lists the countries by their English names. Numbers are by that
// order, but for the one that the documents tell, which changes places.
var countryTable = sync.OnceValue(func() []country {
	var list []country
	names := display.English.Regions()
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			r, err := language.ParseRegion(code)
			if err != nil || !r.IsCountry() || r.String() != code || r.IsPrivateUse() || r.Canonicalize() != r {
				continue
			}
			if name := names.Name(r); name != "" && name != "Unknown Region" {
				list = append(list, country{iso: code, name: name})
			}
		}
	}
	slices.SortFunc(list, func(a, b country) int { return strings.Compare(a.name, b.name) })
	at := slices.IndexFunc(list, func(c country) bool { return c.iso == "RU" })
	for i := range list {
		list[i].id = i + 1
	}
	list[at].id, list[russia-1].id = list[russia-1].id, list[at].id
	slices.SortFunc(list, func(a, b country) int { return a.id - b.id })
	return list
})

// countryOf is the ISO code of a country that was named by its number or its code.
func countryOf(typed string) string {
	typed = strings.ToUpper(strings.TrimSpace(typed))
	if n, err := strconv.Atoi(typed); err == nil {
		for _, c := range countryTable() {
			if c.id == n {
				return c.iso
			}
		}
	}
	return typed
}

// countries is func=country.
func (c *call) countries() (*node, error) {
	d := doc(c.fn.name)
	for _, v := range countryTable() {
		e := d.row("elem")
		e.add("id", strconv.Itoa(v.id))
		e.add("iso2", v.iso)
		e.add("name", v.name)
	}
	return d, nil
}
