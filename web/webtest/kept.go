package webtest

import (
	"io"
	"log/slog"
	"net/http/httptest"
	"testing"

	"certbay/db"
	"certbay/web"
)

// Kept is a portal over a book that is there already, with nobody added to it and
// a log that is not kept; it is gone when the test ends, and the book is closed.
func Kept(t testing.TB, book *db.DB) *Site {
	t.Helper()
	s := &Site{Book: book, People: map[db.Role]db.Person{}, Log: &Log{}}
	server := httptest.NewUnstartedServer(nil)
	var err error
	s.Server, err = web.New(web.Config{Book: book, BaseURL: "http://" + server.Listener.Addr().String(), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = s.Server.Handler()
	server.Start()
	t.Cleanup(func() {
		server.Close()
		book.Close()
	})
	s.URL = server.URL
	return s
}
