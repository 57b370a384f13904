package db_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"certbay/db"
)

func (o *office) apiReseller(t *testing.T) db.Reseller {
	t.Helper()
	r, err := o.CreateReseller(t.Context(), db.System, db.NewReseller{Name: "API", Company: "API Ltd", Email: "api@x.example", APIEnabled: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAPIKeyIsFoundByItsSecretWhichTheBookDoesNotHave(t *testing.T) {
	o := openOffice(t)
	r := o.apiReseller(t)
	made, secret, err := o.CreateAPIKey(t.Context(), o.owner.Actor(testIP), r.ID, db.NewAPIKey{Name: "shop", Scopes: []db.Scope{db.ScopeOrder, db.ScopeRead}, AllowedIPs: []string{"192.0.2.9", "2001:db8::/32"}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(secret, made.Prefix) || !strings.HasPrefix(secret, "cb_") || len(secret) < 40 {
		t.Errorf("secret %q, prefix %q", secret, made.Prefix)
	}
	k, err := o.APIKeyBySecret(t.Context(), secret)
	if err != nil || k.ID != made.ID || k.ResellerID != r.ID || k.LastUsedAt.IsZero() {
		t.Fatalf("%+v, %v", k, err)
	}
	if !k.Can(db.ScopeRead) || !k.Can(db.ScopeOrder) || k.Can(db.ScopeCredit) {
		t.Errorf("scopes %v", k.Scopes)
	}
	for ip, want := range map[string]bool{"192.0.2.9": true, "::ffff:192.0.2.9": true, "192.0.2.10": false, "2001:db8::5": true, "nonsense": false} {
		if k.AllowsFrom(ip) != want {
			t.Errorf("%s allowed: %v", ip, !want)
		}
	}
	if strings.Contains(o.auditText(t), secret) {
		t.Error("the secret is in the audit")
	}
}

func TestAPIKeyStopsWhenRevokedExpiredOrItsResellerMayNot(t *testing.T) {
	o := openOffice(t)
	r := o.apiReseller(t)
	by := o.owner.Actor(testIP)
	key := func(reseller int64, expires time.Time) (int64, string) {
		k, secret, err := o.CreateAPIKey(t.Context(), by, reseller, db.NewAPIKey{Name: "k", Scopes: []db.Scope{db.ScopeRead}, ExpiresAt: expires})
		if err != nil {
			t.Fatal(err)
		}
		return k.ID, secret
	}
	id, revoked := key(r.ID, time.Time{})
	if err := o.RevokeAPIKey(t.Context(), by, o.reseller.ID, id); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another reseller revokes it: %v", err)
	}
	if err := o.RevokeAPIKey(t.Context(), by, r.ID, id); err != nil {
		t.Fatal(err)
	}
	_, expired := key(r.ID, o.Now().Add(time.Minute))
	_, noAPI := key(o.reseller.ID, time.Time{})
	_, good := key(r.ID, o.Now().Add(time.Hour))
	o.later(time.Minute)
	for name, c := range map[string]struct {
		secret string
		want   error
	}{"revoked": {revoked, db.ErrGone}, "expired": {expired, db.ErrGone}, "no API": {noAPI, db.ErrSuspended},
		"unknown": {"cb_unknown", db.ErrNotFound}, "good": {good, nil}} {
		if _, err := o.APIKeyBySecret(t.Context(), c.secret); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := o.SetResellerStatus(t.Context(), db.System, r.ID, db.Suspended); err != nil {
		t.Fatal(err)
	}
	if _, err := o.APIKeyBySecret(t.Context(), good); !errors.Is(err, db.ErrSuspended) {
		t.Errorf("suspended reseller: %v", err)
	}
}

func TestAPIKeyIsRefusedWithoutNameScopeOrWithBadNetwork(t *testing.T) {
	o := openOffice(t)
	read := []db.Scope{db.ScopeRead}
	for name, n := range map[string]db.NewAPIKey{
		"no name":       {Scopes: read},
		"no scope":      {Name: "k"},
		"unknown scope": {Name: "k", Scopes: []db.Scope{"everything"}},
		"bad network":   {Name: "k", Scopes: read, AllowedIPs: []string{"10.0.0.0/99"}},
		"not a network": {Name: "k", Scopes: read, AllowedIPs: []string{"office"}},
	} {
		if _, _, err := o.CreateAPIKey(t.Context(), db.System, o.reseller.ID, n); !errors.Is(err, db.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
