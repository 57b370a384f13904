package views

import (
	"context"
	"strconv"

	"certbay/views/i18n"
)

// ErrorPage says that a request could not be answered, and what to do next.
type ErrorPage struct {
	Status int    // HTTP status: the words are error.<status> and error.<status>.text
	Code   string // finer words when there are some: stale, suspended, cross_origin; "" by status
	// RetryMinutes is how long to wait at 429; 0 when unknown.
	RetryMinutes int
}

// key chooses the words: the code's, else the status', else those of an internal error.
func (e ErrorPage) key(ctx context.Context) string {
	for _, name := range []string{e.Code, strconv.Itoa(e.Status)} {
		if name != "" && i18n.Word(ctx, "error", name) != name {
			return "error." + name
		}
	}
	return "error.500"
}
