package db

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Broken names the first row that breaks a rule of the book.
type Broken struct {
	Rule string
	Row  string
}

func (b *Broken) Error() string { return fmt.Sprintf("broken: %s: %s", b.Rule, b.Row) }

// rules each have a query that lists rows which break them, oldest first.
var rules = []struct{ rule, query string }{
	{"a ledger transaction sums to zero",
		`select 'ledger_tx ' || tx_id || ' sums to ' || sum(amount_cents) from ledger_entry group by tx_id having sum(amount_cents) <> 0 order by tx_id limit 1`},
	{"an account's balance is the sum of its entries",
		`select 'account ' || a.id || ' (' || a.kind || ') says ' || a.balance_cents || ', entries sum to ' || coalesce(sum(e.amount_cents), 0)
		 from account a left join ledger_entry e on e.account_id = a.id group by a.id, a.kind, a.balance_cents
		 having a.balance_cents <> coalesce(sum(e.amount_cents), 0) order by a.id limit 1`},
	{"each entry's balance follows from the one before it",
		`select 'ledger_entry ' || id || ' says ' || balance_after_cents || ', should be ' || running from (
			select id, balance_after_cents, sum(amount_cents) over (partition by account_id order by id) as running from ledger_entry) x
		 where balance_after_cents <> running order by id limit 1`},
	{"a wallet's floor is its reseller's allowance, a held account's is zero",
		`select 'account ' || a.id || ' (' || a.kind || ') may go down to ' || coalesce(cast(a.floor_cents as text), 'anything') from account a join reseller r on r.id = a.reseller_id
		 where a.floor_cents is null or a.floor_cents <> case a.kind when 'wallet' then -r.allowance_cents else 0 end order by a.id limit 1`},
	{"no debit went below the floor of its account",
		`select 'ledger_entry ' || e.id || ' (' || a.kind || ') leaves ' || e.balance_after_cents from ledger_entry e join account a on a.id = e.account_id
		 where a.kind in ('wallet', 'held') and e.amount_cents < 0 and (e.floor_cents is null or e.balance_after_cents < e.floor_cents) order by e.id limit 1`},
	{"an order that was placed elsewhere cost nothing here, moved no money, and is one upstream order",
		`select 'order ' || o.id from orders o left join imported_order i on i.order_id = o.id where o.imported <> (i.order_id is not null)
			or o.imported and (not o.paid or o.total_cents <> 0 or o.tax_cents <> 0 or o.cost_cents <> 0 or exists (select 1 from ledger_tx t where t.order_id = o.id)) order by o.id limit 1`},
	{"a paid order is debited exactly once, an unpaid one never",
		`select 'order ' || o.id || ' has ' || count(t.id) || ' debits' from orders o left join ledger_tx t on t.order_id = o.id and t.kind = 'order'
		 group by o.id, o.paid, o.imported having count(t.id) <> case when o.paid and not o.imported then 1 else 0 end order by o.id limit 1`},
	{"an order is settled or refunded at most once, never both",
		`select 'order ' || order_id || ' has ' || count(*) from ledger_tx where kind in ('settle', 'refund') group by order_id having count(*) > 1 order by order_id limit 1`},
	{"an order's debit is its total and tax",
		`select 'order ' || o.id || ' cost ' || (o.total_cents + o.tax_cents) || ', debited ' || coalesce(-x.cents, 0) from orders o
		 left join (select t.order_id, sum(e.amount_cents) as cents from ledger_tx t join ledger_entry e on e.tx_id = t.id
			join account a on a.id = e.account_id and a.kind = 'wallet' where t.kind = 'order' group by t.order_id) x on x.order_id = o.id
		 where coalesce(-x.cents, 0) <> case when o.paid then o.total_cents + o.tax_cents else 0 end order by o.id limit 1`},
	{"an order holds its debit until it is settled or refunded, then nothing",
		`select 'order ' || id || ' holds ' || held || ', should hold ' || due from (
			select o.id, coalesce(sum(case when a.kind = 'held' then e.amount_cents end), 0) as held,
				case when not o.paid or exists (select 1 from ledger_tx d where d.order_id = o.id and d.kind in ('settle', 'refund')) then 0 else o.total_cents + o.tax_cents end as due
			from orders o left join ledger_tx t on t.order_id = o.id left join ledger_entry e on e.tx_id = t.id left join account a on a.id = e.account_id
			group by o.id, o.total_cents, o.tax_cents, o.paid) x
		 where held <> due order by id limit 1`},
	{"an order that was delivered is settled",
		`select 'order ' || o.id from orders o where o.completed_at is not null and not o.imported and not exists (select 1 from ledger_tx t where t.order_id = o.id and t.kind = 'settle') order by o.id limit 1`},
	{"an order that was cancelled undelivered is refunded",
		`select 'order ' || o.id from orders o where o.status = 'cancelled' and o.paid and not o.imported and o.completed_at is null and not exists (select 1 from ledger_tx t where t.order_id = o.id and t.kind = 'refund') order by o.id limit 1`},
	{"an unpaid order waits for its payment or was cancelled, and moved no money",
		`select 'order ' || o.id || ' is ' || o.status from orders o where not o.paid and (o.status not in ('pending', 'cancelled') or o.fulfilment <> 'none'
			or exists (select 1 from ledger_tx t where t.order_id = o.id)) order by o.id limit 1`},
	{"an invoice is unpaid exactly while its order waits for its payment",
		`select 'invoice ' || i.number from invoice i join orders o on o.id = i.order_id
		 where (i.status = 'unpaid') <> (not o.paid and o.status = 'pending') or (i.paid_at is null) <> (not o.paid) order by i.id limit 1`},
	{"an order has one invoice, of its amount",
		`select 'order ' || o.id from orders o left join invoice i on i.order_id = o.id where (i.id is null) <> o.imported or i.total_cents <> o.total_cents + o.tax_cents order by o.id limit 1`},
	{"an invoice is cancelled exactly when its order was cancelled undelivered",
		`select 'invoice ' || i.number from invoice i join orders o on o.id = i.order_id
		 where (i.status = 'cancelled') <> (o.status = 'cancelled' and o.completed_at is null) order by i.id limit 1`},
	{"a cancelled invoice that was paid has one credit note, of its amounts, and no other invoice has any",
		`select 'invoice ' || i.number from invoice i join orders o on o.id = i.order_id left join credit_note n on n.invoice_id = i.id
		 where (i.status = 'cancelled' and o.paid) <> (n.id is not null)
			or n.net_cents <> i.net_cents or n.tax_cents <> i.tax_cents or n.total_cents <> i.total_cents or n.reseller_id <> i.reseller_id
		 order by i.id limit 1`},
	{"at most one certificate of an order is under way",
		`select 'order ' || order_id || ' has ' || count(*) from certificate where state = 'requested' group by order_id having count(*) > 1 order by order_id limit 1`},
	{"a renewal is of the same reseller and domain as the order before it",
		`select 'order ' || n.order_id || ' renews order ' || n.renews from renewal n join orders o on o.id = n.order_id join orders b on b.id = n.renews
		 where o.reseller_id <> b.reseller_id or o.id <= b.id or o.domain <> b.domain and not exists (select 1 from order_event e
			where e.order_id in (o.id, b.id) and e.kind = 'domain_corrected') order by n.order_id limit 1`},
	{"an order on its way to its upstream has a job",
		`select 'order ' || o.id from orders o join certificate c on c.order_id = o.id and c.state = 'requested' where o.fulfilment in ('queued', 'submitting')
		 and not exists (select 1 from job j where j.kind = 'submit' and j.subject_id = c.id) order by o.id limit 1`},
	{"an order that its upstream has is polled",
		`select 'order ' || o.id from orders o join certificate c on c.order_id = o.id and c.state = 'requested' where o.fulfilment = 'accepted'
		 and not exists (select 1 from job j where j.kind = case when c.upstream_id = '' then 'reissue' else 'poll' end and j.subject_id = c.id) order by o.id limit 1`},
	{"an upstream order belongs to one order",
		`select upstream || ' ' || upstream_id || ' stands at ' || count(distinct order_id) || ' orders' from certificate where upstream_id <> '' group by upstream, upstream_id having count(distinct order_id) > 1 limit 1`},
	{"only a reissue shares the upstream order of the certificate before it",
		`select 'certificate ' || c.id from certificate c where c.upstream_id <> '' and exists (select 1 from certificate b where b.order_id = c.order_id and b.id < c.id
			and b.upstream = c.upstream and b.upstream_id = c.upstream_id) and not exists (select 1 from certificate b where b.order_id = c.order_id and b.id < c.id and b.state = 'issued')
		 order by c.id limit 1`},
	{"an approved top-up moved its amount once",
		`select 'topup ' || id || ' of ' || amount_cents || ' moved ' || moved from (
			select u.id, u.amount_cents, (select coalesce(sum(e.amount_cents), 0) from ledger_tx t join ledger_entry e on e.tx_id = t.id
				join account a on a.id = e.account_id and a.kind = 'wallet' and a.reseller_id = u.reseller_id
				where t.ref = 'topup_request:' || u.id and t.kind = 'topup') as moved
			from topup u where u.state = 'approved') x
		 where moved <> amount_cents order by id limit 1`},
	{"a top-up that is not approved moved nothing",
		`select 'topup ' || u.id || ' is ' || u.state from topup u join ledger_tx t on t.ref = 'topup_request:' || u.id where u.state <> 'approved' order by u.id limit 1`},
	{"the ledger knows no top-up that nobody asked for",
		`select 'ledger_tx ' || t.id || ' (' || t.ref || ')' from ledger_tx t where t.ref like 'topup\_request:%' escape '\'
			and not exists (select 1 from topup u where t.ref = 'topup_request:' || u.id) order by t.id limit 1`},
	{"what a webhook is yet to be told has a job",
		`select 'webhook_delivery ' || d.id from webhook_delivery d where d.state = 'waiting'
		 and not exists (select 1 from job j where j.kind = 'webhook' and j.subject_id = d.id) order by d.id limit 1`},
	{"a difference that is being settled has a job",
		`select 'drift ' || d.id from drift d where d.busy = true and d.settled_at is null
		 and not exists (select 1 from job j where j.kind = 'drift' and j.subject_id = d.id) order by d.id limit 1`},
	{"credit is noted as low exactly while it is",
		`select 'account ' || id || ' holds ' || balance_cents from account where low <> (alert_cents is not null and balance_cents < alert_cents) order by id limit 1`},
}

// Verified says how much of the book was looked at.
type Verified struct {
	Transactions int
	Orders       int
	AuditRows    int
}

// Verify checks every rule of the book and the audit's chain. The error is a
// *Broken that names the first broken row.
func (db *DB) Verify(ctx context.Context) (Verified, error) {
	// One snapshot, so that changes made while it looks don't read as broken.
	snapshot, err := db.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return Verified{}, driverError(err)
	}
	defer snapshot.Rollback()
	return verify(ctx, snapshot)
}

func verify(ctx context.Context, q querier) (Verified, error) {
	var v Verified
	for _, r := range slices.Concat(rules, moneyRules, licenceRules, figureRules) {
		rows, err := collect(ctx, q, func(s scanner) (row string, err error) { return row, s.Scan(&row) }, r.query)
		if err != nil {
			return v, fmt.Errorf("verify %q: %w", r.rule, err)
		}
		if len(rows) > 0 {
			return v, &Broken{Rule: r.rule, Row: rows[0]}
		}
	}
	for table, n := range map[string]*int{"ledger_tx": &v.Transactions, "orders": &v.Orders} {
		if err := q.QueryRowContext(ctx, `select count(*) from `+table).Scan(n); err != nil {
			return v, driverError(err)
		}
	}
	for _, n := range numbered {
		if err := verifyGapless(ctx, q, n.table, n.prefix); err != nil {
			return v, err
		}
	}
	err := verifyInvoices(ctx, q)
	if err != nil {
		return v, err
	}
	v.AuditRows, err = verifyAudit(ctx, q)
	return v, err
}

// verifyGapless checks that the numbers of each year run 1, 2, 3 … up to the counter.
func verifyGapless(ctx context.Context, q querier, table, prefix string) error {
	numbers, err := collect(ctx, q, func(s scanner) (n string, err error) { return n, s.Scan(&n) }, `select number from `+table)
	if err != nil {
		return err
	}
	highest, count, seen := map[string]int64{}, map[string]int64{}, map[string]map[int64]bool{}
	for _, number := range numbers {
		cut := strings.LastIndexByte(number, '-')
		n, err := strconv.ParseInt(number[cut+1:], 10, 64)
		if err != nil || cut < 0 {
			return &Broken{Rule: "numbers are well formed", Row: table + " " + number}
		}
		series := number[:cut]
		highest[series] = max(highest[series], n)
		count[series]++
		if seen[series] == nil {
			seen[series] = map[int64]bool{}
		}
		seen[series][n] = true
	}
	for _, series := range slices.Sorted(maps.Keys(count)) {
		n := count[series]
		var counter int64
		if err := q.QueryRowContext(ctx, `select value from counter where name = $1`, series).Scan(&counter); err != nil {
			return driverError(err)
		}
		if n != highest[series] || counter != n {
			missing := int64(1)
			for seen[series][missing] {
				missing++
			}
			return &Broken{Rule: "numbers are gapless", Row: fmt.Sprintf("%s has %d numbers, the highest is %d, the counter says %d: number %d is the first that is missing",
				series, n, highest[series], counter, missing)}
		}
	}
	return verifyCounters(ctx, q, prefix, count)
}

// verifyAudit walks the hash chain from its first row to its head.
func verifyAudit(ctx context.Context, q querier) (int, error) {
	const batch = 1000
	previous, seq := "", int64(0)
	for {
		rows, err := collect(ctx, q, scanAudit, `select `+auditColumns+` from audit where seq > $1 order by seq limit $2`, seq, batch)
		if err != nil {
			return 0, err
		}
		for _, row := range rows {
			if row.Seq != seq+1 {
				return 0, &Broken{Rule: "the audit is gapless", Row: fmt.Sprintf("audit %d is missing", seq+1)}
			}
			if row.Hash != row.chainHash(previous) {
				return 0, &Broken{Rule: "the audit is unchanged", Row: fmt.Sprintf("audit %d", row.Seq)}
			}
			previous, seq = row.Hash, row.Seq
		}
		if len(rows) < batch {
			break
		}
	}
	var headSeq int64
	var headHash string
	if err := q.QueryRowContext(ctx, `select seq, hash from audit_head where id = 1`).Scan(&headSeq, &headHash); err != nil {
		return 0, driverError(err)
	}
	if headSeq != seq || headHash != previous {
		return 0, &Broken{Rule: "the audit ends at its head", Row: fmt.Sprintf("audit ends at %d, the head says %d", seq, headSeq)}
	}
	return int(seq), nil
}
