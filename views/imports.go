package views

import (
	"context"
	"strconv"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"

	"github.com/a-h/templ"
)

// ImportsPage is /admin/upstreams/import: what may be read, and what was. The forms
// post upstream and, of products, kind to the same address with what.
type ImportsPage struct {
	Upstreams []string // whose products can be read
	Listers   []string // whose orders can be read
	Upstream  string   // chosen before
	Kinds     []string
	Rows      []ImportRunRow
	Pager     Pager
}

// ImportRunRow is a reading. What is "products" or "orders", State reading, ready or failed.
type ImportRunRow struct {
	ID                    int64
	Upstream, What, Kind  string
	State                 string
	Nightly               bool
	Compared, Gone, Below int
	By                    string
	At                    time.Time
}

// ImportPage is /admin/upstreams/import/{id}: how far a reading is, and then what it
// found. Its form posts to {id}/take: of products as-ROW (create, link:PRODUCT, cost,
// off, or nothing) and markup; of orders take-ROW, reseller, reseller-ROW and
// product-ROW; every takes all rows of a state.
type ImportPage struct {
	ImportProgress
	Upstream, Kind string
	Nightly        bool
	At             time.Time
	By             string
	Error          string // of a reading that failed, verbatim
	Alarm          bool   // an alarm that nobody has put aside
	Gone, Below    int

	View      string // the state that is shown
	Views     []Chip
	Products  []ImportProductRow
	Orders    []ImportOrderRow
	Rates     []string // "1 EUR = 1.0843 USD", of currencies that rows have
	Pager     Pager
	Markup    string   // as typed, per cent
	Reseller  string   // as typed
	Resellers []string // to choose from
	Catalog   []string // product names to choose from
	Every     int      // rows of the state that Every would take; 0: it is not offered
	Problems  Problems
}

// ImportProgress is how far the reading or the taking of a run is.
type ImportProgress struct {
	ID                              int64
	What, State                     string
	Read, Total                     int // Total 0: not known
	Wanted, Taken, Stale, Unwilling int
}

// Live says whether something goes on.
func (m ImportProgress) Live() bool { return m.State == "reading" || m.Wanted > 0 }

// ImportProductRow is a product of an upstream beside ours.
type ImportProductRow struct {
	ID                             int64
	Name, Brand, Code              string
	Kind, Validation               string
	SANs, WildcardSANs             int
	State, Problem, Result, Reason string
	ReasonName                     string
	Terms                          []ImportCost
	Prices                         []ImportGroupPrice
	Ours                           string // the product that it is, or seems to be
	OursID                         int64
	Choice                         string
	Options                        []Option // Text is the name of a product to link to, or ""
}

// ImportCost is what a term costs there; Before is what the book reckons now.
type ImportCost struct {
	Months        int
	Before, After money.Money
	Compared      bool
}

// ImportGroupPrice is a group's price of a term afterwards.
type ImportGroupPrice struct {
	Group         string
	Months        int
	Before, After money.Money
	Cost          money.Money
	MarginBP      int
	Below, NoRate bool
}

// ImportOrderRow is an order of an upstream. Reseller and Product are as typed.
type ImportOrderRow struct {
	ID                      int64
	Ref, Name, There        string // There: the product's name or code there
	State, Word             string // the book's word for how it stands, and the upstream's
	PlacedAt, EndsAt        time.Time
	Problem, Result, Reason string
	ReasonName              string
	OrderID                 int64
	Take                    bool
	Reseller, Product       string
}

func importHref(id int64) string { return "/admin/upstreams/import/" + strconv.FormatInt(id, 10) }

func (m ImportProgress) href() string { return importHref(m.ID) }

func (m ImportPage) title(ctx context.Context) string {
	return i18n.T(ctx, "import.of."+m.What, "Name", m.Upstream)
}

func (r ImportRunRow) title(ctx context.Context) string {
	return i18n.T(ctx, "import.of."+r.What, "Name", r.Upstream)
}

// progress is the sentence beside the bar.
func (m ImportProgress) progress(ctx context.Context) string {
	n := func(i int) string { return i18n.Number(ctx, int64(i)) }
	switch {
	case m.State == "reading" && m.Total > 0:
		return i18n.T(ctx, "import.compared", "Done", n(m.Read), "Total", n(m.Total))
	case m.State == "reading" && m.What == "orders":
		return i18n.N(ctx, "import.read", m.Read, "Number", n(m.Read))
	case m.State == "reading":
		return i18n.T(ctx, "import.asking")
	}
	return i18n.T(ctx, "import.taking", "Done", n(m.tried()), "Total", n(m.tried()+m.Wanted))
}

func (m ImportProgress) tried() int { return m.Taken + m.Stale + m.Unwilling }

// cost is an amount in whatever the upstream counts in.
func importCost(ctx context.Context, m money.Money) string {
	if m.Currency.Valid() {
		return i18n.Money(ctx, m)
	}
	return m.String()
}

// change is how much more or less a term costs, in basis points; false where that says nothing.
func (c ImportCost) change() (bp int, told bool) {
	if !c.Compared || c.Before.Currency != c.After.Currency || c.Before.Minor <= 0 || c.Before == c.After || !c.After.Currency.Valid() {
		return 0, false
	}
	return int(money.Convert(money.New(c.After.Minor-c.Before.Minor, c.After.Currency), 10_000, c.Before.Minor, c.After.Currency).Minor), true
}

// signed is a percentage with its sign.
func signed(ctx context.Context, bp int) string {
	if bp > 0 {
		return "+" + i18n.Percent(ctx, bp)
	}
	return i18n.Percent(ctx, bp)
}

// told are the prices that are shown at once: those below cost, and some others.
func (r ImportProductRow) told() (first, rest []ImportGroupPrice) {
	const few = 3
	for _, p := range r.Prices {
		if p.Below || p.NoRate {
			first = append(first, p)
		} else {
			rest = append(rest, p)
		}
	}
	for len(first) < few && len(rest) > 0 {
		first, rest = append(first, rest[0]), rest[1:]
	}
	return first, rest
}

func (r ImportProductRow) field() string { return "as-" + strconv.FormatInt(r.ID, 10) }

// options are what may become of a row, in words.
func (r ImportProductRow) options(ctx context.Context) []Option {
	list := []Option{{"", i18n.T(ctx, "import.leave."+r.State)}}
	for _, o := range r.Options {
		text := o.Text
		if text != "" {
			text = i18n.T(ctx, "import.link", "Name", text)
		} else {
			text = i18n.Word(ctx, "import.as", o.Value)
		}
		list = append(list, Option{o.Value, text})
	}
	return list
}

func (r ImportOrderRow) field(name string) string { return name + "-" + strconv.FormatInt(r.ID, 10) }

// importReason is why a row could not be taken: a code of the book, or the upstream's words.
func importReason(ctx context.Context, code, name string) string {
	switch code {
	case "import_kind", "import_offered", "import_rate", "import_name", "import_certificate", "import_unsure", "taken", "licence_exists":
		return i18n.T(ctx, "import.reason."+code, "Name", name)
	case "required", "invalid", "out_of_range", "too_long":
		return i18n.T(ctx, "import.reason.sheet", "Name", name)
	}
	if name != "" {
		return code + ": " + name
	}
	return code
}

func importRunHref(id int64) templ.SafeURL { return templ.SafeURL(importHref(id)) }

// sub says who read it, and when.
func (m ImportPage) sub(ctx context.Context) string {
	by := m.By
	if m.Nightly {
		by = i18n.T(ctx, "import.nightly")
	}
	text := by + " · " + i18n.DateTime(ctx, m.At)
	if m.Kind != "" {
		text = i18n.Word(ctx, "kind", m.Kind) + " · " + text
	}
	return text
}

// choosable says whether anything on the page can be taken.
func (m ImportPage) choosable() bool {
	for _, r := range m.Products {
		if len(r.Options) > 0 && r.Result == "" && r.Problem == "" {
			return true
		}
	}
	for _, r := range m.Orders {
		if r.takeable() {
			return true
		}
	}
	return false
}

func (r ImportOrderRow) takeable() bool { return r.OrderID == 0 && r.Result == "" && r.Problem == "" }
