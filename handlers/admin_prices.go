package handlers

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

const maxGroupName = 100 // bytes

// priceAlarms say what is wrong with the prices: products that can't be priced,
// prices that the cost has overtaken.
func (h *Handlers) priceAlarms(c echo.Context) ([]views.Alarm, error) {
	states, err := h.Book.RateStates(c.Request().Context())
	if err != nil {
		return nil, err
	}
	var alarms []views.Alarm
	for _, s := range states {
		if s.Needed > 0 && !s.Usable {
			alarms = append(alarms, views.Alarm{Code: "rate_missing", Name: string(s.Currency), Count: s.Needed})
		}
	}
	below, err := h.Book.PricesBelowCost(c.Request().Context())
	if below > 0 {
		alarms = append(alarms, views.Alarm{Code: "below_cost", Count: below})
	}
	if err != nil || person(c).Role != db.RoleAdmin {
		return alarms, err
	}
	imports, err := h.importAlarms(c)
	return append(alarms, imports...), err
}

// AdminGroups is GET /admin/groups.
func (h *Handlers) AdminGroups(c echo.Context) error {
	return h.groupsPage(c, http.StatusOK, views.AdminGroupsPage{})
}

func (h *Handlers) groupsPage(c echo.Context, status int, m views.AdminGroupsPage) error {
	groups, err := h.Book.GroupSummaries(c.Request().Context())
	if err != nil {
		return err
	}
	for _, g := range groups {
		m.Rows = append(m.Rows, views.GroupRow{ID: g.ID, Name: g.Name, Members: g.Members, Products: g.Products})
	}
	return show(h, c, status, views.AdminGroups, m)
}

// AdminNewGroup is POST /admin/groups with name.
func (h *Handlers) AdminNewGroup(c echo.Context) error {
	ctx := c.Request().Context()
	m := views.AdminGroupsPage{Name: strings.TrimSpace(c.FormValue("name"))}
	if m.Problems = groupNameProblems(m.Name, nil); m.Problems != nil {
		return h.groupsPage(c, http.StatusUnprocessableEntity, m)
	}
	id, err := h.Book.CreateGroup(ctx, actor(c), m.Name)
	if m.Problems = groupNameProblems(m.Name, err); m.Problems != nil {
		return h.groupsPage(c, http.StatusUnprocessableEntity, m)
	}
	if err != nil {
		return err
	}
	return done(c, groupPath(id), i18n.T(ctx, "groups.created", "Name", m.Name))
}

func groupNameProblems(name string, err error) views.Problems {
	key := ""
	switch {
	case name == "":
		key = "form.required"
	case len(name) > maxGroupName:
		key = "form.toolong"
	case errors.Is(err, db.ErrDuplicate):
		key = "groups.name.taken"
	default:
		return nil
	}
	return views.Problems{{Field: "name", Key: key}}
}

func groupPath(id int64) string { return "/admin/groups/" + strconv.FormatInt(id, 10) }

// AdminGroup is GET /admin/groups/:id.
func (h *Handlers) AdminGroup(c echo.Context) error {
	m, err := h.groupModel(c)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.AdminGroup, m)
}

// membersShown is how many resellers of a group its page lists at most.
const membersShown = 200

func (h *Handlers) groupModel(c echo.Context) (views.AdminGroupPage, error) {
	ctx := c.Request().Context()
	id, err := idParam(c, "id")
	if err != nil {
		return views.AdminGroupPage{}, err
	}
	g, err := h.Book.Group(ctx, id)
	if err != nil {
		return views.AdminGroupPage{}, err
	}
	m := views.AdminGroupPage{ID: g.ID, Group: g.Name, Name: g.Name}
	rows, err := h.Book.PriceTable(ctx, id)
	if err != nil {
		return m, err
	}
	var last int64
	for _, r := range rows {
		m.Prices = append(m.Prices, groupPriceRow(r, r.ProductID != last))
		last = r.ProductID
	}
	members, _, err := h.Book.Resellers(ctx, db.ResellerFilter{GroupID: id, Page: db.Page{Limit: membersShown}})
	for _, r := range members {
		m.Members = append(m.Members, views.ResellerRow{ID: r.ID, Name: r.Name, Company: r.Company})
	}
	return m, err
}

func groupPriceRow(r db.PriceRow, first bool) views.GroupPriceRow {
	row := views.GroupPriceRow{ProductID: r.ProductID, Product: r.Product, Brand: r.Brand, First: first, Months: r.Months,
		List: money.USD(r.ListCents), Kind: string(r.Rule.Kind), Cost: money.USD(r.CostCents), Price: money.USD(r.Cents), NoRate: r.NoRate,
		BelowCost: r.BelowCost(), Reason: r.Rule.Reason, ProductClosed: !r.Active, MarginBP: int(r.Rule.MarginBP)}
	if r.Rule.Kind == db.FixedPrice && r.CostCents > 0 {
		row.MarginBP = int(money.Convert(money.USD(r.Cents-r.CostCents), 10_000, r.CostCents, money.CurrencyUSD).Minor)
	}
	return row
}

// AdminRenameGroup is POST /admin/groups/:id/name with name.
func (h *Handlers) AdminRenameGroup(c echo.Context) error {
	m, err := h.groupModel(c)
	if err != nil {
		return err
	}
	m.Name = strings.TrimSpace(c.FormValue("name"))
	if m.Problems = groupNameProblems(m.Name, nil); m.Problems == nil {
		err = h.Book.RenameGroup(c.Request().Context(), actor(c), m.ID, m.Name)
		m.Problems = groupNameProblems(m.Name, err)
	}
	if m.Problems != nil {
		return show(h, c, http.StatusUnprocessableEntity, views.AdminGroup, m)
	}
	if err != nil {
		return err
	}
	return done(c, groupPath(m.ID), i18n.T(c.Request().Context(), "groups.renamed"))
}

// AdminPriceForm is GET /admin/groups/:id/products/:product.
func (h *Handlers) AdminPriceForm(c echo.Context) error {
	m, err := h.priceModel(c)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.AdminPrice, m)
}

func (h *Handlers) priceModel(c echo.Context) (views.AdminPricePage, error) {
	group, err := idParam(c, "id")
	if err != nil {
		return views.AdminPricePage{}, err
	}
	product, err := idParam(c, "product")
	if err != nil {
		return views.AdminPricePage{}, err
	}
	g, err := h.Book.Group(c.Request().Context(), group)
	if err != nil {
		return views.AdminPricePage{}, err
	}
	rows, err := h.Book.PriceTable(c.Request().Context(), group)
	if err != nil {
		return views.AdminPricePage{}, err
	}
	m := views.AdminPricePage{GroupID: group, ProductID: product, Group: g.Name}
	for _, r := range rows {
		if r.ProductID != product {
			continue
		}
		m.Product = r.Product
		f := views.PriceForm{Months: r.Months, List: money.USD(r.ListCents), Cost: money.USD(r.CostCents), NoRate: r.NoRate, Kind: string(r.Rule.Kind), Reason: r.Rule.Reason}
		switch r.Rule.Kind {
		case db.FixedPrice:
			f.Value = money.USD(r.Rule.Cents).Decimal()
		case db.MarginPrice:
			f.Value = money.USD(r.Rule.MarginBP).Decimal()
		}
		m.Terms = append(m.Terms, f)
	}
	if len(m.Terms) == 0 {
		return m, db.ErrNotFound
	}
	return m, nil
}

// AdminPrice is POST /admin/groups/:id/products/:product with kind-M, value-M and
// reason-M of each term.
func (h *Handlers) AdminPrice(c echo.Context) error {
	ctx := c.Request().Context()
	m, err := h.priceModel(c)
	if err != nil {
		return err
	}
	var changes []db.PriceChange
	for i := range m.Terms {
		f := &m.Terms[i]
		suffix := "-" + strconv.Itoa(f.Months)
		f.Kind, f.Value, f.Reason = c.FormValue("kind"+suffix), strings.TrimSpace(c.FormValue("value"+suffix)), strings.TrimSpace(c.FormValue("reason"+suffix))
		rule := db.PriceRule{Kind: db.PriceKind(f.Kind), Reason: f.Reason}
		if rule.Kind != db.NotSold {
			number, err := money.Parse(f.Value, money.CurrencyUSD)
			if err != nil {
				number.Minor = -1 // out of bounds, for the book to refuse
			}
			rule.Cents, rule.MarginBP = number.Minor, number.Minor
		}
		changes = append(changes, db.PriceChange{ProductID: m.ProductID, Months: f.Months, Rule: rule})
	}
	err = h.Book.SetPrices(ctx, actor(c), m.GroupID, changes)
	var refused *db.PricesRefused
	if errors.As(err, &refused) {
		for _, p := range refused.Plans {
			if p.Problem != "" {
				m.Problems = append(m.Problems, priceProblem(c, p))
			}
		}
		return show(h, c, http.StatusUnprocessableEntity, views.AdminPrice, m)
	}
	if err != nil {
		return err
	}
	return done(c, groupPath(m.GroupID), i18n.T(ctx, "groups.price.saved", "Product", m.Product))
}

func priceProblem(c echo.Context, p db.PricePlan) views.Problem {
	ctx := c.Request().Context()
	suffix := "-" + strconv.Itoa(p.Months)
	problem := views.Problem{Field: "value" + suffix}
	switch {
	case p.Problem == "below_cost":
		problem.Key, problem.Args = "price.problem.below_cost", []any{"Cost", i18n.Money(ctx, money.USD(p.CostCents))}
	case p.Problem == "no_rate":
		problem.Key = "price.problem.no_rate"
	case p.Rule.Kind == db.MarginPrice:
		problem.Key = "price.problem.margin"
	case p.Rule.Cents < 0 || p.Rule.Cents > db.MaxPriceCents || p.Rule.Kind != db.FixedPrice:
		problem.Key, problem.Args = "price.problem.value", []any{"Max", i18n.Money(ctx, money.USD(db.MaxPriceCents))}
	default:
		problem.Field, problem.Key = "reason"+suffix, "price.problem.reason"
	}
	return problem
}
