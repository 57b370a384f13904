package views

import (
	"context"
	"slices"
	"strconv"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// UpstreamRow is how an upstream stands.
type UpstreamRow struct {
	ID      int64  // 0: it is none of the book's, and can't be changed here
	Name    string // ours for it
	Kind    string // its type's proper name
	Sandbox bool
	Active  bool // new orders are placed there

	Funds Funds
	Low   money.Money // the alarm; zero: none

	LastSuccessAt   time.Time
	LastErrorAt     time.Time
	LastError       string // verbatim
	Calls, Failures int64  // in the last 24 hours
	Circuit         string // "closed", "open", "half-open"; empty: nothing is known

	SecretsAt  time.Time // the login was entered; zero: it needs none
	SecretsEnd time.Time // from then on it is not accepted any more; zero: never

	Abilities []string // codes
}

// Funds are our money at an upstream, as it told last; At is zero when it never did.
type Funds struct {
	Amount, Spendable money.Money
	Allowance, Used   money.Money // of a month; zero: there is none
	Sandbox           bool        // the account only tries things out
	At                time.Time
}

// AdminUpstreamsPage lists all: /admin/upstreams.
type AdminUpstreamsPage struct {
	Rows []UpstreamRow
}

// UpstreamKindsPage asks what type of upstream is to be added: /admin/upstreams/new.
type UpstreamKindsPage struct {
	Kinds []UpstreamKindCard
}

// UpstreamKindCard is a type of upstream. Name is its code.
type UpstreamKindCard struct {
	Name, Title, BaseURL string
	Abilities            []string
}

// UpstreamForm is an account as typed. It is posted to /admin/upstreams/new (ID 0) or
// /admin/upstreams/{id}, or, to try it without keeping it, to /admin/upstreams/test.
type UpstreamForm struct {
	ID            int64
	Kind, Title   string // code and proper name of its type
	Name, BaseURL string
	Fields        []UpstreamInput
	Active        bool
	Low           string
	Unit          string // of Low, where it is known
	Test          UpstreamTest
	Part          bool // only the outcome of a test is drawn, which has to name what is wrong
	Again         bool // secrets were typed and must be typed again to be kept
	Problems      Problems
	SecretsDays   int
}

// UpstreamInput is one field of an account. A secret has no Value; Kept says that
// there is one.
type UpstreamInput struct {
	Code, Value            string
	Secret, Optional, Kept bool
	Choices                []string
}

// UpstreamTest is what came of trying an account. Cause: see providers.Cause; "account"
// where the fields are wrong; empty when it can be worked with.
type UpstreamTest struct {
	Done  bool
	Cause string
	Words string        // verbatim
	Skew  time.Duration // how far its clock is ahead of ours
	Funds Funds
}

// AdminUpstreamPage is /admin/upstreams/{id}: how it stands and, for admins, its form.
type AdminUpstreamPage struct {
	UpstreamRow
	Form  UpstreamForm
	InUse bool // an offer or an order names it
}

const upstreamsPath = "/admin/upstreams"

func upstreamPath(id int64, more string) string {
	path := upstreamsPath + "/" + strconv.FormatInt(id, 10)
	if more != "" {
		path += "/" + more
	}
	return path
}

func (f UpstreamForm) action() templ.SafeURL {
	if f.ID == 0 {
		return upstreamsPath + "/new"
	}
	return templ.SafeURL(upstreamPath(f.ID, ""))
}

// failing says whether an upstream's last answer was an error.
func (u UpstreamRow) failing() bool { return u.LastErrorAt.After(u.LastSuccessAt) }

// low says whether what can be spent there is below the alarm.
func (u UpstreamRow) low() bool {
	return !u.Low.IsZero() && !u.Funds.At.IsZero() && u.Funds.Spendable.Minor < u.Low.Minor
}

// look is the pill of how it answers; key is of its word.
func (u UpstreamRow) look() (kind, icon, key string) {
	switch {
	case u.Circuit == "open":
		return "error", "circle-alert", "upstreams.health.paused"
	case u.failing():
		return "error", "circle-alert", "admin.upstream.failing"
	case u.LastSuccessAt.IsZero():
		return "neutral", "circle", "upstreams.health.unasked"
	}
	return "success", "check", "admin.upstream.fine"
}

// rate is the share of calls that failed, rounded up.
func (u UpstreamRow) rate(ctx context.Context) string {
	if u.Calls == 0 {
		return i18n.T(ctx, "upstreams.rate.none")
	}
	return i18n.N(ctx, "upstreams.rate", int(u.Calls), "Percent", i18n.Percent(ctx, int((u.Failures*100+u.Calls-1)/u.Calls)*100))
}

// secretsWarned is how long before a login expires it is warned of.
const secretsWarned = 30 * 24 * time.Hour

// secrets is how the age of the login looks: "", "warning" or "error".
func (u UpstreamRow) secrets(now time.Time) string {
	switch {
	case u.SecretsEnd.IsZero() || now.Before(u.SecretsEnd.Add(-secretsWarned)):
		return ""
	case now.Before(u.SecretsEnd):
		return "warning"
	}
	return "error"
}

func (u UpstreamRow) secretsText(ctx context.Context, now time.Time) string {
	if now.Before(u.SecretsEnd) {
		return i18n.T(ctx, "upstreams.secrets.ends", "Date", i18n.Date(ctx, u.SecretsEnd))
	}
	return i18n.T(ctx, "upstreams.secrets.ended", "Date", i18n.Date(ctx, u.SecretsEnd))
}

// abilities are words, as the reader's language sorts nothing by: in the list's order.
func (u UpstreamRow) abilities(ctx context.Context) []string {
	var words []string
	for _, a := range u.Abilities {
		words = append(words, i18n.Word(ctx, "ability", a))
	}
	return words
}

func (f Funds) allowanceText(ctx context.Context) string {
	return i18n.T(ctx, "upstreams.allowance", "Used", i18n.Money(ctx, f.Used), "Allowance", i18n.Money(ctx, f.Allowance))
}

// causeLook is the kind of notice that a test's outcome is.
func (t UpstreamTest) kind() string {
	if t.Cause == "" {
		return "success"
	}
	return "error"
}

func (t UpstreamTest) title(ctx context.Context) string {
	if t.Cause == "" {
		return i18n.T(ctx, "upstreams.test.fine")
	}
	return i18n.T(ctx, "upstreams.cause."+t.known())
}

func (t UpstreamTest) advice(ctx context.Context) string {
	return i18n.T(ctx, "upstreams.advice."+t.known())
}

// upstreamCauses are those that have words; any other is "other".
var upstreamCauses = []string{"login", "second_factor", "address", "denied", "host", "refused", "timeout", "broken", "redirect", "content", "too_large",
	"busy", "status", "circuit", "stopped", "tls", "tls_untrusted", "tls_expired", "tls_name", "tls_plain", "account"}

func (t UpstreamTest) known() string {
	if slices.Contains(upstreamCauses, t.Cause) {
		return t.Cause
	}
	return "other"
}

// clock is what to say of the upstream's clock; empty when it is right.
func (t UpstreamTest) clock(ctx context.Context) string {
	switch skew := t.Skew.Round(time.Minute); {
	case t.Skew > time.Minute:
		return i18n.N(ctx, "upstreams.clock.ahead", int(skew/time.Minute))
	case t.Skew < -time.Minute:
		return i18n.N(ctx, "upstreams.clock.behind", int(-skew/time.Minute))
	}
	return ""
}

// options are a field's choices; one that is the language's or the dialect's own word
// is shown as it is.
func (f UpstreamInput) options(ctx context.Context) []Option {
	return worded(f.Choices, func(code string) string { return i18n.Word(ctx, "upstreams.choice", code) })
}

func (f UpstreamInput) label(ctx context.Context) string {
	return i18n.Word(ctx, "upstreams.field", f.Code)
}

// hint is empty where there is none in the language.
func (f UpstreamInput) hint(ctx context.Context) string {
	if f.Kept {
		return i18n.T(ctx, "upstreams.secret.kept")
	}
	if hint := i18n.Word(ctx, "upstreams.hint", f.Code); hint != f.Code {
		return hint
	}
	return ""
}

// RemoveUpstream asks back before one is forgotten.
func RemoveUpstream(ctx context.Context, id int64, name string) Confirmation {
	return Confirmation{ID: "remove-upstream", Title: i18n.T(ctx, "upstreams.remove.title", "Name", name), Text: i18n.T(ctx, "upstreams.remove.text"),
		Action: upstreamPath(id, "remove"), Button: i18n.T(ctx, "upstreams.remove"), Danger: true, Back: upstreamPath(id, "")}
}

func upstreamCrumbs(ctx context.Context, more ...Crumb) []Crumb {
	return append([]Crumb{{i18n.T(ctx, "nav.upstreams"), upstreamsPath}}, more...)
}

// kindText is what a type of upstream sells, in a word that a sentence goes with.
func kindText(k UpstreamKindCard) string {
	if slices.Contains(k.Abilities, "licence") {
		return "licences"
	}
	return "certificates"
}

// lastAnswer says when an upstream answered last.
func lastAnswer(ctx context.Context, now time.Time, u UpstreamRow) string {
	if u.LastSuccessAt.IsZero() {
		return i18n.T(ctx, "admin.upstream.never")
	}
	return i18n.T(ctx, "admin.upstream.success", "Ago", i18n.Ago(ctx, now, u.LastSuccessAt))
}

// called is a field's label before what is wrong with it.
func (f UpstreamForm) called(ctx context.Context, field string) string {
	switch field {
	case "":
		return ""
	case "name":
		return i18n.T(ctx, "upstreams.name") + ":"
	case "base_url":
		return i18n.T(ctx, "upstreams.address") + ":"
	case "low_balance":
		return i18n.T(ctx, "upstreams.alarm") + ":"
	}
	return UpstreamInput{Code: field}.label(ctx) + ":"
}
