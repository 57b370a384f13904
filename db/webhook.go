package db

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// WebhookStop says why a webhook is told nothing.
type WebhookStop string

const (
	StopNone    WebhookStop = ""
	StopPerson  WebhookStop = "person"  // somebody disabled it
	StopGone    WebhookStop = "gone"    // it answered 410
	StopFailing WebhookStop = "failing" // every try failed for WebhookPatience
	stopRemoved WebhookStop = "removed" // its row goes a day later
)

// ErrTooMany is the answer to who has as many of something as is allowed.
var ErrTooMany = errors.New("too many of them")

// Webhook is an endpoint of a reseller that is told of events. Its secret is
// shown once and kept sealed, because it signs every message.
type Webhook struct {
	ID             int64
	ResellerID     int64
	URL            string
	Description    string
	Events         []WebhookEvent
	Enabled        bool
	Stopped        WebhookStop
	OldSecretUntil time.Time // until then the secret before the last rotation signs too
	FailingSince   time.Time // the first failure since the last success; zero: none
	CreatedAt      time.Time
}

// Wants says whether it has chosen the event.
func (w Webhook) Wants(e WebhookEvent) bool { return slices.Contains(w.Events, e) }

// WebhookWish is an endpoint as somebody asks for it.
type WebhookWish struct {
	URL         string
	Description string // optional
	Events      []WebhookEvent
	Loopback    bool // the portal is a demo: http and this machine are allowed
}

const webhookColumns = `w.id, w.reseller_id, w.url, w.description, w.events, w.enabled, w.stopped, w.old_secret_until, w.failing_since, w.created_at`

func (w *Webhook) scan(s scanner, more ...any) error {
	var events string
	err := s.Scan(append([]any{&w.ID, &w.ResellerID, &w.URL, &w.Description, &events, &w.Enabled, &w.Stopped,
		moment{&w.OldSecretUntil}, moment{&w.FailingSince}, moment{&w.CreatedAt}}, more...)...)
	for _, e := range strings.Fields(events) {
		w.Events = append(w.Events, WebhookEvent(e))
	}
	return err
}

func scanWebhook(s scanner) (w Webhook, err error) { return w, w.scan(s) }

// check tidies the wish; problems are of the fields url, description and events.
func (n WebhookWish) check() (events string, problems []Problem) {
	if code := webhookURL(n.URL, n.Loopback); code != "" {
		problems = append(problems, Problem{Field: "url", Code: code})
	}
	if len([]rune(n.Description)) > maxWebhookText {
		problems = append(problems, Problem{Field: "description", Code: "too_long", Max: maxWebhookText})
	}
	var words []string
	for _, e := range WebhookEvents {
		if slices.Contains(n.Events, e) {
			words = append(words, string(e))
		}
	}
	if len(words) == 0 || slices.ContainsFunc(n.Events, func(e WebhookEvent) bool { return !slices.Contains(WebhookEvents, e) }) {
		problems = append(problems, Problem{Field: "events", Code: "required"})
	}
	return strings.Join(words, " "), problems
}

// CreateWebhook adds an endpoint and answers its secret (whsec_…), which is never
// seen again. Errors: *Rejected, ErrTooMany (MaxWebhooks), ErrNoKey.
func (db *DB) CreateWebhook(ctx context.Context, by Actor, resellerID int64, n WebhookWish) (Webhook, string, error) {
	n.URL, n.Description = strings.TrimSpace(n.URL), strings.TrimSpace(n.Description)
	events, problems := n.check()
	if len(problems) > 0 {
		return Webhook{}, "", &Rejected{problems}
	}
	secret := newWebhookSecret()
	var made Webhook
	err := db.transact(ctx, func(t *tx) error {
		// Held, so that many at once don't pass the bound.
		if err := changed(ctx, t, `update reseller set status = status where id = $1`, resellerID); err != nil {
			return fmt.Errorf("reseller: %w", ErrNotFound)
		}
		var there int
		if err := t.QueryRowContext(ctx, `select count(*) from webhook where reseller_id = $1 and removed_at is null`, resellerID).Scan(&there); err != nil {
			return err
		}
		if there >= MaxWebhooks {
			return ErrTooMany
		}
		id, err := insert(ctx, t, `insert into webhook (reseller_id, url, description, events, created_at) values ($1, $2, $3, $4, $5) returning id`,
			resellerID, n.URL, n.Description, events, t.now)
		if err != nil {
			return err
		}
		sealed, err := db.seal(ctx, t, webhookPurpose(id), secret)
		if err != nil {
			return err
		}
		if err := changed(ctx, t, `update webhook set secret = $1 where id = $2`, sealed, id); err != nil {
			return err
		}
		if made, err = one(ctx, t, scanWebhook, `select `+webhookColumns+` from webhook w where w.id = $1`, id); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "webhook.create", Object: object("webhook", id), ResellerID: resellerID, After: made.words()})
	})
	if err != nil {
		return Webhook{}, "", err
	}
	return made, secret, nil
}

// newWebhookSecret is 256 random bits as Standard Webhooks writes them.
func newWebhookSecret() string {
	b := make([]byte, 32)
	rand.Read(b)
	return "whsec_" + base64.StdEncoding.EncodeToString(b)
}

func webhookPurpose(id int64) string { return object("webhook", id) }

// Webhooks lists a reseller's endpoints, oldest first.
func (db *DB) Webhooks(ctx context.Context, resellerID int64) ([]Webhook, error) {
	return collect(ctx, db.read, scanWebhook, `select `+webhookColumns+` from webhook w where w.reseller_id = $1 and w.removed_at is null order by w.id`, resellerID)
}

// Webhook finds a reseller's endpoint; ErrNotFound for any other reseller's.
func (db *DB) Webhook(ctx context.Context, resellerID, id int64) (Webhook, error) {
	return webhook(ctx, db.read, resellerID, id)
}

func webhook(ctx context.Context, q querier, resellerID, id int64) (Webhook, error) {
	return one(ctx, q, scanWebhook, `select `+webhookColumns+` from webhook w where w.id = $1 and w.reseller_id = $2 and w.removed_at is null`, id, resellerID)
}

// changeWebhook holds a reseller's endpoint and changes it in one transaction.
func (db *DB) changeWebhook(ctx context.Context, resellerID, id int64, change func(*tx, Webhook) error) error {
	return db.transact(ctx, func(t *tx) error {
		err := changed(ctx, t, `update webhook set enabled = enabled where id = $1 and reseller_id = $2 and removed_at is null`, id, resellerID)
		if errors.Is(err, ErrStale) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		w, err := webhook(ctx, t, resellerID, id)
		if err != nil {
			return err
		}
		return change(t, w)
	})
}

// UpdateWebhook changes where an endpoint is and what it hears. Errors: *Rejected, ErrNotFound.
func (db *DB) UpdateWebhook(ctx context.Context, by Actor, resellerID, id int64, n WebhookWish) error {
	n.URL, n.Description = strings.TrimSpace(n.URL), strings.TrimSpace(n.Description)
	events, problems := n.check()
	if len(problems) > 0 {
		return &Rejected{problems}
	}
	return db.changeWebhook(ctx, resellerID, id, func(t *tx, before Webhook) error {
		if _, err := t.ExecContext(ctx, `update webhook set url = $1, description = $2, events = $3 where id = $4`, n.URL, n.Description, events, id); err != nil {
			return err
		}
		after, err := webhook(ctx, t, resellerID, id)
		if err != nil || after.URL == before.URL && after.words() == before.words() {
			return err
		}
		return audit(ctx, t, by, Change{Action: "webhook.update", Object: object("webhook", id), ResellerID: resellerID, Before: before.words(), After: after.words()})
	})
}

// words are an endpoint as the audit says it: only the host of its address, the
// rest of which may hold a secret.
func (w Webhook) words() string {
	host := ""
	if u, err := url.Parse(w.URL); err == nil {
		host = u.Host
	}
	return fmt.Sprintf("%s, %q: %v", host, w.Description, w.Events)
}

// RotateWebhook gives an endpoint a new secret and answers it; the one before it
// signs too for SecretOverlap. Errors: ErrNotFound, ErrNoKey.
func (db *DB) RotateWebhook(ctx context.Context, by Actor, resellerID, id int64) (string, error) {
	secret := newWebhookSecret()
	err := db.changeWebhook(ctx, resellerID, id, func(t *tx, _ Webhook) error {
		sealed, err := db.seal(ctx, t, webhookPurpose(id), secret)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `update webhook set old_secret = secret, secret = $1, old_secret_until = $2 where id = $3`, sealed, t.now.Add(SecretOverlap), id)
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "webhook.rotate", Object: object("webhook", id), ResellerID: resellerID})
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// EnableWebhook lets an endpoint hear again from now on; doing it twice changes
// nothing. What it missed is not sent by itself. ErrNotFound.
func (db *DB) EnableWebhook(ctx context.Context, by Actor, resellerID, id int64) error {
	return db.changeWebhook(ctx, resellerID, id, func(t *tx, w Webhook) error {
		if w.Enabled {
			return nil
		}
		_, err := t.ExecContext(ctx, `update webhook set enabled = true, stopped = '', failures = 0, failing_since = null, hold_until = null where id = $1`, id)
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "webhook.enable", Object: object("webhook", id), ResellerID: resellerID, Before: string(w.Stopped)})
	})
}

// DisableWebhook ends what an endpoint is told; deliveries that wait fail. Doing
// it twice changes nothing. ErrNotFound.
func (db *DB) DisableWebhook(ctx context.Context, by Actor, resellerID, id int64) error {
	return db.changeWebhook(ctx, resellerID, id, func(t *tx, w Webhook) error {
		if !w.Enabled {
			return nil
		}
		return stopWebhook(ctx, t, by, w, StopPerson)
	})
}

// stopWebhook disables an endpoint that the transaction holds.
func stopWebhook(ctx context.Context, t *tx, by Actor, w Webhook, why WebhookStop) error {
	if _, err := t.ExecContext(ctx, `update webhook set enabled = false, stopped = $1 where id = $2`, why, w.ID); err != nil {
		return err
	}
	_, err := t.ExecContext(ctx, `delete from job where kind = $1 and subject_id in (select id from webhook_delivery where webhook_id = $2 and state = 'waiting')`, JobWebhook, w.ID)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `update webhook_delivery set state = 'failed', last_error = $1, ended_at = $2 where webhook_id = $3 and state = 'waiting'`, errorDisabled, t.now, w.ID)
	if err != nil {
		return err
	}
	return audit(ctx, t, by, Change{Action: "webhook.disable", Object: object("webhook", w.ID), ResellerID: w.ResellerID, Before: w.words(), After: string(why)})
}

// errorDisabled is what a delivery failed of that waited as its endpoint was disabled.
const errorDisabled = "the endpoint was disabled"

// RemoveWebhook forgets an endpoint, its secret and its deliveries. ErrNotFound.
func (db *DB) RemoveWebhook(ctx context.Context, by Actor, resellerID, id int64) error {
	return db.changeWebhook(ctx, resellerID, id, func(t *tx, w Webhook) error {
		_, err := t.ExecContext(ctx, `delete from job where kind = $1 and subject_id in (select id from webhook_delivery where webhook_id = $2)`, JobWebhook, id)
		if err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `delete from webhook_delivery where webhook_id = $1`, id); err != nil {
			return err
		}
		// The row stays for a while: a change that is under way may have seen it enabled.
		_, err = t.ExecContext(ctx, `update webhook set enabled = false, stopped = $1, secret = '', old_secret = '', removed_at = $2 where id = $3`, stopRemoved, t.now, id)
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "webhook.remove", Object: object("webhook", id), ResellerID: resellerID, Before: w.words()})
	})
}
