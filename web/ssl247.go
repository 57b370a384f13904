package web

import (
	"net/http"

	"certbay/handlers/ssl247"
)

// newSSL247 is the API for programs written for SSL247, over the same door.
func (s *Server) newSSL247() http.Handler {
	return ssl247.New(s.Book, s.gate, s.BaseURL, s.handlers.InvoiceFile, s.ipExtractor(), s.Log)
}
