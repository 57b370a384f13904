package handlers

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
	"certbay/views/i18n"
)

// DemoPage is GET /demo: the pretend internet, and who may sign in.
func (h *Handlers) DemoPage(c echo.Context) error {
	if h.Internet == nil {
		return db.ErrNotFound
	}
	return show(h, c, http.StatusOK, views.Demo, h.demoModel())
}

// demoShown is how many records, files and mails the page shows: the newest.
const demoShown = 100

func (h *Handlers) demoModel() views.DemoPage {
	records, files, mails := h.Internet.Records(), h.Internet.Files(), h.Internet.Mails()
	return views.DemoPage{Logins: h.DemoLogins, CustomerLink: h.DemoCustomerLink, Other: h.DemoOther,
		Records: records[max(0, len(records)-demoShown):], Files: files[max(0, len(files)-demoShown):], Mails: mails[:min(demoShown, len(mails))]}
}

// DemoPublish is POST /demo/publish: a record (host, type, value, only) or a file
// (file_url, content), then back to next.
func (h *Handlers) DemoPublish(c echo.Context) error {
	if h.Internet == nil {
		return db.ErrNotFound
	}
	m := views.DemoPage{
		Form: views.DemoRecord{Host: strings.TrimSpace(c.FormValue("host")), Type: strings.ToUpper(strings.TrimSpace(c.FormValue("type"))),
			Value: strings.TrimSpace(c.FormValue("value")), Only: c.FormValue("only")},
		FileURL: strings.TrimSpace(c.FormValue("file_url")), FileContent: c.FormValue("content"),
	}
	what, text := m.Form.Host, "internet.published.record"
	if m.FileURL != "" || m.FileContent != "" || slices.Contains(formNames(c), "file_url") {
		what, text = m.FileURL, "internet.published.file"
		m.Problems = h.publishFile(m.FileURL, m.FileContent)
	} else {
		m.Problems = h.publishRecord(m.Form)
	}
	if m.Problems != nil {
		again := h.demoModel()
		again.Form, again.FileURL, again.FileContent, again.Problems = m.Form, m.FileURL, m.FileContent, m.Problems
		return show(h, c, http.StatusUnprocessableEntity, views.Demo, again)
	}
	return done(c, localPath(c.FormValue("next"), "/demo"), i18n.T(c.Request().Context(), text, "Name", what))
}

// formNames are the names of the fields that were sent.
func formNames(c echo.Context) []string {
	form, err := c.FormParams()
	if err != nil {
		return nil
	}
	var names []string
	for name := range form {
		names = append(names, name)
	}
	return names
}

func (h *Handlers) publishRecord(r views.DemoRecord) views.Problems {
	var problems views.Problems
	if r.Host == "" {
		problems = append(problems, views.Problem{Field: "host", Key: "form.required"})
	}
	if r.Type != "CNAME" && r.Type != "TXT" {
		problems = append(problems, views.Problem{Field: "type", Key: "form.choose"})
	}
	if r.Value == "" {
		problems = append(problems, views.Problem{Field: "value", Key: "form.required"})
	}
	if problems == nil && h.Internet.PublishRecord(r) != nil {
		problems = views.Problems{{Field: "host", Key: "internet.invalid.record"}}
	}
	return problems
}

func (h *Handlers) publishFile(rawURL, content string) views.Problems {
	var problems views.Problems
	at, err := url.Parse(rawURL)
	if err != nil || (at.Scheme != "http" && at.Scheme != "https") || at.Hostname() == "" {
		problems = append(problems, views.Problem{Field: "file_url", Key: "internet.invalid.url"})
	}
	if content == "" {
		problems = append(problems, views.Problem{Field: "content", Key: "form.required"})
	}
	if problems == nil && h.Internet.PublishFile(views.DemoFile{Host: at.Hostname(), Path: cmp.Or(at.Path, "/"), Content: content}) != nil {
		problems = views.Problems{{Field: "content", Key: "form.toolong"}}
	}
	return problems
}

// DemoRemove is POST /demo/remove: a record (host, type, value, only) or a file
// (file_host, file_path), then back to next.
func (h *Handlers) DemoRemove(c echo.Context) error {
	if h.Internet == nil {
		return db.ErrNotFound
	}
	if host := c.FormValue("file_host"); host != "" {
		h.Internet.RemoveFile(host, c.FormValue("file_path"))
	} else {
		h.Internet.RemoveRecord(views.DemoRecord{Host: c.FormValue("host"), Type: c.FormValue("type"), Value: c.FormValue("value"), Only: c.FormValue("only")})
	}
	return done(c, localPath(c.FormValue("next"), "/demo"), i18n.T(c.Request().Context(), "internet.removed"))
}

// DemoMail is GET /demo/mail/:id.
func (h *Handlers) DemoMail(c echo.Context) error {
	if h.Internet == nil {
		return db.ErrNotFound
	}
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	m, ok := h.Internet.Mail(id)
	if !ok {
		return db.ErrNotFound
	}
	return show(h, c, http.StatusOK, views.DemoMail, m)
}
