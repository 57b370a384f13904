package demo

import (
	"context"
	"time"

	"certbay/db"
)

// integrationDays is for how long the programs of the resellers have asked the API.
const integrationDays = 12

// asked are the requests that a reseller's programs make, over and over.
var asked = []struct {
	method, path string
	status       int
	took         time.Duration
}{
	{"GET", "/api/reseller/orders", 200, 6400 * time.Microsecond},
	{"GET", "/api/reseller/balance", 200, 1900 * time.Microsecond},
	{"GET", "/api/reseller/products", 200, 4100 * time.Microsecond},
	{"POST", "/api/reseller/orders", 201, 14200 * time.Microsecond},
	{"POST", "/api/reseller/ssl/configure", 200, 912300 * time.Microsecond},
	{"GET", "/api/reseller/orders", 200, 5800 * time.Microsecond},
	{"GET", "/api/reseller/orders/999", 404, 1200 * time.Microsecond},
	{"POST", "/api/reseller/credits", 403, 800 * time.Microsecond},
}

// integrate gives the resellers' programs keys and a past.
func (s *seed) integrate(ctx context.Context) error {
	type program struct{ reseller, key int64 }
	var programs []program
	for i, shop := range s.shops {
		by := shop.staff[0]
		made, secret, err := s.CreateAPIKey(ctx, by, shop.id, db.NewAPIKey{Name: "WHMCS", Scopes: []db.Scope{db.ScopeRead, db.ScopeOrder, db.ScopeCertificate}, AllowedIPs: []string{"198.51.100.24", "2001:db8:24::/48"}})
		if err != nil {
			return err
		}
		if _, err := s.APIKeyBySecret(ctx, secret); err != nil { // it was used just now
			return err
		}
		programs = append(programs, program{shop.id, made.ID})
		if i > 0 {
			continue
		}
		for _, dialect := range Dialects[1:] { // DATASSL's is nobody's to switch on
			if err := s.SetResellerDialect(ctx, db.System, shop.id, dialect, true); err != nil {
				return err
			}
		}
		reader, _, err := s.CreateAPIKey(ctx, by, shop.id, db.NewAPIKey{Name: "Muhasebe", Scopes: []db.Scope{db.ScopeRead}, ExpiresAt: s.now.AddDate(1, 0, 0)})
		if err != nil {
			return err
		}
		if _, _, err := s.RotateAPIKey(ctx, by, shop.id, reader.ID, 72*time.Hour); err != nil {
			return err
		}
		lost, _, err := s.CreateAPIKey(ctx, by, shop.id, db.NewAPIKey{Name: "Eski panel", Scopes: db.Scopes})
		if err != nil {
			return err
		}
		if err := s.RevokeAPIKey(ctx, by, shop.id, lost.ID); err != nil {
			return err
		}
	}
	for at := s.now.AddDate(0, 0, -integrationDays); at.Before(s.now); at = at.Add(time.Duration(40+s.random.IntN(160)) * time.Minute) {
		p, r := programs[s.random.IntN(len(programs))], asked[s.random.IntN(len(asked))]
		s.NoteAPIRequest(db.APIRequest{ResellerID: p.reseller, KeyID: p.key, At: at, Method: r.method, Path: r.path, Status: r.status,
			Took: r.took + time.Duration(s.random.IntN(900))*time.Microsecond, IP: "198.51.100.24"})
	}
	return s.FlushAPILog(ctx)
}
