package access_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"certbay/db"
	"certbay/handlers/access"
)

// parrot is a dialect whose one operation reads.
type parrot struct{ access.Visit }

func (p *parrot) Enter() error                    { return p.Admit(p.HeaderSecret("X-API-Key")) }
func (p *parrot) Once() (string, []byte, bool)    { return "", nil, false }
func (p *parrot) Route() string                   { return "/parrot" }
func (p *parrot) Answer() db.OnceAnswer           { return p.JSON(200, "good", "") }
func (p *parrot) Refusal(err error) db.OnceAnswer { return p.JSON(403, err.Error(), "") }

// knocks is a server of that dialect, which is called with a key from an address.
func (d *door) knocks(dialect string) func(secret, ip string) int {
	d.Watchers = append(d.Watchers, access.Log(d.book))
	return func(secret, ip string) int {
		server := access.Server{Book: d.book, Gate: d.Gate, Dialect: dialect, ClientIP: func(*http.Request) string { return ip }}
		r, w := httptest.NewRequest(http.MethodGet, "/parrot", nil), httptest.NewRecorder()
		r.Header.Set("X-API-Key", secret)
		p := &parrot{server.Begin(r.Context(), w, r)}
		p.Serve(p, nil)
		return w.Code
	}
}

func (d *door) logged() []db.APIRequest {
	d.t.Helper()
	rows, _, err := d.book.APIRequests(d.t.Context(), d.who.ID, db.APIRequestFilter{Limit: 100})
	if err != nil {
		d.t.Fatal(err)
	}
	return rows
}

func TestARefusedKeyIsInItsResellersLog(t *testing.T) {
	d := openDoor(t, access.DefaultLimit)
	revoked, old := d.key(db.NewAPIKey{})
	if err := d.book.RevokeAPIKey(t.Context(), db.System, d.who.ID, revoked.ID); err != nil {
		t.Fatal(err)
	}
	short, expired := d.key(db.NewAPIKey{ExpiresAt: d.now.Add(time.Hour)})
	local, bound := d.key(db.NewAPIKey{AllowedIPs: []string{"192.0.2.0/24"}})
	free, good := d.key(db.NewAPIKey{})
	d.now = d.now.Add(2 * time.Hour)
	own, foreign := d.knocks(""), d.knocks("ssl247")
	d.Watchers = d.Watchers[:1]
	for i, c := range []struct {
		call       func(string, string) int
		secret, ip string
		key        int64
		status     int
	}{
		{own, old, "198.51.100.1", revoked.ID, 403},
		{own, expired, "198.51.100.2", short.ID, 403},
		{own, bound, "198.51.100.3", local.ID, 403},
		{foreign, good, "198.51.100.4", free.ID, 403}, // the dialect is off
		{own, good, "198.51.100.5", free.ID, 200},
		{own, "cb_guessed", "198.51.100.6", 0, 403}, // nobody's: in nobody's log
		{own, "", "198.51.100.7", 0, 403},
	} {
		before := len(d.logged())
		if got := c.call(c.secret, c.ip); got != c.status {
			t.Errorf("%d: %d, want %d", i, got, c.status)
		}
		rows := d.logged()
		if c.key == 0 {
			if len(rows) != before {
				t.Errorf("%d: noted as %+v", i, rows[0])
			}
			continue
		}
		if len(rows) != before+1 || rows[0].KeyID != c.key || rows[0].IP != c.ip || rows[0].Status != c.status || rows[0].Path != "/parrot" {
			t.Errorf("%d: %d rows, %+v", i, len(rows)-before, rows)
		}
	}
	if err := d.book.SetResellerStatus(t.Context(), db.System, d.who.ID, db.Suspended); err != nil {
		t.Fatal(err)
	}
	before := len(d.logged())
	if got, rows := own(good, "198.51.100.8"), d.logged(); got != 403 || len(rows) != before+1 || rows[0].KeyID != free.ID || rows[0].Status != 403 {
		t.Errorf("of a suspended reseller: %d %+v", got, rows)
	}
}

func TestAKeyThatGoesOnKnockingDoesNotFillTheLog(t *testing.T) {
	d := openDoor(t, access.DefaultLimit)
	k, secret := d.key(db.NewAPIKey{})
	if err := d.book.RevokeAPIKey(t.Context(), db.System, d.who.ID, k.ID); err != nil {
		t.Fatal(err)
	}
	knock := d.knocks("")
	for range 80 {
		knock(secret, "198.51.100.1")
	}
	if n := len(d.logged()); n != 30 {
		t.Errorf("%d noted, want 30", n)
	}
	d.now = d.now.Add(time.Minute)
	knock(secret, "198.51.100.1")
	if n := len(d.logged()); n != 31 {
		t.Errorf("%d noted a minute later, want 31", n)
	}
}
