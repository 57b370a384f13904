package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"certbay/db/money"
)

// PriceKind says how a group's price of a term is found.
type PriceKind string

const (
	NotSold     PriceKind = ""       // the group does not buy the term
	FixedPrice  PriceKind = "fixed"  // so many cents
	MarginPrice PriceKind = "margin" // the cost and so many basis points of it
)

// Bounds of what an admin may enter.
const (
	MaxPriceCents = 100_000_000
	MaxMarginBP   = 100_000 // ten times the cost on top
)

// PriceRule is a group's price of a term.
type PriceRule struct {
	Kind     PriceKind
	Cents    int64  // FixedPrice: USD cents for the whole term
	MarginBP int64  // MarginPrice: basis points over cost, 2500 is 25 %
	Reason   string // FixedPrice: why it may be below cost; empty: it may not
}

// Price is what the rule makes of a cost, USD cents. It is pure. A margin is
// rounded half up on the line (the whole term), so it is never below cost.
func (r PriceRule) Price(costCents int64) int64 {
	if r.Kind == MarginPrice {
		return money.PercentBP(money.USD(costCents), 10_000+r.MarginBP).Minor
	}
	return r.Cents
}

// String is the rule as the audit says it.
func (r PriceRule) String() string {
	switch r.Kind {
	case FixedPrice:
		if r.Reason != "" {
			return cents2(r.Cents) + " USD, below cost allowed: " + r.Reason
		}
		return cents2(r.Cents) + " USD"
	case MarginPrice:
		return fmt.Sprintf("cost + %s %%", money.USD(r.MarginBP).Decimal())
	}
	return "not sold"
}

// at is the term as the group buys it. A list price below the group's own would
// be no list price: it is shown as the group's.
func (t Term) at(r PriceRule, c cost) Term {
	t.GroupCents, t.cost = r.Price(c.cents), c
	t.ListCents = max(t.ListCents, t.GroupCents)
	return t
}

type groupPrice struct {
	product int64
	Term
	rule PriceRule
}

const groupPriceColumns = `t.product_id, t.months, t.list_cents, t.san_cents, t.wildcard_san_cents, g.cents, g.below_cost_reason, g.margin_bp`

func (r *groupPrice) fields() []any {
	return []any{&r.product, &r.Months, &r.ListCents, &r.SANCents, &r.WildcardSANCents, &r.rule.Cents, &r.rule.Reason, marginOf{&r.rule}}
}

// marginOf scans a rule's margin, the last of its columns; null is a fixed price.
type marginOf struct{ rule *PriceRule }

func (m marginOf) Scan(src any) error {
	var margin sql.NullInt64
	if err := margin.Scan(src); err != nil {
		return err
	}
	m.rule.Kind = FixedPrice
	if margin.Valid {
		*m.rule = PriceRule{Kind: MarginPrice, MarginBP: margin.Int64}
	}
	return nil
}

// groupPrices lists a group's prices of a product (0: of all), not yet reckoned.
func groupPrices(ctx context.Context, q querier, group, product int64) ([]groupPrice, error) {
	where, args := conditions{}, []any{group}
	where.parts = append(where.parts, "g.group_id = $1")
	where.add(&args, product != 0, "g.product_id = ?", product)
	return collect(ctx, q, func(s scanner) (r groupPrice, err error) { return r, s.Scan(r.fields()...) },
		`select `+groupPriceColumns+` from group_price g join product_term t on t.product_id = g.product_id and t.months = g.months`+where.clause()+
			` order by t.product_id, t.months`, args...)
}

// PriceRow is a term of a product as the price table of a group shows it.
type PriceRow struct {
	ProductID int64
	Brand     string
	Product   string
	Kind      ProductKind
	Active    bool // the product is sold at all
	Months    int
	ListCents int64
	Rule      PriceRule
	CostCents int64
	NoRate    bool  // the cost can't be told now, nor a price that follows it
	Cents     int64 // what the group pays; 0 where it is NotSold or can't be told
}

// BelowCost says whether the group pays less than the term costs.
func (r PriceRow) BelowCost() bool {
	return r.Rule.Kind != NotSold && !r.NoRate && r.Cents < r.CostCents
}

// PriceTable lists every term of every product with a group's price of it, by
// brand, product and months. ErrNotFound when the group is not there.
func (db *DB) PriceTable(ctx context.Context, groupID int64) ([]PriceRow, error) {
	if _, err := db.Group(ctx, groupID); err != nil {
		return nil, err
	}
	return db.priceTable(ctx, db.read, groupID, 0)
}

// priceTable is PriceTable of one product, or of all (0).
func (db *DB) priceTable(ctx context.Context, q querier, groupID, product int64) ([]PriceRow, error) {
	where, args := conditions{}, []any{}
	where.add(&args, product != 0, "p.id = ?", product)
	rows, err := collect(ctx, q, func(s scanner) (r PriceRow, err error) {
		return r, s.Scan(&r.ProductID, &r.Brand, &r.Product, &r.Kind, &r.Active, &r.Months, &r.ListCents)
	}, `select p.id, p.brand, p.name, p.kind, p.active, t.months, t.list_cents from product p join product_term t on t.product_id = p.id`+
		where.clause()+` order by p.brand, p.name, p.id, t.months`, args...)
	if err != nil {
		return nil, err
	}
	prices, err := groupPrices(ctx, q, groupID, product)
	if err != nil {
		return nil, err
	}
	type key struct {
		product int64
		months  int
	}
	rules := map[key]PriceRule{}
	for _, g := range prices {
		rules[key{g.product, g.Months}] = g.rule
	}
	costs, err := db.costs(ctx, q, product)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		rows[i].reckon(rules[key{rows[i].ProductID, rows[i].Months}], costs)
	}
	return rows, nil
}

func (r *PriceRow) reckon(rule PriceRule, c costs) {
	known, err := c.of(r.ProductID, r.Months)
	r.Rule, r.CostCents, r.NoRate, r.Cents = rule, known.cents, err != nil, 0
	if rule.Kind == FixedPrice || rule.Kind == MarginPrice && !r.NoRate {
		r.Cents = rule.Price(known.cents)
	}
}

// PriceChange is a price of a group to be.
type PriceChange struct {
	ProductID int64
	Months    int
	Rule      PriceRule
}

// PricePlan is what a PriceChange would do. Problem is why it is refused:
// unknown (no such term), invalid (out of bounds), below_cost, no_rate (a fixed
// price can't be held against its cost), or empty.
type PricePlan struct {
	PriceRow // as it would be
	Before   PriceRow
	Problem  string
}

// Changes says whether the plan changes anything.
func (p PricePlan) Changes() bool { return p.Problem == "" && p.Rule != p.Before.Rule }

// PlansDigest names exactly what plans would do, so that what was shown and what
// is done are the same.
func PlansDigest(plans []PricePlan) string {
	sum := sha256.New()
	for _, p := range plans {
		fmt.Fprintf(sum, "%d %d %q %q %q\n", p.ProductID, p.Months, p.Before.Rule, p.Rule, p.Problem)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// PlanPrices says what changes of a group's prices would do, one plan for each.
func (db *DB) PlanPrices(ctx context.Context, groupID int64, changes []PriceChange) ([]PricePlan, error) {
	return db.planPrices(ctx, db.read, groupID, changes)
}

func (db *DB) planPrices(ctx context.Context, q querier, groupID int64, changes []PriceChange) ([]PricePlan, error) {
	if _, err := group(ctx, q, groupID); err != nil {
		return nil, err
	}
	var only int64
	for i, c := range changes {
		if only = c.ProductID; i > 0 && only != changes[i-1].ProductID {
			only = 0
			break
		}
	}
	rows, err := db.priceTable(ctx, q, groupID, only)
	if err != nil {
		return nil, err
	}
	costs, err := db.costs(ctx, q, only)
	if err != nil {
		return nil, err
	}
	plans := make([]PricePlan, 0, len(changes))
	for _, c := range changes {
		plan := PricePlan{PriceRow: PriceRow{ProductID: c.ProductID, Months: c.Months, Rule: c.Rule}, Problem: "unknown"}
		for _, r := range rows {
			if r.ProductID == c.ProductID && r.Months == c.Months {
				plan.Before, plan.PriceRow = r, r
				plan.reckon(c.Rule.tidy(), costs)
				plan.Problem = plan.problem()
				break
			}
		}
		plans = append(plans, plan)
	}
	return plans, nil
}

// tidy drops what does not belong to the rule's kind.
func (r PriceRule) tidy() PriceRule {
	switch r.Kind {
	case FixedPrice:
		return PriceRule{Kind: FixedPrice, Cents: r.Cents, Reason: strings.TrimSpace(r.Reason)}
	case MarginPrice:
		return PriceRule{Kind: MarginPrice, MarginBP: r.MarginBP}
	}
	return PriceRule{Kind: r.Kind}
}

func (p PricePlan) problem() string {
	switch {
	case p.Rule.Kind == NotSold:
		return ""
	case p.Rule.Kind == MarginPrice:
		if p.Rule.MarginBP < 0 || p.Rule.MarginBP > MaxMarginBP {
			return "invalid"
		}
		return ""
	case p.Rule.Kind != FixedPrice, p.Rule.Cents < 0, p.Rule.Cents > MaxPriceCents, len(p.Rule.Reason) > 1000:
		return "invalid"
	case p.Rule.Reason != "", p.Rule == p.Before.Rule:
		return ""
	case p.NoRate:
		return "no_rate"
	case p.BelowCost():
		return "below_cost"
	}
	return ""
}

// PricesRefused are plans of which at least one has a Problem; nothing changed.
type PricesRefused struct{ Plans []PricePlan }

func (e *PricesRefused) Error() string {
	for _, p := range e.Plans {
		if p.Problem != "" {
			return fmt.Sprintf("price of product %d, %d months: %s", p.ProductID, p.Months, p.Problem)
		}
	}
	return "prices refused"
}

// SetPrices changes a group's prices, all or none; existing orders and invoices
// keep theirs. Errors: *PricesRefused, ErrNotFound (the group).
func (db *DB) SetPrices(ctx context.Context, by Actor, groupID int64, changes []PriceChange) error {
	return db.transact(ctx, func(t *tx) error {
		plans, err := db.planPrices(ctx, t, groupID, changes)
		if err != nil {
			return err
		}
		for _, p := range plans {
			if p.Problem != "" {
				return &PricesRefused{plans}
			}
		}
		return applyPrices(ctx, t, by, groupID, plans)
	})
}

// ApplyPlanned does those of the changes that are not refused, exactly as they
// were shown: ErrStale when the plans are no longer those of the digest.
func (db *DB) ApplyPlanned(ctx context.Context, by Actor, groupID int64, changes []PriceChange, digest string) error {
	return db.transact(ctx, func(t *tx) error {
		plans, err := db.planPrices(ctx, t, groupID, changes)
		if err != nil {
			return err
		}
		if PlansDigest(plans) != digest {
			return ErrStale
		}
		return applyPrices(ctx, t, by, groupID, plans)
	})
}

func applyPrices(ctx context.Context, t *tx, by Actor, groupID int64, plans []PricePlan) error {
	var done []PricePlan
	for _, p := range plans {
		if !p.Changes() {
			continue
		}
		var err error
		if p.Rule.Kind == NotSold {
			_, err = t.ExecContext(ctx, `delete from group_price where group_id = $1 and product_id = $2 and months = $3`, groupID, p.ProductID, p.Months)
		} else {
			var margin any
			if p.Rule.Kind == MarginPrice {
				margin = p.Rule.MarginBP
			}
			_, err = t.ExecContext(ctx, `insert into group_price (group_id, product_id, months, cents, margin_bp, below_cost_reason) values ($1, $2, $3, $4, $5, $6)
				on conflict (group_id, product_id, months) do update set cents = excluded.cents, margin_bp = excluded.margin_bp, below_cost_reason = excluded.below_cost_reason`,
				groupID, p.ProductID, p.Months, p.Rule.Cents, margin, p.Rule.Reason)
		}
		if err != nil {
			return err
		}
		done = append(done, p)
	}
	for _, p := range done { // after the prices, because the audit waits for other writers
		err := audit(ctx, t, by, Change{Action: "price.set", Object: object("group", groupID),
			Before: fmt.Sprintf("product %d, %d months: %s", p.ProductID, p.Months, p.Before.Rule),
			After:  fmt.Sprintf("product %d, %d months: %s", p.ProductID, p.Months, p.Rule)})
		if err != nil {
			return err
		}
	}
	return nil
}

// SetGroupPrice sets a fixed price of a term, USD cents. Errors: ErrNotFound (the
// term or the group), ErrInvalid, ErrNoRate, *PricesRefused (below cost).
func (db *DB) SetGroupPrice(ctx context.Context, by Actor, groupID, productID int64, months int, cents int64) error {
	err := db.SetPrices(ctx, by, groupID, []PriceChange{{productID, months, PriceRule{Kind: FixedPrice, Cents: cents}}})
	var refused *PricesRefused
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Plans[0].Problem {
	case "unknown":
		return ErrNotFound
	case "invalid":
		return ErrInvalid
	case "no_rate":
		return ErrNoRate
	}
	return err
}

// PricesBelowCost counts the prices of active products that are below today's
// cost though nobody allowed it: fixed ones that the cost has overtaken. It reads
// each product's prices once, however many groups share them.
func (db *DB) PricesBelowCost(ctx context.Context) (int, error) {
	type fixed struct {
		product int64
		months  int
		cents   int64
		groups  int
	}
	prices, err := collect(ctx, db.read, func(s scanner) (f fixed, err error) {
		return f, s.Scan(&f.product, &f.months, &f.cents, &f.groups)
	}, `select g.product_id, g.months, g.cents, count(*) from group_price g join product p on p.id = g.product_id
		where p.active = true and g.margin_bp is null and g.below_cost_reason = '' group by g.product_id, g.months, g.cents`)
	if err != nil || len(prices) == 0 {
		return 0, err
	}
	costs, err := db.costs(ctx, db.read, 0)
	n := 0
	for _, f := range prices {
		if cost, unknown := costs.of(f.product, f.months); unknown == nil && f.cents < cost.cents {
			n += f.groups
		}
	}
	return n, err
}
