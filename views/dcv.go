package views

import (
	"context"
	"slices"
	"strings"
	"time"

	"certbay/views/i18n"
)

// DCVPage is the wizard that proves an order's names, one at a time: /orders/{id}/dcv?name=.
// Its forms post to /orders/{id}/dcv/check (name), /dcv/method (name, method, email; an empty
// name is all names) and /dcv/resend (name). The part that changes by itself is DCVState at
// /orders/{id}/dcv/state?name=, the file of a file method at /orders/{id}/dcv/file?name=.
type DCVPage struct {
	OrderHead
	Names    []DCVName
	Selected DCVDetail
	Problems Problems // fields method, email
	NoChange bool     // the upstream takes no other method
	NoResend bool     // the upstream mails the approver once only
	Every    int      // seconds between the looks that happen by themselves; 0 is not said
}

// DCVName is one name and how far its control is proven.
type DCVName struct {
	Name       string // ASCII: what links and forms carry
	Label      string // readable letters
	Method     string // dns, http, https, email
	State      string // waiting, wrong, verified
	CheckedAt  time.Time
	VerifiedAt time.Time
}

// DCVDetail is one name with what its owner has to publish, in the upstream's own words.
type DCVDetail struct {
	DCVName
	Zone      string   // the registrable domain, where the record is entered; readable letters
	Methods   []string // allowed for this name, in the order dns, http, https, email
	Approvers []string // addresses e-mail may go to
	Email     string   // the approver's address; method email

	RecordType, Host, Value        string // method dns: verbatim
	FileURL, FileName, FileContent string // methods http and https: verbatim

	Report *DCVReport // the last look; nil before the first
}

// DCVReport is what a look found: the fields and codes of providers/dcv.
type DCVReport struct {
	Verdict   string // found, wrong, missing, unreachable, dnssec_bogus, waiting
	CheckedAt time.Time
	Zone      string
	Answers   []DCVAnswer
	Chain     []string
	Hints     []string // doubled_name, quoted_value, stale_servers, byte_order
}

// DCVAnswer is what one server said. Verdict: right, wrong, missing, error.
type DCVAnswer struct {
	Server  string
	Verdict string
	Found   []string
	Error   string
}

// href is the wizard on one of the order's names.
func (m DCVPage) href(path, name string) string {
	return withQuery(m.OrderHref()+"/dcv"+path, nil, "name", name)
}

// verified counts the names that are proven.
func (m DCVPage) verified() int {
	n := 0
	for _, name := range m.Names {
		if name.State == "verified" {
			n++
		}
	}
	return n
}

// next is a name that still has to be proven, other than the selected one; "" when there is none.
func (m DCVPage) next() string {
	for _, name := range m.Names {
		if name.State != "verified" && name.Name != m.Selected.Name {
			return name.Name
		}
	}
	return ""
}

// live says whether looking again can change anything.
func (m DCVPage) live() bool {
	return m.Reissuing || m.Status == "validation_pending" || m.Status == "processing"
}

// started says whether anything is known of a name: it was looked at, or a mail went out.
func (n DCVName) started() bool { return !n.CheckedAt.IsZero() || n.Method == "email" }

// look is how a name's state is drawn, and its word.
func (n DCVName) look() (kind, icon, key string) {
	switch {
	case n.State == "verified":
		return "success", "check", "dcv.state.verified"
	case n.State == "wrong":
		return "error", "circle-alert", "dcv.state.wrong"
	case n.started():
		return "warning", "clock", "dcv.state.waiting"
	default:
		return "neutral", "circle", "dcv.state.new"
	}
}

// sub is the method and, once verified, the time.
func (n DCVName) sub(ctx context.Context) string {
	method := i18n.Word(ctx, "dcv.short", n.Method)
	if n.State == "verified" && !n.VerifiedAt.IsZero() {
		return method + " · " + i18n.DayMonth(ctx, n.VerifiedAt) + ", " + i18n.Clock(ctx, n.VerifiedAt)
	}
	return method
}

func (d DCVDetail) byFile() bool { return d.Method == "http" || d.Method == "https" }

// given says whether the upstream has told what to publish.
func (d DCVDetail) given() bool { return d.Host != "" || d.FileURL != "" || d.Method == "email" }

// short is the host without the zone, as panels want it that add the zone themselves; "" when
// the host does not end in the zone.
func (d DCVDetail) short() string {
	host := strings.TrimSuffix(d.Host, ".")
	for _, zone := range []string{d.Zone, d.zoneOfName()} {
		if short, ok := strings.CutSuffix(host, "."+zone); ok && zone != "" {
			return short
		}
	}
	return ""
}

// zoneOfName is the zone in ASCII: the end of the name with as many labels as the zone has.
func (d DCVDetail) zoneOfName() string {
	labels := strings.Split(d.Name, ".")
	keep := strings.Count(d.Zone, ".") + 1
	if d.Zone == "" || keep > len(labels) {
		return ""
	}
	return strings.Join(labels[len(labels)-keep:], ".")
}

func (d DCVDetail) records(ctx context.Context) []RecordRow {
	switch {
	case d.byFile():
		return []RecordRow{
			{i18n.T(ctx, "dcv.file.url"), d.FileURL, true},
			{i18n.T(ctx, "dcv.file.name"), d.FileName, true},
			{i18n.T(ctx, "dcv.file.content"), d.FileContent, true},
		}
	case d.Method == "email":
		return []RecordRow{{i18n.T(ctx, "dcv.email.to"), d.Email, false}}
	default:
		value := i18n.T(ctx, "dcv.value")
		if d.RecordType == "CNAME" {
			value = i18n.T(ctx, "dcv.points")
		}
		return []RecordRow{
			{i18n.T(ctx, "dcv.host"), d.Host, true},
			{value, d.Value, true},
			{"TTL", i18n.T(ctx, "dcv.ttl"), false},
		}
	}
}

// introduction says what to do with the record.
func (d DCVDetail) introduction(ctx context.Context) string {
	switch {
	case d.byFile():
		return i18n.T(ctx, "dcv.file.intro", "Name", d.Label)
	case d.Method == "email":
		return i18n.T(ctx, "dcv.email.intro", "Name", d.Label)
	default:
		return i18n.T(ctx, "dcv.dns.intro", "Type", d.RecordType, "Zone", d.zone())
	}
}

func (d DCVDetail) zone() string {
	if d.Zone == "" {
		return d.Label
	}
	return d.Zone
}

func (m DCVPage) methodCards(ctx context.Context) RadioCards {
	d := m.Selected
	cards := RadioCards{Name: "method", Legend: i18n.T(ctx, "dcv.how", "Name", d.Label), Value: d.Method, Error: m.Problems.Of(ctx, "method")}
	for _, method := range d.Methods {
		cards.Cards = append(cards.Cards, RadioCard{Value: method, Title: methodTitle(ctx, method)})
	}
	return cards
}

// changeClass hides the button that changes the method while the method in use is the one
// chosen. E-mail keeps it: another address may be chosen.
func (d DCVDetail) changeClass() string {
	switch d.Method {
	case "dns":
		return "group-has-[input[value=dns]:checked]/method:hidden"
	case "http":
		return "group-has-[input[value=http]:checked]/method:hidden"
	case "https":
		return "group-has-[input[value=https]:checked]/method:hidden"
	default:
		return ""
	}
}

// wrong counts the servers that do not have what was asked for.
func (r DCVReport) wrong() int {
	n := 0
	for _, a := range r.Answers {
		if a.Verdict != "right" {
			n++
		}
	}
	return n
}

func (r DCVReport) kind() string {
	switch r.Verdict {
	case "found":
		return "success"
	case "wrong", "dnssec_bogus":
		return "error"
	case "waiting":
		return "info"
	default:
		return "warning"
	}
}

// verdict is the code whose words fit best: what some servers have and others lack is said as that.
func (r DCVReport) verdict() string {
	switch r.Verdict {
	case "found", "dnssec_bogus", "waiting", "unreachable":
		return r.Verdict
	}
	if right := len(r.Answers) - r.wrong(); right > 0 {
		return "stale"
	}
	if r.Verdict == "wrong" {
		return "wrong"
	}
	return "missing"
}

func (r DCVReport) title(ctx context.Context) string {
	if r.verdict() == "stale" {
		return i18n.N(ctx, "dcv.stale", r.wrong(), "Total", len(r.Answers))
	}
	return i18n.T(ctx, "dcv.verdict."+r.verdict())
}

// explanation is what usually helps; a known slip comes first.
func (r DCVReport) explanation(ctx context.Context) []string {
	var texts []string
	for _, hint := range r.Hints {
		switch hint {
		case "doubled_name", "quoted_value", "byte_order":
			texts = append(texts, i18n.T(ctx, "dcv.hint."+hint))
		}
	}
	return append(texts, i18n.T(ctx, "dcv.explain."+r.verdict()))
}

func (a DCVAnswer) look() (kind, icon string) {
	switch a.Verdict {
	case "right":
		return "success", "check"
	case "wrong":
		return "error", "x"
	case "missing":
		return "warning", "circle"
	default:
		return "neutral", "circle-help"
	}
}

func (a DCVAnswer) found() string {
	if a.Error != "" {
		return a.Error
	}
	return strings.Join(a.Found, " · ")
}

// checked says when the last look was and when the next one comes.
func (m DCVPage) checked(ctx context.Context, now time.Time) string {
	var parts []string
	if r := m.Selected.Report; r != nil && !r.CheckedAt.IsZero() {
		parts = append(parts, i18n.T(ctx, "dcv.checked", "Ago", i18n.Ago(ctx, now, r.CheckedAt)))
	}
	if m.live() && m.Every > 0 {
		parts = append(parts, everyText(ctx, m.Every, len(parts) > 0))
	}
	return strings.Join(parts, " · ")
}

// everyText says how often is looked, again when that follows when it was last.
func everyText(ctx context.Context, seconds int, again bool) string {
	minutes, secs := "dcv.first.minutes", "dcv.first.seconds"
	if again {
		minutes, secs = "dcv.every.minutes", "dcv.every.seconds"
	}
	if seconds >= 60 {
		return i18n.N(ctx, minutes, seconds/60)
	}
	return i18n.N(ctx, secs, seconds)
}

// dnsForAll says whether some open name is not proven by DNS, and could be.
func (m DCVPage) dnsForAll() bool {
	offered := slices.Contains(m.Selected.Methods, "dns")
	return offered && slices.ContainsFunc(m.Names, func(n DCVName) bool { return n.State != "verified" && n.Method != "dns" })
}
