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

// linksShown is how many products a row can be linked to by its menu.
const linksShown = 60

func (h *Handlers) addImportProducts(ctx context.Context, m *views.ImportPage, run db.ImportRun, rows []db.ImportRow) error {
	prices, rates, err := h.Book.ImportPrices(ctx, run, rows)
	if err != nil {
		return err
	}
	products, err := h.Book.ProductSummaries(ctx, db.ProductFilter{})
	if err != nil {
		return err
	}
	names := map[int64]string{}
	for _, p := range products {
		names[p.ID] = p.Name
	}
	used := map[money.Currency]bool{}
	for _, r := range rows {
		used[money.Currency(r.Product.Currency)] = true
		m.Products = append(m.Products, importProductRow(r, prices[r.ID], products, names))
	}
	for _, code := range money.Currencies {
		if rate, ok := rates[code]; ok && used[code] && code != money.CurrencyUSD {
			m.Rates = append(m.Rates, "1 "+string(code)+" = "+rate.Decimal()+" USD ("+i18n.Date(ctx, rate.Day)+")")
		}
	}
	return nil
}

func importProductRow(r db.ImportRow, prices []db.ImportPrice, products []db.ProductSummary, names map[int64]string) views.ImportProductRow {
	p := r.Product
	row := views.ImportProductRow{ID: r.ID, Name: p.Name, Brand: p.Brand, Code: r.Ref, Kind: string(p.Kind), Validation: p.Validation, SANs: p.SAN.Max, WildcardSANs: p.WildcardSAN.Max,
		State: string(r.State), Problem: r.Problem, Result: rowResult(r), OursID: r.ProductID, Ours: names[r.ProductID]}
	row.Reason, row.ReasonName = reasonOf(r.Words)
	for _, t := range p.Terms {
		cost := views.ImportCost{Months: t.Months, After: inCurrency(t.CostCents, p.Currency)}
		if r.OfferID != 0 {
			cost.Compared, cost.Before = true, inCurrency(perTerm(r.Before.CostCents, t.Months), string(r.Before.Currency))
		}
		row.Terms = append(row.Terms, cost)
	}
	below := false
	for _, g := range prices {
		below = below || g.Below()
		row.Prices = append(row.Prices, views.ImportGroupPrice{Group: g.Group, Months: g.Months, Before: money.USD(g.Before), After: money.USD(g.After), Cost: money.USD(g.CostAfter),
			MarginBP: int(g.MarginBP()), Below: g.Below(), NoRate: g.NoRate})
	}
	if r.Wish != "" || r.Problem != "" {
		return row
	}
	switch r.State {
	case db.RowChanged:
		row.Options = []views.Option{{Value: "cost"}}
		if !below {
			row.Choice = "cost"
		}
	case db.RowGone:
		row.Options = []views.Option{{Value: "off"}}
	case db.RowNew:
		row.Options = append([]views.Option{{Value: "create"}}, linksFor(r, products)...)
		if r.ProductID != 0 {
			row.Choice = linkTo(r.ProductID)
		}
	}
	return row
}

// perTerm is what an offer's cost of 12 months is for a term, rounded half up.
func perTerm(perYear int64, months int) int64 { return (2*perYear*int64(months) + 12) / 24 }

func linkTo(product int64) string { return "link:" + strconv.FormatInt(product, 10) }

// linksFor are the products that a new row may be a further offer of: the one that
// it resembles first, those of its brand, then others of its kind and validation.
func linksFor(r db.ImportRow, products []db.ProductSummary) []views.Option {
	rank := func(p db.ProductSummary) int {
		switch {
		case p.ID == r.ProductID:
			return 0
		case strings.EqualFold(p.Brand, r.Product.Brand):
			return 1
		}
		return 2
	}
	var fit []db.ProductSummary
	for _, p := range products {
		if p.Kind == r.Product.Kind && p.Validation == r.Product.Validation {
			fit = append(fit, p)
		}
	}
	slices.SortStableFunc(fit, func(a, b db.ProductSummary) int { return rank(a) - rank(b) })
	var options []views.Option
	for _, p := range fit[:min(len(fit), linksShown)] {
		options = append(options, views.Option{Value: linkTo(p.ID), Text: p.Name})
	}
	return options
}

// TakeImport is POST /admin/upstreams/import/:id/take.
func (h *Handlers) TakeImport(c echo.Context) error {
	run, counts, err := h.importRun(c)
	if err != nil {
		return err
	}
	if run.What == db.ImportOrders {
		return h.takeImportOrders(c, run, counts)
	}
	ctx := c.Request().Context()
	markup := int64(0)
	if typed := strings.TrimSpace(c.FormValue("markup")); typed != "" {
		percent, err := money.Parse(typed, money.CurrencyUSD)
		if err != nil || percent.Minor < 0 || percent.Minor > db.MaxMarginBP {
			return h.showImport(c, http.StatusUnprocessableEntity, run, counts, func(m *views.ImportPage) {
				m.Markup, m.Problems = typed, views.Problems{{Field: "markup", Key: "import.problem.markup"}}
				for i := range m.Products {
					m.Products[i].Choice = c.FormValue("as-" + strconv.FormatInt(m.Products[i].ID, 10))
				}
			})
		}
		markup = percent.Minor
	}
	wishes, err := h.productWishes(c, run)
	if err != nil {
		return err
	}
	back := importPath(run.ID) + "?view=" + string(importView(run, counts, c.FormValue("view")))
	if len(wishes) == 0 {
		flash(c, "info", i18n.T(ctx, "import.nothing"))
		return seeOther(c, back)
	}
	err = h.Book.TakeProducts(ctx, actor(c), run.ID, markup, wishes)
	if errors.Is(err, db.ErrStale) {
		return h.showImport(c, http.StatusConflict, run, counts, func(m *views.ImportPage) {
			m.Problems = views.Problems{{Key: "import.problem.stale"}}
		})
	}
	if err != nil {
		return err
	}
	return seeOther(c, back)
}

// productWishes are the choices of the form, or of every row of a state.
func (h *Handlers) productWishes(c echo.Context, run db.ImportRun) ([]db.RowWish, error) {
	ctx := c.Request().Context()
	var wishes []db.RowWish
	if every := db.RowState(c.FormValue("every")); every == db.RowChanged || every == db.RowNew {
		return h.Book.EveryWish(ctx, run, every)
	}
	form, err := c.FormParams()
	if err != nil {
		return nil, err
	}
	for name, values := range form {
		digits, is := strings.CutPrefix(name, "as-")
		if !is || values[0] == "" {
			continue
		}
		row, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return nil, db.ErrInvalid
		}
		w := db.RowWish{Row: row, As: values[0]}
		if to, linked := strings.CutPrefix(values[0], "link:"); linked {
			if w.Product, err = strconv.ParseInt(to, 10, 64); err != nil {
				return nil, db.ErrInvalid
			}
			w.As = "link"
		}
		wishes = append(wishes, w)
	}
	slices.SortFunc(wishes, func(a, b db.RowWish) int { return int(a.Row - b.Row) })
	return wishes, nil
}
