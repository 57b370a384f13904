package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"certbay/handlers/access"
	"certbay/handlers/billmanager"
	"certbay/handlers/datassl"
	"certbay/handlers/gogetssl"
	"certbay/handlers/license724"
	"certbay/handlers/ssl247"
)

// newAPI is what programs talk to, outside of sessions, forms and pages.
func (s *Server) newAPI() http.Handler {
	s.gate = access.New(s.Book, s.APILimit)
	s.gate.Watchers = []func(context.Context, access.Call){s.observeCall, access.Log(s.Book)}
	return datassl.New(s.Book, s.gate, s.BaseURL, s.ipExtractor(), s.Log)
}

// withAPI sends programs to the API before the router of pages tidies addresses up.
func (s *Server) withAPI(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api := s.apiFor(r.URL.Path)
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

// dialect is an API beside the DATASSL one.
type dialect struct {
	serves  func(path string) bool
	handler http.Handler
}

func (s *Server) newDialects() []dialect {
	ip := s.ipExtractor()
	below := gogetssl.New(s.Book, s.gate, ip, s.Log)
	return []dialect{
		{ssl247.Serves, ssl247.New(s.Book, s.gate, s.BaseURL, s.handlers.InvoiceFile, ip, s.Log)},
		{gogetssl.Serves, below},
		{billmanager.Serves, billmanager.New(s.Book, s.gate, ip, s.Log)},
		{license724.Serves, license724.New(s.Book, s.gate, s.Sandbox, ip, s.Log)},
		// A program that asks for what there is not is answered as a program, too.
		{func(path string) bool { return strings.HasPrefix(path, gogetssl.Prefix+"/") }, below},
	}
}

// apiFor is the API that a path belongs to; nil for pages.
func (s *Server) apiFor(path string) http.Handler {
	if below, ok := strings.CutPrefix(path, datassl.Prefix); ok && (below == "" || below[0] == '/') {
		return s.api
	}
	for _, d := range s.dialects {
		if d.serves(path) {
			return d.handler
		}
	}
	return nil
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
