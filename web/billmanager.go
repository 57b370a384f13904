package web

import (
	"net/http"

	"certbay/handlers/billmanager"
)

// newBillmanager is the API for systems that resell through a BILLmanager, over the same door.
func (s *Server) newBillmanager() http.Handler {
	return billmanager.New(s.Book, s.gate, s.ipExtractor(), s.Log)
}
