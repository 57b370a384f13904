package api

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"certbay/providers"
	"certbay/providers/internal/wire"
)

var errNoPair = errors.New("the answer has no CSR, or no key")

// unread is an answer whose fields were not understood.
func unread(function string, err error) error {
	return fmt.Errorf("%s: %w: %w", function, err, providers.ErrUnavailable)
}

// Pricelist is a tariff. Only ID, Name and Price are documented; of the rest nothing may be there.
type Pricelist struct {
	ID       wire.Int
	Name     wire.Text
	IntName  wire.Text // the name for programs: DV, OV_WILDCARD …
	Brand    wire.Text
	ItemType wire.Text
	Currency wire.Text // of its prices
	Price    []Period
	Addons   []Addon

	Validation, Kind wire.Text // dv, ov, ev; ssl, wildcard, multi-domain …
	Methods          []string  // words of approver_method, and https for files
	Warranty         wire.Cents
}

// Period is a length that a tariff is sold for.
type Period struct {
	Type   wire.Text // month, day, lifetime …
	Length wire.Int
	Cost   wire.Cents
}

// Months is the length in months, 0 of what is no whole number of months.
func (p Period) Months() int {
	switch strings.ToLower(p.Type.String()) {
	case "month", "months", "1", "":
		return int(p.Length)
	case "year", "years":
		return 12 * int(p.Length)
	}
	return 0
}

// Addon is something bought beside: additional names.
type Addon struct {
	IntName  wire.Text // domain_count, wildcard_domain_count
	Included wire.Int
	Max      wire.Int
	Price    []Period
}

func periods(n *Node) (list []Period, err error) {
	for _, p := range n.One("price").All("period") {
		var v Period
		r := &reader{n: p}
		r.read("type", &v.Type)
		r.read("length", &v.Length)
		r.read("cost", &v.Cost)
		if r.err != nil {
			return nil, r.err
		}
		list = append(list, v)
	}
	return list, nil
}

func pricelist(n *Node) (v Pricelist, err error) {
	r := &reader{n: n}
	r.read("id", &v.ID)
	r.read("name", &v.Name)
	for _, lang := range []string{"name_en", "name_ru"} {
		if v.Name == "" {
			r.read(lang, &v.Name)
		}
	}
	r.read("intname", &v.IntName)
	r.read("brand", &v.Brand)
	r.read("itemtype", &v.ItemType)
	r.read("currency", &v.Currency)
	if v.Currency == "" {
		v.Currency = wire.Text(n.One("price").Get("currency"))
	}
	r.read("validation", &v.Validation)
	r.read("kind", &v.Kind)
	r.read("warranty", &v.Warranty)
	v.Methods = names(n.Get("approver_methods"))
	if v.Price, err = periods(n); err != nil {
		return v, err
	}
	for _, a := range n.All("addon") {
		var addon Addon
		s := &reader{n: a}
		s.read("intname", &addon.IntName)
		s.read("addonincluded", &addon.Included)
		s.read("addonmax", &addon.Max)
		if s.err != nil {
			return v, s.err
		}
		if addon.Price, err = periods(a); err != nil {
			return v, err
		}
		v.Addons = append(v.Addons, addon)
	}
	return v, r.err
}

// Pricelists reads the tariffs for certificates that can be ordered. project is the provider whose they are; empty: the account's.
//
// Seed 002, "Importing tariff plans"; research notes: pricelist.export
func (c *Client) Pricelists(ctx context.Context, project string) ([]Pricelist, error) {
	form := url.Values{"itemtype": {"certificate"}, "onlyavailable": {"yes"}}
	if project != "" {
		form.Set("project", project)
	}
	doc, err := c.read(ctx, "pricelist.export", form)
	if err != nil {
		return nil, err
	}
	list := []Pricelist{}
	for _, n := range doc.All("pricelist") {
		v, err := pricelist(n)
		if err != nil {
			return nil, unread("pricelist.export", fmt.Errorf("tariff %s: %w", n.Get("id"), err))
		}
		list = append(list, v)
	}
	return list, nil
}

// Country is a row of the BILLmanager's own table.
type Country struct {
	ID   wire.Int
	ISO  wire.Text // two letters
	Name wire.Text
}

// Countries reads the numbers that the parameters of an order have for countries.
//
// Reselling SSL certificates, "Get a list of countries with digital codes"; the names of its fields are not documented.
func (c *Client) Countries(ctx context.Context) ([]Country, error) {
	doc, err := c.read(ctx, "country", nil)
	if err != nil {
		return nil, err
	}
	list := []Country{}
	for _, n := range doc.All("elem") {
		var v Country
		r := &reader{n: n}
		r.read("id", &v.ID)
		r.read("iso2", &v.ISO)
		r.read("name", &v.Name)
		if r.err != nil {
			return nil, unread("country", r.err)
		}
		list = append(list, v)
	}
	return list, nil
}
