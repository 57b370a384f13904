package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"
)

// The index of searches: for every run of up to three letters in an order's names
// and numbers, which orders of a block have it. Blocks are stretches of order ids,
// so a search goes from the newest block down and ends when it has enough. What
// the index says is a superset: who has all runs of a text need not have the text.
// An order's names and numbers never change, and no order is deleted, so the index
// is only added to: by the sweep, some time after the orders are placed, which
// costs placing nothing.
const (
	blockOrders = 1 << 16     // as many as two bytes tell apart
	blocksRead  = 16          // at once
	gramsTold   = 12          // runs of a text that are asked how many orders have them
	gramsRead   = 3           // the rarest of them; further ones would hardly tell more
	wholeGram   = 3           // letters
	indexBatch  = 4096        // orders in one transaction
	indexAfter  = time.Minute // so that no order with a lower id is still being placed
	indexEvery  = 1024        // orders, at the latest, beside each sweep
	searchName  = "search"    // the counter of the highest id in the index
)

// grams are the runs of three letters in a text, and of fewer at its end, so that
// whatever begins with a shorter run is found by its beginning.
func grams(text string) []string {
	all := make([]string, 0, len(text))
	for i := range len(text) {
		all = append(all, text[i:min(i+wholeGram, len(text))])
	}
	return all
}

// resellerGram stands for the orders of a reseller; no text has so long a run.
func resellerGram(id int64) string { return fmt.Sprintf("reseller %d", id) }

func blocksDown(indexed int64) []int64 {
	var blocks []int64
	for b := indexed / blockOrders; b >= 0; b-- {
		blocks = append(blocks, b)
	}
	return blocks
}

// marks are n question marks in a row.
func marks(n int) string { return strings.Repeat("?, ", n-1) + "?" }

func (db *DB) searchMark(ctx context.Context, q querier) (indexed int64, err error) {
	err = q.QueryRowContext(ctx, `select value from counter where name = $1`, searchName).Scan(&indexed)
	return indexed, driverError(err)
}

// wanted are the runs that an order's row of the index must have for a search, the
// rarest of those it could be held against, and how many orders can have all of them
// at most; 0 says that no order has the text.
func (db *DB) wanted(ctx context.Context, resellerID int64, text string) (runs []string, most int64, err error) {
	var all []string
	if len(text) >= wholeGram {
		all = grams(text)[:len(text)-wholeGram+1]
		slices.Sort(all)
		all = slices.Compact(all)
		all = all[:min(len(all), gramsTold)] // digits come first, which are the rarer ones
	}
	if resellerID != 0 {
		all = append(all, resellerGram(resellerID))
	}
	if len(all) == 0 {
		return nil, math.MaxInt64, nil
	}
	padded := make([]any, gramsTold+1) // so that there is one text of the query
	for i := range padded {
		padded[i] = []byte(all[min(i, len(all)-1)])
	}
	var where conditions
	var args []any
	where.add(&args, true, "gram in ("+marks(len(padded))+")", padded...)
	type row struct {
		gram   []byte
		orders int64
	}
	counts, err := collect(ctx, db.read, func(s scanner) (r row, err error) { return r, s.Scan(&r.gram, &r.orders) },
		`select gram, orders from gram_count`+where.clause(), args...)
	if err != nil || len(counts) < len(all) {
		return nil, 0, err // some run is nowhere
	}
	slices.SortFunc(counts, func(a, b row) int { return cmp.Compare(a.orders, b.orders) })
	for _, c := range counts[:min(len(counts), gramsRead)] {
		runs = append(runs, string(c.gram))
	}
	return runs, counts[0].orders, nil
}

// candidates goes through the orders in the blocks, up to the mark of the index, that
// may have the text, newest first: those that have all the runs and, where the text is shorter than a run,
// any that begins with it.
func (db *DB) candidates(ctx context.Context, blocks []int64, indexed int64, runs []string, text string) (iter.Seq[int64], error) {
	short := len(text) < wholeGram
	var where conditions
	var args []any
	// Filled up to a few sizes, so that there are few texts of the query.
	padded := make([]any, 1)
	if len(blocks) > 1 {
		padded = make([]any, blocksRead)
	}
	for i := range padded {
		padded[i] = blocks[min(i, len(blocks)-1)]
	}
	where.add(&args, true, "block in ("+marks(len(padded))+")", padded...)
	required := slices.Clone(runs)
	if short {
		required = append(required, text)
	}
	wanted := make([]any, gramsRead+1)
	for i := range wanted {
		wanted[i] = []byte(required[min(i, len(required)-1)])
	}
	either := "gram in (" + marks(len(wanted)) + ")"
	if short {
		wanted = append(wanted, []byte(text), []byte(text+"\xff"))
		either = "(" + either + " or gram >= ? and gram < ?)"
	}
	where.add(&args, true, either, wanted...)

	byBlock := map[int64]map[string]*bitmap{}
	rows, err := db.read.QueryContext(ctx, `select block, gram, orders from order_gram`+where.clause(), args...)
	if err != nil {
		return nil, driverError(err)
	}
	defer rows.Close()
	for rows.Next() {
		var block int64
		var run, orders sql.RawBytes // looked at before the next row, and not kept
		if err := rows.Scan(&block, &run, &orders); err != nil {
			return nil, err
		}
		gram := string(run)
		if short && !slices.Contains(required, gram) {
			gram = text
		}
		if byBlock[block] == nil {
			byBlock[block] = map[string]*bitmap{}
		}
		if byBlock[block][gram] == nil {
			byBlock[block][gram] = &bitmap{}
		}
		byBlock[block][gram].add(orders)
	}
	if err := rows.Err(); err != nil {
		return nil, driverError(err)
	}
	return func(yield func(int64) bool) {
		for _, block := range blocks {
			if len(byBlock[block]) < len(required) {
				continue // some run is nowhere in it
			}
			var all *bitmap
			for _, m := range byBlock[block] {
				if all == nil {
					all = m
				} else {
					all.and(m)
				}
			}
			for order := range all.down() {
				// Further ones came meanwhile; they were looked at already.
				if id := block*blockOrders + int64(order); id <= indexed && !yield(id) {
					return
				}
			}
		}
	}, nil
}

// indexSoon has the sweep come earlier now and then, so that few orders are ever
// looked at one by one. It comes in any case; an error only means later.
func (db *DB) indexSoon(ctx context.Context, orderID int64) {
	if orderID != 0 && orderID%indexEvery == 0 {
		_ = db.EnsureJob(ctx, JobSweep, 0, db.now().Add(2*indexAfter))
	}
}

// IndexOrders makes the orders placed so far fast to search, but for the last
// minute's, and says how many it took in.
func (db *DB) IndexOrders(ctx context.Context) (int, error) {
	for all := 0; ; {
		n, err := db.indexSome(ctx)
		if all += n; err != nil || n == 0 {
			return all, err
		}
	}
}

// indexSome takes the next orders of one block into the index.
func (db *DB) indexSome(ctx context.Context) (n int, err error) {
	err = db.transact(ctx, func(t *tx) error {
		n = 0
		var indexed int64
		// The update keeps a second process out until this one is done.
		err := t.QueryRowContext(ctx, `update counter set value = value where name = $1 returning value`, searchName).Scan(&indexed)
		if err != nil {
			return err
		}
		texts, last, n2, err := textsAfter(ctx, t, indexed)
		if err != nil || n2 == 0 {
			return err
		}
		if err := addGrams(ctx, t, last/blockOrders, texts); err != nil {
			return err
		}
		n = n2
		_, err = t.ExecContext(ctx, `update counter set value = $1 where name = $2`, last, searchName)
		return err
	})
	return n, err
}

// textsAfter reads which runs the next orders of one block have, the highest id
// among them and how many orders they are.
func textsAfter(ctx context.Context, t *tx, indexed int64) (texts map[string]*bitmap, last int64, n int, err error) {
	type row struct {
		id, reseller            int64
		domain, number, invoice string
		at                      time.Time
	}
	rows, err := collect(ctx, t, func(s scanner) (r row, err error) {
		var imported time.Time
		err = s.Scan(&r.id, &r.reseller, &r.domain, &r.number, &r.invoice, moment{&r.at}, moment{&imported})
		if imported.After(r.at) {
			r.at = imported // when it came into the book, not when it was placed elsewhere
		}
		return r, err
	}, `select o.id, o.reseller_id, o.domain, o.number, coalesce(i.number, ''), o.created_at, m.at from orders o left join invoice i on i.order_id = o.id left join imported_order m on m.order_id = o.id
		where o.id > $1 order by o.id limit $2`, indexed, indexBatch)
	if err != nil || len(rows) == 0 {
		return nil, 0, 0, err
	}
	texts = map[string]*bitmap{}
	add := func(id int64, gram string) {
		if texts[gram] == nil {
			texts[gram] = &bitmap{}
		}
		texts[gram].set(int(id % blockOrders))
	}
	block, horizon := rows[0].id/blockOrders, t.now.Add(-indexAfter)
	for _, r := range rows {
		if r.id/blockOrders != block || r.at.After(horizon) {
			break
		}
		add(r.id, resellerGram(r.reseller))
		for _, text := range []string{r.domain, r.number, r.invoice} {
			for _, gram := range grams(strings.ToLower(text)) {
				add(r.id, gram)
			}
		}
		last, n = r.id, n+1
	}
	if n == 0 {
		return nil, 0, 0, nil
	}
	type name struct {
		id   int64
		text string
	}
	names, err := collect(ctx, t, func(s scanner) (n name, err error) { return n, s.Scan(&n.id, &n.text) },
		`select order_id, name from order_name where order_id > $1 and order_id <= $2`, indexed, last)
	for _, x := range names {
		for _, gram := range grams(strings.ToLower(x.text)) {
			add(x.id, gram)
		}
	}
	return texts, last, n, err
}

// indexAgain makes an order fast to search by the name that it has now, where the
// index has it by another; one that comes into the index later needs nothing.
func indexAgain(ctx context.Context, t *tx, orderID int64, domain string) error {
	var indexed int64
	err := t.QueryRowContext(ctx, `update counter set value = value where name = $1 returning value`, searchName).Scan(&indexed)
	if err = driverError(err); errors.Is(err, ErrNotFound) || err == nil && orderID > indexed {
		return nil
	}
	if err != nil {
		return err
	}
	texts := map[string]*bitmap{}
	for _, gram := range grams(strings.ToLower(domain)) {
		texts[gram] = &bitmap{}
		texts[gram].set(int(orderID % blockOrders))
	}
	return addGrams(ctx, t, orderID/blockOrders, texts)
}

// addGrams adds orders to the rows of a block, and counts them.
func addGrams(ctx context.Context, t *tx, block int64, texts map[string]*bitmap) error {
	runs := make([]string, 0, len(texts))
	for gram := range texts {
		runs = append(runs, gram)
	}
	slices.Sort(runs)
	type row struct{ gram, orders []byte }
	for batch := range slices.Chunk(runs, 200) {
		args := []any{block}
		counted, counts := make([]string, len(batch)), make([]any, 0, 2*len(batch))
		for i, gram := range batch {
			args = append(args, []byte(gram))
			counted[i] = fmt.Sprintf("($%d, $%d)", 2*i+1, 2*i+2)
			counts = append(counts, []byte(gram), texts[gram].count())
		}
		_, err := t.Tx.ExecContext(ctx, `insert into gram_count (gram, orders) values `+strings.Join(counted, ", ")+
			` on conflict (gram) do update set orders = gram_count.orders + excluded.orders`, counts...)
		if err != nil {
			return driverError(err)
		}
		where := conditions{}
		filled := args[:1:1]
		where.add(&filled, true, "gram in ("+marks(len(batch))+")", args[1:]...)
		rows, err := collect(ctx, t.Tx, func(s scanner) (r row, err error) { return r, s.Scan(&r.gram, &r.orders) },
			`select gram, orders from order_gram where block = $1 and `+where.parts[0], filled...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			texts[string(r.gram)].add(r.orders)
		}
		args = args[:1]
		values := make([]string, len(batch))
		for i, gram := range batch {
			values[i] = fmt.Sprintf("($1, $%d, $%d)", len(args)+1, len(args)+2)
			args = append(args, []byte(gram), texts[gram].row())
		}
		_, err = t.Tx.ExecContext(ctx, `insert into order_gram (block, gram, orders) values `+strings.Join(values, ", ")+
			` on conflict (block, gram) do update set orders = excluded.orders`, args...)
		if err != nil {
			return driverError(err)
		}
	}
	return nil
}
