package db

// What a list of orders shows of each; reading a column of fifty rows costs as
// much as drawing it.
const briefColumns = `o.id, o.number, o.reseller_id, r.company, p.name, p.brand, o.months, o.domain, o.san_count, o.wildcard_san_count,
	o.total_cents, o.tax_cents, o.status, o.fulfilment, o.created_at, o.certificate_until, o.paid, o.vetting`

func scanBrief(s scanner) (o Order, err error) {
	err = s.Scan(&o.ID, &o.Number, &o.ResellerID, &o.ResellerName, &o.ProductName, &o.Brand, &o.Months, &o.Domain, &o.SANCount, &o.WildcardSANCount,
		&o.TotalCents, &o.TaxCents, &o.Status, &o.Fulfilment, moment{&o.CreatedAt}, moment{&o.CertificateUntil}, &o.Paid, &o.Vetting)
	return o, err
}

// columns is what the list reads of each order, and how.
func (f OrderFilter) columns() (string, func(scanner) (Order, error)) {
	if f.Brief {
		return briefColumns, scanBrief
	}
	return orderColumns, scanOrder
}
