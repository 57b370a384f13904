package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

// maxRows is how many terms, and how many offers, a product's form may have.
const maxRows = 20

// AdminProducts is GET /admin/products.
func (h *Handlers) AdminProducts(c echo.Context) error {
	products, err := h.Book.ProductSummaries(c.Request().Context(), db.ProductFilter{})
	if err != nil {
		return err
	}
	var m views.AdminProductsPage
	for _, p := range products {
		m.Rows = append(m.Rows, views.AdminProductRow{ID: p.ID, Brand: p.Brand, Name: p.Name, Kind: string(p.Kind), Validation: p.Validation,
			Offers: p.Offers, Groups: p.Groups, Active: p.Active})
	}
	return show(h, c, http.StatusOK, views.AdminProducts, m)
}

// AdminNewProductForm is GET /admin/products/new.
func (h *Handlers) AdminNewProductForm(c echo.Context) error {
	return h.productForm(c, http.StatusOK, views.AdminProductPage{Kind: string(db.KindSSL), Validation: "dv", DomainType: "single", Active: true,
		Methods: db.DCVMethods, Terms: []views.TermForm{{Months: "12"}}, Offers: []views.OfferForm{{Rank: "1", Active: true}}})
}

// productForm draws the form with rows to spare and what may be chosen.
func (h *Handlers) productForm(c echo.Context, status int, m views.AdminProductPage) error {
	m.Terms = append(m.Terms, views.TermForm{})
	m.Offers = append(m.Offers, views.OfferForm{Rank: strconv.Itoa(len(m.Offers) + 1), Active: true})
	for _, k := range db.ProductKinds {
		m.Kinds = append(m.Kinds, string(k))
	}
	for _, k := range money.Currencies {
		m.Currencies = append(m.Currencies, string(k))
	}
	var err error
	if m.Upstreams, err = h.Upstreams.Names(c.Request().Context()); err != nil {
		return err
	}
	m.Validations, m.DomainTypes, m.AllMethods = db.Validations, db.DomainTypes, db.DCVMethods
	return show(h, c, status, views.AdminProduct, m)
}

// AdminProductForm is GET /admin/products/:id.
func (h *Handlers) AdminProductForm(c echo.Context) error {
	s, err := h.sheetOf(c)
	if err != nil {
		return err
	}
	m := views.AdminProductPage{ID: s.ID, Title: s.Name, Seen: s.Digest(), Brand: s.Brand, Name: s.Name, Kind: string(s.Kind), Validation: s.Validation,
		DomainType: s.DomainType, Warranty: money.USD(s.WarrantyCents).Decimal(), DescriptionTR: s.DescriptionTR, DescriptionEN: s.DescriptionEN,
		SANIncluded: strconv.Itoa(s.SANIncluded), SANMax: strconv.Itoa(s.SANMax), WildcardIncluded: strconv.Itoa(s.WildcardSANIncluded),
		WildcardMax: strconv.Itoa(s.WildcardSANMax), Methods: s.DCVMethods, Active: s.Active, Ordered: s.Ordered}
	for _, t := range s.Terms {
		m.Terms = append(m.Terms, views.TermForm{Months: strconv.Itoa(t.Months), List: money.USD(t.ListCents).Decimal(),
			SAN: money.USD(t.SANCents).Decimal(), WildcardSAN: money.USD(t.WildcardSANCents).Decimal()})
	}
	for _, o := range s.Offers {
		m.Offers = append(m.Offers, views.OfferForm{ID: o.ID, Upstream: o.Upstream, Code: o.ProductCode, Cost: money.USD(o.CostCents).Decimal(),
			Currency: string(o.Currency), Rank: strconv.Itoa(o.Rank), Active: o.Active})
	}
	return h.productForm(c, http.StatusOK, m)
}

func (h *Handlers) sheetOf(c echo.Context) (db.ProductSheet, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return db.ProductSheet{}, err
	}
	return h.Book.ProductSheet(c.Request().Context(), id)
}

// productReader reads the fields of a product's form and notes what is no number.
type productReader struct {
	c        echo.Context
	problems views.Problems
}

func (r *productReader) text(name string) string { return strings.TrimSpace(r.c.FormValue(name)) }

func (r *productReader) wrong(field string) {
	r.problems = append(r.problems, views.Problem{Field: field, Key: "problem.product.number"})
}

// whole is a number; an empty field is 0.
func (r *productReader) whole(name string) int {
	text := r.text(name)
	n, err := strconv.ParseInt(text, 10, 32)
	if text != "" && err != nil {
		r.wrong(name)
	}
	return int(n)
}

// cents is an amount in hundredths; an empty field is 0.
func (r *productReader) cents(name string) int64 {
	text := r.text(name)
	amount, err := money.Parse(text, money.CurrencyUSD)
	if text != "" && err != nil {
		r.wrong(name)
	}
	return amount.Minor
}

// needed is cents of a field that must not be empty.
func (r *productReader) needed(name string) int64 {
	if r.text(name) == "" {
		r.problems = append(r.problems, views.Problem{Field: name, Key: "form.required"})
	}
	return r.cents(name)
}

// readProduct reads the form of a product, as what it means and as it was typed.
// Rows are numbered without those that don't count.
func readProduct(c echo.Context) (db.ProductSheet, views.AdminProductPage) {
	r := &productReader{c: c}
	m := views.AdminProductPage{Seen: c.FormValue("seen"), Brand: r.text("brand"), Name: r.text("name"), Kind: r.text("kind"), Validation: r.text("validation"),
		DomainType: r.text("domain_type"), Warranty: r.text("warranty"), DescriptionTR: r.text("description_tr"), DescriptionEN: r.text("description_en"),
		SANIncluded: r.text("san_included"), SANMax: r.text("san_max"), WildcardIncluded: r.text("wildcard_san_included"), WildcardMax: r.text("wildcard_san_max"),
		Active: c.FormValue("active") != ""}
	for _, method := range db.DCVMethods {
		if c.FormValue("dcv-"+method) != "" {
			m.Methods = append(m.Methods, method)
		}
	}
	s := db.ProductSheet{Product: db.Product{Brand: m.Brand, Name: m.Name, Kind: db.ProductKind(m.Kind), Validation: m.Validation, DomainType: m.DomainType,
		WarrantyCents: r.cents("warranty"), DescriptionTR: m.DescriptionTR, DescriptionEN: m.DescriptionEN, SANIncluded: r.whole("san_included"), SANMax: r.whole("san_max"),
		WildcardSANIncluded: r.whole("wildcard_san_included"), WildcardSANMax: r.whole("wildcard_san_max"), DCVMethods: m.Methods, Active: m.Active}}
	for i := range maxRows {
		field := func(name string) string { return name + "-" + strconv.Itoa(i) }
		if f := (views.TermForm{Months: r.text(field("months")), List: r.text(field("list")), SAN: r.text(field("san")), WildcardSAN: r.text(field("wildcard_san"))}); f.Months != "" {
			before := len(r.problems)
			s.Terms = append(s.Terms, db.Term{Months: r.whole(field("months")), ListCents: r.needed(field("list")), SANCents: r.cents(field("san")), WildcardSANCents: r.cents(field("wildcard_san"))})
			r.renumber(before, i, len(m.Terms))
			m.Terms = append(m.Terms, f)
		}
		id, _ := strconv.ParseInt(r.text(field("offer")), 10, 64)
		if f := (views.OfferForm{ID: id, Upstream: r.text(field("upstream")), Code: r.text(field("code")), Cost: r.text(field("cost")), Currency: r.text(field("currency")),
			Rank: r.text(field("rank")), Active: c.FormValue(field("open")) != ""}); f.Upstream != "" || f.ID != 0 {
			before := len(r.problems)
			s.Offers = append(s.Offers, db.OfferSheet{ID: id, Offer: db.Offer{Upstream: f.Upstream, ProductCode: f.Code, CostCents: r.needed(field("cost")), Currency: money.Currency(f.Currency)},
				Rank: r.whole(field("rank")), Active: f.Active})
			r.renumber(before, i, len(m.Offers))
			m.Offers = append(m.Offers, f)
		}
	}
	m.Problems = r.problems
	return s, m
}

// renumber moves the problems noted since from row i to row to.
func (r *productReader) renumber(since, i, to int) {
	for k := since; k < len(r.problems); k++ {
		r.problems[k].Field = strings.TrimSuffix(r.problems[k].Field, strconv.Itoa(i)) + strconv.Itoa(to)
	}
}

// refusedProduct notes what the book refuses.
func refusedProduct(m *views.AdminProductPage, problems []db.Problem) {
	for _, p := range problems {
		if p.Field == "dcv" {
			p.Field += "-" + db.DCVMethods[0]
		}
		if !slices.ContainsFunc(m.Problems, func(v views.Problem) bool { return v.Field == p.Field }) {
			m.Problems = append(m.Problems, views.Problem{Field: p.Field, Key: "problem.product." + p.Code})
		}
	}
}

// knownUpstreams wants every new offer to be of an upstream that is set up; an
// offer that is there already keeps its own.
func (h *Handlers) knownUpstreams(ctx context.Context, m *views.AdminProductPage) error {
	names, err := h.Upstreams.Names(ctx)
	if err != nil {
		return err
	}
	for i, o := range m.Offers {
		if o.ID == 0 && !slices.Contains(names, o.Upstream) {
			m.Problems = append(m.Problems, views.Problem{Field: "upstream-" + strconv.Itoa(i), Key: "upstream.unknown"})
		}
	}
	return nil
}

// AdminNewProduct is POST /admin/products/new.
func (h *Handlers) AdminNewProduct(c echo.Context) error {
	ctx := c.Request().Context()
	s, m := readProduct(c)
	if err := h.knownUpstreams(ctx, &m); err != nil {
		return err
	}
	refusedProduct(&m, s.Check())
	var id int64
	if m.Problems == nil {
		var err error
		var refused *db.Rejected
		if id, err = h.Book.AddProduct(ctx, actor(c), s); errors.As(err, &refused) {
			refusedProduct(&m, refused.Problems)
		} else if err != nil {
			return err
		}
	}
	if m.Problems != nil {
		return h.productForm(c, http.StatusUnprocessableEntity, m)
	}
	return done(c, productPath(id), i18n.T(ctx, "products.created", "Name", s.Name))
}

func productPath(id int64) string { return "/admin/products/" + strconv.FormatInt(id, 10) }

// AdminProduct is POST /admin/products/:id.
func (h *Handlers) AdminProduct(c echo.Context) error {
	ctx := c.Request().Context()
	now, err := h.sheetOf(c)
	if err != nil {
		return err
	}
	s, m := readProduct(c)
	s.ID, m.ID, m.Title, m.Ordered = now.ID, now.ID, now.Name, now.Ordered
	if err := h.knownUpstreams(ctx, &m); err != nil {
		return err
	}
	refusedProduct(&m, s.Check())
	if m.Problems == nil {
		var refused *db.Rejected
		if err := h.Book.ChangeProduct(ctx, actor(c), s, m.Seen); errors.As(err, &refused) {
			refusedProduct(&m, refused.Problems)
		} else if err != nil {
			return err
		}
	}
	if m.Problems != nil {
		return h.productForm(c, http.StatusUnprocessableEntity, m)
	}
	return done(c, productPath(s.ID), i18n.T(ctx, "products.saved", "Name", s.Name))
}
