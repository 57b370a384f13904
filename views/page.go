// Package views draws every page of the portal: *.templ files and, beside each, the
// struct it draws. A struct holds only what is shown, as plain typed data; the words,
// the formats of money and dates, and the titles are decided here, where the reader's
// language is known (package i18n, through the context).
//
// Every page templ has the form Name(p Page, m NamePage): p is the shell the handler
// fills for any page, m what this page shows. The page sets p.Title and p.Nav itself.
package views

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// Page is everything the shell around a page shows. The handler fills it from the
// request; the page itself sets Title, Nav and Crumbs.
type Page struct {
	Title   string  // translated: the h1 and, with the brand, the <title>
	Nav     string  // active navigation item: "home", "orders", …
	Crumbs  []Crumb // way up to this page, this page itself not included
	Viewer  *Viewer // nil when nobody is signed in
	Brand   string  // the operator's shop name
	Theme   string  // "light", "dark", or "" to follow the system
	Flashes []Flash // messages left by the previous request

	Demo         bool // the banner on every page
	DemoInternet bool // the pretend internet is mounted at /demo
	Sandbox      bool // certificates come from the sandbox CA; implied by Demo

	Assets    Assets
	Path      string // this page's path and query, where a preference change returns to
	Narrow    bool   // one column of reading width
	RequestID string
	Now       time.Time
	Refresh   int // seconds after which a browser without JavaScript reloads; 0 never
}

// Viewer is the signed-in person.
type Viewer struct {
	Name, Email string
	Role        string // admin, support, owner, billing, technical, viewer
	Company     string // the reseller's; empty for the operator's people
	Balance     money.Money
	Available   money.Money // balance plus allowance
	Operator    bool        // admin or support: sees the operator's navigation
}

// MayOrder says whether this person may spend credit on orders.
func (v *Viewer) MayOrder() bool {
	return v != nil && !v.Operator && (v.Role == "owner" || v.Role == "technical")
}

// MayPay says whether this person may pay with credit what was ordered unpaid.
func (v *Viewer) MayPay() bool { return v.MayOrder() || v != nil && v.Role == "billing" }

// MaySeeMoney says whether this person may see invoices and the statement.
func (v *Viewer) MaySeeMoney() bool { return v != nil && !v.Operator && v.Role != "technical" }

// Flash is a message about what was just done. Kind is success, info, warning or error.
type Flash struct {
	Kind string
	Text string // translated
}

// Crumb is one step of the way up to a page.
type Crumb struct {
	Text string // translated, or a name from the book
	Href string
}

// Assets are the paths of the built files, with their hashes.
type Assets struct {
	CSS, JS, CSRMaker, Font, Favicon string
}

// DocumentTitle is the text of <title>: the h1, then the shop.
func (p Page) DocumentTitle() string {
	if p.Title == "" || p.Title == p.Brand {
		return p.Brand
	}
	return p.Title + " · " + p.Brand
}

// OtherTheme is the theme the theme switch leads to. A page that follows the system
// switches to dark first: the server cannot know what the system prefers.
func (p Page) OtherTheme() string {
	if p.Theme == "dark" {
		return "light"
	}
	return "dark"
}

// navItem is one entry of the navigation; name is both Page.Nav and the word nav.<name>.
type navItem struct {
	name, href, icon string
}

var internetItem = navItem{"internet", "/demo", "globe"}

func (p Page) navigation() []navItem {
	if p.Viewer.Operator {
		return []navItem{
			{"home", "/admin", "house"},
			{"orders", "/admin/orders", "shopping-bag"},
			{"resellers", "/admin/resellers", "users"},
			{"groups", "/admin/groups", "tag"},
			{"products", "/admin/products", "package"},
			{"upstreams", "/admin/upstreams", "plug"},
			{"topups", "/admin/top-ups", "banknote"},
			{"ledger", "/admin/ledger", "book-open"},
			{"stats", "/admin/stats", "chart-column"},
			{"jobs", "/admin/jobs", "activity"},
			{"mail", "/admin/mail", "mail"},
			{"audit", "/admin/audit", "scroll-text"},
			{"settings", "/settings", "settings"},
		}
	}
	items := []navItem{
		{"home", "/", "house"},
		{"catalog", "/catalog", "layout-grid"},
		{"orders", "/orders", "shopping-bag"},
		{"licences", "/licences", "server"},
		{"external", "/external", "external-link"},
	}
	if p.Viewer.MaySeeMoney() {
		items = append(items, navItem{"invoices", "/invoices", "file-text"}, navItem{"credits", "/credits", "wallet"}, navItem{"stats", "/stats", "chart-column"})
	}
	items = append(items, navItem{"contacts", "/contacts", "contact"}, navItem{"integrations", "/integrations", "plug"})
	return append(items, navItem{"settings", "/settings", "settings"})
}

// bottomNavigation splits the navigation for phones: four thumbs' reach, the rest under More.
func (p Page) bottomNavigation() (reach, more []navItem) {
	moved := []string{"invoices", "licences", "external"}
	for _, item := range p.navigation() {
		if len(reach) < 4 && !slices.Contains(moved, item.name) {
			reach = append(reach, item)
		} else {
			more = append(more, item)
		}
	}
	return reach, more
}

func (p Page) searchAction() templ.SafeURL {
	if p.Viewer.Operator {
		return "/admin/orders"
	}
	return "/orders"
}

// withQuery is path with query's values, replaced or, when set to "", removed by the
// pairs that follow. Order of the result is stable.
func withQuery(path string, query url.Values, pairs ...string) string {
	next := url.Values{}
	for key, values := range query {
		next[key] = values
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			next.Del(pairs[i])
		} else {
			next.Set(pairs[i], pairs[i+1])
		}
	}
	if len(next) == 0 {
		return path
	}
	return path + "?" + next.Encode()
}

func (n navItem) safeHref() templ.SafeURL { return templ.SafeURL(n.href) }

func otherLanguage(ctx context.Context) string {
	if i18n.From(ctx).Lang == "tr" {
		return "en"
	}
	return "tr"
}

func languageCode(lang string) string { return strings.ToUpper(lang) }

// kindIcon is the icon that stands beside a message or pill of a kind, so that
// nothing is told by colour alone.
func kindIcon(kind string) string {
	switch kind {
	case "success":
		return "circle-check"
	case "warning":
		return "triangle-alert"
	case "error":
		return "circle-alert"
	case "neutral":
		return "circle"
	default:
		return "info"
	}
}
