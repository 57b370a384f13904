package handlers

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

// AdminPricesCSV is GET /admin/groups/:id/prices.csv, which the import reads.
func (h *Handlers) AdminPricesCSV(c echo.Context) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	rows, err := h.Book.PriceTable(c.Request().Context(), id)
	if err != nil {
		return err
	}
	return csvFile(c, "prices.csv", []string{"product_id", "product", "months", "kind", "value", "reason"}, func(write func(...string) error) error {
		for _, r := range rows {
			value := ""
			switch r.Rule.Kind {
			case db.FixedPrice:
				value = money.USD(r.Rule.Cents).Decimal()
			case db.MarginPrice:
				value = money.USD(r.Rule.MarginBP).Decimal()
			}
			if err := write(strconv.FormatInt(r.ProductID, 10), r.Product, strconv.Itoa(r.Months), string(r.Rule.Kind), value, r.Rule.Reason); err != nil {
				return err
			}
		}
		return nil
	})
}

// readPrices reads what AdminPricesCSV writes; lines are those of the changes, and
// bad is the first that can't be read or names a term again, or 0.
func readPrices(text string) (changes []db.PriceChange, lines []int, bad int) {
	in := csvReader(text)
	type term struct {
		product int64
		months  int
	}
	seen := map[term]bool{}
	for {
		record, err := in.Read()
		if record == nil && err != nil {
			if syntax, ok := err.(*csv.ParseError); ok {
				return nil, nil, syntax.Line
			}
			return changes, lines, 0
		}
		line, _ := in.FieldPos(0)
		if line == 1 && record[0] == "product_id" {
			continue
		}
		if err != nil || len(record) != 6 {
			return nil, nil, line
		}
		product, err := strconv.ParseInt(record[0], 10, 64)
		months, err2 := strconv.Atoi(record[2])
		rule := db.PriceRule{Kind: db.PriceKind(record[3]), Reason: strings.TrimPrefix(record[5], "'")}
		if rule.Kind != db.NotSold {
			value, err := money.Parse(record[4], money.CurrencyUSD)
			if err != nil {
				return nil, nil, line
			}
			rule.Cents, rule.MarginBP = value.Minor, value.Minor
		}
		if err != nil || err2 != nil || seen[term{product, months}] {
			return nil, nil, line
		}
		seen[term{product, months}] = true
		changes, lines = append(changes, db.PriceChange{ProductID: product, Months: months, Rule: rule}), append(lines, line)
	}
}

// bulkPrices are the fixed prices of the chosen products, so many basis points
// more, rounded half up on the line.
func (h *Handlers) bulkPrices(c echo.Context, m views.PlannedPage, bp int64) ([]db.PriceChange, error) {
	ctx := c.Request().Context()
	products, err := h.Book.ProductSummaries(ctx, db.ProductFilter{Brand: m.Brand, Kind: db.ProductKind(m.Kind), Validation: m.Validation})
	if err != nil {
		return nil, err
	}
	chosen := map[int64]bool{}
	for _, p := range products {
		chosen[p.ID] = true
	}
	rows, err := h.Book.PriceTable(ctx, m.GroupID)
	var changes []db.PriceChange
	for _, r := range rows {
		if chosen[r.ProductID] && r.Rule.Kind == db.FixedPrice {
			r.Rule.Cents = money.PercentBP(money.USD(r.Rule.Cents), 10_000+bp).Minor
			changes = append(changes, db.PriceChange{ProductID: r.ProductID, Months: r.Months, Rule: r.Rule})
		}
	}
	return changes, err
}

func (h *Handlers) planModel(c echo.Context, how string) (views.PlannedPage, error) {
	m := views.PlannedPage{How: how, CSV: c.FormValue("csv"), Brand: c.FormValue("brand"), Kind: c.FormValue("kind"), Validation: c.FormValue("validation"),
		Percent: strings.TrimSpace(c.FormValue("percent")), Validations: []string{"dv", "ov", "ev"}}
	id, err := idParam(c, "id")
	if err != nil {
		return m, err
	}
	g, err := h.Book.Group(c.Request().Context(), id)
	if err != nil {
		return m, err
	}
	m.GroupID, m.Group = g.ID, g.Name
	for _, k := range db.ProductKinds {
		m.Kinds = append(m.Kinds, string(k))
	}
	m.Brands, err = h.Book.AllBrands(c.Request().Context())
	return m, err
}

// AdminPlanForm is GET /admin/groups/:id/import and /bulk.
func (h *Handlers) AdminPlanForm(how string) echo.HandlerFunc {
	return func(c echo.Context) error {
		m, err := h.planModel(c, how)
		if err != nil {
			return err
		}
		return show(h, c, http.StatusOK, views.Planned, m)
	}
}

// AdminPlan is POST /admin/groups/:id/import and /bulk: a preview, and with the
// digest of one, that.
func (h *Handlers) AdminPlan(how string) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		m, err := h.planModel(c, how)
		if err != nil {
			return err
		}
		if m.CSV, m.Problems, err = csvText(c); err != nil {
			return err
		}
		var changes []db.PriceChange
		var lines []int
		if how == "bulk" {
			percent, wrong := money.Parse(strings.TrimPrefix(m.Percent, "+"), money.CurrencyUSD)
			if wrong != nil || percent.Minor < -9_000 || percent.Minor > 100_000 {
				m.Problems = views.Problems{{Field: "percent", Key: "planned.problem.percent"}}
			} else if changes, err = h.bulkPrices(c, m, percent.Minor); err != nil {
				return err
			}
		} else if m.Problems == nil {
			var bad int
			if changes, lines, bad = readPrices(m.CSV); bad > 0 {
				m.Problems = views.Problems{{Field: "csv", Key: "rates.problem.csv", Args: []any{"Line", bad}}}
			} else if len(changes) == 0 {
				m.Problems = views.Problems{{Field: "csv", Key: "form.required"}}
			}
		}
		if m.Problems != nil {
			return show(h, c, http.StatusUnprocessableEntity, views.Planned, m)
		}
		if digest := c.FormValue("digest"); digest != "" {
			if err := h.Book.ApplyPlanned(ctx, actor(c), m.GroupID, changes, digest); err != nil {
				return err
			}
			return done(c, groupPath(m.GroupID), i18n.T(ctx, "planned.done"))
		}
		plans, err := h.Book.PlanPrices(ctx, m.GroupID, changes)
		if err != nil {
			return err
		}
		m.Shown, m.Digest = true, db.PlansDigest(plans)
		for i, p := range plans {
			if p.Problem == "" && !p.Changes() {
				m.Same++
				continue
			}
			row := views.PlannedRow{ProductID: p.ProductID, Product: p.Product, Months: p.Months, Before: plannedPrice(p.Before.Rule), After: plannedPrice(p.Rule), Changes: p.Changes(), Problem: p.Problem}
			if lines != nil {
				row.Line = lines[i]
			}
			if row.Changes {
				m.Changes++
			} else {
				m.Refused++
			}
			m.Rows = append(m.Rows, row)
		}
		return show(h, c, http.StatusOK, views.Planned, m)
	}
}

func plannedPrice(r db.PriceRule) views.PlannedPrice {
	return views.PlannedPrice{Kind: string(r.Kind), Price: money.USD(r.Cents), MarginBP: int(r.MarginBP)}
}
