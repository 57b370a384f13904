package db

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// Orders lists a reseller's orders, newest first unless sorted otherwise, and
// counts all that match as Page says.
func (db *DB) Orders(ctx context.Context, resellerID int64, f OrderFilter) ([]Order, int, error) {
	f.ResellerID, f.own = resellerID, true
	return db.orders(ctx, f)
}

// AllOrders is Orders over every reseller; for the operator.
func (db *DB) AllOrders(ctx context.Context, f OrderFilter) ([]Order, int, error) {
	return db.orders(ctx, f)
}

func (db *DB) orders(ctx context.Context, f OrderFilter) ([]Order, int, error) {
	s, err := db.selection(ctx, f)
	if err != nil || len(s.walks) == 0 {
		return nil, 0, err
	}
	p := f.Page.bounded()
	if text := searchText(f.Search); text != "" {
		return db.foundOrders(ctx, f, s, text, p)
	}
	last := len(s.args) + 1
	total, err := 0, error(nil)
	if !p.Uncounted {
		err = db.read.QueryRowContext(ctx, `select count(*) from (`+s.first(last)+`) counted`, append(s.args[:last-1:last-1], p.enough())...).Scan(&total)
	}
	if err != nil || total == 0 && !p.Uncounted {
		return nil, 0, driverError(err)
	}
	sorted := SortedOrders
	if _, byAge := f.byAge(); byAge {
		sorted = p.Offset + p.Limit
	}
	where, args := ` where o.id in (`+s.first(last)+`)`, append(s.args[:last-1:last-1], sorted, p.Limit, p.Offset)
	if len(s.walks) == 1 && sorted == p.Offset+p.Limit {
		// One walk is the list itself.
		where, args = s.walks[0].clause(), append(s.args[:last-1:last-1], p.Limit, p.Offset)
		last--
	}
	columns, tables, scan := f.reads()
	orders, err := collect(ctx, db.read, scan, `select `+columns+` from `+tables+where+` order by `+f.order()+limitTo(last+1)+offsetBy(last+2), args...)
	return orders, total, err
}

// selection is the filter in SQL; it reads which products a brand has.
func (db *DB) selection(ctx context.Context, f OrderFilter) (selection, error) {
	var products []int64
	if f.Brand != "" {
		var err error
		if products, err = db.ids(ctx, `select id from product where brand = $1 order by id`, f.Brand); err != nil {
			return selection{}, err
		}
	}
	return f.selection(db.now(), products), nil
}

// ordersByID reads orders in the order of their ids.
func (db *DB) ordersByID(ctx context.Context, f OrderFilter, ids []int64) ([]Order, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	where, args := conditions{}, []any{}
	where.among(&args, "o.id", ids)
	columns, tables, scan := f.reads()
	orders, err := collect(ctx, db.read, scan, `select `+columns+` from `+tables+where.clause(), args...)
	if err != nil {
		return nil, err
	}
	at := make(map[int64]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	slices.SortFunc(orders, func(a, b Order) int { return at[a.ID] - at[b.ID] })
	return orders, nil
}

// searchText is what to look for: lower case, and names in foreign letters as the
// book keeps them (xn--…).
func searchText(typed string) string {
	text := strings.ToLower(strings.TrimSpace(typed))
	if ascii, err := idna.Punycode.ToASCII(text); err == nil {
		return ascii
	}
	return text
}

// EachOrder calls do with every order of a reseller that matches as it begins, each
// once, for an export; orders that come or move meanwhile shift nothing.
func (db *DB) EachOrder(ctx context.Context, resellerID int64, f OrderFilter, do func(Order) error) error {
	ids, err := db.orderIDs(ctx, resellerID, f)
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(ids, 200) {
		// No order is ever deleted, so the batch is whole.
		orders, err := db.ordersByID(ctx, f, batch)
		if err != nil {
			return err
		}
		for _, o := range orders {
			if err := do(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// Attention lists what needs a reseller now: its own move first, then domain
// owners', then certificates that run out, the first to end first. How many there
// are in all say OrderCounts: those that need the reseller and those that expire.
func (db *DB) Attention(ctx context.Context, resellerID int64, limit int) ([]Order, error) {
	now := db.now()
	const of = `o.reseller_id = $1 and `
	args := []any{resellerID, limit, now, now.AddDate(0, 0, ExpiringDays)}
	var orders []Order
	for _, part := range []struct {
		where, order string
		args         []any
	}{
		{of + `o.status = 'pending_configuration'`, "o.id desc", args[:2]},
		{of + `o.status = 'validation_pending' and o.vetting = false`, "o.id desc", args[:2]},
		{of + `o.status = 'pending'`, "o.id desc", args[:2]},
		{of + `o.status = 'completed' and o.certificate_until between $3 and $4`, "o.certificate_until, o.id", args},
	} {
		if len(orders) >= limit {
			break
		}
		some, err := collect(ctx, db.read, scanOrder, `select `+orderColumns+` from `+orderTables+` where `+part.where+` order by `+part.order+limitTo(2), part.args...)
		if err != nil {
			return nil, err
		}
		orders = append(orders, some...)
	}
	return orders[:min(limit, len(orders))], nil
}

// NamesProgress counts the names of an order's pending certificate and how many
// are verified.
func (db *DB) NamesProgress(ctx context.Context, orderID int64) (verified, all int, err error) {
	err = db.read.QueryRowContext(ctx, `select count(case when state = 'verified' then 1 end), count(*) from dcv
		where certificate_id = (select max(id) from certificate where order_id = $1)`, orderID).Scan(&verified, &all)
	return verified, all, driverError(err)
}

// monthStart is the first moment of the month of now, UTC.
func monthStart(now time.Time) time.Time {
	return time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
}
