package ssl247

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"certbay/db"
)

// countries are those of ISO 3166 with their English names, by name.
var countries = sync.OnceValue(func() []named {
	names := display.English.Regions()
	list := []named{}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			r, err := language.ParseRegion(code)
			if err == nil && r.IsCountry() && r.Canonicalize() == r && r.String() == code && names.Name(r) != "" {
				list = append(list, named{code, names.Name(r)})
			}
		}
	}
	slices.SortFunc(list, func(x, y named) int { return strings.Compare(x.Name, y.Name) })
	return list
})

// countryName is a country's name; "" for what is no country.
func countryName(code string) string {
	for _, c := range countries() {
		if c.Code == code {
			return c.Name
		}
	}
	return ""
}

var titles = []named{{"Mr", "Mr"}, {"Mrs", "Mrs"}, {"Ms", "Ms"}, {"Miss", "Miss"}, {"Mx", "Mx"}, {"Dr", "Dr"}, {"Prof", "Prof"}}

var usStates = func() (list []named) {
	for _, line := range strings.Split(`AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|`+
		`ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|`+
		`NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|`+
		`SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming`, "|") {
		code, name, _ := strings.Cut(line, " ")
		list = append(list, named{code, name})
	}
	return list
}()

// countryList is /generic/get-country-list.
func (c *call) countryList() (any, error) { return countries(), nil }

// userTitles is /generic/get-user-titles.
func (c *call) userTitles() (any, error) { return titles, nil }

// stateList is /generic/get-us-state-list.
func (c *call) stateList() (any, error) { return usStates, nil }

// internalProducts is /generic/get-internal-product-list: what an external
// certificate could be replaced by.
func (c *call) internalProducts() (any, error) {
	all, err := c.Book.Products(c.Ctx, c.Caller.ResellerID, db.ProductFilter{})
	list := []numbered{}
	for _, p := range all {
		if sells(p) && p.HasDomain() {
			list = append(list, numbered{id(p.ID), p.Brand + " " + p.Name})
		}
	}
	return list, err
}

// externalProducts is /generic/get-external-product-list.
func (c *call) externalProducts() (any, error) { return authorities, nil }

// websites is /generic/get-websites-list: this shop has one.
func (c *call) websites() (any, error) {
	o, err := c.Book.Operator(c.Ctx)
	return []struct {
		numbered
		URL string `json:"url"`
	}{{numbered{"1", o.Brand}, c.baseURL}}, err
}
