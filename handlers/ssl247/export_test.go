package ssl247

import "certbay/db"

// Paths are the calls that are served, with the scopes they need.
func Paths() map[string][]db.Scope {
	all := map[string][]db.Scope{}
	for _, o := range operations {
		all[o.path] = o.scopes
	}
	return all
}
