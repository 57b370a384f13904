package db

import "context"

// CorrectLicence asks its upstream again for a licence that it refused, for
// another address or, where the refusal had another cause, the same one. It
// returns the job to wait for. What was paid stays paid; the invoice keeps the
// address it was made for. Errors: *Rejected (field domain), ErrNotFound, ErrStale
// (no licence, or not the reseller's move any more).
func (db *DB) CorrectLicence(ctx context.Context, by Actor, resellerID, orderID int64, address string) (jobID int64, err error) {
	o, err := db.Order(ctx, resellerID, orderID)
	if err != nil {
		return 0, err
	}
	if o.Kind != KindLicence || o.LicenceID != 0 || o.Status != StatusPendingConfiguration {
		return 0, ErrStale
	}
	ip, ok := licenceAddress(address)
	if !ok {
		return 0, &Rejected{[]Problem{{Field: "domain", Code: "ip_needed", Name: ip}}}
	}
	err = db.transact(ctx, func(t *tx) error {
		if err := move(ctx, t, by, orderID, StatusPendingConfiguration, StatusProcessing, "configured", ip); err != nil {
			return err
		}
		if err := changed(ctx, t, `update orders set fulfilment = 'queued', message = '', domain = $1 where id = $2 and fulfilment = 'refused'`, ip, orderID); err != nil {
			return err
		}
		if err := takePlace(ctx, t, o, o.ProductID, ip, "domain"); err != nil {
			return err
		}
		if err := indexAgain(ctx, t, orderID, ip); err != nil {
			return err
		}
		request, err := requestCertificate(ctx, t, o, "")
		if err != nil {
			return err
		}
		jobID = request.jobID
		return audit(ctx, t, by, Change{Action: "order.configure", Object: object("order", orderID), ResellerID: resellerID, Before: o.Domain, After: ip})
	})
	return jobID, err
}
