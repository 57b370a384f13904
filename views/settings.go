package views

import (
	"strings"
	"time"
)

// SettingsPage is a person's own: password, language, clock, look, and where it is
// signed in. Its forms post to /settings/password (current, new), to
// /settings/preferences (lang, zone, theme), to /settings/sessions/end (session) and
// to /settings/sessions/end-others.
type SettingsPage struct {
	Problems Problems // fields: current, new, zone
	Lang     string   // "" follows the browser
	Theme    string   // "" follows the system
	Zone     string   // IANA name; "" is UTC
	Zones    []string // offered, IANA names
	Sessions []SessionRow
}

// SessionRow is one browser somebody is signed in with.
type SessionRow struct {
	ID      string // opaque, sent back to end it
	Agent   string // the User-Agent header
	IP      string
	SeenAt  time.Time
	Current bool // the one this page is shown in
}

// browser names a User-Agent as people do: "Firefox · Linux". Unknown ones are shown as sent.
func browser(agent string) string {
	find := func(marks ...[2]string) string {
		for _, m := range marks {
			if strings.Contains(agent, m[0]) {
				return m[1]
			}
		}
		return ""
	}
	name := find([2]string{"Edg/", "Edge"}, [2]string{"OPR/", "Opera"}, [2]string{"Firefox/", "Firefox"},
		[2]string{"Chrome/", "Chrome"}, [2]string{"Safari/", "Safari"})
	system := find([2]string{"Android", "Android"}, [2]string{"iPhone", "iOS"}, [2]string{"iPad", "iPadOS"},
		[2]string{"Windows", "Windows"}, [2]string{"Mac OS X", "macOS"}, [2]string{"Linux", "Linux"})
	switch {
	case name != "" && system != "":
		return name + " · " + system
	case name != "":
		return name
	default:
		letters := []rune(strings.ToValidUTF8(agent, ""))
		return string(letters[:min(len(letters), 60)])
	}
}

func (m SettingsPage) zones() []Option {
	options := []Option{{"", "UTC"}}
	for _, name := range m.Zones {
		options = append(options, Option{name, strings.ReplaceAll(name, "_", " ")})
	}
	return options
}
