package handlers

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"certbay/db"
	"certbay/views"
	"certbay/views/i18n"

	"github.com/labstack/echo/v4"
)

// Settings is GET /settings.
func (h *Handlers) Settings(c echo.Context) error {
	return h.settingsPage(c, http.StatusOK, nil)
}

func (h *Handlers) settingsPage(c echo.Context, status int, problems views.Problems) error {
	p := person(c)
	m := views.SettingsPage{Problems: problems, Lang: p.Lang, Theme: p.Theme, Zone: p.Zone, Zones: zones}
	if p.Zone != "" && !slices.Contains(zones, p.Zone) {
		m.Zones = append(slices.Clone(zones), p.Zone)
	}
	sessions, err := h.Book.SessionsOf(c.Request().Context(), p.ID)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		m.Sessions = append(m.Sessions, views.SessionRow{ID: s.IDHash, Agent: s.Agent, IP: s.IP, SeenAt: s.SeenAt,
			Current: s.IDHash == VisitorOf(c).Session.IDHash()})
	}
	return show(h, c, status, views.Settings, m)
}

// ChangePassword is POST /settings/password.
func (h *Handlers) ChangePassword(c echo.Context) error {
	session := VisitorOf(c).Session
	err := h.Book.ChangePassword(c.Request().Context(), actor(c), person(c).ID, c.FormValue("current"), c.FormValue("new"), session.IDHash())
	var weak *db.WeakPassword
	switch {
	case errors.Is(err, db.ErrSignIn):
		return h.settingsPage(c, http.StatusUnprocessableEntity, views.Problems{{Field: "current", Key: "password.wrong"}})
	case errors.As(err, &weak):
		return h.settingsPage(c, http.StatusUnprocessableEntity, views.Problems{views.PasswordProblem("new", weak.Code)})
	case err != nil:
		return err
	}
	return done(c, "/settings", i18n.T(c.Request().Context(), "auth.changed"))
}

// SavePreferences is POST /settings/preferences: language, zone and theme together.
func (h *Handlers) SavePreferences(c echo.Context) error {
	to := db.Preferences{Lang: c.FormValue("lang"), Theme: c.FormValue("theme"), Zone: c.FormValue("zone")}
	err := h.Book.SetPreferences(c.Request().Context(), actor(c), person(c).ID, to)
	if errors.Is(err, db.ErrInvalid) {
		return h.settingsPage(c, http.StatusUnprocessableEntity, views.Problems{{Field: "zone", Key: "form.invalid"}})
	}
	if err != nil {
		return err
	}
	h.keepPreferences(c, to)
	lang := to.Lang
	if lang == "" {
		lang = i18n.Match(c.Request().Header.Get("Accept-Language"))
	}
	return done(c, "/settings", i18n.T(i18n.With(c.Request().Context(), i18n.Locale{Lang: lang}), "settings.saved"))
}

// EndSession is POST /settings/sessions/end.
func (h *Handlers) EndSession(c echo.Context) error {
	err := h.Book.EndSession(c.Request().Context(), actor(c), person(c).ID, c.FormValue("session"))
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return err
	}
	return seeOther(c, "/settings")
}

// EndOtherSessions is POST /settings/sessions/end-others.
func (h *Handlers) EndOtherSessions(c echo.Context) error {
	err := h.Book.EndOtherSessions(c.Request().Context(), actor(c), person(c).ID, VisitorOf(c).Session.IDHash())
	if err != nil {
		return err
	}
	return seeOther(c, "/settings")
}

// Preferences is POST /preferences, the switches in every page's head: lang or
// theme, and next, the page to come back to. Whoever is not signed in has the
// choice kept in a cookie.
func (h *Handlers) Preferences(c echo.Context) error {
	p := person(c)
	to := db.Preferences{Lang: p.Lang, Theme: p.Theme, Zone: p.Zone}
	if lang := c.FormValue("lang"); lang != "" {
		to.Lang = lang
	}
	if theme := c.FormValue("theme"); theme != "" {
		to.Theme = theme
	}
	if !to.Valid() {
		return db.ErrInvalid
	}
	if p.ID != 0 {
		if err := h.Book.SetPreferences(c.Request().Context(), actor(c), p.ID, to); err != nil {
			return err
		}
	}
	h.keepPreferences(c, to)
	return seeOther(c, localPath(c.FormValue("next"), "/"))
}

// The cookies in which a browser keeps how its pages look while nobody is signed in.
const (
	LangCookie  = "certbay-lang"
	ThemeCookie = "certbay-theme"
)

// keepPreferences has the browser remember the choices, so that the sign-in page
// looks as the pages behind it do.
func (h *Handlers) keepPreferences(c echo.Context, p db.Preferences) {
	for name, value := range map[string]string{LangCookie: p.Lang, ThemeCookie: p.Theme} {
		age := 365 * 24 * 3600
		if value == "" {
			age = -1
		}
		c.SetCookie(&http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true,
			Secure: strings.HasPrefix(h.BaseURL, "https:"), SameSite: http.SameSiteLaxMode})
	}
}

// done leaves a message of success and sends the browser on.
func done(c echo.Context, path, message string) error {
	if err := flash(c, "success", message); err != nil {
		return err
	}
	return seeOther(c, path)
}

// zones are the time zones offered beside UTC, the shop's home first.
var zones = []string{
	"Europe/Istanbul", "Europe/London", "Europe/Berlin", "Europe/Paris", "Europe/Amsterdam", "Europe/Moscow",
	"Asia/Baku", "Asia/Nicosia", "Asia/Dubai", "Asia/Riyadh", "Asia/Tashkent", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo",
	"Australia/Sydney", "America/New_York", "America/Chicago", "America/Los_Angeles", "America/Sao_Paulo",
}
