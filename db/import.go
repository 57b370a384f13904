package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Jobs of imports; subject: the run.
const (
	JobImportRead JobKind = "import_read" // read what the upstream has and compare it
	JobImportTake JobKind = "import_take" // take what was chosen into the book
)

// ImportWhat is what an import reads.
type ImportWhat string

const (
	ImportProducts ImportWhat = "products" // what is sold there, and what it costs
	ImportOrders   ImportWhat = "orders"   // what was ordered there
)

// ImportState is where a run stands.
type ImportState string

const (
	ImportReading ImportState = "reading"
	ImportReady   ImportState = "ready"
	ImportFailed  ImportState = "failed"
)

// RowState is what a row of an import is beside the book.
type RowState string

const (
	RowNew     RowState = "new"     // not in the book
	RowChanged RowState = "changed" // products: costs something else, or is sold again
	RowSame    RowState = "same"    // products: as in the book
	RowGone    RowState = "gone"    // products: no longer sold there
	RowKnown   RowState = "known"   // orders: in the book already
)

// RowStates lists them in the order pages show them.
var RowStates = map[ImportWhat][]RowState{
	ImportProducts: {RowChanged, RowNew, RowGone, RowSame},
	ImportOrders:   {RowNew, RowKnown},
}

// importsKept is how long a run can be looked at.
const importsKept = 30 * 24 * time.Hour

// ImportRun is one reading of an upstream. Nothing of it is in the book's catalog or
// among its orders until a person takes a row.
//
// A run of the night takes nothing either, not even a changed cost: a cost is a
// fact, but with a margin it is every group's price of tomorrow, and a slip of an
// upstream (a lost digit, another currency) would sell at it for hours before
// anybody is awake. What the old cost makes of the price meanwhile is what was
// agreed. So the night only says what a person should look at.
type ImportRun struct {
	ID        int64
	Upstream  string
	What      ImportWhat
	Kind      ProductKind // of products; "" every kind
	Nightly   bool
	State     ImportState
	Place     string // orders: where the next page begins
	Total     int    // rows to compare; 0 while that is not known
	Compared  int
	Below     int // prices of groups that would fall below cost
	Gone      int // offers that are no longer sold there
	Alarm     string
	SeenAt    time.Time
	Error     string // why it failed
	MarkupBP  int64
	By        Actor
	CreatedAt time.Time
	ReadAt    time.Time
	TakenAt   time.Time
}

const runColumns = `id, upstream, what, kind, nightly, state, place, total, compared, below, gone, alarm, seen_at, error, markup_bp, actor, created_at, read_at, taken_at`

func scanRun(s scanner) (r ImportRun, err error) {
	var by string
	err = s.Scan(&r.ID, &r.Upstream, &r.What, &r.Kind, &r.Nightly, &r.State, &r.Place, &r.Total, &r.Compared, &r.Below, &r.Gone, &r.Alarm,
		moment{&r.SeenAt}, &r.Error, &r.MarkupBP, &by, moment{&r.CreatedAt}, moment{&r.ReadAt}, moment{&r.TakenAt})
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal([]byte(by), &r.By)
}

// jsonText writes plain data.
func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // structs of text and numbers
	}
	return string(text)
}

// StartImport begins a run and queues its reading. ErrInvalid for a kind that no
// product has, ErrStale while the same is being read.
func (db *DB) StartImport(ctx context.Context, by Actor, upstream string, what ImportWhat, kind ProductKind) (id int64, err error) {
	if upstream == "" || RowStates[what] == nil || kind != "" && !productKind(kind) || what == ImportOrders && kind != "" {
		return 0, fmt.Errorf("import: %w", ErrInvalid)
	}
	err = db.transact(ctx, func(t *tx) error {
		var busy int
		if err := t.QueryRowContext(ctx, `select count(*) from import_run where upstream = $1 and what = $2 and kind = $3 and state = 'reading'`, upstream, what, kind).Scan(&busy); err != nil {
			return err
		}
		if busy > 0 {
			return ErrStale
		}
		if id, err = startImport(ctx, t, by, upstream, what, kind, false, t.now); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "import.read", Object: object("import", id), After: string(what) + " of " + upstream + " " + string(kind)})
	})
	return id, err
}

func productKind(kind ProductKind) bool {
	for _, k := range ProductKinds {
		if k == kind {
			return true
		}
	}
	return false
}

func startImport(ctx context.Context, t *tx, by Actor, upstream string, what ImportWhat, kind ProductKind, nightly bool, at time.Time) (int64, error) {
	id, err := insert(ctx, t, `insert into import_run (upstream, what, kind, nightly, state, actor, created_at) values ($1, $2, $3, $4, 'reading', $5, $6) returning id`,
		upstream, what, kind, nightly, jsonText(by), t.now)
	if err == nil {
		_, err = enqueue(ctx, t, JobImportRead, id, nil, at)
	}
	return id, err
}

// ImportRun finds a run; ErrNotFound.
func (db *DB) ImportRun(ctx context.Context, id int64) (ImportRun, error) {
	return importRun(ctx, db.read, id)
}

func importRun(ctx context.Context, q querier, id int64) (ImportRun, error) {
	return one(ctx, q, scanRun, `select `+runColumns+` from import_run where id = $1`, id)
}

// ImportRuns lists the runs, the newest first.
func (db *DB) ImportRuns(ctx context.Context, p Page) ([]ImportRun, int, error) {
	return list(ctx, db.read, scanRun, runColumns, "import_run", conditions{}, nil, "id desc", p)
}

// setImportPlace notes how far the reading of orders is.
func setImportPlace(ctx context.Context, t *tx, id int64, next string, compared int) error {
	return changed(ctx, t, `update import_run set place = $1, compared = compared + $2, total = 0 where id = $3 and state = 'reading'`, next, compared, id)
}

// SetImportTotal notes how many rows there are to compare, from the first on.
func (db *DB) SetImportTotal(ctx context.Context, id int64, total int) error {
	return db.transact(ctx, func(t *tx) error {
		if _, err := t.ExecContext(ctx, `delete from import_row where run_id = $1`, id); err != nil {
			return err
		}
		return changed(ctx, t, `update import_run set total = $1, compared = 0 where id = $2 and state = 'reading'`, total, id)
	})
}

// FailImport ends a run that could not read its upstream, in words.
func (db *DB) FailImport(ctx context.Context, id int64, words string) error {
	return db.transact(ctx, func(t *tx) error {
		return changed(ctx, t, `update import_run set state = 'failed', error = $1, read_at = $2 where id = $3 and state = 'reading'`, words, t.now, id)
	})
}

// RowCounts says how many rows of a run there are.
type RowCounts struct {
	States  map[RowState]int
	Problem int // of them, those that can't be taken
	Wanted  int // chosen and not tried yet
	Taken   int
	Stale   int // chosen, and changed since
	Refused int
}

// ImportCounts counts the rows of a run.
func (db *DB) ImportCounts(ctx context.Context, runID int64) (RowCounts, error) {
	c := RowCounts{States: map[RowState]int{}}
	type group struct {
		state   RowState
		n, hurt int
	}
	groups, err := collect(ctx, db.read, func(s scanner) (g group, err error) { return g, s.Scan(&g.state, &g.n, &g.hurt) },
		`select state, count(*), sum(case when problem <> '' then 1 else 0 end) from import_row where run_id = $1 group by state`, runID)
	if err != nil {
		return c, err
	}
	for _, g := range groups {
		c.States[g.state], c.Problem = g.n, c.Problem+g.hurt
	}
	err = driverError(db.read.QueryRowContext(ctx, `select count(case when result = '' then 1 end), count(case when result = 'taken' then 1 end),
		count(case when result = 'stale' then 1 end), count(case when result = 'refused' then 1 end) from import_row where run_id = $1 and wish <> ''`, runID).
		Scan(&c.Wanted, &c.Taken, &c.Stale, &c.Refused))
	return c, err
}

// ImportRow is one thing that an upstream has or no longer has.
type ImportRow struct {
	ID        int64
	RunID     int64
	Ref       string // a product's code there, an order's id there
	OfferID   int64  // 0: none of ours
	State     RowState
	Problem   string // why it can't be taken, see ImportProblems; "" it can
	ProductID int64  // ours that it is, or seems to be; 0 none
	OrderID   int64  // ours that it is or became; 0 none
	Wish      string
	Result    string // "" not tried, taken, stale, refused
	Words     string // of a refusal

	WishProduct, WishReseller int64

	Product ImportedProduct // of a run of products
	Before  OfferSheet      // of the offer OfferID, as it was
	Order   ImportedOrder   // of a run of orders
}

const rowColumns = `id, run_id, ref, offer_id, state, problem, coalesce(product_id, 0), coalesce(order_id, 0), data, before, wish, coalesce(wish_product, 0), coalesce(wish_reseller, 0), result, words`

func scanImportRow(what ImportWhat) func(scanner) (ImportRow, error) {
	return func(s scanner) (r ImportRow, err error) {
		var data, before string
		if err := s.Scan(&r.ID, &r.RunID, &r.Ref, &r.OfferID, &r.State, &r.Problem, &r.ProductID, &r.OrderID, &data, &before,
			&r.Wish, &r.WishProduct, &r.WishReseller, &r.Result, &r.Words); err != nil {
			return r, err
		}
		if before != "" {
			if err := json.Unmarshal([]byte(before), &r.Before); err != nil {
				return r, err
			}
		}
		if what == ImportOrders {
			return r, json.Unmarshal([]byte(data), &r.Order)
		}
		return r, json.Unmarshal([]byte(data), &r.Product)
	}
}

// ImportRows lists the rows of a run in a state (""; every one), as they were read.
func (db *DB) ImportRows(ctx context.Context, run ImportRun, state RowState, p Page) ([]ImportRow, int, error) {
	where, args := conditions{parts: []string{"run_id = $1"}}, []any{run.ID}
	where.add(&args, state != "", "state = ?", state)
	return list(ctx, db.read, scanImportRow(run.What), rowColumns, "import_row", where, args, "id", p)
}

// WantedRows lists rows of a run that were chosen and not tried yet.
func (db *DB) WantedRows(ctx context.Context, run ImportRun, limit int) ([]ImportRow, error) {
	return collect(ctx, db.read, scanImportRow(run.What), `select `+rowColumns+` from import_row where run_id = $1 and result = '' and wish <> '' order by id`+limitTo(2), run.ID, limit)
}

// endRow notes how taking a row went, once.
func endRow(ctx context.Context, t *tx, row ImportRow, result, words string, orderID int64) error {
	return changed(ctx, t, `update import_row set result = $1, words = $2, order_id = coalesce($3, order_id) where id = $4 and result = '' and wish <> ''`,
		result, words, idOrNull(orderID), row.ID)
}

// RefuseRow notes that a chosen row could not be taken, and why.
func (db *DB) RefuseRow(ctx context.Context, row ImportRow, words string) error {
	return db.transact(ctx, func(t *tx) error { return endRow(ctx, t, row, "refused", words, 0) })
}

// beginTaking notes who takes rows of a run, and queues the job that does.
func beginTaking(ctx context.Context, t *tx, by Actor, runID int64) error {
	if err := changed(ctx, t, `update import_run set actor = $1, taken_at = coalesce(taken_at, $2) where id = $3 and state = 'ready'`, jsonText(by), t.now, runID); err != nil {
		return err
	}
	return ensureJob(ctx, t, JobImportTake, runID, t.now)
}

// PurgeImports forgets runs of long ago, but never the one that says an upstream's
// products are imported; some rows at a time.
func (db *DB) PurgeImports(ctx context.Context) error {
	old, err := collect(ctx, db.read, func(s scanner) (id int64, err error) { return id, s.Scan(&id) },
		`select id from import_run r where created_at < $1 and state <> 'reading' and (taken_at is null or exists (
			select 1 from import_run n where n.upstream = r.upstream and n.what = r.what and n.id > r.id and n.taken_at is not null)) order by id limit 20`, db.now().Add(-importsKept))
	if err != nil {
		return err
	}
	for _, id := range old {
		for {
			var n int64
			err := db.transact(ctx, func(t *tx) error {
				res, err := t.ExecContext(ctx, `delete from import_row where id in (select id from import_row where run_id = $1 limit 1000)`, id)
				if err == nil {
					n, err = res.RowsAffected()
				}
				return err
			})
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
		}
		err := db.transact(ctx, func(t *tx) error { return changed(ctx, t, `delete from import_run where id = $1`, id) })
		if err != nil && !errors.Is(err, ErrStale) {
			return err
		}
	}
	return nil
}
