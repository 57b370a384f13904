package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// ActorKind says what sort of somebody made a change.
type ActorKind string

const (
	ByPerson   ActorKind = "person"   // reseller staff or the operator's people
	ByKey      ActorKind = "key"      // an API key
	ByCustomer ActorKind = "customer" // an end customer through a self-service link
	BySystem   ActorKind = "system"   // the worker, the clock, a command
)

// Actor is who makes a change, written into the audit and the order's events.
type Actor struct {
	Kind ActorKind
	ID   int64
	Name string
	IP   string
}

// System is the actor of the background worker and of commands.
var System = Actor{Kind: BySystem, Name: "certbay"}

// Change is what an audit row says: the object ("order 12"), what was done to
// it, and how it looked before and after. It never holds a secret.
type Change struct {
	Action     string
	Object     string
	Before     string
	After      string
	ResellerID int64 // whose; 0 for the operator's own affairs
}

// AuditRow is a Change as written, a link of the hash chain.
type AuditRow struct {
	Seq       int64
	At        time.Time
	ActorKind ActorKind
	ActorID   int64
	ActorName string
	Change
	IP   string
	Hash string
}

// object names a row in the audit: "order 12".
func object(noun string, id int64) string { return fmt.Sprintf("%s %d", noun, id) }

// audit appends a row to the chain, in the change's own transaction. It is the
// last thing a transaction does, because it waits for other writers of the audit.
func audit(ctx context.Context, t *tx, by Actor, c Change) error {
	if err := markEffect(ctx, t, c.Object); err != nil {
		return err
	}
	row := AuditRow{At: t.now, ActorKind: by.Kind, ActorID: by.ID, ActorName: by.Name, Change: c, IP: by.IP}
	var previous string
	err := t.QueryRowContext(ctx,
		`update audit_head set seq = seq + 1 where id = 1 returning seq, hash`).Scan(&row.Seq, &previous)
	if err != nil {
		return err
	}
	row.Hash = row.chainHash(previous)
	var reseller any
	if c.ResellerID != 0 {
		reseller = c.ResellerID
	}
	_, err = t.ExecContext(ctx,
		`insert into audit (seq, at, actor_kind, actor_id, actor_name, reseller_id, action, object, before, after, ip, hash)
		 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		row.Seq, row.At, row.ActorKind, row.ActorID, row.ActorName, reseller, c.Action, c.Object, c.Before, c.After, by.IP, row.Hash)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `update audit_head set hash = $1 where id = 1`, row.Hash)
	return err
}

// chainHash binds the row to the one before it. Every field is length-prefixed,
// so that no two different rows read the same.
func (r AuditRow) chainHash(previous string) string {
	sum := sha256.New()
	for _, field := range []string{
		previous, fmt.Sprint(r.Seq), r.At.UTC().Format(time.RFC3339Nano), string(r.ActorKind), fmt.Sprint(r.ActorID),
		r.ActorName, fmt.Sprint(r.ResellerID), r.Action, r.Object, r.Before, r.After, r.IP,
	} {
		fmt.Fprintf(sum, "%d:%s", len(field), field)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

const auditColumns = `seq, at, actor_kind, actor_id, actor_name, coalesce(reseller_id, 0), action, object, before, after, ip, hash`

func scanAudit(s scanner) (r AuditRow, err error) {
	err = s.Scan(&r.Seq, moment{&r.At}, &r.ActorKind, &r.ActorID, &r.ActorName, &r.ResellerID,
		&r.Action, &r.Object, &r.Before, &r.After, &r.IP, &r.Hash)
	return r, err
}

// AuditFilter narrows the audit; zero fields don't filter.
type AuditFilter struct {
	Object     string
	Actor      string // part of the actor's name
	Action     string // the beginning of the action
	ResellerID int64
	Page
}

// AuditRows lists the audit, newest first, with the number of matching rows.
func (db *DB) AuditRows(ctx context.Context, f AuditFilter) ([]AuditRow, int, error) {
	where, args := conditions{}, []any{}
	where.add(&args, f.Object != "", "object = ?", f.Object)
	where.add(&args, f.Action != "", "action like ? escape '\\'", likePrefix(f.Action))
	where.add(&args, f.Actor != "", "lower(actor_name) like ? escape '\\'", likePart(strings.ToLower(f.Actor)))
	where.add(&args, f.ResellerID != 0, "reseller_id = ?", f.ResellerID)
	return list(ctx, db.read, scanAudit, auditColumns, "audit", where, args, "seq desc", f.Page)
}
