package db

// What a list of orders shows of each; reading a column of fifty rows costs as
// much as drawing it, or more. Whose the order is shows only the list of everybody's.
const (
	ownColumns = `o.id, o.number, o.reseller_id, p.name, p.brand, o.domain, o.san_count, o.wildcard_san_count,
	o.total_cents, o.tax_cents, o.status, o.fulfilment, o.created_at, o.certificate_until, o.paid, o.vetting, o.wish`
	ownTables    = `orders o join product p on p.id = o.product_id`
	briefColumns = ownColumns + `, r.company`
	leanColumns  = ownColumns + `, o.product_id, p.kind, p.validation, o.months, o.base_cents, o.san_cents, o.discount_cents, o.completed_at, o.ends_at, o.reference`
)

// brief is where the columns go that all of them have, with room for more.
func (o *Order) brief(more int) []any {
	return append(make([]any, 0, 17+more), &o.ID, &o.Number, &o.ResellerID, &o.ProductName, &o.Brand, &o.Domain, &o.SANCount, &o.WildcardSANCount,
		&o.TotalCents, &o.TaxCents, &o.Status, &o.Fulfilment, moment{&o.CreatedAt}, moment{&o.CertificateUntil}, &o.Paid, &o.Vetting, &o.Wish)
}

func scanOwn(s scanner) (o Order, err error) { return o, s.Scan(o.brief(0)...) }

func scanBrief(s scanner) (o Order, err error) {
	return o, s.Scan(append(o.brief(1), &o.ResellerName)...)
}

func scanLean(s scanner) (o Order, err error) {
	return o, s.Scan(append(o.brief(10), &o.ProductID, &o.Kind, &o.Validation, &o.Months, &o.BaseCents, &o.SANCents, &o.DiscountCents,
		moment{&o.CompletedAt}, moment{&o.EndsAt}, &o.Reference)...)
}

// reads is what the list reads of each order, from where, and how.
func (f OrderFilter) reads() (columns, tables string, scan func(scanner) (Order, error)) {
	switch {
	case f.Lean:
		return leanColumns, ownTables, scanLean
	case f.Brief && f.own:
		return ownColumns, ownTables, scanOwn
	case f.Brief:
		return briefColumns, orderTables, scanBrief
	}
	return orderColumns, orderTables, scanOrder
}
