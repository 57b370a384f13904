package billmanager

import (
	"slices"
	"strconv"
	"strings"

	"certbay/db"
)

const currency = "USD"

// certificateTypes are what itemtype may ask for; anything else has no tariffs here.
var certificateTypes = []string{"", "certificate"}

// pricelists is func=pricelist.export: the tariffs of the reseller's group. A tariff
// whose price can't be told now is not among them: it can't be ordered either.
func (c *call) pricelists() (*node, error) {
	d := doc(c.fn.name)
	if !slices.Contains(certificateTypes, c.fields.text("itemtype")) {
		return d, nil
	}
	products, err := c.Book.Products(c.Ctx, c.Caller.ResellerID, db.ProductFilter{})
	if err != nil {
		return nil, err
	}
	for _, p := range products {
		if p.Kind != db.KindLicence && !p.NoRate {
			c.tariff(d.row("pricelist"), p)
		}
	}
	return d, nil
}

// tariff writes a product. intname is its name for programs: DV, OV_WILDCARD …
func (c *call) tariff(n *node, p db.Product) {
	n.add("id", strconv.FormatInt(p.ID, 10))
	n.add("name", p.Name)
	n.add("intname", intname(p))
	n.add("itemtype", "certificate")
	n.add("project", "1")
	n.add("description", p.DescriptionEN)
	n.add("brand", p.Brand)
	n.add("kind", string(p.Kind))
	n.add("validation", p.Validation)
	n.add("currency", currency)
	if p.WarrantyCents > 0 {
		n.add("warranty", decimal(p.WarrantyCents))
	}
	var words []string
	for _, m := range p.DCVMethods {
		if m == "https" {
			words = append(words, "auth_file_https")
			continue
		}
		words = append(words, methodWord(m))
	}
	n.add("approver_methods", strings.Join(words, " "))
	prices(n, p.Terms, func(t db.Term) int64 { return t.GroupCents })
	addon(n, "domain_count", p.SANIncluded, p.SANMax, p.Terms, func(t db.Term) int64 { return t.SANCents })
	addon(n, "wildcard_domain_count", p.WildcardSANIncluded, p.WildcardSANMax, p.Terms, func(t db.Term) int64 { return t.WildcardSANCents })
}

func intname(p db.Product) string {
	name := strings.ToUpper(p.Validation)
	switch p.Kind {
	case db.KindWildcard:
		return name + "_WILDCARD"
	case db.KindMultiDomain:
		return name + "_MULTIDOMAIN"
	case db.KindCodeSigning:
		return "CODESIGNING_" + name
	}
	return name
}

func prices(n *node, terms []db.Term, cents func(db.Term) int64) {
	price := n.add("price", "")
	price.attrs = []attr{{"currency", currency}}
	for _, t := range terms {
		p := price.row("period")
		p.attrs = []attr{{"type", "month"}, {"length", strconv.Itoa(t.Months)}, {"cost", decimal(cents(t))}}
		p.text = decimal(cents(t)) + " " + currency
	}
}

// addon writes what additional names cost, where the product takes any.
func addon(n *node, intname string, included, most int, terms []db.Term, cents func(db.Term) int64) {
	if most == 0 {
		return
	}
	a := n.row("addon")
	a.add("id", intname)
	a.add("intname", intname)
	a.add("addonincluded", strconv.Itoa(included))
	a.add("addonmin", "0")
	a.add("addonmax", strconv.Itoa(most))
	prices(a, terms, cents)
}

// methodWord is the approver_method of a method.
func methodWord(method string) string {
	switch method {
	case "email":
		return "auth_email"
	case "dns":
		return "auth_dnstxt"
	}
	return "auth_file"
}

// methodOf reads an approver_method; https says that a file is looked for by HTTPS.
func methodOf(word string, https bool) (string, error) {
	switch strings.ToLower(word) {
	case "", "auth_email", "email":
		return "email", nil
	case "auth_dnstxt", "auth_dns", "auth_dnscname", "auth_cname", "dns":
		return "dns", nil
	case "auth_file", "auth_http", "http", "file":
		if https {
			return "https", nil
		}
		return "http", nil
	case "auth_file_https", "auth_https", "https":
		return "https", nil
	}
	return "", &wrongField{"approver_method", "auth_email, auth_file or auth_dnstxt is needed"}
}
