package datassl

import (
	"errors"
	"time"

	"certbay/db"
)

// getCertificate is GET /certificate/{order_id}.
func (c *call) getCertificate() (any, error) {
	o, err := c.Book.Order(c.Ctx, c.Caller.ResellerID, c.id)
	if err != nil {
		return nil, err
	}
	v := CertificateState{OrderID: o.ID, Domain: o.Domain, Product: o.ProductName, Brand: o.Brand, Status: string(o.Status)}
	cert, err := c.Book.IssuedCertificate(c.Ctx, o.ID)
	switch {
	case err == nil && cert.PEM != "":
		v.ValidFrom, v.ValidTill, v.Serial = Date{cert.NotBefore}, Date{cert.NotAfter}, cert.Serial
		v.HasCertificate, v.HasCABundle = true, cert.Chain != ""
		left := cert.NotAfter.Sub(c.Book.Now())
		v.DaysRemaining, v.IsExpired = max(0, int(left/(24*time.Hour))), left <= 0
	case err != nil && !errors.Is(err, db.ErrNotFound):
		return nil, err
	}
	return CertificateAnswer{ok(""), v}, nil
}

// downloadCertificate is GET /certificate/{order_id}/download.
func (c *call) downloadCertificate() (any, error) {
	o, err := c.Book.Order(c.Ctx, c.Caller.ResellerID, c.id)
	if err != nil {
		return nil, err
	}
	cert, err := c.Book.IssuedCertificate(c.Ctx, o.ID)
	if errors.Is(err, db.ErrNotFound) || err == nil && cert.PEM == "" {
		return nil, errNotIssued
	}
	if err != nil {
		return nil, err
	}
	return DownloadAnswer{ok(""), CertificateFiles{Domain: o.Domain, ValidFrom: Date{cert.NotBefore}, ValidTill: Date{cert.NotAfter},
		CertificatePEM: cert.PEM, CABundle: cert.Chain, PrivateKeyNote: c.t("apireply.certificate.key_note")}}, nil
}
