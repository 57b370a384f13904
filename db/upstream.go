package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Upstream is an account at an upstream system. Offers of products name it by Name.
// What its kind is and which fields that wants is the adapters' to know.
type Upstream struct {
	ID              int64
	Name            string // lower-case, ours; never changed
	Kind            string // of the adapter: "gogetssl"
	BaseURL         string
	Fields          map[string]string // what is no secret, by the kind's codes
	SecretCodes     []string          // which secrets are kept
	Active          bool              // new orders are placed there; those under way go on without
	LowBalanceCents int64             // an alarm below this, in the account's currency; 0: none
	Low             bool              // what could be spent was below that when last told
	SecretsAt       time.Time         // the secrets were last entered
	ChangedAt       time.Time         // changes with every change of the row
	CreatedAt       time.Time
}

// UpstreamWish is an upstream as an admin asks for it. Name and Kind count only for
// a new one; a secret that is missing or empty stays as it is.
type UpstreamWish struct {
	Name, Kind, BaseURL string
	Fields, Secrets     map[string]string
	Active              bool
	LowBalanceCents     int64
}

// Stranded are the codes of kept secrets that the wish must bring again: all of
// them when it leads to another server, which must not be shown what was
// entered for the one before.
func (w UpstreamWish) Stranded(before Upstream) []string {
	if origin(w.BaseURL) == origin(before.BaseURL) {
		return nil
	}
	var codes []string
	for _, code := range before.SecretCodes {
		if w.Secrets[code] == "" {
			codes = append(codes, code)
		}
	}
	return codes
}

// origin is the scheme and host of an address.
func origin(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}

// MaxUpstreams is how many upstreams a book keeps.
const MaxUpstreams = 100

var upstreamName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}$`)

// check finds problems of the fields name, base_url and low_balance. before is
// the zero Upstream for a new one.
func (w UpstreamWish) check(before Upstream) error {
	var problems []Problem
	if before.ID == 0 && !upstreamName.MatchString(w.Name) {
		problems = append(problems, Problem{Field: "name", Code: "upstream_name"})
	}
	u, err := url.Parse(w.BaseURL)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		problems = append(problems, Problem{Field: "base_url", Code: "url"})
	}
	if w.LowBalanceCents < 0 {
		problems = append(problems, Problem{Field: "low_balance", Code: "amount"})
	}
	for _, code := range w.Stranded(before) {
		problems = append(problems, Problem{Field: code, Code: "elsewhere"})
	}
	if len(problems) > 0 {
		return &Rejected{problems}
	}
	return nil
}

// Check finds what is wrong with a new upstream; *Rejected, or nil.
func (w UpstreamWish) Check() error { return w.check(Upstream{}) }

func upstreamPurpose(id int64) string { return fmt.Sprintf("upstream %d", id) }

const upstreamColumns = `id, name, kind, base_url, fields, active, low_balance_cents, low, secrets_at, changed_at, created_at`

func scanUpstream(s scanner) (u Upstream, err error) {
	var kept string
	if err := s.Scan(&u.ID, &u.Name, &u.Kind, &u.BaseURL, &kept, &u.Active, &u.LowBalanceCents, &u.Low,
		moment{&u.SecretsAt}, moment{&u.ChangedAt}, moment{&u.CreatedAt}); err != nil {
		return u, err
	}
	var fields upstreamFields
	if err := json.Unmarshal([]byte(kept), &fields); err != nil {
		return u, fmt.Errorf("upstream %s: %w", u.Name, err)
	}
	u.Fields, u.SecretCodes = fields.Plain, fields.Secret
	return u, nil
}

// upstreamFields is what the column fields holds.
type upstreamFields struct {
	Plain  map[string]string `json:"plain,omitempty"`
	Secret []string          `json:"secret,omitempty"`
}

// CreateUpstream adds an upstream. Errors: *Rejected, ErrDuplicate (of name), ErrTooMany, ErrNoKey.
func (db *DB) CreateUpstream(ctx context.Context, by Actor, w UpstreamWish) (int64, error) {
	w.Name, w.BaseURL = strings.TrimSpace(w.Name), strings.TrimSpace(w.BaseURL)
	if err := w.check(Upstream{}); err != nil {
		return 0, err
	}
	var id int64
	err := db.transact(ctx, func(t *tx) (err error) {
		var there int
		if err := t.QueryRowContext(ctx, `select count(*) from upstream`).Scan(&there); err != nil {
			return err
		}
		if there >= MaxUpstreams {
			return ErrTooMany
		}
		id, err = insert(ctx, t, `insert into upstream (name, kind, base_url, fields, active, low_balance_cents, secrets_at, changed_at, created_at)
			values ($1, $2, $3, '{}', $4, $5, $6, $6, $6) returning id`, w.Name, w.Kind, w.BaseURL, w.Active, w.LowBalanceCents, t.now)
		if err != nil {
			return err
		}
		if err := db.writeUpstream(ctx, t, Upstream{ID: id}, w); err != nil {
			return err
		}
		if err := ensureJob(ctx, t, JobBalance, id, t.now); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "upstream.create", Object: object("upstream", id), After: upstreamWords(w)})
	})
	return id, err
}

// UpdateUpstream changes all but name and kind. Errors: *Rejected (also with the
// code "elsewhere" for each secret that the wish leaves Stranded), ErrNotFound,
// ErrNoKey, ErrSealed, ErrKeyChanged.
func (db *DB) UpdateUpstream(ctx context.Context, by Actor, id int64, w UpstreamWish) error {
	w.BaseURL = strings.TrimSpace(w.BaseURL)
	return db.transact(ctx, func(t *tx) error {
		// Held, so that of two changes at once none loses the other's secrets.
		if err := changed(ctx, t, `update upstream set name = name where id = $1`, id); err != nil {
			return notThere(err)
		}
		before, err := upstream(ctx, t, id)
		if err != nil {
			return err
		}
		if err := w.check(before); err != nil {
			return err
		}
		if w.LowBalanceCents != before.LowBalanceCents {
			// Below the new alarm is a new fall, told when the balance is next.
			if err := changed(ctx, t, `update upstream set low = false where id = $1`, id); err != nil {
				return err
			}
		}
		if err := askSoon(ctx, t, id); err != nil {
			return err
		}
		w.Name, w.Kind = before.Name, before.Kind
		if err := db.writeUpstream(ctx, t, before, w); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "upstream.change", Object: object("upstream", id),
			Before: upstreamWords(UpstreamWish{Name: before.Name, Kind: before.Kind, BaseURL: before.BaseURL, Fields: before.Fields, Active: before.Active, LowBalanceCents: before.LowBalanceCents}),
			After:  upstreamWords(w)})
	})
}

// writeUpstream writes the wish over what is kept, secrets sealed together.
func (db *DB) writeUpstream(ctx context.Context, t *tx, before Upstream, w UpstreamWish) error {
	secrets := map[string]string{}
	if len(before.SecretCodes) > 0 {
		var err error
		if secrets, err = db.unsealUpstream(ctx, t, before.ID); err != nil {
			return err
		}
	}
	entered := false
	for code, text := range w.Secrets {
		if text != "" {
			secrets[code], entered = text, true
		}
	}
	text, err := json.Marshal(secrets)
	if err != nil {
		return err
	}
	sealed, err := db.seal(ctx, t, upstreamPurpose(before.ID), string(text))
	if err != nil {
		return err
	}
	kept, err := json.Marshal(upstreamFields{Plain: w.Fields, Secret: slices.Sorted(maps.Keys(secrets))})
	if err != nil {
		return err
	}
	if entered {
		if err := changed(ctx, t, `update upstream set secrets_at = $1 where id = $2`, t.now, before.ID); err != nil {
			return err
		}
	}
	return changed(ctx, t, `update upstream set base_url = $1, fields = $2, secrets = $3, active = $4, low_balance_cents = $5, changed_at = $6 where id = $7`,
		w.BaseURL, string(kept), sealed, w.Active, w.LowBalanceCents, t.now, before.ID)
}

// upstreamWords are what the audit keeps, as a person reads it: no secret, but
// which were entered.
func upstreamWords(w UpstreamWish) string {
	parts := []string{w.Name + " (" + w.Kind + ")", w.BaseURL}
	for _, code := range slices.Sorted(maps.Keys(w.Fields)) {
		if text := w.Fields[code]; text != "" {
			parts = append(parts, code+" "+text)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(w.Secrets)) {
		if w.Secrets[code] != "" {
			parts = append(parts, code+" entered")
		}
	}
	if w.LowBalanceCents > 0 {
		parts = append(parts, "alarm below "+cents2(w.LowBalanceCents))
	}
	if !w.Active {
		parts = append(parts, "closed for new orders")
	}
	return strings.Join(parts, ", ")
}

// ErrInUse is the answer to who would remove what others name.
var ErrInUse = errors.New("others name it")

// RemoveUpstream forgets an upstream that no offer and no order names, with all
// that was noted of it. ErrNotFound, ErrInUse.
func (db *DB) RemoveUpstream(ctx context.Context, by Actor, id int64) error {
	return db.transact(ctx, func(t *tx) error {
		if err := changed(ctx, t, `update upstream set name = name where id = $1`, id); err != nil {
			return notThere(err)
		}
		u, err := upstream(ctx, t, id)
		if err != nil {
			return err
		}
		used, err := upstreamInUse(ctx, t, u.Name)
		if err != nil {
			return err
		}
		if used {
			return ErrInUse
		}
		for _, table := range []string{"upstream_balance", "upstream_hour", "upstream_health", "upstream_core"} {
			if _, err := t.ExecContext(ctx, `delete from `+table+` where upstream = $1`, u.Name); err != nil {
				return err
			}
		}
		if _, err := t.ExecContext(ctx, `delete from job where kind = $1 and subject_id = $2`, JobBalance, id); err != nil {
			return err
		}
		if err := changed(ctx, t, `delete from upstream where id = $1`, id); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "upstream.remove", Object: object("upstream", id),
			Before: upstreamWords(UpstreamWish{Name: u.Name, Kind: u.Kind, BaseURL: u.BaseURL, Fields: u.Fields, Active: u.Active, LowBalanceCents: u.LowBalanceCents})})
	})
}

// notThere turns a row that could not be changed because it is not there.
func notThere(err error) error {
	if errors.Is(err, ErrStale) {
		return ErrNotFound
	}
	return err
}

// UpstreamInUse says whether an offer or an order names an upstream, so that it
// can't be removed.
func (db *DB) UpstreamInUse(ctx context.Context, name string) (bool, error) {
	return upstreamInUse(ctx, db.read, name)
}

func upstreamInUse(ctx context.Context, q querier, name string) (used bool, err error) {
	err = q.QueryRowContext(ctx, `select exists (select 1 from offer where upstream = $1) or exists (select 1 from certificate where upstream = $1)`, name).Scan(&used)
	return used, driverError(err)
}

// Upstreams lists all, by name.
func (db *DB) Upstreams(ctx context.Context) ([]Upstream, error) {
	return collect(ctx, db.read, scanUpstream, `select `+upstreamColumns+` from upstream order by name`)
}

// Upstream reads one. ErrNotFound.
func (db *DB) Upstream(ctx context.Context, id int64) (Upstream, error) {
	return upstream(ctx, db.read, id)
}

func upstream(ctx context.Context, q querier, id int64) (Upstream, error) {
	return one(ctx, q, scanUpstream, `select `+upstreamColumns+` from upstream where id = $1`, id)
}

// UpstreamNamed reads the one of that name. ErrNotFound.
func (db *DB) UpstreamNamed(ctx context.Context, name string) (Upstream, error) {
	return one(ctx, db.read, scanUpstream, `select `+upstreamColumns+` from upstream where name = $1`, name)
}

// UpstreamSecrets unseals the secrets of one, by the kind's codes, for its adapter.
// ErrNotFound, ErrNoKey, ErrSealed.
func (db *DB) UpstreamSecrets(ctx context.Context, id int64) (map[string]string, error) {
	return db.unsealUpstream(ctx, db.read, id)
}

func (db *DB) unsealUpstream(ctx context.Context, q querier, id int64) (map[string]string, error) {
	var sealed string
	if err := driverError(q.QueryRowContext(ctx, `select secrets from upstream where id = $1`, id).Scan(&sealed)); err != nil {
		return nil, err
	}
	text, err := db.Box.Unseal(upstreamPurpose(id), sealed)
	if err != nil {
		return nil, err
	}
	secrets := map[string]string{}
	return secrets, json.Unmarshal([]byte(text), &secrets)
}
