package i18n

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"certbay/db/money"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

const (
	nbsp  = "\u00a0" // keeps a number and its unit on one line
	minus = "\u2212"
)

var symbols = map[money.Currency]string{"USD": "$", "EUR": "€", "GBP": "£", "TRY": "₺"}

// Money writes an amount with its currency: "$1,221.03" in English, "1.221,03 $" in
// Turkish; a minus sign stands before the number.
func Money(ctx context.Context, m money.Money) string {
	digits := m.Decimal()
	sign := ""
	if rest, ok := strings.CutPrefix(digits, "-"); ok {
		sign, digits = minus, rest
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	symbol, known := symbols[m.Currency]
	if !known {
		symbol = string(m.Currency)
	}
	if From(ctx).Lang == "tr" {
		return sign + group(whole, ".") + "," + fraction + nbsp + symbol
	}
	if !known {
		symbol += nbsp
	}
	return sign + symbol + group(whole, ",") + "." + fraction
}

// Number writes a whole number with the reader's thousands separator.
func Number(ctx context.Context, n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if rest, ok := strings.CutPrefix(digits, "-"); ok {
		sign, digits = minus, rest
	}
	return sign + group(digits, thousands(ctx))
}

// Percent writes basis points (1900 is 19 %) as "19%" in English, "%19" in Turkish.
func Percent(ctx context.Context, basisPoints int) string {
	number := strconv.Itoa(basisPoints / 100)
	if rest := basisPoints % 100; rest != 0 {
		point := "."
		if From(ctx).Lang == "tr" {
			point = ","
		}
		number += point + strings.TrimRight(fmt.Sprintf("%02d", rest), "0")
	}
	if From(ctx).Lang == "tr" {
		return "%" + number
	}
	return number + "%"
}

func thousands(ctx context.Context) string {
	if From(ctx).Lang == "tr" {
		return "."
	}
	return ","
}

func group(digits, separator string) string {
	if len(digits) <= 3 {
		return digits
	}
	first := len(digits) % 3
	var parts []string
	if first > 0 {
		parts = append(parts, digits[:first])
	}
	for i := first; i < len(digits); i += 3 {
		parts = append(parts, digits[i:i+3])
	}
	return strings.Join(parts, separator)
}

var months = map[string][12]string{
	"en": {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	"tr": {"Oca", "Şub", "Mar", "Nis", "May", "Haz", "Tem", "Ağu", "Eyl", "Eki", "Kas", "Ara"},
}

// Date writes the reader's day of an instant: "20 Nov 2026", "20 Kas 2026". The zero time is "—".
func Date(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return DayMonth(ctx, t) + " " + strconv.Itoa(t.In(From(ctx).Zone).Year())
}

// DayMonth is Date without the year, for axes: "20 Nov".
func DayMonth(ctx context.Context, t time.Time) string {
	l := From(ctx)
	t = t.In(l.Zone)
	return strconv.Itoa(t.Day()) + " " + months[l.Lang][t.Month()-1]
}

// DateTime is Date with the reader's clock: "20 Nov 2026, 14:02". The zero time is "—".
func DateTime(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return Date(ctx, t) + ", " + Clock(ctx, t)
}

// Clock is the reader's time of day: "14:02".
func Clock(ctx context.Context, t time.Time) string {
	return t.In(From(ctx).Zone).Format("15:04")
}

// Ago says how far t is from now: "3 hours ago", "in 9 days", "just now" within ten seconds.
func Ago(ctx context.Context, now, t time.Time) string {
	distance := now.Sub(t)
	tense := "ago"
	if distance < 0 {
		distance, tense = -distance, "in"
	}
	switch {
	case distance < 10*time.Second:
		return T(ctx, "time.now")
	case distance < time.Minute:
		return N(ctx, "time."+tense+".seconds", int(distance/time.Second))
	case distance < time.Hour:
		return N(ctx, "time."+tense+".minutes", int(distance/time.Minute))
	case distance < 48*time.Hour:
		return N(ctx, "time."+tense+".hours", int(distance/time.Hour))
	case distance < 60*24*time.Hour:
		return N(ctx, "time."+tense+".days", int(distance/(24*time.Hour)))
	default:
		return N(ctx, "time."+tense+".months", int(distance/(30*24*time.Hour)))
	}
}

// Months writes a term: "12 months".
func Months(ctx context.Context, n int) string { return N(ctx, "time.months", n) }

// Days writes a number of days: "9 days".
func Days(ctx context.Context, n int) string { return N(ctx, "time.days", n) }

// Upper writes s in capitals by the reader's alphabet: "i" becomes "İ" in Turkish.
func Upper(ctx context.Context, s string) string {
	return cases.Upper(language.MustParse(From(ctx).Lang)).String(s)
}
