package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestWrongPasswordAndUnknownUserSeeTheSamePage(t *testing.T) {
	b := open(t)
	b.open("/sign-in")
	b.look(200, "signin")
	say := func(email string) string {
		b.open("/sign-in")
		b.fill("email", email)
		b.fill("password", "certainly not this one")
		b.press("main button[type=submit]")
		if b.value("password") != "" {
			t.Error("the password is sent back")
		}
		return strings.ReplaceAll(b.text("main"), email, "")
	}
	known, unknown := say(shop.access.of("billing", "Ege Bulut").Email), say("nobody@nowhere.example")
	if known != unknown || !strings.Contains(known, "E-mail or password is wrong") {
		t.Errorf("a wrong password says %q, an unknown user %q", known, unknown)
	}
	b.look(422, "signin-wrong")
}

func TestSignOutEndsTheSession(t *testing.T) {
	b := open(t)
	b.signIn(shop.access.of("viewer", "Boğaziçi Veri"))
	cookies, err := b.Context().Cookies()
	must(t, err)
	b.press(".sidenav form[action='/sign-out'] button")
	if b.path() != "/sign-in" {
		t.Errorf("signing out leads to %s", b.path())
	}
	b.open("/orders")
	if !strings.HasPrefix(b.path(), "/sign-in?next=") {
		t.Errorf("after signing out /orders leads to %s", b.path())
	}
	// Nor does the cookie of before open anything.
	v := visit(t, shop)
	r, err := http.NewRequest(http.MethodGet, shop.url+"/orders", nil)
	must(t, err)
	for _, c := range cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	res, err := v.client.Do(r)
	must(t, err)
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		t.Errorf("the old cookie still opens /orders: %d", res.StatusCode)
	}
}

func TestSignInLeadsToThePageThatWasAskedFor(t *testing.T) {
	who := shop.access.of("billing", "Anadolu Hosting")
	b := open(t)
	b.open("/invoices?status=paid")
	b.fill("email", who.Email)
	b.fill("password", who.Password)
	b.press("main button[type=submit]")
	if b.path() != "/invoices?status=paid" {
		t.Errorf("signing in leads to %s", b.path())
	}
	for _, foreign := range []string{"https://evil.example/", "//evil.example/", `/\evil.example/`} {
		v := visit(t, shop)
		if a := v.post("/sign-in", "email", who.Email, "password", who.Password, "next", foreign); a.location != "/" {
			t.Errorf("next=%s leads to %s", foreign, a.location)
		}
	}
}

func TestForgottenPasswordIsChosenAnewByAMailedLink(t *testing.T) {
	who := shop.access.of("viewer", "Ege Bulut")
	elsewhere := visit(t, shop).signIn(who)
	b := open(t)
	b.open("/forgot-password")
	b.look(200, "forgot")
	b.fill("email", who.Email)
	b.press("main button[type=submit]")
	b.at(200, "Look into your mailbox")
	b.look(200, "forgot-sent")
	b.mail(who.Email)
	b.press("main a[href*='/reset-password/']")
	b.at(200, "Choose a new password")
	b.look(200, "reset")
	link := b.path()
	b.fill("new", "short")
	b.press("main button[type=submit]")
	b.look(422, "reset-short")
	b.fill("new", "a sentence that only İrem knows")
	b.press("main button[type=submit]")
	b.at(200, "Your password is changed")
	b.look(200, "password-changed")
	if a := elsewhere.get("/orders"); a.status != http.StatusSeeOther {
		t.Errorf("the session from before goes on: %d", a.status)
	}
	b.open(link)
	b.look(410, "reset-gone")
	v := visit(t, shop)
	if a := v.post("/sign-in", "email", who.Email, "password", who.Password); a.status != http.StatusUnprocessableEntity {
		t.Errorf("the old password is answered %d", a.status)
	}
	who.Password = "a sentence that only İrem knows"
	v.signIn(who)
}

// listening is how serve says where it can be reached.
var listening = regexp.MustCompile(`msg=listening url=(\S+)`)

func TestFirstAdminIsMadeByTheLinkThatServePrints(t *testing.T) {
	const password = "the first sentence of this shop"
	dir := t.TempDir()
	p, err := launch(dir, listening, "serve", "--data", dir, "--addr", "127.0.0.1:0")
	must(t, err)
	printed := regexp.MustCompile(`http://\S+/setup/\S+`)
	link := ""
	for range 50 {
		if link = printed.FindString(p.printed()); link != "" {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if link == "" {
		t.Fatalf("an empty shop prints no setup link: %s", p.printed())
	}
	v := visit(t, p)
	if a := v.get("/setup/guessed"); a.status != http.StatusGone && a.status != http.StatusNotFound {
		t.Errorf("a guessed setup link is answered %d", a.status)
	}

	b := open(t)
	b.open(link)
	b.look(200, "setup")
	b.fill("name", "İlk Yönetici")
	b.fill("email", "ilk@certbay.example")
	b.fill("password", "short")
	b.press("main button[type=submit]")
	b.look(422, "setup-short")
	b.fill("password", password)
	b.press("main button[type=submit]")
	b.open(link)
	b.look(410, "setup-gone")
	v.signIn(login{Email: "ilk@certbay.example", Password: password})
	if a := v.get("/admin"); a.status != http.StatusOK {
		t.Errorf("/admin answers the first admin %d", a.status)
	}
	must(t, p.stop())

	// The next start prints no link, and the door stays shut.
	p, err = launch(dir, listening, "serve", "--data", dir, "--addr", "127.0.0.1:0")
	must(t, err)
	if a := visit(t, p).get(link[strings.Index(link, "/setup/"):]); a.status != http.StatusGone {
		t.Errorf("after the next start the link is answered %d", a.status)
	}
	must(t, p.stop())
	if strings.Contains(p.printed(), "/setup/") {
		t.Errorf("the next start prints a link again: %s", p.printed())
	}
	code, out, errors := certbay("admin", "create", "--data", dir, "iki@certbay.example", "İkinci")
	if code == 0 {
		t.Errorf("an administrator without a password is made: %s%s", out, errors)
	}
}
