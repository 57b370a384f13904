package views

import (
	"context"
	"strconv"
	"strings"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// StatsRanges are the numbers of days that a page of statistics may show.
var StatsRanges = []int{7, 30, 90, 365}

// StatsPage is /stats: a reseller's figures. Amounts are without tax; days and
// months are UTC.
type StatsPage struct {
	StatsCharts
	Orders     int // placed, whatever became of them
	Active     int
	Pending    int         // that wait for the reseller
	Expiring   int         // certificates that end within 30 days
	Revenue    money.Money // of all sold orders
	Month      money.Money // of those of this month
	MonthCount int
	Balance    money.Money
}

// AdminStatsPage is /admin/stats: the same of all resellers, and what is left of it.
type AdminStatsPage struct {
	StatsCharts
	OrdersToday int
	Open        int
	Active      int
	Month       money.Money // revenue of what was delivered this month
	Margin      money.Money // that less what it cost upstream
	Held        money.Money // paid, not yet delivered
	Wallets     money.Money // of all resellers
}

// StatsCharts are the charts of both pages.
type StatsCharts struct {
	Path     string // of the page
	Range    int    // days, one of StatsRanges
	Days     []SalesDay
	Brands   []BrandSales // most orders first
	Statuses []StatusCount
}

// SalesDay is one day (or, in a long range, one week: From to To). Earned and
// Margin are of what was delivered then and only on the operator's page.
type SalesDay struct {
	From, To time.Time
	Orders   int
	Revenue  money.Money
	Earned   money.Money
	Margin   money.Money
	Balance  money.Money // at its end
}

// BrandSales is a brand's part of the sold orders.
type BrandSales struct {
	Name   string
	Orders int
}

// StatusCount is how many orders stand in a status.
type StatusCount struct {
	Status string
	Count  int
}

// daysPerBar is how many days a bar stands for: days, or weeks where a bar of each
// day would be too thin to see.
func (c StatsCharts) daysPerBar() int {
	if c.Range > 90 {
		return 7
	}
	return 1
}

// spans are the days as the charts show them: each, or summed up to weeks that end
// today.
func (c StatsCharts) spans() []SalesDay {
	width := c.daysPerBar()
	if width == 1 {
		return c.Days
	}
	var spans []SalesDay
	for i, d := range c.Days {
		if i == 0 || (len(c.Days)-i)%width == 0 {
			spans = append(spans, d)
			continue
		}
		s := &spans[len(spans)-1]
		s.To, s.Balance = d.To, d.Balance
		s.Orders += d.Orders
		s.Revenue = s.Revenue.Add(d.Revenue)
		s.Earned = s.Earned.Add(d.Earned)
		s.Margin = s.Margin.Add(d.Margin)
	}
	return spans
}

// when names a day, or a week by its first and last day.
func (d SalesDay) when(ctx context.Context) string {
	if d.From.Equal(d.To) {
		return i18n.Date(ctx, d.From)
	}
	return i18n.DayMonth(ctx, d.From) + " – " + i18n.Date(ctx, d.To)
}

func (c StatsCharts) ranges(ctx context.Context) []Chip {
	var chips []Chip
	for _, days := range StatsRanges {
		chips = append(chips, Chip{Text: i18n.Days(ctx, days), Href: c.Path + "?days=" + strconv.Itoa(days), Count: -1, Active: days == c.Range})
	}
	return chips
}

// csv is where a chart's numbers are as a file.
func (c StatsCharts) csv(chart string) templ.SafeURL {
	return templ.SafeURL(c.Path + ".csv?chart=" + chart + "&days=" + strconv.Itoa(c.Range))
}

// orders is the list of the orders in a status.
func (c StatsCharts) orders(status string) templ.SafeURL {
	list := "/orders"
	if strings.HasPrefix(c.Path, "/admin") {
		list = "/admin/orders"
	}
	return templ.SafeURL(list + "?status=" + status)
}

func (c StatsCharts) sold() int {
	n := 0
	for _, d := range c.Days {
		n += d.Orders
	}
	return n
}

// sum adds up an amount of every day.
func (c StatsCharts) sum(of func(SalesDay) money.Money) money.Money {
	total := money.USD(0)
	for _, d := range c.Days {
		total = total.Add(of(d))
	}
	return total
}

func revenueOf(d SalesDay) money.Money { return d.Revenue }
func earnedOf(d SalesDay) money.Money  { return d.Earned }
func marginOf(d SalesDay) money.Money  { return d.Margin }
func balanceOf(d SalesDay) money.Money { return d.Balance }

// salesText describes the chart of sales to those who can't see it.
func (c StatsCharts) salesText(ctx context.Context) string {
	best := c.Days[0]
	for _, d := range c.Days {
		if d.Orders > best.Orders {
			best = d
		}
	}
	return i18n.N(ctx, "stats.sales.desc", c.sold(), "From", i18n.Date(ctx, c.Days[0].From), "To", i18n.Date(ctx, c.Days[len(c.Days)-1].To),
		"Revenue", i18n.Money(ctx, c.sum(revenueOf)), "Busiest", i18n.Date(ctx, best.From), "Most", i18n.Number(ctx, int64(best.Orders)))
}

func (c StatsCharts) marginText(ctx context.Context) string {
	return i18n.T(ctx, "stats.margin.desc", "From", i18n.Date(ctx, c.Days[0].From), "To", i18n.Date(ctx, c.Days[len(c.Days)-1].To),
		"Revenue", i18n.Money(ctx, c.sum(earnedOf)), "Margin", i18n.Money(ctx, c.sum(marginOf)))
}

func (c StatsCharts) balanceText(ctx context.Context) string {
	lowest := c.Days[0]
	for _, d := range c.Days {
		if d.Balance.Minor < lowest.Balance.Minor {
			lowest = d
		}
	}
	return i18n.T(ctx, "stats.balance.desc", "First", i18n.Money(ctx, c.Days[0].Balance), "From", i18n.Date(ctx, c.Days[0].From),
		"Last", i18n.Money(ctx, c.Days[len(c.Days)-1].Balance), "To", i18n.Date(ctx, c.Days[len(c.Days)-1].To),
		"Lowest", i18n.Money(ctx, lowest.Balance), "When", i18n.Date(ctx, lowest.From))
}

func (c StatsCharts) brandsText(ctx context.Context) string {
	var parts []string
	for _, s := range c.slices(ctx) {
		parts = append(parts, s.Name+" "+percent(ctx, s.Orders, c.brandOrders()))
	}
	return strings.Join(parts, ", ")
}

// most is the highest count of a status, at least 1.
func (c StatsCharts) most() int {
	most := 1
	for _, s := range c.Statuses {
		most = max(most, s.Count)
	}
	return most
}

// total counts the orders in all statuses.
func (c StatsCharts) total() int {
	n := 0
	for _, s := range c.Statuses {
		n += s.Count
	}
	return n
}
