// Package handlers answers people: one short file per page family. A handler
// reads the request, asks the book, and shows a page or sends the browser on;
// errors it returns become pages in web/errors.go.
//
// A form handler has three outcomes, in this order: rejected (422, the same page
// with the same values), refused (return the book's error), done (303).
package handlers

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/web/session"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

// Handlers are the pages over one book. Everything in it is set once, before
// the first request.
type Handlers struct {
	Book    *db.DB
	BaseURL string // as people open the portal: https://shop.example, no slash at the end
	Assets  views.Assets
	Log     *slog.Logger

	Demo         bool // the banner on every page
	DemoInternet bool // the pretend internet is mounted at /demo
	Sandbox      bool // certificates come from the sandbox CA

	Upstreams        Upstreams
	LoopbackWebhooks bool // a demo's endpoints may be on this machine, without TLS

	Reference        func(lang string) views.APIDocsPage // of the API, without its webhooks
	API              *TriedAPI                           // what the console asks; nil: there is none
	Approver         Approver                            // the sandbox CA's; nil without it
	Internet         Internet                            // the pretend internet; nil without it
	DemoLogins       []views.DemoLogin
	DemoCustomerLink string // address of an end customer's page to try; "" is none
}

// Upstreams are the systems that are bought from, by the names that offers and
// orders have for them.
type Upstreams interface {
	// Names lists all.
	Names(ctx context.Context) ([]string, error)
	// Can says whether one has an ability, in the words of the adapters: "reissue",
	// "revoke", "cancel", "renew", "change_dcv", "resend", "licence", …
	Can(ctx context.Context, upstream, ability string) (bool, error)
}

// Visitor is who makes a request; web's middleware finds it out.
type Visitor struct {
	Person    db.Person // zero when nobody is signed in
	Session   *session.Session
	Theme     string // "light", "dark", or "" to follow the system
	RequestID string
}

// SignedIn says whether somebody is.
func (v Visitor) SignedIn() bool { return v.Person.ID != 0 }

const visitorKey = "visitor"

// Receive notes who makes the request.
func Receive(c echo.Context, v Visitor) { c.Set(visitorKey, v) }

// VisitorOf is who makes the request; the zero Visitor before Receive.
func VisitorOf(c echo.Context) Visitor {
	v, _ := c.Get(visitorKey).(Visitor)
	return v
}

// person is who is signed in; the zero Person when nobody is.
func person(c echo.Context) db.Person { return VisitorOf(c).Person }

// actor is the author of what this request changes.
func actor(c echo.Context) db.Actor { return person(c).Actor(c.RealIP()) }

// page fills the shell of a page, and takes the messages left for it.
func (h *Handlers) page(c echo.Context) (views.Page, error) {
	v := VisitorOf(c)
	frame, err := h.Book.Shell(c.Request().Context(), v.Person.ResellerID)
	if err != nil {
		return views.Page{}, err
	}
	p := h.shell(c)
	p.Brand = frame.Brand
	if v.SignedIn() {
		p.Viewer = viewer(v.Person, frame)
	}
	if v.Session == nil {
		return p, nil
	}
	flashes, err := v.Session.Flashes()
	if err != nil {
		return views.Page{}, err
	}
	for _, f := range flashes {
		p.Flashes = append(p.Flashes, views.Flash{Kind: f.Kind, Text: f.Text})
	}
	return p, nil
}

// shell is the part of a page that needs nothing from the book.
func (h *Handlers) shell(c echo.Context) views.Page {
	v := VisitorOf(c)
	return views.Page{
		Brand: "Certbay", Theme: v.Theme, Demo: h.Demo, DemoInternet: h.DemoInternet, Sandbox: h.Sandbox,
		Assets: h.Assets, Path: pathHere(c), RequestID: v.RequestID, Now: h.Book.Now().UTC(),
	}
}

// pathHere is where a change of language returns to: this page, or, after a
// rejected form, the page of that form's address.
func pathHere(c echo.Context) string {
	if c.Request().Method == http.MethodGet {
		return c.Request().URL.RequestURI()
	}
	return c.Request().URL.EscapedPath()
}

func viewer(p db.Person, frame db.Shell) *views.Viewer {
	viewer := &views.Viewer{Name: p.Name, Email: p.Email, Role: string(p.Role), Company: p.Company, Operator: p.Role.Operator()}
	if !viewer.Operator {
		viewer.Balance, viewer.Available = money.USD(frame.BalanceCents), money.USD(frame.AvailableCents)
	}
	return viewer
}

// show answers with a page: draw is its template, m its model, and adjust may
// change the shell (views.Page.Refresh, say). The page is drawn into memory
// first, so that an error never leaves half a page.
func show[M any](h *Handlers, c echo.Context, status int, draw func(views.Page, M) templ.Component, m M, adjust ...func(*views.Page)) error {
	p, err := h.page(c)
	if err != nil {
		return err
	}
	for _, change := range adjust {
		change(&p)
	}
	return fragment(c, status, draw(p, m))
}

// fragment answers with a component alone: the part of a page that htmx swaps in.
func fragment(c echo.Context, status int, component templ.Component) error {
	body := pages.Get().(*bytes.Buffer)
	defer func() {
		if body.Cap() <= largestPage {
			body.Reset()
			pages.Put(body)
		}
	}()
	if err := component.Render(c.Request().Context(), body); err != nil {
		return err
	}
	return c.HTMLBlob(status, body.Bytes())
}

// pages are buffers that pages are drawn into, used again: growing one anew for
// each page costs as much as a query. What a page that is larger than most needs
// is not kept.
var pages = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const largestPage = 1 << 20

// ShowError answers with the page of a request that could not be answered. When
// the book itself is the trouble the page is drawn without it.
func (h *Handlers) ShowError(c echo.Context, m views.ErrorPage) error {
	err := show(h, c, m.Status, views.Error, m)
	if err == nil || c.Response().Committed {
		return err
	}
	h.Log.WarnContext(c.Request().Context(), "the error page is drawn without the book", "cause", err)
	return fragment(c, m.Status, views.Error(h.shell(c), m))
}

// seeOther sends the browser to a page of ours after a change.
func seeOther(c echo.Context, path string) error { return c.Redirect(http.StatusSeeOther, path) }

// flash leaves a translated message for the next page: kind is success, info,
// warning or error.
func flash(c echo.Context, kind, text string) error {
	return VisitorOf(c).Session.AddFlash(kind, text)
}

// localPath is next when it is a path of this site, else fallback. It refuses
// everything a browser might read as another host: "//host", "/\host", "\t//host".
func localPath(next, fallback string) string {
	parsed, err := url.Parse(next)
	if err != nil || parsed.IsAbs() || parsed.Host != "" || parsed.User != nil || !strings.HasPrefix(next, "/") ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\") ||
		strings.ContainsFunc(next, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
		return fallback
	}
	return next
}
