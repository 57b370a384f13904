package views

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
	"github.com/PuerkitoBio/goquery"
)

// sampleCharts are days of rising sales, with a loss and an overdrawn balance.
func sampleCharts(path string, days int) StatsCharts {
	c := StatsCharts{Path: path, Range: days,
		Brands: []BrandSales{{"Sectigo", 78}, {"DigiCert", 45}, {"GeoTrust", 19}, {"Thawte", 9}, {"RapidSSL", 5}, {"cPanel", 3}, {"<b>ispmanager</b>", 1}},
		Statuses: []StatusCount{{"pending", 3}, {"pending_configuration", 1}, {"processing", 5}, {"validation_pending", 0}, {"completed", 890},
			{"cancelled", 12}, {"expired", 40}},
	}
	for i := range days {
		day := time.Date(2026, 11, 20+1+i-days, 12, 0, 0, 0, time.UTC)
		c.Days = append(c.Days, SalesDay{From: day, To: day, Orders: i % 8, Revenue: money.USD(int64(i%8) * 1299), Earned: money.USD(int64(i%5) * 1000),
			Margin: money.USD(int64(i%5)*400 - 300), Balance: money.USD(int64(days-i)*100 - 250)})
	}
	return c
}

func sampleStats(days int) StatsPage {
	return StatsPage{StatsCharts: sampleCharts("/stats", days), Orders: 156, Active: 89, Pending: 3, Expiring: 12, Revenue: money.USD(1_542_000),
		Month: money.USD(234_000), MonthCount: 31, Balance: money.USD(-150)}
}

func TestStatsPages(t *testing.T) {
	for _, days := range StatsRanges {
		inEachLanguage(t, Stats(testPage("owner"), sampleStats(days)), func(t *testing.T, _ string, doc *goquery.Document) {
			bars := map[int]int{7: 7, 30: 30, 90: 90, 365: 53}[days]
			if n := doc.Find("svg[role=img] rect.chart-1").Length(); n != bars+1 { // and the status "processing"
				t.Errorf("%d bars of %d days", n, days)
			}
			if n := doc.Find("table").First().Find("tbody tr").Length(); n != bars {
				t.Errorf("%d rows of %d days", n, days)
			}
			if chosen := doc.Find(".filter-chip[aria-current]"); chosen.Length() != 1 || chosen.AttrOr("href", "") != "/stats?days="+strconv.Itoa(days) {
				t.Errorf("%d ranges are chosen, %s", chosen.Length(), chosen.AttrOr("href", ""))
			}
			if n := doc.Find("circle.chart-slice").Length(); n != sliceCount+1 {
				t.Errorf("%d slices", n)
			}
			for _, chart := range []string{"sales", "balance", "brands", "statuses"} {
				if doc.Find("a[href^='/stats.csv?chart="+chart+"&days=']").Length() != 1 {
					t.Errorf("no file of %s", chart)
				}
			}
			if strings.Contains(doc.Text(), "Margin") || doc.Find("a[href*='chart=margin']").Length() != 0 {
				t.Error("a reseller is shown a margin")
			}
		})
	}
	inEachLanguage(t, AdminStats(testPage("admin"), AdminStatsPage{StatsCharts: sampleCharts("/admin/stats", 30), OrdersToday: 4, Open: 9, Active: 890,
		Month: money.USD(100), Margin: money.USD(-20), Held: money.USD(5), Wallets: money.USD(7)}), func(t *testing.T, _ string, doc *goquery.Document) {
		if doc.Find("a[href='/admin/stats.csv?chart=margin&days=30']").Length() != 1 || doc.Find("a[href='/admin/orders?status=completed']").Length() != 2 {
			t.Error("the margin has no file, or the status no list")
		}
	})
}

func TestStatsPagesWithoutOrdersSayWhatComes(t *testing.T) {
	inEachLanguage(t, Stats(testPage("owner"), StatsPage{StatsCharts: StatsCharts{Path: "/stats", Range: 30}}), func(t *testing.T, _ string, doc *goquery.Document) {
		if doc.Find(".empty a[href='/catalog']").Length() != 1 || doc.Find("svg[role=img]").Length() != 0 {
			t.Error("an empty book is drawn")
		}
	})
	inEachLanguage(t, AdminStats(testPage("support"), AdminStatsPage{StatsCharts: StatsCharts{Path: "/admin/stats", Range: 30}}), func(t *testing.T, _ string, doc *goquery.Document) {
		if doc.Find(".empty").Length() != 1 || doc.Find("svg[role=img]").Length() != 0 {
			t.Error("an empty book is drawn")
		}
	})
	// Orders, of which none is sold.
	m := sampleStats(7)
	m.Brands = nil
	inEachLanguage(t, Stats(testPage("viewer"), m), func(t *testing.T, _ string, doc *goquery.Document) {
		if doc.Find("circle.chart-slice").Length() != 0 {
			t.Error("a ring of nothing")
		}
	})
}

func TestWeeksEndTodayAndLoseNoDay(t *testing.T) {
	c := sampleCharts("/stats", 365)
	spans := c.spans()
	orders, revenue, margin := 0, money.USD(0), money.USD(0)
	for i, s := range spans {
		orders, revenue, margin = orders+s.Orders, revenue.Add(s.Revenue), margin.Add(s.Margin)
		if days := int(s.To.Sub(s.From).Hours()/24) + 1; days != 7 && i > 0 {
			t.Errorf("week %d has %d days", i, days)
		}
		if i > 0 && !s.From.Equal(spans[i-1].To.AddDate(0, 0, 1)) {
			t.Errorf("week %d begins %v after %v", i, s.From, spans[i-1].To)
		}
	}
	last := c.Days[364]
	if end := spans[len(spans)-1]; !end.To.Equal(last.To) || end.Balance != last.Balance {
		t.Errorf("the last week is %+v", end)
	}
	if orders != c.sold() || revenue != c.sum(revenueOf) || margin != c.sum(marginOf) {
		t.Errorf("%d orders for %v with %v", orders, revenue, margin)
	}
}

func TestTheRingIsWhole(t *testing.T) {
	ctx := i18n.With(context.Background(), i18n.Locale{Lang: "en", Zone: time.UTC})
	for _, counts := range [][]int{{1}, {1, 1, 1}, {78, 45, 19, 9, 5, 3, 1}, {1_000_000, 1}} {
		var c StatsCharts
		for _, n := range counts {
			c.Brands = append(c.Brands, BrandSales{"x", n})
		}
		at, orders := 0, 0
		for _, s := range c.slices(ctx) {
			if s.start != at {
				t.Errorf("%v: a slice starts at %d, not %d", counts, s.start, at)
			}
			at, orders = at+s.length, orders+s.Orders
		}
		if at != 10_000 || orders != c.brandOrders() {
			t.Errorf("%v: %d of the ring, %d orders", counts, at, orders)
		}
	}
}

func TestAPlotStaysInItsBox(t *testing.T) {
	for _, days := range StatsRanges {
		c := sampleCharts("/stats", days)
		for _, own := range []bool{true, false} {
			for _, b := range columns(c.spans(), func(d SalesDay) int64 { return d.Earned.Minor }, func(d SalesDay) int64 { return d.Margin.Minor }, own) {
				if b.Y < chartTop || b.Y+b.Height > chartHeight-chartBottom || b.LineY < chartTop || b.LineY > chartHeight-chartBottom || b.X < 0 || b.X+b.Width > chartWidth {
					t.Fatalf("%+v", b)
				}
			}
		}
	}
	flat := []SalesDay{{Balance: money.USD(0)}, {Balance: money.USD(0)}}
	if points, zero := spark(flat); points != "0,90 608,90" || zero != 90 {
		t.Errorf("%s, zero at %d", points, zero)
	}
	if points, zero := spark([]SalesDay{{Balance: money.USD(100)}, {Balance: money.USD(-100)}}); points != "0,6 608,90" || zero != 48 {
		t.Errorf("%s, zero at %d", points, zero)
	}
}
