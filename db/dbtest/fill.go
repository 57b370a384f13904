package dbtest

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"certbay/db"
)

// table collects rows and writes many with one statement.
type table struct {
	name    string
	columns int
	rows    []any
}

const rowsAtOnce = 40

// filling is a book being filled: one transaction after another.
type filling struct {
	ctx      context.Context
	book     *sql.DB
	tx       *sql.Tx
	tables   map[string]*table
	written  int
	counters map[string]int
	accounts map[string]*account
	ids      map[string]int64
	err      error
}

type account struct {
	id, balance int64
	floor       any
}

// add is one row; columns are "name (column, …)".
func (f *filling) add(into string, values ...any) {
	t := f.tables[into]
	if t == nil {
		t = &table{name: into, columns: len(values)}
		f.tables[into] = t
	}
	if t.rows = append(t.rows, values...); len(t.rows) == rowsAtOnce*t.columns {
		f.write(t)
	}
}

func (f *filling) write(t *table) {
	if f.err != nil || len(t.rows) == 0 {
		return
	}
	if f.tx == nil {
		if f.tx, f.err = f.book.BeginTx(f.ctx, nil); f.err != nil {
			return
		}
	}
	row := "(?" + strings.Repeat(", ?", t.columns-1) + ")"
	query := "insert into " + t.name + " values " + row + strings.Repeat(", "+row, len(t.rows)/t.columns-1)
	_, f.err = f.tx.ExecContext(f.ctx, query, t.rows...)
	t.rows = t.rows[:0]
	if f.written++; f.written%2000 == 0 {
		f.commit()
	}
}

func (f *filling) commit() {
	if f.err == nil && f.tx != nil {
		f.err = f.tx.Commit()
		f.tx = nil
	}
}

func (f *filling) id(of string) int64 {
	f.ids[of]++
	return f.ids[of]
}

// number is the next gapless number of a year.
func (f *filling) number(prefix string, at time.Time) string {
	series := fmt.Sprintf("%s-%d", prefix, at.Year())
	f.counters[series]++
	return fmt.Sprintf("%s-%04d", series, f.counters[series])
}

// post moves money as the ledger does: kinds and cents in turn.
func (f *filling) post(at time.Time, kind, ref string, order any, reseller int64, legs ...any) {
	tx := f.id("ledger_tx")
	f.add("ledger_tx (id, ref, kind, order_id, created_at)", tx, ref, kind, order, at)
	for i := 0; i < len(legs); i += 2 {
		key, cents := legs[i].(string), legs[i+1].(int64)
		if key == "wallet" || key == "held" {
			key = fmt.Sprintf("%s %d", key, reseller)
		}
		a := f.accounts[key]
		a.balance += cents
		if cents != 0 {
			f.add("ledger_entry (id, tx_id, account_id, amount_cents, balance_after_cents, floor_cents)", f.id("ledger_entry"), tx, a.id, cents, a.balance, a.floor)
		}
	}
}

// order is what the generator remembers of an order until its money is settled.
type order struct {
	id, reseller, cents, tax int64
	status                   db.Status
	due                      time.Time
}

const (
	taxPercent = 20
	topUpCents = 500_000
	delivery   = 2 * time.Hour // from the order to its certificate or its cancellation
)

// fill writes the orders with everything that hangs on them, in the order of time.
func (s *shelf) fill(ctx context.Context, orders int, now time.Time) error {
	book, err := sql.Open("sqlite", "file:"+s.path+"?_pragma=synchronous(OFF)&_pragma=foreign_keys(0)&_pragma=cache_size(-200000)&_pragma=temp_store(MEMORY)&_time_format=sqlite&_timezone=UTC")
	if err != nil {
		return err
	}
	defer book.Close()
	book.SetMaxOpenConns(1)
	f := &filling{ctx: ctx, book: book, tables: map[string]*table{}, counters: map[string]int{}, accounts: map[string]*account{}, ids: map[string]int64{}}
	if err := f.readAccounts(); err != nil {
		return err
	}
	indexes, err := f.dropIndexes()
	if err != nil {
		return err
	}
	dice := rand.New(rand.NewPCG(1, uint64(orders)))
	start, step := now.AddDate(-3, 0, 0), now.Sub(now.AddDate(-3, 0, 0))/time.Duration(orders+1)
	var waiting []order
	settle := func(until time.Time) {
		for len(waiting) > 0 && !waiting[0].due.After(until) {
			f.settle(waiting[0])
			waiting = waiting[1:]
		}
	}
	for i := range orders {
		at := start.Add(time.Duration(i+1) * step).Truncate(time.Microsecond)
		settle(at)
		waiting = append(waiting, s.order(f, dice, at, now))
	}
	settle(now.Add(delivery))
	for series, n := range f.counters {
		f.add("counter (name, value)", series, n)
	}
	for _, t := range f.tables {
		f.write(t)
	}
	f.commit()
	if f.err != nil {
		return f.err
	}
	for _, a := range f.accounts {
		if _, err := book.ExecContext(ctx, `update account set balance_cents = ? where id = ?`, a.balance, a.id); err != nil {
			return err
		}
	}
	for _, index := range indexes {
		if _, err := book.ExecContext(ctx, index); err != nil {
			return err
		}
	}
	_, err = book.ExecContext(ctx, `pragma wal_checkpoint(truncate)`)
	return err
}

// dropIndexes takes the indexes away, which are made faster afterwards, and says how.
func (f *filling) dropIndexes() (again []string, err error) {
	rows, err := f.book.QueryContext(f.ctx, `select name, sql from sqlite_master where type = 'index' and sql is not null`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		names, again = append(names, name), append(again, text)
	}
	if err := rows.Close(); err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, err := f.book.ExecContext(f.ctx, `drop index `+name); err != nil {
			return nil, err
		}
	}
	return again, rows.Err()
}

func (f *filling) readAccounts() error {
	rows, err := f.book.QueryContext(f.ctx, `select id, kind, reseller_id, floor_cents from account`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var kind string
		var reseller, floor sql.NullInt64
		if err := rows.Scan(&id, &kind, &reseller, &floor); err != nil {
			return err
		}
		a := &account{id: id}
		if floor.Valid {
			a.floor = floor.Int64
		}
		if reseller.Valid {
			kind = fmt.Sprintf("%s %d", kind, reseller.Int64)
		}
		f.accounts[kind] = a
	}
	return rows.Err()
}

// status is where an order of an age stands: the old ones are over, some of the
// newest wait.
func status(dice *rand.Rand, age time.Duration) db.Status {
	n := dice.IntN(100)
	switch {
	case n < 4:
		return db.StatusCancelled
	case age > 365*24*time.Hour:
		return db.StatusExpired
	case age > 60*24*time.Hour || n < 70:
		return db.StatusCompleted
	case n < 80:
		return db.StatusPending
	case n < 82:
		return db.StatusPendingConfiguration
	case n < 90:
		return db.StatusProcessing
	}
	return db.StatusValidationPending
}

var words = []string{"shop", "liman", "deniz", "otel", "market", "cloud", "mail", "bulut", "kitap", "sanat", "yazilim", "hosting", "emlak", "turizm", "nakliyat", "studio"}

// domain is a name as people buy: two words and a number under one of a few ends.
func domain(dice *rand.Rand) string {
	ends := []string{"com", "com", "com", "com.tr", "com.tr", "net", "org", "io", "de"}
	return fmt.Sprintf("%s-%s%d.%s", words[dice.IntN(len(words))], words[dice.IntN(len(words))], dice.IntN(100_000), ends[dice.IntN(len(ends))])
}

func (s *shelf) order(f *filling, dice *rand.Rand, at, now time.Time) order {
	p := s.products[dice.IntN(len(s.products))]
	o := order{id: f.id("orders"), reseller: s.resellers[0], cents: p.cents, tax: (p.cents*taxPercent + 50) / 100, due: at.Add(delivery), status: status(dice, now.Sub(at))}
	if dice.IntN(10) >= 7 {
		o.reseller = s.resellers[1+dice.IntN(len(s.resellers)-1)]
	}
	if wallet := f.accounts[fmt.Sprintf("wallet %d", o.reseller)]; wallet.balance < o.cents+o.tax {
		f.post(at, "topup", fmt.Sprintf("topup:generated %d", o.id), nil, o.reseller, "wallet", int64(topUpCents), "topup_source", int64(-topUpCents))
	}
	number, name := f.number("ORD", at), domain(dice)
	fulfilment, certificate := "none", ""
	var completed, ends any
	switch o.status {
	case db.StatusCompleted, db.StatusExpired:
		fulfilment, certificate, completed, ends = "accepted", "issued", o.due, o.due.AddDate(1, 0, 0)
	case db.StatusProcessing, db.StatusValidationPending:
		fulfilment, certificate = "accepted", "requested"
	case db.StatusPendingConfiguration:
		fulfilment = "refused"
	}
	f.add("orders (id, number, reseller_id, product_id, offer_id, months, domain, san_count, wildcard_san_count, base_cents, san_cents, discount_cents, total_cents, tax_cents, cost_cents, status, fulfilment, placed_by, created_at, completed_at, ends_at, certificate_until)",
		o.id, number, o.reseller, p.id, p.id, 12, name, 0, 0, o.cents, 0, 0, o.cents, o.tax, costCents, string(o.status), fulfilment, "The owner", at, completed, ends, ends)
	if dice.IntN(20) == 0 {
		f.add("order_name (order_id, position, name)", o.id, 0, domain(dice))
	}
	f.add("order_event (order_id, kind, to_status, actor, at)", o.id, "placed", "pending", "The owner", at)
	f.post(at, "order", fmt.Sprintf("order %d", o.id), o.id, o.reseller, "wallet", -o.cents-o.tax, "held", o.cents+o.tax)
	f.invoice(o, p, number, name, at)
	if certificate != "" {
		id := f.id("certificate")
		f.add("certificate (id, order_id, reference, upstream, upstream_id, csr, state, not_after, created_at)", id, o.id, number, "sandbox", fmt.Sprintf("up-%d", id), "", certificate, ends, at)
		if certificate == "requested" {
			f.add("job (kind, subject_id, run_at, created_at)", "poll", id, now.AddDate(1, 0, 0), at)
		}
	}
	return o
}

func (f *filling) invoice(o order, p product, number, name string, at time.Time) {
	state := "paid"
	if o.status == db.StatusCancelled {
		state = "cancelled"
	}
	party := db.Party{Company: "Reseller Ltd.", Country: "TR"}
	text, err := json.Marshal(db.Snapshot{Seller: party, Buyer: party, TaxRateBP: taxPercent * 100, Domain: name, Product: p.name, Months: 12,
		Lines: []db.InvoiceLine{{Kind: "base", Text: p.name, Quantity: 1, UnitCents: o.cents, Cents: o.cents}}})
	if err != nil {
		f.err = err
		return
	}
	f.add("invoice (id, number, order_id, reseller_id, status, currency, net_cents, tax_cents, total_cents, snapshot, created_at, due_at, paid_at)",
		o.id, f.number("INV", at), o.id, o.reseller, state, "USD", o.cents, o.tax, o.cents+o.tax, string(text), at, at.AddDate(0, 0, 7), at)
}

// settle ends what an order holds, where it has ended itself.
func (f *filling) settle(o order) {
	switch o.status {
	case db.StatusCompleted, db.StatusExpired:
		f.post(o.due, "settle", fmt.Sprintf("settle order %d", o.id), o.id, o.reseller, "held", -o.cents-o.tax, "revenue", o.cents, "tax", o.tax,
			"upstream_cost", int64(costCents), "upstream_credit", int64(-costCents))
	case db.StatusCancelled:
		f.post(o.due, "refund", fmt.Sprintf("refund order %d", o.id), o.id, o.reseller, "held", -o.cents-o.tax, "wallet", o.cents+o.tax)
		f.add("credit_note (number, invoice_id, reseller_id, net_cents, tax_cents, total_cents, created_at)", f.number("CRN", o.due), o.id, o.reseller, o.cents, o.tax, o.cents+o.tax, o.due)
	}
}
