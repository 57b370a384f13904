package db

import (
	"context"
	"strings"
)

// lookalikes are the products of the catalog by what they could be known by.
type lookalikes struct{ byName, byCode map[string]int64 }

func readLookalikes(ctx context.Context, q querier) (l lookalikes, err error) {
	l = lookalikes{map[string]int64{}, map[string]int64{}}
	products, err := collect(ctx, q, scanProduct, `select `+productColumns+` from product p order by p.id desc`)
	if err != nil {
		return l, err
	}
	sorts := map[int64]string{}
	for _, p := range products {
		sorts[p.ID] = sortOf(p.Kind, p.Validation, p.Brand)
		l.byName[sortOf(p.Kind, p.Validation, "")+plainName(p.Name)] = p.ID
	}
	type named struct {
		product int64
		code    string
	}
	offers, err := collect(ctx, q, func(s scanner) (o named, err error) { return o, s.Scan(&o.product, &o.code) }, `select product_id, product_code from offer order by id desc`)
	for _, o := range offers {
		l.byCode[sorts[o.product]+o.code] = o.product
	}
	return l, err
}

func sortOf(kind ProductKind, validation, brand string) string {
	return string(kind) + " " + validation + " " + plainName(brand) + " "
}

// plainName is a name without what sellers write differently.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '_' {
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// of is the product that a product there seems to be, of the same kind and
// validation: of its name, with or without the brand, or of its brand and a code
// that is more than a number; 0 when there is none. A product that is merely of the
// same brand and sort is another one: fulfilling the one with the other would be
// selling something else than was ordered.
func (l lookalikes) of(p ImportedProduct) int64 {
	sort := sortOf(p.Kind, p.Validation, "")
	bare := strings.TrimPrefix(plainName(p.Name), plainName(p.Brand))
	for _, name := range []string{plainName(p.Name), plainName(p.Brand) + bare, bare} {
		if id := l.byName[sort+name]; id != 0 && name != "" {
			return id
		}
	}
	if strings.Trim(p.Code, "0123456789") == "" {
		return 0
	}
	return l.byCode[sortOf(p.Kind, p.Validation, p.Brand)+p.Code]
}
