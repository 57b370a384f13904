package views

import (
	"context"
	"fmt"
	"strings"

	"certbay/views/i18n"
)

// column is a bar of a chart that tells two things: its bar, and the point of a
// line above or below it.
type column struct {
	bar
	LineX, LineY int
	Span         SalesDay
}

// sparkHeight is the box of the chart of balances, lower than the others.
const sparkHeight = 96

// scale turns amounts into heights: low is drawn at the bottom, high at the top.
type scale struct {
	low, high   int64
	top, bottom int
}

func (s scale) y(value int64) int {
	return s.bottom - int((value-s.low)*int64(s.bottom-s.top)/max(1, s.high-s.low))
}

// scaleOf spans all values and zero.
func scaleOf(values []int64, top, bottom int) scale {
	s := scale{top: top, bottom: bottom}
	for _, v := range values {
		s.low, s.high = min(s.low, v), max(s.high, v)
	}
	return s
}

// columns places a bar and a point per span. Bars are as high as barOf says, never
// below zero; points follow lineOf on a scale of their own, where own is true, else
// on that of the bars.
func columns(spans []SalesDay, barOf, lineOf func(SalesDay) int64, own bool) []column {
	var heights, points []int64
	for _, s := range spans {
		heights, points = append(heights, barOf(s)), append(points, lineOf(s))
	}
	ground := chartHeight - chartBottom
	bars, line := scaleOf(heights, chartTop, ground), scaleOf(points, chartTop, ground)
	if !own {
		bars = scaleOf(append(heights, points...), chartTop, ground)
		line = bars
	}
	placed := make([]column, len(spans))
	for i, s := range spans {
		left, right := i*chartWidth/len(spans), (i+1)*chartWidth/len(spans)
		gap := max(1, (right-left)/6)
		y, zero := bars.y(max(0, heights[i])), bars.y(0)
		placed[i] = column{
			bar:   bar{X: left + gap, Width: max(1, right-left-2*gap), Y: y, Height: zero - y},
			LineX: (left + right) / 2, LineY: line.y(points[i]), Span: s,
		}
	}
	return placed
}

// polyline is the line through the columns' points.
func polyline(columns []column) string {
	points := make([]string, len(columns))
	for i, c := range columns {
		points[i] = fmt.Sprintf("%d,%d", c.LineX, c.LineY)
	}
	return strings.Join(points, " ")
}

// tipX keeps the words over a bar inside of the chart.
func (c column) tipX() int { return min(max(c.LineX, 70), chartWidth-70) }

// tipY is above the bar and the point.
func (c column) tipY() int { return max(12, min(c.Y, c.LineY)-6) }

// spark is the line of balances, left to right over the whole width, and the
// height of zero.
func spark(spans []SalesDay) (points string, zero int) {
	values := make([]int64, len(spans))
	for i, s := range spans {
		values[i] = s.Balance.Minor
	}
	s := scaleOf(values, 6, sparkHeight-6)
	placed := make([]string, len(spans))
	for i, v := range values {
		placed[i] = fmt.Sprintf("%d,%d", i*chartWidth/max(1, len(spans)-1), s.y(v))
	}
	return strings.Join(placed, " "), s.y(0)
}

// sparkArea is the same line, closed along zero.
func sparkArea(spans []SalesDay) string {
	points, zero := spark(spans)
	return fmt.Sprintf("0,%d %s %d,%d", zero, points, chartWidth, zero)
}

// slice is a part of the ring of brands. The ring is 10 000 long.
type slice struct {
	Name          string
	Orders        int
	Class         string
	start, length int
}

// sliceCount is how many brands have a colour of their own; the rest is one slice.
const sliceCount = 5

// slices are the parts of the ring, the greatest first; together they are the
// whole ring.
func (c StatsCharts) slices(ctx context.Context) []slice {
	var parts []slice
	for i, b := range c.Brands {
		if i <= sliceCount {
			parts = append(parts, slice{Name: b.Name, Orders: b.Orders, Class: fmt.Sprint("chart-", i+1)})
			continue
		}
		rest := &parts[sliceCount]
		rest.Name = i18n.T(ctx, "stats.brands.other")
		rest.Orders += b.Orders
	}
	before, total := 0, c.brandOrders()
	for i := range parts {
		parts[i].start = before * 10_000 / max(1, total)
		before += parts[i].Orders
		parts[i].length = before*10_000/max(1, total) - parts[i].start
	}
	return parts
}

// dashes draws a slice of the ring: as long as it is, then nothing.
func (s slice) dashes() string { return fmt.Sprintf("%d %d", s.length, 10_000-s.length) }

// offset turns a slice to where it starts.
func (s slice) offset() string { return fmt.Sprint(-s.start) }

// brandOrders counts the sold orders of all brands.
func (c StatsCharts) brandOrders() int {
	n := 0
	for _, b := range c.Brands {
		n += b.Orders
	}
	return n
}

// percent is a part of a whole, rounded to whole percents.
func percent(ctx context.Context, part, whole int) string {
	return i18n.Percent(ctx, (part*200+whole)/max(1, 2*whole)*100)
}

// statusClass is the colour of a status's bar.
func statusClass(status string) string {
	switch OrderLook(status, "").Kind {
	case "success":
		return "chart-3"
	case "warning":
		return "chart-4"
	case "error":
		return "chart-5"
	case "info":
		return "chart-1"
	default:
		return "chart-6"
	}
}

// statusWidth is the bar of a status, of 100; one order can be seen, too.
func (c StatsCharts) statusWidth(s StatusCount) string {
	if s.Count == 0 {
		return "0"
	}
	return fmt.Sprint(max(1, s.Count*100/c.most()))
}
