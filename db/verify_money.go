package db

import (
	"context"
	"fmt"

	"certbay/db/money"
)

// moneyRules hold an order, its invoice and what the ledger made of it against
// each other; as rules.
var moneyRules = []struct{ rule, query string }{
	{"an order's total is its list price and names less its discount",
		`select 'order ' || id || ' says ' || total_cents from orders where base_cents + san_cents - discount_cents <> total_cents or total_cents < 0 or tax_cents < 0 order by id limit 1`},
	{"what a reseller has paid for and not been delivered is held, and nothing else",
		`select 'account ' || id || ' (held) has ' || balance_cents || ', the open orders cost ' || due from (
			select a.id, a.balance_cents, (select coalesce(sum(o.total_cents + o.tax_cents), 0) from orders o where o.reseller_id = a.reseller_id and o.paid = true
				and not exists (select 1 from ledger_tx t where t.order_id = o.id and t.kind in ('settle', 'refund'))) as due
			from account a where a.kind = 'held') x
		 where balance_cents <> due order by id limit 1`},
	{"an order's money became its revenue, tax and cost, or went back to the wallet",
		`select 'order ' || id from (
			select o.id, t.kind, o.total_cents, o.tax_cents, o.cost_cents,
				sum(case when a.kind = 'revenue' then e.amount_cents else 0 end) as revenue, sum(case when a.kind = 'tax' then e.amount_cents else 0 end) as tax,
				sum(case when a.kind = 'upstream_cost' then e.amount_cents else 0 end) as cost, sum(case when a.kind = 'wallet' then e.amount_cents else 0 end) as wallet
			from ledger_tx t join orders o on o.id = t.order_id join ledger_entry e on e.tx_id = t.id join account a on a.id = e.account_id
			where t.kind in ('settle', 'refund') group by o.id, t.kind, o.total_cents, o.tax_cents, o.cost_cents) x
		 where kind = 'settle' and (revenue <> total_cents or tax <> tax_cents or cost <> cost_cents or wallet <> 0)
			or kind = 'refund' and (revenue <> 0 or tax <> 0 or cost <> 0 or wallet <> total_cents + tax_cents)
		 order by id limit 1`},
	{"an invoice is its order's: same reseller, net, tax and sum",
		`select 'invoice ' || i.number from invoice i join orders o on o.id = i.order_id
		 where i.reseller_id <> o.reseller_id or i.net_cents <> o.total_cents or i.tax_cents <> o.tax_cents or i.total_cents <> i.net_cents + i.tax_cents order by i.id limit 1`},
}

// verifyInvoices reads what every invoice says, and holds its sums against it.
func verifyInvoices(ctx context.Context, q querier) error {
	const batch = 1000
	last := int64(0)
	for {
		list, err := collect(ctx, q, scanInvoice, `select `+invoiceColumns+` from `+invoiceTables+` where i.id > $1 order by i.id limit $2`, last, batch)
		if err != nil {
			return err
		}
		for _, i := range list {
			last = i.ID
			lines := int64(0)
			for _, l := range i.Snapshot.Lines {
				lines += l.Cents
			}
			if lines != i.NetCents {
				return &Broken{Rule: "an invoice's lines sum to its net", Row: fmt.Sprintf("invoice %s says %d, its lines %d", i.Number, i.NetCents, lines)}
			}
			if tax := money.PercentBP(money.USD(i.NetCents), i.Snapshot.TaxRateBP).Minor; tax != i.TaxCents {
				return &Broken{Rule: "an invoice's tax is its rate of its net", Row: fmt.Sprintf("invoice %s says %d, should be %d", i.Number, i.TaxCents, tax)}
			}
		}
		if len(list) < batch {
			return nil
		}
	}
}

// numbered are the tables whose rows have gapless numbers, and how those begin.
var numbered = []struct{ table, prefix string }{{"orders", "ORD"}, {"invoice", "INV"}, {"credit_note", "CRN"}}

// verifyCounters checks that no counter has counted numbers that nothing has.
func verifyCounters(ctx context.Context, q querier, prefix string, count map[string]int64) error {
	names, err := collect(ctx, q, func(s scanner) (n string, err error) { return n, s.Scan(&n) },
		`select name from counter where name like $1 and value > 0 order by name`, prefix+"-%")
	if err != nil {
		return err
	}
	for _, name := range names {
		if count[name] == 0 {
			return &Broken{Rule: "numbers are gapless", Row: name + " has no numbers, and its counter says that it had"}
		}
	}
	return nil
}
