package db

import (
	"context"
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

// Reissuing lists the orders of a reseller whose certificate is being reissued.
func (db *DB) Reissuing(ctx context.Context, resellerID int64) ([]int64, error) {
	return collect(ctx, db.read, func(s scanner) (id int64, err error) { return id, s.Scan(&id) },
		`select distinct o.id from orders o join certificate c on c.order_id = o.id where o.reseller_id = $1 and o.status = 'completed' and c.state = 'requested'`, resellerID)
}
