package db

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"certbay/db/money"
)

// ImportedProduct is a product as an upstream sells it. Amounts are hundredths of
// Currency, which is the upstream's word and may be one that is not kept here.
type ImportedProduct struct {
	Code, Name, Brand string
	Kind              ProductKind
	Validation        string
	Currency          string
	Terms             []ImportedTerm // ascending
	SAN, WildcardSAN  ImportedSAN
	Methods           []string // of domain control
	WarrantyDollars   int64
	Cores             []string `json:",omitempty"` // licences: codes of what it can be turned into
}

// ImportedTerm is a length that is sold, and what it costs.
type ImportedTerm struct {
	Months    int
	CostCents int64
}

// ImportedSAN is how many further names a product takes, and what each costs for 12 months.
type ImportedSAN struct {
	Included, Max int
	CostCents     int64
}

// CostPerYear is the cost as an offer keeps it, for 12 months: that of the term
// which costs most by the month, rounded up, so that no term costs more than the
// book reckons.
func (p ImportedProduct) CostPerYear() int64 {
	most := int64(0)
	for _, t := range p.Terms {
		most = max(most, (t.CostCents*12+int64(t.Months)-1)/int64(t.Months))
	}
	return most
}

// problem says why no offer can be made of the product: code (or one that is too
// long), terms (none, or one that is out of range), currency (none that is kept
// here), cost (out of range). It is pure.
func (p ImportedProduct) problem() string {
	switch {
	case p.Code == "" || len([]rune(p.Code)) > MaxProductText:
		return "code"
	case len(p.Terms) == 0:
		return "terms"
	case !money.Currency(p.Currency).Valid():
		return "currency"
	}
	for _, t := range p.Terms {
		if t.Months < 1 || t.Months > MaxTermMonths {
			return "terms"
		}
		if t.CostCents < 0 || t.CostCents > MaxPriceCents {
			return "cost"
		}
	}
	return ""
}

// domainType is what names an order of the product has.
func (p ImportedProduct) domainType() string {
	switch p.Kind {
	case KindWildcard:
		return "wildcard"
	case KindMultiDomain:
		return "multi"
	case KindCodeSigning:
		return "none"
	case KindLicence:
		return "ip"
	}
	return "single"
}

// sheet is the product as it would stand in our catalog: capabilities are the
// upstream's, list prices so many basis points over cost at a rate, and prices of
// further names too, so that none is sold below what it costs.
func (p ImportedProduct) sheet(upstream string, rate Rate, markupBP int64) ProductSheet {
	s := ProductSheet{Product: Product{Brand: strings.TrimSpace(p.Brand), Name: strings.TrimSpace(p.Name), Kind: p.Kind, Validation: p.Validation, DomainType: p.domainType(),
		WarrantyCents: p.WarrantyDollars * 100, SANIncluded: p.SAN.Included, SANMax: p.SAN.Max,
		WildcardSANIncluded: p.WildcardSAN.Included, WildcardSANMax: p.WildcardSAN.Max, DCVMethods: p.Methods, Active: true}}
	if !s.HasDomain() {
		s.DCVMethods = nil
	}
	price := func(perYear int64, months int) int64 {
		return money.PercentBP(money.USD(termCost(perYear, months, rate)), 10_000+markupBP).Minor
	}
	for _, t := range p.Terms {
		s.Terms = append(s.Terms, Term{Months: t.Months, ListCents: price(p.CostPerYear(), t.Months),
			SANCents: price(p.SAN.CostCents, t.Months), WildcardSANCents: price(p.WildcardSAN.CostCents, t.Months)})
	}
	s.Offers = []OfferSheet{{Offer: p.offer(upstream), Rank: 1, Active: true}}
	return s
}

func (p ImportedProduct) offer(upstream string) Offer {
	return Offer{Upstream: upstream, ProductCode: p.Code, CostCents: p.CostPerYear(), Currency: money.Currency(p.Currency)}
}

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

// CompareProducts writes rows for products that an upstream sells, some at a time.
func (db *DB) CompareProducts(ctx context.Context, runID int64, products []ImportedProduct) error {
	return db.transact(ctx, func(t *tx) error {
		run, err := importRun(ctx, t, runID)
		if err != nil {
			return err
		}
		if run.State != ImportReading {
			return ErrStale
		}
		offers, err := upstreamOffers(ctx, t, run.Upstream)
		if err != nil {
			return err
		}
		like, err := readLookalikes(ctx, t)
		if err != nil {
			return err
		}
		for _, p := range products {
			if err := compareProduct(ctx, t, run, p, offers[p.Code], like); err != nil {
				return err
			}
		}
		return changed(ctx, t, `update import_run set compared = compared + $1 where id = $2`, len(products), runID)
	})
}

func compareProduct(ctx context.Context, t *tx, run ImportRun, p ImportedProduct, ours []upstreamOffer, like lookalikes) error {
	if len(ours) == 0 {
		return addRow(ctx, t, ImportRow{RunID: run.ID, Ref: p.Code, State: RowNew, Problem: p.problem(), ProductID: like.of(p), Product: p})
	}
	for _, o := range ours {
		row := ImportRow{RunID: run.ID, Ref: p.Code, OfferID: o.ID, State: RowSame, ProductID: o.product, Product: p, Before: o.OfferSheet}
		if row.Problem = p.problem(); row.Problem != "" || !o.Active || o.CostCents != p.CostPerYear() || string(o.Currency) != p.Currency {
			row.State = RowChanged
		}
		if err := addRow(ctx, t, row); err != nil {
			return err
		}
	}
	return nil
}

func addRow(ctx context.Context, t *tx, r ImportRow) error {
	before := ""
	if r.OfferID != 0 {
		before = jsonText(r.Before)
	}
	_, err := t.ExecContext(ctx, `insert into import_row (run_id, ref, offer_id, state, problem, product_id, data, before) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
		r.RunID, r.Ref, r.OfferID, r.State, r.Problem, idOrNull(r.ProductID), jsonText(r.Product), before)
	return err
}

// upstreamOffer is an offer at an upstream with its product.
type upstreamOffer struct {
	OfferSheet
	product int64
	kind    ProductKind
	name    string
	brand   string
}

// upstreamOffers are the offers at an upstream by its codes.
func upstreamOffers(ctx context.Context, q querier, upstream string) (map[string][]upstreamOffer, error) {
	list, err := collect(ctx, q, func(s scanner) (o upstreamOffer, err error) {
		return o, s.Scan(&o.ID, &o.Upstream, &o.ProductCode, &o.CostCents, &o.Currency, &o.Rank, &o.Active, &o.product, &o.kind, &o.name, &o.brand)
	}, `select f.id, f.upstream, f.product_code, f.cost_cents, f.currency, f.rank, f.active, f.product_id, p.kind, p.name, p.brand
		from offer f join product p on p.id = f.product_id where f.upstream = $1 order by f.id`, upstream)
	offers := map[string][]upstreamOffer{}
	for _, o := range list {
		offers[o.ProductCode] = append(offers[o.ProductCode], o)
	}
	return offers, err
}

// FinishCompare ends the reading of products: what is no longer sold there is added,
// and for a run of the night what is alarming is told to every administrator, once
// for as long as it stays the same. tell may be nil.
func (db *DB) FinishCompare(ctx context.Context, runID int64, tell func(r ImportRun, to Person) Mail) error {
	return db.transact(ctx, func(t *tx) error {
		run, err := importRun(ctx, t, runID)
		if err != nil {
			return err
		}
		if run.State != ImportReading {
			return ErrStale
		}
		gone, err := addGone(ctx, t, run)
		if err != nil {
			return err
		}
		below, err := db.belowAfter(ctx, t, run)
		if err != nil {
			return err
		}
		run.Gone, run.Below = len(gone), len(below)
		if run.Gone+run.Below > 0 {
			sum := sha256.Sum256([]byte(strings.Join(append(gone, below...), "\n")))
			run.Alarm = hex.EncodeToString(sum[:8])
		}
		last, err := one(ctx, t, scanRun, `select `+runColumns+` from import_run where upstream = $1 and what = 'products' and nightly = true and state = 'ready' and id < $2 order by id desc limit 1`, run.Upstream, run.ID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		told := last.Alarm == run.Alarm
		var seen any
		if told && run.Alarm != "" {
			seen = orNull(last.SeenAt)
		}
		if err := changed(ctx, t, `update import_run set state = 'ready', gone = $1, below = $2, alarm = $3, read_at = $4, seen_at = $5 where id = $6`, run.Gone, run.Below, run.Alarm, t.now, seen, run.ID); err != nil {
			return err
		}
		if !run.Nightly || run.Alarm == "" || told || tell == nil {
			return nil
		}
		people, err := admins(ctx, t)
		if err != nil {
			return err
		}
		for _, p := range people {
			if err := queueMail(ctx, t, tell(run, p)); err != nil {
				return err
			}
		}
		return nil
	})
}

// addGone writes a row for each active offer whose code was not among what was read.
func addGone(ctx context.Context, t *tx, run ImportRun) (words []string, err error) {
	offers, err := upstreamOffers(ctx, t, run.Upstream)
	if err != nil {
		return nil, err
	}
	read, err := collect(ctx, t, func(s scanner) (ref string, err error) { return ref, s.Scan(&ref) }, `select distinct ref from import_row where run_id = $1`, run.ID)
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, ref := range read {
		there[ref] = true
	}
	for code, list := range offers {
		for _, o := range list {
			if there[code] || !o.Active || run.Kind != "" && run.Kind != o.kind {
				continue
			}
			row := ImportRow{RunID: run.ID, Ref: code, OfferID: o.ID, State: RowGone, ProductID: o.product, Before: o.OfferSheet, Product: ImportedProduct{Code: code, Name: o.name, Brand: o.brand, Kind: o.kind}}
			if err := addRow(ctx, t, row); err != nil {
				return nil, err
			}
			words = append(words, fmt.Sprintf("gone %d", o.ID))
		}
	}
	slices.Sort(words)
	return words, nil
}

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
