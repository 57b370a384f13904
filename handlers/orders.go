package handlers

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/db/money"
	"certbay/views"
)

// orderFilter reads what narrows and sorts a list of orders from the URL;
// anything unknown there doesn't filter.
func orderFilter(c echo.Context) db.OrderFilter {
	f := db.OrderFilter{Brand: c.QueryParam("brand"), Search: c.QueryParam("q")}
	if view := db.OrderView(c.QueryParam("view")); slices.Contains(db.OrderViews, view) || view == db.ViewReview {
		f.View = view
	}
	if status := db.Status(c.QueryParam("status")); slices.Contains(db.Statuses, status) {
		f.Status = status
	}
	if days, err := strconv.Atoi(c.QueryParam("expiring")); err == nil && days > 0 && days <= 3660 {
		f.ExpiringWithin = days
	}
	if sort := c.QueryParam("sort"); db.OrderSorts[sort] != "" {
		f.Sort = sort
		if c.QueryParam("dir") == "desc" {
			f.Sort = "-" + sort
		}
	}
	return f
}

// sortOf is the filter's sorting as the column heads show it.
func sortOf(f db.OrderFilter, pager views.Pager) views.Sort {
	key, descending := strings.CutPrefix(f.Sort, "-")
	if key == "" {
		key, descending = "ordered", true
	}
	return views.Sort{Key: key, Desc: descending, Path: pager.Path, Query: pager.Query}
}

// Orders is GET /orders.
func (h *Handlers) Orders(c echo.Context) error {
	ctx, reseller := c.Request().Context(), person(c).ResellerID
	f := orderFilter(c)
	page, pager := pageOf(c, "/orders")
	f.Page, f.Brief = page, f.View != db.ViewExpiring // which says what can be done about each
	tally, err := h.Book.OrderTally(ctx, reseller, f.Brand)
	if err != nil {
		return err
	}
	orders, total, err := countedOrders(f, tally, &pager, func(f db.OrderFilter) ([]db.Order, int, error) { return h.Book.Orders(ctx, reseller, f) })
	if err != nil {
		return err
	}
	brands, err := h.Book.Brands(ctx, reseller)
	if err != nil {
		return err
	}
	pager.Total = total
	m := views.OrdersPage{
		View: string(f.View), Search: f.Search, Brand: f.Brand, Brands: brands, Expiring: f.ExpiringWithin,
		Sort: sortOf(f, pager), Pager: pager,
	}
	for _, view := range db.OrderViews {
		count, _ := tally.Of(db.OrderFilter{View: view})
		m.Counts = append(m.Counts, views.ViewCount{View: string(view), Count: count})
	}
	m.None = m.Counts[0].Count == 0
	buys, able := f.View == db.ViewExpiring && person(c).Can(db.PlaceOrders), map[int64]bool(nil)
	if buys {
		if able, err = h.ableOf(c, idsOf(orders), ToReissue); err != nil {
			return err
		}
	}
	for _, o := range orders {
		row := orderRow(o)
		if buys {
			row.Next = h.nextCertificate(o, able[o.ID])
		}
		m.Rows = append(m.Rows, row)
	}
	if f.View == db.ViewExpiring {
		elsewhere, err := h.Book.ExpiringExternal(ctx, reseller)
		if err != nil {
			return err
		}
		m.Elsewhere = externalRows(elsewhere)
	}
	return show(h, c, http.StatusOK, views.Orders, m)
}

// countedOrders lists the orders of a filter. How many there are in all says the
// tally where it can; else the list counts them, as far as the pager then says.
func countedOrders(f db.OrderFilter, tally db.OrderTally, pager *views.Pager, list func(db.OrderFilter) ([]db.Order, int, error)) ([]db.Order, int, error) {
	exact, told := tally.Of(f)
	f.Uncounted = told
	orders, total, err := list(f)
	if told {
		pager.Counted = 0
		return orders, exact, err
	}
	pager.Counted = f.CountedTo()
	return orders, total, err
}

func orderRow(o db.Order) views.OrderRow {
	return views.OrderRow{
		ID: o.ID, Number: o.Number, Domain: certs.UnicodeName(o.Domain), MoreNames: o.SANCount + o.WildcardSANCount,
		Product: o.ProductName, Brand: o.Brand, Status: string(o.Status), Fulfilment: string(o.Fulfilment), Unpaid: !o.Paid, Vetting: o.Vetting, Wish: string(o.Wish),
		OrderedAt: o.CreatedAt, CertificateUntil: o.CertificateUntil, Total: money.USD(o.PayableCents()),
	}
}

// OrdersCSV is GET /orders.csv: every order that the filter lets through.
func (h *Handlers) OrdersCSV(c echo.Context) error {
	w := c.Response()
	w.Header().Set(echo.HeaderContentType, "text/csv; charset=utf-8")
	w.Header().Set(echo.HeaderContentDisposition, `attachment; filename="orders.csv"`)
	out := csv.NewWriter(w)
	if err := out.Write([]string{"number", "domain", "product", "brand", "months", "status", "ordered", "certificate_until", "order_until", "total_usd", "customer", "customer_email", "note"}); err != nil {
		return err
	}
	err := h.Book.EachOrder(c.Request().Context(), person(c).ResellerID, orderFilter(c), func(o db.Order) error {
		row := []string{o.Number, certs.UnicodeName(o.Domain), o.ProductName, o.Brand, strconv.Itoa(o.Months), string(o.Status),
			csvDate(o.CreatedAt), csvDate(o.CertificateUntil), csvDate(o.EndsAt), money.USD(o.PayableCents()).Decimal(), o.CustomerName, o.CustomerEmail, o.Note}
		for i := range row {
			row[i] = csvCell(row[i])
		}
		return out.Write(row)
	})
	if err == nil {
		out.Flush()
		err = out.Error()
	}
	switch {
	case err == nil:
		return nil
	case w.Committed:
		// Half of a list must not pass for the whole: the connection is cut.
		h.Log.WarnContext(c.Request().Context(), "an export broke off", "cause", err.Error())
		panic(http.ErrAbortHandler)
	}
	w.Header().Del(echo.HeaderContentDisposition)
	return err
}

// csvCell keeps a spreadsheet from taking text for a formula.
func csvCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		if _, err := strconv.ParseFloat(s, 64); err != nil {
			return "'" + s
		}
	}
	return s
}

func csvDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func idsOf(orders []db.Order) []int64 {
	ids := make([]int64, len(orders))
	for i, o := range orders {
		ids[i] = o.ID
	}
	return ids
}
