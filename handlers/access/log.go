package access

import (
	"context"
	"strings"
	"time"

	"certbay/db"
)

// refusedShare is how many refused requests of a key are noted: a program that goes
// on knocking with a revoked key must not fill its reseller's log.
var refusedShare = Limit{Requests: 30, Window: time.Minute}

// Log is a watcher that notes every request of somebody who was let in, or whose key
// was known and refused, in the book's log of requests: never a header, a body or
// the query, and of the path only what the operation's own path says and the number
// in it. A key that nobody knows is nobody whose log it could be; of a refused one
// thirty requests are noted in a minute.
func Log(book *db.DB) func(context.Context, Call) {
	knocks := newLimiter(refusedShare)
	return func(_ context.Context, c Call) {
		who := c.Caller.knock()
		if who.ResellerID == 0 {
			if who = c.Knocked; who.ResellerID == 0 {
				return
			}
			if _, noted := knocks.take(who.KeyID, c.At); !noted {
				return
			}
		}
		book.NoteAPIRequest(db.APIRequest{ResellerID: who.ResellerID, KeyID: who.KeyID, At: c.At, Method: c.Method,
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
