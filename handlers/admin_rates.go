package handlers

import (
	"encoding/csv"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

// AdminRates is GET /admin/rates.
func (h *Handlers) AdminRates(c echo.Context) error {
	return h.ratesPage(c, http.StatusOK, views.AdminRatesPage{Day: h.Book.Now().UTC().Format(time.DateOnly)})
}

func (h *Handlers) ratesPage(c echo.Context, status int, m views.AdminRatesPage) error {
	ctx := c.Request().Context()
	page, pager := pageOf(c, "/admin/rates")
	rates, total, err := h.Book.Rates(ctx, page)
	if err != nil {
		return err
	}
	states, err := h.Book.RateStates(ctx)
	if err != nil {
		return err
	}
	operator, err := h.Book.Operator(ctx)
	if err != nil {
		return err
	}
	pager.Total = total
	m.Pager = pager
	if m.Days == "" {
		m.Days = strconv.Itoa(db.DefaultRateDays)
		if operator.RateDays > 0 {
			m.Days = strconv.Itoa(operator.RateDays)
		}
	}
	for _, s := range states {
		state := views.RateState{Currency: string(s.Currency), Day: s.Day, Usable: s.Usable, Needed: s.Needed}
		if s.USDe8 > 0 {
			state.Rate = s.Decimal()
		}
		m.States = append(m.States, state)
	}
	for _, r := range rates {
		m.Rows = append(m.Rows, views.RateRow{Currency: string(r.Currency), Rate: r.Decimal(), Source: r.Source, EnteredBy: r.EnteredBy, Day: r.Day})
	}
	return show(h, c, status, views.AdminRates, m)
}

// AdminAddRate is POST /admin/rates with currency, day, rate and source.
func (h *Handlers) AdminAddRate(c echo.Context) error {
	ctx := c.Request().Context()
	m := views.AdminRatesPage{Currency: c.FormValue("currency"), Day: strings.TrimSpace(c.FormValue("day")),
		Rate: strings.TrimSpace(c.FormValue("rate")), Source: strings.TrimSpace(c.FormValue("source"))}
	rate, field := h.readRate([]string{m.Currency, m.Day, m.Rate, m.Source})
	if field != "" {
		m.Problems = views.Problems{{Field: field, Key: rateProblems[field]}}
		return h.ratesPage(c, http.StatusUnprocessableEntity, m)
	}
	if err := h.Book.AddRates(ctx, actor(c), rate); err != nil {
		return err
	}
	return done(c, "/admin/rates", i18n.T(ctx, "rates.saved"))
}

// rateProblems are the words for each field that readRate finds wrong.
var rateProblems = map[string]string{"currency": "form.invalid", "day": "rates.problem.day", "rate": "rates.problem.rate", "source": "rates.problem.source"}

// readRate reads currency, day, rate and source; field names the wrong one.
func (h *Handlers) readRate(values []string) (n db.NewRate, field string) {
	var err error
	if n.Currency, err = money.ParseCurrency(values[0]); err != nil || n.Currency == money.CurrencyUSD {
		return n, "currency"
	}
	if n.Day, err = time.Parse(time.DateOnly, strings.TrimSpace(values[1])); err != nil || n.Day.After(h.Book.Now()) || n.Day.Year() < 2000 {
		return n, "day"
	}
	if n.USDe8, err = db.ParseRate(values[2]); err != nil {
		return n, "rate"
	}
	if n.Source = strings.TrimSpace(values[3]); n.Source == "" || len(n.Source) > 200 {
		return n, "source"
	}
	return n, ""
}

// AdminImportRates is POST /admin/rates/import with csv or a file:
// currency,day,rate,source on each line. It is a preview and, with confirm, takes
// all lines or none.
func (h *Handlers) AdminImportRates(c echo.Context) error {
	ctx := c.Request().Context()
	text, problems, err := csvText(c)
	if err != nil {
		return err
	}
	m := views.AdminRatesPage{CSV: text, Day: h.Book.Now().UTC().Format(time.DateOnly), Problems: problems}
	rates, lines, line := h.readRates(m.CSV)
	switch {
	case problems != nil:
	case line > 0:
		m.Problems = views.Problems{{Field: "csv", Key: "rates.problem.csv", Args: []any{"Line", line}}}
	case len(rates) == 0:
		m.Problems = views.Problems{{Field: "csv", Key: "form.required"}}
	}
	if m.Problems != nil {
		return h.ratesPage(c, http.StatusUnprocessableEntity, m)
	}
	if c.FormValue("confirm") == "" {
		return h.previewRates(c, m.CSV, rates, lines)
	}
	if err := h.Book.AddRates(ctx, actor(c), rates...); err != nil {
		return err
	}
	return done(c, "/admin/rates", i18n.N(ctx, "rates.imported", len(rates)))
}

// oddChange is how far a rate may be from the one before until it looks like a
// mistake, in basis points.
const oddChange = 2000

// previewRates shows what the lines of an import would enter.
func (h *Handlers) previewRates(c echo.Context, text string, rates []db.NewRate, lines []int) error {
	states, err := h.Book.RateStates(c.Request().Context())
	if err != nil {
		return err
	}
	m := views.RatesPreviewPage{CSV: text}
	for i, n := range rates {
		row := views.RatePreview{Line: lines[i], Currency: string(n.Currency), Source: n.Source, Rate: db.Rate{USDe8: n.USDe8}.Decimal(), Day: n.Day, Counts: true}
		for _, s := range states {
			if s.Currency == n.Currency && s.USDe8 > 0 {
				row.Now, row.NowDay, row.Counts = s.Decimal(), s.Day, !n.Day.Before(s.Day)
				row.ChangeBP = int((n.USDe8 - s.USDe8) * 10_000 / s.USDe8)
				row.Odd = row.ChangeBP >= oddChange || row.ChangeBP <= -oddChange
			}
		}
		for _, other := range rates[i+1:] {
			row.Counts = row.Counts && !(other.Currency == n.Currency && !other.Day.Before(n.Day))
		}
		for _, other := range rates[:i] {
			row.Counts = row.Counts && !(other.Currency == n.Currency && other.Day.After(n.Day))
		}
		m.Rows = append(m.Rows, row)
	}
	return show(h, c, http.StatusOK, views.RatesPreview, m)
}

// readRates reads CSV; lines are those of the rates, and bad is the first that
// can't be read, from 1, or 0.
func (h *Handlers) readRates(text string) (rates []db.NewRate, lines []int, bad int) {
	in := csvReader(text)
	in.TrimLeadingSpace = true
	for {
		record, err := in.Read()
		if record == nil && err != nil {
			var syntax *csv.ParseError
			if errors.As(err, &syntax) {
				return nil, nil, syntax.Line
			}
			return rates, lines, 0
		}
		line, _ := in.FieldPos(0)
		if line == 1 && strings.EqualFold(strings.TrimSpace(record[0]), "currency") {
			continue
		}
		if err != nil || len(record) != 4 {
			return nil, nil, line
		}
		n, wrong := h.readRate(record)
		if wrong != "" {
			return nil, nil, line
		}
		rates, lines = append(rates, n), append(lines, line)
	}
}

// AdminRateAge is POST /admin/rates/age with days.
func (h *Handlers) AdminRateAge(c echo.Context) error {
	ctx := c.Request().Context()
	m := views.AdminRatesPage{Days: strings.TrimSpace(c.FormValue("days")), Day: h.Book.Now().UTC().Format(time.DateOnly)}
	days, err := strconv.Atoi(m.Days)
	if err == nil {
		err = h.Book.SetRateDays(ctx, actor(c), days)
	} else {
		err = db.ErrInvalid
	}
	if errors.Is(err, db.ErrInvalid) {
		m.Problems = views.Problems{{Field: "days", Key: "rates.problem.days"}}
		return h.ratesPage(c, http.StatusUnprocessableEntity, m)
	}
	if err != nil {
		return err
	}
	return done(c, "/admin/rates", i18n.T(ctx, "rates.age.saved"))
}
