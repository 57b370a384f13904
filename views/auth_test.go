package views

import (
	"strconv"
	"strings"
	"testing"

	"certbay/views/i18n"
	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

func TestPagesBeforeSignIn(t *testing.T) {
	nobody := testPage("")
	short := Problems{PasswordProblem("new", "short")}
	for name, page := range map[string]templ.Component{
		"sign in":           SignIn(nobody, SignInPage{Next: "/orders/12?x=1"}),
		"sign in rejected":  SignIn(nobody, SignInPage{Email: `"><b>@x`, Problems: Problems{SignInRefused()}}),
		"sign in throttled": SignIn(nobody, SignInPage{Problems: Problems{SignInThrottled(14)}}),
		"forgot":            ForgotPassword(nobody, ForgotPasswordPage{}),
		"forgot rejected":   ForgotPassword(nobody, ForgotPasswordPage{Email: "no", Problems: Problems{{Field: "email", Key: "form.email"}}}),
		"sent":              ForgotPasswordSent(nobody),
		"reset":             ResetPassword(nobody, ResetPasswordPage{Token: "tok"}),
		"reset rejected":    ResetPassword(nobody, ResetPasswordPage{Token: "tok", Problems: short}),
		"reset gone":        ResetPassword(nobody, ResetPasswordPage{Gone: true}),
		"changed":           PasswordChanged(nobody),
		"setup":             Setup(nobody, SetupPage{Token: "tok"}),
		"setup rejected":    Setup(nobody, SetupPage{Token: "tok", Name: "A", Problems: Problems{{Field: "email", Key: "form.required"}, PasswordProblem("password", "common")}}),
		"setup gone":        Setup(nobody, SetupPage{Gone: true}),
	} {
		t.Run(name, func(t *testing.T) { inEachLanguage(t, page, nil) })
	}
}

func TestPasswordFieldsTellTheBrowserWhatTheyAre(t *testing.T) {
	for name, c := range map[string]struct {
		page templ.Component
		want string
	}{
		"sign in":  {SignIn(testPage(""), SignInPage{}), "current-password"},
		"reset":    {ResetPassword(testPage(""), ResetPasswordPage{Token: "t"}), "new-password"},
		"settings": {Settings(testPage("owner"), SettingsPage{}), "current-password new-password"},
	} {
		doc := checkPage(t, renderIn(t, "en", c.page))
		var got []string
		doc.Find("input[type=password]").Each(func(_ int, s *goquery.Selection) {
			got = append(got, s.AttrOr("autocomplete", ""))
			if _, shown := s.Attr("maxlength"); shown || s.AttrOr("value", "") != "" {
				t.Errorf("%s: a password is cut off or sent back", name)
			}
		})
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

func TestErrorPageHasWordsForEveryStatus(t *testing.T) {
	seen := map[string]bool{}
	for _, status := range []int{400, 402, 403, 404, 405, 409, 410, 413, 415, 422, 429, 500, 503} {
		for _, role := range []string{"", "owner", "support"} {
			t.Run(strconv.Itoa(status)+role, func(t *testing.T) {
				inEachLanguage(t, Error(testPage(role), ErrorPage{Status: status, RetryMinutes: 3}), func(t *testing.T, lang string, doc *goquery.Document) {
					if !strings.Contains(doc.Text(), "01JD0000") {
						t.Error("the reference is missing")
					}
					if role == "" && seen[lang+doc.Find("h1").Text()] {
						t.Errorf("%q is said of two statuses", doc.Find("h1").Text())
					}
					seen[lang+doc.Find("h1").Text()] = true
				})
			})
		}
	}
}

func TestErrorPagePrefersTheFinerWords(t *testing.T) {
	ctx := t.Context()
	for _, c := range []struct {
		page ErrorPage
		want string
	}{
		{ErrorPage{Status: 403, Code: "suspended"}, "error.suspended"},
		{ErrorPage{Status: 403, Code: "no_words_for_this"}, "error.403"},
		{ErrorPage{Status: 599}, "error.500"},
	} {
		if got := c.page.key(ctx); got != c.want {
			t.Errorf("%+v: %s, want %s", c.page, got, c.want)
		}
		if i18n.T(ctx, c.want+".text") == c.want+".text" {
			t.Errorf("%s has no text", c.want)
		}
	}
}

func TestSettings(t *testing.T) {
	agent := "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
	full := SettingsPage{
		Lang: "tr", Zone: "Europe/Istanbul", Zones: []string{"Europe/Istanbul", "America/New_York"},
		Problems: Problems{{Field: "current", Key: "password.wrong"}, PasswordProblem("new", "email")},
		Sessions: []SessionRow{
			{ID: "a", Agent: agent, IP: "203.0.113.7", SeenAt: testNow, Current: true},
			{ID: "b", Agent: "curl/8 <script>", IP: "2001:db8::1", SeenAt: testNow.AddDate(0, 0, -3)},
		},
	}
	inEachLanguage(t, Settings(testPage("owner"), full), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("form[action='/settings/sessions/end'] input[value=b]").Length() != 1 || doc.Find("form[action='/settings/sessions/end'] input[value=a]").Length() != 0 {
			t.Error("only other sessions can be ended one by one")
		}
		if got := doc.Find("select[name=zone] option[selected]").AttrOr("value", ""); got != "Europe/Istanbul" {
			t.Errorf("zone is %q", got)
		}
		if got := doc.Find(".field-error").Length(); got != 2 {
			t.Errorf("%d problems beside fields, want 2", got)
		}
	})
	inEachLanguage(t, Settings(testPage("admin"), SettingsPage{}), nil)
}

func TestBrowserIsNamedAsPeopleDo(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36":                                   "Chrome · Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0":               "Edge · Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1": "Safari · iOS",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:140.0) Gecko/20100101 Firefox/140.0":                                                     "Firefox · macOS",
		"curl/8.5.0": "curl/8.5.0",
		"":           "",
	} {
		if got := browser(agent); got != want {
			t.Errorf("browser(%q) = %q, want %q", agent, got, want)
		}
	}
}
