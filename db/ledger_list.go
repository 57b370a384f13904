package db

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"
)

// LedgerEntry is one line of a statement: what flowed into (negative: out of) an
// account and the account's balance after it, USD cents.
type LedgerEntry struct {
	ID           int64
	Account      AccountKind
	Kind         string // of the transaction, one of PostingKinds
	Memo         string
	OrderID      int64
	OrderNumber  string
	Cents        int64
	BalanceAfter int64
	At           time.Time
	ResellerID   int64  // whose account, or whose order; 0: the operator's own affair
	ResellerName string // "" when ResellerID is 0
}

// PostingKinds are the reasons for which money moves.
var PostingKinds = []string{"order", "settle", "refund", "topup", "adjustment"}

// AccountKinds lists the ledger's accounts, customers' money first.
var AccountKinds = []AccountKind{Wallet, Held, Revenue, Tax, UpstreamCost, UpstreamCredit, TopUpSource, Adjustment}

const (
	entryColumns = `e.id, a.kind, t.kind, t.memo, coalesce(t.order_id, 0), coalesce(o.number, ''), e.amount_cents, e.balance_after_cents, t.created_at,
		coalesce(a.reseller_id, o.reseller_id, 0), coalesce(r.name, '')`
	entryTables = `ledger_entry e join account a on a.id = e.account_id join ledger_tx t on t.id = e.tx_id left join orders o on o.id = t.order_id
		left join reseller r on r.id = coalesce(a.reseller_id, o.reseller_id)`
)

func scanEntry(s scanner) (e LedgerEntry, err error) {
	err = s.Scan(&e.ID, &e.Account, &e.Kind, &e.Memo, &e.OrderID, &e.OrderNumber, &e.Cents, &e.BalanceAfter, moment{&e.At}, &e.ResellerID, &e.ResellerName)
	return e, err
}

// LedgerFilter narrows a list of ledger entries; zero fields don't filter.
type LedgerFilter struct {
	ResellerID int64
	Account    AccountKind
	Kind       string    // one of PostingKinds
	Order      string    // an order's whole number, any case
	From       time.Time // not before
	Until      time.Time // before
	Page

	beforeTx int64 // of margins: from where the last batch of an export ended
}

// Ledger lists entries, newest first, and counts them as Page says; for the
// operator.
func (db *DB) Ledger(ctx context.Context, f LedgerFilter) ([]LedgerEntry, int, error) {
	where, args, err := db.ledgerConditions(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	return list(ctx, db.read, scanEntry, entryColumns, entryTables, where, args, "e.id desc", f.Page)
}

// EachEntry calls do with every entry that the filter lets through, newest first,
// for an export.
func (db *DB) EachEntry(ctx context.Context, f LedgerFilter, do func(LedgerEntry) error) error {
	const batch = 500
	where, args, err := db.ledgerConditions(ctx, f)
	if err != nil {
		return err
	}
	// From where the last batch ended, so that new entries shift nothing.
	last := int64(1) << 62
	where.add(&args, true, "e.id < ?", last)
	at := len(args) - 1
	args = append(args, batch)
	query := `select ` + entryColumns + ` from ` + entryTables + where.clause() + ` order by e.id desc` + limitTo(len(args))
	for {
		args[at] = last
		entries, err := collect(ctx, db.read, scanEntry, query, args...)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := do(e); err != nil {
				return err
			}
			last = e.ID
		}
		if len(entries) < batch {
			return nil
		}
	}
}

// ledgerConditions turns accounts and the order into ids first, so that each
// filter is a walk along an index. They speak of e (ledger_entry) and t (ledger_tx).
func (db *DB) ledgerConditions(ctx context.Context, f LedgerFilter) (conditions, []any, error) {
	where, args := conditions{}, []any{}
	if number := strings.ToUpper(strings.TrimSpace(f.Order)); number != "" {
		ids, err := db.ids(ctx, `select id from orders where number = $1`, number)
		if err != nil {
			return where, nil, err
		}
		where.among(&args, "t.order_id", ids)
	}
	operators := f.Account != "" && f.Account != Wallet && f.Account != Held
	if f.Account != "" && (operators || f.ResellerID != 0) {
		query, of := `select id from account where kind = $1 and reseller_id is null`, []any{f.Account}
		if !operators {
			query, of = `select id from account where kind = $1 and reseller_id = $2`, []any{f.Account, f.ResellerID}
		}
		ids, err := db.ids(ctx, query, of...)
		if err != nil {
			return where, nil, err
		}
		where.among(&args, "e.account_id", ids)
	} else {
		where.add(&args, f.Account != "", "e.account_id in (select id from account where kind = ?)", f.Account)
	}
	switch {
	case f.ResellerID == 0, f.Account == Wallet, f.Account == Held:
	case operators: // what that reseller's orders and credits moved on the account
		where.add(&args, true, "t.id in (select x.tx_id from ledger_entry x join account b on b.id = x.account_id where b.reseller_id = ?)", f.ResellerID)
	default:
		ids, err := db.ids(ctx, `select id from account where reseller_id = $1`, f.ResellerID)
		if err != nil {
			return where, nil, err
		}
		where.among(&args, "e.account_id", ids)
	}
	where.about = "ledger_entry e"
	if f.Kind != "" || !f.From.IsZero() || !f.Until.IsZero() || f.Order != "" || operators && f.ResellerID != 0 {
		where.about = "ledger_entry e join ledger_tx t on t.id = e.tx_id"
	}
	where.add(&args, f.Kind != "", "t.kind = ?", f.Kind)
	where.add(&args, !f.From.IsZero(), "t.created_at >= ?", f.From.UTC())
	where.add(&args, !f.Until.IsZero(), "t.created_at < ?", f.Until.UTC())
	return where, args, db.entriesBetween(ctx, &where, &args, f)
}

// startsApart is how far apart two transactions may begin that get their ids in
// the other order.
const startsApart = time.Hour

// entriesBetween narrows the entries to a stretch of ids that holds the filter's
// days: ids rise with time, so that old days are not walked to from the newest.
func (db *DB) entriesBetween(ctx context.Context, where *conditions, args *[]any, f LedgerFilter) error {
	for _, edge := range []struct {
		day       time.Time
		condition string
		query     string
	}{
		{f.From.Add(-startsApart), "e.id >= ?", `select min(id) from ledger_entry where tx_id = (select id from ledger_tx where created_at >= $1 order by created_at, id limit 1)`},
		{f.Until.Add(startsApart), "e.id <= ?", `select max(id) from ledger_entry where tx_id = (select id from ledger_tx where created_at <= $1 order by created_at desc, id desc limit 1)`},
	} {
		if edge.day.Year() < 2 {
			continue
		}
		var id sql.NullInt64
		if err := db.read.QueryRowContext(ctx, edge.query, edge.day.UTC()).Scan(&id); err != nil {
			return driverError(err)
		}
		where.add(args, id.Valid, edge.condition, id.Int64) // else that transaction moved nothing
	}
	return nil
}

func (db *DB) ids(ctx context.Context, query string, args ...any) ([]int64, error) {
	return collect(ctx, db.read, func(s scanner) (id int64, err error) { return id, s.Scan(&id) }, query, args...)
}

// Statement lists a reseller's wallet entries, newest first.
func (db *DB) Statement(ctx context.Context, resellerID int64, p Page) ([]LedgerEntry, int, error) {
	return db.FilteredStatement(ctx, resellerID, LedgerFilter{Page: p})
}

// FilteredStatement is Statement of what the filter lets through; its account
// and reseller are the wallet and resellerID whatever the filter says.
func (db *DB) FilteredStatement(ctx context.Context, resellerID int64, f LedgerFilter) ([]LedgerEntry, int, error) {
	if resellerID == 0 {
		return nil, 0, ErrNotFound
	}
	f.ResellerID, f.Account = resellerID, Wallet
	return db.Ledger(ctx, f)
}

// EachStatementEntry is EachEntry of a reseller's statement.
func (db *DB) EachStatementEntry(ctx context.Context, resellerID int64, f LedgerFilter, do func(LedgerEntry) error) error {
	if resellerID == 0 {
		return ErrNotFound
	}
	f.ResellerID, f.Account = resellerID, Wallet
	return db.EachEntry(ctx, f, do)
}

// OrderEntries lists every ledger entry of an order, oldest first; operator only.
func (db *DB) OrderEntries(ctx context.Context, orderID int64) ([]LedgerEntry, error) {
	return collect(ctx, db.read, scanEntry, `select `+entryColumns+` from `+entryTables+` where t.order_id = $1 order by e.id`, orderID)
}

// AccountSum is what all accounts of a kind hold, USD cents.
type AccountSum struct {
	Kind     AccountKind
	Accounts int
	Cents    int64
}

// AccountSums reads the ledger's balances, one row for each of AccountKinds; they
// sum to zero.
func (db *DB) AccountSums(ctx context.Context) ([]AccountSum, error) {
	sums, err := collect(ctx, db.read, func(s scanner) (a AccountSum, err error) { return a, s.Scan(&a.Kind, &a.Accounts, &a.Cents) },
		`select kind, count(*), cast(sum(balance_cents) as bigint) from account group by kind`)
	if err != nil {
		return nil, err
	}
	all := make([]AccountSum, len(AccountKinds))
	for i, kind := range AccountKinds {
		all[i].Kind = kind
		if at := slices.IndexFunc(sums, func(a AccountSum) bool { return a.Kind == kind }); at >= 0 {
			all[i] = sums[at]
		}
	}
	return all, nil
}

// Margin is what the operator earned with a delivered order: revenue less what
// the upstream costs, USD cents without tax.
type Margin struct {
	OrderID      int64
	OrderNumber  string
	Product      string
	ResellerID   int64
	ResellerName string
	SettledAt    time.Time
	RevenueCents int64
	CostCents    int64

	txID int64
}

// Cents is the margin itself; negative: a loss.
func (m Margin) Cents() int64 { return m.RevenueCents - m.CostCents }

// Margins lists delivered orders by when they were settled, newest first, as the
// ledger has them, and counts them as Page says. Of the filter the
// account and the kind play no part.
func (db *DB) Margins(ctx context.Context, f LedgerFilter) ([]Margin, int, error) {
	where, args := conditions{parts: []string{"t.kind = 'settle'"}, about: "ledger_tx t join orders o on o.id = t.order_id"}, []any{}
	where.add(&args, f.ResellerID != 0, "o.reseller_id = ?", f.ResellerID)
	where.add(&args, strings.TrimSpace(f.Order) != "", "o.number = ?", strings.ToUpper(strings.TrimSpace(f.Order)))
	where.add(&args, !f.From.IsZero(), "t.created_at >= ?", f.From.UTC())
	where.add(&args, !f.Until.IsZero(), "t.created_at < ?", f.Until.UTC())
	where.add(&args, f.beforeTx != 0, "t.id < ?", f.beforeTx)
	return list(ctx, db.read, func(s scanner) (m Margin, err error) {
		return m, s.Scan(&m.txID, &m.OrderID, &m.OrderNumber, &m.Product, &m.ResellerID, &m.ResellerName, moment{&m.SettledAt}, &m.RevenueCents, &m.CostCents)
	}, `t.id, o.id, o.number, p.name, r.id, r.name, t.created_at, `+movedByOrder("revenue")+`, `+movedByOrder("upstream_cost"),
		`ledger_tx t join orders o on o.id = t.order_id join product p on p.id = o.product_id join reseller r on r.id = o.reseller_id`,
		where, args, "t.id desc", f.Page)
}

// EachMargin calls do with every margin that the filter lets through, for an export.
func (db *DB) EachMargin(ctx context.Context, f LedgerFilter, do func(Margin) error) error {
	f.Page = Page{Limit: 200, Uncounted: true}
	for {
		margins, _, err := db.Margins(ctx, f)
		if err != nil {
			return err
		}
		for _, m := range margins {
			if err := do(m); err != nil {
				return err
			}
			f.beforeTx = m.txID // so that new ones shift nothing
		}
		if len(margins) < f.Limit {
			return nil
		}
	}
}

// movedByOrder sums what an order moved on an account of the operator's, a
// refund after delivery included.
func movedByOrder(kind string) string {
	return `(select coalesce(cast(sum(e.amount_cents) as bigint), 0) from ledger_tx s join ledger_entry e on e.tx_id = s.id join account a on a.id = e.account_id
		where s.order_id = o.id and a.kind = '` + kind + `')`
}
