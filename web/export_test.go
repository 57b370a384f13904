package web

import (
	"net/http"

	"certbay/db"

	"github.com/labstack/echo/v4"
)

// RouteLine is a line of the site map as tests see it.
type RouteLine struct {
	Method, Path string
	Admits       func(db.Person) bool
}

// Routes lists the site map.
func (s *Server) Routes() []RouteLine {
	var lines []RouteLine
	for _, r := range s.routes() {
		lines = append(lines, RouteLine{r.method, r.path, r.who.admits})
	}
	return lines
}

// PageOf is a site of one page, /page, behind the whole middleware.
func (s *Server) PageOf(h echo.HandlerFunc) http.Handler {
	return s.pages([]route{{get, "/page", anyone, h}, {post, "/page", anyone, h}})
}
