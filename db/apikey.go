package db

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Scope is what an API key may be used for.
type Scope string

const (
	ScopeRead        Scope = "read"
	ScopeOrder       Scope = "order"
	ScopeCertificate Scope = "certificate"
	ScopeCredit      Scope = "credit"
)

// Scopes lists every scope in the order pages show them.
var Scopes = []Scope{ScopeRead, ScopeOrder, ScopeCertificate, ScopeCredit}

// APIKey is a key of a reseller's programs. Its secret is shown once and kept hashed.
type APIKey struct {
	ID         int64
	ResellerID int64
	Name       string
	Prefix     string // the beginning of the secret, to tell keys apart
	Scopes     []Scope
	AllowedIPs []netip.Prefix // empty: from anywhere
	ExpiresAt  time.Time      // zero: never
	LastUsedAt time.Time
	RevokedAt  time.Time
	CreatedAt  time.Time
	ReplacedBy int64 // the key that took over by rotation; 0: none
}

// Can says whether the key has the scope.
func (k APIKey) Can(s Scope) bool { return slices.Contains(k.Scopes, s) }

// AllowsFrom says whether the key may be used from this address.
func (k APIKey) AllowsFrom(ip string) bool {
	if len(k.AllowedIPs) == 0 {
		return true
	}
	addr, err := netip.ParseAddr(ip)
	return err == nil && slices.ContainsFunc(k.AllowedIPs, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
}

// Actor is this key as the author of changes, seen at an address.
func (k APIKey) Actor(ip string) Actor { return Actor{Kind: ByKey, ID: k.ID, Name: k.Name, IP: ip} }

// NewAPIKey is a key to be. AllowedIPs are addresses or networks (192.0.2.0/24).
type NewAPIKey struct {
	Name       string
	Scopes     []Scope
	AllowedIPs []string
	ExpiresAt  time.Time // zero: never
}

const apiKeyColumns = `k.id, k.reseller_id, k.name, k.prefix, k.scopes, k.allowed_ips, k.expires_at, k.last_used_at, k.revoked_at, k.created_at, coalesce(k.replaced_by, 0)`

func (k *APIKey) scan(s scanner, more ...any) error {
	var scopes, ips string
	err := s.Scan(append([]any{&k.ID, &k.ResellerID, &k.Name, &k.Prefix, &scopes, &ips,
		moment{&k.ExpiresAt}, moment{&k.LastUsedAt}, moment{&k.RevokedAt}, moment{&k.CreatedAt}, &k.ReplacedBy}, more...)...)
	if err != nil {
		return err
	}
	for _, word := range strings.Fields(scopes) {
		k.Scopes = append(k.Scopes, Scope(word))
	}
	for _, word := range strings.Fields(ips) {
		prefix, err := netip.ParsePrefix(word)
		if err != nil {
			return fmt.Errorf("api key %d: %w", k.ID, err)
		}
		k.AllowedIPs = append(k.AllowedIPs, prefix)
	}
	return nil
}

func scanAPIKey(s scanner) (k APIKey, err error) { return k, k.scan(s) }

// MaxAPIKeys is how many keys of a reseller may work at once.
const MaxAPIKeys = 50

// ErrTooManyKeys refuses a key beyond MaxAPIKeys.
var ErrTooManyKeys = errors.New("too many keys")

// CreateAPIKey makes a key and answers its secret, which is never seen again.
// ErrInvalid for a missing name or scope, an unknown scope or a bad address,
// ErrTooManyKeys.
func (db *DB) CreateAPIKey(ctx context.Context, by Actor, resellerID int64, n NewAPIKey) (APIKey, string, error) {
	scopes, ips, err := n.words()
	if err != nil {
		return APIKey{}, "", err
	}
	secret := newAPISecret()
	var made APIKey
	err = db.transact(ctx, func(t *tx) error {
		var working int
		err := t.QueryRowContext(ctx, `select count(*) from api_key where reseller_id = $1 and revoked_at is null and (expires_at is null or expires_at > $2)`,
			resellerID, t.now).Scan(&working)
		if err != nil {
			return err
		}
		if working >= MaxAPIKeys {
			return ErrTooManyKeys
		}
		if made, err = insertAPIKey(ctx, t, resellerID, strings.TrimSpace(n.Name), scopes, ips, n.ExpiresAt, secret); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "api_key.create", Object: object("api key", made.ID), ResellerID: resellerID,
			After: fmt.Sprintf("%s (%s…): %s", made.Name, made.Prefix, scopes)})
	})
	if err != nil {
		return APIKey{}, "", err
	}
	return made, secret, nil
}

func newAPISecret() string { return "cb_" + newToken() }

func insertAPIKey(ctx context.Context, t *tx, resellerID int64, name, scopes, ips string, expires time.Time, secret string) (APIKey, error) {
	id, err := insert(ctx, t,
		`insert into api_key (reseller_id, name, prefix, key_hash, scopes, allowed_ips, expires_at, created_at)
		 values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`,
		resellerID, name, secret[:10], hashToken(secret), scopes, ips, orNull(expires), t.now)
	if errors.Is(err, errForeignKey) {
		return APIKey{}, fmt.Errorf("reseller: %w", ErrNotFound)
	}
	if err != nil {
		return APIKey{}, err
	}
	return one(ctx, t, scanAPIKey, `select `+apiKeyColumns+` from api_key k where k.id = $1`, id)
}

// words checks the wishes and writes scopes and networks as the book keeps them.
func (n NewAPIKey) words() (scopes, ips string, err error) {
	if strings.TrimSpace(n.Name) == "" || len(n.Name) > 100 || len(n.Scopes) == 0 {
		return "", "", fmt.Errorf("api key: %w", ErrInvalid)
	}
	var scopeWords, ipWords []string
	for _, s := range Scopes {
		if slices.Contains(n.Scopes, s) {
			scopeWords = append(scopeWords, string(s))
		}
	}
	if slices.ContainsFunc(n.Scopes, func(s Scope) bool { return !slices.Contains(Scopes, s) }) {
		return "", "", fmt.Errorf("api key scope: %w", ErrInvalid)
	}
	for _, text := range n.AllowedIPs {
		prefix, err := parseNetwork(strings.TrimSpace(text))
		if err != nil {
			return "", "", fmt.Errorf("api key address: %w", ErrInvalid)
		}
		ipWords = append(ipWords, prefix.String())
	}
	return strings.Join(scopeWords, " "), strings.Join(ipWords, " "), nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		prefix, err := netip.ParsePrefix(text)
		return prefix.Masked(), err
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()), nil
}

// APIKeys lists a reseller's keys, newest first, revoked ones included.
func (db *DB) APIKeys(ctx context.Context, resellerID int64) ([]APIKey, error) {
	return collect(ctx, db.read, scanAPIKey, `select `+apiKeyColumns+` from api_key k where k.reseller_id = $1 order by k.id desc`, resellerID)
}

// RevokeAPIKey ends a reseller's key at once; ErrNotFound when it is not theirs
// or was revoked before.
func (db *DB) RevokeAPIKey(ctx context.Context, by Actor, resellerID, id int64) error {
	return db.transact(ctx, func(t *tx) error {
		err := changed(ctx, t, `update api_key set revoked_at = $1 where id = $2 and reseller_id = $3 and revoked_at is null`, t.now, id, resellerID)
		if errors.Is(err, ErrStale) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "api_key.revoke", Object: object("api key", id), ResellerID: resellerID})
	})
}

// APIKeyBySecret finds the key a program shows and notes that it was used, to
// the minute. ErrNotFound for an unknown secret, ErrGone when revoked or
// expired, ErrSuspended when its reseller is or may not use the API; with these two
// the key is answered as well, for those who note who knocked. The caller checks
// AllowsFrom and Can.
func (db *DB) APIKeyBySecret(ctx context.Context, secret string) (APIKey, error) {
	type found struct {
		APIKey
		status  Standing
		enabled bool
	}
	k, err := one(ctx, db.read, func(s scanner) (f found, err error) { return f, f.scan(s, &f.status, &f.enabled) },
		`select `+apiKeyColumns+`, r.status, r.api_allowed and r.api_enabled from api_key k join reseller r on r.id = k.reseller_id where k.key_hash = $1`, hashToken(secret))
	if err != nil {
		return APIKey{}, err
	}
	now := db.now()
	switch {
	case !k.RevokedAt.IsZero() || (!k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt)):
		return k.APIKey, ErrGone
	case k.status != Active || !k.enabled:
		return k.APIKey, ErrSuspended
	}
	if now.Sub(k.LastUsedAt) >= time.Minute {
		err = db.transact(ctx, func(t *tx) error {
			_, err := t.ExecContext(ctx, `update api_key set last_used_at = $1 where id = $2`, t.now, k.ID)
			return err
		})
		k.LastUsedAt = now
	}
	return k.APIKey, err
}
