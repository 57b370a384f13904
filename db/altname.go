package db

import (
	"slices"

	"certbay/db/certs"
)

// heeded is a CSR with the names that count: where only those of SANs do, the others
// beside the order's domain are left out, so that a CSR serves for other names too.
func (c Configuration) heeded(o Order, csr *certs.CSR) *certs.CSR {
	if !c.OnlySANs {
		return csr
	}
	less := *csr
	less.Names = slices.DeleteFunc(slices.Clone(csr.Names), func(name string) bool { return name != o.Domain && !slices.Contains(c.SANs, name) })
	return &less
}
