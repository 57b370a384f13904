package db

import (
	"context"
	"errors"
	"time"
)

// Lane is a queue of jobs with hands of its own.
type Lane string

const (
	LaneMain    Lane = ""
	LaneWebhook Lane = "webhook" // calls to strangers' servers, which may hang
)

func laneOf(kind JobKind) Lane {
	if kind == JobWebhook || kind == JobInstallation {
		return LaneWebhook
	}
	return LaneMain
}

// ClaimJobIn is ClaimJob for the jobs of one lane.
func (db *DB) ClaimJobIn(ctx context.Context, lane Lane, lease time.Duration) (Job, error) {
	var job Job
	err := db.transact(ctx, func(t *tx) error {
		var id int64
		err := t.QueryRowContext(ctx,
			`update job set run_at = $1, claimed = true, attempts = attempts + 1
			 where id = (select id from job where lane = $3 and failed = false and run_at <= $2 order by run_at, id limit 1) and failed = false and run_at <= $2
			 returning id`, t.now.Add(lease), t.now, lane).Scan(&id)
		if err != nil {
			return err
		}
		job, err = one(ctx, t, scanJob, `select `+jobColumns+` from job where id = $1`, id)
		return err
	})
	return job, err
}

// NextJobIn is NextJobAt for the jobs of one lane.
func (db *DB) NextJobIn(ctx context.Context, lane Lane) (time.Time, error) {
	at, err := one(ctx, db.read, func(s scanner) (at time.Time, err error) { return at, s.Scan(moment{&at}) },
		`select run_at from job where lane = $1 and failed = false order by run_at, id limit 1`, lane)
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	}
	return at, err
}
