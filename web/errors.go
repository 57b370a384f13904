package web

import (
	"context"
	"errors"
	"net/http"

	"certbay/db"
	"certbay/handlers"
	"certbay/views"

	"github.com/labstack/echo/v4"
)

var errCrossOrigin = errors.New("asked for by another site")

// answers is the only table from an error to a status and the words a person
// reads: those of the code where it has one (error.<code>), else of the status.
var answers = []struct {
	err    error
	status int
	code   string
}{
	{db.ErrNotFound, http.StatusNotFound, ""},
	{db.ErrNotSold, http.StatusNotFound, ""},
	{db.ErrNoRate, http.StatusConflict, "no_rate"},
	{db.ErrForbidden, http.StatusForbidden, ""},
	{db.ErrSuspended, http.StatusForbidden, "suspended"},
	{handlers.ErrUnable, http.StatusConflict, "unable"},
	{errCrossOrigin, http.StatusForbidden, "cross_origin"},
	{db.ErrStale, http.StatusConflict, ""},
	{db.ErrDuplicate, http.StatusConflict, ""},
	{db.ErrGone, http.StatusGone, ""},
	{db.ErrInvalid, http.StatusBadRequest, ""},
	{db.ErrWeakPassword, http.StatusUnprocessableEntity, ""},
	{context.Canceled, http.StatusServiceUnavailable, ""},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, ""},
}

// answerFor is the page for an error; unknown ones are 500 without their cause.
func answerFor(err error) views.ErrorPage {
	for _, a := range answers {
		if errors.Is(err, a.err) {
			return views.ErrorPage{Status: a.status, Code: a.code}
		}
	}
	var credit *db.InsufficientCredit
	var throttled *db.Throttled
	var large *http.MaxBytesError
	var protocol *echo.HTTPError
	switch {
	case errors.As(err, &credit):
		return views.ErrorPage{Status: http.StatusPaymentRequired}
	case errors.As(err, &throttled):
		return views.ErrorPage{Status: http.StatusTooManyRequests, RetryMinutes: handlers.RetryMinutes(throttled)}
	case errors.As(err, &large):
		return views.ErrorPage{Status: http.StatusRequestEntityTooLarge}
	case errors.As(err, &protocol) && protocol.Code >= 400:
		return views.ErrorPage{Status: protocol.Code}
	}
	return views.ErrorPage{Status: http.StatusInternalServerError}
}

// showError answers with the page for an error. The cause of an unknown one goes
// to the log, under the reference that the page names.
func (s *Server) showError(c echo.Context, err error) error {
	page := answerFor(err)
	if page.Status >= 500 {
		s.Log.ErrorContext(c.Request().Context(), "internal error", "cause", err.Error(), "request", referenceOf(c), "route", routeOf(c))
	}
	var throttled *db.Throttled
	if errors.As(err, &throttled) {
		handlers.SetRetryAfter(c, throttled)
	}
	return s.handlers.ShowError(c, page)
}

// answerError is the last resort, for when even the error page can't be drawn.
func (s *Server) answerError(c echo.Context, err error) {
	s.Log.ErrorContext(c.Request().Context(), "no page for an error", "cause", err.Error(), "request", referenceOf(c), "route", routeOf(c))
	if c.Response().Committed {
		return
	}
	c.Response().Header().Set(echo.HeaderContentType, echo.MIMETextPlainCharsetUTF8)
	c.Response().WriteHeader(http.StatusInternalServerError)
	// The client went away: there is nobody to tell.
	_, _ = c.Response().Write([]byte("internal error, reference " + referenceOf(c) + "\n"))
}
