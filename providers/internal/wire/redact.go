package wire

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"
)

const hidden = "***"

// redactor takes secrets out of what people and logs see.
type redactor struct {
	fields map[string]bool // lower case
	pairs  *regexp.Regexp  // field=value, "field":"value", <field>value<
	values atomic.Pointer[strings.Replacer]

	mu    sync.Mutex
	known []string
}

// remembered is how many values that were learnt at work are looked for; those from before have expired by then.
const remembered = 100

func newRedactor(values, fields []string) *redactor {
	r := &redactor{fields: map[string]bool{"authorization": true, "proxy-authorization": true, "cookie": true, "set-cookie": true}}
	names := []string{"authorization"}
	for _, f := range fields {
		r.fields[strings.ToLower(f)] = true
		names = append(names, regexp.QuoteMeta(f))
	}
	r.pairs = regexp.MustCompile(`(?i)\b(` + strings.Join(names, "|") + `)(\\?["']?\s*=\s*\\?["']?|\\?["']\s*:\s*\\?["']?|:\s*(?:Bearer|Basic)\s+|>)([^"'&\s<>\\,}]+)`)
	r.hide(values...)
	return r
}

// hide adds values to those that must not be seen.
func (r *redactor) hide(values ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range values {
		if len(v) >= 4 && !slices.Contains(r.known, v) {
			r.known = append(r.known, v)
		}
	}
	if extra := len(r.known) - remembered; extra > 0 {
		r.known = slices.Delete(r.known, remembered/2, remembered/2+extra) // the first are the configuration's
	}
	var forms []string
	for _, v := range r.known {
		quoted, _ := json.Marshal(v)
		forms = append(forms, v, url.QueryEscape(v), url.PathEscape(v), string(quoted[1:len(quoted)-1]),
			base64.StdEncoding.EncodeToString([]byte(v)), base64.URLEncoding.EncodeToString([]byte(v)))
	}
	// The longest first: one secret may be the beginning of another.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, f := range forms {
		pairs = append(pairs, f, hidden)
	}
	r.values.Store(strings.NewReplacer(pairs...))
}

// text hides secret values, and what stands beside the name of a secret field.
func (r *redactor) text(s string) string {
	return r.pairs.ReplaceAllString(r.values.Load().Replace(s), "${1}${2}"+hidden)
}

func (r *redactor) query(q url.Values) string {
	clean := url.Values{}
	for k, vs := range q {
		for _, v := range vs {
			if r.fields[strings.ToLower(k)] {
				v = hidden
			}
			clean.Add(k, v)
		}
	}
	return r.text(strings.ReplaceAll(clean.Encode(), url.QueryEscape(hidden), hidden))
}

// location is where a redirect points to, without its query.
func (r *redactor) location(s string) string {
	u, err := url.Parse(s)
	if err != nil || s == "" {
		return "nowhere"
	}
	u.RawQuery, u.Fragment, u.User = "", "", nil
	return r.text(u.String())
}

func (r *redactor) header(h http.Header) string {
	var b strings.Builder
	names := make([]string, 0, len(h))
	for k := range h {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		v := strings.Join(h[k], ", ")
		if r.fields[strings.ToLower(k)] {
			v = hidden
		}
		b.WriteString(k + ": " + r.text(v) + "; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}

// logged is how much of a body the log keeps.
const logged = 2 << 10

// body is what the log may keep of one: fields that are secret are hidden wherever they stand.
func (r *redactor) body(contentType string, body []byte) string {
	kind, _, _ := strings.Cut(contentType, ";")
	var s string
	switch trimmed := bytes.TrimSpace(body); {
	case len(trimmed) == 0:
		return ""
	case kind == "application/x-www-form-urlencoded":
		q, err := url.ParseQuery(string(trimmed))
		if err != nil {
			return "(a form that can't be read)"
		}
		s = r.query(q)
	case trimmed[0] == '{' || trimmed[0] == '[':
		d := json.NewDecoder(bytes.NewReader(trimmed))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			s = r.text(string(trimmed))
			break
		}
		clean, err := json.Marshal(r.without(v))
		if err != nil {
			return "(JSON that can't be written)"
		}
		s = r.text(string(clean))
	case kind == "multipart/form-data":
		return "(multipart)"
	default:
		s = r.text(string(trimmed))
	}
	return cut(s, logged)
}

func (r *redactor) without(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, one := range v {
			if r.fields[strings.ToLower(k)] {
				v[k] = hidden
				continue
			}
			v[k] = r.without(one)
		}
	case []any:
		for i, one := range v {
			v[i] = r.without(one)
		}
	}
	return v
}

func (cl *Client) log(req *http.Request, resp *http.Response, answer []byte, took time.Duration, err error) {
	if !cl.c.Log.Enabled(req.Context(), slog.LevelDebug) {
		return
	}
	status, kind := 0, ""
	if resp != nil {
		status, kind = resp.StatusCode, resp.Header.Get("Content-Type")
	}
	words := ""
	if err != nil {
		words = cl.secrets.text(err.Error())
	}
	sent := ""
	if req.GetBody != nil { // reads; what changes something keeps no copy
		if b, err := req.GetBody(); err == nil {
			var buf bytes.Buffer
			_, _ = buf.ReadFrom(b)
			sent = cl.secrets.body(req.Header.Get("Content-Type"), buf.Bytes())
		}
	} else if o, ok := req.Body.(*once); ok {
		b := make([]byte, o.Size())
		if _, err := o.ReadAt(b, 0); err == nil {
			sent = cl.secrets.body(req.Header.Get("Content-Type"), b)
		}
	}
	cl.c.Log.LogAttrs(context.WithoutCancel(req.Context()), slog.LevelDebug, "upstream call",
		slog.String("upstream", cl.c.Name), slog.String("method", req.Method), slog.String("path", cl.secrets.text(req.URL.Path)),
		slog.String("query", cl.secrets.query(req.URL.Query())), slog.String("header", cl.secrets.header(req.Header)), slog.String("body", sent),
		slog.Int("status", status), slog.String("answer", cl.secrets.body(kind, answer)), slog.Duration("took", took), slog.String("error", words))
}

var (
	title = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	tags  = regexp.MustCompile(`(?s)<[^>]*>`)
	parts = regexp.MustCompile(`(?is)<(script|style|head)\b.*?</(script|style|head)>`)
)

// excerpt is what a person is shown of an answer that was not understood: the title of a page, or the beginning of the text.
func (cl *Client) excerpt(a Answer) string {
	if len(bytes.TrimSpace(a.Body)) == 0 {
		return "an empty answer"
	}
	b := a.Body[:min(len(a.Body), 16<<10)]
	s := string(b)
	if strings.HasPrefix(strings.TrimSpace(s), "<") {
		if m := title.FindStringSubmatch(s); m != nil {
			s = m[1]
		} else {
			s = tags.ReplaceAllString(parts.ReplaceAllString(s, " "), " ")
		}
	} else {
		s = cl.secrets.body(a.Header.Get("Content-Type"), b)
	}
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	return `"` + cut(cl.secrets.text(strings.Join(strings.Fields(s), " ")), 200) + `"`
}

// cut shortens to n bytes at most, at a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
