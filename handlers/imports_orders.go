package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
	"certbay/views/i18n"
)

// proposed is how many resellers and products a field proposes; any can be typed.
const proposed = 500

// resellerLabel is how a reseller is typed: names alone are not unique.
func resellerLabel(r db.ResellerName) string { return fmt.Sprintf("%s (%d)", r.Name, r.ID) }

// orderChoices are what the fields of a page of orders may say.
type orderChoices struct {
	resellers, products map[string]int64
	names               map[int64]string // of products
	labels, catalog     []string
}

func (h *Handlers) orderChoices(ctx context.Context) (orderChoices, error) {
	c := orderChoices{map[string]int64{}, map[string]int64{}, map[int64]string{}, nil, nil}
	resellers, err := h.Book.ResellerNames(ctx)
	if err != nil {
		return c, err
	}
	several := map[string]int{}
	for _, r := range resellers {
		c.resellers[resellerLabel(r)] = r.ID
		several[r.Name]++
		c.labels = append(c.labels, resellerLabel(r))
	}
	for _, r := range resellers {
		if several[r.Name] == 1 {
			c.resellers[r.Name] = r.ID
		}
	}
	products, err := h.Book.ProductSummaries(ctx, db.ProductFilter{})
	for _, p := range products {
		c.products[p.Name], c.names[p.ID] = p.ID, p.Name
		c.catalog = append(c.catalog, p.Name)
	}
	return c, err
}

func (h *Handlers) addImportOrders(ctx context.Context, m *views.ImportPage, rows []db.ImportRow) error {
	choices, err := h.orderChoices(ctx)
	if err != nil {
		return err
	}
	m.Resellers, m.Catalog = choices.labels[:min(proposed, len(choices.labels))], choices.catalog[:min(proposed, len(choices.catalog))]
	for _, r := range rows {
		o := r.Order
		row := views.ImportOrderRow{ID: r.ID, Ref: r.Ref, Name: cmp.Or(o.Domain, o.IP), There: cmp.Or(o.Product, o.Code), State: string(o.State), Word: o.Word, PlacedAt: o.PlacedAt, EndsAt: o.EndsAt,
			Problem: r.Problem, Result: rowResult(r), OrderID: r.OrderID, Take: true, Product: choices.names[r.ProductID]}
		row.Reason, row.ReasonName = reasonOf(r.Words)
		m.Orders = append(m.Orders, row)
	}
	return nil
}

// takeImportOrders is the form of orders: take-ROW, reseller, reseller-ROW, product-ROW; or every.
func (h *Handlers) takeImportOrders(c echo.Context, run db.ImportRun, counts db.RowCounts) error {
	ctx := c.Request().Context()
	choices, err := h.orderChoices(ctx)
	if err != nil {
		return err
	}
	typed := strings.TrimSpace(c.FormValue("reseller"))
	all, known := choices.resellers[typed]
	var problems views.Problems
	if typed != "" && !known {
		problems = append(problems, views.Problem{Field: "reseller", Key: "import.problem.reseller", Args: []any{"Name", typed}})
	}
	back := importPath(run.ID) + "?view=" + string(importView(run, counts, c.FormValue("view")))
	if c.FormValue("every") != "" {
		if typed == "" {
			problems = append(problems, views.Problem{Field: "reseller", Key: "import.problem.noreseller"})
		}
		if problems != nil {
			return h.orderProblems(c, run, counts, problems)
		}
		err := h.Book.TakeEveryOrder(ctx, actor(c), run.ID, all)
		if errors.Is(err, db.ErrNotFound) {
			flash(c, "info", i18n.T(ctx, "import.nothing"))
			err = nil
		}
		if err != nil {
			return err
		}
		return seeOther(c, back)
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	var wishes []db.OrderWish
	missing := false
	for name := range form {
		digits, is := strings.CutPrefix(name, "take-")
		if !is {
			continue
		}
		row, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return db.ErrInvalid
		}
		w := db.OrderWish{Row: row, Reseller: all}
		if own := strings.TrimSpace(c.FormValue("reseller-" + digits)); own != "" {
			if w.Reseller, known = choices.resellers[own]; !known {
				problems = append(problems, views.Problem{Field: "reseller-" + digits, Key: "import.problem.reseller", Args: []any{"Name", own}})
			}
		} else if typed == "" && !missing {
			missing, problems = true, append(problems, views.Problem{Field: "reseller", Key: "import.problem.noreseller"})
		}
		product := strings.TrimSpace(c.FormValue("product-" + digits))
		if w.Product, known = choices.products[product]; !known {
			key := "import.problem.product"
			if product == "" {
				key = "import.problem.noproduct"
			}
			problems = append(problems, views.Problem{Field: "product-" + digits, Key: key, Args: []any{"Name", product}})
		}
		wishes = append(wishes, w)
	}
	if problems != nil {
		return h.orderProblems(c, run, counts, problems)
	}
	if len(wishes) == 0 {
		flash(c, "info", i18n.T(ctx, "import.nothing"))
		return seeOther(c, back)
	}
	err = h.Book.TakeOrders(ctx, actor(c), run.ID, wishes)
	if errors.Is(err, db.ErrStale) {
		return h.orderProblems(c, run, counts, views.Problems{{Key: "import.problem.stale"}})
	}
	if err != nil {
		return err
	}
	return seeOther(c, back)
}

// orderProblems draws a page of orders again with what was typed: 409 where rows were
// taken meanwhile, else 422.
func (h *Handlers) orderProblems(c echo.Context, run db.ImportRun, counts db.RowCounts, problems views.Problems) error {
	status := http.StatusUnprocessableEntity
	if problems[0].Field == "" {
		status = http.StatusConflict
	}
	return h.showImport(c, status, run, counts, func(m *views.ImportPage) {
		m.Reseller, m.Problems = c.FormValue("reseller"), problems
		for i := range m.Orders {
			digits := strconv.FormatInt(m.Orders[i].ID, 10)
			m.Orders[i].Take, m.Orders[i].Reseller = c.FormValue("take-"+digits) != "", c.FormValue("reseller-"+digits)
			if product, typed := c.Request().PostForm["product-"+digits]; typed {
				m.Orders[i].Product = product[0]
			}
		}
	})
}
