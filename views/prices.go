package views

import (
	"context"
	"strconv"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// AdminGroupsPage lists the reseller groups: /admin/groups. A new one is made by
// POST there with name.
type AdminGroupsPage struct {
	Rows     []GroupRow
	Name     string   // as typed
	Problems Problems // field name
}

// GroupRow is one group of the list.
type GroupRow struct {
	ID                int64
	Name              string
	Members, Products int
}

// AdminGroupPage is a group and its prices: /admin/groups/{id}. It is renamed by
// POST to /admin/groups/{id}/name with name.
type AdminGroupPage struct {
	ID       int64
	Group    string
	Members  []ResellerRow
	Prices   []GroupPriceRow
	Name     string   // as typed
	Problems Problems // field name
}

// GroupPriceRow is a term of a product in a group's price table. Kind: "" (not
// sold to the group), fixed, margin.
type GroupPriceRow struct {
	ProductID     int64
	Product       string
	Brand         string
	First         bool // the product's first term
	Months        int
	List          money.Money
	Kind          string
	MarginBP      int // over cost, as the rule says or as it comes out
	Cost, Price   money.Money
	NoRate        bool   // the cost can't be told now
	BelowCost     bool   // what the group pays is less than the cost
	Reason        string // why it may be
	ProductClosed bool
}

// priced says whether there is a price to show.
func (r GroupPriceRow) priced() bool { return r.Kind == "fixed" || r.Kind == "margin" && !r.NoRate }

// AdminPricePage changes what a group pays for a product: POST to
// /admin/groups/{id}/products/{product} with kind-M, value-M and reason-M for each
// term of M months.
type AdminPricePage struct {
	GroupID, ProductID int64
	Group, Product     string
	Terms              []PriceForm
	Problems           Problems // fields value-M
}

// PriceForm is the price of one term as typed.
type PriceForm struct {
	Months              int
	List, Cost          money.Money
	NoRate              bool
	Kind, Value, Reason string
}

func (f PriceForm) field(name string) string { return name + "-" + strconv.Itoa(f.Months) }

// AdminRatesPage is /admin/rates. POST there enters a rate (currency, day, rate,
// source), POST to /admin/rates/import reads several (csv), POST to
// /admin/rates/age changes how old they may be (days).
type AdminRatesPage struct {
	States                      []RateState
	Rows                        []RateRow
	Pager                       Pager
	Days                        string // as typed
	Currency, Day, Rate, Source string // as typed
	CSV                         string // as typed
	Problems                    Problems
}

// RateState is how a currency stands.
type RateState struct {
	Currency string
	Rate     string // "" when there is none
	Day      time.Time
	Usable   bool
	Needed   int // products whose cost is in it
}

// RateRow is an entered rate: dollars for one unit.
type RateRow struct {
	Currency, Rate, Source, EnteredBy string
	Day                               time.Time
}

func groupHref(id int64) templ.SafeURL {
	return templ.SafeURL("/admin/groups/" + strconv.FormatInt(id, 10))
}

func groupProductHref(group, product int64) templ.SafeURL {
	return groupHref(group) + templ.SafeURL("/products/"+strconv.FormatInt(product, 10))
}

// ResellerFormPage makes (ID 0, POST to /admin/resellers/new) or changes a reseller
// (POST to /admin/resellers/{id}/edit).
type ResellerFormPage struct {
	ID                     int64
	Title                  string // its name in the book
	Name, Company, Email   string
	Address, City, Country string
	TaxOffice, TaxID, Tax  string // Tax in percent
	Group                  string // id, "" for none
	APIEnabled             bool
	Groups                 []Option
	Problems               Problems
}

func (m ResellerFormPage) action() templ.SafeURL {
	if m.ID == 0 {
		return "/admin/resellers/new"
	}
	return adminResellerHref(m.ID) + "/edit"
}

// InvitePage invites an owner of a reseller: POST to /admin/resellers/{id}/invite
// with name and email.
type InvitePage struct {
	ResellerID  int64
	Reseller    string
	Name, Email string
	Problems    Problems
}

// noon keeps a day the same day in every zone a reader may be in.
const noon = 12 * time.Hour

func (s RateState) note(ctx context.Context) string {
	text := i18n.T(ctx, "rates.missing")
	if s.Rate != "" {
		text = i18n.T(ctx, "rates.of", "Day", i18n.Date(ctx, s.Day.Add(noon)))
		if !s.Usable {
			text += " · " + i18n.T(ctx, "rates.stale")
		}
	}
	if s.Needed > 0 {
		text += " · " + i18n.N(ctx, "rates.needed", s.Needed)
	}
	return text
}
