package web

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"certbay/db"
	"certbay/handlers"
	"certbay/views/i18n"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// middleware is what every page passes through, the outermost first. What fails
// further in is answered with a page by answerErrors.
func (s *Server) middleware() []echo.MiddlewareFunc {
	return []echo.MiddlewareFunc{
		s.reference,
		s.observe,
		s.headers,
		middleware.GzipWithConfig(middleware.GzipConfig{Level: 5, MinLength: 1024}),
		s.answerErrors,
		s.recoverPanics,
		s.boundBody,
		s.refuseCrossOrigin,
		s.limitChanges,
		s.legible,
		s.receive,
	}
}

const referenceKey = "reference"

// referenceOf is the request's id, which logs and error pages name.
func referenceOf(c echo.Context) string {
	id, _ := c.Get(referenceKey).(string)
	return id
}

var plausibleReference = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

// reference gives the request an id, the one that a proxy gave it if that is plausible.
func (s *Server) reference(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(echo.HeaderXRequestID)
		if !plausibleReference.MatchString(id) {
			b := make([]byte, 8)
			rand.Read(b)
			id = hex.EncodeToString(b)
		}
		c.Set(referenceKey, id)
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		s.speak(c, "", "")
		handlers.Receive(c, handlers.Visitor{RequestID: id, Theme: themeCookie(c)}) // for the pages of early errors
		return next(c)
	}
}

// observe logs and measures every request. Of the address it keeps the route
// alone, because paths carry tokens and queries carry what people look for.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		err := next(c)
		if err != nil {
			s.answerError(c, err) // the last resort: even the error page failed
		}
		took, path, status := time.Since(start), routeOf(c), c.Response().Status
		s.metrics.requests.WithLabelValues(knownMethod(c.Request().Method), path, fmt.Sprintf("%dxx", status/100)).Observe(took.Seconds())
		s.Log.LogAttrs(c.Request().Context(), slog.LevelInfo, "request",
			slog.String("method", c.Request().Method), slog.String("route", path), slog.Int("status", status),
			slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("request", referenceOf(c)),
			slog.Int64("person", handlers.VisitorOf(c).Person.ID), slog.String("ip", c.RealIP()))
		return nil
	}
}

// knownMethod is a request's method, "other" for words that somebody made up:
// each would be counted, and kept, for ever.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// routeOf is the route's pattern, "none" where there is no such page.
func routeOf(c echo.Context) string {
	if c.Path() == "" {
		return "none"
	}
	return c.Path()
}

const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri /csp-report"

// headers tells browsers how little these pages may do, and that nobody keeps a copy.
func (s *Server) headers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", s.referrerPolicy(c.Path()))
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if s.https {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}

// referrerPolicy keeps addresses with a token in them out of every referrer. On
// plain HTTP our own site may see them: there browsers prove where a form comes
// from by Origin alone, and no-referrer would blank it.
func (s *Server) referrerPolicy(path string) string {
	if s.https && (strings.Contains(path, ":token") || strings.HasPrefix(path, "/c/")) {
		return "no-referrer"
	}
	return "same-origin"
}

// answerErrors turns what failed into a page, inside of everything that shapes answers.
func (s *Server) answerErrors(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		if err == nil || c.Response().Committed {
			return err
		}
		return s.showError(c, err)
	}
}

// recoverPanics turns a panic into an error, with the stack in the log.
func (s *Server) recoverPanics(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler {
				panic(cause)
			}
			s.Log.ErrorContext(c.Request().Context(), "panic", "cause", fmt.Sprint(cause), "request", referenceOf(c), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", cause)
		}()
		return next(c)
	}
}

const (
	maxBody    = 1 << 20
	maxUpload  = 6 << 20 // a receipt and the form around it
	uploadPath = "/credits/top-ups"
)

// boundBody bounds what is read of a request; only the route that takes a file
// takes more than a form.
func (s *Server) boundBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r, limit := c.Request(), int64(maxBody)
		if c.Path() == uploadPath {
			limit = maxUpload
		}
		if r.ContentLength > limit {
			return echo.ErrStatusRequestEntityTooLarge
		}
		r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
		return next(c)
	}
}

// refuseCrossOrigin refuses changes that another site's page asks for.
func (s *Server) refuseCrossOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.origin.Check(c.Request()); err != nil {
			return fmt.Errorf("%w: %w", errCrossOrigin, err)
		}
		return next(c)
	}
}

// limitChanges bounds how fast one address may send forms.
func (s *Server) limitChanges(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		switch c.Request().Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
			return next(c)
		}
		if !s.changes.allow(c.RealIP(), s.Book.Now()) {
			return &db.Throttled{RetryAfter: 10 * time.Second}
		}
		return next(c)
	}
}

// legible refuses forms and addresses with bytes that are not text; the book
// could not keep them.
func (s *Server) legible(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		var err error
		switch kind, _, _ := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType)); kind {
		case echo.MIMEApplicationForm:
			err = r.ParseForm()
		case echo.MIMEMultipartForm:
			err = r.ParseMultipartForm(2 * maxUpload) // more than ever comes, so nothing is written to a disk
		}
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large):
			return err
		case err != nil:
			return echo.ErrBadRequest
		}
		if !fileNames(r.MultipartForm) || !text(r.URL.Path) || !texts(r.URL.Query()) || !texts(r.PostForm) {
			return echo.ErrBadRequest
		}
		return next(c)
	}
}

// fileNames says whether the names around a form's files are text; what is in the
// files need not be.
func fileNames(form *multipart.Form) bool {
	if form == nil {
		return true
	}
	for field, files := range form.File {
		for _, f := range files {
			if !text(field) || !text(f.Filename) {
				return false
			}
		}
	}
	return true
}

func texts(values url.Values) bool {
	for name, list := range values {
		if !text(name) {
			return false
		}
		for _, value := range list {
			if !text(value) {
				return false
			}
		}
	}
	return true
}

func text(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// receive finds out who makes the request and how they read.
func (s *Server) receive(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		// A page that refreshes a part of itself does not keep its session alive.
		byItself := c.Request().Method == http.MethodGet && c.Request().Header.Get("HX-Request") == "true"
		visit, err := s.sessions.Open(c, !byItself)
		if err != nil {
			return err
		}
		v := handlers.Visitor{Session: visit, RequestID: referenceOf(c), Theme: themeCookie(c)}
		if id := visit.PersonID(); id != 0 {
			p, err := s.Book.Person(c.Request().Context(), id)
			switch {
			case err == nil && p.Active():
				v.Person = p
			case err == nil || errors.Is(err, db.ErrNotFound):
				if err := visit.SignOut(); err != nil {
					return err
				}
			default:
				return err
			}
		}
		if v.SignedIn() {
			v.Theme = v.Person.Theme
			s.speak(c, v.Person.Lang, v.Person.Zone)
		}
		handlers.Receive(c, v)
		return next(c)
	}
}

// speak sets the reader's language and clock: the person's, else what the
// browser was told here before, else what it asks for.
func (s *Server) speak(c echo.Context, lang, zone string) {
	r := c.Request()
	if lang == "" {
		if cookie, err := r.Cookie(handlers.LangCookie); err == nil {
			lang = cookie.Value
		}
	}
	if !slices.Contains(i18n.Languages, lang) {
		lang = i18n.Match(r.Header.Get("Accept-Language"))
	}
	c.SetRequest(r.WithContext(i18n.With(r.Context(), i18n.Locale{Lang: lang, Zone: clock(zone)})))
}

var clocks sync.Map // IANA name -> *time.Location, because loading one reads a file

// clock is the time zone of an IANA name; UTC for "" and for an unknown one.
func clock(zone string) *time.Location {
	if known, ok := clocks.Load(zone); ok {
		return known.(*time.Location)
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return time.UTC
	}
	clocks.Store(zone, location)
	return location
}

func themeCookie(c echo.Context) string {
	cookie, err := c.Cookie(handlers.ThemeCookie)
	if err != nil || cookie.Value != "light" && cookie.Value != "dark" {
		return ""
	}
	return cookie.Value
}

// guard lets in who may; the others are sent to sign in, or get ErrForbidden.
func (s *Server) guard(w who, h echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		p := handlers.VisitorOf(c).Person
		switch {
		case w.admits(p):
			return h(c)
		case p.ID != 0:
			return db.ErrForbidden
		}
		to := "/sign-in"
		if r := c.Request(); (r.Method == http.MethodGet || r.Method == http.MethodHead) && r.URL.Path != "/" && r.Header.Get("HX-Request") == "" {
			to += "?next=" + url.QueryEscape(r.URL.RequestURI())
		}
		if c.Request().Header.Get("HX-Request") == "true" {
			// The part of a page can't hold the sign-in page: the whole page goes there.
			c.Response().Header().Set("HX-Redirect", to)
			return c.NoContent(http.StatusOK)
		}
		return c.Redirect(http.StatusSeeOther, to)
	}
}
