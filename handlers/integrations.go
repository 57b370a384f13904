package handlers

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
	"certbay/views/i18n"
)

const (
	apiPath       = "/api/reseller" // of the API, below the base URL
	endedShown    = 20              // keys that ended
	maxKeyIPs     = 50              // addresses of one key
	maxKeyName    = 100             // bytes
	usualOverlap  = "24"            // hours
	adminKeysMost = 20              // keys on a reseller's page
)

// overlaps are the hours that a rotated key may work on.
var overlaps = []string{"0", "1", "24", "72", "168"}

func (h *Handlers) apiURL() string { return h.BaseURL + apiPath }

// integrationTabs says which tabs there are for this person.
func (h *Handlers) integrationTabs(c echo.Context) views.IntegrationTabs {
	owner := person(c).Can(db.ManageStaff)
	return views.IntegrationTabs{Console: h.API != nil && len(h.API.Operations) > 0 && owner, Webhooks: owner}
}

// keyRow is a key as lists show it.
func keyRow(k db.APIKey, now time.Time) views.APIKeyRow {
	row := views.APIKeyRow{ID: k.ID, Name: k.Name, Prefix: k.Prefix, State: k.State(now), CreatedAt: k.CreatedAt,
		ExpiresAt: k.ExpiresAt, LastUsedAt: k.LastUsedAt, RevokedAt: k.RevokedAt}
	for _, s := range k.Scopes {
		row.Scopes = append(row.Scopes, string(s))
	}
	for _, p := range k.AllowedIPs {
		if p.IsSingleIP() {
			row.From = append(row.From, p.Addr().String())
		} else {
			row.From = append(row.From, p.String())
		}
	}
	return row
}

// Integrations is GET /integrations.
func (h *Handlers) Integrations(c echo.Context) error {
	return h.showIntegrations(c, http.StatusOK, nil)
}

func (h *Handlers) showIntegrations(c echo.Context, status int, fresh *views.NewAPIKey) error {
	ctx, now := c.Request().Context(), h.Book.Now()
	r, err := h.Book.Reseller(ctx, person(c).ResellerID)
	if err != nil {
		return err
	}
	m := views.IntegrationsPage{IntegrationTabs: h.integrationTabs(c), BaseURL: h.apiURL(), Allowed: r.APIAllowed, Enabled: r.APIEnabled, NoGroup: r.GroupID == 0, New: fresh}
	keys, err := h.Book.APIKeys(ctx, r.ID)
	if err != nil {
		return err
	}
	for _, k := range keys {
		row := keyRow(k, now)
		switch {
		case row.State == "works" || row.State == "rotated":
			m.Keys = append(m.Keys, row)
		case len(m.Ended) < endedShown:
			m.Ended = append(m.Ended, row)
		}
	}
	return show(h, c, status, views.Integrations, m)
}

// TurnAPIOffForm is GET /integrations/access: the question, where no dialog asked it.
func (h *Handlers) TurnAPIOffForm(c echo.Context) error {
	return show(h, c, http.StatusOK, views.TurnAPIOff, views.IntegrationsPage{})
}

// SwitchAPI is POST /integrations/access with on.
func (h *Handlers) SwitchAPI(c echo.Context) error {
	ctx, on := c.Request().Context(), c.FormValue("on") != ""
	if err := h.Book.SetAPIEnabled(ctx, actor(c), person(c).ResellerID, on); err != nil {
		return err
	}
	if on {
		return done(c, "/integrations", i18n.T(ctx, "integrations.turnedon"))
	}
	return done(c, "/integrations", i18n.T(ctx, "integrations.turnedoff"))
}

// NewKeyForm is GET /integrations/keys/new.
func (h *Handlers) NewKeyForm(c echo.Context) error {
	return h.showNewKey(c, http.StatusOK, views.NewAPIKeyPage{Scopes: []string{string(db.ScopeRead)}})
}

func (h *Handlers) showNewKey(c echo.Context, status int, m views.NewAPIKeyPage) error {
	m.Today = h.Book.Now().In(i18n.From(c.Request().Context()).Zone).Format(time.DateOnly)
	for _, s := range db.Scopes {
		m.AllScopes = append(m.AllScopes, string(s))
	}
	return show(h, c, status, views.NewKey, m)
}

// readKey reads the form of a key; what is wrong is in the page's Problems.
func (h *Handlers) readKey(c echo.Context) (db.NewAPIKey, views.NewAPIKeyPage) {
	form, _ := c.FormParams() // web has read it already
	m := views.NewAPIKeyPage{Name: strings.TrimSpace(c.FormValue("name")), IPs: c.FormValue("ips"), Ends: strings.TrimSpace(c.FormValue("ends")), Scopes: form["scope"]}
	n := db.NewAPIKey{Name: m.Name, AllowedIPs: strings.Fields(strings.ReplaceAll(m.IPs, ",", " "))}
	problem := func(field, key string, args ...any) {
		m.Problems = append(m.Problems, views.Problem{Field: field, Key: key, Args: args})
	}
	switch {
	case m.Name == "":
		problem("name", "form.required")
	case len(m.Name) > maxKeyName:
		problem("name", "form.toolong")
	}
	for _, s := range db.Scopes {
		if slices.Contains(m.Scopes, string(s)) {
			n.Scopes = append(n.Scopes, s)
		}
	}
	if len(n.Scopes) == 0 || len(n.Scopes) != len(m.Scopes) {
		problem("scope", "apikey.problem.scopes")
	}
	if len(n.AllowedIPs) > maxKeyIPs {
		problem("ips", "apikey.problem.manyips", "Max", maxKeyIPs)
	} else if i := slices.IndexFunc(n.AllowedIPs, notNetwork); i >= 0 {
		problem("ips", "apikey.problem.ips", "Name", n.AllowedIPs[i])
	}
	if m.Ends != "" {
		// The last day is the reader's, to its end.
		day, err := time.ParseInLocation(time.DateOnly, m.Ends, i18n.From(c.Request().Context()).Zone)
		if n.ExpiresAt = day.AddDate(0, 0, 1); err != nil || !n.ExpiresAt.After(h.Book.Now()) || day.Year() > 2999 {
			problem("ends", "apikey.problem.ends")
		}
	}
	return n, m
}

func notNetwork(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return false
	}
	_, err := netip.ParsePrefix(text)
	return err != nil
}

// NewKey is POST /integrations/keys: the secret is in its answer and nowhere else.
func (h *Handlers) NewKey(c echo.Context) error {
	n, m := h.readKey(c)
	if m.Problems != nil {
		return h.showNewKey(c, http.StatusUnprocessableEntity, m)
	}
	made, secret, err := h.Book.CreateAPIKey(c.Request().Context(), actor(c), person(c).ResellerID, n)
	if errors.Is(err, db.ErrTooManyKeys) {
		m.Problems = views.Problems{{Key: "apikey.problem.many", Args: []any{"Max", db.MaxAPIKeys}}}
		return h.showNewKey(c, http.StatusUnprocessableEntity, m)
	}
	if err != nil {
		return err
	}
	return h.showIntegrations(c, http.StatusCreated, &views.NewAPIKey{Name: made.Name, Secret: secret})
}

// ownKey finds the key of the request among the reseller's.
func (h *Handlers) ownKey(c echo.Context) (db.APIKey, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return db.APIKey{}, err
	}
	return h.Book.APIKey(c.Request().Context(), person(c).ResellerID, id)
}

// RotateKeyForm is GET /integrations/keys/:id/rotate.
func (h *Handlers) RotateKeyForm(c echo.Context) error {
	k, err := h.ownKey(c)
	if err != nil {
		return err
	}
	if k.State(h.Book.Now()) != "works" {
		return db.ErrStale
	}
	return show(h, c, http.StatusOK, views.RotateKey, views.RotateKeyPage{Key: keyRow(k, h.Book.Now()), Overlap: usualOverlap, Overlaps: overlaps})
}

// RotateKey is POST /integrations/keys/:id/rotate with overlap: the new secret is
// in its answer and nowhere else.
func (h *Handlers) RotateKey(c echo.Context) error {
	ctx := c.Request().Context()
	k, err := h.ownKey(c)
	if err != nil {
		return err
	}
	chosen := c.FormValue("overlap")
	if !slices.Contains(overlaps, chosen) {
		return show(h, c, http.StatusUnprocessableEntity, views.RotateKey, views.RotateKeyPage{Key: keyRow(k, h.Book.Now()), Overlap: usualOverlap, Overlaps: overlaps,
			Problems: views.Problems{{Field: "overlap", Key: "form.choose"}}})
	}
	hours, err := strconv.Atoi(chosen)
	if err != nil {
		return err
	}
	made, secret, err := h.Book.RotateAPIKey(ctx, actor(c), k.ResellerID, k.ID, time.Duration(hours)*time.Hour)
	if err != nil {
		return err
	}
	if k, err = h.Book.APIKey(ctx, k.ResellerID, k.ID); err != nil {
		return err
	}
	fresh := &views.NewAPIKey{Name: made.Name, Secret: secret, Rotated: true}
	if h.Book.Now().Before(k.ExpiresAt) {
		fresh.OldUntil = k.ExpiresAt
	}
	return h.showIntegrations(c, http.StatusCreated, fresh)
}

// RevokeKeyForm is GET /integrations/keys/:id/revoke: the question, where no dialog asked it.
func (h *Handlers) RevokeKeyForm(c echo.Context) error {
	k, err := h.ownKey(c)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.RevokeKey, views.RevokeKeyPage{Key: keyRow(k, h.Book.Now()), Action: c.Request().URL.Path, Back: "/integrations"})
}

// RevokeKey is POST /integrations/keys/:id/revoke.
func (h *Handlers) RevokeKey(c echo.Context) error {
	ctx := c.Request().Context()
	k, err := h.ownKey(c)
	if err != nil {
		return err
	}
	if err := h.Book.RevokeAPIKey(ctx, actor(c), k.ResellerID, k.ID); err != nil {
		return err
	}
	return done(c, "/integrations", i18n.T(ctx, "apikey.revoked", "Name", k.Name))
}

// adminKeys are a reseller's newest keys for the operator.
func (h *Handlers) adminKeys(c echo.Context, reseller int64) ([]views.APIKeyRow, error) {
	keys, err := h.Book.APIKeys(c.Request().Context(), reseller)
	var rows []views.APIKeyRow
	for _, k := range keys[:min(len(keys), adminKeysMost)] {
		rows = append(rows, keyRow(k, h.Book.Now()))
	}
	return rows, err
}

// resellersKey finds the key of an operator's request.
func (h *Handlers) resellersKey(c echo.Context) (db.APIKey, error) {
	reseller, err := idParam(c, "id")
	if err != nil {
		return db.APIKey{}, err
	}
	key, err := idParam(c, "key")
	if err != nil {
		return db.APIKey{}, err
	}
	return h.Book.APIKey(c.Request().Context(), reseller, key)
}

// AdminRevokeKeyForm is GET /admin/resellers/:id/keys/:key/revoke.
func (h *Handlers) AdminRevokeKeyForm(c echo.Context) error {
	k, err := h.resellersKey(c)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.RevokeKey, views.RevokeKeyPage{Key: keyRow(k, h.Book.Now()), Action: c.Request().URL.Path, Back: resellerPath(k.ResellerID), Admin: true})
}

// AdminRevokeKey is POST /admin/resellers/:id/keys/:key/revoke.
func (h *Handlers) AdminRevokeKey(c echo.Context) error {
	ctx := c.Request().Context()
	k, err := h.resellersKey(c)
	if err != nil {
		return err
	}
	if err := h.Book.RevokeAPIKey(ctx, actor(c), k.ResellerID, k.ID); err != nil {
		return err
	}
	return done(c, resellerPath(k.ResellerID), i18n.T(ctx, "apikey.revoked", "Name", k.Name))
}
