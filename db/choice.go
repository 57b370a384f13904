package db

import (
	"context"
	"slices"
	"strings"

	"certbay/db/certs"
)

// NameChoice is how control of one name will be shown, where not all names of an
// order are proven alike. Email is the approver for the method email.
type NameChoice struct {
	Name   string
	Method string
	Email  string
}

// choiceOf is the method and approver of a name: its own choice, else the one for
// all names.
func (c Configuration) choiceOf(name string) (method, email string) {
	if i := slices.IndexFunc(c.Choices, func(n NameChoice) bool { return n.Name == name }); i >= 0 {
		return c.Choices[i].Method, c.Choices[i].Email
	}
	return c.Method, c.Email
}

// strangeApprovers is strangeApprover for each name's own choice, and for the rest.
func (c Configuration) strangeApprovers(names []string) (problems []Problem) {
	rest := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(c.Choices, func(n NameChoice) bool { return n.Name == name })
	})
	for _, n := range c.Choices {
		problems = append(problems, strangeApprover(n.Method, n.Email, []string{n.Name})...)
	}
	if len(rest) == 0 {
		return problems
	}
	return append(problems, strangeApprover(c.Method, c.Email, rest)...)
}

// CheckOrder is all that PlaceOrder and Configure would find wrong with an order
// that is configured at once, but for the credit; nothing is changed. Errors: those
// of Draft, *certs.CSRError.
func (db *DB) CheckOrder(ctx context.Context, resellerID int64, n NewOrder, c Configuration) (Draft, error) {
	d, err := db.Draft(ctx, resellerID, n)
	if err != nil {
		return d, err
	}
	o := Order{Domain: d.Domain, SANCount: d.SANCount, WildcardSANCount: d.WildcardSANCount}
	_, _, err = c.check(o, d.Product, d.SANs)
	return d, err
}

// excess refuses a reissue that names more than was bought: places for plain names
// and for wildcards are counted apart, what comes with the domain for nothing is not counted.
func (c Configuration) excess(o Order, p Product) []Problem {
	plain, wildcards := 0, 0
	for _, name := range c.SANs {
		switch {
		case name == o.Domain || certs.IsTwin(o.Domain, name):
		case strings.HasPrefix(name, "*."):
			wildcards++
		default:
			plain++
		}
	}
	return append(tooMany("sans", plain, max(o.SANCount, p.SANIncluded), "sans_not_sold"),
		tooMany("wildcard_sans", wildcards, max(o.WildcardSANCount, p.WildcardSANIncluded), "wildcard_sans_not_sold")...)
}
