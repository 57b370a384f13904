package views

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// StatusLook is how an order's state is drawn: the pill's kind and icon, and the word's key.
type StatusLook struct {
	Kind, Icon, Key string
}

// OrderLook chooses the look of an order from its status and fulfilment, as in the
// domain: what stands in the review queue (unsure, refused) is said before the status.
func OrderLook(status, fulfilment string) StatusLook {
	if status != "cancelled" && status != "expired" && status != "completed" {
		switch fulfilment {
		case "unsure":
			return StatusLook{"warning", "hourglass", "status.unsure"}
		case "refused":
			return StatusLook{"error", "circle-alert", "status.refused"}
		}
	}
	switch status {
	case "unpaid":
		return StatusLook{"warning", "credit-card", "status.unpaid"}
	case "pending":
		return StatusLook{"warning", "clock", "status.pending"}
	case "pending_configuration":
		return StatusLook{"error", "file-warning", "status.pending_configuration"}
	case "processing":
		return StatusLook{"info", "loader", "status.processing"}
	case "validation_pending":
		return StatusLook{"warning", "globe", "status.validation_pending"}
	case "vetting":
		return StatusLook{"warning", "building", "status.vetting"}
	case "completed":
		return StatusLook{"success", "check", "status.completed"}
	case "cancelled":
		return StatusLook{"neutral", "ban", "status.cancelled"}
	case "expired":
		return StatusLook{"neutral", "calendar-clock", "status.expired"}
	default:
		return StatusLook{"neutral", "circle", status}
	}
}

// breakable is a name, an address or a record's value that may go on in the next line after
// a dot, an @ or a slash rather than within a word. It adds no character to what is copied.
func breakable(text string) templ.Component {
	return templ.Raw(breaks.Replace(templ.EscapeString(text)))
}

var breaks = strings.NewReplacer(".", ".<wbr>", "@", "@<wbr>", "/", "/<wbr>")

// RecordRow is one line of a record to publish. Copy offers a copy button.
type RecordRow struct {
	Label string // translated
	Value string // verbatim
	Copy  bool
}

// Pager is where a list stands. Pages count from 1; Path and Query are the list's own
// address, so that the links keep every filter. Of a list that was counted only up
// to Counted, or to the end of the page, the Total is one more than that.
type Pager struct {
	Page, PerPage, Total int
	Counted              int // 0: Total is exact
	Deepest              int // the last page that can be opened; 0 is any
	Path                 string
	Query                url.Values
}

// Pages is how many pages can be opened, at least one.
func (p Pager) Pages() int {
	pages := max(1, (p.Total+max(1, p.PerPage)-1)/max(1, p.PerPage))
	if p.Deepest > 0 {
		return min(pages, p.Deepest)
	}
	return pages
}

// more says that there are more rows than were counted.
func (p Pager) more() bool { return p.Counted > 0 && p.Total > p.counted() }

func (p Pager) counted() int { return max(p.Counted, p.Page*p.PerPage) }

// ends says that the list goes on below the last page that can be opened.
func (p Pager) ends() bool {
	return p.Deepest > 0 && p.Page >= p.Deepest && p.Total > p.Page*p.PerPage
}

// number is the total as people read it: where it was not counted to the end,
// how many there are at least.
func (p Pager) number(ctx context.Context) string {
	if p.more() {
		return i18n.T(ctx, "pager.least", "Number", i18n.Number(ctx, int64(p.counted())))
	}
	return i18n.Number(ctx, int64(p.Total))
}

func (p Pager) from() int { return (p.Page-1)*p.PerPage + 1 }
func (p Pager) to() int   { return min(p.Page*p.PerPage, p.Total) }

func (p Pager) href(page int) templ.SafeURL {
	number := ""
	if page > 1 {
		number = strconv.Itoa(page)
	}
	return templ.SafeURL(withQuery(p.Path, p.Query, "page", number))
}

func (p Pager) rangeText(ctx context.Context) string {
	number := func(n int) string { return i18n.Number(ctx, int64(n)) }
	return i18n.T(ctx, "pager.range", "From", number(p.from()), "To", number(p.to()), "Total", p.number(ctx))
}

// Chip is one filter among few. Count below zero is not shown.
type Chip struct {
	Text   string
	Href   string
	Count  int
	Active bool
}

// Sort is the order a table is in and the address that changes it.
type Sort struct {
	Key   string // column sorted by
	Desc  bool
	Path  string
	Query url.Values // the list's own filters; sort, dir and page are replaced
}

// href sorts by key; a second click on the same column turns the direction.
func (s Sort) href(key string) templ.SafeURL {
	direction := "asc"
	if s.Key == key && !s.Desc {
		direction = "desc"
	}
	return templ.SafeURL(withQuery(s.Path, s.Query, "sort", key, "dir", direction, "page", ""))
}

func (s Sort) aria(key string) string {
	switch {
	case s.Key != key:
		return "none"
	case s.Desc:
		return "descending"
	default:
		return "ascending"
	}
}

// TimelineItem is one thing that happened.
type TimelineItem struct {
	Title, Text string // translated; Text may be ""
	At          time.Time
}

// Step is one of a journey's steps. State is done, current or todo.
type Step struct {
	Text, State, Href string
}

// Steps marks everything before current (from 0) as done and the rest as to do.
// current == len(texts) is a journey at its end.
func Steps(current int, texts ...string) []Step {
	steps := make([]Step, len(texts))
	for i, text := range texts {
		state := "todo"
		switch {
		case i < current:
			state = "done"
		case i == current:
			state = "current"
		}
		steps[i] = Step{Text: text, State: state}
	}
	return steps
}

// Stat is one number that matters, with a line that explains it.
type Stat struct {
	Label, Value, Note, Href string
}
