package web

import (
	"net/http"

	"certbay/handlers/gogetssl"
)

// newGoGetSSL is the API for programs written for GoGetSSL, over the same door.
func (s *Server) newGoGetSSL() http.Handler {
	return gogetssl.New(s.Book, s.gate, s.ipExtractor(), s.Log)
}
