package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
	"certbay/views/i18n"
)

// TriedAPI is the API as its console asks it: in-process, for a reseller, and only
// what reads. No key takes part, so none can leak.
type TriedAPI struct {
	Operations []APIOperation // in the order of the documentation; all are GET
	Handler    http.Handler   // of the whole path, /api/reseller included
	// As returns a context in which the handler answers for a reseller without a
	// key, what it may read and nothing else.
	As func(ctx context.Context, resellerID int64) context.Context
}

// APIOperation is something the API answers to a GET.
type APIOperation struct {
	Path    string            // below the base URL: "/orders/{id}"
	Summary map[string]string // by language
	Query   []APIParameter
}

// APIParameter is a name in the query, and the values it may have (none: any).
type APIParameter struct {
	Name   string
	Values []string
}

const (
	tryPatience = 15 * time.Second
	tryMost     = 200 << 10 // bytes of an answer that are shown
	maxTryValue = 200       // bytes of a value in the query
)

var (
	pathParts = regexp.MustCompile(`\{([a-z_]+)\}`)
	pathValue = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
)

// operation finds an operation by its path; the first when path is "".
func (a *TriedAPI) operation(path string) (APIOperation, error) {
	if a == nil || len(a.Operations) == 0 {
		return APIOperation{}, db.ErrNotFound
	}
	if path == "" {
		return a.Operations[0], nil
	}
	i := slices.IndexFunc(a.Operations, func(o APIOperation) bool { return o.Path == path })
	if i < 0 {
		return APIOperation{}, db.ErrNotFound
	}
	return a.Operations[i], nil
}

// consolePage is the console with an operation chosen; value reads a field.
func (h *Handlers) consolePage(c echo.Context, o APIOperation, value func(name string) string) views.ConsolePage {
	m := views.ConsolePage{IntegrationTabs: h.integrationTabs(c), Operation: o.Path, Summary: o.Summary[i18n.From(c.Request().Context()).Lang]}
	for _, one := range h.API.Operations {
		m.Operations = append(m.Operations, views.Option{Value: one.Path, Text: "GET " + one.Path})
	}
	for _, part := range pathParts.FindAllStringSubmatch(o.Path, -1) {
		m.Fields = append(m.Fields, views.ConsoleField{Name: "path." + part[1], Label: part[1], InPath: true, Value: value("path." + part[1])})
	}
	for _, q := range o.Query {
		m.Fields = append(m.Fields, views.ConsoleField{Name: "query." + q.Name, Label: q.Name, Values: q.Values, Value: value("query." + q.Name)})
	}
	return m
}

// ConsoleForm is GET /integrations/console?operation=.
func (h *Handlers) ConsoleForm(c echo.Context) error {
	o, err := h.API.operation(c.QueryParam("operation"))
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.Console, h.consolePage(c, o, func(string) string { return "" }))
}

// Console is POST /integrations/console with operation and the operation's fields:
// asks the API. For htmx it answers the part with the answer alone.
func (h *Handlers) Console(c echo.Context) error {
	o, err := h.API.operation(c.FormValue("operation"))
	if err != nil {
		return err
	}
	m := h.consolePage(c, o, func(name string) string { return strings.TrimSpace(c.FormValue(name)) })
	path, query := o.Path, url.Values{}
	for _, f := range m.Fields {
		switch {
		case f.InPath && !pathValue.MatchString(f.Value):
			m.Answer.Problems = append(m.Answer.Problems, views.Problem{Field: f.Name, Key: "apitry.problem.path"})
		case f.InPath:
			path = strings.ReplaceAll(path, "{"+f.Label+"}", f.Value)
		case len(f.Value) > maxTryValue:
			m.Answer.Problems = append(m.Answer.Problems, views.Problem{Field: f.Name, Key: "form.toolong"})
		case f.Value != "":
			query.Set(f.Label, f.Value)
		}
	}
	status := http.StatusOK
	if m.Answer.Problems != nil {
		status = http.StatusUnprocessableEntity
	} else if m.Answer, err = h.tryAPI(c, path, query); err != nil {
		return err
	}
	if c.Request().Header.Get("HX-Request") == "true" {
		return fragment(c, status, views.ConsoleAnswerPart(m.Answer))
	}
	return show(h, c, status, views.Console, m)
}

// tryAPI asks the API for the reseller of whoever is signed in.
func (h *Handlers) tryAPI(c echo.Context, path string, query url.Values) (views.ConsoleAnswer, error) {
	ctx, cancel := context.WithTimeout(c.Request().Context(), tryPatience)
	defer cancel()
	address := h.apiURL() + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(h.API.As(ctx, person(c).ResellerID), http.MethodGet, address, nil)
	if err != nil {
		return views.ConsoleAnswer{}, err
	}
	r.RequestURI = r.URL.RequestURI()
	r.RemoteAddr = net.JoinHostPort(c.RealIP(), "0")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Accept-Language", i18n.From(ctx).Lang)
	w := &keptAnswer{header: http.Header{}}
	begun := time.Now()
	h.API.Handler.ServeHTTP(w, r)
	a := views.ConsoleAnswer{Request: "GET " + address, Curl: `curl -H "X-API-Key: $CERTBAY_API_KEY" '` + address + `'`,
		Status: w.status, Took: time.Since(begun), Size: w.size, Cut: w.size > w.body.Len()}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, w.body.Bytes(), "", "  "); err == nil {
		a.Body = pretty.String()
	} else {
		a.Body = strings.ToValidUTF8(w.body.String(), "�")
	}
	return a, nil
}

// keptAnswer keeps the beginning of what a handler answers.
type keptAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
	size   int
}

func (k *keptAnswer) Header() http.Header { return k.header }

func (k *keptAnswer) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

func (k *keptAnswer) Write(p []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	k.size += len(p)
	k.body.Write(p[:min(len(p), tryMost-k.body.Len())])
	return len(p), nil
}

// APISamples is GET /integrations/samples?language=.
func (h *Handlers) APISamples(c echo.Context) error {
	m := views.SamplesPage{IntegrationTabs: h.integrationTabs(c), BaseURL: h.apiURL(), Language: c.QueryParam("language")}
	if !slices.Contains(views.SampleLanguages(), m.Language) {
		m.Language = views.SampleLanguages()[0]
	}
	return show(h, c, http.StatusOK, views.Samples, m)
}
