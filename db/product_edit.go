package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"certbay/db/money"
)

// Bounds of what an admin may enter about a product.
const (
	MaxProductText = 200  // characters of a name, a brand, a code
	MaxDescription = 4000 // characters
	MaxTermMonths  = 120
	MaxNames       = 1000 // additional names of one certificate
	MaxRank        = 99
)

// What a product's words may be. A product without domain control has no DCV method.
var (
	ProductKinds = []ProductKind{KindSSL, KindWildcard, KindMultiDomain, KindCodeSigning, KindLicence}
	Validations  = []string{"dv", "ov", "ev", ""}
	DomainTypes  = []string{"single", "multi", "wildcard", "ip", "none"}
	DCVMethods   = []string{"dns", "http", "https", "email"}
)

// OfferSheet is an offer as an admin edits it. ID 0 is a new one. The best rank
// (the lowest) of those that are active fulfils new orders.
type OfferSheet struct {
	ID int64
	Offer
	Rank   int // 1…MaxRank
	Active bool
}

// ProductSheet is all that an admin may change of a product.
type ProductSheet struct {
	Product // Terms with list and SAN prices, no group's
	Offers  []OfferSheet
	Ordered bool // orders of it exist: Kind, Validation and DomainType stay
}

// Digest names exactly what the sheet says, so that a change of one that
// somebody else changed meanwhile is noticed.
func (s ProductSheet) Digest() string {
	sum := sha256.Sum256([]byte(s.text()))
	return hex.EncodeToString(sum[:])
}

// text is the sheet as the audit says it.
func (s ProductSheet) text() string {
	s.Ordered, s.Product.NoRate = false, false
	s.Terms, s.Offers = append([]Term{}, s.Terms...), append([]OfferSheet{}, s.Offers...)
	s.DCVMethods = append([]string{}, s.DCVMethods...)
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // plain data
	}
	return string(text)
}

// Check says what is wrong with a sheet, in the order of its fields. It is pure.
// Codes: required, too_long, invalid, out_of_range, twice; the book adds taken (a
// name) and ordered (what stays once there are orders). Fields of the n-th term or
// offer end in "-n", from 0.
func (s ProductSheet) Check() []Problem {
	var problems []Problem
	refuse := func(bad bool, field, code string) {
		if bad {
			problems = append(problems, Problem{Field: field, Code: code})
		}
	}
	text := func(field, value string, limit int, needed bool) {
		refuse(needed && strings.TrimSpace(value) == "", field, "required")
		refuse(len([]rune(value)) > limit, field, "too_long")
	}
	between := func(field string, n, low, high int64) { refuse(n < low || n > high, field, "out_of_range") }

	text("brand", s.Brand, MaxProductText, true)
	text("name", s.Name, MaxProductText, true)
	refuse(!slices.Contains(ProductKinds, s.Kind), "kind", "invalid")
	certificate := s.Kind != KindLicence
	refuse(!slices.Contains(Validations, s.Validation) || certificate == (s.Validation == ""), "validation", "invalid")
	refuse(!slices.Contains(DomainTypes, s.DomainType), "domain_type", "invalid")
	between("warranty", s.WarrantyCents, 0, 1_000_000_000_00)
	text("description_tr", s.DescriptionTR, MaxDescription, false)
	text("description_en", s.DescriptionEN, MaxDescription, false)
	between("san_max", int64(s.SANMax), 0, MaxNames)
	between("san_included", int64(s.SANIncluded), 0, int64(s.SANMax))
	between("wildcard_san_max", int64(s.WildcardSANMax), 0, MaxNames)
	between("wildcard_san_included", int64(s.WildcardSANIncluded), 0, int64(s.WildcardSANMax))
	unknown := slices.ContainsFunc(s.DCVMethods, func(m string) bool { return !slices.Contains(DCVMethods, m) })
	refuse(unknown || s.HasDomain() != (len(s.DCVMethods) > 0), "dcv", "invalid")
	refuse(s.Kind == KindWildcard && len(s.DCVMethods) > 0 && len(s.MethodsFor("*.x")) == 0, "dcv", "invalid")

	refuse(len(s.Terms) == 0, "months-0", "required")
	lengths := map[int]bool{}
	for i, t := range s.Terms {
		field := func(name string) string { return fmt.Sprintf("%s-%d", name, i) }
		between(field("months"), int64(t.Months), 1, MaxTermMonths)
		refuse(lengths[t.Months], field("months"), "twice")
		lengths[t.Months] = true
		between(field("list"), t.ListCents, 0, MaxPriceCents)
		between(field("san"), t.SANCents, 0, MaxPriceCents)
		between(field("wildcard_san"), t.WildcardSANCents, 0, MaxPriceCents)
	}
	refuse(len(s.Offers) == 0, "upstream-0", "required")
	upstreams := map[string]bool{}
	for i, o := range s.Offers {
		field := func(name string) string { return fmt.Sprintf("%s-%d", name, i) }
		text(field("upstream"), o.Upstream, MaxProductText, true)
		refuse(upstreams[o.Upstream], field("upstream"), "twice")
		upstreams[o.Upstream] = true
		text(field("code"), o.ProductCode, MaxProductText, true)
		between(field("cost"), o.CostCents, 0, MaxPriceCents*100)
		refuse(!slices.Contains(money.Currencies, o.Currency), field("currency"), "invalid")
		between(field("rank"), int64(o.Rank), 1, MaxRank)
	}
	return problems
}

// stays says what of the sheet may not become what it is to be: what orders were
// placed on, and which upstream an offer means.
func (s ProductSheet) stays(next ProductSheet) []Problem {
	var problems []Problem
	if s.Ordered {
		for _, f := range []struct {
			name    string
			changed bool
		}{{"kind", s.Kind != next.Kind}, {"validation", s.Validation != next.Validation}, {"domain_type", s.DomainType != next.DomainType}} {
			if f.changed {
				problems = append(problems, Problem{Field: f.name, Code: "ordered"})
			}
		}
	}
	for i, o := range next.Offers {
		same := func(old OfferSheet) bool { return old.ID == o.ID && old.Upstream == o.Upstream }
		if o.ID != 0 && !slices.ContainsFunc(s.Offers, same) {
			problems = append(problems, Problem{Field: fmt.Sprintf("upstream-%d", i), Code: "ordered"})
		}
	}
	return problems
}

// ProductSheet reads a product as an admin edits it, sold or not. ErrNotFound.
func (db *DB) ProductSheet(ctx context.Context, id int64) (ProductSheet, error) {
	return productSheet(ctx, db.read, id)
}

func productSheet(ctx context.Context, q querier, id int64) (s ProductSheet, err error) {
	if s.Product, err = one(ctx, q, scanProduct, `select `+productColumns+` from product p where p.id = $1`, id); err != nil {
		return s, err
	}
	s.Terms, err = collect(ctx, q, func(r scanner) (t Term, err error) {
		return t, r.Scan(&t.Months, &t.ListCents, &t.SANCents, &t.WildcardSANCents)
	}, `select months, list_cents, san_cents, wildcard_san_cents from product_term where product_id = $1 order by months`, id)
	if err != nil {
		return s, err
	}
	s.Offers, err = collect(ctx, q, func(r scanner) (o OfferSheet, err error) {
		return o, r.Scan(&o.ID, &o.Upstream, &o.ProductCode, &o.CostCents, &o.Currency, &o.Rank, &o.Active)
	}, `select id, upstream, product_code, cost_cents, currency, rank, active from offer where product_id = $1 order by rank, id`, id)
	if err != nil {
		return s, err
	}
	return s, driverError(q.QueryRowContext(ctx, `select exists (select 1 from orders where product_id = $1)`, id).Scan(&s.Ordered))
}

// AddProduct adds a product. Nobody may buy it before a group has a price for it.
// Errors: *Rejected.
func (db *DB) AddProduct(ctx context.Context, by Actor, s ProductSheet) (int64, error) {
	for i := range s.Offers {
		s.Offers[i].ID = 0
	}
	if problems := s.Check(); problems != nil {
		return 0, &Rejected{Problems: problems}
	}
	var id int64
	err := db.transact(ctx, func(t *tx) (err error) {
		if err = nameFree(ctx, t, s.Name, 0); err != nil {
			return err
		}
		id, err = insert(ctx, t, `insert into product (brand, name, kind, validation, domain_type) values ($1, $2, $3, $4, $5) returning id`,
			s.Brand, s.Name, s.Kind, s.Validation, s.DomainType)
		if err != nil {
			return err
		}
		s.ID = id
		if err = writeSheet(ctx, t, ProductSheet{}, s); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "product.create", Object: object("product", id), After: s.text()})
	})
	return id, err
}

// ChangeProduct changes a product from what the digest of its sheet says. Terms
// that are left out are no longer sold, and the groups' prices of them are gone;
// offers are never removed, only closed. Existing orders and invoices keep their
// prices, costs and offers. Errors: *Rejected, ErrNotFound, ErrStale.
func (db *DB) ChangeProduct(ctx context.Context, by Actor, s ProductSheet, digest string) error {
	if problems := s.Check(); problems != nil {
		return &Rejected{Problems: problems}
	}
	return db.transact(ctx, func(t *tx) error {
		// Taken first, so that what is read below stays so.
		if _, err := t.ExecContext(ctx, `update product set active = active where id = $1`, s.ID); err != nil {
			return err
		}
		before, err := productSheet(ctx, t, s.ID)
		if err != nil {
			return err
		}
		if before.Digest() != digest {
			return ErrStale
		}
		if problems := before.stays(s); problems != nil {
			return &Rejected{Problems: problems}
		}
		if err := nameFree(ctx, t, s.Name, s.ID); err != nil {
			return err
		}
		if err := keepLicenceCode(ctx, t, before.Product, s.Product); err != nil {
			return err
		}
		if err := writeSheet(ctx, t, before, s); err != nil {
			return err
		}
		after, err := productSheet(ctx, t, s.ID)
		if err != nil || after.text() == before.text() {
			return err
		}
		return audit(ctx, t, by, Change{Action: "product.update", Object: object("product", s.ID), Before: before.text(), After: after.text()})
	})
}

func nameFree(ctx context.Context, q querier, name string, but int64) error {
	var taken bool
	err := q.QueryRowContext(ctx, `select exists (select 1 from product where name = $1 and id <> $2)`, name, but).Scan(&taken)
	if err == nil && taken {
		return &Rejected{Problems: []Problem{{Field: "name", Code: "taken"}}}
	}
	return driverError(err)
}

// writeSheet makes the rows of a product say what next says.
func writeSheet(ctx context.Context, t *tx, before, next ProductSheet) error {
	err := changed(ctx, t, `update product set brand = $2, name = $3, kind = $4, validation = $5, domain_type = $6, warranty_cents = $7, description_tr = $8,
		description_en = $9, san_included = $10, san_max = $11, wildcard_san_included = $12, wildcard_san_max = $13, dcv_methods = $14, active = $15 where id = $1`,
		next.ID, next.Brand, next.Name, next.Kind, next.Validation, next.DomainType, next.WarrantyCents, next.DescriptionTR, next.DescriptionEN,
		next.SANIncluded, next.SANMax, next.WildcardSANIncluded, next.WildcardSANMax, strings.Join(next.DCVMethods, " "), next.Active)
	if err != nil {
		return err
	}
	for _, term := range before.Terms {
		if _, kept := next.Term(term.Months); kept {
			continue
		}
		for _, table := range []string{"group_price", "product_term"} {
			if _, err := t.ExecContext(ctx, `delete from `+table+` where product_id = $1 and months = $2`, next.ID, term.Months); err != nil {
				return err
			}
		}
	}
	for _, term := range next.Terms {
		_, err := t.ExecContext(ctx, `insert into product_term (product_id, months, list_cents, san_cents, wildcard_san_cents) values ($1, $2, $3, $4, $5)
			on conflict (product_id, months) do update set list_cents = excluded.list_cents, san_cents = excluded.san_cents, wildcard_san_cents = excluded.wildcard_san_cents`,
			next.ID, term.Months, term.ListCents, term.SANCents, term.WildcardSANCents)
		if err != nil {
			return err
		}
	}
	for _, o := range next.Offers {
		_, err := t.ExecContext(ctx, `insert into offer (product_id, upstream, product_code, cost_cents, currency, rank, active) values ($1, $2, $3, $4, $5, $6, $7)
			on conflict (product_id, upstream) do update set product_code = excluded.product_code, cost_cents = excluded.cost_cents, currency = excluded.currency, rank = excluded.rank, active = excluded.active`,
			next.ID, o.Upstream, o.ProductCode, o.CostCents, o.Currency, o.Rank, o.Active)
		if err != nil {
			return err
		}
	}
	return nil
}

// ProductSummary is a product as the operator's list shows it.
type ProductSummary struct {
	Product
	Offers int // active ones
	Groups int // that have a price for it
}

// ProductSummaries lists every product, sold or not, by brand and name.
func (db *DB) ProductSummaries(ctx context.Context, f ProductFilter) ([]ProductSummary, error) {
	where, args := conditions{}, []any{}
	where.add(&args, f.Brand != "", "p.brand = ?", f.Brand)
	where.add(&args, f.Kind != "", "p.kind = ?", f.Kind)
	where.add(&args, f.Validation != "", "p.validation = ?", f.Validation)
	return collect(ctx, db.read, func(r scanner) (s ProductSummary, err error) {
		return s, r.Scan(&s.ID, &s.Brand, &s.Name, &s.Kind, &s.Validation, &s.Active, &s.Offers, &s.Groups)
	}, `select p.id, p.brand, p.name, p.kind, p.validation, p.active,
		(select count(*) from offer o where o.product_id = p.id and o.active = true),
		(select count(distinct g.group_id) from group_price g where g.product_id = p.id) from product p`+where.clause()+` order by p.brand, p.name`, args...)
}

// AllBrands lists the brands of every product.
func (db *DB) AllBrands(ctx context.Context) ([]string, error) {
	return collect(ctx, db.read, func(s scanner) (b string, err error) { return b, s.Scan(&b) }, `select distinct brand from product order by brand`)
}
