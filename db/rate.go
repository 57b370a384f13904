package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"certbay/db/money"
)

// ErrNoRate says that a price can't be told now: the cost behind it is in a
// currency without a rate of late, or nothing fulfils the product.
var ErrNoRate = errors.New("no exchange rate of late")

// DefaultRateDays is how many days a rate may be used where the operator's
// settings don't say.
const DefaultRateDays = 7

// rateUnit is a rate of 1: rates are kept in hundred-millionths of a dollar.
const rateUnit = 100_000_000

// Rate is what one unit of a currency was worth on a day (UTC).
type Rate struct {
	ID        int64
	Currency  money.Currency
	Day       time.Time // midnight
	USDe8     int64     // hundred-millionths of a US dollar for one unit
	Source    string    // where the number is from: "ECB", "CSV import"
	EnteredBy string
	CreatedAt time.Time
}

// dollar is the rate of costs that need none.
var dollar = Rate{Currency: money.CurrencyUSD, USDe8: rateUnit}

// NewRate is a rate as it is entered.
type NewRate struct {
	Currency money.Currency
	Day      time.Time
	USDe8    int64
	Source   string
}

// ParseRate reads a positive decimal number of at most 8 decimals, like "1.0843".
// ErrInvalid for anything else, and for more than 10 000.
func ParseRate(s string) (int64, error) {
	whole, fraction, dotted := strings.Cut(strings.TrimSpace(s), ".")
	if whole == "" || len(whole) > 5 || len(fraction) > 8 || dotted && fraction == "" {
		return 0, ErrInvalid
	}
	var rate int64
	for _, r := range []byte(whole + fraction + strings.Repeat("0", 8-len(fraction))) {
		if r < '0' || r > '9' {
			return 0, ErrInvalid
		}
		rate = rate*10 + int64(r-'0')
	}
	if rate == 0 || rate > 10_000*rateUnit {
		return 0, ErrInvalid
	}
	return rate, nil
}

// Decimal writes the rate as ParseRate reads it, with at least 4 decimals.
func (r Rate) Decimal() string {
	text := fmt.Sprintf("%d.%08d", r.USDe8/rateUnit, r.USDe8%rateUnit)
	for strings.HasSuffix(text, "0") && len(text)-strings.IndexByte(text, '.') > 5 {
		text = text[:len(text)-1]
	}
	return text
}

// usable says whether the rate may price anything at a moment: it is of that day
// or of at most days before.
func (r Rate) usable(now time.Time, days int) bool {
	return r.USDe8 > 0 && !r.Day.Before(midnight(now).AddDate(0, 0, -days))
}

func midnight(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

const rateColumns = `id, currency, day, usd_e8, source, entered_by, created_at`

func scanRate(s scanner) (r Rate, err error) {
	return r, s.Scan(&r.ID, &r.Currency, moment{&r.Day}, &r.USDe8, &r.Source, &r.EnteredBy, moment{&r.CreatedAt})
}

// AddRates enters exchange rates, all or none. ErrInvalid for a currency that
// needs no rate, a day to come, a rate out of range or a missing source.
func (db *DB) AddRates(ctx context.Context, by Actor, rates ...NewRate) error {
	return db.transact(ctx, func(t *tx) error {
		var entered []string
		for _, n := range rates {
			n.Source = strings.TrimSpace(n.Source)
			if !n.Currency.Valid() || n.Currency == money.CurrencyUSD || n.Day.IsZero() || midnight(n.Day).After(t.now) ||
				n.USDe8 <= 0 || n.USDe8 > 10_000*rateUnit || n.Source == "" || len(n.Source) > 200 {
				return fmt.Errorf("rate of %.10q: %w", n.Currency, ErrInvalid)
			}
			_, err := t.ExecContext(ctx, `insert into exchange_rate (currency, day, usd_e8, source, entered_by, created_at) values ($1, $2, $3, $4, $5, $6)`,
				n.Currency, midnight(n.Day), n.USDe8, n.Source, by.Name, t.now)
			if err != nil {
				return err
			}
			entered = append(entered, fmt.Sprintf("%s %s %s USD (%s)", n.Day.UTC().Format(time.DateOnly), n.Currency, Rate{USDe8: n.USDe8}.Decimal(), n.Source))
		}
		if len(entered) == 0 {
			return fmt.Errorf("no rates: %w", ErrInvalid)
		}
		return audit(ctx, t, by, Change{Action: "rate.add", Object: "rates", After: strings.Join(entered, "; ")})
	})
}

// Rates lists entered rates, the newest days first.
func (db *DB) Rates(ctx context.Context, p Page) ([]Rate, int, error) {
	return list(ctx, db.read, scanRate, rateColumns, "exchange_rate", conditions{}, nil, "day desc, id desc", p)
}

// OrderRate is the rate that an order's cost was reckoned at; false when the
// cost was in dollars.
func (db *DB) OrderRate(ctx context.Context, orderID int64) (Rate, bool, error) {
	r, err := one(ctx, db.read, scanRate, `select `+rateColumns+` from exchange_rate where id = (select rate_id from orders where id = $1)`, orderID)
	if errors.Is(err, ErrNotFound) {
		return r, false, nil
	}
	return r, err == nil, err
}

// usableRates are the rates that may price now, by currency, the dollar included.
func (db *DB) usableRates(ctx context.Context, q querier) (map[money.Currency]Rate, error) {
	o, err := operator(ctx, q)
	if err != nil {
		return nil, err
	}
	rates := map[money.Currency]Rate{money.CurrencyUSD: dollar}
	for _, c := range money.Currencies {
		if c == money.CurrencyUSD {
			continue
		}
		r, err := one(ctx, q, scanRate, `select `+rateColumns+` from exchange_rate where currency = $1 order by day desc, id desc limit 1`, c)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if r.usable(db.now(), o.rateDays()) {
			rates[c] = r
		}
	}
	return rates, nil
}

func (o Operator) rateDays() int {
	if o.RateDays > 0 {
		return o.RateDays
	}
	return DefaultRateDays
}

// SetRateDays changes how many days a rate may be used. ErrInvalid outside 1 to 365.
func (db *DB) SetRateDays(ctx context.Context, by Actor, days int) error {
	if days < 1 || days > 365 {
		return ErrInvalid
	}
	return db.changeOperator(ctx, by, func(o *Operator) { o.RateDays = days })
}

// RateState is how a currency that costs are kept in stands.
type RateState struct {
	Rate   // the newest; zero USDe8 when there is none
	Usable bool
	Needed int // active products whose cost is in it
}

// RateStates lists every foreign currency; one that is needed and not usable is
// an alarm, because nothing with a cost in it can be ordered.
func (db *DB) RateStates(ctx context.Context) ([]RateState, error) {
	o, err := db.Operator(ctx)
	if err != nil {
		return nil, err
	}
	offers, err := firstOffers(ctx, db.read, 0)
	if err != nil {
		return nil, err
	}
	needed := map[money.Currency]int{}
	for _, f := range offers {
		if f.productActive {
			needed[f.currency]++
		}
	}
	var states []RateState
	for _, c := range money.Currencies {
		if c == money.CurrencyUSD {
			continue
		}
		r, err := one(ctx, db.read, scanRate, `select `+rateColumns+` from exchange_rate where currency = $1 order by day desc, id desc limit 1`, c)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		r.Currency = c
		states = append(states, RateState{Rate: r, Usable: r.usable(db.now(), o.rateDays()), Needed: needed[c]})
	}
	return states, nil
}
