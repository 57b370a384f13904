package views

import (
	"context"
	"strconv"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
)

// OrderForm is an order as it was typed; the names of its inputs are product, months,
// domain, sans, wildcard_sans, customer_name, customer_email, note.
type OrderForm struct {
	Months        int
	Domain        string
	SANs          string // one per line
	WildcardSANs  string // one per line
	CustomerName  string
	CustomerEmail string
	Note          string
	Renews        int64 // the order that it renews; 0: none
}

// Renewed is the order that a new one renews.
type Renewed struct {
	ID     int64
	Number string
	EndsAt time.Time
}

// OrderProduct is what the form needs to know about the product.
type OrderProduct struct {
	ID                  int64
	Brand, Name         string
	Kind                string
	Validation          string
	Terms               []ProductTerm
	SANIncluded         int
	SANMax              int
	WildcardSANIncluded int
	WildcardSANMax      int
}

// HasDomain says whether the form asks for a domain; a licence asks for an address instead.
func (p OrderProduct) HasDomain() bool { return p.Kind != "code-signing" }

// NewOrderPage is the form of /orders/new. It posts to /orders/check.
type NewOrderPage struct {
	Product   OrderProduct
	Form      OrderForm
	Problems  Problems
	Quote     QuotePanel
	FormToken string
	Renewed   *Renewed // nil: an order of its own
}

// QuotePanel is what the order would cost. The fragment of POST /orders/quote, and a
// part of the form and of the check page. All amounts are for the whole term.
type QuotePanel struct {
	Months       int // 0: no term chosen yet, nothing is shown
	ListPrice    money.Money
	SANs         int // additional names that are charged, wildcard ones included
	SANsIncluded int // additional names that the product includes
	SANTotal     money.Money
	Discount     money.Money // list − own price, not negative
	Total        money.Money // before tax
	TaxBP        int         // basis points; 0 hides the tax
	Tax          money.Money
	Payable      money.Money
	Available    money.Money
	After        money.Money // available after the order; negative when it is not enough
	SeesMoney    bool        // the reader may open the credits page
}

// Enough says whether the credit covers the order.
func (q QuotePanel) Enough() bool { return q.After.Minor >= 0 }

// CheckOrderPage repeats every answer before the order is placed. Its form posts to
// /orders to place, and to /orders/edit to change an answer; both carry every value.
type CheckOrderPage struct {
	Product   OrderProduct
	Form      OrderForm
	Domain    string   // tidied, as it will be ordered; readable letters
	Names     []string // additional names, tidied, wildcard ones included
	Quote     QuotePanel
	FormToken string
	Before    *money.Money // the price that was shown before and is no longer; nil: it stands
	// MayPayLater offers to place the order unpaid where the credit is short.
	MayPayLater bool
	Renewed     *Renewed // nil: an order of its own
}

// placing carries the form along with the price that is agreed to by sending it.
func (m CheckOrderPage) placing() []Hidden {
	return append(m.Form.hidden(m.Product.ID, m.FormToken), quoted(m.Quote.Payable))
}

// quoted is the price that an order was shown with: it is placed at no other.
func quoted(payable money.Money) Hidden {
	return Hidden{"quoted", strconv.FormatInt(payable.Minor, 10)}
}

// InsufficientCreditPage says what is missing. Nothing was ordered.
type InsufficientCreditPage struct {
	Product   string
	Domain    string
	Needed    money.Money
	Available money.Money
	Missing   money.Money
	TopUp     []string // the operator's bank lines
	Later     []Hidden // the order form once more, to be placed unpaid; nil where the reseller may not
	BackHref  string   // the same order form again, filled in
}

// Unpaid carries the form along, to be placed unpaid at a price.
func (f OrderForm) Unpaid(product int64, token string, payable money.Money) []Hidden {
	return append(f.hidden(product, token), Hidden{"unpaid", "1"}, quoted(payable))
}

// hidden carries the form along.
func (f OrderForm) hidden(product int64, token string) []Hidden {
	list := []Hidden{
		{"product", strconv.FormatInt(product, 10)},
		{"months", strconv.Itoa(f.Months)},
		{"domain", f.Domain},
		{"sans", f.SANs},
		{"wildcard_sans", f.WildcardSANs},
		{"customer_name", f.CustomerName},
		{"customer_email", f.CustomerEmail},
		{"note", f.Note},
		{"form_token", token},
	}
	if f.Renews != 0 {
		list = append(list, Hidden{"renews", strconv.FormatInt(f.Renews, 10)})
	}
	return list
}

// OrderProblem is why a field of an order was refused, by the book's code; name and
// max fill in what the words speak of.
func OrderProblem(field, code, name string, max int) Problem {
	return Problem{Field: field, Key: "problem." + code, Args: []any{"Name", name, "Max", max}}
}

// CSRFault is why a CSR was refused; which fields are set depends on the code.
type CSRFault struct {
	Code                      string
	Expected, Found, Name     string
	Algorithm, Curve, KeyType string
	Bits, Min, Max, Count     int
}

// CSRProblem puts a fault beside a field.
func CSRProblem(field string, f CSRFault) Problem {
	return Problem{Field: field, Key: "csr.problem." + f.Code, Args: []any{
		"Expected", f.Expected, "Found", f.Found, "Name", f.Name,
		"Algorithm", f.Algorithm, "Curve", f.Curve, "KeyType", f.KeyType,
		"Bits", f.Bits, "Min", f.Min, "Max", f.Max, "Count", f.Count,
	}}
}

func (m NewOrderPage) termCards(ctx context.Context) RadioCards {
	cards := RadioCards{Name: "months", Legend: i18n.T(ctx, "neworder.term"), Error: m.Problems.Of(ctx, "months"), Stacked: true}
	if m.Form.Months > 0 {
		cards.Value = strconv.Itoa(m.Form.Months)
	}
	for _, t := range m.Product.Terms {
		cards.Cards = append(cards.Cards, RadioCard{
			Value: strconv.Itoa(t.Months), Title: i18n.Months(ctx, t.Months), Aside: i18n.Money(ctx, t.Own),
		})
	}
	return cards
}

func (m NewOrderPage) domainHint(ctx context.Context) string {
	if m.Product.Kind == "wildcard" {
		return i18n.T(ctx, "neworder.domain.wildcard")
	}
	return i18n.T(ctx, "neworder.domain.hint")
}

// chosenTerm is the term the hints speak of: the chosen one, else the first.
func (m NewOrderPage) chosenTerm() ProductTerm {
	for _, t := range m.Product.Terms {
		if t.Months == m.Form.Months {
			return t
		}
	}
	if len(m.Product.Terms) > 0 {
		return m.Product.Terms[0]
	}
	return ProductTerm{}
}

func (m NewOrderPage) sanHint(ctx context.Context) string {
	return i18n.T(ctx, "neworder.sans.hint",
		"Limit", upTo(ctx, m.Product.SANMax, m.Product.SANIncluded), "Price", i18n.Money(ctx, m.chosenTerm().SAN))
}

func (m NewOrderPage) wildcardSANHint(ctx context.Context) string {
	return i18n.T(ctx, "neworder.wildcardsans.hint",
		"Limit", upTo(ctx, m.Product.WildcardSANMax, m.Product.WildcardSANIncluded), "Price", i18n.Money(ctx, m.chosenTerm().WildcardSAN))
}

// detailsOpen shows the optional fields when one of them holds or wants something.
func (m NewOrderPage) detailsOpen() bool {
	for _, p := range m.Problems {
		if p.Field == "customer_name" || p.Field == "customer_email" || p.Field == "note" {
			return true
		}
	}
	return m.Form.CustomerName+m.Form.CustomerEmail+m.Form.Note != ""
}

func (m CheckOrderPage) customer() string {
	if m.Form.CustomerName == "" || m.Form.CustomerEmail == "" {
		return m.Form.CustomerName + m.Form.CustomerEmail
	}
	return m.Form.CustomerName + " · " + m.Form.CustomerEmail
}

// namesField is where additional names are changed.
func (m CheckOrderPage) namesField() string {
	if m.Product.SANMax == 0 {
		return "wildcard_sans"
	}
	return "sans"
}

func (m InsufficientCreditPage) heading() string {
	if m.Domain == "" {
		return m.Product
	}
	return m.Product + " · " + m.Domain
}
