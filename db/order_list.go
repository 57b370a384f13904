package db

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// OrderView is a ready-made filter of the orders page.
type OrderView string

const (
	ViewAll       OrderView = ""
	ViewNeedsMe   OrderView = "needs_me"  // the reseller's or the domain owner's move
	ViewProof     OrderView = "proof"     // the domain owner's move alone
	ViewWaiting   OrderView = "waiting"   // ours or the upstream's move, or the domain owner's
	ViewActive    OrderView = "active"    // issued, term running
	ViewExpiring  OrderView = "expiring"  // certificate ends within ExpiringDays
	ViewCancelled OrderView = "cancelled" // cancelled or expired
	ViewReview    OrderView = "review"    // unsure or refused; the operator's queue
)

// OrderViews lists the views of a reseller's orders page, in its order.
var OrderViews = []OrderView{ViewAll, ViewNeedsMe, ViewWaiting, ViewActive, ViewExpiring, ViewCancelled}

// ExpiringDays is how early a certificate that ends is brought to notice.
const ExpiringDays = 30

// OrderFilter narrows a list of orders; zero fields don't filter.
type OrderFilter struct {
	View           OrderView
	Status         Status
	Brand          string
	Search         string // part of a domain, an order number or an invoice number
	ExpiringWithin int    // days
	Reference      string // the whole of what a program calls its order
	ResellerID     int64  // the operator's lists only
	Sort           string // one of OrderSorts; "-" in front turns it round
	Page
}

// OrderSorts are the columns that a list may be sorted by.
var OrderSorts = map[string]string{
	"ordered": "o.id", "domain": "o.domain", "product": "p.name", "status": "o.status",
	"until": "o.certificate_until", "total": "o.total_cents",
}

// Orders lists a reseller's orders, newest first unless sorted otherwise, and
// counts all that match.
func (db *DB) Orders(ctx context.Context, resellerID int64, f OrderFilter) ([]Order, int, error) {
	f.ResellerID = resellerID
	return db.orders(ctx, f)
}

// AllOrders is Orders over every reseller; for the operator.
func (db *DB) AllOrders(ctx context.Context, f OrderFilter) ([]Order, int, error) {
	return db.orders(ctx, f)
}

func (db *DB) orders(ctx context.Context, f OrderFilter) ([]Order, int, error) {
	where, args := db.orderConditions(f)
	return list(ctx, db.read, scanOrder, orderColumns, orderTables, where, args, f.order(), f.Page)
}

// order is the filter's sorting in SQL, the newest order first among equals.
func (f OrderFilter) order() string {
	column, descending := strings.CutPrefix(f.Sort, "-")
	sorted, ok := OrderSorts[column]
	switch {
	case !ok:
		return "o.id desc"
	case descending:
		sorted += " desc"
	}
	return sorted + ", o.id desc"
}

func (db *DB) orderConditions(f OrderFilter) (conditions, []any) {
	where, args := conditions{}, []any{}
	now := db.now()
	where.add(&args, f.ResellerID != 0, "o.reseller_id = ?", f.ResellerID)
	where.add(&args, f.Status != "", "o.status = ?", f.Status)
	where.add(&args, f.Reference != "", "o.reference = ? and o.reference <> ''", f.Reference)
	where.add(&args, f.Brand != "", "p.brand = ?", f.Brand)
	if search := searchText(f.Search); search != "" {
		where.add(&args, true, `(o.domain like ? escape '\' or lower(o.number) like ? escape '\'
			or exists (select 1 from order_name n where n.order_id = o.id and n.name like ? escape '\')
			or exists (select 1 from invoice i where i.order_id = o.id and lower(i.number) like ? escape '\'))`,
			likePart(search), likePart(search), likePart(search), likePart(search))
	}
	where.add(&args, f.ExpiringWithin > 0, "o.status = 'completed' and o.certificate_until between ? and ?", now, now.AddDate(0, 0, f.ExpiringWithin))
	switch f.View {
	case ViewNeedsMe:
		where.add(&args, true, "(o.status in ('pending', 'pending_configuration') or o.status = 'validation_pending' and o.vetting = false)")
	case ViewProof:
		where.add(&args, true, "o.status = 'validation_pending' and o.vetting = false")
	case ViewWaiting:
		where.add(&args, true, "o.status in ('processing', 'validation_pending')")
	case ViewActive:
		where.add(&args, true, "o.status = 'completed'")
	case ViewExpiring:
		where.add(&args, true, "o.status = 'completed' and o.certificate_until between ? and ?", now, now.AddDate(0, 0, ExpiringDays))
	case ViewCancelled:
		where.add(&args, true, "o.status in ('cancelled', 'expired')")
	case ViewReview:
		where.add(&args, true, "o.fulfilment in ('unsure', 'refused') and o.status <> 'cancelled'")
	}
	return where, args
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

// OrderCounts counts a reseller's orders in each view.
func (db *DB) OrderCounts(ctx context.Context, resellerID int64) (map[OrderView]int, error) {
	counts := map[OrderView]int{}
	for _, view := range OrderViews {
		where, args := db.orderConditions(OrderFilter{ResellerID: resellerID, View: view})
		var n int
		if err := db.read.QueryRowContext(ctx, `select count(*) from orders o`+where.clause(), args...).Scan(&n); err != nil {
			return nil, driverError(err)
		}
		counts[view] = n
	}
	return counts, nil
}

// EachOrder calls do with every order of a reseller that matches as it begins, each
// once, for an export; orders that come or move meanwhile shift nothing.
func (db *DB) EachOrder(ctx context.Context, resellerID int64, f OrderFilter, do func(Order) error) error {
	f.ResellerID = resellerID
	where, args := db.orderConditions(f)
	ids, err := collect(ctx, db.read, func(s scanner) (id int64, err error) { return id, s.Scan(&id) },
		`select o.id from `+orderTables+where.clause()+` order by `+f.order(), args...)
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(ids, 200) {
		where, args = conditions{}, nil
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(batch)), ", ")
		values := make([]any, len(batch))
		for i, id := range batch {
			values[i] = id
		}
		where.add(&args, true, "o.id in ("+marks+")", values...)
		orders, err := collect(ctx, db.read, scanOrder, `select `+orderColumns+` from `+orderTables+where.clause(), args...)
		if err != nil {
			return err
		}
		// No order is ever deleted, so the batch is whole.
		slices.SortFunc(orders, func(a, b Order) int { return slices.Index(batch, a.ID) - slices.Index(batch, b.ID) })
		for _, o := range orders {
			if err := do(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// Attention lists what needs a reseller now: its own move first, then domain
// owners', then certificates that run out.
func (db *DB) Attention(ctx context.Context, resellerID int64, limit int) ([]Order, int, error) {
	now := db.now()
	where := conditions{parts: []string{`o.reseller_id = $1 and (o.status in ('pending', 'pending_configuration')
		or o.status = 'validation_pending' and o.vetting = false or o.status = 'completed' and o.certificate_until between $2 and $3)`}}
	return list(ctx, db.read, scanOrder, orderColumns, orderTables, where, []any{resellerID, now, now.AddDate(0, 0, ExpiringDays)},
		`case o.status when 'pending_configuration' then 0 when 'validation_pending' then 1 when 'pending' then 2 else 3 end, o.id desc`, Page{Limit: limit})
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
