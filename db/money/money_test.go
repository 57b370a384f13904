package money

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestParseReadsPlainDecimalsOnly(t *testing.T) {
	good := map[string]int64{
		"0": 0, "1": 100, "1.5": 150, "1234.56": 123456, "-0.05": -5, "+7.00": 700, "007.1": 710,
		"92233720368547758.07": math.MaxInt64, "-92233720368547758.08": math.MinInt64,
		"00000000000000000000000000000001": 100,
	}
	for text, want := range good {
		got, err := Parse(text, CurrencyEUR)
		if err != nil || got != New(want, CurrencyEUR) {
			t.Errorf("Parse(%q) = %v, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-", "+", ".", "1.", ".5", "1.234", "1,50", "1e3", " 1", "1 ", "1_000", "0x10", "--1", "1.-5", "1.2.3", "٣", "NaN", "Inf", "-.5"} {
		if got, err := Parse(text, CurrencyUSD); !errors.Is(err, ErrSyntax) || got != (Money{}) {
			t.Errorf("Parse(%q) = %v, %v; want ErrSyntax", text, got, err)
		}
	}
	for _, text := range []string{"92233720368547758.08", "-92233720368547758.09", "99999999999999999999", "922337203685477580.7"} {
		if _, err := Parse(text, CurrencyUSD); !errors.Is(err, ErrOverflow) {
			t.Errorf("Parse(%q) error = %v; want ErrOverflow", text, err)
		}
	}
}

func TestParseReadsBackEveryDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(rapid.Int64().Draw(t, "minor"), rapid.SampledFrom(Currencies).Draw(t, "currency"))
		back, err := Parse(m.Decimal(), m.Currency)
		if err != nil || back != m {
			t.Fatalf("Parse(%q) = %v, %v", m.Decimal(), back, err)
		}
	})
}

func TestParseNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, err := Parse(rapid.String().Draw(t, "text"), CurrencyUSD)
		if err != nil && !errors.Is(err, ErrSyntax) && !errors.Is(err, ErrOverflow) {
			t.Fatalf("unexpected error %v for %v", err, m)
		}
	})
}

func TestMarshalJSONWritesTwoDecimals(t *testing.T) {
	for minor, want := range map[int64]string{125000: "1250.00", 5: "0.05", -5: "-0.05", 0: "0.00", math.MinInt64: "-92233720368547758.08"} {
		got, err := json.Marshal(struct{ Total Money }{USD(minor)})
		if err != nil || string(got) != `{"Total":`+want+`}` {
			t.Errorf("%d: %s, %v; want %s", minor, got, err, want)
		}
	}
}

func TestQuoteOfTheDATASSLDocument(t *testing.T) {
	list, group, san := USD(4999), USD(1299), USD(799).Mul(2)
	discount := list.Sub(group)
	if total := list.Add(san).Sub(discount); total != USD(2897) || discount != USD(3700) || san != USD(1598) {
		t.Errorf("total %v, discount %v, san %v", total, discount, san)
	}
}

// exact is the same arithmetic without a limit; ok is false when it does not fit.
func exact(a, b, d int64) (result int64, ok bool) {
	product := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
	denominator := big.NewInt(d)
	quotient, rest := new(big.Int).QuoRem(product, denominator, new(big.Int))
	twice := rest.Abs(rest).Lsh(rest, 1)
	if twice.Cmp(denominator.Abs(denominator)) >= 0 {
		step := int64(1)
		if product.Sign() < 0 != (d < 0) {
			step = -1
		}
		quotient.Add(quotient, big.NewInt(step))
	}
	return quotient.Int64(), quotient.IsInt64()
}

func overflows(f func()) (yes bool) {
	defer func() {
		if r := recover(); r != nil {
			if err, isErr := r.(error); !isErr || !errors.Is(err, ErrOverflow) {
				panic(r)
			}
			yes = true
		}
	}()
	f()
	return false
}

func TestPercentRoundsHalfAwayFromZero(t *testing.T) {
	for _, c := range []struct{ minor, bp, want int64 }{
		{1000, 2000, 200}, {1299, 2000, 260}, {25, 1000, 3}, {-25, 1000, -3}, {24, 1000, 2}, {1, 5000, 1}, {-1, 5000, -1}, {1, 4999, 0}, {0, 2000, 0}, {1000, 0, 0}, {999, -1000, -100},
	} {
		if got := PercentBP(USD(c.minor), c.bp); got != USD(c.want) {
			t.Errorf("PercentBP(%d, %d) = %v; want %d", c.minor, c.bp, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		minor, bp := rapid.Int64().Draw(t, "minor"), rapid.Int64().Draw(t, "bp")
		want, ok := exact(minor, bp, 10_000)
		var got Money
		if over := overflows(func() { got = PercentBP(USD(minor), bp) }); over == ok || ok && got.Minor != want {
			t.Fatalf("got %v, overflow %v; want %d, fits %v", got, over, want, ok)
		}
	})
}

func TestHalfUpAgreesWithExactDivision(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "numerator")
		d := rapid.Int64().Filter(func(d int64) bool { return d != 0 }).Draw(t, "denominator")
		want, ok := exact(n, 1, d)
		var got int64
		if over := overflows(func() { got = HalfUp(n, d) }); over == ok || ok && got != want {
			t.Fatalf("got %d, overflow %v; want %d, fits %v", got, over, want, ok)
		}
	})
}

func TestArithmeticIsExactOrPanicsWithErrOverflow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		x, y := big.NewInt(a), big.NewInt(b)
		for name, c := range map[string]struct {
			want *big.Int
			do   func() Money
		}{
			"add": {new(big.Int).Add(x, y), func() Money { return USD(a).Add(USD(b)) }},
			"sub": {new(big.Int).Sub(x, y), func() Money { return USD(a).Sub(USD(b)) }},
			"mul": {new(big.Int).Mul(x, y), func() Money { return USD(a).Mul(b) }},
			"neg": {new(big.Int).Neg(x), func() Money { return USD(a).Neg() }},
		} {
			var got Money
			over := overflows(func() { got = c.do() })
			if over == c.want.IsInt64() || !over && got != USD(c.want.Int64()) {
				t.Fatalf("%s(%d, %d) = %v, overflow %v; want %v", name, a, b, got, over, c.want)
			}
		}
		if got := USD(a).Cmp(USD(b)); got != x.Cmp(y) {
			t.Fatalf("Cmp = %d", got)
		}
	})
	for name, f := range map[string]func(){
		"min/-1":  func() { HalfUp(math.MinInt64, -1) },
		"neg min": func() { USD(math.MinInt64).Neg() },
		"mul min": func() { USD(math.MinInt64).Mul(-1) },
		"add":     func() { USD(math.MaxInt64).Add(USD(1)) },
		"sub":     func() { USD(math.MinInt64).Sub(USD(1)) },
	} {
		if !overflows(f) {
			t.Errorf("%s did not panic", name)
		}
	}
}

func TestCurrenciesNeverMeet(t *testing.T) {
	for name, f := range map[string]func(){
		"add": func() { USD(1).Add(New(1, CurrencyTRY)) },
		"sub": func() { USD(1).Sub(New(1, CurrencyTRY)) },
		"cmp": func() { USD(1).Cmp(New(1, CurrencyTRY)) },
		// Zero dollars are still dollars; only the Money without a currency is neutral.
		"zero of another": func() { USD(0).Add(New(1, CurrencyTRY)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s did not panic", name)
				}
			}()
			f()
		}()
	}
	sum := Money{}
	for _, m := range []Money{New(1, CurrencyTRY), New(2, CurrencyTRY)} {
		sum = sum.Add(m)
	}
	if sum != New(3, CurrencyTRY) {
		t.Errorf("sum from the zero Money = %v", sum)
	}
}

func TestParseCurrencyKnowsTheKeptOnes(t *testing.T) {
	if c, err := ParseCurrency(" try "); c != CurrencyTRY || err != nil {
		t.Errorf("got %q, %v", c, err)
	}
	for _, s := range []string{"", "XXX", "US"} {
		if _, err := ParseCurrency(s); !errors.Is(err, ErrCurrency) {
			t.Errorf("ParseCurrency(%q) = %v", s, err)
		}
	}
}
