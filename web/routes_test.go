package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/web/webtest"
)

var parameter = regexp.MustCompile(`:\w+|\*`)

func TestRoutesOpenOnlyForWhoTheTableNames(t *testing.T) {
	site := webtest.Open(t)
	stranger := site.Browser(t)
	browsers := map[db.Role]*webtest.Browser{}
	for _, role := range webtest.Roles {
		browsers[role] = site.SignedIn(t, role)
	}
	for _, r := range site.Server.Routes() {
		site.Later(time.Second) // so that the limit of changes per second is not what refuses
		path := parameter.ReplaceAllString(r.Path, "1")
		if r.Admits(db.Person{}) {
			continue
		}
		if a := stranger.Do(stranger.Request(r.Method, path, nil)); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/sign-in") {
			t.Errorf("%s %s, signed out: %d to %q", r.Method, r.Path, a.Status, a.Location)
		}
		for role, b := range browsers {
			if r.Admits(site.People[role]) {
				continue
			}
			a := b.Do(b.Request(r.Method, path, nil))
			for a.Status == http.StatusTooManyRequests { // the table has more changes by now than one address may make at once
				time.Sleep(100 * time.Millisecond)
				a = b.Do(b.Request(r.Method, path, nil))
			}
			if a.Status != http.StatusForbidden || a.Title(t) != "You may not do this" {
				t.Errorf("%s %s as %s: %d", r.Method, r.Path, role, a.Status)
			}
		}
	}
}

func TestEveryRouteIsOnTheTableOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range webtest.Open(t).Server.Routes() {
		key := r.Method + " " + parameter.ReplaceAllString(r.Path, ":")
		if seen[key] {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = true
	}
}
