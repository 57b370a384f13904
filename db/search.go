package db

import (
	"context"
	"iter"
	"slices"
)

// foundOrders is one page of the orders of a selection that have a text in a name
// or a number, with the total that Page says.
func (db *DB) foundOrders(ctx context.Context, f OrderFilter, s selection, text string, p Page) ([]Order, int, error) {
	want := f.enough(p)
	if p.Uncounted {
		want = p.Offset + p.Limit
	}
	_, byAge := f.byAge()
	if byAge = byAge && s.direction != ""; !byAge {
		want, s.direction = SortedOrders, " desc"
	}
	ids, err := db.found(ctx, f, s, text, want)
	if err != nil || len(ids) == 0 {
		return nil, 0, err
	}
	total := min(len(ids), f.enough(p))
	if p.Uncounted {
		total = 0
	}
	if !byAge {
		orders, err := db.sortedOrders(ctx, f, ids, p)
		return orders, total, err
	}
	page := ids[min(p.Offset, len(ids)):min(p.Offset+p.Limit, len(ids))]
	orders, err := db.ordersByID(ctx, f, page)
	return orders, total, err
}

// sortedOrders is one page of the orders with the ids, sorted as the filter says.
func (db *DB) sortedOrders(ctx context.Context, f OrderFilter, ids []int64, p Page) ([]Order, error) {
	where, args := conditions{}, []any{}
	where.among(&args, "o.id", ids)
	args = append(args, p.Limit, p.Offset)
	columns, tables, scan := f.reads()
	return collect(ctx, db.read, scan, `select `+columns+` from `+tables+where.clause()+` order by `+f.order()+
		limitTo(len(args)-1)+offsetBy(len(args)), args...)
}

const (
	// candidatesRead is how many orders are read at once to see whether they match.
	candidatesRead = 256
	// candidatesTried is how many orders that have the text may turn out to be let
	// through by no other filter, before these are walked instead.
	candidatesTried = 4096
)

// found lists the ids of a selection's orders that have the text, the newest first
// at most as many as wanted. The index of
// runs of letters names the candidates, block by block; orders that it has not yet
// are looked at one by one.
func (db *DB) found(ctx context.Context, f OrderFilter, s selection, text string, want int) ([]int64, error) {
	s = s.withText(text)
	indexed, err := db.searchMark(ctx, db.read)
	if err != nil {
		return nil, err
	}
	ids, err := db.walked(ctx, s.and("o.id > ?", indexed), want)
	if err != nil || indexed == 0 {
		return ids, err
	}
	narrow, tried := f.View != "" || f.Status != "" || f.Brand != "" || f.ExpiringWithin > 0, 0
	runs, most, err := db.wanted(ctx, f.ResellerID, text)
	if err != nil || most == 0 {
		return ids, err
	}
	blocks, step := blocksDown(indexed), 1
	if most <= int64(want)*int64(len(blocks)) {
		step = blocksRead // the newest alone will hardly have enough
	}
	for ; len(blocks) > 0 && len(ids) < want; step = blocksRead {
		next := blocks[:min(step, len(blocks))]
		blocks = blocks[len(next):]
		candidates, err := db.candidates(ctx, next, indexed, runs, text)
		if err != nil {
			return nil, err
		}
		for batch := range batches(candidates, candidatesRead) {
			if tried += len(batch); narrow && tried > candidatesTried {
				return db.walked(ctx, s, want)
			}
			matching, err := db.matching(ctx, s, batch)
			if err != nil {
				return nil, err
			}
			if ids = append(ids, matching...); len(ids) >= want {
				break
			}
		}
	}
	return ids[:min(want, len(ids))], nil
}

// batches gathers ids, so many at a time.
func batches(ids iter.Seq[int64], size int) iter.Seq[[]int64] {
	return func(yield func([]int64) bool) {
		var batch []int64
		for id := range ids {
			if batch = append(batch, id); len(batch) == size {
				if !yield(batch) {
					return
				}
				batch = nil
			}
		}
		if len(batch) > 0 {
			yield(batch)
		}
	}
}

// walked lists the newest ids of a selection.
func (db *DB) walked(ctx context.Context, s selection, want int) ([]int64, error) {
	ids, err := db.ids(ctx, s.first(len(s.args)+1), append(slices.Clone(s.args), want)...)
	slices.Sort(ids)
	slices.Reverse(ids)
	return ids, err
}

// matching lists those of the candidates that are in the selection, newest first.
func (db *DB) matching(ctx context.Context, s selection, candidates []int64) ([]int64, error) {
	// Filled up, so that there is one text of the query and not one for each count.
	values := make([]any, candidatesRead)
	for i := range values {
		values[i] = candidates[min(i, len(candidates)-1)]
	}
	among := conditions{}
	args := slices.Clone(s.args)
	in := "o.id in (" + marks(candidatesRead) + ")"
	among.add(&args, true, in, values...)
	var ids []int64
	for _, walk := range s.walks {
		where := conditions{parts: append(slices.Clone(among.parts), walk.parts...)}
		some, err := db.ids(ctx, `select o.id from orders o`+where.clause(), args...)
		if err != nil {
			return nil, err
		}
		ids = append(ids, some...)
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	return ids, nil
}
