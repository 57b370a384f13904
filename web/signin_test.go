package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/web"
	"certbay/web/session"
	"certbay/web/webtest"
)

func TestUnknownAccountWrongPasswordAndSuspendedLookTheSame(t *testing.T) {
	site := webtest.Open(t)
	if err := site.Book.SetPersonStatus(t.Context(), db.System, site.People[db.RoleViewer].ID, db.Suspended); err != nil {
		t.Fatal(err)
	}
	var first webtest.Answer
	for i, c := range [][2]string{
		{"owner@liman.example", "not the password"},
		{"nobody@liman.example", "not the password"},
		{"viewer@liman.example", webtest.Password},
		{"not even an address", ""},
	} {
		a := site.Browser(t).SignIn(c[0], c[1])
		a.Body = strings.ReplaceAll(a.Body, c[0], "ADDRESS")
		for _, differs := range []string{"Date", "X-Request-Id", "Content-Length"} {
			a.Header.Del(differs)
		}
		if a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "E-mail or password is wrong") {
			t.Errorf("%s: %d", c[0], a.Status)
		}
		if i == 0 {
			first = a
			continue
		}
		if a.Body != first.Body {
			t.Errorf("%s: another page\n%s\n---\n%s", c[0], a.Body, first.Body)
		}
		for name := range a.Header {
			if a.Header.Get(name) != first.Header.Get(name) {
				t.Errorf("%s: header %s is %q", c[0], name, a.Header.Get(name))
			}
		}
	}
}

func TestSignInGoesWherePeopleWanted(t *testing.T) {
	site := webtest.Open(t)
	b := site.Browser(t)
	a := b.Get("/settings?x=1")
	if a.Status != http.StatusSeeOther || a.Location != "/sign-in?next=%2Fsettings%3Fx%3D1" {
		t.Fatalf("%d to %q", a.Status, a.Location)
	}
	next := b.Get(a.Location).Document(t).Find("input[name=next]").AttrOr("value", "")
	a = b.Post("/sign-in", url.Values{"email": {"owner@liman.example"}, "password": {webtest.Password}, "next": {next}})
	if a.Location != "/settings?x=1" {
		t.Errorf("to %q", a.Location)
	}
	if a := b.Get("/sign-in?next=/settings"); a.Status != http.StatusSeeOther || a.Location != "/settings" {
		t.Errorf("sign-in page when signed in: %d to %q", a.Status, a.Location)
	}
}

func TestNextNeverLeavesTheSite(t *testing.T) {
	site := webtest.Open(t)
	for _, next := range []string{
		"https://evil.example/", "//evil.example", `/\evil.example`, `\\evil.example`, "/\t/evil.example", "/\n/evil.example",
		"javascript:alert(1)", "http:evil.example", "evil.example", "///evil.example", "/\\/evil.example", "https:/evil.example", " //evil.example",
	} {
		a := site.Browser(t).Post("/sign-in", url.Values{"email": {"admin@shop.example"}, "password": {webtest.Password}, "next": {next}})
		if a.Status != http.StatusSeeOther || a.Location != "/" {
			t.Errorf("sign-in, %q: %d to %q", next, a.Status, a.Location)
		}
		a = site.Browser(t).Post("/preferences", url.Values{"lang": {"tr"}, "next": {next}})
		if a.Status != http.StatusSeeOther || a.Location != "/" {
			t.Errorf("preferences, %q: %d to %q", next, a.Status, a.Location)
		}
	}
}

func TestTooManyAttemptsAreAnsweredAlikeForUnknownAccounts(t *testing.T) {
	site := webtest.Open(t)
	for _, email := range []string{"owner@liman.example", "nobody@liman.example"} {
		b := site.Browser(t)
		for range 10 {
			b.SignIn(email, "not the password")
		}
		a := b.SignIn(email, webtest.Password)
		if a.Status != http.StatusTooManyRequests || !regexp.MustCompile(`^[1-9]\d*$`).MatchString(a.Header.Get("Retry-After")) {
			t.Errorf("%s: %d, Retry-After %q", email, a.Status, a.Header.Get("Retry-After"))
		}
		if !strings.Contains(a.Body, "Too many attempts. Try again in 15 minutes.") {
			t.Errorf("%s: the page doesn't say when", email)
		}
	}
}

func TestSignInGivesANewSessionAndTheOldIDIsWorthNothing(t *testing.T) {
	site := webtest.Open(t)
	b := site.SignedIn(t, db.RoleOwner)
	before := b.Cookie(session.CookieName)
	if a := b.SignIn("billing@liman.example", webtest.Password); a.Status != http.StatusSeeOther {
		t.Fatal(a.Status)
	}
	if after := b.Cookie(session.CookieName); after == before || len(after) != 43 {
		t.Errorf("before %q, after %q", before, after)
	}
	thief := site.Browser(t)
	thief.SetCookie(session.CookieName, before)
	if a := thief.Get("/settings"); a.Status != http.StatusSeeOther {
		t.Errorf("the old id still works: %d", a.Status)
	}
}

func TestAnIDChosenByTheVisitorIsNeverUsed(t *testing.T) {
	site := webtest.Open(t)
	b := site.Browser(t)
	chosen := strings.Repeat("A", 43)
	b.SetCookie(session.CookieName, chosen)
	if a := b.SignIn("owner@liman.example", webtest.Password); a.Status != http.StatusSeeOther {
		t.Fatal(a.Status)
	}
	if b.Cookie(session.CookieName) == chosen {
		t.Error("signed in under the chosen id")
	}
}

func TestSignOutEndsTheSessionInTheBook(t *testing.T) {
	site := webtest.Open(t)
	b := site.SignedIn(t, db.RoleOwner)
	stolen := b.Cookie(session.CookieName)
	if a := b.Post("/sign-out", nil); a.Status != http.StatusSeeOther || a.Location != "/sign-in" {
		t.Fatalf("%d to %q", a.Status, a.Location)
	}
	if b.Cookie(session.CookieName) != "" {
		t.Error("the browser keeps the cookie")
	}
	thief := site.Browser(t)
	thief.SetCookie(session.CookieName, stolen)
	if a := thief.Get("/settings"); a.Status != http.StatusSeeOther {
		t.Errorf("the cookie still works: %d", a.Status)
	}
	if a := site.Browser(t).Post("/sign-out", nil); a.Status != http.StatusSeeOther {
		t.Errorf("signing out without a session: %d", a.Status)
	}
}

func TestVisitorsGetNoCookieUntilThereIsSomethingToRemember(t *testing.T) {
	site := webtest.Open(t)
	for _, path := range []string{"/sign-in", "/forgot-password", "/settings", "/nowhere"} {
		if a := site.Browser(t).Get(path); a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s sets %q", path, a.Header.Get("Set-Cookie"))
		}
	}
}

func TestSessionIdlesOutAfterEightHours(t *testing.T) {
	site := webtest.Open(t)
	b := site.SignedIn(t, db.RoleOwner)
	for range 3 {
		site.Later(session.IdleLife - 2*time.Minute)
		if a := b.Get("/settings"); a.Status != http.StatusOK {
			t.Fatalf("used in time: %d", a.Status)
		}
	}
	site.Later(session.IdleLife)
	if a := b.Get("/settings"); a.Status != http.StatusSeeOther {
		t.Errorf("idle: %d", a.Status)
	}
}

func TestAPageThatRefreshesItselfDoesNotKeepTheSessionAlive(t *testing.T) {
	site := webtest.Open(t)
	b := site.SignedIn(t, db.RoleOwner)
	for range 9 {
		site.Later(time.Hour - time.Second)
		r := b.Request(http.MethodGet, "/settings", nil)
		r.Header.Set("HX-Request", "true")
		a := b.Do(r)
		if gone := a.Header.Get("HX-Redirect") == "/sign-in"; gone {
			return
		}
	}
	t.Error("signed in after nine hours of polling")
}

func TestSessionEndsAfterSevenDaysHoweverBusy(t *testing.T) {
	site := webtest.Open(t)
	b := site.SignedIn(t, db.RoleOwner)
	for elapsed := time.Duration(0); ; {
		site.Later(7 * time.Hour)
		elapsed += 7 * time.Hour
		a := b.Get("/settings")
		if over := elapsed >= session.AbsoluteLife; over != (a.Status == http.StatusSeeOther) {
			t.Fatalf("after %v: %d", elapsed, a.Status)
		} else if over {
			return
		}
	}
}

func TestSuspendingSomebodyEndsTheirVisit(t *testing.T) {
	site := webtest.Open(t)
	b := site.SignedIn(t, db.RoleTechnical)
	if err := site.Book.SetResellerStatus(t.Context(), db.System, site.Reseller.ID, db.Suspended); err != nil {
		t.Fatal(err)
	}
	if a := b.Get("/settings"); a.Status != http.StatusSeeOther {
		t.Errorf("%d", a.Status)
	}
}

func TestOverHTTPSTheCookieIsBoundToTheHost(t *testing.T) {
	site := webtest.Open(t, func(c *web.Config) { c.BaseURL = "https://shop.example" })
	a := site.Browser(t).SignIn("owner@liman.example", webtest.Password)
	cookie := a.Header.Get("Set-Cookie")
	if !regexp.MustCompile(`^__Host-certbay=[\w-]{43}; Path=/; HttpOnly; Secure; SameSite=Lax$`).MatchString(cookie) {
		t.Errorf("cookie %q", cookie)
	}
	if a.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security")
	}
}

var resetLink = regexp.MustCompile(`http://\S+(/reset-password/(\S+))`)

func TestForgottenPasswordByMail(t *testing.T) {
	site := webtest.Open(t)
	elsewhere := site.SignedIn(t, db.RoleOwner)
	b := site.Browser(t)
	known := b.Post("/forgot-password", url.Values{"email": {"owner@liman.example"}})
	unknown := b.Post("/forgot-password", url.Values{"email": {"nobody@liman.example"}})
	if known.Status != http.StatusOK || known.Body != unknown.Body {
		t.Errorf("known %d, unknown %d: the pages differ", known.Status, unknown.Status)
	}
	jobs, n, err := site.Book.Jobs(t.Context(), db.JobFilter{Kind: db.JobMail})
	if err != nil || n != 1 {
		t.Fatalf("%d mails, %v", n, err)
	}
	mail, err := db.MailOf(jobs[0])
	if err != nil {
		t.Fatal(err)
	}
	link := resetLink.FindStringSubmatch(mail.Body)
	if link == nil || mail.To != "owner@liman.example" {
		t.Fatalf("mail %+v", mail)
	}
	if a := b.Get(link[1]); a.Status != http.StatusOK {
		t.Fatalf("link: %d", a.Status)
	}
	if a := b.Post(link[1], url.Values{"new": {"short"}}); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "at least 12 characters") {
		t.Errorf("weak: %d", a.Status)
	}
	a := b.Post(link[1], url.Values{"new": {"seven boats left before noon"}})
	if a.Status != http.StatusSeeOther || b.Get(a.Location).Title(t) != "Your password is changed" {
		t.Fatalf("reset: %d to %q", a.Status, a.Location)
	}
	for _, again := range []webtest.Answer{b.Get(link[1]), b.Post(link[1], url.Values{"new": {"another fine password"}}), b.Get("/reset-password/guess")} {
		if again.Status != http.StatusGone || again.Title(t) != "This link no longer works" {
			t.Errorf("used link: %d %q", again.Status, again.Title(t))
		}
	}
	if a := elsewhere.Get("/settings"); a.Status != http.StatusSeeOther {
		t.Errorf("a session survived the reset: %d", a.Status)
	}
	if a := b.SignIn("owner@liman.example", "seven boats left before noon"); a.Status != http.StatusSeeOther {
		t.Errorf("new password: %d", a.Status)
	}
	if log := site.Log.String(); strings.Contains(log, link[2]) || strings.Contains(log, "seven boats") || strings.Contains(log, webtest.Password) {
		t.Error("a secret is in the log")
	}
}

func TestForgottenPasswordNeedsAnAddress(t *testing.T) {
	site := webtest.Open(t)
	if a := site.Browser(t).Post("/forgot-password", url.Values{"email": {"  "}}); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("%d", a.Status)
	}
}
