package db

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"certbay/db/money"
)

// Product is something sold, with what it is able to do. Forms and APIs read the
// capabilities; nothing is guessed from the name.
type Product struct {
	ID                  int64
	Brand               string
	Name                string
	Kind                ProductKind
	Validation          string // dv, ov, ev; empty for licences
	DomainType          string // single, multi, wildcard, none, ip
	WarrantyCents       int64
	DescriptionTR       string
	DescriptionEN       string
	SANIncluded         int // additional names without a further charge
	SANMax              int // additional names in all; 0: none are sold
	WildcardSANIncluded int
	WildcardSANMax      int
	DCVMethods          []string // of email, http, https, dns; empty: no domain control
	Active              bool
	Terms               []Term // ascending by Months
	NoRate              bool   // its price can't be told now (ErrNoRate): it carries no terms
}

// ProductKind is what sort of thing a product is; the words of the DATASSL API.
type ProductKind string

const (
	KindSSL         ProductKind = "ssl"
	KindWildcard    ProductKind = "wildcard"
	KindMultiDomain ProductKind = "multi-domain"
	KindCodeSigning ProductKind = "code-signing"
	KindLicence     ProductKind = "licence"
)

// Term is a length a product is sold for, in months. Prices are USD cents for
// the whole term; GroupCents is the reseller's own price, 0 where prices of a
// group were not asked for.
type Term struct {
	Months           int
	ListCents        int64
	SANCents         int64 // one additional name
	WildcardSANCents int64 // one additional wildcard name
	GroupCents       int64

	cost cost // what GroupCents was reckoned from
}

// Term finds the term of a length.
func (p Product) Term(months int) (Term, bool) {
	for _, t := range p.Terms {
		if t.Months == months {
			return t, true
		}
	}
	return Term{}, false
}

// HasDomain says whether orders of the product name a domain and prove it.
func (p Product) HasDomain() bool { return p.Kind != KindCodeSigning && p.Kind != KindLicence }

// NeedsOrganisation says whether the CA vets a company for it.
func (p Product) NeedsOrganisation() bool { return p.Validation == "ov" || p.Validation == "ev" }

// MethodsFor lists the DCV methods that may be chosen for a name of an order of
// this product: files never prove a wildcard name (BR 3.2.2.4.18).
func (p Product) MethodsFor(name string) []string {
	if !strings.HasPrefix(name, "*.") {
		return p.DCVMethods
	}
	return slices.DeleteFunc(slices.Clone(p.DCVMethods), func(m string) bool { return m == "http" || m == "https" })
}

// ProductFilter narrows the catalog; zero fields don't filter.
type ProductFilter struct {
	Brand      string
	Kind       ProductKind
	Validation string
}

const productColumns = `p.id, p.brand, p.name, p.kind, p.validation, p.domain_type, p.warranty_cents, p.description_tr, p.description_en,
	p.san_included, p.san_max, p.wildcard_san_included, p.wildcard_san_max, p.dcv_methods, p.active`

func scanProduct(s scanner) (p Product, err error) {
	var methods string
	err = s.Scan(&p.ID, &p.Brand, &p.Name, &p.Kind, &p.Validation, &p.DomainType, &p.WarrantyCents, &p.DescriptionTR, &p.DescriptionEN,
		&p.SANIncluded, &p.SANMax, &p.WildcardSANIncluded, &p.WildcardSANMax, &methods, &p.Active)
	p.DCVMethods = strings.Fields(methods)
	return p, err
}

// Products lists what a reseller's group may buy, by brand and name, with its
// prices. ErrForbidden when the reseller is in no group.
func (db *DB) Products(ctx context.Context, resellerID int64, f ProductFilter) ([]Product, error) {
	where, args := conditions{parts: []string{"r.id = $1"}}, []any{resellerID}
	where.add(&args, f.Brand != "", "p.brand = ?", f.Brand)
	where.add(&args, f.Kind != "", "p.kind = ?", f.Kind)
	where.add(&args, f.Validation != "", "p.validation = ?", f.Validation)
	products, err := db.sold(ctx, db.read, where, args)
	if err == nil && len(products) == 0 {
		err = inGroup(ctx, db.read, resellerID)
	}
	return products, err
}

// Brands lists the brands a reseller's group may buy.
func (db *DB) Brands(ctx context.Context, resellerID int64) ([]string, error) {
	return collect(ctx, db.read, func(s scanner) (b string, err error) { return b, s.Scan(&b) },
		`select distinct p.brand from product p join group_price g on g.product_id = p.id join reseller r on r.group_id = g.group_id
		 where r.id = $1 and p.active = true order by p.brand`, resellerID)
}

// Product finds a product that the reseller's group may buy; ErrNotFound for any
// other, ErrForbidden when the reseller is in no group, ErrNoRate when its price
// can't be told now.
func (db *DB) Product(ctx context.Context, resellerID, id int64) (Product, error) {
	return db.product(ctx, db.read, resellerID, id)
}

func (db *DB) product(ctx context.Context, q querier, resellerID, id int64) (Product, error) {
	products, err := db.sold(ctx, q, conditions{parts: []string{"r.id = $1", "p.id = $2"}}, []any{resellerID, id})
	switch {
	case err != nil:
		return Product{}, err
	case len(products) == 0:
		if err := inGroup(ctx, q, resellerID); err != nil {
			return Product{}, err
		}
		return Product{}, ErrNotFound
	case products[0].NoRate:
		return products[0], ErrNoRate
	}
	return products[0], nil
}

// OrderedProduct reads the product of an order, whether or not it is still sold.
// It carries no prices.
func (db *DB) OrderedProduct(ctx context.Context, id int64) (Product, error) {
	return one(ctx, db.read, scanProduct, `select `+productColumns+` from product p where p.id = $1`, id)
}

// inGroup answers ErrForbidden when the reseller is in no group.
func inGroup(ctx context.Context, q querier, resellerID int64) error {
	var group int64
	err := q.QueryRowContext(ctx, `select coalesce(group_id, 0) from reseller where id = $1`, resellerID).Scan(&group)
	if err == nil && group == 0 {
		return ErrForbidden
	}
	return driverError(err)
}

// Offer says which upstream can fulfil a product, and at what cost.
type Offer struct {
	Upstream    string
	ProductCode string
	CostCents   int64          // for 12 months, in hundredths of Currency
	Currency    money.Currency // empty: USD
}

// CreateProduct adds a product with its terms and the offer that fulfils it.
func (db *DB) CreateProduct(ctx context.Context, by Actor, p Product, o Offer) (int64, error) {
	var id int64
	err := db.transact(ctx, func(t *tx) (err error) {
		id, err = insert(ctx, t, `insert into product (brand, name, kind, validation, domain_type, warranty_cents, description_tr, description_en,
			san_included, san_max, wildcard_san_included, wildcard_san_max, dcv_methods, active)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, true) returning id`,
			p.Brand, p.Name, p.Kind, p.Validation, p.DomainType, p.WarrantyCents, p.DescriptionTR, p.DescriptionEN,
			p.SANIncluded, p.SANMax, p.WildcardSANIncluded, p.WildcardSANMax, strings.Join(p.DCVMethods, " "))
		if err != nil {
			return err
		}
		for _, term := range p.Terms {
			_, err = t.ExecContext(ctx, `insert into product_term (product_id, months, list_cents, san_cents, wildcard_san_cents) values ($1, $2, $3, $4, $5)`,
				id, term.Months, term.ListCents, term.SANCents, term.WildcardSANCents)
			if err != nil {
				return err
			}
		}
		_, err = t.ExecContext(ctx, `insert into offer (product_id, upstream, product_code, cost_cents, currency) values ($1, $2, $3, $4, $5)`,
			id, o.Upstream, o.ProductCode, o.CostCents, cmp.Or(o.Currency, money.CurrencyUSD))
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "product.create", Object: object("product", id), After: p.Name})
	})
	return id, err
}
