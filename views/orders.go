package views

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
)

// OrdersPage lists a reseller's orders. Everything that narrows the list is in the URL:
// ?view=&q=&brand=&expiring=&sort=&dir=&page=.
type OrdersPage struct {
	View     string // "", needs_me, waiting, active, expiring, cancelled
	Counts   []ViewCount
	Search   string
	Brand    string
	Brands   []string // every brand there is, whatever the filter
	Expiring int      // days; 0 is any
	Rows     []OrderRow
	Sort     Sort  // keys: domain, product, status, ordered, until, total
	Pager    Pager // Path /orders; Query every filter of the URL but page
	None     bool  // the reseller has no order at all

	Elsewhere []ExternalRow // of the view expiring: certificates bought elsewhere that end soon
}

// ViewCount is how many orders a view of the list holds.
type ViewCount struct {
	View  string
	Count int
}

// OrderRow is one order of a list.
type OrderRow struct {
	ID               int64
	Number           string
	Domain           string // readable letters; an address for a licence, "" for code signing
	MoreNames        int    // beyond the domain
	Product          string
	Brand            string
	Status           string
	Fulfilment       string
	Unpaid           bool   // placed to be paid later, and not paid
	Vetting          bool   // all names are verified, the CA looks at the organisation
	Wish             string // what it wants of a licence: renew, core; "" for every other
	OrderedAt        time.Time
	CertificateUntil time.Time // zero: nothing issued yet
	Total            money.Money
	Next             string // of the view expiring, for whoever may: "renew" or "reissue"
}

// expiryChoices are the days the expiry filter offers.
var expiryChoices = []int{7, 30, 90}

// product is what was bought, and what for where it was bought for a licence.
func (r OrderRow) product(ctx context.Context) string {
	if r.Wish == "" {
		return r.Product
	}
	return r.Product + " · " + i18n.Word(ctx, "licence.wish", r.Wish)
}

func (r OrderRow) status() string {
	if r.Unpaid && r.Status == "pending" {
		return "unpaid"
	}
	if r.Vetting && r.Status == "validation_pending" {
		return "vetting"
	}
	return r.Status
}

// title names the order in a list: its domain, or what was bought where there is none.
func (r OrderRow) title() string {
	if r.Domain == "" {
		return r.Product
	}
	return r.Domain
}

// query is the list's own address without the page.
func (m OrdersPage) query() url.Values { return m.Pager.Query }

// narrowed says whether anything was filtered out.
func (m OrdersPage) narrowed() bool {
	return m.View != "" || m.Search != "" || m.Brand != "" || m.Expiring != 0
}

func (m OrdersPage) chips(ctx context.Context) []Chip {
	var chips []Chip
	for _, v := range m.Counts {
		code := v.View
		if code == "" {
			code = "all"
		}
		chips = append(chips, Chip{
			Text: i18n.Word(ctx, "orders.view", code), Count: v.Count, Active: m.View == v.View,
			Href: withQuery("/orders", m.query(), "view", v.View, "page", ""),
		})
	}
	return chips
}

func (m OrdersPage) brandOptions(ctx context.Context) []Option {
	options := []Option{{"", i18n.T(ctx, "orders.brand.any")}}
	for _, brand := range m.Brands {
		options = append(options, Option{brand, brand})
	}
	return options
}

func (m OrdersPage) expiryOptions(ctx context.Context) []Option {
	options := []Option{{"", i18n.T(ctx, "orders.expiry.any")}}
	for _, days := range expiryChoices {
		options = append(options, Option{strconv.Itoa(days), i18n.N(ctx, "orders.expiry.within", days)})
	}
	return options
}

func (m OrdersPage) expiring() string {
	if m.Expiring == 0 {
		return ""
	}
	return strconv.Itoa(m.Expiring)
}

// subtitle says how many there are and in which order they stand.
func (m OrdersPage) subtitle(ctx context.Context) string {
	text := i18n.N(ctx, "orders.count", m.Pager.Total, "Number", m.Pager.number(ctx))
	if m.Sort.Key == "" || m.Sort.Key == "ordered" && m.Sort.Desc {
		return text + " · " + i18n.T(ctx, "orders.newest")
	}
	return text
}

func (m OrdersPage) csvHref() string { return withQuery("/orders.csv", m.query(), "page", "") }
