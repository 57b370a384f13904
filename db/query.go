package db

import (
	"context"
	"fmt"
	"strings"
)

const (
	// Counted is how far a list is counted. A longer one answers a total beyond its
	// count, see Page.More.
	Counted = 1000
	// CountedFound is how far what a search finds is counted: each is looked at.
	CountedFound = 200
	// MaxOffset is how deep pages go; what lies below is found by a filter or an export.
	MaxOffset = 10_000
)

// Page is one page of a list: rows from Offset, at most Limit. Beside it a list
// answers how many rows there are in all, counted up to Counted or to the end of
// the page, whichever is further.
type Page struct {
	Limit     int
	Offset    int
	Uncounted bool // the caller needs no total; it is answered as 0
}

// More says that a list's total stands for more rows than were counted.
func (p Page) More(total int) bool { return total >= p.bounded().enough() }

// enough is one row more than a page counts.
func (p Page) enough() int { return max(Counted, p.Offset+p.Limit) + 1 }

func (p Page) bounded() Page {
	if p.Limit <= 0 || p.Limit > 200 {
		p.Limit = 50
	}
	p.Offset = min(max(p.Offset, 0), MaxOffset)
	return p
}

// conditions gathers the parts of a where clause of a filtered list.
type conditions struct {
	parts []string
	about string // the only table they speak of, where the list joins further ones
}

// add appends a condition when use is true; each ? in it becomes the next
// numbered placeholder for values.
func (c *conditions) add(args *[]any, use bool, condition string, values ...any) {
	if !use {
		return
	}
	for _, v := range values {
		*args = append(*args, v)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(*args)), 1)
	}
	c.parts = append(c.parts, condition)
}

// among appends a condition that the column is one of the ids; of none, nothing is.
func (c *conditions) among(args *[]any, column string, ids []int64) {
	if len(ids) == 0 {
		c.parts = append(c.parts, column+" < 0") // no id is
		return
	}
	values := make([]any, len(ids))
	for i, id := range ids {
		values[i] = id
	}
	c.add(args, true, column+" in ("+strings.Repeat("?, ", len(ids)-1)+"?)", values...)
}

// tuples are the placeholders of so many rows to insert: ($1, $2), ($3, $4).
func tuples(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	return b.String() + ")"
}

// limitTo takes its number from a sum, because SQLite plans a query that is limited
// by a value alone anew each time it is bound, which takes longer than most queries.
func limitTo(placeholder int) string  { return fmt.Sprintf(" limit ($%d + 0)", placeholder) }
func offsetBy(placeholder int) string { return fmt.Sprintf(" offset ($%d + 0)", placeholder) }

func (c conditions) clause() string {
	if len(c.parts) == 0 {
		return ""
	}
	return " where " + strings.Join(c.parts, " and ")
}

// list reads one page of a filtered list and counts it as Page says.
func list[T any](ctx context.Context, q querier, scan func(scanner) (T, error), columns, from string, where conditions, args []any, order string, p Page) ([]T, int, error) {
	p = p.bounded()
	table := from
	if where.about != "" {
		table = where.about
	}
	total, err := count(ctx, q, `select 1 from `+table+where.clause(), args, p)
	if err != nil || total == 0 && !p.Uncounted {
		return nil, 0, err
	}
	n := len(args)
	rows, err := collect(ctx, q, scan,
		`select `+columns+` from `+from+where.clause()+` order by `+order+limitTo(n+1)+offsetBy(n+2),
		append(args[:n:n], p.Limit, p.Offset)...)
	return rows, total, err
}

// count counts a query's rows as far as the page says.
func count(ctx context.Context, q querier, query string, args []any, p Page) (total int, err error) {
	if p.Uncounted {
		return 0, nil
	}
	n := len(args)
	err = q.QueryRowContext(ctx, `select count(*) from (`+query+limitTo(n+1)+`) counted`, append(args[:n:n], p.enough())...).Scan(&total)
	return total, driverError(err)
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func likePrefix(s string) string { return likeEscaper.Replace(s) + "%" }
func likePart(s string) string   { return "%" + likeEscaper.Replace(s) + "%" }
