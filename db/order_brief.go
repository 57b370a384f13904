package db

// What a list of orders shows of each; reading a column of fifty rows costs as
// much as drawing it. Whose the order is shows only the list of everybody's.
const (
	ownColumns = `o.id, o.number, o.reseller_id, p.name, p.brand, o.domain, o.san_count, o.wildcard_san_count,
	o.total_cents, o.tax_cents, o.status, o.fulfilment, o.created_at, o.certificate_until, o.paid, o.vetting`
	ownTables    = `orders o join product p on p.id = o.product_id`
	briefColumns = ownColumns + `, r.company`
)

func (o *Order) brief() []any {
	return []any{&o.ID, &o.Number, &o.ResellerID, &o.ProductName, &o.Brand, &o.Domain, &o.SANCount, &o.WildcardSANCount,
		&o.TotalCents, &o.TaxCents, &o.Status, &o.Fulfilment, moment{&o.CreatedAt}, moment{&o.CertificateUntil}, &o.Paid, &o.Vetting}
}

func scanOwn(s scanner) (o Order, err error) { return o, s.Scan(o.brief()...) }

func scanBrief(s scanner) (o Order, err error) {
	return o, s.Scan(append(o.brief(), &o.ResellerName)...)
}

// reads is what the list reads of each order, from where, and how.
func (f OrderFilter) reads() (columns, tables string, scan func(scanner) (Order, error)) {
	switch {
	case f.Brief && f.own:
		return ownColumns, ownTables, scanOwn
	case f.Brief:
		return briefColumns, orderTables, scanBrief
	}
	return orderColumns, orderTables, scanOrder
}
