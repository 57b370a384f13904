package views

import (
	"context"
	"strconv"
	"strings"
	"time"

	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// MayManage says whether this person may change keys and settings of the reseller.
func (v *Viewer) MayManage() bool { return v != nil && !v.Operator && v.Role == "owner" }

// IntegrationTabs says which of the tabs of API & integrations there are.
type IntegrationTabs struct {
	Console  bool // this person may try the API
	Webhooks bool // this person may set up webhooks
}

// tab is a link of a row of tabs.
type tab struct{ name, href, text string }

// tabs are the pages of API & integrations.
func (t IntegrationTabs) tabs(ctx context.Context) []tab {
	list := []tab{
		{"keys", "/integrations", i18n.T(ctx, "integrations.tab.keys")},
		{"log", "/integrations/requests", i18n.T(ctx, "integrations.tab.log")},
	}
	if t.Console {
		list = append(list, tab{"try", "/integrations/console", i18n.T(ctx, "integrations.tab.try")})
	}
	list = append(list, tab{"dialects", "/integrations/dialects", i18n.T(ctx, "dialectpage.tab")})
	list = append(list, tab{"samples", "/integrations/samples", i18n.T(ctx, "integrations.tab.samples")})
	list = append(list, tab{"docs", "/docs/api", i18n.T(ctx, "integrations.tab.docs")})
	if t.Webhooks {
		list = append(list, tab{"webhooks", "/webhooks", i18n.T(ctx, "webhooks.title")})
	}
	return list
}

func integrationCrumbs(ctx context.Context) []Crumb {
	return []Crumb{{i18n.T(ctx, "nav.integrations"), "/integrations"}}
}

// IntegrationsPage is /integrations: the API's switch and the keys. The switch is
// POST /integrations/access with on ("1" or "").
type IntegrationsPage struct {
	IntegrationTabs
	BaseURL string // of the API, without a slash at its end
	Allowed bool   // by the operator
	Enabled bool   // by the reseller
	NoGroup bool   // in no price group: nothing to sell
	Keys    []APIKeyRow
	Ended   []APIKeyRow // the newest of those that work no more
	New     *NewAPIKey  // shown once, in the answer to the form that made it
}

// NewAPIKey is a secret that is never shown again. Rotated says that it takes the
// place of another, which works until OldUntil (zero: no more).
type NewAPIKey struct {
	Name, Secret string
	Rotated      bool
	OldUntil     time.Time
}

// APIKeyRow is a key as lists show it.
type APIKeyRow struct {
	ID         int64
	Name       string
	Prefix     string   // the beginning of its secret
	Scopes     []string // read, order, certificate, credit
	From       []string // addresses and networks; empty: from anywhere
	State      string   // works, rotated, expired, revoked
	CreatedAt  time.Time
	ExpiresAt  time.Time // zero: never
	LastUsedAt time.Time // zero: never
	RevokedAt  time.Time
}

func (k APIKeyRow) scopes(ctx context.Context) string {
	var words []string
	for _, s := range k.Scopes {
		words = append(words, i18n.Word(ctx, "scope", s))
	}
	return strings.Join(words, ", ")
}

func (k APIKeyRow) from(ctx context.Context) string {
	if len(k.From) == 0 {
		return i18n.T(ctx, "apikey.anywhere")
	}
	return strings.Join(k.From, ", ")
}

// works says whether the key opens anything, if only for a while.
func (k APIKeyRow) works() bool { return k.State == "works" || k.State == "rotated" }

func (k APIKeyRow) endedAt() time.Time {
	if k.State == "revoked" {
		return k.RevokedAt
	}
	return k.ExpiresAt
}

func (k APIKeyRow) href(path string) string {
	return "/integrations/keys/" + strconv.FormatInt(k.ID, 10) + path
}

// revocation asks before a key is revoked; the form is posted to action.
func (k APIKeyRow) revocation(ctx context.Context, action, back string) Confirmation {
	return Confirmation{
		ID: "revoke-" + strconv.FormatInt(k.ID, 10), Title: i18n.T(ctx, "apikey.revoke.title", "Name", k.Name),
		Text: i18n.T(ctx, "apikey.revoke.text", "Prefix", k.Prefix), Action: action, Button: i18n.T(ctx, "apikey.revoke.do"), Danger: true, Back: back,
	}
}

func turningOff(ctx context.Context) Confirmation {
	return Confirmation{ID: "api-off", Title: i18n.T(ctx, "integrations.turnoff.title"), Text: i18n.T(ctx, "integrations.turnoff.text"),
		Action: "/integrations/access", Button: i18n.T(ctx, "integrations.turnoff"), Danger: true, Back: "/integrations"}
}

// RevokeKeyPage is /integrations/keys/{id}/revoke and its sister of the operator's,
// where no dialog asked: Action is where the answer goes, Back where it came from.
type RevokeKeyPage struct {
	Key          APIKeyRow
	Action, Back string
	Admin        bool
}

// NewAPIKeyPage is /integrations/keys/new; POST /integrations/keys with name,
// scope (several), ips (one per line), ends ("2027-01-31" or "").
type NewAPIKeyPage struct {
	Name, IPs, Ends string
	Scopes          []string // chosen
	AllScopes       []string
	Today           string   // the earliest last day
	Problems        Problems // fields name, scope, ips, ends
}

// RotateKeyPage is /integrations/keys/{id}/rotate; POST same with overlap (hours).
type RotateKeyPage struct {
	Key      APIKeyRow
	Overlap  string
	Overlaps []string // hours offered
	Problems Problems // field overlap
}

func (m RotateKeyPage) options(ctx context.Context) []Option {
	var list []Option
	for _, hours := range m.Overlaps {
		list = append(list, Option{hours, i18n.Word(ctx, "apikey.overlap", hours)})
	}
	return list
}

func keyLook(state string) StatusLook {
	switch state {
	case "works":
		return StatusLook{"success", "check", "apikey.state.works"}
	case "rotated":
		return StatusLook{"warning", "clock", "apikey.state.rotated"}
	case "revoked":
		return StatusLook{"error", "ban", "apikey.state.revoked"}
	default:
		return StatusLook{"neutral", "calendar-clock", "apikey.state.expired"}
	}
}

// adminKeyHref leads to the question whether a reseller's key is to be revoked.
func adminKeyHref(reseller, key int64) string {
	return string(adminResellerHref(reseller)) + "/keys/" + strconv.FormatInt(key, 10) + "/revoke"
}

// dayAttrs bound a date input.
func dayAttrs(earliest string) templ.Attributes { return templ.Attributes{"min": earliest} }
