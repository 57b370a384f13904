package db

import "context"

// ResellerSpeaks says whether a reseller's programs may speak a dialect beside
// DATASSL's ("license724").
func (db *DB) ResellerSpeaks(ctx context.Context, resellerID int64, dialect string) (yes bool, err error) {
	err = db.read.QueryRowContext(ctx, `select exists (select 1 from reseller_dialect where reseller_id = $1 and dialect = $2)`, resellerID, dialect).Scan(&yes)
	return yes, driverError(err)
}

// SetResellerDialect switches a dialect on or off for a reseller.
func (db *DB) SetResellerDialect(ctx context.Context, by Actor, resellerID int64, dialect string, on bool) error {
	return db.transact(ctx, func(t *tx) error {
		query, after := `delete from reseller_dialect where reseller_id = $1 and dialect = $2`, "off"
		if on {
			query, after = `insert into reseller_dialect (reseller_id, dialect) values ($1, $2) on conflict do nothing`, "on"
		}
		if _, err := t.ExecContext(ctx, query, resellerID, dialect); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "reseller.dialect", Object: object("reseller", resellerID), ResellerID: resellerID, After: dialect + " " + after})
	})
}
