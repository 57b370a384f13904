package db

import (
	"fmt"
	"slices"
	"strings"
	"time"
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
	Certificates   bool   // leave licences out; EachOrder and OrdersPage only
	Brief          bool   // read of each order only what a list shows, see reads
	Lean           bool   // read of each order what was bought and what became of it, but nothing of people
	Page

	own bool // the list is a reseller's, who knows whose its orders are
}

// OrderSorts are the columns that a list may be sorted by. Of a list of more than
// SortedOrders the newest that many are sorted.
var OrderSorts = map[string]string{
	"ordered": "o.id", "domain": "o.domain", "product": "p.name", "status": "o.status",
	"until": "o.certificate_until", "total": "o.total_cents",
}

// SortedOrders is how many orders a list sorts by another column than their age.
const SortedOrders = 10_000

// CountedTo is how far the orders that the filter lets through are counted.
func (f OrderFilter) CountedTo() int {
	if searchText(f.Search) != "" {
		return CountedFound
	}
	return Counted
}

// enough is one order more than is counted of a list.
func (f OrderFilter) enough(p Page) int { return max(f.CountedTo(), p.Offset+p.Limit) + 1 }

// byAge says whether the list is in the order that the indexes have, and which way.
func (f OrderFilter) byAge() (direction string, yes bool) {
	column := strings.TrimPrefix(f.Sort, "-")
	switch {
	case f.Sort == "ordered":
		return "", true
	case OrderSorts[column] == "" || column == "ordered":
		return " desc", true
	}
	return " desc", false
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

// A branch is the part of a list whose orders stand in one stretch of an index.
type branch struct {
	status Status // "" is any
	also   string // a further condition on o
}

// branches are what the filter's view and status let through together.
func (f OrderFilter) branches() []branch {
	var view []branch
	switch f.View {
	case ViewNeedsMe:
		view = []branch{{StatusPending, ""}, {StatusPendingConfiguration, ""}, {StatusValidationPending, "o.vetting = false"}}
	case ViewProof:
		view = []branch{{StatusValidationPending, "o.vetting = false"}}
	case ViewWaiting:
		view = []branch{{StatusProcessing, ""}, {StatusValidationPending, ""}}
	case ViewActive, ViewExpiring:
		view = []branch{{StatusCompleted, ""}}
	case ViewCancelled:
		view = []branch{{StatusCancelled, ""}, {StatusExpired, ""}}
	case ViewReview:
		view = []branch{{"", "o.fulfilment in ('unsure', 'refused') and o.status <> 'cancelled'"}}
	default:
		view = []branch{{}}
	}
	status := f.Status
	if f.expiring() > 0 {
		if status != "" && status != StatusCompleted {
			return nil
		}
		status = StatusCompleted
	}
	if status == "" {
		return view
	}
	var both []branch
	for _, b := range view {
		if b.status == "" || b.status == status {
			both = append(both, branch{status, b.also})
		}
	}
	return both
}

// expiring is within how many days the certificate must end; 0 is whenever.
func (f OrderFilter) expiring() int {
	if f.View == ViewExpiring && (f.ExpiringWithin <= 0 || f.ExpiringWithin > ExpiringDays) {
		return ExpiringDays
	}
	return max(0, f.ExpiringWithin)
}

// selection is a filter in SQL but for its search: conditions on o (orders), each
// a walk along an index by the age of the orders.
type selection struct {
	walks     []conditions
	args      []any
	key       string // what the walks are sorted by
	direction string // " desc": the newest order first
}

// selection turns the filter into the walks that find its orders. A brand is the
// products it has.
func (f OrderFilter) selection(now time.Time, products []int64) selection {
	s := selection{key: "o.id"}
	s.direction, _ = f.byAge()
	var common conditions
	branches := f.branches()
	switch {
	case f.ResellerID == 0:
		common.add(&s.args, true, "o.id > ?", 0)
	case f.View == ViewReview:
		// Few orders are in that queue; the sum keeps the many of the reseller out of it.
		common.add(&s.args, true, "o.reseller_id + 0 = ?", f.ResellerID)
	default:
		common.add(&s.args, true, "o.reseller_id = ?", f.ResellerID)
	}
	if days := f.expiring(); days > 0 {
		// By their end these orders are few, and found by another index than by age.
		s.key = "o.id + 0"
		common.add(&s.args, true, "o.certificate_until between ? and ?", now, now.AddDate(0, 0, days))
	}
	if f.Reference != "" {
		s.key = "o.id + 0" // as few, and by an index of their own
		common.add(&s.args, true, "o.reference = ? and o.reference <> ''", f.Reference)
	}
	if f.Brand != "" && len(branches) == 1 && branches[0] == (branch{}) {
		branches = nil // the index by product goes on with the status
		for _, status := range Statuses {
			branches = append(branches, branch{status: status})
		}
	}
	if f.Brand == "" {
		products = []int64{0}
	}
	for _, b := range branches {
		for _, product := range products {
			where := conditions{parts: slices.Clone(common.parts)}
			// Said in the query itself, and not as values, so that partial indexes serve.
			if product != 0 {
				where.parts = append(where.parts, fmt.Sprintf("o.product_id = %d", product))
			}
			if b.status != "" && slices.Contains(Statuses, b.status) {
				where.parts = append(where.parts, "o.status = '"+string(b.status)+"'")
			}
			if b.also != "" {
				where.parts = append(where.parts, b.also)
			}
			s.walks = append(s.walks, where)
		}
	}
	return s
}

// and narrows every walk further.
func (s selection) and(condition string, values ...any) selection {
	walks := s.walks
	s.walks, s.args = nil, slices.Clone(s.args)
	var further conditions
	further.add(&s.args, true, condition, values...)
	for _, w := range walks {
		s.walks = append(s.walks, conditions{parts: append(slices.Clone(w.parts), further.parts...)})
	}
	return s
}

// first is a query of the ids of a selection, which is not empty, that come first, in no order
// and at most as many as a placeholder says.
func (s selection) first(limit int) string {
	parts := make([]string, len(s.walks))
	for i, walk := range s.walks {
		parts[i] = `select o.id from orders o` + walk.clause() + ` order by ` + s.key + s.direction + limitTo(limit)
	}
	if len(parts) == 1 {
		return parts[0]
	}
	for i, part := range parts {
		parts[i] = fmt.Sprintf(`select b%d.id from (%s) b%d`, i, part, i)
	}
	return `select m.id from (` + strings.Join(parts, ` union all `) + `) m order by m.id` + s.direction + limitTo(limit)
}

// textMatch says that an order has the text, as likePart has it, in a name or a
// number; the placeholder is used for all of them. It is added to, because SQLite
// plans a query with a mere value there anew each time.
const textMatch = `(o.domain like ? || '' escape '\' or lower(o.number) like ? || '' escape '\'
	or exists (select 1 from order_name n where n.order_id = o.id and n.name like ? || '' escape '\')
	or exists (select 1 from invoice i where i.order_id = o.id and lower(i.number) like ? || '' escape '\'))`

func (s selection) withText(text string) selection {
	part := likePart(text)
	return s.and(textMatch, part, part, part, part)
}
