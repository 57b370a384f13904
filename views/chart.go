package views

import (
	"context"
	"time"

	"certbay/views/i18n"
)

// Day is how much happened on one day.
type Day struct {
	Date  time.Time
	Count int
}

// Share is one part of a whole.
type Share struct {
	Name  string
	Count int
}

// Bar charts are drawn in a box of these units; the page scales it.
const (
	chartWidth  = 608
	chartHeight = 168
	chartTop    = 18 // room for the value above the highest bar
	chartBottom = 22 // room for the axis
)

// bar is one drawn column, in chart units.
type bar struct {
	X, Y, Width, Height int
	Day                 Day
}

// bars places one column per day, left to right, the highest as high as the box.
// A day without anything has a column of height 0.
func bars(days []Day) []bar {
	if len(days) == 0 {
		return nil
	}
	highest := 1
	for _, d := range days {
		highest = max(highest, d.Count)
	}
	full := chartHeight - chartTop - chartBottom
	placed := make([]bar, len(days))
	for i, d := range days {
		left, right := i*chartWidth/len(days), (i+1)*chartWidth/len(days)
		gap := max(1, (right-left)/6)
		height := d.Count * full / highest
		placed[i] = bar{
			X: left + gap, Width: max(1, right-left-2*gap),
			Y: chartTop + full - height, Height: height,
			Day: d,
		}
	}
	return placed
}

// gridLines are the heights of the four lines behind the bars, the ground line last.
func gridLines() []int {
	full := chartHeight - chartTop - chartBottom
	return []int{chartTop, chartTop + full/3, chartTop + 2*full/3, chartTop + full}
}

// axisDays are the days named under the bars: the first, the middle and the last.
func axisDays(days []Day) []Day {
	if len(days) < 3 {
		return days
	}
	return []Day{days[0], days[len(days)/2], days[len(days)-1]}
}

func total(days []Day) int {
	sum := 0
	for _, d := range days {
		sum += d.Count
	}
	return sum
}

// whole is what the shares are shares of, at least 1.
func whole(shares []Share) int {
	highest := 1
	for _, s := range shares {
		highest = max(highest, s.Count)
	}
	return highest
}

func axisX(i, n int) int {
	if n < 2 {
		return 0
	}
	return i * chartWidth / (n - 1)
}

func axisAnchor(i, n int) string {
	switch {
	case i == 0:
		return "start"
	case i == n-1:
		return "end"
	default:
		return "middle"
	}
}

// daysText describes a chart to those who can't see it.
func daysText(ctx context.Context, days []Day) string {
	if len(days) == 0 {
		return ""
	}
	busiest := days[0]
	for _, d := range days {
		if d.Count > busiest.Count {
			busiest = d
		}
	}
	return i18n.N(ctx, "chart.days", total(days),
		"From", i18n.Date(ctx, days[0].Date), "To", i18n.Date(ctx, days[len(days)-1].Date),
		"Busiest", i18n.Date(ctx, busiest.Date), "Most", i18n.Number(ctx, int64(busiest.Count)))
}
