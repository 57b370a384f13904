package e2e

import (
	"strings"
	"testing"
)

// An account of every kind is tried with a wrong login and the right one, added,
// looked at and removed. The shop itself is what is bought from: it serves all five.
func TestAnUpstreamOfEveryKindIsTriedAndAdded(t *testing.T) {
	key, user := shop.access.Reseller.APIKey, shop.access.Reseller.Email
	admin := signedIn(t, shop.access.Admin)
	admin.open("/admin/resellers")
	admin.press("main tbody a:text-is('" + shop.access.Reseller.Company + "')")
	switches, err := admin.Locator("main [name^='dialect_']").All()
	must(t, err)
	for _, s := range switches {
		must(t, s.SetChecked(true))
	}
	admin.press("main form[action$='/dialects'] button")

	admin.open("/admin/upstreams/new")
	admin.look(200, "admin-upstream-kinds")
	for _, k := range []struct {
		kind, path, user, secret string // fields; user is empty where there is none
	}{
		{"billmanager", "/manager/billmgr", "user", "password"}, {"datassl", "/api/reseller", "", "key"}, {"gogetssl", "/api", "user", "password"},
		{"license724", "/v1", "", "token"}, {"ssl247", "/api/v3", "user", "key"},
	} {
		admin.open("/admin/upstreams/new?kind=" + k.kind)
		admin.fill("name", "own-"+k.kind)
		admin.fill("base_url", shop.url+k.path)
		if k.user != "" {
			admin.fill(k.user, user)
		}
		admin.fill(k.secret, "certainly-wrong")
		try := func(outcome string) string {
			t.Helper()
			must(t, admin.Locator(button("Test connection")).Click())
			must(t, admin.Locator("#test .flash-"+outcome).WaitFor())
			return admin.text("#test")
		}
		if got := try("error"); !strings.Contains(got, "It does not accept the login") || admin.value(k.secret) != "certainly-wrong" {
			t.Errorf("%s, a wrong login: %q", k.kind, got)
		}
		if k.kind == "billmanager" {
			admin.look(200, "admin-upstream-wrong")
		}
		admin.fill(k.secret, key)
		if got := try("success"); !strings.Contains(got, "It works") {
			t.Errorf("%s, the right login: %q", k.kind, got)
		}
		admin.press("main form .btn-primary")
		admin.at(200, "own-"+k.kind)
		if admin.value(k.secret) != "" || strings.Contains(admin.text("main"), key) {
			t.Errorf("%s: the secret is shown again", k.kind)
		}
		admin.press(button("Ask now"))
		if got := admin.text("main"); !strings.Contains(got, "Fine") {
			t.Errorf("%s, asked: %q", k.kind, got)
		}
	}
	admin.look(200, "admin-upstream")
	admin.open("/admin/upstreams")
	admin.look(200, "admin-upstreams")
	turkish := signedIn(t, shop.access.Admin, inTurkish)
	for path, name := range map[string]string{"/admin/upstreams": "admin-upstreams", "/admin/upstreams/new": "admin-upstream-kinds", "/admin/upstreams/new?kind=gogetssl": "admin-upstream-new"} {
		turkish.open(path)
		turkish.look(200, name)
	}
	turkish.open("/admin/upstreams")
	turkish.press("main tbody a")
	turkish.look(200, "admin-upstream")
	const own = "main tbody a:text-matches('^own-')"
	for admin.open("/admin/upstreams"); admin.has(own); admin.open("/admin/upstreams") {
		admin.press(own)
		admin.open(admin.path() + "/remove")
		admin.press("main form[action$='/remove'] button")
		admin.at(200, "Upstreams")
	}
}

// The key of a book is changed by command: what was sealed is read with the new one.
func TestTheKeyIsRotatedByCommand(t *testing.T) {
	dir := t.TempDir()
	if code, _, told := certbay("migrate", "--data", dir); code != 0 {
		t.Fatal(told)
	}
	for i, want := range []struct {
		key, to string
		fails   string
	}{
		{"", "/second.key", ""},
		{"", "/third.key", "sealed with the key"},
		{"/second.key", "/second.key", "already"},
		{"/second.key", "/third.key", ""},
	} {
		args := []string{"rotate-key", "--data", dir, "--new-key-file", dir + want.to}
		if want.key != "" {
			args = append(args, "--key-file", dir+want.key)
		}
		code, _, told := certbay(args...)
		if (code == 0) != (want.fails == "") || !strings.Contains(told, want.fails) {
			t.Errorf("%d: exits %d\n%s", i, code, told)
		}
	}
}
