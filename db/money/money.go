// Package money holds amounts as whole minor units (cents). No floating point
// number ever stands for money here or in its callers.
//
// Amounts of two currencies never meet: adding or comparing them is a
// programmer error and panics, as an index out of range would. Exceeding the
// range of int64 panics with ErrOverflow for the same reason: amounts that come
// from outside go through Parse and a limit of the form that took them, long
// before 92 quadrillion.
package money

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"
)

// Currency is an ISO 4217 code. Every currency here has two decimals.
type Currency string

// The currencies that prices and upstream costs are kept in.
const (
	CurrencyUSD Currency = "USD"
	CurrencyEUR Currency = "EUR"
	CurrencyGBP Currency = "GBP"
	CurrencyTRY Currency = "TRY"
)

// Currencies lists every currency in the order menus show them.
var Currencies = []Currency{CurrencyUSD, CurrencyEUR, CurrencyGBP, CurrencyTRY}

var (
	// ErrSyntax is wrapped by Parse when the text is not a plain decimal amount.
	ErrSyntax = errors.New("money: not an amount")
	// ErrOverflow is wrapped by Parse, and is the value of the panic of the
	// arithmetic, when an amount does not fit 64 bits of minor units.
	ErrOverflow = errors.New("money: amount out of range")
	// ErrCurrency is wrapped by ParseCurrency for a code that is not kept here.
	ErrCurrency = errors.New("money: unknown currency")
)

// ParseCurrency reads a currency code in any case.
func ParseCurrency(s string) (Currency, error) {
	c := Currency(strings.ToUpper(strings.TrimSpace(s)))
	if !c.Valid() {
		return "", fmt.Errorf("%w: %.16q", ErrCurrency, s)
	}
	return c, nil
}

// Valid reports whether c is one of Currencies.
func (c Currency) Valid() bool {
	for _, known := range Currencies {
		if c == known {
			return true
		}
	}
	return false
}

// Money is an amount in minor units of one currency. The zero Money has no
// currency; it may be added to or compared with any amount, so that a sum can
// start from it.
type Money struct {
	Minor    int64
	Currency Currency
}

// New returns an amount of minor units (cents) in c.
func New(minor int64, c Currency) Money { return Money{Minor: minor, Currency: c} }

// USD returns an amount of US cents.
func USD(cents int64) Money { return Money{Minor: cents, Currency: CurrencyUSD} }

// Parse reads an amount of major units: an optional sign, digits, and at most
// two decimals after a dot. Spaces, grouping, commas and exponents are refused
// with ErrSyntax, an amount that does not fit with ErrOverflow.
func Parse(s string, c Currency) (Money, error) {
	digits, negative := s, false
	if digits != "" && (digits[0] == '-' || digits[0] == '+') {
		negative = digits[0] == '-'
		digits = digits[1:]
	}
	whole, fraction, dotted := strings.Cut(digits, ".")
	if whole == "" || len(fraction) > 2 || dotted && fraction == "" {
		return Money{}, fmt.Errorf("%w: %.32q", ErrSyntax, s)
	}
	for len(fraction) < 2 {
		fraction += "0"
	}
	var minor int64
	for _, r := range []byte(whole + fraction) {
		if r < '0' || r > '9' {
			return Money{}, fmt.Errorf("%w: %.32q", ErrSyntax, s)
		}
	}
	for _, r := range []byte(whole + fraction) {
		// Counted downwards, because the negative range is one larger.
		d := int64(r - '0')
		if minor < (math.MinInt64+d)/10 {
			return Money{}, fmt.Errorf("%w: %.32q", ErrOverflow, s)
		}
		minor = minor*10 - d
	}
	if !negative {
		if minor == math.MinInt64 {
			return Money{}, fmt.Errorf("%w: %.32q", ErrOverflow, s)
		}
		minor = -minor
	}
	return Money{Minor: minor, Currency: c}, nil
}

// Decimal writes the amount in major units with two decimals and a dot, without
// grouping or currency: "1234.56", "-0.05". Parse reads it back.
func (m Money) Decimal() string {
	sign, u := "", uint64(m.Minor)
	if m.Minor < 0 {
		sign, u = "-", -u
	}
	return fmt.Sprintf("%s%d.%02d", sign, u/100, u%100)
}

// String is Decimal with the currency, for logs and tests. Pages format amounts
// with the language of their reader instead.
func (m Money) String() string {
	if m.Currency == "" {
		return m.Decimal()
	}
	return m.Decimal() + " " + string(m.Currency)
}

// MarshalJSON writes the amount as a JSON number with two decimals, without the
// currency: 1250.00. There is no reading back: wire structures that take amounts
// keep them as json.Number and use Parse.
func (m Money) MarshalJSON() ([]byte, error) { return []byte(m.Decimal()), nil }

// IsZero reports whether the amount is zero in whatever currency.
func (m Money) IsZero() bool { return m.Minor == 0 }

// IsNegative reports whether the amount is below zero.
func (m Money) IsNegative() bool { return m.Minor < 0 }

// Add returns m + n. It panics when the currencies differ or the sum does not fit.
func (m Money) Add(n Money) Money {
	c := meet(m, n)
	sum := m.Minor + n.Minor
	if (n.Minor > 0 && sum < m.Minor) || (n.Minor < 0 && sum > m.Minor) {
		panic(ErrOverflow)
	}
	return Money{Minor: sum, Currency: c}
}

// Sub returns m − n. It panics when the currencies differ or the difference does not fit.
func (m Money) Sub(n Money) Money {
	c := meet(m, n)
	diff := m.Minor - n.Minor
	if (n.Minor < 0 && diff < m.Minor) || (n.Minor > 0 && diff > m.Minor) {
		panic(ErrOverflow)
	}
	return Money{Minor: diff, Currency: c}
}

// Neg returns −m. It panics for the one amount whose negative does not fit.
func (m Money) Neg() Money {
	if m.Minor == math.MinInt64 {
		panic(ErrOverflow)
	}
	return Money{Minor: -m.Minor, Currency: m.Currency}
}

// Mul returns m taken n times. It panics when the product does not fit.
func (m Money) Mul(n int64) Money {
	return Money{Minor: mulDiv(m.Minor, n, 1), Currency: m.Currency}
}

// Cmp returns -1, 0 or +1 as m is less than, equal to or greater than n. It
// panics when the currencies differ.
func (m Money) Cmp(n Money) int {
	meet(m, n)
	switch {
	case m.Minor < n.Minor:
		return -1
	case m.Minor > n.Minor:
		return 1
	}
	return 0
}

// HalfUp divides and rounds to the nearest whole number, halves away from zero:
// HalfUp(5, 2) = 3, HalfUp(-5, 2) = -3. It panics when denominator is zero.
func HalfUp(numerator, denominator int64) int64 { return mulDiv(numerator, 1, denominator) }

// PercentBP returns bp basis points (hundredths of a percent) of m, rounded to
// the nearest minor unit, halves away from zero: 20 % tax is 2000. It panics
// when the result does not fit; the product before division may be larger.
func PercentBP(m Money, bp int64) Money {
	return Money{Minor: mulDiv(m.Minor, bp, 10_000), Currency: m.Currency}
}

// Convert returns m in another currency: numerator ÷ denominator units of c for
// one of m's, rounded to the nearest minor unit, halves away from zero. It panics
// when the result does not fit; the product before division may be larger.
func Convert(m Money, numerator, denominator int64, c Currency) Money {
	return Money{Minor: mulDiv(m.Minor, numerator, denominator), Currency: c}
}

// mulDiv returns a × b ÷ d with a 128-bit product, rounded half away from zero.
func mulDiv(a, b, d int64) int64 {
	if d == 0 {
		panic("money: division by zero")
	}
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	divisor := magnitude(d)
	if hi >= divisor {
		panic(ErrOverflow)
	}
	quotient, rest := bits.Div64(hi, lo, divisor)
	if rest >= divisor-rest {
		quotient++
		if quotient == 0 {
			panic(ErrOverflow)
		}
	}
	if (a < 0) != (b < 0) != (d < 0) {
		if quotient > 1<<63 {
			panic(ErrOverflow)
		}
		return -int64(quotient)
	}
	if quotient > math.MaxInt64 {
		panic(ErrOverflow)
	}
	return int64(quotient)
}

// magnitude is |n|, also for the smallest int64.
func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// meet returns the currency two amounts share, and panics when they share none.
func meet(m, n Money) Currency {
	switch {
	case m.Currency == n.Currency, n == Money{}:
		return m.Currency
	case m == Money{}:
		return n.Currency
	}
	panic(fmt.Sprintf("money: %s meets %s", m, n))
}
