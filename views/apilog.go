package views

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"certbay/views/i18n"
)

// RequestsPage is /integrations/requests?key=&class=&before=&after=: what programs
// asked of the API. A page begins at a row, so new requests shift nothing.
type RequestsPage struct {
	IntegrationTabs
	Days         int    // how long a request is kept
	Key, Class   string // chosen, "" for all
	Keys         []Option
	Rows         []RequestRow
	Newer, Older int64 // the page after or before this row; 0: there is none
	Path         string
	Query        url.Values // the filters
}

// RequestRow is a request of the log.
type RequestRow struct {
	At           time.Time
	Method, Path string
	Status       int
	Took         time.Duration
	Key, Prefix  string // "": tried from the portal
	IP           string
}

func (m RequestsPage) narrowed() bool { return m.Key != "" || m.Class != "" }

func (m RequestsPage) turn(to string, row int64) string {
	return withQuery(m.Path, m.Query, to, strconv.FormatInt(row, 10))
}

func (m RequestsPage) keyOptions(ctx context.Context) []Option {
	return append([]Option{{"", i18n.T(ctx, "apilog.key.any")}}, m.Keys...)
}

func (m RequestsPage) classOptions(ctx context.Context) []Option {
	options := []Option{{"", i18n.T(ctx, "apilog.class.any")}}
	for _, class := range []string{"2", "4", "5"} {
		options = append(options, Option{class, i18n.T(ctx, "apilog.class."+class)})
	}
	return options
}

// httpLook is how an HTTP status is drawn: its number says the rest.
func httpLook(status int) (kind, icon string) {
	switch status / 100 {
	case 2, 3:
		return "success", "check"
	case 4:
		return "warning", "triangle-alert"
	default:
		return "error", "circle-alert"
	}
}

// milliseconds writes a duration as "12.3", or "0.4" when it is short.
func milliseconds(ctx context.Context, d time.Duration) string {
	tenths := d.Round(100*time.Microsecond).Microseconds() / 100
	if tenths >= 1000 {
		return i18n.Number(ctx, tenths/10)
	}
	mark := "."
	if i18n.From(ctx).Lang == "tr" {
		mark = ","
	}
	return strconv.FormatInt(tenths/10, 10) + mark + strconv.FormatInt(tenths%10, 10)
}
