package db

import (
	"context"
	"fmt"
	"strings"
)

// conditions gathers the parts of a where clause of a filtered list.
type conditions struct{ parts []string }

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
		c.parts = append(c.parts, "1 = 0")
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

func limitTo(placeholder int) string  { return fmt.Sprintf(" limit $%d", placeholder) }
func offsetBy(placeholder int) string { return fmt.Sprintf(" offset $%d", placeholder) }

func (c conditions) clause() string {
	if len(c.parts) == 0 {
		return ""
	}
	return " where " + strings.Join(c.parts, " and ")
}

// list reads one page of a filtered list and counts the whole of it.
func list[T any](ctx context.Context, q querier, scan func(scanner) (T, error), columns, from string, where conditions, args []any, order string, p Page) ([]T, int, error) {
	p = p.bounded()
	var total int
	if err := q.QueryRowContext(ctx, `select count(*) from `+from+where.clause(), args...).Scan(&total); err != nil {
		return nil, 0, driverError(err)
	}
	if total == 0 {
		return nil, 0, nil
	}
	n := len(args)
	rows, err := collect(ctx, q, scan,
		fmt.Sprintf(`select %s from %s%s order by %s limit $%d offset $%d`, columns, from, where.clause(), order, n+1, n+2),
		append(args, p.Limit, p.Offset)...)
	return rows, total, err
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func likePrefix(s string) string { return likeEscaper.Replace(s) + "%" }
func likePart(s string) string   { return "%" + likeEscaper.Replace(s) + "%" }
