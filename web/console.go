package web

import (
	"net/http"

	"certbay/handlers"
	"certbay/handlers/access"
	"certbay/handlers/datassl"
)

// triedAPI is the API as its console asks it: the operations that only read, from
// the table the API itself is made of.
func (s *Server) triedAPI() *handlers.TriedAPI {
	tried := &handlers.TriedAPI{Handler: s.api, As: access.AsReseller}
	for _, o := range datassl.Operations() {
		if o.Method != http.MethodGet {
			continue
		}
		operation := handlers.APIOperation{Path: o.Path, Summary: map[string]string{"tr": o.TR, "en": o.EN}}
		for _, p := range o.Query {
			operation.Query = append(operation.Query, handlers.APIParameter{Name: p.Name, Values: p.Words})
		}
		tried.Operations = append(tried.Operations, operation)
	}
	return tried
}
