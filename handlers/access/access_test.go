package access_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
	"certbay/handlers/access"
)

// door is a gate over a book with one reseller, whose clock the test moves.
type door struct {
	*access.Gate
	t    *testing.T
	book *db.DB
	who  db.Reseller
	now  time.Time
}

func openDoor(t *testing.T, limit access.Limit) *door {
	t.Helper()
	d := &door{t: t, book: dbtest.Open(t), now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	d.book.Now = func() time.Time { return d.now }
	var err error
	d.who, err = d.book.CreateReseller(t.Context(), db.System, db.NewReseller{Name: "Liman", Company: "Liman Ltd", Email: "info@liman.example", APIEnabled: true})
	if err != nil {
		t.Fatal(err)
	}
	d.Gate = access.New(d.book, limit)
	return d
}

func (d *door) key(n db.NewAPIKey) (db.APIKey, string) {
	d.t.Helper()
	if n.Name == "" {
		n.Name = "Panel"
	}
	if n.Scopes == nil {
		n.Scopes = db.Scopes
	}
	k, secret, err := d.book.CreateAPIKey(d.t.Context(), db.System, d.who.ID, n)
	if err != nil {
		d.t.Fatal(err)
	}
	return k, secret
}

func TestNobodyIsLetInWithoutAGoodKeyFromAGoodPlace(t *testing.T) {
	d := openDoor(t, access.DefaultLimit)
	_, good := d.key(db.NewAPIKey{})
	_, local := d.key(db.NewAPIKey{AllowedIPs: []string{"192.0.2.0/24", "2001:db8::1"}})
	_, short := d.key(db.NewAPIKey{ExpiresAt: d.now.Add(time.Hour)})
	gone, revoked := d.key(db.NewAPIKey{})
	if err := d.book.RevokeAPIKey(t.Context(), db.System, d.who.ID, gone.ID); err != nil {
		t.Fatal(err)
	}
	d.now = d.now.Add(time.Hour)
	for _, c := range []struct {
		secret, ip string
		want       error
	}{
		{"", "192.0.2.7", access.ErrNoKey},
		{"cb_guessed", "192.0.2.7", access.ErrUnknownKey},
		{short, "192.0.2.7", access.ErrExpiredKey},
		{revoked, "192.0.2.7", access.ErrExpiredKey},
		{local, "198.51.100.1", access.ErrAddress},
		{local, "no address", access.ErrAddress},
		{local, "2001:db8::2", access.ErrAddress},
		{local, "192.0.2.7", nil},
		{local, "::ffff:192.0.2.7", nil},
		{local, "2001:db8::1", nil},
		{good, "198.51.100.1", nil},
	} {
		caller, err := d.Admit(t.Context(), c.secret, c.ip)
		if !errors.Is(err, c.want) || access.Refused(err) != (c.want != nil) {
			t.Errorf("%.6s from %s: %v, want %v", c.secret, c.ip, err, c.want)
		}
		if (err == nil) != (caller.ResellerID == d.who.ID) {
			t.Errorf("%.6s from %s is %d", c.secret, c.ip, caller.ResellerID)
		}
	}
	n := db.NewReseller{Name: d.who.Name, Company: d.who.Company, Email: d.who.Email}
	if err := d.book.UpdateReseller(t.Context(), db.System, d.who.ID, n); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Admit(t.Context(), good, ""); !errors.Is(err, access.ErrOff) {
		t.Errorf("with the API off: %v", err)
	}
	n.APIEnabled = true
	if err := d.book.UpdateReseller(t.Context(), db.System, d.who.ID, n); err != nil {
		t.Fatal(err)
	}
	if err := d.book.SetResellerStatus(t.Context(), db.System, d.who.ID, db.Suspended); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Admit(t.Context(), good, ""); !errors.Is(err, access.ErrOff) {
		t.Errorf("of a suspended reseller: %v", err)
	}
}

func TestAKeyHasItsShareAndItComesBack(t *testing.T) {
	d := openDoor(t, access.Limit{Requests: 3, Window: time.Minute})
	_, secret := d.key(db.NewAPIKey{})
	_, other := d.key(db.NewAPIKey{})
	admit := func(secret string) (access.Quota, error) {
		c, err := d.Admit(t.Context(), secret, "192.0.2.7")
		return c.Quota, err
	}
	h := http.Header{}
	for left := 2; left >= 0; left-- {
		q, err := admit(secret)
		if err != nil || q.Left != left {
			t.Fatalf("%d left, want %d: %v", q.Left, left, err)
		}
		q.SetHeaders(h)
	}
	if h.Get("RateLimit-Policy") != `"key";q=3;w=60` || h.Get("RateLimit") != `"key";r=0;t=60` {
		t.Errorf("%q %q", h.Get("RateLimit-Policy"), h.Get("RateLimit"))
	}
	q, err := admit(secret)
	var throttled *db.Throttled
	if !errors.As(err, &throttled) || q.Left != 0 || throttled.RetryAfter <= 19*time.Second || throttled.RetryAfter > 20*time.Second {
		t.Fatalf("%v, retry after %v", err, throttled)
	}
	if _, err := admit(other); err != nil {
		t.Errorf("another key has a share of its own: %v", err)
	}
	d.now = d.now.Add(throttled.RetryAfter)
	if _, err := admit(secret); err != nil {
		t.Errorf("who waited as long as was said: %v", err)
	}
	d.now = d.now.Add(2 * time.Minute)
	if q, err := admit(secret); err != nil || q.Left != 2 {
		t.Errorf("after a rest %d left: %v", q.Left, err)
	}
}

func TestAPageReadsForWhoIsSignedInAndChangesNothing(t *testing.T) {
	d := openDoor(t, access.DefaultLimit)
	c, err := d.Admit(access.AsReseller(t.Context(), d.who.ID), "", "192.0.2.7")
	if err != nil || c.ResellerID != d.who.ID {
		t.Fatal(err)
	}
	for _, s := range db.Scopes {
		if err := c.Need(s); (err == nil) != (s == db.ScopeRead) {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestBodiesAreBoundAndOfOneType(t *testing.T) {
	for _, c := range []struct {
		name, kind, encoding string
		body                 io.Reader
		want                 error
	}{
		{"plain", "application/json", "", strings.NewReader("{}"), nil},
		{"with a charset", "application/json; charset=UTF-8", "", strings.NewReader("{}"), nil},
		{"a kind of JSON", "application/vnd.shop+json", "", strings.NewReader("{}"), nil},
		{"without a type", "", "", strings.NewReader("{}"), nil},
		{"a form", "application/x-www-form-urlencoded", "", strings.NewReader("a=b"), access.ErrContentType},
		{"nonsense", "///", "", strings.NewReader("{}"), access.ErrContentType},
		{"in another charset", "application/json; charset=iso-8859-9", "", strings.NewReader("{}"), access.ErrContentType},
		{"compressed", "application/json", "gzip", strings.NewReader("{}"), access.ErrContentType},
		{"too long, and says so", "application/json", "", strings.NewReader(strings.Repeat("x", 101)), access.ErrTooLarge},
		{"too long without saying", "application/json", "", io.MultiReader(strings.NewReader(strings.Repeat("x", 101))), access.ErrTooLarge},
		{"broken off", "application/json", "", io.MultiReader(strings.NewReader("{"), broken{}), access.ErrUnreadable},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", c.body)
		if c.kind != "" {
			r.Header.Set("Content-Type", c.kind)
		}
		r.Header.Set("Content-Encoding", c.encoding)
		if _, err := access.ReadBody(httptest.NewRecorder(), r, 100, "application/json"); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
