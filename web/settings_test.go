package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"certbay/db"
	"certbay/handlers"
	"certbay/web/webtest"
)

func TestChangingThePasswordSignsOutElsewhere(t *testing.T) {
	site := webtest.Open(t)
	here, elsewhere := site.SignedIn(t, db.RoleOwner), site.SignedIn(t, db.RoleOwner)
	for field, form := range map[string]url.Values{
		"current": {"current": {"not the password"}, "new": {"seven boats left before noon"}},
		"new":     {"current": {webtest.Password}, "new": {"owner@liman.example"}},
	} {
		a := here.Post("/settings/password", form)
		if a.Status != http.StatusUnprocessableEntity || a.Document(t).Find("input[name="+field+"]").AttrOr("aria-invalid", "") != "true" {
			t.Errorf("bad %s: %d", field, a.Status)
		}
	}
	a := here.Post("/settings/password", url.Values{"current": {webtest.Password}, "new": {"seven boats left before noon"}})
	if a.Status != http.StatusSeeOther || a.Location != "/settings" {
		t.Fatalf("%d to %q", a.Status, a.Location)
	}
	if a := here.Get("/settings"); a.Status != http.StatusOK || a.Document(t).Find(".flash-success").Length() != 1 {
		t.Errorf("here: %d, %d messages", a.Status, a.Document(t).Find(".flash-success").Length())
	}
	if a := here.Get("/settings"); a.Document(t).Find(".flash-success").Length() != 0 {
		t.Error("the message is shown twice")
	}
	if a := elsewhere.Get("/settings"); a.Status != http.StatusSeeOther {
		t.Errorf("elsewhere: %d", a.Status)
	}
}

func TestPeopleEndTheirOwnSessionsAndNobodyElses(t *testing.T) {
	site := webtest.Open(t)
	here, phone, other := site.SignedIn(t, db.RoleOwner), site.SignedIn(t, db.RoleOwner), site.SignedIn(t, db.RoleBilling)
	theirs, err := site.Book.SessionsOf(t.Context(), site.People[db.RoleBilling].ID)
	if err != nil || len(theirs) != 1 {
		t.Fatalf("%+v, %v", theirs, err)
	}
	if a := here.Post("/settings/sessions/end", url.Values{"session": {theirs[0].IDHash}}); a.Status != http.StatusSeeOther {
		t.Errorf("%d", a.Status)
	}
	if a := other.Get("/settings"); a.Status != http.StatusOK {
		t.Errorf("another person's session was ended: %d", a.Status)
	}
	page := here.Get("/settings").Document(t)
	ids := page.Find("form[action='/settings/sessions/end'] input[name=session]")
	if ids.Length() != 1 {
		t.Fatalf("%d sessions to end, want the phone's", ids.Length())
	}
	here.Post("/settings/sessions/end", url.Values{"session": {ids.AttrOr("value", "")}})
	if a := phone.Get("/settings"); a.Status != http.StatusSeeOther {
		t.Errorf("phone: %d", a.Status)
	}
	again := site.SignedIn(t, db.RoleOwner)
	here.Post("/settings/sessions/end-others", nil)
	if a := again.Get("/settings"); a.Status != http.StatusSeeOther {
		t.Errorf("end others: %d", a.Status)
	}
	if a := here.Get("/settings"); a.Status != http.StatusOK {
		t.Errorf("here: %d", a.Status)
	}
}

func TestLanguageAndThemeAreThePersonsOwn(t *testing.T) {
	site := webtest.Open(t)
	b := site.SignedIn(t, db.RoleOwner)
	a := b.Post("/settings/preferences", url.Values{"lang": {"tr"}, "theme": {"dark"}, "zone": {"Europe/Istanbul"}})
	if a.Status != http.StatusSeeOther {
		t.Fatal(a.Status)
	}
	page := site.SignedIn(t, db.RoleOwner).Get("/settings").Document(t)
	if lang, theme := page.Find("html").AttrOr("lang", ""), page.Find("html").AttrOr("data-theme", ""); lang != "tr" || theme != "dark" {
		t.Errorf("in another browser: lang %q, theme %q", lang, theme)
	}
	if a := b.Post("/settings/preferences", url.Values{"zone": {"Mars/Olympus"}}); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("unknown zone: %d", a.Status)
	}
	if a := b.Post("/preferences", url.Values{"theme": {"light"}, "next": {"/settings"}}); a.Location != "/settings" {
		t.Errorf("switch: to %q", a.Location)
	}
	if p, _ := site.Book.Person(t.Context(), site.People[db.RoleOwner].ID); p.Theme != "light" || p.Lang != "tr" || p.Zone != "Europe/Istanbul" {
		t.Errorf("kept: %+v", p)
	}
}

func TestVisitorsLanguageIsTheCookiesElseTheBrowsers(t *testing.T) {
	site := webtest.Open(t)
	b := site.Browser(t)
	lang := func() string {
		r := b.Request(http.MethodGet, "/sign-in", nil)
		r.Header.Set("Accept-Language", "tr-TR,tr;q=0.9,en;q=0.5")
		return b.Do(r).Document(t).Find("html").AttrOr("lang", "")
	}
	if got := lang(); got != "tr" {
		t.Errorf("by the browser: %q", got)
	}
	b.Post("/preferences", url.Values{"lang": {"en"}, "next": {"/sign-in"}})
	if got := lang(); got != "en" || b.Cookie(handlers.LangCookie) != "en" {
		t.Errorf("by the cookie: %q", got)
	}
	b.SetCookie(handlers.LangCookie, "xx")
	b.SetCookie(handlers.ThemeCookie, "><script>")
	if got := lang(); got != "tr" {
		t.Errorf("by a nonsense cookie: %q", got)
	}
	if a := b.Post("/preferences", url.Values{"lang": {"xx"}}); a.Status != http.StatusBadRequest {
		t.Errorf("unknown language: %d", a.Status)
	}
	if strings.Contains(b.Get("/sign-in").Body, "<script>") {
		t.Error("the cookie is in the page")
	}
}
