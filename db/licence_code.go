package db

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// LicenceCodes are what programs call the licence products, by product: made of
// the name ("cpanel_solo") and kept when that changes. No two are alike.
func (db *DB) LicenceCodes(ctx context.Context) (map[int64]string, error) {
	return licenceCodes(ctx, db.read)
}

func licenceCodes(ctx context.Context, q querier) (map[int64]string, error) {
	type row struct {
		id         int64
		name, code string
	}
	rows, err := collect(ctx, q, func(s scanner) (r row, err error) { return r, s.Scan(&r.id, &r.name, &r.code) },
		`select p.id, p.name, coalesce(c.code, '') from product p left join licence_code c on c.product_id = p.id where p.kind = 'licence' order by p.id`)
	if err != nil {
		return nil, err
	}
	codes, taken := map[int64]string{}, []string{}
	for _, r := range rows {
		if r.code != "" {
			codes[r.id], taken = r.code, append(taken, r.code)
		}
	}
	for _, r := range rows {
		if r.code != "" {
			continue
		}
		code := licenceCode(r.name)
		if code == "" || slices.Contains(taken, code) {
			code = strings.TrimPrefix(code+"_"+strconv.FormatInt(r.id, 10), "_")
		}
		codes[r.id], taken = code, append(taken, code)
	}
	return codes, nil
}

// licenceCode is a name in lower-case ASCII letters and digits, with _ between words.
func licenceCode(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') }), "_")
}

// keepLicenceCode writes down what programs call a product before its name changes.
func keepLicenceCode(ctx context.Context, t *tx, before, next Product) error {
	if before.Kind != KindLicence || before.Name == next.Name {
		return nil
	}
	codes, err := licenceCodes(ctx, t)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `insert into licence_code (product_id, code) values ($1, $2) on conflict do nothing`, before.ID, codes[before.ID])
	return err
}
