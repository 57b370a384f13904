package handlers

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

// statsDays is how many days the charts show where the URL doesn't say.
const statsDays = 30

// statsRange reads ?days=, one of views.StatsRanges.
func statsRange(c echo.Context) int {
	if days, err := strconv.Atoi(c.QueryParam("days")); err == nil && slices.Contains(views.StatsRanges, days) {
		return days
	}
	return statsDays
}

// Stats is GET /stats?days=.
func (h *Handlers) Stats(c echo.Context) error {
	ctx, reseller := c.Request().Context(), person(c).ResellerID
	s, err := h.Book.Stats(ctx, reseller, statsRange(c))
	if err != nil {
		return err
	}
	expiring, err := h.Book.Expiring(ctx, reseller)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.Stats, views.StatsPage{
		StatsCharts: statsCharts(c, "/stats", s), Orders: s.Orders, Active: s.Count(db.StatusCompleted), Pending: s.NeedsMe, Expiring: expiring,
		Revenue: money.USD(s.TotalCents), Month: money.USD(s.MonthCents), MonthCount: s.MonthOrders, Balance: money.USD(s.Balance),
	})
}

// AdminStats is GET /admin/stats?days=: all resellers together, with the margin.
func (h *Handlers) AdminStats(c echo.Context) error {
	ctx := c.Request().Context()
	s, err := h.Book.Stats(ctx, 0, statsRange(c))
	if err != nil {
		return err
	}
	o, err := h.Book.Overview(ctx)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.AdminStats, views.AdminStatsPage{
		StatsCharts: statsCharts(c, "/admin/stats", s), OrdersToday: o.OrdersToday, Open: o.OpenOrders, Active: s.Count(db.StatusCompleted),
		Month: money.USD(o.RevenueMonth), Margin: money.USD(o.MarginMonth), Held: money.USD(o.Held), Wallets: money.USD(o.Wallets),
	})
}

func statsCharts(c echo.Context, path string, s db.Stats) views.StatsCharts {
	charts := views.StatsCharts{Path: path, Range: len(s.Daily)}
	zone := i18n.From(c.Request().Context()).Zone
	for _, d := range s.Daily {
		day := dayIn(d.Day, zone)
		charts.Days = append(charts.Days, views.SalesDay{From: day, To: day, Orders: d.Orders, Revenue: money.USD(d.Cents),
			Earned: money.USD(d.EarnedCents), Margin: money.USD(d.MarginCents()), Balance: money.USD(d.BalanceCents)})
	}
	for _, b := range s.Brands {
		charts.Brands = append(charts.Brands, views.BrandSales{Name: b.Brand, Orders: b.Count})
	}
	for _, status := range db.Statuses {
		charts.Statuses = append(charts.Statuses, views.StatusCount{Status: string(status), Count: s.Count(status)})
	}
	return charts
}

// dayIn is a day of the book (UTC) as the same date on the reader's calendar, so
// that it is called what it is everywhere.
func dayIn(day time.Time, zone *time.Location) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, zone)
}

// StatsCSV is GET /stats.csv?chart=&days=: the numbers of one chart.
func (h *Handlers) StatsCSV(c echo.Context) error {
	return h.statsCSV(c, person(c).ResellerID)
}

// AdminStatsCSV is GET /admin/stats.csv?chart=&days=.
func (h *Handlers) AdminStatsCSV(c echo.Context) error {
	return h.statsCSV(c, 0)
}

// statsCSV answers the days one by one where the charts show weeks. Only the
// operator has a chart of margins.
func (h *Handlers) statsCSV(c echo.Context, reseller int64) error {
	s, err := h.Book.Stats(c.Request().Context(), reseller, statsRange(c))
	if err != nil {
		return err
	}
	daily := func(cells func(db.DayStat) []string) func(func(...string) error) error {
		return func(write func(...string) error) error {
			for _, d := range s.Daily {
				if err := write(append([]string{csvDate(d.Day)}, cells(d)...)...); err != nil {
					return err
				}
			}
			return nil
		}
	}
	usd := func(cents int64) string { return money.USD(cents).Decimal() }
	switch chart := c.QueryParam("chart"); {
	case chart == "sales":
		return csvFile(c, "sales.csv", []string{"day", "orders", "revenue_usd"}, daily(func(d db.DayStat) []string {
			return []string{strconv.Itoa(d.Orders), usd(d.Cents)}
		}))
	case chart == "balance":
		return csvFile(c, "balance.csv", []string{"day", "balance_usd"}, daily(func(d db.DayStat) []string { return []string{usd(d.BalanceCents)} }))
	case chart == "margin" && reseller == 0:
		return csvFile(c, "margin.csv", []string{"day", "delivered", "revenue_usd", "cost_usd", "margin_usd"}, daily(func(d db.DayStat) []string {
			return []string{strconv.Itoa(d.Delivered), usd(d.EarnedCents), usd(d.SpentCents), usd(d.MarginCents())}
		}))
	case chart == "brands":
		return csvFile(c, "brands.csv", []string{"brand", "orders", "revenue_usd"}, func(write func(...string) error) error {
			for _, b := range s.Brands {
				if err := write(b.Brand, strconv.Itoa(b.Count), usd(b.Cents)); err != nil {
					return err
				}
			}
			return nil
		})
	case chart == "statuses":
		return csvFile(c, "statuses.csv", []string{"status", "orders"}, func(write func(...string) error) error {
			for _, status := range db.Statuses {
				if err := write(string(status), strconv.Itoa(s.Count(status))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return db.ErrNotFound
}
