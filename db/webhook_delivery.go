package db

import (
	"context"
	"crypto/rand"
	"errors"
	"time"
)

// DeliveryState is where a delivery stands.
type DeliveryState string

const (
	DeliveryWaiting   DeliveryState = "waiting" // for its first or next try
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryFailed    DeliveryState = "failed" // every try failed; it can be replayed
)

// DeliveryStates lists them in the order pages show them.
var DeliveryStates = []DeliveryState{DeliveryWaiting, DeliveryDelivered, DeliveryFailed}

// Delivery is one message to one endpoint, kept for WebhookLogDays.
type Delivery struct {
	ID         int64
	WebhookID  int64
	Message    string // its webhook-id, the same at every try and every endpoint
	Event      WebhookEvent
	Body       string // as signed and sent
	State      DeliveryState
	Tries      int       // of the schedule, since the event or the last replay
	NextAt     time.Time // the next try while it waits
	LastStatus int       // HTTP status of the last try; 0: none came
	LastError  string
	CreatedAt  time.Time
	EndedAt    time.Time // zero while it waits
}

// Attempt is one try of a delivery, as it went over the wire.
type Attempt struct {
	ID              int64
	At              time.Time
	Duration        time.Duration // to the millisecond
	Status          int           // 0: no answer
	Error           string        // "" when it was delivered
	RequestHeaders  string        // lines of Name: value
	ResponseHeaders string
	ResponseBody    string // text, capped by who called
	Cut             bool   // there was more of it
}

const deliveryColumns = `d.id, d.webhook_id, d.message, d.event, d.body, d.state, d.tries, d.next_at, d.last_status, d.last_error, d.created_at, d.ended_at`

func (d *Delivery) fields() []any {
	return []any{&d.ID, &d.WebhookID, &d.Message, &d.Event, &d.Body, &d.State, &d.Tries, moment{&d.NextAt}, &d.LastStatus, &d.LastError, moment{&d.CreatedAt}, moment{&d.EndedAt}}
}

func scanDelivery(s scanner) (d Delivery, err error) { return d, s.Scan(d.fields()...) }

// DeliveryFilter narrows an endpoint's log; empty fields don't filter.
type DeliveryFilter struct {
	State DeliveryState
	Event WebhookEvent
	Page
}

// Deliveries lists what an endpoint of a reseller was told, newest first.
func (db *DB) Deliveries(ctx context.Context, resellerID, webhookID int64, f DeliveryFilter) ([]Delivery, int, error) {
	if _, err := db.Webhook(ctx, resellerID, webhookID); err != nil {
		return nil, 0, err
	}
	where, args := conditions{}, []any{}
	where.add(&args, true, "d.webhook_id = ?", webhookID)
	where.add(&args, f.State != "", "d.state = ?", f.State)
	where.add(&args, f.Event != "", "d.event = ?", f.Event)
	return list(ctx, db.read, scanDelivery, deliveryColumns, "webhook_delivery d", where, args, "d.id desc", f.Page)
}

// Delivery finds a delivery of a reseller's endpoint, with its tries, newest first.
func (db *DB) Delivery(ctx context.Context, resellerID, webhookID, id int64) (Delivery, []Attempt, error) {
	if _, err := db.Webhook(ctx, resellerID, webhookID); err != nil {
		return Delivery{}, nil, err
	}
	d, err := one(ctx, db.read, scanDelivery, `select `+deliveryColumns+` from webhook_delivery d where d.id = $1 and d.webhook_id = $2`, id, webhookID)
	if err != nil {
		return d, nil, err
	}
	tries, err := collect(ctx, db.read, func(s scanner) (a Attempt, err error) {
		var ms int64
		err = s.Scan(&a.ID, moment{&a.At}, &ms, &a.Status, &a.Error, &a.RequestHeaders, &a.ResponseHeaders, &a.ResponseBody, &a.Cut)
		a.Duration = time.Duration(ms) * time.Millisecond
		return a, err
	}, `select id, at, duration_ms, status, error, request_headers, response_headers, response_body, cut from webhook_attempt where delivery_id = $1 order by id desc limit 100`, id)
	return d, tries, err
}

// ReplayDelivery sends a delivery again, whatever became of it, with the same
// webhook-id and body and its schedule from the beginning. Errors: ErrNotFound,
// ErrStale (the endpoint is disabled).
func (db *DB) ReplayDelivery(ctx context.Context, by Actor, resellerID, webhookID, id int64) error {
	return db.changeWebhook(ctx, resellerID, webhookID, func(t *tx, w Webhook) error {
		if !w.Enabled {
			return ErrStale
		}
		err := changed(ctx, t, `update webhook_delivery set state = 'waiting', tries = 0, next_at = $1, ended_at = null where id = $2 and webhook_id = $3`, t.now, id, webhookID)
		if errors.Is(err, ErrStale) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		// Somebody waits for it, so it doesn't wait for a failing endpoint's pause.
		if _, err := t.ExecContext(ctx, `update webhook set hold_until = null where id = $1`, webhookID); err != nil {
			return err
		}
		if err := ensureJob(ctx, t, JobWebhook, id, t.now); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "webhook.replay", Object: object("webhook", webhookID), ResellerID: resellerID, After: object("delivery", id)})
	})
}

// webhookTests is how many test messages a reseller may ask for.
var webhookTests = limit{30, time.Hour}

// TestWebhook writes a test message to an endpoint and returns its delivery and
// the job to wait for. Errors: ErrNotFound, ErrStale (the endpoint is disabled), *Throttled.
func (db *DB) TestWebhook(ctx context.Context, by Actor, resellerID, id int64) (deliveryID, jobID int64, err error) {
	err = db.changeWebhook(ctx, resellerID, id, func(t *tx, w Webhook) error {
		if !w.Enabled {
			return ErrStale
		}
		if _, err := countAttempt(ctx, t, "webhook test "+object("reseller", resellerID), webhookTests); err != nil {
			return err
		}
		body, err := message(t.now, WebhookTestData{WebhookID: id})
		if err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `update webhook set hold_until = null where id = $1`, id); err != nil {
			return err
		}
		if deliveryID, err = writeDelivery(ctx, t, id, newMessageID(), WebhookTest, body); err != nil {
			return err
		}
		if jobID, err = waitingJob(ctx, t, JobWebhook, deliveryID); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "webhook.test", Object: object("webhook", id), ResellerID: resellerID})
	})
	return deliveryID, jobID, err
}

func newMessageID() string { return "msg_" + rand.Text() }

// DueDelivery is a delivery with what is needed to make it.
type DueDelivery struct {
	Delivery
	Webhook Webhook
	// Secrets sign it: the present one, then the one before it while it still does.
	Secrets []string
	// HoldUntil is until when its failing endpoint is left alone.
	HoldUntil time.Time
}

// DueDelivery reads a delivery for the worker. ErrNotFound when its endpoint was
// removed; ErrSealed or ErrNoKey when its secret can't be read.
func (db *DB) DueDelivery(ctx context.Context, id int64) (DueDelivery, error) {
	var d DueDelivery
	var secret, old string
	row := prefixed{db.read.QueryRowContext(ctx, `select `+deliveryColumns+`, `+webhookColumns+`, w.secret, w.old_secret, w.hold_until
		from webhook_delivery d join webhook w on w.id = d.webhook_id where d.id = $1 and w.removed_at is null`, id), d.Delivery.fields()}
	if err := d.Webhook.scan(row, &secret, &old, moment{&d.HoldUntil}); err != nil {
		return d, driverError(err)
	}
	sealed := []string{secret}
	if old != "" && db.now().Before(d.Webhook.OldSecretUntil) {
		sealed = append(sealed, old)
	}
	for _, text := range sealed {
		plain, err := db.Box.Unseal(webhookPurpose(d.Webhook.ID), text)
		if err != nil {
			return d, err
		}
		d.Secrets = append(d.Secrets, plain)
	}
	return d, nil
}

// RecordAttempt keeps how a try of a delivery went and decides what comes next:
// next is when it is tried again, zero when it is over. An endpoint that answers
// 410, or that failed for WebhookPatience, is disabled, and tell words a mail about
// it (no mail when tell is nil or the mail has no recipient).
func (db *DB) RecordAttempt(ctx context.Context, d DueDelivery, a Attempt, tell func(Webhook, string) Mail) (next time.Time, err error) {
	err = db.transact(ctx, func(t *tx) error {
		next = time.Time{}
		var failures int
		err := t.QueryRowContext(ctx, `update webhook set failures = case when $1 = '' then 0 else failures + 1 end,
				failing_since = case when $1 = '' then null else coalesce(failing_since, $2) end
			where id = $3 and removed_at is null returning failures`, a.Error, t.now, d.WebhookID).Scan(&failures)
		if errors.Is(driverError(err), ErrNotFound) {
			return nil // removed meanwhile
		}
		if err != nil {
			return err
		}
		w, err := one(ctx, t, scanWebhook, `select `+webhookColumns+` from webhook w where w.id = $1`, d.WebhookID)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `insert into webhook_attempt (delivery_id, at, duration_ms, status, error, request_headers, response_headers, response_body, cut)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			d.ID, orNull(a.At), a.Duration.Milliseconds(), a.Status, a.Error, a.RequestHeaders, a.ResponseHeaders, a.ResponseBody, a.Cut)
		if err != nil {
			return err
		}
		state, at := DeliveryDelivered, t.now
		if a.Error != "" {
			if d.Tries+1 < len(WebhookSchedule) && a.Status != statusGone {
				state, at = DeliveryWaiting, t.now.Add(WebhookSchedule[d.Tries+1])
			} else {
				state = DeliveryFailed
			}
		}
		// A replay or a stop that came meanwhile counts, and not what this try made of it.
		err = changed(ctx, t, `update webhook_delivery set state = $1, tries = tries + 1, next_at = $2, last_status = $3, last_error = $4, ended_at = $5
			where id = $6 and state = 'waiting' and tries = $7 and next_at = $8`,
			state, at, a.Status, a.Error, endedAt(state, t.now), d.ID, d.Tries, d.NextAt)
		switch {
		case errors.Is(err, ErrStale):
			now, err := one(ctx, t, scanDelivery, `select `+deliveryColumns+` from webhook_delivery d where d.id = $1`, d.ID)
			if err != nil {
				return err
			}
			if now.State == DeliveryWaiting {
				next = now.NextAt
			}
		case err != nil:
			return err
		case state == DeliveryWaiting:
			next = at
		}
		if a.Error == "" {
			_, err := t.ExecContext(ctx, `update webhook set hold_until = null where id = $1 and hold_until is not null`, w.ID)
			return err
		}
		if _, err := t.ExecContext(ctx, `update webhook set hold_until = $1 where id = $2`, t.now.Add(holdAfter(failures)), w.ID); err != nil {
			return err
		}
		why := StopNone
		switch {
		case a.Status == statusGone:
			why = StopGone
		case t.now.Sub(w.FailingSince) >= WebhookPatience:
			why = StopFailing
		}
		if why == StopNone || !w.Enabled {
			return nil
		}
		next = time.Time{}
		if err := stopWebhook(ctx, t, System, w, why); err != nil {
			return err
		}
		return tellStopped(ctx, t, w, why, tell)
	})
	return next, err
}

// statusGone is the answer of an endpoint that wants to hear nothing any more.
const statusGone = 410

func endedAt(state DeliveryState, now time.Time) any {
	if state == DeliveryWaiting {
		return nil
	}
	return now
}

func tellStopped(ctx context.Context, t *tx, w Webhook, why WebhookStop, tell func(Webhook, string) Mail) error {
	if tell == nil {
		return nil
	}
	w.Enabled, w.Stopped = false, why
	var to string
	if err := t.QueryRowContext(ctx, `select email from reseller where id = $1`, w.ResellerID).Scan(&to); err != nil {
		return err
	}
	m := tell(w, to)
	if m.To == "" {
		return nil
	}
	return queueMail(ctx, t, m)
}

// DropDelivery ends a delivery whose endpoint is disabled.
func (db *DB) DropDelivery(ctx context.Context, id int64) error {
	return db.transact(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `update webhook_delivery set state = 'failed', last_error = $1, ended_at = $2
			where id = $3 and state = 'waiting' and not exists (select 1 from webhook w where w.id = webhook_id and w.enabled)`, errorDisabled, t.now, id)
		return err
	})
}

// PurgeDeliveries forgets deliveries that are older than WebhookLogDays, and
// endpoints that were removed a day ago.
func (db *DB) PurgeDeliveries(ctx context.Context) error {
	const step = 500
	for {
		var gone int64
		err := db.transact(ctx, func(t *tx) error {
			before := t.now.AddDate(0, 0, -WebhookLogDays)
			_, err := t.ExecContext(ctx, `delete from job where kind = $1 and subject_id in (select id from webhook_delivery where created_at < $2 order by created_at limit $3)`, JobWebhook, before, step)
			if err != nil {
				return err
			}
			res, err := t.ExecContext(ctx, `delete from webhook_delivery where id in (select id from webhook_delivery where created_at < $1 order by created_at limit $2)`, before, step)
			if err != nil {
				return err
			}
			if gone, err = res.RowsAffected(); err != nil || gone > 0 {
				return err
			}
			_, err = t.ExecContext(ctx, `delete from webhook where removed_at < $1`, t.now.AddDate(0, 0, -1))
			return err
		})
		if err != nil || gone < step {
			return err
		}
	}
}
