package db

import "certbay/db/money"

// Quote is what an order costs, in USD cents: Total = Base + SANTotal − Discount,
// Payable = Total + Tax.
type Quote struct {
	Base     int64 // list price of the term
	SANTotal int64 // additional names beyond those included
	Discount int64 // list price − the group's price
	Total    int64
	Tax      int64
	Payable  int64
}

// Price computes the quote of a product's term with additional names. It is
// pure. Additional names are charged at the term's unit price times their
// number, so nothing is rounded but the tax, half up.
func (p Product) Price(t Term, sans, wildcardSANs int, taxRateBP int64) Quote {
	q := Quote{
		Base:     t.ListCents,
		SANTotal: charged(sans, p.SANIncluded)*t.SANCents + charged(wildcardSANs, p.WildcardSANIncluded)*t.WildcardSANCents,
		Discount: t.ListCents - t.GroupCents,
	}
	q.Total = q.Base + q.SANTotal - q.Discount
	q.Tax = money.PercentBP(money.USD(q.Total), taxRateBP).Minor
	q.Payable = q.Total + q.Tax
	return q
}

// PriceChanged refuses an order that would cost other than its reseller agreed to,
// USD cents with tax. Nothing was ordered.
type PriceChanged struct{ Quoted, Payable int64 }

func (e *PriceChanged) Error() string { return "the price has changed" }

func (d Draft) asQuoted() error {
	if d.Quoted != nil && *d.Quoted != d.Quote.Payable {
		return &PriceChanged{Quoted: *d.Quoted, Payable: d.Quote.Payable}
	}
	return nil
}

func charged(count, included int) int64 { return int64(max(0, count-included)) }
