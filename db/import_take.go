package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"certbay/db/money"
)

// RowWish is what shall become of a row of products: As is "create" (a product of its
// own), "link" (a further offer of Product), "cost" (our offer costs what it costs
// there now, and is sold) or "off" (our offer is closed).
type RowWish struct {
	Row     int64
	As      string
	Product int64
}

// wishes says what may become of a row.
func (r ImportRow) wishes() []string {
	switch r.State {
	case RowNew:
		return []string{"create", "link"}
	case RowChanged:
		return []string{"cost"}
	case RowGone:
		return []string{"off"}
	}
	return nil
}

// Default is what a row becomes when nobody says otherwise; As "" is nothing.
func (r ImportRow) Default() RowWish {
	w := RowWish{Row: r.ID}
	switch {
	case r.Problem != "" || r.Wish != "":
	case r.State == RowNew && r.ProductID != 0:
		w.As, w.Product = "link", r.ProductID
	case r.State == RowNew:
		w.As = "create"
	case r.State == RowChanged:
		w.As = "cost"
	}
	return w
}

// TakeProducts chooses rows of a run to be taken into the catalog, by a job. Every
// offer must be as the preview said. Errors: ErrStale (an offer has changed since,
// the run is still read, or a row was chosen before), ErrInvalid (a wish that the
// row can't have), ErrNotFound.
func (db *DB) TakeProducts(ctx context.Context, by Actor, runID int64, markupBP int64, wishes []RowWish) error {
	if markupBP < 0 || markupBP > MaxMarginBP || len(wishes) == 0 {
		return fmt.Errorf("import: %w", ErrInvalid)
	}
	return db.transact(ctx, func(t *tx) error {
		run, err := importRun(ctx, t, runID)
		if err != nil {
			return err
		}
		if run.What != ImportProducts || run.State != ImportReady {
			return ErrStale
		}
		offers, err := upstreamOffers(ctx, t, run.Upstream)
		if err != nil {
			return err
		}
		for _, w := range wishes {
			row, err := one(ctx, t, scanImportRow(run.What), `select `+rowColumns+` from import_row where id = $1 and run_id = $2`, w.Row, run.ID)
			if err != nil {
				return err
			}
			if !slices.Contains(row.wishes(), w.As) || row.Problem != "" && w.As != "off" || (w.As == "link") != (w.Product != 0) {
				return fmt.Errorf("row %d as %.20q: %w", row.ID, w.As, ErrInvalid)
			}
			if !unchanged(row, offers[row.Ref]) {
				return ErrStale
			}
			if err := changed(ctx, t, `update import_row set wish = $1, wish_product = $2 where id = $3 and wish = ''`, w.As, idOrNull(w.Product), w.Row); err != nil {
				return err
			}
		}
		if err := changed(ctx, t, `update import_run set markup_bp = $1 where id = $2`, markupBP, run.ID); err != nil {
			return err
		}
		return beginTaking(ctx, t, by, run.ID)
	})
}

// unchanged says whether the offers of a row's code are as the row was compared with.
func unchanged(row ImportRow, ours []upstreamOffer) bool {
	if row.OfferID == 0 {
		return len(ours) == 0
	}
	return slices.ContainsFunc(ours, func(o upstreamOffer) bool { return o.OfferSheet == row.Before })
}

// TakeProduct takes a chosen row into the catalog, with its audit. What can't be
// taken is noted at the row: that the offer changed since, or in words why not.
func (db *DB) TakeProduct(ctx context.Context, run ImportRun, row ImportRow) error {
	err := db.transact(ctx, func(t *tx) error {
		if err := endRow(ctx, t, row, "taken", "", 0); err != nil {
			return err
		}
		offers, err := upstreamOffers(ctx, t, run.Upstream)
		if err != nil {
			return err
		}
		if !unchanged(row, offers[row.Ref]) {
			return errRowStale
		}
		id, before := row.WishProduct, ProductSheet{}
		if row.OfferID != 0 {
			id = row.ProductID
		}
		if row.Wish == "create" {
			return db.takeNew(ctx, t, run, row)
		}
		if err := changed(ctx, t, `update product set active = active where id = $1`, id); err != nil {
			return err
		}
		if before, err = productSheet(ctx, t, id); err != nil {
			return err
		}
		next := before
		next.Offers = slices.Clone(before.Offers)
		switch row.Wish {
		case "cost", "off":
			at := slices.IndexFunc(next.Offers, func(o OfferSheet) bool { return o.ID == row.OfferID })
			if at < 0 {
				return errRowStale
			}
			next.Offers[at].Active = row.Wish == "cost"
			if row.Wish == "cost" {
				next.Offers[at].CostCents, next.Offers[at].Currency = row.Product.CostPerYear(), money.Currency(row.Product.Currency)
			}
		case "link":
			if before.Kind != row.Product.Kind || before.Validation != row.Product.Validation {
				return &Rejected{Problems: []Problem{{Field: "product", Code: "import_kind", Name: before.Name}}}
			}
			if next.Offers, err = linked(ctx, t, run, row, before); err != nil {
				return err
			}
		}
		if problems := next.Check(); problems != nil {
			return &Rejected{Problems: problems}
		}
		if err := writeSheet(ctx, t, before, next); err != nil {
			return err
		}
		after, err := productSheet(ctx, t, id)
		if err != nil {
			return err
		}
		return audit(ctx, t, run.By, Change{Action: "import.take", Object: object("product", id), Before: before.text(), After: after.text()})
	})
	return db.settleRow(ctx, row, err)
}

// linked are a product's offers with one for the row: a further one that comes after
// the others, or the upstream's own, where what that named is no longer sold there.
func linked(ctx context.Context, t *tx, run ImportRun, row ImportRow, p ProductSheet) ([]OfferSheet, error) {
	offers, rank := slices.Clone(p.Offers), 0
	for _, o := range offers {
		rank = max(rank, o.Rank)
	}
	at := slices.IndexFunc(offers, func(o OfferSheet) bool { return o.Upstream == run.Upstream })
	if at < 0 {
		return append(offers, OfferSheet{Offer: row.Product.offer(run.Upstream), Rank: min(rank+1, MaxRank), Active: true}), nil
	}
	var gone bool
	err := t.QueryRowContext(ctx, `select exists (select 1 from import_row where run_id = $1 and ref = $2 and offer_id = $3 and state = 'gone')`, run.ID, offers[at].ProductCode, offers[at].ID).Scan(&gone)
	if err != nil {
		return nil, driverError(err)
	}
	if !gone {
		return nil, &Rejected{Problems: []Problem{{Field: "product", Code: "import_offered", Name: p.Name}}}
	}
	offers[at].Offer, offers[at].Active = row.Product.offer(run.Upstream), true
	return offers, nil
}

// takeNew makes a product of a row. Nobody may buy it before a group has a price.
func (db *DB) takeNew(ctx context.Context, t *tx, run ImportRun, row ImportRow) error {
	rates, err := db.usableRates(ctx, t)
	if err != nil {
		return err
	}
	rate, ok := rates[money.Currency(row.Product.Currency)]
	if !ok {
		return &Rejected{Problems: []Problem{{Field: "currency", Code: "import_rate", Name: row.Product.Currency}}}
	}
	s := row.Product.sheet(run.Upstream, rate, run.MarkupBP)
	if problems := s.Check(); problems != nil {
		return &Rejected{Problems: problems}
	}
	if err := nameFree(ctx, t, s.Name, 0); err != nil {
		return err
	}
	if s.ID, err = insert(ctx, t, `insert into product (brand, name, kind, validation, domain_type) values ($1, $2, $3, $4, $5) returning id`,
		s.Brand, s.Name, s.Kind, s.Validation, s.DomainType); err != nil {
		return err
	}
	if err := writeSheet(ctx, t, ProductSheet{}, s); err != nil {
		return err
	}
	if err := changed(ctx, t, `update import_row set product_id = $1 where id = $2`, s.ID, row.ID); err != nil {
		return err
	}
	return audit(ctx, t, run.By, Change{Action: "import.take", Object: object("product", s.ID), After: s.text()})
}

// errRowStale says that what a row was compared with has changed.
var errRowStale = fmt.Errorf("the offer: %w", ErrStale)

// settleRow notes at a row why it was not taken; other errors are the caller's.
func (db *DB) settleRow(ctx context.Context, row ImportRow, err error) error {
	var refused *Rejected
	switch {
	case errors.Is(err, errRowStale):
		return db.transact(ctx, func(t *tx) error { return endRow(ctx, t, row, "stale", "", 0) })
	case errors.As(err, &refused):
		p := refused.Problems[0]
		return db.RefuseRow(ctx, row, p.Code+":"+cmp.Or(p.Name, p.Field))
	case errors.Is(err, ErrStale):
		return nil // another hand has taken it
	}
	return err
}

// EveryWish are the rows of a run in a state that can be taken as they are: new ones
// as what they seem to be, changed ones unless a price would fall below cost.
func (db *DB) EveryWish(ctx context.Context, run ImportRun, state RowState) (wishes []RowWish, err error) {
	b, err := db.importBook(ctx, db.read)
	if err != nil {
		return nil, err
	}
	last := int64(0)
	for {
		rows, err := collect(ctx, db.read, scanImportRow(run.What), `select `+rowColumns+` from import_row where run_id = $1 and state = $2 and id > $3 order by id`+limitTo(4), run.ID, state, last, 200)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			last = row.ID
			w := row.Default()
			if w.As != "" && !slices.ContainsFunc(b.prices(run, row), ImportPrice.Below) {
				wishes = append(wishes, w)
			}
		}
		if len(rows) < 200 {
			return wishes, nil
		}
	}
}
