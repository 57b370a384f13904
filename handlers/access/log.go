package access

import (
	"context"
	"strings"

	"certbay/db"
)

// Log is a watcher that notes every request of somebody who was let in, in the
// book's log of requests: never a header, a body or the query, and of the path
// only what the operation's own path says and the number in it. Who was not let
// in is nobody whose log it could be.
func Log(book *db.DB) func(context.Context, Call) {
	return func(_ context.Context, c Call) {
		if c.Caller.ResellerID == 0 {
			return
		}
		book.NoteAPIRequest(db.APIRequest{ResellerID: c.Caller.ResellerID, KeyID: c.Caller.Key.ID, At: c.At, Method: c.Method,
			Path: loggedPath(c.Route, c.Path), Status: c.Status, Took: c.Took, IP: c.IP})
	}
}

// loggedPath is the path that was asked for, with an id that is no number, which
// may be anything, left as the route has it.
func loggedPath(route, path string) string {
	wanted, parts := strings.Split(strings.Trim(route, "/"), "/"), strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) < len(wanted) {
		return route
	}
	below := parts[len(parts)-len(wanted):]
	for i, want := range wanted {
		if strings.HasPrefix(want, "{") && strings.Trim(below[i], "0123456789") != "" {
			below[i] = want
		}
	}
	return "/" + strings.Join(parts, "/")
}
