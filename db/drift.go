package db

import (
	"context"
	"errors"
	"time"
)

// DriftKind is what the book and an upstream say differently.
type DriftKind string

const (
	DriftStatus   DriftKind = "status"   // active here, ended or suspended there, or the other way round; values: states
	DriftTerm     DriftKind = "term"     // another end of the term; values: days
	DriftValidity DriftKind = "validity" // another end of the same certificate; values: days
	DriftSerial   DriftKind = "serial"   // another certificate there; values: serials
	DriftDomain   DriftKind = "domain"   // another main name or address
	DriftID       DriftKind = "id"       // known there under another id; values: ids
	DriftUnknown  DriftKind = "unknown"  // the upstream does not know the order
	DriftIssued   DriftKind = "issued"   // issued there, and can't be taken; the note says why
	DriftAlive    DriftKind = "alive"    // ended here, and goes on there; theirs: its state
	DriftOrphan   DriftKind = "orphan"   // placed there although the book had settled the order otherwise
	DriftLeft     DriftKind = "left"     // an order there that was paid and never issued, of an order that was cancelled here
	DriftStranger DriftKind = "stranger" // an order there that the book does not know; ours: empty, theirs: its state, note: its name
)

// upkeep are the kinds that a look at one order finds and closes by itself.
const upkeep = `('status', 'term', 'validity', 'serial', 'domain', 'id', 'unknown', 'issued')`

// Leftover says that the difference is an order there that nobody here wants.
func (k DriftKind) Leftover() bool { return k == DriftAlive || k == DriftOrphan || k == DriftLeft }

// DriftEnd is how a difference was settled.
type DriftEnd string

const (
	DriftTheirs DriftEnd = "theirs" // the book took what the upstream says, or the upstream was told to end it
	DriftOurs   DriftEnd = "ours"   // the book stays as it is; not spoken of until one of them changes
	DriftGone   DriftEnd = "gone"   // they agree again
)

// Drift is one difference between the book and an upstream. Times are UTC.
type Drift struct {
	ID            int64
	Upstream      string
	UpstreamID    string // under which the difference was found; of DriftID the book's
	OrderID       int64  // 0 where the book knows none
	CertificateID int64  // 0 where it is about none
	What          DriftKind
	Ours, Theirs  string
	Note          string // the upstream's words or the reason, verbatim
	Busy          bool   // a job settles it
	FoundAt       time.Time
	SeenAt        time.Time
	SettledAt     time.Time // zero while open
	SettledBy     string
	How           DriftEnd

	// Of the order, read along; empty where there is none.
	Number, Domain string
	Kind           ProductKind
	ResellerID     int64
	ResellerName   string
	Delivered      bool // something was issued for it
}

const (
	driftColumns = `d.id, d.upstream, d.upstream_id, coalesce(d.order_id, 0), coalesce(d.certificate_id, 0), d.what, d.ours, d.theirs, d.note, d.busy,
		d.found_at, d.seen_at, d.settled_at, d.settled_by, d.how, coalesce(o.number, ''), coalesce(o.domain, ''), coalesce(p.kind, ''),
		coalesce(r.id, 0), coalesce(r.name, ''), o.completed_at is not null`
	driftTables = `drift d left join orders o on o.id = d.order_id left join product p on p.id = o.product_id left join reseller r on r.id = o.reseller_id`
)

func scanDrift(s scanner) (d Drift, err error) {
	return d, s.Scan(&d.ID, &d.Upstream, &d.UpstreamID, &d.OrderID, &d.CertificateID, &d.What, &d.Ours, &d.Theirs, &d.Note, &d.Busy,
		moment{&d.FoundAt}, moment{&d.SeenAt}, moment{&d.SettledAt}, &d.SettledBy, &d.How, &d.Number, &d.Domain, &d.Kind, &d.ResellerID, &d.ResellerName, &d.Delivered)
}

// DriftGroup is a list of differences.
type DriftGroup string

const (
	DriftsOpen      DriftGroup = ""          // wait for a person, the oldest first
	DriftsStrangers DriftGroup = "strangers" // orders there that the book does not know, the oldest found first
	DriftsSettled   DriftGroup = "settled"   // the newest first
)

// DriftGroups lists them in the page's order.
var DriftGroups = []DriftGroup{DriftsOpen, DriftsStrangers, DriftsSettled}

var driftWhere = map[DriftGroup]string{
	DriftsOpen:      "d.settled_at is null and d.busy = false and d.what <> 'stranger'",
	DriftsStrangers: "d.settled_at is null and d.what = 'stranger'",
	DriftsSettled:   "d.settled_at is not null",
}

// Drifts lists the differences of a group and counts them.
func (db *DB) Drifts(ctx context.Context, g DriftGroup, p Page) ([]Drift, int, error) {
	where, ok := driftWhere[g]
	if !ok {
		return nil, 0, ErrNotFound
	}
	order := "d.found_at, d.id"
	if g == DriftsSettled {
		order = "d.settled_at desc, d.id desc"
	}
	return list(ctx, db.read, scanDrift, driftColumns, driftTables, conditions{parts: []string{where}, about: "drift d"}, nil, order, p)
}

// OrderDrifts lists what is open about an order, the oldest first.
func (db *DB) OrderDrifts(ctx context.Context, orderID int64) ([]Drift, error) {
	return collect(ctx, db.read, scanDrift, `select `+driftColumns+` from `+driftTables+` where d.order_id = $1 and d.settled_at is null order by d.id`, orderID)
}

// Drift finds a difference; ErrNotFound.
func (db *DB) Drift(ctx context.Context, id int64) (Drift, error) {
	return drift(ctx, db.read, id)
}

func drift(ctx context.Context, q querier, id int64) (Drift, error) {
	return one(ctx, q, scanDrift, `select `+driftColumns+` from `+driftTables+` where d.id = $1`, id)
}

// openDrift holds a difference that is open; ErrNotFound, ErrStale when it is
// settled, or when busy is not as the caller thinks.
func openDrift(ctx context.Context, t *tx, id int64, busy bool) (Drift, error) {
	if _, err := drift(ctx, t, id); err != nil {
		return Drift{}, err
	}
	if err := changed(ctx, t, `update drift set busy = busy where id = $1 and settled_at is null and busy = $2`, id, busy); err != nil {
		return Drift{}, err
	}
	return drift(ctx, t, id)
}

// noteDrift writes a difference down: a new one, or one that is seen again. One
// that was settled opens again, unless a person kept ours and both still say what
// they said then.
func noteDrift(ctx context.Context, t *tx, d Drift) (id int64, err error) {
	const silenced = `drift.how = 'ours' and drift.ours = excluded.ours and drift.theirs = excluded.theirs`
	return insert(ctx, t, `insert into drift (upstream, upstream_id, order_id, certificate_id, what, ours, theirs, note, busy, found_at, seen_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
		on conflict (upstream, upstream_id, what) do update set order_id = excluded.order_id, certificate_id = excluded.certificate_id,
			ours = excluded.ours, theirs = excluded.theirs, seen_at = excluded.seen_at,
			note = case when excluded.note = '' and drift.settled_at is null then drift.note else excluded.note end,
			busy = drift.busy and drift.settled_at is null or excluded.busy,
			found_at = case when drift.settled_at is null or `+silenced+` then drift.found_at else excluded.found_at end,
			settled_at = case when `+silenced+` then drift.settled_at else null end,
			settled_by = case when `+silenced+` then drift.settled_by else '' end,
			how = case when `+silenced+` then drift.how else '' end
		returning id`, d.Upstream, d.UpstreamID, idOrNull(d.OrderID), idOrNull(d.CertificateID), d.What, d.Ours, d.Theirs, d.Note, d.Busy, t.now)
}

// settleDrift closes a difference.
func settleDrift(ctx context.Context, t *tx, by Actor, id int64, how DriftEnd) error {
	return changed(ctx, t, `update drift set settled_at = $1, settled_by = $2, how = $3, busy = false where id = $4 and settled_at is null`, t.now, by.Name, how, id)
}

// KeepOurs settles a difference: the book stays as it is, and nothing is said of it
// until one of the two changes. ErrNotFound, ErrStale when it is settled already.
func (db *DB) KeepOurs(ctx context.Context, by Actor, id int64) error {
	return db.transact(ctx, func(t *tx) error {
		d, err := openDrift(ctx, t, id, false)
		if err != nil {
			return err
		}
		if d.What == DriftStranger {
			return ErrStale
		}
		if err := settleDrift(ctx, t, by, id, DriftOurs); err != nil {
			return err
		}
		return auditDrift(ctx, t, by, d, "drift.keep")
	})
}

func auditDrift(ctx context.Context, t *tx, by Actor, d Drift, action string) error {
	about := object("drift", d.ID)
	if d.OrderID != 0 {
		about = object("order", d.OrderID)
	}
	return audit(ctx, t, by, Change{Action: action, Object: about, ResellerID: d.ResellerID,
		Before: string(d.What) + ": " + d.Ours, After: d.Upstream + " " + d.UpstreamID + ": " + d.Theirs})
}

// DriftSettled notes what a job did about a difference; ErrStale when it is settled.
func (db *DB) DriftSettled(ctx context.Context, by Actor, id int64, how DriftEnd) error {
	return db.transact(ctx, func(t *tx) error {
		d, err := drift(ctx, t, id)
		if err != nil {
			return err
		}
		if err := settleDrift(ctx, t, by, id, how); err != nil {
			return err
		}
		return auditDrift(ctx, t, by, d, "drift."+string(how))
	})
}

// OpenLeftovers lists orders at an upstream that nobody here wants and that wait for
// a person, the first found first, at most limit.
func (db *DB) OpenLeftovers(ctx context.Context, upstream string, limit int) ([]Drift, error) {
	return collect(ctx, db.read, scanDrift, `select `+driftColumns+` from `+driftTables+` where d.upstream = $1 and d.settled_at is null and d.busy = false
		and d.what in ('alive', 'orphan', 'left') order by d.found_at, d.id`+limitTo(2), upstream, limit)
}

// DriftStays gives a difference back to the people, with why a job could not
// settle it.
func (db *DB) DriftStays(ctx context.Context, id int64, words string) error {
	err := db.transact(ctx, func(t *tx) error {
		return changed(ctx, t, `update drift set busy = false, note = $1 where id = $2 and settled_at is null`, words, id)
	})
	if errors.Is(err, ErrStale) {
		err = nil
	}
	return err
}
