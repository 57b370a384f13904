package sandbox

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"certbay/db/certs"
	"certbay/providers"
)

// pageSize is how many orders a page of the list holds.
const pageSize = 100

// Orders lists every order by its id.
func (ca *CA) Orders(ctx context.Context, cursor string) (list []providers.Order, next string, err error) {
	after := int64(0)
	if cursor != "" {
		if after, err = strconv.ParseInt(cursor, 10, 64); err != nil {
			return nil, "", providers.Refuse("", "this is no place in the list: "+cursor)
		}
	}
	rows, err := ca.db.QueryContext(ctx, `select o.id, o.reference, coalesce(l.product, o.product), coalesce(n.name, ''), coalesce(l.ip, o.ip), o.state,
			coalesce(l.suspended, 0), o.created_at, coalesce(l.ends_at, o.term_ends_at), coalesce(c.not_before, 0), coalesce(c.not_after, 0)
		from upstream_order o
		left join licence l on l.order_id = o.id
		left join certificate c on c.id = (select max(id) from certificate where order_id = o.id)
		left join name n on n.position = 0 and n.request_id = (select max(id) from request where order_id = o.id and state <> 'dropped')
		where o.id > $1 order by o.id limit $2`, after, pageSize+1)
	if err != nil {
		return nil, "", failed(ctx, err)
	}
	list, last, err := ca.summaries(rows)
	if err != nil {
		return nil, "", failed(ctx, err)
	}
	if len(list) > pageSize {
		list, next = list[:pageSize], strconv.FormatInt(last, 10)
	}
	return list, next, nil
}

// summaries reads the rows; last is the id of the last one that belongs to the page.
func (ca *CA) summaries(rows *sql.Rows) (list []providers.Order, last int64, err error) {
	defer rows.Close()
	for rows.Next() {
		var id, placed, ends, from, till int64
		var state string
		var suspended bool
		var o providers.Order
		if err := rows.Scan(&id, &o.Reference, &o.ProductCode, &o.Domain, &o.IP, &state, &suspended, &placed, &ends, &from, &till); err != nil {
			return nil, 0, err
		}
		if suspended && state == string(providers.StateIssued) {
			state = string(providers.StateSuspended)
		}
		p, _ := ca.product(o.ProductCode)
		o.UpstreamID, o.ProductName, o.State, o.Word = upstreamID(id), p.Name, providers.State(state), state
		o.PlacedAt, o.TermEndsAt, o.ValidFrom, o.ValidTill = moment(placed), moment(ends), moment(from), moment(till)
		list = append(list, o)
		if len(list) <= pageSize {
			last = id
		}
	}
	return list, last, rows.Err()
}

// ApproverEmails lists the five mailboxes at the name's domain and at each one above it.
func (ca *CA) ApproverEmails(ctx context.Context, productCode, domain string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, failed(ctx, err)
	}
	p, ok := ca.product(productCode)
	if !ok {
		return nil, providers.Refuse("product", "there is no product "+strconv.Quote(productCode))
	}
	n, err := certs.NormalizeName(domain)
	if err != nil {
		return nil, providers.Refuse("names", strconv.Quote(domain)+" is not a name that can be certified")
	}
	if len(p.Methods) == 0 {
		return nil, providers.Refuse("product", p.Name+" needs no domain control")
	}
	n = strings.TrimPrefix(n, "*.")
	var list []string
	for base := certs.BaseDomain(n); ; {
		for _, box := range approvers {
			list = append(list, box+"@"+n)
		}
		_, above, _ := strings.Cut(n, ".")
		if n == base || len(above) < len(base) {
			return list, nil
		}
		n = above
	}
}

// Probe looks whether the CA's memory answers.
func (ca *CA) Probe(ctx context.Context) error { return failed(ctx, ca.db.PingContext(ctx)) }
