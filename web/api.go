package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"certbay/handlers/access"
	"certbay/handlers/datassl"
	"certbay/handlers/license724"
)

// newAPI is what programs talk to, outside of sessions, forms and pages.
func (s *Server) newAPI() http.Handler {
	s.gate = access.New(s.Book, s.APILimit)
	s.gate.Watchers = []func(context.Context, access.Call){s.observeCall}
	s.dialects = map[string]http.Handler{license724.Prefix: license724.New(s.Book, s.gate, s.Sandbox, s.ipExtractor(), s.Log)}
	return datassl.New(s.Book, s.gate, s.BaseURL, s.ipExtractor(), s.Log)
}

// program is what answers programs at a path; nil for a page.
func (s *Server) program(path string) http.Handler {
	under := func(prefix string) bool {
		below, ok := strings.CutPrefix(path, prefix)
		return ok && (below == "" || below[0] == '/')
	}
	if under(datassl.Prefix) {
		return s.api
	}
	for prefix, h := range s.dialects {
		if under(prefix) {
			return h
		}
	}
	return nil
}

// withAPI sends programs to the API before the router of pages tidies addresses up.
func (s *Server) withAPI(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api := s.program(r.URL.Path)
		if api == nil {
			pages.ServeHTTP(w, r)
			return
		}
		if s.https {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		api.ServeHTTP(w, r)
	})
}

// observeCall logs and measures a request to the API, as observe does pages.
func (s *Server) observeCall(ctx context.Context, c access.Call) {
	route := c.Route
	if strings.HasPrefix(c.Path, datassl.Prefix) && route != "none" {
		route = datassl.Prefix + route
	}
	s.metrics.requests.WithLabelValues(knownMethod(c.Method), route, fmt.Sprintf("%dxx", c.Status/100)).Observe(c.Took.Seconds())
	s.Log.LogAttrs(ctx, slog.LevelInfo, "api request",
		slog.String("method", c.Method), slog.String("route", route), slog.Int("status", c.Status), slog.Float64("ms", float64(c.Took.Microseconds())/1000),
		slog.Int64("key", c.Caller.Key.ID), slog.Int64("reseller", c.Caller.ResellerID), slog.String("ip", c.IP))
}
