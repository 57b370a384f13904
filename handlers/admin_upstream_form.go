package handlers

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

// maxUpstreamValue bounds a field of an account.
const maxUpstreamValue = 500

// AdminNewUpstreamForm is GET /admin/upstreams/new?kind=: asks for the kind first.
func (h *Handlers) AdminNewUpstreamForm(c echo.Context) error {
	kind, known := h.upstreamKind(c.QueryParam("kind"))
	if !known {
		var m views.UpstreamKindsPage
		for _, k := range h.Upstreams.Kinds() {
			m.Kinds = append(m.Kinds, views.UpstreamKindCard{Name: k.Name, Title: k.Title, BaseURL: k.BaseURL, Abilities: k.Abilities})
		}
		return show(h, c, http.StatusOK, views.UpstreamKinds, m)
	}
	m := views.UpstreamForm{Kind: kind.Name, Title: kind.Title, BaseURL: kind.BaseURL, Active: true, SecretsDays: kind.SecretsDays}
	for _, f := range kind.Fields {
		m.Fields = append(m.Fields, upstreamInput(f, "", false))
	}
	return show(h, c, http.StatusOK, views.NewUpstream, m)
}

func upstreamInput(f UpstreamField, value string, kept bool) views.UpstreamInput {
	if f.Secret {
		value = ""
	}
	return views.UpstreamInput{Code: f.Code, Value: value, Secret: f.Secret, Optional: f.Optional, Kept: kept, Choices: f.Choices}
}

// upstreamForm is the form of what is kept.
func (h *Handlers) upstreamForm(u db.Upstream) views.UpstreamForm {
	kind, _ := h.upstreamKind(u.Kind)
	m := views.UpstreamForm{ID: u.ID, Kind: u.Kind, Title: kind.Title, Name: u.Name, BaseURL: u.BaseURL, Active: u.Active, SecretsDays: kind.SecretsDays}
	if u.LowBalanceCents > 0 {
		m.Low = money.USD(u.LowBalanceCents).Decimal()
	}
	for _, f := range kind.Fields {
		m.Fields = append(m.Fields, upstreamInput(f, u.Fields[f.Code], slices.Contains(u.SecretCodes, f.Code)))
	}
	return m
}

// readUpstream reads the form of an account of a kind, as what it means and as it
// was typed. kept is the zero Upstream for a new one.
func (h *Handlers) readUpstream(c echo.Context, kind UpstreamKind, kept db.Upstream) (db.UpstreamWish, views.UpstreamForm) {
	value := func(name string) string { return strings.TrimSpace(c.FormValue(name)) }
	w := db.UpstreamWish{Name: value("name"), Kind: kind.Name, BaseURL: value("base_url"), Fields: map[string]string{}, Secrets: map[string]string{}, Active: c.FormValue("active") != ""}
	m := views.UpstreamForm{ID: kept.ID, Kind: kind.Name, Title: kind.Title, Name: w.Name, BaseURL: w.BaseURL, Active: w.Active, Low: value("low_balance"), SecretsDays: kind.SecretsDays}
	wrong := func(field, key string) { m.Problems = append(m.Problems, views.Problem{Field: field, Key: key}) }
	if kept.ID != 0 {
		w.Name, m.Name = kept.Name, kept.Name
	}
	if len(w.BaseURL) > maxUpstreamValue {
		wrong("base_url", "form.toolong")
	}
	for _, f := range kind.Fields {
		text, has := value(f.Code), slices.Contains(kept.SecretCodes, f.Code)
		switch {
		case text == "" && !f.Optional && !has:
			wrong(f.Code, "form.required")
		case len(text) > maxUpstreamValue:
			wrong(f.Code, "form.toolong")
		case len(f.Choices) > 0 && !slices.Contains(f.Choices, text):
			wrong(f.Code, "form.invalid")
		}
		if f.Secret {
			w.Secrets[f.Code] = text
		} else {
			w.Fields[f.Code] = text
		}
		m.Fields = append(m.Fields, upstreamInput(f, text, has))
	}
	if m.Low != "" {
		amount, err := money.Parse(m.Low, money.CurrencyUSD) // the account's own currency has the same hundredths
		if err != nil || amount.Minor < 0 {
			wrong("low_balance", "upstreams.problem.amount")
		}
		w.LowBalanceCents = amount.Minor
	}
	return w, m
}

// upstreamProblems are the words for what the book refuses.
var upstreamProblems = map[string]string{
	"upstream_name": "upstreams.problem.name", "url": "upstreams.problem.url", "amount": "upstreams.problem.amount", "elsewhere": "upstreams.problem.elsewhere",
}

func refusedUpstream(m *views.UpstreamForm, refused *db.Rejected) {
	var found views.Problems
	for _, p := range refused.Problems {
		found = append(found, views.Problem{Field: p.Field, Key: upstreamProblems[p.Code]})
	}
	m.Problems = append(found, m.Problems...)
}

// account is the wish as a row and its secrets, those that stay as they are
// included.
func (h *Handlers) account(c echo.Context, w db.UpstreamWish, kept db.Upstream) (db.Upstream, map[string]string, error) {
	secrets := map[string]string{}
	if len(kept.SecretCodes) > 0 && len(w.Stranded(kept)) == 0 {
		var err error
		if secrets, err = h.Book.UpstreamSecrets(c.Request().Context(), kept.ID); err != nil {
			return db.Upstream{}, nil, err
		}
	}
	for code, text := range w.Secrets {
		if text != "" {
			secrets[code] = text
		}
	}
	row := db.Upstream{ID: kept.ID, Name: w.Name, Kind: w.Kind, BaseURL: w.BaseURL, Fields: w.Fields}
	if row.Name == "" {
		row.Name = w.Kind // of one that is only tried
	}
	return row, secrets, nil
}

// usable notes what the adapter finds wrong with an account before any call.
func (h *Handlers) usable(c echo.Context, w db.UpstreamWish, kept db.Upstream, m *views.UpstreamForm) error {
	if m.Problems != nil || len(w.Stranded(kept)) > 0 {
		return nil
	}
	row, secrets, err := h.account(c, w, kept)
	if err != nil {
		return err
	}
	if err := h.Upstreams.Check(row, secrets); err != nil {
		m.Problems = views.Problems{{Key: "upstreams.problem.account", Args: []any{"Words", err.Error()}}}
	}
	return nil
}

// AdminNewUpstream is POST /admin/upstreams/new.
func (h *Handlers) AdminNewUpstream(c echo.Context) error {
	ctx := c.Request().Context()
	kind, known := h.upstreamKind(c.FormValue("kind"))
	if !known {
		return db.ErrInvalid
	}
	w, m := h.readUpstream(c, kind, db.Upstream{})
	names, err := h.Upstreams.Names(ctx)
	if err != nil {
		return err
	}
	if slices.Contains(names, w.Name) {
		m.Problems = slices.Insert(m.Problems, 0, views.Problem{Field: "name", Key: "upstreams.problem.taken"})
	}
	var refused *db.Rejected
	if errors.As(w.Check(), &refused) {
		refusedUpstream(&m, refused)
	}
	if err := h.usable(c, w, db.Upstream{}, &m); err != nil {
		return err
	}
	if m.Problems == nil {
		id, err := h.Book.CreateUpstream(ctx, actor(c), w)
		switch {
		case errors.As(err, &refused):
			refusedUpstream(&m, refused)
		case errors.Is(err, db.ErrDuplicate):
			m.Problems = views.Problems{{Field: "name", Key: "upstreams.problem.taken"}}
		case errors.Is(err, db.ErrTooMany):
			m.Problems = views.Problems{{Key: "upstreams.many", Count: db.MaxUpstreams}}
		case err != nil:
			return err
		default:
			return done(c, upstreamPath(id), i18n.T(ctx, "upstreams.added", "Name", w.Name))
		}
	}
	return show(h, c, http.StatusUnprocessableEntity, views.NewUpstream, m)
}

// AdminChangeUpstream is POST /admin/upstreams/:id.
func (h *Handlers) AdminChangeUpstream(c echo.Context) error {
	ctx := c.Request().Context()
	u, err := h.upstreamOf(c)
	if err != nil {
		return err
	}
	kind, known := h.upstreamKind(u.Kind)
	if !known {
		return db.ErrInvalid
	}
	w, m := h.readUpstream(c, kind, u)
	if err := h.usable(c, w, u, &m); err != nil {
		return err
	}
	if m.Problems == nil {
		var refused *db.Rejected
		err := h.Book.UpdateUpstream(ctx, actor(c), u.ID, w)
		switch {
		case errors.As(err, &refused):
			refusedUpstream(&m, refused)
		case err != nil:
			return err
		default:
			return done(c, upstreamPath(u.ID), i18n.T(ctx, "upstreams.saved", "Name", u.Name))
		}
	}
	return h.showUpstream(c, http.StatusUnprocessableEntity, u, m)
}

// AdminTestUpstream is POST /admin/upstreams/test with kind, upstream (of a kept
// one) and its fields: tries the account as it was typed, and keeps nothing. For
// htmx it answers the part with the outcome alone.
func (h *Handlers) AdminTestUpstream(c echo.Context) error {
	ctx := c.Request().Context()
	var kept db.Upstream
	if text := c.FormValue("upstream"); text != "" {
		id, err := idValue(c, "upstream")
		if err != nil {
			return err
		}
		if kept, err = h.Book.Upstream(ctx, id); err != nil {
			return err
		}
	}
	kind, known := h.upstreamKind(c.FormValue("kind"))
	if kept.ID != 0 {
		kind, known = h.upstreamKind(kept.Kind)
	}
	if !known {
		return db.ErrInvalid
	}
	w, m := h.readUpstream(c, kind, kept)
	for _, code := range w.Stranded(kept) {
		m.Problems = append(m.Problems, views.Problem{Field: code, Key: "upstreams.problem.elsewhere"})
	}
	status := http.StatusUnprocessableEntity
	if m.Problems == nil {
		status = http.StatusOK
		row, secrets, err := h.account(c, w, kept)
		if err != nil {
			return err
		}
		t := h.Upstreams.Test(ctx, row, secrets)
		m.Test = views.UpstreamTest{Done: true, Cause: t.Cause, Words: t.Words, Skew: t.Skew}
		if t.Balance != nil {
			m.Test.Funds = funds(*t.Balance)
			m.Test.Funds.At = h.Book.Now()
		}
	}
	if c.Request().Header.Get("HX-Request") == "true" {
		m.Part = true
		return fragment(c, status, views.UpstreamTestPart(m))
	}
	for _, text := range w.Secrets {
		m.Again = m.Again || text != ""
	}
	if kept.ID != 0 {
		return h.showUpstream(c, status, kept, m)
	}
	return show(h, c, status, views.NewUpstream, m)
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }
